"""What the schema says about tables and their elements, as data.

Generated; do not edit.
Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nnc.bitio.errors import NncError

#: What an element holds that has to appear, by its coding; for integers see `Element.default`.
EMPTY = {"flt": 0.0, "st": "", "bs": b"", "bytes": b"", "text": "", "fourcc": "    "}


class Constraint(NamedTuple):
    """A rule that a valid bitstream keeps.

    Attributes:
        sentence: says that it was broken.
        names: the names that it is about.
        holds: tells of their values whether it is kept.
    """

    sentence: str
    names: tuple[str, ...]
    holds: Callable[..., Any]

    def is_broken(self, values: Mapping[str, Any]) -> bool:
        """Tell whether values break the rule; not where one of them is absent or an empty list."""
        found = [values.get(name) for name in self.names]
        if any(value is None or (isinstance(value, list) and not value) for value in found):
            return False
        try:
            return not self.holds(*found)
        except IndexError:
            return False  # what it compares with isn't there
        except (ArithmeticError, TypeError, ValueError, NncError):
            return True  # a rule that can't be worked out isn't kept


class Element(NamedTuple):
    """What the schema says about one element.

    Attributes:
        name: name of the element's field.
        descriptor: how it is coded, as in the syntax table.
        coding: the descriptor without its argument: `u`, `ie`, `flt`.
        width: its number of bits, or None where that isn't fixed.
        clause: clause of its table.
        status: how sure the transcription is.
        line: line in the schema file.
        text: its semantics.
        enum: the enum that names its values, or None.
        absent: what it is taken for where it doesn't stand, or None: a number, or the text of
            an expression.
        range: the first and the last value that a valid bitstream has, or None.
        constraints: the rules that its values keep.
        module: the module that decodes it, for external bytes, or None.
        unnamed: first and last value of each range that the enum has no names for, and what
            they are: `reserved` or `unspecified`.
        counts: for each index of a list, from the outermost, the element that says how often its
            loop runs, and how many times more that says; () where an element alone doesn't say.
        computed: what it is computed as from others, or "".
        follows: its value, of what is known of tables elsewhere in the document and its indices, or
            None.
    """

    name: str
    descriptor: str
    coding: str
    width: int | None
    clause: str
    status: str
    line: int
    text: str
    enum: str | None = None
    absent: int | str | None = None
    range: tuple[int, int] | None = None
    constraints: tuple[Constraint, ...] = ()
    module: str | None = None
    unnamed: tuple[tuple[int, int, str], ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    computed: str = ""
    follows: Callable[..., int] | None = None

    @property
    def kind(self) -> str:
        """Type of one value: `int`, `float`, `str` or `bytes`."""
        return type(EMPTY.get(self.coding, 0)).__name__

    @property
    def default(self) -> Any:
        """Value of an element that has to appear: that of its absence, else the least valid."""
        if self.coding in EMPTY:
            return EMPTY[self.coding]
        if isinstance(self.absent, int):
            return self.absent
        return self.range[0] if self.range is not None else 0

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the largest integer that the descriptor can hold."""
        signed = self.coding in ("i", "ie", "iae", "ile")
        if self.width is None:
            # Exp-Golomb codes are limited by the number of prefix bits that a reader accepts.
            return (-(1 << 63) if signed else 0), (1 << 64) - 1
        half = 1 << (self.width - 1)
        return (-half, half - 1) if signed else (0, 2 * half - 1)

    @property
    def valid(self) -> tuple[int, int]:
        """The first and the last integer that a valid bitstream has."""
        return self.limits if self.range is None else self.range

    def unnamed_kind(self, value: int) -> str:
        """Say what a value without a name is: `reserved`, `unspecified`, "" if neither."""
        return next((kind for low, high, kind in self.unnamed if low <= value <= high), "")


class Shape(NamedTuple):
    """What a field of a table holds.

    Attributes:
        kind: type of one value: `int`, `float`, `str`, `bytes` or `table`.
        depth: number of indices that lead to one value: 0 for a plain element.
        array: the innermost list is a numpy array.
        called: name of the table that it holds, or "".
        derived: it follows from the elements and is not coded.
    """

    kind: str
    depth: int = 0
    array: bool = False
    called: str = ""
    derived: bool = False


class Framing(NamedTuple):
    """How tables of the root follow each other in a file.

    Attributes:
        name: kind of framing: `repeat`, `annex_b`, `sized`.
        arguments: what it takes: numbers, texts, and `("u", (32,))` for `u(32)`.
    """

    name: str
    arguments: tuple[Any, ...] = ()


class Description(NamedTuple):
    """What the schema says about a table that hand-written code reads.

    Attributes:
        table: name of the table.
        clause: its clause.
        title: title of the clause.
        status: how sure the transcription is.
        schema: `file:line` of the schema.
        elements: the elements by name.
    """

    table: str
    clause: str
    title: str
    status: str
    schema: str
    elements: dict[str, Element]
