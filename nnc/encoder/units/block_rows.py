"""Blocks that nobody asks for: tensors in them can be decoded from many places at once.

Each block row learns its contexts anew, and where rows are of different magnitudes the values of 64
rows in turn are harder to foresee than those of a row. What that takes of a large tensor is looked
at beforehand, with some of its rows coded in both ways. In a small model, where a few tensors may
take so much longer than the others that decoding waits for them, their magnitudes say it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.deepcabac.coding import block_side
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import TRYING_EFFORT
from nnc.encoder.quantization.plan import QuantizationPlan
from nnc.encoder.quantization.uniform import step_size
from nnc.encoder.units.alternatives import size_of
from nnc.encoder.units.codewords import finish
from nnc.encoder.units.tensor import (
    LARGE_TENSOR,
    LARGEST_SCAN_ORDER,
    encode_floats,
    encode_integers,
    matrix_shape,
)

#: Rows of a block row of a large tensor.
HEIGHT = block_side(LARGEST_SCAN_ORDER)
#: Rows from which a tensor is in blocks: as many block rows as there are lanes.
FEWEST_ROWS = 16 * HEIGHT
#: Columns from which it is, however large the model. A tensor of fewer has to be so much of the
#: model that the others are decoded before it.
FEWEST_COLS, LEAST_OF_MODEL = 2048, 1 / 16

#: Lanes of one register; and how many streams of one length keep those of one thread busy, or of
#: two. Longer ones are split.
LANES, STREAMS = 16, 32
#: Values from which a stream takes so long that it is worth splitting.
FEWEST_VALUES = 1 << 14
#: The smallest blocks that split it: in smaller ones values are harder to foresee.
SMALLEST_SPLITTING = 3
#: How many times as long the longest stream of a model has to be as it is with blocks.
LEAST_GAIN = 1.5

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

#: Bytes that it takes to split a tensor of a small model, at all and for each block row to enter.
SPLIT, SPLIT_RESTART = 40, 10
#: Bits that a value takes whose magnitude is one step in the mean; and at most those by which it
#: takes more, for a change of the logarithm of magnitudes by 1 from cell to cell.
BITS_AT_ONE_STEP, BITS_BY_CHANGE = 2.4, 0.4
#: How many times as far apart as neighbours of a row values may be that follow each other where a
#: row of a block ends: what neighbours tell of each other is lost there.
MOST_APART = 3.0
#: Magnitudes, in steps, below which all levels are 0.
NEARLY_ZERO = 1 / 4


class Blocks(NamedTuple):
    """Blocks that a tensor may be coded in.

    Attributes:
        order: the scan order.
        room: the share of its bytes that they may take.
    """

    order: int
    room: float


def blocks_for(tensors: Iterable[PreparedTensor]) -> dict[str, Blocks]:
    """Return the blocks that tensors of a model may be coded in, by name.

    Tensors that aren't named are better without blocks, as their shapes say. The others are
    allowed more the less they are of the model, all of whose values count alike.
    """
    given = list(tensors)
    whole = sum(tensor.values.size for tensor in given)
    fewest = min(LARGE_TENSOR, FEWEST_VALUES)
    long = {tensor.name: tensor for tensor in given if tensor.values.size > fewest}
    orders = {
        name: LARGEST_SCAN_ORDER
        for name, tensor in long.items()
        if tensor.row_axis == 0 and is_worth_it(*matrix_shape(tensor.values.shape), whole)
    }
    orders |= orders_of_long([one for name, one in long.items() if name not in orders], whole)
    held = sum(long[name].values.size for name in orders)
    return {
        name: Blocks(order, min(MOST_OF_MODEL * whole / held, MOST_OF_TENSOR))
        for name, order in orders.items()
    }


def orders_of_long(tensors: Iterable[PreparedTensor], whole: int) -> dict[str, int]:
    """Return the scan orders of tensors that decoding would wait for; none if it would anyway.

    Args:
        tensors: those that aren't in blocks already.
        whole: values of the model that they are of.
    """
    most = max(whole // STREAMS, FEWEST_VALUES)
    long = [tensor for tensor in tensors if tensor.values.size > most]
    orders = {tensor.name: order_of_long(tensor, most) for tensor in long}
    longest = max((tensor.values.size for tensor in long), default=0)
    left = max((longest_stream(tensor, orders[tensor.name]) for tensor in long), default=most)
    if longest < LEAST_GAIN * max(left, most) or left * LANES > whole:
        return {}
    return {name: order for name, order in orders.items() if order}


def order_of_long(tensor: PreparedTensor, most: int) -> int:
    """Return the scan order that splits a tensor into streams of so many values, if any does."""
    rows, cols = matrix_shape(tensor.values.shape)
    if tensor.row_axis or cols < 2 or tensor.values.size >= LARGE_TENSOR:
        return 0
    orders = range(LARGEST_SCAN_ORDER, SMALLEST_SPLITTING - 1, -1)
    found = (order for order in orders if block_side(order) * cols <= most)
    order = next(found, SMALLEST_SPLITTING)
    return order if block_side(order) < rows else 0


def longest_stream(tensor: PreparedTensor, order: int) -> int:
    """Return how many values the longest stream of a tensor has in a scan order."""
    rows, cols = matrix_shape(tensor.values.shape)
    return min(block_side(order), rows) * cols if order else tensor.values.size


def is_worth_it(rows: int, cols: int, whole: int) -> bool:
    """Tell whether a matrix, in a model of so many values, is decoded sooner in blocks."""
    return (
        rows >= FEWEST_ROWS
        and cols >= HEIGHT
        and rows * cols >= LARGE_TENSOR
        and (cols >= FEWEST_COLS or rows * cols >= LEAST_OF_MODEL * whole)
    )


def gains_by_blocks(
    tensor: PreparedTensor, plan: QuantizationPlan, options: EncoderOptions, blocks: Blocks
) -> bool:
    """Tell whether a tensor is coded in blocks though nobody asks for them.

    Whatever else is asked for or known comes first: rows that are skipped, calibration and
    codebooks do without blocks. So does effort 0, but for large tensors: the levels of other ones
    are written sooner together than in a few block rows.

    Args:
        tensor: the tensor.
        plan: how it is quantized.
        options: the rest.
        blocks: what it may be coded in.
    """
    rows, cols = matrix_shape(tensor.values.shape)
    is_large = rows * cols >= LARGE_TENSOR
    cost = cost_of_blocks if is_large else cost_of_splitting
    return (
        (tensor.is_integer or plan.qps.get(tensor.name) is not None)
        and options.scan_order is None
        and (is_large or options.effort > 0)
        and options.effort < TRYING_EFFORT
        and not options.row_skip
        and not options.codebook
        and tensor.name not in plan.exact
        and options.statistics_of(tensor.name) is None
        and bool(tensor.values.reshape(rows, cols).any(axis=1).all())
        and cost(tensor, plan, options, blocks.order) <= blocks.room
    )


def cost_of_splitting(
    tensor: PreparedTensor, plan: QuantizationPlan, options: EncoderOptions, order: int
) -> float:
    """Return the share by which blocks make a tensor of a small model larger, about.

    Contexts follow the magnitudes that they meet: what they lose goes with the square of the steps
    by which the logarithm of these changes, whose mean is taken from cells of one row each.
    """
    rows, cols = matrix_shape(tensor.values.shape)
    side, step = block_side(order), 1.0
    if not tensor.is_integer:
        step = float(step_size(plan.qps[tensor.name] or 0, options.qp_density))
        step *= 1 if options.dq is False else 2
    if is_smooth(tensor, side):
        return math.inf
    magnitudes = np.abs(tensor.values.reshape(rows, cols).astype(np.float64))
    lefts = np.arange(0, cols, side)
    widths = np.minimum(cols - lefts, side)
    means = np.add.reduceat(magnitudes, lefts, axis=1) / widths
    cells = logarithms(np.maximum(means / step, NEARLY_ZERO))
    bits = float(cells.mean()) / math.log(2) + BITS_AT_ONE_STEP
    in_blocks = np.concatenate([cells[top : top + side].T.ravel() for top in range(0, rows, side)])
    changes = [float(np.square(np.diff(one)).mean()) for one in (cells.ravel(), in_blocks)]
    mixing = BITS_BY_CHANGE * max(changes[1] - changes[0], 0.0)
    restarts = SPLIT + SPLIT_RESTART * ((rows - 1) // side)
    return mixing / bits + 8 * restarts / (bits * rows * cols)


def is_smooth(tensor: PreparedTensor, side: int) -> bool:
    """Tell whether values of a row are like their neighbours, and unlike those next in a block."""
    rows, cols = matrix_shape(tensor.values.shape)
    if cols <= side:
        return False
    values = tensor.values.reshape(rows, cols).astype(np.float64)
    lefts = np.arange(0, cols, side)
    rights = np.minimum(lefts + side, cols) - 1
    near = float(np.abs(np.diff(values, axis=1)).mean())
    far = float(np.abs(values[1:, lefts] - values[:-1, rights]).mean())
    return far > MOST_APART * near


def cost_of_blocks(
    tensor: PreparedTensor, plan: QuantizationPlan, options: EncoderOptions, order: int
) -> float:
    """Return the share by which blocks make a large tensor larger, as far as a sample says."""
    _, cols = matrix_shape(tensor.values.shape)
    sample, block_rows = sample_of(tensor)
    quick = replace(options, effort=0)
    plain, in_blocks = (
        coded_size(sample, plan, asked)
        for asked in (quick.with_scan_order(0), quick.in_blocks(order))
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
    return float(np.std(logarithms(np.maximum(means, np.finfo(np.float64).tiny))))


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


def logarithms(values: ArrayLike) -> NDArray[np.float64]:
    """Return natural logarithms that are up to 0.06 too small, but the same on every processor.

    NumPy's differ in their last bits, and a choice may hang on these.
    """
    mantissas, exponents = np.frexp(values)
    return np.asarray((exponents + (2 * mantissas - 2)) * math.log(2), np.float64)
