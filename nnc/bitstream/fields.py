"""What kind of field each element of a table is, as the generated dataclasses declare it."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from nnc.bitio import Syntax, Table
from nnc.syntax import TABLES, Element

#: The syntax of each table by the name of its dataclass.
SYNTAX_BY_CLASS: dict[str, Any] = {
    syntax.table_type.__name__: syntax for syntax in TABLES.values() if isinstance(syntax, Syntax)
}


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
    element: Element | None
    derived: bool

    @property
    def is_alignment(self) -> bool:
        """Whether these are the bits up to a byte boundary."""
        return self.element is None and self.called is None and not self.derived

    def descriptor_text(self) -> str:
        """Say what the field takes, for messages."""
        kinds = {"int": "an integer", "float": "a number", "str": "text", "bytes": "bytes"}
        what = kinds.get(self.kind, "a table")
        return what if self.element is None else f"{what}, {self.element.descriptor}"


def fields_of(table_type: type[Table]) -> dict[str, Field]:
    """Return the fields of a table by name, in the order of the syntax, derived ones last."""
    return fields_by_class(table_type.__name__)


@functools.cache
def fields_by_class(name: str) -> dict[str, Field]:
    """Return the fields of the table whose dataclass has a name."""
    table_type: type[Table] = SYNTAX_BY_CLASS[name].table_type
    declared: dict[str, str] = table_type.__annotations__
    names = list(table_type.fields)
    names += [
        name
        for name, annotation in declared.items()
        if name not in names and not annotation.startswith("ClassVar")
    ]
    return {name: field_of(table_type, name, declared[name]) for name in names}


def field_of(table_type: type[Table], name: str, annotation: str) -> Field:
    """Describe one field by its declaration, for example `list[int] | None`."""
    syntax = SYNTAX_BY_CLASS[table_type.__name__]
    inner = annotation.removesuffix(" | None")
    depth = inner.count("list[")
    inner = inner.replace("list[", "").replace("]", "").removesuffix(" | None")
    element = syntax.elements.get(name)
    called = SYNTAX_BY_CLASS.get(inner.rpartition(".")[2])
    array = inner == "Array"
    if called is not None:
        kind = "table"
    elif array:
        kind = "float" if element.descriptor.startswith("flt") else "int"
    else:
        kind = inner.partition(" ")[0]
    derived = name not in table_type.fields
    return Field(name, syntax, called, depth + array, kind, array, element, derived)


def called_tables(table_type: type[Table]) -> Iterator[Field]:
    """Yield the fields of a table that hold called tables, in order."""
    for field in fields_of(table_type).values():
        if field.called is not None and field.depth == 0:
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
    for name in fields_of(syntax.table_type):
        setattr(table, name, None)
    return table


def width_of(element: Element) -> int | None:
    """Return the fixed number of bits of an element, None where it has none."""
    match = re.fullmatch(r"(?:u|i|flt|iae|uae)\((\d+)\)", element.descriptor)
    return int(match[1]) if match else None


def array_type(field: Field) -> np.dtype[Any]:
    """Return the dtype of a field that is an array: the narrowest that holds its values."""
    width = width_of(field.element) if field.element is not None else None
    if field.kind == "float":
        return np.dtype(f"<f{(width or 32) >> 3}")
    bits = width or 64
    return np.dtype(f"u{1 if bits <= 8 else 2 if bits <= 16 else 4 if bits <= 32 else 8}")
