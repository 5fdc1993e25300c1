"""How large units would be as they stand, where they begin, and which elements they hold."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from nnc.bitio import TraceEntry
from nnc.bitstream.builder import build_table
from nnc.bitstream.editing.plan import UnitTrace
from nnc.bitstream.sizes import size_field, told_by
from nnc.bitstream.unit import Unit
from nnc.engine.following import Listed, Lists
from nnc.engine.plan import trace_table
from nnc.syntax import NnrUnitType, Scope, nnr_unit, nnr_unit_header, nnr_unit_size

#: Of units by identity: path, first byte, size in bytes, and the unit.
SizeMap = dict[int, tuple[str, int, int, Unit]]


def written_size(unit: Unit) -> int:
    """Return the size of a unit as it would be written now, in bytes."""
    if unit.header is None:
        return unit.byte_size
    return told_by(size_field(content_size(unit), unit.size))


def content_size(unit: Unit) -> int:
    """Return the size of a unit's header and payload together, in bytes."""
    assert unit.scope is not None
    scope = unit.scope.copy()
    header = build_table(nnr_unit_header, unit.header, scope, "header")  # type: ignore[arg-type]
    if unit.nnr_unit_type == NnrUnitType.NNR_AGG:
        payload = sum(inner.byte_size or written_size(inner) for inner in unit.units)
    elif unit.table is not None and unit.payload_syntax is not None:
        table = build_table(unit.payload_syntax, unit.table, scope, "payload")
        payload = len(table) + len(unit.trailing)
    else:
        payload = len(unit.payload_bytes)
    return len(header) + payload


def lists_of(units: Iterable[tuple[Unit, int]]) -> Lists:
    """Return what the header of an aggregate follows from: the units in it, with their sizes."""
    listed = [Listed(size, functools.partial(getattr, unit)) for unit, size in units]
    return Lists({nnr_unit.table: listed}.__getitem__)


def measure(units: Sequence[Unit], prefix: str = "", start: int = 0) -> SizeMap:
    """Return path, first byte and size of all units, those in aggregates too."""
    result: SizeMap = {}
    for number, unit in enumerate(units):
        path = f"{prefix}units[{number}]"
        size = unit.byte_size or written_size(unit)
        result[id(unit)] = (path, start, size, unit)
        if unit.units:
            inside = measure(unit.units, f"{path}.")
            length = sum(
                entry[2] for entry in inside.values() if entry[0].count(".") == path.count(".") + 1
            )
            first = start + size - length
            result |= {
                key: (inner, first + place, many, one)
                for key, (inner, place, many, one) in inside.items()
            }
        start += size
    return result


def trace_unit(unit: Unit) -> UnitTrace:
    """Return the elements of a unit as it would be written now.

    Raises:
        NncError: it can't be written.
    """
    if unit.header is None or unit.scope is None:
        return UnitTrace([], [], 0)
    built = build_table(
        nnr_unit_size, size_field(content_size(unit), unit.size), Scope(), "nnr_unit_size"
    )
    _, size_entries = trace_table("nnr_unit_size", nnr_unit_size, built, Scope())
    header = build_table(nnr_unit_header, unit.header, unit.scope.copy(), "header")
    shift = 8 * len(built)
    _, entries = trace_table("header", nnr_unit_header, header, unit.scope.copy(), shift)
    payload_entries: list[TraceEntry] = []
    syntax = unit.payload_syntax
    if unit.table is not None and syntax is not None:
        payload = build_table(syntax, unit.table, unit.scope.copy(), "payload")
        _, payload_entries = trace_table("payload", syntax, payload, unit.scope.copy())
    return UnitTrace([*size_entries, *entries], payload_entries, shift + 8 * len(header))
