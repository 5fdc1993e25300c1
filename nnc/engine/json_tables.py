"""Tables of any format as JSON and back, without loss.

Elements are keys of their tables; absent ones are left out. What elements don't tell stands beside
them: `byte_alignment` where it is irregular, and bytes around a table. Bytes are
{"base64": ...}, or, with a side file, {"file": ..., "offset": ..., "length": ...}; integers of
more than 53 bits are hexadecimal strings, infinite numbers "Infinity" and "-Infinity".
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from nnc.bitio import InputError, Table
from nnc.engine.fields import Field, array_type, fields_of
from nnc.engine.mapped import bytes_of

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


def table_object(table: Table) -> dict[str, Any]:
    """Return a table as an object of its present elements, in the order of the syntax."""
    result = {}
    for name in table.fields:
        value = getattr(table, name)
        if value is not None:
            result[name] = json_value(value)
    return result


def json_value(value: Any) -> Any:
    """Return the value of an element for JSON."""
    if isinstance(value, bytes | bytearray | memoryview):
        return inline(value)
    if isinstance(value, list) and value and isinstance(value[0], Table | memoryview | bytes):
        return [json_value(item) for item in value]
    return plain_value(value)


def plain_value(value: Any, others: Callable[[Any], Any] | None = None) -> Any:
    """Return a value as plain data; bytes as hexadecimal digits.

    Args:
        value: a value of an element, a table, lists and mappings of them.
        others: makes plain data of what is none of these; gives back what it doesn't know.
    """
    if others is not None:
        value = others(value)
    if isinstance(value, Table):
        return table_object(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {key: plain_value(item, others) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain_value(item, others) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and abs(value) > LARGEST_EXACT:
        return hex(value)
    return value


class TableBuilder:
    """Makes tables out of their JSON form."""

    def __init__(self, folder: Path | None = None):
        """Read side files in a folder."""
        self.folder = folder
        self.files: dict[str, memoryview] = {}

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
        if field.called is not None and not field.depth:
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
        if field.called is not None:
            return self.table(field.called, content, path)
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
