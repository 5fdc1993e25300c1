# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""Dependent quantization by an 8-state trellis, for compilation (clause 9.3, Annex G).

Finds the sequence of indices with the smallest squared error among all that a decoder's state
machine can follow. `trellis_reference` is the same, written to be read, and says what the
numbers mean; both give the same indices for every input.

How this one is fast: costs are integers of 32 bits in the upper half of 64; below them lie the
decisions that led there, one bit a step, so that taking the cheaper of two paths takes its
history along with it. After every 32 steps the histories of the 8 states are put aside (a byte
a value) and the costs made small again.

With AVX-512 eight pieces of a sequence go through at once (trellis_lanes.c): each begins some steps
earlier, as segments.py says of segments, and where its costs then aren't those that the piece
before ends with, it is gone through once more.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.trellis works only when compiled")

import numpy as np
from cython.cimports.libc.math import fabs, fabsf
from cython.cimports.libc.stdint import int32_t, uint8_t, uint32_t, uint64_t
from cython.cimports.libc.string import memcpy

from nnc import deepcabac
from nnc.encoder.quantization.segments import FEWEST_HANDED_OVER, go_through
from nnc.encoder.quantization.trellis_reference import (
    COST_ONE,
    UNREACHED,
    checked_sequence,
    walk_back,
)
from nnc.encoder.quantization.uniform import LARGEST_RATIO, checked_step, refuse_values

# Blocks are of 512 values: what is known of them fits the first-level cache together. They
# consist of groups of 32, as long as a history.

COST = cython.declare(cython.float, COST_ONE)
LIMIT = cython.declare(cython.float, LARGEST_RATIO)
HANDED_OVER = cython.declare(cython.Py_ssize_t, FEWEST_HANDED_OVER)
UNREACHED_COST = cython.declare(uint64_t, UNREACHED)

# Four steps at once: for the state after them and their four parities, the state before them,
# and for each step the subset, 2 * (state & 1) + parity, in the order of time.
_before = cython.declare(uint8_t[128])
_subsets = cython.declare(uint8_t[512])

# One step: for the state after it and its parity, the state before it.
_one_before = cython.declare(uint8_t[16])


@cython.cfunc
def fill_tables() -> cython.void:
    """Make the tables of four steps."""
    after: cython.int
    parities: cython.int
    step: cython.int
    for after in range(8):
        for parities in range(2):
            _one_before[2 * after + parities], _ = walk_back(after, [parities])
        for parities in range(16):
            before, subsets = walk_back(after, [parities >> step & 1 for step in range(4)])
            _before[16 * after + parities] = before
            for step in range(4):
                _subsets[4 * (16 * after + parities) + step] = subsets[step]


fill_tables()


@cython.ccall
def quantize_dependent(values, step):
    """Quantize a sequence so that its squared error is the least that the state machine allows.

    Args:
        values: 1-D array of float32 or float64 in coding order; float64 is divided as float64.
        step: the step size, positive; taken as float32.

    Returns:
        int32 array of the same length: indices after the doubling of dependent quantization.

    Raises:
        InputError: a value isn't finite, or is beyond `LARGEST_RATIO` steps; the step isn't a
            positive finite number; the values aren't 1-D floats.
    """
    step = checked_step(step)
    flat = checked_sequence(values)
    if flat.size == 0:
        return np.empty(0, dtype=np.int32)
    trellis: ErrorTrellis = ErrorTrellis(flat, step)
    if go_through(trellis):
        refuse_values(flat, step)
    return trellis.indices


@cython.ccall
def quantize_rows(values, steps):
    """Quantize the rows of a matrix as `quantize_dependent` does, each by itself.

    Args:
        values: (rows, columns) array of float32, contiguous, not empty; of so few columns that a
            row isn't cut into pieces.
        steps: the step size of each row, a 1-D array of float32.

    Returns:
        int32 array of the same shape, and for each row whether all its values are in range: else
        its indices are 0.
    """
    source: Source
    source.wide = cython.NULL
    view: cython.const[cython.float][:, ::1] = values
    steps_view: cython.const[cython.float][::1] = steps
    size: cython.Py_ssize_t = view.shape[1]
    indices = np.zeros(values.shape, dtype=np.int32)
    fits = np.empty(values.shape[0], dtype=np.bool_)
    indices_view: int32_t[:, ::1] = indices
    fits_view: uint8_t[::1] = fits.view(np.uint8)
    histories: uint32_t[::1] = np.empty(8 * ((size + 31) // 32), dtype=np.uint32)
    costs = cython.declare(uint64_t[8])
    in_lanes: cython.bint = deepcabac.lanes() is not None
    row: cython.Py_ssize_t
    state: cython.int
    best: cython.int
    with cython.nogil:
        for row in range(view.shape[0]):
            source.narrow = cython.address(view[row, 0])
            source.step = steps_view[row]
            costs[0] = 0
            for state in range(1, 8):
                costs[state] = UNREACHED_COST << 32
            fits_view[row] = not forward_in_blocks(
                source, 0, size, costs, cython.address(histories[0])
            )
            if not fits_view[row]:
                continue
            best = 0
            for state in range(1, 8):
                if costs[state] < costs[best]:
                    best = state
            indices_back(
                source, 0, size, best,
                cython.address(histories[0]), cython.address(indices_view[row, 0]), in_lanes,
            )  # fmt: skip
    return indices, fits


@cython.final
@cython.cclass
class ErrorTrellis:
    """A sequence in the trellis; methods as `segments.Trellis` says."""

    source: Source
    size = cython.declare(cython.Py_ssize_t, visibility="readonly")
    indices = cython.declare(object, visibility="readonly")
    # The array that the pointers are into.
    flat: object
    kept_indices: int32_t[::1]
    # Histories by the first value of each segment that waits for them.
    kept: dict
    in_lanes: cython.bint

    def __init__(self, flat, step):
        """Begin with a sequence of at least one value."""
        self.size = flat.size
        self.flat = flat
        self.indices = np.empty(flat.size, dtype=np.int32)
        self.kept_indices = self.indices
        self.kept = {}
        self.in_lanes = flat.dtype == np.float32 and deepcabac.lanes() is not None
        self.source.step = step
        self.source.narrow = cython.NULL
        self.source.wide = cython.NULL
        if flat.dtype == np.float32:
            narrow: cython.const[cython.float][::1] = flat
            self.source.narrow = cython.address(narrow[0])
        else:
            wide: cython.const[cython.double][::1] = flat
            self.source.wide = cython.address(wide[0])

    def beginning(self):
        """Return the costs before the first value."""
        costs = np.full(8, UNREACHED << 32, dtype=np.uint64)
        costs[0] = 0
        return costs

    def forward(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, costs, *, kept=True):
        """Carry costs on, in place; return the number of values refused."""
        array = np.empty(8 * ((stop - first + 31) // 32), dtype=np.uint32)
        histories: uint32_t[::1] = array
        if kept:
            self.kept[first] = array
        costs_view: uint64_t[::1] = costs
        ended: cython.pointer[uint64_t] = cython.address(costs_view[0])
        held: cython.pointer[uint32_t] = cython.address(histories[0])
        bad: cython.Py_ssize_t
        if stop - first < HANDED_OVER:
            bad = self.carry(first, stop, ended, held)
        else:
            with cython.nogil:
                bad = self.carry(first, stop, ended, held)
        return bad

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def carry(
        self,
        first: cython.Py_ssize_t,
        stop: cython.Py_ssize_t,
        costs: cython.pointer[uint64_t],
        histories: cython.pointer[uint32_t],
    ) -> cython.Py_ssize_t:
        """Carry costs on, in place; return the number of values refused."""
        if self.in_lanes:
            return forward_in_lanes(self.source, first, stop, costs, histories)
        return forward_in_blocks(self.source, first, stop, costs, histories)

    def trace(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, state: cython.int):
        """Return the state before some values from that after them."""
        histories: uint32_t[::1] = self.kept[first]
        subsets = cython.declare(uint8_t[512])
        start: cython.Py_ssize_t = first + (stop - first - 1) // 512 * 512
        with cython.nogil:
            while start >= first:
                state = trace_back(
                    cython.cast(cython.int, min(512, stop - start)),
                    state,
                    cython.address(histories[(start - first) >> 2]),
                    subsets,
                )
                start -= 512
        return state

    def backward(self, first: cython.Py_ssize_t, stop: cython.Py_ssize_t, state: cython.int):
        """Find the indices of some values; return the state before them."""
        histories: uint32_t[::1] = self.kept.pop(first)
        indices: cython.pointer[int32_t] = cython.address(self.kept_indices[first])
        held: cython.pointer[uint32_t] = cython.address(histories[0])
        if stop - first < HANDED_OVER:
            state = indices_back(self.source, first, stop, state, held, indices, self.in_lanes)
        else:
            with cython.nogil:
                state = indices_back(self.source, first, stop, state, held, indices, self.in_lanes)
        return state


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def indices_back(
    source: Source,
    first: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    state: cython.int,
    histories: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
    in_lanes: cython.bint,
) -> cython.int:
    """Find the indices of some values from the state after them; return the state before them."""
    start: cython.Py_ssize_t = first + (stop - first - 1) // 512 * 512
    while start >= first:
        state = backward(
            source,
            start,
            cython.cast(cython.int, min(512, stop - start)),
            state,
            histories + ((start - first) >> 2),
            indices + (start - first),
            in_lanes,
        )
        start -= 512
    return state


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def measure(
    source: Source,
    first: cython.Py_ssize_t,
    count: cython.int,
    periods: cython.pointer[int32_t],
    rests: cython.pointer[cython.float],
    signs: cython.pointer[int32_t],
) -> cython.int:
    """Split magnitudes, in steps, into whole periods of 4 and the rest.

    The sign is -1 for a negative value, else 0. Gives the number of values out of range.
    """
    if source.narrow != cython.NULL:
        return measure_narrow(
            source.narrow + first,
            cython.cast(cython.float, source.step),
            count,
            periods,
            rests,
            signs,
        )
    return measure_wide(source.wide + first, source.step, count, periods, rests, signs)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def measure_narrow(
    values: cython.pointer[cython.const[cython.float]],
    step: cython.float,
    count: cython.int,
    periods: cython.pointer[int32_t],
    rests: cython.pointer[cython.float],
    signs: cython.pointer[int32_t],
) -> cython.int:
    """Do what `measure` says for float values."""
    i: cython.int
    bad: cython.int = 0
    ratio: cython.float
    period: int32_t
    limit: cython.float = LIMIT
    four: cython.float = 4
    quarter: cython.float = 0.25
    for i in range(count):
        ratio = fabsf(values[i]) / step
        bad += not (ratio <= limit)
        period = cython.cast(int32_t, ratio * quarter)
        periods[i] = period
        rests[i] = ratio - four * cython.cast(cython.float, period)
        signs[i] = -(values[i] < 0)
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def measure_wide(
    values: cython.pointer[cython.const[cython.double]],
    step: cython.double,
    count: cython.int,
    periods: cython.pointer[int32_t],
    rests: cython.pointer[cython.float],
    signs: cython.pointer[int32_t],
) -> cython.int:
    """Do what `measure` says for double values."""
    i: cython.int
    bad: cython.int = 0
    ratio: cython.double
    period: int32_t
    limit: cython.double = LIMIT
    for i in range(count):
        ratio = fabs(values[i]) / step
        bad += not (ratio <= limit)
        period = cython.cast(int32_t, ratio * cython.cast(cython.double, 0.25))
        periods[i] = period
        rests[i] = cython.cast(cython.float, ratio - 4 * cython.cast(cython.double, period))
        signs[i] = -(values[i] < 0)
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def forward_in_blocks(
    source: Source,
    first: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    costs: cython.pointer[uint64_t],
    histories: cython.pointer[uint32_t],
) -> cython.Py_ssize_t:
    """Carry the costs of the 8 states block by block; return the number of values refused."""
    bad: cython.Py_ssize_t = 0
    start: cython.Py_ssize_t
    for start in range(first, stop, 512):
        bad += forward(
            source,
            start,
            cython.cast(cython.int, min(512, stop - start)),
            costs,
            histories + ((start - first) >> 2),
        )
    return bad


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
def forward(
    source: Source,
    first: cython.Py_ssize_t,
    count: cython.int,
    costs: cython.pointer[uint64_t],
    histories: cython.pointer[uint32_t],
) -> cython.int:
    """Carry the costs of the 8 states through one block; return the number of values refused."""
    periods = cython.declare(int32_t[512])
    rests = cython.declare(cython.float[512])
    errors = cython.declare(uint64_t[2048])
    signs = cython.declare(int32_t[512])
    bad: cython.int = measure(source, first, count, periods, rests, signs)
    start: cython.int
    measure_errors(periods, rests, count, errors, errors + 512, errors + 1024, errors + 1536)
    for start in range(0, count, 32):
        advance(
            errors + start,
            errors + 512 + start,
            errors + 1024 + start,
            errors + 1536 + start,
            min(32, count - start),
            costs,
        )
        put_histories_aside(costs, histories + (start >> 2))
    return bad


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def measure_errors(
    periods: cython.pointer[int32_t],
    rests: cython.pointer[cython.float],
    count: cython.int,
    errors0: cython.pointer[uint64_t],
    errors1: cython.pointer[uint64_t],
    errors2: cython.pointer[uint64_t],
    errors3: cython.pointer[uint64_t],
) -> cython.void:
    """Measure the squared error of the nearest index in each of the four subsets."""
    i: cython.int
    rest: cython.float
    at_zero: cython.float
    # Constants of float: next to a number in the source, C would count in double.
    half: cython.float = 0.5
    one: cython.float = 1
    two: cython.float = 2
    three: cython.float = 3
    for i in range(count):
        rest = rests[i]
        at_zero = half * (periods[i] == 0)
        errors0[i] = cost_of(two - fabsf(rest - two))
        errors1[i] = cost_of(rest - two)
        errors2[i] = cost_of((two - at_zero) - fabsf(rest - (one + at_zero)))
        errors3[i] = cost_of(two - fabsf(rest - three))


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def cost_of(distance: cython.float) -> uint64_t:
    """Return the cost of a distance, in the upper half."""
    return cython.cast(uint64_t, cython.cast(int32_t, distance * distance * COST)) << 32


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def cheaper(one: uint64_t, other: uint64_t) -> uint64_t:
    """Return the smaller."""
    return one if one < other else other


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def advance(
    errors0: cython.pointer[uint64_t],
    errors1: cython.pointer[uint64_t],
    errors2: cython.pointer[uint64_t],
    errors3: cython.pointer[uint64_t],
    count: cython.int,
    costs: cython.pointer[uint64_t],
) -> cython.void:
    """Carry the costs of the 8 states through up to 32 steps, with a history bit for each.

    Of the two ways into a state one has parity 0 and the other parity 1, so that the history
    of a state is the parities of its best path.
    """
    i: cython.int
    even0: uint64_t
    even1: uint64_t
    odd0: uint64_t
    odd1: uint64_t
    bit: uint64_t = 1
    cost0: uint64_t = costs[0]
    cost1: uint64_t = costs[1]
    cost2: uint64_t = costs[2]
    cost3: uint64_t = costs[3]
    cost4: uint64_t = costs[4]
    cost5: uint64_t = costs[5]
    cost6: uint64_t = costs[6]
    cost7: uint64_t = costs[7]
    next0: uint64_t
    next1: uint64_t
    next2: uint64_t
    next3: uint64_t
    next4: uint64_t
    next5: uint64_t
    next6: uint64_t
    for i in range(count):
        even0 = errors0[i]
        even1 = errors1[i] + bit
        odd0 = errors2[i]
        odd1 = errors3[i] + bit
        bit <<= 1
        next0 = cheaper(cost0 + even0, cost4 + even1)
        next1 = cheaper(cost2 + even0, cost6 + even1)
        next2 = cheaper(cost4 + even0, cost0 + even1)
        next3 = cheaper(cost6 + even0, cost2 + even1)
        next4 = cheaper(cost7 + odd0, cost3 + odd1)
        next5 = cheaper(cost5 + odd0, cost1 + odd1)
        next6 = cheaper(cost3 + odd0, cost7 + odd1)
        cost7 = cheaper(cost1 + odd0, cost5 + odd1)
        cost0 = next0
        cost1 = next1
        cost2 = next2
        cost3 = next3
        cost4 = next4
        cost5 = next5
        cost6 = next6
    costs[0] = cost0
    costs[1] = cost1
    costs[2] = cost2
    costs[3] = cost3
    costs[4] = cost4
    costs[5] = cost5
    costs[6] = cost6
    costs[7] = cost7


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_histories_aside(
    costs: cython.pointer[uint64_t], histories: cython.pointer[uint32_t]
) -> cython.void:
    """Split histories from costs, and make the smallest cost 0."""
    state: cython.int
    least: uint64_t
    for state in range(8):
        histories[state] = cython.cast(uint32_t, costs[state])
        costs[state] >>= 32
    least = costs[0]
    for state in range(1, 8):
        least = cheaper(least, costs[state])
    for state in range(8):
        costs[state] = (costs[state] - least) << 32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def backward(
    source: Source,
    first: cython.Py_ssize_t,
    count: cython.int,
    state: cython.int,
    histories: cython.pointer[uint32_t],
    indices: cython.pointer[int32_t],
    in_lanes: cython.bint,
) -> cython.int:
    """Rebuild a block's indices from the state after it; return the state before it."""
    periods = cython.declare(int32_t[512])
    rests = cython.declare(cython.float[512])
    signs = cython.declare(int32_t[512])
    subsets = cython.declare(uint8_t[512])
    state = trace_back(count, state, histories, subsets)
    done: cython.int = count & ~15 if in_lanes else 0
    if done > 0:
        step: cython.float = cython.cast(cython.float, source.step)
        rebuild_in_lanes(source.narrow + first, step, subsets, done, indices)
    if done < count:
        measure(source, first + done, count - done, periods, rests, signs)
        rebuild(periods, rests, signs, subsets + done, count - done, indices + done)
    return state


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def trace_back(
    count: cython.int,
    state: cython.int,
    histories: cython.pointer[uint32_t],
    subsets: cython.pointer[uint8_t],
) -> cython.int:
    """Find the subset of each index from the state after the block; return that before it."""
    start: cython.int = (count - 1) // 32 * 32
    steps: cython.int = count - start
    place: cython.int
    entry: cython.int
    parities: uint32_t
    while start >= 0:
        parities = histories[(start >> 2) + state]
        # A last run of fewer than four steps is walked step by step.
        while steps & 3:
            steps -= 1
            entry = 16 * state + ((parities >> steps & 1) << 3)
            subsets[start + steps] = _subsets[4 * entry + 3]
            state = _one_before[entry >> 3]
        place = start + steps
        while place > start:
            place -= 4
            entry = 16 * state + (parities >> (place - start) & 15)
            memcpy(subsets + place, cython.address(_subsets[4 * entry]), 4)
            state = _before[entry]
        start -= 32
        steps = 32
    return state


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def rebuild(
    periods: cython.pointer[int32_t],
    rests: cython.pointer[cython.float],
    signs: cython.pointer[int32_t],
    subsets: cython.pointer[uint8_t],
    count: cython.int,
    indices: cython.pointer[int32_t],
) -> cython.void:
    """Find the index in the chosen subset that is nearest to each value."""
    i: cython.int
    rest: cython.float
    at_zero: int32_t
    subset: int32_t
    nearest: int32_t
    nearest0: int32_t
    nearest2: int32_t
    nearest3: int32_t
    half: cython.float = 0.5
    one: cython.float = 1
    two: cython.float = 2
    three: cython.float = 3
    for i in range(count):
        rest = rests[i]
        at_zero = periods[i] == 0
        subset = subsets[i]
        nearest0 = 4 * (rest > two)
        nearest2 = at_zero - 1 + (-(rest > one + half * at_zero) & (4 - at_zero))
        nearest3 = 1 + 4 * (rest > three)
        # Masks instead of conditions, so that the compiler vectorises the loop.
        nearest = 4 * periods[i] + (
            (-(subset == 0) & nearest0)
            | (-(subset == 1) & 2)
            | (-(subset == 2) & nearest2)
            | (-(subset == 3) & nearest3)
        )
        indices[i] = (nearest ^ signs[i]) - signs[i]
