"""Elements of payloads that are kept as bytes: coded and raw tensors, parts, unknown units.

Such a payload is one element of `nnr_unit_payload` or `nnr_compressed_data_unit_payload`: bytes,
or the values of a raw tensor. It is parsed each time that somebody asks for it, as a view on the
bytes, and written by replacing them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnc.bitio import BitReader, BitstreamError, BuildError, Table
from nnc.bitstream.places import located
from nnc.bitstream.unit import Unit
from nnc.engine.fields import Field, array_type
from nnc.engine.values import checked_value
from nnc.syntax import (
    NnrCompressedDataUnitPayload,
    NnrUnitPayload,
    NnrUnitType,
    nnr_compressed_data_unit_payload,
)


def payload_type(unit: Unit) -> type[Table] | None:
    """Return the table that holds the payload's element; None where it has none of its own.

    The payload of a start unit is empty, that of an aggregate are its units, that of a unit
    with `payload_syntax` is a table of its own.
    """
    if unit.payload_syntax is not None or unit.header is None:
        return None
    if unit.nnr_unit_type == NnrUnitType.NNR_NDU and not unit.is_part:
        return NnrCompressedDataUnitPayload
    if unit.nnr_unit_type in (NnrUnitType.NNR_STR, NnrUnitType.NNR_AGG):
        return None
    return NnrUnitPayload


def payload_table(unit: Unit) -> Table | None:
    """Return the payload as the table that holds its element, None where it has none.

    Raises:
        BitstreamError: a raw tensor is shorter than its dimensions want it.
    """
    table_type = payload_type(unit)
    if table_type is NnrUnitPayload:
        data = unit.payload_bytes
        if unit.is_part:
            return NnrUnitPayload(partial_data=data)
        return NnrUnitPayload(opaque_payload=data)
    if table_type is None or unit.scope is None:
        return None
    reader = BitReader(unit.payload_bytes)
    reader.enter("payload", nnr_compressed_data_unit_payload.table)
    try:
        table: Table = nnr_compressed_data_unit_payload._parse(reader, unit.scope.copy(), "")
    except BitstreamError as error:
        raise unit.locate(located(error, reader), in_payload=True) from None
    return table


def changed_payload(
    unit: Unit, field: Field, indices: tuple[int, ...], value: Any, path: str, force: bool
) -> memoryview | None:
    """Return the bytes of a payload in which its element, or one value of it, is changed.

    Args:
        unit: the unit.
        field: the element.
        indices: index of the value; empty for all.
        value: bytes, a number, or as many numbers as there are.
        path: the place, for messages.
        force: as for `checked_value`.

    Returns:
        The bytes, None where they stay the same.

    Raises:
        BuildError: the payload has another element, or the value doesn't fit.
    """
    before = getattr(payload_table(unit), field.name, None)
    if before is None:
        raise BuildError("the payload isn't this element", path=path, value=value)
    if field.kind == "bytes":
        data = memoryview(checked_value(field, value, path, force)).cast("B")
        return None if data == before else data
    if indices and indices[0] >= len(before):
        raise BuildError(
            "there is no such value", path=path, allowed=f"0..{len(before) - 1}", value=value
        )
    new = checked_value(field, value, path, force)
    if isinstance(new, list) == bool(indices) or (not indices and len(new) != len(before)):
        what = "one value" if indices else f"{len(before)} values, as its dimensions say"
        raise BuildError(f"takes {what}", path=path)
    changed = np.asarray(new, dtype=array_type(field))
    place = indices or ...
    if changed.tobytes() == before[place].tobytes():
        return None
    # One copy of the payload, whose values are views on it.
    copied = bytearray(unit.payload_bytes)
    np.frombuffer(copied, dtype=changed.dtype, count=len(before))[place] = changed
    return memoryview(copied)
