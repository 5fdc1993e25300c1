"""One decoded tensor: levels, or raw values (clause 7.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError
from nnc.bitstream import Unit
from nnc.decoder.dequantization import (
    LARGE_STEP,
    dequantize,
    dequantize_codebook,
    finite_step_size,
)
from nnc.decoder.layout import CodedTensor, UnitLayout
from nnc.model.data_format import deliver

# Values worked on at once where none are kept.
PIECE = 1 << 16


class Block:
    """Small tensors of one shape whose levels stand in one array.

    Attributes:
        levels: the array of each.
    """

    def __init__(self, levels: NDArray[np.int32], qps: Sequence[int], qp_density: int) -> None:
        """Take levels, one tensor after the other, and the quantization parameter of each."""
        self.levels = list(levels)
        self.array, self.qps, self.qp_density = levels, qps, qp_density

    @cached_property
    def values(self) -> list[NDArray[np.float32]] | None:
        """What all of them are; None where a step size is too large to go without a look."""
        try:
            steps = [finite_step_size(qp, self.qp_density) for qp in self.qps]
        except InvalidError:
            return None
        factors = np.array(steps, np.float32)
        if factors.max() >= LARGE_STEP:
            return None
        values = self.array.astype(np.float32)
        values *= factors.reshape(-1, *[1] * (values.ndim - 1))
        return list(values)


class DecodedTensor(NamedTuple):
    """One tensor as it came out of its payload.

    Attributes:
        tensor: what the headers say about it.
        layout: what they say about its unit.
        levels: int32 array of the tensor's shape; None for raw values.
        raw: float array of the tensor's shape; None for levels.
        qp: quantization parameter, the parameter set's included; None without one.
        noise: words that come after the integers of planes; None elsewhere.
        block: the tensors that it was decoded together with; None: it stands alone.
        number: its number among them.
    """

    tensor: CodedTensor
    layout: UnitLayout
    levels: NDArray[np.int32] | None = None
    raw: NDArray[Any] | None = None
    qp: int | None = None
    noise: NDArray[np.int32] | None = None
    block: Block | None = None
    number: int = 0

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
        block, number = self.block, self.number
        if block is not None and block.levels[number] is self.levels and block.values is not None:
            return block.values[number]
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
            part = self._replace(raw=piece) if levels is None else self._replace(levels=piece)
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
    return [one._replace(noise=noise) for one in decoded]
