"""Payloads for drawn headers: levels drawn, coded by our own encoder."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from nnc import deepcabac
from nnc.bitio import BitWriter
from nnc.deepcabac import EntryPoints, TensorCoding
from nnc.encoder import EncoderOptions
from nnc.encoder.tensor import quantize_by_trellis, set_entry_points
from nnc.fuzzing.strategies import Source
from nnc.syntax import GIVEN_DEFAULTS, NnrUnitHeader, Scope, nnr_unit_header
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

#: Levels stay within these bounds, and quantization parameters within a sensible range.
LARGEST_LEVEL = 40
LARGEST_STEP = 20

DEFAULT_UNARY_LENGTH = GIVEN_DEFAULTS["out_of_band_cabac_unary_length_minus1"]


def codes_one_tensor(header: NnrUnitHeader) -> bool:
    """Tell whether a compressed data unit holds one coded tensor, undecomposed."""
    unit = header.nnr_compressed_data_unit_header
    if unit is None or header.partial_data_counter:
        return False
    return (
        unit.nnr_compressed_data_unit_payload_type
        in (PayloadType.NNR_PT_INT, PayloadType.NNR_PT_FLOAT)
        and not unit.compressed_parameter_types
        and not unit.nnr_multiple_topology_elements_present_flag
    )


def coding_of(header: NnrUnitHeader, scope: Scope) -> TensorCoding:
    """Give what the headers say about the coding of the tensor."""
    unit = header.nnr_compressed_data_unit_header
    assert unit is not None
    book = unit.integer_codebook
    unary_length = unit.cabac_unary_length_minus1
    return TensorCoding(
        general_profile_idc=scope.general_profile_idc,
        dq_flag=unit.dq_flag or 0,
        scan_order=unit.scan_order or 0,
        cabac_unary_length_minus1=DEFAULT_UNARY_LENGTH if unary_length is None else unary_length,
        codebook_size=0 if book is None else book.codebook_size,
        codebook_zero_offset=0 if book is None else book.cbZeroOffset or 0,
        parent_node_id_present_flag=unit.parent_node_id_present_flag or 0,
    )


def draw_levels(source: Source, coding: TensorCoding, shape: tuple[int, int]) -> Any:
    """Draw the levels of a matrix, within the codebook if there is one."""
    low, high = -LARGEST_LEVEL, LARGEST_LEVEL
    if coding.codebook_size:
        low = max(low, -coding.codebook_zero_offset)
        high = min(high, coding.codebook_size - 1 - coding.codebook_zero_offset)
    # Few draws whatever the size: what is interesting lies in the headers.
    seeds = [source.integer(low, high) for _ in range(6)]
    levels = np.resize(np.array(seeds, dtype=np.int32), shape)
    if source.integer(0, 1):
        levels[::2] = 0
    if coding.dq_flag and coding.codebook_size:
        # The state machine allows half of the levels at each place, but always 0.
        return np.zeros(shape, dtype=np.int32)
    if coding.dq_flag:
        options = EncoderOptions(scan_order=coding.scan_order)
        levels = quantize_by_trellis(levels.astype(np.float32), 1.0, options)
    return np.ascontiguousarray(levels)


def code_tensor(
    source: Source, header: NnrUnitHeader, scope: Scope, qp_density: int
) -> tuple[bytes, bytes]:
    """Draw and code the tensor of a unit, with the density of step sizes in force.

    Returns:
        The bytes of the header, which holds the entry points now, and those of the payload.
    """
    unit = header.nnr_compressed_data_unit_header
    assert unit is not None
    coding = coding_of(header, scope)
    dimensions = (
        unit.tensor_dimensions_list.tensor_dimensions if unit.tensor_dimensions_list else []
    )
    shape = (dimensions[0] if dimensions else 1), math.prod(dimensions[1:])
    if coding.scan_order and min(shape) <= 1:
        # A matrix of one row or one column has no blocks.
        coding = replace(coding, scan_order=0)
    coder = deepcabac.Encoder()
    if unit.nnr_compressed_data_unit_payload_type == PayloadType.NNR_PT_FLOAT:
        quantization = source.integer(-LARGEST_STEP, LARGEST_STEP)
        coder.quantization_parameter(quantization, qp_density)
    entry_points = coder.tensor(draw_levels(source, coding, shape), coding)
    payload = coder.finish()
    place_entry_points(header, entry_points)
    writer = BitWriter()
    nnr_unit_header._build(header, writer, scope.copy())
    return writer.to_bytes(), bytes(payload)


def place_entry_points(header: NnrUnitHeader, entry_points: EntryPoints) -> None:
    """Write the entry points of block rows into a header that has room for them."""
    unit = header.nnr_compressed_data_unit_header
    assert unit is not None
    count = len(unit.cabac_offset_list or ())
    if len(entry_points.cabac_offset_list) == count:
        if count:
            set_entry_points(unit, entry_points, bool(unit.dq_flag))
        return
    # Nothing is coded for a codebook of one entry: no block row takes a bit.
    unit.cabac_offset_list = [0] * count
    unit.dq_state_list = [0] * count if unit.dq_flag else None
    unit.bit_offset_delta1 = 0
    unit.bit_offset_delta2 = [0] * (count - 1)
