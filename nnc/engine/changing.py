"""Changing the values of one element of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnc.bitio import BuildError, InputError, Table
from nnc.engine.fields import Field, array_type
from nnc.engine.values import checked_value


def set_value(
    field: Field, owner: Table, indices: tuple[int, ...], value: Any, path: str, *, force: bool
) -> None:
    """Give one element another value: all of its values, or one of them.

    Args:
        field: the element.
        owner: the table that it stands in.
        indices: indices into it; none for all of its values.
        value: what it gets; None to take the element away.
        path: its path, for messages.
        force: accept reserved values.

    Raises:
        BuildError: the value doesn't fit, or there is no such place.
    """
    if value is not None:
        value = checked_value(field, value, path, force)
        check_depth(value, field.depth - len(indices), path)
    elif indices:
        raise BuildError("a value in a list can't be absent; use remove", path=path)
    if not indices:
        setattr(owner, field.name, with_arrays(field, value))
        return
    values = getattr(owner, field.name)
    for index in indices[:-1]:
        values = None if values is None or index >= len(values) else values[index]
    if values is None or indices[-1] >= len(values):
        if not values:
            raise BuildError("the list is absent", path=path)
        raise BuildError("there is no such value", path=path, allowed=f"0..{len(values) - 1}")
    values[indices[-1]] = value


def list_at(
    field: Field, owner: Table | None, indices: tuple[int, ...], path: str, room: int
) -> Any:
    """Return the list that the last index points into.

    Args:
        field: the element.
        owner: the table that it stands in.
        indices: indices into it.
        path: its path, for messages.
        room: 1 to put a value in, so that an absent list is an empty one; else 0.

    Raises:
        BuildError: there is no such list, or no such place in it.
    """
    values = None if owner is None else getattr(owner, field.name)
    if values is None and room and len(indices) == 1:
        values = []
    for index in indices[:-1]:
        values = None if values is None or index >= len(values) else values[index]
    if values is None:
        raise BuildError("the list is absent", path=path)
    length = len(values)
    if indices[-1] >= length + room:
        allowed = f"0..{length - 1 + room}" if length or room else "none"
        raise BuildError("there is no such value", path=path, allowed=allowed)
    return values


def store_list(field: Field, owner: Any, indices: tuple[int, ...], items: list[Any]) -> None:
    """Put a list back whose length has changed; the last index points into it."""
    if len(indices) == 1:
        setattr(owner, field.name, with_arrays(field, items))
        return
    rows = getattr(owner, field.name)
    for index in indices[:-2]:
        rows = rows[index]
    rows[indices[-2]] = with_row_array(field, items)


def check_list_place(field: Field | None, indices: tuple[int, ...], path: str, verb: str) -> None:
    """Refuse a path that names no place in a list.

    Raises:
        InputError: the message says what is needed.
    """
    if field is None:
        raise InputError(f"{path}: {verb} needs the path of a list value, `name[index]`")
    if not indices and verb == "insert":
        raise InputError(f"{path}: name the place to insert at, `{field.name}[0]`")


def check_depth(value: Any, depth: int, path: str) -> None:
    """Refuse lists that are not as deep as the element has indices."""
    if isinstance(value, list) != (depth > 0):
        raise BuildError("takes a list" if depth else "takes one value", path=path, value=value)
    if depth > 1:
        for number, row in enumerate(value):
            check_depth(row, depth - 1, f"{path}[{number}]")


def with_arrays(field: Field, value: Any) -> Any:
    """Return values in the arrays in which the element holds them."""
    if not field.array or value is None:
        return value
    if field.depth == 1:
        return with_row_array(field, value)
    return [with_row_array(field, row) for row in value]


def with_row_array(field: Field, values: Any) -> Any:
    """Return the innermost values of an element in the array in which it holds them."""
    return np.array(values, dtype=array_type(field)) if field.array else values
