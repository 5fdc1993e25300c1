# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""Pieces of a sequence at once in the trellis with a rate term, for compilation.

See rate_trellis.py, which goes without, and rate_lanes.c.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.rate_pieces works only when compiled")

from cython.cimports.libc.stdint import int32_t, uint32_t
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.nnc.encoder.quantization.rate_blocks import Block, Task, forward_in_blocks
from cython.cimports.nnc.encoder.quantization.rate_path import mark_dependent

from nnc.encoder.quantization.rates import COST_ONE, FORBIDDEN, MAGNITUDES, ZERO_REACH_DEPENDENT
from nnc.encoder.quantization.trellis_reference import BEFORE

ONE = cython.declare(cython.float, COST_ONE)
BAN = cython.declare(int32_t, FORBIDDEN)
ROW = cython.declare(int32_t, MAGNITUDES)
REACH_DEPENDENT = cython.declare(cython.float, ZERO_REACH_DEPENDENT)

# By state and parity the state before.
_before = cython.declare(int32_t[16], [one for ways in BEFORE for one in ways])


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward_in_lanes(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    costs: cython.pointer[int32_t],
    decisions: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.Py_ssize_t:
    """Do what `forward_in_blocks` does, sixteen pieces at once as long as that pays."""
    bad: cython.Py_ssize_t = 0
    # The run-up to a second piece is within the first; before the first there is a value.
    start: cython.Py_ssize_t = first
    end: cython.Py_ssize_t
    # Short at first: among values that are nearly all 0 the states stay as they are, and it is all
    # for nothing.
    longest: cython.Py_ssize_t = FIRST_PIECE
    wrong: cython.int = 0
    if first == 0 and stop > RATE_GROUP:
        start = RATE_GROUP
        bad += forward_in_blocks(task, block, 0, start, costs, decisions, indices)
    while stop - start >= RATE_PIECES * SHORTEST_PIECE:
        piece: cython.Py_ssize_t = (stop - start) // RATE_PIECES // RATE_GROUP * RATE_GROUP
        piece = min(piece, longest)
        end = start + RATE_PIECES * piece
        longest = min(2 * longest, LONGEST_PIECE)
        wrong = forward_pieces(
            task, block, start, piece, costs,
            decisions + (start - first), indices + (start - first),
        )  # fmt: skip
        if wrong < 0:
            bad += forward_in_blocks(
                task, block, start, end, costs,
                decisions + (start - first), indices + (start - first),
            )  # fmt: skip
        start = end
        if wrong < 0 or wrong > MOST_WRONG:
            end = min(stop, start + LEFT_OUT * RATE_PIECES * piece)
            bad += forward_in_blocks(
                task, block, start, end, costs,
                decisions + (start - first), indices + (start - first),
            )  # fmt: skip
            start = end
            longest = FIRST_PIECE
    return bad + forward_in_blocks(
        task, block, start, stop, costs, decisions + (start - first), indices + (start - first)
    )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward_pieces(
    task: cython.pointer[Task],
    block: cython.pointer[Block],
    first: cython.Py_ssize_t,
    length: cython.Py_ssize_t,
    costs: cython.pointer[int32_t],
    decisions: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
) -> cython.int:
    """Carry costs through sixteen pieces of a length, all of whose values are quantized.

    Returns:
        How many had to be gone through as a whole once more; -1 if the values aren't for the
        lanes, and the costs are as they were.
    """
    values = cython.declare(cython.pointer[cython.const[cython.float]][16])
    places = cython.declare(cython.pointer[uint32_t][16])
    targets = cython.declare(cython.pointer[int32_t][16])
    until = cython.declare(int32_t[16])
    # By state and piece.
    held = cython.declare(int32_t[16][16])
    begun = cython.declare(int32_t[16][16])
    later = cython.declare(int32_t[16][16])
    made: RateTask
    made.branches = task.branches
    made.magnitudes = task.magnitudes
    made.step = cython.cast(cython.float, task.step)
    made.reach = REACH_DEPENDENT
    made.one = ONE
    made.forbidden = BAN
    made.row = ROW
    made.restart = cython.cast(int32_t, min(task.restart, FAR))
    state: cython.int
    piece: cython.int
    place: cython.Py_ssize_t
    for piece in range(RATE_PIECES):
        values[piece] = task.narrow + first + piece * length
        places[piece] = decisions + piece * length
        targets[piece] = indices + piece * length
        until[piece] = until_restart(task, first)
        if piece > 0:
            values[piece] -= RUN_UP
            until[piece] = until_restart(task, first + piece * length - RUN_UP)
    memset(held, 0, cython.sizeof(held))
    # What the first piece goes through meanwhile doesn't count.
    if not rate_trellis_in_lanes(
        values, RUN_UP, cython.address(made), held, until, cython.NULL, cython.NULL
    ):
        return -1
    until[0] = until_restart(task, first)
    for state in range(RATE_STATES):
        held[state][0] = costs[state]
    for piece in range(1, RATE_PIECES):
        values[piece] += RUN_UP
    memcpy(begun, held, cython.sizeof(held))
    if not rate_trellis_in_lanes(
        values, MENDED, cython.address(made), held, until, places, targets
    ):
        return -1
    memcpy(later, held, cython.sizeof(held))
    for piece in range(RATE_PIECES):
        values[piece] += MENDED
        places[piece] += MENDED
        targets[piece] += MENDED
    if not rate_trellis_in_lanes(
        values, length - MENDED, cython.address(made), held, until, places, targets
    ):
        return -1
    wrong: cython.int = 0
    for piece in range(RATE_PIECES):
        place = piece * length
        if not is_column(begun, piece, costs):
            forward_in_blocks(
                task, block, first + place, first + place + MENDED, costs,
                decisions + place, indices + place,
            )  # fmt: skip
            if not is_column(later, piece, costs):
                wrong += 1
                forward_in_blocks(
                    task, block, first + place + MENDED, first + place + length, costs,
                    decisions + place + MENDED, indices + place + MENDED,
                )  # fmt: skip
                continue
        for state in range(RATE_STATES):
            costs[state] = held[state][piece]
    return wrong


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def until_restart(task: cython.pointer[Task], place: cython.Py_ssize_t) -> int32_t:
    """Return how many values there are from a place on before the next restart, or many."""
    past: cython.Py_ssize_t = place % task.restart
    return cython.cast(int32_t, min(task.restart - past, FAR) if past else 0)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def is_column(
    held: cython.pointer[int32_t[16]], piece: cython.int, costs: cython.pointer[int32_t]
) -> cython.bint:
    """Tell whether costs are those that are held for a piece."""
    state: cython.int
    other: int32_t = 0
    for state in range(RATE_STATES):
        other |= held[state][piece] ^ costs[state]
    return other == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def mark_in_lanes(
    count: cython.Py_ssize_t, state: cython.int, decisions: cython.pointer[uint32_t]
) -> cython.int:
    """Do what `mark_dependent` does, sixteen pieces at once where each ends in one known state."""
    places = cython.declare(cython.pointer[uint32_t][16])
    states = cython.declare(int32_t[16])
    length: cython.Py_ssize_t = count // RATE_PIECES // RATE_GROUP * RATE_GROUP
    piece: cython.int
    if length < MERGED_AT_LAST:
        return mark_dependent(count, state, decisions)
    for piece in range(RATE_PIECES):
        places[piece] = decisions + piece * length
    for piece in range(1, RATE_PIECES):
        states[piece - 1] = rate_state_before(places[piece], MERGED, _before)
        if states[piece - 1] < 0:
            states[piece - 1] = rate_state_before(places[piece], MERGED_AT_LAST, _before)
        if states[piece - 1] < 0:
            return mark_dependent(count, state, decisions)
    place: cython.Py_ssize_t = RATE_PIECES * length
    states[RATE_PIECES - 1] = mark_dependent(count - place, state, decisions + place)
    rate_marks_in_lanes(places, length, states, _before)
    return states[0]
