"""Some rows of one tensor, for which no more of its payload is decoded than is before their end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitio import BitstreamError
from nnc.bitstream import Unit
from nnc.decoder.layout import Part, UnitLayout, coding_of
from nnc.decoder.reconstruction import reconstruct, steps_of
from nnc.decoder.tensor import DecodedTensor
from nnc.model.data_format import RAW_FLOAT_BITS
from nnc.model.metadata import TensorNote, restore
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType


def decoded_rows(
    unit: Unit, layout: UnitLayout, note: TensorNote | None, first: int, stop: int
) -> NDArray[Any] | None:
    """Decode the rows of a tensor from one on to before another.

    Args:
        unit: the unit of the tensor, which depends on no other.
        layout: its layout.
        note: what the metadata unit says of the tensor.
        first: the first row.
        stop: the row after the last.

    Returns:
        The rows, as they are in the whole tensor; None where they don't come by themselves:
        several tensors in a unit, other rows than those of the first dimension, packed values,
        skipped rows, an empty tensor.

    Raises:
        BitstreamError: the payload breaks the syntax before their end.
    """
    tensor = layout.tensors[0]
    alone = len(layout.tensors) == 1 and tensor.part == Part.WHOLE and tensor.split is None
    packed = note is not None and note.changes_values
    if not alone or packed or tensor.row_axis or layout.parent is not None or layout.temporal:
        return None
    if not tensor.values or not tensor.dimensions:
        return None
    own = tensor._replace(dimensions=(stop - first, *tensor.dimensions[1:]))
    if layout.payload_type == PayloadType.NNR_PT_RAW_FLOAT:
        decoded = raw_rows(unit, layout._replace(tensors=[own]), first)
    else:
        decoded = coded_rows(unit, layout, first, stop, own.dimensions)
    if decoded is None:
        return None
    try:
        values = reconstruct([[decoded]], steps_of(True)).delivered()[tensor.name]
        return values if note is None else restore(values, note, tensor.name)
    except BitstreamError as error:
        raise unit.locate(error) from None


def width_of(layout: UnitLayout) -> int:
    """Return the bytes of a stored value."""
    bits: int = RAW_FLOAT_BITS.get(layout.data_format, 32)  # type: ignore[call-overload]
    return bits >> 3


def raw_span(layout: UnitLayout, first: int, stop: int) -> tuple[int, int] | None:
    """Return from where to where in the payload rows are stored; None where they are coded."""
    if layout.payload_type != PayloadType.NNR_PT_RAW_FLOAT:
        return None
    row = layout.tensors[0].cols * width_of(layout)
    return first * row, stop * row


def raw_rows(unit: Unit, layout: UnitLayout, first: int) -> DecodedTensor | None:
    """Return stored rows; None where the payload is of another size than the whole tensor's."""
    (tensor,) = layout.tensors
    span = raw_span(layout, first, first + tensor.rows)
    assert span is not None
    found = unit.payload_bytes[slice(*span)]
    width = width_of(layout)
    if len(found) < tensor.values * width:
        return None
    raw = np.frombuffer(found, f"<f{width}").reshape(tensor.dimensions)
    return DecodedTensor(tensor, layout, raw=raw.astype(f"=f{width}"))


def coded_rows(
    unit: Unit, layout: UnitLayout, first: int, stop: int, dimensions: tuple[int, ...]
) -> DecodedTensor | None:
    """Decode the rows of a codeword up to the last that is wanted."""
    (tensor,) = layout.tensors
    rows, cols, coding = tensor.rows, tensor.cols, coding_of(tensor, layout, False)
    is_int = layout.payload_type == PayloadType.NNR_PT_INT
    probe = deepcabac.Decoder(unit.payload_bytes)
    begin = getattr(probe, "begin", None)
    if begin is None or layout.payload_type == PayloadType.NNR_PT_BLOCK:
        return None
    # Whole block rows, and as many as tell the decoder that there are several.
    size = coding.block_size(rows, cols) or 1
    needed = min(max(-(-stop // size), 2) * size, rows)
    try:
        if not is_int:
            probe.quantization_parameter(layout.qp_density)
        begun, skipped = begin(rows, cols, coding)
        if begun is None or skipped is not None:
            return None
        decoder = deepcabac.Decoder(unit.payload_bytes)
        qp = None if is_int else layout.qp_base + decoder.quantization_parameter(layout.qp_density)
        levels = decoder.tensor(needed, cols, coding)[first:stop].copy()
    except BitstreamError as error:
        raise unit.locate(error, in_payload=True) from None
    own = tensor._replace(dimensions=dimensions)
    return DecodedTensor(own, layout, levels=levels.reshape(dimensions), qp=qp)
