# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""The trellis with feedback of errors along rows, for compilation (clause 9.3).

`feedback_reference` is the same, written to be read, and says what the numbers mean; both give
the same indices for every input. Sums of floats have a fixed order, so that all machines make the
same of them.

How this one is fast: a survivor doesn't take its history along, but what that adds to the rest of
its block; histories are followed back at the end of each block only, and what paths have in common
is added up once. Loops are over fours, or over all states, so that compilers make vectors of them.
With AVX2 (feedback_wide.c) and AVX-512 (feedback_lanes.c) the eight states are side by side in a
register, in the same operations.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.feedback works only when compiled")

import numpy as np
from cython.cimports.libc.stdint import int8_t, int32_t

from nnc import deepcabac
from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization.rates import COST_ONE, MAGNITUDES

# Blocks are of 32 columns, `feedback_reference.BLOCK`. Costs without a path are at least DEAD.
DEAD = cython.declare(cython.float, 1e30)
ONE = cython.declare(cython.float, COST_ONE)
FURTHEST = cython.declare(cython.float, 1 << 22)
ROW = cython.declare(cython.int, MAGNITUDES)
# From this index on all magnitudes cost the same.
TOP = cython.declare(cython.int, MAGNITUDES - 8)

if TOP > FEEDBACK_TOP:
    raise RuntimeError("the table of feedback_wide.h is too short")

# The state after each, and the smallest index of its subset: by parity, then by state.
_after = cython.declare(int32_t[16])
_rest = cython.declare(int32_t[16])

# What is kept of a block: errors, indices and the states before, 8 to a column.
History = cython.struct(
    errors=cython.float[256],
    indices=int32_t[256],
    before=int8_t[256],
)

# The survivors: what a path costs, its neighbour (0, or 1 for negative and 2 for positive), and
# what its errors in this block and the one before add to the columns of this block.
Survivors = cython.struct(
    costs=cython.float[8],
    neighbours=cython.int[8],
    added=cython.float[256],
)


@cython.cfunc
def fill_tables() -> cython.void:
    """Make the table of the state machine."""
    state: cython.int
    for state in range(8):
        _after[2 * state] = STATE_TRANSITIONS[state][0]
        _after[2 * state + 1] = STATE_TRANSITIONS[state][1]
        _rest[state] = 3 if state & 1 else 0
        _rest[8 + state] = 1 if state & 1 else 2


fill_tables()


@cython.ccall
def quantize_with_feedback(values, weights, factor, branches, magnitudes):
    """Quantize a matrix row by row; arguments and result as in the reference."""
    rows: cython.Py_ssize_t = values.shape[0]
    cols: cython.Py_ssize_t = values.shape[1]
    result = np.zeros((rows, cols), dtype=np.int32)
    if not values.size:
        return result
    source: cython.const[cython.float][:, ::1] = values
    weight: cython.const[cython.float][::1] = weights
    branch: cython.const[int32_t][:, :, ::1] = branches
    magnitude: cython.const[int32_t][:, ::1] = magnitudes
    target: int32_t[:, ::1] = result
    scratch: cython.float[::1] = np.zeros(2 * cols, dtype=np.float32)
    task: FeedbackTask
    task.weights = cython.address(weight[0])
    task.columns = cols
    task.factor = cython.NULL
    matrix: cython.const[cython.float][:, ::1]
    if factor is not None:
        matrix = factor
        task.factor = cython.address(matrix[0, 0])
    start: cython.int = 0
    row: cython.Py_ssize_t
    wide: cython.pointer[FeedbackRow] = wide_way(values)
    if wide != cython.NULL:
        fill_task(
            cython.address(task), cython.address(branch[0, 0, 0]), cython.address(magnitude[0, 0])
        )
    with cython.nogil:
        for row in range(rows):
            if wide != cython.NULL:
                start = wide(
                    cython.address(task),
                    cython.address(source[row, 0]),
                    start,
                    cython.address(scratch[0]),
                    cython.address(scratch[cols]),
                    cython.address(target[row, 0]),
                )
            else:
                start = quantize_row(
                    cython.address(source[row, 0]),
                    cols,
                    task.weights,
                    task.factor,
                    cython.address(branch[0, 0, 0]),
                    cython.address(magnitude[0, 0]),
                    start,
                    cython.address(scratch[0]),
                    cython.address(scratch[cols]),
                    cython.address(target[row, 0]),
                )
    return result


@cython.cfunc
def wide_way(values) -> cython.pointer[FeedbackRow]:
    """Return how rows are quantized in the widest registers that there are for that, or null."""
    way: cython.pointer[FeedbackRow] = cython.NULL
    if values.min() >= -FURTHEST and values.max() <= FURTHEST:
        if deepcabac.lanes() is not None:
            way = feedback_with_avx512()
        elif not deepcabac.is_scalar():
            way = feedback_with_avx2()
    return way


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def fill_task(
    task: cython.pointer[FeedbackTask],
    branches: cython.pointer[cython.const[int32_t]],
    magnitudes: cython.pointer[cython.const[int32_t]],
) -> cython.void:
    """Lay costs out as feedback_wide.h says."""
    neighbour: cython.int
    sign: cython.int
    lane: cython.int
    branch: cython.pointer[cython.const[int32_t]]
    index: int32_t
    far: int32_t = FEEDBACK_FARTHEST
    for neighbour in range(3):
        for sign in range(2):
            for lane in range(16):
                branch = branches + 16 * (12 * neighbour + sign) + (lane & 3) + 4 * (lane >> 3)
                task.zeros[2 * neighbour + sign][lane] = branch[0]
                task.coded[2 * neighbour + sign][lane] = branch[8]
    for index in range(-far, far + 1):
        sign = index < 0
        task.magnitudes[index + far] = magnitudes[
            ROW * sign + 4 + min(-index if sign else index, TOP)
        ]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def quantize_row(
    values: cython.pointer[cython.const[cython.float]],
    cols: cython.Py_ssize_t,
    weights: cython.pointer[cython.const[cython.float]],
    factor: cython.pointer[cython.const[cython.float]],
    branches: cython.pointer[cython.const[int32_t]],
    magnitudes: cython.pointer[cython.const[int32_t]],
    start: cython.int,
    common: cython.pointer[cython.float],
    errors: cython.pointer[cython.float],
    target: cython.pointer[int32_t],
) -> cython.int:
    """Quantize one row, and return state and neighbour after it: state + 8 * neighbour."""
    histories = cython.declare(History[2])
    survivors = cython.declare(Survivors[2])
    paths = cython.declare(cython.float[256])
    shared = cython.declare(cython.float[32])
    begins = cython.declare(cython.int[8])
    rows: cython.pointer[cython.const[cython.float]]
    alike: cython.int
    place: cython.Py_ssize_t
    first: cython.Py_ssize_t
    count: cython.int
    further: cython.int
    now: cython.int = 0
    block: cython.int = 0
    state: cython.int
    best: cython.int
    column: cython.int
    for place in range(cols):
        common[place] = 0
    for state in range(8):
        survivors[0].costs[state] = DEAD
        survivors[0].neighbours[state] = start >> 3
        for column in range(32):
            survivors[0].added[32 * state + column] = 0
            survivors[1].added[32 * state + column] = 0
    survivors[0].costs[start & 7] = 0
    for first in range(0, cols, 32):
        count = cython.cast(cython.int, min(32, cols - first))
        for column in range(count):
            advance(
                cython.address(survivors[now]),
                cython.address(survivors[1 - now]),
                values[first + column],
                common[first + column],
                weights[first + column],
                cython.NULL if factor == cython.NULL else factor + (first + column) * cols + first,
                branches,
                magnitudes,
                column,
                count,
                cython.address(histories[block]),
            )
            now = 1 - now
        best = 0
        for state in range(1, 8):
            if survivors[now].costs[state] < survivors[now].costs[best]:
                best = state
        for state in range(8):
            begins[state] = follow(
                cython.address(histories[block]), count, state, paths + 32 * state
            )
        if first > 0:
            # The block before is decided now; survivors that have another one end.
            for state in range(8):
                if differs(cython.address(histories[1 - block]), begins[state], begins[best]):
                    survivors[now].costs[state] = DEAD
            decide(
                cython.address(histories[1 - block]),
                32,
                begins[best],
                errors + first - 32,
                target + first - 32,
            )
            if factor != cython.NULL and first + 32 < cols:
                add_block(
                    common + first + 32,
                    factor + (first - 32) * cols + first + 32,
                    cols,
                    errors + first - 32,
                    0,
                    cols - first - 32,
                )
        if first + 32 >= cols:
            decide(cython.address(histories[block]), count, best, errors + first, target + first)
            return best + 8 * survivors[now].neighbours[best]
        further = cython.cast(cython.int, min(32, cols - first - 32))
        alike = 32
        for state in range(8):
            for column in range(32):
                survivors[now].added[32 * state + column] = 0
            column = 0
            while column < alike and paths[32 * state + column] == paths[32 * best + column]:
                column += 1
            if survivors[now].costs[state] < DEAD:
                alike = column
        if factor != cython.NULL:
            rows = factor + first * cols + first + 32
            # Where the paths to all states still are one, it adds the same to all.
            alike &= ~3
            for place in range(32):
                shared[place] = 0
            add_block(shared, rows, cols, paths + 32 * best, 32 - alike, further)
            for state in range(8):
                if survivors[now].costs[state] < DEAD:
                    for column in range(32):
                        survivors[now].added[32 * state + column] = shared[column]
                    add_block(
                        survivors[now].added + 32 * state,
                        rows + alike * cols,
                        cols,
                        paths + 32 * state + alike,
                        alike,
                        further,
                    )
        block = 1 - block
    return start


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def advance(
    old: cython.pointer[Survivors],
    new: cython.pointer[Survivors],
    value: cython.float,
    common: cython.float,
    weight: cython.float,
    factor: cython.pointer[cython.const[cython.float]],
    branches: cython.pointer[cython.const[int32_t]],
    magnitudes: cython.pointer[cython.const[int32_t]],
    column: cython.int,
    count: cython.int,
    history: cython.pointer[History],
) -> cython.void:
    """Carry the survivors on by one column."""
    costs = cython.declare(cython.float[8])
    origins = cython.declare(cython.int[8])
    indices = cython.declare(int32_t[8])
    goals = cython.declare(cython.float[8])
    sizes = cython.declare(cython.float[8])
    plain = cython.declare(cython.float[8])
    lows = cython.declare(int32_t[16])
    below = cython.declare(cython.float[16])
    above = cython.declare(cython.float[16])
    place: cython.int
    state: cython.int
    parity: cython.int
    after: cython.int
    sign: cython.int
    low: int32_t
    index: int32_t
    chosen: int32_t
    goal: cython.float
    size: cython.float
    distance: cython.float
    cost: cython.float
    cheapest: cython.float
    least: cython.float = DEAD
    further: cython.int
    error: cython.float
    one: cython.float
    two: cython.float
    three: cython.float
    four: cython.float
    branch: cython.pointer[cython.const[int32_t]]
    magnitude: cython.pointer[cython.const[int32_t]]
    quarter: cython.float = 0.25
    for after in range(8):
        costs[after] = 2 * DEAD
        origins[after] = 0
        indices[after] = 0
    # What needs no tables is worked out for all states at once, and without branches, which nobody
    # could predict.
    for state in range(8):
        goal = (value + common) + old.added[32 * state + column]
        goals[state] = goal if goal >= -FURTHEST and goal <= FURTHEST else value
    for state in range(8):
        sizes[state] = -goals[state] if goals[state] < 0 else goals[state]
        plain[state] = weight * (sizes[state] * sizes[state]) * ONE
    for place in range(16):
        # The two indices of the subset next to the value: the lower may be below zero.
        size = sizes[place & 7]
        low = (cython.cast(int32_t, (size - _rest[place] + 4) * quarter) - 1) * 4 + _rest[place]
        lows[place] = low
        distance = size - low
        below[place] = weight * (distance * distance) * ONE
        distance = size - (low + 4)
        above[place] = weight * (distance * distance) * ONE
    for state in range(8):
        if old.costs[state] >= DEAD:
            continue
        sign = goals[state] < 0
        branch = branches + 16 * (12 * old.neighbours[state] + sign) + state
        magnitude = magnitudes + ROW * sign + 4
        for parity in range(2):
            low = lows[8 * parity + state]
            index = low + 4
            cheapest = below[8 * parity + state] + cython.cast(
                cython.float, branch[8] + magnitude[min(low, TOP)]
            )
            cheapest = cheapest if low > 0 else 4 * DEAD
            cost = above[8 * parity + state] + cython.cast(
                cython.float, branch[8] + magnitude[min(index, TOP)]
            )
            cost = cost if index > 0 else 4 * DEAD
            chosen = index if cost < cheapest else low
            cheapest = cost if cost < cheapest else cheapest
            if parity == 0:
                cost = plain[state] + cython.cast(cython.float, branch[0])
                chosen = 0 if cost <= cheapest else chosen
                cheapest = cost if cost <= cheapest else cheapest
            after = _after[2 * state + parity]
            cost = old.costs[state] + cheapest
            if cost < costs[after]:
                costs[after] = cost
                origins[after] = state
                indices[after] = -chosen if sign else chosen
    for after in range(8):
        if costs[after] < least:
            least = costs[after]
    for after in range(8):
        state = origins[after]
        index = indices[after]
        error = value - index
        history.errors[8 * column + after] = error
        history.indices[8 * column + after] = index
        history.before[8 * column + after] = state
        if costs[after] >= DEAD:
            new.costs[after] = DEAD
            new.neighbours[after] = 0
            continue
        new.costs[after] = costs[after] - least
        new.neighbours[after] = 0 if index == 0 else 1 + (index > 0)
        if factor != cython.NULL:
            # From where fours begin; what is behind isn't looked at any more.
            further = (column + 1) & ~3
            while further + 4 <= count:
                one = old.added[32 * state + further] + error * factor[further]
                two = old.added[32 * state + further + 1] + error * factor[further + 1]
                three = old.added[32 * state + further + 2] + error * factor[further + 2]
                four = old.added[32 * state + further + 3] + error * factor[further + 3]
                new.added[32 * after + further] = one
                new.added[32 * after + further + 1] = two
                new.added[32 * after + further + 2] = three
                new.added[32 * after + further + 3] = four
                further += 4
            while further < count:
                new.added[32 * after + further] = (
                    old.added[32 * state + further] + error * factor[further]
                )
                further += 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def follow(
    history: cython.pointer[History],
    count: cython.int,
    state: cython.int,
    errors: cython.pointer[cython.float],
) -> cython.int:
    """Note the errors on the path to a state; return the state before the block."""
    column: cython.int
    for column in range(count - 1, -1, -1):
        errors[column] = history.errors[8 * column + state]
        state = history.before[8 * column + state]
    return state


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def differs(history: cython.pointer[History], one: cython.int, other: cython.int) -> cython.bint:
    """Tell whether the paths to two states after a whole block have other indices."""
    column: cython.int
    for column in range(31, -1, -1):
        if one == other:
            return False
        if history.indices[8 * column + one] != history.indices[8 * column + other]:
            return True
        one = history.before[8 * column + one]
        other = history.before[8 * column + other]
    return False


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def decide(
    history: cython.pointer[History],
    count: cython.int,
    state: cython.int,
    errors: cython.pointer[cython.float],
    target: cython.pointer[int32_t],
) -> cython.void:
    """Note the errors and the indices on the path to a state."""
    column: cython.int
    for column in range(count - 1, -1, -1):
        errors[column] = history.errors[8 * column + state]
        target[column] = history.indices[8 * column + state]
        state = history.before[8 * column + state]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def add_block(
    target: cython.pointer[cython.float],
    rows: cython.pointer[cython.const[cython.float]],
    stride: cython.Py_ssize_t,
    factors: cython.pointer[cython.const[cython.float]],
    fewer: cython.int,
    count: cython.Py_ssize_t,
) -> cython.void:
    """Add multiples of 32 - `fewer` rows of numbers to others, one after the other.

    Four at a time go through the processor's registers. `fewer` is a multiple of four.
    """
    place: cython.Py_ssize_t
    row: cython.int
    first: cython.pointer[cython.const[cython.float]]
    second: cython.pointer[cython.const[cython.float]]
    third: cython.pointer[cython.const[cython.float]]
    fourth: cython.pointer[cython.const[cython.float]]
    for row in range(0, 32 - fewer, 4):
        first = rows + row * stride
        second = first + stride
        third = second + stride
        fourth = third + stride
        for place in range(count):
            target[place] = (
                ((target[place] + factors[row] * first[place]) + factors[row + 1] * second[place])
                + factors[row + 2] * third[place]
            ) + factors[row + 3] * fourth[place]
