"""Kinds of units: which tables each has, and what holds for it."""

from __future__ import annotations

from typing import NamedTuple

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import TableFacts


class UnitKind(NamedTuple):
    """What the schema says about units of one type.

    Attributes:
        name: the type.
        value: its number.
        header: the table in the header that only such units have, or "".
        payload: that in the payload.
        parsed: the payload is read as its table: it has elements, none of them decoded by
            hand-written code, and holds no units.
        names: the persistent names that those tables set.
        starts: such a unit begins a new scope: only its own names hold after it.
        persistent: what its payload sets holds for the units that follow.
        divisible: its payload may be cut over several units.
    """

    name: str
    value: int
    header: str
    payload: str
    parsed: bool
    names: tuple[str, ...]
    starts: bool
    persistent: bool
    divisible: bool


def declared_units(analysis: Analysis) -> tree.Units | None:
    """Return the declaration of units, None where the schema has none.

    Raises:
        SchemaError: it is there twice, or names what isn't there.
    """
    found = [units for file in analysis.schema.files for units in file.units]
    if not found:
        return None
    units = found[0]
    if len(found) > 1:
        raise SchemaError(found[1].position, "found units again, expected them once")
    if units.enum not in analysis.enums:
        raise SchemaError(units.position, f"found no enum {units.enum!r}, expected one")
    for name in (units.header, units.payload):
        if name not in analysis.tables:
            raise SchemaError(units.position, f"found no table {name!r}, expected one")
    if selector(analysis, units) is None:
        message = f"found no element of {units.enum!r} in {units.header!r}, expected one"
        raise SchemaError(units.position, message)
    members = {member.name for member in analysis.enums[units.enum].members}
    for rule in units.rules:
        if rule.member not in members:
            message = f"found {rule.member!r}, expected a value of {units.enum!r}"
            raise SchemaError(rule.position, message)
    return units


def selector(analysis: Analysis, units: tree.Units) -> str | None:
    """Return the name of the element that holds the type of a unit."""
    for field in analysis.tables[units.header].fields.values():
        if isinstance(field.statement, tree.Element) and field.statement.enum == units.enum:
            return field.name
    return None


def unit_kinds(analysis: Analysis) -> list[UnitKind]:
    """Return the kinds of units in the order of their types; none where none are declared."""
    units = declared_units(analysis)
    if units is None:
        return []
    element = selector(analysis, units)
    assert element is not None
    kinds = []
    for member in analysis.enums[units.enum].members:
        rules = {rule.rule for rule in units.rules if rule.member == member.name}
        header, payload = (
            selected(analysis.tables[name], element, member.value)
            for name in (units.header, units.payload)
        )
        names = tuple(
            name
            for name, definer in analysis.shared.items()
            if definer.table.persistent and definer.table.name in (header, payload)
        )
        parsed = payload != "" and is_parsed(analysis, payload)
        given = (rule in rules for rule in ("starts", "persistent", "divisible"))
        kinds.append(UnitKind(member.name, member.value, header, payload, parsed, names, *given))
    return kinds


def selected(facts: TableFacts, element: str, value: int) -> str:
    """Return the table that stands where an element has a value, "" for none."""
    for site in facts.calls:
        if isinstance(site.statement, tree.Call) and any(
            (fact.subject, fact.value, fact.holds) == (element, value, True)
            for fact in facts.facts_of(site)
        ):
            return site.statement.table
    return ""


def is_parsed(analysis: Analysis, table: str) -> bool:
    """Tell whether a payload is read as its table."""
    roots = {name for file in analysis.schema.files for _, name in file.roots}
    fields = analysis.tables[table].fields.values()
    return bool(fields) and not any(
        isinstance(field.statement, tree.External)
        or (isinstance(field.statement, tree.Call) and field.statement.table in roots)
        for field in fields
    )
