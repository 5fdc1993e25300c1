"""Checks that schema files use each other in one direction, as the modules made of them must."""

from __future__ import annotations

from collections.abc import Iterator

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.passes import expressions
from nnc_schema.passes.analysis import Analysis
from nnc_schema.passes.table_facts import own_expressions


def check_files(analysis: Analysis) -> None:
    """Check that no file uses one that, by whatever way, uses it back.

    Raises:
        SchemaError: two files use each other; their tables must stand in one.
    """
    uses = {file.name: list(used_files(analysis, file)) for file in analysis.schema.files}
    below = {name: {other for _, other in found} for name, found in uses.items()}
    for name in below:
        for other in list(below):
            if name in below[other]:
                below[other] |= below[name]
    for name, found in uses.items():
        for position, other in found:
            if name in below[other]:
                message = f"found a use of {other!r}, which uses {name!r}, expected one file"
                raise SchemaError(position, message)


def used_files(analysis: Analysis, file: tree.File) -> Iterator[tuple[tree.Position, str]]:
    """Return the other files whose tables and constants a file uses, with the places."""
    for table in file.tables:
        for site in analysis.tables[table.name].sites:
            statement = site.statement
            if isinstance(statement, tree.Call) and statement.table in analysis.file_of:
                used = analysis.file_of[statement.table]
                if used is not file:
                    yield statement.position, used.name
            for expression in own_expressions(statement):
                for name in sorted(expressions.names(expression)):
                    member = analysis.members.get(name, file)
                    if member is not file:
                        yield expression.position, member.name
