"""What two pieces of data differ in: elements by path, other bytes by their number."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nnc.bitio.table import same_value
from nnc.engine.schema_rules import Piece
from nnc.engine.tracing import TracedElement, is_alignment

#: How many bytes are compared at a time.
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that isn't the same in two bitstreams.

    Attributes:
        kind: `changed` for an element with another value; `only in A`, `only in B` for an
            element or unit; `bytes` for a payload and other bytes that aren't elements;
            `moved` for a unit that others have changed places with; `levels` for a tensor;
            `undecoded` for a payload whose levels can't be compared.
        path_a: path in the first bitstream, None where it isn't there.
        path_b: path in the second.
        value_a: value in the first; of a unit its type and tensors; None for bytes; why its
            levels can't be decoded, if they can't.
        value_b: value in the second.
        bits_a: size in the first, in bits.
        bits_b: size in the second.
        count: number of bytes or levels that differ, None where sizes or shapes do.
    """

    kind: str
    path_a: str | None
    path_b: str | None
    value_a: Any = None
    value_b: Any = None
    bits_a: int | None = None
    bits_b: int | None = None
    count: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data; bytes as hexadecimal text."""
        content = asdict(self)
        for name in ("value_a", "value_b"):
            if isinstance(content[name], bytes | memoryview):
                content[name] = bytes(content[name]).hex()
        return content


def diff_elements(
    a: Piece, b: Piece, data_a: memoryview, data_b: memoryview
) -> Iterator[Difference]:
    """Compare the elements of two pieces by their paths within these."""
    others = {element.path.removeprefix(b.path): element for element in b.elements}
    for element in a.elements:
        other = others.pop(element.path.removeprefix(a.path), None)
        if other is None:
            if not is_regular(element):
                yield one_sided(True, element.path, element.value, element.bits)
        elif element.is_syntax:
            if element.value == other.value and element.bits == other.bits:
                continue
            if not (is_regular(element) and is_regular(other)):
                yield from changed(element, other)
        else:
            yield from diff_bytes(element, other, data_a, data_b)
    for other in others.values():
        if not is_regular(other):
            yield one_sided(False, other.path, other.value, other.bits)


def is_regular(element: TracedElement) -> bool:
    """Tell whether an element is regular alignment, which only follows from what is before."""
    return is_alignment(element) and element.value == 1 << (element.bits - 1)


def one_sided(in_a: bool, path: str, value: Any, bits: int) -> Difference:
    """Return the difference for what only one of both has."""
    if in_a:
        return Difference("only in A", path, None, value, bits_a=bits)
    return Difference("only in B", None, path, None, value, bits_b=bits)


def changed(a: TracedElement, b: TracedElement) -> Iterator[Difference]:
    """Yield the difference between two elements, if there is one."""
    if not same_value(a.value, b.value) or a.bits != b.bits:
        yield Difference("changed", a.path, b.path, a.value, b.value, a.bits, b.bits)


def diff_bytes(
    a: TracedElement, b: TracedElement, data_a: memoryview, data_b: memoryview
) -> Iterator[Difference]:
    """Compare bytes that aren't elements of the syntax."""
    first = data_a[a.position >> 3 : (a.position + a.bits + 7) >> 3]
    second = data_b[b.position >> 3 : (b.position + b.bits + 7) >> 3]
    count = count_different(first, second) if len(first) == len(second) else None
    if count != 0:
        yield Difference("bytes", a.path, b.path, None, None, a.bits, b.bits, count)


def count_different(a: memoryview, b: memoryview) -> int:
    """Count the bytes in which two runs of the same length differ."""
    total = 0
    for start in range(0, len(a), PIECE):
        first = np.frombuffer(a[start : start + PIECE], np.uint8)
        second = np.frombuffer(b[start : start + PIECE], np.uint8)
        total += int(np.count_nonzero(first != second))
    return total


def equal(a: memoryview, b: memoryview) -> bool:
    """Tell whether two runs of bytes are the same."""
    return len(a) == len(b) and count_different(a, b) == 0


def longest_ascending(numbers: Sequence[int]) -> set[int]:
    """Return a longest part of different numbers that ascends."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        place = bisect.bisect_left(ends, number)
        before[number] = ends[place - 1] if place else None
        ends[place : place + 1] = [number]
    chosen: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        chosen.add(last)
        last = before[last]
    return chosen
