"""Step sizes and uniform quantization (clauses 7.3 and 9, Annex G).

Every level is within half a step of its value, and within the 32 bits that the format has for
it: `smallest_qp_that_fits` says from which quantization parameter on.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio.errors import InputError
from nnc.decoder import dequantization
from nnc.deepcabac import compiled_module
from nnc.encoder.quantization.segments import Segment, over_segments

_Rounding = Callable[[NDArray[np.floating], np.float32, float, NDArray[np.int32]], bool]

#: Largest magnitude that is quantized, in steps. A bit below 2^31, since a path of the trellis
#: may take the index some steps further out, and float32 has nothing finer there.
LARGEST_RATIO = 2**31 - 256

#: Share of the magnitudes that fit the step size of a bit depth; the rest are clipped.
SHARE_THAT_FITS = 0.9995

# Values quantized at once: the scratch memory stays in the second-level cache.
PIECE = 1 << 16


@functools.lru_cache(maxsize=1024)
def step_size(qp: int, qp_density: int) -> np.float32:
    """Return the step size of a quantization parameter (clause 9.2.1).

    Args:
        qp: quantization parameter, with that of the parameter set added.
        qp_density: 0 to 7; the step doubles every `2 ** qp_density` steps of qp.

    Raises:
        InputError: the step size is no normal number of float32, or qp_density is out of range.
    """
    if not 0 <= qp_density <= 7:
        raise InputError(f"qp_density is {qp_density}, not in 0..7")
    step = dequantization.step_size(qp, qp_density)
    limits = np.finfo(np.float32)
    if not limits.smallest_normal <= step <= limits.max:
        raise InputError(
            f"the step size of qp {qp} is not a normal number of float32; allowed at "
            f"qp_density {qp_density} is {-126 << qp_density}..{(128 << qp_density) - 1}"
        )
    return step


def quantize_uniform(values: NDArray[np.floating], step: float) -> NDArray[np.int32]:
    """Round to the nearest multiple of a step, ties to the even one.

    Args:
        values: float32 or float64 array of any shape; float64 is divided as float64.
        step: step size, positive; taken as float32.

    Returns:
        int32 array of the same shape.

    Raises:
        InputError: a value isn't finite or is beyond `LARGEST_RATIO` steps; the values aren't
            floats; the step isn't a positive finite number of float32.
    """
    narrow_step = checked_step(step)
    array = checked_floats(values)
    flat = array.reshape(-1)
    levels = np.empty(array.shape, dtype=np.int32)
    compiled = _rounding() if flat.dtype == np.float32 else None
    rounding, target = compiled or round_ratios, levels.reshape(-1)

    def rounded(segment: Segment) -> bool:
        part = slice(*segment)
        return rounding(flat[part], narrow_step, LARGEST_RATIO, target[part])

    if not all(over_segments(flat.size, rounded)):
        refuse_values(flat, narrow_step)
    return levels


def round_ratios(
    values: NDArray[np.floating], step: np.float32, largest: float, levels: NDArray[np.int32]
) -> bool:
    """Round the ratios of values to a step.

    Args:
        values: 1-D array of float32 or float64.
        step: the step size.
        largest: the largest magnitude of a ratio that is allowed.
        levels: 1-D array of the same length, to be filled.

    Returns:
        Whether all ratios are allowed; if not, the levels mean nothing.
    """
    ratios = np.empty(min(PIECE, values.size), dtype=values.dtype)
    magnitudes = np.empty_like(ratios)
    divisor = values.dtype.type(step)
    for start in range(0, values.size, PIECE):
        piece = values[start : start + PIECE]
        ratio, magnitude = ratios[: piece.size], magnitudes[: piece.size]
        with np.errstate(over="ignore", invalid="ignore"):
            np.divide(piece, divisor, out=ratio)
        if not np.abs(ratio, out=magnitude).max() <= largest:
            return False
        np.rint(ratio, out=ratio)
        levels[start : start + PIECE] = ratio
    return True


@functools.cache
def _rounding() -> _Rounding | None:
    """Take the compiled form, where the entropy coder's engine is compiled too."""
    rounding = compiled_module("nnc.encoder.quantization.rounding")
    if rounding is None:
        return None
    compiled: _Rounding = rounding.round_ratios
    return compiled


def level_limit(bit_depth: int | None) -> int | None:
    """Return the largest magnitude of the levels of a bit depth; None: there is no limit."""
    return None if bit_depth is None else (1 << (bit_depth - 1)) - 1


def qp_of_bit_depth(values: NDArray[np.floating], bit_depth: int, qp_density: int) -> int:
    """Return the smallest quantization parameter at which values fit a bit depth.

    All but the largest 0.05 % of the magnitudes fit; those are clipped when they are quantized.

    Args:
        values: float array, not empty.
        bit_depth: bits of the levels with their sign, 2 to 31.
        qp_density: 0 to 7.
    """
    magnitudes = np.abs(values).reshape(-1)
    place = math.ceil(SHARE_THAT_FITS * magnitudes.size) - 1
    magnitudes.partition(place)
    # Where nearly all values are zero, the others are what counts.
    magnitude = float(magnitudes[place]) or float(magnitudes.max())
    limit = level_limit(bit_depth)
    assert limit is not None
    return smallest_qp_of_ratio(magnitude, limit, qp_density)


def smallest_qp_that_fits(values: ArrayLike, qp: int, qp_density: int) -> int:
    """Return the smallest quantization parameter, from one asked for, whose levels fit 32 bits.

    Args:
        values: what is to be quantized, or its largest magnitude alone.
        qp: the quantization parameter asked for.
        qp_density: 0 to 7.

    Returns:
        `qp`, or where a value would be beyond `LARGEST_RATIO` steps the first one above it
        that is coarse enough.

    Raises:
        InputError: a value isn't finite.
    """
    largest = abs(values) if isinstance(values, float) else largest_magnitude(values)
    if not math.isfinite(largest):
        raise InputError("only finite values can be quantized")
    return max(qp, smallest_qp_of_ratio(largest, LARGEST_RATIO, qp_density))


def smallest_qp_of_ratio(magnitude: float, ratio: int, qp_density: int) -> int:
    """Return the smallest quantization parameter at which a magnitude is so many steps at most."""
    lowest = -126 << qp_density
    if not magnitude:
        return lowest
    mantissa, exponent = math.frexp(magnitude / ratio)
    fraction = math.ceil((2 * mantissa - 1) * (1 << qp_density))
    return max(lowest, ((exponent - 1) << qp_density) + fraction)


def largest_magnitude(values: ArrayLike) -> float:
    """Return the largest magnitude, 0 of nothing, NaN if there is a NaN."""
    flat = np.asarray(values).reshape(-1)
    pieces = (flat[start : start + PIECE] for start in range(0, flat.size, PIECE))
    ends = [(float(piece.max()), -float(piece.min())) for piece in pieces]
    return float(np.max(ends, initial=0.0)) if ends else 0.0


@functools.lru_cache(maxsize=1024)
def checked_step(step: float) -> np.float32:
    """Return the step size as float32, or refuse it.

    Raises:
        InputError: it isn't a positive finite number of float32.
    """
    with np.errstate(over="ignore", under="ignore"):
        narrow = np.float32(step)
    if not 0 < narrow < np.inf:
        raise InputError(f"the step size is {step}, not a positive number of float32")
    return narrow


def checked_floats(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a contiguous array in native byte order, or refuse what holds no floats.

    Raises:
        InputError: the dtype is neither float32 nor float64.
    """
    array = np.asarray(values)
    if array.dtype not in (np.dtype(np.float32), np.dtype(np.float64)):
        if array.dtype.newbyteorder("=") not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise InputError(f"values to quantize must be float32 or float64, not {array.dtype}")
        array = array.astype(array.dtype.newbyteorder("="))
    return np.ascontiguousarray(array).reshape(array.shape)


def refuse_values(flat: NDArray[np.floating], step: np.float32) -> None:
    """Raise for the first value that can't be quantized.

    Raises:
        InputError: always; names place and value.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        fits = np.abs(flat) / flat.dtype.type(step) <= LARGEST_RATIO
    place = int(np.argmin(fits))
    value = float(flat[place])
    if not math.isfinite(value):
        raise InputError(f"value {place} is {value}: only finite values can be quantized")
    raise InputError(
        f"value {place} is {value:g}, more than {LARGEST_RATIO} steps of {float(step):g}: "
        "the levels would not fit in 32 bits"
    )
