"""Decoding the tensors of many units at once, where the processor can."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitio.collection import without_collection
from nnc.bitstream import Unit
from nnc.decoder.layout import UnitLayout, coding_of
from nnc.decoder.tensor import Block, DecodedTensor
from nnc.decoder.workers import Workers
from nnc.deepcabac import Task
from nnc.model.limits import LARGEST_RANK
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

# Plain numbers: a look at an enumeration takes as long as much else of a small tensor.
RAW, INTEGERS = int(PayloadType.NNR_PT_RAW_FLOAT), int(PayloadType.NNR_PT_INT)

#: Numbers of units, and their tensors' tasks.
Tasks = list[tuple[int, Task]]

#: Numbers of units whose tensors are coded alike, by what they have in common.
Alike = dict[tuple[Any, ...], list[int]]

#: With fewer of them it isn't worth while to decode them together.
FEWEST_ALIKE = 4

#: Bytes of one array that tensors decoded together have, at most: one that is kept keeps all.
BLOCK_BYTES = 1 << 16

#: A tensor of fewer values is decoded in less time than it is set up for lanes or threads.
SMALL_TENSOR = 256
#: One of fewer is decoded by itself where values take so many bits: some are too large for lanes.
SMALL_HEAVY_TENSOR, HEAVY_BITS = 4096, 14


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
        # Where a payload is isn't said any more once another thread has asked for its bytes.
        places = [unit.payload_place for unit in units]
        alike, alone = alike_of(units, layouts, places, nncodec1)
        small, large = tasks_of(units, layouts, alone, nncodec1)
    decoded: list[tuple[int | None, NDArray[np.int32]] | None] = []

    def decode_small() -> None:
        with without_collection():
            rest = decode_alike(units, layouts, places, alike, result)
            small.extend(tasks_of(units, layouts, rest, nncodec1)[0])
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


def alike_of(
    units: list[Unit],
    layouts: list[UnitLayout],
    places: list[tuple[int, int] | None],
    nncodec1: bool,
) -> tuple[Alike, list[int]]:
    """Return the numbers of units whose tensors are small and coded alike, and those of others.

    Args:
        units: the units.
        layouts: their layouts.
        places: where their payloads are in their sources.
        nncodec1: decode the dialect of NNCodec 1.
    """
    alike: Alike = {}
    alone: list[int] = []
    for number, (unit, layout) in enumerate(zip(units, layouts, strict=True)):
        key = None if nncodec1 or places[number] is None else key_of(unit, layout)
        (alone if key is None else alike.setdefault(key, [])).append(number)
    return alike, alone


def decode_alike(
    units: list[Unit],
    layouts: list[UnitLayout],
    places: list[tuple[int, int] | None],
    alike: Alike,
    result: list[DecodedTensor | None],
) -> list[int]:
    """Decode small tensors that are coded alike, many at a time.

    Args:
        units: the units.
        layouts: their layouts.
        places: where their payloads are in their sources.
        alike: the numbers of those that are coded alike.
        result: takes what is decoded, by the number of the unit.

    Returns:
        The numbers of those that have to be decoded alone.
    """
    alone: list[int] = []
    for numbers in alike.values():
        first = layouts[numbers[0]].tensors[0]
        at_a_time = max(1, BLOCK_BYTES // (4 * max(first.values, 1)))
        for start in range(0, len(numbers), at_a_time):
            some = numbers[start : start + at_a_time]
            if len(some) < FEWEST_ALIKE or not decode_block(units, layouts, places, some, result):
                alone += some
    return alone


def key_of(unit: Unit, layout: UnitLayout) -> tuple[Any, ...] | None:
    """Return what units have in common whose tensors can be decoded together; None: it can't.

    An array of many tensors has one dimension more, and NumPy multiplies all that aren't 0 even
    where there is no value.
    """
    tensor, coding, kind = layout.tensors[0], layout.coding, layout.payload_type
    dimensions = tensor.dimensions
    if (
        kind == RAW
        or not 0 < len(dimensions) < LARGEST_RANK
        or not 0 < math.prod(dimensions) < SMALL_TENSOR
        or coding.scan_order
        or layout.temporal
        or len(layout.tensors) != 1
        or tensor.codebook is not None
        or tensor.row_axis
    ):
        return None
    density = None if kind == INTEGERS else layout.qp_density
    return dimensions, density, layout.qp_base, id(coding), id(unit.source)


def decode_block(
    units: list[Unit],
    layouts: list[UnitLayout],
    places: list[tuple[int, int] | None],
    numbers: list[int],
    result: list[DecodedTensor | None],
) -> bool:
    """Decode tensors that are coded alike into one array.

    Args:
        units: as for `decode_alike`.
        layouts: as for `decode_alike`.
        places: where their payloads are in their sources.
        numbers: the numbers of those to decode.
        result: as for `decode_alike`.

    Returns:
        Whether the engine can.
    """
    layout = layouts[numbers[0]]
    tensor, source = layout.tensors[0], units[numbers[0]].source
    assert source is not None
    own_places = np.array([places[number] for number in numbers], np.int64)
    density = None if layout.payload_type == INTEGERS else layout.qp_density
    shape = tensor.rows, tensor.cols
    found = deepcabac.decode_alike(source, own_places, *shape, layout.coding, density)
    if found is None:
        return False
    matrices, offsets, done = found
    parameters: list[int] = (offsets + layout.qp_base).tolist()
    levels = matrices.reshape((len(numbers), *tensor.dimensions))
    block = Block(levels, parameters, layout.qp_density)
    qps = [None] * len(numbers) if density is None else parameters
    parts = zip(numbers, block.levels, qps, done.tolist(), strict=True)
    for place, (number, own, qp, is_done) in enumerate(parts):
        if is_done:
            layout = layouts[number]
            result[number] = DecodedTensor(
                layout.tensors[0], layout, own, None, qp, None, block, place
            )
    return True


def tasks_of(
    units: list[Unit], layouts: list[UnitLayout], numbers: list[int], nncodec1: bool
) -> tuple[Tasks, Tasks]:
    """Return what is to be decoded of single tensors: small ones coded row by row, and others.

    The latter are for lanes.
    """
    small: Tasks = []
    large: Tasks = []
    for number in numbers:
        unit, layout = units[number], layouts[number]
        if layout.payload_type == RAW or layout.temporal or len(layout.tensors) != 1:
            continue
        tensor = layout.tensors[0]
        rows, cols = tensor.rows, tensor.cols
        coding = coding_of(tensor, layout, nncodec1)
        density = None if layout.payload_type == INTEGERS else layout.qp_density
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
