"""Paths to elements: `units[3].header.tensor_dimensions[1]`, `units[*].header.dq_flag`.

A path begins with a unit, `units[3]`, or with one inside aggregates, `units[2].units[0]`; then
comes `header`, `payload`, or one of the few things that a unit has beside them; then names of
tables and of elements. Names of called tables may be left out: the first table in the order of
the syntax that has the element is taken, one that is present before one that is absent.

A payload that is bytes has one element, its bytes or the values of a raw tensor:
`units[3].payload.raw_float32_parameter[7]` (see `payload_elements`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnc.bitio import InputError, Table
from nnc.bitio.bits import index_text
from nnc.bitstream.fields import Field, called_tables, empty_table, fields_of
from nnc.bitstream.payload_elements import payload_table, payload_type
from nnc.bitstream.unit import Unit
from nnc.syntax import NnrUnitHeader, NnrUnitPayload

NAME = re.compile(r"[A-Za-z_]\w*")
INDEX = re.compile(r"\[\s*(\d+|\*)\s*\]")

#: What a unit has beside its elements.
UNIT_PARTS = ("nnr_unit_size", "nnr_unit_size_flag", "trailing", "given")

ALL = "*"


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
            break
        if text[place] != ".":
            raise path_error(text, place, "'.', '[' or the end")
        place += 1
    if steps[0].name != "units":
        raise path_error(text, 0, "'units', as in units[3].header")
    return steps


def path_error(text: str, place: int, expected: str) -> InputError:
    """Return the error for a path that is wrong at one place."""
    found = repr(text[place]) if place < len(text) else "the end"
    return InputError(f"{text}: column {place + 1}: expected {expected}, found {found}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads.

    Attributes:
        unit: the unit; None for `units` of the bitstream itself.
        unit_path: path of the unit, `units[2].units[0]`.
        part: "unit", "units", "header", "payload" or one of `UNIT_PARTS`.
        tables: names of the fields that lead from the header or payload to the table.
        field: the element or table in it; None for the part as a whole.
        name: name within `given`; else "".
        indices: indices into the element, or into `units`.
    """

    unit: Unit | None
    unit_path: str
    part: str
    tables: tuple[str, ...] = ()
    field: Field | None = None
    name: str = ""
    indices: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """The path as errors give it: without the names of tables that nobody needs."""
        if self.part == "unit":
            return self.unit_path
        parts = [self.unit_path] if self.unit_path else []
        parts.append(self.part)
        if self.field is not None:
            parts += self.names()
        elif self.name:
            parts.append(self.name)
        return ".".join(parts) + index_text(self.indices)

    def names(self) -> list[str]:
        """Return the names that lead from the header or payload to the element."""
        assert self.field is not None
        table_type = self.root_type()
        assert table_type is not None
        short, owner = [], table_type
        for name in self.tables:
            called = fields_of(owner)[name].called
            if name != called.table:
                short.append(name)
            owner = called.table_type
        short.append(self.field.name)
        steps = [Step(name, (), 1) for name in short[:-1]]
        last = Step(short[-1], self.indices, 1)
        if find(table_type, self.root(), [*steps, last], "") == (self.tables, self.field):
            return short
        # Another table has an element of that name, and comes first.
        return [*self.tables, self.field.name]

    def root_type(self) -> type[Table] | None:
        """Return the dataclass of the header or the payload, None for what has no elements."""
        assert self.unit is not None
        if self.part == "header":
            return NnrUnitHeader
        syntax = self.unit.payload_syntax
        return payload_type(self.unit) if syntax is None else syntax.table_type

    def root(self) -> Table | None:
        """Return the header or the payload as a table, None where there is none."""
        assert self.unit is not None
        if self.part == "header":
            return self.unit.readable_header()
        payload = self.unit.payload
        return payload if isinstance(payload, Table) else payload_table(self.unit)

    @property
    def in_payload_bytes(self) -> bool:
        """Whether this is an element of a payload that is kept as bytes."""
        assert self.unit is not None
        return self.part == "payload" and self.unit.payload_syntax is None

    def owner(self, create: bool = False) -> Table | None:
        """Return the table that the element stands in, None where it is absent.

        Args:
            create: make the absent tables on the way, with all elements absent.
        """
        table = self.root()
        for name in self.tables:
            if table is None:
                return None
            called = getattr(table, name)
            if called is None and create:
                called = empty_table(fields_of(type(table))[name].called)
                setattr(table, name, called)
            table = called
        return table

    def value(self) -> Any:
        """Return what stands here; None where the element is absent.

        Raises:
            InputError: an index is out of range.
            BitstreamError: the payload can't be parsed.
        """
        value = self.whole_value()
        for number, index in enumerate(self.indices):
            if value is None:
                return None
            if isinstance(value, str | bytes | memoryview) or not hasattr(value, "__len__"):
                raise InputError(f"{self.path}: takes {number} indices at most")
            if index >= len(value):
                raise InputError(f"{self.path}: index {index} is not in 0..{len(value) - 1}")
            value = value[index]
        return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value

    def whole_value(self) -> Any:
        """Return the value without the indices."""
        unit = self.unit
        if self.part in ("unit", "units") or unit is None:
            return unit
        if self.field is not None:
            owner = self.owner()
            return None if owner is None else getattr(owner, self.field.name)
        if self.part == "header":
            return unit.readable_header()
        if self.part == "payload":
            return unit.payload
        if self.part == "trailing":
            return unit.trailing
        if self.part == "given":
            return unit.given.get(self.name) if self.name else dict(unit.given)
        return size_part(unit, self.part)


def size_part(unit: Unit, part: str) -> int:
    """Return nnr_unit_size or nnr_unit_size_flag of a unit as it would be written."""
    from nnc.bitstream.sizes import field_bytes, size_field

    size = unit.byte_size
    before = unit.size
    if size:
        size -= field_bytes(before)
        before = size_field(size, before)
    if before is None:
        raise InputError("the unit was never written and has no size yet")
    value: int = getattr(before, part)
    return value


def places(units: Sequence[Unit], path: str) -> Iterator[Place]:
    """Yield the places that a path leads to: one, or with `*` any number.

    Raises:
        InputError: the path leads nowhere; the message says at which column and why.
    """
    steps = parse_path(path)
    found = False
    unknown: InputError | None = None
    wild = ALL in steps[0].indices
    for unit, unit_path, rest in unit_places(units, steps, path):
        try:
            for place in unit_part(unit, unit_path, rest, path):
                found = True
                yield place
        except InputError as error:
            if not wild:
                raise
            unknown = error
    if not found and unknown is not None:
        raise unknown


def unit_places(
    units: Sequence[Unit], steps: list[Step], path: str, prefix: str = ""
) -> Iterator[tuple[Unit, str, list[Step]]]:
    """Yield the units that the first steps lead to, their paths, and the steps that are left."""
    step, rest = steps[0], steps[1:]
    if len(step.indices) != 1:
        raise path_error(path, step.column - 1 + len(step.name), "the number of a unit, [3] or [*]")
    wanted = step.indices[0]
    if isinstance(wanted, int) and wanted >= len(units):
        raise InputError(
            f"{path}: column {step.column}: there is no {prefix}units[{wanted}], "
            + (f"they go up to {len(units) - 1}" if units else "it holds no units")
        )
    numbers = range(len(units)) if isinstance(wanted, str) else [wanted]
    for number in numbers:
        unit_path = f"{prefix}units[{number}]"
        if rest and rest[0].name == "units":
            try:
                yield from unit_places(units[number].units, rest, path, f"{unit_path}.")
            except InputError:
                if wanted != ALL:
                    raise
        else:
            yield units[number], unit_path, rest


def unit_part(unit: Unit, unit_path: str, steps: list[Step], path: str) -> Iterator[Place]:
    """Yield the places within a unit."""
    if not steps:
        yield Place(unit, unit_path, "unit")
        return
    step, rest = steps[0], steps[1:]
    here = Place(unit, unit_path, step.name)
    if step.name in ("header", "payload"):
        if step.indices:
            raise path_error(path, step.column - 1 + len(step.name), "'.' or the end")
        yield from element_places(here, rest, path)
    elif step.name == "given" and rest and len(rest) == 1:
        yield replace(here, name=rest[0].name)
    elif step.name in UNIT_PARTS and not rest:
        yield here
    else:
        column = (rest[0] if step.name in UNIT_PARTS else step).column
        known = ", ".join(("header", "payload", "units", *UNIT_PARTS))
        raise InputError(f"{path}: column {column}: a unit has only {known}")


def element_places(here: Place, steps: list[Step], path: str) -> Iterator[Place]:
    """Yield the places within a header or payload."""
    if not steps:
        yield here
        return
    assert here.unit is not None
    table_type = here.root_type()
    if table_type is None:
        raise InputError(
            f"{path}: column {steps[0].column}: the payload of {here.unit.type_name} has no "
            f"elements; {here.path} names its bytes"
        )
    tables, field = find(table_type, here.root(), steps, path)
    yield from indexed(replace(here, tables=tables, field=field), steps[-1], path)


def find(
    table_type: type[Table], table: Table | None, steps: Sequence[Step], path: str
) -> tuple[tuple[str, ...], Field]:
    """Return the names of the tables that lead to an element, and the element's field.

    Raises:
        InputError: a name is unknown, or that of no table.
    """
    tables: tuple[str, ...] = ()
    for number, step in enumerate(steps):
        chain = find_field(table_type, table, step.name, len(step.indices))
        if chain is None:
            raise unknown_name(path, step, table_type)
        field = chain[-1]
        if number < len(steps) - 1 and (field.called is None or step.indices):
            raise path_error(path, steps[number + 1].column - 2, "the end")
        for called in chain if number < len(steps) - 1 else chain[:-1]:
            tables = (*tables, called.name)
            table = getattr(table, called.name) if table is not None else None
            table_type = called.called.table_type
    return tables, field


def find_field(
    table_type: type[Table], table: Table | None, name: str, depth: int
) -> list[Field] | None:
    """Return the fields that lead to a name: of called tables, and the one of the name.

    Args:
        table_type: where to begin.
        table: its values, None where it is absent.
        name: the name.
        depth: how many indices it has; a field that takes as many is preferred.
    """
    own = fields_of(table_type).get(name)
    if own is not None and own.depth >= depth:
        return [own]
    absent = None
    for called in searched_tables(table_type):
        inner = getattr(table, called.name) if table is not None else None
        chain = find_field(called.called.table_type, inner, name, depth)
        if chain is not None and (own is None or chain[-1].depth >= depth):
            if inner is not None:
                return [called, *chain]
            absent = absent or [called, *chain]
    return absent or (None if own is None else [own])


def searched_tables(table_type: type[Table]) -> Iterator[Field]:
    """Yield the called tables whose names may be left out in paths."""
    # As one of nnr_unit_payload only bytes are kept; its tables are payloads by themselves.
    if table_type is not NnrUnitPayload:
        yield from called_tables(table_type)


def distinct_paths(elements: Sequence[tuple[str, tuple[tuple[str, str, Any], ...]]]) -> list[str]:
    """Return the elements of a unit paths that lead to them and to nothing else.

    Where elements of one name and as many indices stand in several tables, the short path means
    that of the outermost one; those in others are named with all tables around them.

    Args:
        elements: for each element its short path, and the tables around it from the outside:
            name of the field, name of the table, index.
    """
    owners: dict[str, dict[Any, None]] = {}
    short = [without_numbers(path) for path, _ in elements]
    for name, (_, stack) in zip(short, elements, strict=True):
        owners.setdefault(name, {})[stack] = None
    if all(len(named) == 1 for named in owners.values()):
        return [path for path, _ in elements]
    paths = []
    for name, (path, stack) in zip(short, elements, strict=True):
        named = owners[name]
        if len(named) > 1 and stack != min(named, key=len):
            tables = [name + index_text(index) for name, _, index in stack]
            path = ".".join([*tables, path.rpartition(".")[2]])
        paths.append(path)
    return paths


def without_numbers(path: str) -> str:
    """Return a path without the numbers in the indices of its last name."""
    if not path.endswith("]"):
        return path
    before, dot, last = path.rpartition(".")
    name = last.partition("[")[0]
    return before + dot + name + "[]" * last.count("[")


def unknown_name(path: str, step: Step, table_type: type[Table]) -> InputError:
    """Return the error for a name that is no element, with the nearest that are."""
    near = difflib.get_close_matches(step.name, sorted(names_below(table_type)), 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    table = table_type.syntax.table
    return InputError(f"{path}: column {step.column}: {table} has no element {step.name!r}{hint}")


def names_below(table_type: type[Table]) -> set[str]:
    """Return the names of all fields of a table and of those that it calls."""
    names = set(fields_of(table_type))
    for called in searched_tables(table_type):
        names |= names_below(called.called.table_type)
    return names


def indexed(place: Place, step: Step, path: str) -> Iterator[Place]:
    """Yield the places that the indices of the last step lead to."""
    assert place.field is not None
    if len(step.indices) > place.field.depth:
        raise InputError(
            f"{path}: column {step.column}: {step.name} takes "
            f"{place.field.depth or 'no'} {'index' if place.field.depth == 1 else 'indices'}"
        )
    if ALL not in step.indices:
        yield replace(place, indices=tuple(int(index) for index in step.indices))
        return
    first = step.indices.index(ALL)
    before = tuple(int(index) for index in step.indices[:first])
    value = replace(place, indices=before).value()
    for number in range(0 if value is None else len(value)):
        filled = Step(step.name, (*before, number, *step.indices[first + 1 :]), step.column)
        yield from indexed(place, filled, path)


def get(units: Sequence[Unit], path: str) -> Any:
    """Return the value at a path; see `Bitstream.get`."""
    if not isinstance(path, str):
        raise InputError(f"the path of an element is text, not {path!r:.60}")
    found = places(units, path)
    if ALL not in path:
        return next(found).value()
    return [(place.path, value) for place in found if (value := place.value()) is not None]
