"""The rules of a schema that a stream can be made to break, and no others."""

from __future__ import annotations

from collections.abc import Iterator

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS
from nnc_schema.passes import expressions
from nnc_schema.passes.alignment import ANYWHERE, Residues, begins
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.computed import computation
from nnc_schema.passes.table_facts import (
    BYTE_ALIGNMENT,
    Field,
    Site,
    TableFacts,
    counted_to,
    only_value,
    own_expressions,
)
from nnc_schema.targets.strategies.limits import reserved_values

#: The rules that follow from a descriptor alone, by descriptor.
DESCRIPTOR_RULES = {
    "st": ("bad-utf8", "missing-terminator"),
    "flt": ("not-a-number",),
    "ue": ("exp-golomb-too-long",),
    "ie": ("exp-golomb-too-long",),
}

#: What is wrong in a stream that breaks a rule, by the rule's kind.
TEXTS = {
    "bad-utf8": "{} is not UTF-8",
    "missing-terminator": "no zero byte ends {}",
    "not-a-number": "{} is not a number",
    "exp-golomb-too-long": "the code of {} is for a number of more than 64 bits",
    "truncated": "the data end within {}",
    "index": "an index into {} lies outside of it",
}


def schema_rules(analysis: Analysis) -> list[dict[str, str]]:
    """Return the rules of all tables, each with kind, table, element, clause and text."""
    root = analysis.root
    places = begins(analysis, root)
    found = []
    for facts in analysis.tables.values():
        if facts.table.external:
            continue
        table = facts.table
        for kind, element, text in table_rules(analysis, facts, places):
            about = {
                "kind": kind,
                "table": analysis.shown(table.name),
                "element": analysis.said(element),
            }
            found.append(about | {"clause": table.clause.number, "text": text})
    return found


def table_rules(
    analysis: Analysis, facts: TableFacts, places: dict[tuple[str, str], Residues]
) -> Iterator[tuple[str, str, str]]:
    """Yield kind, element and text of the rules of one table."""
    for field in facts.fields.values():
        for kind, text in field_rules(analysis, facts, field):
            yield kind, field.name, text
        first_bits = places.get((facts.table.name, field.name), ANYWHERE)
        if can_end_within(analysis, field, first_bits):
            yield "truncated", field.name, TEXTS["truncated"].format(field.name)
    for name in sorted(facts.sparse):
        if not stays_inside(facts, name):
            yield "index", name, TEXTS["index"].format(name)


def field_rules(analysis: Analysis, facts: TableFacts, field: Field) -> list[tuple[str, str]]:
    """Return kind and text of the rules about the value of one field."""
    statement = field.statement
    name = field.name
    if field.is_alignment:
        return alignment_rules(field)
    if not isinstance(statement, tree.Element):
        return []
    found = []
    meaning = facts.meaning(name)
    if meaning is not None and meaning.range is not None:
        low, high = (expressions.text(part) for part in meaning.range)
        if only_value(meaning, analysis.constants) is not None:
            found.append(("reserved-bits", f"{name} is not {low}"))
        elif reaches_further(analysis, statement, meaning.range):
            found.append(("range", f"{name} is not in {low}..{high}"))
    computed = computation(statement)
    if computed is not None:
        found.append(("wrong-value", f"{name} is not {expressions.text(computed)}"))
    if reserved_values(analysis, statement):
        found.append(("reserved-value", f"{name} has a value that is reserved"))
    if meaning is not None:
        found += [("constraint", constraint.sentence) for constraint in meaning.constraints]
    for kind in DESCRIPTOR_RULES.get(statement.descriptor, ()):
        # Vectors are read as they are, and checked by those who use their values.
        if not (field.vector and kind == "not-a-number"):
            found.append((kind, TEXTS[kind].format(name)))
    return found


def alignment_rules(field: Field) -> list[tuple[str, str]]:
    """Return the rule of what fills up to a boundary, where it is to be of certain bits."""
    statement = field.statement
    assert isinstance(statement, tree.Call)
    if statement.table == BYTE_ALIGNMENT:
        return [("irregular-alignment", "the bits up to the byte boundary are not 1 0 0 ...")]
    fill = statement.arguments[1]
    if not isinstance(fill, tree.Number) or field.name != "padding":
        return []
    return [("irregular-alignment", f"the bits up to the boundary are not all {fill.value}")]


def reaches_further(
    analysis: Analysis, statement: tree.Element, allowed: tuple[tree.Expression, tree.Expression]
) -> bool:
    """Tell whether an element can hold values outside of its range."""
    low, high = (expressions.evaluate(part, analysis.constants) for part in allowed)
    if statement.descriptor not in ("u", "ule") or low is None or high is None:
        return True
    width = expressions.evaluate(statement.arguments[0], analysis.constants)
    return width is None or low > 0 or high < (1 << width) - 1


def can_end_within(analysis: Analysis, field: Field, first_bits: Residues) -> bool:
    """Tell whether data of whole bytes can end within an element, or right before it.

    They can't where it always begins within a byte and ends in the same one.
    """
    statement = field.statement
    if not isinstance(statement, tree.Element) or statement.descriptor == "bs":
        return False
    width = None
    if DESCRIPTORS[statement.descriptor].width == "bits":
        width = expressions.evaluate(statement.arguments[0], analysis.constants)
    return width is None or any(bit == 0 or bit + width > 8 for bit in first_bits)


def stays_inside(facts: TableFacts, name: str) -> bool:
    """Tell whether no index into an array that a table makes can lie outside of it."""
    sizes = [
        site.statement.sizes[0]
        for site in facts.sites
        if isinstance(site.statement, tree.Array)
        and site.statement.name == name
        and len(site.statement.sizes) == 1
    ]
    return len(sizes) == 1 and all(
        is_below(facts, index, sizes[0], site)
        for site in facts.sites
        for index in indices_into(name, site.statement)
    )


def indices_into(name: str, statement: tree.Statement) -> Iterator[tree.Expression]:
    """Yield the indices into an array in a statement, without those in statements within it."""
    if isinstance(statement, tree.Assignment) and statement.name == name:
        yield from statement.indices
    for expression in own_expressions(statement):
        for use in expressions.uses(expression):
            if use.name.name == name:
                yield from use.name.indices


def is_below(facts: TableFacts, index: tree.Expression, size: tree.Expression, site: Site) -> bool:
    """Tell whether an index is in 0..size-1 because a loop around it counts up to the size."""
    for loop in site.loops:
        bound = counted_to(loop)
        if bound is None or not isinstance(loop, tree.For):
            continue
        if expressions.text(bound) != expressions.text(size):
            continue
        if expressions.text(index) == loop.variable:
            return True
        if expressions.evaluate(index, facts.constants) == 0:
            return True
        not_first = any(
            fact.subject == loop.variable and fact.value == 0 and not fact.holds
            for fact in facts.facts_of(site)
        )
        if not_first and is_one_less(index, loop.variable, facts):
            return True
    return False


def is_one_less(index: tree.Expression, variable: str, facts: TableFacts) -> bool:
    """Tell whether an index is the variable of a loop minus one."""
    return (
        isinstance(index, tree.Binary)
        and index.operator == "-"
        and expressions.text(index.left) == variable
        and expressions.evaluate(index.right, facts.constants) == 1
    )
