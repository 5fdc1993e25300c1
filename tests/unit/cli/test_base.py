"""`--base`: what updates are coded with, given to the verbs that look into payloads."""

import csv
import io
import json
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import nnc
from nnc.cli.main import run
from tests.cases import FOLDER, Case

#: Sessions whose payloads need the levels, or the history, of what came before.
SESSIONS = ["p1-tca-dq", "p1-tca-nodq", "p1-hdsp-dq", "p1-hdsp-nodq-pre", "p1-tca-hdsp-nodq",
            "p1-tca-codebook1", "p1-tca-int", "p1-tca-scan1-dq"]  # fmt: skip


@pytest.fixture(params=SESSIONS)
def case(request, tmp_path, monkeypatch):
    """Copies a session into the working directory, as 0.nnc, 1.nnc and so on."""
    monkeypatch.chdir(tmp_path)
    case = Case(request.param)
    for number, path in enumerate(case.bitstreams):
        shutil.copy(path, f"{number}.nnc")
    return case


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, path in enumerate(Case("p1-tca-dq").bitstreams):
        shutil.copy(path, f"{number}.nnc")


def bases(number):
    return [part for before in range(number) for part in ("--base", f"{before}.nnc")]


def printed(capsys, *arguments, code=0):
    assert run(list(map(str, arguments))) == code
    return capsys.readouterr()


def levels_of(case, number):
    with np.load(case.folder / f"levels_{number}.npz") as archive:
        return {name: archive[name] for name in archive.files}


def test_bins_of_updates(case, capsys):
    for number in range(1, len(case.bitstreams)):
        command = ["trace", f"{number}.nnc", "--bins", "--format", "csv"]
        output = printed(capsys, *command, *bases(number))
        assert output.err == ""
        rows = list(csv.DictReader(io.StringIO(output.out)))
        ends = [row for row in rows if row["path"].endswith("end_of_codeword_flag")]
        assert len(ends) == len(levels_of(case, number))
        assert any(row["context"].startswith(("temporal_", "history_")) for row in rows)


def test_levels_of_updates(case, capsys):
    for number in range(1, len(case.bitstreams)):
        for name, expected in levels_of(case, number).items():
            options = ["--save", f"{number}.npy", "--force"]
            printed(capsys, "levels", f"{number}.nnc", name, *bases(number), *options)
            np.testing.assert_array_equal(np.load(f"{number}.npy"), expected)


def test_levels_of_updates_are_changed(case, capsys):
    number = len(case.bitstreams) - 1
    name, expected = next(iter(levels_of(case, number).items()))
    np.save("new.npy", expected * 0)
    change = ["levels", f"{number}.nnc", name, *bases(number), "--replace", "new.npy"]
    assert f"{number}.nnc" not in printed(capsys, *change, "--dry-run").out
    printed(capsys, *change, "-o", "new.nnc", "-q")
    before = [case.bitstreams[earlier].read_bytes() for earlier in range(number)]
    found = nnc.decode_levels(Path("new.nnc").read_bytes(), before=before)
    assert not found[name].any()
    for other, levels in levels_of(case, number).items():
        if other != name:
            np.testing.assert_array_equal(found[other], levels)
    counted = f"{np.count_nonzero(expected)} of {expected.size} levels differ"
    output = printed(capsys, "diff", f"{number}.nnc", "new.nnc", "--levels", *bases(number), code=1)
    assert counted in output.out
    assert output.err == ""
    assert printed(capsys, "check", "new.nnc", "--deep", *bases(number)).err.startswith("0 errors")


def test_a_level_set_to_itself_changes_nothing(session, capsys):
    name, levels = next(iter(levels_of(Case("p1-tca-dq"), 1).items()))
    place = ",".join("0" * levels.ndim)
    command = ["levels", "1.nnc", name, "--set", f"{place}={levels[(0,) * levels.ndim]}"]
    assert printed(capsys, *command, *bases(1), "--dry-run").out == "nothing changes\n"
    printed(capsys, *command, *bases(1), "-o", "new.nnc", "-q")
    assert Path("new.nnc").read_bytes() == Path("1.nnc").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["trace", "1.nnc", "--bins"], 1),
        (["levels", "1.nnc", "w"], 4),
        (["levels", "1.nnc", "w", "--set", "0,0=1", "--dry-run"], 4),
        (["diff", "1.nnc", "2.nnc", "--levels"], 1),
        (["diff", "1.nnc", "2.nnc", "--values"], 4),
        (["check", "1.nnc", "--deep"], 0),
        (["decode", "1.nnc", "-o", "1.npz"], 4),
    ],
    ids=str,
)
def test_what_is_missing_is_told_with_the_option(session, capsys, arguments, code):
    output = printed(capsys, *arguments, code=code)
    assert "with the levels of its parent, node (device 0, parameter " in output.out + output.err
    assert "--base FILE" in output.err


def test_a_history_that_is_missing(tmp_path, monkeypatch, capsys):
    path = str(FOLDER / "p1-hdsp-dq" / "bitstream_2.nnc")
    output = printed(capsys, "trace", path, "--bins", "--format", "jsonl", code=1)
    assert "no history of the tensor is known" in output.err
    assert "--base FILE" in output.err
    errors = [row["error"] for row in map(json.loads, output.out.splitlines()) if "error" in row]
    assert {error["kind"] for error in errors} == {"missing value"}
    assert all("--base" in error["hint"] for error in errors)


def test_levels_that_cannot_be_compared(session, capsys):
    data = bytearray(Path("1.nnc").read_bytes())
    data[-4] ^= 1
    Path("other.nnc").write_bytes(data)
    command = ["diff", "1.nnc", "other.nnc", "--levels"]
    content = json.loads(printed(capsys, *command, "--format", "json", code=1).out)
    told = [one for one in content["differences"] if one["kind"] == "undecoded"]
    assert len(told) == 1
    assert told[0]["path_a"].endswith(".payload")
    assert "session before" in told[0]["value_a"]
    lines = printed(capsys, *command, code=1).out.splitlines()
    assert [line for line in lines if line.startswith("? ")]
    assert printed(capsys, "diff", "1.nnc", "1.nnc", "--levels") == ("", "")


def test_the_wrong_bitstreams_before(session, capsys):
    name = next(iter(levels_of(Case("p1-tca-dq"), 2)))
    for verb in (
        ["levels", "2.nnc", name],
        ["trace", "2.nnc", "--bins"],
        ["decode", "2.nnc", "-o", "x.npz"],
    ):
        output = printed(capsys, *verb, "--base", "0.nnc", code=2)
        assert "but the tensor is at node" in output.err
        output = printed(capsys, *verb, "--base", "1.nnc", code=4)
        assert "in --base 1.nnc" in output.err
        assert "--base FILE" in output.err


def test_a_saved_session(session, capsys):
    decoder = nnc.Decoder()
    for number in range(2):
        decoder.decode(Path(f"{number}.nnc").read_bytes(), apply=False)
        decoder.save(f"{number}.state")
    expected = printed(capsys, "trace", "2.nnc", "--bins", *bases(2))
    assert printed(capsys, "trace", "2.nnc", "--bins", "--base", "1.state") == expected
    both = ["--base", "0.state", "--base", "1.nnc"]
    assert printed(capsys, "trace", "2.nnc", "--bins", *both) == expected
    assert printed(capsys, "check", "2.nnc", "--deep", *both).err == "0 errors, 0 warnings\n"
    wrong = ["--base", "0.nnc", "--base", "1.state"]
    output = printed(capsys, "trace", "2.nnc", "--bins", *wrong, code=4)
    assert "1.state is a saved session, and can only be the first --base" in output.err


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Writes three versions of a model, and a bitstream of the first."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(3)
    tensors = {"w": random.normal(0, 0.1, (24, 32)).astype("f4"), "n": np.arange(4)}
    for number in range(3):
        save_file(tensors, f"{number}.safetensors", {"epoch": str(number)})
        chosen = random.random((24, 32)) < 0.1
        tensors = tensors | {"w": tensors["w"] + (0.05 * chosen).astype("f4")}
    assert run(["encode", "0.safetensors", "-o", "0.nnc", "-q"]) == 0


@pytest.mark.parametrize("first", ["0.nnc", "0.safetensors"])
def test_a_session_by_command(models, capsys, first):
    start = ["--base", first]
    printed(capsys, "encode", "1.safetensors", *start, "-o", "1.nnc", "-q")
    both = [*start, "--base", "1.nnc"]
    printed(capsys, "encode", "2.safetensors", *both, "-o", "2.nnc", "-q")
    printed(capsys, "decode", "2.nnc", *both, "-o", "back.safetensors", "-q")
    decoded, wanted = load_file("back.safetensors"), load_file("2.safetensors")
    np.testing.assert_array_equal(decoded["n"], wanted["n"])
    np.testing.assert_allclose(decoded["w"], wanted["w"], atol=0.01)
    with safe_open("back.safetensors", "np") as file:
        assert file.metadata()["epoch"] == "2"
    printed(capsys, "check", "2.nnc", "--deep", *both)
    compared = ["diff", "back.safetensors", "2.nnc", "--values", "--format", "json"]
    assert json.loads(printed(capsys, *compared, *both).out)["same"]
    assert "is an update" in printed(capsys, *compared, code=1).err
    printed(capsys, "levels", "2.nnc", "w", *both)


def test_an_update_needs_the_values_it_is_to(models, capsys):
    printed(capsys, "encode", "1.safetensors", "--base", "0.safetensors", "-o", "1.nnc", "-q")
    command = ["encode", "2.safetensors", "--base", "1.nnc", "-o", "2.nnc"]
    assert "only a difference" in printed(capsys, *command, code=4).err
    command = ["decode", "1.nnc", "--base", "1.nnc", "-o", "back.npz"]
    assert "already decoded" in printed(capsys, *command, code=2).err


def test_shards_of_an_updated_model(models, capsys):
    printed(capsys, "encode", "1.safetensors", "--base", "0.nnc", "-o", "1.nnc", "-q")
    command = ["decode", "1.nnc", "--base", "0.nnc", "-o", "folder/", "--max-shard-size", "1kB"]
    printed(capsys, *command)
    shards = json.loads(Path("folder/model.safetensors.index.json").read_bytes())["weight_map"]
    assert len(set(shards.values())) == 2


@pytest.mark.parametrize(
    "arguments",
    [["trace", "1.nnc"], ["check", "1.nnc"], ["diff", "1.nnc", "2.nnc"]],
    ids=str,
)
def test_a_base_is_for_payloads(session, capsys, arguments):
    assert "--base needs" in printed(capsys, *arguments, "--base", "0.nnc", code=4).err


@pytest.mark.parametrize(
    "arguments",
    [["trace", "-", "--bins"], ["check", "-", "--deep"], ["levels", "-", "w"],
     ["diff", "1.nnc", "-", "--levels"], ["decode", "-", "-o", "x.npz"]],
    ids=str,
)  # fmt: skip
def test_standard_input_is_read_once(session, capsys, arguments):
    output = printed(capsys, *arguments, "--base", "-", code=4)
    assert "only one input" in output.err


def test_a_base_from_standard_input(session, capsys, monkeypatch):
    expected = printed(capsys, "trace", "1.nnc", "--bins", "--base", "0.nnc")
    data = io.BytesIO(Path("0.nnc").read_bytes())
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=data))
    assert printed(capsys, "trace", "1.nnc", "--bins", "--base", "-") == expected


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [(b"", 4, "the file is empty"), (b"PK\x03\x04", 4, "not the state of a session"),
     (b"\xff" * 9, 2, "in --base bad.nnc"), (None, 4, "No such file")],
)  # fmt: skip
def test_a_base_that_is_no_use(session, capsys, content, code, message):
    if content is not None:
        Path("bad.nnc").write_bytes(content)
    for verb in (
        ["trace", "1.nnc", "--bins"],
        ["levels", "1.nnc", "w"],
        ["check", "1.nnc", "--deep"],
    ):
        output = printed(capsys, *verb, "--base", "bad.nnc", code=code)
        assert message in output.err
        assert output.out == ""
