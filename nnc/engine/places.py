"""The places that errors are about: path, bit position, clause and schema line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, TypeVar

from nnc.bitio import BitReader, BitWriter, PlacedError, TraceEntry

Placed = TypeVar("Placed", bound=PlacedError)

#: The tables of a format by name: what reads and writes each.
Tables = Mapping[str, Any]


def located(error: Placed, stream: BitReader | BitWriter, tables: Tables) -> Placed:
    """Add to an error its place, the clause and the schema line of the element it is about."""
    if not error.path:
        # A name that an earlier table should have set: the error knows no place of its own.
        error.path = stream.path("").rstrip(".")
        if isinstance(stream, BitReader) and error.bit_position is None:
            error.bit_position = stream.position
    syntax = tables.get(stream.stack[-1][1]) if stream.stack else None
    if syntax is not None:
        element = syntax.elements.get(error.path.rpartition(".")[2].partition("[")[0])
        schema = syntax.schema
        if element is not None:
            schema = f"{schema.rpartition(':')[0]}:{element.line}"
        error.locate(clause=syntax.clause, schema=schema)
    return error


class ElementRule(TypedDict):
    """Where the rule of an element stands: clause and schema line."""

    clause: str
    schema: str


def rule_of_element(syntax: Any, element: str) -> ElementRule:
    """Return the clause and the schema line of an element of a syntax table."""
    line = syntax.elements[element].line
    return {"clause": syntax.clause, "schema": f"{syntax.schema.rpartition(':')[0]}:{line}"}


class ElementFinder:
    """Finds an element by reading data again: takes what a reader notes.

    Attributes:
        path: path of the element within what is read.
        name: its name.
        tables: the tables of the format.
    """

    def __init__(self, path: str, tables: Tables):
        """Take the path within what is read."""
        self.path, self.tables = path, tables
        self.name, _, index = path.rpartition(".")[2].partition("[")
        self.number = int(index.rstrip("]")) if index.rstrip("]").isdigit() else 0
        self.exact: list[tuple[int, str]] = []
        self.named: list[tuple[int, str]] = []
        self.reader = BitReader(b"")

    def append(self, entry: TraceEntry) -> None:
        """Take one element."""
        table = self.reader.stack[-1][1] if self.reader.stack else ""
        syntax = self.tables.get(table)
        name = entry.path.rpartition(".")[2].partition("[")[0]
        if name == self.name and syntax is not None and name in syntax.elements:
            self.named.append((entry.position, table))
            if entry.path == self.path:
                self.exact.append((entry.position, table))
