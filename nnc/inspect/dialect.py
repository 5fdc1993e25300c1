"""Which dialect the coded payloads of a traced bitstream are in, however damaged it is."""

from __future__ import annotations

from nnc.bitio import BitstreamError
from nnc.bitstream import Unit
from nnc.decoder.layout import layout_of
from nnc.decoder.model import decode_unit
from nnc.inspect.bins import is_coded
from nnc.inspect.tracing import BitstreamTrace
from nnc.model.limits import Limits


def find_dialect(traced: BitstreamTrace) -> bool:
    """Tell whether the coded payloads of a bitstream are in the dialect of NNCodec 1.

    The dialect isn't signalled. It is taken where a unit of profile 0 doesn't decode by the
    standard, and fewer units fail by the dialect.
    """
    units = [unit.unit for unit in traced.walk() if unit.unit is not None and is_coded(unit.unit)]
    if any(unit.scope is None or unit.scope.general_profile_idc != 0 for unit in units):
        return False
    standard = sum(not decodes(unit, nncodec1=False) for unit in units)
    return standard > 0 and sum(not decodes(unit, nncodec1=True) for unit in units) < standard


def decodes(unit: Unit, nncodec1: bool) -> bool:
    """Tell whether the payload of a unit decodes by the standard, or by the dialect."""
    try:
        decode_unit(unit, layout_of(unit, Limits()), nncodec1)
    except BitstreamError:
        return False
    return True
