"""Values of elements: which the schema allows, which an element gets that has to appear."""

from __future__ import annotations

import base64
import functools
import math
import struct
import sys
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np

from nnc.bitio import BuildError, InputError, Table
from nnc.bitio.bits import FLOAT_FORMATS
from nnc.engine.fields import Field, array_type, empty_table


def rule_of(field: Field) -> tuple[str, str]:
    """Return clause and schema line of an element, as errors take them."""
    file = field.syntax.schema.rpartition(":")[0]
    line = field.syntax.schema.rpartition(":")[2] if field.element is None else field.element.line
    clause = field.syntax.clause if field.element is None else field.element.clause
    return clause, f"{file}:{line}"


def enum_of(field: Field) -> type[IntEnum] | type[IntFlag] | None:
    """Return the enum that names the values of an element, None where there is none."""
    name = None if field.element is None else field.element.enum
    return None if name is None else enums_of(field.syntax).get(name)


def enums_of(syntax: Any) -> dict[str, Any]:
    """Return the enums of the format that a table belongs to, by name."""
    return enums_in(syntax.scope_type.__module__.rpartition(".")[0])


@functools.cache
def enums_in(package: str) -> dict[str, Any]:
    """Return the enums of the package that was generated from a schema, by name."""
    return {
        name: value
        for name, value in vars(sys.modules[package]).items()
        if isinstance(value, type) and issubclass(value, IntEnum | IntFlag)
    }


def checked_value(field: Field, value: Any, path: str, force: bool) -> Any:
    """Return a value as its element holds it, or refuse it.

    Args:
        field: the element.
        value: one value, or lists of values as deep as the element has indices left.
        path: where it is to go, for the message.
        force: accept values that are reserved or break a rule, as long as they can be written.

    Raises:
        BuildError: the value can't be written, or the schema forbids it.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [checked_value(field, v, f"{path}[{i}]", force) for i, v in enumerate(value)]
    if isinstance(value, np.generic):
        value = value.item()
    wanted = {"int": int, "float": int | float, "str": str, "bytes": bytes | bytearray | memoryview}
    if not isinstance(value, wanted[field.kind]):
        raise refused(field, path, f"takes {field.descriptor_text()}", value)
    if field.kind == "int":
        value = int(value)
        check_allowed(field, value, path, force)
    elif field.kind == "float":
        value = rounded(field, float(value), path)
    return value


def refused(field: Field, path: str, message: str, value: Any, allowed: str = "") -> BuildError:
    """Return the error for a value that breaks a rule, with the rule."""
    clause, schema = rule_of(field)
    return BuildError(
        message, path=path, value=value, allowed=allowed, clause=clause, schema=schema
    )


def refusal(error: BuildError, field: Field, message: str, hint: str = "") -> BuildError:
    """Return the error for a change that the schema forbids, with its rule."""
    clause, schema = rule_of(field)
    return BuildError(
        message,
        path=error.path,
        value=error.value,
        allowed=error.allowed,
        hint=hint,
        clause=clause,
        schema=schema,
    )


def check_allowed(field: Field, value: int, path: str, force: bool) -> None:
    """Refuse a number that doesn't fit its element, or that the schema forbids."""
    element = field.element
    if element is None:
        return
    low, high = element.limits
    if not low <= value <= high:
        raise refused(field, path, f"{value} doesn't fit {element.descriptor}", value,
                      f"{low}..{high}")  # fmt: skip
    if force:
        return
    valid = element.range
    names = enum_of(field)
    if valid is not None and not valid[0] <= value <= valid[1]:
        what = element.unnamed_kind(value) or "reserved or out of range"
        raise refused(field, path, f"{value} is {what}", value,
                      f"{valid[0]}..{valid[1]}")  # fmt: skip
    if names is not None and valid is None and not named(names, value):
        listed = ", ".join(f"{int(member)} {member.name}" for member in names)
        what = element.unnamed_kind(value) or "without a name"
        raise refused(field, path, f"{value} is {what}", value, listed)


def named(names: type[IntEnum] | type[IntFlag], value: int) -> bool:
    """Tell whether a value, or each bit of it, has a name."""
    if issubclass(names, IntFlag):
        return value & ~sum(int(member) for member in names) == 0
    return any(int(member) == value for member in names)


def rounded(field: Field, value: float, path: str) -> float:
    """Return a number as the element stores it.

    Raises:
        BuildError: too large for the element, or NaN, which only arrays may hold.
    """
    if math.isnan(value) and not field.array:
        raise refused(field, path, "takes a number, not NaN", value)
    width = (None if field.element is None else field.element.width) or 32
    try:
        return float(
            struct.unpack(FLOAT_FORMATS[width], struct.pack(FLOAT_FORMATS[width], value))[0]
        )
    except OverflowError:
        raise refused(field, path, f"{value} doesn't fit flt({width})", value) from None


def check_constraints(field: Field, table: Table, path: str) -> None:
    """Refuse a table of which an element breaks a constraint of its semantics.

    Raises:
        BuildError: with the sentence that the schema has for it.
    """
    element = field.element
    if element is None or not element.constraints:
        return
    values = getattr(table, field.name)
    if values is None or (hasattr(values, "__len__") and len(values) == 0):
        return
    names = {name: plain(getattr(table, name)) for name in type(table).fields}
    for constraint in element.constraints:
        if constraint.is_broken(names):
            raise refused(field, path, constraint.sentence, values)


def plain(values: Any) -> Any:
    """Return the values of an array as a list; all else as it is."""
    return values.tolist() if isinstance(values, np.ndarray) else values


def default_value(field: Field, in_force: dict[str, Any]) -> Any:
    """Return the value of an element that has to appear.

    What its absence was taken for, if the schema says so; else the least that is valid.

    Args:
        field: the element or the called table.
        in_force: values of the names that tables share, before the change.
    """
    if field.called is not None and field.depth == 0:
        return empty_table(field.called)
    element = field.element
    absent = None if element is None else element.absent
    if absent is not None and field.name in in_force:
        value = in_force[field.name]
        return list(value) if isinstance(value, list | tuple) else value
    if field.depth:
        return np.zeros(0, array_type(field)) if field.array and field.depth == 1 else []
    return default_item(field)


def default_item(field: Field) -> Any:
    """Return the default of one value, also of one in a list."""
    if field.called is not None:
        return empty_table(field.called)
    return (
        {"str": "", "bytes": b"", "float": 0.0}.get(field.kind, 0)
        if field.element is None
        else field.element.default
    )


def value_from_text(field: Field | None, text: str) -> Any:
    """Read a value as people type it: `3`, `0x1f`, `LARGE`, `[1, 2]`, `"text"`, text.

    Bytes are read from hexadecimal digits, or from `base64:` and the like.

    Raises:
        InputError: the text is no value of the element.
    """
    import json

    if field is None or (field.kind == "str" and not text.startswith(('"', "["))):
        return text
    if field.kind == "bytes":
        return bytes_from_text(text)
    if text == "null":
        return None
    if text.startswith(("[", '"')):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{field.name}: {text[:40]!r} is no JSON: {error}") from None
    names = enum_of(field)
    if names is not None and text[:1].isidentifier():
        return enum_value(field, names, text)
    try:
        return float(text) if field.kind == "float" else int(text, 0)
    except ValueError:
        raise InputError(f"{field.name}: {text!r} is no number") from None


def enum_value(field: Field, names: Any, text: str) -> int:
    """Read names of an enum, several joined by |."""
    try:
        return sum({int(names[name.strip()]) for name in text.split("|")})
    except KeyError as error:
        known = ", ".join(member.name for member in names)
        raise InputError(f"{field.name}: no value {error}; choose from {known}") from None


def bytes_from_text(text: str) -> bytes:
    """Read bytes from hexadecimal digits, or from base64 after `base64:`."""
    try:
        if text.startswith("base64:"):
            return base64.b64decode(text.removeprefix("base64:"), validate=True)
        return bytes.fromhex(text)
    except ValueError:
        raise InputError(
            f"bytes must be hexadecimal digits or base64:..., not {text[:40]!r}"
        ) from None
