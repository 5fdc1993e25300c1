"""What the schema says about tables and their elements, as data.

Generated; do not edit.
Schema hash: sha256 c96257d4378e1d919a7fdff56d46f4e025173386726e2d0714347db105c2b7d5
"""

from __future__ import annotations

from typing import NamedTuple


class Element(NamedTuple):
    """What the schema says about one element.

    Attributes:
        name: name of the element's field.
        descriptor: how it is coded, as in the syntax table.
        clause: clause of its table.
        status: how sure the transcription is.
        line: line in the schema file.
        text: its semantics.
        enum: the enum that names its values, or None.
        absent: expression that it is taken for where it doesn't stand, or None.
        range: the values that a valid bitstream has, `first .. last`, or None.
        constraints: pairs of a condition and the sentence that says it was broken.
        module: the module that decodes it, for external bytes, or None.
        unnamed: first and last value of each range that the enum has no names for, and what
            they are: `reserved` or `unspecified`.
        counts: for each index of a list, from the outermost, the element that says how often its
            loop runs, and how many times more that says; () where an element alone doesn't say.

    """

    name: str
    descriptor: str
    clause: str
    status: str
    line: int
    text: str
    enum: str | None = None
    absent: str | None = None
    range: str | None = None
    constraints: tuple[tuple[str, str], ...] = ()
    module: str | None = None
    unnamed: tuple[tuple[int, int, str], ...] = ()
    counts: tuple[tuple[str, int], ...] = ()

    def unnamed_kind(self, value: int) -> str:
        """Say what a value without a name is: `reserved`, `unspecified`, "" if neither."""
        return next((kind for low, high, kind in self.unnamed if low <= value <= high), "")


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
