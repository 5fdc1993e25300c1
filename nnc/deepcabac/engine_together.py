# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Many codewords written at once, in the lanes of vector registers; see writing_lanes.c."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_together works only when compiled")

from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.nnc.deepcabac.engine_codeword import State
from cython.cimports.nnc.deepcabac.engine_nodes import fill_curves, set_context, word_of
from cython.cimports.nnc.deepcabac.engine_parts import Part
from cython.cimports.nnc.deepcabac.engine_states import (
    GREATER,
    PREFIX,
    PREFIX_BINS,
    SIG,
    SIGN,
    Coding,
    Place,
    Tables,
    tables,
)

from nnc.deepcabac.tables import STATE_TRANSITIONS

#: With fewer codewords the lanes gain nothing.
FEWEST_STREAMS = 5
#: A block row of fewer levels isn't worth a lane's being set up.
FEWEST_LEVELS = 64


def write_together(encoders):
    """Put the levels that wait in encoders (or parts of one), those of one kind many at a time.

    Where there are too few of a kind they go on waiting.
    """
    kinds = {}
    encoder: object
    state: State
    for encoder in encoders:
        state = cython.cast(Part, encoder).state if isinstance(encoder, Part) else encoder._state
        if state.waiting is None or state.waiting.size < FEWEST_LEVELS:
            continue
        coding: cython.pointer(Coding) = cython.address(state.waiting_coding)
        if coding.greater_flags <= WRITTEN_FLAGS:
            kinds.setdefault((coding.dq, coding.greater_flags), []).append(state)
    for (dq, flags), states in kinds.items():
        if len(states) >= FEWEST_STREAMS:
            states.sort(key=_size, reverse=True)
            _write(dq, flags, states)


def _size(state: State):
    return state.waiting.size


@cython.cfunc
def _fill_tables(held: cython.pointer(WritingTables), dq, flags) -> cython.void:
    fill_curves(held.curve, held.lps)
    for place in range(16):
        held.transitions[place] = STATE_TRANSITIONS[place >> 1][place & 1] if dq else 0
    held.dq = dq
    held.flags = flags


@cython.cfunc
def _context_numbers(flags: cython.int, numbers: cython.pointer(cython.int)) -> cython.void:
    """Fill in the number of the context that each of the lanes' is, or -1."""
    number: cython.int
    for number in range(WRITTEN_CONTEXTS):
        numbers[number] = -1
    for number in range(24):
        numbers[number] = SIG + number
    for number in range(3):
        numbers[WRITTEN_SIGN + number] = SIGN + number
    for number in range(PREFIX_BINS):
        numbers[WRITTEN_PREFIX + number] = PREFIX + number
    for number in range(2 * flags):
        numbers[WRITTEN_GREATER + number] = GREATER + number


@cython.cfunc
def _write(dq, flags, states):
    """Write codewords of one kind, the longest first."""
    held: cython.pointer(cython.const[Tables]) = tables()
    made: WritingTables
    numbers: cython.int[WRITTEN_CONTEXTS]
    _fill_tables(cython.address(made), dq, flags)
    _context_numbers(flags, numbers)
    count: cython.Py_ssize_t = len(states)
    size: cython.size_t = cython.sizeof(WrittenStream) + WRITTEN_CONTEXTS * cython.sizeof(
        cython.uint
    )
    streams = cython.cast(cython.pointer(WrittenStream), calloc(count, size))
    if streams == cython.NULL:
        return
    contexts = cython.cast(cython.pointer(cython.uint), streams + count)
    number: cython.Py_ssize_t
    place: cython.int
    state: State
    levels: cython.const[cython.int][::1]
    for number in range(count):
        state = states[number]
        stream: cython.pointer(WrittenStream) = streams + number
        levels = state.waiting.reshape(-1)
        stream.low = state.coder.low
        stream.range = state.coder.range
        stream.bits = state.coder.bits
        stream.output = state.coder.output
        stream.written = state.coder.written
        stream.capacity = state.coder.capacity
        stream.levels = cython.address(levels[0])
        stream.count = levels.shape[0]
        stream.state = state.waiting_state
        stream.contexts = contexts + WRITTEN_CONTEXTS * number
        for place in range(WRITTEN_CONTEXTS):
            if numbers[place] >= 0:
                stream.contexts[place] = word_of(
                    cython.address(state.contexts[numbers[place]]), held
                )
    status: cython.int
    with cython.nogil:
        status = write_in_lanes(streams, count, cython.address(made))
    for number in range(count):
        state = states[number]
        _take(state, streams + number, numbers)
    rest: Place
    if status == 0:
        for number in range(count):
            state = states[number]
            if streams[number].count > 0:
                rest.state = streams[number].state
                rest.neighbour = streams[number].neighbour
                state.put_rest(
                    streams[number].levels,
                    streams[number].count,
                    cython.address(state.waiting_coding),
                    cython.address(rest),
                )
            state.waiting = None
    free(streams)
    if status:
        raise MemoryError("no memory for the codewords")


@cython.cfunc
def _take(
    state: State, stream: cython.pointer(WrittenStream), numbers: cython.pointer(cython.int)
) -> cython.void:
    """Let an encoder go on where its stream has come to."""
    coder = cython.address(state.coder)
    coder.low = stream.low
    coder.range = stream.range
    coder.bits = stream.bits
    coder.output = stream.output
    coder.written = stream.written
    coder.capacity = stream.capacity
    place: cython.int
    for place in range(WRITTEN_CONTEXTS):
        if numbers[place] >= 0:
            set_context(
                cython.address(state.contexts[numbers[place]]),
                stream.contexts[place],
                coder.rows,
            )
