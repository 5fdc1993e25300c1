"""Checks what a schema declares for all its tables: names, constants, functions, enums."""

from __future__ import annotations

from collections.abc import Iterator

from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.passes import expressions
from nnc_schema.passes.expressions import FUNCTIONS
from nnc_schema.passes.table_facts import (
    BYTE_ALIGNMENT,
)


def declarations(schema: tree.Schema) -> Iterator[tuple[tree.Position, str]]:
    """Yield all names that hold for the whole schema; fields and variables aren't among them."""
    for file in schema.files:
        for enum in file.enums:
            yield enum.position, enum.name
            for member in enum.members:
                yield member.position, member.name
        for constant in file.constants:
            yield constant.position, constant.name
        for given in file.givens:
            yield given.position, given.name
        for define in file.defines:
            yield define.position, define.name
        for table in file.tables:
            yield table.position, table.name


def check_declarations(schema: tree.Schema) -> None:
    """Check that every name is declared once, and that constants are constant."""
    seen: dict[str, tree.Position] = {}
    for position, name in declarations(schema):
        if name in seen:
            first = seen[name]
            raise SchemaError(
                position,
                f"found {name!r} again, expected a name other than at {first.file}:{first.line}",
            )
        if name in FUNCTIONS or name == BYTE_ALIGNMENT:
            raise SchemaError(position, f"found {name!r}, which the language has, expected another")
        seen[name] = position
    check_framing(schema)
    constants: dict[str, int] = {}
    for file in schema.files:
        constants.update((member.name, member.value) for e in file.enums for member in e.members)
    for file in schema.files:
        for enum in file.enums:
            check_enum(enum)
        for constant in file.constants:
            value = expressions.evaluate(constant.value, constants)
            if value is None:
                raise SchemaError(
                    constant.value.position, f"{constant.name!r} isn't constant, expected it to be"
                )
            constants[constant.name] = value
        for given in file.givens:
            default = given.default
            if default is None:
                continue
            if given.is_list or expressions.evaluate(default, constants) is None:
                raise SchemaError(
                    default.position,
                    f"the default of {given.name!r} isn't a constant number, expected one, or none",
                )
        for define in file.defines:
            check_define(define, schema, constants)


def check_framing(schema: tree.Schema) -> None:
    """Check that the framing is declared once."""
    framings = [framing for file in schema.files for framing in file.framings]
    if len(framings) > 1:
        raise SchemaError(framings[1].position, "found a second framing, expected one")


def check_define(define: tree.Define, schema: tree.Schema, constants: dict[str, int]) -> None:
    """Check that a function of the schema reads nothing but its parameters and constants."""
    for part in expressions.walk(define.value):
        known = {*define.parameters, *constants}
        if isinstance(part, tree.Name) and part.name not in known:
            raise SchemaError(
                part.position, f"found {part.name!r}, expected a parameter of {define.name!r}"
            )
        if isinstance(part, tree.Function):
            check_function(part, {d.name: d for file in schema.files for d in file.defines})


def check_function(function: tree.Function, defines: dict[str, tree.Define]) -> None:
    """Check that a function exists and gets as many arguments as it takes."""
    if function.name in defines:
        count: int | None = len(defines[function.name].parameters)
    elif function.name in FUNCTIONS:
        count = FUNCTIONS[function.name]
    else:
        raise SchemaError(function.position, f"found the unknown function {function.name!r}")
    if (count is not None and len(function.arguments) != count) or not function.arguments:
        expected = "at least 1" if count is None else str(count)
        raise SchemaError(
            function.position,
            f"found {len(function.arguments)} arguments of {function.name!r}, expected {expected}",
        )


def check_enum(enum: tree.Enum) -> None:
    """Check that the values of an enum don't overlap."""
    taken: list[tuple[int, int]] = []
    entries = [(member.position, member.value, member.value) for member in enum.members]
    entries += [(each.position, each.first, each.last) for each in enum.ranges]
    for position, first, last in entries:
        if last < first:
            raise SchemaError(position, f"found {first}..{last}, expected a range that ascends")
        if any(first <= high and low <= last for low, high in taken):
            raise SchemaError(position, f"found the value {first} again in {enum.name!r}")
        taken.append((first, last))
