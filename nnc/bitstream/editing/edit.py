"""Changing a bitstream: all that a change entails, or nothing at all.

An `Edit` works on the units themselves, after putting aside what they were. Settling walks all
units in order, as decoding does: units that were touched, and those before which other
parameters have come into force, are built anew and repaired where the change contradicts them
(see `repair`). Only then the edit is kept; a plan is an edit that is undone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from nnc.bitio import BuildError, InputError, PlacedError, Table
from nnc.bitstream.editing.changes import Changes
from nnc.bitstream.editing.measuring import SizeMap, measure, trace_unit
from nnc.bitstream.editing.naming import follow_names, names_in
from nnc.bitstream.editing.plan import compare, payload_change
from nnc.bitstream.editing.settling import Settler
from nnc.bitstream.paths import Place, parse_path, places
from nnc.bitstream.payload_elements import changed_payload
from nnc.bitstream.unit import Unit
from nnc.engine.changing import ElementEdit, owner_at
from nnc.engine.editing import carried_out
from nnc.engine.lists import Shift
from nnc.engine.plan import Plan, UnitChange
from nnc.engine.values import checked_value
from nnc.syntax import NnrUnitSize, NnrUnitType

#: Digests by which units name their parents, and how they are computed.
DIGESTS: dict[str, Callable[[Any], Any]] = {
    "parent_node_payload_sha256": hashlib.sha256,
    "parent_node_payload_sha512": hashlib.sha512,
}


class Units(Protocol):
    """What an edit changes: a bitstream."""

    units: list[Unit]

    def walk(self) -> Iterator[Unit]:
        """Return all units, those inside aggregates too."""


class Edit(Changes, ElementEdit):
    """A change of a bitstream that is not settled yet.

    Attributes:
        bitstream: the bitstream.
        names: its units before the change, with the names of their tensors.
    """

    OTHERS = ", or of a unit"

    def __init__(self, bitstream: Units, force: bool = False):
        """Start with nothing changed."""
        self.bitstream = bitstream
        if any(unit.scope is None and unit.header is not None for unit in bitstream.walk()):
            link(bitstream)
        super().__init__(bitstream.units, force)
        self.names = names_in(bitstream.walk())

    def places(self, path: str) -> Iterator[Place]:
        """Yield the places that a path leads to."""
        return places(self.bitstream.units, path)

    def opened(self, place: Place) -> Place:
        """Make the unit of a place ready for a change; the place finds its new tables."""
        assert place.unit is not None
        if place.in_payload_bytes:
            raise BuildError(
                "the number of values follows from tensor_dimensions; set the whole payload",
                path=place.path,
            )
        self.open(place.unit)
        return place

    def key(self, place: Place) -> tuple[int, str]:
        """Return what stands for the header or payload of a unit."""
        return id(place.unit), place.part

    def set(self, path: str, value: Any) -> None:
        """Change the elements at a path."""
        found = list(self.places(path))
        if not found:
            raise InputError(f"{path}: there is nothing here")
        if "*" in path:
            found = [place for place in found if place.value() is not None]
        for place in found:
            self.set_place(place, value)

    def set_place(self, place: Place, value: Any) -> None:
        """Change what stands at one place."""
        unit = place.unit
        assert unit is not None
        if place.field is not None:
            self.set_element(place, value)
            return
        self.open(unit)
        if place.part == "payload":
            self.set_payload(unit, value, place.path)
        elif place.part == "trailing":
            unit.trailing = as_bytes(value, place.path)
        elif place.part == "given" and place.name:
            unit.given[place.name] = value
        elif place.part == "nnr_unit_size_flag":
            self.set_size_form(unit, value, place.path)
        elif place.part == "nnr_unit_size" and value == place.value():
            pass
        else:
            what = (
                "the size follows from the content" if "size" in place.part else "choose an element"
            )
            raise BuildError(f"can't be set: {what}", path=place.path, value=value)

    def set_size_form(self, unit: Unit, value: Any, path: str) -> None:
        """Choose the short or the long form of a unit's size."""
        if value not in (0, 1):
            raise BuildError("a size has two forms", path=path, value=value, allowed="0, 1",
                             clause="6.3.2")  # fmt: skip
        unit.size = NnrUnitSize(nnr_unit_size_flag=int(value), nnr_unit_size=0)
        self.size_forms[id(unit)] = int(value)

    def set_payload(self, unit: Unit, value: Any, path: str) -> None:
        """Replace the bytes of a payload."""
        if unit.nnr_unit_type == NnrUnitType.NNR_AGG:
            raise BuildError("the payload of an aggregate is its units", path=path)
        self.payloads.append((unit, unit.payload_bytes))
        unit.payload = as_bytes(value, path)
        unit.trailing = b""

    def set_element(self, place: Place, value: Any) -> None:
        """Change one element, one value in it, or all of its values."""
        unit, field = place.unit, place.field
        assert unit is not None
        assert field is not None
        if field.called is None and place.in_payload_bytes:
            self.open(unit)
            self.set_payload_element(place, value)
        elif field.is_alignment and place.indices:
            self.open(unit)
            self.set_alignment(place, owner_at(place), value)
        else:
            super().set_element(place, value)

    def set_payload_element(self, place: Place, value: Any) -> None:
        """Change the bytes of a payload, or values of a raw tensor."""
        assert place.unit is not None
        assert place.field is not None
        changed = changed_payload(
            place.unit, place.field, place.indices, value, place.path, self.force
        )
        if changed is not None:
            self.set_payload(place.unit, changed, place.path)

    def set_alignment(self, place: Place, owner: Table, value: Any) -> None:
        """Change the bits that fill up a byte in one pass of a loop; None: the regular ones."""
        assert place.field is not None
        index = place.indices[0]
        name = f"{place.field.name}[{index}]"
        paths = {place.path, ".".join([place.unit_path, place.part, *place.hops, name])}
        found = self.traces[id(place.unit)].elements()
        if not any(f"{place.unit_path}.{path}" in paths for path in found):
            raise BuildError("there is no such value", path=place.path, value=value)
        if value is not None:
            value = checked_value(place.field, value, place.path, self.force)
        bits = list(getattr(owner, place.field.name) or [])
        bits += [None] * (index + 1 - len(bits))
        bits[index] = value
        setattr(owner, place.field.name, bits if any(bit is not None for bit in bits) else None)
        self.pin(place)

    def insert_unit(self, path: str, unit: Unit) -> None:
        """Put a unit into the bitstream or into an aggregate."""
        units, index = self.unit_list(path, 1)
        units.insert(index, unit)

    def remove_unit(self, path: str) -> None:
        """Take a unit out."""
        units, index = self.unit_list(path, 0)
        del units[index]

    def unit_list(self, path: str, room: int) -> tuple[list[Unit], int]:
        """Return the list that a unit's path points into, and the index in it."""
        parent, dot, last = path.rpartition(".")
        index = int(last.removeprefix("units[").removesuffix("]"))
        units = self.bitstream.units
        if dot:
            owner = next(places(units, parent)).unit
            assert owner is not None
            if owner.nnr_unit_type != NnrUnitType.NNR_AGG:
                raise InputError(f"{path}: {parent} is no aggregate")
            self.open(owner)
            self.shifts.setdefault((id(owner), "header"), {})[("nnr_aggregate_unit_header",)] = (
                Shift(index, len(owner.units), 1 if room else -1)
            )
            units = owner.units
        if index >= len(units) + room:
            raise InputError(f"{path}: the units go up to {len(units) - 1}")
        return units, index

    def settle(self) -> Plan:
        """Bring everything in line with what was changed, and say what that was.

        Raises:
            NncError: the change can't be carried out.
        """
        Settler(self).settle_units(self.bitstream.units, "")
        if follow_names(self) | self.follow_digests():
            Settler(self).settle_units(self.bitstream.units, "")
        return self.plan()

    def follow_digests(self) -> bool:
        """Renew the digests by which units name parents whose payload has changed."""
        changed = False
        for parent, before in self.payloads:
            for unit in self.bitstream.walk():
                for name, algorithm in DIGESTS.items():
                    data_header = getattr(unit.header, "nnr_compressed_data_unit_header", None)
                    found = getattr(data_header, name, None)
                    if found is None or found != digest(algorithm, before):
                        continue
                    self.open(unit)
                    data_header = unit.header.nnr_compressed_data_unit_header  # type: ignore[union-attr]
                    setattr(data_header, name, digest(algorithm, parent.payload_bytes))
                    reasons = self.reasons.setdefault(id(unit), {})
                    reasons[f"header.{name}"] = "digest of the parent's payload"
                    changed = True
        return changed

    def plan(self) -> Plan:
        """Compare what was with what is."""
        after = measure(self.bitstream.units)
        plan = Plan(notes=self.notes, bytes_before=total(self.before), bytes_after=total(after))
        for key, (path, start, size, unit) in after.items():
            if key not in self.before:
                plan.units.append(UnitChange(path, unit.type_name, "", None, size))
                continue
            path_before, start_before, size_before, _ = self.before[key]
            trace = self.traces.get(key)
            if trace is not None and trace.header:
                plan.changes.extend(
                    compare(
                        path,
                        (start_before, trace),
                        (start, trace_unit(unit)),
                        self.reasons.get(key, {}),
                    )
                )
            if size != size_before or path != path_before:
                plan.units.append(UnitChange(path, unit.type_name, path_before, size_before, size))
        for key, (path, _, size, unit) in self.before.items():
            if key not in after:
                plan.units.append(UnitChange(path, unit.type_name, path, size, None))
        for unit, payload in self.payloads:
            if payload != unit.payload_bytes and id(unit) in after:
                path, start, size, _ = after[id(unit)]
                old = self.before.get(id(unit))
                ends = (None if old is None else old[1] + old[2]), start + size
                plan.changes.append(payload_change(path, payload, unit.payload_bytes, ends))
        return plan

    def rollback(self) -> None:
        """Undo everything."""
        self.bitstream.units[:] = self.units
        for unit, state in self.saved.values():
            for name, value in state.items():
                setattr(unit, name, value)

    def commit(self) -> None:
        """Keep everything."""
        for path, unit in walk_paths(self.bitstream.units):
            unit.path = path

    def locate(self, error: PlacedError) -> None:
        """Add to an error number and type of the unit that its path begins with."""
        match = re.match(r"units\[(\d+)\]", error.path)
        if match is not None and int(match[1]) < len(self.bitstream.units):
            number = int(match[1])
            error.locate(unit=number, unit_type=self.bitstream.units[number].type_name)


def run(
    bitstream: Units, change: Callable[[Edit], None], *, force: bool = False, keep: bool = True
) -> Plan:
    """Carry out a change as a whole, or undo it.

    Args:
        bitstream: what to change.
        change: makes the change on an `Edit`.
        force: accept reserved values.
        keep: keep the change; else only the plan is made.

    Raises:
        NncError: the change was refused; the bitstream is as it was.
    """
    return carried_out(Edit(bitstream, force), change, keep=keep)


def insertion(path: str, value: Any) -> Callable[[Edit], None]:
    """Return the change that puts a value into a list, or a unit into the bitstream."""

    def change(edit: Edit) -> None:
        if isinstance(value, Unit):
            require_unit_path(path)
            edit.insert_unit(path, value)
        else:
            edit.change_list(path, value, 1)

    return change


def removal(path: str) -> Callable[[Edit], None]:
    """Return the change that takes out a value of a list, a unit, or an element."""

    def change(edit: Edit) -> None:
        if is_unit_path(path):
            edit.remove_unit(path)
        else:
            edit.change_list(path, None, -1)

    return change


def is_unit_path(path: str) -> bool:
    """Tell whether a path is that of one unit."""
    steps = parse_path(path)
    return all(step.name == "units" and len(step.indices) == 1 for step in steps) and not any(
        "*" in step.indices for step in steps
    )


def require_unit_path(path: str) -> None:
    """Refuse a path that is not that of one unit."""
    if not is_unit_path(path):
        raise InputError(f"{path}: a unit needs a place like units[3]")


def link(bitstream: Units) -> None:
    """Link units that were made, not read, to the parameters in force for them.

    Raises:
        NncError: a unit can't be written.
    """
    Settler(None).settle_units(bitstream.units, "")


def walk_paths(units: Sequence[Unit], prefix: str = "") -> Iterator[tuple[str, Unit]]:
    """Yield all units with their paths, those inside aggregates too."""
    for number, unit in enumerate(units):
        path = f"{prefix}units[{number}]"
        yield path, unit
        yield from walk_paths(unit.units, f"{path}.")


def total(sizes: SizeMap) -> int:
    """Return the size of all units of the bitstream itself."""
    return sum(size for path, _, size, _ in sizes.values() if "." not in path)


def digest(algorithm: Callable[[Any], Any], payload: bytes | memoryview) -> int:
    """Return a digest as the unsigned integer that stands in the bitstream."""
    return int.from_bytes(algorithm(payload).digest(), "big")


def as_bytes(value: Any, path: str) -> memoryview:
    """Return a value as bytes, or refuse it."""
    try:
        return memoryview(value).cast("B")
    except TypeError:
        raise BuildError("takes bytes", path=path, value=value) from None
