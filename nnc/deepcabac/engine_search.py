# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The parameter search of the compiled encoder: the rule of search.py, exactly.

The bins of each context are collected as bytes; when a buffer is full, all candidates of the
context go through it side by side, since their chains of states don't depend on each other.
"""

from __future__ import annotations

import cython
from cython.cimports.nnc.deepcabac.engine_states import Context, tables

from nnc.deepcabac import search as rule

NARROW_AFTER = cython.declare(cython.longlong, rule.NARROW_AFTER)
NARROW_TO = cython.declare(cython.int, rule.NARROW_TO)
SIGNALLING_COST = cython.declare(cython.longlong, rule.SIGNALLING_COST)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _start(candidate: cython.pointer(Candidate)) -> cython.void:
    start: cython.pointer(cython.const[Context]) = cython.address(
        tables().starts[candidate.parameter_set]
    )
    candidate.fast = start.fast
    candidate.slow = start.slow
    candidate.fast_next = start.fast_next[0]
    candidate.slow_step = start.slow_step[0]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def begin_search(search: cython.pointer(ContextSearch)) -> cython.void:
    """Begin with all parameter sets and no bins."""
    search.remaining = CANDIDATES
    search.bins = 0
    search.filled = 0
    index: cython.int
    for index in range(CANDIDATES):
        candidate: cython.pointer(Candidate) = search.candidates + index
        candidate.parameter_set = index
        candidate.cost = SIGNALLING_COST if index > 0 else 0
        _start(candidate)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _count(
    search: cython.pointer(ContextSearch),
    first: cython.int,
    last: cython.int,
    chains: cython.int,
) -> cython.void:
    """Take the bins from first to last (exclusive) through `chains` (a constant) candidates."""
    costs: cython.pointer(cython.const[cython.ushort]) = tables().costs + 64
    fast: cython.int[9]
    slow: cython.int[9]
    cost: cython.longlong[9]
    fast_next: cython.pointer(cython.const[cython.uchar])[9]
    slow_step: cython.pointer(cython.const[cython.short])[9]
    chain: cython.int
    for chain in range(chains):
        fast[chain] = search.candidates[chain].fast
        slow[chain] = search.candidates[chain].slow
        cost[chain] = search.candidates[chain].cost
        fast_next[chain] = search.candidates[chain].fast_next
        slow_step[chain] = search.candidates[chain].slow_step
    index: cython.int
    for index in range(first, last):
        value: cython.int = search.buffer[index]
        for chain in range(chains):
            cost[chain] += costs[2 * ((8 * fast[chain] + slow[chain] - 2047) >> 7) + value]
            fast[chain] = cython.cast(
                cython.pointer(cython.const[cython.ushort]),
                fast_next[chain] + 512 * value + fast[chain],
            )[0]
            slow[chain] += slow_step[chain][32 * value + ((slow[chain] + value) >> 7)]
    for chain in range(chains):
        search.candidates[chain].fast = fast[chain]
        search.candidates[chain].slow = slow[chain]
        search.candidates[chain].cost = cost[chain]
    search.bins += last - first


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
    search.remaining = NARROW_TO


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def count_collected(search: cython.pointer(ContextSearch)) -> cython.void:
    """Add the costs of the bins in the buffer, and empty it."""
    first: cython.int = 0
    if search.bins < NARROW_AFTER:
        first = cython.cast(cython.int, NARROW_AFTER - search.bins)
        if first > search.filled:
            first = search.filled
        _count(search, 0, first, 9)
        if search.bins == NARROW_AFTER:
            _narrow(search)
    if first < search.filled:
        _count(search, first, search.filled, 5)
    search.filled = 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def restart_search(search: cython.pointer(ContextSearch)) -> cython.void:
    """Go back to the start states, as at the start of a block row."""
    if search.filled:
        count_collected(search)
    index: cython.int
    for index in range(search.remaining):
        _start(search.candidates + index)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def best_set(search: cython.pointer(ContextSearch)) -> cython.int:
    """Return the cheapest parameter set, the first of several."""
    count_collected(search)
    best: cython.pointer(Candidate) = search.candidates
    index: cython.int
    for index in range(1, search.remaining):
        candidate: cython.pointer(Candidate) = search.candidates + index
        if candidate.cost < best.cost or (
            candidate.cost == best.cost and candidate.parameter_set < best.parameter_set
        ):
            best = candidate
    return best.parameter_set
