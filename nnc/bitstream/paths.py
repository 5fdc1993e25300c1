"""Paths to elements: `units[3].header.tensor_dimensions[1]`, `units[*].header.dq_flag`.

A path begins with a unit, `units[3]`, or with one inside aggregates, `units[2].units[0]`; then
comes `header`, `payload`, or one of the few things that a unit has beside them; then names of
tables and of elements. Names of called tables may be left out: the first table in the order of
the syntax that has the element is taken, one that is present before one that is absent.

A payload that is bytes has one element, its bytes or the values of a raw tensor:
`units[3].payload.raw_float32_parameter[7]` (see `payload_elements`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nnc.bitio import InputError, Table
from nnc.bitio.bits import index_text
from nnc.bitstream.payload_elements import payload_table, payload_type
from nnc.bitstream.unit import Unit
from nnc.engine import paths
from nnc.engine.fields import Field
from nnc.engine.paths import (
    ALL,
    Hops,
    Step,
    indexed_value,
    owner_of,
    path_error,
    places_in,
    shortest,
    values_at,
)
from nnc.syntax import NnrUnitHeader, NnrUnitPayload

#: What a unit has beside its elements.
UNIT_PARTS = ("nnr_unit_size", "nnr_unit_size_flag", "trailing", "given")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads.

    Attributes:
        unit: the unit; None for `units` of the bitstream itself.
        unit_path: path of the unit, `units[2].units[0]`.
        part: "unit", "units", "header", "payload" or one of `UNIT_PARTS`.
        hops: names of the fields that lead from the header or payload to the table.
        field: the element or table in it; None for the part as a whole.
        name: name within `given`; else "".
        indices: indices into the element, or into `units`.
    """

    unit: Unit | None
    unit_path: str
    part: str
    hops: Hops = ()
    field: Field | None = None
    name: str = ""
    indices: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """The path as errors give it: without the names of tables that nobody needs."""
        if self.part == "unit":
            return self.unit_path
        parts = [self.unit_path] if self.unit_path else []
        parts.append(self.part)
        if self.field is not None:
            assert self.table_type is not None
            parts += shortest(self.table_type, self.root, self.hops, self.field, self.indices)
        elif self.name:
            parts.append(self.name)
        return ".".join(parts) + index_text(self.indices)

    @property
    def table_type(self) -> type[Table] | None:
        """The dataclass of the header or the payload, None for what has no elements."""
        assert self.unit is not None
        if self.part == "header":
            return NnrUnitHeader
        syntax = self.unit.payload_syntax
        return payload_type(self.unit) if syntax is None else syntax.table_type

    @property
    def root(self) -> Table | None:
        """The header or the payload as a table as it is now, None where there is none."""
        assert self.unit is not None
        if self.part == "header":
            return self.unit.readable_header()
        payload = self.unit.payload
        return payload if isinstance(payload, Table) else payload_table(self.unit)

    @property
    def in_payload_bytes(self) -> bool:
        """Whether this is an element of a payload that is kept as bytes."""
        assert self.unit is not None
        return self.part == "payload" and self.unit.payload_syntax is None

    def owner(self, *, create: bool = False) -> Table | None:
        """Return the table that the element stands in; see `owner_of`."""
        return owner_of(self.root, self.hops, create=create)

    def value(self) -> Any:
        """Return what stands here; None where the element is absent.

        Raises:
            InputError: an index is out of range.
            BitstreamError: the payload can't be parsed.
        """
        return indexed_value(self.whole_value(), self.indices, self.path)

    def whole_value(self) -> Any:
        """Return the value without the indices."""
        unit = self.unit
        if self.part in ("unit", "units") or unit is None:
            return unit
        if self.field is not None:
            owner = self.owner()
            return None if owner is None else getattr(owner, self.field.name)
        if self.part == "header":
            return unit.readable_header()
        if self.part == "payload":
            return unit.payload
        if self.part == "trailing":
            return unit.trailing
        if self.part == "given":
            return unit.given.get(self.name) if self.name else dict(unit.given)
        return size_part(unit, self.part)


def size_part(unit: Unit, part: str) -> int:
    """Return nnr_unit_size or nnr_unit_size_flag of a unit as it would be written."""
    from nnc.bitstream.sizes import field_bytes, size_field

    size = unit.byte_size
    before = unit.size
    if size:
        size -= field_bytes(before)
        before = size_field(size, before)
    if before is None:
        raise InputError("the unit was never written and has no size yet")
    value: int = getattr(before, part)
    return value


def parse_path(text: str) -> list[Step]:
    """Take a path apart, which begins with a unit.

    Raises:
        InputError: it is no path; the message names the column and what was expected there.
    """
    steps = paths.parse_path(text)
    if steps[0].name != "units":
        raise path_error(text, 0, "'units', as in units[3].header")
    return steps


def places(units: Sequence[Unit], path: str) -> Iterator[Place]:
    """Yield the places that a path leads to: one, or with `*` any number.

    Raises:
        InputError: the path leads nowhere; the message says at which column and why.
    """
    steps = parse_path(path)
    found = False
    unknown: InputError | None = None
    wild = ALL in steps[0].indices
    for unit, unit_path, rest in unit_places(units, steps, path):
        try:
            for place in unit_part(unit, unit_path, rest, path):
                found = True
                yield place
        except InputError as error:
            if not wild:
                raise
            unknown = error
    if not found and unknown is not None:
        raise unknown


def unit_places(
    units: Sequence[Unit], steps: list[Step], path: str, prefix: str = ""
) -> Iterator[tuple[Unit, str, list[Step]]]:
    """Yield the units that the first steps lead to, their paths, and the steps that are left."""
    step, rest = steps[0], steps[1:]
    if len(step.indices) != 1:
        raise path_error(path, step.column - 1 + len(step.name), "the number of a unit, [3] or [*]")
    wanted = step.indices[0]
    if isinstance(wanted, int) and wanted >= len(units):
        raise InputError(
            f"{path}: column {step.column}: there is no {prefix}units[{wanted}], "
            + (f"they go up to {len(units) - 1}" if units else "it holds no units")
        )
    numbers = range(len(units)) if isinstance(wanted, str) else [wanted]
    for number in numbers:
        unit_path = f"{prefix}units[{number}]"
        if rest and rest[0].name == "units":
            try:
                yield from unit_places(units[number].units, rest, path, f"{unit_path}.")
            except InputError:
                if wanted != ALL:
                    raise
        else:
            yield units[number], unit_path, rest


def unit_part(unit: Unit, unit_path: str, steps: list[Step], path: str) -> Iterator[Place]:
    """Yield the places within a unit."""
    if not steps:
        yield Place(unit, unit_path, "unit")
        return
    step, rest = steps[0], steps[1:]
    here = Place(unit, unit_path, step.name)
    if step.name in ("header", "payload"):
        if step.indices:
            raise path_error(path, step.column - 1 + len(step.name), "'.' or the end")
        yield from element_places(here, rest, path)
    elif step.name == "given" and rest and len(rest) == 1:
        yield replace(here, name=rest[0].name)
    elif step.name in UNIT_PARTS and not rest:
        yield here
    else:
        column = (rest[0] if step.name in UNIT_PARTS else step).column
        known = ", ".join(("header", "payload", "units", *UNIT_PARTS))
        raise InputError(f"{path}: column {column}: a unit has only {known}")


def element_places(here: Place, steps: list[Step], path: str) -> Iterator[Place]:
    """Yield the places within a header or payload."""
    if not steps:
        yield here
        return
    assert here.unit is not None
    table_type = here.table_type
    if table_type is None:
        raise InputError(
            f"{path}: column {steps[0].column}: the payload of {here.unit.type_name} has no "
            f"elements; {here.path} names its bytes"
        )
    # Of nnr_unit_payload only bytes are kept; its tables are payloads by themselves.
    yield from places_in(here, steps, path, below=table_type is not NnrUnitPayload)


def get(units: Sequence[Unit], path: str) -> Any:
    """Return the value at a path; see `Bitstream.get`."""
    return values_at(path, lambda text: places(units, text))
