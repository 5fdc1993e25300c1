"""What each round cost: figures, a table, a plot."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from nnc.plotting.figure import new_figure, save_figure


@dataclass
class Round:
    """What one round cost, all nodes together.

    Attributes:
        number: the round; 0 for what came before the first.
        bytes_up: bytes of the bitstreams that nodes sent.
        raw_up: bytes of the same arrays without coding.
        bytes_down: bytes of the bitstreams that the server sent.
        raw_down: bytes of the same arrays without coding.
        seconds: what coding took, on the server and on all nodes.
        replies: replies that were used.
        failures: replies that were errors, or couldn't be decoded.
    """

    number: int
    bytes_up: int = 0
    raw_up: int = 0
    bytes_down: int = 0
    raw_down: int = 0
    seconds: float = 0.0
    replies: int = 0
    failures: int = 0


def table_of(rounds: Sequence[Round]) -> str:
    """Return rounds as a table in text, with their sums in the last line."""
    total = Round(0)
    for one in rounds:
        for name in ("bytes_up", "raw_up", "bytes_down", "raw_down", "seconds", "replies",
                     "failures"):  # fmt: skip
            setattr(total, name, getattr(total, name) + getattr(one, name))
    lines = [
        f"{'round':>6} {'up':>10} {'%':>6} {'down':>10} {'%':>6} {'seconds':>8} replies errors"
    ]
    for said, one in [*((str(one.number), one) for one in rounds), ("all", total)]:
        lines.append(
            f"{said:>6} {one.bytes_up:>10} {share(one.bytes_up, one.raw_up):>6} "
            f"{one.bytes_down:>10} {share(one.bytes_down, one.raw_down):>6} "
            f"{one.seconds:>8.2f} {one.replies:>7} {one.failures:>6}"
        )
    return "\n".join(lines)


def share(coded: int, raw: int) -> str:
    """Return in percent what coding leaves of bytes."""
    return f"{100 * coded / raw:.2f}" if raw else "-"


def plot_rounds(rounds: Sequence[Round], path: str | os.PathLike[str]) -> None:
    """Draw the bytes of each round, in percent of those without coding, into a file.

    Args:
        rounds: the rounds.
        path: the file, `.png`, `.svg` or `.pdf`.

    Raises:
        InputError: matplotlib isn't installed, or the suffix is another one.
        OSError: the file can't be written.
    """
    figure = new_figure(7, 4)
    axes = figure.subplots()
    for name, coded, raw in (("up", "bytes_up", "raw_up"), ("down", "bytes_down", "raw_down")):
        found = [one for one in rounds if getattr(one, raw)]
        shares = [100 * getattr(one, coded) / getattr(one, raw) for one in found]
        axes.plot([one.number for one in found], shares, marker="o", label=name)
    axes.set(xlabel="round", ylabel="% of the bytes without coding", ylim=(0, None))
    axes.legend()
    save_figure(figure, path)
