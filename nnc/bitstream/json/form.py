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

import base64
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from nnc.bitio import InputError, NncError, Table
from nnc.bitstream.bitstream import Bitstream
from nnc.bitstream.builder import build_table, given_value
from nnc.bitstream.editing.edit import link
from nnc.bitstream.mapped import bytes_of
from nnc.bitstream.parser import MAXIMUM_AGGREGATE_DEPTH
from nnc.bitstream.unit import Unit, kind_of, payload_syntax_of
from nnc.engine.fields import Field, array_type, fields_of
from nnc.syntax import NnrUnitHeader, NnrUnitSize, nnr_unit_header

#: Version of the form; raised when a key changes its meaning.
VERSION = 1

LARGEST_EXACT = 1 << 53


class ByteStore(Protocol):
    """Says how bytes stand in JSON."""

    def __call__(self, data: bytes | memoryview) -> dict[str, Any]:
        """Return the object that stands for bytes."""


def inline(data: bytes | bytearray | memoryview) -> dict[str, Any]:
    """Return bytes as base64."""
    return {"base64": base64.b64encode(data).decode("ascii")}


def left_out(data: bytes | memoryview) -> dict[str, Any]:
    """Return only the number of bytes; what is made so can't be built again."""
    return {"length": len(data)}


class SideFile:
    """Puts bytes into a file beside the JSON."""

    def __init__(self, file: BinaryIO, name: str):
        """Write to an open file that goes by a name."""
        self.file, self.name, self.offset = file, name, 0

    def __call__(self, data: bytes | memoryview) -> dict[str, Any]:
        """Append bytes to the file, and return the object that stands for them."""
        self.file.write(data)
        place = {"file": self.name, "offset": self.offset, "length": len(data)}
        self.offset += len(data)
        return place


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


def table_object(table: Table) -> dict[str, Any]:
    """Return a table as an object of its present elements, in the order of the syntax."""
    result = {}
    for name in table.fields:
        value = getattr(table, name)
        if value is not None:
            result[name] = table_object(value) if isinstance(value, Table) else json_value(value)
    return result


def json_value(value: Any) -> Any:
    """Return the value of an element for JSON."""
    if isinstance(value, bytes | bytearray | memoryview):
        return inline(value)
    return plain_value(value)


def plain_value(value: Any) -> Any:
    """Return a value as plain data; bytes as hexadecimal digits."""
    if isinstance(value, Unit):
        return unit_object(value, left_out)
    if isinstance(value, Table):
        return table_object(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {key: plain_value(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and abs(value) > LARGEST_EXACT:
        return hex(value)
    return value


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


class JsonBuilder:
    """Makes units out of their JSON form."""

    def __init__(self, folder: Path | None):
        """Read side files in a folder."""
        self.folder = folder
        self.files: dict[str, memoryview] = {}

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

    def table(self, syntax: Any, content: Any, path: str) -> Table:
        """Make a table."""
        content = checked_object(content, path)
        table: Table = object.__new__(syntax.table_type)
        fields = fields_of(syntax.table_type)
        for name, field in fields.items():
            value = content.get(name)
            if value is not None:
                value = self.value(field, value, f"{path}.{name}")
            setattr(table, name, value)
        unknown = [name for name in content if name not in fields or fields[name].derived]
        if unknown:
            raise InputError(f"{path}: {syntax.table} has no element {unknown[0]!r}")
        return table

    def value(self, field: Field, content: Any, path: str) -> Any:
        """Make the value of a field."""
        if field.called is not None:
            return self.table(field.called, content, path)
        if field.depth and not isinstance(content, list):
            raise InputError(f"{path}: expected a list")
        value = self.items(field, content, field.depth, path)
        if field.array:
            dtype = array_type(field)
            try:
                if field.depth == 1:
                    return np.array(value, dtype=dtype)
                return [np.array(row, dtype=dtype) for row in value]
            except (ValueError, OverflowError, TypeError) as error:
                raise InputError(f"{path}: {error}") from None
        return value

    def items(self, field: Field, content: Any, depth: int, path: str) -> Any:
        """Make one value, or lists of values."""
        if depth:
            if not isinstance(content, list):
                raise InputError(f"{path}: expected a list")
            return [
                self.items(field, item, depth - 1, f"{path}[{number}]")
                for number, item in enumerate(content)
            ]
        if field.kind == "bytes":
            return self.bytes(content, path)
        if field.kind == "str":
            return checked(content, str, path, "text")
        if field.kind == "float":
            return number_from(content, path)
        if content is None:
            return None
        return integer_from(content, path)

    def bytes(self, content: Any, path: str) -> memoryview:
        """Make bytes."""
        content = checked_object(content, path)
        if "base64" in content:
            try:
                return memoryview(base64.b64decode(content["base64"], validate=True))
            except (ValueError, TypeError):
                raise InputError(f"{path}: not base64") from None
        if "file" not in content:
            raise InputError(f"{path}: the bytes were left out when this JSON was made")
        data = self.side_file(str(content["file"]), path)
        offset = integer_from(content.get("offset"), path)
        length = integer_from(content.get("length"), path)
        if not 0 <= offset <= offset + length <= len(data):
            raise InputError(f"{path}: the side file has only {len(data)} bytes")
        return data[offset : offset + length]

    def side_file(self, name: str, path: str) -> memoryview:
        """Map a side file."""
        if self.folder is None or Path(name).name != name:
            raise InputError(f"{path}: side files must be in the folder of the JSON file")
        if name not in self.files:
            place = (self.folder / name).resolve()
            # A link may lead to a neighbour, and nowhere else.
            if place.parent != self.folder.resolve() or (place.exists() and not place.is_file()):
                raise InputError(
                    f"{path}: the side file {name!r} is a link to another place, or no file; "
                    "put a copy beside the JSON file"
                )
            self.files[name] = bytes_of(place)
        return self.files[name]


def checked(content: Any, kind: type, path: str, wanted: str) -> Any:
    """Return the value, if it is of the type."""
    if not isinstance(content, kind):
        raise InputError(f"{path}: {wanted} is needed, not {content!r:.40}")
    return content


def checked_object(content: Any, path: str) -> Mapping[str, Any]:
    """Return an object back, if it is one."""
    result: Mapping[str, Any] = checked(content, dict, path, "an object")
    return result


def integer_from(content: Any, path: str) -> int:
    """Read an integer, of more than 53 bits as a string."""
    if isinstance(content, str):
        try:
            return int(content, 0)
        except ValueError:
            pass
    if isinstance(content, bool) or not isinstance(content, int):
        raise InputError(f"{path}: expected an integer, not {content!r:.40}")
    return content


def number_from(content: Any, path: str) -> float:
    """Read a number, infinite ones as strings."""
    if content in ("Infinity", "-Infinity"):
        return math.inf if content == "Infinity" else -math.inf
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise InputError(f"{path}: expected a number, not {content!r:.40}")
    return float(content)
