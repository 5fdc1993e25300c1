"""What the values of a float tensor say of the steps it needs: their scale, whether they are exact.

Weights of a trained network look drawn from a continuum, and a small step does for them. Settings
(strides, sizes, thresholds, tables of indices, ones and zeros) are few or whole numbers, which
something may round or compare: a hair lower is another number. They are coded without loss.
"""

from __future__ import annotations

import fnmatch
import math
import sys
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.encoder.options.model import EncoderOptions

#: Tensors of so many values are stored exactly, whatever the values are.
TINY = 12

#: Tensors of more values, and of more than one row, count as settings only by smaller numbers.
SMALL = 4096

#: Largest multiples of a power of two that count as exact, of whole numbers and of fractions, in
#: vectors and small tensors, and in all others.
WHOLE, FRACTIONS = 1 << 24, 1 << 12
WHOLE_IN_LARGE, FRACTIONS_IN_LARGE = 1 << 12, 1 << 6

# Where a magnitude is so many times the mean one, a few may be of another kind than the others:
# marks, masks. If this share of the values makes the mean so many times that of the rest, the rest
# counts.
OUTLIER, OUTLIERS, OUTWEIGHS = 30, 0.01, 4

# So many values tell a typical magnitude.
SAMPLE = 1 << 20

# How often a value occurs on average where values are few.
VALUES_PER_ENTRY = 8

# Values looked at at once, and those that tell most weights at a glance.
PIECE, GLANCE = 1 << 16, 64


class Scale(NamedTuple):
    """What is known of the values of a tensor.

    Attributes:
        mean: mean magnitude.
        smallest: smallest magnitude but zero of a vector of one sign, whose values are factors
            (variances, gains); else 0.
        exact: whether the tensor is to be coded without loss.
        exponent: exponent of the power of two that exact values are multiples of, if one is.
    """

    mean: float = 0.0
    smallest: float = 0.0
    exact: bool = False
    exponent: int | None = None


def is_free(name: str, rank: int, options: EncoderOptions) -> bool:
    """Tell whether the options leave it to the encoder how fine a tensor is."""
    said = options.said_of(name)
    patterns = options.tensor_qp
    if "qp" in said or "bit_depth" in said or options.bit_depth is not None:
        return False
    if name in options.named_qp or any(fnmatch.fnmatchcase(name, one) for one in patterns):
        return False
    if rank <= 1 and options.nonweight_qp is not None:
        return False
    # A search for a target names all tensors whose steps it varies.
    return options.qp is None or bool(options.named_qp)


def is_vector(shape: tuple[int, ...]) -> bool:
    """Tell whether at most one dimension is longer than 1."""
    return sum(length > 1 for length in shape) <= 1


def scale_of(values: NDArray[Any]) -> Scale:
    """Look through the values of a tensor: finite floats of any shape."""
    flat, vector = values.reshape(-1), is_vector(values.shape)
    # Of values near the end of float64 the sum is infinite.
    with np.errstate(over="ignore") if values.dtype.itemsize == 8 else nullcontext():
        total, lowest, highest = sum_and_ends(flat)
    if not total:
        return Scale()
    mean, smallest = min(total, sys.float_info.max) / flat.size, 0.0
    if max(highest, -lowest) > min(OUTLIER, flat.size / 2) * mean and math.isfinite(total):
        typical = typical_magnitude(flat)
        mean = typical if mean > OUTWEIGHS * typical else mean
    if vector and (lowest == 0 or highest == 0):
        magnitudes = np.abs(flat)
        smallest = float(magnitudes[magnitudes > 0].min())
    small = vector or flat.size <= SMALL
    exponent = exponent_of(flat, small)
    exact = exponent is not None or flat.size <= TINY
    if not exact and small:
        ordered = np.sort(flat)
        distinct = 1 + int(np.count_nonzero(ordered[1:] != ordered[:-1]))
        exact = distinct * VALUES_PER_ENTRY <= flat.size
    return Scale(mean, smallest, exact, exponent)


def sum_and_ends(flat: NDArray[Any]) -> tuple[float, float, float]:
    """Return the sum of the magnitudes, and the smallest and the largest value, of those and 0."""
    total, lowest, highest = 0.0, 0.0, 0.0
    for start in range(0, flat.size, PIECE):
        piece = flat[start : start + PIECE]
        total += float(np.add.reduce(np.abs(piece).astype(np.float64, copy=False)))
        lowest = min(lowest, float(np.minimum.reduce(piece)))
        highest = max(highest, float(np.maximum.reduce(piece)))
    return total, lowest, highest


def typical_magnitude(flat: NDArray[Any]) -> float:
    """Return the mean magnitude of the values but zeros, and but the few largest."""
    sample = flat[:: 1 + flat.size // SAMPLE]
    magnitudes = np.abs(sample[sample != 0].astype(np.float64))
    kept = magnitudes.size - max(1, int(OUTLIERS * magnitudes.size))
    if kept < 1:
        return float(np.abs(flat).max())
    magnitudes.partition(kept - 1)
    return float(magnitudes[:kept].mean())


def exponent_of(flat: NDArray[Any], small: bool) -> int | None:
    """Return the exponent of the largest power of two of which values are small multiples.

    Returns:
        None where the multiples are too large to tell settings from weights.
    """
    whole_limit = WHOLE if small else WHOLE_IN_LARGE
    fraction_limit = FRACTIONS if small else FRACTIONS_IN_LARGE
    # The first value of weights tells already, and costs no array.
    multiple, parts = float(flat[0]).as_integer_ratio()
    if abs(multiple) > (whole_limit if parts == 1 else fraction_limit):
        return None
    exponent, largest = 2000, 0.0
    start, stop = 0, GLANCE
    while start < flat.size:
        piece = flat[start:stop].astype(np.float64)
        piece = piece[piece != 0]
        start, stop = stop, stop + PIECE
        if not piece.size:
            continue
        mantissas, exponents = np.frexp(piece)
        whole = np.ldexp(mantissas, 53).astype(np.int64)
        trailing = np.frexp((whole & -whole).astype(np.float64))[1] - 1
        exponent = min(exponent, int((exponents - 53 + trailing).min()))
        largest = max(largest, float(np.abs(piece).max()))
        if exponent >= 0:
            limit, unit = whole_limit, 0
        else:
            limit, unit = fraction_limit, exponent
        if largest > math.ldexp(limit, unit):
            return None
    return exponent if largest else None
