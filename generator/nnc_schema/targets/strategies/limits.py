"""What a drawn value has to keep to: bounds out of ranges and constraints, and small counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS, INNER
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


def conditions(facts: TableFacts) -> Iterator[tree.Expression]:
    """Yield what has to hold in a table: its constraints, and that indices are within arrays."""
    for meaning in facts.meanings.values():
        for constraint in meaning.constraints:
            yield from shorter_sums(constraint.condition)
    made: dict[str, list[tree.Expression]] = {}
    array_sizes: dict[str, tree.Expression] = {}
    for statement in facts.table.body:
        if isinstance(statement, tree.Array) and len(statement.sizes) == 1:
            array_sizes[statement.name] = statement.sizes[0]
        if not isinstance(statement, tree.Assignment):
            continue
        if not statement.indices:
            made.setdefault(statement.name, []).append(statement.value)
        elif statement.name in array_sizes and len(statement.indices) == 1:
            size, index = array_sizes[statement.name], statement.indices[0]
            if isinstance(index, tree.Name) and len(made.get(index.name, ())) == 1:
                index = made[index.name][0]
            zero = tree.Number(statement.position, 0)
            yield tree.Binary(statement.position, ">", size, zero)
            yield tree.Binary(statement.position, ">=", index, zero)
            yield tree.Binary(statement.position, "<", index, size)


def shorter_sums(condition: tree.Expression) -> Iterator[tree.Expression]:
    """Yield a condition, and what it says of the first parts of a sum that is to be small."""
    while True:
        yield condition
        if not (isinstance(condition, tree.Binary) and condition.operator in UPPER):
            return
        total = condition.left
        if not (isinstance(total, tree.Binary) and total.operator == "+"):
            return
        condition = replace(condition, left=total.left)


def decided_by(
    facts: TableFacts, field: Field, known: frozenset[str], constants: Collection[str]
) -> list[tree.Expression]:
    """Return the conditions that a field decides, as all else in them is known before it."""
    found = []
    for condition in conditions(facts):
        names = expressions.names(condition)
        others = names - {field.name} - set(constants)
        if (
            field.name in names
            and names <= known | {field.name}
            and not (others - facts.fields.keys() - set(facts.table.parameters))
        ):
            found.append(condition)
    return found


def extent_element(facts: TableFacts, constants: Mapping[str, int]) -> tuple[str, int] | None:
    """Return the element that an extent is a multiple of, plus a number, and the multiple."""
    extent = facts.table.extent
    names = set() if extent is None else expressions.names(extent) - constants.keys()
    if extent is None or len(names) != 1:
        return None
    (name,) = names
    values = [expressions.evaluate(extent, {**constants, name: value}) for value in (0, 1, 2)]
    known = [int(value) for value in values if value is not None]
    if len(known) != len(values) or known[2] - known[1] != known[1] - known[0]:
        return None
    return (name, known[1] - known[0]) if known[1] > known[0] else None


def extent_sources(analysis: Analysis, facts: TableFacts) -> frozenset[str]:
    """Return the elements of callers that make up the parameter by which a table has its extent."""
    element = extent_element(facts, analysis.constants)
    if element is None or element[0] not in facts.table.parameters:
        return frozenset()
    place = facts.table.parameters.index(element[0])
    return frozenset(
        name
        for caller in analysis.tables.values()
        for site in caller.calls
        if isinstance(site.statement, tree.Call) and site.statement.table == facts.table.name
        for name in summands(caller, site.statement.arguments[place])
    )


def summands(facts: TableFacts, value: tree.Expression) -> Iterator[str]:
    """Yield the elements that are added up, each by itself, to a value of a table."""
    if not isinstance(value, tree.Name) or value.indices:
        return
    if value.name in facts.fields:
        yield value.name
    for site in facts.sites:
        if isinstance(site.statement, tree.Assignment) and site.statement.name == value.name:
            total = site.statement.value
            if isinstance(total, tree.Binary) and total.operator == "+":
                yield from (name for name in expressions.names(total) if name in facts.fields)


#: Every integer, as ranges.
EVERYTHING = ((-(1 << 80), 1 << 80),)

Ranges = tuple[tuple[int, int], ...]


def excluded_values(meaning: tree.Meaning, constants: Mapping[str, int]) -> Ranges:
    """Return the ranges of integers that constraints of an element, taken by itself, exclude."""
    found: Ranges = ()
    for constraint in meaning.constraints:
        allowed = allowed_ranges(constraint.condition, meaning.name, constants)
        ends = [EVERYTHING[0][0] - 1, *(end for each in allowed for end in each)]
        ends.append(EVERYTHING[0][1] + 1)
        gaps = [(low + 1, high - 1) for low, high in zip(ends[::2], ends[1::2], strict=True)]
        found += tuple((low, high) for low, high in gaps if low <= high)
    return found


def allowed_ranges(condition: tree.Expression, name: str, constants: Mapping[str, int]) -> Ranges:
    """Return the integers for which a condition may hold, in order; all, if that can't be told."""
    if not isinstance(condition, tree.Binary):
        return EVERYTHING
    if condition.operator in ("&&", "||"):
        left = allowed_ranges(condition.left, name, constants)
        right = allowed_ranges(condition.right, name, constants)
        return overlap(left, right) if condition.operator == "&&" else union(left, right)
    operator, element, other = condition.operator, condition.left, condition.right
    if isinstance(other, tree.Name) and other.name == name:
        operator, element, other = MIRRORED.get(operator, operator), other, element
    value = expressions.evaluate(other, dict(constants))
    is_own = isinstance(element, tree.Name) and element.name == name and not element.indices
    if value is None or not is_own:
        return EVERYTHING
    first, last = EVERYTHING[0]
    if operator in LOWER:
        return ((value + LOWER[operator], last),)
    if operator in UPPER:
        return ((first, value + UPPER[operator]),)
    if operator == "==":
        return ((value, value),)
    return ((first, value - 1), (value + 1, last)) if operator == "!=" else EVERYTHING


def overlap(left: Ranges, right: Ranges) -> Ranges:
    """Return the integers in both."""
    pairs = [(max(a, c), min(b, d)) for a, b in left for c, d in right]
    return tuple(sorted((low, high) for low, high in pairs if low <= high))


def union(left: Ranges, right: Ranges) -> Ranges:
    """Return the integers in either, in ranges that don't touch."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(left + right):
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return tuple(found)


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
    selections = dict(analysis.selections(facts.table.name))
    known |= names_of_rules(analysis, facts)
    known |= {name for name in facts.table.parameters if name not in facts.outputs}
    for other in facts.fields.values():
        if other is field:
            break
        if isinstance(other.statement, tree.Element) and not other.is_list:
            always = not other.conditional or other.sites[0].guards == field.sites[0].guards
            if always and not other.scattered:
                known.add(other.name)
                known.update(analysis.selected_names(selections.get(other.name, "")))
    return frozenset(known)


def names_of_rules(analysis: Analysis, facts: TableFacts) -> set[str]:
    """Return the names of tables before this one that only its ranges and constraints use."""
    own = {name for site in facts.sites for name in analysis.set_by(site.statement, facts)}
    for _, table in analysis.selections(facts.table.name):
        own.update(analysis.selected_names(table))
    names = {use.name.name for use in facts.rule_uses}
    return {name for name in names - own if analysis.is_free(name, facts)}


def reserved_values(analysis: Analysis, statement: tree.Element) -> tuple[tuple[int, int], ...]:
    """Return the ranges of values that the enum of an element reserves."""
    enum = analysis.enums.get(statement.enum or "")
    if enum is None or enum.flags:
        return ()
    return tuple((each.first, each.last) for each in enum.ranges if each.kind == "reserved")


@dataclass(frozen=True, slots=True)
class Around:
    """How a name is drawn that stands around a table which is drawn alone.

    Attributes:
        low: its first value.
        high: its last value.
        dimensions: number of its indices, where it is a list.
        excluded: ranges of values that are reserved or that constraints exclude.
        small: it decides how much follows.
    """

    low: int
    high: int
    dimensions: int = 0
    excluded: Ranges = ()
    small: bool = False


#: Bounds of a name about which the schema says nothing.
UNKNOWN = (0, 255)


def around(analysis: Analysis, name: str, facts: TableFacts | None) -> Around:
    """Return how a name is drawn that a table around sets, or only the caller knows.

    Args:
        analysis: the schema.
        name: the name.
        facts: the table that it is an element, a variable or a parameter of, if any.
    """
    low, high = UNKNOWN
    excluded: Ranges = ()
    field = None if facts is None else facts.fields.get(name)
    if field is not None and isinstance(field.statement, tree.Element):
        statement = field.statement
        excluded = reserved_values(analysis, statement)
        if statement.descriptor in ("u", "ule") and statement.arguments:
            width = expressions.evaluate(statement.arguments[0], analysis.constants)
            high = high if width is None else (1 << width) - 1
    meaning = None if facts is None else facts.meaning(name)
    if meaning is not None:
        excluded += excluded_values(meaning, analysis.constants)
        if meaning.range is not None:
            ends = [expressions.evaluate(part, analysis.constants) for part in meaning.range]
            low = low if ends[0] is None else int(ends[0])
            high = high if ends[1] is None else int(ends[1])
    given = analysis.givens.get(name)
    if facts is not None and name in facts.table.parameters:
        low, high = parameter_bounds(analysis, name, facts)
    indices = [0 if given is None else int(given.is_list)]
    indices += [
        len(use.name.indices) or int(bool(use.is_list))
        for each in analysis.tables.values()
        for use in each.uses
        if use.name.name == name
    ]
    return Around(low, high, max(indices), excluded, name in sizes(analysis))


def parameter_bounds(analysis: Analysis, name: str, facts: TableFacts) -> tuple[int, int]:
    """Return the bounds of a parameter: what callers hand over, and sizes are no less than 0."""
    place = facts.table.parameters.index(name)
    found = []
    for caller in analysis.tables.values():
        for site in caller.calls:
            if isinstance(site.statement, tree.Call) and site.statement.table == facts.table.name:
                found.append(interval(analysis, site.statement.arguments[place], caller))
    known = [ends for ends in found if ends is not None]
    low, high = UNKNOWN
    if known and len(known) == len(found):
        low, high = min(ends[0] for ends in known), max(ends[1] for ends in known)
    for site in facts.sites:
        if isinstance(site.statement, tree.Element) and site.statement.descriptor in SIZED:
            size = site.statement.arguments[0] if site.statement.arguments else None
            if size is not None and expressions.names(size) - analysis.constants.keys() == {name}:
                low = first_that_fits(size, name, low, analysis.constants)
    return low, min([high, *(size - 1 for size in indexed_sizes(analysis, name, facts))])


def indexed_sizes(
    analysis: Analysis, name: str, facts: TableFacts, above: tuple[str, ...] = ()
) -> Iterator[int]:
    """Yield the sizes of the arrays that a parameter is an index of, in its table and below."""
    for site in facts.sites:
        for part in own_expressions(site.statement):
            for each in expressions.walk(part):
                if isinstance(each, tree.Name):
                    yield from sizes_at(analysis, name, each)
        if isinstance(site.statement, tree.Assignment):
            target, indices = site.statement.name, site.statement.indices
            yield from sizes_at(analysis, name, tree.Name(site.statement.position, target, indices))
    for site in facts.calls:
        callee = analysis.tables.get(getattr(site.statement, "table", ""))
        if callee is None or callee.table.name in (*above, facts.table.name):
            continue
        assert isinstance(site.statement, tree.Call)
        for parameter, argument in zip(
            callee.table.parameters, site.statement.arguments, strict=True
        ):
            if isinstance(argument, tree.Name) and argument.name == name and not argument.indices:
                yield from indexed_sizes(analysis, parameter, callee, (*above, facts.table.name))


def sizes_at(analysis: Analysis, name: str, used: tree.Name) -> Iterator[int]:
    """Yield the sizes of an array of constants or states where its index is a name."""
    rows: Any = analysis.constant_tables.get(used.name)
    state = analysis.states.get(used.name)
    for place, index in enumerate(used.indices):
        size: Any = None
        if rows is not None:
            size, rows = len(rows), rows[0]
        elif state is not None:
            size = expressions.evaluate(state.sizes[place], analysis.constants)
        if isinstance(index, tree.Name) and index.name == name and not index.indices and size:
            yield int(size)


#: Descriptors whose argument is a number of bytes.
SIZED = frozenset(name for name in ("bytes", "text", "bs", "st") if name in DESCRIPTORS)

#: Values of a parameter that are tried for a size of no less than 0.
MOST_TRIED = 1 << 10


def first_that_fits(
    size: tree.Expression, name: str, low: int, constants: Mapping[str, int]
) -> int:
    """Return the first value of a name, from `low` on, by which a size is no less than 0."""
    for value in range(low, low + MOST_TRIED):
        bytes_ = expressions.evaluate(size, {**constants, name: value})
        if bytes_ is not None and bytes_ >= 0:
            return value
    return low


def interval(
    analysis: Analysis, expression: tree.Expression, facts: TableFacts
) -> tuple[int, int] | None:
    """Return the first and the last value that an expression of a table has, if that is known."""
    value = expressions.evaluate(expression, analysis.constants)
    if value is not None:
        return int(value), int(value)
    if isinstance(expression, tree.Name):
        field = facts.fields.get(expression.name)
        meaning = facts.meaning(expression.name)
        is_element = field is not None and isinstance(field.statement, tree.Element)
        if not is_element and (meaning is None or meaning.range is None):
            return None
        limits = around(analysis, expression.name, facts)
        return limits.low, limits.high
    if isinstance(expression, tree.Conditional):
        branches = [interval(analysis, part, facts) for part in (expression.yes, expression.no)]
        ends = [end for branch in branches if branch is not None for end in branch]
        return (min(ends), max(ends)) if None not in branches else None
    if isinstance(expression, tree.Function) and expression.name in analysis.defines:
        return interval(analysis, analysis.defines[expression.name].value, facts)
    if isinstance(expression, tree.Binary) and expression.operator in ("+", "-"):
        left = interval(analysis, expression.left, facts)
        right = interval(analysis, expression.right, facts)
        if left is None or right is None:
            return None
        if expression.operator == "+":
            return left[0] + right[0], left[1] + right[1]
        return left[0] - right[1], left[1] - right[0]
    return None
