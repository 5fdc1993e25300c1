"""Changing values: coded again with the step sizes that their tensors have, all else as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import BitstreamError, InputError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream, Plan, Unit
from nnc.bitstream.editing.edit import Edit, run
from nnc.decoder.dequantization import finite_step_size
from nnc.decoder.layout import UnitLayout
from nnc.decoder.tensor import DecodedTensor
from nnc.deepcabac import EntryPoints
from nnc.editing.levels import decode_for_editing, encode_codeword, find_unit, put_payload
from nnc.encoder.quantization.dependent import quantize_dependent

#: Larger levels aren't chosen: rounding would be no nearer.
LARGEST_LEVEL = 1 << 30


@checked
def replace_values(bitstream: Bitstream, values: Mapping[str, Any], *, keep: bool = True) -> Plan:
    """Code other values of tensors in the place of their own, as near as their steps allow.

    Args:
        bitstream: the bitstream of a whole model.
        values: by name, numbers of the tensor's shape.
        keep: make the change; else only say what it would be.

    Returns:
        What has changed.

    Raises:
        InputError: no such tensor, another shape; values that aren't finite or are too large for
            the tensor's step; a tensor of integers, scanned in blocks, coded together with others,
            or by dependent quantization with a codebook. The bitstream is as it was.
        BitstreamError: a payload can't be decoded.
    """
    of_units: dict[int, tuple[Unit, str, dict[str, NDArray[Any]]]] = {}
    for name, one in values.items():
        array = as_numbers(name, one)
        unit, path = find_unit(bitstream, name, None)
        of_units.setdefault(id(unit), (unit, path, {}))[2][name] = array
    changes = [(unit, path, *coded(unit, own)) for unit, path, own in of_units.values()]

    def change(edit: Edit) -> None:
        for unit, path, payload, entry_points in changes:
            put_payload(edit, unit, path, payload, entry_points)

    return run(bitstream, change, keep=keep)


def nearest_values(bitstream: Bitstream, values: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return what tensors would hold after `replace_values`; those that it refuses are left out.

    They have the data formats of the headers: dtypes that notes alone say are narrower.
    """
    result: dict[str, NDArray[Any]] = {}
    for name, one in values.items():
        with contextlib.suppress(InputError, BitstreamError):
            array = as_numbers(name, one)
            unit, _ = find_unit(bitstream, name, None)
            decoded, layout, _ = decode_for_editing(unit, None)
            for former in decoded:
                if former.tensor.name == name:
                    result[name] = with_values(former, layout, array).values()
    return result


def as_numbers(name: str, values: Any) -> NDArray[Any]:
    """Return values that are given for a tensor as an array of numbers."""
    try:
        array = np.asarray(values)
    except ValueError:  # Lists of different lengths.
        array = np.array(None)
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise InputError(f"the values of tensor {name!r} must be finite numbers")
    return array


def coded(unit: Unit, values: Mapping[str, NDArray[Any]]) -> tuple[bytes, EntryPoints]:
    """Return the payload of a unit with other values of some of its tensors."""
    decoded, layout, nncodec1 = decode_for_editing(unit, None)
    left = dict(values)
    changed = [
        with_values(one, layout, left.pop(one.tensor.name)) if one.tensor.name in left else one
        for one in decoded
    ]
    if left:
        raise InputError(f"tensor {next(iter(left))!r} is coded together with others")
    raw = [one.raw for one in changed if one.raw is not None]
    if raw:
        return raw[0].tobytes(), EntryPoints([], [], [])
    # The states of dependent quantization run through all rows.
    row_skip = False if layout.coding.dq_flag else None
    return encode_codeword(changed, layout, nncodec1, {}, True, row_skip)


def with_values(former: DecodedTensor, layout: UnitLayout, values: NDArray[Any]) -> DecodedTensor:
    """Return a tensor with other values, in levels if it has any."""
    tensor, name = former.tensor, former.tensor.name
    if former.raw is None and (former.qp is None or former.noise is not None):
        # Its integers may have another shape.
        raise InputError(f"tensor {name!r} is coded without loss: change its levels instead")
    if values.shape != tensor.dimensions:
        raise InputError(f"tensor {name!r} has the shape {tensor.dimensions}, not {values.shape}")
    if former.raw is not None:
        return former._replace(raw=values.astype(former.raw.dtype))
    if layout.coding.block_size(tensor.rows, tensor.cols):
        raise InputError(f"tensor {name!r} is scanned in blocks: change its levels instead")
    step = float(finite_step_size(former.qp, layout.qp_density))
    matrix = tensor.to_matrix(values.astype(np.float64))
    if np.abs(matrix).max(initial=0.0) > LARGEST_LEVEL * step:
        raise InputError(f"the values of tensor {name!r} are too large for its step of {step:g}")
    book = tensor.codebook
    levels: NDArray[Any]
    if book is not None:
        if layout.coding.dq_flag:
            raise InputError(f"tensor {name!r} has a codebook: change its levels instead")
        levels = nearest(np.asarray(book.values) * step, matrix) - book.zero_offset
    elif layout.coding.dq_flag:
        levels = quantize_dependent(matrix.reshape(-1), step).reshape(matrix.shape)
    else:
        levels = np.rint(matrix / step)
    return former._replace(levels=tensor.from_matrix(levels.astype(np.int32)))


def nearest(entries: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the numbers of the entries that are nearest to values."""
    order = np.argsort(entries, kind="stable")
    middles = (entries[order][1:] + entries[order][:-1]) / 2
    return order[np.searchsorted(middles, values)]
