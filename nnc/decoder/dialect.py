"""Which of two dialects a bitstream of profile 0 is in (clause 10).

Bitstreams of the first generation of NNCodec have one shift index more for each tensor, and begin
tensors of a single block row another way. Nothing signals it: what fits is found by decoding. A
wrong guess shows in most units, so that a few small ones tell.
"""

from __future__ import annotations

from enum import Enum

from nnc.bitio import BitstreamError
from nnc.bitstream import Bitstream, Unit
from nnc.decoder.layout import UnitLayout, layout_of
from nnc.model.limits import Limits
from nnc.model.parts import joined_data_units
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType


class Dialect(Enum):
    """What the payloads of a bitstream can be decoded as."""

    STANDARD = "standard"
    NNCODEC_1 = "NNCodec 1"
    BOTH = "standard and NNCodec 1 alike"
    NEITHER = "neither standard nor NNCodec 1"


def detect_dialect(bitstream: Bitstream, limits: Limits | None = None) -> Dialect | None:
    """Tell the dialect of a bitstream; levels are decoded only as far as that needs.

    Args:
        bitstream: the bitstream.
        limits: what to decode; None for the defaults.

    Returns:
        The dialect; None where a unit that would have to be decoded can't be by itself (beyond
        the limits, or coded with values that aren't in the bitstream).
    """
    limits = limits or Limits()
    size = sum(unit.byte_size for unit in bitstream.units)
    starts = [unit.parameter_sets.start for unit in bitstream.walk()]
    if any(unit is not None and unit.readable_header().general_profile_idc for unit in starts):
        return Dialect.STANDARD
    try:
        units = joined_data_units(bitstream.walk())
        layouts = [layout_of(unit, limits) for unit in units]
        coded = [
            (unit, layout)
            for unit, layout in zip(units, layouts, strict=True)
            if layout.payload_type != PayloadType.NNR_PT_RAW_FLOAT
        ]
        coded.sort(key=lambda one: sum(tensor.values for tensor in one[1].tensors))
        for _, layout in coded:
            for tensor in layout.tensors:
                limits.check_values(tensor.name, tensor.values, size)
    except BitstreamError:
        return None
    for unit, layout in coded:
        standard, other = decodes(unit, layout, False), decodes(unit, layout, True)
        if not (standard and other):
            return {(True, False): Dialect.STANDARD, (False, True): Dialect.NNCODEC_1}.get(
                (standard, other), Dialect.NEITHER
            )
    return Dialect.BOTH


def decodes(unit: Unit, layout: UnitLayout, nncodec1: bool) -> bool:
    """Tell whether a unit can be decoded in a dialect."""
    # Of profile 1 nothing is decoded, and no decoder loaded.
    from nnc.decoder.model import decode_unit

    try:
        decode_unit(unit, layout, nncodec1)
    except BitstreamError:
        return False
    return True
