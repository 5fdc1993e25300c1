"""Paths to elements: `header.dimensions[1]`, `block[3].comment[*]`.

A path is names of tables and of elements. A table in a list has its number; names of other
called tables may be left out: the first table in the order of the syntax that has the element
is taken, one that is present before one that is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from nnc.bitio import InputError, Table, nearest
from nnc.bitio.bits import index_text
from nnc.engine.fields import Field, called_tables, empty_table, fields_of

NAME = re.compile(r"[A-Za-z_]\w*")
INDEX = re.compile(r"\[\s*(\d+|\*)\s*\]")
HOP = re.compile(r"(\w+)(?:\[(\d+)\])?")

ALL = "*"

#: A place of whatever kind: a dataclass with what `Place` has.
AnyPlace = TypeVar("AnyPlace", bound=Any)

#: The way from a table to one below it: names of fields, for a table in a list `name[3]`.
Hops = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One name of a path, with its indices.

    Attributes:
        name: the name.
        indices: numbers, or "*" for all.
        column: where the name stands in the path, from 1.
    """

    name: str
    indices: tuple[int | str, ...]
    column: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """The indices, none of which is "*"."""
        return tuple(int(index) for index in self.indices)


def parse_path(text: str) -> list[Step]:
    """Take a path apart.

    Raises:
        InputError: it is no path; the message names the column and what was expected there.
    """
    steps: list[Step] = []
    place = 0
    while True:
        name = NAME.match(text, place)
        if name is None:
            raise path_error(text, place, "a name")
        place = name.end()
        indices: list[int | str] = []
        while place < len(text) and text[place] == "[":
            index = INDEX.match(text, place)
            if index is None:
                raise path_error(text, place, "an index like [3] or [*]")
            indices.append(ALL if index[1] == ALL else int(index[1]))
            place = index.end()
        steps.append(Step(name[0], tuple(indices), name.start() + 1))
        if place == len(text):
            return steps
        if text[place] != ".":
            raise path_error(text, place, "'.', '[' or the end")
        place += 1


def path_error(text: str, place: int, expected: str) -> InputError:
    """Return the error for a path that is wrong at one place."""
    found = repr(text[place]) if place < len(text) else "the end"
    return InputError(f"{text}: column {place + 1}: expected {expected}, found {found}")


def find(
    table_type: type[Table],
    table: Table | None,
    steps: Sequence[Step],
    path: str,
    *,
    below: bool = True,
) -> tuple[Hops, Field]:
    """Return the way to the table that has an element, and the element's field.

    Args:
        table_type: where to begin.
        table: its values, None where it is absent.
        steps: names with numbers as indices, those of the last one aside.
        path: the path they are of, for messages.
        below: names of called tables may be left out.

    Raises:
        InputError: a name is unknown, or that of no table.
    """
    hops: Hops = ()
    for number, step in enumerate(steps):
        chain = find_field(table_type, table, step.name, len(step.indices), below=below)
        if chain is None:
            raise unknown_name(path, step, table_type, below=below)
        field = chain[-1]
        is_last = number == len(steps) - 1
        if not is_last and (field.called is None or field.depth != len(step.indices)):
            if field.called is not None and not step.indices:
                raise path_error(path, step.column - 1 + len(step.name), "an index like [3] or [*]")
            raise path_error(path, steps[number + 1].column - 2, "the end")
        for called in chain if not is_last else chain[:-1]:
            hop = called.name + (index_text(step.numbers) if called.depth else "")
            hops, table = (*hops, hop), None if table is None else stepped(table, hop)
            table_type, below = called.called.table_type, True
    return hops, field


def find_field(
    table_type: type[Table], table: Table | None, name: str, depth: int, *, below: bool = True
) -> list[Field] | None:
    """Return the fields that lead to a name: of called tables, and the one of the name.

    Args:
        table_type: where to begin.
        table: its values, None where it is absent.
        name: the name.
        depth: how many indices it has; a field that takes as many is preferred.
        below: look into called tables too.
    """
    own = fields_of(table_type).get(name)
    if own is not None and own.depth >= depth:
        return [own]
    absent = None
    for called in called_tables(table_type) if below else ():
        inner = getattr(table, called.name) if table is not None else None
        chain = find_field(called.called.table_type, inner, name, depth)
        if chain is not None and (own is None or chain[-1].depth >= depth):
            if inner is not None:
                return [called, *chain]
            absent = absent or [called, *chain]
    return absent or (None if own is None else [own])


def unknown_name(
    path: str, step: Step, table_type: type[Table], *, below: bool = True
) -> InputError:
    """Return the error for a name that is no element, with the nearest that are."""
    known = names_below(table_type) if below else fields_of(table_type)
    near = nearest(step.name, sorted(known), 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    table = table_type.syntax.table
    return InputError(f"{path}: column {step.column}: {table} has no element {step.name!r}{hint}")


def names_below(table_type: type[Table]) -> set[str]:
    """Return the names of all fields of a table and of those that it calls."""
    names = set(fields_of(table_type))
    for called in called_tables(table_type):
        names |= names_below(called.called.table_type)
    return names


def stepped(table: Table, hop: str) -> Any:
    """Return the table that one hop leads to; None where it is absent."""
    match = HOP.fullmatch(hop)
    assert match is not None
    value = getattr(table, match[1])
    if match[2] is None or value is None:
        return value
    index = int(match[2])
    return value[index] if index < len(value) else None


def owner_of(root: Table | None, hops: Hops, *, create: bool = False) -> Table | None:
    """Return the table that hops lead to, None where it is absent.

    Args:
        root: where they begin.
        hops: the way.
        create: make absent tables on the way, with all elements absent; not in lists.
    """
    table = root
    for hop in hops:
        if table is None:
            return None
        called = stepped(table, hop)
        if called is None and create and "[" not in hop:
            called = empty_table(fields_of(type(table))[hop].called)
            setattr(table, hop, called)
        table = called
    return table


def indexed_value(value: Any, indices: Sequence[int], path: str) -> Any:
    """Return what indices lead to within a value; None where a list on the way is absent.

    Raises:
        InputError: an index is out of range.
    """
    for number, index in enumerate(indices):
        if value is None:
            return None
        if isinstance(value, str | bytes | memoryview | Table) or not hasattr(value, "__len__"):
            raise InputError(f"{path}: takes {number} indices at most")
        if index >= len(value):
            raise InputError(f"{path}: index {index} is not in 0..{len(value) - 1}")
        value = value[index]
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def shortest(
    table_type: type[Table],
    root: Table | None,
    hops: Hops,
    field: Field,
    indices: tuple[int, ...],
) -> list[str]:
    """Return the names that lead to an element, without those of tables that nobody needs."""
    short, owner = [], table_type
    for hop in hops:
        called = fields_of(owner)[hop.partition("[")[0]].called
        if hop != called.table:
            short.append(hop)
        owner = called.table_type
    steps = [*parse_path(".".join(short)), Step(field.name, indices, 1)] if short else [
        Step(field.name, indices, 1)
    ]  # fmt: skip
    if find(table_type, root, steps, "") == (hops, field):
        return [*short, field.name]
    # Another table has an element of that name, and comes first.
    return [*hops, field.name]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads within a table.

    Attributes:
        table_type: the class of the table that the path begins in.
        root: the table, None where it is absent.
        prefix: path of the table, "" where the path begins with it.
        hops: the way to the table that the element stands in.
        field: the element or table; None for the table that the path begins in.
        indices: indices into it.
    """

    table_type: type[Table]
    root: Table | None
    prefix: str = ""
    hops: Hops = ()
    field: Field | None = None
    indices: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """The path as errors give it: without the names of tables that nobody needs."""
        parts = [self.prefix] if self.prefix else []
        if self.field is not None:
            parts += shortest(self.table_type, self.root, self.hops, self.field, self.indices)
        return ".".join(parts) + index_text(self.indices)

    def owner(self, *, create: bool = False) -> Table | None:
        """Return the table that the element stands in; see `owner_of`."""
        return owner_of(self.root, self.hops, create=create)

    def value(self) -> Any:
        """Return what stands here; None where it is absent.

        Raises:
            InputError: an index is out of range.
        """
        if self.field is None:
            return self.root
        owner = self.owner()
        value = None if owner is None else getattr(owner, self.field.name)
        return indexed_value(value, self.indices, self.path)


def places_in(
    start: AnyPlace, steps: Sequence[Step], path: str, *, below: bool = True
) -> Iterator[AnyPlace]:
    """Yield the places that steps lead to from a table: one, or with `*` any number.

    Args:
        start: the place of the table.
        steps: the steps from there.
        path: the path they are of, for messages.
        below: as for `find`.

    Raises:
        InputError: they lead nowhere.
    """
    if not steps:
        yield start
        return
    last = len(steps) - 1
    number = next((n for n in range(last) if ALL in steps[n].indices), last)
    step, rest = steps[number], steps[number + 1 :]
    hops, field = find(start.table_type, start.root, steps[: number + 1], path, below=below)
    if rest and (field.called is None or field.depth != len(step.indices)):
        raise path_error(path, rest[0].column - 2, "the end")
    if len(step.indices) > field.depth:
        raise too_many_indices(path, step, field)
    # One copy of the place where there is one: dataclasses are slow to replace.
    if not rest and ALL not in step.indices:
        yield replace(start, hops=hops, field=field, indices=step.numbers)
        return
    for place in indexed(replace(start, hops=hops, field=field), step.indices):
        if rest:
            filled = [*steps[:number], replace(step, indices=place.indices), *rest]
            yield from places_in(start, filled, path, below=below)
        else:
            yield place


def indexed(place: AnyPlace, indices: tuple[int | str, ...]) -> Iterator[AnyPlace]:
    """Yield the places that indices lead to from the place of an element."""
    first = indices.index(ALL) if ALL in indices else len(indices)
    found = replace(place, indices=tuple(int(index) for index in indices[:first]))
    if first == len(indices):
        yield found
        return
    value = found.value()
    for number in range(0 if value is None else len(value)):
        yield from indexed(place, (*found.indices, number, *indices[first + 1 :]))


def values_at(path: str, places: Callable[[str], Iterator[Any]]) -> Any:
    """Return the value at a path; with `[*]` a list of paths and values, without absent ones.

    Raises:
        InputError: the path leads nowhere, or is no text.
    """
    if not isinstance(path, str):
        raise InputError(f"the path of an element is text, not {path!r:.60}")
    found = places(path)
    if ALL not in path:
        return next(found).value()
    return [(place.path, value) for place in found if (value := place.value()) is not None]


def too_many_indices(path: str, step: Step, field: Field) -> InputError:
    """Return the error for a name with more indices than its element has."""
    what = "index" if field.depth == 1 else "indices"
    return InputError(
        f"{path}: column {step.column}: {step.name} takes {field.depth or 'no'} {what}"
    )
