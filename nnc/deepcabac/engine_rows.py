# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The compiled encoder's way through a tensor: block rows, blocks, and runs of levels in a row.

The same way is gone twice: once to check the parities and to search for parameter sets, then to
put the levels into the codeword.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_rows works only when compiled")

from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.deepcabac.engine_search import (
    Searches,
    collect_levels,
    levels_collected,
    pass_levels,
    restart_searches,
)
from cython.cimports.nnc.deepcabac.engine_states import (
    CHUNK,
    PREFIX_BINS,
    Coding,
    Context,
    Place,
)
from cython.cimports.nnc.deepcabac.engine_writing import Coder, position, put_levels, reserve

from nnc.deepcabac import search as rule

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
    in_lanes: cython.bint,
) -> cython.Py_ssize_t:
    """Go on after levels without putting them; return the first with a wrong parity, or count."""
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
    done: cython.Py_ssize_t = 0
    if in_lanes:
        done = count & ~15
        if pass_levels(levels, done, cython.address(state)):
            wrong = 1
    # Without a branch, since which levels are 0 can't be foreseen.
    for i in range(done, count):
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
    searches: cython.pointer(Searches),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    matrix: cython.pointer(Matrix),
    start: cython.Py_ssize_t,
    count: cython.Py_ssize_t,
) -> cython.bint:
    """Check the parities of levels, and search if they are in a sampled block."""
    base: cython.pointer(cython.const[cython.int]) = matrix.base
    history: cython.pointer(cython.const[cython.uchar]) = matrix.history
    block: cython.Py_ssize_t = matrix.passed >> SAMPLE_BLOCK_BITS
    sampled: cython.bint = searches != cython.NULL and (
        block < SAMPLE_FIRST or block % SAMPLE_EVERY == 0
    )
    plain: cython.bint = base == cython.NULL and history == cython.NULL and not coding.limited
    levels: cython.pointer(cython.const[cython.int]) = matrix.levels + start
    if sampled and plain and collect_levels(searches, coding, place, levels, count):
        levels_collected(searches, count, CHUNK)
        return True
    before: Place = place[0]
    good: cython.Py_ssize_t = _pass_over(
        coder, coding, place, levels, count, searches != cython.NULL and searches.in_lanes
    )
    if good < count:
        matrix.wrong_at = start + good
        matrix.wrong_state = place.state
        return False
    if sampled:
        if base != cython.NULL:
            base += start
        if history != cython.NULL:
            history += start
        put_levels(
            coder,
            cython.NULL,
            searches.contexts,
            coding,
            cython.address(before),
            levels,
            base,
            history,
            count,
        )
        levels_collected(searches, count, CHUNK)
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _run(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    searches: cython.pointer(Searches),
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
    searches: cython.pointer(Searches),
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
def put_rows(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    starts: cython.pointer(cython.const[Context]),
    searches: cython.pointer(Searches),
    count: cython.Py_ssize_t,
    coding: cython.pointer(Coding),
    matrix: cython.pointer(Matrix),
    first: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
) -> cython.bint:
    """Put the levels of block rows from first to last (exclusive); false if there is a problem.

    The first begins in the state that stands in its `starts`.
    """
    place: Place
    place.state = cython.cast(cython.int, matrix.starts[3 * first + 1])
    place.neighbour = 0
    matrix.passed = 0
    matrix.wrong_at = -1
    matrix.is_out_of_memory = False
    block_row: cython.Py_ssize_t
    for block_row in range(first, last):
        found: cython.pointer(cython.longlong) = matrix.starts + 3 * block_row
        found[1] = place.state
        if contexts != cython.NULL:
            found[0] = coder.low & 511
            found[2] = position(coder)
        if matrix.restarts:
            place.neighbour = 0
            if contexts != cython.NULL:
                coder.range = 256
                memcpy(contexts, starts, count * cython.sizeof(Context))
            elif searches != cython.NULL:
                restart_searches(searches)
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
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def copy_block_row(
    matrix: cython.pointer(cython.const[Matrix]),
    block_row: cython.Py_ssize_t,
    levels: cython.pointer(cython.int),
) -> cython.Py_ssize_t:
    """Copy the levels of a block row in coding order; return how many there are."""
    top: cython.Py_ssize_t = block_row * matrix.height
    bottom: cython.Py_ssize_t = min(top + matrix.height, matrix.rows)
    cols: cython.Py_ssize_t = matrix.cols
    left: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t = 0
    row: cython.Py_ssize_t
    while left < cols:
        width: cython.Py_ssize_t = min(matrix.block_size, cols - left)
        for row in range(top, bottom):
            memcpy(levels + count, matrix.levels + row * cols + left, 4 * width)
            count += width
        left += width
    return count
