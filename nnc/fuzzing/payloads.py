"""Payloads for drawn headers: levels drawn, coded by our own encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import BitWriter
from nnc.bitstream import Unit
from nnc.decoder import Limits
from nnc.decoder.known import Known
from nnc.decoder.layout import CodedTensor, UnitLayout, layout_of
from nnc.decoder.tensor import DecodedTensor
from nnc.deepcabac import EntryPoints
from nnc.editing.levels import encode_codeword
from nnc.encoder.quantization.rate_distortion import RateOptions, quantize_matrix
from nnc.encoder.units.header import set_entry_points
from nnc.fuzzing.strategies import Source
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import NnrUnitHeader, Scope, nnr_unit_header

#: Levels stay within these bounds, and quantization parameters within a sensible range.
LARGEST_LEVEL = 40
LARGEST_STEP = 20

#: Draws for the values of a tensor, whatever its size: what is interesting lies in the headers.
DRAWS = 6


def code_tensors(
    source: Source, unit: Unit, known: Mapping[str, Known], may: Callable[[str], bool]
) -> tuple[bytes, list[DecodedTensor]]:
    """Draw and code the tensors of a unit, and put their entry points into its header.

    Args:
        source: where levels come from.
        unit: the unit without its payload, with scope and parameter sets as if parsed.
        known: what is known of its tensors from the bitstream before.
        may: tells whether a feature may be used.

    Returns:
        The payload, and the tensors in its order.

    Raises:
        NncError: the header doesn't say how they are coded.
    """
    # A part is no obstacle here: its payload is cut after it is coded.
    layout = layout_of(unit, Limits(), for_decoding=False)
    tensors = [draw_tensor(source, layout, tensor) for tensor in layout.tensors]
    search = bool(source.integer(0, 1)) and may("context-parameters")
    skips = None if may_skip_rows(unit, may) else False
    payload, entry_points = encode_codeword(tensors, layout, False, known, search, skips)
    place_entry_points(unit.readable_header(), entry_points)
    return bytes(payload), tensors


def may_skip_rows(unit: Unit, may: Callable[[str], bool]) -> bool:
    """Tell whether rows of zeros of a unit may be skipped."""
    header = unit.readable_header()
    return may("row-skipping") and (
        may("row-skipping-in-blocks") or not (header.dq_flag and header.scan_order)
    )


def draw_tensor(source: Source, layout: UnitLayout, tensor: CodedTensor) -> DecodedTensor:
    """Draw the levels and the step size of one tensor."""
    levels = tensor.from_matrix(draw_levels(source, layout, tensor))
    if layout.payload_type == PayloadType.NNR_PT_INT:
        return DecodedTensor(tensor, layout, levels=levels)
    qp = layout.qp_base + source.integer(-LARGEST_STEP, LARGEST_STEP)
    return DecodedTensor(tensor, layout, levels=levels, qp=qp)


def draw_levels(source: Source, layout: UnitLayout, tensor: CodedTensor) -> NDArray[np.int32]:
    """Draw the levels of a matrix, within the codebook if there is one."""
    low, high = -LARGEST_LEVEL, LARGEST_LEVEL
    if tensor.codebook is not None:
        low = max(low, -tensor.codebook.zero_offset)
        high = min(high, len(tensor.codebook.values) - 1 - tensor.codebook.zero_offset)
    drawn = [source.integer(low, high) for _ in range(DRAWS)]
    levels = np.resize(np.array(drawn, dtype=np.int32), (tensor.rows, tensor.cols))
    if source.integer(0, 1):
        levels[::2] = 0
    if layout.coding.dq_flag and tensor.codebook is not None:
        # The state machine allows half of the levels at each place, but always 0.
        return np.zeros_like(levels)
    if layout.coding.dq_flag:
        levels = quantize_matrix(levels.astype(np.float32), 1.0, layout.coding, RateOptions())
    return np.ascontiguousarray(levels)


def place_entry_points(header: NnrUnitHeader, entry_points: EntryPoints) -> None:
    """Write the entry points of block rows into a header that has room for them."""
    unit = header.nnr_compressed_data_unit_header
    assert unit is not None
    count = len(unit.cabac_offset_list or ())
    if len(entry_points.cabac_offset_list) == count:
        if count:
            set_entry_points(unit, entry_points, bool(unit.dq_flag))
        return
    # A matrix of one row or column has no block rows, though the header lists them, and nothing
    # is coded for a codebook of one entry.
    unit.cabac_offset_list = [0] * count
    unit.dq_state_list = [0] * count if unit.dq_flag else None
    unit.bit_offset_delta1 = 0
    unit.bit_offset_delta2 = [0] * (count - 1)


def raw_values(source: Source) -> dict[str, Callable[[int], float]]:
    """Draw the values of a stored tensor, by element; numbers that 16 bits hold too."""
    numbers: list[float] = [source.number(16, None, None) for _ in range(DRAWS)]

    def value(index: int) -> float:
        return numbers[index % DRAWS]

    return {f"raw_float{bits}_parameter": value for bits in (16, 32, 64)}


def header_bytes(header: NnrUnitHeader, scope: Scope) -> bytes:
    """Build a unit's header."""
    writer = BitWriter()
    nnr_unit_header._build(header, writer, scope.copy())
    return writer.to_bytes()
