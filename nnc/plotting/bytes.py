"""Bytes by layer."""

from __future__ import annotations

import os

from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream
from nnc.inspect.summary import summarize_tensors
from nnc.plotting.figure import new_figure, save_figure

#: More bars than this can't be told apart; the smallest units then stand in one bar.
MOST_BARS = 60


@checked
def plot_bytes(bitstream: Bitstream, path: str | os.PathLike[str]) -> None:
    """Draw how many bytes each unit with tensors has, the largest on top.

    Args:
        bitstream: the bitstream.
        path: the picture: .png, .svg or .pdf.

    Raises:
        BitstreamError: a header breaks the syntax.
        InputError: no tensors, another suffix, or matplotlib isn't installed.
        OSError: the picture can't be written.
    """
    bars = bars_of(bitstream)
    figure = new_figure(8, 1 + 0.22 * len(bars))
    axes = figure.add_subplot()
    names, sizes, bits = zip(*reversed(bars), strict=True)
    drawn = axes.barh(range(len(bars)), sizes, tick_label=names)
    axes.bar_label(drawn, labels=[f" {text}" for text in bits], fontsize=7)
    axes.set_xlabel("bytes (beside the bars: bits per value)")
    axes.margins(x=0.12, y=0.01)
    axes.tick_params(axis="y", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    save_figure(figure, path)


def bars_of(bitstream: Bitstream) -> list[tuple[str, int, str]]:
    """Return name, bytes and bits per value for each bar, the largest first."""
    from nnc.bitio import InputError

    units = [
        # A dollar sign would begin a formula.
        (line.name.replace("$", r"\$"), line.bytes, f"{line.bits_per_value or 0:.2f}")
        for line in summarize_tensors(bitstream, read_qp=False)
        if line.bytes is not None
    ]
    if not units:
        raise InputError("there are no tensors to plot")
    units.sort(key=lambda unit: -unit[1])
    rest = units[MOST_BARS:]
    if rest:
        units = [*units[:MOST_BARS], (f"{len(rest)} more", sum(size for _, size, _ in rest), "")]
    return units
