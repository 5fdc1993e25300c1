# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""Counting the bins of levels, for compilation; `rate_trellis_reference` has the same."""

from __future__ import annotations

import cython
from cython.cimports.libc.stdint import int32_t, int64_t, uint8_t

from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization.rates import LevelCounts

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.rate_counting works only when compiled")

_after = cython.declare(uint8_t[16])


@cython.cfunc
def fill_tables() -> cython.void:
    """Make the table of the state machine."""
    state: cython.int
    parity: cython.int
    for state in range(8):
        for parity in range(2):
            _after[2 * state + parity] = STATE_TRANSITIONS[state][parity]


fill_tables()


@cython.ccall
def count_levels(indices, situation):
    """Count the bins of a sequence's levels; arguments and result as in the reference."""
    flags: int32_t = situation.greater_flags
    counts = LevelCounts.empty(flags)
    if indices.size == 0:
        return counts
    values: cython.const[int32_t][::1] = indices
    significant: int64_t[:, :, ::1] = counts.significant
    signs: int64_t[:, ::1] = counts.signs
    magnitudes: int64_t[:, ::1] = counts.magnitudes
    runs: cython.const[int64_t][:, ::1] = situation.runs
    dependent: cython.bint = situation.dependent
    restart: cython.Py_ssize_t = situation.restart or indices.size
    base_view: cython.const[int32_t][::1]
    history_view: cython.const[uint8_t][::1]
    has_base: cython.bint = situation.base is not None
    has_history: cython.bint = situation.history is not None
    if has_base:
        base_view = situation.base
    if has_history:
        history_view = situation.history
    number: cython.Py_ssize_t
    i: cython.Py_ssize_t
    place: cython.Py_ssize_t = 0
    state: cython.int = 0
    neighbour: cython.int = 0
    kind: cython.int
    row: cython.int
    base: int32_t = 0
    index: int64_t
    magnitude: int64_t
    sign: cython.int
    for number in range(runs.shape[0]):
        if dependent:
            for _ in range(runs[number, 2]):
                state = _after[2 * state]
        for i in range(runs[number, 0], runs[number, 1]):
            if place == restart:
                place = 0
                neighbour = 0
            place += 1
            index = values[i]
            if has_base:
                base = base_view[i]
            kind = neighbour
            if base != 0:
                kind = 3 + (base < -1 or base > 1)
            if has_history and history_view[i]:
                kind = 5
            significant[kind, state, index != 0] += 1
            if index == 0:
                neighbour = 0
                if dependent:
                    state = _after[2 * state]
                continue
            sign = index < 0
            magnitude = -index if sign else index
            if dependent:
                magnitude = (magnitude + 1) >> 1
                state = _after[2 * state + (magnitude & 1)]
            signs[neighbour if base == 0 else 3 + (base > 0), sign] += 1
            row = sign
            if base != 0:
                row = 2 + (
                    flags if base >= flags or base <= -flags else base if base > 0 else -base
                )
            neighbour = 2 - sign
            if magnitude <= flags:
                magnitudes[row, magnitude - 1] += 1
            else:
                magnitude -= flags
                kind = flags
                while magnitude > 1:
                    magnitude >>= 1
                    kind += 1
                magnitudes[row, kind] += 1
    return counts
