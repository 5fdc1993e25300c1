# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""A codeword that is being encoded: its bits so far, and the contexts."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_codeword works only when compiled")

import numpy as np
from cython.cimports.libc.stdlib import free
from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.deepcabac.engine_rows import Matrix, put_rows
from cython.cimports.nnc.deepcabac.engine_search import (
    Searches,
    begin_searches,
    best_set,
    count_collected,
)
from cython.cimports.nnc.deepcabac.engine_states import (
    CHUNK,
    PREFIX_BINS,
    RECORD_FIELDS,
    ROW,
    ROW_SKIP,
    SHIFT,
    Coding,
    Context,
    Place,
    Tables,
    counters,
    tables,
)
from cython.cimports.nnc.deepcabac.engine_writing import (
    Coder,
    position,
    put_levels,
    regular,
    reserve,
    terminate,
    unsigned_bins,
)

from nnc import deepcabac
from nnc.deepcabac.arithmetic import BIN_RECORD
from nnc.deepcabac.contexts import signalled_contexts

#: A matrix of fewer levels is coded before other threads may run Python: to hand over takes longer.
FEWEST_HANDED_OVER = cython.declare(cython.Py_ssize_t, 1 << 11)

# What an encoder that records nothing has to write its records to.
NO_RECORDS = np.zeros((1, RECORD_FIELDS), np.int64)


@cython.final
@cython.cclass
class State:
    """Where an encoder stands: the arithmetic coder, its output and the contexts."""

    def __init__(self, record_bins):
        """Start a codeword."""
        held: cython.pointer(cython.const[Tables]) = tables()
        self.coder.rows = held.rows + 32 * ROW
        self.coder.renormalisation = held.renormalisation
        self.coder.transitions = held.transitions
        self.coder.next_range = held.next_range + 32 * 16 * ROW
        self.coder.tables = held
        self.coder.output = cython.NULL
        self.coder.capacity = 0
        self.restart()
        self.record_capacity = record_bins
        records = np.zeros((record_bins, RECORD_FIELDS), np.int64) if record_bins else NO_RECORDS
        self._set_records(records, record_bins)
        self.reserve(256)

    @cython.cfunc
    def restart(self):
        """Start another codeword, in the memory of the one before."""
        self.coder.low = 0
        self.coder.range = 510
        self.coder.bits = 0
        self.coder.written = 0
        self.coder.direct = 0
        self.context_count = 0
        self.waiting = None

    def __dealloc__(self):
        """Free the output's memory."""
        free(self.coder.output)

    def _set_records(self, records, left):
        view: cython.longlong[:, ::1] = records
        used: cython.Py_ssize_t = self.record_capacity - left
        self.records = records
        self.coder.records_left = left
        self.coder.record = cython.address(view[0, 0]) + RECORD_FIELDS * used

    def copy(self):
        """Return a second state that goes on from the same place."""
        self.put_waiting()
        other: State = State(0)
        output: cython.pointer(cython.uchar) = other.coder.output
        capacity: cython.Py_ssize_t = other.coder.capacity
        other.coder = self.coder
        other.coder.output = output
        other.coder.capacity = capacity
        other.coder.written = 0
        other.reserve(self.coder.written)
        memcpy(other.coder.output, self.coder.output, self.coder.written)
        other.coder.written = self.coder.written
        other.record_capacity = self.record_capacity
        other._set_records(self.records.copy(), self.coder.records_left)
        return other

    def reserve(self, size):
        """See to it that so many bytes more can be written."""
        if not reserve(cython.address(self.coder), size):
            raise MemoryError("no memory for the codeword")

    @property
    def position(self):
        """Bits that a decoder at this place has consumed."""
        self.put_waiting()
        return position(cython.address(self.coder))

    def bins(self):
        """Return the recorded bins."""
        count = self.record_capacity - self.coder.records_left
        return self.records[:count].copy().view(BIN_RECORD).reshape(-1)

    def states(self):
        """Return (fast, slow) of all contexts."""
        self.put_waiting()
        return counters(self.contexts, self.context_count)

    def unsigned(self, value, bits):
        """Encode uae(bits)."""
        self.put_waiting()
        self.reserve(64)
        unsigned_bins(cython.address(self.coder), value, bits)

    def finish(self):
        """Encode the terminating bin and the stop bit, and return the codeword."""
        self.put_waiting()
        self.reserve(64)
        coder: cython.pointer(Coder) = cython.address(self.coder)
        terminate(coder)
        return cython.cast(cython.p_char, coder.output)[: coder.written]

    @cython.cfunc
    def put_waiting(self):
        """Put the levels that wait, if there are any."""
        if self.waiting is None:
            return
        levels: cython.const[cython.int][::1] = self.waiting.reshape(-1)
        self.waiting = None
        place: Place
        place.state = self.waiting_state
        place.neighbour = 0
        self.put_rest(
            cython.address(levels[0]),
            levels.shape[0],
            cython.address(self.waiting_coding),
            cython.address(place),
        )

    @cython.cfunc
    def put_rest(
        self,
        levels: cython.pointer(cython.const[cython.int]),
        count: cython.Py_ssize_t,
        coding: cython.pointer(Coding),
        place: cython.pointer(Place),
    ):
        """Put levels that follow each other, without contexts of other tensors."""
        # Each regular bin adds at most 7 bits.
        bits: cython.Py_ssize_t = 7 * (2 + coding.greater_flags + PREFIX_BINS) + PREFIX_BINS
        while count > 0:
            part: cython.Py_ssize_t = min(count, CHUNK)
            self.reserve(part * bits // 8 + 64)
            with cython.nogil:
                put_levels(
                    cython.address(self.coder),
                    self.contexts,
                    cython.NULL,
                    coding,
                    place,
                    levels,
                    cython.NULL,
                    cython.NULL,
                    part,
                )
            levels += part
            count -= part

    @cython.cfunc
    def put(
        self,
        matrix: cython.pointer(Matrix),
        coding: cython.pointer(Coding),
        first: cython.Py_ssize_t,
        last: cython.Py_ssize_t,
    ):
        """Encode the block rows from first to last (exclusive)."""
        if matrix.rows * matrix.cols < FEWEST_HANDED_OVER:
            _put_rows(self, coding, matrix, first, last)
        else:
            with cython.nogil:
                _put_rows(self, coding, matrix, first, last)
        if matrix.is_out_of_memory:
            raise MemoryError("no memory for the codeword")

    @cython.cfunc
    def search(
        self,
        matrix: cython.pointer(Matrix),
        coding: cython.pointer(Coding),
        sets: cython.uchar[::1],
        search: cython.bint,
    ):
        """Check the parities, and if it is wanted find the best parameter sets."""
        searches: cython.pointer(Searches) = cython.NULL
        count: cython.Py_ssize_t = self.context_count
        if search:
            in_lanes: cython.bint = deepcabac.lanes() is not None
            searches = begin_searches(count, matrix.rows * matrix.cols, in_lanes)
            if searches == cython.NULL:
                raise MemoryError("no memory for the parameter search")
        if matrix.rows * matrix.cols < FEWEST_HANDED_OVER:
            _search_rows(self, coding, matrix, searches, sets)
        else:
            with cython.nogil:
                _search_rows(self, coding, matrix, searches, sets)

    @cython.cfunc
    def front(
        self,
        rows: cython.Py_ssize_t,
        cols: cython.Py_ssize_t,
        coding,
        temporal: cython.bint,
        history: cython.bint,
        skipped,
        sets: cython.uchar[::1],
    ):
        """Encode what stands before the levels, and set up the contexts."""
        coder: cython.pointer(Coder) = cython.address(self.coder)
        held: cython.pointer(cython.const[Tables]) = tables()
        number: cython.Py_ssize_t
        chosen: cython.Py_ssize_t
        for number in range(self.context_count):
            self.contexts[number] = held.starts[0]
        self.reserve(2 * rows + 2 * self.context_count + 64)
        if coding.has_tools(rows, cols):
            if coding.parent_node_id_present_flag:
                unsigned_bins(coder, int(history), 1)
            unsigned_bins(coder, int(skipped is not None), 1)
            if skipped is not None:
                for flag in skipped:
                    regular(coder, self.contexts, ROW_SKIP, flag)
        for number in signalled_contexts(coding, temporal=temporal, history=history):
            chosen = sets[number]
            regular(coder, self.contexts, SHIFT, chosen > 0)
            if chosen > 0:
                unsigned_bins(coder, chosen - 1, 3)
                self.contexts[number] = held.starts[chosen]
        memcpy(self.starts, self.contexts, self.context_count * cython.sizeof(Context))
        self.starts[SHIFT] = held.starts[0]
        self.starts[ROW_SKIP] = held.starts[0]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _put_rows(
    state: State,
    coding: cython.pointer(Coding),
    matrix: cython.pointer(Matrix),
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
) -> cython.void:
    """Put the levels of block rows."""
    put_rows(
        cython.address(state.coder),
        state.contexts,
        state.starts,
        cython.NULL,
        state.context_count,
        coding,
        matrix,
        first,
        last,
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _search_rows(
    state: State,
    coding: cython.pointer(Coding),
    matrix: cython.pointer(Matrix),
    searches: cython.pointer(Searches),
    sets: cython.uchar[::1],
) -> cython.void:
    """Check the parities of all levels, find the best parameter sets, and let go of the search."""
    number: cython.Py_ssize_t
    put_rows(
        cython.address(state.coder),
        cython.NULL,
        cython.NULL,
        searches,
        state.context_count,
        coding,
        matrix,
        0,
        matrix.block_rows,
    )
    if searches != cython.NULL:
        count_collected(searches, 1)
        for number in range(state.context_count):
            sets[number] = best_set(searches.contexts + number)
    free(searches)
