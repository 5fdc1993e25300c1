# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The compiled encoder: what reference.py does, by the inner loops of engine_writing.py."""

from __future__ import annotations

from itertools import pairwise

import cython
import numpy as np
from cython.cimports.libc.stdlib import free
from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.deepcabac.engine_rows import Matrix, copy_block_row, put_rows
from cython.cimports.nnc.deepcabac.engine_search import (
    Searches,
    begin_searches,
    best_set,
    count_collected,
)
from cython.cimports.nnc.deepcabac.engine_states import (
    CHUNK,
    PREFIX_BINS,
    QUEUED_FLAGS,
    RECORD_FIELDS,
    ROW,
    ROW_SKIP,
    SHIFT,
    Coding,
    Context,
    Place,
    Tables,
    coding_struct,
    tables,
)
from cython.cimports.nnc.deepcabac.engine_writing import (
    Coder,
    carry,
    flush,
    position,
    put_levels,
    regular,
    reserve,
    terminate,
    unsigned_bins,
)

from nnc import deepcabac
from nnc.bitio.errors import InputError
from nnc.deepcabac import checks
from nnc.deepcabac.arithmetic import BIN_RECORD
from nnc.deepcabac.coding import EntryPoints
from nnc.deepcabac.contexts import context_count, signalled_contexts
from nnc.deepcabac.entry_offsets import fill_offsets

# The position of an encoder that has put nothing.
START_POSITION = cython.declare(cython.longlong, 9)

# What an encoder that records nothing has to write its records to.
#: A matrix of fewer levels is coded before other threads may run Python: to hand over takes longer.
FEWEST_HANDED_OVER = cython.declare(cython.Py_ssize_t, 1 << 11)

NO_RECORDS = np.zeros((1, RECORD_FIELDS), np.int64)


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
        self._restart()
        self.record_capacity = record_bins
        records = np.zeros((record_bins, RECORD_FIELDS), np.int64) if record_bins else NO_RECORDS
        self._set_records(records, record_bins)
        self.reserve(256)

    @cython.cfunc
    def _restart(self):
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
        self._put_waiting()
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
        self._put_waiting()
        return position(cython.address(self.coder))

    def bins(self):
        """Return the recorded bins."""
        count = self.record_capacity - self.coder.records_left
        return self.records[:count].copy().view(BIN_RECORD).reshape(-1)

    def states(self):
        """Return (fast, slow) of all contexts."""
        self._put_waiting()
        states = np.zeros((self.context_count, 2), np.int64)
        number: cython.Py_ssize_t
        for number in range(self.context_count):
            fast = (self.contexts[number].fast >> 1) - 128
            states[number] = fast, self.contexts[number].slow + 1
        return states

    def unsigned(self, value, bits):
        """Encode uae(bits)."""
        self._put_waiting()
        self.reserve(64)
        unsigned_bins(cython.address(self.coder), value, bits)

    def finish(self):
        """Encode the terminating bin and the stop bit, and return the codeword."""
        self._put_waiting()
        self.reserve(64)
        coder: cython.pointer(Coder) = cython.address(self.coder)
        terminate(coder)
        return cython.cast(cython.p_char, coder.output)[: coder.written]

    def tensor(self, levels, coding, base, history, skipped, search, executor, parts, waits=False):
        """Encode quant_tensor(); return entry points, and (position, register) of each.

        Where it `waits`, and is one for the lanes, the levels aren't put before something follows.
        """
        self._put_waiting()
        rows, cols = levels.shape
        count = context_count(coding)
        self.context_count = count
        needed: Coding = coding_struct(coding)
        matrix: Matrix
        matrix.base = matrix.history = matrix.skipped = cython.NULL
        levels_view: cython.const[cython.int][::1]
        base_view: cython.const[cython.int][::1]
        history_view: cython.const[cython.uchar][::1]
        skipped_view: cython.const[cython.uchar][::1]
        is_empty: cython.bint = rows == 0 or cols == 0
        if not is_empty:
            levels_view = levels.reshape(-1)
            matrix.levels = cython.address(levels_view[0])
            if base is not None:
                base_view = base.reshape(-1)
                matrix.base = cython.address(base_view[0])
            if history is not None:
                history_view = history.reshape(-1)
                matrix.history = cython.address(history_view[0])
            if skipped is not None:
                skipped_view = skipped
                matrix.skipped = cython.address(skipped_view[0])
        size = coding.block_size(rows, cols)
        matrix.rows = rows
        matrix.cols = cols
        matrix.block_size = size or cols
        matrix.height = size or max(rows, 1)
        matrix.restarts = coding.restarts_block_rows(rows, cols)
        matrix.block_rows = coding.block_rows(rows, cols)
        found = np.zeros((matrix.block_rows, 3), np.int64)
        found_view: cython.longlong[:, ::1] = found
        matrix.starts = cython.address(found_view[0, 0])

        sets = np.zeros(count, np.uint8)
        if not is_empty:
            self._search(cython.address(matrix), cython.address(needed), sets, search)
            if matrix.wrong_at >= 0:
                row, col = divmod(matrix.wrong_at, cols)
                raise checks.parity_problem(row, col, int(levels[row, col]), matrix.wrong_state)
        self._front(rows, cols, coding, base is not None, history is not None, skipped, sets)
        plain: cython.bint = not (needed.limited or needed.nothing_coded or is_empty or size)
        if (
            waits
            and plain
            and self.coder.records_left <= 0
            and base is None
            and history is None
            and skipped is None
        ):
            self.waiting = levels
            self.waiting_coding = needed
            self.waiting_state = 0
            return EntryPoints([], [], []), []
        if not is_empty:
            in_parts: cython.bint = executor is not None and parts > 1 and matrix.restarts
            # Bins are recorded in order.
            if in_parts and self.coder.records_left <= 0:
                self._put_parts(cython.address(matrix), cython.address(needed), executor, parts)
            else:
                self._put(cython.address(matrix), cython.address(needed), 0, matrix.block_rows)
        if matrix.block_rows == 1:
            return EntryPoints([], [], []), []
        entry_points = EntryPoints([], found[1:, 1].tolist(), np.diff(found[:, 2]).tolist())
        return entry_points, [(consumed, low) for low, _, consumed in found[1:].tolist()]

    @cython.cfunc
    def _put_waiting(self):
        """Put the levels that wait, if there are any."""
        if self.waiting is None:
            return
        levels: cython.const[cython.int][::1] = self.waiting.reshape(-1)
        self.waiting = None
        place: Place
        place.state = self.waiting_state
        place.neighbour = 0
        self._put_rest(
            cython.address(levels[0]),
            levels.shape[0],
            cython.address(self.waiting_coding),
            cython.address(place),
        )

    @cython.cfunc
    def _put_rest(
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
    def _put(
        self,
        matrix: cython.pointer(Matrix),
        coding: cython.pointer(Coding),
        first: cython.Py_ssize_t,
        last: cython.Py_ssize_t,
    ):
        """Encode the block rows from first to last (exclusive)."""
        plain: cython.bint = not (coding.limited or coding.nothing_coded)
        plain = plain and matrix.base == cython.NULL and matrix.history == cython.NULL
        plain = plain and matrix.skipped == cython.NULL and matrix.restarts
        plain = plain and coding.greater_flags <= QUEUED_FLAGS and self.coder.records_left <= 0
        if plain and last - first >= FEWEST_TOGETHER and deepcabac.writes_together():
            self._put_in_lanes(matrix, coding, first, last)
            return
        if matrix.rows * matrix.cols < FEWEST_HANDED_OVER:
            _put_rows(self, coding, matrix, first, last)
        else:
            with cython.nogil:
                _put_rows(self, coding, matrix, first, last)
        if matrix.is_out_of_memory:
            raise MemoryError("no memory for the codeword")

    @cython.cfunc
    def _put_in_lanes(
        self,
        matrix: cython.pointer(Matrix),
        coding: cython.pointer(Coding),
        first: cython.Py_ssize_t,
        last: cython.Py_ssize_t,
    ):
        """Encode block rows many at once, and put them together as `_put_parts` does."""
        size: cython.Py_ssize_t = matrix.height * matrix.cols
        most: cython.Py_ssize_t = MOST_TOGETHER
        if most * size > MANY_LEVELS:
            most //= 2
        most = min(most, last - first)
        levels = np.empty(most * size, np.int32)
        ordered: cython.int[::1] = levels
        parts = [Part(self) for _ in range(most)]
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
                part._begin(self, coding, levels[number * size : number * size + count])
            deepcabac.write_together(begun)
            for part in begun:
                part.state._put_waiting()
                self._append(matrix, part)

    @cython.cfunc
    def _put_parts(
        self,
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
            part: Part = Part(self)
            part.matrix = matrix[0]
            part.coding = coding[0]
            part.first = first
            part.last = last
            parts.append(part)
        for part in executor.map(Part.put, parts):
            self._append(matrix, part)

    @cython.cfunc
    def _append(self, matrix: cython.pointer(Matrix), part: Part):
        """Take over the block rows of a part, which began at 0, and where each of them began."""
        coder: cython.pointer(Coder) = cython.address(self.coder)
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
        memcpy(self.contexts, part.state.contexts, self.context_count * cython.sizeof(Context))

    @cython.cfunc
    def _search(
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
    def _front(
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
    def _begin(self, whole: State, coding: cython.pointer(Coding), levels):
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
        self.state._put(
            cython.address(self.matrix), cython.address(self.coding), self.first, self.last
        )
        return self


class Encoder:
    """Encodes the tensors of one payload, in order; the same as reference.Encoder."""

    def __init__(self, *, record_bins=0):
        """Begin a codeword.

        Args:
            record_bins: how many bins to keep a record of, see `bins`.
        """
        self._state = State(record_bins)
        self._open_entries = []
        self._is_finished = False

    @property
    def position(self):
        """Bits that a decoder has consumed when it comes to this place."""
        return self._state.position

    def bins(self):
        """Return the recorded bins, one element of arithmetic.BIN_RECORD each."""
        return self._state.bins()

    def context_states(self):
        """Return (fast, slow) of all contexts of the last tensor, as an (n, 2) array."""
        return self._state.states()

    def quantization_parameter(self, value, qp_density):
        """Encode quantization_parameter; arguments and errors as in reference.Encoder."""
        self._check_open()
        bits = checks.check_quantization_parameter(value, qp_density)
        self._state.unsigned(value & ((1 << bits) - 1), bits)

    def tensor(
        self,
        levels,
        coding,
        *,
        base_levels=None,
        history=None,
        search=True,
        row_skip=None,
        executor=None,
        parts=1,
        waits=False,
    ):
        """Encode quant_tensor(); arguments, result and errors as in reference.Encoder.

        If it `waits`, the levels may be put together with those of other encoders.
        """
        self._check_open()
        checks.check_coding_for_input(coding)
        matrix = checks.level_matrix(levels)
        rows, cols = matrix.shape
        checks.check_codebook_range(matrix, coding)
        base = checks.base_matrix(base_levels, rows, cols)
        flags = checks.history_matrix(history, rows, cols)
        if not (coding.has_tools(rows, cols) and coding.parent_node_id_present_flag):
            flags = None

        skipped = checks.rows_to_skip(matrix, coding, row_skip)
        how = search, executor, parts
        if row_skip is None and skipped is not None:
            other = self._state.copy()
            unskipped = other.tensor(matrix, coding, base, flags, None, *how)
            result = self._state.tensor(matrix, coding, base, flags, skipped, *how)
            if other.position <= self._state.position:
                self._state, result = other, unskipped
        else:
            result = self._state.tensor(matrix, coding, base, flags, skipped, *how, waits)
        entry_points, registers = result
        for consumed, register in registers:
            self._open_entries.append((entry_points.cabac_offset_list, consumed, register))
        return entry_points

    def finish(self):
        """Encode the end and return the codeword; cabac_offset_list of all tensors are complete.

        Raises:
            InputError: it was called before.
        """
        self._check_open()
        self._is_finished = True
        payload = self._state.finish()
        fill_offsets(self._open_entries, payload)
        return payload

    def _check_open(self):
        if self._is_finished:
            raise InputError("the codeword is finished")
