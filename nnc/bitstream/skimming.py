"""The units of a bitstream that may hold some tensors, without parsing the others.

A header names its tensors in plain bytes. So of most units nothing needs to be known but their
size and type, and that no name that is looked for stands near their beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nnc.bitio import BitstreamError, LimitError
from nnc.bitstream.parser import OutOfBand, UnitParser
from nnc.bitstream.sizes import size_at
from nnc.bitstream.unit import Unit
from nnc.syntax import NnrUnitType

#: Bytes at the beginning of a unit in which its names are looked for.
SEARCHED = 1 << 9

#: Returns bytes of the data from a place on, so many or what is left.
Read = Callable[[int, int], bytes]

#: Brings the bytes of the data from one place to another to where a parser finds them.
Fetch = Callable[[int, int], None]

#: Bytes in which nearly all headers are.
HEADER = 1 << 12

NDU = int(NnrUnitType.NNR_NDU)

#: Bytes from which on a unit has a size, a type and something after it.
SMALLEST = 6


class SkimmingParser(UnitParser):
    """Parses the units that may hold tensors with some names, and all that aren't data units."""

    def __init__(
        self, data: memoryview, names: Sequence[str], read: Read, fetch: Fetch | None = None
    ) -> None:
        """Start at the first byte of `data`, which may be read in another way as well."""
        super().__init__(data, OutOfBand.of())
        self.read, self.fetch = read, fetch
        self.wanted = [name.encode("utf-8", "surrogatepass") for name in names]

    def parse_units(self, start: int, end: int, depth: int = 0) -> list[Unit]:
        """Parse the units from `start` to `end`, those inside aggregates all."""
        if depth:
            return super().parse_units(start, end, depth)
        units: list[Unit] = []
        number = 0
        while start < end:
            stop = self.stop_of_other(start, end)
            if stop is None:
                if self.fetch is not None:
                    self.fetch(start, start + size_at(self.read(start, SMALLEST))[0])
                self.reader.enter("units", "nnr_unit", number)
                unit = self.parse_unit(start, end, depth)
                self.reader.leave()
                units.append(unit)
                assert unit.stop is not None
                stop = unit.stop
            start, number = stop, number + 1
        return units

    def stop_of_other(self, start: int, end: int) -> int | None:
        """Return where a data unit ends that holds none of the tensors; None for any other."""
        if end - start < SMALLEST:
            return None
        head = self.read(start, SEARCHED)
        size, width = size_at(head)
        stop = start + size
        if size < SMALLEST or stop > end or head[width] >> 2 != NDU:
            return None
        for name in self.wanted:
            if head.find(name, width, size) >= 0:
                return None
        return stop


class RangedParser(UnitParser):
    """Parses all units of data of which only ranges are there: headers, and what isn't tensors."""

    finds_runs = False

    def __init__(self, data: memoryview, read: Read, fetch: Fetch) -> None:
        """Start at the first byte of `data`; arguments as for `skimmed`."""
        super().__init__(data, OutOfBand.of())
        self.read, self.fetch = read, fetch

    def parse_unit(self, start: int, end: int, depth: int) -> Unit:
        """Parse the unit that begins at byte `start`; an aggregate is fetched as a whole."""
        if depth:
            return super().parse_unit(start, end, depth)
        head = self.read(start, SMALLEST)
        size, width = size_at(head)
        is_data = len(head) > width and head[width] >> 2 == NDU
        there = start + (min(size, HEADER) if is_data else size)
        self.fetch(start, there)
        entered = len(self.reader.stack)
        try:
            unit = super().parse_unit(start, end, depth)
            is_there = unit.missing is None and (unit.payload_start or 0) <= there
        except BitstreamError:
            if there >= start + size:
                raise
            is_there = False
        if not is_there:
            self.fetch(start, start + size)
            del self.reader.stack[entered:]
            unit = super().parse_unit(start, end, depth)
        return unit


def skimmed(
    data: memoryview, names: Sequence[str], read: Read | None = None, fetch: Fetch | None = None
) -> list[Unit] | None:
    """Return the units that may hold tensors, and all that aren't data units.

    Args:
        data: the bitstream.
        names: of the tensors.
        read: reads bytes of it where that is better done in another way.
        fetch: brings bytes into `data`, where not all are there.

    Returns:
        None where headers don't say names by themselves, or units are nested.

    Raises:
        BitstreamError: as for `Bitstream.parse`, as far as those units go.
    """
    parser = SkimmingParser(
        data, names, read or (lambda place, count: bytes(data[place : place + count])), fetch
    )
    try:
        units = parser.parse_units(0, len(data))
    except LimitError:
        return None
    if parser.parameter_sets.reference_list is not None or any(unit.units for unit in units):
        return None
    return units
