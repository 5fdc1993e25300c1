"""`nnc levels`: read, saved, and other ones in their place."""

import json

import numpy as np
import pytest

import nnc
from nnc.cli.main import run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    tensors = {name: rng.laplace(0, 0.1, (6, 8)).astype(np.float32) for name in ("a", "b")}
    nnc.save_file(tensors, "m.nnc", qp=-12, dq=False)
    return tmp_path


def levels_of(path, name="a"):
    return nnc.decode_levels(open(path, "rb").read())[name]


def test_summary(folder, capsys):
    assert run(["levels", "m.nnc", "a", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    levels = levels_of("m.nnc")
    assert told["shape"] == [6, 8]
    assert (told["smallest"], told["largest"]) == (levels.min(), levels.max())
    assert told["zeros"] == np.count_nonzero(levels == 0)
    assert told["distinct"] == np.unique(levels).size
    assert run(["levels", "m.nnc", "a"]) == 0
    assert f"{levels.min()} to {levels.max()}" in capsys.readouterr().out


def test_one_level(folder):
    before, other = levels_of("m.nnc"), levels_of("m.nnc", "b")
    assert run(["levels", "m.nnc", "a", "--set", "0,3=7", "--set", "5,7=-1", "-o", "n.nnc"]) == 0
    before[0, 3], before[5, 7] = 7, -1
    np.testing.assert_array_equal(levels_of("n.nnc"), before)
    first, second = nnc.open("m.nnc"), nnc.open("n.nnc")
    assert first.units[3].whole == second.units[3].whole
    np.testing.assert_array_equal(levels_of("n.nnc", "b"), other)


def test_saved_and_replaced(folder, capsys):
    assert run(["levels", "m.nnc", "a", "--save", "a.npy"]) == 0
    saved = np.load("a.npy")
    np.testing.assert_array_equal(saved, levels_of("m.nnc"))
    np.save("b.npy", -saved)
    assert run(["levels", "m.nnc", "a", "--replace", "b.npy", "-o", "n.nnc", "-q"]) == 0
    np.testing.assert_array_equal(levels_of("n.nnc"), -saved)
    capsys.readouterr()
    assert run(["levels", "m.nnc", "a", "--replace", "b.npy", "--dry-run"]) == 0
    assert "units[2]" in capsys.readouterr().out
    assert run(["levels", "m.nnc", "a", "--save", "a.npy"]) == 4
    assert run(["levels", "m.nnc", "a", "--save", "a.npy", "--force"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["c"], "c"),
        (["a", "--set", "0,3"], "is not I,J,...=LEVEL"),
        (["a", "--set", "0,x=1"], "is not I,J,...=LEVEL"),
        (["a", "--set", "0,8=1"], "shape [6, 8]"),
        (["a", "--set", "3=1"], "shape [6, 8]"),
        (["a", "--set", "0,0=3000000000"], "32 bits"),
        (["a", "--replace", "m.nnc"], "not a .npy file"),
        (["a", "--replace", "floats.npy"], "must hold integers"),
        (["a", "--replace", "wide.npy"], "beyond 32 bits"),
        (["a", "--replace", "small.npy"], "shape"),
    ],
    ids=str,
)
def test_what_is_refused(folder, capsys, arguments, message):
    np.save("floats.npy", np.ones((6, 8)))
    np.save("wide.npy", np.full((6, 8), 1 << 40))
    np.save("small.npy", np.ones((6, 7), np.int32))
    assert run(["levels", "m.nnc", *arguments, "--dry-run"]) == 4
    assert message in capsys.readouterr().err


def test_an_output_needs_a_change(folder, capsys):
    assert run(["levels", "m.nnc", "a", "-o", "n.nnc"]) == 4
    assert "--replace" in capsys.readouterr().err
