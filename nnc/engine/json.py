"""Documents as JSON and back, without loss.

`records` are the tables of the root; each is an object of its `table`, and of what stands around
it where there is something: `framing`, `padding`, `trailing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnc.bitio import BitWriter, InputError
from nnc.engine.document import Document
from nnc.engine.json_schema import add_table, bytes_schema, reference
from nnc.engine.json_tables import TableBuilder, checked_object, inline, table_object
from nnc.engine.records import Layout, Record, write_table

#: Version of the form; raised when a key changes its meaning.
VERSION = 1


def document_object(document: Document) -> dict[str, Any]:
    """Return a document as plain data."""
    result: dict[str, Any] = {
        "nnc_document": VERSION,
        "format": document.format.name,
        "records": [record_object(record) for record in document.records],
    }
    if len(document.rest):
        result["rest"] = inline(document.rest)
    return result


def record_object(record: Record) -> dict[str, Any]:
    """Return a table of the root as plain data, with what stands around it."""
    result: dict[str, Any] = {"table": table_object(record.table)}
    if len(record.before):
        result["framing"] = inline(record.before)
    if record.padding[1]:
        result["padding"] = list(record.padding)
    if len(record.trailing):
        result["trailing"] = inline(record.trailing)
    return result


def records(
    form: Layout, content: Any, given: Mapping[str, Any]
) -> tuple[list[Record], bytes | memoryview]:
    """Return the tables of the root that plain data stand for, and the bytes after them.

    Raises:
        InputError: it isn't a document of the format; the message says where.
        NncError: the tables can't be written.
    """
    if not isinstance(content, dict) or content.get("nnc_document") != VERSION:
        raise InputError(f"not a document as JSON: nnc_document must be {VERSION}")
    if content.get("format", form.name) != form.name:
        raise InputError(f"a document of {content['format']}, not of {form.name}")
    builder, made = TableBuilder(), []
    listed = content.get("records")
    if not isinstance(listed, list) or not (form.framing.many or len(listed) == 1):
        raise InputError(
            "records: expected a list" + ("" if form.framing.many else " of one table")
        )
    scope, writer = form.scope(given), BitWriter()
    for index, one in enumerate(listed):
        path = f"records[{index}]"
        one = checked_object(one, path)
        table = builder.table(form.root, one.get("table"), f"{path}.table")
        record = Record(table, scope.copy(), start=writer.position)
        for name, key in (("before", "framing"), ("trailing", "trailing")):
            if key in one:
                setattr(record, name, builder.bytes(one[key], f"{path}.{key}"))
        if "padding" in one:
            value, bits = one["padding"]
            record.padding = int(value), int(bits)
        write_table(form, index, record, writer, scope)
        record.stop = writer.position
        made.append(record)
    rest = builder.bytes(content["rest"], "rest") if "rest" in content else b""
    return made, rest


def schema(form: Layout) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of documents of a format."""
    definitions: dict[str, Any] = {}
    add_table(form.root, definitions)
    record = {
        "type": "object",
        "properties": {
            "table": reference(form.root.table),
            "framing": reference("bytes"),
            "padding": {"type": "array", "items": {"type": "integer"}, "maxItems": 2},
            "trailing": reference("bytes"),
        },
        "required": ["table"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A document of {form.name} as JSON",
        "type": "object",
        "properties": {
            "nnc_document": {"const": VERSION, "description": "Version of this form."},
            "format": {"const": form.name},
            "records": {"type": "array", "items": record},
            "rest": reference("bytes"),
        },
        "required": ["nnc_document", "records"],
        "additionalProperties": False,
        "$defs": {"bytes": bytes_schema(), **dict(sorted(definitions.items()))},
    }
