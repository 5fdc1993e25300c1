"""The syntax tree of a schema: what reader.py makes, checker.py checks and the targets print.

Only data, no logic. Every node knows where it stands, so that a message about it, or a page
of documentation, can say so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a schema file; line and column count from 1."""

    file: str
    line: int
    column: int


# Expressions


@dataclass(frozen=True, slots=True)
class Number:
    """An integer; `characters` is how it is written, where that is as characters in quotes."""

    position: Position
    value: int
    characters: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """An element, variable, parameter, constant, enum member or given value, maybe indexed."""

    position: Position
    name: str
    indices: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Unary:
    """`!`, `-`, `+` or `~` before an operand."""

    position: Position
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands around an operator of C."""

    position: Position
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? yes : no`."""

    position: Position
    condition: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Function:
    """A mathematical function, or one of the schema's own (`define`)."""

    position: Position
    name: str
    arguments: tuple[Expression, ...]


Expression = Number | Name | Unary | Binary | Conditional | Function


# Statements


@dataclass(frozen=True, slots=True)
class Element:
    """A syntax element: name, indices, descriptor with arguments.

    `field` is the name under which the value is kept: the element's, or that after `as`.
    `spelled` is the descriptor as the schema has it, where that is another: `se(v)` for `ie(0)`.
    `computed` is what the value is computed as from others, None where it isn't.
    """

    position: Position
    name: str
    field: str
    indices: tuple[Expression, ...]
    descriptor: str
    arguments: tuple[Expression, ...]
    enum: str | None
    spelled: str = ""
    computed: Expression | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """Another table at this place, or `byte_alignment()`; `field` as for elements."""

    position: Position
    table: str
    field: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class External:
    """Bytes up to the end, which a hand-written module decodes as `table` describes."""

    position: Position
    field: str
    module: str
    table: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """Makes a variable an array of `sizes` entries, all 0; none: it grows as it is assigned."""

    position: Position
    name: str
    sizes: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Gives a variable, or one entry of an array, a value."""

    position: Position
    name: str
    indices: tuple[Expression, ...]
    value: Expression


@dataclass(frozen=True, slots=True)
class If:
    """`if (condition) yes else no`; without `else`, `no` is empty."""

    position: Position
    condition: Expression
    yes: tuple[Statement, ...]
    no: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class For:
    """`for (variable = start; condition; variable += step)`."""

    position: Position
    variable: str
    start: Expression
    condition: Expression
    step: int
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class While:
    """`while (condition)`, or with `test_first` False `do ... while (condition)`."""

    position: Position
    condition: Expression
    body: tuple[Statement, ...]
    test_first: bool


@dataclass(frozen=True, slots=True)
class Select:
    """Makes the names of a table kept by `key` those of the one that was read with it."""

    position: Position
    table: str
    key: Expression


Statement = Element | Call | External | Array | Assignment | If | For | While | Select


# Semantics


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule that a valid bitstream keeps, with the sentence that says it was broken."""

    position: Position
    condition: Expression
    sentence: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the semantics say about one element or variable of a table."""

    position: Position
    name: str
    text: str
    absent: Expression | None = None
    range: tuple[Expression, Expression] | None = None
    constraints: tuple[Constraint, ...] = ()
    status: str | None = None
    references: tuple[tuple[Position, str], ...] = ()
    bits: Expression | None = None
    selects: tuple[Position, str] | None = None
    initial: Expression | None = None


# Declarations


@dataclass(frozen=True, slots=True)
class Clause:
    """Clause, title and status that hold for what follows in the file."""

    number: str
    title: str
    status: str


@dataclass(frozen=True, slots=True)
class Table:
    """One syntax table with its semantics."""

    position: Position
    name: str
    clause: Clause
    parameters: tuple[str, ...]
    persistent: bool
    external: bool
    extent: Expression | None
    body: tuple[Statement, ...]
    semantics: tuple[Meaning, ...]
    key: str | None = None
    byte_order: str = "big"
    transform: str | None = None


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A named value of an enum."""

    position: Position
    name: str
    value: int
    text: str


@dataclass(frozen=True, slots=True)
class EnumRange:
    """Values `first` to `last` without a name: `kind` is "reserved" or "unspecified"."""

    position: Position
    first: int
    last: int
    kind: str


@dataclass(frozen=True, slots=True)
class Enum:
    """Named values; with `flags`, bits that may be combined."""

    position: Position
    name: str
    clause: Clause
    flags: bool
    members: tuple[EnumMember, ...]
    ranges: tuple[EnumRange, ...]


@dataclass(frozen=True, slots=True)
class Framing:
    """How tables of the root follow each other in a file: a kind, and what it takes."""

    position: Position
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class UnitRule:
    """What holds for units of a type: `starts`, `persistent` or `divisible`."""

    position: Position
    rule: str
    member: str


@dataclass(frozen=True, slots=True)
class Units:
    """The kinds of units: an enum of types, the tables that select by type, and what holds."""

    position: Position
    enum: str
    header: str
    payload: str
    rules: tuple[UnitRule, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """A value that only hand-written code knows; `default` None: it has to be given."""

    position: Position
    name: str
    is_list: bool
    default: Expression | None
    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A name for a number."""

    position: Position
    name: str
    value: Expression
    text: str


@dataclass(frozen=True, slots=True)
class State:
    """A variable that all tables share and any may set; it holds from one unit to the next."""

    position: Position
    name: str
    sizes: tuple[Expression, ...]
    initial: Expression
    text: str


Row = tuple["Expression | Row", ...]


@dataclass(frozen=True, slots=True)
class ConstantTable:
    """A name for rows of numbers (of rows); `sizes` has None where the rows say."""

    position: Position
    name: str
    sizes: tuple[Expression | None, ...]
    rows: Row
    text: str


@dataclass(frozen=True, slots=True)
class Define:
    """A function of the schema's own."""

    position: Position
    name: str
    parameters: tuple[str, ...]
    value: Expression
    text: str


@dataclass(frozen=True, slots=True)
class File:
    """One schema file: `name` without folder and ending, and what it declares, in order.

    `mistakes` are those in its semantics: they don't keep the rest from being checked.
    """

    name: str
    path: str
    digest: str
    tables: tuple[Table, ...]
    enums: tuple[Enum, ...]
    givens: tuple[Given, ...]
    constants: tuple[Constant, ...]
    defines: tuple[Define, ...]
    roots: tuple[tuple[Position, str], ...]
    units: tuple[Units, ...]
    framings: tuple[Framing, ...] = ()
    constant_tables: tuple[ConstantTable, ...] = ()
    optional_semantics: bool = False
    mistakes: tuple[Exception, ...] = ()
    states: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """All files of a schema, in the order of their names."""

    files: tuple[File, ...]
