# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""The trellis with a rate term, for compilation (clause 9.3, Annex G).

`rate_trellis_reference` is the same, written to be read, and says what the numbers mean; both
give the same indices for every input.

How this one is fast: as in `trellis` a cost is the upper half of 64 bits, and the decisions that
led there are the lower half, so that taking the cheaper of two paths takes its history along:
bit 0 says whether the path came from a coded level (one that isn't 0), and each step has two
more bits, its parity and whether its level is coded. After 15 steps the histories are put aside.
"""

from __future__ import annotations

import cython
import numpy as np
from cython.cimports.libc.math import fabs, fabsf
from cython.cimports.libc.stdint import int32_t, int64_t, uint8_t, uint32_t, uint64_t

from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization import LARGEST_RATIO, checked_step, refuse_values
from nnc.encoder.rates import (
    COST_ONE,
    FORBIDDEN,
    MAGNITUDES,
    UNREACHED,
    ZERO_REACH,
    ZERO_REACH_DEPENDENT,
)
from nnc.encoder.trellis_reference import BEFORE, checked_sequence

if not cython.compiled:
    raise ImportError("nnc.encoder.rate_trellis works only when compiled")

# Blocks are of 480 values: 32 groups of 15, as long as a history.

ONE = cython.declare(cython.float, COST_ONE)
LIMIT = cython.declare(cython.float, LARGEST_RATIO)
BAN = cython.declare(int32_t, FORBIDDEN)
FAR = cython.declare(uint64_t, UNREACHED)
ROW = cython.declare(int32_t, MAGNITUDES)
TOP = cython.declare(int32_t, MAGNITUDES - 12)
REACH = cython.declare(cython.float, ZERO_REACH)
REACH_DEPENDENT = cython.declare(cython.float, ZERO_REACH_DEPENDENT)

_after = cython.declare(uint8_t[16])
_before = cython.declare(uint8_t[16])


@cython.cfunc
def fill_tables() -> cython.void:
    """Make the tables of the state machine, forward and backward."""
    state: cython.int
    parity: cython.int
    for state in range(8):
        for parity in range(2):
            _after[2 * state + parity] = STATE_TRANSITIONS[state][parity]
            _before[2 * state + parity] = BEFORE[state][parity]


fill_tables()

# What is to be quantized, and how. Pointers to what there isn't are null.
Task = cython.struct(
    narrow=cython.pointer[cython.const[cython.float]],
    wide=cython.pointer[cython.const[cython.double]],
    step=cython.double,
    dependent=cython.bint,
    restart=cython.Py_ssize_t,
    most_negative=int32_t,
    most_positive=int32_t,
    flags=int32_t,
    base=cython.pointer[cython.const[int32_t]],
    history=cython.pointer[cython.const[uint8_t]],
    branches=cython.pointer[cython.const[uint64_t]],
    magnitudes=cython.pointer[cython.const[int32_t]],
)

# What is known of the values of one block.
Block = cython.struct(
    wholes=int32_t[480],
    rests=cython.float[480],
    signs=uint8_t[480],
    zeros=int32_t[480],
    # The cheapest coded level of each of four subsets, twice over.
    coded=int32_t[3840],
    # Rows of `branches` after a level 0 and after a coded one, and of `magnitudes`.
    after_zero=int32_t[480],
    after_coded=int32_t[480],
    rows=int32_t[480],
)


@cython.ccall
def quantize_by_rate(values, step, situation, tables):
    """Quantize a sequence at the least sum of squared error and weighted bits.

    Arguments, result and errors as in `rate_trellis_reference.quantize_by_rate`.
    """
    step = checked_step(step)
    flat = checked_sequence(values)
    indices = np.empty(flat.size, dtype=np.int32)
    if flat.size == 0:
        return indices
    task = cython.declare(Task)
    block = cython.declare(Block)
    task.step = step
    task.narrow = cython.NULL
    task.wide = cython.NULL
    if flat.dtype == np.float32:
        narrow: cython.const[cython.float][::1] = flat
        task.narrow = cython.address(narrow[0])
    else:
        wide: cython.const[cython.double][::1] = flat
        task.wide = cython.address(wide[0])
    task.dependent = situation.dependent
    task.restart = situation.restart or flat.size
    task.flags = situation.greater_flags
    # What isn't finite is taken for the largest, so that it is in the tables until it is refused.
    negative, positive = situation.index_limits
    task.most_negative = min(negative, LARGEST_RATIO)
    task.most_positive = min(positive, LARGEST_RATIO)
    base_view: cython.const[int32_t][::1]
    history_view: cython.const[uint8_t][::1]
    task.base = cython.NULL
    task.history = cython.NULL
    if situation.base is not None:
        base_view = situation.base
        task.base = cython.address(base_view[0])
    if situation.history is not None:
        history_view = situation.history
        task.history = cython.address(history_view[0])
    branches: cython.const[uint64_t][::1] = tables.branches.reshape(-1)
    magnitudes: cython.const[int32_t][::1] = tables.magnitudes.reshape(-1)
    task.branches = cython.address(branches[0])
    task.magnitudes = cython.address(magnitudes[0])
    runs: cython.const[int64_t][:, ::1] = situation.runs
    blocks = int(((situation.runs[:, 1] - situation.runs[:, 0] + 479) // 480).sum())
    states = 16 if situation.dependent else 2
    histories = np.empty(states * 32 * blocks, dtype=np.uint32)
    if run(task, block, runs, histories, indices):
        refuse_values(flat, step)
    return indices


@cython.cfunc
def run(
    task: Task,
    block: Block,
    runs: cython.const[int64_t][:, ::1],
    histories: uint32_t[::1],
    indices: int32_t[::1],
) -> cython.Py_ssize_t:
    """Go forward through all runs, then back; give the number of values refused."""
    number: cython.Py_ssize_t
    start: cython.Py_ssize_t
    place: cython.Py_ssize_t = 0
    bad: cython.Py_ssize_t = 0
    count: cython.int
    states: cython.int = 16 if task.dependent else 2
    state: cython.int
    costs = cython.declare(uint64_t[16])
    with cython.nogil:
        for state in range(states):
            costs[state] = FAR
        costs[0] = 0
        for number in range(runs.shape[0]):
            if task.dependent:
                pass_over(costs, cython.cast(cython.int, runs[number, 2]))
            for start in range(runs[number, 0], runs[number, 1], 480):
                count = cython.cast(cython.int, min(480, runs[number, 1] - start))
                bad += forward(
                    cython.address(task),
                    cython.address(block),
                    start,
                    count,
                    costs,
                    cython.address(histories[place]),
                )
                place += 32 * states
        if bad == 0:
            state = 0
            for count in range(1, states):
                if costs[count] < costs[state]:
                    state = count
            number = runs.shape[0] - 1
            while number >= 0:
                start = runs[number, 0] + (runs[number, 1] - runs[number, 0] - 1) // 480 * 480
                while start >= runs[number, 0]:
                    place -= 32 * states
                    count = cython.cast(cython.int, min(480, runs[number, 1] - start))
                    state = backward(
                        cython.address(task),
                        cython.address(block),
                        start,
                        count,
                        state,
                        cython.address(histories[place]),
                        cython.address(indices[start]),
                    )
                    start -= 480
                if task.dependent:
                    for _ in range(runs[number, 2]):
                        state = (state & 8) | _before[2 * (state & 7)]
                number -= 1
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def pass_over(costs: cython.pointer[uint64_t], transitions: cython.int) -> cython.void:
    """Make transitions of parity 0, as skipped rows do; the neighbour stays."""
    moved = cython.declare(uint64_t[16])
    state: cython.int
    for _ in range(transitions):
        for state in range(8):
            moved[_after[2 * state]] = costs[state]
            moved[8 + _after[2 * state]] = costs[8 + state]
        for state in range(16):
            costs[state] = moved[state]


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
    """Split magnitudes, in steps, into whole steps and the rest; give the number refused."""
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
def measure(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
) -> cython.int:
    """Find out what a block's levels can cost; give the number of values refused."""
    bad: cython.int
    i: cython.int
    ratio: cython.float
    reach: cython.float = REACH_DEPENDENT if task.dependent else REACH
    if task.narrow != cython.NULL:
        bad = split_narrow(
            task.narrow + first,
            cython.cast(cython.float, task.step),
            cython.cast(cython.float, task.most_negative),
            cython.cast(cython.float, task.most_positive),
            count,
            block,
        )
    else:
        bad = split_wide(
            task.wide + first, task.step, task.most_negative, task.most_positive, count, block
        )
    for i in range(count):
        ratio = cython.cast(cython.float, block.wholes[i]) + block.rests[i]
        ratio = ratio if ratio < reach else reach
        block.zeros[i] = cython.cast(int32_t, ratio * ratio * ONE) if ratio < reach else BAN
    choose_rows(task, block, first, count)
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def choose_rows(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
) -> cython.void:
    """Give the rows of the tables for each value; `rates` says which there are."""
    i: cython.int
    sign: int32_t
    neighbour: int32_t
    base: int32_t = 0
    magnitude: int32_t
    before: int32_t = 0
    kind: int32_t
    place: cython.Py_ssize_t
    if first > 0:
        before = 1 if is_negative(task, first - 1) else 2
    place = first % task.restart
    for i in range(count):
        sign = block.signs[i]
        neighbour = before if place > 0 else 0
        place += 1
        if place == task.restart:
            place = 0
        block.after_zero[i] = 16 * sign
        block.after_coded[i] = 16 * (12 * neighbour + sign)
        block.rows[i] = ROW * sign
        before = 2 - sign
        if task.base != cython.NULL:
            base = task.base[first + i]
        if base != 0:
            magnitude = -base if base < 0 else base
            kind = 10 * (3 + (magnitude > 1)) + 2 * (3 + (base > 0)) + sign
            block.after_zero[i] = block.after_coded[i] = 16 * kind
            magnitude = magnitude if magnitude < task.flags else task.flags
            block.rows[i] = ROW * (2 + magnitude)
        if task.history != cython.NULL and task.history[first + i]:
            if base != 0:
                kind = 50 + 2 * (3 + (base > 0)) + sign
                block.after_zero[i] = block.after_coded[i] = 16 * kind
            else:
                block.after_zero[i] = 16 * (50 + sign)
                block.after_coded[i] = 16 * (50 + 2 * neighbour + sign)


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
    """Give the cost of a distance."""
    return cython.cast(int32_t, distance * distance * ONE)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def measure_coded(
    task: cython.pointer[Task], block: cython.pointer[Block], count: cython.int
) -> cython.void:
    """Give the cheapest coded level of each subset, for dependent quantization.

    The indices from 3 below to 4 above the whole steps hold two of each subset.
    """
    i: cython.int
    j: cython.int
    whole: int32_t
    most: int32_t
    lower: int32_t
    upper: int32_t
    rest: cython.float
    costs: cython.pointer[cython.const[int32_t]]
    target: cython.pointer[int32_t]
    for i in range(count):
        whole = block.wholes[i]
        rest = block.rests[i]
        costs = task.magnitudes + block.rows[i] + 1 + (whole if whole < TOP else TOP)
        target = cython.address(block.coded[8 * i])
        for j in range(4):
            lower = squared(rest + cython.cast(cython.float, 3 - j)) + costs[j]
            upper = squared(rest - cython.cast(cython.float, 1 + j)) + costs[4 + j]
            lower = lower if lower < upper else upper
            target[j] = lower
            target[4 + j] = lower
        most = task.most_negative if block.signs[i] else task.most_positive
        if whole + 4 > most:
            for j in range(4):
                lower = squared(rest + cython.cast(cython.float, 3 - j)) + costs[j]
                upper = squared(rest - cython.cast(cython.float, 1 + j)) + costs[4 + j]
                if whole - 3 + j > most:
                    lower = BAN
                if whole + 1 + j > most:
                    upper = BAN
                lower = lower if lower < upper else upper
                target[j] = target[4 + j] = lower


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def cheaper(one: uint64_t, other: uint64_t) -> uint64_t:
    """Give the smaller."""
    return one if one < other else other


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def above(cost: int32_t) -> uint64_t:
    """Give a cost in the upper half."""
    return cython.cast(uint64_t, cython.cast(uint32_t, cost)) << 32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
    costs: cython.pointer[uint64_t],
    histories: cython.pointer[uint32_t],
) -> cython.int:
    """Carry the costs through one block; give the number of values refused."""
    start: cython.int
    bad: cython.int = measure(task, block, first, count)
    if task.dependent:
        measure_coded(task, block, count)
        for start in range(0, count, 15):
            open_histories(costs, 8)
            advance_dependent(task, block, start, min(15, count - start), costs)
            put_histories_aside(costs, histories, 16)
            histories += 16
    else:
        measure_uniform(task, block, count)
        for start in range(0, count, 15):
            open_histories(costs, 1)
            advance_uniform(task, block, start, min(15, count - start), costs)
            put_histories_aside(costs, histories, 2)
            histories += 2
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def open_histories(costs: cython.pointer[uint64_t], states: cython.int) -> cython.void:
    """Lift costs to the upper half; below, say which paths come from a coded level."""
    state: cython.int
    for state in range(states):
        costs[state] = costs[state] << 32
        costs[states + state] = (costs[states + state] << 32) + 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_histories_aside(
    costs: cython.pointer[uint64_t], histories: cython.pointer[uint32_t], states: cython.int
) -> cython.void:
    """Split histories from costs, and make the smallest cost 0."""
    state: cython.int
    least: uint64_t
    for state in range(states):
        histories[state] = cython.cast(uint32_t, costs[state])
        costs[state] >>= 32
    least = costs[0]
    for state in range(1, states):
        least = cheaper(least, costs[state])
    for state in range(states):
        costs[state] -= least


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def advance_dependent(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.int,
    count: cython.int,
    costs: cython.pointer[uint64_t],
) -> cython.void:
    """Carry the costs of the 8 states, after a level 0 and after a coded one, through steps."""
    i: cython.int
    state: cython.int
    bit: uint64_t = 2
    zero: uint64_t
    even0: uint64_t
    even1: uint64_t
    odd0: uint64_t
    odd1: uint64_t
    ended = cython.declare(uint64_t[8])
    going = cython.declare(uint64_t[8])
    to_zero = cython.declare(uint64_t[8])
    to_coded = cython.declare(uint64_t[8])
    after_zero: cython.pointer[cython.const[uint64_t]]
    after_coded: cython.pointer[cython.const[uint64_t]]
    coded: cython.pointer[cython.const[int32_t]]
    for state in range(8):
        ended[state] = costs[state]
        going[state] = costs[8 + state]
    for i in range(first, first + count):
        after_zero = task.branches + block.after_zero[i]
        after_coded = task.branches + block.after_coded[i]
        for state in range(8):
            to_zero[state] = cheaper(
                ended[state] + after_zero[2 * state], going[state] + after_coded[2 * state]
            )
            to_coded[state] = cheaper(
                ended[state] + after_zero[2 * state + 1], going[state] + after_coded[2 * state + 1]
            )
        zero = above(block.zeros[i])
        coded = cython.address(block.coded[8 * i + (~block.wholes[i] & 3)])
        even0 = above(coded[0]) + 2 * bit
        even1 = above(coded[2]) + 3 * bit
        odd0 = above(coded[3]) + 2 * bit
        odd1 = above(coded[1]) + 3 * bit
        bit <<= 2
        ended[0] = to_zero[0] + zero
        ended[1] = to_zero[2] + zero
        ended[2] = to_zero[4] + zero
        ended[3] = to_zero[6] + zero
        ended[4] = to_zero[7] + zero
        ended[5] = to_zero[5] + zero
        ended[6] = to_zero[3] + zero
        ended[7] = to_zero[1] + zero
        going[0] = cheaper(to_coded[0] + even0, to_coded[4] + even1)
        going[1] = cheaper(to_coded[2] + even0, to_coded[6] + even1)
        going[2] = cheaper(to_coded[4] + even0, to_coded[0] + even1)
        going[3] = cheaper(to_coded[6] + even0, to_coded[2] + even1)
        going[4] = cheaper(to_coded[7] + odd0, to_coded[3] + odd1)
        going[5] = cheaper(to_coded[5] + odd0, to_coded[1] + odd1)
        going[6] = cheaper(to_coded[3] + odd0, to_coded[7] + odd1)
        going[7] = cheaper(to_coded[1] + odd0, to_coded[5] + odd1)
    for state in range(8):
        costs[state] = ended[state]
        costs[8 + state] = going[state]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def measure_uniform(
    task: cython.pointer[Task], block: cython.pointer[Block], count: cython.int
) -> cython.void:
    """Give the cheaper of the two nearest coded levels."""
    i: cython.int
    most: int32_t
    whole: int32_t
    costs: cython.pointer[cython.const[int32_t]]
    lower: int32_t
    upper: int32_t
    for i in range(count):
        whole = block.wholes[i]
        costs = task.magnitudes + block.rows[i] + 4 + (whole if whole < TOP else TOP)
        lower = squared(block.rests[i]) + costs[0]
        upper = squared(block.rests[i] - cython.cast(cython.float, 1)) + costs[1]
        most = task.most_negative if block.signs[i] else task.most_positive
        if whole >= most:
            upper = BAN
        block.coded[i] = lower if lower < upper else upper


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def advance_uniform(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.int,
    count: cython.int,
    costs: cython.pointer[uint64_t],
) -> cython.void:
    """Carry the costs after a level 0 and after a coded one through steps."""
    i: cython.int
    bit: uint64_t = 4
    ended: uint64_t = costs[0]
    going: uint64_t = costs[1]
    to_zero: uint64_t
    after_zero: cython.pointer[cython.const[uint64_t]]
    after_coded: cython.pointer[cython.const[uint64_t]]
    for i in range(first, first + count):
        after_zero = task.branches + block.after_zero[i]
        after_coded = task.branches + block.after_coded[i]
        to_zero = cheaper(ended + after_zero[0], going + after_coded[0])
        going = cheaper(ended + after_zero[1], going + after_coded[1])
        going += above(block.coded[i]) + bit
        ended = to_zero + above(block.zeros[i])
        bit <<= 2
    costs[0] = ended
    costs[1] = going


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def backward(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    count: cython.int,
    state: cython.int,
    histories: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.int:
    """Rebuild a block's indices from the state after it; give the state before it.

    Bit 3 of a state says that the level before is coded (bit 0 without dependent quantization).
    """
    start: cython.int = (count - 1) // 15 * 15
    place: cython.int
    steps: cython.int = count - start
    states: cython.int = 16 if task.dependent else 2
    bits: uint32_t
    step: uint32_t
    whole: int32_t
    index: int32_t
    measure(task, block, first, count)
    while start >= 0:
        bits = histories[start // 15 * states + state]
        state &= 7 if task.dependent else 0
        for place in range(start + steps - 1, start - 1, -1):
            step = bits >> (1 + 2 * (place - start)) & 3
            if task.dependent:
                state = _before[2 * state + (step & 1)]
            index = 0
            if step >= 2:
                whole = block.wholes[place]
                if task.dependent:
                    # The first index from 3 below on that is in the subset.
                    index = (6 if state & 1 else 4) + 2 * cython.cast(int32_t, step & 1)
                    if state & 1:
                        index = 5 if step & 1 else 3
                    index = whole - 3 + ((index - whole + 3) & 3)
                    index = nearer(task, block, place, index, index + 4)
                else:
                    index = nearer(task, block, place, whole, whole + 1)
                if block.signs[place]:
                    index = -index
            indices[place] = index
        state |= (8 if task.dependent else 1) * cython.cast(cython.int, bits & 1)
        start -= 15
        steps = 15
    return state


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def nearer(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    place: cython.int,
    lower: int32_t,
    upper: int32_t,
) -> int32_t:
    """Give the cheaper of two indices, the lower one of equals."""
    whole: int32_t = block.wholes[place]
    rest: cython.float = block.rests[place]
    most: int32_t = task.most_negative if block.signs[place] else task.most_positive
    costs: cython.pointer[cython.const[int32_t]] = (
        task.magnitudes + block.rows[place] + 4 + ((whole if whole < TOP else TOP) - whole)
    )
    cost_lower: int32_t = squared(rest + cython.cast(cython.float, whole - lower)) + costs[lower]
    cost_upper: int32_t = squared(rest - cython.cast(cython.float, upper - whole)) + costs[upper]
    if lower > most:
        cost_lower = BAN
    if upper > most:
        cost_upper = BAN
    return lower if cost_lower <= cost_upper else upper
