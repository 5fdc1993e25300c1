"""Tables and pairs, as wide as the terminal is."""

import os

import numpy as np
import pytest

import nnc
from nnc.cli.common.output import NARROWEST, fit, shorten
from nnc.cli.main import run


@pytest.fixture
def terminal(monkeypatch):
    """Makes standard output a terminal of some width."""

    def of_width(width):
        size = os.terminal_size((width, 24))
        monkeypatch.setattr("shutil.get_terminal_size", lambda *given: size)
        monkeypatch.setattr("nnc.cli.common.output.terminal_width", lambda: width)

    return of_width


@pytest.fixture
def bitstream(tmp_path):
    names = ("features.0.block.1.running_mean", "features.0.block.10.weight")
    tensors = {name: np.linspace(-1, 1, 4096, dtype="f4").reshape(64, 64) for name in names}
    nnc.save_file(tensors, tmp_path / "m.nnc", {"note": "many words " * 20})
    return str(tmp_path / "m.nnc")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("verb", ["ls", "info"])
def test_nothing_is_wider_than_the_terminal(verb, width, bitstream, terminal, capsys):
    terminal(width)
    assert run([verb, bitstream]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    told = " ".join("\n".join(lines).split())
    assert "bytes  bits/value" in lines[0] if verb == "ls" else "many words many" in told


def test_a_pipe_gets_everything(bitstream, capsys):
    assert run(["ls", bitstream]) == 0
    header, first, _ = capsys.readouterr().out.splitlines()
    assert header.split()[:4] == ["name", "shape", "dtype", "coding"]
    assert first.startswith("features.0.block.1.running_mean  64x64  float32")


def test_values_are_compared_on_a_narrow_terminal(bitstream, terminal, capsys):
    terminal(40)
    assert run(["diff", "--values", bitstream, bitstream]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert "max error" in lines[0]


def test_what_is_spared():
    widths = [30, 5, 5, 5]
    assert fit(widths, (2, 1), None) == [0, 1, 2, 3]
    assert fit(widths, (2, 1), 45) == [0, 1, 3]
    assert widths[0] == 30
    assert fit(widths, (2, 1), 30) == [0, 3]
    assert widths == [23, 5, 5, 5]
    assert fit(widths, (), 5) == [0, 1, 2, 3]
    assert widths[0] == NARROWEST


def test_the_ends_of_a_name_are_kept():
    assert shorten("abcdefghij", 10) == "abcdefghij"
    assert shorten("abcdefghij", 7) == "abc…hij"
    assert shorten("abcdefghij", 6) == "abc…ij"
