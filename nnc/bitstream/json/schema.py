"""The JSON Schema of bitstreams as JSON (see `json_form`), made from the syntax tables."""

from __future__ import annotations

import json
from typing import Any

from nnc.bitstream.json.form import VERSION
from nnc.engine.fields import Field, fields_of
from nnc.engine.values import enum_of
from nnc.syntax import TABLES, UNIT_KINDS, nnr_unit_header

#: Identifier of the schema; the number is the version of the form.
IDENTIFIER = f"urn:nnc:bitstream-json:{VERSION}"

#: Integers beyond this lose digits in most JSON readers, and stand as strings.
EXACT_BITS = 53


def schema_text() -> str:
    """Return the JSON Schema as text."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12)."""
    wanted = [nnr_unit_header, *payload_tables()]
    definitions: dict[str, Any] = {}
    for syntax in wanted:
        add_table(syntax, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTIFIER,
        "title": "A bitstream of ISO/IEC 15938-17 as JSON",
        "type": "object",
        "properties": {
            "nnc_json": {"const": VERSION, "description": "Version of this form."},
            "units": {"type": "array", "items": reference("unit")},
        },
        "required": ["nnc_json", "units"],
        "additionalProperties": False,
        "$defs": {
            "unit": unit_schema(),
            "bytes": bytes_schema(),
            **dict(sorted(definitions.items())),
        },
    }


def payload_tables() -> list[Any]:
    """Return the syntax of the payloads that are tables."""
    return [TABLES[kind.payload] for kind in UNIT_KINDS.values() if kind.parsed]


def reference(name: str) -> dict[str, str]:
    """Return a reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def unit_schema() -> dict[str, Any]:
    """Describe a unit."""
    payloads = [reference(syntax.table) for syntax in payload_tables()]
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string", "description": "Name of the type; not read."},
            "size_form": {
                "enum": ["short", "long"],
                "description": "Form of nnr_unit_size, where the size fits both.",
            },
            "header": reference(nnr_unit_header.table),
            "given": {
                "type": "object",
                "description": "Values that the bitstream leaves to its reader to know.",
            },
            "payload": {"anyOf": payloads},
            "payload_bytes": reference("bytes"),
            "trailing_bytes": reference("bytes"),
            "units": {"type": "array", "items": reference("unit")},
            "unread_unit": reference("bytes"),
        },
        "required": ["type"],
        "additionalProperties": False,
    }


def bytes_schema() -> dict[str, Any]:
    """Describe bytes: inline, in a side file, or left out."""
    length = {"type": "integer", "minimum": 0}
    return {
        "oneOf": [
            closed({"base64": {"type": "string", "contentEncoding": "base64"}}),
            closed({"file": {"type": "string"}, "offset": length, "length": length}),
            closed({"length": length}),
        ]
    }


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """Describe an object of exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def add_table(syntax: Any, definitions: dict[str, Any]) -> None:
    """Describe a table and those that it calls."""
    if syntax.table in definitions:
        return
    properties: dict[str, Any] = {}
    definitions[syntax.table] = {
        "title": syntax.title,
        "description": f"Clause {syntax.clause} ({syntax.status}).",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    required = []
    for field in fields_of(syntax.table_type).values():
        if field.derived:
            continue
        if field.called is not None:
            add_table(field.called, definitions)
            properties[field.name] = reference(field.called.table)
            continue
        properties[field.name] = field_schema(field)
        if syntax.table_type.__annotations__[field.name] in ("int", "float", "str"):
            required.append(field.name)
    if required:
        definitions[syntax.table]["required"] = required


def field_schema(field: Field) -> dict[str, Any]:
    """Describe an element."""
    described = value_schema(field)
    for _ in range(field.depth):
        described = {"type": "array", "items": described}
    if field.element is None:
        return {**described, "description": "Irregular bits up to the byte boundary."}
    names = enum_of(field)
    text = field.element.text
    if names is not None:
        text += " Values: " + ", ".join(f"{int(one)} {one.name}" for one in names) + "."
    return {**described, "title": field.element.descriptor, "description": text}


def value_schema(field: Field) -> dict[str, Any]:
    """Describe one value; reserved values are allowed, as in the bitstream."""
    if field.kind == "str":
        return {"type": "string"}
    if field.kind == "bytes":
        return reference("bytes")
    if field.kind == "float":
        return {"anyOf": [{"type": "number"}, {"enum": ["Infinity", "-Infinity"]}]}
    if field.element is None:
        return {"type": ["integer", "null"], "minimum": 0, "maximum": 255}
    low, high = field.element.limits
    width = field.element.width
    if width is not None and width <= EXACT_BITS:
        return {"type": "integer", "minimum": low, "maximum": high}
    bounds = {} if low < 0 else {"minimum": 0}
    return {
        "anyOf": [{"type": "integer", **bounds}, {"type": "string", "pattern": "^-?0x[0-9a-f]+$"}]
    }
