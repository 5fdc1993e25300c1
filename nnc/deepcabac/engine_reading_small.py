# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Codewords of many small tensors, read one after the other with little about each."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_reading_small works only when compiled")

import numpy as np
from cython.cimports.nnc.deepcabac.engine_decoder import Decoder
from cython.cimports.nnc.deepcabac.engine_reading import (
    Coder,
    begin,
    ends_well,
    position,
    regular,
    unsigned_bins,
)
from cython.cimports.nnc.deepcabac.engine_reading_rows import Matrix, decode_run
from cython.cimports.nnc.deepcabac.engine_states import (
    SHIFT,
    Context,
    Place,
    Tables,
    coding_struct,
    tables,
)

from nnc.bitio.errors import NncError
from nnc.deepcabac import checks
from nnc.deepcabac.contexts import context_count, signalled_contexts


def decode_plain(tasks):
    """Decode payloads of one small tensor each, with as little as can be besides the levels.

    Args:
        tasks: a coding.Task for each; scanned row by row, without parent and codebook.

    Returns:
        For each task the quantization parameter (None without) and the levels; None where the
        tensor has to be decoded alone, since it uses other tools or something is wrong.
    """
    decoder: Decoder = Decoder.__new__(Decoder)
    kind: Kind
    prepared = None
    results = []
    for payload, qp_density, rows, cols, coding, _ in tasks:
        result = None
        try:
            if coding is not prepared:
                prepared = None
                _set_kind(cython.address(kind), coding)
                prepared = coding
            result = _decode_plain(
                decoder, cython.address(kind), payload, qp_density, rows, cols, coding
            )
        except NncError:
            # Decoding it alone comes to the same error, in its turn.
            pass
        results.append(result)
    return results


@cython.cfunc
def _decode_plain(
    decoder: Decoder, kind: cython.pointer(Kind), payload, qp_density, rows, cols, coding
):
    """Decode one payload of a kind; None: it has to be decoded alone."""
    checks.check_size(rows, cols)
    data: cython.const[cython.uchar][::1] = memoryview(payload).cast("B")
    if not data.shape[0] or checks.bits_needed(rows * cols) > 8 * data.shape[0]:
        return None
    shape: Shape
    _set_shape(cython.address(shape), coding, rows, cols, qp_density)
    levels = checks.zero_levels(rows, cols)
    values: cython.int[::1] = levels.reshape(-1)
    qp: cython.int = 0
    if not _decode_one(
        cython.address(decoder.coder),
        decoder.contexts,
        kind,
        cython.address(shape),
        cython.address(data[0]),
        data.shape[0],
        cython.address(values[0]) if shape.count else cython.NULL,
        cython.address(qp),
    ):
        return None
    return None if qp_density is None else qp, levels


def decode_alike(source, places, rows, cols, coding, qp_density):
    """Decode codewords of one small tensor each, all coded alike.

    Args:
        source: the data that they stand in.
        places: (n, 2) array of int64: the first byte of each, and the one after its last.
        rows: rows of each tensor.
        cols: its columns.
        coding: how they are coded: row by row, without parent and codebook.
        qp_density: precision of the quantization parameters; None: there are none.

    Returns:
        The levels, an (n, rows, cols) array of int32; the quantization parameters, an array of
        n int32; and of each whether it was decoded: else it has to be decoded alone, since it
        uses other tools or something is wrong.
    """
    count: cython.Py_ssize_t = len(places)
    levels = np.zeros((count, rows, cols), np.int32)
    parameters = np.zeros(count, np.int32)
    done = np.zeros(count, np.bool_)
    decoder: Decoder = Decoder.__new__(Decoder)
    kind: Kind
    shape: Shape
    try:
        _set_kind(cython.address(kind), coding)
        _set_shape(cython.address(shape), coding, rows, cols, qp_density)
    except NncError:
        return levels, parameters, done
    data: cython.const[cython.uchar][::1] = source
    bounds: cython.const[cython.longlong][:, ::1] = places
    values: cython.int[::1] = levels.reshape(-1)
    offsets: cython.int[::1] = parameters
    marks: cython.uchar[::1] = done.view(np.uint8)
    number: cython.Py_ssize_t
    with cython.nogil:
        for number in range(count):
            marks[number] = _decode_one(
                cython.address(decoder.coder),
                decoder.contexts,
                cython.address(kind),
                cython.address(shape),
                cython.address(data[bounds[number, 0]]),
                bounds[number, 1] - bounds[number, 0],
                cython.address(values[number * shape.count]) if shape.count else cython.NULL,
                cython.address(offsets[number]),
            )
    return levels, parameters, done


@cython.cfunc
def _set_kind(kind: cython.pointer(Kind), coding):
    """Take what depends on the coding alone, and is the same for most tensors of a model."""
    checks.check_coding_for_stream(coding, 0)
    kind.coding = coding_struct(coding)
    kind.context_count = context_count(coding)
    kind.signalled_count = 0
    for number in signalled_contexts(coding, temporal=False, history=False):
        kind.signalled[kind.signalled_count] = number
        kind.signalled_count += 1


@cython.cfunc
def _set_shape(shape: cython.pointer(Shape), coding, rows, cols, qp_density):
    """Take what else may be the same for many tensors."""
    shape.qp_bits = 0
    if qp_density is not None:
        shape.qp_bits = checks.check_quantization_parameter(0, qp_density)
    shape.tools = coding.has_tools(rows, cols)
    shape.history = shape.tools and coding.parent_node_id_present_flag
    shape.count = rows * cols
    shape.needed_bits = max(0, checks.bits_needed(rows * cols))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _decode_one(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    kind: cython.pointer(Kind),
    shape: cython.pointer(Shape),
    data: cython.pointer(cython.const[cython.uchar]),
    size: cython.Py_ssize_t,
    levels: cython.pointer(cython.int),
    qp: cython.pointer(cython.int),
) -> cython.bint:
    """Decode one codeword into levels that are 0; false: not possible here.

    What would be an error isn't possible either.
    """
    held: cython.pointer(cython.const[Tables]) = tables()
    begin(coder, data, size)
    if size < 2 or coder.value >> coder.bits >= coder.range:
        return False
    if shape.qp_bits:
        value: cython.longlong = unsigned_bins(coder, shape.qp_bits)
        half: cython.longlong = 1 << (shape.qp_bits - 1)
        qp[0] = cython.cast(cython.int, value - 2 * half if value >= half else value)
    number: cython.Py_ssize_t
    for number in range(kind.context_count):
        contexts[number] = held.starts[0]
    if shape.history and unsigned_bins(coder, 1):
        return False
    if shape.tools and unsigned_bins(coder, 1):
        return False
    for number in range(kind.signalled_count):
        if regular(coder, contexts, SHIFT):
            contexts[kind.signalled[number]] = held.starts[unsigned_bins(coder, 3) + 1]
    if position(coder) + shape.needed_bits > 8 * cython.cast(cython.longlong, size):
        return False
    if shape.count:
        matrix: Matrix
        matrix.levels = levels
        matrix.base = matrix.history = cython.NULL
        place: Place
        place.state = place.neighbour = 0
        if not decode_run(
            coder,
            contexts,
            cython.address(kind.coding),
            cython.address(place),
            cython.address(matrix),
            0,
            shape.count,
        ):
            return False
    return ends_well(coder)
