# Names out of .pxd files are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Codewords of many small tensors, written one after the other with little about each."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_small works only when compiled")

import numpy as np
from cython.cimports.nnc.deepcabac.engine_codeword import State
from cython.cimports.nnc.deepcabac.engine_rows import Matrix
from cython.cimports.nnc.deepcabac.engine_states import Coding, coding_struct
from cython.cimports.nnc.deepcabac.engine_writing import unsigned_bins

from nnc.deepcabac import checks
from nnc.deepcabac.contexts import context_count


def encode_small(levels, coding, qp_offsets, qp_density, search, row_skip):
    """Encode tensors of one shape, each into a codeword of its own.

    Args:
        levels: (tensors, rows, columns) array of int32, contiguous.
        coding: how all of them are coded: row by row, without parent and codebook.
        qp_offsets: the quantization parameter of each; None: they have none.
        qp_density: the density of them all.
        search: choose the parameter sets of the contexts.
        row_skip: rows of zeros may be skipped.

    Returns:
        The codeword of each; None where it has to be coded alone, since rows may be skipped or
        something is wrong.

    Raises:
        InputError: a member of the coding is out of its range.
    """
    checks.check_coding_for_input(coding)
    count: cython.Py_ssize_t
    rows: cython.Py_ssize_t
    cols: cython.Py_ssize_t
    count, rows, cols = levels.shape
    view: cython.const[cython.int][:, :, ::1] = levels
    needed: Coding = coding_struct(coding)
    state: State = State(0)
    sets = np.zeros(context_count(coding), np.uint8)
    chosen: cython.uchar[::1] = sets
    bits: cython.int = 6 + qp_density
    offset: cython.longlong = 0
    least: cython.longlong = -(1 << (bits - 1))
    asks: cython.bint = row_skip and checks.may_skip_rows(coding, rows, cols)
    starts: cython.longlong[3]
    matrix: Matrix
    matrix.base = matrix.history = matrix.skipped = cython.NULL
    matrix.rows = matrix.height = rows
    matrix.cols = matrix.block_size = cols
    matrix.restarts = 0
    matrix.block_rows = 1
    matrix.starts = starts
    results = []
    number: cython.Py_ssize_t
    for number in range(count):
        if qp_offsets is not None:
            offset = qp_offsets[number]
        matrix.levels = cython.address(view[number, 0, 0])
        if not least <= offset < -least or (asks and _has_zero_row(matrix.levels, rows, cols)):
            results.append(None)
            continue
        state.restart()
        state.context_count = sets.size
        if qp_offsets is not None:
            unsigned_bins(cython.address(state.coder), offset & ((1 << bits) - 1), bits)
        chosen[:] = 0
        starts[0] = starts[1] = starts[2] = 0
        state.search(cython.address(matrix), cython.address(needed), chosen, search)
        if matrix.wrong_at >= 0:
            results.append(None)
            continue
        state.front(rows, cols, coding, False, False, None, chosen)
        state.put(cython.address(matrix), cython.address(needed), 0, 1)
        results.append(state.finish())
    return results


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _has_zero_row(
    levels: cython.pointer(cython.const[cython.int]),
    rows: cython.Py_ssize_t,
    cols: cython.Py_ssize_t,
) -> cython.bint:
    """Tell whether all levels of a row are 0."""
    row: cython.Py_ssize_t
    col: cython.Py_ssize_t
    for row in range(rows):
        seen: cython.int = 0
        for col in range(cols):
            seen |= levels[row * cols + col]
        if seen == 0:
            return True
    return False
