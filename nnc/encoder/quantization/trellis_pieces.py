# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""Pieces of a sequence at once in the trellis, for compilation.

See trellis_blocks.py, which goes without, and trellis_lanes.c.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.trellis_pieces works only when compiled")

from cython.cimports.libc.stdint import int32_t, int64_t, uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.encoder.quantization.trellis_blocks import Source, forward_in_blocks

from nnc.encoder.quantization.uniform import LARGEST_RATIO

LIMIT = cython.declare(cython.float, LARGEST_RATIO)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward_in_lanes(
    source: Source,
    first: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    costs: cython.pointer[uint64_t],
    histories: cython.pointer[uint32_t],
) -> cython.Py_ssize_t:
    """Do what `forward_in_blocks` does, eight pieces at once as long as that pays."""
    bad: cython.Py_ssize_t = 0
    start: cython.Py_ssize_t = first
    wrong: cython.int = 0
    while stop - start >= PIECES * SHORTEST_PIECE:
        piece: cython.Py_ssize_t = min((stop - start) // PIECES // GROUP * GROUP, LONGEST_PIECE)
        bad += forward_pieces(
            source, start, piece, costs, histories + ((start - first) >> 2), cython.address(wrong)
        )
        start += PIECES * piece
        if wrong > MOST_WRONG:
            # Among values that are nearly all 0 the states stay as they are.
            end: cython.Py_ssize_t = min(stop - start, LEFT_OUT * PIECES * piece) + start
            if end < stop:
                end -= (end - first) % GROUP
            bad += forward_in_blocks(source, start, end, costs, histories + ((start - first) >> 2))
            start = end
    return bad + forward_in_blocks(source, start, stop, costs, histories + ((start - first) >> 2))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward_pieces(
    source: Source,
    first: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    costs: cython.pointer[uint64_t],
    histories: cython.pointer[uint32_t],
    wrong: cython.pointer[cython.int],
) -> cython.Py_ssize_t:
    """Carry costs through eight pieces of a length; return the number of values refused.

    `wrong` is how many pieces had to be gone through as a whole once more.
    """
    values = cython.declare(cython.pointer[cython.const[cython.float]][8])
    places = cython.declare(cython.pointer[uint32_t][8])
    # By state and piece.
    held = cython.declare(uint64_t[8][8])
    begun = cython.declare(uint64_t[8][8])
    later = cython.declare(uint64_t[8][8])
    step: cython.float = cython.cast(cython.float, source.step)
    state: cython.int
    piece: cython.int
    for piece in range(PIECES):
        values[piece] = source.narrow + first + piece * length
        places[piece] = histories + ((piece * length) >> 2)
        if piece > 0:
            values[piece] -= RUN_UP
        for state in range(STATES):
            held[state][piece] = 0
    # What the first piece goes through meanwhile doesn't count.
    trellis_in_lanes(values, step, LIMIT, RUN_UP, held, cython.NULL)
    for state in range(STATES):
        held[state][0] = costs[state]
    for piece in range(1, PIECES):
        values[piece] += RUN_UP
    memcpy(begun, held, 512)
    bad: cython.Py_ssize_t = trellis_in_lanes(values, step, LIMIT, MENDED, held, places)
    memcpy(later, held, 512)
    for piece in range(PIECES):
        values[piece] += MENDED
        places[piece] += MENDED >> 2
    bad += trellis_in_lanes(values, step, LIMIT, length - MENDED, held, places)
    wrong[0] = 0
    for piece in range(PIECES):
        place: cython.Py_ssize_t = first + piece * length
        if not is_column(begun, piece, costs):
            forward_in_blocks(
                source, place, place + MENDED, costs, histories + (place - first >> 2)
            )
            if not is_column(later, piece, costs):
                wrong[0] += 1
                place += MENDED
                forward_in_blocks(
                    source,
                    place,
                    place + length - MENDED,
                    costs,
                    histories + (place - first >> 2),
                )
                continue
        for state in range(STATES):
            costs[state] = held[state][piece]
    return bad


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def is_column(
    held: cython.pointer[uint64_t[8]], piece: cython.int, costs: cython.pointer[uint64_t]
) -> cython.bint:
    """Tell whether costs are those that are held for a piece."""
    state: cython.int
    other: uint64_t = 0
    for state in range(STATES):
        other |= held[state][piece] ^ costs[state]
    return other == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def indices_by_sixteen(
    values: cython.pointer[cython.const[cython.float]],
    step: cython.float,
    subsets: cython.pointer[cython.const[uint8_t]],
    count: int64_t,
    indices: cython.pointer[int32_t],
) -> cython.void:
    """Find the indices of a whole number of 16 values from the subsets that they are in."""
    rebuild_in_lanes(values, step, subsets, count, indices)
