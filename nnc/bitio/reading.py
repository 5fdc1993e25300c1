# cython: annotation_typing=False
"""Reading bits; see bits.py."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np

from nnc.bitio.codings import CODINGS
from nnc.bitio.errors import IncompleteError, InvalidError
from nnc.bitio.limits import STANDARD_LIMITS
from nnc.bitio.places import TraceEntry, limit_error, new_tuple, path_text
from nnc.bitio.widths import (
    FLOAT_FORMATS,
    MAXIMUM_EXP_GOLOMB_ORDER,
    ONE,
    PASSES_PER_BIT,
    filling,
    unpack_fixed_width,
)

#: Tables that read nothing are free up to so many for each bit that was read.
TABLES_PER_BIT = 8

#: What is wrong with a string whose zero byte is missing.
NO_END = "the data end before the zero byte that ends the string"


class BitReader:
    """Reads elements from a bytes-like object.

    Attributes:
        source: the data as a memoryview of bytes.
        position: next bit to be read, counted from the first bit of the data.
        end: first bit that may not be read any more.
        trace: None, or a list that gets a `TraceEntry` for each element.
        stack: the entered tables, as (field name, table name, index).
        begins: first bit of those tables around here that checksums or sizes in them are of.
        pending: computed elements that wait for the end of a table around theirs.
        layer: the transform that the data come out of, "" for none.
        limits: what the data may lead to; a `ParsingLimits`.
        rules: None, or the `Enforcement` that sees to the rules of the schema.
    """

    def __init__(
        self,
        data: Any,
        start: int = 0,
        end: Any = None,
        trace: Any = None,
        *,
        limits: Any = None,
        rules: Any = None,
    ) -> None:
        """Read `data` from bit `start` up to bit `end` (None: to its end)."""
        view = memoryview(data)
        if view.format != "B" or view.ndim != 1:
            view = view.cast("B")
        self.source = view
        self.data = view
        size = 8 * len(view)
        self.end = size if end is None else end
        if not 0 <= start <= self.end <= size:
            raise ValueError(f"bits {start} to {self.end} don't lie within {size} bits of data")
        self.position = start
        self.trace = trace
        self.rules = rules
        self.stack: list[Any] = []
        self.layer = ""
        self.begins: dict[str, int] = {}
        self.pending: list[Any] = []
        self.limits = STANDARD_LIMITS if limits is None else limits
        self.widest = self.limits.width
        self.deepest = self.limits.depth
        self.idle = 0
        self.idle_passes = 0
        self.idle_tables = 0
        self.free = self.limits.entries
        self.entered = -1

    @property
    def remaining(self) -> int:
        """Number of bits left."""
        return self.end - self.position

    def enter(self, name: str, table: str, index: Any = None) -> None:
        """Note that what follows stands in field `name`, described by `table`.

        Raises:
            LimitError: too many tables within each other, or that read nothing.
        """
        self.stack.append((name, table, index))
        if len(self.stack) > self.deepest:
            raise limit_error(self, "too many tables within each other", "", None, "depth")
        if self.position != self.entered:
            self.entered = self.position
            return
        self.idle_tables += 1
        if self.idle_tables <= self.free:
            return
        if self.idle_tables > self.free + TABLES_PER_BIT * self.position:
            raise limit_error(self, "too many tables that read nothing", "", None, "entries")

    def leave(self) -> None:
        """Note the end of what was last entered."""
        self.stack.pop()

    def path(self, name: str, index: Any = None) -> str:
        """Return the syntax path of an element here."""
        return path_text(self.stack, name, index)

    def passed(self, begin: int, name: str) -> None:
        """Note a pass of a loop that began at bit `begin`.

        Raises:
            LimitError: too many have read nothing.
        """
        if self.position == begin:
            self.make(1, name)

    def computed(self) -> None:
        """Note a pass of a loop that has no element.

        Raises:
            LimitError: they are too many.
        """
        self.idle_passes += 1
        if self.idle_passes > self.free + PASSES_PER_BIT * self.position:
            told = "too many passes of loops that compute only"
            raise limit_error(self, told, "", None, "entries")

    def make(self, count: int, name: str) -> int:
        """Return back how many values are made that take no bits.

        Raises:
            LimitError: they are too many.
        """
        if count > self.free + self.position - self.idle:
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
        if not 0 <= number <= self.widest:
            self.refuse_width(n, name, index)
        return number

    def checked_width(self, n: Any, name: str, index: Any) -> int:
        """Return the number of bits of an element, if it can be one, for who isn't compiled."""
        return self.width(n, name, index)

    def refuse_width(self, n: Any, name: str, index: Any) -> None:
        """Raise the error for a number of bits that an element can't have here."""
        if not hasattr(n, "__index__") or n < 0:
            self.fail("the number of bits can't be", name, index, n, "0 and above", "bad-width")
        if n > self.end - self.position:
            self.raise_incomplete(n, name, index)
        raise limit_error(self, "the number has too many bits", name, index, "width")

    def u(self, n: int, name: str, index: Any = None) -> int:
        """Read an unsigned integer of `n` bits."""
        start = self.position
        width = self.width(n, name, index)
        if width > self.end - start:
            self.raise_incomplete(n, name, index)
        value = self.read_bits(start, width)
        self.position = start + width
        if self.trace is not None or self.rules is not None:
            self.record(start, name, index, f"u({n})", value)
        return value

    def i(self, n: int, name: str, index: Any = None) -> int:
        """Read a two's complement integer of `n` bits."""
        start = self.position
        width = self.width(n, name, index)
        if width > self.end - start:
            self.raise_incomplete(n, name, index)
        value = self.read_bits(start, width)
        self.position = start + width
        if width > 0 and value >> (width - 1):
            value -= ONE << width
        if self.trace is not None or self.rules is not None:
            self.record(start, name, index, f"i({n})", value)
        return value

    def ue(self, k: int, name: str, index: Any = None) -> int:
        """Read an unsigned Exp-Golomb code of order `k`."""
        start = self.position
        value = self.read_exp_golomb(self.order(k, name, index), name, index)
        if self.trace is not None or self.rules is not None:
            self.record(start, name, index, f"ue({k})", value)
        return value

    def order(self, k: Any, name: str, index: Any) -> int:
        """Return the order of an Exp-Golomb code, if it can be one."""
        order = self.width(k, name, index)
        if order > MAXIMUM_EXP_GOLOMB_ORDER:
            allowed = f"0..{MAXIMUM_EXP_GOLOMB_ORDER}"
            self.fail("the order can't be", name, index, k, allowed, "bad-width")
        return order

    def ie(self, k: int, name: str, index: Any = None) -> int:
        """Read a signed Exp-Golomb code of order `k`."""
        start = self.position
        code = self.read_exp_golomb(self.order(k, name, index), name, index)
        value = (code + 1) >> 1 if code & 1 else -(code >> 1)
        if self.trace is not None or self.rules is not None:
            self.record(start, name, index, f"ie({k})", value)
        return value

    def flt(self, n: int, name: str, index: Any = None) -> float:
        """Read an IEEE 754 number of `n` bits, least significant byte first.

        Raises:
            InvalidError: it is not a number.
        """
        start = self.position
        if n > self.end - start:
            self.raise_incomplete(n, name, index)
        raw = self.read_bits(start, n)
        value: float = struct.unpack(FLOAT_FORMATS[n], raw.to_bytes(n >> 3, "big"))[0]
        if math.isnan(value):
            self.fail("NaN stands where a number is needed", name, index, value, "any number")
        self.position = start + n
        if self.trace is not None or self.rules is not None:
            self.record(start, name, index, f"flt({n})", value)
        return value

    def st(self, name: str, index: Any = None) -> str:
        """Read a UTF-8 string that one zero byte ends.

        Raises:
            InvalidError: not at a byte boundary, or not UTF-8.
            IncompleteError: no zero byte before the end.
        """
        start = self.position
        if start & 7:
            self.fail(f"a string must begin at a byte boundary, not {start & 7} bits after one",
                      name, index)  # fmt: skip
        stop = self.find_zero_byte(start >> 3, self.end >> 3)
        if stop < 0:
            self.raise_incomplete(self.end - start + 8, name, index, NO_END)
        raw = bytes(self.source[start >> 3 : stop])
        try:
            value = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self.fail(f"the string is not UTF-8: {error.reason} at byte {error.start} of it",
                      name, index, raw[:40], "UTF-8")  # fmt: skip
        self.position = 8 * (stop + 1)
        if self.trace is not None or self.rules is not None:
            self.record(start, name, index, "st(v)", value)
        return value

    def bs(self, name: str, index: Any = None) -> memoryview:
        """Read the bytes up to the end, as a view on the data."""
        start = self.position
        if start & 7:
            self.fail(f"bytes must begin at a byte boundary, not {start & 7} bits after one",
                      name, index)  # fmt: skip
        stop = self.end >> 3
        value = self.source[start >> 3 : stop]
        self.position = 8 * stop
        if self.trace is not None or self.rules is not None:
            self.record(start, name, index, "bs(v)", value)
        return value

    def span(self, begin: int, end: int) -> Any:
        """Return the bytes between two bits that begin bytes."""
        return self.source[begin >> 3 : end >> 3]

    def bits(self, name: str) -> bytes:
        """Read the bits up to the end, wherever they begin; zeros fill the last byte."""
        start = self.position
        count = self.end - start
        value = (self.read_bits(start, count) << (-count & 7)).to_bytes((count + 7) >> 3, "big")
        self.position = self.end
        if self.trace is not None or self.rules is not None:
            self.record(start, name, None, f"f({count})", value)
        return value

    def u_array(self, n: int, count: int, name: str) -> np.ndarray:
        """Read `count` unsigned integers of `n` bits each (at most 64).

        Returns:
            One-dimensional array of the narrowest unsigned dtype that holds `n` bits.
        """
        start = self.position
        if count < 0 or n * count > self.end - start:
            self.raise_incomplete(max(n * count, 0), name, f"0..{count - 1}")
        values = unpack_fixed_width(self.source, start, n, count)
        self.position = start + n * count
        if self.trace is not None or self.rules is not None:
            self.record_array(start, n, name, f"u({n})", values)
        return values

    def flt_array(self, n: int, count: int, name: str) -> np.ndarray:
        """Read `count` IEEE 754 numbers of `n` bits each, NaNs included.

        Returns:
            One-dimensional little-endian float array; a view on the data at a byte boundary.
        """
        start = self.position
        if count < 0 or n * count > self.end - start:
            self.raise_incomplete(max(n * count, 0), name, f"0..{count - 1}")
        width = n >> 3
        if start & 7:
            raw = unpack_fixed_width(self.source, start, 8, count * width).data
        else:
            raw = self.source[start >> 3 : (start >> 3) + count * width]
        values = np.frombuffer(raw, dtype=f"<f{width}")
        self.position = start + n * count
        if self.trace is not None or self.rules is not None:
            self.record_array(start, n, name, f"flt({n})", values)
        return values

    def byte_alignment(self, index: Any = None) -> int | None:
        """Read the bits up to the next byte boundary, at least one (clause 6.3.5).

        Args:
            index: which one, where it stands in a loop.

        Returns:
            None for a 1 and zeros, as the syntax wants it; else the bits found, as an integer.
        """
        start = self.position
        n = 8 - (start & 7)
        if n > self.end - start:
            self.raise_incomplete(n, "byte_alignment", index)
        value = self.read_bits(start, n)
        self.position = start + n
        if self.trace is not None or self.rules is not None:
            self.record(start, "byte_alignment", index, f"f({n})", value)
        return None if value == ONE << (n - 1) else value

    def padding(self, boundary: int, fill: int, index: Any = None) -> int | None:
        """Read the bits up to the next multiple of `boundary`, none if this is one.

        Args:
            boundary: 8 for the end of the byte.
            fill: what the bits are: 0, 1, or -1 for any.
            index: which one, where it stands in a loop.

        Returns:
            None for no bits and for those that `fill` says; else the bits, as an integer.
        """
        if boundary < 1:
            self.fail("no boundary to fill up to", "padding", index, boundary, "1 and above")
        n = self.width(-self.position % boundary, "padding", index)
        if n == 0:
            return None
        if n > self.end - self.position:
            self.raise_incomplete(n, "padding", index)
        start = self.position
        value = self.read_bits(start, n)
        self.position = start + n
        if self.trace is not None:
            self.record(start, "padding", index, f"f({n})", value)
        return None if value == filling(n, fill) else value

    def code(
        self, descriptor: str, arguments: tuple[int, ...], name: str, index: Any = None
    ) -> Any:
        """Read an element by one of the codings of `nnc.bitio.codings`."""
        start = self.position
        trace, rules = self.trace, self.rules
        self.trace = self.rules = None
        try:
            value = CODINGS[descriptor].read(self, arguments, name, index)
        finally:
            self.trace, self.rules = trace, rules
        if trace is not None or rules is not None:
            inside = ", ".join([str(argument) for argument in arguments])
            self.record(start, name, index, f"{descriptor}({inside})", value)
        return value

    def more_data(self) -> bool:
        """Tell whether any bits are left."""
        return self.position < self.end

    def more_rbsp_data(self) -> bool:
        """Tell whether more is left than the trailing bits: a 1 and zeros (H.264, 7.2)."""
        last = (self.end + 7) >> 3
        while last > self.position >> 3:
            last -= 1
            byte = self.data[last]
            if 8 * (last + 1) > self.end:
                byte &= 0xFF << (8 * (last + 1) - self.end)
            if byte:
                lowest = (byte & -byte).bit_length()
                return 8 * (last + 1) - lowest > self.position
        return False

    def next_bits(self, n: Any) -> int:
        """Return the next `n` bits without reading them; -1 where fewer are left."""
        if n < 0 or n > self.end - self.position:
            return -1
        return self.read_bits(self.position, n)

    def byte_aligned(self) -> bool:
        """Tell whether the position is at a byte boundary."""
        return self.position & 7 == 0

    def fail(
        self,
        message: str,
        name: str,
        index: Any = None,
        value: Any = None,
        allowed: str = "",
        code: str = "",
    ) -> Any:
        """Raise an `InvalidError` at this place."""
        raise InvalidError(
            message,
            code=code,
            path=self.path(name, index),
            bit_position=self.position,
            value=value,
            allowed=allowed,
        )

    def raise_incomplete(self, wanted: int, name: str, index: Any, message: str = "") -> Any:
        """Raise an `IncompleteError` for an element that needs `wanted` bits from here."""
        missing = wanted - (self.end - self.position)
        raise IncompleteError(
            message or f"the data end at least {missing} bit{'s' * (missing != 1)} too early",
            missing_bits=missing,
            path=self.path(name, index),
            bit_position=self.position,
        )

    def record(self, start: int, name: str, index: Any, descriptor: str, value: Any) -> None:
        """Append an element to the trace, and hold it to its rules."""
        if self.trace is not None:
            path = self.path(name, index)
            entry = (start, self.position - start, path, descriptor, value)
            self.trace.append(new_tuple(TraceEntry, entry))
        if self.rules is not None:
            self.rules.see(self, start, name, index, value)

    def record_array(self, start: int, n: int, name: str, descriptor: str, values: Any) -> None:
        """Append each element of a vector read to the trace, and hold it to its rules."""
        for j, value in enumerate(values.tolist()):
            if self.trace is not None:
                path = self.path(name, j)
                self.trace.append(
                    new_tuple(TraceEntry, (start + j * n, n, path, descriptor, value))
                )
            if self.rules is not None:
                self.rules.see(self, start + j * n, name, j, value)

    def read_bits(self, start: int, n: int) -> int:
        """Return `n` bits at `start` as an unsigned integer; they are known to be there."""
        if n <= 56:
            return self.read_word(start, n)
        if n <= 64:
            word = self.read_word(start, n - 32)
            return (word << 32) | self.read_word(start + n - 32, 32)
        first = start >> 3
        last = (start + n + 7) >> 3
        whole = int.from_bytes(self.source[first:last], "big")
        return (whole >> (8 * last - start - n)) & ((ONE << n) - 1)

    def read_word(self, start: int, n: int) -> int:
        """Return at most 56 bits at `start`: never more than eight bytes are touched."""
        if n == 0:
            return 0
        word = 0
        first = start >> 3
        last = (start + n + 7) >> 3
        for j in range(first, last):
            word = (word << 8) | self.data[j]
        drop = 8 * last - start - n
        mask = 1
        mask = (mask << n) - 1
        return (word >> drop) & mask

    def read_exp_golomb(self, k: int, name: str, index: Any) -> int:
        """Read the code itself: each zero bit adds a power of two and widens what follows."""
        start = self.position
        order = k
        place = start
        while True:
            if place >= self.end:
                self.raise_incomplete(place - start + 1 + order, name, index)
            if (self.data[place >> 3] >> (7 - (place & 7))) & 1:
                break
            order += 1
            place += 1
            if order > MAXIMUM_EXP_GOLOMB_ORDER:
                self.fail(
                    f"the Exp-Golomb code begins with {order - k} zeros or more, too many",
                    name,
                    index,
                    None,
                    "numbers below 2 to the 64",
                )
        place += 1
        if order > self.end - place:
            self.raise_incomplete(place - start + order, name, index)
        suffix = self.read_bits(place, order)
        self.position = place + order
        # The zero bits have added 2^k + 2^(k+1) + ... + 2^(order-1).
        if order < 62:
            low = 1
            low = (low << order) - (low << k)
            return suffix + low
        return suffix + (ONE << order) - (ONE << k)

    def find_zero_byte(self, first: int, last: int) -> int:
        """Return the place of the first zero byte, or -1."""
        for j in range(first, last):
            if self.data[j] == 0:
                return j
        return -1
