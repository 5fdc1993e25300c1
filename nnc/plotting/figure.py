"""Figures by matplotlib, without a window."""

from __future__ import annotations

import os
from typing import Any

from nnc.bitio import InputError
from nnc.engine.files import replace_file

SUFFIXES = (".png", ".svg", ".pdf")


def new_figure(width: float, height: float) -> Any:
    """Return an empty figure, in inches.

    Raises:
        InputError: matplotlib isn't installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("plots need the package matplotlib: pip install 'nnc[plot]'") from None
    # Without pyplot there is no window, and no state shared between threads.
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Any, path: str | os.PathLike[str]) -> None:
    """Write a figure to a file whose suffix says the format.

    Raises:
        InputError: another suffix.
        OSError: the file can't be written.
    """
    if not os.fspath(path).lower().endswith(SUFFIXES):
        raise InputError(f"{os.fspath(path)}: the suffix must be one of {', '.join(SUFFIXES)}")
    suffix = os.fspath(path).rpartition(".")[2].lower()
    replace_file(path, lambda file: figure.savefig(file, format=suffix, dpi=150))


def check_text(text: str) -> None:
    """Refuse text that can't be drawn.

    Raises:
        InputError: it has surrogates.
    """
    if text != text.encode("utf-8", "replace").decode("utf-8"):
        raise InputError(f"{text!r} can't be drawn: it has surrogates")
