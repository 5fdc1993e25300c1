# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Uniform quantization in one pass over memory, for compilation; `quantization` has the same."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.encoder.quantization.rounding works only when compiled")


@cython.ccall
def round_ratios(values, step, largest, levels):
    """Round the ratios of values to a step.

    Args:
        values: 1-D array of float32.
        step: float32.
        largest: the largest magnitude of a ratio that is allowed.
        levels: 1-D array of int32 of the same length, to be filled.

    Returns:
        Whether all ratios are allowed; if not, the levels mean nothing.
    """
    count: cython.Py_ssize_t = values.size
    if count == 0:
        return True
    source: cython.const[cython.float][::1] = values
    target: cython.int[::1] = levels
    step_here: cython.float = step
    largest_here: cython.float = largest
    with cython.nogil:
        beyond: cython.int = _round(
            cython.address(source[0]), step_here, largest_here, cython.address(target[0]), count
        )
    return beyond == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _round(
    source: cython.pointer(cython.const[cython.float]),
    step: cython.float,
    largest: cython.float,
    target: cython.pointer(cython.int),
    count: cython.Py_ssize_t,
) -> cython.int:
    """Round, and return something else than 0 if a ratio isn't allowed; NaN never is."""
    beyond: cython.int = 0
    index: cython.Py_ssize_t
    # Without a branch, so that the compiler makes vectors of it.
    for index in range(count):
        ratio: cython.float = source[index] / step
        beyond |= (not (ratio <= largest)) | (not (ratio >= -largest))
        target[index] = nearest_integer(ratio)
    return beyond
