# Names out of .pxd files are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""The trellis forward, block by block, for compilation; see trellis.py."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.trellis_blocks works only when compiled")

from cython.cimports.libc.math import fabs, fabsf
from cython.cimports.libc.stdint import int32_t, uint32_t, uint64_t

from nnc.encoder.quantization.trellis_reference import COST_ONE
from nnc.encoder.quantization.uniform import LARGEST_RATIO

# Blocks are of 512 values: what is known of them fits the first-level cache together. They
# consist of groups of 32, as long as a history.

COST = cython.declare(cython.float, COST_ONE)
LIMIT = cython.declare(cython.float, LARGEST_RATIO)


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
