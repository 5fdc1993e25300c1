"""The order in which the levels of a tensor are coded (clause 10, scan_order)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nnc.deepcabac.coding import TensorCoding


class Segment(NamedTuple):
    """Levels that are coded one after the other within one row.

    Attributes:
        block_row: number of the block row, 0 if the tensor is scanned row by row.
        row: row of the matrix.
        start: first column.
        stop: column after the last.
    """

    block_row: int
    row: int
    start: int
    stop: int


def segments(rows: int, cols: int, coding: TensorCoding) -> Iterator[Segment]:
    """Yield the parts of the rows of a (rows, cols) matrix in scan order."""
    size = coding.block_size(rows, cols)
    if cols == 0:
        return
    if size == 0:
        for row in range(rows):
            yield Segment(0, row, 0, cols)
        return
    for block_row, top in enumerate(range(0, rows, size)):
        for left in range(0, cols, size):
            right = min(left + size, cols)
            for row in range(top, min(top + size, rows)):
                yield Segment(block_row, row, left, right)
