# Bare annotations declare variables of C.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""Dependent quantization by an 8-state trellis, for compilation (clause 9.3, Annex G).

Finds the sequence of indices with the smallest squared error among all that a decoder's state
machine can follow. `trellis_reference` is the same, written to be read, and says what the
numbers mean; both give the same indices for every input.

How this one is fast: costs are integers of 32 bits in the upper half of 64; below them lie the
decisions that led there, one bit a step, so that taking the cheaper of two paths takes its
history along with it. After every 32 steps the histories of the 8 states are put aside (a byte
a value) and the costs made small again.

The rooms: forward block by block (trellis_blocks.py), and back from the last state
(trellis_path.py). With AVX-512 eight pieces of a sequence go forward at once (trellis_pieces.py):
each begins some steps earlier, as segments.py says of segments, and where its costs then aren't
those that the piece before ends with, it is gone through once more.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.trellis works only when compiled")

import numpy as np
from cython.cimports.libc.stdint import int32_t, uint8_t, uint32_t, uint64_t
from cython.cimports.nnc.encoder.quantization.trellis_blocks import Source, forward_in_blocks
from cython.cimports.nnc.encoder.quantization.trellis_path import indices_back, trace_back
from cython.cimports.nnc.encoder.quantization.trellis_pieces import forward_in_lanes

from nnc import deepcabac
from nnc.encoder.quantization.segments import FEWEST_HANDED_OVER, go_through
from nnc.encoder.quantization.trellis_reference import UNREACHED, checked_sequence
from nnc.encoder.quantization.uniform import checked_step, refuse_values

HANDED_OVER = cython.declare(cython.Py_ssize_t, FEWEST_HANDED_OVER)
UNREACHED_COST = cython.declare(uint64_t, UNREACHED)


@cython.ccall
def quantize_dependent(values, step):
    """Quantize a sequence so that its squared error is the least that the state machine allows.

    Args:
        values: 1-D array of float32 or float64 in coding order; float64 is divided as float64.
        step: the step size, positive; taken as float32.

    Returns:
        int32 array of the same length: indices after the doubling of dependent quantization.

    Raises:
        InputError: a value isn't finite, or is beyond `LARGEST_RATIO` steps; the step isn't a
            positive finite number; the values aren't 1-D floats.
    """
    step = checked_step(step)
    flat = checked_sequence(values)
    if flat.size == 0:
        return np.empty(0, dtype=np.int32)
    trellis: ErrorTrellis = ErrorTrellis(flat, step)
    if go_through(trellis):
        refuse_values(flat, step)
    return trellis.indices


@cython.ccall
def quantize_rows(values, steps):
    """Quantize the rows of a matrix as `quantize_dependent` does, each by itself.

    Args:
        values: (rows, columns) array of float32, contiguous, not empty; of so few columns that a
            row isn't cut into pieces.
        steps: the step size of each row, a 1-D array of float32.

    Returns:
        int32 array of the same shape, and for each row whether all its values are in range: else
        its indices are 0.
    """
    source: Source
    source.wide = cython.NULL
    view: cython.const[cython.float][:, ::1] = values
    steps_view: cython.const[cython.float][::1] = steps
    size: cython.Py_ssize_t = view.shape[1]
    indices = np.zeros(values.shape, dtype=np.int32)
    fits = np.empty(values.shape[0], dtype=np.bool_)
    indices_view: int32_t[:, ::1] = indices
    fits_view: uint8_t[::1] = fits.view(np.uint8)
    histories: uint32_t[::1] = np.empty(8 * ((size + 31) // 32), dtype=np.uint32)
    costs = cython.declare(uint64_t[8])
    in_lanes: cython.bint = deepcabac.lanes() is not None
    row: cython.Py_ssize_t
    state: cython.int
    best: cython.int
    with cython.nogil:
        for row in range(view.shape[0]):
            source.narrow = cython.address(view[row, 0])
            source.step = steps_view[row]
            costs[0] = 0
            for state in range(1, 8):
                costs[state] = UNREACHED_COST << 32
            fits_view[row] = not forward_in_blocks(
                source, 0, size, costs, cython.address(histories[0])
            )
            if not fits_view[row]:
                continue
            best = 0
            for state in range(1, 8):
                if costs[state] < costs[best]:
                    best = state
            indices_back(
                source, 0, size, best,
                cython.address(histories[0]), cython.address(indices_view[row, 0]), in_lanes,
            )  # fmt: skip
    return indices, fits


@cython.final
@cython.cclass
class ErrorTrellis:
    """A sequence in the trellis; methods as `segments.Trellis` says."""

    source: Source
    size = cython.declare(cython.Py_ssize_t, visibility="readonly")
    indices = cython.declare(object, visibility="readonly")
    # The array that the pointers are into.
    flat: object
    kept_indices: int32_t[::1]
    # Histories by the first value of each segment that waits for them.
    kept: dict
    in_lanes: cython.bint

    def __init__(self, flat, step):
        """Begin with a sequence of at least one value."""
        self.size = flat.size
        self.flat = flat
        self.indices = np.empty(flat.size, dtype=np.int32)
        self.kept_indices = self.indices
        self.kept = {}
        self.in_lanes = flat.dtype == np.float32 and deepcabac.lanes() is not None
        self.source.step = step
        self.source.narrow = cython.NULL
        self.source.wide = cython.NULL
        if flat.dtype == np.float32:
            narrow: cython.const[cython.float][::1] = flat
            self.source.narrow = cython.address(narrow[0])
        else:
            wide: cython.const[cython.double][::1] = flat
            self.source.wide = cython.address(wide[0])

    def beginning(self):
        """Return the costs before the first value."""
        costs = np.full(8, UNREACHED << 32, dtype=np.uint64)
        costs[0] = 0
        return costs

    def forward(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, costs, *, kept=True):
        """Carry costs on, in place; return the number of values refused."""
        array = np.empty(8 * ((stop - first + 31) // 32), dtype=np.uint32)
        histories: uint32_t[::1] = array
        if kept:
            self.kept[first] = array
        costs_view: uint64_t[::1] = costs
        ended: cython.pointer[uint64_t] = cython.address(costs_view[0])
        held: cython.pointer[uint32_t] = cython.address(histories[0])
        bad: cython.Py_ssize_t
        if stop - first < HANDED_OVER:
            bad = self.carry(first, stop, ended, held)
        else:
            with cython.nogil:
                bad = self.carry(first, stop, ended, held)
        return bad

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def carry(
        self,
        first: cython.Py_ssize_t,
        stop: cython.Py_ssize_t,
        costs: cython.pointer[uint64_t],
        histories: cython.pointer[uint32_t],
    ) -> cython.Py_ssize_t:
        """Carry costs on, in place; return the number of values refused."""
        if self.in_lanes:
            return forward_in_lanes(self.source, first, stop, costs, histories)
        return forward_in_blocks(self.source, first, stop, costs, histories)

    def trace(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, state: cython.int):
        """Return the state before some values from that after them."""
        histories: uint32_t[::1] = self.kept[first]
        subsets = cython.declare(uint8_t[512])
        start: cython.Py_ssize_t = first + (stop - first - 1) // 512 * 512
        with cython.nogil:
            while start >= first:
                state = trace_back(
                    cython.cast(cython.int, min(512, stop - start)),
                    state,
                    cython.address(histories[(start - first) >> 2]),
                    subsets,
                )
                start -= 512
        return state

    def backward(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, state: cython.int):
        """Find the indices of some values; return the state before them."""
        histories: uint32_t[::1] = self.kept.pop(first)
        indices: cython.pointer[int32_t] = cython.address(self.kept_indices[first])
        held: cython.pointer[uint32_t] = cython.address(histories[0])
        if stop - first < HANDED_OVER:
            state = indices_back(self.source, first, stop, state, held, indices, self.in_lanes)
        else:
            with cython.nogil:
                state = indices_back(self.source, first, stop, state, held, indices, self.in_lanes)
        return state
