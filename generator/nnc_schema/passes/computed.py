"""What elements are computed from: spans of bytes, counts, other elements.

Some follow from tables that stand elsewhere in the document: how many there are, where each begins,
what it holds. Parsers and writers of one table can't know that; whoever has the whole document can.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import TableFacts, own_expressions

#: Functions of bytes, with the number of arguments in front of the span.
SPAN_FUNCTIONS = {"sizeof": 0, "crc8": 0, "crc16": 0, "crc32": 0, "md5": 0, "crc": 5}
COUNT = "count"

#: Functions of tables that stand elsewhere, with the number of arguments.
FOLLOWING = {"countof": 1, "offsetof": 2, "valueof": 3}

#: Stands for the place of the element itself as the end of a span.
HERE = "here"


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from the beginning of one thing to the end of another.

    Attributes:
        first: field of the table, or table.
        last: field of the table; table, where the span goes on to its end; `here`.
        table: the table around at whose end the span is known, "" for one of the element's own.
    """

    first: str
    last: str
    table: str


def computed_fields(facts: TableFacts) -> Iterator[tuple[tree.Element, tree.Expression]]:
    """Yield the computed elements of a table, each with what it is computed as."""
    for site in facts.sites:
        expression = computation(site.statement)
        if isinstance(site.statement, tree.Element) and expression is not None:
            yield site.statement, expression


def computation(statement: tree.Statement) -> tree.Expression | None:
    """Return what parsers and writers compute an element as, None where it isn't."""
    if not isinstance(statement, tree.Element) or follows(statement) is not None:
        return None
    return statement.computed


def follows(statement: tree.Statement) -> tree.Expression | None:
    """Return how an element follows from tables that stand elsewhere, None where it doesn't."""
    if not isinstance(statement, tree.Element) or statement.computed is None:
        return None
    return statement.computed if expressions.calls_any(statement.computed, FOLLOWING) else None


def is_count(function: tree.Expression) -> bool:
    """Tell whether an expression is the number of values of a list."""
    return isinstance(function, tree.Function) and function.name == COUNT


def is_of_span(function: tree.Expression) -> bool:
    """Tell whether an expression is a size or checksum of bytes."""
    return isinstance(function, tree.Function) and function.name in SPAN_FUNCTIONS


def span_of(function: tree.Function, facts: TableFacts) -> Span:
    """Return the span that a size or checksum is of."""
    names = [part.name for part in function.arguments[SPAN_FUNCTIONS[function.name] :]
             if isinstance(part, tree.Name)]  # fmt: skip
    first, last = names[0], names[-1]
    around = {last} - facts.fields.keys() - {facts.table.name, HERE}
    return Span(first, last, next(iter(around), ""))


def spans(expression: tree.Expression, facts: TableFacts) -> list[Span]:
    """Return the spans in what an element is computed as."""
    found = expressions.walk(expression)
    return [span_of(part, facts) for part in found
            if isinstance(part, tree.Function) and is_of_span(part)]  # fmt: skip


def plain_names(expression: tree.Expression) -> Iterator[tree.Name]:
    """Yield the names of values, and not of spans and lists, in what an element is computed as."""
    if isinstance(expression, tree.Name):
        yield expression
    if is_count(expression):
        return
    parts = expressions.children(expression)
    if isinstance(expression, tree.Function) and is_of_span(expression):
        parts = expression.arguments[: SPAN_FUNCTIONS[expression.name]]
    for part in parts:
        yield from plain_names(part)


def marked_fields(facts: TableFacts) -> set[str]:
    """Return the fields whose first and last bits computed elements of the table ask for."""
    found = set()
    for element, expression in computed_fields(facts):
        found.add(element.field)
        for span in spans(expression, facts):
            found |= {span.first, span.last} & facts.fields.keys()
    return found


def marked_tables(analysis: Analysis) -> set[str]:
    """Return the tables whose first bit or end elements of tables in them ask for."""
    found = set()
    for facts in analysis.tables.values():
        for _, expression in computed_fields(facts):
            for span in spans(expression, facts):
                found |= {span.first, span.last} - facts.fields.keys() - {HERE}
                found.discard(facts.table.name)
    return found


def computed_names(analysis: Analysis) -> set[str]:
    """Return the computed elements of all tables."""
    tables = analysis.tables.values()
    return {element.field for facts in tables for element, _ in computed_fields(facts)}


def driving_names(analysis: Analysis) -> set[str]:
    """Return the names that decide what stands in a table; extents, known at its end, apart."""
    found: set[str] = set()
    for facts in analysis.tables.values():
        for site in facts.sites:
            for expression in own_expressions(site.statement):
                found |= expressions.names(expression)
    return found


def is_known_before(element: tree.Element, facts: TableFacts) -> bool:
    """Tell whether an element can be computed when its place is reached, in writing."""
    assert element.computed is not None
    order = list(facts.fields)
    before = set(order[: order.index(element.field)])
    for span in spans(element.computed, facts):
        if span.last == HERE:
            continue
        if span.last not in before:
            return False
    return all(name.name in facts.fields or not is_shared(name, facts)
               for name in plain_names(element.computed))  # fmt: skip


def is_shared(name: tree.Name, facts: TableFacts) -> bool:
    """Tell whether a name may come from another table, or be known later."""
    return not (name.name in facts.table.parameters or name.name in facts.constants)


def check_computed(analysis: Analysis) -> None:
    """Check what elements are computed as.

    Raises:
        SchemaError: the first mistake found.
    """
    for facts in analysis.tables.values():
        for site in facts.sites:
            statement = site.statement
            if not isinstance(statement, tree.Element) or statement.computed is None:
                continue
            if follows(statement) is not None:
                check_follows(analysis, facts, statement)
                continue
            if site.loops or statement.indices:
                raise SchemaError(
                    statement.position,
                    f"{statement.name!r} is computed in a loop, expected it in a table of its own",
                )
            if facts.table.external:
                raise SchemaError(
                    statement.position, "found a computed element in an external table"
                )
            for part in expressions.walk(statement.computed):
                check_part(analysis, facts, part)


def check_follows(analysis: Analysis, facts: TableFacts, element: tree.Element) -> None:
    """Check how an element follows from tables that stand elsewhere.

    Raises:
        SchemaError: the first mistake found.
    """
    assert element.computed is not None
    counters = {index.name for index in element.indices if isinstance(index, tree.Name)}
    known = {*counters, *analysis.constants}
    skipped: set[int] = set()
    for part in expressions.walk(element.computed):
        if isinstance(part, tree.Function) and part.name in FOLLOWING:
            if len(part.arguments) != FOLLOWING[part.name]:
                raise SchemaError(
                    part.position,
                    f"found {len(part.arguments)} arguments of {part.name!r},"
                    f" expected {FOLLOWING[part.name]}",
                )
            table, *_ = part.arguments
            check_list_elsewhere(analysis, facts, table)
            skipped.add(id(table))
            if part.name == "valueof":
                check_element_of(analysis, table, part.arguments[2])
                skipped.add(id(part.arguments[2]))
        elif isinstance(part, tree.Name) and id(part) not in skipped and part.name not in known:
            raise SchemaError(
                part.position,
                f"found {expressions.text(part)!r} beside what follows from other tables,"
                " expected a number or an index of the element",
            )


def check_list_elsewhere(analysis: Analysis, facts: TableFacts, table: tree.Expression) -> None:
    """Check that a table stands in a list that a table around both holds."""
    name = table.name if isinstance(table, tree.Name) and not table.indices else ""
    own = facts.table.name
    is_list = any(
        isinstance(site.statement, tree.Call) and site.statement.table == name and site.loops
        for other in analysis.tables.values()
        for site in other.sites
    )
    around = any({own, name} <= {above, *below} for above, below in analysis.reached.items())
    if not (is_list and around):
        raise SchemaError(
            table.position,
            f"found {expressions.text(table)!r}, expected a table that is called in a loop,"
            f" below one that holds {own!r} too",
        )


def check_element_of(analysis: Analysis, table: tree.Expression, element: tree.Expression) -> None:
    """Check that an element stands in a table, or in one below it."""
    assert isinstance(table, tree.Name)
    name = element.name if isinstance(element, tree.Name) and not element.indices else ""
    below = {table.name, *analysis.reached.get(table.name, ())}
    if not any(name in analysis.tables[each].fields for each in below):
        raise SchemaError(
            element.position,
            f"found {expressions.text(element)!r}, expected an element of {table.name!r}",
        )


def check_part(analysis: Analysis, facts: TableFacts, part: tree.Expression) -> None:
    """Check one part of what an element is computed as."""
    if not isinstance(part, tree.Function) or part.name in analysis.defines:
        return
    if is_count(part):
        only = part.arguments[0] if len(part.arguments) == 1 else None
        field = facts.fields.get(only.name) if isinstance(only, tree.Name) else None
        if field is None or not field.is_list:
            raise SchemaError(part.position, f"found {expressions.text(part)}, expected a list")
    elif is_of_span(part):
        leading = SPAN_FUNCTIONS[part.name]
        named = part.arguments[leading:]
        if not 1 <= len(named) <= 2:
            raise SchemaError(
                part.position,
                f"found {len(part.arguments)} arguments of {part.name!r},"
                f" expected {leading + 1} or {leading + 2}",
            )
        for argument in named:
            check_end(analysis, facts, argument, is_last=argument is named[-1])


def check_end(
    analysis: Analysis, facts: TableFacts, argument: tree.Expression, *, is_last: bool
) -> None:
    """Check one end of a span."""
    name = argument.name if isinstance(argument, tree.Name) and not argument.indices else ""
    own = facts.table.name
    around = {table for table, below in analysis.reached.items() if own in below} | {own}
    if name in facts.fields or name in around or (is_last and name == HERE):
        return
    raise SchemaError(
        argument.position,
        f"found {expressions.text(argument)!r}, expected an element or table of {own!r},"
        " or a table around it",
    )
