"""The descriptors of clause 6.1.3 as constructs, reading and writing side by side.

Generated tables call `BitReader` and `BitWriter` directly; these classes are for those who
put syntax together by hand with `construct`. `ae`, `uae` and `iae` are not here: their bins
come out of the arithmetic decoder (`nnc.deepcabac`), not out of the bitstream.
"""

from __future__ import annotations

from typing import Any

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.table import Syntax


class Descriptor(Syntax):
    """One element; within other constructs it occupies whole bytes, like every table."""

    def __init__(self, name: str = "value"):
        """Set the name that errors and traces show."""
        super().__init__()
        self.element = name

    def scope(self, context: Any) -> Any:
        """Return the context unchanged: descriptors don't look at it."""
        return context

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        return self.read(stream)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        self.write(obj, stream)
        return obj

    def read(self, stream: BitReader) -> Any:
        """Read the element."""
        raise TypeError(f"{type(self).__name__} can't be read by itself")

    def write(self, value: Any, stream: BitWriter) -> None:
        """Write the element."""
        raise TypeError(f"{type(self).__name__} can't be written by itself")


class Sized(Descriptor):
    """A descriptor with a number: of bits, or the order of the Exp-Golomb code."""

    def __init__(self, n: int, name: str = "value"):
        """Set the number and the name."""
        super().__init__(name)
        self.n = n


class UnsignedInteger(Sized):
    """u(n): unsigned integer of n bits, most significant bit first."""

    def read(self, stream: BitReader) -> int:
        """Read the element."""
        return stream.u(self.n, self.element)

    def write(self, value: int, stream: BitWriter) -> None:
        """Write the element."""
        stream.u(self.n, value, self.element)


class SignedInteger(Sized):
    """i(n): two's complement integer of n bits, most significant bit first."""

    def read(self, stream: BitReader) -> int:
        """Read the element."""
        return stream.i(self.n, self.element)

    def write(self, value: int, stream: BitWriter) -> None:
        """Write the element."""
        stream.i(self.n, value, self.element)


class UnsignedExpGolomb(Sized):
    """ue(k): unsigned Exp-Golomb code of order k."""

    def read(self, stream: BitReader) -> int:
        """Read the element."""
        return stream.ue(self.n, self.element)

    def write(self, value: int, stream: BitWriter) -> None:
        """Write the element."""
        stream.ue(self.n, value, self.element)


class SignedExpGolomb(Sized):
    """ie(k): signed Exp-Golomb code of order k."""

    def read(self, stream: BitReader) -> int:
        """Read the element."""
        return stream.ie(self.n, self.element)

    def write(self, value: int, stream: BitWriter) -> None:
        """Write the element."""
        stream.ie(self.n, value, self.element)


class Float(Sized):
    """flt(n): IEEE 754 number of 16, 32 or 64 bits, least significant byte first."""

    def read(self, stream: BitReader) -> float:
        """Read the element."""
        return stream.flt(self.n, self.element)

    def write(self, value: float, stream: BitWriter) -> None:
        """Write the element."""
        stream.flt(self.n, value, self.element)


class String(Descriptor):
    """st(v): UTF-8 text that one zero byte ends; starts at a byte boundary."""

    def read(self, stream: BitReader) -> str:
        """Read the element."""
        return stream.st(self.element)

    def write(self, value: str, stream: BitWriter) -> None:
        """Write the element."""
        stream.st(value, self.element)


class Bytes(Descriptor):
    """bs(v): the bytes up to the end; starts at a byte boundary."""

    def read(self, stream: BitReader) -> memoryview:
        """Read the element."""
        return stream.bs(self.element)

    def write(self, value: bytes | memoryview, stream: BitWriter) -> None:
        """Write the element."""
        stream.bs(value, self.element)


class FixedPattern(Sized):
    """f(n): n bits that are always the same, most significant bit first.

    Another pattern is an `InvalidError` when reading.
    """

    def __init__(self, n: int, pattern: int, name: str = "value"):
        """Set the number of bits, the pattern as an integer, and the name."""
        super().__init__(n, name)
        self.pattern = pattern

    def read(self, stream: BitReader) -> int:
        """Read the element."""
        value = stream.u(self.n, self.element)
        if value != self.pattern:
            stream.fail("not the fixed pattern", self.element, None, value, str(self.pattern))
        return value

    def write(self, value: int | None, stream: BitWriter) -> None:
        """Write the element; None means the pattern."""
        if value not in (None, self.pattern):
            stream.fail("not the fixed pattern", self.element, None, value, str(self.pattern))
        stream.u(self.n, self.pattern, self.element)


class ByteAlignment(Descriptor):
    """byte_alignment(): a 1 and zeros up to the byte boundary (clause 6.3.5).

    The value is None where the bits are regular, else the bits found, as an integer.
    """

    def read(self, stream: BitReader) -> int | None:
        """Read the bits."""
        return stream.byte_alignment()

    def write(self, value: int | None, stream: BitWriter) -> None:
        """Write the bits."""
        stream.byte_alignment(value)
