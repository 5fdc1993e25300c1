"""The loop of a table as rows: a record for each of its passes, without the counts.

Which elements the loop has, and which others count them, is what the schema says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnc.bitio import Table
from nnc.engine.fields import Field, array_type, fields_of


def columns(table_type: type[Table]) -> dict[str, Field]:
    """Return the elements of a table's loop by name, in order, without those that count others."""
    fields = fields_of(table_type)
    looped = {
        name: field for name, field in fields.items() if field.element and field.element.counts
    }
    counts = {name for field in looped.values() for name, _ in counts_of(field)}
    return {name: field for name, field in looped.items() if name not in counts}


def counts_of(field: Field) -> tuple[tuple[str, int], ...]:
    """Return which elements count a list, as `Element.counts` does."""
    return () if field.element is None else field.element.counts


def longest(field: Field, level: int) -> int:
    """Return how many values a list can have: as many as its count can say.

    Args:
        field: an element of a loop.
        level: 0 for the outermost list.
    """
    name, more = counts_of(field)[level]
    element = fields_of(field.syntax.table_type)[name].element
    assert element is not None
    largest: int = element.limits[1]
    return largest - more


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Return the rows of a table: its values by name of the element, inner lists as tuples."""
    names = columns(type(table))
    lists = [
        [
            tuple(value.tolist() if isinstance(value, np.ndarray) else value)
            if names[name].depth > 1
            else value
            for value in getattr(table, name)
        ]
        for name in names
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]


def table_of(table_type: type[Table], rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the table that has some rows, with all counts; what it has besides is left out.

    Args:
        table_type: the table.
        rows: for each pass of its loop the values by name of the element; an element that the
            first has no value of is absent.
    """
    values: dict[str, Any] = {}
    for name, field in columns(table_type).items():
        if rows and name not in rows[0]:
            continue
        values[name] = [inner(field, row[name]) for row in rows]
        (count, more), *rest = counts_of(field)
        values[count] = len(rows) + more
        for count, more in rest:
            values[count] = [len(row[name]) + more for row in rows]
    attributes = table_type.syntax.attributes
    return table_type(**{attributes.get(name, name): each for name, each in values.items()})


def inner(field: Field, value: Any) -> Any:
    """Return a value of one pass as a table holds it: an inner list as a list or array."""
    if field.depth < 2:
        return value
    return np.asarray(value, array_type(field)) if field.array else list(value)
