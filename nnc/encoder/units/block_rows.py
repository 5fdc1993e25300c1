"""Blocks that nobody asks for: tensors in them can be decoded from many places at once.

What they take is looked at beforehand, with some rows of the tensor coded in both ways: each block
row learns its contexts anew, and where rows are of different magnitudes the values of 64 rows in
turn are harder to foresee than those of a row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import TRYING_EFFORT
from nnc.encoder.quantization.plan import QuantizationPlan
from nnc.encoder.units.alternatives import size_of
from nnc.encoder.units.codewords import finish
from nnc.encoder.units.tensor import (
    LARGE_TENSOR,
    LARGEST_SCAN_ORDER,
    encode_floats,
    encode_integers,
    matrix_shape,
)

#: Rows of a block row.
HEIGHT = 4 << LARGEST_SCAN_ORDER
#: Rows from which a tensor is in blocks: as many block rows as there are lanes.
FEWEST_ROWS = 16 * HEIGHT
#: Columns from which it is, however large the model. A tensor of fewer has to be so much of the
#: model that the others are decoded before it.
FEWEST_COLS, LEAST_OF_MODEL = 2048, 1 / 16

#: What blocks may take of the bytes of a model.
MOST_OF_MODEL = 0.001
#: What they may take of those of one tensor.
MOST_OF_TENSOR = 0.004

#: A sample is so much of a tensor; it has so many block rows, of at most so many columns.
SAMPLED, FEWEST_SAMPLED, MOST_SAMPLED, SAMPLED_COLS = 1 / 32, 4, 16, 1024
#: Bytes that it takes at most, of those that were measured, to enter a block row and to learn its
#: contexts; and where values take so many bits, which contexts know much of, or the logarithms of
#: the magnitudes of block rows deviate by so much: all begin with the same contexts. A sample is
#: too short to tell.
RESTART, LEARNED_RESTART, LEARNED_BITS, LEARNED_DEVIATION = 30, 72, (2.5, 5.2), 0.8
#: The golden ratio, less one: the multiples of no other number are spread as evenly.
GOLDEN = (math.sqrt(5) - 1) / 2
#: What it takes in a sample, about.
SAMPLED_RESTART = 16


def room_for_blocks(tensors: Iterable[PreparedTensor]) -> dict[str, float]:
    """Return the share of their bytes that blocks may take of tensors, by name.

    Tensors that aren't named are better without blocks, as their shapes say. The others are
    allowed more the less they are of the model, all of whose values count alike.
    """
    given = list(tensors)
    whole = sum(tensor.values.size for tensor in given)
    found = [
        tensor
        for tensor in given
        if tensor.row_axis == 0 and is_worth_it(*matrix_shape(tensor.values.shape), whole)
    ]
    held = sum(tensor.values.size for tensor in found)
    return {one.name: min(MOST_OF_MODEL * whole / held, MOST_OF_TENSOR) for one in found}


def is_worth_it(rows: int, cols: int, whole: int) -> bool:
    """Tell whether a matrix, in a model of so many values, is decoded sooner in blocks."""
    return (
        rows >= FEWEST_ROWS
        and cols >= HEIGHT
        and rows * cols >= LARGE_TENSOR
        and (cols >= FEWEST_COLS or rows * cols >= LEAST_OF_MODEL * whole)
    )


def gains_by_blocks(
    tensor: PreparedTensor, plan: QuantizationPlan, options: EncoderOptions, room: float
) -> bool:
    """Tell whether a tensor is coded in blocks though nobody asks for them.

    Whatever else is asked for or known comes first: rows that are skipped, calibration and
    codebooks do without blocks.

    Args:
        tensor: the tensor.
        plan: how it is quantized.
        options: the rest.
        room: the share of its bytes that blocks may take.
    """
    rows, cols = matrix_shape(tensor.values.shape)
    return (
        (tensor.is_integer or plan.qps.get(tensor.name) is not None)
        and options.effort < TRYING_EFFORT
        and not options.row_skip
        and not options.codebook
        and tensor.name not in plan.exact
        and options.statistics_of(tensor.name) is None
        and bool(tensor.values.reshape(rows, cols).any(axis=1).all())
        and cost_of_blocks(tensor, plan, options) <= room
    )


def cost_of_blocks(
    tensor: PreparedTensor, plan: QuantizationPlan, options: EncoderOptions
) -> float:
    """Return the share by which blocks make a tensor larger, as far as a sample says."""
    _, cols = matrix_shape(tensor.values.shape)
    sample, block_rows = sample_of(tensor)
    quick = replace(options, effort=0)
    plain, in_blocks = (
        coded_size(sample, plan, asked)
        for asked in (quick.with_scan_order(0), quick.in_blocks(LARGEST_SCAN_ORDER))
    )
    values = sample.values.size
    least, most = LEARNED_BITS
    learns = least < 8 * plain / values < most or deviation_of(sample) > LEARNED_DEVIATION
    restart = LEARNED_RESTART if learns else RESTART
    a_block_row = plain * HEIGHT * cols / values
    mixing = (in_blocks - plain - SAMPLED_RESTART * (block_rows - 1)) / plain
    return max(mixing + SAMPLED_RESTART / a_block_row, restart / a_block_row)


def deviation_of(sample: PreparedTensor) -> float:
    """Return the standard deviation of the logarithms of the mean magnitudes of block rows."""
    values = sample.values.reshape(-1, HEIGHT * sample.values.shape[1])
    means = np.array([np.abs(one.astype(np.float64)).mean() for one in values])
    return float(np.std(np.log(np.maximum(means, np.finfo(np.float64).tiny))))


def sample_of(tensor: PreparedTensor) -> tuple[PreparedTensor, int]:
    """Return some block rows of a tensor, as many columns of them as say enough; and how many."""
    rows, cols = matrix_shape(tensor.values.shape)
    width, there = min(cols, SAMPLED_COLS), rows // HEIGHT
    wanted = math.ceil(SAMPLED * rows * cols / (HEIGHT * width))
    count = min(max(wanted, FEWEST_SAMPLED), MOST_SAMPLED, there)
    matrix = tensor.values.reshape(rows, cols)
    values = np.concatenate(
        [
            matrix[top : top + HEIGHT, left : left + width]
            for top, left in places_of(count, there, cols - width)
        ]
    )
    largest = tensor.largest and float(np.abs(values).max())
    sample = replace(tensor, values=values, largest=largest, split=None, scale=None, note=None)
    return sample, count


def places_of(count: int, block_rows: int, room: int) -> list[tuple[int, int]]:
    """Return where the parts of a sample begin: the first row and the first column of each.

    Matrices repeat themselves: heads, gates. So the parts aren't at equal distances, but where
    multiples of the golden ratio fall in equal shares of the rows, and of the columns anyhow.

    Args:
        count: how many parts.
        block_rows: those of the matrix, as many or more.
        room: columns by which a part can be moved.
    """
    shares = [number * GOLDEN % 1 for number in range(count)]
    return [
        (HEIGHT * int((number + share) * block_rows / count), int(share * (room + 1)))
        for number, share in enumerate(shares)
    ]


def coded_size(sample: PreparedTensor, plan: QuantizationPlan, options: EncoderOptions) -> int:
    """Return the bytes of a sample, coded as its tensor is."""
    if sample.is_integer:
        unit = encode_integers(sample, options)
    else:
        qp = plan.qps[sample.name]
        assert qp is not None
        unit = encode_floats(sample, qp, plan.base, options)
    finish([unit])
    return size_of([unit], options)
