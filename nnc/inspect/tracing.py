"""Every element of a bitstream with its place and bits, up to a fault and after it.

The generated parsers note each element they read. Here they are driven unit by unit, so that
a unit that breaks the syntax costs only its own rest: its size still tells where the next one
begins. What no element covers is there too, under names of ours: `payload` for bytes that
aren't a syntax table, `trailing` for bytes after one, `unread` for what follows a fault. The
elements of a trace thus cover each bit of the data once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Unpack

from nnc.bitio import BitReader, BitstreamError, IncompleteError, MissingValueError
from nnc.bitio.arguments import checked
from nnc.bitio.collection import without_collection
from nnc.bitstream import OutOfBand, OutOfBandKeywords, Unit, type_name
from nnc.bitstream.parser import UnitParser
from nnc.bitstream.places import located
from nnc.bitstream.type_names import METADATA_UNIT_TYPE
from nnc.bitstream.unit import kind_of
from nnc.engine.mapped import view_of
from nnc.engine.tracing import (
    PAYLOAD,
    TRAILING,
    UNREAD,
    Entered,
    Sink,
    TracedElement,
    byte_bit,
    name_apart,
)
from nnc.syntax import TABLES, NnrUnitSize, NnrUnitType

#: Stands for the type of a unit whose header can't be read that far.
UNKNOWN_TYPE = "unknown type"

#: So many elements are faster looked through than kept by name.
FEW = 8


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
        found: the first element of each name, once one of many was asked for.
        indexed: how many elements there were when `found` was made.
        kind: name of its type, once it was asked for.
        kept: names of the elements that were kept, None: all are there.
    """

    path: str
    start: int
    stop: int = 0
    unit: Unit | None = None
    payload_start: int | None = None
    elements: list[TracedElement] = field(default_factory=list)
    units: Sequence[UnitTrace] = ()
    error: BitstreamError | None = None
    missing: MissingValueError | None = None
    found: dict[str, TracedElement] | None = field(default=None, repr=False, compare=False)
    indexed: int = field(default=0, repr=False, compare=False)
    kind: str = field(default=UNKNOWN_TYPE, repr=False, compare=False)
    kept: frozenset[str] | None = field(default=None, repr=False, compare=False)

    def element(self, name: str) -> TracedElement | None:
        """Return the first element of a name, or None."""
        assert self.kept is None or name in self.kept, name
        if len(self.elements) <= FEW:
            for element in self.elements:
                if element.name == name:
                    return element
            return None
        if self.found is None or self.indexed != len(self.elements):
            self.found = {element.name: element for element in reversed(self.elements)}
            self.indexed = len(self.elements)
        return self.found.get(name)

    def those(self, names: Collection[str]) -> list[TracedElement]:
        """Return all elements of some names."""
        return [element for element in self.elements if element.name in names]

    def value(self, name: str, default: Any = None) -> Any:
        """Return the value of the first element of a name, or a default."""
        element = self.element(name)
        return default if element is None else element.value

    def keep(self, names: frozenset[str]) -> None:
        """Let go of all elements but those of certain names."""
        self.type_name  # noqa: B018 (remembers it)
        self.kept, self.found = names, None
        self.elements[:] = [element for element in self.elements if element.name in names]

    @property
    def byte_bit(self) -> str:
        """The position of its first bit as `byte.bit`."""
        return byte_bit(8 * self.start)

    @property
    def schema_line(self) -> str:
        """`file:line` of the schema for units."""
        return TABLES["nnr_unit"].schema

    @property
    def scope(self) -> Any:
        """The names in force for it; None where its header can't be read."""
        return None if self.unit is None else self.unit.scope

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
                unit = self.unit if element.value == METADATA_UNIT_TYPE else None
                payload = b"" if unit is None else unit.payload_bytes
                self.kind = type_name(element.value, payload)
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


@checked
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
    return traced_by(TracingParser(view_of(data), OutOfBand.of(**left_out), most))


def traced_by(parser: TracingParser) -> BitstreamTrace:
    """Let a parser trace all of its data."""
    view = parser.reader.source
    with without_collection():
        parser.parse_units(0, len(view))
    return BitstreamTrace(view, parser.traces)


class TracingParser(UnitParser):
    """Reads units as any parser does, notes their elements, and goes on after a fault.

    Attributes:
        traces: the units of the bitstream.
    """

    def __init__(
        self,
        data: memoryview,
        out_of_band: OutOfBand,
        most: int | None = None,
        seen: Callable[[UnitTrace], None] | None = None,
    ):
        """Start at the first byte of `data`, with nothing in force.

        Args:
            data: the bytes.
            out_of_band: what is left out of the bitstream.
            most: as for `trace`.
            seen: called with each unit that isn't in another, as soon as it is traced; it may
                let go of elements.
        """
        super().__init__(data, out_of_band)
        self.left, self.seen = most, seen
        self.traces: list[UnitTrace] = []
        self.current: UnitTrace | None = None
        self.sink = Sink(self.reader, [], TABLES)
        self.reader.trace = self.sink

    def parse_units(self, start: int, end: int, depth: int = 0) -> list[Unit]:
        """Trace the units that fill the bytes from `start` to `end`."""
        reader, outer = self.reader, self.current
        traces = self.traces
        if outer is not None:
            outer.units = traces = []
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
            if outer is None and self.seen is not None:
                self.learn(current)
                self.seen(current)
                start = self.take_run(units, current, end)
        self.current = outer
        if outer is not None:
            self.sink.elements = outer.elements
        return units

    def learn(self, current: UnitTrace) -> None:
        """Look at a unit before it is shown."""

    def take_run(self, units: list[Unit], current: UnitTrace, end: int) -> int:
        """Return where the next unit begins, after those that needn't be traced."""
        return current.stop

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
    name_apart(current.elements)


def trace_payload(current: UnitTrace, unit: Unit, source: memoryview) -> None:
    """Add the elements of a payload that is a syntax table."""
    assert current.payload_start is not None
    assert unit.scope is not None
    syntax = unit.payload_syntax
    reader = BitReader(source, 8 * current.payload_start, 8 * current.stop)
    reader.trace = Sink(reader, current.elements, TABLES)
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


def unit_stack(path: str) -> list[Entered]:
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
        current.elements.append(TracedElement(begin, bits, path, "", None, stack, TABLES, name))
