"""Functions of the schema's expressions, and the checks that generated code has in common.

Generated; do not edit.
Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543
"""

# ruff: noqa: N803

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

import numpy as np

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.errors import InvalidError

T = TypeVar("T")


class OutsideError(InvalidError, IndexError):
    """An index lies outside of a table of constants."""


Array = np.ndarray[Any, Any]

#: Bits of the largest number that an expression may come to.
MAXIMUM_BITS = 4096


class Nowhere:
    """Stands for a reader or writer where there is none: whoever calls adds the place."""

    def fail(self, message: str, *place: Any) -> NoReturn:
        """Raise an `InvalidError` that has no place yet."""
        value, allowed, code = place[2:]
        raise InvalidError(message, value=value, allowed=allowed, code=code)


NOWHERE = Nowhere()

#: Makes an object without running its `__init__`; the parser then sets all fields.
new = object.__new__


def ceil(x: float) -> int:
    """Return the smallest integer that is not below `x`."""
    return math.ceil(x)


def clip3(low: int, high: int, x: int) -> int:
    """Return `x` moved into low..high."""
    return low if x < low else high if x > high else x


def floor(x: float) -> int:
    """Return the largest integer that is not above `x`."""
    return math.floor(x)


def log2(stream: Any, x: float) -> float:
    """Return the logarithm to base 2."""
    if x <= 0:
        stream.fail("there is no such logarithm", "", None, x, "above 0", "bad-logarithm")
    return math.log2(x)


def prod(stream: Any, values: Iterable[int]) -> int:
    """Return the product of all values, 1 if there is none."""
    result = 1
    for value in values:
        result = number(stream, result * int(value), "")
    return result


def nearest(x: float) -> int:
    """Return the nearest integer, halves away from zero."""
    return sign(x) * math.floor(abs(x) + 0.5)


def flat(values: Iterable[Any]) -> Iterator[Any]:
    """Return the values, those in lists one by one."""
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def largest(*values: Any) -> Any:
    """Return the largest of all values, those in lists too."""
    return max(flat(values))


def least(*values: Any) -> Any:
    """Return the least of all values, those in lists too."""
    return min(flat(values))


def sign(x: float) -> int:
    """Return -1, 0 or 1."""
    return (x > 0) - (x < 0)


def quotient(stream: Any, a: int, b: int) -> int:
    """Divide as C does: towards zero."""
    if b == 0:
        stream.fail("a division by 0", "", None, None, "", "division-by-zero")
    magnitude = abs(a) // abs(b)
    return magnitude if (a < 0) == (b < 0) else -magnitude


def remainder(stream: Any, a: int, b: int) -> int:
    """Return what `quotient` leaves."""
    return a - b * quotient(stream, a, b)


def shifted_left(stream: Any, a: int, count: int) -> int:
    """Return `a` shifted to the left."""
    if not 0 <= count <= MAXIMUM_BITS:
        stream.fail("no shift of a number", "", None, count, f"0..{MAXIMUM_BITS}", "bad-shift")
    return number(stream, a << count, "")


def shifted_right(stream: Any, a: int, count: int) -> int:
    """Return `a` shifted to the right."""
    if count < 0:
        stream.fail("no shift of a number", "", None, count, "0 and above", "bad-shift")
    return a >> count


def number(stream: Any, value: int, name: str) -> int:
    """Return a number that an expression comes to, if it hasn't too many bits."""
    if value.bit_length() > MAXIMUM_BITS:
        allowed = f"at most {MAXIMUM_BITS} bits"
        stream.fail("a number grows too large", name, None, value, allowed, "large-number")
    return value


def block_rows_minus1(rows: int, scanOrder: int) -> int:
    """Return the number of block rows of a matrix, minus one; 0 for an empty one."""
    return max(
        shifted_right(NOWHERE, rows + shifted_left(NOWHERE, 4, scanOrder) - 1, 2 + scanOrder) - 1, 0
    )


def largest_level(codebookSize: int, zeroOffset: int) -> int:
    """Return the largest magnitude that a level can have."""
    return max(zeroOffset, codebookSize - 1 - zeroOffset) if codebookSize > 0 else 2147483647


def required(stream: BitWriter, value: T | None, name: str) -> T:
    """Return the value, if it is there.

    Raises:
        BuildError: it is None.
    """
    if value is None:
        stream.fail("the element is missing", name, code="missing-element")
    assert value is not None
    return value


def refuse(stream: BitWriter, obj: Any, *names: str) -> None:
    """Check that elements are absent whose condition doesn't hold.

    Raises:
        BuildError: one is there.
    """
    for name in names:
        if getattr(obj, name) is not None:
            message = "the element is there though its condition doesn't hold"
            stream.fail(message, name, code="unexpected-element")


def counted(stream: BitWriter, values: Any, count: int, name: str, index: Any = None) -> Any:
    """Return a list or array back, if it has as many values as its loop has passes.

    Raises:
        BuildError: it is missing, no list, or of another length.
    """
    length = size_of(stream, values, name, index)
    if length != max(count, 0):
        allowed = str(max(count, 0))
        stream.fail("wrong number of values", name, index, length, allowed, "wrong-count")
    return values


def listed(stream: BitWriter, values: Any, name: str) -> Any:
    """Return the list, if it is one.

    Raises:
        BuildError: it is missing or no list.
    """
    size_of(stream, values, name, None)
    return values


def size_of(stream: BitWriter, values: Any, name: str, index: Any) -> int:
    """Return the length of a list or array."""
    if values is None:
        missing(stream, name, index)
    if not isinstance(values, list | tuple | np.ndarray) or getattr(values, "ndim", 1) == 0:
        stream.fail("not a list", name, index, values, "a list")
    return len(values)


def missing(stream: BitWriter, name: str, index: Any) -> NoReturn:
    """Raise the error for an element that isn't there."""
    stream.fail("the element is missing", name, index, code="missing-element")
    raise AssertionError(name)


def item(stream: BitWriter, values: Sequence[T], position: int, name: str) -> T:
    """Return the next value of a list in order of writing.

    Raises:
        BuildError: there are no more.
    """
    if position >= len(values):
        stream.fail("too few values", name, position, len(values), code="too-few")
    return values[position]


def finished(stream: BitWriter, values: Sequence[Any], position: int, name: str) -> None:
    """Check that a list has no more values than were written.

    Raises:
        BuildError: there are more.
    """
    if position != len(values):
        stream.fail("too many values", name, None, len(values), str(position), "too-many")


def entry(stream: BitReader | BitWriter, index: int, size: int, name: str) -> int:
    """Return the index of an entry back, if the array has one of that index.

    Raises:
        InvalidError: it hasn't, when parsing.
        BuildError: it hasn't, when building.
    """
    if not 0 <= index < size:
        allowed = f"0..{size - 1}" if size > 0 else "none, the array is empty"
        stream.fail("index outside of the array", name, index, index, allowed, "outside-array")
    return index


def indexed(stream: BitReader | BitWriter, values: Sequence[T], index: int, name: str) -> T:
    """Return one value of a list.

    Raises:
        InvalidError: the index is outside of the list, when parsing.
        BuildError: it is, when building.
    """
    if not 0 <= index < len(values):
        allowed = f"0..{len(values) - 1}" if len(values) else "none, the list is empty"
        stream.fail("index outside of the list", name, index, index, allowed)
    return values[index]


def array(entries: dict[int, int], size: int) -> list[int]:
    """Return the entries of an array as a list; those never set are 0."""
    return [entries.get(index, 0) for index in range(size)]


def made(stream: BitReader | BitWriter, sizes: tuple[int, ...], name: str) -> tuple[int, ...]:
    """Return back the sizes of an array of several dimensions, whose entries are made.

    Raises:
        LimitError: they are too many.
    """
    stream.make(math.prod(max(size, 0) for size in sizes), name)
    return tuple(max(size, 0) for size in sizes)


def entries(
    stream: BitReader | BitWriter, indices: tuple[int, ...], sizes: tuple[int, ...], name: str
) -> tuple[int, ...]:
    """Return the indices of an entry of an array of several dimensions, if they are within it.

    Raises:
        InvalidError: one isn't, when parsing.
        BuildError: one isn't, when building.
    """
    for index, size in zip(indices, sizes, strict=True):
        entry(stream, index, size, name)
    return indices


def at(values: Sequence[T], index: int) -> T:
    """Return one value of a constant table.

    Raises:
        OutsideError: the index is outside of it.
    """
    if not 0 <= index < len(values):
        raise OutsideError(
            "index outside of the table", value=index, allowed=f"0..{len(values) - 1}"
        )
    return values[index]


def arrays(entries: dict[tuple[int, ...], int], sizes: tuple[int, ...]) -> list[Any]:
    """Return the entries of an array of several dimensions as lists of lists."""
    if len(sizes) == 1:
        return [entries.get((index,), 0) for index in range(sizes[0])]
    rows: list[dict[tuple[int, ...], int]] = [{} for _ in range(sizes[0])]
    for (first, *rest), value in entries.items():
        rows[first][tuple(rest)] = value
    return [arrays(row, sizes[1:]) for row in rows]


def grown(entries: dict[int, Any], size: int) -> list[Any]:
    """Return the entries of an array that grew, up to the last that was set."""
    if not entries:
        return []
    lists = any(isinstance(value, list) for value in entries.values())
    return [entries.get(index, [] if lists else 0) for index in range(max(entries, default=-1) + 1)]


def filler(values: Sequence[int], position: int, value: int) -> int:
    """Return a value that fills up to a boundary: one that was read, or the regular one."""
    return values[position] if position < len(values) else value


def irregular(values: list[int | None]) -> list[int | None] | None:
    """Return the alignment bits of a loop, or None where all are regular."""
    return values if any(value is not None for value in values) else None


def padding(values: Sequence[int | None], position: int) -> int | None:
    """Return the alignment bits of one pass of a loop; None: the regular ones."""
    return values[position] if position < len(values) else None


def extent_end(stream: BitReader, start: int, size: int, name: str) -> int:
    """Return the end of a table that is `size` bits long and began at bit `start`.

    Raises:
        InvalidError: the size is smaller than what of it was already read.
        IncompleteError: the data end before.
    """
    end = start + size
    if end < stream.position:
        stream.fail("the size is too small", "", None, size, f"{stream.position - start} and above")
    if end > stream.end:
        stream.raise_incomplete(
            end - stream.position, "", None, f"the size of {name} runs past the data"
        )
    return end


def trailing(stream: BitReader) -> bytes | memoryview:
    """Read what is left of a table's extent: whole bytes, or bits that zeros fill up to some."""
    left = stream.end - stream.position
    if left == 0:
        return b""
    if left & 7 == 0 and stream.position & 7 == 0:
        return stream.bs("trailing_data")
    return stream.bits("trailing_data")


def write_rest(stream: BitWriter, value: Any) -> None:
    """Write what was left of the bytes that a transform makes."""
    if len(value):
        bits = 8 * len(value) - (stream.position & 7)
        write_trailing(stream, value, stream.position, bits, "the rest")


def write_trailing(stream: BitWriter, value: Any, start: int, size: int | None, name: str) -> None:
    """Write what was left of a table's extent, and check that the table is as long as it says.

    A table without a size goes up to the end, wherever that is.

    Raises:
        BuildError: it has another size.
    """
    if size is None:
        write_rest(stream, value)
        return
    left = start + size - stream.position
    rest = left & 7
    if (rest or stream.position & 7) and left > 0 and 8 * len(value) == left + (-left & 7):
        last = value[-1] if rest else 0
        if not last & ((1 << (-rest & 7)) - 1):
            for byte in value[: left >> 3]:
                stream.put(8, byte)
            stream.put(rest, last >> (-rest & 7))
            return
    if len(value):
        stream.bs(value, "trailing_data")
    if stream.position != start + size:
        if stream.filler is not None and stream.filler.lenient and stream.filler.guesses:
            stream.filler.passed_over = True
            return
        written = stream.position - start
        told = f"{written} bits"
        stream.fail(f"the size of {name} is wrong", "", None, size, told, code="wrong-extent")
