# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""The trellis with a rate term, for compilation (clause 9.3, Annex G).

`rate_trellis_reference` is the same, written to be read, and says what the numbers mean; both
give the same indices for every input.

How this one is fast: the states are carried forward four at a time (rate_blocks.pxd), or eight
(rate_wide.c), with a word of decisions for each value: bits 0 to 7 and 8 to 15 say for the 8 states
before whether a level 0, and a coded one (not 0), is cheaper after a coded one; bits 16 to 23 say
for the 8 states after whether a coded level that leads there has parity 1.

With AVX-512 sixteen pieces of a sequence go through at once (rate_pieces.py): each begins some
steps earlier, as segments.py says of segments, and where its costs then aren't those that the piece
before ends with, it is gone through once more. Back they go at once from where the paths to all
states come from one.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.rate_trellis works only when compiled")

import numpy as np
from cython.cimports.libc.math import fabsf
from cython.cimports.libc.stdint import int32_t, int64_t, uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.nnc.encoder.quantization.rate_blocks import (
    Block,
    Task,
    by_eight_supported,
    forward_in_blocks,
    indices_by_eight,
)
from cython.cimports.nnc.encoder.quantization.rate_counting import (
    count_plainly,
    fill_bits,
    fill_branches,
    spread,
)
from cython.cimports.nnc.encoder.quantization.rate_path import (
    backward_dependent,
    backward_uniform,
    mark_dependent,
    pass_back,
    pass_over,
    trace_dependent,
    trace_uniform,
)
from cython.cimports.nnc.encoder.quantization.rate_pieces import (
    RATE_GROUP,
    forward_in_lanes,
    mark_in_lanes,
)
from cython.cimports.nnc.encoder.quantization.trellis_blocks import Source
from cython.cimports.nnc.encoder.quantization.trellis_blocks import (
    forward_in_blocks as errors_in_blocks,
)
from cython.cimports.nnc.encoder.quantization.trellis_path import indices_back
from cython.cimports.nnc.encoder.quantization.trellis_pieces import (
    forward_in_lanes as errors_in_lanes,
)

from nnc import deepcabac
from nnc.encoder.quantization import trellis_reference
from nnc.encoder.quantization.rates import (
    COST_ONE,
    MAGNITUDES,
    SIG_KINDS,
    SIGN_KINDS,
    UNREACHED,
    LevelCounts,
    RateTables,
)
from nnc.encoder.quantization.segments import FEWEST_HANDED_OVER, go_through
from nnc.encoder.quantization.trellis_reference import checked_sequence
from nnc.encoder.quantization.uniform import LARGEST_RATIO, checked_step, refuse_values

# Magnitudes in steps below which nothing is limited.
UNLIMITED = cython.declare(int32_t, 1 << 23)
HANDED_OVER = cython.declare(cython.Py_ssize_t, FEWEST_HANDED_OVER)
# Costs of states that can't have been reached yet, of both trellises.
FAR = cython.declare(int32_t, UNREACHED)
FAR_BY_ERROR = cython.declare(uint64_t, trellis_reference.UNREACHED)


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


@cython.ccall
def rows_that_reach(values, magnitude):
    """Tell which rows of a matrix have a value of a magnitude or more, or one that isn't a number.

    Args:
        values: (rows, columns) array of float32, contiguous, not empty.
        magnitude: float32.

    Returns:
        bool array.
    """
    view: cython.const[cython.float][:, ::1] = values
    least: cython.float = magnitude
    found = np.zeros(values.shape[0], dtype=np.bool_)
    reached: uint8_t[::1] = found.view(np.uint8)
    if values.size < HANDED_OVER:
        mark_rows(view, least, reached)
    else:
        with cython.nogil:
            mark_rows(view, least, reached)
    return found


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def mark_rows(
    values: cython.const[cython.float][:, ::1], magnitude: cython.float, reached: uint8_t[::1]
) -> cython.void:
    """Mark the rows that reach a magnitude: most show it in a few values."""
    row: cython.Py_ssize_t
    col: cython.Py_ssize_t
    for row in range(values.shape[0]):
        for col in range(values.shape[1]):
            if not fabsf(values[row, col]) < magnitude:
                reached[row] = True
                break


@cython.ccall
def quantize_in_passes(values, step, situation, sample, sampled, weight, passes):
    """Quantize a sequence as `rate_distortion.quantize_sequence` does, in one go.

    Args:
        values: 1-D array of float32 or float64 in coding order, one value or more.
        step: the step size.
        situation: what its bits depend on: dependent, without base levels and history.
        sample: some of the values, or all.
        sampled: what their bits depend on.
        weight: lambda, in squared steps a bit.
        passes: how often sample and sequence are gone through, the sequence at least once.

    Returns:
        int32 array of the sequence's length: indices.

    Raises:
        InputError: as for `quantize_by_rate`.
    """
    step = checked_step(step)
    flat, short = checked_sequence(values), checked_sequence(sample)
    flags = situation.greater_flags
    tables = RateTables(
        np.empty((2 * SIG_KINDS * SIGN_KINDS, 2, 8), np.int32),
        np.empty((3 + flags, MAGNITUDES), np.int32),
    )
    first: RateTrellis = RateTrellis(short, step, sampled, tables)
    whole: RateTrellis = RateTrellis(flat, step, situation, tables)
    going: Passes = Passes(tables, weight, flags, max(short.size, flat.size))
    again: cython.int = passes.sampled
    after: cython.int = passes.whole
    refused: cython.int
    if whole.size < HANDED_OVER:
        refused = going.go(first, whole, again, after)
    else:
        with cython.nogil:
            refused = going.go(first, whole, again, after)
    if refused:
        refuse_values(short if refused == 1 else flat, step)
    return whole.indices


@cython.final
@cython.cclass
class Passes:
    """What goes from one pass over a sequence to the next, and room for each."""

    flags: cython.int
    units: int64_t
    # Counts, what they are added up to, and bits.
    significant: int64_t[:, :, ::1]
    signs: int64_t[:, ::1]
    magnitudes: int64_t[:, ::1]
    reached: int64_t[:, ::1]
    bits: int64_t[:, ::1]
    # The tables.
    branches: int32_t[:, :, ::1]
    costs: int32_t[:, ::1]
    # What leads back, with rates and by error alone.
    decisions: uint32_t[::1]
    histories: uint32_t[::1]

    def __init__(self, tables, weight, flags, size):
        """Begin without counts, for sequences of a size at most."""
        counts = LevelCounts.empty(flags)
        self.flags = flags
        self.units = round(weight * COST_ONE)
        self.significant = counts.significant
        self.signs = counts.signs
        self.magnitudes = counts.magnitudes
        self.reached = np.empty_like(counts.magnitudes)
        self.bits = np.empty_like(counts.magnitudes)
        self.branches = tables.branches
        self.costs = tables.magnitudes
        self.decisions = np.empty(size, dtype=np.uint32)
        self.histories = np.empty(8 * ((size + 31) // 32), dtype=np.uint32)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def go(
        self, sample: RateTrellis, whole: RateTrellis, sampled: cython.int, passes: cython.int
    ) -> cython.int:
        """Make all passes; return 1 or 2 if the sample or the sequence has values refused."""
        number: cython.int
        if self.by_error(sample):
            return 1
        while sampled > 0:
            sampled -= 1
            self.learn(sample)
            if self.by_rate(sample):
                return 1
        self.learn(sample)
        for number in range(passes):
            if number > 0:
                self.learn(whole)
            if self.by_rate(whole):
                return 2
        return 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def learn(self, trellis: RateTrellis) -> cython.void:
        """Make the tables by the levels of a sequence."""
        count: cython.size_t = self.magnitudes.shape[0] * self.magnitudes.shape[1]
        size: cython.size_t = count * cython.sizeof(int64_t)
        memset(
            cython.address(self.significant[0, 0, 0]),
            0,
            self.significant.shape[0] * 16 * cython.sizeof(int64_t),
        )
        memset(
            cython.address(self.signs[0, 0]), 0, self.signs.shape[0] * 2 * cython.sizeof(int64_t)
        )
        memset(cython.address(self.magnitudes[0, 0]), 0, size)
        count_plainly(
            trellis.found, trellis.runs, True, self.flags, trellis.task.restart,
            self.significant, self.signs, self.magnitudes,
        )  # fmt: skip
        memcpy(cython.address(self.reached[0, 0]), cython.address(self.magnitudes[0, 0]), size)
        fill_branches(self.significant, self.signs, self.units, self.branches)
        fill_bits(self.magnitudes, self.reached, self.flags, self.bits)
        spread(self.bits, self.units, self.flags, True, self.costs)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def by_error(self, trellis: RateTrellis) -> cython.bint:
        """Quantize a sequence by error alone; tell whether values are refused."""
        costs = cython.declare(uint64_t[8])
        source = cython.declare(Source)
        source.narrow = trellis.task.narrow
        source.wide = trellis.task.wide
        source.step = trellis.task.step
        histories: cython.pointer[uint32_t] = cython.address(self.histories[0])
        state: cython.int
        best: cython.int = 0
        costs[0] = 0
        for state in range(1, 8):
            costs[state] = FAR_BY_ERROR << 32
        if trellis.has_lanes:
            if errors_in_lanes(source, 0, trellis.size, costs, histories):
                return True
        elif errors_in_blocks(source, 0, trellis.size, costs, histories):
            return True
        for state in range(1, 8):
            if costs[state] < costs[best]:
                best = state
        indices_back(
            source, 0, trellis.size, best, histories, cython.address(trellis.kept_indices[0]),
            trellis.has_lanes,
        )  # fmt: skip
        return False

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def by_rate(self, trellis: RateTrellis) -> cython.bint:
        """Quantize a sequence by the tables; tell whether values are refused."""
        costs = cython.declare(int32_t[16])
        decisions: cython.pointer[uint32_t] = cython.address(self.decisions[0])
        indices: cython.pointer[int32_t] = cython.address(trellis.kept_indices[0])
        state: cython.int
        best: cython.int = 0
        costs[0] = 0
        for state in range(1, 16):
            costs[state] = FAR
        if trellis.carry(0, trellis.size, 0, costs, decisions, indices):
            return True
        for state in range(1, 16):
            if costs[state] < costs[best]:
                best = state
        trellis.walk_runs(0, trellis.size, trellis.runs.shape[0] - 1, best, decisions, indices)
        return False


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
    # The same, to be read.
    found: cython.const[int32_t][::1]
    states: cython.int
    # Whether the trellis by error alone may go through the lanes.
    has_lanes: cython.bint

    def __init__(self, flat, step, situation, tables):
        """Begin with a sequence of at least one value."""
        self.size = flat.size
        self.states = 16 if situation.dependent else 2
        self.indices = np.empty(flat.size, dtype=np.int32)
        self.kept_indices = self.indices
        self.found = self.indices
        self.has_lanes = flat.dtype == np.float32 and deepcabac.lanes() is not None
        self.kept = {}
        self.runs = situation.runs
        self.arrays = flat, situation, tables
        self.task.step = step
        self.task.by_eight = not deepcabac.is_scalar() and by_eight_supported()
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
        ended: cython.pointer[int32_t] = cython.address(costs_view[0])
        decided: cython.pointer[uint32_t] = cython.address(decisions[0])
        found: cython.pointer[int32_t] = cython.address(indices[0])
        bad: cython.Py_ssize_t
        if stop - first < HANDED_OVER:
            bad = self.carry(first, stop, number, ended, decided, found)
        else:
            with cython.nogil:
                bad = self.carry(first, stop, number, ended, decided, found)
        return bad

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def carry(
        self,
        first: cython.Py_ssize_t,
        stop: cython.Py_ssize_t,
        number: cython.Py_ssize_t,
        costs: cython.pointer[int32_t],
        decisions: cython.pointer[uint32_t],
        indices: cython.pointer[int32_t],
    ) -> cython.Py_ssize_t:
        """Carry costs on over runs, of which the first has a number; as `forward`."""
        block = cython.declare(Block)
        place: cython.Py_ssize_t = first
        end: cython.Py_ssize_t
        bad: cython.Py_ssize_t = 0
        while place < stop:
            if self.task.dependent and place == self.runs[number, 0]:
                pass_over(costs, cython.cast(cython.int, self.runs[number, 2]))
            end = min(stop, self.runs[number, 1])
            if self.task.in_lanes:
                bad += forward_in_lanes(
                    cython.address(self.task), cython.address(block), place, end, costs,
                    decisions + (place - first), indices + (place - first),
                )  # fmt: skip
            else:
                bad += forward_in_blocks(
                    cython.address(self.task), cython.address(block), place, end, costs,
                    decisions + (place - first), indices + (place - first),
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
        if stop - first < HANDED_OVER:
            state = self.walk_runs(first, stop, number, state, decisions, indices)
        else:
            with cython.nogil:
                state = self.walk_runs(first, stop, number, state, decisions, indices)
        return state

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def walk_runs(
        self,
        first: cython.Py_ssize_t,
        stop: cython.Py_ssize_t,
        number: cython.Py_ssize_t,
        state: cython.int,
        decisions: cython.pointer[uint32_t],
        indices: cython.pointer[int32_t],
    ) -> cython.int:
        """Go back over runs, of which the last has a number; as `walk`."""
        begin: cython.Py_ssize_t
        offset: cython.Py_ssize_t
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
                indices_by_eight(decisions + offset, stop - begin, indices + offset)
            elif self.task.dependent:
                state = backward_dependent(
                    stop - begin, state, decisions + offset, indices + offset
                )
            else:
                state = backward_uniform(stop - begin, state, decisions + offset, indices + offset)
            if self.task.dependent and begin == self.runs[number, 0]:
                state = pass_back(state, cython.cast(cython.int, self.runs[number, 2]))
            stop = begin
            number -= 1
        return state
