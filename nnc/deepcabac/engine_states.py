# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Tables of the compiled coders, made once from those of clause 10."""

from __future__ import annotations

import cython
import numpy as np

from nnc.deepcabac.tables import (
    BIN_COSTS,
    LPS_RANGE,
    PARAMETER_SETS,
    STATE_CURVE,
    STATE_TRANSITIONS,
)

_tables = cython.declare(Tables)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def tables() -> cython.pointer(cython.const[Tables]):
    """Return the tables, which never change."""
    return cython.address(_tables)


@cython.cfunc
def coding_struct(coding) -> Coding:
    """Return what the inner loops need of a TensorCoding."""
    made: Coding
    made.dq = coding.dq_flag
    made.greater_flags = coding.greater_flags
    made.implied_sign = coding.implied_sign
    made.nothing_coded = coding.nothing_coded
    made.limited = coding.limited
    made.negative_limit = coding.negative_limit
    made.positive_limit = coding.positive_limit
    return made


@cython.cfunc
def _fill_rows():
    index: cython.int
    value: cython.int
    row: cython.int
    less: cython.int
    shift: cython.int
    for index in range(-32, 32):
        certainty: cython.int = min(abs(index), 31)
        start: cython.int = ROW * (index + 32)
        _tables.rows[start] = int(index >= 0)
        for row in range(8):
            _tables.rows[start + 8 + row] = LPS_RANGE[32 * row + certainty]
        for value in range(256, 512):
            less = _tables.rows[start + value // 32]
            place: cython.int = 16 * start + value - 256
            is_less: cython.int
            for is_less in range(2):
                part: cython.int = less if is_less else value - less
                shift = 0
                while (part << shift) < 256:
                    shift += 1
                _tables.next_range[place + 256 * is_less] = (part << shift) - 256 + 256 * shift
        costs = BIN_COSTS[certainty]
        _tables.costs[2 * (index + 32)] = costs[index >= 0]
        _tables.costs[2 * (index + 32) + 1] = costs[index < 0]


@cython.cfunc
def _fill_steps():
    curve: cython.int[32]
    shift: cython.int
    fast: cython.int
    upper: cython.int
    for upper in range(32):
        curve[upper] = STATE_CURVE[upper]
    for shift in range(4):
        for fast in range(-128, 128):
            up: cython.int = curve[16 + (fast >> 3)] >> (shift + 4)
            down: cython.int = curve[16 + (min(-fast, 127) >> 3)] >> (shift + 4)
            _tables.fast_next[512 * shift + fast + 128] = 2 * (fast - down + 128)
            _tables.fast_next[512 * shift + 256 + fast + 128] = 2 * (fast + up + 128)
    for shift in range(8):
        for upper in range(-16, 17):
            start: cython.int = 66 * shift + upper + 16
            _tables.slow_step[start] = -(curve[min(16 - upper, 31)] >> shift)
            _tables.slow_step[start + 33] = curve[min(16 + upper, 31)] >> shift


@cython.cfunc
def _fill_others():
    for value in range(512):
        _tables.renormalisation[value] = max(9 - value.bit_length(), 0)
    for value in range(256, 512):
        _tables.reciprocal[value - 256] = (1 << 32) // value
    for state in range(8):
        for parity in range(2):
            _tables.transitions[2 * state + parity] = STATE_TRANSITIONS[state][parity]


@cython.cfunc
def _fill_queued():
    for dq in range(2):
        for level in range(-MOST_QUEUED, MOST_QUEUED + 1):
            sign = int(level < 0)
            magnitude = (abs(level) + 1) >> 1 if dq else abs(level)
            entry: cython.pointer(QueuedLevel) = cython.address(
                _tables.queued[dq * (2 * MOST_QUEUED + 1) + level + MOST_QUEUED]
            )
            entry.bins[0] = int(level != 0)
            entry.bins[1] = sign
            for flag in range(QUEUED_FLAGS):
                number = GREATER + 2 * flag + sign
                entry.bins[flag + 2] = 64 * number + (magnitude > flag + 1)
            entry.count = 2 + magnitude if level else 1
            entry.step = 3 * (magnitude & 1) + (2 - sign if level else 0)


@cython.cfunc
def _fill_places():
    for state in range(8):
        for neighbour in range(3):
            place = 3 * state + neighbour
            _tables.places[4 * place] = 64 * (SIG + place)
            _tables.places[4 * place + 1] = 64 * (SIGN + neighbour)
            for step in range(6):
                parity, is_next = divmod(step, 3)
                _tables.next_place[8 * place + step] = 3 * state + is_next
                _tables.next_place[24 * 8 + 8 * place + step] = (
                    3 * STATE_TRANSITIONS[state][parity] + is_next
                )


@cython.cfunc
def _fill_starts():
    for index in range(9):
        chosen = PARAMETER_SETS[index]
        row: cython.Py_ssize_t = ROW * ((chosen.q_start >> 7) + 32)
        fast_next: cython.Py_ssize_t = 512 * chosen.shift0
        slow_step: cython.Py_ssize_t = 66 * chosen.shift1
        start: cython.pointer(Context) = cython.address(_tables.starts[index])
        start.row = _tables.rows + row
        value: cython.Py_ssize_t
        for value in range(2):
            start.fast_next[value] = cython.cast(
                cython.pointer(cython.const[cython.uchar]),
                _tables.fast_next + fast_next + 256 * value,
            )
            # The upper bits rounded up are one more than those of the counter less 1.
            start.slow_step[value] = _tables.slow_step + slow_step + 17 + 32 * value
        start.fast = 2 * (chosen.s0_start + 128)
        start.slow = chosen.q_start - 16 * chosen.s0_start - 1


_fill_rows()
_fill_steps()
_fill_others()
_fill_queued()
_fill_places()
_fill_starts()


@cython.cfunc
def counters(contexts: cython.pointer(cython.const[Context]), count: cython.Py_ssize_t):
    """Return (fast, slow) of contexts, as clause 10 counts them: an (n, 2) array."""
    found = np.zeros((count, 2), np.int64)
    view: cython.longlong[:, ::1] = found
    number: cython.Py_ssize_t
    for number in range(count):
        view[number, 0] = (contexts[number].fast >> 1) - 128
        view[number, 1] = contexts[number].slow + 1
    return found
