"""The JSON Schema of bitstreams as JSON (see `json_form`), made from the syntax tables."""

from __future__ import annotations

import json
from typing import Any

from nnc.bitstream.json.form import VERSION
from nnc.engine.json_schema import add_table, bytes_schema, reference
from nnc.syntax import TABLES, UNIT_KINDS, nnr_unit_header

#: Identifier of the schema; the number is the version of the form.
IDENTIFIER = f"urn:nnc:bitstream-json:{VERSION}"


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
