"""Checks what a schema declares for all its tables: names, constants, functions, enums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnc_schema.language import tree
from nnc_schema.language.errors import Mistakes, SchemaError, like
from nnc_schema.passes import expressions
from nnc_schema.passes.expressions import FUNCTIONS, POSITION_FUNCTIONS
from nnc_schema.passes.table_facts import (
    BYTE_ALIGNMENT,
)

#: The most entries of a state: each scope holds all of them.
LARGEST_STATE = 1 << 16


def declarations(schema: tree.Schema) -> Iterator[tuple[tree.Position, str]]:
    """Yield all names that hold for the whole schema; fields and variables aren't among them."""
    for file in schema.files:
        for enum in file.enums:
            yield enum.position, enum.name
            for member in enum.members:
                yield member.position, member.name
        for constant in file.constants:
            yield constant.position, constant.name
        for rows in file.constant_tables:
            yield rows.position, rows.name
        for given in file.givens:
            yield given.position, given.name
        for state in file.states:
            yield state.position, state.name
        for define in file.defines:
            yield define.position, define.name
        for table in file.tables:
            yield table.position, table.name


def check_declarations(schema: tree.Schema, mistakes: Mistakes) -> None:
    """Check that every name is declared once, and that constants are constant."""
    check_names(schema, mistakes)
    check_framing(schema, mistakes)
    constants: dict[str, int] = {}
    for file in schema.files:
        constants.update((member.name, member.value) for e in file.enums for member in e.members)
    for file in schema.files:
        for enum in file.enums:
            with mistakes.caught():
                check_enum(enum)
        for constant in file.constants:
            value = expressions.evaluate(constant.value, constants)
            if value is None:
                mistakes.add(
                    constant.value.position,
                    f"{constant.name!r} isn't constant",
                    "write a number, or an expression of constants declared before",
                )
            constants[constant.name] = value or 0
        for table in file.constant_tables:
            with mistakes.caught():
                check_constant_table(table, constants)
        for given in file.givens:
            with mistakes.caught():
                check_given(given, constants)
        for state in file.states:
            with mistakes.caught():
                check_state(state, constants)
        for define in file.defines:
            with mistakes.caught():
                check_define(define, schema, constants)


def check_names(schema: tree.Schema, mistakes: Mistakes) -> None:
    """Check that every name is declared once, and is none of the language."""
    seen: dict[str, tree.Position] = {}
    for position, name in declarations(schema):
        if name in seen:
            first = seen[name]
            mistakes.add(
                position,
                f"found {name!r} again, expected a name other than at {first.file}:{first.line}",
                "give one of them another name",
            )
        elif (name in FUNCTIONS and name not in POSITION_FUNCTIONS) or name == BYTE_ALIGNMENT:
            mistakes.add(
                position,
                f"found {name!r}, which the language has, expected another",
                "give it another name",
            )
        seen.setdefault(name, position)


def check_framing(schema: tree.Schema, mistakes: Mistakes) -> None:
    """Check that the framing is declared once."""
    framings = [framing for file in schema.files for framing in file.framings]
    for framing in framings[1:]:
        mistakes.add(framing.position, "found a second framing, expected one", "keep one")


def check_given(given: tree.Given, constants: Mapping[str, int]) -> None:
    """Check that the default of a given value is a number."""
    default = given.default
    if default is None:
        return
    if given.is_list or expressions.evaluate(default, constants) is None:
        raise SchemaError(
            default.position,
            f"the default of {given.name!r} isn't a constant number, expected one, or none",
            "write 'default none' where the caller has to say it",
        )


def check_state(state: tree.State, constants: Mapping[str, int]) -> None:
    """Check that the sizes of a state and what it begins with are constant."""
    entries = 1
    for size in state.sizes:
        found = expressions.evaluate(size, constants)
        entries *= 1 if found is None else max(found, 0)
        if found is not None and not 0 < entries <= LARGEST_STATE:
            raise SchemaError(
                size.position,
                f"found {found} as a size of the state {state.name!r},"
                f" expected 1 to {LARGEST_STATE} entries in all",
                "keep only what is read again: each scope holds all entries",
            )
    for part in (*state.sizes, state.initial):
        if expressions.evaluate(part, constants) is None:
            raise SchemaError(
                part.position,
                f"found {expressions.text(part)} in the state {state.name!r}, expected a constant",
                "write a number, or an expression of constants declared before",
            )


def check_constant_table(table: tree.ConstantTable, constants: Mapping[str, int]) -> None:
    """Check that the rows of a constant table are as many and as long as it says."""
    sizes = table.sizes
    rows: list[tree.Expression | tree.Row] = [table.rows]
    for size in sizes:
        lengths = {len(row) if isinstance(row, tuple) else -1 for row in rows}
        wanted = None if size is None else expressions.evaluate(size, constants)
        if -1 in lengths or len(lengths) != 1 or (wanted is not None and lengths != {wanted}):
            expected = "rows of one length" if wanted is None else f"{wanted} in each row"
            found = ", ".join(str(length) for length in sorted(lengths) if length >= 0)
            raise SchemaError(
                table.position,
                f"found rows of {found or 'no'} entries in {table.name!r}, expected {expected}",
                f"write {table.name}{'[]' * len(sizes)} = {{ ... }}, and as many entries in each",
            )
        rows = [cell for row in rows if isinstance(row, tuple) for cell in row]
    for cell in rows:
        value = None if isinstance(cell, tuple) else expressions.evaluate(cell, constants)
        if value is None:
            place = table.position if isinstance(cell, tuple) else cell.position
            raise SchemaError(
                place,
                f"found an entry of {table.name!r} that isn't constant, expected a number",
                f"write one pair of brackets for each index: {table.name}{'[]' * (len(sizes) + 1)}"
                if isinstance(cell, tuple)
                else "write a number, or an expression of constants declared before",
            )


def check_define(define: tree.Define, schema: tree.Schema, constants: dict[str, int]) -> None:
    """Check that a function of the schema reads nothing but its parameters and constants."""
    for part in expressions.walk(define.value):
        known = {*define.parameters, *constants}
        known |= {table.name for file in schema.files for table in file.constant_tables}
        if isinstance(part, tree.Name) and part.name not in known:
            raise SchemaError(
                part.position,
                f"found {part.name!r}, expected a parameter of {define.name!r}",
                f"write: define {define.name}({', '.join([*define.parameters, part.name])}) = ...",
            )
        if isinstance(part, tree.Function):
            check_function(part, {d.name: d for file in schema.files for d in file.defines})
            if part.name in POSITION_FUNCTIONS:
                raise SchemaError(
                    part.position,
                    f"found {part.name!r} in a function, expected nothing of the data",
                    f"call {part.name} in the table, and pass what it says",
                )


def check_function(function: tree.Function, defines: dict[str, tree.Define]) -> None:
    """Check that a function exists and gets as many arguments as it takes."""
    if function.name in defines:
        count: int | None = len(defines[function.name].parameters)
    elif function.name in FUNCTIONS:
        count = FUNCTIONS[function.name]
    else:
        raise SchemaError(
            function.position,
            f"found the unknown function {function.name!r}",
            like(function.name, [*FUNCTIONS, *defines])
            or f'declare it: define {function.name}(x) = ... "what it returns"',
        )
    if len(function.arguments) != count and (count is not None or not function.arguments):
        expected = "at least 1" if count is None else str(count)
        raise SchemaError(
            function.position,
            f"found {len(function.arguments)} arguments of {function.name!r}, expected {expected}",
            f"write {function.name}({', '.join('xyz'[: count if count is not None else 2])})",
        )


def check_enum(enum: tree.Enum) -> None:
    """Check that the values of an enum don't overlap."""
    taken: list[tuple[int, int]] = []
    entries = [(member.position, member.value, member.value) for member in enum.members]
    entries += [(each.position, each.first, each.last) for each in enum.ranges]
    for position, first, last in entries:
        if last < first:
            raise SchemaError(
                position,
                f"found {first}..{last}, expected a range that ascends",
                f"write {last}..{first}",
            )
        if any(first <= high and low <= last for low, high in taken):
            raise SchemaError(
                position,
                f"found the value {first} again in {enum.name!r}",
                "give each value once; a range holds its first and its last value",
            )
        taken.append((first, last))
