"""What every generated syntax table is made of: `Table` holds values, `Syntax` codes them.

A `Syntax` is a `construct.Construct`. That buys one thing: a table stands as it is within the
constructs of a file format around the bitstream (those of `nnc.containers.boxes`, those of a
user), parsed from a byte stream and built into one. Bits, paths, errors and shared names are
ours; `construct` knows nothing of them.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import numpy as np
from construct import Construct, Container

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.computing import MOST_ROUNDS, Filler, unsettled
from nnc.bitio.defaults import DefaultReader
from nnc.bitio.enforcement import enforcement as enforced
from nnc.bitio.errors import BuildError, PlacedError
from nnc.bitio.guard import FAULTS, cause, told
from nnc.bitio.limits import ParsingLimits
from nnc.bitio.programs import Program, maker

T = TypeVar("T")

#: Where the constructs around tables keep the scopes of one call of `parse` or `build`.
KEPT_SCOPES = "_scopes_of_tables"


def without_tables(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values in a mapping that a table may ask for by name."""
    kinds = (Table, Mapping, io.IOBase)
    return {name: value for name, value in values.items() if not isinstance(value, kinds)}


@contextmanager
def named(path: str) -> Iterator[None]:
    """Put the path of the constructs around a table in front of that of an error in it."""
    try:
        yield
    except PlacedError as error:
        raise error.locate(path_prefix=".".join(path.split(" -> ")[1:])) from error.__cause__


def same_value(a: Any, b: Any) -> bool:
    """Compare two field values; arrays, views and lists of them by what they hold."""
    if a is b:
        # Most are None or small numbers.
        return True
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        if a is None or b is None:
            return a is b
        return bool(np.array_equal(a, b) or same_numbers(a, b))
    return bool(a == b) or (isinstance(a, float) and isinstance(b, float) and a != a and b != b)


def same_numbers(a: Any, b: Any) -> bool:
    """Compare two arrays, of which NaN equals NaN: a value equals itself whatever it is."""
    kinds = {np.asarray(a).dtype.kind, np.asarray(b).dtype.kind}
    return kinds == {"f"} and bool(np.array_equal(a, b, equal_nan=True))


class Table:
    """Values of one syntax table, an attribute an element; absent elements are None.

    An element of a table called from this one is found from here too, as long as the name is
    this table's own or stands in one called table only: `header.dq_flag`.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    #: Names of the fields, in the order of the syntax table.
    fields: ClassVar[tuple[str, ...]] = ()
    #: Those of them that hold a called table, or may.
    holders: ClassVar[tuple[str, ...]] = ()
    #: What reads and writes the table.
    syntax: ClassVar[Syntax]

    @classmethod
    def default(cls, scope: Any = None, /, **values: Any) -> Self:
        """Return a table of certain values, and of defaults for all else that its conditions ask.

        An element that has to appear is what its absence stands for where that is a number,
        else the least that is valid: 0, "", no bytes.

        Args:
            scope: the names that other tables have set, as for parsing; it takes those that
                this table sets. A mapping does too.
            **values: values by element; for a called table a table, or a mapping of its values.

        Raises:
            BuildError: a value is for an element whose condition doesn't hold.
            TypeError: a value is for no element.
            MissingValueError: the table needs a value that only the caller knows.
        """
        made: Self = cls.syntax._parse(
            DefaultReader(cls.syntax, values), cls.syntax.scope(scope), ""
        )
        for name, value in values.items():
            if name not in cls.fields:
                raise TypeError(f"{cls.__name__} has no element {name!r}")
            if value is not None and getattr(made, name) is None:
                raise BuildError(
                    "the element is there though its condition doesn't hold",
                    code="unexpected-element",
                    path=name,
                    value=value,
                    clause=cls.syntax.clause,
                    schema=cls.syntax.schema,
                )
        return made

    def __init__(self, **values: Any) -> None:
        """Take values by element; the first of its kind has the code for that compiled."""
        kind: Any = declaring(type(self))
        kind.__init__ = code_of_init(kind)
        kind.__init__(self, **values)

    def __repr__(self) -> str:
        """Show the values of the elements."""
        shown = [one.name for one in dataclasses.fields(self) if one.repr]  # type: ignore[arg-type]
        return f"{type(self).__qualname__}({', '.join(f'{n}={getattr(self, n)!r}' for n in shown)})"

    def __copy__(self) -> Self:
        """Return a table of the same values; tables and lists in it are shared."""
        kind: Any = declaring(type(self))
        kind.__copy__ = code_of_copy(kind)
        made: Self = kind.__copy__(self)
        return made

    def __eq__(self, other: object) -> bool:
        """Tell whether both are of one table and hold equal values."""
        if type(self) is not type(other):
            return NotImplemented
        return all(same_value(getattr(self, name), getattr(other, name)) for name in self.fields)

    def __getattr__(self, name: str) -> Any:
        """Find an element of a called table."""
        if not name.startswith("_"):
            for field in self.holders:
                try:
                    nested = object.__getattribute__(self, field)
                    if isinstance(nested, Table):
                        return getattr(nested, name)
                except AttributeError:
                    continue
        raise AttributeError(f"{type(self).__name__} has no element {name!r}")

    def called(self) -> Iterator[tuple[str, Table]]:
        """Yield the called tables that are present, with the names of their fields."""
        for field in self.holders:
            try:
                value = object.__getattribute__(self, field)
            except AttributeError:
                continue
            if isinstance(value, Table):
                yield field, value


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(dataclasses.field,))
def tabular(made: type[T]) -> type[T]:
    """Make a class a dataclass of slots: a decorator for tables, of which a schema has many.

    Most are never made by name: `__init__` is compiled when one is, which all together would
    take longer than to load them.
    """
    how: Any = dataclasses.dataclass(slots=True, eq=False, kw_only=True, init=False, repr=False)
    kind: type[T] = how(made)
    return kind


def declaring(kind: type[Any]) -> type[Any]:
    """Return the class that declares the fields of a table, which others may be derived from."""
    return next(one for one in kind.__mro__ if "fields" in vars(one))


def code_of_init(kind: Any) -> Any:
    """Return the `__init__` that a dataclass of the fields of a table has."""
    fields = dataclasses.fields(kind)
    told = {
        one.name: dataclasses.field(
            default=one.default, default_factory=one.default_factory, init=one.init
        )
        for one in fields
    }
    types = {one.name: one.type for one in fields}
    plain = type(kind.__name__, (), {**told, "__annotations__": types})
    plain.__qualname__ = kind.__qualname__
    made: Any = dataclasses.dataclass(slots=True, eq=False, kw_only=True, repr=False)(plain)
    return made.__init__


def code_of_copy(kind: Any) -> Any:
    """Return the `__copy__` of a table, an assignment for each slot: there are many in some."""
    lines = [f"    made.{slot} = self.{slot}" for slot in kind.__slots__]
    made: dict[str, Any] = {"new": object.__new__}
    first = "    made = new(type(self))"
    exec("\n".join(["def copy(self):", first, *lines, "    return made"]), made)
    return made["copy"]


class Syntax(Construct):  # type: ignore[misc]
    """Reads and writes one syntax table; a `construct.Construct` like any other.

    Generated subclasses define `_parse` and `_build` for a `BitReader` / `BitWriter` and a
    scope. Handed a byte stream, as by `construct`'s own `parse`, `build` and `Struct`, they
    pass it on to `parse_bytes` and `build_bytes`, which make the one out of the other.
    """

    # Set by generated subclasses: the class that holds the names which tables share, that of
    # the values, and what the schema says.
    scope_type: ClassVar[Any]
    table_type: ClassVar[type[Table]]
    table: ClassVar[str]
    clause: ClassVar[str]
    schema: ClassVar[str]
    elements: ClassVar[dict[str, Any]]
    shapes: ClassVar[dict[str, Any]]
    # What Python calls the fields whose own names it has for something else.
    attributes: ClassVar[dict[str, str]] = {}
    # The attributes of a table that may stay None.
    blank: ClassVar[tuple[str, ...]] = ()
    # What reads and writes the whole table at once, and what does for parts of it.
    program: ClassVar[Program | None] = None
    programs: ClassVar[tuple[Program, ...]] = ()

    def __init__(self) -> None:
        """Let the table's class and the scope find its syntax."""
        super().__init__()
        #: The constraints of the elements, each with its element's name.
        self.constraints = tuple(
            (name, constraint)
            for name, element in self.elements.items()
            for constraint in element.constraints
        )
        self.table_type.syntax = self
        for name, attribute in self.attributes.items():
            # One slot by two names: that of the schema is for `getattr` and paths.
            setattr(self.table_type, name, self.table_type.__dict__[attribute])
        self.fresh = maker(self.table_type, self.blank)
        self.machines = tuple(each.machine for each in self.programs)
        self.machine: Any = None if self.program is None else self.program.machine
        for each in (*self.programs, *([] if self.program is None else [self.program])):
            each.belong(self.table_type)
        self.table_type.holders = tuple(
            name
            for name in self.table_type.fields
            if name not in self.shapes or self.shapes[name].called
        )
        self.scope_type.tables[self.table] = self

    def scope(self, context: Any) -> Any:
        """Return `context` as a scope, taking the names it knows from a mapping."""
        if isinstance(context, self.scope_type):
            return context
        return self.scope_type.from_context(context)

    def read(
        self,
        data: Any,
        scope: Any = None,
        *,
        enforcement: str = "off",
        findings: list[PlacedError] | None = None,
        limits: ParsingLimits | None = None,
    ) -> Any:
        """Return the table that data begin with; what comes after it is passed over.

        Args:
            data: a bytes-like object.
            scope: the names that other tables have set, or a mapping of them.
            enforcement: what happens where a `range` or `constraint` is broken: `strict` raises,
                `report` adds to `findings`, `off` looks at none.
            findings: gets the errors that broken rules would have been.
            limits: what the data may lead to.

        Raises:
            BitstreamError: the data can't be the table, or break a rule.
            LimitError: they go beyond a limit.
        """
        rules = enforced(enforcement, findings)
        return self.read_from(BitReader(data, limits=limits, rules=rules), self.scope(scope))

    def read_from(self, reader: BitReader, scope: Any) -> Any:
        """Return the table at the place of a reader; errors are as those of `read`."""
        try:
            return self._parse(reader, scope, "")
        except FAULTS as error:
            raise told(error, reader) from cause(error)

    def write(
        self,
        table: Table,
        scope: Any = None,
        *,
        enforcement: str = "off",
        findings: list[PlacedError] | None = None,
        limits: ParsingLimits | None = None,
        repair: bool = False,
        kept: frozenset[str] = frozenset(),
    ) -> bytes:
        """Return the bytes of a table; a last incomplete byte is filled with zero bits.

        Computed elements without a value get theirs.

        Args:
            table: its values.
            scope: the names that other tables have set, or a mapping of them.
            enforcement: what happens where a rule is broken, as for `read`.
            findings: gets the errors that broken rules would have been.
            limits: what is written at most.
            repair: computed elements that have another value get theirs too, in the table as well.
            kept: paths of those that a repair leaves alone.

        Raises:
            BuildError: the table can't be written, or breaks a rule.
            LimitError: it goes beyond a limit.
        """
        filler = Filler(self.scope_type.computes, repair=repair, kept=kept)
        rules = enforced(enforcement, findings)
        for _ in range(MOST_ROUNDS):
            # What is only a guess isn't held to rules.
            is_last = filler.is_finished
            filler.begin()
            writer = BitWriter(limits=limits, rules=rules if is_last else None, filler=filler)
            self.write_to(writer, table, self.scope(scope))
            if filler.needs_another(is_last, rules is not None):
                continue
            return writer.to_bytes()
        raise unsettled()

    def write_to(self, writer: BitWriter, table: Table, scope: Any) -> None:
        """Write a table at the place of a writer; errors are as those of `write`."""
        try:
            self._build(table, writer, scope, "")
        except FAULTS as error:
            raise told(error, writer) from cause(error)

    def check(self, table: Table, scope: Any = None) -> list[PlacedError]:
        """Return the broken rules of a table, each with path, bit, clause, schema and sentence.

        Raises:
            BuildError: the table can't be written at all.
        """
        findings: list[PlacedError] = []
        self.write(table, scope, enforcement="report", findings=findings)
        return findings

    def parse_bytes(self, stream: Any, context: Any, path: str) -> Any:
        """Parse from a byte stream, and leave it after the last byte used."""
        start = stream.tell() if stream.seekable() else None
        if type(stream) is io.BytesIO:
            # No copy of the rest for each of many tables.
            reader = BitReader(stream.getvalue(), 8 * stream.tell())
            start = 0
        else:
            reader = BitReader(stream.read())
        with named(path):
            value = self.read_from(reader, self.scope_within(context))
        if start is not None:
            stream.seek(start + ((reader.position + 7) >> 3))
        return value

    def build_bytes(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        """Build into a byte stream; a last incomplete byte is filled with zero bits."""
        with named(path):
            stream.write(self.write(obj, self.scope_within(context)))
        return obj

    def scope_within(self, context: Any) -> Any:
        """Return the scope of the tables that stand in constructs around each other.

        They share one for each call of `parse` or `build`. What else the constructs have found
        so far, by the names of their fields, is there for the tables too.
        """
        calls = getattr(context, "_params", None)
        if not isinstance(calls, Container):
            return self.scope(context)
        kept = calls.setdefault(KEPT_SCOPES, {})
        if self.scope_type not in kept:
            kept[self.scope_type] = self.scope_type.from_context(without_tables(calls))
        scope = kept[self.scope_type]
        levels = []
        while isinstance(context, Container) and context is not calls:
            levels.append(without_tables(context))
            context = context.get("_")
        around = {name: value for level in reversed(levels) for name, value in level.items()}
        scope.take({name: value for name, value in around.items() if name != "_"})
        return scope

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.parse_bytes(stream, context, path)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        return self.build_bytes(obj, stream, context, path)

    def _sizeof(self, context: Any, path: str) -> int:
        from construct import SizeofError

        raise SizeofError("the size of a syntax table depends on its values", path=path)
