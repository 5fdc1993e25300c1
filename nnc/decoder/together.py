"""Decoding the tensors of many units at once, where the processor can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitio.collection import without_collection
from nnc.bitstream import Unit
from nnc.decoder.layout import CodedTensor, UnitLayout
from nnc.decoder.tensor import DecodedTensor
from nnc.decoder.workers import Workers
from nnc.deepcabac import Task, TensorCoding
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

#: Numbers of units, and their tensors' tasks.
Tasks = list[tuple[int, Task]]

#: A tensor of fewer values is decoded in less time than it is set up for lanes or threads.
SMALL_TENSOR = 256
#: One of fewer is decoded by itself where values take so many bits: some are too large for lanes.
SMALL_HEAVY_TENSOR, HEAVY_BITS = 4096, 14


def coding_of(tensor: CodedTensor, layout: UnitLayout, nncodec1: bool) -> TensorCoding:
    """Return how a tensor is coded."""
    book = tensor.codebook
    if not nncodec1 and book is None:
        return layout.coding
    return replace(
        layout.coding,
        nncodec1=nncodec1,
        codebook_size=0 if book is None else len(book.values),
        codebook_zero_offset=0 if book is None else book.zero_offset,
    )


def decode_ahead(
    units: list[Unit], layouts: list[UnitLayout], nncodec1: bool, work: Workers
) -> list[DecodedTensor | None]:
    """Decode the tensors of units together, as far as that is possible and brings something.

    Returns:
        For each unit its one tensor, or None: what is wrong in a payload is found where the
        unit is decoded alone.
    """
    result: list[DecodedTensor | None] = [None] * len(units)
    if work.executor is not None and work.pool is None:
        return result
    together = deepcabac.lanes()
    with without_collection():
        small, large = tasks_of(units, layouts, nncodec1)
    decoded: list[tuple[int | None, NDArray[np.int32]] | None] = []

    def decode_small() -> None:
        with without_collection():
            decoded.extend(deepcabac.decode_plain([task for _, task in small]))

    if together is None:
        decode_small()
        tasks = small
    else:
        given = [task for _, task in large]
        of_large = together.decode_together(given, work.pool, work.threads, decode_small)
        tasks, decoded = small + large, decoded + of_large
    with without_collection():
        for (number, _), one in zip(tasks, decoded, strict=True):
            if one is not None:
                qp, levels = one
                layout = layouts[number]
                tensor = layout.tensors[0]
                qp = None if qp is None else layout.qp_base + qp
                result[number] = DecodedTensor(tensor, layout, tensor.from_matrix(levels), qp=qp)
    return result


def tasks_of(units: list[Unit], layouts: list[UnitLayout], nncodec1: bool) -> tuple[Tasks, Tasks]:
    """Return what is to be decoded of single tensors: small ones coded row by row, and others.

    The latter are for lanes.
    """
    small: Tasks = []
    large: Tasks = []
    for number, (unit, layout) in enumerate(zip(units, layouts, strict=True)):
        raw = layout.payload_type == PayloadType.NNR_PT_RAW_FLOAT
        if raw or layout.temporal or len(layout.tensors) != 1:
            continue
        tensor = layout.tensors[0]
        rows, cols = tensor.rows, tensor.cols
        coding = coding_of(tensor, layout, nncodec1)
        density = None if layout.payload_type == PayloadType.NNR_PT_INT else layout.qp_density
        in_blocks = coding.block_size(rows, cols) > 0
        points = tensor.entry_points if in_blocks else None
        task = Task(unit.payload_bytes, density, rows, cols, coding, points)
        values, is_plain = rows * cols, not in_blocks and not coding.limited
        is_heavy = values < SMALL_HEAVY_TENSOR and 8 * len(task.payload) >= HEAVY_BITS * values
        if is_plain and (is_heavy or values < SMALL_TENSOR):
            small.append((number, task))
        elif values >= SMALL_TENSOR:
            large.append((number, task))
    return small, large
