"""The rules of a schema, held to while tables are read or written: as strictly as asked."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from nnc.bitio.bits import BitReader
from nnc.bitio.errors import BuildError, InputError, InvalidError, PlacedError

#: What happens where a rule is broken: an error, a finding, nothing.
Mode = Literal["strict", "report", "off"]
MODES = ("strict", "report", "off")


class OpenTable:
    """A table that is being read or written.

    Attributes:
        syntax: what reads and writes it.
        depth: how many tables were entered.
        outside: values, as the table begins, of the names in its rules that it may not have.
        places: first bit of its elements.
    """

    __slots__ = ("depth", "outside", "places", "syntax")

    def __init__(self, syntax: Any, depth: int, outside: dict[str, Any]) -> None:
        """Take note of where the table begins."""
        self.syntax = syntax
        self.depth = depth
        self.outside = outside
        self.places: dict[str, int] = {}


class Enforcement:
    """Sees each element and table that a reader or writer passes, and holds them to their rules.

    Attributes:
        strict: a broken rule is an error.
        findings: the errors that broken rules would have been, in order.
    """

    def __init__(self, mode: Mode = "report", findings: list[PlacedError] | None = None) -> None:
        """Begin with no table.

        Args:
            mode: `strict` or `report`.
            findings: gets what is found; None: a list of its own.
        """
        self.strict = mode == "strict"
        self.findings: list[PlacedError] = [] if findings is None else findings
        self.tables: list[OpenTable] = []

    def open(self, stream: Any, syntax: Any, context: Any) -> None:
        """Begin a table."""
        depth = len(stream.stack)
        while self.tables and self.tables[-1].depth >= depth:
            # Its end was never reached: somebody has caught an error in it.
            self.tables.pop()
        names = {name for _, rule in syntax.constraints for name in rule.names}
        outside = {name: value_in(context, name) for name in names & syntax.scope_type.parameters}
        self.tables.append(OpenTable(syntax, depth, outside))

    def see(self, stream: Any, start: int, name: str, index: Any, value: Any) -> None:
        """Take an element that begins at bit `start`."""
        if not self.tables or self.tables[-1].depth != len(stream.stack):
            return
        table = self.tables[-1]
        name = name.partition("[")[0]
        table.places.setdefault(name, start)
        element = table.syntax.elements.get(name)
        if element is None or element.range is None:
            return
        low, high = element.range
        if not low <= value <= high:
            rule = {"code": "out-of-range", "value": value, "allowed": f"{low}..{high}"}
            message = f"{name} is out of range"
            path = stream.path(name, index)
            self.broken(stream, table.syntax, name, path, start, message, rule)

    def close(self, stream: Any, obj: Any, context: Any) -> None:
        """End a table, whose values are all known now."""
        table = self.tables.pop()
        for name, constraint in table.syntax.constraints:
            values = {
                each: own_value(obj, each, table, context, stream) for each in constraint.names
            }
            if constraint.is_broken(values):
                start = table.places.get(name, stream.position)
                rule = {"code": "broken-constraint", "value": values.get(name), "allowed": ""}
                path = stream.path(name)
                self.broken(stream, table.syntax, name, path, start, constraint.sentence, rule)

    def miscomputed(
        self,
        stream: Any,
        syntax: Any,
        path: str,
        name: str,
        start: int,
        value: Any,
        wanted: str,
    ) -> None:
        """Take a computed element that has another value than it should."""
        rule = {"code": "wrong-value", "value": value, "allowed": wanted}
        message = f"{name} isn't what it is computed to be"
        self.broken(stream, syntax, name, path, start, message, rule)

    def broken(
        self,
        stream: Any,
        syntax: Any,
        name: str,
        path: str,
        start: int,
        message: str,
        rule: dict[str, Any],
    ) -> None:
        """Raise the error of a broken rule, or note it down."""
        element = syntax.elements.get(name)
        file = syntax.schema.rpartition(":")[0]
        kind: type[PlacedError] = InvalidError if isinstance(stream, BitReader) else BuildError
        error = kind(
            message,
            path=path,
            bit_position=start,
            clause=syntax.clause,
            schema=syntax.schema if element is None else f"{file}:{element.line}",
            **rule,
        )
        error.layer = stream.layer
        if self.strict:
            raise error
        self.findings.append(error)


def enforcement(mode: str, findings: list[PlacedError] | None = None) -> Enforcement | None:
    """Return what holds a reader or writer to rules, None for nothing.

    Raises:
        InputError: there is no such mode.
    """
    if mode not in MODES:
        raise InputError(f"there is no enforcement {mode!r}; choose from {', '.join(MODES)}")
    if mode == "off":
        return None
    return Enforcement("strict" if mode == "strict" else "report", findings)


def own_value(obj: Any, name: str, table: OpenTable, context: Any, stream: Any) -> Any:
    """Return the value of a name in a rule of a table, None where there is none."""
    if name in table.syntax.shapes:
        value = getattr(obj, name)
        return value.tolist() if isinstance(value, np.ndarray) else value
    if name in table.outside:
        return table.outside[name]
    if name in context.givens:
        return context.ask(name, obj, stream)
    return value_in(context, name)


def value_in(context: Any, name: str) -> Any:
    """Return a shared name or a parameter, None where it isn't set."""
    try:
        return object.__getattribute__(context, name)
    except AttributeError:
        return None
