"""Elements as they were read: place, bits, value, and what the schema says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from sys import intern
from typing import Any

from nnc.bitio import BitReader, TraceEntry
from nnc.engine.path_names import distinct_paths
from nnc.engine.values import enums_of

#: Names for bits that no element of the syntax stands for.
PAYLOAD, TRAILING, UNREAD = "payload", "trailing", "unread"

#: Entries of one list that are traced each by itself.
LONGEST_LIST = 1 << 14

#: An entry of a reader's stack: field, table, index.
Entered = tuple[str, str, Any]


@dataclass(slots=True)
class TracedElement:
    """One element as it was read.

    Attributes:
        position: its first bit, counted from the first bit of the data.
        bits: how many it has.
        path: syntax path with indices, different for each element of the bitstream.
        descriptor: how it is coded, `u(5)`; "" for bits that aren't an element.
        value: what was read; None for bits that aren't an element. For the rest of a very
            long list (its index ends with ":") the list of its values.
        stack: the tables around it, from the outside, as (field, table, index).
        tables: what reads and writes the tables of the format, by name.
        name: its name, without indices.
    """

    position: int
    bits: int
    path: str
    descriptor: str
    value: Any
    stack: tuple[Entered, ...]
    tables: Mapping[str, Any] = field(repr=False, compare=False)
    name: str = field(repr=False, compare=False)

    @property
    def index(self) -> str:
        """Its indices as text, `[1][2]`, or ""."""
        _, bracket, rest = self.path.rpartition(".")[2].partition("[")
        return bracket + rest

    @property
    def values(self) -> list[Any]:
        """The value, or those of the rest of a list, as a list."""
        return self.value if isinstance(self.value, list) else [self.value]

    @property
    def byte_bit(self) -> str:
        """The position as `byte.bit`."""
        return byte_bit(self.position)

    @property
    def table(self) -> str:
        """Name of the table that it stands in."""
        return self.stack[-1][1] if self.stack else ""

    @property
    def description(self) -> Any:
        """What the schema says about it; None where it says nothing."""
        syntax = self.tables.get(self.table)
        return None if syntax is None else syntax.elements.get(self.name)

    @property
    def schema_line(self) -> str:
        """`file:line` of the schema for it; "" for what isn't an element."""
        syntax = self.tables.get(self.table)
        if syntax is None:
            return ""
        description = syntax.elements.get(self.name)
        if description is None:
            return str(syntax.schema)
        return f"{syntax.schema.rpartition(':')[0]}:{description.line}"

    @property
    def is_syntax(self) -> bool:
        """Whether it is an element of the syntax, and not a name of ours for other bits."""
        return self.descriptor != ""

    @property
    def value_name(self) -> str:
        """Name of the value; `reserved`, `unspecified`; "" where there is none."""
        description = self.description
        if description is None or description.enum is None:
            return ""
        kind = enums_of(self.tables[self.table])[description.enum]
        if issubclass(kind, IntFlag):
            return "|".join(str(flag.name) for flag in kind if self.value & flag)
        try:
            return str(kind(self.value).name)
        except ValueError:
            unnamed: str = description.unnamed_kind(self.value)
            return unnamed

    def bit_text(self, data: memoryview) -> str:
        """Return its bits as 0 and 1."""
        first, last = self.position >> 3, (self.position + self.bits + 7) >> 3
        whole = int.from_bytes(data[first:last], "big")
        shifted = whole >> (8 * last - self.position - self.bits)
        return f"{shifted & ((1 << self.bits) - 1):0{self.bits}b}" if self.bits else ""


def name_of(path: str) -> str:
    """Return the name at the end of a path, without indices: `units[3].header` -> `header`."""
    name = path[path.rfind(".") + 1 :]
    return intern(name.partition("[")[0] if name[-1:] == "]" else name)


def byte_bit(position: int) -> str:
    """Return a position in bits as `byte.bit`."""
    return f"{position >> 3}.{position & 7}"


class Sink:
    """Takes over what a reader notes, together with the tables around it.

    A list may have millions of entries: what comes after its first LONGEST_LIST is kept in one
    element.
    """

    def __init__(self, reader: BitReader, elements: list[TracedElement], tables: Mapping[str, Any]):
        """Append to `elements` what `reader` reads of a format's tables."""
        self.reader, self.tables = reader, tables
        self.elements = elements
        self.list_path = ""
        self.list_length = 0
        self.stack: tuple[Entered, ...] = ()
        #: Tables that stand in no list, each once: there may be very many of the same.
        self.entered: dict[Entered, Entered] = {}

    def append(self, entry: TraceEntry) -> None:
        """Take one element."""
        position, bits, path, descriptor, value = entry
        # The index has to be the element's own: that of a unit stands before a dot.
        list_path = path.rpartition("[")[0] if path[-1:] == "]" else ""
        if not list_path or list_path != self.list_path:
            self.list_path, self.list_length = list_path, 0
        self.list_length += 1
        if self.list_length > LONGEST_LIST + 1:
            rest = self.elements[-1]
            rest.bits += bits
            rest.value.append(value)
            return
        if self.list_length > LONGEST_LIST:
            path, value = f"{path[:-1]}:]", [value]
        stack = tuple(self.reader.stack)
        if stack != self.stack:
            known = self.entered
            self.stack = tuple(
                [one if one[2] is not None else known.setdefault(one, one) for one in stack]
            )
        self.elements.append(
            TracedElement(
                position, bits, path, descriptor, value, self.stack, self.tables, name_of(path)
            )
        )


def name_apart(elements: Sequence[TracedElement]) -> None:
    """Give elements whose short paths are the same paths that tell them apart."""
    if has_namesakes(elements):
        paths = distinct_paths([(element.path, element.stack) for element in elements])
        for element, path in zip(elements, paths, strict=True):
            element.path = path


def has_namesakes(elements: Sequence[TracedElement]) -> bool:
    """Tell whether elements of one name stand in several tables."""
    tables: dict[str, Any] = {}
    for one in elements:
        stack = one.stack
        # Elements side by side share their stack.
        first = tables.setdefault(one.name, stack)
        if first is not stack and first != stack:
            return True
    return False


def is_alignment(element: TracedElement) -> bool:
    """Tell whether an element is bits up to a byte boundary."""
    return element.is_syntax and element.name == "byte_alignment"
