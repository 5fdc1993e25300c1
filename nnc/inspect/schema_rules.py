"""Rules that the schema states: ranges, named values and constraints of its elements."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from enum import IntFlag
from typing import Any

import nnc.syntax
from nnc.inspect.findings import ERROR, Model, Problem, Rule
from nnc.inspect.tracing import TracedElement, UnitTrace
from nnc.syntax import TABLES, Constraint, Element

#: Unit types that applications may use as they like; the schema's range is that of the others.
UNSPECIFIED_UNIT_TYPES = range(32, 64)


def schema_rules() -> list[Rule]:
    """Return a rule for each range, enum and constraint in the schema.

    Their names are `range:`, `enum:` or `constraint:` with table and element; the second
    constraint of an element has `#2` at its end.
    """
    rules = []
    for table, syntax in TABLES.items():
        for element in syntax.elements.values():
            rules += element_rules(table, element)
    return rules


def element_rules(table: str, element: Element) -> list[Rule]:
    """Return the rules of one element."""
    name = f"{table}.{element.name}"
    rules = []
    if element.range is not None:
        problems = functools.partial(range_problems, table, element)
        title = f"{element.name} is in {element.range[0]} .. {element.range[1]}"
        rules.append(rule(f"range:{name}", title, element, problems))
    elif element.enum is not None and not names_all_values(element):
        problems = functools.partial(enum_problems, table, element)
        title = f"{element.name} has a value that {element.enum} names"
        rules.append(rule(f"enum:{name}", title, element, problems))
    for number, constraint in enumerate(element.constraints):
        mark = f"#{number + 1}" if number else ""
        problems = functools.partial(constraint_problems, table, element, constraint)
        rules.append(rule(f"constraint:{name}{mark}", constraint.sentence, element, problems))
    return rules


def rule(name: str, title: str, element: Element, problems: Any) -> Rule:
    """Return a rule of an element; what the schema says is always an error."""
    return Rule(name, title, element.clause, element.status, ERROR, problems)


def names_all_values(element: Element) -> bool:
    """Tell whether the enum of an element has a name for whatever can stand there."""
    kind: Any = getattr(nnc.syntax, str(element.enum))
    return element.width is not None and allowed_values(kind) == set(range(1 << element.width))


def allowed_values(kind: Any) -> set[int]:
    """Return the values that an enum has names for, alone or together."""
    members = {int(member) for member in kind}
    if not issubclass(kind, IntFlag):
        return members
    every = sum(members)
    return {value for value in range(every + 1) if value & every == value}


def range_problems(table: str, described: Element, model: Model) -> Iterator[Problem]:
    """Find values outside the range that the schema gives."""
    assert described.range is not None
    low, high = described.range
    for _, element in model.elements.get((table, described.name), []):
        if is_unspecified_type(described, element.value):
            continue
        if low <= element.value <= high:
            continue
        label = element.name + element.index
        if low == high == 0 and "reserved" in element.name:
            yield element, f"{label} is {element.value}, but reserved bits are 0"
        else:
            yield element, f"{label} is {element.value} (allowed: {low}..{high})"


def is_unspecified_type(described: Element, value: Any) -> bool:
    """Tell whether a value is a unit type left to applications."""
    return described.name == "nnr_unit_type" and value in UNSPECIFIED_UNIT_TYPES


def enum_problems(table: str, described: Element, model: Model) -> Iterator[Problem]:
    """Find values that the enum of an element has no name for."""
    kind: Any = getattr(nnc.syntax, str(described.enum))
    allowed = allowed_values(kind)
    for _, element in model.elements.get((table, described.name), []):
        if element.value not in allowed and not is_unspecified_type(described, element.value):
            known = ", ".join(str(int(member)) for member in kind)
            label = element.name + element.index
            yield element, f"{label} is {element.value}, which is reserved (allowed: {known})"


def constraint_problems(
    table: str, described: Element, constraint: Constraint, model: Model
) -> Iterator[Problem]:
    """Find tables that break a constraint."""
    seen = set()
    for unit, element in model.elements.get((table, described.name), []):
        place = unit.path, element.stack
        if place in seen:
            continue
        seen.add(place)
        names = names_around(unit, element)
        if constraint.is_broken(names):
            found = names.get(described.name)
            shown = ", ".join(f"{value:g}" for value in found) if isinstance(found, list) else found
            yield element, f"{constraint.sentence}: {element.name} is {shown}"


def names_around(unit: UnitTrace, element: TracedElement) -> dict[str, Any]:
    """Return the names that an element's table can use, with their values; lists as lists."""
    scope = unit.unit.scope if unit.unit is not None else None
    names: dict[str, Any] = {} if scope is None else dict(scope.names())
    own: dict[str, Any] = {}
    for other in unit.elements:
        if other.stack != element.stack:
            continue
        if isinstance(other.value, list):
            own.setdefault(other.name, []).extend(other.value)
        elif other.index:
            own.setdefault(other.name, []).append(other.value)
        else:
            own[other.name] = other.value
    return names | own
