# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""The trellis with a rate term, for compilation (clause 9.3, Annex G).

`rate_trellis_reference` is the same, written to be read, and says what the numbers mean; both
give the same indices for every input.

How this one is fast: the states are carried forward four at a time (rate_trellis.pxd), or eight
(rate_wide.c), with a
word of decisions for each value: bits 0 to 7 and 8 to 15 say for the 8 states before whether a
level 0, and a coded one (not 0), is cheaper after a coded one; bits 16 to 23 say for the 8
states after whether a coded level that leads there has parity 1.

With AVX-512 sixteen pieces of a sequence go through at once (rate_lanes.c): each begins some steps
earlier, as segments.py says of segments, and where its costs then aren't those that the piece
before ends with, it is gone through once more. Back they go at once from where the paths to all
states come from one.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.rate_trellis works only when compiled")

import numpy as np
from cython.cimports.libc.math import fabs, fabsf
from cython.cimports.libc.stdint import int32_t, int64_t, uint8_t, uint32_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.nnc.encoder.quantization.rate_path import (
    backward_dependent,
    backward_uniform,
    mark_dependent,
    pass_back,
    pass_over,
    trace_dependent,
    trace_uniform,
)

from nnc import deepcabac
from nnc.encoder.quantization.rates import (
    COST_ONE,
    FORBIDDEN,
    MAGNITUDES,
    UNREACHED,
    ZERO_REACH,
    ZERO_REACH_DEPENDENT,
)
from nnc.encoder.quantization.segments import go_through
from nnc.encoder.quantization.trellis_reference import BEFORE, checked_sequence
from nnc.encoder.quantization.uniform import LARGEST_RATIO, checked_step, refuse_values

# Blocks are of 256 values: what is known of them fits the first-level cache together. After
# groups of 16 the costs are made small again.

ONE = cython.declare(cython.float, COST_ONE)
LIMIT = cython.declare(cython.float, LARGEST_RATIO)
BAN = cython.declare(int32_t, FORBIDDEN)
ROW = cython.declare(int32_t, MAGNITUDES)
TOP = cython.declare(int32_t, MAGNITUDES - 12)
REACH = cython.declare(cython.float, ZERO_REACH)
REACH_DEPENDENT = cython.declare(cython.float, ZERO_REACH_DEPENDENT)

# What is to be quantized, and how. Pointers to what there isn't are null.
Task = cython.struct(
    narrow=cython.pointer[cython.const[cython.float]],
    wide=cython.pointer[cython.const[cython.double]],
    step=cython.double,
    by_eight=cython.bint,
    in_lanes=cython.bint,
    dependent=cython.bint,
    restart=cython.Py_ssize_t,
    most_negative=int32_t,
    most_positive=int32_t,
    flags=int32_t,
    base=cython.pointer[cython.const[int32_t]],
    history=cython.pointer[cython.const[uint8_t]],
    branches=cython.pointer[cython.const[int32_t]],
    magnitudes=cython.pointer[cython.const[int32_t]],
)

# Magnitudes in steps below which nothing is limited.
UNLIMITED = cython.declare(int32_t, 1 << 23)

# By state and parity the state before.
_before = cython.declare(int32_t[16], [one for ways in BEFORE for one in ways])

# What is known of the values of one block.
Block = cython.struct(
    wholes=int32_t[256],
    rests=cython.float[256],
    signs=int32_t[256],
    limits=int32_t[256],
    zeros=int32_t[256],
    # The cheapest coded level of each of four subsets, twice over.
    coded=int32_t[2048],
    # Rows of `branches` after a level 0 and after a coded one, and of `magnitudes`.
    after_zero=int32_t[256],
    after_coded=int32_t[256],
    rows=int32_t[256],
)


@cython.ccall
def quantize_by_rate(values, step, situation, tables):
    """Quantize a sequence at the least sum of squared error and weighted bits.

    Arguments, result and errors as in `rate_trellis_reference.quantize_by_rate`.
    """
    step = checked_step(step)
    flat = checked_sequence(values)
    if flat.size == 0:
        return np.empty(0, dtype=np.int32)
    trellis: RateTrellis = RateTrellis(flat, step, situation, tables)
    if go_through(trellis):
        refuse_values(flat, step)
    return trellis.indices


@cython.final
@cython.cclass
class RateTrellis:
    """A sequence in the trellis; methods as `segments.Trellis` says."""

    task: Task
    size = cython.declare(cython.Py_ssize_t, visibility="readonly")
    indices = cython.declare(object, visibility="readonly")
    # Arrays that the pointers are into.
    arrays: object
    runs: cython.const[int64_t][:, ::1]
    # What leads back, by the first value of each segment that waits for it.
    kept: dict
    kept_indices: int32_t[::1]
    states: cython.int

    def __init__(self, flat, step, situation, tables):
        """Begin with a sequence of at least one value."""
        self.size = flat.size
        self.states = 16 if situation.dependent else 2
        self.indices = np.empty(flat.size, dtype=np.int32)
        self.kept_indices = self.indices
        self.kept = {}
        self.runs = situation.runs
        self.arrays = flat, situation, tables
        self.task.step = step
        self.task.by_eight = not deepcabac.is_scalar() and wide_supported()
        self.task.narrow = cython.NULL
        self.task.wide = cython.NULL
        if flat.dtype == np.float32:
            narrow: cython.const[cython.float][::1] = flat
            self.task.narrow = cython.address(narrow[0])
        else:
            wide: cython.const[cython.double][::1] = flat
            self.task.wide = cython.address(wide[0])
        self.task.dependent = situation.dependent
        self.task.restart = situation.restart or flat.size
        self.task.flags = situation.greater_flags
        # What isn't finite is taken for the largest, so that it is in the tables until it is
        # refused.
        negative, positive = situation.index_limits
        self.task.most_negative = min(negative, LARGEST_RATIO)
        self.task.most_positive = min(positive, LARGEST_RATIO)
        self.task.base = cython.NULL
        self.task.history = cython.NULL
        if situation.base is not None:
            base: cython.const[int32_t][::1] = situation.base
            self.task.base = cython.address(base[0])
        if situation.history is not None:
            history: cython.const[uint8_t][::1] = situation.history
            self.task.history = cython.address(history[0])
        self.task.in_lanes = (
            deepcabac.lanes() is not None
            and self.task.narrow != cython.NULL
            and self.task.dependent
            and self.task.base == cython.NULL
            and self.task.history == cython.NULL
            and self.task.restart >= RATE_GROUP
            and self.task.most_negative >= UNLIMITED
            and self.task.most_positive >= UNLIMITED
        )
        branches: cython.const[int32_t][:, ::1] = tables.branches.reshape(1, -1)
        magnitudes: cython.const[int32_t][:, ::1] = tables.magnitudes.reshape(1, -1)
        self.arrays += branches.base, magnitudes.base
        self.task.branches = cython.address(branches[0, 0])
        self.task.magnitudes = cython.address(magnitudes[0, 0])

    def run_of(self, place):
        """Return the number of the run that a place is in."""
        return np.searchsorted(self.runs.base[:, 0], place, side="right") - 1

    def beginning(self):
        """Return the costs before the first value."""
        costs = np.full(self.states, UNREACHED, dtype=np.int32)
        costs[0] = 0
        return costs

    def forward(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, costs, *, kept=True):
        """Carry costs on, in place; return the number of values refused."""
        block = cython.declare(Block)
        array = np.empty(stop - first, dtype=np.uint32)
        decisions: uint32_t[::1] = array
        indices: int32_t[::1]
        if kept:
            self.kept[first] = array
            indices = self.kept_indices[first:stop]
        else:
            indices = np.empty(stop - first, dtype=np.int32)
        costs_view: int32_t[::1] = costs
        number: cython.Py_ssize_t = self.run_of(first)
        place: cython.Py_ssize_t = first
        end: cython.Py_ssize_t
        bad: cython.Py_ssize_t = 0
        with cython.nogil:
            while place < stop:
                if self.task.dependent and place == self.runs[number, 0]:
                    pass_over(
                        cython.address(costs_view[0]),
                        cython.cast(cython.int, self.runs[number, 2]),
                    )
                end = min(stop, self.runs[number, 1])
                if self.task.in_lanes:
                    bad += forward_in_lanes(
                        cython.address(self.task), cython.address(block), place, end,
                        cython.address(costs_view[0]),
                        cython.address(decisions[place - first]),
                        cython.address(indices[place - first]),
                    )  # fmt: skip
                else:
                    bad += forward_in_blocks(
                        cython.address(self.task), cython.address(block), place, end,
                        cython.address(costs_view[0]),
                        cython.address(decisions[place - first]),
                        cython.address(indices[place - first]),
                    )  # fmt: skip
                place = end
                number += 1
        return bad

    def trace(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, state: cython.int):
        """Return the state before some values from that after them."""
        decisions: uint32_t[::1] = self.kept[first]
        return self.walk(first, stop, state, cython.address(decisions[0]), cython.NULL)

    def backward(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, state: cython.int):
        """Find the indices of some values; return the state before them."""
        decisions: uint32_t[::1] = self.kept.pop(first)
        indices: cython.pointer[int32_t] = cython.address(self.kept_indices[first])
        return self.walk(first, stop, state, cython.address(decisions[0]), indices)

    @cython.cfunc
    def walk(
        self,
        first: cython.Py_ssize_t,
        stop: cython.Py_ssize_t,
        state: cython.int,
        decisions: cython.pointer[uint32_t],
        indices: cython.pointer[int32_t],
    ):
        """Go back over runs, and find indices where there is a place for them."""
        number: cython.Py_ssize_t = self.run_of(stop - 1)
        begin: cython.Py_ssize_t
        offset: cython.Py_ssize_t
        with cython.nogil:
            while stop > first:
                begin = max(first, self.runs[number, 0])
                offset = begin - first
                if indices == cython.NULL and self.task.dependent:
                    state = trace_dependent(stop - begin, state, decisions + offset)
                elif indices == cython.NULL:
                    state = trace_uniform(stop - begin, state, decisions + offset)
                elif self.task.dependent and self.task.by_eight:
                    if self.task.in_lanes:
                        state = mark_in_lanes(stop - begin, state, decisions + offset)
                    else:
                        state = mark_dependent(stop - begin, state, decisions + offset)
                    wide_indices(decisions + offset, stop - begin, indices + offset)
                elif self.task.dependent:
                    state = backward_dependent(
                        stop - begin, state, decisions + offset, indices + offset
                    )
                else:
                    state = backward_uniform(
                        stop - begin, state, decisions + offset, indices + offset
                    )
                if self.task.dependent and begin == self.runs[number, 0]:
                    state = pass_back(state, cython.cast(cython.int, self.runs[number, 2]))
                stop = begin
                number -= 1
        return state


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
def forward_in_lanes(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    costs: cython.pointer[int32_t],
    decisions: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.Py_ssize_t:
    """Do what `forward_in_blocks` does, sixteen pieces at once as long as that pays."""
    bad: cython.Py_ssize_t = 0
    # The run-up to a second piece is within the first; before the first there is a value.
    start: cython.Py_ssize_t = first
    end: cython.Py_ssize_t
    # Short at first: among values that are nearly all 0 the states stay as they are, and it is all
    # for nothing.
    longest: cython.Py_ssize_t = FIRST_PIECE
    wrong: cython.int = 0
    if first == 0 and stop > RATE_GROUP:
        start = RATE_GROUP
        bad += forward_in_blocks(task, block, 0, start, costs, decisions, indices)
    while stop - start >= RATE_PIECES * SHORTEST_PIECE:
        piece: cython.Py_ssize_t = (stop - start) // RATE_PIECES // RATE_GROUP * RATE_GROUP
        piece = min(piece, longest)
        end = start + RATE_PIECES * piece
        longest = min(2 * longest, LONGEST_PIECE)
        wrong = forward_pieces(
            task, block, start, piece, costs,
            decisions + (start - first), indices + (start - first),
        )  # fmt: skip
        if wrong < 0:
            bad += forward_in_blocks(
                task, block, start, end, costs,
                decisions + (start - first), indices + (start - first),
            )  # fmt: skip
        start = end
        if wrong < 0 or wrong > MOST_WRONG:
            end = min(stop, start + LEFT_OUT * RATE_PIECES * piece)
            bad += forward_in_blocks(
                task, block, start, end, costs,
                decisions + (start - first), indices + (start - first),
            )  # fmt: skip
            start = end
            longest = FIRST_PIECE
    return bad + forward_in_blocks(
        task, block, start, stop, costs, decisions + (start - first), indices + (start - first)
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward_pieces(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    costs: cython.pointer[int32_t],
    decisions: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.int:
    """Carry costs through sixteen pieces of a length, all of whose values are quantized.

    Returns:
        How many had to be gone through as a whole once more; -1 if the values aren't for the
        lanes, and the costs are as they were.
    """
    values = cython.declare(cython.pointer[cython.const[cython.float]][16])
    places = cython.declare(cython.pointer[uint32_t][16])
    targets = cython.declare(cython.pointer[int32_t][16])
    until = cython.declare(int32_t[16])
    # By state and piece.
    held = cython.declare(int32_t[16][16])
    begun = cython.declare(int32_t[16][16])
    later = cython.declare(int32_t[16][16])
    made: RateTask
    made.branches = task.branches
    made.magnitudes = task.magnitudes
    made.step = cython.cast(cython.float, task.step)
    made.reach = REACH_DEPENDENT
    made.one = ONE
    made.forbidden = BAN
    made.row = ROW
    made.restart = cython.cast(int32_t, min(task.restart, FAR))
    state: cython.int
    piece: cython.int
    place: cython.Py_ssize_t
    for piece in range(RATE_PIECES):
        values[piece] = task.narrow + first + piece * length
        places[piece] = decisions + piece * length
        targets[piece] = indices + piece * length
        until[piece] = until_restart(task, first)
        if piece > 0:
            values[piece] -= RUN_UP
            until[piece] = until_restart(task, first + piece * length - RUN_UP)
    memset(held, 0, cython.sizeof(held))
    # What the first piece goes through meanwhile doesn't count.
    if not rate_trellis_in_lanes(
        values, RUN_UP, cython.address(made), held, until, cython.NULL, cython.NULL
    ):
        return -1
    until[0] = until_restart(task, first)
    for state in range(RATE_STATES):
        held[state][0] = costs[state]
    for piece in range(1, RATE_PIECES):
        values[piece] += RUN_UP
    memcpy(begun, held, cython.sizeof(held))
    if not rate_trellis_in_lanes(
        values, MENDED, cython.address(made), held, until, places, targets
    ):
        return -1
    memcpy(later, held, cython.sizeof(held))
    for piece in range(RATE_PIECES):
        values[piece] += MENDED
        places[piece] += MENDED
        targets[piece] += MENDED
    if not rate_trellis_in_lanes(
        values, length - MENDED, cython.address(made), held, until, places, targets
    ):
        return -1
    wrong: cython.int = 0
    for piece in range(RATE_PIECES):
        place = piece * length
        if not is_column(begun, piece, costs):
            forward_in_blocks(
                task, block, first + place, first + place + MENDED, costs,
                decisions + place, indices + place,
            )  # fmt: skip
            if not is_column(later, piece, costs):
                wrong += 1
                forward_in_blocks(
                    task, block, first + place + MENDED, first + place + length, costs,
                    decisions + place + MENDED, indices + place + MENDED,
                )  # fmt: skip
                continue
        for state in range(RATE_STATES):
            costs[state] = held[state][piece]
    return wrong


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def until_restart(task: cython.pointer[Task], place: cython.Py_ssize_t) -> int32_t:
    """Return how many values there are from a place on before the next restart, or many."""
    past: cython.Py_ssize_t = place % task.restart
    return cython.cast(int32_t, min(task.restart - past, FAR) if past else 0)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def is_column(
    held: cython.pointer[int32_t[16]], piece: cython.int, costs: cython.pointer[int32_t]
) -> cython.bint:
    """Tell whether costs are those that are held for a piece."""
    state: cython.int
    other: int32_t = 0
    for state in range(RATE_STATES):
        other |= held[state][piece] ^ costs[state]
    return other == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def mark_in_lanes(
    count: cython.Py_ssize_t, state: cython.int, decisions: cython.pointer[uint32_t]
) -> cython.int:
    """Do what `mark_dependent` does, sixteen pieces at once where each ends in one known state."""
    places = cython.declare(cython.pointer[uint32_t][16])
    states = cython.declare(int32_t[16])
    length: cython.Py_ssize_t = count // RATE_PIECES // RATE_GROUP * RATE_GROUP
    piece: cython.int
    if length < MERGED_AT_LAST:
        return mark_dependent(count, state, decisions)
    for piece in range(RATE_PIECES):
        places[piece] = decisions + piece * length
    for piece in range(1, RATE_PIECES):
        states[piece - 1] = rate_state_before(places[piece], MERGED, _before)
        if states[piece - 1] < 0:
            states[piece - 1] = rate_state_before(places[piece], MERGED_AT_LAST, _before)
        if states[piece - 1] < 0:
            return mark_dependent(count, state, decisions)
    place: cython.Py_ssize_t = RATE_PIECES * length
    states[RATE_PIECES - 1] = mark_dependent(count - place, state, decisions + place)
    rate_marks_in_lanes(places, length, states, _before)
    return states[0]


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
