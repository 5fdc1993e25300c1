# cython: annotation_typing=False
"""Reading and writing bits, most significant bit of the first byte first (clauses 6.1.2, 6.1.3).

The verbs are the descriptors of the syntax tables: `u`, `i`, `ue`, `ie`, `flt`, `st`, `bs` and
`byte_alignment`, each once in `BitReader` and once in `BitWriter`. Both check everything (the
end of the data, that a value fits), so that who calls them needn't, and both know the syntax
path of what they are at, so that an error names it. Where a C compiler was at hand this module
is compiled (the types stand in `bits.pxd`); it behaves the same as plain Python.
"""

from __future__ import annotations

import math
import struct
from typing import Any, NamedTuple

import numpy as np

from nnc.bitio.codings import CODINGS
from nnc.bitio.errors import (
    WIDEST_IN_TEXT,
    BuildError,
    IncompleteError,
    InvalidError,
    LimitError,
    shortened,
)
from nnc.bitio.limits import STANDARD_LIMITS

# An Exp-Golomb code may be as long as its data; nothing in the format needs numbers beyond
# 64 bits, and a limit keeps a run of zero bytes from turning into one huge integer.
MAXIMUM_EXP_GOLOMB_ORDER = 64

# A shift of this one is a shift of Python's integers, compiled or not: it can't overflow.
ONE = 1

FLOAT_FORMATS = {16: "<e", 32: "<f", 64: "<d"}

#: Tables that read nothing are free up to so many for each bit that was read.
TABLES_PER_BIT = 8

#: Passes of loops that compute only are free up to so many for each bit: some 400 stand in the
#: header of a frame of AV1, which may have as few as 16 bits.
PASSES_PER_BIT = 32


class TraceEntry(NamedTuple):
    """One element as it was read: where, how wide, what."""

    position: int
    bits: int
    path: str
    descriptor: str
    value: Any


#: Makes an entry from a tuple of its parts, in half the time of a call.
new_tuple = tuple.__new__


def index_text(index: Any) -> str:
    """Return an index (None, an integer or a tuple of them) as `[1][2]`."""
    if index is None:
        return ""
    if isinstance(index, tuple):
        return "".join([f"[{i}]" for i in index])
    return f"[{index}]"


def path_text(stack: list[Any], name: str, index: Any) -> str:
    """Join the entered tables and the element into a path.

    A table whose field has the table's own name is left out: its elements are found from the
    caller all the same, and `header.dq_flag` reads better than the names of all tables between.
    """
    text = ""
    for field, table, place in stack:
        if place is not None:
            text += field + index_text(place) + "."
        elif field and field != table:
            text += field + "."
    if index is not None:
        name += index_text(index)
    return text + name if name else text[:-1]


#: What is wrong with a string whose zero byte is missing.
NO_END = "the data end before the zero byte that ends the string"


def unsigned_text(n: int) -> str:
    """Return the values of `n` bits, as messages say them."""
    return f"0..{(ONE << n) - 1}" if n <= WIDEST_IN_TEXT else f"0..2 to the {n} minus 1"


def signed_text(n: int) -> str:
    """Return the values of `n` bits in two's complement, as messages say them."""
    if n > WIDEST_IN_TEXT:
        return f"numbers of {n} bits"
    half = (ONE << n) >> 1
    return f"{-half}..{half - 1}" if n else "none"


def limit_error(stream: Any, what: str, name: str, index: Any, limit: str) -> LimitError:
    """Return the error for what is beyond one of the limits of a reader or writer."""
    return LimitError(
        what,
        code=f"limit-{limit}",
        path=stream.path(name, index).rstrip("."),
        bit_position=stream.position,
        allowed=f"at most {getattr(stream.limits, limit)}",
        hint=f"the limit `{limit}` can be raised",
    )


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


def filling(n: int, fill: int) -> int:
    """Return the regular bits of a padding of `n` bits."""
    return (ONE << n) - 1 if fill == 1 else 0


def narrowest_unsigned(n: int) -> np.dtype:
    """Return the narrowest unsigned dtype that holds `n` bits."""
    return np.dtype(f"u{1 if n <= 8 else 2 if n <= 16 else 4 if n <= 32 else 8}")


def unpack_fixed_width(source: memoryview, start: int, n: int, count: int) -> np.ndarray:
    """Unpack `count` unsigned integers of `n` bits that begin at bit `start`.

    Works in pieces, so that no more than a few megabytes are used besides the result.
    """
    dtype = narrowest_unsigned(n)
    result = np.zeros(count, dtype=dtype)
    if n == 0:
        return result
    if n in (8, 16, 32, 64) and start & 7 == 0:
        first = start >> 3
        raw = source[first : first + count * (n >> 3)]
        result[:] = np.frombuffer(raw, dtype=dtype.newbyteorder(">"))
        return result
    piece = 1 << 16
    weights = 1 << np.arange(n - 1, -1, -1, dtype=np.uint64)
    for done in range(0, count, piece):
        some = min(piece, count - done)
        begin = start + done * n
        stop = begin + some * n
        pieces = np.frombuffer(source[begin >> 3 : (stop + 7) >> 3], dtype=np.uint8)
        bits = np.unpackbits(pieces)[begin & 7 : (begin & 7) + some * n].reshape(some, n)
        result[done : done + some] = bits.astype(np.uint64) @ weights
    return result
