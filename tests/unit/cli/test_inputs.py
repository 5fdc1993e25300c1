"""What is read and written by the command: one file twice, patterns to drop, encodings of JSON."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc.cli.main import run

TENSORS = {"a.w": np.ones((3, 3), "f4"), "a.b": np.ones(3, "f4"), "head": np.ones(2, "f4")}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_file(TENSORS, "m.safetensors")
    save_file({"other": np.ones(2, "f4")}, "other.safetensors")
    nnc.save_file(TENSORS, "m.nnc")
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["encode", "m.safetensors", "-o", "m.safetensors"],
        ["encode", "link", "-o", "m.safetensors"],
        ["encode", "m.safetensors", "-o", "link"],
        ["encode", "m.safetensors", "-o", "hard"],
        ["encode", "other.safetensors", "--base", "m.safetensors", "-o", "m.safetensors"],
        ["decode", "m.nnc", "-o", "m.nnc.npz"],
    ],
    ids=" ".join,
)
def test_an_output_that_is_the_input_is_refused(arguments, folder, capsys):
    os.symlink("m.safetensors", "link")
    os.link("m.safetensors", "hard")
    os.symlink("m.nnc", "m.nnc.npz")
    before = [(folder / name).read_bytes() for name in ("m.safetensors", "m.nnc")]
    assert run([*arguments, "--force"]) == 4
    assert "is the input too" in capsys.readouterr().err
    assert [(folder / name).read_bytes() for name in ("m.safetensors", "m.nnc")] == before


def test_the_same_of_the_functions(folder):
    for call in (
        lambda: nnc.encode_file("m.safetensors", "m.safetensors"),
        lambda: nnc.decode_file("m.nnc", "m.nnc"),
    ):
        with pytest.raises(nnc.InputError, match="is the input too"):
            call()


def test_an_update_of_a_model_that_shares_nothing(folder, capsys):
    assert run(["encode", "other.safetensors", "--base", "m.nnc", "-o", "u.nnc"]) == 4
    assert "has no tensor that --base has ('other' isn't there)" in capsys.readouterr().err
    assert not (folder / "u.nnc").exists()


@pytest.mark.parametrize("base", [[], ["--base", "m.nnc"]], ids=["whole", "update"])
def test_tensors_are_dropped_by_pattern(base, folder, capsys):
    save_file({name: one * 2 for name, one in TENSORS.items()}, "new.safetensors")
    assert run(["encode", "new.safetensors", *base, "-o", "u.nnc", "--drop", "a.*",
                "--drop", "x*"]) == 0  # fmt: skip
    assert "no tensor has a name like 'x*'" in capsys.readouterr().err
    names = nnc.open("u.nnc").get("units[*].header.topology_elem_id")
    assert [name for _, name in names] == ["head"]


@pytest.mark.parametrize("drop", ["a.*", [3]], ids=repr)
def test_what_is_no_list_of_patterns(drop, folder):
    with pytest.raises(nnc.InputError, match="drop must be a list"):
        nnc.encode_file("m.safetensors", "u.nnc", drop=drop)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_encodings_of_json(encoding, folder, capsysbinary):
    assert run(["json", "m.nnc"]) == 0
    text = capsysbinary.readouterr().out.decode("utf-8")
    (folder / "m.json").write_bytes(text.encode(encoding))
    assert run(["build", "m.json", "-o", "same.nnc"]) == 0
    assert (folder / "same.nnc").read_bytes() == (folder / "m.nnc").read_bytes()


def test_what_is_no_text(folder, capsys):
    (folder / "m.json").write_bytes(b'{"a": "\xff\xfe\xfd"}')
    assert run(["build", "m.json", "-o", "same.nnc"]) == 4
    assert "not JSON" in capsys.readouterr().err


def with_side_file(folder, name):
    """JSON whose first bytes come from a side file."""
    assert run(["json", "m.nnc", "-o", "whole.json", "--force", "-q"]) == 0
    content = json.loads((folder / "whole.json").read_text("utf-8"))
    content["units"][-1]["payload_bytes"] = {"file": name, "offset": 0, "length": 10}
    (folder / "m.json").write_text(json.dumps(content))


def test_side_files_by_link(folder, tmp_path_factory, capsys):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_bytes(b"SECRET-CONTENT")
    os.symlink(secret, "out")
    (folder / "near").write_bytes(b"0123456789")
    os.symlink("near", "in")
    with_side_file(folder, "out")
    assert run(["build", "m.json", "-o", "x.nnc"]) == 4
    assert "the side file 'out' is a link" in capsys.readouterr().err
    assert not (folder / "x.nnc").exists()
    with_side_file(folder, "in")
    assert run(["build", "m.json", "-o", "x.nnc"]) == 0
    assert b"0123456789" in (folder / "x.nnc").read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize(
    "verb",
    ["info", "ls", "tree", "trace", "check", "decode -o x.npz", "json", "diff m.nnc"],
)
def test_bitstreams_through_named_pipes(verb, folder):
    command = f"{sys.executable} -m nnc {verb} <(cat m.nnc)"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_models_through_named_pipes(folder):
    command = f"{sys.executable} -m nnc encode <(cat m.safetensors) -o x.nnc"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert nnc.load_file("x.nnc").keys() == TENSORS.keys()


@pytest.mark.parametrize("verb", ["explore", "embed", "capabilities"])
def test_a_model_in_place_of_a_bitstream_is_named(verb, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    np.savez("m.npz", w=np.ones((2, 2), "f4"))
    assert run([verb, "m.npz"]) == 2
    assert "looks like a model file; nnc encode" in capsys.readouterr().err
