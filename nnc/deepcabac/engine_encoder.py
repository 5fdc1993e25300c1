# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The compiled encoder: what reference.py does, a codeword at a time."""

from __future__ import annotations

import cython
import numpy as np
from cython.cimports.nnc.deepcabac.engine_codeword import State
from cython.cimports.nnc.deepcabac.engine_parts import put_block_rows, put_parts
from cython.cimports.nnc.deepcabac.engine_rows import Matrix
from cython.cimports.nnc.deepcabac.engine_states import Coding, coding_struct

from nnc.bitio.errors import InputError
from nnc.deepcabac import checks
from nnc.deepcabac.coding import EntryPoints
from nnc.deepcabac.contexts import context_count
from nnc.deepcabac.entry_offsets import fill_offsets


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
            unskipped = _encode(other, matrix, coding, base, flags, None, *how)
            result = _encode(self._state, matrix, coding, base, flags, skipped, *how)
            if other.position <= self._state.position:
                self._state, result = other, unskipped
        else:
            result = _encode(self._state, matrix, coding, base, flags, skipped, *how, waits)
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


def _encode(
    state: State, levels, coding, base, history, skipped, search, executor, parts, waits=False
):
    """Encode quant_tensor(); return entry points, and (position, register) of each.

    Where it `waits`, and is one for the lanes, the levels aren't put before something follows.
    """
    state.put_waiting()
    rows, cols = levels.shape
    state.context_count = context_count(coding)
    needed: Coding = coding_struct(coding)
    matrix: Matrix
    found = np.zeros((coding.block_rows(rows, cols), 3), np.int64)
    _set_matrix(cython.address(matrix), levels, coding, base, history, skipped, found)
    is_empty: cython.bint = rows == 0 or cols == 0
    sets = np.zeros(state.context_count, np.uint8)
    if not is_empty:
        state.search(cython.address(matrix), cython.address(needed), sets, search)
        if matrix.wrong_at >= 0:
            row, col = divmod(matrix.wrong_at, cols)
            raise checks.parity_problem(row, col, int(levels[row, col]), matrix.wrong_state)
    state.front(rows, cols, coding, base is not None, history is not None, skipped, sets)
    # Bins are recorded in order.
    in_order: cython.bint = state.coder.records_left > 0
    plain: cython.bint = not (needed.limited or needed.nothing_coded or in_order)
    plain = plain and base is None and history is None and skipped is None
    if waits and plain and not is_empty and not coding.block_size(rows, cols):
        state.waiting = levels
        state.waiting_coding = needed
        state.waiting_state = 0
        return EntryPoints([], [], []), []
    if not is_empty:
        if executor is not None and parts > 1 and matrix.restarts and not in_order:
            put_parts(state, cython.address(matrix), cython.address(needed), executor, parts)
        else:
            last = matrix.block_rows
            put_block_rows(state, cython.address(matrix), cython.address(needed), 0, last)
    if matrix.block_rows == 1:
        return EntryPoints([], [], []), []
    entry_points = EntryPoints([], found[1:, 1].tolist(), np.diff(found[:, 2]).tolist())
    return entry_points, [(consumed, low) for low, _, consumed in found[1:].tolist()]


@cython.cfunc
def _set_matrix(
    matrix: cython.pointer(Matrix), levels, coding, base, history, skipped, found
) -> cython.void:
    """Say where the arrays of a tensor stand, which are contiguous and have to stay, and its size.

    What is found at the start of each block row goes into `found`.
    """
    rows, cols = levels.shape
    size = coding.block_size(rows, cols)
    matrix.rows = rows
    matrix.cols = cols
    matrix.block_size = size or cols
    matrix.height = size or max(rows, 1)
    matrix.restarts = coding.restarts_block_rows(rows, cols)
    matrix.block_rows = coding.block_rows(rows, cols)
    starts: cython.longlong[:, ::1] = found
    matrix.starts = cython.address(starts[0, 0])
    matrix.levels = matrix.base = cython.NULL
    matrix.history = matrix.skipped = cython.NULL
    if rows == 0 or cols == 0:
        return
    numbers: cython.const[cython.int][::1] = levels.reshape(-1)
    matrix.levels = cython.address(numbers[0])
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
