# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""Blocks of values in the trellis with a rate term, for compilation; see rate_trellis.py."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.rate_blocks works only when compiled")

from cython.cimports.libc.math import fabs, fabsf
from cython.cimports.libc.stdint import int32_t, int64_t, uint32_t

from nnc.encoder.quantization.rates import (
    COST_ONE,
    FORBIDDEN,
    MAGNITUDES,
    ZERO_REACH,
    ZERO_REACH_DEPENDENT,
)
from nnc.encoder.quantization.uniform import LARGEST_RATIO

# Blocks are of 256 values: what is known of them fits the first-level cache together. After
# groups of 16 the costs are made small again.

ONE = cython.declare(cython.float, COST_ONE)
LIMIT = cython.declare(cython.float, LARGEST_RATIO)
BAN = cython.declare(int32_t, FORBIDDEN)
ROW = cython.declare(int32_t, MAGNITUDES)
TOP = cython.declare(int32_t, MAGNITUDES - 12)
REACH = cython.declare(cython.float, ZERO_REACH)
REACH_DEPENDENT = cython.declare(cython.float, ZERO_REACH_DEPENDENT)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def by_eight_supported() -> cython.bint:
    """Tell whether eight states go side by side on this processor."""
    return wide_supported()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward_in_blocks(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    costs: cython.pointer[int32_t],
    decisions: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.Py_ssize_t:
    """Carry the costs on block by block, within a run; return the number of values refused."""
    bad: cython.Py_ssize_t = 0
    start: cython.Py_ssize_t
    for start in range(first, stop, 256):
        bad += forward(
            task, block, start, cython.cast(cython.int, min(256, stop - start)), costs,
            decisions + (start - first), indices + (start - first),
        )  # fmt: skip
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def indices_by_eight(
    decisions: cython.pointer[cython.const[uint32_t]],
    count: int64_t,
    indices: cython.pointer[int32_t],
) -> cython.void:
    """Find indices from marks and from what `forward_in_blocks` left there; see rate_wide.h."""
    wide_indices(decisions, count, indices)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def split_narrow(
    values: cython.pointer[cython.const[cython.float]],
    step: cython.float,
    most_negative: cython.float,
    most_positive: cython.float,
    count: cython.int,
    block: cython.pointer[Block],
) -> cython.int:
    """Split magnitudes, in steps, into whole steps and the rest; return the number refused."""
    i: cython.int
    bad: cython.int = 0
    ratio: cython.float
    most: cython.float
    limit: cython.float = LIMIT
    whole: int32_t
    for i in range(count):
        ratio = fabsf(values[i]) / step
        bad += not (ratio <= limit)
        most = most_negative if values[i] < 0 else most_positive
        ratio = ratio if ratio < most else most
        whole = cython.cast(int32_t, ratio)
        block.wholes[i] = whole
        block.rests[i] = ratio - cython.cast(cython.float, whole)
        block.signs[i] = values[i] < 0
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def split_wide(
    values: cython.pointer[cython.const[cython.double]],
    step: cython.double,
    most_negative: cython.double,
    most_positive: cython.double,
    count: cython.int,
    block: cython.pointer[Block],
) -> cython.int:
    """Do what `split_narrow` says for double values."""
    i: cython.int
    bad: cython.int = 0
    ratio: cython.double
    most: cython.double
    limit: cython.double = LIMIT
    whole: int32_t
    for i in range(count):
        ratio = fabs(values[i]) / step
        bad += not (ratio <= limit)
        most = most_negative if values[i] < 0 else most_positive
        ratio = ratio if ratio < most else most
        whole = cython.cast(int32_t, ratio)
        block.wholes[i] = whole
        block.rests[i] = cython.cast(cython.float, ratio - cython.cast(cython.double, whole))
        block.signs[i] = values[i] < 0
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def split(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
) -> cython.int:
    """Split a block's magnitudes; return the number of values refused."""
    bad: cython.int
    if task.narrow != cython.NULL:
        bad = split_narrow(
            task.narrow + first, cython.cast(cython.float, task.step),
            cython.cast(cython.float, task.most_negative),
            cython.cast(cython.float, task.most_positive), count, block,
        )  # fmt: skip
    else:
        bad = split_wide(
            task.wide + first, task.step, task.most_negative, task.most_positive, count, block
        )
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def choose_magnitude_rows(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
) -> cython.void:
    """Choose the rows of magnitudes where there is a base level."""
    i: cython.int
    base: int32_t
    for i in range(count):
        base = task.base[first + i]
        if base != 0:
            if base < -task.flags or base > task.flags:
                base = task.flags
            block.rows[i] = ROW * (2 + (-base if base < 0 else base))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def choose_rows(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
) -> cython.void:
    """Choose the rows of the tables, and the limits; `rates` says which rows there are."""
    i: cython.int
    for i in range(1, count):
        block.after_coded[i] = 16 * (12 * (2 - block.signs[i - 1]) + block.signs[i])
    block.after_coded[0] = 16 * block.signs[0]
    if first > 0:
        block.after_coded[0] += 16 * 12 * (1 if is_negative(task, first - 1) else 2)
    for i in range(count):
        block.after_zero[i] = 16 * block.signs[i]
        block.rows[i] = ROW * block.signs[i]
        block.limits[i] = task.most_negative if block.signs[i] else task.most_positive


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def choose_special_rows(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
) -> cython.void:
    """Choose the rows that restarts, base levels and a history lead to."""
    start: cython.Py_ssize_t
    # At the restarts it is as if the level before were 0.
    start = (first + task.restart - 1) // task.restart * task.restart
    while start < first + count:
        block.after_coded[start - first] = block.after_zero[start - first]
        start += task.restart
    if task.base != cython.NULL or task.history != cython.NULL:
        choose_other_contexts(task, block, first, count)
    if task.base != cython.NULL:
        choose_magnitude_rows(task, block, first, count)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def choose_other_contexts(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
) -> cython.void:
    """Choose the rows of branches where base levels or a history are contexts."""
    i: cython.int
    base: int32_t = 0
    kind: int32_t
    for i in range(count):
        if task.base != cython.NULL:
            base = task.base[first + i]
        kind = 3 + (base < -1 or base > 1)
        if task.history != cython.NULL and task.history[first + i]:
            kind = 5
            # With the neighbour's context of sign_flag, 2 rows for each.
            block.after_zero[i] = 16 * (50 + block.signs[i])
            block.after_coded[i] = 16 * (50 + block.after_coded[i] // 192 * 2 + block.signs[i])
        if base != 0:
            kind = 10 * kind + 2 * (3 + (base > 0)) + block.signs[i]
            block.after_zero[i] = 16 * kind
            block.after_coded[i] = 16 * kind


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def is_negative(task: cython.pointer[Task], place: cython.Py_ssize_t) -> cython.bint:
    """Tell the sign of a value."""
    if task.narrow != cython.NULL:
        return task.narrow[place] < 0
    return task.wide[place] < 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def squared(distance: cython.float) -> int32_t:
    """Return the cost of a distance."""
    return cython.cast(int32_t, distance * distance * ONE)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def measure_zeros(
    block: cython.pointer[Block], count: cython.int, reach: cython.float
) -> cython.void:
    """Measure the costs of the level 0."""
    i: cython.int
    ratio: cython.float
    nearest: cython.float
    far: int32_t
    # Masks instead of conditions: which values are far can't be foreseen.
    for i in range(count):
        ratio = cython.cast(cython.float, block.wholes[i]) + block.rests[i]
        far = -(ratio >= reach)
        nearest = ratio if ratio < reach else reach
        block.zeros[i] = (squared(nearest) & ~far) | (BAN & far)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def prepare_by_eight(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
    indices: cython.pointer[int32_t],
) -> cython.int:
    """Do what `split`, `choose_rows` and `measure_zeros` do; return how many values are refused."""
    wide_task: WideTask
    fields: WideBlock
    wide_task.step = cython.cast(cython.float, task.step)
    wide_task.largest = LIMIT
    wide_task.reach = REACH_DEPENDENT
    wide_task.one = ONE
    wide_task.most_negative = task.most_negative
    wide_task.most_positive = task.most_positive
    wide_task.forbidden = BAN
    wide_task.row = ROW
    fields.wholes = block.wholes
    fields.rests = block.rests
    fields.signs = block.signs
    fields.limits = block.limits
    fields.zeros = block.zeros
    fields.after_zero = block.after_zero
    fields.after_coded = block.after_coded
    fields.rows = block.rows
    return wide_prepare(
        task.narrow + first,
        count,
        first > 0,
        cython.address(wide_task),
        cython.address(fields),
        indices,
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
    costs: cython.pointer[int32_t],
    decisions: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.int:
    """Carry the costs through one block; return the number of values refused.

    What is kept as indices are the signed levels that the values get unless that is 0; with
    dependent quantization their magnitudes in whole steps, with the sign.
    """
    start: cython.int
    bad: cython.int
    by_eight: cython.bint = task.dependent and task.by_eight
    if by_eight and task.narrow != cython.NULL:
        bad = prepare_by_eight(task, block, first, count, indices)
    else:
        bad = split(task, block, first, count)
        choose_rows(task, block, first, count)
        measure_zeros(block, count, REACH_DEPENDENT if task.dependent else REACH)
        if task.dependent:
            # Of negative values the complement.
            for start in range(count):
                indices[start] = block.wholes[start] ^ -block.signs[start]
    choose_special_rows(task, block, first, count)
    if by_eight:
        wide_measure(
            task.magnitudes, block.rows, block.wholes, block.rests, block.limits, TOP, BAN, ONE,
            count, block.coded, decisions,
        )  # fmt: skip
    elif task.dependent:
        nnc_measure(
            task.magnitudes, block.rows, block.wholes, block.rests, block.limits, TOP, BAN, ONE,
            count, block.coded, decisions,
        )  # fmt: skip
    else:
        measure_uniform(task, block, count, indices)
    for start in range(0, count, 16):
        if by_eight:
            wide_advance(
                task.branches, cython.address(block.after_zero[start]),
                cython.address(block.after_coded[start]), cython.address(block.zeros[start]),
                cython.address(block.coded[4 * start]), min(16, count - start), costs,
                decisions + start,
            )  # fmt: skip
        elif task.dependent:
            nnc_advance(
                task.branches, cython.address(block.after_zero[start]),
                cython.address(block.after_coded[start]), cython.address(block.zeros[start]),
                cython.address(block.coded[8 * start]), cython.address(block.wholes[start]),
                min(16, count - start), costs, decisions + start,
            )  # fmt: skip
            make_small(costs, 16)
        else:
            advance_uniform(task, block, start, min(16, count - start), costs, decisions)
            make_small(costs, 2)
    return bad


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def make_small(costs: cython.pointer[int32_t], states: cython.int) -> cython.void:
    """Make the smallest cost 0."""
    state: cython.int
    least: int32_t = costs[0]
    for state in range(1, states):
        least = costs[state] if costs[state] < least else least
    for state in range(states):
        costs[state] -= least


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def measure_uniform(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    count: cython.int,
    indices: cython.pointer[int32_t],
) -> cython.void:
    """Measure the cost of the cheaper of the two nearest coded levels, and find that level."""
    i: cython.int
    whole: int32_t
    costs: cython.pointer[cython.const[int32_t]]
    lower: int32_t
    upper: int32_t
    for i in range(count):
        whole = block.wholes[i]
        costs = task.magnitudes + block.rows[i] + 4 + (whole if whole < TOP else TOP)
        lower = squared(block.rests[i]) + costs[0]
        upper = squared(block.rests[i] - cython.cast(cython.float, 1)) + costs[1]
        upper = upper if whole < block.limits[i] else BAN
        whole += upper < lower
        block.coded[i] = lower if lower <= upper else upper
        indices[i] = (whole ^ -block.signs[i]) + block.signs[i]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def advance_uniform(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.int,
    count: cython.int,
    costs: cython.pointer[int32_t],
    decisions: cython.pointer[uint32_t],
) -> cython.void:
    """Carry the costs after a level 0 and after a coded one through steps."""
    i: cython.int
    ended: int32_t = costs[0]
    going: int32_t = costs[1]
    zero: int32_t
    other_zero: int32_t
    coded: int32_t
    other_coded: int32_t
    after_zero: cython.pointer[cython.const[int32_t]]
    after_coded: cython.pointer[cython.const[int32_t]]
    for i in range(first, first + count):
        after_zero = task.branches + block.after_zero[i]
        after_coded = task.branches + block.after_coded[i]
        zero = ended + after_zero[0]
        other_zero = going + after_coded[0]
        coded = ended + after_zero[8]
        other_coded = going + after_coded[8]
        decisions[i] = (other_zero < zero) | (other_coded < coded) << 8
        ended = (zero if zero <= other_zero else other_zero) + block.zeros[i]
        going = (coded if coded <= other_coded else other_coded) + block.coded[i]
    costs[0] = ended
    costs[1] = going
