"""The verbs as they are called: results, exit codes, what is refused."""

import io
import json
import sys
import types

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import nnc
from nnc.cli.common.output import escape_controls, human_size
from nnc.cli.main import VERBS, run
from tests.cases import FOLDER


@pytest.fixture
def model(tmp_path):
    generator = np.random.default_rng(1)
    tensors = {
        "w": generator.normal(0, 0.1, (20, 30)).astype("f4"),
        "b": generator.normal(0, 0.1, 20).astype("f4"),
        "n": np.array(7, "i8"),
    }
    path = tmp_path / "model.safetensors"
    save_file(tensors, path, {"format": "pt"})
    return path


@pytest.fixture
def encoded(model, tmp_path):
    path = tmp_path / "model.nnc"
    assert run(["encode", str(model), "-o", str(path), "--quiet"]) == 0
    return path


def test_encode_and_decode(model, encoded, tmp_path, capsys):
    back = tmp_path / "back.safetensors"
    assert run(["decode", str(encoded), "-o", str(back)]) == 0
    before, after = load_file(model), load_file(back)
    assert set(before) == set(after)
    for name, values in before.items():
        assert after[name].dtype == values.dtype
        np.testing.assert_allclose(after[name], values, atol=0.01)
    output = capsys.readouterr()
    assert output.out == ""
    assert "3 tensors" in output.err


def test_npz(model, tmp_path):
    paths = [tmp_path / name for name in ("a.npz", "b.nnc", "c.npz")]
    np.savez(paths[0], **load_file(model))
    assert run(["encode", str(paths[0]), "-o", str(paths[1]), "--qp", "-20", "--no-dq"]) == 0
    assert run(["decode", str(paths[1]), "-o", str(paths[2])]) == 0
    with np.load(paths[2]) as archive:
        assert set(archive.files) == {"w", "b", "n"}


def test_options_reach_the_encoder(model, tmp_path):
    path = tmp_path / "x.nnc"
    options = [
        "--scan-order",
        "1",
        "--profile",
        "0",
        "--no-dq",
        "--keep",
        "b",
        "--tensor-qp",
        "w=-16",
    ]
    assert run(["encode", str(model), "-o", str(path), *options]) == 0
    header = {unit.names[0]: unit.header for unit in nnc.open(path).units if unit.names}
    assert header["w"].scan_order == 1
    assert header["w"].dq_flag == 0
    assert header["b"].nnr_compressed_data_unit_payload_type == 2


def test_layers_as_blocks(tmp_path):
    tensors = {"a.weight": np.ones((3, 4), "f4"), "a.bias": np.ones(3, "f4")}
    save_file(tensors, tmp_path / "m.safetensors")
    path = str(tmp_path / "m.nnc")
    assert run(["encode", str(tmp_path / "m.safetensors"), "-o", path, "--blocks", "-q"]) == 0
    assert nnc.open(path).units[-1].names == ["a.weight", "a.bias"]


def test_structure_is_written_as_asked(tmp_path, capsys):
    tensors = {f"m.{name}": np.full((4, 6), number, "f4") for number, name in enumerate("abc")}
    paths = [str(tmp_path / name) for name in ("a.safetensors", "b.nnc", "c.safetensors")]
    save_file(tensors, paths[0])
    options = ["--join", "m.a,m.b", "--references", "--part-size", "8", "--aggregates", "modules"]
    assert run(["encode", paths[0], "-o", paths[1], *options]) == 0
    kinds = [unit.type_name for unit in nnc.open(paths[1]).walk()]
    assert kinds[:4] == ["NNR_STR", "NNR_MPS", "NNR_TPL", "NNR_AGG"]
    assert run(["decode", paths[1], "-o", paths[2]]) == 0
    assert set(load_file(paths[2])) == set(tensors)
    assert run(["encode", paths[0], "-o", paths[1], "--base", paths[0], *options, "--force"]) == 4
    assert "joins is for single models" in capsys.readouterr().err


def test_nothing_is_overwritten_unasked(model, encoded, capsys):
    before = encoded.read_bytes()
    assert run(["encode", str(model), "-o", str(encoded), "--qp", "-8"]) == 4
    assert encoded.read_bytes() == before
    assert "--force" in capsys.readouterr().err
    assert run(["encode", str(model), "-o", str(encoded), "--qp", "-8", "--force"]) == 0
    assert encoded.read_bytes() != before


def test_ls(model, encoded, capsys):
    arguments = ["encode", str(model), "-o", str(encoded), "--force", "--qp", "-32", "--quiet"]
    assert run(arguments) == 0
    assert run(["ls", str(encoded)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "name",
        "shape",
        "dtype",
        "coding",
        "values",
        "bytes",
        "bits/value",
        "qp",
        "step",
    ]
    assert [line.split()[0] for line in lines[1:]] == ["b", "n", "w"]
    assert lines[3].split()[1:5] == ["20x30", "float32", "float+dq", "600"]
    assert run(["ls", str(encoded), "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["schema_version"] == 1
    assert content["tensors"][2]["shape"] == [20, 30]
    assert [tensor["qp"] for tensor in content["tensors"]] == [-75, None, -32]
    assert [tensor["step"] for tensor in content["tensors"]] == [1.25 * 2**-19, None, 2**-8]
    assert run(["ls", str(encoded), "--format", "jsonl"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert run(["ls", str(encoded), "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("name,shape,dtype,values,bytes")


def test_info(encoded, capsys):
    assert run(["info", str(encoded)]) == 0
    text = capsys.readouterr().out
    assert "3, 621 values" in text
    assert "metadata format" in text
    assert run(["info", str(encoded), "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["bytes"] == encoded.stat().st_size
    assert content["metadata"] == {"format": "pt"}


@pytest.mark.parametrize("case", sorted(path.name for path in FOLDER.iterdir()))
def test_info_and_ls_of_every_vector(case, capsys):
    out_of_band = case == "p1-oob"
    for path in sorted((FOLDER / case).glob("bitstream*.nnc")):
        for verb in ("info", "ls"):
            assert run([verb, str(path)]) == out_of_band
            told = "nnc: 4 units need values that are not in the bitstream; --dimensions"
            assert capsys.readouterr().err.startswith(told if out_of_band else "")


def test_standard_streams(model, encoded, tmp_path, monkeypatch, capsysbinary):
    assert run(["encode", str(model), "-o", "-", "--quiet"]) == 0
    piped = capsysbinary.readouterr().out
    assert piped == encoded.read_bytes()
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(piped)))
    assert run(["decode", "-", "-o", str(tmp_path / "b.npz"), "-q"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["info", "nothing.nnc"], 4, "No such file"),
        (["info"], 4, "Missing argument"),
        (["frobnicate"], 4, "No such command"),
        (["encoed"], 4, "No such command 'encoed'. Did you mean 'encode'?"),
        (["encode", "--bitdepth", "4"], 4, "Did you mean '--bit-depth'?"),
        (["encode", "model.txt", "-o", "x.nnc"], 4, "model format"),
        (["decode", "DEFAULT", "-o", "x.txt"], 4, "model format"),
        (["encode", "x.safetensors", "-o", "y", "--tensor-qp", "a"], 4, "PATTERN=QP"),
        (["info", "CUT"], 2, "runs past the end"),
        (["decode", "OOB", "-o", "x.npz"], 4, "dimensions of the unit's tensor"),
        (["decode", "DEFAULT", "-o", "x.npz", "--max-values", "3"], 3, "too many values"),
    ],
)
def test_exit_codes(arguments, code, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    default = FOLDER / "p1-base-default-dq" / "bitstream.nnc"
    (tmp_path / "cut.nnc").write_bytes(default.read_bytes()[:-1])
    files = {
        "DEFAULT": str(default),
        "CUT": "cut.nnc",
        "OOB": str(FOLDER / "p1-oob" / "bitstream.nnc"),
    }
    assert run([files.get(argument, argument) for argument in arguments]) == code
    output = capsys.readouterr()
    assert message in output.err
    assert output.out == ""
    assert not (tmp_path / "x.npz").exists()


def test_errors_are_json_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    data = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()
    (tmp_path / "cut.nnc").write_bytes(data[:-1])
    assert run(["info", "cut.nnc", "--format", "json"]) == 2
    content = json.loads(capsys.readouterr().out)
    assert content["exit_code"] == 2
    assert content["error"]["kind"] == "incomplete"
    assert content["error"]["missing_bits"] == 8
    assert content["error"]["path"].startswith("units[")


def test_a_fault_of_our_own(monkeypatch, capsys, encoded):
    def broken(bitstream):
        raise RuntimeError("oops")

    monkeypatch.setattr("nnc.inspect.summarize", broken)
    assert run(["info", str(encoded)]) == 5
    assert "internal error" in capsys.readouterr().err


def test_help_has_examples(capsys):
    for verb in VERBS:
        assert run([verb, "--help"]) == 0
        assert capsys.readouterr().out.count(f"nnc {verb}") >= 2


def test_demo(capsys):
    assert run(["demo", "--qp", "-32"]) == 0
    assert "99.8 %" in capsys.readouterr().out
    assert run(["demo", "--qp", "-32", "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)["results"][0]
    assert result["ratio"] >= 8
    assert result["accuracy_after"] >= result["accuracy_before"] - 0.01


def test_text_for_terminals():
    assert escape_controls("a\x1b[31m\u202e\u00e9") == "a\\x1b[31m\\u202e\u00e9"
    assert [human_size(n) for n in (0, 999, 1000, 12345, 123456, 10**9)] == [
        "0 B", "999 B", "1 kB", "12.3 kB", "123 kB", "1 GB"
    ]  # fmt: skip


def test_updates(tmp_path, capsys):
    update = FOLDER / "p1-diff-single-dq" / "bitstream_0.nnc"
    differences = nnc.decode(update.read_bytes())
    base = {name: np.full_like(values, 0.5) for name, values in differences.items()}
    base["untouched"] = np.arange(3, dtype="f4")
    save_file(base, tmp_path / "base.safetensors")
    paths = [str(tmp_path / name) for name in ("base.safetensors", "new.npz", "differences.npz")]
    assert run(["decode", str(update), "--base", paths[0], "-o", paths[1], "-q"]) == 0
    assert capsys.readouterr().err == ""
    with np.load(paths[1]) as archive:
        assert set(archive.files) == set(base)
        for name, values in differences.items():
            np.testing.assert_array_equal(archive[name], values + np.float32(0.5))
    assert run(["decode", str(update), "-o", paths[2], "-q"]) == 0
    assert "differences" in capsys.readouterr().err


def test_there_and_back_as_an_update(model, tmp_path):
    tensors = load_file(model)
    tensors["w"][3] += 0.25
    save_file(tensors, tmp_path / "new.safetensors")
    new, update, back = (str(tmp_path / n) for n in ("new.safetensors", "u.nnc", "b.safetensors"))
    assert run(["encode", new, "--base", str(model), "-o", update, "--qp", "-24", "-q"]) == 0
    assert [u.names for u in nnc.open(update).units if u.names] == [["w"]]
    assert run(["decode", update, "--base", str(model), "-o", back, "-q"]) == 0
    decoded = load_file(back)
    assert set(decoded) == set(tensors)
    for name, values in tensors.items():
        np.testing.assert_allclose(decoded[name], values, atol=0.03)


@pytest.fixture
def updated(model, tmp_path):
    """Paths of a model, of a later one with other metadata, and of the update to that."""
    tensors, base = load_file(model), tmp_path / "base.safetensors"
    save_file(tensors, base, metadata={"step": "1", "only": "here"})
    new, update = tmp_path / "later.safetensors", tmp_path / "update.nnc"
    save_file(tensors | {"w": tensors["w"] + 1}, new, metadata={"step": "2"})
    arguments = ["encode", str(new), "--base", str(base), "-o", str(update), "-q"]
    assert run(arguments) == 0
    return base, new, update


def test_an_update_brings_the_metadata(updated, tmp_path):
    base, _, update = updated
    out = str(tmp_path / "x.safetensors")
    assert run(["decode", str(update), "--base", str(base), "-o", out]) == 0
    with safe_open(out, "np") as file:
        assert file.metadata() == {"step": "2"}


def test_an_update_of_another_model(updated, tmp_path, capsys):
    """One of the same shapes, of which the tensors themselves can't tell."""
    _, other, update = updated
    out = tmp_path / "x.safetensors"
    assert run(["decode", str(update), "--base", str(other), "-o", str(out)]) == 4
    assert "the update is for another model" in capsys.readouterr().err
    assert not out.exists()


def test_the_base_model_may_be_in_another_file(updated, tmp_path):
    base, _, update = updated
    np.savez(tmp_path / "base.npz", **dict(reversed(load_file(base).items())))
    results = []
    for name, path in (("x.npz", base), ("y.npz", tmp_path / "base.npz")):
        assert run(["decode", str(update), "--base", str(path), "-o", str(tmp_path / name)]) == 0
        with np.load(tmp_path / name) as archive:
            results.append({key: archive[key] for key in archive.files})
    for name, values in results[0].items():
        np.testing.assert_array_equal(results[1][name], values)


@pytest.mark.parametrize(
    ("verb", "code", "message"),
    [("encode", 4, "gives only a difference"), ("decode", 2, "was already decoded")],
)
def test_a_base_that_is_an_update(verb, code, message, updated, tmp_path, capsys):
    _, new, update = updated
    source = new if verb == "encode" else update
    out = tmp_path / ("x.nnc" if verb == "encode" else "x.npz")
    assert run([verb, str(source), "--base", str(update), "-o", str(out)]) == code
    assert message in capsys.readouterr().err


def test_an_update_that_decoders_do_not_trust(tmp_path, capsys):
    zeros = np.zeros((6000, 6000), "f4")
    save_file({"b": np.ones(2, "f4")}, tmp_path / "base.safetensors")
    save_file({"w": zeros, "b": np.zeros(2, "f4")}, tmp_path / "new.safetensors")
    paths = [str(tmp_path / name) for name in ("new.safetensors", "base.safetensors", "u.nnc")]
    assert run(["encode", paths[0], "--base", paths[1], "-o", paths[2], "-q"]) == 0
    assert "--max-values" in capsys.readouterr().err


def test_parts_of_decomposed_weights(tmp_path):
    case = FOLDER / "p0-block-dc-dq" / "bitstream.nnc"
    for options, suffix in ([], ""), (["--parts"], "_G"):
        path = tmp_path / f"x{suffix}.npz"
        assert run(["decode", str(case), "-o", str(path), *options]) == 0
        with np.load(path) as archive:
            assert any(name.endswith("_G") for name in archive.files) == bool(suffix)
