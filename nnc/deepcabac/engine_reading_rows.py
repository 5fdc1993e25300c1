# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""The block rows of a tensor, decoded by the inner loops of engine_reading.py."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_reading_rows works only when compiled")

from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.deepcabac.engine_reading import Coder, decode_levels, position
from cython.cimports.nnc.deepcabac.engine_states import CHUNK, Coding, Context, Place


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
def decode_run(
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
        return decode_run(coder, contexts, coding, place, matrix, top * cols, (bottom - top) * cols)
    left: cython.Py_ssize_t = 0
    row: cython.Py_ssize_t
    while left < cols:
        right: cython.Py_ssize_t = min(left + matrix.block_size, cols)
        for row in range(top, bottom):
            if matrix.skipped != cython.NULL and matrix.skipped[row]:
                _skip(coder, coding, place, cols)
            elif not decode_run(
                coder, contexts, coding, place, matrix, row * cols + left, right - left
            ):
                return False
        left = right
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def decode_rows(
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
