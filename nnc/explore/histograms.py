"""Histograms that fit into a page."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Most bins of a histogram.
BINS = 48


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
    flat = levels.reshape(-1).astype(np.int64)
    low, high = int(flat.min()), int(flat.max())
    step = (high - low) // BINS + 1
    counts = np.bincount((flat - low) // step)
    zeros = flat.size - np.count_nonzero(flat)
    return {"low": low, "step": step, "counts": counts.tolist(), "zeros": zeros / flat.size}


def describe_values(values: NDArray[Any]) -> dict[str, Any]:
    """Count the values of a tensor in bins of one width.

    Args:
        values: array of any shape and dtype.

    Returns:
        `low` and `high`, the range; `counts`; `mean` and `deviation`. Values that are not
        finite are counted in `not_finite` alone.
    """
    flat = values.reshape(-1).astype(np.float64)
    finite = flat[np.isfinite(flat)]
    lost = int(flat.size - finite.size)
    if finite.size == 0:
        return {"low": 0, "high": 0, "counts": [], "mean": 0, "deviation": 0, "not_finite": lost}
    low, high = float(finite.min()), float(finite.max())
    width = high - low
    if width == 0 or not np.isfinite(width):
        counts = [int(finite.size)]
    else:
        bins = np.minimum((finite - low) * (BINS / width), BINS - 1)
        counts = np.bincount(bins.astype(np.int64), minlength=BINS).tolist()
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = float(finite.mean()), float(finite.std())
    return {
        "low": low,
        "high": high,
        "counts": counts,
        "mean": mean if np.isfinite(mean) else None,
        "deviation": deviation if np.isfinite(deviation) else None,
        "not_finite": lost,
    }
