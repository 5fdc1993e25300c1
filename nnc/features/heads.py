"""What the beginning of an entropy-coded payload says: the tools that its tensors are coded with.

These flags are behind the arithmetic coder. Where one tensor makes up the payload, they are read
without its levels; where others come before it, those have to be decoded.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from nnc import deepcabac
from nnc.bitio import BitstreamError
from nnc.bitstream import Unit
from nnc.decoder.known import Known
from nnc.decoder.layout import UnitLayout, coding_of, layout_of
from nnc.features.values import CODED_ELEMENTS
from nnc.inspect.bins import decode_bins, is_coded
from nnc.model.limits import Limits
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

#: Names of the tensors that payloads end with.
LAST = (".tensor.", ".h.")

#: Values that are decoded before the last tensor, at most.
MOST_BEFORE = 1 << 14


class _SeenError(Exception):
    """The levels of the last tensor begin."""


def head_values(unit: Unit) -> dict[str, int] | None:
    """Return the flags at the beginning of the tensors of a payload; 1 where one tensor has it.

    Returns:
        The values by element; nothing for what isn't entropy-coded. None: they can't be read, or
        only by decoding too many values.
    """
    if not is_coded(unit):
        return None if unit.is_part else {}
    try:
        layout = layout_of(unit, Limits(), parents_known=True)
        if len(layout.tensors) == 1 and layout.tensors[0].values:
            return head_of(unit, layout)
        return heads_of(unit, layout)
    except (BitstreamError, MemoryError):
        return None


def head_of(unit: Unit, layout: UnitLayout) -> dict[str, int]:
    """Return the flags at the beginning of a payload of one tensor; errors as of decoding."""
    tensor = layout.tensors[0]
    coding = coding_of(tensor, layout, False)
    decoder = deepcabac.Decoder(unit.payload_bytes)
    if layout.payload_type != PayloadType.NNR_PT_INT:
        decoder.quantization_parameter(layout.qp_density)
    rows, cols = tensor.rows, tensor.cols
    flags = decoder.head(rows, cols, coding, temporal=layout.temporal)
    has_tools = coding.has_tools(rows, cols)
    is_there = (
        has_tools and coding.parent_node_id_present_flag,
        has_tools,
        not coding.nothing_coded,
    )
    found = zip(CODED_ELEMENTS, flags, is_there, strict=True)
    return {name: int(flag) for name, flag, there in found if there}


def heads_of(unit: Unit, layout: UnitLayout) -> dict[str, int] | None:
    """Return the flags of all tensors of a payload, most of which have to be decoded for that."""
    found: dict[str, int] = {}

    def take(row: dict[str, Any]) -> None:
        path = row["path"]
        name = path.rpartition(".")[2].partition("[")[0]
        if name in CODED_ELEMENTS:
            found[name] = max(found.get(name, 0), row["bin"])
        elif (
            row["context"] is not None
            and name.startswith("sig")
            and any(last in path for last in LAST)
        ):
            raise _SeenError

    if sum(tensor.values for tensor in layout.tensors[:-1]) > MOST_BEFORE:
        return None
    # Levels of parents change what is read of the levels alone, which isn't looked at.
    with contextlib.suppress(_SeenError):
        decode_bins(unit, take, False, parents_of(layout))
    return found


def parents_of(layout: UnitLayout) -> dict[str, Known]:
    """Return zeros for parents of all tensors of a payload."""
    return {
        tensor.name: Known(
            np.zeros(tensor.dimensions, np.int32), np.zeros(tensor.dimensions, np.bool_)
        )
        for tensor in layout.tensors
    }
