"""Reading many units whose headers differ in size and in the name of their tensor alone.

What such a header holds is worked out when somebody asks for it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from nnc.bitio import BitReader, BitstreamError, Table, TraceEntry
from nnc.bitio.runs import RecordPattern, RunMatcher
from nnc.bitstream.sizes import field_bytes
from nnc.bitstream.unit import ParameterSets, Unit
from nnc.syntax import (
    NnrUnitHeader,
    NnrUnitSize,
    NnrUnitType,
    Scope,
    nnr_unit_header,
    nnr_unit_size,
)

#: Paths of the elements in which headers of one pattern differ.
SIZE, NAME = "nnr_unit_size", "header.topology_elem_id"

#: Patterns and headers that are remembered at a time, and bytes of the longest one.
MOST_PATTERNS, MOST_HEADERS, LONGEST_HEADER = 32, 64, 256

#: A pattern is made of a header that is seen so often: it costs as much as parsing three.
SIGHTINGS = 3

#: What stands before a name, so that it is another.
OTHER = "x"

#: What stands after a header, so that the payload is another.
PAYLOAD = bytes(range(256))


class Pattern:
    """What units have in common whose headers differ in size and name alone.

    Attributes:
        record: the bytes of their headers.
        unit: one of them, parsed; it stands in no bitstream, so that nobody changes it.
        source: the data that they stand in.
        fresh_scope: makes the names in force before them, with what answers for a unit.
    """

    __slots__ = ("fresh_scope", "record", "source", "unit")

    def __init__(
        self,
        record: RecordPattern,
        unit: Unit,
        source: memoryview,
        fresh_scope: Callable[[Unit], Scope],
    ) -> None:
        """Take what is known of them."""
        self.record, self.unit, self.source, self.fresh_scope = record, unit, source, fresh_scope

    def parsed(self, unit: Unit, name: str, size: int) -> tuple[NnrUnitSize, NnrUnitHeader, Scope]:
        """Return the tables and the names of a unit, its own."""
        size_table = copy.copy(self.unit.size)
        assert size_table is not None
        size_table.nnr_unit_size = size
        scope = self.fresh_scope(unit)
        scope.nnr_unit_size = size
        record = self.record
        reader = BitReader(b"".join((record.before, name.encode(), b"\0", record.after)))
        return size_table, nnr_unit_header._parse(reader, scope, ""), scope


def parsed_first(name: str) -> Any:
    """Return an attribute of a unit for which its header is parsed first."""
    place = f"parsed_{name}"

    def get(unit: PatternUnit) -> Any:
        unit.parse_header()
        return unit.__dict__[place]

    def set_(unit: PatternUnit, value: Any) -> None:
        unit.parse_header()
        unit.__dict__[place] = value

    return property(get, set_)


class PatternUnit(Unit):
    """A unit whose header is parsed when it is first asked for.

    Attributes:
        pattern: what is known of its header; None once that was parsed, and may have been changed.
        name: the name of its tensor, as it was read.
    """

    pattern: Pattern | None

    header = parsed_first("header")
    size = parsed_first("size")
    scope = parsed_first("scope")

    def __init__(
        self,
        pattern: Pattern,
        parameter_sets: ParameterSets,
        path: str,
        record: tuple[int, str, int, int],
        start: int,
    ) -> None:
        """Take what is known without looking at the header."""
        self.pattern = pattern
        self.parameter_sets = parameter_sets
        self.path = path
        _, self.name, self.payload_start, self.stop = record
        self.start = start
        self.source = pattern.source

    def parse_header(self) -> None:
        """Parse the header, unless it was parsed."""
        pattern = self.pattern
        if pattern is None:
            return
        assert self.start is not None
        assert self.stop is not None
        size, header, scope = pattern.parsed(self, self.name, self.stop - self.start)
        for name, value in (("size", size), ("header", header), ("scope", scope)):
            # Another thread may have been faster.
            self.__dict__.setdefault(f"parsed_{name}", value)
        self.pattern = None

    @property
    def shared_header(self) -> NnrUnitHeader | None:
        """The header, or one that differs in size and name alone; only to be looked at."""
        pattern = self.pattern
        return self.header if pattern is None else pattern.unit.header

    @property
    def nnr_unit_type(self) -> int:
        """The unit's type."""
        return DATA if self.pattern is not None else super().nnr_unit_type

    @property
    def partial_data_counter(self) -> int:
        """How many parts there are from this one on; 0 for a unit that isn't cut."""
        return 0 if self.pattern is not None else super().partial_data_counter

    @property
    def names(self) -> list[str]:
        """Names of the tensors in it; errors as for any unit."""
        return [self.name] if self.pattern is not None else super().names

    def __copy__(self) -> Unit:
        """Return a unit of its own that shares header and payload, as of any unit."""
        self.parse_header()
        return super().__copy__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Let the unit go from one process to another as any unit."""
        plain = Unit(self.header, size=self.size, scope=self.scope)
        own = {name: value for name, value in self.__dict__.items() if name not in OF_PATTERNS}
        plain.__dict__.update(own)
        return restored, (plain.__getstate__(),)


def restored(state: dict[str, Any]) -> Unit:
    """Return a unit that went from one process to another."""
    unit = object.__new__(Unit)
    unit.__setstate__(state)
    return unit


#: What only units of patterns have.
OF_PATTERNS = {"pattern", "name", "parsed_header", "parsed_size", "parsed_scope"}

#: A plain number: the type of all units of patterns.
DATA = int(NnrUnitType.NNR_NDU)


class Header(NamedTuple):
    """The bytes of a header apart from size and name.

    Attributes:
        width: bytes of the size field.
        before: those from there to the name.
        after: those after the zero byte that ends the name.
    """

    width: int
    before: bytes
    after: bytes


class Patterns:
    """Learns patterns from units that were parsed, and finds the units that follow them."""

    def __init__(
        self, given: Callable[[str, Table], Any], fresh_scope: Callable[[Unit], Scope]
    ) -> None:
        """Begin without a pattern.

        Args:
            given: answers for values that only the caller knows, where these are the same for
                all units; else raises MissingValueError.
            fresh_scope: makes the names in force before a unit, with what answers for it.
        """
        self.given, self.fresh_scope = given, fresh_scope
        self.matcher = RunMatcher()
        self.patterns: list[Pattern] = []
        self.seen: dict[Header, int] = {}

    def run(
        self, around: str, number: int, source: memoryview, start: int, end: int
    ) -> list[PatternUnit]:
        """Return the units of known patterns that begin at a place, up to the first other one.

        Args:
            around: path of the list of units that they are in.
            number: place of the first in it.
            source: the data.
            start: its first byte.
            end: where they end at most.
        """
        units = []
        for record in self.matcher.run(source, start, end):
            pattern = self.patterns[record[0]]
            sets = pattern.unit.parameter_sets
            units.append(PatternUnit(pattern, sets, f"{around}[{number}]", record, start))
            start, number = record[3], number + 1
        return units

    def learn(self, unit: Unit, may: Callable[[], bool] = lambda: True) -> Pattern | None:
        """Make a pattern of a unit where some with such a header came before.

        Args:
            unit: the unit.
            may: asked whether it may become one.
        """
        header = header_apart(unit)
        if header is None or len(self.patterns) == MOST_PATTERNS:
            return None
        times = self.seen.get(header, 0) + 1
        if len(self.seen) == MOST_HEADERS:
            self.seen.clear()
        self.seen[header] = times
        if times != SIGHTINGS:
            return None
        record = self.proved(unit, header)
        if record is None or not may():
            return None
        assert unit.source is not None
        own = copy.copy(unit)
        pattern = Pattern(record, own, unit.source, self.fresh_scope)
        own.size, own.header, own.scope = pattern.parsed(own, unit.names[0], unit.byte_size)
        self.patterns.append(pattern)
        self.matcher.add(record)
        return pattern

    def proved(self, unit: Unit, apart: Header) -> RecordPattern | None:
        """Return the pattern of a unit, if all in its header is the same whatever size and name.

        The header is parsed under another name, without the size, without what depends on the
        unit, and before another payload: where that comes out the same, nothing in it depends on
        these.
        """
        assert unit.source is not None
        assert unit.start is not None
        assert unit.scope is not None
        field = bytes(unit.source[unit.start : unit.start + apart.width])
        name = OTHER + unit.names[0]
        encoded = name.encode() + b"\0"
        entries: list[TraceEntry] = []
        data = b"".join((field, apart.before, encoded, apart.after))
        reader = BitReader(data + PAYLOAD, trace=entries)
        scope = self.fresh_scope(unit)
        scope.given = self.given
        try:
            reader.enter("nnr_unit_size", "nnr_unit_size")
            nnr_unit_size._parse(reader, Scope(), "")
            reader.leave()
            with suppress(AttributeError):
                del scope.nnr_unit_size
            reader.enter("header", "nnr_unit_header")
            header = nnr_unit_header._parse(reader, scope, "")
        except BitstreamError:
            return None
        places = {entry.path: (entry.position, entry.bits) for entry in entries}
        begin, size_bits = places[SIZE]
        named = (8 * (apart.width + len(apart.before)), 8 * len(encoded))
        header.nnr_compressed_data_unit_header.topology_elem_id = unit.names[0]
        names = unit.scope.names()
        del names["nnr_unit_size"]
        is_alike = (
            begin + size_bits == 8 * apart.width
            and places.get(NAME) == named
            and (reader.position + 7) >> 3 == len(data)
            and header == unit.header
            and scope.names() == names
        )
        fixed = int.from_bytes(field, "big") >> size_bits
        record = RecordPattern(apart.width, size_bits, fixed, apart.before, apart.after)
        return record if is_alike else None


def header_apart(unit: Unit) -> Header | None:
    """Return the bytes of a unit's header apart from size and name.

    None for a unit of which others can't be alike: one that isn't a whole unit of one tensor with
    a name, or whose tensor is known from other units.
    """
    own = None if unit.header is None else unit.header.nnr_compressed_data_unit_header
    if (
        own is None
        or not own.topology_elem_id
        or unit.partial_data_counter
        or unit.__dict__.get("given")
        or unit.start is None
        or unit.payload_start is None
        or unit.payload_start - unit.start > LONGEST_HEADER
    ):
        return None
    width = field_bytes(unit.size)
    assert unit.source is not None
    data = bytes(unit.source[unit.start + width : unit.payload_start])
    # The first place where it stands may be another: then it isn't proved.
    before, _, after = data.partition(own.topology_elem_id.encode() + b"\0")
    return Header(width, before, after)
