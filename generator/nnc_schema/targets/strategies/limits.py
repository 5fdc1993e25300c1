"""What a drawn value has to keep to: bounds out of ranges and constraints, and small counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nnc_schema.language import tree
from nnc_schema.language.descriptors import INNER
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import Field, TableFacts, own_expressions

#: What a comparison with an element on its left says about the element; the offset makes a
#: strict bound of integers one that may be reached.
LOWER = {">=": 0, ">": 1}
UPPER = {"<=": 0, "<": -1}
MIRRORED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "==": "=="}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds of one element: expressions, each with whether a constraint (not the range) set it."""

    low: tuple[tree.Expression, ...] = ()
    high: tuple[tree.Expression, ...] = ()
    by_constraint: bool = False


def conjuncts(condition: tree.Expression) -> Iterator[tree.Expression]:
    """Yield the parts of a condition that all have to be true."""
    if isinstance(condition, tree.Binary) and condition.operator == "&&":
        yield from conjuncts(condition.left)
        yield from conjuncts(condition.right)
    else:
        yield condition


def bounds_of(meaning: tree.Meaning, known: frozenset[str]) -> Bounds:
    """Return the bounds of an element, as far as they follow from `known` names."""
    bounds = Bounds()
    if meaning.range is not None and all(
        expressions.names(part) <= known for part in meaning.range
    ):
        bounds = Bounds((meaning.range[0],), (meaning.range[1],))
    for constraint in meaning.constraints:
        for part in conjuncts(constraint.condition):
            bounds = with_comparison(bounds, part, meaning.name, known)
    return bounds


def with_comparison(
    bounds: Bounds, part: tree.Expression, name: str, known: frozenset[str]
) -> Bounds:
    """Return bounds that hold for one more comparison, if it is one of the element."""
    if not isinstance(part, tree.Binary) or part.operator not in MIRRORED:
        return bounds
    operator, left, right = part.operator, part.left, part.right
    if not is_element(left, operator, name):
        operator, left, right = MIRRORED[operator], right, left
    if not is_element(left, operator, name) or not expressions.names(right) <= known:
        return bounds
    low, high = bounds.low, bounds.high
    if operator in LOWER or operator == "==":
        low = (*low, shifted(right, LOWER.get(operator, 0)))
    if operator in UPPER or operator == "==":
        high = (*high, shifted(right, UPPER.get(operator, 0)))
    return replace(bounds, low=low, high=high, by_constraint=True)


def is_element(expression: tree.Expression, operator: str, name: str) -> bool:
    """Tell whether an expression is the element, or what bounds each of a list's values."""
    if isinstance(expression, tree.Function) and len(expression.arguments) == 1:
        wanted = {"Min": LOWER, "Max": UPPER}.get(expression.name, {})
        return operator in wanted and is_element(expression.arguments[0], operator, name)
    return isinstance(expression, tree.Name) and expression.name == name


def shifted(expression: tree.Expression, offset: int) -> tree.Expression:
    """Return an expression plus a number."""
    if not offset:
        return expression
    number = tree.Number(expression.position, abs(offset))
    return tree.Binary(expression.position, "+" if offset > 0 else "-", expression, number)


def sizes(analysis: Analysis) -> frozenset[str]:
    """Return the names that decide how often loops run and how long arrays are.

    Values of elements among them are drawn small, or a drawn table would never end.
    """
    found: set[str] = set()
    made: list[tuple[str, frozenset[str]]] = []
    for facts in analysis.tables.values():
        for site in facts.sites:
            match site.statement:
                case tree.For() | tree.While() | tree.Array():
                    for expression in own_expressions(site.statement):
                        found |= expressions.names(expression)
                case tree.Element() if site.statement.descriptor in INNER:
                    for expression in site.statement.arguments:
                        found |= expressions.names(expression)
                case tree.Assignment():
                    made.append((site.statement.name, expressions.names(site.statement.value)))
                case tree.Call():
                    callee = analysis.tables.get(site.statement.table)
                    parameters = () if callee is None else callee.table.parameters
                    pairs = zip(parameters, site.statement.arguments, strict=False)
                    made += [(name, expressions.names(argument)) for name, argument in pairs]
    while True:
        more = set().union(*(names for name, names in made if name in found)) - found
        if not more:
            return frozenset(found)
        found |= more


def known_before(analysis: Analysis, facts: TableFacts, field: Field) -> frozenset[str]:
    """Return the names whose values are there wherever a field stands: bounds may use them."""
    known = set(analysis.constants) | set(analysis.entry_names(facts))
    known |= {name for name in facts.table.parameters if name not in facts.outputs}
    for other in facts.fields.values():
        if other is field:
            break
        if isinstance(other.statement, tree.Element) and not other.is_list:
            always = not other.conditional or other.sites[0].guards == field.sites[0].guards
            if always and not other.scattered:
                known.add(other.name)
    return frozenset(known)


def reserved_values(analysis: Analysis, statement: tree.Element) -> tuple[tuple[int, int], ...]:
    """Return the ranges of values that the enum of an element reserves."""
    enum = analysis.enums.get(statement.enum or "")
    if enum is None or enum.flags:
        return ()
    return tuple((each.first, each.last) for each in enum.ranges if each.kind == "reserved")
