"""The errors of the project: one root, and data instead of prose wherever there is data.

Every exception that leaves nnc is an `NncError`. Those about one place of a bitstream are
`PlacedError`s: `BuildError`s of what is to be written, `BitstreamError`s of what is read. The
latter are of one of four kinds: *invalid* (it breaks a rule), *incomplete* (bits are missing),
*unsupported* (allowed, but not by us or not within the caller's limits) and *missing value*
(something that only the caller knows was not given).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from construct import ExplicitError

#: A value that is longer in text is cut where a message shows it.
LONGEST_VALUE = 60

#: Numbers of more bits aren't written out in messages: Python refuses to, beyond some size.
WIDEST_IN_TEXT = 256

#: Faults that are told apart by code, however their message is worded.
FAULTS = {
    "missing-element": "an element isn't there though its condition holds",
    "unexpected-element": "an element is there though its condition doesn't hold",
    "bad-width": "an element can't have the number of bits that others say",
    "division-by-zero": "an expression divides by 0",
    "bad-logarithm": "an expression takes the logarithm of 0 or less",
    "bad-shift": "an expression shifts by a negative number or by too many bits",
    "large-number": "an expression comes to a number of too many bits",
    "arithmetic": "an expression can't be worked out",
    "limit-width": "an integer has more bits than the caller's limit",
    "limit-depth": "more tables lie within each other than the caller's limit",
    "limit-entries": "more values that take no bits are made than the caller's limit",
    "bad-span": "a computed element is of something else than whole bytes",
    "unsettled": "computed elements depend on each other without end",
    "bad-transform": "bytes can't be what a transform makes them to",
    "no-transform": "the format doesn't give a transform that its schema names",
    "limit-inflated": "a transform makes more bytes than the caller's limit",
    "wrong-value": "a computed element isn't what it is computed to be",
    "out-of-range": "a value isn't in the range of its element",
    "broken-constraint": "values break a constraint of the schema",
    "wrong-count": "a list has another number of values than other elements say",
    "too-few": "a list ends before the elements that say how many there are",
    "too-many": "a list goes on after what the elements say",
    "wrong-size": "bytes have another size than their descriptor says",
    "wrong-extent": "a table has another size than its elements say",
    "outside-array": "an index lies outside of the array that a table makes",
    "unset-name": "a table needs a name that an earlier table should have set",
    "codeword-start": "the first 9 bits of a codeword aren't below the start range",
    "terminating-bin": "the terminating bin of a codeword is 0",
    "stop-bit": "no 1 follows the terminating bin",
    "codeword-padding": "something else than zeros follows the stop bit",
    "codeword-length": "a payload goes on after its codeword",
    "block-row-offset": "at a block row the offset is 256 or more",
}


class NncError(Exception):
    """Root of all exceptions of nnc."""


class InputError(NncError, ValueError):
    """What the caller passed can't be used: a tensor, an option, a path."""


class UnknownOptionError(InputError, TypeError):
    """An option is given that there isn't; the message names the nearest that there is."""


def nearest(name: object, known: Iterable[str], most: int = 1, likeness: float = 0.6) -> list[str]:
    """Return which known names a mistyped one is like, the most alike first.

    Args:
        name: what was given.
        known: the names that there are.
        most: how many to return at most.
        likeness: from 0 to 1, what they have in common at least (`difflib`).
    """
    # Only those who mistype wait for it to load.
    import difflib

    return difflib.get_close_matches(str(name), list(known), most, likeness)


def unknown_option(name: str, known: Iterable[str], place: str = "") -> UnknownOptionError:
    """Return the error for an option that there isn't, which names the nearest that there is.

    Args:
        name: what was given.
        known: the names that there are.
        place: where it was given; begins the message.
    """
    names = sorted(known)
    near = nearest(name, names)
    told = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    return UnknownOptionError(f"{place}{': ' if place else ''}there is no option {name!r}; {told}")


class PlacedError(NncError):
    """Something is wrong at one place of a bitstream, read or to be written.

    Every part but the message may be unknown where the error is raised; who catches it on
    the way up and knows more adds to it with `locate`.

    Attributes:
        message: what is wrong, one sentence without the place.
        code: what kind of fault it is, for programs; one of `FAULTS`, or "" where none is set.
        path: syntax path with indices, for example `units[3].header.tensor_dimensions[1]`.
        bit_position: position in bits from the first bit of the data, or None; None in what is
            to be written.
        unit: number of the unit in the bitstream, from 0, or None.
        unit_type: name of the unit's type, for example `NNR_NDU`, or "".
        value: the value found or refused, or None.
        allowed: what would have been allowed, or "".
        clause: clause of the standard that holds the rule, or "".
        schema: `file:line` of the schema that holds the rule, or "".
        hint: what the reader of the message can do, or "".
        layer: the transform that the position is behind, and its first byte; "" for none.
    """

    kind: ClassVar[str] = "invalid"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        path: str = "",
        bit_position: int | None = None,
        unit: int | None = None,
        unit_type: str = "",
        value: Any = None,
        allowed: str = "",
        clause: str = "",
        schema: str = "",
        hint: str = "",
    ):
        """Store the parts; `str()` of the error puts them together."""
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = path
        self.bit_position = bit_position
        self.unit = unit
        self.unit_type = unit_type
        self.value = value
        self.allowed = allowed
        self.clause = clause
        self.schema = schema
        self.hint = hint
        self.layer = ""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error go from one process to another with all its parts."""
        return _restored, (type(self), self.args, self.__dict__)

    @property
    def position(self) -> str:
        """The position as `byte.bit`, or "" where it isn't known; with its layer, if in one."""
        if self.bit_position is None:
            return ""
        place = f"{self.bit_position >> 3}.{self.bit_position & 7}"
        return f"{place} of {self.layer}" if self.layer else place

    def locate(
        self,
        *,
        path_prefix: str = "",
        bit_offset: int = 0,
        unit: int | None = None,
        unit_type: str = "",
        clause: str = "",
        schema: str = "",
    ) -> Self:
        """Add what a caller further up knows of the place, and return the error.

        Args:
            path_prefix: goes in front of the path, with a dot where one is needed.
            bit_offset: bits to add to the position (where the data began, within the whole).
            unit: number of the unit, taken where none is known yet.
            unit_type: name of its type, taken where none is known yet.
            clause: taken where none is known yet.
            schema: taken where none is known yet.
        """
        if path_prefix:
            dot = "." if self.path and not self.path.startswith("[") else ""
            self.path = f"{path_prefix}{dot}{self.path}"
        if self.bit_position is not None:
            self.bit_position += bit_offset
        if self.unit is None:
            self.unit = unit
        self.unit_type = self.unit_type or unit_type
        self.clause = self.clause or clause
        self.schema = self.schema or schema
        return self

    def told_value(self) -> str:
        """Return what the message goes on with about the value; nothing by default."""
        return ""

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data, for machine-readable reports."""
        return {
            "kind": self.kind,
            "message": self.message,
            "unit": self.unit,
            "unit_type": self.unit_type or None,
            "path": self.path or None,
            "position": self.position or None,
            "value": plain_value(self.value),
            "allowed": self.allowed or None,
            "clause": self.clause or None,
            "schema": self.schema or None,
            "hint": self.hint or None,
        }

    def __str__(self) -> str:
        """Return the place, the message, and what to do, on one line."""
        place = []
        if self.unit is not None:
            place.append(f"unit {self.unit}" + (f" ({self.unit_type})" if self.unit_type else ""))
        if self.path:
            place.append(self.path)
        if self.bit_position is not None:
            place.append(f"at {self.position}")
        text = ", ".join(place) + (": " if place else "") + self.message
        text += self.told_value()
        if self.allowed:
            text += f" (allowed: {self.allowed})"
        sources = [f"clause {self.clause}" if self.clause else "", self.schema]
        if any(sources):
            text += f" [{', '.join(source for source in sources if source)}]"
        if self.hint:
            text += f"; {self.hint}"
        return text


class BitstreamError(PlacedError):
    """Something is wrong with a bitstream that is read; its parts are those of `PlacedError`."""

    def told_value(self) -> str:
        """Say what was found, where the message itself doesn't."""
        shown = "" if self.value is None else shortened(self.value)
        return f", found {shown}" if shown and not is_in(shown, self.message) else ""


class BuildError(PlacedError, ValueError):
    """A value doesn't fit its place in the bitstream, so that nothing was written.

    Its parts are those of `PlacedError`: the clause and schema line are those of the rule that
    forbids the value, the hint tells how it may be had all the same.
    """

    kind = "build"


class InvalidError(BitstreamError, ExplicitError):  # type: ignore[misc]
    """The bitstream breaks a rule of the format.

    An `ExplicitError` of `construct` isn't taken for the end of a `GreedyRange`.
    """

    kind = "invalid"


class IncompleteError(BitstreamError):
    """The data end before the syntax does.

    Attributes:
        missing_bits: how many bits more would have been needed, at least.
    """

    kind = "incomplete"

    def __init__(self, message: str, *, missing_bits: int, **place: Any):
        """Store the number of missing bits, and the place as `BitstreamError` does."""
        super().__init__(message, **place)
        self.missing_bits = missing_bits

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data, for machine-readable reports."""
        return super().as_dict() | {"missing_bits": self.missing_bits}


class UnsupportedError(BitstreamError, ExplicitError):  # type: ignore[misc]
    """The format allows it, but nnc doesn't support it."""

    kind = "unsupported"


class LimitError(UnsupportedError):
    """The format allows it, but it is beyond a limit that the caller can raise."""

    kind = "unsupported"


class MissingValueError(BitstreamError, ExplicitError):  # type: ignore[misc]
    """A value that only the caller can know (sent out of band) was not given.

    Attributes:
        name: name of the value in the schema, or "" for one that earlier bitstreams hold.
    """

    kind = "missing value"

    def __init__(self, message: str, *, name: str = "", **place: Any):
        """Store the name, and the place as `BitstreamError` does."""
        super().__init__(message, **place)
        self.name = name


def plain_value(value: Any) -> int | float | str | None:
    """Return a value as reports hold it: a number, if it isn't too long, or text."""
    if isinstance(value, int) and value.bit_length() > WIDEST_IN_TEXT:
        return shortened(value)
    return value if isinstance(value, int | float | None) else str(value)


def shortened(value: Any) -> str:
    """Return a value as text that is not too long for a message."""
    if isinstance(value, int) and value.bit_length() > WIDEST_IN_TEXT:
        return f"a number of {value.bit_length()} bits"
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def is_in(word: str, text: str) -> bool:
    """Tell whether a text says a word, and not just a longer one."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _restored(
    kind: type[BitstreamError], args: tuple[Any, ...], parts: dict[str, Any]
) -> BitstreamError:
    """Return the error that `BitstreamError.__reduce__` took apart."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(parts)
    return error
