"""Changing the values of elements, each change as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nnc.bitio import BuildError, InputError, PlacedError, Table
from nnc.engine.fields import Field, array_type
from nnc.engine.lists import Shift
from nnc.engine.paths import ALL
from nnc.engine.plan import Plan
from nnc.engine.repair import Pin
from nnc.engine.values import check_constraints, checked_value


class ElementEdit:
    """A change of elements that is not settled yet.

    Attributes:
        force: accept reserved values.
        pinned: the elements that the caller set, by the root table they are below.
        shifts: insertions and removals, likewise, by the table they were made in.
    """

    #: What else than values of lists is put in and taken out, for messages.
    OTHERS = ""

    force: bool
    pinned: dict[Any, set[Pin]]
    shifts: dict[Any, dict[tuple[str, ...], Shift]]

    # What is changed says how: where a path leads, a place in a copy of its root table, what
    # stands for that, how all else is brought in line, and how everything is undone.
    places: Callable[[str], Iterator[Any]]
    opened: Callable[[Any], Any]
    key: Callable[[Any], Any]
    set_place: Callable[[Any, Any], None]
    settle: Callable[[], Plan]
    rollback: Callable[[], None]

    def commit(self) -> None:
        """Keep everything."""

    def locate(self, error: PlacedError) -> None:
        """Add to an error what its path alone doesn't say."""

    def set_element(self, place: Any, value: Any) -> None:
        """Change one element, one value in it, or all of its values."""
        field = place.field
        if field.derived:
            raise BuildError("follows from other elements and is not coded", path=place.path)
        if field.called is not None:
            raise BuildError("is a table; name one of its elements", path=place.path)
        place = self.opened(place)
        owner = owner_at(place)
        set_value(field, owner, place.indices, value, place.path, force=self.force)
        self.pin(place)
        if not self.force:
            check_constraints(field, owner, place.path)

    def pin(self, place: Any) -> None:
        """Remember that the caller wants this element as it is."""
        self.pinned.setdefault(self.key(place), set()).add((place.hops, place.field.name))

    def change_list(self, path: str, value: Any, delta: int) -> None:
        """Put a value into a list, or take one out."""
        verb = "insert" if delta > 0 else "remove"
        found = list(self.places(path))
        if len(found) != 1 or ALL in path:
            raise InputError(f"{path}: {verb} needs a path to one place")
        field, indices = found[0].field, found[0].indices
        check_list_place(field, indices, path, verb, self.OTHERS)
        if not indices:
            self.set_place(found[0], None)
            return
        place = self.opened(found[0])
        owner = place.owner(create=delta > 0)
        values = list_at(field, owner, indices, place.path, 1 if delta > 0 else 0)
        length, items = len(values), list(values)
        if delta > 0:
            items.insert(indices[-1], self.item(place, value))
        else:
            del items[indices[-1]]
        store_list(field, owner, indices, items)
        self.moved(place, value, delta)
        self.pin(place)
        if len(indices) == 1:
            shift = Shift(indices[0], length, delta)
            self.shifts.setdefault(self.key(place), {})[place.hops] = shift

    def item(self, place: Any, value: Any) -> Any:
        """Return a value as a list takes it in."""
        value = checked_value(place.field, value, place.path, self.force)
        check_depth(value, place.field.depth - len(place.indices), place.path)
        return value

    def moved(self, place: Any, value: Any, delta: int) -> None:
        """Follow what has moved in a list."""


def owner_at(place: Any) -> Table:
    """Return the table that an element is to stand in, absent ones made.

    Raises:
        BuildError: there is none.
    """
    owner: Table | None = place.owner(create=True)
    if owner is None:
        raise BuildError("there is no such table here", path=place.path)
    return owner


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


def check_list_place(
    field: Field | None, indices: tuple[int, ...], path: str, verb: str, others: str = ""
) -> None:
    """Refuse a path that names no place in a list.

    Raises:
        InputError: the message says what is needed.
    """
    if field is None:
        raise InputError(f"{path}: {verb} needs the path of a list value, `name[index]`{others}")
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
