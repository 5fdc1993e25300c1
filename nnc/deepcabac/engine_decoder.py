# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The compiled decoder: what reference.py does, by the inner loops of engine_reading.py."""

from __future__ import annotations

import cython
import numpy as np
from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.deepcabac.engine_reading import (
    Coder,
    decode_levels,
    load_tail,
    position,
    record,
    regular,
    unsigned_bins,
)
from cython.cimports.nnc.deepcabac.engine_states import (
    CHUNK,
    RECORD_FIELDS,
    ROW,
    ROW_SKIP,
    SHIFT,
    TERMINATE,
    Coding,
    Context,
    Place,
    Tables,
    coding_struct,
    tables,
)

from nnc.bitio.errors import NncError
from nnc.deepcabac import checks
from nnc.deepcabac.arithmetic import BIN_RECORD
from nnc.deepcabac.coding import EntryPoints, are_usable, check_entry_points
from nnc.deepcabac.contexts import context_count, signalled_contexts

# What may be wrong in Matrix.problem.
PAST_END = cython.declare(cython.int, 1)
OVERFLOW = cython.declare(cython.int, 2)
OFFSET_TOO_LARGE = cython.declare(cython.int, 3)

NO_ENTRY_POINTS = EntryPoints()


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
def _run(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    matrix: cython.pointer(Matrix),
    start: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
) -> cython.bint:
    """Decode `count` levels from flat index `start` on; false if there is a problem."""
    if coding.nothing_coded:
        _skip(coder, coding, place, count)
        place.neighbour = 0
        return True
    base: cython.pointer(cython.const[cython.int]) = matrix.base
    history: cython.pointer(cython.const[cython.uchar]) = matrix.history
    stop: cython.Py_ssize_t = start + count
    foreseeable: cython.bint = False
    while start < stop:
        part: cython.Py_ssize_t = min(stop - start, CHUNK)
        before: cython.longlong = position(coder)
        if base != cython.NULL:
            base = matrix.base + start
        if history != cython.NULL:
            history = matrix.history + start
        levels: cython.pointer(cython.int) = matrix.levels + start
        done: cython.Py_ssize_t = decode_levels(
            coder, contexts, coding, place, levels, base, history, part, foreseeable
        )
        if position(coder) > 8 * cython.cast(cython.longlong, coder.size):
            matrix.problem = PAST_END
            return False
        if done < part:
            matrix.problem = OVERFLOW
            matrix.problem_at = start + done
            return False
        # Above 4 bits a level few are 0, so that sig_flag is mostly foreseen.
        foreseeable = position(coder) - before > 4 * part
        start += part
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _block_row(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    matrix: cython.pointer(Matrix),
    top: cython.Py_ssize_t,
    bottom: cython.Py_ssize_t,
) -> cython.bint:
    """Decode the rows from top to bottom, block by block; false if there is a problem."""
    cols: cython.Py_ssize_t = matrix.cols
    if matrix.skipped == cython.NULL and matrix.block_size == cols:
        return _run(coder, contexts, coding, place, matrix, top * cols, (bottom - top) * cols)
    left: cython.Py_ssize_t = 0
    row: cython.Py_ssize_t
    while left < cols:
        right: cython.Py_ssize_t = min(left + matrix.block_size, cols)
        for row in range(top, bottom):
            if matrix.skipped != cython.NULL and matrix.skipped[row]:
                _skip(coder, coding, place, cols)
            elif not _run(coder, contexts, coding, place, matrix, row * cols + left, right - left):
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
    count: cython.Py_ssize_t,
    coding: cython.pointer(Coding),
    matrix: cython.pointer(Matrix),
    height: cython.Py_ssize_t,
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    state: cython.int,
) -> cython.bint:
    """Decode the block rows from first to last (exclusive); false if there is a problem.

    The coder stands where the first of them begins, and `state` is that of dependent
    quantization there: a thread can begin at any block row whose entry point it has.
    """
    place: Place
    place.state = state
    place.neighbour = 0
    block_row: cython.Py_ssize_t
    for block_row in range(first, last):
        found: cython.pointer(cython.longlong) = matrix.starts + 3 * block_row
        found[0] = coder.value >> coder.bits
        found[1] = place.state
        found[2] = position(coder)
        if matrix.restarts:
            if found[0] >= 256:
                matrix.problem = OFFSET_TOO_LARGE
                matrix.problem_at = block_row
                return False
            coder.range = 256
            place.neighbour = 0
            memcpy(contexts, starts, count * cython.sizeof(Context))
        if not _block_row(
            coder,
            contexts,
            coding,
            cython.address(place),
            matrix,
            block_row * height,
            min((block_row + 1) * height, matrix.rows),
        ):
            return False
    matrix.end_state = place.state
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def enter(
    coder: cython.pointer(Coder), start: cython.longlong, offset: cython.ulonglong
) -> cython.bint:
    """Set a coder to where `start` bits are consumed and the register holds `offset`."""
    if start < 9 or start > 8 * cython.cast(cython.longlong, coder.size):
        return False
    coder.loaded = cython.cast(cython.Py_ssize_t, (start + 7) >> 3)
    coder.bits = cython.cast(cython.int, 8 * cython.cast(cython.longlong, coder.loaded) - start)
    last: cython.ulonglong = coder.data[coder.loaded - 1]
    one: cython.ulonglong = 1
    coder.value = (offset << coder.bits) | (last & ((one << coder.bits) - 1))
    coder.range = 256
    return True


@cython.final
@cython.cclass
class Part:
    """Block rows of a tensor that are decoded from an entry point."""

    def run(self):
        """Decode the block rows."""
        with cython.nogil:
            _matrix(
                cython.address(self.coder),
                self.contexts,
                self.starts,
                self.context_count,
                cython.address(self.coding),
                cython.address(self.matrix),
                self.height,
                self.first,
                self.last,
                self.state,
            )


@cython.final
@cython.cclass
class Decoder:
    """Decodes the tensors of one payload, in order; the same as reference.Decoder."""

    def __init__(self, payload, *, record_bins=0):
        """Begin a codeword.

        Args:
            payload: bytes-like, the whole codeword and nothing else.
            record_bins: how many bins to keep a record of, see `bins`.

        Raises:
            IncompleteError: fewer than 2 bytes.
            InvalidError: the first bits can't begin a codeword.
        """
        self._record_capacity = record_bins
        self._records = np.zeros((record_bins, RECORD_FIELDS), np.int64) if record_bins else None
        self._context_count = 0
        self._start(payload)

    @cython.cfunc
    def _start(self, payload):
        """Begin a codeword; errors as for a new decoder."""
        self._payload = memoryview(payload).cast("B")
        self._view = self._payload
        size: cython.Py_ssize_t = self._view.shape[0]
        first_bits = (self._view[0] << 1) | (self._view[1] >> 7) if size > 1 else 0
        checks.check_start(self._payload, first_bits)
        self._entry_points = NO_ENTRY_POINTS
        records: cython.longlong[:, ::1]
        self.coder.record = cython.NULL
        if self._record_capacity:
            records = self._records
            self.coder.record = cython.address(records[0, 0])
        self.coder.records_left = self._record_capacity
        self._begin(cython.address(self._view[0]), size)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _begin(
        self, data: cython.pointer(cython.const[cython.uchar]), size: cython.Py_ssize_t
    ) -> cython.void:
        """Set the coder to the beginning of a codeword."""
        held: cython.pointer(cython.const[Tables]) = tables()
        self.coder.data = data
        self.coder.size = size
        self.coder.rows = held.rows + 32 * ROW
        self.coder.renormalisation = held.renormalisation
        self.coder.reciprocal = held.reciprocal
        self.coder.transitions = held.transitions
        self.coder.range = 510
        self.coder.value = 0
        self.coder.loaded = 0
        self.coder.bits = -9
        load_tail(cython.address(self.coder))

    @property
    def position(self):
        """Bits consumed so far, the 9 of the offset register included."""
        return position(cython.address(self.coder))

    @property
    def entry_points(self):
        """Entry points of the tensor decoded last, as decoding in order came to them."""
        return self._entry_points

    def bins(self):
        """Return the recorded bins, one element of arithmetic.BIN_RECORD each."""
        if self._records is None:
            return np.zeros(0, BIN_RECORD)
        count = self._record_capacity - self.coder.records_left
        return self._records[:count].copy().view(BIN_RECORD).reshape(-1)

    def context_states(self):
        """Return (fast, slow) of all contexts of the last tensor, as an (n, 2) array."""
        states = np.zeros((self._context_count, 2), np.int64)
        for number in range(self._context_count):
            fast = (self.contexts[number].fast >> 1) - 128
            states[number] = fast, self.contexts[number].slow + 1
        return states

    def quantization_parameter(self, qp_density):
        """Decode quantization_parameter, iae(6 + qp_density).

        Raises:
            InputError: qp_density isn't 0 to 7.
            IncompleteError: the payload ends before.
        """
        bits = checks.check_quantization_parameter(0, qp_density)
        value = unsigned_bins(cython.address(self.coder), bits)
        self._check_position()
        return value - (1 << bits) if value >> (bits - 1) else value

    def tensor(
        self,
        rows,
        cols,
        coding,
        *,
        base_levels=None,
        history=None,
        entry_points=None,
        executor=None,
        parts=1,
    ):
        """Decode quant_tensor(); arguments, result and errors as in reference.Decoder."""
        checks.check_size(rows, cols)
        checks.check_coding_for_stream(coding, self.position)
        base = checks.base_matrix(base_levels, rows, cols)
        flags = checks.history_matrix(history, rows, cols)
        self._start_contexts(coding)
        history_enabled, skipped = self._tools(rows, cols, coding, flags)
        self._parameter_sets(coding, base is not None, history_enabled)
        coded_rows = rows if skipped is None else rows - int(np.count_nonzero(skipped))
        if not coding.nothing_coded:
            checks.check_room(coded_rows * cols, self.position, 8 * self.coder.size, "levels")
        levels = checks.zero_levels(rows, cols)
        used = flags if history_enabled else None
        points = entry_points if executor is not None else None
        self._levels(levels, coding, base, used, skipped, points, executor, parts)
        if entry_points is not None and coding.block_size(rows, cols):
            check_entry_points(entry_points, self._entry_points, coding.dq_flag)
        return levels

    def begin(self, rows, cols, coding):
        """Decode what comes before the levels of a tensor, which has no parent.

        Returns:
            The levels, all 0, and 1 for each row that is skipped, None for none. None for both
            where a history is in use, or the state changes with a row that is skipped.
        """
        checks.check_size(rows, cols)
        checks.check_coding_for_stream(coding, self.position)
        self._start_contexts(coding)
        history_enabled, skipped = self._tools(rows, cols, coding, None)
        coded_rows = rows if skipped is None else rows - int(np.count_nonzero(skipped))
        if history_enabled or (coded_rows < rows and coding.dq_flag and cols & 3):
            return None, None
        self._parameter_sets(coding, False, False)
        checks.check_room(coded_rows * cols, self.position, 8 * self.coder.size, "levels")
        return checks.zero_levels(rows, cols), skipped if coded_rows < rows else None

    def head(self, rows, cols, coding, *, temporal=False):
        """Decode what comes before levels; arguments, result, errors as in reference.Decoder."""
        checks.check_size(rows, cols)
        checks.check_coding_for_stream(coding, self.position)
        self._start_contexts(coding)
        history_enabled, skipped = self._tools(rows, cols, coding, checks.NO_FLAGS)
        signals = self._parameter_sets(coding, temporal, history_enabled)
        coded_rows = rows if skipped is None else rows - int(np.count_nonzero(skipped))
        if not coding.nothing_coded:
            checks.check_room(coded_rows * cols, self.position, 8 * self.coder.size, "levels")
        return history_enabled, skipped is not None, signals

    @cython.cfunc
    def _plain(self, rows: cython.Py_ssize_t, cols: cython.Py_ssize_t, coding):
        """Decode a tensor row by row that has neither parent nor codebook; None: not possible."""
        if coding is not self._coding:
            self._prepare(coding)
        checks.check_size(rows, cols)
        held: cython.pointer(cython.const[Tables]) = tables()
        coder: cython.pointer(Coder) = cython.address(self.coder)
        number: cython.Py_ssize_t
        for number in range(self._context_count):
            self.contexts[number] = held.starts[0]
        if rows > 1 and cols > 1:
            history_enabled, skipped = self._tools(rows, cols, coding, None)
            if history_enabled or skipped is not None:
                return None
        for number in range(self._signalled_count):
            if regular(coder, self.contexts, SHIFT):
                self.contexts[self._signalled[number]] = held.starts[unsigned_bins(coder, 3) + 1]
        self._check_position()
        checks.check_room(rows * cols, self.position, 8 * coder.size, "levels")
        levels = checks.zero_levels(rows, cols)
        if rows and cols:
            view: cython.int[:, ::1] = levels
            matrix: Matrix
            matrix.levels = cython.address(view[0, 0])
            matrix.base = matrix.history = cython.NULL
            place: Place
            place.state = place.neighbour = 0
            if not _run(
                coder,
                self.contexts,
                cython.address(self._needed),
                cython.address(place),
                cython.address(matrix),
                0,
                rows * cols,
            ):
                return None
        return levels

    @cython.cfunc
    def _prepare(self, coding):
        """Take what depends on the coding alone, and is the same for most tensors of a model."""
        self._coding = None
        checks.check_coding_for_stream(coding, self.position)
        self._context_count = context_count(coding)
        self._needed = coding_struct(coding)
        self._signalled_count = 0
        for number in signalled_contexts(coding, temporal=False, history=False):
            self._signalled[self._signalled_count] = number
            self._signalled_count += 1
        self._coding = coding

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _alike(
        self,
        data: cython.pointer(cython.const[cython.uchar]),
        size: cython.Py_ssize_t,
        shape: cython.pointer(Alike),
        levels: cython.pointer(cython.int),
        qp: cython.pointer(cython.int),
    ) -> cython.bint:
        """Decode one of many codewords for which _prepare was called; false: not possible here.

        What would be an error isn't possible either.
        """
        self._begin(data, size)
        held: cython.pointer(cython.const[Tables]) = tables()
        coder: cython.pointer(Coder) = cython.address(self.coder)
        if size < 2 or coder.value >> coder.bits >= coder.range:
            return False
        bits: cython.longlong = 8 * cython.cast(cython.longlong, size)
        if shape.qp_bits:
            value: cython.longlong = unsigned_bins(coder, shape.qp_bits)
            half: cython.longlong = 1 << (shape.qp_bits - 1)
            qp[0] = cython.cast(cython.int, value - 2 * half if value >= half else value)
        number: cython.Py_ssize_t
        for number in range(self._context_count):
            self.contexts[number] = held.starts[0]
        if shape.history and unsigned_bins(coder, 1):
            return False
        if shape.tools and unsigned_bins(coder, 1):
            return False
        for number in range(self._signalled_count):
            if regular(coder, self.contexts, SHIFT):
                self.contexts[self._signalled[number]] = held.starts[unsigned_bins(coder, 3) + 1]
        if position(coder) + shape.needed_bits > bits:
            return False
        if shape.count:
            matrix: Matrix
            matrix.levels = levels
            matrix.base = matrix.history = cython.NULL
            place: Place
            place.state = place.neighbour = 0
            if not _run(
                coder,
                self.contexts,
                cython.address(self._needed),
                cython.address(place),
                cython.address(matrix),
                0,
                shape.count,
            ):
                return False
        return self._ends_well()

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _ends_well(self) -> cython.bint:
        """Decode the terminating bin; tell whether the codeword ends as it has to."""
        coder: cython.pointer(Coder) = cython.address(self.coder)
        coder.range -= 2
        terminated: cython.bint = coder.value >> coder.bits >= coder.range
        record(coder, TERMINATE, cython.NULL, terminated)
        last: cython.longlong = position(coder) - 1
        if not terminated or (last >> 3) != coder.size - 1:
            return False
        return ((coder.data[last >> 3] << (last & 7)) & 0xFF) == 0x80

    def finish(self):
        """Check the end of the codeword; errors as in reference.Decoder."""
        self._check_position()
        if not self._ends_well():
            terminated = self.coder.value >> self.coder.bits >= self.coder.range
            checks.check_end(self._payload, self.position, terminated)

    def _check_position(self):
        if self.position > 8 * self.coder.size:
            raise checks.past_end(self.position, 8 * self.coder.size)

    def _start_contexts(self, coding):
        held: cython.pointer(cython.const[Tables]) = tables()
        self._context_count = context_count(coding)
        number: cython.Py_ssize_t
        for number in range(self._context_count):
            self.contexts[number] = held.starts[0]

    def _tools(self, rows, cols, coding, history):
        coder: cython.pointer(Coder) = cython.address(self.coder)
        history_enabled = False
        skipped = None
        if coding.has_tools(rows, cols):
            if coding.parent_node_id_present_flag:
                history_enabled = bool(unsigned_bins(coder, 1))
                if history_enabled and history is None:
                    raise checks.missing_history(self.position, 8 * coder.size)
            if unsigned_bins(coder, 1):
                what = "entries of row_skip_list"
                checks.check_room(rows, self.position, 8 * coder.size, what)
                skipped = np.zeros(rows, np.uint8)
                entries: cython.uchar[::1] = skipped
                row: cython.Py_ssize_t
                for row in range(entries.shape[0]):
                    entries[row] = regular(coder, self.contexts, ROW_SKIP)
            self._check_position()
        return history_enabled, skipped

    def _parameter_sets(self, coding, temporal, history):
        coder: cython.pointer(Coder) = cython.address(self.coder)
        held: cython.pointer(cython.const[Tables]) = tables()
        signals: cython.bint = False
        number: cython.Py_ssize_t
        chosen: cython.Py_ssize_t
        for number in signalled_contexts(coding, temporal=temporal, history=history):
            if regular(coder, self.contexts, SHIFT):
                signals = True
                chosen = unsigned_bins(coder, 3) + 1
                self.contexts[number] = held.starts[chosen]
        memcpy(self.starts, self.contexts, self._context_count * cython.sizeof(Context))
        self.starts[SHIFT] = held.starts[0]
        self.starts[ROW_SKIP] = held.starts[0]
        self._check_position()
        return signals

    def _levels(self, levels, coding, base, history, skipped, points, executor, parts):
        rows, cols = levels.shape
        block_rows = coding.block_rows(rows, cols)
        self._entry_points = EntryPoints()
        if rows == 0 or cols == 0:
            return
        matrix: Matrix
        flat: cython.int[::1] = levels.reshape(-1)
        matrix.levels = cython.address(flat[0])
        matrix.base = matrix.history = matrix.skipped = cython.NULL
        base_view: cython.const[cython.int][::1]
        history_view: cython.const[cython.uchar][::1]
        skipped_view: cython.const[cython.uchar][::1]
        if base is not None:
            base_view = base.reshape(-1)
            matrix.base = cython.address(base_view[0])
        if history is not None:
            history_view = history.reshape(-1)
            matrix.history = cython.address(history_view[0])
        if skipped is not None:
            skipped_view = skipped
            matrix.skipped = cython.address(skipped_view[0])
        matrix.rows = rows
        matrix.cols = cols
        size = coding.block_size(rows, cols)
        matrix.block_size = size or cols
        matrix.restarts = coding.restarts_block_rows(rows, cols)
        found = np.zeros((block_rows, 3), np.int64)
        found_view: cython.longlong[:, ::1] = found
        matrix.starts = cython.address(found_view[0, 0])
        matrix.problem = 0
        matrix.problem_at = 0
        needed: Coding = coding_struct(coding)
        height: cython.Py_ssize_t = size or rows
        last: cython.Py_ssize_t = block_rows
        matrix.end_state = 0
        parts = min(parts, block_rows)
        bits = 8 * self.coder.size
        if parts > 1 and matrix.restarts and are_usable(points, block_rows, coding.dq_flag, bits):
            made = self._parts(matrix, needed, height, last, points, parts)
            if made is not None:
                for future in [executor.submit(part.run) for part in made]:
                    future.result()
                if self._join(made):
                    self._entry_points = _entry_points(found)
                    return
                # Something is wrong: decoding in order says what.
                levels[...] = 0
        with cython.nogil:
            _matrix(
                cython.address(self.coder),
                self.contexts,
                self.starts,
                self._context_count,
                cython.address(needed),
                cython.address(matrix),
                height,
                0,
                last,
                0,
            )
        if matrix.problem:
            raise self._problem(matrix.problem, matrix.problem_at, cols)
        self._entry_points = _entry_points(found)

    @cython.cfunc
    def _parts(
        self,
        matrix: Matrix,
        coding: Coding,
        height: cython.Py_ssize_t,
        block_rows: cython.Py_ssize_t,
        points,
        count,
    ) -> object:
        """Set up parts of about as many block rows each; None if one begins outside the payload."""
        bounds = [block_rows * number // count for number in range(count + 1)]
        places = np.concatenate(([0], np.cumsum(points.bit_offset_list))) + self.position
        made = []
        for number in range(count):
            part: Part = Part()
            part.coder = self.coder
            part.matrix = matrix
            part.coding = coding
            part.starts = self.starts
            part.context_count = self._context_count
            part.height = height
            part.first = bounds[number]
            part.last = bounds[number + 1]
            part.state = 0
            if part.first > 0:
                if coding.dq:
                    part.state = points.dq_state_list[part.first - 1]
                offset = points.cabac_offset_list[part.first - 1]
                if not enter(cython.address(part.coder), places[part.first], offset):
                    return None
            made.append(part)
        return made

    def _join(self, made):
        """Go on after the last part, if each part has ended where the next one began."""
        before: Part = None
        after: Part
        for after in made:
            if after.matrix.problem:
                return False
            if before is not None:
                begun: cython.pointer(cython.longlong) = after.matrix.starts + 3 * after.first
                if (
                    begun[0]
                    != cython.cast(cython.longlong, before.coder.value >> before.coder.bits)
                    or begun[1] != before.matrix.end_state
                    or begun[2] != position(cython.address(before.coder))
                ):
                    return False
            before = after
        self.coder = before.coder
        memcpy(self.contexts, before.contexts, self._context_count * cython.sizeof(Context))
        return True

    def _problem(self, problem, at, cols):
        if problem == PAST_END:
            return checks.past_end(self.position, 8 * self.coder.size)
        if problem == OVERFLOW:
            return checks.level_overflow(at // cols, at % cols, self.position, 8 * self.coder.size)
        return checks.block_row_offset(at, self.position, 8 * self.coder.size)


def decode_plain(tasks):
    """Decode payloads of one small tensor each, with as little as can be besides the levels.

    Args:
        tasks: a coding.Task for each; scanned row by row, without parent and codebook.

    Returns:
        For each task the quantization parameter (None without) and the levels; None where the
        tensor has to be decoded alone, since it uses other tools or something is wrong.
    """
    decoder: Decoder = Decoder.__new__(Decoder)
    results = []
    for payload, qp_density, rows, cols, coding, _ in tasks:
        result = None
        try:
            decoder._start(payload)
            qp = None if qp_density is None else decoder.quantization_parameter(qp_density)
            levels = decoder._plain(rows, cols, coding)
            if levels is not None:
                decoder.finish()
                result = qp, levels
        except NncError:
            # Decoding it alone comes to the same error, in its turn.
            pass
        results.append(result)
    return results


def decode_alike(source, places, rows, cols, coding, qp_density):
    """Decode codewords of one small tensor each, all coded alike.

    Args:
        source: the data that they stand in.
        places: (n, 2) array of int64: the first byte of each, and the one after its last.
        rows: rows of each tensor.
        cols: its columns.
        coding: how they are coded: row by row, without parent and codebook.
        qp_density: precision of the quantization parameters; None: there are none.

    Returns:
        The levels, an (n, rows, cols) array of int32; the quantization parameters, an array of
        n int32; and of each whether it was decoded: else it has to be decoded alone, since it
        uses other tools or something is wrong.
    """
    count: cython.Py_ssize_t = len(places)
    levels = np.zeros((count, rows, cols), np.int32)
    parameters = np.zeros(count, np.int32)
    done = np.zeros(count, np.bool_)
    decoder: Decoder = Decoder.__new__(Decoder)
    shape: Alike
    try:
        decoder._prepare(coding)
        shape.qp_bits = 0
        if qp_density is not None:
            shape.qp_bits = checks.check_quantization_parameter(0, qp_density)
    except NncError:
        return levels, parameters, done
    shape.tools = coding.has_tools(rows, cols)
    shape.history = shape.tools and coding.parent_node_id_present_flag
    shape.count = rows * cols
    shape.needed_bits = max(0, checks.bits_needed(rows * cols))
    data: cython.const[cython.uchar][::1] = source
    bounds: cython.const[cython.longlong][:, ::1] = places
    values: cython.int[::1] = levels.reshape(-1)
    offsets: cython.int[::1] = parameters
    marks: cython.uchar[::1] = done.view(np.uint8)
    nothing: cython.int = 0
    number: cython.Py_ssize_t
    with cython.nogil:
        for number in range(count):
            marks[number] = decoder._alike(
                cython.address(data[bounds[number, 0]]),
                bounds[number, 1] - bounds[number, 0],
                cython.address(shape),
                cython.address(values[number * shape.count])
                if shape.count
                else cython.address(nothing),
                cython.address(offsets[number]),
            )
    return levels, parameters, done


def _entry_points(found):
    """Return the entry points out of offset, state and position at the start of each block row."""
    return EntryPoints(found[1:, 0].tolist(), found[1:, 1].tolist(), np.diff(found[:, 2]).tolist())
