# Bare annotations declare variables of C.
# ruff: noqa: F821
# mypy: ignore-errors
"""Sums of squares of values and of their errors in one pass, for compilation; `loss` uses it."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.squares works only when compiled")

import numpy as np

# So many squares are summed up in float32, these sums in float64.
BLOCK = cython.declare(cython.Py_ssize_t, 256)

# Other threads may run Python while so many values or more are summed up: to hand over takes longer
# than fewer do.
MANY_VALUES = cython.declare(cython.Py_ssize_t, 1 << 16)


@cython.ccall
def sums_of_squares(values, levels, step, inverse):
    """Sum up the squares of values, and of what they differ by from what a decoder gives.

    They are good to five digits. The order of the terms is the compiler's: nothing that decides
    a bit may hang on them.

    Args:
        values: 1-D array of float32.
        levels: 1-D array of int32 of the same length.
        step: float32; a decoder gives `level * step` in float32.
        inverse: float32, its inverse.

    Returns:
        Both sums, in squared steps. Of values that are tiny beside the step the first is too small.
    """
    count: cython.Py_ssize_t = values.size
    if count == 0:
        return 0.0, 0.0
    source: cython.const[cython.float][::1] = values
    coded: cython.const[cython.int][::1] = levels
    step_here: cython.float = step
    inverse_here: cython.float = inverse
    sums: cython.double[2]
    first: cython.pointer(cython.const[cython.float]) = cython.address(source[0])
    level: cython.pointer(cython.const[cython.int]) = cython.address(coded[0])
    if count < MANY_VALUES:
        _sum(first, level, step_here, inverse_here, count, cython.address(sums[0]))
    else:
        with cython.nogil:
            _sum(first, level, step_here, inverse_here, count, cython.address(sums[0]))
    return sums[0], sums[1]


@cython.ccall
def sums_of_rows(values, levels, steps):
    """Sum up as `sums_of_squares` does, the rows of matrices each by itself.

    Args:
        values: (rows, columns) array of float32, contiguous, not empty.
        levels: that of int32.
        steps: the step size of each row, a 1-D array of float32.

    Returns:
        (rows, 2) array of float64: both sums of each row.
    """
    source: cython.const[cython.float][:, ::1] = values
    coded: cython.const[cython.int][:, ::1] = levels
    steps_here: cython.const[cython.float][::1] = steps
    one: cython.float = 1
    sums = np.empty((values.shape[0], 2), np.float64)
    places: cython.double[:, ::1] = sums
    row: cython.Py_ssize_t
    with cython.nogil:
        for row in range(source.shape[0]):
            _sum(
                cython.address(source[row, 0]),
                cython.address(coded[row, 0]),
                steps_here[row],
                one / steps_here[row],
                source.shape[1],
                cython.address(places[row, 0]),
            )
    return sums


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _sum(
    source: cython.pointer(cython.const[cython.float]),
    coded: cython.pointer(cython.const[cython.int]),
    step: cython.float,
    inverse: cython.float,
    count: cython.Py_ssize_t,
    sums: cython.pointer(cython.double),
) -> cython.void:
    """Put the sum of the squared values first, and that of the squared errors second."""
    sums[0] = sums[1] = 0
    start: cython.Py_ssize_t = 0
    index: cython.Py_ssize_t
    while start < count:
        stop: cython.Py_ssize_t = min(start + BLOCK, count)
        signal: cython.float = 0
        noise: cython.float = 0
        # Without a branch, so that the compiler makes vectors of it.
        for index in range(start, stop):
            decoded: cython.float = cython.cast(cython.float, coded[index]) * step
            value: cython.float = source[index] * inverse
            error: cython.float = (source[index] - decoded) * inverse
            signal += value * value
            noise += error * error
        sums[0] += signal
        sums[1] += noise
        start = stop
