"""From levels to values: step sizes, uniform and codebook dequantization (clauses 7.3, 9.2)."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError

FLOAT32 = np.finfo(np.float32)

#: From this step size on the product with a level of 32 bits may leave float32.
LARGE_STEP = 2.0**96

# Values that are converted at once where the result takes the place of the levels.
PIECE = 1 << 16


@functools.lru_cache(maxsize=1024)
def step_size(qp: int, qp_density: int) -> np.float32:
    """Return the step size of a quantization parameter (clause 9.2.1).

    Args:
        qp: the sum of quantization_parameter and the parameter set's.
        qp_density: lps_qp_density or mps_qp_density, 0 to 7.

    Returns:
        `((1 << qp_density) + (qp mod 2^qp_density)) * 2^((qp >> qp_density) - qp_density)`;
        infinity or zero where float32 ends.
    """
    fraction = qp & ((1 << qp_density) - 1)
    exponent = (qp >> qp_density) - qp_density
    if exponent > 128:
        return np.float32(np.inf)
    with np.errstate(over="ignore", under="ignore"):
        return np.float32(math.ldexp((1 << qp_density) + fraction, exponent))


@functools.lru_cache(maxsize=1024)
def finite_step_size(qp: int, qp_density: int) -> np.float32:
    """Return the step size, or refuse one beyond float32.

    Raises:
        InvalidError: the step size is infinite.
    """
    step = step_size(qp, qp_density)
    if not np.isfinite(step):
        raise InvalidError(
            "the step size is beyond float32",
            path="payload.quantization_parameter",
            value=qp,
            allowed=f"below {128 << qp_density}",
            clause="9.2.1",
        )
    return step


def dequantize(levels: NDArray[np.int32], step: np.float32) -> NDArray[np.float32]:
    """Return `step * level` as float32 products, in the very memory of the levels.

    Products beyond float32 are its largest value.

    Args:
        levels: contiguous int32 array of any shape; gone afterwards.
        step: the step size.

    Returns:
        float32 array of the same shape.
    """
    values = levels.view(np.float32)
    if levels.size <= PIECE and step < LARGE_STEP:
        return np.multiply(levels.astype(np.float32), step, out=values)
    source, target = levels.reshape(-1), values.reshape(-1)
    with np.errstate(over="ignore"):
        for start in range(0, source.size, PIECE):
            piece = source[start : start + PIECE].astype(np.float32)
            product = np.multiply(piece, step, out=target[start : start + PIECE])
            if step >= LARGE_STEP:
                np.clip(product, -FLOAT32.max, FLOAT32.max, out=product)
    return values


def dequantize_codebook(
    levels: NDArray[np.int32], step: np.float32, codebook: list[int], zero_offset: int
) -> NDArray[np.float32]:
    """Return `step * codebook[level + zero_offset]`, in the very memory of the levels.

    Args:
        levels: contiguous int32 array of indices relative to the zero offset; gone afterwards.
        step: the step size.
        codebook: Codebook, integers.
        zero_offset: CbZeroOffset, place of the codebook's zero value.

    Returns:
        float32 array of the same shape.

    Raises:
        InvalidError: an index points outside the codebook.
    """
    with np.errstate(over="ignore"):
        wide = np.array(codebook, dtype=np.float64) * np.float64(step)
        table = np.clip(wide, -FLOAT32.max, FLOAT32.max).astype(np.float32)
    low, high = -zero_offset, len(codebook) - 1 - zero_offset
    if levels.size and not (low <= levels.min() and levels.max() <= high):
        place = tuple(int(i) for i in np.argwhere((levels < low) | (levels > high))[0])
        raise InvalidError(
            f"the index {levels[place]} at {list(place)} points outside the codebook",
            path="payload",
            value=int(levels[place]),
            allowed=f"{low}..{high}",
            clause="9.2.2",
        )
    values = levels.view(np.float32)
    source, target = levels.reshape(-1), values.reshape(-1)
    for start in range(0, source.size, PIECE):
        indices = source[start : start + PIECE] + np.int64(zero_offset)
        target[start : start + PIECE] = table[indices]
    return values
