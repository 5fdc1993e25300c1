# Bare annotations declare variables of C.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""How often the bins of levels come, and what they cost by that, for compilation.

`rate_trellis_reference` counts the same, and `rates` makes the same tables of it.
"""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.rate_counting works only when compiled")

import numpy as np
from cython.cimports.libc.stdint import int32_t, int64_t, uint8_t, uint32_t
from cython.cimports.libc.string import memset

from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization import rates
from nnc.encoder.quantization.rates import LevelCounts, RateTables
from nnc.encoder.quantization.segments import FEWEST_HANDED_OVER

FRACTION_BITS = cython.declare(cython.int, rates.FRACTION_BITS)
MANTISSA_BITS = cython.declare(cython.int, rates.MANTISSA_BITS)
COST_ONE = cython.declare(cython.int, rates.COST_ONE)
LARGEST_BRANCH_COST = cython.declare(int64_t, rates.LARGEST_BRANCH_COST)
LARGEST_MAGNITUDE_COST = cython.declare(int64_t, rates.LARGEST_MAGNITUDE_COST)
FORBIDDEN = cython.declare(int32_t, rates.FORBIDDEN)
MAGNITUDES = cython.declare(cython.int, rates.MAGNITUDES)
SIG_KINDS = cython.declare(cython.int, rates.SIG_KINDS)
SIGN_KINDS = cython.declare(cython.int, rates.SIGN_KINDS)
PREFIX_CLASSES = cython.declare(cython.int, rates.PREFIX_CLASSES)
HANDED_OVER = cython.declare(cython.Py_ssize_t, FEWEST_HANDED_OVER)

_after = cython.declare(uint8_t[16])

# Larger magnitudes are counted one by one.
HISTOGRAM = cython.declare(cython.int, 255)

# What there is of each kind without base levels and a history, so that no branch hangs on a level.
Tally = cython.struct(
    state=cython.int,
    neighbour=cython.int,
    # By neighbour, state, and whether it isn't 0.
    significant=int64_t[48],
    # By neighbour and sign; that of levels that are 0 comes first.
    signs=int64_t[7],
    # By sign and magnitude.
    magnitudes=int64_t[512],
)

# Logarithms of fractions, see `rates.logarithm_table`.
_logarithms = cython.declare(int32_t[2048])


@cython.cfunc
def fill_tables() -> cython.void:
    """Make the tables of the state machine and of logarithms."""
    state: cython.int
    parity: cython.int
    for state in range(8):
        for parity in range(2):
            _after[2 * state + parity] = STATE_TRANSITIONS[state][parity]
    for place, value in enumerate(rates.logarithm_table().tolist()):
        _logarithms[place] = value


fill_tables()


@cython.ccall
def count_levels(indices, situation):
    """Count the bins of a sequence's levels; arguments and result as in the reference."""
    flags: int32_t = situation.greater_flags
    counts = LevelCounts.empty(flags)
    if indices.size == 0:
        return counts
    values: cython.const[int32_t][::1] = indices
    significant: int64_t[:, :, ::1] = counts.significant
    signs: int64_t[:, ::1] = counts.signs
    magnitudes: int64_t[:, ::1] = counts.magnitudes
    runs: cython.const[int64_t][:, ::1] = situation.runs
    dependent: cython.bint = situation.dependent
    restart: cython.Py_ssize_t = situation.restart or indices.size
    base_view: cython.const[int32_t][::1]
    history_view: cython.const[uint8_t][::1]
    has_base: cython.bint = situation.base is not None
    has_history: cython.bint = situation.history is not None
    if has_base:
        base_view = situation.base
    if has_history:
        history_view = situation.history
    elif not has_base:
        if values.shape[0] < HANDED_OVER:
            count_plainly(values, runs, dependent, flags, restart, significant, signs, magnitudes)
            return counts
        with cython.nogil:
            count_plainly(values, runs, dependent, flags, restart, significant, signs, magnitudes)
        return counts
    number: cython.Py_ssize_t
    i: cython.Py_ssize_t
    place: cython.Py_ssize_t = 0
    state: cython.int = 0
    neighbour: cython.int = 0
    kind: cython.int
    row: cython.int
    base: int32_t = 0
    index: int64_t
    magnitude: int64_t
    sign: cython.int
    for number in range(runs.shape[0]):
        if dependent:
            for _ in range(runs[number, 2]):
                state = _after[2 * state]
        for i in range(runs[number, 0], runs[number, 1]):
            if place == restart:
                place = 0
                neighbour = 0
            place += 1
            index = values[i]
            if has_base:
                base = base_view[i]
            kind = neighbour
            if base != 0:
                kind = 3 + (base < -1 or base > 1)
            if has_history and history_view[i]:
                kind = 5
            significant[kind, state, index != 0] += 1
            if index == 0:
                neighbour = 0
                if dependent:
                    state = _after[2 * state]
                continue
            sign = index < 0
            magnitude = -index if sign else index
            if dependent:
                magnitude = (magnitude + 1) >> 1
                state = _after[2 * state + (magnitude & 1)]
            signs[neighbour if base == 0 else 3 + (base > 0), sign] += 1
            row = sign
            if base != 0:
                row = 2 + (
                    flags if base >= flags or base <= -flags else base if base > 0 else -base
                )
            neighbour = 2 - sign
            magnitudes[row, kind_of(magnitude, flags)] += 1
    return counts


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def kind_of(magnitude: int64_t, flags: int32_t) -> cython.int:
    """Return what a magnitude, not 0, is counted as."""
    kind: cython.int = flags
    if magnitude <= flags:
        return cython.cast(cython.int, magnitude - 1)
    magnitude -= flags
    while magnitude > 1:
        magnitude >>= 1
        kind += 1
    return kind


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def count_plainly(
    values: cython.const[int32_t][::1],
    runs: cython.const[int64_t][:, ::1],
    dependent: cython.bint,
    flags: int32_t,
    restart: cython.Py_ssize_t,
    significant: int64_t[:, :, ::1],
    signs: int64_t[:, ::1],
    magnitudes: int64_t[:, ::1],
) -> cython.void:
    """Count where neither base levels nor a history are contexts."""
    tally: Tally
    memset(cython.address(tally), 0, cython.sizeof(Tally))
    number: cython.Py_ssize_t
    place: cython.Py_ssize_t = 0
    first: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    i: cython.Py_ssize_t
    magnitude: uint32_t
    for number in range(runs.shape[0]):
        if dependent:
            for _ in range(runs[number, 2]):
                tally.state = _after[2 * tally.state]
        first = runs[number, 0]
        while first < runs[number, 1]:
            if place == restart:
                place = 0
                tally.neighbour = 0
            stop = min(runs[number, 1], first + restart - place)
            for i in range(first, stop):
                magnitude = tallied(cython.address(tally), values[i], dependent)
                if magnitude > HISTOGRAM:
                    magnitudes[values[i] < 0, kind_of(magnitude, flags)] += 1
            place += stop - first
            first = stop
    for i in range(24):
        significant[i >> 3, i & 7, 0] += tally.significant[2 * i]
        significant[i >> 3, i & 7, 1] += tally.significant[2 * i + 1]
    for i in range(6):
        signs[i >> 1, i & 1] += tally.signs[1 + i]
    for i in range(1, HISTOGRAM + 1):
        magnitudes[0, kind_of(i, flags)] += tally.magnitudes[i]
        magnitudes[1, kind_of(i, flags)] += tally.magnitudes[256 + i]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def tallied(tally: cython.pointer[Tally], index: int32_t, dependent: cython.bint) -> uint32_t:
    """Count one level, without a branch; return its magnitude."""
    sign: uint32_t = cython.cast(uint32_t, index) >> 31
    coded: uint32_t = index != 0
    magnitude: uint32_t = (cython.cast(uint32_t, index) ^ (0 - sign)) + sign
    magnitude = (magnitude + dependent) >> dependent
    tally.significant[16 * tally.neighbour + 2 * tally.state + coded] += 1
    tally.signs[coded * (1 + 2 * tally.neighbour + sign)] += 1
    # Those beyond go where 0 does.
    within: uint32_t = magnitude <= cython.cast(uint32_t, HISTOGRAM)
    tally.magnitudes[256 * sign + magnitude * within] += 1
    tally.neighbour = coded * (2 - sign)
    tally.state = _after[2 * tally.state + (magnitude & 1)] & (0 - dependent)
    return magnitude


@cython.ccall
def rate_tables(counts, weight, situation):
    """Return the costs of levels by counts; arguments and result as in `rates`."""
    units: int64_t = round(weight * COST_ONE)
    flags: cython.int = situation.greater_flags
    dependent: cython.bint = situation.dependent
    branches = np.empty((10 * SIG_KINDS, 2, 8), np.int32)
    bits = np.empty((3 + flags, flags + PREFIX_CLASSES), np.int64)
    magnitudes = np.empty((3 + flags, MAGNITUDES), np.int32)
    branches_view: int32_t[:, :, ::1] = branches
    bits_view: int64_t[:, ::1] = bits
    magnitudes_view: int32_t[:, ::1] = magnitudes
    significant: cython.const[int64_t][:, :, ::1] = counts.significant
    signs: cython.const[int64_t][:, ::1] = counts.signs
    counted: cython.const[int64_t][:, ::1] = counts.magnitudes
    reached: int64_t[:, ::1] = counts.magnitudes.copy()
    fill_branches(significant, signs, units, branches_view)
    fill_bits(counted, reached, flags, bits_view)
    spread(bits_view, units, flags, dependent, magnitudes_view)
    return RateTables(branches, magnitudes)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def logarithm(number: int64_t) -> int64_t:
    """Return Log2 of a positive number, in units of 2^-12."""
    length: cython.int = bit_length(number)
    place: int64_t = (
        number << (MANTISSA_BITS - length)
        if length < MANTISSA_BITS
        else (number >> (length - MANTISSA_BITS))
    )
    return (cython.cast(int64_t, length) << FRACTION_BITS) + _logarithms[place]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def bit_length(number: int64_t) -> cython.int:
    """Return how many bits a positive number has."""
    length: cython.int = 0
    step: cython.int = 32
    while step:
        if number >> step:
            number >>= step
            length += step
        step >>= 1
    return length + 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def bits_of(
    zeros: int64_t, ones: int64_t, of_0: cython.pointer[int64_t], of_1: cython.pointer[int64_t]
) -> cython.void:
    """Find the bits of both bins, as if each had come half a time more."""
    total: int64_t = logarithm(2 * (zeros + ones) + 2)
    of_0[0] = total - logarithm(2 * zeros + 1)
    of_1[0] = total - logarithm(2 * ones + 1)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def fill_branches(
    significant: cython.const[int64_t][:, :, ::1],
    signs: cython.const[int64_t][:, ::1],
    units: int64_t,
    branches: int32_t[:, :, ::1],
) -> cython.void:
    """Find the weighted bits of sig_flag and sign_flag."""
    kind: cython.int
    state: cython.int
    other: cython.int
    sign: cython.int
    zero: int64_t = 0
    one: int64_t = 0
    sign_bits = cython.declare(int64_t[10])
    for other in range(SIGN_KINDS):
        bits_of(
            signs[other, 0], signs[other, 1],
            cython.address(sign_bits[2 * other]), cython.address(sign_bits[2 * other + 1]),
        )  # fmt: skip
    for kind in range(SIG_KINDS):
        for state in range(8):
            bits_of(
                significant[kind, state, 0], significant[kind, state, 1],
                cython.address(zero), cython.address(one),
            )  # fmt: skip
            for sign in range(2 * SIGN_KINDS):
                other = 2 * SIGN_KINDS * kind + sign
                branches[other, 0, state] = cython.cast(
                    int32_t, min((zero * units) >> FRACTION_BITS, LARGEST_BRANCH_COST)
                )
                branches[other, 1, state] = cython.cast(
                    int32_t,
                    min(((one + sign_bits[sign]) * units) >> FRACTION_BITS, LARGEST_BRANCH_COST),
                )


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def fill_bits(
    counts: cython.const[int64_t][:, ::1],
    reached: int64_t[:, ::1],
    flags: cython.int,
    bits: int64_t[:, ::1],
) -> cython.void:
    """Find the bits of magnitudes by class; `reached` begins as a copy of the counts."""
    rows: cython.int = 3 + flags
    row: cython.int
    place: cython.int
    flag: cython.int
    parity: cython.int
    sums = cython.declare(int64_t[4])
    of_0 = cython.declare(int64_t[2])
    of_1 = cython.declare(int64_t[2])
    own_0: int64_t = 0
    own_1: int64_t = 0
    for row in range(rows):
        for place in range(flags + PREFIX_CLASSES - 1, 0, -1):
            reached[row, place - 1] += reached[row, place]
        # What the flags before have cost, which is added up here.
        bits[row, flags] = 0
    for flag in range(flags):
        sums[0] = sums[1] = sums[2] = sums[3] = 0
        for row in range(2, rows):
            parity = row - 2 < flag
            sums[2 * parity] += counts[row, flag]
            sums[2 * parity + 1] += reached[row, flag + 1]
        for parity in range(2):
            bits_of(
                sums[2 * parity], sums[2 * parity + 1],
                cython.address(of_0[parity]), cython.address(of_1[parity]),
            )  # fmt: skip
        for row in range(rows):
            if row < 2:
                bits_of(
                    counts[row, flag], reached[row, flag + 1],
                    cython.address(own_0), cython.address(own_1),
                )  # fmt: skip
            else:
                own_0 = of_0[row - 2 < flag]
                own_1 = of_1[row - 2 < flag]
            bits[row, flag] = bits[row, flags] + own_0
            bits[row, flags] += own_1
    prefix: int64_t = 0
    longer: int64_t
    steps: int64_t = 0
    for row in range(rows):
        prefix += reached[row, flags]
    for place in range(PREFIX_CLASSES):
        longer = 0
        if place < PREFIX_CLASSES - 1:
            for row in range(rows):
                longer += reached[row, flags + place + 1]
        bits_of(prefix - longer, longer, cython.address(own_0), cython.address(own_1))
        own_0 += steps + (cython.cast(int64_t, place) << FRACTION_BITS)
        # The first class last, since the others begin with what stands there.
        if place > 0:
            for row in range(rows):
                bits[row, flags + place] = bits[row, flags] + own_0
        else:
            sums[0] = own_0
        steps += own_1
        prefix = longer
    for row in range(rows):
        bits[row, flags] += sums[0]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def spread(
    bits: int64_t[:, ::1],
    units: int64_t,
    flags: cython.int,
    dependent: cython.bint,
    costs: int32_t[:, ::1],
) -> cython.void:
    """Spread weighted bits by class of magnitude over indices; the bits become costs."""
    kinds = cython.declare(cython.short[512])
    row: cython.Py_ssize_t
    kind: cython.Py_ssize_t
    place: cython.int
    level: cython.int
    for place in range(MAGNITUDES):
        level = (place - 3) >> 1 if dependent else place - 4
        kind = max(level, 1) - 1
        if level > flags:
            kind = flags + bit_length(level - flags) - 1
        kinds[place] = cython.cast(cython.short, kind)
    for row in range(costs.shape[0]):
        for kind in range(bits.shape[1]):
            bits[row, kind] = min(
                (bits[row, kind] * units) >> FRACTION_BITS, LARGEST_MAGNITUDE_COST
            )
        for place in range(5):
            costs[row, place] = FORBIDDEN
        for place in range(5, MAGNITUDES):
            costs[row, place] = cython.cast(int32_t, bits[row, kinds[place]])
