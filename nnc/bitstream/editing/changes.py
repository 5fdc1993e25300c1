"""What an edit has changed so far, and what the units were before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnc.bitstream.editing.measuring import measure, trace_unit
from nnc.bitstream.editing.plan import UnitTrace
from nnc.bitstream.unit import Unit
from nnc.engine.fields import copy_table
from nnc.engine.lists import Shift
from nnc.engine.repair import Pin

#: What an edit may change in a unit.
STATE = (
    "header", "table", "payload_bytes", "trailing", "given", "units", "size", "scope",
    "parameter_sets", "edited_size", "path", "missing", "whole",
)  # fmt: skip


class Changes:
    """Changes of units that can still be undone.

    Attributes:
        units: the units before the first change, in order.
        force: accept reserved values.
        notes: what the plan will tell besides the changes.
        saved: what units were, by their identity.
        traces: the elements of changed units as they were.
        pinned: the elements that the caller set, by unit and part of it.
        shifts: insertions and removals, likewise, by the place of the table they were made in.
        size_forms: the forms of sizes that the caller chose.
        reasons: why elements were changed, by unit and path.
        payloads: units whose payload bytes were replaced, and what they were.
    """

    def __init__(self, units: Sequence[Unit], force: bool = False):
        """Start with nothing changed."""
        self.units, self.force = list(units), force
        self.saved: dict[int, tuple[Unit, dict[str, Any]]] = {}
        self.traces: dict[int, UnitTrace] = {}
        self.pinned: dict[tuple[int, str], set[Pin]] = {}
        self.size_forms: dict[int, int] = {}
        self.shifts: dict[tuple[int, str], dict[tuple[str, ...], Shift]] = {}
        self.reasons: dict[int, dict[str, str]] = {}
        self.notes: list[str] = []
        self.payloads: list[tuple[Unit, bytes | memoryview]] = []
        self.before = measure(self.units)

    def save(self, unit: Unit) -> None:
        """Put aside what a unit is, before its first change."""
        if id(unit) in self.saved:
            return
        state = {name: getattr(unit, name) for name in STATE}
        self.saved[id(unit)] = (unit, state)
        unit.given = dict(unit.given)
        unit.units = list(unit.units)

    def open(self, unit: Unit) -> None:
        """Make a unit ready for a change: its tables become copies."""
        if id(unit) in self.traces:
            return
        if unit.scope is not None and id(unit) in self.before:
            self.traces[id(unit)] = trace_unit(unit)
        self.save(unit)
        unit.header = copy_table(unit.header)
        unit.table = copy_table(unit.table)
        self.traces.setdefault(id(unit), UnitTrace([], [], 0))

    def touched(self, unit: Unit) -> bool:
        """Tell whether a unit was changed."""
        return id(unit) in self.traces
