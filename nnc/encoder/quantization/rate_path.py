# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""The way back through the trellis with a rate term, for compilation; see rate_trellis.py."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.rate_path works only when compiled")

from cython.cimports.libc.stdint import int32_t, uint8_t, uint32_t, uint64_t

from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization.trellis_reference import BEFORE

# The lowest index of each subset, modulo 4.
_residues = cython.declare(int32_t[4], [0, 2, 3, 1])

_after = cython.declare(uint8_t[16])
_before = cython.declare(uint8_t[16])

# The same in 4 bits each.
_ways = cython.declare(uint64_t, 0)


@cython.cfunc
def fill_tables() -> cython.void:
    """Make the tables of the state machine, forward and backward."""
    global _ways
    state: cython.int
    parity: cython.int
    for state in range(8):
        for parity in range(2):
            _after[2 * state + parity] = STATE_TRANSITIONS[state][parity]
            _before[2 * state + parity] = BEFORE[state][parity]
            _ways |= cython.cast(uint64_t, _before[2 * state + parity]) << (8 * state + 4 * parity)


fill_tables()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def pass_over(costs: cython.pointer[int32_t], transitions: cython.int) -> cython.void:
    """Make transitions of parity 0, as skipped rows do; the neighbour stays."""
    moved = cython.declare(int32_t[16])
    state: cython.int
    for _ in range(transitions):
        for state in range(8):
            moved[_after[2 * state]] = costs[state]
            moved[8 + _after[2 * state]] = costs[8 + state]
        for state in range(16):
            costs[state] = moved[state]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def pass_back(state: cython.int, transitions: cython.int) -> cython.int:
    """Return the state before transitions of parity 0."""
    for _ in range(transitions):
        state = (state & 8) | _before[2 * (state & 7)]
    return state


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def trace_dependent(
    count: cython.Py_ssize_t, state: cython.int, decisions: cython.pointer[uint32_t]
) -> cython.int:
    """Do what `backward_dependent` says without finding indices."""
    place: cython.Py_ssize_t = count - 1
    decided: uint32_t
    coded: cython.int
    while place >= 0:
        decided = decisions[place]
        coded = state >> 3
        state &= 7
        state = _before[2 * state + (cython.cast(cython.int, decided >> (16 + state)) & coded)]
        state |= (cython.cast(cython.int, decided >> (8 * coded + state)) & 1) << 3
        place -= 1
    return state


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def trace_uniform(
    count: cython.Py_ssize_t, coded: cython.int, decisions: cython.pointer[uint32_t]
) -> cython.int:
    """Do what `backward_uniform` says without finding indices."""
    place: cython.Py_ssize_t = count - 1
    while place >= 0:
        coded = cython.cast(cython.int, decisions[place] >> (8 * coded)) & 1
        place -= 1
    return coded


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def mark_dependent(
    count: cython.Py_ssize_t, state: cython.int, decisions: cython.pointer[uint32_t]
) -> cython.int:
    """Do what `backward_dependent` says but for the indices.

    Of the decisions bits 24 to 27 stay; bits 0 and 1 are the subset of the index, bit 2 says that
    it isn't 0.
    """
    place: cython.Py_ssize_t = count - 1
    decided: uint32_t
    coded: cython.int = state >> 3
    parity: cython.int
    ways: uint64_t
    either: uint32_t
    state &= 7
    while place >= 0:
        decided = decisions[place]
        ways = _ways >> (8 * state)
        either = decided >> (8 * coded)
        parity = cython.cast(cython.int, decided >> 16 >> state) & coded
        state = cython.cast(cython.int, ways >> (4 * parity)) & 7
        decisions[place] = (decided & 0x0F000000) | (4 * coded + 2 * (state & 1) + parity)
        coded = cython.cast(cython.int, either >> state) & 1
        place -= 1
    return state | coded << 3


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def backward_dependent(
    count: cython.Py_ssize_t,
    state: cython.int,
    decisions: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.int:
    """Turn what is kept into indices, from the state after them; return the state before.

    Bit 3 of a state says that the level before is coded.
    """
    place: cython.Py_ssize_t = count - 1
    decided: uint32_t
    coded: cython.int = state >> 3
    parity: cython.int
    offset: cython.int
    sign: int32_t
    whole: int32_t
    ways: uint64_t
    either: uint32_t
    # What one place hangs on the next by takes the time: shifts are faster than tables.
    state &= 7
    while place >= 0:
        decided = decisions[place]
        sign = indices[place] >> 31
        whole = indices[place] ^ sign
        ways = _ways >> (8 * state)
        either = decided >> (8 * coded)
        parity = cython.cast(cython.int, decided >> 16 >> state) & coded
        state = cython.cast(cython.int, ways >> (4 * parity)) & 7
        # The first index from 3 below on that is in the subset, or the next one.
        offset = (_residues[2 * (state & 1) + parity] + 3 - whole) & 3
        whole += offset - 3 + 4 * cython.cast(int32_t, decided >> (24 + offset) & 1)
        indices[place] = ((whole ^ sign) - sign) & -coded
        coded = cython.cast(cython.int, either >> state) & 1
        place -= 1
    return state | coded << 3


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def backward_uniform(
    count: cython.Py_ssize_t,
    coded: cython.int,
    decisions: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.int:
    """Put zeros where they are cheaper; states are 1 after a coded level, else 0."""
    place: cython.Py_ssize_t = count - 1
    while place >= 0:
        indices[place] &= -coded
        coded = cython.cast(cython.int, decisions[place] >> (8 * coded)) & 1
        place -= 1
    return coded
