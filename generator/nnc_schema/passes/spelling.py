"""Turns what standards spell in their own ways into what the other passes and the targets know.

`se(v)` becomes `ie(0)`, a pattern `f(n)` an integer with one valid value, `u(v)` an integer of the
width that its semantics say, an element of a little-endian table its little-endian descriptor.
Calls that stand twice get names of their own, parameters that are assigned by index become arrays,
and a reference to a table kept by key becomes a statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from nnc_schema.language import tree
from nnc_schema.language.descriptors import INNER, SPELLINGS
from nnc_schema.language.errors import Mistakes, SchemaError
from nnc_schema.passes import expressions
from nnc_schema.passes.table_facts import BYTE_ALIGNMENT, PADDING, guard_facts, sites

#: Descriptors whose width the semantics say where they are written with (v).
WIDTH_BY_SEMANTICS = ("u", "i")

#: Those whose largest value the range says where they are written with (v).
LARGEST_BY_RANGE = ("tu", "te")


class Plain(NamedTuple):
    """A schema in plain descriptors.

    Attributes:
        schema: the schema.
        warnings: what is wrong with it but may stay.
    """

    schema: tree.Schema
    warnings: list[SchemaError]


def plain(schema: tree.Schema, mistakes: Mistakes) -> Plain:
    """Return a schema in plain descriptors; mistakes are collected."""
    constants = known_constants(schema)
    warnings: list[SchemaError] = []
    optional = any(file.optional_semantics for file in schema.files)
    files = []
    for file in schema.files:
        tables = []
        for table in file.tables:
            made = Speller(table, schema, constants, mistakes).table_in_plain()
            if optional:
                made = with_meanings(made, warnings)
            tables.append(made)
        files.append(replace(file, tables=tuple(tables)))
    return Plain(tree.Schema(tuple(files)), warnings)


def known_constants(schema: tree.Schema) -> dict[str, int]:
    """Return the values of constants and members of enums."""
    values = {
        member.name: member.value
        for file in schema.files
        for enum in file.enums
        for member in enum.members
    }
    for file in schema.files:
        for constant in file.constants:
            value = expressions.evaluate(constant.value, values)
            if value is not None:
                values[constant.name] = value
    return values


def with_meanings(table: tree.Table, warnings: list[SchemaError]) -> tree.Table:
    """Add empty semantics to the elements of a table that have none, with a warning for each."""
    known = {meaning.name for meaning in table.semantics}
    added = []
    for site in sites(table.body):
        statement = site.statement
        if not isinstance(statement, tree.Element | tree.External):
            continue
        names = {statement.field, getattr(statement, "name", statement.field)}
        if not names & known:
            known |= names
            name = getattr(statement, "name", statement.field)
            added.append(tree.Meaning(statement.position, name, ""))
            warnings.append(SchemaError(statement.position, f"{name!r} has no semantics"))
    return replace(table, semantics=(*table.semantics, *added))


class Speller:
    """Goes through one table."""

    def __init__(
        self,
        table: tree.Table,
        schema: tree.Schema,
        constants: Mapping[str, int],
        mistakes: Mistakes,
    ):
        """Set the table."""
        self.table = table
        self.tables = {each.name: each for file in schema.files for each in file.tables}
        self.constants = constants
        self.mistakes = mistakes
        self.meanings = {meaning.name: meaning for meaning in table.semantics}
        self.fields = {} if table.external else self.numbered_calls()

    def table_in_plain(self) -> tree.Table:
        """Return the table in plain descriptors."""
        body = self.statements(self.table.body)
        if not self.table.external:
            body = (*self.initial(), *body)
        semantics = tuple(self.meanings[meaning.name] for meaning in self.table.semantics)
        semantics += tuple(
            meaning for name, meaning in self.meanings.items() if name not in self.given_names()
        )
        return replace(self.table, body=body, semantics=self.with_second_meanings(semantics))

    def given_names(self) -> set[str]:
        """Return the names that have semantics."""
        return {meaning.name for meaning in self.table.semantics}

    def with_second_meanings(self, semantics: tuple[tree.Meaning, ...]) -> tuple[tree.Meaning, ...]:
        """Keep a second meaning of a name, for the checker to refuse."""
        seen: set[str] = set()
        result = []
        for written, meaning in zip(self.table.semantics, semantics, strict=False):
            result.append(written if written.name in seen else meaning)
            seen.add(written.name)
        return (*result, *semantics[len(self.table.semantics) :])

    def numbered_calls(self) -> dict[int, str]:
        """Return new names of fields for calls that stand twice in sequence, by identity."""
        placed: dict[str, list[expressions.Facts]] = {}
        found: dict[int, str] = {}
        for site in sites(self.table.body):
            call = site.statement
            if not isinstance(call, tree.Call) or call.field != call.table:
                continue
            if call.table == BYTE_ALIGNMENT:
                continue
            here = guard_facts(site.guards, self.constants)
            number = 1
            name = call.field
            while not all(expressions.exclusive(here, each) for each in placed.get(name, ())):
                number += 1
                name = f"{call.field}_{number}"
            placed.setdefault(name, []).append(here)
            if number > 1:
                found[id(call)] = name
        return found

    def initial(self) -> list[tree.Statement]:
        """Return what stands before all else: arrays that aren't declared, initial values."""
        made: list[tree.Statement] = []
        for name, position in self.undeclared_arrays().items():
            made.append(tree.Array(position, name, ()))
        for meaning in self.table.semantics:
            if meaning.initial is not None:
                position = meaning.initial.position
                made.append(tree.Assignment(position, meaning.name, (), meaning.initial))
        return made

    def undeclared_arrays(self) -> dict[str, tree.Position]:
        """Return parameters and outputs of calls that are used by index and declared nowhere."""
        declared: set[str] = set()
        found: dict[str, tree.Position] = {}
        for site in sites(self.table.body):
            statement = site.statement
            if isinstance(statement, tree.Array):
                declared.add(statement.name)
            elif isinstance(statement, tree.Assignment):
                if statement.indices and statement.name in self.table.parameters:
                    found.setdefault(statement.name, statement.position)
            elif isinstance(statement, tree.Call):
                for argument in self.indexed_outputs(statement):
                    found.setdefault(argument.name, argument.position)
        return {name: position for name, position in found.items() if name not in declared}

    def indexed_outputs(self, call: tree.Call) -> list[tree.Name]:
        """Return the arguments by index that a called table assigns."""
        callee = self.tables.get(call.table)
        if callee is None:
            return []
        assigned = {
            site.statement.name
            for site in sites(callee.body)
            if isinstance(site.statement, tree.Assignment | tree.Array)
        }
        return [
            argument
            for parameter, argument in zip(callee.parameters, call.arguments, strict=False)
            if parameter in assigned and isinstance(argument, tree.Name) and argument.indices
        ]

    # Statements

    def statements(self, statements: tuple[tree.Statement, ...]) -> tuple[tree.Statement, ...]:
        """Return statements in plain descriptors."""
        return tuple(made for statement in statements for made in self.statement(statement))

    def statement(self, statement: tree.Statement) -> list[tree.Statement]:
        """Return what a statement becomes."""
        match statement:
            case tree.Element():
                return self.element(statement)
            case tree.Call():
                return [self.call(statement)]
            case tree.If():
                yes, no = self.statements(statement.yes), self.statements(statement.no)
                return [replace(statement, yes=yes, no=no)]
            case tree.For() | tree.While():
                return [replace(statement, body=self.statements(statement.body))]
        return [statement]

    def call(self, call: tree.Call) -> tree.Call:
        """Return a call with the name of its field; one of `padding` in plain arguments."""
        made = replace(call, field=self.fields.get(id(call), call.field))
        if call.table != "padding" or "padding" in self.tables:
            return made
        arguments = call.arguments
        with self.mistakes.caught():
            arguments = padding_arguments(call)
        return replace(made, table=PADDING, arguments=arguments)

    def element(self, element: tree.Element) -> list[tree.Statement]:
        """Return what an element becomes, with what follows from its semantics."""
        made = element
        with self.mistakes.caught():
            made = self.descriptor(element)
        if self.table.byte_order == "little":
            made = self.little_endian(made)
        if made is not element:
            inside = ", ".join(expressions.text(part) for part in element.arguments)
            if made.descriptor != element.descriptor or "v" in inside:
                inside = "v" if inside == "v" else inside
                made = replace(made, spelled=f"{element.descriptor}({inside})")
        meaning = self.meanings.get(element.field) or self.meanings.get(element.name)
        if meaning is None or meaning.selects is None:
            return [made]
        position, table = meaning.selects
        return [made, tree.Select(position, table, tree.Name(position, element.field))]

    def descriptor(self, element: tree.Element) -> tree.Element:
        """Return an element with the plain descriptor."""
        name, arguments = element.descriptor, element.arguments
        zero = (tree.Number(element.position, 0),)
        with_v = len(arguments) == 1 and is_v(arguments[0])
        if name in ("ue", "se") and with_v:
            return replace(element, descriptor="ue" if name == "ue" else "ie", arguments=zero)
        if name in WIDTH_BY_SEMANTICS and with_v:
            return replace(element, arguments=(self.width(element),))
        if name in LARGEST_BY_RANGE and with_v:
            return replace(element, arguments=(self.largest(element),))
        if name in ("bs", "st") and len(arguments) == 1 and not with_v:
            return replace(element, descriptor=INNER[0] if name == "bs" else INNER[1])
        if name == "f" and len(arguments) == 2:
            self.fix(element, arguments[1])
            return replace(element, descriptor="u", arguments=arguments[:1])
        if name in SPELLINGS and len(arguments) != 1:
            raise SchemaError(
                element.position,
                f"found {len(arguments)} arguments of {name!r}, expected 1",
                f"write {name}({'v' if name == 'se' else 8})",
            )
        if name == "le":
            eight = tree.Number(element.position, 8)
            width = tree.Binary(element.position, "*", eight, arguments[0])
            return replace(element, descriptor="ule", arguments=(width,))
        if name in ("f", "b", "su"):
            return replace(element, descriptor="i" if name == "su" else "u")
        if name == "se":
            raise SchemaError(
                arguments[0].position,
                f"found {expressions.text(arguments[0])} as the argument of 'se', expected v",
                "write se(v), or ie(k) for a code of order k",
            )
        return element

    def width(self, element: tree.Element) -> tree.Expression:
        """Return the width of `u(v)`, as the semantics say it."""
        meaning = self.meanings.get(element.field) or self.meanings.get(element.name)
        if meaning is None or meaning.bits is None:
            raise SchemaError(
                element.arguments[0].position,
                f"found v as the argument of {element.descriptor!r}, expected a number",
                f"in the semantics of {element.name} write 'bits' and its number of bits",
            )
        return meaning.bits

    def largest(self, element: tree.Element) -> tree.Expression:
        """Return the largest value of `tu(v)`, as the range says it."""
        meaning = self.meanings.get(element.field) or self.meanings.get(element.name)
        if meaning is None or meaning.range is None:
            raise SchemaError(
                element.arguments[0].position,
                f"found v as the argument of {element.descriptor!r}, expected a number",
                f"in the semantics of {element.name} write 'range 0..' and its largest value",
            )
        return meaning.range[1]

    def fix(self, element: tree.Element, value: tree.Expression) -> None:
        """Give an element of a fixed pattern its range."""
        meaning = self.meanings.get(element.name)
        if meaning is None:
            meaning = tree.Meaning(element.position, element.name, "A fixed pattern.")
        if meaning.range is None:
            meaning = replace(meaning, range=(value, value))
        self.meanings[element.name] = meaning

    def little_endian(self, element: tree.Element) -> tree.Element:
        """Return an element of whole bytes with its little-endian descriptor."""
        if element.descriptor not in ("u", "i"):
            return element
        width = expressions.evaluate(element.arguments[0], self.constants)
        if width is not None and (width <= 8 or width & 7):
            return element
        return replace(element, descriptor={"u": "ule", "i": "ile"}[element.descriptor])


def padding_arguments(call: tree.Call) -> tuple[tree.Expression, ...]:
    """Return the boundary and the filling bit (-1: any) of a `padding`."""
    hint = "write padding(8), padding(8, 1) or padding(8, any)"
    if len(call.arguments) not in (1, 2):
        raise SchemaError(
            call.position,
            f"found {len(call.arguments)} arguments of 'padding', expected 1 or 2",
            hint,
        )
    boundary, *fill = call.arguments
    if not fill:
        return boundary, tree.Number(call.position, 0)
    bit = fill[0]
    if isinstance(bit, tree.Name) and bit.name == "any":
        return boundary, tree.Unary(bit.position, "-", tree.Number(bit.position, 1))
    if isinstance(bit, tree.Number) and bit.value in (0, 1):
        return boundary, bit
    raise SchemaError(
        bit.position, f"found {expressions.text(bit)} as filling bit, expected 0, 1 or any", hint
    )


def is_v(argument: tree.Expression) -> bool:
    """Tell whether an argument is the letter v."""
    return isinstance(argument, tree.Name) and argument.name == "v" and not argument.indices
