# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Block rows of a tensor encoded apart, by threads or in lanes, and put together."""

from __future__ import annotations

from itertools import pairwise

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_parts works only when compiled")

import numpy as np
from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.deepcabac.engine_codeword import State
from cython.cimports.nnc.deepcabac.engine_rows import Matrix, copy_block_row
from cython.cimports.nnc.deepcabac.engine_states import QUEUED_FLAGS, Coding, Context
from cython.cimports.nnc.deepcabac.engine_writing import Coder, carry, flush, position, reserve

from nnc import deepcabac

# The position of an encoder that has put nothing.
START_POSITION = cython.declare(cython.longlong, 9)


@cython.final
@cython.cclass
class Part:
    """Block rows of a tensor that are encoded apart, as if nothing was before them."""

    def __init__(self, whole: State):
        """Prepare to encode with the contexts that a state has before the levels."""
        self.state = State(0)
        self.state.context_count = whole.context_count
        memcpy(self.state.starts, whole.starts, whole.context_count * cython.sizeof(Context))

    @cython.cfunc
    def begin(self, whole: State, coding: cython.pointer(Coding), levels):
        """Let the levels of one block row wait, with nothing put before them."""
        state: State = self.state
        state.coder.low = 0
        state.coder.range = 256
        state.coder.bits = 0
        state.coder.written = 0
        memcpy(state.contexts, whole.starts, whole.context_count * cython.sizeof(Context))
        state.waiting = levels
        state.waiting_coding = coding[0]
        found: cython.pointer(cython.longlong) = self.matrix.starts + 3 * self.first
        state.waiting_state = cython.cast(cython.int, found[1])
        found[0] = 0
        found[2] = START_POSITION

    def put(self):
        """Encode the block rows."""
        put_block_rows(
            self.state,
            cython.address(self.matrix),
            cython.address(self.coding),
            self.first,
            self.last,
        )
        return self


@cython.cfunc
def put_block_rows(
    state: State,
    matrix: cython.pointer(Matrix),
    coding: cython.pointer(Coding),
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
):
    """Encode the block rows from first to last (exclusive), in lanes where that pays."""
    plain: cython.bint = not (coding.limited or coding.nothing_coded)
    plain = plain and matrix.base == cython.NULL and matrix.history == cython.NULL
    plain = plain and matrix.skipped == cython.NULL and matrix.restarts
    plain = plain and coding.greater_flags <= QUEUED_FLAGS and state.coder.records_left <= 0
    if plain and last - first >= FEWEST_TOGETHER and deepcabac.writes_together():
        _put_in_lanes(state, matrix, coding, first, last)
    else:
        state.put(matrix, coding, first, last)


@cython.cfunc
def _put_in_lanes(
    state: State,
    matrix: cython.pointer(Matrix),
    coding: cython.pointer(Coding),
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
):
    """Encode block rows many at once, and put them together as `put_parts` does."""
    size: cython.Py_ssize_t = matrix.height * matrix.cols
    most: cython.Py_ssize_t = MOST_TOGETHER
    if most * size > MANY_LEVELS:
        most //= 2
    most = min(most, last - first)
    levels = np.empty(most * size, np.int32)
    ordered: cython.int[::1] = levels
    parts = [Part(state) for _ in range(most)]
    part: Part
    row: cython.Py_ssize_t
    number: cython.Py_ssize_t
    for row in range(first, last, most):
        begun = parts[: last - row]
        for number in range(len(begun)):
            part = begun[number]
            part.first = row + number
            part.last = row + number + 1
            part.matrix = matrix[0]
            with cython.nogil:
                count: cython.Py_ssize_t = copy_block_row(
                    matrix, row + number, cython.address(ordered[number * size])
                )
            part.begin(state, coding, levels[number * size : number * size + count])
        deepcabac.write_together(begun)
        for part in begun:
            part.state.put_waiting()
            _append(state, matrix, part)


@cython.cfunc
def put_parts(
    state: State,
    matrix: cython.pointer(Matrix),
    coding: cython.pointer(Coding),
    executor,
    count: cython.Py_ssize_t,
):
    """Encode block rows in parts, by threads, and put them together.

    Each begins with the same range and contexts, and in a state that the search found, so
    that what it adds to the codeword doesn't depend on what is before it.
    """
    bounds = [matrix.block_rows * number // count for number in range(count + 1)]
    parts = []
    first: cython.Py_ssize_t
    last: cython.Py_ssize_t
    for first, last in pairwise(sorted(set(bounds))):
        part: Part = Part(state)
        part.matrix = matrix[0]
        part.coding = coding[0]
        part.first = first
        part.last = last
        parts.append(part)
    for part in executor.map(Part.put, parts):
        _append(state, matrix, part)


@cython.cfunc
def _append(state: State, matrix: cython.pointer(Matrix), part: Part):
    """Take over the block rows of a part, which began at 0, and where each of them began."""
    coder: cython.pointer(Coder) = cython.address(state.coder)
    own: cython.pointer(Coder) = cython.address(part.state.coder)
    before: cython.longlong = position(coder)
    low: cython.longlong = coder.low & 511
    row: cython.Py_ssize_t
    for row in range(part.first, part.last):
        found: cython.pointer(cython.longlong) = matrix.starts + 3 * row
        bits: cython.longlong = found[2] - START_POSITION
        if bits < 9:
            found[0] = (found[0] + (low << bits)) & 511
        found[2] = before + bits
    if not (reserve(coder, own.written + 64) and reserve(own, 64)):
        raise MemoryError("no memory for the codeword")
    _add(coder, own)
    memcpy(state.contexts, part.state.contexts, state.context_count * cython.sizeof(Context))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _add(coder: cython.pointer(Coder), other: cython.pointer(Coder)) -> cython.void:
    """Go on after what another coder put, which began with a low end of 0 and this one's range.

    Low ends add up: the other's first 9 bits fall on this one's last 9. Both have room for 64
    bytes more than the other has written.
    """
    stream: cython.pointer(cython.uchar) = other.output
    left: cython.Py_ssize_t = 8 * other.written + other.bits + 9
    if other.low >> (other.bits + 9):
        carry(other)
    # What waits follows on what was written, up to the top of 64 bits, and some zeros.
    waiting: cython.ulonglong = other.low << (64 - (other.bits + 9))
    index: cython.Py_ssize_t
    for index in range(16):
        stream[other.written + index] = cython.cast(cython.uchar, waiting >> 56)
        waiting <<= 8
    at: cython.Py_ssize_t = 0
    count: cython.int = 9
    while left > 0:
        here: cython.pointer(cython.uchar) = stream + (at >> 3)
        word: cython.uint = (
            (cython.cast(cython.uint, here[0]) << 24) | (here[1] << 16) | (here[2] << 8) | here[3]
        )
        part: cython.uint = (word << (at & 7)) >> (32 - count)
        if at > 0:
            flush(coder)
            coder.low <<= count
            coder.bits += count
        coder.low += part
        at += count
        left -= count
        count = 16 if left > 16 else cython.cast(cython.int, left)
    coder.range = other.range
