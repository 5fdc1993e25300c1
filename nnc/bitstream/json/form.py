"""Bitstreams as JSON and back, without loss.

A unit is an object of its `type` (for the eye), `size_form`, `header`, and what its payload
is: `payload` for a syntax table, `payload_bytes` for bytes, `units` for an aggregate. Elements
are keys of their tables; absent ones are left out. What elements don't tell stands beside them:
`byte_alignment` where it is irregular, `trailing_bytes` after the syntax of a payload, and
under `given` what the bitstream was read with. Bytes are {"base64": ...}, or, with a side file,
{"file": ..., "offset": ..., "length": ...}; integers of more than 53 bits are hexadecimal
strings, infinite numbers "Infinity" and "-Infinity".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnc.bitio import InputError, NncError, Table
from nnc.bitstream.bitstream import Bitstream
from nnc.bitstream.builder import build_table, given_value
from nnc.bitstream.editing.edit import link
from nnc.bitstream.parser import MAXIMUM_AGGREGATE_DEPTH
from nnc.bitstream.unit import Unit, kind_of, payload_syntax_of
from nnc.engine import json_tables
from nnc.engine.json_tables import (
    ByteStore,
    TableBuilder,
    checked_object,
    inline,
    left_out,
    table_object,
)
from nnc.syntax import NnrUnitHeader, NnrUnitSize, nnr_unit_header

#: Version of the form; raised when a key changes its meaning.
VERSION = 1


def dump(bitstream: Bitstream, payloads: ByteStore = inline) -> Iterator[str]:
    """Yield a bitstream as the text of a JSON object, piece by piece.

    Args:
        bitstream: the bitstream.
        payloads: how payloads that aren't syntax tables are kept.

    Raises:
        NncError: a unit can't be written.
    """
    link_new(bitstream)
    yield f'{{\n"nnc_json": {VERSION},\n"units": ['
    for number, unit in enumerate(bitstream.units):
        yield ",\n" if number else "\n"
        yield json.dumps(unit_object(unit, payloads), ensure_ascii=False, allow_nan=False)
    yield "\n]\n}\n"


def bitstream_object(bitstream: Bitstream, payloads: ByteStore = inline) -> dict[str, Any]:
    """Return a bitstream as plain data; else as `dump`."""
    link_new(bitstream)
    return {
        "nnc_json": VERSION,
        "units": [unit_object(unit, payloads) for unit in bitstream.units],
    }


def link_new(bitstream: Bitstream) -> None:
    """Link units that were made, not read, to what is in force for them."""
    if any(unit.scope is None and unit.header is not None for unit in bitstream.walk()):
        link(bitstream)


def unit_object(unit: Unit, payloads: ByteStore) -> dict[str, Any]:
    """Return a unit as plain data."""
    if unit.header is None:
        assert unit.whole is not None
        return {"type": unit.type_name, "unread_unit": payloads(unit.whole)}
    long = unit.size is not None and unit.size.nnr_unit_size_flag == 1
    result: dict[str, Any] = {
        "type": unit.type_name,
        "size_form": "long" if long else "short",
        "header": table_object(unit.header),
    }
    if given := given_object(unit):
        result["given"] = given
    if unit.units:
        result["units"] = [unit_object(inner, payloads) for inner in unit.units]
        return result
    table = payload_table(unit)
    if table is None:
        if len(unit.payload_bytes):
            result["payload_bytes"] = payloads(unit.payload_bytes)
        return result
    result["payload"] = table_object(table)
    if len(unit.trailing):
        result["trailing_bytes"] = inline(unit.trailing)
    return result


def payload_table(unit: Unit) -> Table | None:
    """Return the payload as a table, None where only its bytes give it back without loss."""
    syntax = unit.payload_syntax
    if syntax is None:
        return None
    if kind_of(unit.nnr_unit_type).persistent or unit.payload_bytes.nbytes == 0:
        return unit.payload if isinstance(unit.payload, Table) else None
    try:
        table = unit.payload
        assert unit.scope is not None
        built = build_table(syntax, unit.table, unit.scope.copy(), "payload")  # type: ignore[arg-type]
    except NncError:
        return None
    edited = unit.edited_size is not None
    same = built + bytes(unit.trailing) == unit.payload_bytes
    return table if isinstance(table, Table) and (same or edited) else None


def given_object(unit: Unit) -> dict[str, Any]:
    """Return the values that a unit's tables asked for and that were not taken from defaults."""
    found = {name: value for name, value in unit.given.items() if value is not None}
    asked: dict[str, Any] = {}

    def given(name: str, table: Table) -> Any:
        value = given_value(unit, name)
        if value is not None:
            asked[name] = value
        return value

    assert unit.scope is not None
    assert unit.header is not None
    scope = unit.scope.copy()
    scope.given = given
    build_table(nnr_unit_header, unit.header, scope, "header")
    asked = {name: value for name, value in asked.items() if name.startswith("out_of_band")}
    return {name: plain_value(value) for name, value in {**found, **asked}.items()}


def build(content: Any, folder: Path | None = None) -> Bitstream:
    """Make a bitstream out of its JSON form.

    Args:
        content: the JSON object, as `json.load` gives it.
        folder: where side files are; None: there are none.

    Raises:
        InputError: it isn't the JSON form of a bitstream; the message says where.
    """
    if not isinstance(content, dict) or content.get("nnc_json") != VERSION:
        raise InputError(f"not a bitstream as JSON: nnc_json must be {VERSION}")
    builder = JsonBuilder(folder)
    return Bitstream(builder.units(content.get("units"), "units"))


class JsonBuilder(TableBuilder):
    """Makes units out of their JSON form."""

    def units(self, content: Any, path: str) -> list[Unit]:
        """Make a list of units."""
        if path.count(".") > MAXIMUM_AGGREGATE_DEPTH:
            raise InputError(f"{path}: aggregates nested more than {MAXIMUM_AGGREGATE_DEPTH} deep")
        if not isinstance(content, list):
            raise InputError(f"{path}: expected a list of units")
        return [self.unit(one, f"{path}[{number}]") for number, one in enumerate(content)]

    def unit(self, content: Any, path: str) -> Unit:
        """Make one unit."""
        content = checked_object(content, path)
        if "unread_unit" in content:
            unit = Unit(None)
            unit.whole = self.bytes(content["unread_unit"], f"{path}.unread_unit")
            return unit
        header = self.table(nnr_unit_header, content.get("header"), f"{path}.header")
        assert isinstance(header, NnrUnitHeader)
        payload: Any = b""
        if "payload" in content:
            syntax = payload_syntax_of(header.nnr_unit_type)
            if syntax is None:
                raise InputError(f"{path}.payload: a unit of this type has no such table")
            payload = self.table(syntax, content["payload"], f"{path}.payload")
        elif "payload_bytes" in content:
            payload = self.bytes(content["payload_bytes"], f"{path}.payload_bytes")
        unit = Unit(header, payload)
        if "units" in content:
            unit.units = self.units(content["units"], f"{path}.units")
        if "trailing_bytes" in content:
            unit.trailing = self.bytes(content["trailing_bytes"], f"{path}.trailing_bytes")
        unit.size = NnrUnitSize(
            nnr_unit_size_flag=int(content.get("size_form") == "long"), nnr_unit_size=0
        )
        unit.given = dict(checked_object(content.get("given", {}), f"{path}.given"))
        return unit


def plain_value(value: Any) -> Any:
    """Return a value as plain data; bytes as hexadecimal digits, units as objects."""
    return json_tables.plain_value(value, plain_unit)


def plain_unit(value: Any) -> Any:
    """Return a unit as an object, without its payload; all else as it is."""
    return unit_object(value, left_out) if isinstance(value, Unit) else value
