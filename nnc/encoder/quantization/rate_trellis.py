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
from cython.cimports.libc.stdint import int32_t, int64_t, uint8_t, uint32_t
from cython.cimports.nnc.encoder.quantization.rate_blocks import (
    Block,
    Task,
    by_eight_supported,
    forward_in_blocks,
    indices_by_eight,
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

from nnc import deepcabac
from nnc.encoder.quantization.rates import UNREACHED
from nnc.encoder.quantization.segments import FEWEST_HANDED_OVER, go_through
from nnc.encoder.quantization.trellis_reference import checked_sequence
from nnc.encoder.quantization.uniform import LARGEST_RATIO, checked_step, refuse_values

# Magnitudes in steps below which nothing is limited.
UNLIMITED = cython.declare(int32_t, 1 << 23)
HANDED_OVER = cython.declare(cython.Py_ssize_t, FEWEST_HANDED_OVER)


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
        bad: cython.Py_ssize_t
        if stop - first < HANDED_OVER:
            return self.carry(
                first, stop, number,
                cython.address(costs_view[0]),
                cython.address(decisions[0]),
                cython.address(indices[0]),
            )  # fmt: skip
        with cython.nogil:
            bad = self.carry(
                first, stop, number,
                cython.address(costs_view[0]),
                cython.address(decisions[0]),
                cython.address(indices[0]),
            )  # fmt: skip
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
            return self.walk_runs(first, stop, number, state, decisions, indices)
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
                state = backward_uniform(
                    stop - begin, state, decisions + offset, indices + offset
                )
            if self.task.dependent and begin == self.runs[number, 0]:
                state = pass_back(state, cython.cast(cython.int, self.runs[number, 2]))
            stop = begin
            number -= 1
        return state
