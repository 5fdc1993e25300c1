# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The compiled encoder: what reference.py does, by the inner loops of engine_writing.py."""

from __future__ import annotations

import cython
import numpy as np
from cython.cimports.libc.stdlib import free, malloc
from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.deepcabac.engine_search import (
    ContextSearch,
    begin_search,
    best_set,
    restart_search,
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
    coding_struct,
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

from nnc.bitio.errors import InputError
from nnc.deepcabac import checks
from nnc.deepcabac import search as rule
from nnc.deepcabac.arithmetic import BIN_RECORD
from nnc.deepcabac.coding import EntryPoints
from nnc.deepcabac.contexts import context_count, signalled_contexts
from nnc.deepcabac.entry_offsets import fill_offsets

SAMPLE_BLOCK_BITS = cython.declare(cython.int, rule.SAMPLE_BLOCK_BITS)
SAMPLE_FIRST = cython.declare(cython.Py_ssize_t, rule.SAMPLE_FIRST)
SAMPLE_EVERY = cython.declare(cython.Py_ssize_t, rule.SAMPLE_EVERY)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _first_wrong(
    coder: cython.pointer(Coder),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.const[cython.int]),
    count: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Find the first level with a wrong parity, with the state there."""
    state: cython.int = place.state
    i: cython.Py_ssize_t
    for i in range(count):
        level: cython.longlong = levels[i]
        if level != 0 and (level ^ state) & 1:
            place.state = state
            return i
        half: cython.longlong = ((-level if level < 0 else level) + 1) >> 1
        state = coder.transitions[2 * state + (half & 1)]
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _pass_over(
    coder: cython.pointer(Coder),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.const[cython.int]),
    count: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Go on after levels without putting them; give the first with a wrong parity, or count."""
    if count == 0:
        return 0
    last: cython.int = levels[count - 1]
    place.neighbour = 0 if last == 0 else 1 if last < 0 else 2
    if not coding.dq:
        return count
    transitions: cython.pointer(cython.const[cython.uchar]) = coder.transitions
    state: cython.int = place.state
    wrong: cython.uint = 0
    level: cython.uint
    sign: cython.uint
    i: cython.Py_ssize_t
    # Without a branch, since which levels are 0 can't be foreseen.
    for i in range(count):
        level = levels[i]
        sign = -(level >> 31)
        wrong |= -cython.cast(cython.uint, level != 0) & (level ^ state)
        # The parity of half the magnitude, rounded up, is bit 1 of the magnitude plus 1.
        state = transitions[2 * state + (((level ^ sign) - sign + 1) >> 1 & 1)]
    if wrong & 1:
        return _first_wrong(coder, place, levels, count)
    place.state = state
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _skip(
    coder: cython.pointer(Coder),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    count: cython.Py_ssize_t,
) -> cython.void:
    """Make the transitions of zero levels; each cycle of them has a length of 1, 2 or 4."""
    if coding.dq:
        for _ in range(count & 3):
            place.state = coder.transitions[2 * place.state]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _look_at(
    coder: cython.pointer(Coder),
    searches: cython.pointer(ContextSearch),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    matrix: cython.pointer(Matrix),
    start: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
) -> cython.bint:
    """Check the parities of levels, and search if they are in a sampled block."""
    base: cython.pointer(cython.const[cython.int]) = matrix.base
    history: cython.pointer(cython.const[cython.uchar]) = matrix.history
    if base != cython.NULL:
        base = matrix.base + start
    if history != cython.NULL:
        history = matrix.history + start
    before: Place = place[0]
    good: cython.Py_ssize_t = _pass_over(coder, coding, place, matrix.levels + start, count)
    if good < count:
        matrix.wrong_at = start + good
        matrix.wrong_state = place.state
        return False
    block: cython.Py_ssize_t = matrix.passed >> SAMPLE_BLOCK_BITS
    if searches != cython.NULL and (block < SAMPLE_FIRST or block % SAMPLE_EVERY == 0):
        put_levels(
            coder,
            cython.NULL,
            searches,
            coding,
            cython.address(before),
            matrix.levels + start,
            base,
            history,
            count,
        )
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _run(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    searches: cython.pointer(ContextSearch),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    matrix: cython.pointer(Matrix),
    start: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
) -> cython.bint:
    """Put `count` levels from flat index `start` on; false if there is a problem.

    With contexts NULL the levels are looked at only.
    """
    if coding.nothing_coded:
        _skip(coder, coding, place, count)
        place.neighbour = 0
        return True
    base: cython.pointer(cython.const[cython.int]) = matrix.base
    history: cython.pointer(cython.const[cython.uchar]) = matrix.history
    stop: cython.Py_ssize_t = start + count
    # Each regular bin adds at most 7 bits.
    bits: cython.Py_ssize_t = 7 * (2 + coding.greater_flags + PREFIX_BINS) + PREFIX_BINS
    while start < stop:
        # Chunks end where blocks of the search do.
        part: cython.Py_ssize_t = min(stop - start, CHUNK - (matrix.passed & (CHUNK - 1)))
        if contexts == cython.NULL:
            if not _look_at(coder, searches, coding, place, matrix, start, part):
                return False
        else:
            if not reserve(coder, part * bits // 8 + 64):
                matrix.is_out_of_memory = True
                return False
            if base != cython.NULL:
                base = matrix.base + start
            if history != cython.NULL:
                history = matrix.history + start
            put_levels(
                coder,
                contexts,
                cython.NULL,
                coding,
                place,
                matrix.levels + start,
                base,
                history,
                part,
            )
        start += part
        matrix.passed += part
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _block_row(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    searches: cython.pointer(ContextSearch),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    matrix: cython.pointer(Matrix),
    top: cython.Py_ssize_t,
    bottom: cython.Py_ssize_t,
) -> cython.bint:
    """Put the rows from top to bottom, block by block; false if there is a problem."""
    cols: cython.Py_ssize_t = matrix.cols
    start: cython.Py_ssize_t
    if matrix.skipped == cython.NULL and matrix.block_size == cols:
        start = top * cols
        return _run(coder, contexts, searches, coding, place, matrix, start, (bottom - top) * cols)
    left: cython.Py_ssize_t = 0
    row: cython.Py_ssize_t
    while left < cols:
        right: cython.Py_ssize_t = min(left + matrix.block_size, cols)
        for row in range(top, bottom):
            start = row * cols + left
            if matrix.skipped != cython.NULL and matrix.skipped[row]:
                _skip(coder, coding, place, cols)
            elif not _run(coder, contexts, searches, coding, place, matrix, start, right - left):
                return False
        left = right
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _matrix(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    starts: cython.pointer(cython.const[Context]),
    searches: cython.pointer(ContextSearch),
    count: cython.Py_ssize_t,
    coding: cython.pointer(Coding),
    matrix: cython.pointer(Matrix),
) -> cython.bint:
    """Put all levels; false if there is a problem."""
    place: Place
    place.state = 0
    place.neighbour = 0
    matrix.passed = 0
    matrix.wrong_at = -1
    matrix.is_out_of_memory = False
    number: cython.Py_ssize_t
    block_row: cython.Py_ssize_t = 0
    while block_row * matrix.height < matrix.rows:
        if contexts != cython.NULL:
            found: cython.pointer(cython.longlong) = matrix.starts + 3 * block_row
            found[0] = coder.low & 511
            found[1] = place.state
            found[2] = position(coder)
        if matrix.restarts:
            place.neighbour = 0
            if contexts != cython.NULL:
                coder.range = 256
                memcpy(contexts, starts, count * cython.sizeof(Context))
            elif searches != cython.NULL:
                for number in range(count):
                    restart_search(searches + number)
        if not _block_row(
            coder,
            contexts,
            searches,
            coding,
            cython.address(place),
            matrix,
            block_row * matrix.height,
            min((block_row + 1) * matrix.height, matrix.rows),
        ):
            return False
        block_row += 1
    return True


@cython.final
@cython.cclass
class State:
    """Where an encoder stands: the arithmetic coder, its output and the contexts."""

    def __init__(self, record_bins):
        """Start a codeword."""
        held: cython.pointer(cython.const[Tables]) = tables()
        self.coder.low = 0
        self.coder.range = 510
        self.coder.bits = 0
        self.coder.written = 0
        self.coder.rows = held.rows + 32 * ROW
        self.coder.renormalisation = held.renormalisation
        self.coder.transitions = held.transitions
        self.coder.next_range = held.next_range + 32 * 16 * ROW
        self.coder.tables = held
        self.coder.direct = 0
        self.coder.output = cython.NULL
        self.coder.capacity = 0
        self.context_count = 0
        self.record_capacity = record_bins
        self._set_records(np.zeros((max(record_bins, 1), RECORD_FIELDS), np.int64), record_bins)
        self.reserve(256)

    def __dealloc__(self):
        """Give the output's memory back."""
        free(self.coder.output)

    def _set_records(self, records, left):
        view: cython.longlong[:, ::1] = records
        used: cython.Py_ssize_t = self.record_capacity - left
        self.records = records
        self.coder.records_left = left
        self.coder.record = cython.address(view[0, 0]) + RECORD_FIELDS * used

    def copy(self):
        """Give a second state that goes on from the same place."""
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
        return position(cython.address(self.coder))

    def bins(self):
        """Give the recorded bins."""
        count = self.record_capacity - self.coder.records_left
        return self.records[:count].copy().view(BIN_RECORD).reshape(-1)

    def states(self):
        """Give (fast, slow) of all contexts."""
        states = np.zeros((self.context_count, 2), np.int64)
        number: cython.Py_ssize_t
        for number in range(self.context_count):
            fast = (self.contexts[number].fast >> 1) - 128
            states[number] = fast, self.contexts[number].slow + 1
        return states

    def unsigned(self, value, bits):
        """Encode uae(bits)."""
        self.reserve(64)
        unsigned_bins(cython.address(self.coder), value, bits)

    def finish(self):
        """Encode the terminating bin and the stop bit, and give the codeword."""
        self.reserve(64)
        coder: cython.pointer(Coder) = cython.address(self.coder)
        terminate(coder)
        return cython.cast(cython.p_char, coder.output)[: coder.written]

    def tensor(self, levels, coding, base, history, skipped, search):
        """Encode quant_tensor(); give entry points, and (position, register) of each."""
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
        found = np.zeros((coding.block_rows(rows, cols), 3), np.int64)
        found_view: cython.longlong[:, ::1] = found
        matrix.starts = cython.address(found_view[0, 0])

        sets = np.zeros(count, np.uint8)
        if not is_empty:
            self._search(cython.address(matrix), cython.address(needed), sets, search)
            if matrix.wrong_at >= 0:
                row, col = divmod(matrix.wrong_at, cols)
                raise checks.parity_problem(row, col, int(levels[row, col]), matrix.wrong_state)
        self._front(rows, cols, coding, base is not None, history is not None, skipped, sets)
        if not is_empty:
            with cython.nogil:
                _matrix(
                    cython.address(self.coder),
                    self.contexts,
                    self.starts,
                    cython.NULL,
                    self.context_count,
                    cython.address(needed),
                    cython.address(matrix),
                )
            if matrix.is_out_of_memory:
                raise MemoryError("no memory for the codeword")
        entry_points = EntryPoints([], found[1:, 1].tolist(), np.diff(found[:, 2]).tolist())
        return entry_points, [(consumed, low) for low, _, consumed in found[1:].tolist()]

    @cython.cfunc
    def _search(
        self,
        matrix: cython.pointer(Matrix),
        coding: cython.pointer(Coding),
        sets: cython.uchar[::1],
        search: cython.bint,
    ):
        """Check the parities, and if it is wanted find the best parameter sets."""
        searches: cython.pointer(ContextSearch) = cython.NULL
        count: cython.Py_ssize_t = self.context_count
        number: cython.Py_ssize_t
        if search:
            searches = cython.cast(
                cython.pointer(ContextSearch), malloc(count * cython.sizeof(ContextSearch))
            )
            if searches == cython.NULL:
                raise MemoryError("no memory for the parameter search")
        with cython.nogil:
            if searches != cython.NULL:
                for number in range(count):
                    begin_search(searches + number)
            _matrix(
                cython.address(self.coder),
                cython.NULL,
                cython.NULL,
                searches,
                count,
                coding,
                matrix,
            )
            if searches != cython.NULL:
                for number in range(count):
                    sets[number] = best_set(searches + number)
            free(searches)

    def _front(self, rows, cols, coding, temporal, history, skipped, sets):
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
        """Give the recorded bins, one element of arithmetic.BIN_RECORD each."""
        return self._state.bins()

    def context_states(self):
        """Give (fast, slow) of all contexts of the last tensor, as an (n, 2) array."""
        return self._state.states()

    def quantization_parameter(self, value, qp_density):
        """Encode quantization_parameter; arguments and errors as in reference.Encoder."""
        self._check_open()
        bits = checks.check_quantization_parameter(value, qp_density)
        self._state.unsigned(value & ((1 << bits) - 1), bits)

    def tensor(self, levels, coding, *, base_levels=None, history=None, search=True, row_skip=None):
        """Encode quant_tensor(); arguments, result and errors as in reference.Encoder."""
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
        if row_skip is None and skipped is not None:
            other = self._state.copy()
            unskipped = other.tensor(matrix, coding, base, flags, None, search)
            result = self._state.tensor(matrix, coding, base, flags, skipped, search)
            if other.position <= self._state.position:
                self._state, result = other, unskipped
        else:
            result = self._state.tensor(matrix, coding, base, flags, skipped, search)
        entry_points, registers = result
        for consumed, register in registers:
            self._open_entries.append((entry_points.cabac_offset_list, consumed, register))
        return entry_points

    def finish(self):
        """Encode the end and give the codeword; cabac_offset_list of all tensors are complete.

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
