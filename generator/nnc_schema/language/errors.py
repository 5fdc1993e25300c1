"""The one exception of the compiler, and how mistakes are collected to be told all at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nnc_schema.language.tree import Position


class SchemaError(Exception):
    """Something is wrong in a schema file.

    Attributes:
        position: where.
        message: what was found, and what was expected.
        hint: what to write, where there is more to say; "" if not.
        others: the mistakes found beside this one, in the order of the text.
    """

    def __init__(self, position: Position, message: str, hint: str = ""):
        """Store place, message and hint."""
        super().__init__(message)
        self.position = position
        self.message = message
        self.hint = hint
        self.others: tuple[SchemaError, ...] = ()

    @property
    def all(self) -> tuple[SchemaError, ...]:
        """This mistake and the others."""
        return (self, *self.others)

    def __str__(self) -> str:
        """Return `file:line:column: message`, a line for each mistake."""
        return "\n".join(f"{place_text(each.position)}: {each.message}" for each in self.all)

    def report(self) -> str:
        """Return the text of all mistakes, each with its hint on a line below."""
        lines = []
        for each in self.all:
            lines.append(f"{place_text(each.position)}: {each.message}")
            if each.hint:
                lines.append(f"    {each.hint}")
        return "\n".join(lines)


class Mistakes:
    """Collects mistakes, so that one doesn't hide the next.

    Attributes:
        found: the mistakes so far.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.found: list[SchemaError] = []

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Collect the mistake that ends what is done within, if one does."""
        try:
            yield
        except SchemaError as error:
            self.found += error.all

    def add(self, position: Position, message: str, hint: str = "") -> None:
        """Note a mistake."""
        self.found.append(SchemaError(position, message, hint))

    def raise_all(self) -> None:
        """Raise the first mistake, with the others beside it, if there are any: one for a place.

        Raises:
            SchemaError: there are.
        """
        told: dict[Position, SchemaError] = {}
        for error in self.found:
            told.setdefault(error.position, error)
        ordered = sorted(told.values(), key=lambda error: place_of(error.position))
        if ordered:
            first = ordered[0]
            made = SchemaError(first.position, first.message, first.hint)
            made.others = tuple(ordered[1:])
            raise made


def place_text(position: Position) -> str:
    """Return a place as messages say it: `file:line:column`."""
    return f"{position.file}:{position.line}:{position.column}"


def place_of(position: Position) -> tuple[str, int, int]:
    """Return what positions are sorted by."""
    return position.file, position.line, position.column


def like(name: str, known: Iterable[str]) -> str:
    """Return a hint at known names that are spelled like an unknown one, "" for none."""
    found = difflib.get_close_matches(name, sorted(set(known) - {name}), n=3, cutoff=0.7)
    return f"write {' or '.join(found)}?" if found else ""
