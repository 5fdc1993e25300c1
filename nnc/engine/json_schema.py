"""The JSON Schema of tables as JSON (see `json_tables`), made from their syntax."""

from __future__ import annotations

from typing import Any

from nnc.engine.fields import Field, fields_of
from nnc.engine.values import enum_of

#: Integers beyond this lose digits in most JSON readers, and stand as strings.
EXACT_BITS = 53


def reference(name: str) -> dict[str, str]:
    """Return a reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


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
            described = reference(field.called.table)
            properties[field.name] = (
                {"type": "array", "items": described} if field.depth else described
            )
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
