"""Limits on what a bitstream may make a decoder allocate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nnc.bitio import LimitError
from nnc.bitio.arguments import checking_fields

# Skipped rows and well predicted zeros cost next to nothing, so that a short bitstream may
# rightly hold a large tensor; but 64 MB out of a few bytes is as far as trust goes.
FREE_VALUES = 1 << 24
VALUES_PER_BYTE = 8192

# Text deflates well, but hardly better than this; 64 MB of structure are as far as trust goes.
FREE_TOPOLOGY_BYTES = 1 << 26
TOPOLOGY_BYTES_PER_BYTE = 64

#: What numpy 1 can hold, and more than networks have.
LARGEST_RANK = 32

#: Eight bytes a value, and the size in bytes still fits a signed 64-bit integer.
LARGEST_SHAPE = (1 << 60) - 1


@checking_fields
@dataclass(frozen=True, slots=True)
class Limits:
    """What a decoder accepts; anything beyond is a `LimitError` before it is allocated.

    Attributes:
        rank: dimensions of one tensor.
        values: values of all tensors together, including decomposed weights once they are
            multiplied. None: 16 million, and 8192 for each byte of the bitstream.
        topology_bytes: bytes of an inflated topology. None: 64 MB, and 64 for each byte of it.
        held_values: values that are held anyway, those of the model that an update is for; the
            default of `values` is larger by them.
    """

    rank: int = LARGEST_RANK
    values: int | None = None
    topology_bytes: int | None = None
    held_values: int = 0

    def topology_bytes_for(self, byte_count: int) -> int:
        """Return the number of bytes that so many deflated bytes of a topology may become."""
        if self.topology_bytes is not None:
            return self.topology_bytes
        return FREE_TOPOLOGY_BYTES + TOPOLOGY_BYTES_PER_BYTE * byte_count

    def values_for(self, byte_count: int) -> int:
        """Return the number of values that a bitstream of so many bytes may hold."""
        if self.values is not None:
            return self.values
        return FREE_VALUES + VALUES_PER_BYTE * byte_count + self.held_values

    def check_shape(self, name: str, dimensions: Sequence[int]) -> None:
        """Refuse a tensor of too many dimensions, or of a shape that no array can have.

        NumPy multiplies the dimensions that aren't 0 even where one is, and no value is there.
        """
        if math.prod(length or 1 for length in dimensions) > LARGEST_SHAPE:
            raise LimitError(
                f"tensor {name!r} has a shape beyond what an array can have",
                path="header.tensor_dimensions",
                value=list(dimensions),
                allowed=f"a product of at most {LARGEST_SHAPE}, not counting 0",
            )
        rank = len(dimensions)
        if rank > self.rank:
            raise LimitError(
                f"tensor {name!r} has too many dimensions",
                path="header.count_tensor_dimensions",
                value=rank,
                allowed=f"0..{self.rank}",
                hint="the limit `rank` can be raised",
            )

    def check_values(self, name: str, count: int, byte_count: int) -> None:
        """Refuse `count` values, those of tensor `name` the last, in `byte_count` bytes."""
        allowed = self.values_for(byte_count)
        if count > allowed:
            raise LimitError(
                f"with tensor {name!r} the bitstream holds too many values for its size",
                path="header.tensor_dimensions",
                value=count,
                allowed=f"{allowed} values in all",
                hint="the limit `values` can be raised if you trust the bitstream",
            )
