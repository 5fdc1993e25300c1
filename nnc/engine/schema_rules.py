"""Rules that the schema states: ranges, named values and constraints of its elements."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntFlag
from typing import Any, NamedTuple, Protocol

from nnc.engine.findings import ERROR, Problem, Rule
from nnc.engine.tracing import TracedElement
from nnc.engine.values import enums_of

#: Tells of a table's name, an element's and a value whether the schema's rules leave it alone.
Exempt = Callable[[str, str, Any], bool]


class Piece(Protocol):
    """A part of the data with the names in force for it."""

    path: str
    elements: list[TracedElement]

    @property
    def scope(self) -> Any:
        """The names in force, None where they aren't known."""


class Found(NamedTuple):
    """The elements of one name in one table: lists of the same length, for there may be many.

    Attributes:
        elements: the elements.
        pieces: for each the piece of the data that it stands in.
    """

    elements: list[TracedElement]
    pieces: list[Piece]


#: Elements by table and name.
Elements = dict[tuple[str, str], Found]

NOTHING = Found([], [])


class Model(Protocol):
    """What is checked."""

    @property
    def elements(self) -> Elements:
        """Its elements."""


def elements_of(pieces: Iterable[Piece]) -> Elements:
    """Return the elements of pieces by table and name, each with its piece."""
    found: Elements = {}
    for piece in pieces:
        for element in piece.elements:
            key = element.table, element.name
            those = found.get(key)
            if those is None:
                those = found[key] = Found([], [])
            elements, places = those
            elements.append(element)
            places.append(piece)
    return found


def nothing_exempt(table: str, element: str, value: Any) -> bool:
    """Tell that the rules hold for all values."""
    return False


def schema_rules(tables: Mapping[str, Any], exempt: Exempt = nothing_exempt) -> list[Rule]:
    """Return a rule for each range, enum and constraint of a format's tables.

    Their names are `range:`, `enum:` or `constraint:` with table and element; the second
    constraint of an element has `#2` at its end.
    """
    rules = []
    for table, syntax in tables.items():
        for element in syntax.elements.values():
            rules += element_rules(syntax, element, functools.partial(exempt, table, element.name))
    return rules


def element_rules(syntax: Any, element: Any, exempt: Callable[[Any], bool]) -> list[Rule]:
    """Return the rules of one element."""
    table: str = syntax.table
    name = f"{table}.{element.name}"
    names = enums_of(syntax).get(str(element.enum))
    rules = []
    if element.range is not None:
        problems = functools.partial(range_problems, table, element, exempt)
        title = f"{element.name} is in {element.range[0]} .. {element.range[1]}"
        rules.append(rule(f"range:{name}", title, element, problems))
    elif element.enum is not None and not names_all_values(element, names):
        problems = functools.partial(enum_problems, table, element, names, exempt)
        title = f"{element.name} has a value that {element.enum} names"
        rules.append(rule(f"enum:{name}", title, element, problems))
    for number, constraint in enumerate(element.constraints):
        mark = f"#{number + 1}" if number else ""
        problems = functools.partial(constraint_problems, table, element, constraint)
        title, told = constraint.sentence, constraint.names
        rules.append(rule(f"constraint:{name}{mark}", title, element, problems, told))
    return rules


def rule(name: str, title: str, element: Any, problems: Any, others: Iterable[str] = ()) -> Rule:
    """Return a rule of an element and others; what the schema says is always an error."""
    reads = frozenset({element.name, *others})
    return Rule(
        name, title, element.clause, element.status, ERROR, problems, by_unit=True, reads=reads
    )


def names_all_values(element: Any, names: Any) -> bool:
    """Tell whether the enum of an element has a name for whatever can stand there."""
    width: int | None = element.width
    # More values than this nobody names.
    return width is not None and width <= 16 and allowed_values(names) == set(range(1 << width))


def allowed_values(kind: Any) -> set[int]:
    """Return the values that an enum has names for, alone or together."""
    members = {int(member) for member in kind}
    if not issubclass(kind, IntFlag):
        return members
    every = sum(members)
    return {value for value in range(every + 1) if value & every == value}


def range_problems(
    table: str, described: Any, exempt: Callable[[Any], bool], model: Model
) -> Iterator[Problem]:
    """Find values outside the range that the schema gives."""
    assert described.range is not None
    low, high = described.range
    for element in model.elements.get((table, described.name), NOTHING).elements:
        outside = [one for one in element.values if not low <= one <= high]
        if not outside or exempt(element.value):
            continue
        label = element.name + element.index
        if low == high == 0 and "reserved" in element.name:
            yield element, f"{label} is {outside[0]}, but reserved bits are 0"
        else:
            yield element, f"{label} is {outside[0]} (allowed: {low}..{high})"


def enum_problems(
    table: str, described: Any, kind: Any, exempt: Callable[[Any], bool], model: Model
) -> Iterator[Problem]:
    """Find values that the enum of an element has no name for, and leaves to nobody else."""
    allowed = allowed_values(kind)
    for element in model.elements.get((table, described.name), NOTHING).elements:
        unnamed = [one for one in element.values if one not in allowed]
        if all(described.unnamed_kind(one) == "unspecified" for one in unnamed):
            continue
        if unnamed and not exempt(element.value):
            known = ", ".join(str(int(member)) for member in kind)
            label = element.name + element.index
            yield element, f"{label} is {unnamed[0]}, which is reserved (allowed: {known})"


def constraint_problems(
    table: str, described: Any, constraint: Any, model: Model
) -> Iterator[Problem]:
    """Find tables that break a constraint."""
    seen = set()
    found = model.elements.get((table, described.name), NOTHING)
    for element, piece in zip(found.elements, found.pieces, strict=True):
        place = piece.path, element.stack
        if place in seen:
            continue
        seen.add(place)
        names = names_around(piece, element)
        if constraint.is_broken(names):
            value = names.get(described.name)
            shown = ", ".join(f"{one:g}" for one in value) if isinstance(value, list) else value
            yield element, f"{constraint.sentence}: {element.name} is {shown}"


def names_around(piece: Piece, element: TracedElement) -> dict[str, Any]:
    """Return the names that an element's table can use, with their values; lists as lists."""
    scope = piece.scope
    names: dict[str, Any] = {} if scope is None else dict(scope.names())
    own: dict[str, Any] = {}
    for other in piece.elements:
        if other.stack != element.stack:
            continue
        if isinstance(other.value, list):
            own.setdefault(other.name, []).extend(other.value)
        elif other.index:
            own.setdefault(other.name, []).append(other.value)
        else:
            own[other.name] = other.value
    return names | own
