"""Histograms that fit into a page, counted some values at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Most bins of a histogram.
BINS = 48

# Values counted at once: a few bytes of zeros may stand for more than memory holds.
PIECE = 1 << 16


def pieces_of(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield the values of an array in order, some at a time."""
    flat = array.reshape(-1)
    return (flat[start : start + PIECE] for start in range(0, flat.size, PIECE))


def describe_levels(levels: NDArray[np.int32]) -> dict[str, Any]:
    """Count the levels of a tensor.

    Args:
        levels: int32 array of any shape.

    Returns:
        `low`, the lowest level; `step`, how many levels a bin has; `counts`; `zeros`, the share
        of zeros.
    """
    if levels.size == 0:
        return {"low": 0, "step": 1, "counts": [], "zeros": 0.0}
    low, high = int(levels.min()), int(levels.max())
    step = (high - low) // BINS + 1
    counts = np.zeros((high - low) // step + 1, np.int64)
    for piece in pieces_of(levels):
        counts += np.bincount((piece.astype(np.int64) - low) // step, minlength=counts.size)
    zeros = levels.size - np.count_nonzero(levels)
    return {"low": low, "step": step, "counts": counts.tolist(), "zeros": zeros / levels.size}


def describe_values(values: NDArray[Any]) -> dict[str, Any]:
    """Count the values of a tensor in bins of one width.

    Args:
        values: array of any shape and dtype.

    Returns:
        `low` and `high`, the range; `counts`; `mean` and `deviation`. Values that are not
        finite are counted in `not_finite` alone.
    """
    return describe_pieces(lambda: pieces_of(values))


def finite(piece: NDArray[Any]) -> NDArray[np.float64]:
    """Return the finite values of a piece."""
    wide = piece.astype(np.float64)
    return wide[np.isfinite(wide)]


def describe_pieces(pieces: Callable[[], Iterable[NDArray[Any]]]) -> dict[str, Any]:
    """Count the values of a tensor that come in pieces; result as for `describe_values`.

    Args:
        pieces: yields all values in arrays of one dimension, as often as it is called.
    """
    number, lost, total, low, high = 0, 0, 0.0, math.inf, -math.inf
    with np.errstate(over="ignore", invalid="ignore"):
        for given in pieces():
            piece = finite(given)
            number += piece.size
            lost += given.size - piece.size
            total += float(piece.sum())
            low = min(low, float(piece.min(initial=math.inf)))
            high = max(high, float(piece.max(initial=-math.inf)))
    if number == 0:
        return {"low": 0, "high": 0, "counts": [], "mean": 0, "deviation": 0, "not_finite": lost}
    mean, width = total / number, high - low
    uniform = width == 0 or not math.isfinite(width)
    counts, squares = np.zeros(1 if uniform else BINS, np.int64), 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for piece in map(finite, pieces()):
            scaled = np.zeros(piece.size) if uniform else (piece - low) * (BINS / width)
            bins = np.minimum(scaled, counts.size - 1).astype(np.int64)
            counts += np.bincount(bins, minlength=counts.size)
            squares += float(np.square(piece - mean).sum())
    deviation = math.sqrt(squares / number) if math.isfinite(squares) else math.inf
    return {
        "low": low,
        "high": high,
        "counts": counts.tolist(),
        "mean": mean if math.isfinite(mean) else None,
        "deviation": deviation if math.isfinite(deviation) else None,
        "not_finite": lost,
    }
