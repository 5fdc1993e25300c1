"""The places that errors are about: path, bit position, clause and schema line."""

from __future__ import annotations

from typing import TypedDict, TypeVar

from nnc.bitio import (
    BitReader,
    BitWriter,
    PlacedError,
    TraceEntry,
)
from nnc.syntax import (
    TABLES,
)

Placed = TypeVar("Placed", bound=PlacedError)


def located(error: Placed, stream: BitReader | BitWriter) -> Placed:
    """Add to an error its place, the clause and the schema line of the element it is about."""
    if not error.path:
        # A name that an earlier unit should have set: the error knows no place of its own.
        error.path = stream.path("").rstrip(".")
        if isinstance(stream, BitReader):
            error.bit_position = stream.position
    syntax = TABLES.get(stream.stack[-1][1]) if stream.stack else None
    if syntax is not None:
        element = syntax.elements.get(error.path.rpartition(".")[2].partition("[")[0])
        schema = syntax.schema
        if element is not None:
            schema = f"{schema.rpartition(':')[0]}:{element.line}"
        error.locate(clause=syntax.clause, schema=schema)
    return error


def path_in_unit(path: str) -> str:
    """Return the path within a unit for a path that an entropy decoder gives."""
    name, _, index = path.partition("[")
    if name in ("cabac_offset_list", "dq_state_list"):
        return f"header.{path}"
    if name == "bit_offset_list":
        number = int(index.rstrip("]") or 0)
        last = f"bit_offset_delta2[{number - 1}]" if number else "bit_offset_delta1"
        return f"header.{last}"
    if path.startswith(("header", "payload")):
        return path
    return f"payload.{path}" if path else "payload"


class ElementRule(TypedDict):
    """Where the rule of an element stands: clause and schema line."""

    clause: str
    schema: str


def rule_of_element(table: str, element: str) -> ElementRule:
    """Return the clause and the schema line of an element of a syntax table."""
    syntax = TABLES[table]
    line = syntax.elements[element].line
    return {"clause": syntax.clause, "schema": f"{syntax.schema.rpartition(':')[0]}:{line}"}


class ElementFinder:
    """Finds an element by reading a unit again: takes what a reader notes.

    Attributes:
        path: path of the element within its unit.
        name: its name.
    """

    def __init__(self, path: str):
        """Take the path within the unit."""
        self.path = path
        self.name, _, index = path.rpartition(".")[2].partition("[")
        self.number = int(index.rstrip("]")) if index.rstrip("]").isdigit() else 0
        self.exact: list[tuple[int, str]] = []
        self.named: list[tuple[int, str]] = []
        self.reader = BitReader(b"")

    def append(self, entry: TraceEntry) -> None:
        """Take one element."""
        table = self.reader.stack[-1][1] if self.reader.stack else ""
        syntax = TABLES.get(table)
        name = entry.path.rpartition(".")[2].partition("[")[0]
        if name == self.name and syntax is not None and name in syntax.elements:
            self.named.append((entry.position, table))
            if entry.path == self.path:
                self.exact.append((entry.position, table))
