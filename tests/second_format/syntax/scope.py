"""The names that syntax tables share, and the values that only the caller knows.

Generated; do not edit.
Schema hash: sha256 d661755a3be5f59b2c57b7e4b70dea3b7afe8aa07b3f35975317961d4f3afac3
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.errors import InvalidError, MissingValueError
from nnc.bitio.table import Syntax, Table
from nnc.bitio.transforms import Transform

#: Asked for a given value by its name; gets the table that needs it, as far as it is known.
Given = Callable[[str, Table], Any]

#: Names that tables share: the table that sets each, its title.
SHARED: Final[dict[str, tuple[str, str]]] = {}

#: Shared names that hold for later units too.
PERSISTENT: Final = frozenset({})

#: Values that only the caller knows, with their meaning.
GIVEN: Final[dict[str, str]] = {}

#: Defaults of those that have one.
GIVEN_DEFAULTS: Final[dict[str, Any]] = {}


class GivenValues(dict[str, Any]):
    """Values that the caller gives by name, whatever table needs them."""

    def __call__(self, name: str, table: Table) -> Any:
        """Return a value, None where there is none."""
        return self.get(name)


class Scope:
    """Holds what one table sets and another reads; a table that was left out leaves its gap.

    Attributes:
        tables: the constructs of the tables that share the scope, by the name of their table.
        parameters: the names that are parameters of tables.
        givens: the names of the values that only the caller knows.
        computes: the schema computes elements from others.
        transforms: the transforms of bytes that are the format's own, by name: its `hook`s.
        given: asked for values that only the caller knows; None: the defaults are taken.
    """

    tables: ClassVar[dict[str, Syntax]] = {}
    parameters: ClassVar[frozenset[str]] = frozenset([])
    givens: ClassVar[frozenset[str]] = frozenset(GIVEN)
    computes: ClassVar[bool] = False
    transforms: ClassVar[dict[str, Transform]] = {}

    __slots__ = ("given",)

    given: Given | None

    def __init__(self, given: Given | None = None) -> None:
        """Start with no name set.

        Args:
            given: function of the name of a given value and the table that needs it; it gives
                the value, or None for the default.
        """
        self.given = given

    @classmethod
    def from_context(cls, context: Mapping[str, Any] | None) -> Scope:
        """Make a scope out of a mapping of names to values; unknown names are passed over."""
        scope = cls()
        scope.take(context or {})
        return scope

    def take(self, values: Mapping[str, Any]) -> None:
        """Take the names that it knows from a mapping of names to values."""
        givens = {name: values[name] for name in GIVEN if name in values}
        if isinstance(self.given, GivenValues):
            self.given.update(givens)
        elif givens:
            self.given = GivenValues(givens)
        for name in self.__slots__[1:]:
            if name in values:
                setattr(self, name, values[name])

    def copy(self) -> Scope:
        """Return a scope of its own with the same values (lists are shared)."""
        return self.copies()()

    def copies(self) -> Callable[[], Scope]:
        """Return what makes copies with the values of now: many of them cost little."""
        given, held = self.given, tuple(self.names().items())

        def copy() -> Scope:
            made = Scope(given)
            for name, value in held:
                setattr(made, name, value)
            return made

        return copy

    def names(self) -> dict[str, Any]:
        """Return the names that are set, with their values."""
        found = {}
        for name in Scope.__slots__[1:]:
            try:
                found[name] = object.__getattribute__(self, name)
            except AttributeError:
                continue
        return found

    def __getattr__(self, name: str) -> Any:
        """Explain why a name has no value.

        Raises:
            InvalidError: the table that sets it should have come before.
        """
        if name in SHARED:
            table, title = SHARED[name]
            raise InvalidError(
                f"{name} is not known: {table} ({title}) should have come before",
                code="unset-name",
            )
        if name in Scope.__slots__:
            raise MissingValueError(f"{name}, a parameter of the table, was not given")
        raise AttributeError(f"no shared name {name!r}")

    def ask(self, name: str, table: Table, stream: BitReader | BitWriter) -> Any:
        """Return a value that only the caller knows, or its default.

        Raises:
            MissingValueError: it wasn't given and has no default.
        """
        value = None if self.given is None else self.given(name, table)
        if value is None:
            if name not in GIVEN_DEFAULTS:
                raise MissingValueError(
                    f"{name} was not given: {GIVEN[name]}",
                    name=name,
                    path=stream.path("").rstrip("."),
                    bit_position=stream.position,
                )
            return GIVEN_DEFAULTS[name]
        return value
