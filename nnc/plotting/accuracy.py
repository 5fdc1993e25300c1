"""Bytes against accuracy."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

from nnc.bitio import InputError
from nnc.bitio.arguments import checked
from nnc.plotting.figure import check_text, new_figure, save_figure


@checked
def plot_accuracies(
    curves: Mapping[str, Sequence[tuple[int, float]]], path: str | os.PathLike[str], title: str = ""
) -> None:
    """Draw the accuracy of decoded networks over the bytes of their bitstreams.

    Args:
        curves: by name, such as that of a tool, pairs of bytes and accuracy, 0 to 1.
        path: the picture: .png, .svg or .pdf.
        title: stands above it.

    Raises:
        InputError: another suffix, something else than pairs of numbers, or matplotlib isn't
            installed.
        OSError: the picture can't be written.
    """
    check_text(title)
    for name, points in curves.items():
        check_points(name, points)
    figure = new_figure(7, 4.5)
    axes = figure.add_subplot()
    for name, points in curves.items():
        places = sorted(points)
        form = "o-" if len(places) > 1 else "*"
        axes.plot(
            [size for size, _ in places],
            [100 * accuracy for _, accuracy in places],
            form,
            label=name.replace("$", r"\$"),
            markersize=4 if len(places) > 1 else 12,
        )
    axes.set_xscale("log")
    axes.set_xlabel("bytes")
    axes.set_ylabel("accuracy in %")
    axes.set_title(title.replace("$", r"\$"))
    axes.grid(alpha=0.3, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    if curves:
        axes.legend(fontsize=8)
    save_figure(figure, path)


def check_points(name: str, points: Iterable[object]) -> None:
    """Refuse what isn't pairs of bytes and accuracy.

    Raises:
        InputError: it isn't.
    """
    check_text(str(name))
    listed = list(points) if isinstance(points, Iterable) else [points]
    for point in listed:
        pair = point if isinstance(point, tuple | list) else ()
        if len(pair) != 2 or not all(isinstance(one, Real) for one in pair):
            raise InputError(f"curve {name!r} holds {point!r:.60}, not bytes and accuracy")
