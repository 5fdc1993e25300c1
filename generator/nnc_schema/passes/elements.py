"""Checks elements by themselves: descriptors with their arguments, enums, and lookahead."""

from __future__ import annotations

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS, INNER, spelled
from nnc_schema.language.errors import SchemaError, like
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import Site, TableFacts, own_expressions, sites, takes_v

FLOAT_WIDTHS = (16, 32, 64)

#: Descriptors whose size may be what is left of the data: when writing it is that of the value.
SIZED = INNER


def check_descriptor(analysis: Analysis, table: tree.Table, element: tree.Element) -> None:
    """Check that a descriptor exists and has sensible arguments."""
    check_known(analysis, table, element)
    if element.descriptor not in DESCRIPTORS:
        return  # told where it was spelled out
    expected = DESCRIPTORS[element.descriptor].arguments
    if len(element.arguments) != expected:
        raise SchemaError(
            element.position,
            f"found {len(element.arguments)} arguments of {element.descriptor!r},"
            f" expected {expected}",
            f"write {example(element.descriptor)}",
        )
    if not expected:
        return
    argument = element.arguments[0]
    is_v = isinstance(argument, tree.Name) and argument.name == "v"
    if is_v != takes_v(element.descriptor):
        expected_here = "v" if takes_v(element.descriptor) else "a number"
        raise SchemaError(
            argument.position,
            f"found {expressions.text(argument)} as the argument of"
            f" {element.descriptor!r}, expected {expected_here}",
            f"write {example(element.descriptor)}",
        )
    check_width(element, expressions.evaluate(argument, analysis.constants))


def check_known(analysis: Analysis, table: tree.Table, element: tree.Element) -> None:
    """Check that a descriptor exists."""
    known = spelled(table.external)
    if element.descriptor in known or (element.descriptor in INNER and element.spelled):
        return
    hint = like(element.descriptor, known)
    if element.descriptor in DESCRIPTORS:
        hint = "only an 'external syntax', read by hand-written code, may use it"
    if element.descriptor in analysis.tables:
        hint = f"a table is called by its name alone: {element.descriptor}()"
    raise SchemaError(
        element.position,
        f"found the unknown descriptor {element.descriptor!r} of {element.name!r},"
        f" expected {' or '.join(sorted(known))}",
        hint or f"write {element.name} and one of them, such as: {element.name} u(8)",
    )


def example(descriptor: str) -> str:
    """Return a descriptor as it is written."""
    inside = "v" if takes_v(descriptor) else "8" if DESCRIPTORS[descriptor].arguments else ""
    return f"{descriptor}({inside})"


def check_width(element: tree.Element, width: int | None) -> None:
    """Check a width that is known."""
    argument = element.arguments[0]
    if element.descriptor == "flt" and width not in FLOAT_WIDTHS:
        raise SchemaError(
            argument.position,
            "found another width of flt than 16, 32 or 64",
            "write flt(16), flt(32) or flt(64)",
        )
    if width is None:
        return
    least = 0 if DESCRIPTORS[element.descriptor].width != "bits" else 1
    if element.descriptor in ("tu", "te", "ns"):
        least = 1
    if width < least:
        raise SchemaError(
            argument.position,
            f"found {width} as width of {element.name!r}, expected more",
            f"write {element.descriptor}({max(least, 1)}) or more",
        )
    if element.descriptor in ("ule", "ile") and width & 7:
        raise SchemaError(
            argument.position,
            f"found {width} as width of {element.name!r}, expected whole bytes",
            f"write {element.descriptor}({-(-width // 8) * 8}), or u({width})",
        )


def check_enum_of(analysis: Analysis, element: tree.Element) -> None:
    """Check that an enum exists and that its values fit the element."""
    if element.enum is None:
        return
    enum = analysis.enums.get(element.enum)
    if enum is None:
        raise SchemaError(
            element.position,
            f"found the unknown enum {element.enum!r}",
            like(element.enum, analysis.enums) or f"declare: enum {element.enum} {{ ... }}",
        )
    descriptor = DESCRIPTORS.get(element.descriptor)
    if descriptor is None:
        return
    if descriptor.kind != "int":
        raise SchemaError(
            element.position,
            f"{element.name!r} has an enum, expected an integer",
            f"write {element.name} u(8) {element.enum}, or leave the enum out",
        )
    if descriptor.width != "bits" or descriptor.signed:
        return
    width = expressions.evaluate(element.arguments[0], analysis.constants)
    largest = max(
        [member.value for member in enum.members] + [each.last for each in enum.ranges], default=0
    )
    if width is not None and largest >> width:
        raise SchemaError(
            element.position,
            f"the value {largest} of {enum.name!r} doesn't fit the {width} bits of"
            f" {element.name!r}",
            f"write {element.descriptor}({largest.bit_length()}), or take it out of the enum",
        )


def check_lookahead(facts: TableFacts, site: Site) -> None:
    """Check that data to come are only asked for where a writer can tell what was there.

    These are conditions whose truth follows from what stands under them, and sizes of bytes.
    """
    statement = site.statement
    ahead = [part for part in own_expressions(statement) if expressions.looks_ahead(part)]
    if not ahead:
        return
    hint = ""
    match statement:
        case tree.Element() if statement.descriptor in SIZED and not statement.indices:
            return
        case tree.If():
            hint = "put what stands in the loop into a table of its own, and call it there"
            if not site.loops and stands(facts, statement.yes):
                return
            if not site.loops:
                hint = "let an element stand under the condition"
        case tree.For() | tree.While():
            hint = "put the inner loop into a table of its own, and call it there"
            if not site.loops:
                return
        case _:
            hint = "write it as the condition of 'if' or 'while', or as the size of bs(n) or st(n)"
    raise SchemaError(
        ahead[0].position,
        f"found {expressions.text(ahead[0])}, which a writer can't tell here",
        hint,
    )


def stands(facts: TableFacts, statements: tuple[tree.Statement, ...]) -> list[str]:
    """Return the fields that stand in statements and nowhere else in their table."""
    inside = {
        id(site.statement): site.statement.field
        for site in sites(statements)
        if isinstance(site.statement, tree.Element | tree.Call | tree.External)
    }
    return [
        field.name
        for field in facts.fields.values()
        if all(id(site.statement) in inside for site in field.sites) and not field.is_alignment
    ]
