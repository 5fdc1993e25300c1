# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The nodes of lanes.c: a level that is decoded is a walk over them.

Their numbers say where they stand:

- sig_flag: state and neighbour, see `sig_node`;
- greater-than flags: 64 + 2 * flag + sign;
- sign_flag, prefix bins and remainder bits: numbers below 64 that are left.
"""

from __future__ import annotations

from functools import lru_cache

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_nodes works only when compiled")

from cython.cimports.nnc.deepcabac.engine_states import GREATER, PREFIX, SIG, SIGN

from nnc.deepcabac.tables import LPS_RANGE, STATE_CURVE, STATE_TRANSITIONS

#: Greater-than flags that there are nodes for.
MOST_FLAGS = 32
# A magnitude of more prefix bins leaves the stream to the scalar decoder.
PREFIX_NODES = 14


@lru_cache(maxsize=256)
def kind_of(coding):
    """Return what streams that share lanes have in common; None: lanes can't decode them."""
    if coding.greater_flags > MOST_FLAGS or coding.problem() or prefix_bins(coding) is None:
        return None
    return coding.dq_flag, coding.greater_flags, coding.negative_limit, coding.positive_limit


def prefix_bins(coding):
    """Return how many prefix bins a magnitude has at most, as far as there are nodes for them.

    None: the lanes can't decode levels within a codebook's limits, since there are none, or all
    are negative, or both signs have prefix bins, but not as many.
    """
    limits = coding.negative_limit, coding.positive_limit
    if limits[1] == 0:
        return None
    longest = set()
    for limit in limits:
        if limit > coding.greater_flags + 1:
            # After so many of value 1 another one would be too many.
            room = limit - coding.greater_flags
            longest.add(min(room.bit_length() - 1, PREFIX_NODES))
    if len(longest) > 1:
        return None
    return longest.pop() if longest else PREFIX_NODES


@cython.cfunc
def fill_tables(held: cython.pointer(LaneTables), numbers: cython.pointer(cython.int), coding):
    """Make the tables for a coding, and say which context each node has, -1 for none."""
    held.halve = not coding.dq_flag
    for node in range(LANE_NODES):
        numbers[node] = -1
        _set_node(held, node, 0, 0, 0)
    starts = {sig_node(state, neighbour) for state in range(8) for neighbour in range(3)}
    spare = [node for node in range(64) if node not in starts]
    trap, signs = spare[0], spare[1:4]
    prefixes = spare[4 : 4 + PREFIX_NODES]
    # The node of a remainder's bit when so many are left.
    rest = [LANE_END, *spare[4 + PREFIX_NODES : 3 + 2 * PREFIX_NODES]]
    held.trap = trap
    _set_node(held, trap, trap, trap, 0)
    _fill_flags(held, numbers, coding, signs, prefixes[0])
    _fill_prefixes(held, numbers, prefix_bins(coding), trap, prefixes, rest)
    _fill_constants(held, coding.dq_flag)


@cython.cfunc
def _set_node(
    held: cython.pointer(LaneTables), node: cython.int, next0, next1, weight
) -> cython.void:
    """Say where a bin leads to, and what a bin of 1 adds."""
    held.next0[node] = next0
    held.next1[node] = next1
    held.weight[node] = weight


@cython.cfunc
def _fill_flags(
    held: cython.pointer(LaneTables), numbers: cython.pointer(cython.int), coding, signs, prefix
):
    """Make the nodes of sig_flag, sign_flag and the greater-than flags, which lead to a prefix."""
    limits = coding.positive_limit, coding.negative_limit
    flags = coding.greater_flags
    # Where a magnitude that is known to be larger goes on, by the flags so far and the sign.
    onward = [
        LANE_END if flag + 1 >= limits[sign] else 64 + 2 * flag + sign if flag < flags else prefix
        for flag in range(flags + 1)
        for sign in range(2)
    ]
    for state in range(8):
        for neighbour in range(3):
            number = sig_node(state, neighbour)
            # Without negative levels there are no signs.
            _set_node(held, number, LANE_END, signs[neighbour] if limits[1] else onward[0], 30)
            numbers[number] = SIG + 3 * state + neighbour
    for neighbour in range(3):
        _set_node(held, signs[neighbour], onward[0], onward[1], 31)
        numbers[signs[neighbour]] = SIGN + neighbour
    for flag in range(2 * flags):
        _set_node(held, 64 + flag, LANE_END, onward[flag + 2], 1)
        numbers[64 + flag] = GREATER + flag


@cython.cfunc
def _fill_prefixes(
    held: cython.pointer(LaneTables),
    numbers: cython.pointer(cython.int),
    most,
    trap,
    prefixes,
    rest,
):
    """Make the nodes of prefix bins, of which there are so many at most, and of remainders."""
    for bits in range(PREFIX_NODES):
        longer = prefixes[bits + 1] if bits < PREFIX_NODES - 1 else trap
        if bits + 1 == most < PREFIX_NODES:
            longer = rest[most]
        _set_node(held, prefixes[bits], rest[bits], longer, bits + 1)
        numbers[prefixes[bits]] = PREFIX + bits
    for bits in range(1, PREFIX_NODES):
        _set_node(held, rest[bits], rest[bits - 1], rest[bits - 1], bits | LANE_BYPASS)


@cython.cfunc
def fill_curves(
    curve: cython.pointer(cython.uchar), lps: cython.pointer(cython.uchar)
) -> cython.void:
    """Fill in how far counters move, by 32 * shift + upper bits, and the LPS ranges."""
    for shift in range(4):
        for upper in range(32):
            curve[32 * shift + upper] = STATE_CURVE[upper] >> (4 + shift)
    for place in range(256):
        lps[place] = LPS_RANGE[place]


@cython.cfunc
def _fill_constants(held: cython.pointer(LaneTables), dq_flag):
    """Make what is the same for all codings, and the state machine, or one that stays in 0."""
    fill_curves(held.curve, held.lps)
    # Bits of a key: non-zero, sign, the doubled magnitude's lowest two, the state's upper two.
    for key in range(64):
        is_odd = key >> 2 & 1
        state = (key >> 4) << 1 | is_odd
        parity = (key >> 3 & 1) ^ is_odd if key & 1 else 0
        after: cython.int = STATE_TRANSITIONS[state][parity] if dq_flag else 0
        held.after[key] = sig_node(after, 2 - (key >> 1 & 1) if key & 1 else 0)
        held.reset[key] = 2 - (after & 1)
