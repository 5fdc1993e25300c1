"""What each field of a table holds, for code that knows no table by name."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from nnc.bitio import Table
from nnc.bitio.bits import narrowest_unsigned


class Field(NamedTuple):
    """One field of a table.

    Attributes:
        name: its name, that of the element or of the called table.
        syntax: the syntax of the table that it stands in.
        called: the syntax of the table that the field holds, None for an element.
        depth: number of indices that lead to one value: 0 for a plain element.
        kind: type of one value: "int", "float", "str", "bytes" or "table".
        array: the innermost list is a numpy array.
        element: what the schema says of the element; None for tables and alignment bits.
        derived: the field follows from the elements and is not coded.
    """

    name: str
    syntax: Any
    called: Any
    depth: int
    kind: str
    array: bool
    element: Any
    derived: bool

    @property
    def is_alignment(self) -> bool:
        """Whether these are the bits up to a byte boundary."""
        return self.element is None and self.called is None and not self.derived

    @property
    def is_rest(self) -> bool:
        """Whether these are the bytes that follow the elements of a table of known size."""
        return self.element is None and self.kind == "bytes"

    def descriptor_text(self) -> str:
        """Say what the field takes, for messages."""
        kinds = {"int": "an integer", "float": "a number", "str": "text", "bytes": "bytes"}
        what = kinds.get(self.kind, "a table")
        return what if self.element is None else f"{what}, {self.element.descriptor}"


def fields_of(table_type: type[Table]) -> dict[str, Field]:
    """Return the fields of a table by name, in the order of the syntax, derived ones last."""
    return fields_by_syntax(table_type.syntax)


@functools.cache
def fields_by_syntax(syntax: Any) -> dict[str, Field]:
    """Return the fields of the table that a syntax reads."""
    tables = syntax.scope_type.tables
    names = dict.fromkeys([*syntax.table_type.fields, *syntax.shapes])
    return {
        name: Field(
            name, syntax, tables.get(shape.called), shape.depth, shape.kind, shape.array,
            syntax.elements.get(name), shape.derived,
        )
        for name in names
        for shape in (syntax.shapes[name],)
    }  # fmt: skip


def called_tables(table_type: type[Table]) -> Iterator[Field]:
    """Yield the fields of a table that hold called tables, in order."""
    for field in fields_of(table_type).values():
        if field.called is not None and not field.depth:
            yield field


def copy_table(table: Any) -> Any:
    """Return a copy of a table that shares nothing that can be changed; bytes stay views."""
    if isinstance(table, Table):
        copy = object.__new__(type(table))
        for name in fields_of(type(table)):
            setattr(copy, name, copy_table(getattr(table, name)))
        return copy
    if isinstance(table, list | tuple):
        return [copy_table(value) for value in table]
    return table.copy() if isinstance(table, np.ndarray) else table


def empty_table(syntax: Any) -> Table:
    """Return a table of which all elements are absent."""
    table: Table = object.__new__(syntax.table_type)
    for name, field in fields_of(syntax.table_type).items():
        setattr(table, name, b"" if field.is_rest else None)
    return table


def array_type(field: Field) -> np.dtype[Any]:
    """Return the dtype of a field that is an array: the narrowest that holds its values."""
    width = None if field.element is None else field.element.width
    if field.kind == "float":
        return np.dtype(f"<f{(width or 32) >> 3}")
    return narrowest_unsigned(width or 64)
