"""What users are told: hints, warnings, refusals, exit codes."""

import json
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc.cli.main import run
from tests.cases import FOLDER

OOB = str(FOLDER / "p1-oob" / "bitstream.nnc")
UPDATE = str(FOLDER / "p1-tca-dq" / "bitstream_1.nnc")
CUT = FOLDER.parent / "broken" / "streams" / "size-too-large.nnc"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.linspace(-1, 1, 48, dtype=np.float32).reshape(6, 8)
    save_file({"w": values, "b": values[0].copy()}, "m.safetensors")
    nnc.save_file({"w": values, "b": values[0]}, "m.nnc")
    return tmp_path


def told(capsys, *arguments, code):
    assert run(list(arguments)) == code
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["ls", OOB], 1),
        (["info", OOB], 1),
        (["tree", OOB], 1),
        (["trace", OOB], 1),
        (["check", OOB], 0),
        (["get", OOB, "units[3].header.dq_flag"], 4),
        (["levels", OOB, "conv1.weight"], 4),
        (["decode", OOB, "-o", "x.npz"], 4),
        (["cut", OOB, "units[3]", "99", "-o", "x.nnc"], 4),
        (["split", OOB, "fc.*", "-o", "x.nnc", "--rest", "y.nnc"], 4),
    ],
    ids=str,
)
def test_the_option_for_dimensions_is_named(folder, capsys, arguments, code):
    assert "--dimensions NAME=N,N..." in told(capsys, *arguments, code=code)
    assert not Path("x.npz").exists()


def test_no_option_is_named_that_a_verb_does_not_have(folder, capsys):
    message = told(capsys, "convert", UPDATE, "--profile", "0", "--dry-run", code=4)
    assert "mps_parent_signalling_enabled_flag: the other profile has no such element" in message


def test_dimensions_are_taken_where_they_are_asked_for(folder, capsys):
    given = ["--dimensions", "conv1.weight=10,6,3,3", "--dimensions", "conv1.bias=10",
             "--dimensions", "fc.weight=22,31", "--dimensions", "fc.bias=22",
             "--cabac-unary-length-minus1", "10"]  # fmt: skip
    for arguments in (
        ["split", OOB, "fc.*", "-o", "x.nnc", "--rest", "y.nnc", "-q"],
        ["levels", OOB, "conv1.weight"],
        ["ls", OOB],
    ):
        assert told(capsys, *arguments, *given, code=0) == ""
    assert told(capsys, "merge", "x.nnc", "y.nnc", "-o", "z.nnc", "-q", *given, code=0) == ""


@pytest.mark.parametrize("verb", [["info"], ["tree"], ["trace"], ["levels", "w"]], ids=str)
def test_a_model_file_is_no_bitstream(folder, capsys, verb):
    name, *rest = verb
    assert "nnc encode makes a bitstream of it" in told(
        capsys, name, "m.safetensors", *rest, code=2
    )
    Path("m.txt").write_bytes(b"a text that is no model, and no bitstream either")
    assert "nnc encode" not in told(capsys, name, "m.txt", *rest, code=2)


@pytest.mark.parametrize(
    "verb", [["info"], ["tree"], ["trace"], ["decode", "-o", "x.npz"]], ids=str
)
def test_a_pointer_is_no_bitstream(folder, capsys, verb):
    Path("m.nnc").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert "Git LFS pointer" in told(capsys, verb[0], "m.nnc", *verb[1:], code=2)


def test_faults_of_what_is_compared_are_data_too(folder, capsys):
    assert run(["diff", "m.nnc", str(CUT), "--format", "json"]) == 2
    content = json.loads(capsys.readouterr().out)
    assert content["errors_first"] == []
    assert [error["kind"] for error in content["errors_second"]] == ["incomplete"]


def test_a_page_about_a_damaged_bitstream(folder, capsys):
    message = told(capsys, "explore", str(CUT), "-o", "page.html", code=2)
    assert "runs past the end" in message
    assert Path("page.html").read_bytes().startswith(b"<!doctype html>")


def test_warnings_say_no_place_in_the_program(folder, capsys, monkeypatch):
    def warned(bitstream):
        warnings.warn("something is odd", nnc.EncodingWarning, stacklevel=1)
        raise nnc.InputError("and then wrong")

    monkeypatch.setattr("nnc.inspect.summarize", warned)
    message = told(capsys, "info", "m.nnc", code=4)
    assert message == "nnc: something is odd\nnnc: and then wrong\n"


@pytest.mark.parametrize(
    "option",
    [["--keep", "z*"], ["--tensor-qp", "z*=-30"], ["--tensor", "z*=qp:-30"],
     ["--keep", "z*", "--target-size", "400%"]],
    ids=str,
)  # fmt: skip
def test_a_pattern_that_fits_nothing_is_told(folder, capsys, option):
    message = told(capsys, "encode", "m.safetensors", "-o", "x.nnc", "-q", *option, code=0)
    assert "no tensor name matches 'z*'" in message
    used = [one.replace("z*", "w*") for one in option]
    arguments = ["encode", "m.safetensors", "-o", "x.nnc", "-q", "--force", *used]
    assert "name matches" not in told(capsys, *arguments, code=0)


EVALUATE = """
def fails(tensors):
    raise RuntimeError("no data")


def gives_text(tensors):
    return "good"
"""


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("mine:fails", "mine:fails: RuntimeError: no data"),
        ("mine:gives_text", "mine:gives_text: ValueError"),
        ("wrong:x", "wrong:x: SyntaxError"),
        ("mine:nothing", "mine:nothing: AttributeError"),
    ],
)
def test_functions_of_the_user_that_fail(folder, capsys, said, message):
    Path("mine.py").write_text(EVALUATE)
    Path("wrong.py").write_text("def")
    arguments = ["encode", "m.safetensors", "-o", "x.nnc", "--accuracy-drop", "1"]
    found = told(capsys, *arguments, "--evaluate", said, code=4)
    assert message in found
    assert "Traceback" not in found
    assert not Path("x.nnc").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode", "m.safetensors", "-o", "x.nnc", "--sensitivity", "error"], "with a target"),
        (["encode", "m.safetensors", "-o", "x.nnc", "--evaluate", "os:getcwd"], "with a target"),
        (["encode", "m.safetensors", "-o", "x.json", "--report", "x.json"], "two outputs"),
        (["encode", "m.safetensors", "-o", "x.nnc", "--report", "none/r.html"], "no such folder"),
        (["rename", "m.nnc", "w=x", "w=y", "-o", "x.nnc"], "w is given twice"),
        (["set", "m.nnc", "units[2].header.dq_flag=0", "units[2].header.dq_flag=1", "-o", "x.nnc"],
         "is given twice"),
        (["diff", "m.nnc", "m.nnc", "--levels", "--values"], "--levels or --values, not both"),
        (["wrap", "m.nnc", "0", "2", "-o", "x.nnc"], "a start unit must come first"),
        (["remove", "m.nnc", "units[0]", "-o", "x.nnc"], "should have come before"),
        (["remove", UPDATE, "units[2].header.tensor_dimensions[0]", "-o", "x.nnc"],
         "the list is absent"),
        (["levels", "m.nnc", "w", "--replace", "empty.npy", "--dry-run"], "is not a .npy file"),
        (["levels", "m.nnc", "w", "--replace", "cut.npy", "--dry-run"], "cut.npy is damaged"),
        (["fuzz", "--mutate", str(CUT), "2", "-o", "x.nnc"], "runs past the end"),
    ],
    ids=str,
)  # fmt: skip
def test_refusals(folder, capsys, arguments, message):
    Path("empty.npy").write_bytes(b"")
    np.save("whole.npy", np.zeros((6, 8), np.int32))
    Path("cut.npy").write_bytes(Path("whole.npy").read_bytes()[:-1])
    before = set(folder.iterdir())
    assert message in told(capsys, *arguments, code=2 if arguments[0] == "fuzz" else 4)
    assert set(folder.iterdir()) == before


def test_the_levels_of_a_scalar(folder, capsys):
    nnc.save_file({"n": np.array(7, "i4"), "none": np.zeros((0, 3), "i4")}, "n.nnc")
    assert run(["levels", "n.nnc", "n", "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["shape"], content["smallest"], content["largest"]) == ([], 7, 7)
    assert run(["levels", "n.nnc", "none", "--format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["smallest"], content["largest"], content["distinct"]) == (None, None, 0)
    assert run(["levels", "n.nnc", "none"]) == 0
    assert "range     none" in capsys.readouterr().out


def strict(text):
    """Read JSON as readers do that know no Infinity."""

    def refuse(name):
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


def test_numbers_that_json_does_not_have(folder, capsys):
    save_file({"w": np.array([1, np.inf, np.nan], "f4")}, "i.safetensors")
    save_file({"w": np.array([1, 2, np.nan], "f4")}, "j.safetensors")
    arguments = ["diff", "i.safetensors", "j.safetensors", "--values", "--format", "json"]
    assert run(arguments) == 1
    assert strict(capsys.readouterr().out)["tensors"][0]["max_error"] == "inf"
    large = 1 << 70
    place = "units[2].header.tensor_dimensions[0]"
    assert run(["set", "m.nnc", f"{place}={large}", "--dry-run", "--format", "json"]) == 4
    assert strict(capsys.readouterr().out)["error"]["value"] == str(large)


def test_a_plan_beside_a_result_is_data_too(folder, capsysbinary):
    name = "units[2].header.topology_elem_id"
    assert run(["set", "m.nnc", f"{name}=x", "-o", "-", "--format", "json"]) == 0
    output = capsysbinary.readouterr()
    content = strict(output.err)
    assert content["schema_version"] == 1
    assert [change["path"] for change in content["plan"]["changes"]] == [name]
    assert nnc.Bitstream.parse(output.out).get(name) == "x"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["m.safetensors"], 4, "Did you mean 'nnc encode m.safetensors'?"),
        (["m.nnc"], 4, "Did you mean 'nnc info m.nnc'?"),
        (["encode", "m.nnc", "-o", "x"], 4, "a bitstream already, not a model format; nnc decode"),
        (["encode", "d"], 4, "nothing in this folder is of a model format"),
        (["decode", "m.nnc", "x.npz"], 4, "extra argument (x.npz); -o names the output"),
        (["decode", "m.nnc", "-o", "x"], 4, ".npz, .pt, .onnx, .keras, .nnef, .savedmodel, and /"),
        (["completion"], 4, "Choose from: bash, zsh, fish"),
        (["build", "bytes"], 4, "bytes: not JSON, and no text at all"),
        (["info", "text"], 2, "no NNC bitstream at all"),
        (["tree", "text"], 2, "no NNC bitstream at all"),
        (["encode", "m.safetensors", "-o", "x", "--psnr", "4", "--target-size", "9"], 4,
         "not target_size and psnr"),
    ],
    ids=str,
)  # fmt: skip
def test_what_newcomers_try(folder, capsys, arguments, code, message):
    save_file({"w": np.ones((4, 4), "f4")}, "m.safetensors")
    nnc.save_file({"w": np.ones((4, 4), "f4")}, "m.nnc")
    os.mkdir("d")
    Path("bytes").write_bytes(bytes(range(256)))
    Path("text").write_bytes(b"this is a text\n")
    assert message in told(capsys, *arguments, code=code)
