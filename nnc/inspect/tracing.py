"""Every element of a bitstream with its place and bits, up to a fault and after it.

The generated parsers note each element they read. Here they are driven unit by unit, so that
a unit that breaks the syntax costs only its own rest: its size still tells where the next one
begins. What no element covers is there too, under names of ours: `payload` for bytes that
aren't a syntax table, `trailing` for bytes after one, `unread` for what follows a fault. The
elements of a trace thus cover each bit of the data once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from sys import intern
from typing import Any, Unpack

import nnc.syntax
from nnc.bitio import BitReader, BitstreamError, IncompleteError, MissingValueError, TraceEntry
from nnc.bitstream import OutOfBand, OutOfBandKeywords, Unit, type_name
from nnc.bitstream.mapped import view_of
from nnc.bitstream.parser import UnitParser
from nnc.bitstream.paths import distinct_paths
from nnc.bitstream.places import located
from nnc.bitstream.unit import kind_of
from nnc.syntax import TABLES, Element, NnrUnitSize, NnrUnitType

#: Names for bits that no element of the syntax stands for.
PAYLOAD, TRAILING, UNREAD = "payload", "trailing", "unread"

#: Stands for the type of a unit whose header can't be read that far.
UNKNOWN_TYPE = "unknown type"

#: Entries of one list that are traced each by itself.
LONGEST_LIST = 1 << 14

#: An entry of a reader's stack: field, table, index.
Place = tuple[str, str, Any]


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
        name: its name, without indices.
    """

    position: int
    bits: int
    path: str
    descriptor: str
    value: Any
    stack: tuple[Place, ...]
    name: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take the name from the path, once: rules compare it many times."""
        self.name = intern(self.path.rpartition(".")[2].partition("[")[0])

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
    def description(self) -> Element | None:
        """What the schema says about it, where it says something."""
        syntax = TABLES.get(self.table)
        return None if syntax is None else syntax.elements.get(self.name)

    @property
    def is_syntax(self) -> bool:
        """Whether it is an element of the syntax, and not a name of ours for other bits."""
        return self.descriptor != ""

    @property
    def value_name(self) -> str:
        """Name of the value, `NNR_NDU`; `reserved`, `unspecified`; "" where there is none."""
        description = self.description
        if description is None or description.enum is None:
            return ""
        kind: type[IntEnum] | type[IntFlag] = getattr(nnc.syntax, description.enum)
        if issubclass(kind, IntFlag):
            return "|".join(str(flag.name) for flag in kind if self.value & flag)
        try:
            return str(kind(self.value).name)
        except ValueError:
            return description.unnamed_kind(self.value)

    def bit_text(self, data: memoryview) -> str:
        """Return its bits as 0 and 1."""
        first, last = self.position >> 3, (self.position + self.bits + 7) >> 3
        whole = int.from_bytes(data[first:last], "big")
        shifted = whole >> (8 * last - self.position - self.bits)
        return f"{shifted & ((1 << self.bits) - 1):0{self.bits}b}" if self.bits else ""


@dataclass(slots=True)
class UnitTrace:
    """What was read of one unit.

    Attributes:
        path: its syntax path, `units[3]`.
        start: its first byte.
        stop: the byte after its last; where its size can't be used, the end of the data.
        unit: the unit as parsed; None where its header can't be.
        payload_start: first byte of its payload, once that is known.
        elements: its elements, without those of units in it.
        units: the units in it.
        error: the fault that ended the reading of the unit.
        missing: the error that says which value, not in the bitstream, its header needs.
        found: the first element of each name, see `element`.
        indexed: how many elements there were when `found` was made.
        kind: name of its type, once it was asked for.
    """

    path: str
    start: int
    stop: int = 0
    unit: Unit | None = None
    payload_start: int | None = None
    elements: list[TracedElement] = field(default_factory=list)
    units: list[UnitTrace] = field(default_factory=list)
    error: BitstreamError | None = None
    missing: MissingValueError | None = None
    found: dict[str, TracedElement] = field(default_factory=dict, repr=False, compare=False)
    indexed: int = field(default=0, repr=False, compare=False)
    kind: str = field(default=UNKNOWN_TYPE, repr=False, compare=False)

    def element(self, name: str) -> TracedElement | None:
        """Return the first element of a name, or None."""
        if self.indexed != len(self.elements):
            self.found = {element.name: element for element in reversed(self.elements)}
            self.indexed = len(self.elements)
        return self.found.get(name)

    @property
    def names(self) -> list[str]:
        """Names of its tensors, as far as they stand in it."""
        if not self.elements and self.unit is not None and self.error is None:
            try:
                return self.unit.names
            except BitstreamError:
                return []
        wanted = ("topology_elem_id", "topology_elem_id_list")
        return [
            name for element in self.elements if element.name in wanted for name in element.values
        ]

    @property
    def type_name(self) -> str:
        """Name of the unit's type, UNKNOWN_TYPE where the data end before it."""
        if self.kind == UNKNOWN_TYPE:
            # That of the header comes before those that an aggregate's header lists.
            element = self.element("nnr_unit_type")
            if element is not None:
                self.kind = type_name(element.value)
            elif self.unit is not None and self.unit.header is not None:
                self.kind = self.unit.type_name
        return self.kind

    def walk(self) -> Iterator[UnitTrace]:
        """Yield the unit, and those in it, in the order of decoding."""
        yield self
        for unit in self.units:
            yield from unit.walk()


@dataclass(frozen=True, slots=True)
class BitstreamTrace:
    """What was read of a bitstream.

    Attributes:
        data: the bytes.
        units: its units.
    """

    data: memoryview
    units: list[UnitTrace]

    def walk(self) -> Iterator[UnitTrace]:
        """Yield all units in the order of decoding, those in aggregates too."""
        for unit in self.units:
            yield from unit.walk()

    def elements(self) -> Iterator[TracedElement]:
        """Yield all elements, in the order of the data."""
        for unit in self.walk():
            yield from unit.elements

    @property
    def errors(self) -> list[BitstreamError]:
        """All faults, in the order in which they were met."""
        return [unit.error for unit in self.walk() if unit.error is not None]

    @property
    def missing(self) -> list[MissingValueError]:
        """For each header that can't be read without values from outside, which ones."""
        return [unit.missing for unit in self.walk() if unit.missing is not None]


def byte_bit(position: int) -> str:
    """Return a position in bits as `byte.bit`."""
    return f"{position >> 3}.{position & 7}"


def trace(
    data: bytes | bytearray | memoryview,
    *,
    most: int | None = None,
    **left_out: Unpack[OutOfBandKeywords],
) -> BitstreamTrace:
    """Trace a bitstream, whatever is wrong with it.

    Args:
        data: the bytes, from the start of the first unit to the end of the last.
        most: after about so many elements units are traced without theirs; None: all are.
        **left_out: what is left out of bitstreams, as for `Bitstream.parse`.

    Returns:
        The elements of all headers and parameter sets; faults stand in it as errors.
    """
    view = view_of(data)
    parser = TracingParser(view, OutOfBand.of(**left_out), most)
    parser.parse_units(0, len(view))
    return BitstreamTrace(view, parser.traces)


class Sink:
    """Takes over what a reader notes, together with the tables around it.

    A list may have a bit for each weight of a model: what comes after its first LONGEST_LIST
    entries is kept in one element.
    """

    def __init__(self, reader: BitReader, elements: list[TracedElement]):
        """Append to `elements` what `reader` reads."""
        self.reader = reader
        self.elements = elements
        self.list_path = ""
        self.list_length = 0
        self.stack: tuple[Place, ...] = ()

    def append(self, entry: TraceEntry) -> None:
        """Take one element."""
        # The index has to be the element's own: that of a unit stands before a dot.
        list_path = entry.path.rpartition("[")[0] if entry.path.endswith("]") else ""
        if not list_path or list_path != self.list_path:
            self.list_path, self.list_length = list_path, 0
        self.list_length += 1
        value: Any = entry.value
        if self.list_length > LONGEST_LIST + 1:
            rest = self.elements[-1]
            rest.bits += entry.bits
            rest.value.append(value)
            return
        path = entry.path
        if self.list_length > LONGEST_LIST:
            path, value = f"{path[:-1]}:]", [value]
        stack = tuple(self.reader.stack)
        if stack != self.stack:
            self.stack = stack
        self.elements.append(
            TracedElement(entry.position, entry.bits, path, entry.descriptor, value, self.stack)
        )


class TracingParser(UnitParser):
    """Reads units as any parser does, notes their elements, and goes on after a fault.

    Attributes:
        traces: the units of the bitstream.
    """

    def __init__(self, data: memoryview, out_of_band: OutOfBand, most: int | None = None):
        """Start at the first byte of `data`, with nothing in force; `most` as for `trace`."""
        super().__init__(data, out_of_band)
        self.left = most
        self.traces: list[UnitTrace] = []
        self.current: UnitTrace | None = None
        self.sink = Sink(self.reader, [])
        self.reader.trace = self.sink

    def parse_units(self, start: int, end: int, depth: int = 0) -> list[Unit]:
        """Trace the units that fill the bytes from `start` to `end`."""
        reader, outer = self.reader, self.current
        traces = self.traces if outer is None else outer.units
        around = len(reader.stack)
        units: list[Unit] = []
        while start < end:
            reader.enter("units", "nnr_unit", len(traces))
            current = self.current = UnitTrace(reader.path(""), start, end)
            traces.append(current)
            self.sink.elements = current.elements
            try:
                self.parse_unit(start, end, depth)
            except BitstreamError as error:
                current.error = current.error or error
                self.take_what_was_read(current)
            del reader.stack[around:]
            if reader.trace is not None:
                complete(current, reader.source)
            elif current.unit is not None and current.unit.payload_syntax is not None:
                trace_payload(current, current.unit, reader.source)
                current.elements.clear()
            self.count(current)
            if current.error is not None:
                current.error.locate(unit_type=current.type_name)
            if current.unit is not None:
                current.missing = current.unit.missing
                if current.missing is not None:
                    number = unit_stack(current.path)[0][2]
                    current.missing.locate(unit=number, unit_type=current.type_name)
                units.append(current.unit)
            start = current.stop
        self.current = outer
        if outer is not None:
            self.sink.elements = outer.elements
        return units

    def count(self, current: UnitTrace) -> None:
        """Note no more elements once a unit has brought their number up to the limit."""
        if self.left is not None:
            self.left -= len(current.elements)
            if self.left <= 0:
                self.reader.trace = None

    def check_size(self, size: NnrUnitSize, start: int, end: int) -> int:
        """Note where the unit ends; of one that is cut off, read what there is."""
        assert self.current is not None
        try:
            self.current.stop = super().check_size(size, start, end)
        except IncompleteError as error:
            if self.reader.position >= 8 * end:
                raise
            number = self.reader.stack[0][2]
            self.current.error = located(error, self.reader).locate(unit=number)
            self.current.stop = end
        return self.current.stop

    def parse_header(self, size: NnrUnitSize, stop: int) -> Unit:
        """Note the unit, which is lost to the caller if its payload is at fault."""
        unit = super().parse_header(size, stop)
        assert self.current is not None
        self.current.unit = unit
        return unit

    def settle_aggregate_tail(self, unit: Unit, begin: int) -> None:
        """Keep the elements of that reading of the header that is settled on."""
        elements = self.sink.elements
        before = len(elements)
        super().settle_aggregate_tail(unit, begin)
        if self.reader.trace is None:
            return
        if "aggregate_has_tail" in unit.given:
            first = next(i for i, element in enumerate(elements) if element.position >= begin)
            del elements[first:before]
        else:
            del elements[before:]

    def take_payload(self, unit: Unit, stop: int, depth: int) -> None:
        """Note where the payload begins."""
        assert self.current is not None
        self.current.payload_start = (self.reader.position + 7) >> 3
        super().take_payload(unit, stop, depth)

    def take_what_was_read(self, current: UnitTrace) -> None:
        """Let the names of a damaged parameter set hold, as far as they were read."""
        unit = current.unit
        if unit is not None and unit.scope is not None and kind_of(unit.nnr_unit_type).persistent:
            self.come_into_force(unit.scope)


def complete(current: UnitTrace, source: memoryview) -> None:
    """Add the elements of a unit's payload, and names for the bits that have none."""
    unit = current.unit
    if unit is not None and unit.header is not None and current.payload_start is not None:
        if unit.payload_syntax is not None:
            trace_payload(current, unit, source)
        elif unit.nnr_unit_type == NnrUnitType.NNR_STR:
            add_rest(current, TRAILING)
        elif unit.nnr_unit_type != NnrUnitType.NNR_AGG:
            add_rest(current, PAYLOAD)
    if not current.units:
        add_rest(current, UNREAD)
    if has_namesakes(current.elements):
        paths = distinct_paths([(element.path, element.stack) for element in current.elements])
        for element, path in zip(current.elements, paths, strict=True):
            element.path = path


def has_namesakes(elements: list[TracedElement]) -> bool:
    """Tell whether elements of one name stand in several tables."""
    tables: dict[str, tuple[Place, ...]] = {}
    return any(tables.setdefault(one.name, one.stack) != one.stack for one in elements)


def trace_payload(current: UnitTrace, unit: Unit, source: memoryview) -> None:
    """Add the elements of a payload that is a syntax table."""
    assert current.payload_start is not None
    assert unit.scope is not None
    syntax = unit.payload_syntax
    reader = BitReader(source, 8 * current.payload_start, 8 * current.stop)
    reader.trace = Sink(reader, current.elements)
    for name, table, index in unit_stack(current.path):
        reader.enter(name, table, index)
    reader.enter("payload", syntax.table)
    try:
        syntax._parse(reader, unit.scope.copy(), "")
    except BitstreamError as error:
        if current.error is None:
            number = unit_stack(current.path)[0][2]
            current.error = located(error, reader).locate(unit=number, unit_type=unit.type_name)
        return
    add_rest(current, TRAILING)


def unit_stack(path: str) -> list[Place]:
    """Return the stack of a reader within a unit: `units[3].units[0]` -> two entries."""
    numbers = [int(part.partition("[")[2].partition("]")[0]) for part in path.split(".")]
    return [("units", "nnr_unit", number) for number in numbers]


def add_rest(current: UnitTrace, name: str) -> None:
    """Name what follows the last element of a unit, if there is anything."""
    last = current.elements[-1] if current.elements else None
    begin = 8 * current.start if last is None else last.position + last.bits
    bits = 8 * current.stop - begin
    if bits > 0:
        stack = tuple(unit_stack(current.path))
        path = f"{current.path}.{name}"
        current.elements.append(TracedElement(begin, bits, path, "", None, stack))
