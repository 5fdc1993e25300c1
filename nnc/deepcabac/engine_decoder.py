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
    begin,
    ends_well,
    position,
    regular,
    unsigned_bins,
)
from cython.cimports.nnc.deepcabac.engine_reading_rows import (
    OVERFLOW,
    PAST_END,
    Matrix,
    decode_rows,
    enter,
)
from cython.cimports.nnc.deepcabac.engine_states import (
    RECORD_FIELDS,
    ROW_SKIP,
    SHIFT,
    Coding,
    Context,
    Tables,
    coding_struct,
    counters,
    tables,
)

from nnc.deepcabac import checks
from nnc.deepcabac.arithmetic import BIN_RECORD
from nnc.deepcabac.coding import EntryPoints, are_usable, check_entry_points
from nnc.deepcabac.contexts import context_count, signalled_contexts

NO_ENTRY_POINTS = EntryPoints()


@cython.final
@cython.cclass
class Part:
    """Block rows of a tensor that are decoded from an entry point."""

    def run(self):
        """Decode the block rows."""
        with cython.nogil:
            decode_rows(
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
        begin(cython.address(self.coder), cython.address(self._view[0]), size)

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
        return counters(self.contexts, self._context_count)

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
        base = checks.base_matrix(base_levels, rows, cols)
        flags = checks.history_matrix(history, rows, cols)
        history_enabled, skipped, _ = self._front(rows, cols, coding, base is not None, flags)
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
        history_enabled, skipped, _ = self._front(rows, cols, coding, False, None)
        if skipped is not None and not skipped.any():
            skipped = None
        if history_enabled or (skipped is not None and coding.dq_flag and cols & 3):
            return None, None
        return checks.zero_levels(rows, cols), skipped

    def head(self, rows, cols, coding, *, temporal=False):
        """Decode what comes before levels; arguments, result, errors as in reference.Decoder."""
        flags = checks.NO_FLAGS
        history_enabled, skipped, signals = self._front(rows, cols, coding, temporal, flags)
        return history_enabled, skipped is not None, signals

    def finish(self):
        """Check the end of the codeword; errors as in reference.Decoder."""
        self._check_position()
        if not ends_well(cython.address(self.coder)):
            terminated = self.coder.value >> self.coder.bits >= self.coder.range
            checks.check_end(self._payload, self.position, terminated)

    def _check_position(self):
        if self.position > 8 * self.coder.size:
            raise checks.past_end(self.position, 8 * self.coder.size)

    @cython.cfunc
    def _front(self, rows, cols, coding, temporal, history):
        """Decode what comes before levels, and set up the contexts.

        Returns:
            hist_dep_sig_prob_enabled_flag, row_skip_list (None without it), and whether a
            shift_idx_minus_1_present_flag is 1. The codeword has room for the levels, at a bin
            each.
        """
        checks.check_size(rows, cols)
        checks.check_coding_for_stream(coding, self.position)
        held: cython.pointer(cython.const[Tables]) = tables()
        self._context_count = context_count(coding)
        number: cython.Py_ssize_t
        for number in range(self._context_count):
            self.contexts[number] = held.starts[0]
        history_enabled, skipped = self._tools(rows, cols, coding, history)
        signals = self._parameter_sets(coding, temporal, history_enabled)
        coded_rows = rows if skipped is None else rows - int(np.count_nonzero(skipped))
        if not coding.nothing_coded:
            checks.check_room(coded_rows * cols, self.position, 8 * self.coder.size, "levels")
        return history_enabled, skipped, signals

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
        found = np.zeros((block_rows, 3), np.int64)
        _set_matrix(cython.address(matrix), levels, coding, base, history, skipped, found)
        needed: Coding = coding_struct(coding)
        height: cython.Py_ssize_t = coding.block_size(rows, cols) or rows
        last: cython.Py_ssize_t = block_rows
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
            decode_rows(
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


@cython.cfunc
def _set_matrix(
    matrix: cython.pointer(Matrix), levels, coding, base, history, skipped, found
) -> cython.void:
    """Say where the arrays of a tensor stand, which are contiguous and have to stay, and its size.

    What is found at the start of each block row goes into `found`.
    """
    rows, cols = levels.shape
    matrix.rows = rows
    matrix.cols = cols
    matrix.block_size = coding.block_size(rows, cols) or cols
    matrix.restarts = coding.restarts_block_rows(rows, cols)
    starts: cython.longlong[:, ::1] = found
    matrix.starts = cython.address(starts[0, 0])
    target: cython.int[::1] = levels.reshape(-1)
    matrix.levels = cython.address(target[0])
    matrix.base = cython.NULL
    matrix.history = matrix.skipped = cython.NULL
    numbers: cython.const[cython.int][::1]
    flags: cython.const[cython.uchar][::1]
    if base is not None:
        numbers = base.reshape(-1)
        matrix.base = cython.address(numbers[0])
    if history is not None:
        flags = history.reshape(-1)
        matrix.history = cython.address(flags[0])
    if skipped is not None:
        flags = skipped
        matrix.skipped = cython.address(flags[0])
    matrix.problem = 0
    matrix.problem_at = 0
    matrix.end_state = 0


def _entry_points(found):
    """Return the entry points out of offset, state and position at the start of each block row."""
    return EntryPoints(found[1:, 0].tolist(), found[1:, 1].tolist(), np.diff(found[:, 2]).tolist())
