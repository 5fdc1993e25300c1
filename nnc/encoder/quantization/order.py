"""Matrices to coding order and back (clause 10, scan_order)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.encoder.quantization.segments import Segment, over_segments


def blocks(first: int, stop: int, cols: int, scan_order: int) -> Iterator[tuple[slice, slice, int]]:
    """Yield runs of equally wide blocks in rows of a matrix, from the first of a block row on.

    Yields:
        Their rows, their columns, the width of a block.
    """
    size = 4 << scan_order
    whole = cols - cols % size
    for top in range(first, stop, size):
        band = slice(top, min(top + size, stop))
        if whole:
            yield band, slice(0, whole), size
        if whole < cols:
            yield band, slice(whole, cols), cols - whole


def to_coding_order(matrix: NDArray[Any], scan_order: int) -> NDArray[Any]:
    """Return the values of a (rows, cols) matrix in coding order.

    Returns:
        Contiguous one-dimensional array; a view where the order is that of the rows.
    """
    rows, cols = matrix.shape
    if scan_order == 0 or rows == 1 or cols == 1:
        return np.ascontiguousarray(matrix).reshape(-1)
    result = np.empty(matrix.size, dtype=matrix.dtype)

    def reorder(segment: Segment) -> None:
        place = segment[0] * cols
        for band, columns, width in blocks(*segment, cols, scan_order):
            part = matrix[band, columns]
            run = part.reshape(part.shape[0], -1, width).transpose(1, 0, 2)
            result[place : place + part.size].reshape(run.shape)[...] = run
            place += part.size

    over_segments(rows, reorder, cols)
    return result


def from_coding_order(values: NDArray[Any], rows: int, cols: int, scan_order: int) -> NDArray[Any]:
    """Return the (rows, cols) matrix whose values in coding order are `values`."""
    if scan_order == 0 or rows == 1 or cols == 1:
        return values.reshape(rows, cols)
    result = np.empty((rows, cols), dtype=values.dtype)

    def reorder(segment: Segment) -> None:
        place = segment[0] * cols
        for band, columns, width in blocks(*segment, cols, scan_order):
            part = result[band, columns]
            height = part.shape[0]
            run = values[place : place + part.size].reshape(-1, height, width)
            part[...] = run.transpose(1, 0, 2).reshape(height, -1)
            place += part.size

    over_segments(rows, reorder, cols)
    return result
