"""What a change of a bitstream does besides what was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nnc.bitio import BitReader, TraceEntry
from nnc.engine.path_names import distinct_paths

#: The indices at the end of a path.
INDICES = re.compile(r"(\[\d+\])+$")


class Change(NamedTuple):
    """One element that is not what or where it was.

    Attributes:
        path: path of the element, after the change if it is still there.
        before: its value, None where it was absent.
        after: the same after the change.
        bits_before: how many bits it took, 0 where it was absent.
        bits_after: the same after the change.
        position_before: its first bit in the bitstream, None where it was absent.
        position_after: the same after the change.
        reason: why it changes; "" for what was asked for.
    """

    path: str
    before: Any
    after: Any
    bits_before: int
    bits_after: int
    position_before: int | None
    position_after: int | None
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return the change as plain data, positions as `byte.bit`."""
        content = self._asdict()
        content["position_before"] = position_text(self.position_before)
        content["position_after"] = position_text(self.position_after)
        for name in ("before", "after"):
            if isinstance(content[name], bytes | memoryview):
                content[name] = bytes(content[name]).hex()
        return content


class UnitChange(NamedTuple):
    """A unit that changes its size or place, or that comes or goes.

    Attributes:
        path: its path; after the change if it is still there.
        type_name: name of its type.
        path_before: its path before, "" for a new unit.
        bytes_before: its size before, None for a new unit.
        bytes_after: its size after, None for a unit that goes.
    """

    path: str
    type_name: str
    path_before: str
    bytes_before: int | None
    bytes_after: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a change does to a bitstream.

    Attributes:
        changes: the elements that change.
        units: the units that change their size or their number.
        notes: what stays although it may no longer fit, and the like.
        bytes_before: size of the bitstream.
        bytes_after: the same after the change.
    """

    changes: list[Change] = field(default_factory=list)
    units: list[UnitChange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bytes_before: int = 0
    bytes_after: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return bool(self.changes or self.units)

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {
            "changes": [change.as_dict() for change in self.changes],
            "units": [unit._asdict() for unit in self.units],
            "notes": self.notes,
            "bytes_before": self.bytes_before,
            "bytes_after": self.bytes_after,
        }

    def __str__(self) -> str:
        """Return the plan as lines for people."""
        if not self:
            return "nothing changes"
        lines = [change_line(change) for change in self.changes]
        lines += [unit_line(unit) for unit in self.units]
        lines += [f"note: {note}" for note in self.notes]
        lines.append(f"bitstream: {self.bytes_before} -> {self.bytes_after} bytes")
        return "\n".join(lines)


def position_text(position: int | None) -> str | None:
    """Return a position as `byte.bit`."""
    return None if position is None else f"{position >> 3}.{position & 7}"


def value_text(value: Any) -> str:
    """Return a value in short."""
    if value is None:
        return "absent"
    text = bytes(value[:20]).hex() if isinstance(value, bytes | memoryview) else repr(value)
    return text if len(text) <= 60 else f"{text[:50]}... ({len(text)} characters)"


def change_line(change: Change) -> str:
    """Return one element's change as a line."""
    place = f"{position_text(change.position_before) or '-'} -> "
    place += position_text(change.position_after) or "-"
    bits = f"{change.bits_before} -> {change.bits_after} bits"
    reason = f" ({change.reason})" if change.reason else ""
    values = f"{value_text(change.before)} -> {value_text(change.after)}"
    if change.path.endswith(".payload") and isinstance(change.after, str):
        # The size of a payload is told in words, which aren't a value to be quoted.
        values = f"{change.before} -> {change.after}"
    return f"{change.path}: {values}; at {place}, {bits}{reason}"


def unit_line(unit: UnitChange) -> str:
    """Return one unit's change as a line."""
    if unit.bytes_before is None:
        return f"{unit.path} ({unit.type_name}): new, {unit.bytes_after} bytes"
    if unit.bytes_after is None:
        return f"{unit.path} ({unit.type_name}): goes, {unit.bytes_before} bytes"
    moved = f" from {unit.path_before}" if unit.path_before != unit.path else ""
    if unit.bytes_before == unit.bytes_after:
        return f"{unit.path} ({unit.type_name}): moves{moved}"
    return f"{unit.path} ({unit.type_name}){moved}: {unit.bytes_before} -> {unit.bytes_after} bytes"


class Recorder:
    """Takes over what a reader notes, together with the tables around it."""

    def __init__(self, reader: BitReader):
        """Listen to `reader`."""
        self.reader = reader
        self.entries: list[TraceEntry] = []
        self.stacks: list[tuple[tuple[str, str, Any], ...]] = []

    def append(self, entry: TraceEntry) -> None:
        """Take one element."""
        self.entries.append(entry)
        self.stacks.append(tuple(self.reader.stack))


def trace_table(name: str, syntax: Any, data: Any, scope: Any, shift: int = 0) -> Any:
    """Parse a table out of the bytes it was built to.

    Returns:
        The table and the trace of its elements, positions moved by `shift` bits.
    """
    reader = BitReader(data)
    recorder = reader.trace = Recorder(reader)
    reader.enter(name, syntax.table)
    table = syntax._parse(reader, scope, "")
    found = zip((entry.path for entry in recorder.entries), recorder.stacks, strict=True)
    return table, [
        entry._replace(path=path, position=entry.position + shift)
        for entry, path in zip(recorder.entries, distinct_paths(list(found)), strict=True)
    ]


def reason_for(name: str, reasons: dict[str, str]) -> str:
    """Return the reason noted for an element or for a table above it."""
    plain = INDICES.sub("", name)
    while plain:
        if plain in reasons:
            return reasons[plain]
        plain = INDICES.sub("", plain.rpartition(".")[0])
    return "fills up the byte" if name.endswith("byte_alignment") else ""


def compare(
    path: str,
    before: Mapping[str, TraceEntry],
    after: Mapping[str, TraceEntry],
    starts: tuple[int, ...],
    reasons: dict[str, str],
) -> Iterator[Change]:
    """Yield the elements in which two states of a table differ.

    Args:
        path: path of the table, "" where those of its elements begin with their names.
        before: the elements by path below the table; none for a new table.
        after: the same after the change; none for a table that goes.
        starts: the bit that positions count from, before and after.
        reasons: why elements change, by path below the table without indices.
    """
    prefix = f"{path}." if path else ""
    for name in [*after, *(name for name in before if name not in after)]:
        one, two = before.get(name), after.get(name)
        if one is not None and two is not None and same(one, two):
            continue
        yield Change(
            path=prefix + name,
            before=None if one is None else one.value,
            after=None if two is None else two.value,
            bits_before=0 if one is None else one.bits,
            bits_after=0 if two is None else two.bits,
            position_before=None if one is None else starts[0] + one.position,
            position_after=None if two is None else starts[1] + two.position,
            reason=reason_for(name, reasons),
        )


def same(one: TraceEntry, two: TraceEntry) -> bool:
    """Tell whether an element has kept its value and its bits."""
    return (one.value, one.bits) == (two.value, two.bits)
