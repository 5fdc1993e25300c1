# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The parameter search of the compiled encoder: the rule of search.py, exactly.

The bins of each context are collected as bytes; now and then all candidates go through them, of
one context side by side, since their chains of states don't depend on each other, or of sixteen
contexts (search_lanes.c).
"""

from __future__ import annotations

import cython
from cython.cimports.libc.stdlib import malloc
from cython.cimports.nnc.deepcabac.engine_states import (
    GREATER,
    PREFIX,
    PREFIX_BINS,
    SIG,
    SIGN,
    Coding,
    Context,
    Place,
    Tables,
    tables,
)

from nnc.deepcabac import search as rule
from nnc.deepcabac.tables import STATE_CURVE

NARROW_AFTER = cython.declare(cython.longlong, rule.NARROW_AFTER)
SIGNALLING_COST = cython.declare(cython.longlong, rule.SIGNALLING_COST)

_tables = cython.declare(SearchTables)
_starts = cython.declare(cython.uint[9])
# As pass_in_lanes takes them.
_steps = cython.declare(cython.ushort[8 * 256])
_states = cython.declare(cython.ulonglong[8 * 256])


@cython.cfunc
def _fill_tables():
    # What C has to know when it is compiled, search.py says.
    assert len(rule.PARAMETER_SETS) == CANDIDATES
    assert rule.NARROW_TO == FEW_CANDIDATES
    held: cython.pointer(cython.const[Tables]) = tables()
    place: cython.int
    for place in range(64):
        _tables.costs[0][place] = held.costs[2 * place]
        _tables.costs[1][place] = held.costs[2 * place + 1]
    for place in range(128):
        _tables.curve[place] = STATE_CURVE[place & 31] >> (4 + (place >> 5))
    for place, chosen in enumerate(rule.PARAMETER_SETS):
        slow = chosen.q_start - 16 * chosen.s0_start + 2048
        shifts = (chosen.shift1 - 4) << 12 | chosen.shift0 << 24
        _starts[place] = slow | (chosen.s0_start + 128) << 16 | shifts


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _fill_steps() -> cython.void:
    transitions: cython.pointer(cython.const[cython.uchar]) = tables().transitions
    start: cython.int
    parities: cython.int
    number: cython.int
    for start in range(8):
        for parities in range(256):
            state: cython.int = start
            odd: cython.int = 0
            passed: cython.ulonglong = 0
            for number in range(8):
                odd |= (state & 1) << number
                passed |= cython.cast(cython.ulonglong, state) << (8 * number)
                state = transitions[2 * state + (parities >> number & 1)]
            _steps[256 * start + parities] = cython.cast(cython.ushort, odd << 8 | state)
            _states[256 * start + parities] = passed


_fill_tables()
_fill_steps()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def pass_levels(
    levels: cython.pointer(cython.const[cython.int]),
    count: cython.Py_ssize_t,
    state: cython.pointer(cython.int),
) -> cython.uint:
    """Go on after levels, a multiple of 16; return 0 if all parities fit."""
    return pass_in_lanes(levels, count, _steps, state)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def begin_searches(
    count: cython.Py_ssize_t, levels: cython.Py_ssize_t, in_lanes: cython.bint
) -> cython.pointer(Searches):
    """Begin with all parameter sets and no bins, for so many contexts; NULL without memory.

    All is in one piece, for `free`.
    """
    room: cython.Py_ssize_t = min(levels, BUFFER) + BINS_BEYOND
    size: cython.Py_ssize_t = cython.sizeof(ContextSearch) + cython.sizeof(cython.p_void) + room
    # The buffers are at its end.
    searches = cython.cast(cython.pointer(Searches), malloc(cython.sizeof(Searches) + count * size))
    if searches == cython.NULL:
        return searches
    searches.contexts = cython.cast(cython.pointer(ContextSearch), searches + 1)
    searches.order = cython.cast(
        cython.pointer(cython.pointer(ContextSearch)), searches.contexts + count
    )
    buffers = cython.cast(cython.pointer(cython.uchar), searches.order + count)
    searches.count = count
    searches.levels = 0
    searches.in_lanes = in_lanes
    number: cython.Py_ssize_t
    index: cython.int
    for number in range(count):
        search: cython.pointer(ContextSearch) = searches.contexts + number
        search.bins = 0
        search.filled = search.counted = 0
        search.remaining = CANDIDATES
        search.buffer = buffers + number * room
        for index in range(CANDIDATES):
            search.candidates[index].parameter_set = index
            search.candidates[index].cost = SIGNALLING_COST if index > 0 else 0
            search.candidates[index].word = _starts[index]
    return searches


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _sift(
    values: cython.pointer(cython.uint),
    count: cython.Py_ssize_t,
    threshold: cython.uint,
    search: cython.pointer(ContextSearch),
    in_lanes: cython.bint,
) -> cython.Py_ssize_t:
    """Collect whether values are at least a threshold; keep those only, and return how many."""
    if in_lanes:
        return sift_in_lanes(values, count, threshold, search)
    bins: cython.pointer(cython.uchar) = search.buffer + search.filled
    kept: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    for i in range(count):
        value: cython.uint = values[i]
        enough: cython.int = value >= threshold
        bins[i] = cython.cast(cython.uchar, enough)
        values[kept] = value
        kept += enough
    search.filled += cython.cast(cython.int, count)
    return kept


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def collect_levels(
    searches: cython.pointer(Searches),
    coding: cython.pointer(cython.const[Coding]),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.const[cython.int]),
    count: cython.Py_ssize_t,
) -> cython.bint:
    """Collect the bins of up to CHUNK levels, without limits, base levels or a history.

    Which levels have a bin isn't asked level by level but bin by bin, without a branch.

    Returns:
        Whether all parities fit; if not, the place stays.
    """
    contexts: cython.pointer(ContextSearch) = searches.contexts
    transitions: cython.pointer(cython.const[cython.uchar]) = tables().transitions
    # Magnitudes of positive and of negative levels, and of those beyond the flags.
    magnitudes: cython.uint[SIFTED_BY_SIGN]
    beyond: cython.uint[SIFTED_LEVELS]
    counts: cython.Py_ssize_t[2]
    counts[0] = counts[1] = 0
    many: cython.Py_ssize_t = 0
    dq: cython.int = coding.dq
    flags: cython.int = coding.greater_flags
    state: cython.int = place.state
    neighbour: cython.int = place.neighbour
    wrong: cython.uint = 0
    search: cython.pointer(ContextSearch)
    i: cython.Py_ssize_t
    done: cython.Py_ssize_t = 0
    if searches.in_lanes:
        sifted: Sifted
        sifted.magnitudes[0] = magnitudes
        sifted.magnitudes[1] = magnitudes + SIFTED_LEVELS
        sifted.magnitudes[2] = beyond
        for i in range(3):
            sifted.counts[i] = 0
        done = count & ~63
        if collect_in_lanes(
            levels,
            done,
            dq,
            flags,
            _steps,
            _states,
            cython.address(state),
            cython.address(neighbour),
            contexts + SIG,
            contexts + SIGN,
            cython.address(sifted),
        ):
            wrong = 1
        counts[0] = sifted.counts[0]
        counts[1] = sifted.counts[1]
        many = sifted.counts[2]
    for i in range(done, count):
        level: cython.uint = levels[i]
        sign: cython.uint = level >> 31
        value: cython.int = level != 0
        search = contexts + (SIG + 3 * state + neighbour)
        collect(search, value)
        search = contexts + (SIGN + neighbour)
        search.buffer[search.filled] = cython.cast(cython.uchar, sign)
        search.filled += value
        magnitude: cython.uint = (level ^ (0 - sign)) + sign
        wrong |= (0 - cython.cast(cython.uint, value)) & (level ^ state)
        if dq:
            magnitude = (magnitude + 1) >> 1
            state = transitions[2 * state + (magnitude & 1)]
        magnitudes[SIFTED_LEVELS * sign + counts[sign]] = magnitude
        counts[sign] += value
        beyond[many] = magnitude
        many += magnitude > cython.cast(cython.uint, flags)
        neighbour = value * (2 - cython.cast(cython.int, sign))
    if dq and wrong & 1:
        return False
    place.state = state
    place.neighbour = neighbour
    flag: cython.int
    number: cython.int
    for number in range(2):
        for flag in range(flags):
            if counts[number] == 0:
                break
            search = contexts + (GREATER + 2 * flag + number)
            counts[number] = _sift(
                magnitudes + SIFTED_LEVELS * number,
                counts[number],
                flag + 2,
                search,
                searches.in_lanes,
            )
    threshold: cython.uint = 2
    for number in range(PREFIX_BINS):
        if many == 0:
            break
        search = contexts + (PREFIX + number)
        many = _sift(beyond, many, flags + threshold, search, searches.in_lanes)
        threshold += threshold
    return True


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _count(search: cython.pointer(ContextSearch), chains: cython.int) -> cython.void:
    """Take bins up to the stop through `chains` (a constant) candidates."""
    held: cython.pointer(cython.const[Tables]) = tables()
    costs: cython.pointer(cython.const[cython.ushort]) = held.costs + 64
    fast: cython.int[9]
    slow: cython.int[9]
    cost: cython.longlong[9]
    fast_next: cython.pointer(cython.const[cython.uchar])[9]
    slow_step: cython.pointer(cython.const[cython.short])[9]
    chain: cython.int
    for chain in range(chains):
        candidate: cython.pointer(Candidate) = search.candidates + chain
        start: cython.pointer(cython.const[Context]) = held.starts + candidate.parameter_set
        fast[chain] = 2 * (candidate.word >> 16 & 255)
        slow[chain] = cython.cast(cython.int, candidate.word & 0xFFF) - 2049
        cost[chain] = candidate.cost
        fast_next[chain] = start.fast_next[0]
        slow_step[chain] = start.slow_step[0]
    index: cython.int
    for index in range(search.counted, search.stop):
        value: cython.int = search.buffer[index]
        for chain in range(chains):
            cost[chain] += costs[2 * ((8 * fast[chain] + slow[chain] - 2047) >> 7) + value]
            fast[chain] = cython.cast(
                cython.pointer(cython.const[cython.ushort]),
                fast_next[chain] + 512 * value + fast[chain],
            )[0]
            slow[chain] += slow_step[chain][32 * value + ((slow[chain] + value) >> 7)]
    for chain in range(chains):
        search.candidates[chain].word &= 0x0F00F000
        search.candidates[chain].word |= (fast[chain] << 15) | (slow[chain] + 2049)
        search.candidates[chain].cost = cost[chain]
    search.bins += search.stop - search.counted
    search.counted = search.stop


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _narrow(search: cython.pointer(ContextSearch)) -> cython.void:
    """Sort the candidates by cost, the smaller set first of equals, and keep the first few."""
    index: cython.int
    for index in range(1, CANDIDATES):
        moved: Candidate = search.candidates[index]
        place: cython.int = index
        while place > 0 and search.candidates[place - 1].cost > moved.cost:
            search.candidates[place] = search.candidates[place - 1]
            place -= 1
        search.candidates[place] = moved
    search.remaining = FEW_CANDIDATES


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _count_ordered(
    searches: cython.pointer(Searches), count: cython.Py_ssize_t, candidates: cython.int
) -> cython.void:
    """Count the bins of the contexts in the order, all of which have so many candidates."""
    if searches.in_lanes:
        search_in_lanes(searches.order, count, candidates, cython.address(_tables))
    number: cython.Py_ssize_t
    for number in range(count):
        search: cython.pointer(ContextSearch) = searches.order[number]
        if search.counted < search.stop:
            if candidates == CANDIDATES:
                _count(search, CANDIDATES)
            else:
                _count(search, FEW_CANDIDATES)
        if candidates == CANDIDATES and search.bins == NARROW_AFTER:
            _narrow(search)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _order(
    searches: cython.pointer(Searches), fewest: cython.int, candidates: cython.int
) -> cython.Py_ssize_t:
    """Set up the order of the contexts with so many candidates, that of the most bins first."""
    count: cython.Py_ssize_t = 0
    number: cython.Py_ssize_t
    for number in range(searches.count):
        search: cython.pointer(ContextSearch) = searches.contexts + number
        if search.filled < fewest or search.remaining != candidates:
            continue
        waiting: cython.longlong = search.filled - search.counted
        if candidates == CANDIDATES:
            waiting = min(waiting, NARROW_AFTER - search.bins)
        if waiting <= 0:
            continue
        search.stop = cython.cast(cython.int, search.counted + waiting)
        place: cython.Py_ssize_t = count
        while place > 0:
            before: cython.pointer(ContextSearch) = searches.order[place - 1]
            if before.stop - before.counted >= waiting:
                break
            searches.order[place] = before
            place -= 1
        searches.order[place] = search
        count += 1
    return count


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def count_collected(searches: cython.pointer(Searches), fewest: cython.int) -> cython.void:
    """Add the costs of the bins of those contexts that have so many, and empty their buffers."""
    _count_ordered(searches, _order(searches, fewest, CANDIDATES), CANDIDATES)
    _count_ordered(searches, _order(searches, fewest, FEW_CANDIDATES), FEW_CANDIDATES)
    searches.levels = 0
    number: cython.Py_ssize_t
    for number in range(searches.count):
        search: cython.pointer(ContextSearch) = searches.contexts + number
        if search.filled >= fewest:
            search.filled = search.counted = 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def restart_searches(searches: cython.pointer(Searches)) -> cython.void:
    """Go back to the start states, as at the start of a block row."""
    count_collected(searches, 1)
    number: cython.Py_ssize_t
    index: cython.int
    for number in range(searches.count):
        search: cython.pointer(ContextSearch) = searches.contexts + number
        for index in range(search.remaining):
            search.candidates[index].word = _starts[search.candidates[index].parameter_set]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def best_set(search: cython.pointer(cython.const[ContextSearch])) -> cython.int:
    """Return the cheapest parameter set, the first of several."""
    best: cython.pointer(cython.const[Candidate]) = search.candidates
    index: cython.int
    for index in range(1, search.remaining):
        candidate: cython.pointer(cython.const[Candidate]) = search.candidates + index
        if candidate.cost < best.cost or (
            candidate.cost == best.cost and candidate.parameter_set < best.parameter_set
        ):
            best = candidate
    return best.parameter_set
