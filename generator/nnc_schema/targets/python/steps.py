"""Steps of programs: what they read, and the names in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nnc_schema.language import tree
from nnc_schema.passes import expressions
from nnc_schema.passes.computed import computation
from nnc_schema.passes.table_facts import BYTE_ALIGNMENT, TableFacts, own_expressions, sites

#: What a program has to do at least, in elements: to run one costs about as much as three.
WORTHWHILE = 3

#: What a condition, a loop or table, the name of a value that is handed to the code after, and
#: values that are handed to the program cost, in elements.
CONDITION, CALL, NAME, INPUTS = 1.0, 3.0, 0.25, 0.5

#: Steps that are of no bits.
UNCODED = ("set", "share", "missing", "load", "derive", "extent", "output")

Step = tuple[Any, ...]


def fields_of(steps: Iterable[Step]) -> Iterator[str]:
    """Yield the fields that steps read."""
    for step in steps:
        if step[0] == "if":
            yield from fields_of((*step[2], *step[3]))
        elif step[0] == "for":
            yield from fields_of(step[3])
        elif step[0] not in UNCODED:
            yield step[1]


def inputs_of(steps: Iterable[Step], known: set[str] | None = None) -> Iterator[str]:
    """Yield the names in the expressions of steps that no step before sets."""
    known = set() if known is None else known
    for step in steps:
        kind = step[0]
        if kind == "if":
            yield from names_in(step[1], known)
            yield from inputs_of(step[2], known)
            yield from inputs_of(step[3], known)
        elif kind == "for":
            yield from names_in(step[2], known)
            known.add(step[1])
            yield from inputs_of(step[3], known)
        elif kind == "extent":
            yield from names_in(step[1], known)
        elif kind not in ("missing", "load", "call", "output", "bits", BYTE_ALIGNMENT):
            yield from names_in(step[2], known)
        if kind not in ("if", "for", "missing", "share", "derive", "extent"):
            known.add(step[1])


def names_in(expression: Any, known: set[str]) -> Iterator[str]:
    """Yield the names in an expression of the machine, but known ones."""
    if isinstance(expression, str):
        if expression not in known:
            yield expression
    elif isinstance(expression, tuple):
        for part in expression[1:]:
            yield from names_in(part, known)


def gain(steps: Iterable[Step]) -> float:
    """Return how many elements a program does at least, or what costs about as much."""
    total = 0.0
    for step in steps:
        if step[0] == "if":
            total += CONDITION + min(gain(step[2]), gain(step[3]))
        elif step[0] in ("for", "call", "bits"):
            total += CALL
        elif step[0] not in UNCODED:
            total += 1
    return total


def used_elsewhere(facts: TableFacts, statements: Iterable[tree.Statement]) -> set[str]:
    """Return the names that expressions outside of some statements are about."""
    inside = {id(site.statement) for each in statements for site in sites((each,))}
    found: set[str] = set()
    for site in facts.sites:
        if id(site.statement) not in inside:
            for expression in own_expressions(site.statement):
                found |= expressions.names(expression)
            computed = computation(site.statement)
            if computed is not None:
                found |= expressions.names(computed)
    return found
