"""How tables of the root follow each other in a file.

Without a framing the data are one table of the root. `repeat`: one follows the other.
`sized(u(32))`: the size in bytes stands before each. `annex_b`: start codes of three bytes stand
between them, as in clause B.1 of H.26x; zero bytes around them are kept.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from nnc.bitio import BuildError, IncompleteError, InputError, InvalidError

START_CODE = re.compile(rb"\x00*\x00\x00\x01")


class Span(NamedTuple):
    """Where one table of the root lies in the data.

    Attributes:
        start: first byte of the framing before it.
        content: first byte of the table.
        stop: the byte after the last that it may have.
    """

    start: int
    content: int
    stop: int


class Framing:
    """One table, and nothing else."""

    #: The data are a list of tables.
    many = False
    #: Where a table ends is known before it is read.
    bounded = False

    def span(self, data: memoryview, start: int) -> Span:
        """Return where the table lies whose framing begins at a byte.

        Raises:
            BitstreamError: there is no framing as there should be.
        """
        return Span(start, start, len(data))

    def end(self, data: memoryview) -> int:
        """Return the byte after the last that belongs to a table or its framing."""
        return len(data)

    def before(self, kept: bytes | memoryview, size: int, index: int) -> bytes | memoryview:
        """Return the bytes that go before a table.

        Args:
            kept: those that stood there, b"" for a new table.
            size: number of bytes of the table.
            index: its number.
        """
        return b""


class Repeat(Framing):
    """One table after the other."""

    many = True


class Sized(Framing):
    """The number of bytes of a table before it, as an unsigned integer."""

    many = bounded = True

    def __init__(self, width: int, order: Any = "big"):
        """Take the width of the size in bytes, and the order of its bytes."""
        self.width, self.order = width, order

    def span(self, data: memoryview, start: int) -> Span:
        """Return where the table lies whose size begins at a byte."""
        content = start + self.width
        missing = content - len(data)
        if missing > 0:
            raise IncompleteError(
                "the data end within a size", missing_bits=8 * missing, bit_position=8 * start
            )
        stop = content + int.from_bytes(data[start:content], self.order)
        if stop > len(data):
            raise IncompleteError(
                "the data end before the size that is told of a table",
                missing_bits=8 * (stop - len(data)),
                bit_position=8 * start,
                value=stop - content,
            )
        return Span(start, content, stop)

    def before(self, kept: bytes | memoryview, size: int, index: int) -> bytes | memoryview:
        """Return the size that goes before a table."""
        if size >> 8 * self.width:
            raise BuildError(
                "the table is too large for its size", value=size,
                allowed=f"0..{(1 << 8 * self.width) - 1} bytes",
            )  # fmt: skip
        return size.to_bytes(self.width, self.order)


class AnnexB(Framing):
    """Start codes between tables."""

    many = bounded = True

    def span(self, data: memoryview, start: int) -> Span:
        """Return where the table lies whose start code, or the zeros before it, begin at a byte."""
        code = START_CODE.match(data, start)
        if code is None:
            raise InvalidError(
                "no start code", bit_position=8 * start, value=bytes(data[start : start + 4]).hex(),
                allowed="zero bytes and 01, at least 000001",
            )  # fmt: skip
        following = START_CODE.search(data, code.end())
        stop = self.end(data) if following is None else following.start()
        return Span(start, code.end(), max(stop, code.end()))

    def end(self, data: memoryview) -> int:
        """Return the byte after the last that isn't a zero after the last table."""
        stop = len(data)
        while stop and data[stop - 1] == 0:
            stop -= 1
        return stop

    def before(self, kept: bytes | memoryview, size: int, index: int) -> bytes | memoryview:
        """Return the start code that goes before a table."""
        return kept or (b"\0\0\1" if index else b"\0\0\0\1")


def framing_of(declared: Any) -> Framing:
    """Return the framing that a schema declares.

    Args:
        declared: name and arguments, None where it declares none.

    Raises:
        InputError: there is no such framing.
    """
    if declared is None:
        return Framing()
    name, arguments = declared
    if name == "repeat" and not arguments:
        return Repeat()
    if name == "annex_b" and not arguments:
        return AnnexB()
    if name == "sized" and len(arguments) == 1 and isinstance(arguments[0], tuple):
        coding, (width, *_) = arguments[0]
        if coding in ("u", "ule") and isinstance(width, int) and width > 0 and width % 8 == 0:
            return Sized(width >> 3, "little" if coding == "ule" else "big")
    raise InputError(
        f"framing {name}: there is no such framing; "
        "write repeat, annex_b, sized(u(32)) or sized(ule(32))"
    )
