"""One decoded tensor: levels, or raw values (clause 7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError
from nnc.bitstream import Unit
from nnc.decoder.dequantization import dequantize, dequantize_codebook, finite_step_size
from nnc.decoder.layout import CodedTensor, UnitLayout
from nnc.model.data_format import deliver

# Values worked on at once where none are kept.
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class DecodedTensor:
    """One tensor as it came out of its payload.

    Attributes:
        tensor: what the headers say about it.
        layout: what they say about its unit.
        levels: int32 array of the tensor's shape; None for raw values.
        raw: float array of the tensor's shape; None for levels.
        qp: quantization parameter, the parameter set's included; None without one.
        noise: words that come after the integers of planes; None elsewhere.
    """

    tensor: CodedTensor
    layout: UnitLayout
    levels: NDArray[np.int32] | None = None
    raw: NDArray[Any] | None = None
    qp: int | None = None
    noise: NDArray[np.int32] | None = None

    def dequantized(self) -> NDArray[Any]:
        """Return the values: float32, int32, or raw; the levels are used up.

        Raises:
            InvalidError: the step size is beyond float32, or an index outside the codebook.
        """
        if self.levels is None:
            assert self.raw is not None
            return self.raw
        if self.noise is not None:
            return np.concatenate([self.levels.reshape(-1), self.noise])
        if self.qp is None:
            return self.levels
        step = finite_step_size(self.qp, self.layout.qp_density)
        book = self.tensor.codebook
        if book is None:
            return dequantize(self.levels, step)
        return dequantize_codebook(self.levels, step, book.values, book.zero_offset)

    def by_name(self, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return values of the tensor by name: several where it divides."""
        split = self.tensor.split
        return {self.tensor.name: values} if split is None else split.divide(values)

    def values(self) -> NDArray[Any]:
        """Return the values in the data format of the headers; the levels are used up.

        Raises:
            InvalidError: as for `dequantized`, or a value doesn't fit its format.
        """
        return deliver(self.dequantized(), self.layout.data_format, self.tensor.name)

    def pieces(self) -> Iterator[NDArray[Any]]:
        """Yield the values as `values` returns them, in order and some at a time.

        The levels stay as they are. Where they are 0 nothing has been written to the memory that
        they have, so that it isn't used: it may be more than there is.

        Raises:
            InvalidError: as for `values`; it may say a place within a piece.
        """
        levels, raw = self.levels, self.raw
        source: NDArray[Any] | None = raw if levels is None else levels
        assert source is not None
        flat = source.reshape(-1)
        for start in range(0, flat.size, PIECE):
            piece = flat[start : start + PIECE].copy()
            part = replace(self, raw=piece) if levels is None else replace(self, levels=piece)
            yield part.values()


def with_noise(unit: Unit, decoded: list[DecodedTensor]) -> list[DecodedTensor]:
    """Return the tensors of a unit with the noise that belongs to them.

    Raises:
        InvalidError: this isn't of whole words.
    """
    if unit.noise is None:
        return decoded
    if len(unit.noise) % 4:
        raise InvalidError(
            "the raw vector of a tensor in planes isn't of 32-bit words",
            path="payload",
            value=len(unit.noise),
        )
    noise = np.frombuffer(unit.noise, "<i4").astype(np.int32, copy=False)
    return [replace(one, noise=noise) for one in decoded]
