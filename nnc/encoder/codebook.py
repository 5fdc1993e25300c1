"""Codebooks for tensors of few distinct values (clause 9.3.2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import BitWriter
from nnc.syntax import IntegerCodebook

# A codebook stands in the header, where each entry costs bits of its own.
LARGEST_CODEBOOK = 256


class CodedByCodebook(NamedTuple):
    """A quantized tensor as indices into a codebook.

    Attributes:
        levels: int32 indices relative to the zero offset, of the tensor's shape.
        size: codebook_size.
        zero_offset: CbZeroOffset.
        table: the codebook's syntax table.
    """

    levels: NDArray[np.int32]
    size: int
    zero_offset: int
    table: IntegerCodebook


def code_by_codebook(levels: NDArray[np.int32]) -> CodedByCodebook | None:
    """Give quantized levels as indices into the codebook of their distinct values.

    Args:
        levels: int32 array of any shape, not empty.

    Returns:
        None where there are more than 256 distinct values.
    """
    distinct = np.unique(levels)
    if distinct.size > LARGEST_CODEBOOK:
        return None
    # The index 0 is the cheapest: it stands for zero, or else for the value nearest to it.
    zero_offset = int(np.argmin(np.abs(distinct.astype(np.int64))))
    indices = np.searchsorted(distinct, levels).astype(np.int32) - np.int32(zero_offset)
    values = [int(value) for value in distinct]
    return CodedByCodebook(indices, len(values), zero_offset, codebook_table(values, zero_offset))


def codebook_table(values: list[int], zero_offset: int) -> IntegerCodebook:
    """Give the syntax table of a codebook, with the cheapest codebook_egk.

    Args:
        values: the entries in ascending order, all different.
        zero_offset: place of the entry that the index 0 stands for.
    """
    left = [values[j + 1] - values[j] - 1 for j in range(zero_offset - 1, -1, -1)]
    right = [values[j] - values[j - 1] - 1 for j in range(zero_offset + 1, len(values))]
    return IntegerCodebook(
        codebook_egk=min(range(16), key=lambda k: exp_golomb_bits(k, left + right)),
        codebook_size=len(values),
        codebook_centre_offset=zero_offset - (len(values) >> 1),
        codebook_zero_value=values[zero_offset],
        codebook_delta_left=left,
        codebook_delta_right=right,
    )


def exp_golomb_bits(k: int, numbers: list[int]) -> int:
    """Give the bits that numbers take as Exp-Golomb codes of order k."""
    writer = BitWriter()
    for number in numbers:
        writer.ue(k, number, "codebook_delta")
    return writer.position
