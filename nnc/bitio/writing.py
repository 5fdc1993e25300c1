# cython: annotation_typing=False
"""Writing bits; see bits.py."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np

from nnc.bitio.codings import CODINGS
from nnc.bitio.errors import BuildError, shortened
from nnc.bitio.limits import STANDARD_LIMITS
from nnc.bitio.places import limit_error, path_text
from nnc.bitio.widths import (
    FLOAT_FORMATS,
    MAXIMUM_EXP_GOLOMB_ORDER,
    ONE,
    PASSES_PER_BIT,
    filling,
    signed_text,
    unsigned_text,
)


class BitWriter:
    """Writes elements, the counterpart of `BitReader` verb for verb.

    Attributes:
        buffer: the whole bytes written so far.
        stack: the entered tables, as (field name, table name, index).
        begins: first bit of those tables around here that checksums or sizes in them are of.
        pending: computed elements that wait for the end of a table around theirs.
        filler: None, or the `Filler` that computes elements.
        layer: the transform that the data go into, "" for none.
        limits: what is written at most; a `ParsingLimits`.
        rules: None, or the `Enforcement` that sees to the rules of the schema.
    """

    def __init__(self, *, limits: Any = None, rules: Any = None, filler: Any = None) -> None:
        """Start with nothing written."""
        self.filler = filler
        self.layer = ""
        self.begins: dict[str, int] = {}
        self.pending: list[Any] = []
        self.buffer = bytearray()
        self.waiting = 0
        self.pending_bits = 0
        self.rules = rules
        self.stack: list[Any] = []
        self.limits = STANDARD_LIMITS if limits is None else limits
        self.idle = 0
        self.idle_passes = 0

    @property
    def position(self) -> int:
        """Number of bits written."""
        return 8 * len(self.buffer) + self.pending_bits

    def enter(self, name: str, table: str, index: Any = None) -> None:
        """Note that what follows stands in field `name`, described by `table`.

        Raises:
            LimitError: too many tables within each other.
        """
        self.stack.append((name, table, index))
        if len(self.stack) > self.limits.depth:
            raise limit_error(self, "too many tables within each other", "", None, "depth")

    def leave(self) -> None:
        """Note the end of what was last entered."""
        self.stack.pop()

    def path(self, name: str, index: Any = None) -> str:
        """Return the syntax path of an element here."""
        return path_text(self.stack, name, index)

    def passed(self, begin: int, name: str) -> None:
        """Note a pass of a loop that began at bit `begin`.

        Raises:
            LimitError: too many have written nothing.
        """
        if self.position == begin:
            self.make(1, name)

    def computed(self) -> None:
        """Note a pass of a loop that has no element.

        Raises:
            LimitError: they are too many.
        """
        self.idle_passes += 1
        if self.idle_passes > self.limits.entries + PASSES_PER_BIT * self.position:
            told = "too many passes of loops that compute only"
            raise limit_error(self, told, "", None, "entries")

    def make(self, count: int, name: str) -> int:
        """Return back how many values are made that take no bits.

        Raises:
            LimitError: they are too many.
        """
        if count > self.limits.entries + self.position - self.idle:
            raise limit_error(self, "too many values that take no bits", name, None, "entries")
        self.idle += max(count, 0)
        return count

    def width(self, n: Any, name: str, index: Any) -> int:
        """Return the number of bits of an element, if it can be one."""
        try:
            # Compiled, this makes a C integer of it.
            number: int = n
        except (OverflowError, TypeError):
            number = -1
        if not 0 <= number <= self.limits.width:
            self.refuse_width(n, name, index)
        return number

    def checked_width(self, n: Any, name: str, index: Any) -> int:
        """Return the number of bits of an element, if it can be one, for who isn't compiled."""
        return self.width(n, name, index)

    def refuse_width(self, n: Any, name: str, index: Any) -> None:
        """Raise the error for a number of bits that an element can't have."""
        if not hasattr(n, "__index__") or n < 0:
            self.fail("the number of bits can't be", name, index, n, "0 and above", "bad-width")
        raise limit_error(self, "the number has too many bits", name, index, "width")

    def order(self, k: Any, name: str, index: Any) -> int:
        """Return the order of an Exp-Golomb code, if it can be one."""
        order = self.width(k, name, index)
        if order > MAXIMUM_EXP_GOLOMB_ORDER:
            allowed = f"0..{MAXIMUM_EXP_GOLOMB_ORDER}"
            self.fail("the order can't be", name, index, k, allowed, "bad-width")
        return order

    def u(self, n: int, value: Any, name: str, index: Any = None) -> None:
        """Write an unsigned integer of `n` bits."""
        width = self.width(n, name, index)
        number = self.integer(value, name, index)
        if number < 0 or number >> width:
            self.fail(f"the value doesn't fit u({n})", name, index, value, unsigned_text(width))
        if self.rules is not None:
            self.rules.see(self, self.position, name, index, number)
        self.write_bits(width, number)

    def i(self, n: int, value: Any, name: str, index: Any = None) -> None:
        """Write a two's complement integer of `n` bits."""
        width = self.width(n, name, index)
        number = self.integer(value, name, index)
        half = (ONE << width) >> 1
        if not -half <= number < max(half, 1):
            self.fail(f"the value doesn't fit i({n})", name, index, value, signed_text(width))
        if self.rules is not None:
            self.rules.see(self, self.position, name, index, number)
        self.write_bits(width, number & ((ONE << width) - 1))

    def ue(self, k: int, value: Any, name: str, index: Any = None) -> None:
        """Write an unsigned Exp-Golomb code of order `k`."""
        order = self.order(k, name, index)
        number = self.integer(value, name, index)
        if number < 0:
            self.fail(f"the value doesn't fit ue({k})", name, index, value, "0 and above")
        if self.rules is not None:
            self.rules.see(self, self.position, name, index, number)
        self.write_exp_golomb(order, number, name, index)

    def ie(self, k: int, value: Any, name: str, index: Any = None) -> None:
        """Write a signed Exp-Golomb code of order `k`."""
        order = self.order(k, name, index)
        number = self.integer(value, name, index)
        if self.rules is not None:
            self.rules.see(self, self.position, name, index, number)
        self.write_exp_golomb(order, 2 * number - 1 if number > 0 else -2 * number, name, index)

    def flt(self, n: int, value: Any, name: str, index: Any = None) -> None:
        """Write an IEEE 754 number of `n` bits, least significant byte first."""
        try:
            raw = struct.pack(FLOAT_FORMATS[n], value)
        except (struct.error, OverflowError, TypeError):
            self.fail(f"the value doesn't fit flt({n})", name, index, value, f"numbers of {n} bits")
        if math.isnan(value):
            self.fail("NaN stands where a number is needed", name, index, value, "any number")
        if self.rules is not None:
            self.rules.see(self, self.position, name, index, value)
        self.write_bits(n, int.from_bytes(raw, "big"))

    def st(self, value: Any, name: str, index: Any = None) -> None:
        """Write a UTF-8 string and the zero byte that ends it."""
        if not isinstance(value, str) or "\0" in value:
            is_text = isinstance(value, str)
            wrong = "a zero character would end the string" if is_text else "a string is needed"
            self.fail(wrong, name, index, value, "text without U+0000")
        if self.rules is not None:
            self.rules.see(self, self.position, name, index, value)
        self.write_bytes(self.utf8(value, name, index) + b"\0", name, index)

    def bs(self, value: Any, name: str = "", index: Any = None) -> None:
        """Write bytes as they are."""
        try:
            view = memoryview(value)
        except TypeError:
            self.fail(f"bytes are needed, not {type(value).__name__}", name, index, value, "bytes")
        if self.rules is not None:
            self.rules.see(self, self.position, name, index, value)
        self.write_bytes(view, name, index)

    def u_array(self, n: int, values: Any, name: str) -> None:
        """Write unsigned integers of `n` bits each (at most 64)."""
        array = np.asarray(values)
        if array.dtype.kind == "f" and all(isinstance(value, int) for value in values):
            # Integers of 64 bits beside smaller ones would become floats.
            array = np.asarray(values, dtype=object)
        elif array.size and array.dtype.kind not in "bui":
            self.fail(
                f"integers are needed, not {array.dtype}", name, None, None, f"0..{(ONE << n) - 1}"
            )
        numbers = array.tolist()
        for j, number in enumerate(numbers):
            if number < 0 or number >> n:
                self.fail("the value doesn't fit", name, j, number, f"0..{(ONE << n) - 1}")
        if self.rules is not None:
            self.see_array(n, numbers, name)
        for number in numbers:
            self.write_bits(n, number)

    def see_array(self, n: int, numbers: list[Any], name: str) -> None:
        """Hold each value of a vector that is written next to its rules."""
        for j, number in enumerate(numbers):
            self.rules.see(self, self.position + j * n, name, j, number)

    def flt_array(self, n: int, values: Any, name: str) -> None:
        """Write IEEE 754 numbers of `n` bits each, NaNs included."""
        try:
            numbers = np.ascontiguousarray(values, dtype=f"<f{n >> 3}")
        except (TypeError, ValueError):
            self.fail("numbers are needed", name, None, None, f"numbers of {n} bits")
        if self.rules is not None:
            self.see_array(n, numbers.tolist(), name)
        raw = numbers.reshape(-1).view(np.uint8)
        if self.pending_bits == 0:
            self.buffer += raw.data
        else:
            for number in raw.tolist():
                self.write_bits(8, number)

    def byte_alignment(self, value: Any = None) -> None:
        """Write the bits up to the next byte boundary, at least one (clause 6.3.5).

        Args:
            value: bits to write in place of the regular 1 and zeros; what doesn't fit the room
                (the elements before may have changed) is replaced by the regular ones.
        """
        n = 8 - self.pending_bits
        if value is None or not 0 <= value < ONE << n:
            value = ONE << (n - 1)
        self.write_bits(n, value)

    def padding(self, boundary: int, fill: int, value: Any = None) -> None:
        """Write the bits up to the next multiple of `boundary`, none if this is one.

        Args:
            boundary: 8 for the end of the byte.
            fill: what the bits are: 0, 1, or -1 for any.
            value: bits to write in place of those; what doesn't fit the room (the elements
                before may have changed) is replaced by the regular ones.
        """
        if boundary < 1:
            self.fail("no boundary to fill up to", "padding", None, boundary, "1 and above")
        n = self.width(-self.position % boundary, "padding", None)
        if value is None or not 0 <= value < ONE << n:
            value = filling(n, fill)
        self.write_bits(n, value)

    def code(
        self, descriptor: str, arguments: Any, value: Any, name: str, index: Any = None
    ) -> None:
        """Write an element by one of the codings of `nnc.bitio.codings`."""
        rules = self.rules
        if rules is not None:
            rules.see(self, self.position, name, index, value)
        self.rules = None
        try:
            CODINGS[descriptor].write(self, arguments, value, name, index)
        finally:
            self.rules = rules

    def byte_aligned(self) -> bool:
        """Tell whether the position is at a byte boundary."""
        return self.pending_bits == 0

    def to_bytes(self) -> bytes:
        """Return what was written; a last incomplete byte is filled with zero bits."""
        if self.pending_bits == 0:
            return bytes(self.buffer)
        return bytes(self.buffer) + bytes([(self.waiting << (8 - self.pending_bits)) & 255])

    def fail(
        self,
        message: str,
        name: str,
        index: Any = None,
        value: Any = None,
        allowed: str = "",
        code: str = "",
    ) -> Any:
        """Raise a `BuildError` at this place, which says the value that was given."""
        if value is not None:
            message = f"{message}, given {shortened(value)}"
        path = self.path(name, index)
        raise BuildError(message, code=code, path=path, value=value, allowed=allowed)

    def integer(self, value: Any, name: str, index: Any) -> Any:
        """Return `value` as an integer, or refuse it."""
        try:
            return value.__index__()
        except AttributeError:
            return self.fail(
                f"an integer is needed, not {type(value).__name__}", name, index, value, "integers"
            )

    def utf8(self, value: str, name: str, index: Any) -> bytes:
        """Encode text, refusing lone surrogates."""
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("the text holds half of a surrogate pair, which UTF-8 doesn't have",
                      name, index, value, "text without surrogates")  # fmt: skip
            raise

    def write_bytes(self, raw: Any, name: str, index: Any) -> None:
        """Append bytes at a byte boundary."""
        if self.pending_bits:
            self.fail(
                f"this must begin at a byte boundary, not {self.pending_bits} bits after one: the "
                "elements before it don't fill whole bytes", name, index,
            )  # fmt: skip
        self.buffer += raw

    def write_exp_golomb(self, k: int, number: Any, name: str, index: Any) -> None:
        """Write the code itself."""
        order = k
        whole = number
        while number >> order:
            number -= ONE << order
            order += 1
            if order > MAXIMUM_EXP_GOLOMB_ORDER:
                self.fail("the value doesn't fit an Exp-Golomb code", name, index, whole,
                          "numbers below 2 to the 64")  # fmt: skip
        self.write_bits(order - k, 0)
        self.write_bits(1, 1)
        self.write_bits(order, number)

    def span(self, begin: int, end: int) -> Any:
        """Return the bytes between two bits that begin bytes."""
        return self.buffer[begin >> 3 : end >> 3]

    def put(self, n: int, number: int) -> None:
        """Append `n` bits of a number that fits them."""
        self.write_bits(n, number)

    def write_bits(self, n: int, number: Any) -> None:
        """Append `n` bits of a number that fits them."""
        while n > 32:
            n -= 32
            self.write_word(32, (number >> n) & 0xFFFFFFFF)
        self.write_word(n, number & 0xFFFFFFFF)

    def write_word(self, n: int, word: int) -> None:
        """Append at most 32 bits; fewer than eight wait, so that 40 bits always suffice."""
        one = 1
        pending = (self.waiting << n) | (word & ((one << n) - 1))
        count = self.pending_bits + n
        while count >= 8:
            count -= 8
            self.buffer.append((pending >> count) & 255)
        self.waiting = pending & ((one << count) - 1)
        self.pending_bits = count
