import io
import sys

import click
import pytest

from nnc.cli.common import progress
from nnc.cli.common.files import ByteSize
from nnc.cli.common.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def use_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys, "stderr", Terminal())
    return sys.stderr


def test_a_bar_on_a_terminal(monkeypatch):
    terminal = use_terminal(monkeypatch)
    monkeypatch.setattr(progress, "DELAY", 0)
    with progress_bar("encoding", shown=True) as advance:
        advance(2_000_000, 4_000_000)
        advance(4_000_000, 4_000_000)
    assert "encoding" in terminal.getvalue()
    assert "/4.0 MB" in terminal.getvalue()


def test_nothing_for_short_work(monkeypatch):
    terminal = use_terminal(monkeypatch)
    with progress_bar("encoding", shown=True) as advance:
        advance(1, 2)
        advance(2, 2)
    assert terminal.getvalue() == ""


def test_the_bar_is_taken_away_after_an_error(monkeypatch):
    terminal = use_terminal(monkeypatch)
    monkeypatch.setattr(progress, "DELAY", 0)

    def fail():
        with progress_bar("encoding", shown=True) as advance:
            advance(1, 2)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    # The cursor, which the bar hides, is shown again.
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")


def test_no_bar_in_pipes_or_unasked(monkeypatch):
    use_terminal(monkeypatch)
    with progress_bar("encoding", shown=False) as advance:
        assert advance is None
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_bar("encoding", shown=True) as advance:
        assert advance is None


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("4096", 4096), ("5GB", 5 * 10**9), ("2GiB", 2 << 30), ("1.5k", 1500)],
)
def test_sizes(text, size):
    assert ByteSize().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "-1", "5 apples", "GB", "1e9", "5B"])
def test_what_is_no_size(text):
    with pytest.raises(click.BadParameter, match="500MB"):
        ByteSize().convert(text, None, None)
