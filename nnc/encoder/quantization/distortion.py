"""How far what a decoder gives is from what was encoded."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.encoder.inputs.preparation import parts_of

# Values compared at once: the scratch memory stays small.
PIECE = 1 << 16


class Distortion(NamedTuple):
    """Errors of some values.

    Attributes:
        squared: sum of the squared errors.
        largest: largest magnitude of an error.
        size: number of values.
    """

    squared: float = 0.0
    largest: float = 0.0
    size: int = 0

    @property
    def mean(self) -> float:
        """Mean squared error, 0 of nothing."""
        return self.squared / self.size if self.size else 0.0

    def __add__(self, other: object) -> Distortion:
        """Return the errors of both together."""
        if not isinstance(other, Distortion):
            return NotImplemented
        return Distortion(
            self.squared + other.squared,
            max(self.largest, other.largest),
            self.size + other.size,
        )


def distortion(
    values: NDArray[np.floating],
    levels: NDArray[np.int32],
    step: np.float32,
    codebook: NDArray[np.int64] | None = None,
    zero_offset: int = 0,
) -> Distortion:
    """Compare values with what the decoder makes of their levels.

    Args:
        values: float array.
        levels: int32 array of the same shape: indices, or with a codebook places in it relative
            to its zero offset.
        step: the step size.
        codebook: entries in steps.
        zero_offset: place of the entry that the level 0 stands for.
    """
    table = None
    if codebook is not None:
        table = (codebook.astype(np.float64) * np.float64(step)).astype(np.float32)
    source, coded = values.reshape(-1), levels.reshape(-1)
    total = Distortion()
    for start in range(0, source.size, PIECE):
        piece = coded[start : start + PIECE]
        if table is None:
            with np.errstate(over="ignore"):
                decoded = piece.astype(np.float32) * step
        else:
            decoded = table[piece + zero_offset]
        total += of_piece(source[start : start + PIECE], decoded)
    return total


def compared(values: NDArray[Any], decoded: NDArray[Any]) -> Distortion:
    """Compare values with decoded ones of the same shape, in float64."""
    if values.dtype.kind == "c":
        values, decoded = parts_of(values), parts_of(decoded)
    source, target = values.reshape(-1), decoded.reshape(-1)
    total = Distortion()
    for start in range(0, source.size, PIECE):
        total += of_piece(source[start : start + PIECE], target[start : start + PIECE])
    return total


def of_piece(values: NDArray[Any], decoded: NDArray[Any]) -> Distortion:
    """Compare a few values."""
    with np.errstate(invalid="ignore"):
        error = values.astype(np.float64) - decoded.astype(np.float64)
    if not np.isfinite(error).all():
        # What came back as it was has no error, infinity and NaN too.
        error[(values == decoded) | ((values != values) & (decoded != decoded))] = 0
    largest = max(float(error.max(initial=0.0)), float(-error.min(initial=0.0)))
    # Not a dot product, whose last bits may depend on the number of threads.
    return Distortion(float(np.square(error).sum()), largest, error.size)
