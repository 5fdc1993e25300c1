"""Tracing many units whose headers are alike: of one of them all elements, of the others few.

The elements of the others follow from those of the one, and are made when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from nnc.bitstream import OutOfBand, Unit
from nnc.bitstream.patterns import NAME, SIZE, Pattern, PatternUnit
from nnc.engine.tracing import PAYLOAD, TracedElement, name_of
from nnc.inspect.tracing import TracingParser, UnitTrace, unit_stack

#: Names of the elements in which units of a pattern differ.
SIZE_FIELD, TENSOR = name_of(SIZE), name_of(NAME)
VARYING = frozenset({SIZE_FIELD, TENSOR, PAYLOAD})


class Exemplar:
    """What was read of one of many units that are alike.

    Attributes:
        trace: the trace of the unit.
        elements: its elements, the payload last.
        first: the first of each name.
        kept: those of names that are kept of each unit.
        after_name: place of the bit after the name of its tensor.
        name_bits: bits of the name.
        depth: how many parts its path has.
    """

    def __init__(self, trace: UnitTrace, kept: frozenset[str]) -> None:
        """Take what was read."""
        self.trace, self.elements = trace, list(trace.elements)
        self.first = {one.name: one for one in reversed(self.elements)}
        self.kept = [one for one in self.elements if one.name in kept]
        name = self.first[TENSOR]
        self.after_name, self.name_bits = name.position + name.bits, name.bits
        self.depth = len(unit_stack(trace.path))


class AlikeTrace(UnitTrace):
    """What is known of a unit that is like another but for size, name and payload.

    Attributes:
        exemplar: what was read of the other.
    """

    __slots__ = ("exemplar",)

    def __init__(self, exemplar: Exemplar, unit: PatternUnit, kept: frozenset[str]) -> None:
        """Take what there is to know; `kept` are the names of the elements that there are."""
        self.exemplar = exemplar
        self.path = unit.path
        self.unit = unit
        self.start, self.stop = unit.start or 0, unit.stop or 0
        self.payload_start = unit.payload_start
        self.units, self.error, self.missing = (), None, None
        self.kind, self.kept = exemplar.trace.type_name, kept

    @property
    def elements(self) -> list[TracedElement]:  # type: ignore[override]
        """Those of its elements that are kept."""
        return [self.made(one) for one in self.exemplar.kept]

    def element(self, name: str) -> TracedElement | None:
        """Return the first element of a name, or None."""
        found = self.exemplar.first.get(name)
        return None if found is None else self.made(found)

    def those(self, names: Collection[str]) -> list[TracedElement]:
        """Return all elements of some names."""
        return [self.made(one) for one in self.exemplar.elements if one.name in names]

    def value(self, name: str, default: Any = None) -> Any:
        """Return the value of the first element of a name, or a default."""
        found = self.exemplar.first.get(name)
        if found is None:
            return default
        if name == SIZE_FIELD:
            return self.stop - self.start
        return self.names[0] if name == TENSOR else found.value

    @property
    def names(self) -> list[str]:
        """The name of its tensor."""
        assert self.unit is not None
        return self.unit.names

    @property
    def scope(self) -> Any:
        """The names in force for the other, those of this one but for the size."""
        return self.exemplar.trace.scope

    def made(self, other: TracedElement) -> TracedElement:
        """Return the element that follows from that of the other unit."""
        exemplar, one = self.exemplar, self.exemplar.trace
        position = other.position + 8 * (self.start - one.start)
        bits, value = other.bits, other.value
        if other.name == TENSOR:
            value = self.names[0]
            bits = 8 * len(value.encode()) + 8
        elif other.name == PAYLOAD:
            position = 8 * (self.payload_start or 0)
            bits = 8 * self.stop - position
        elif other.name == SIZE_FIELD:
            value = self.stop - self.start
        elif other.position >= exemplar.after_name:
            position += 8 * (len(self.names[0].encode()) + 1) - exemplar.name_bits
        stack = (*unit_stack(self.path), *other.stack[exemplar.depth :])
        path = self.path + other.path[len(one.path) :]
        return TracedElement(
            position, bits, path, other.descriptor, value, stack, other.tables, other.name
        )


class RunTracingParser(TracingParser):
    """Traces units as `TracingParser` does, but only one of those in a run that are alike."""

    def __init__(
        self,
        data: memoryview,
        out_of_band: OutOfBand,
        seen: Callable[[UnitTrace], None],
        is_exemplary: Callable[[UnitTrace], bool],
        kept: frozenset[str],
    ) -> None:
        """Start at the first byte of `data`; else as for `trace_runs`."""
        super().__init__(data, out_of_band, None, seen)
        self.is_exemplary, self.kept = is_exemplary, kept
        self.exemplars: dict[Pattern, Exemplar] = {}

    def learn(self, current: UnitTrace) -> None:
        """Take a unit for an exemplar of others that may follow."""
        unit, last = current.unit, current.elements[-1:]
        if (
            not self.finds_runs
            or unit is None
            or current.error is not None
            or not last
            or last[0].name != PAYLOAD
        ):
            return
        if not self.patterns.patterns:
            self.exemplars.clear()
        pattern = self.patterns.learn(unit, lambda: self.is_exemplary(current))
        if pattern is not None:
            self.exemplars[pattern] = Exemplar(current, self.kept)

    def take_run(self, units: list[Unit], current: UnitTrace, end: int) -> int:
        """Take the units that follow as far as they are like others; return where they end."""
        assert self.seen is not None
        start, number = current.stop, len(self.traces)
        for unit in self.patterns.run("units", number, self.reader.source, start, end):
            if unit.stop == unit.payload_start:
                # It has one element less.
                break
            assert unit.pattern is not None
            trace = AlikeTrace(self.exemplars[unit.pattern], unit, self.kept)
            units.append(unit)
            self.traces.append(trace)
            self.seen(trace)
            start = trace.stop
        return start
