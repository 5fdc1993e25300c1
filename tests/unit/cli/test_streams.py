"""Standard input and output, whatever they are, and places that are no files."""

import io
import json
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.cli.common.files import check_model_output
from nnc.cli.main import run

ROOT = Path(__file__).parents[3]
NAME = "größe.重み"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.linspace(-1, 1, 48, dtype=np.float32).reshape(6, 8)
    nnc.save_file({NAME: values, "b": values[0]}, "m.nnc", {"schlüssel": "wért"}, dq=False, qp=-32)
    return tmp_path


@pytest.fixture
def stdin(monkeypatch):
    """Gives standard input some bytes."""

    def given(data):
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(data)))

    return given


def start(*arguments, **options):
    """Run the command in a process of its own."""
    code = f"import sys; sys.argv[1:] = {list(arguments)!r}; from nnc.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-c", code], check=False, env=environment, capture_output=True, **options
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_names_that_the_terminal_cannot_show(folder, encoding):
    given = {"PYTHONIOENCODING": encoding}
    for arguments in (
        ["ls", "m.nnc", "--format", "csv"],
        ["tree", "m.nnc"],
        ["levels", "m.nnc", NAME],
    ):
        done = start(*arguments, env=given)
        assert (done.returncode, done.stderr) == (0, b""), arguments
        assert b"\\u91cd" in done.stdout or NAME.encode() in done.stdout
    done = start("levels", "m.nnc", "重", env=given)
    assert done.returncode == 4
    assert b"Traceback" not in done.stderr
    done = start("json", "m.nnc", env=given)
    assert NAME in done.stdout.decode("utf-8")
    again = start("build", "-", "-o", "-", env=given, input=done.stdout)
    assert again.stdout == Path("m.nnc").read_bytes()


CLOSED = "import os; os.close({0}); os.execv({1!r}, [{1!r}, '-c', {2!r}])"


@pytest.mark.skipif(sys.platform == "win32", reason="streams are never closed there")
@pytest.mark.parametrize(
    ("number", "arguments", "code"),
    [(0, ["info", "-"], 4), (1, ["info", "m.nnc"], 0), (2, ["info", "x.nnc"], 4)],
)
def test_closed_streams(folder, number, arguments, code):
    called = f"import sys; sys.argv[1:] = {arguments!r}; from nnc.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", CLOSED.format(number, sys.executable, called)],
        check=False,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
        capture_output=True,
    )
    assert done.returncode == code
    assert b"Traceback" not in done.stderr


def test_containers_by_standard_streams(folder, stdin, capsysbinary):
    data = Path("m.nnc").read_bytes()
    stdin(data)
    assert run(["embed", "-", "-o", "m.mp4", "-q"]) == 0
    assert run(["extract", "m.mp4", "-o", "-"]) == 0
    assert capsysbinary.readouterr() == (data, b"")
    stdin(Path("m.mp4").read_bytes())
    assert run(["extract", "-", "-o", "again.nnc", "-q"]) == 0
    assert Path("again.nnc").read_bytes() == data
    assert not Path("-").exists()


def test_levels_to_standard_output(folder, capsysbinary):
    assert run(["levels", "m.nnc", "b", "--save", "-"]) == 0
    found = np.load(io.BytesIO(capsysbinary.readouterr().out))
    np.testing.assert_array_equal(found, nnc.decode_levels(nnc.open("m.nnc"))["b"])


def test_explorer_by_standard_streams(folder, stdin, capsysbinary):
    stdin(Path("m.nnc").read_bytes())
    assert run(["explore", "-", "-o", "-"]) == 0
    output = capsysbinary.readouterr()
    assert output.out.startswith(b"<!doctype html>")
    assert output.err == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode", "-", "-o", "x.nnc"], "standard input: the file is empty"),
        (["fuzz", "--valid", "1", "-o", "-"], "name the folder"),
        (["json", "m.nnc", "--payloads", "-"], "can't go to standard output"),
        (["embed", "-", "-o", "x.onnx"], "refers to the file of its bitstream"),
        (["merge", "-", "-", "-o", "x.nnc"], "only one input"),
        (["split", "m.nnc", "b", "-o", "-", "--rest", "-"], "named for two outputs"),
    ],
    ids=str,
)
def test_what_a_stream_cannot_be(folder, stdin, capsys, arguments, message):
    stdin(b"")
    before = set(folder.iterdir())
    assert run(arguments) == 4
    assert message in capsys.readouterr().err
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["json", "m.nnc", "--payloads", "x", "-o", "x"],
        ["split", "m.nnc", "b", "-o", "x", "--rest", "./x"],
        ["levels", "m.nnc", "b", "--save", "x", "--set", "0=1", "-o", "x"],
    ],
    ids=str,
)
def test_two_outputs_are_two_files(folder, capsys, arguments):
    assert run(arguments) == 4
    assert "named for two outputs" in capsys.readouterr().err
    assert not Path("x").exists()


WRITING = [
    ["set", "m.nnc", "units[3].header.topology_elem_id=q", "-q"],
    ["json", "m.nnc"],
    ["explore", "m.nnc", "-q"],
    ["levels", "m.nnc", "b", "--set", "0=1", "-q"],
    ["merge", "m.nnc", "q.nnc"],
]


@pytest.mark.parametrize("arguments", WRITING, ids=lambda arguments: arguments[0])
def test_outputs(folder, capsys, arguments):
    run(["rename", "m.nnc", f"{NAME}=x", "b=y", "-o", "q.nnc", "-q"])
    Path("d").mkdir()
    for place, message in (("d", "d is a folder"), ("none/x", "none/x: No such file")):
        for force in ([], ["--force"]):
            assert run([*arguments, "-o", place, *force]) == 4
            assert message in capsys.readouterr().err
    before = os.stat(os.devnull).st_ino
    assert run([*arguments, "-o", os.devnull]) == 0
    assert os.stat(os.devnull).st_ino == before
    Path("x").write_bytes(b"")
    assert run([*arguments, "-o", "x"]) == 4
    assert Path("x").read_bytes() == b""
    assert run([*arguments, "-o", "x", "--force"]) == 0
    assert Path("x").stat().st_size


def test_an_empty_table_has_its_columns(folder, capsys):
    nnc.save_file({}, "empty.nnc")
    assert run(["ls", "empty.nnc", "--format", "csv"]) == 0
    first = capsys.readouterr().out
    assert run(["ls", "m.nnc", "--format", "csv"]) == 0
    assert first == capsys.readouterr().out.splitlines(keepends=True)[0]


def test_the_format_asked_for_last_counts(folder, capsys):
    assert run(["info", "x.nnc", "--format", "human", "--format", "json"]) == 4
    assert json.loads(capsys.readouterr().out)["exit_code"] == 4
    assert run(["info", "x.nnc", "--format", "json", "--format", "human"]) == 4
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["x.nnef", "x.savedmodel"])
def test_a_folder_that_is_a_model_is_not_overwritten_unasked(folder, capsys, name):
    Path(name).mkdir()
    check_model_output(name, force=False)
    Path(name, "graph").write_bytes(b"")
    with pytest.raises(nnc.InputError, match="--force overwrites it"):
        check_model_output(name, force=False)
    check_model_output(name, force=True)


def test_a_file_beside_an_onnx_model_is_not_overwritten_unasked(folder, capsys):
    Path("sub").mkdir()
    Path("sub/m.nnc").write_bytes(b"another")
    assert run(["embed", "m.nnc", "-o", "sub/x.onnx"]) == 4
    assert "sub/m.nnc exists" in capsys.readouterr().err.replace("\\", "/")
    assert Path("sub/m.nnc").read_bytes() == b"another"
