# mypy: ignore-errors
# (the annotations are C types, which mypy doesn't know)
"""The way back through the trellis, for compilation; see trellis.py."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.trellis_path works only when compiled")

from cython.cimports.libc.stdint import int32_t, uint8_t, uint32_t
from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.encoder.quantization.trellis_blocks import Source, measure
from cython.cimports.nnc.encoder.quantization.trellis_pieces import indices_by_sixteen

from nnc.encoder.quantization.trellis_reference import walk_back

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
        indices_by_sixteen(source.narrow + first, step, subsets, done, indices)
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
