"""One unit of a bitstream, and the parameter sets that are in force for it (clause 6.3)."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from nnc.bitio import BitReader, BitstreamError, InputError, InvalidError, MissingValueError, Table
from nnc.bitstream.places import located, path_in_unit
from nnc.bitstream.type_names import METADATA_UNIT_TYPE, type_name
from nnc.engine.places import ElementFinder, rule_of_element
from nnc.syntax import (
    TABLES,
    UNIT_KINDS,
    NnrUnitHeader,
    NnrUnitSize,
    NnrUnitType,
    Scope,
    TopologyStorageFormat,
    UnitKind,
    nnr_unit_header,
    nnr_unit_size,
)

#: What holds for units of a type that the schema doesn't know.
UNKNOWN_KIND = UnitKind()


def kind_of(nnr_unit_type: int) -> UnitKind:
    """Return what the schema says about units of a type."""
    return UNIT_KINDS.get(nnr_unit_type, UNKNOWN_KIND)


def payload_syntax_of(nnr_unit_type: int) -> Any:
    """Return the syntax of payloads that are tables; None where they are bytes or units."""
    kind = kind_of(nnr_unit_type)
    return TABLES[kind.payload] if kind.parsed else None


def scope_after(in_force: Scope, nnr_unit_type: int, scope: Scope) -> Scope:
    """Return the names in force after a unit.

    Args:
        in_force: those before it.
        nnr_unit_type: its type.
        scope: the names after its header and, for a parameter set, its payload.
    """
    kind = kind_of(nnr_unit_type)
    if not kind.starts:
        return scope if kind.persistent else in_force
    begun = Scope()
    for name in kind.names:
        setattr(begun, name, getattr(scope, name))
    return begun


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The units whose parameters are in force at one place of the bitstream.

    Attributes:
        start: the start unit (NNR_STR) of the model.
        mps: its model parameter set (NNR_MPS).
        lps: the last layer parameter set (NNR_LPS) after it.
        reference_list: the topology unit that holds the list of element ids (NNR_TPL_REFLIST);
            one that is cut into parts is in force, joined, after the last of them.
        reference_parts: the parts of such a list that have come, while others are missing.
    """

    start: Unit | None = None
    mps: Unit | None = None
    lps: Unit | None = None
    reference_list: Unit | None = None
    reference_parts: tuple[Unit, ...] = ()

    def after(self, unit: Unit) -> ParameterSets:
        """Return what is in force after `unit`."""
        kind = unit.nnr_unit_type
        if kind_of(kind).starts:
            return ParameterSets(start=unit)
        if kind == NnrUnitType.NNR_MPS:
            return replace(self, mps=unit, lps=None)
        if kind == NnrUnitType.NNR_LPS:
            return replace(self, lps=unit)
        if kind == NnrUnitType.NNR_TPL and unit.lists_ids:
            return self.after_list(unit)
        return self

    def after_list(self, unit: Unit) -> ParameterSets:
        """Return what is in force after a list of element ids or a part of one."""
        if not unit.is_part:
            return replace(self, reference_list=unit, reference_parts=())
        counter, expected = unit.partial_data_counter, 0
        if self.reference_parts:
            expected = self.reference_parts[-1].partial_data_counter - 1
        if counter < expected:
            return replace(self, reference_parts=())  # a part is missing
        before = self.reference_parts if counter == expected else ()
        if counter > 1:
            return replace(self, reference_parts=(*before, unit))
        return replace(self, reference_list=Unit.joined([*before, unit]), reference_parts=())


#: Nothing is in force yet.
NO_PARAMETER_SETS = ParameterSets()


class Unit:
    """One unit: size, header, payload.

    Attributes:
        size: the `nnr_unit_size` table as read; its form (short or long) is kept when writing.
        header: the `nnr_unit_header` table; None where it can't be read before a value that
            was sent out of band is given (`missing` says which).
        parameter_sets: what is in force for this unit.
        scope: the names that the unit's header gives to other tables, absent ones with the
            value they are taken to have.
        units: the units inside an aggregate; empty for other units.
        given: values that hand-written code supplied for reading, by name.
        trailing: bytes of the payload after the end of its syntax.
        path: syntax path of the unit as it was read, `units[3]`; "" for a new unit.
        source: the data that the unit was read from, or None for a new unit.
        start: place of the unit's first byte in the data, or None for a new unit.
        stop: place of the byte after its last, or None.
        payload_start: place of the payload's first byte in the data, or None.
        whole: the unit's bytes as they were read; None for a new unit.
        payload_bytes: the payload's bytes as they were read; empty for an aggregate, and for a
            new unit whose payload is a table.
        table: the payload as a syntax table, once it has been parsed or set; see `payload`.
        parts: the units that this one was joined from; empty for a unit as it was read.
        noise: payload of the unit after it, where that holds the rest of its tensor.
        missing: the error that says which value is missing for reading the header.
        edited_size: the unit's size in bytes after an edit, None before the first one.
    """

    def __init__(
        self,
        header: NnrUnitHeader | None,
        payload: Table | bytes | memoryview = b"",
        *,
        units: Collection[Unit] = (),
        size: NnrUnitSize | None = None,
        parameter_sets: ParameterSets | None = None,
        scope: Scope | None = None,
    ):
        """Make a unit out of its header and payload, both as they would be read."""
        self.header = header
        self.size = size
        self.parameter_sets = parameter_sets or NO_PARAMETER_SETS
        self.scope = scope
        self.path = ""
        if units:
            self.units = list(units)
        if isinstance(payload, Table):
            self.table = payload
        elif len(payload):
            self.payload_bytes = memoryview(payload)

    # A file may hold a unit in each three of its bytes. What most units lack takes no room, and
    # views on the data are made when they are first asked for. A pattern tells of a header that
    # isn't parsed yet.
    pattern: Any = None
    table: Table | None = None
    trailing: bytes | memoryview = b""
    source: memoryview | None = None
    start: int | None = None
    stop: int | None = None
    payload_start: int | None = None
    missing: MissingValueError | None = None
    edited_size: int | None = None
    noise: bytes | memoryview | None = None

    @cached_property
    def units(self) -> list[Unit]:
        """The units inside an aggregate."""
        return []

    @property
    def holds_units(self) -> bool:
        """Whether there are units in it."""
        return bool(self.__dict__.get("units"))

    @cached_property
    def given(self) -> dict[str, Any]:
        """Values that hand-written code supplied for reading, by name."""
        return {}

    @cached_property
    def parts(self) -> list[Unit]:
        """The units that this one was joined from."""
        return []

    @cached_property
    def whole(self) -> memoryview | None:
        """The unit's bytes as they were read."""
        return None if self.source is None else self.source[self.start : self.stop]

    @cached_property
    def payload_bytes(self) -> memoryview:
        """The payload's bytes as they were read."""
        if self.source is None or self.payload_start is None:
            return memoryview(b"")
        return self.source[self.payload_start : self.stop]

    @property
    def payload_place(self) -> tuple[int, int] | None:
        """Where the payload is in `source`; None where `payload_bytes` is set or was asked for."""
        if self.payload_start is None or self.stop is None or "payload_bytes" in self.__dict__:
            return None
        return self.payload_start, self.stop

    @property
    def payload_size(self) -> int:
        """Bytes of the payload."""
        place = self.payload_place
        return len(self.payload_bytes) if place is None else place[1] - place[0]

    @classmethod
    def joined(cls, parts: list[Unit]) -> Unit:
        """Return the unit whose payload is cut over several units; for reading only."""
        first = parts[0]
        unit = cls(
            first.header,
            b"".join(part.payload_bytes for part in parts),
            parameter_sets=first.parameter_sets,
            scope=first.scope,
        )
        unit.given, unit.path, unit.parts = first.given, first.path, list(parts)
        unit.start, unit.payload_start = first.start, first.payload_start
        return unit

    @property
    def shared_header(self) -> NnrUnitHeader | None:
        """The header, or one that differs in size and name alone; only to be looked at."""
        return self.header

    @property
    def nnr_unit_type(self) -> int:
        """The unit's type, a value of `NnrUnitType` or a number that has no name."""
        if self.header is not None:
            return self.header.nnr_unit_type
        return NnrUnitType.NNR_NDU

    @property
    def type_name(self) -> str:
        """The name of the unit's type."""
        kind = self.nnr_unit_type
        return type_name(kind, self.payload_bytes if kind == METADATA_UNIT_TYPE else b"")

    @property
    def partial_data_counter(self) -> int:
        """How many parts there are from this one on; 0 for a unit that isn't cut."""
        return 0 if self.header is None else self.header.partial_data_counter or 0

    @property
    def is_part(self) -> bool:
        """Whether the payload is a part of data that are cut over several units."""
        cut = self.partial_data_counter > 0
        return cut and kind_of(self.nnr_unit_type).divisible and not self.parts

    @property
    def payload_syntax(self) -> Any:
        """The syntax of a payload that is a table; None where it is bytes or units."""
        if self.is_part:
            return None
        return payload_syntax_of(self.nnr_unit_type)

    @property
    def payload(self) -> Table | memoryview:
        """The payload: a syntax table where it is one, else its bytes.

        Raises:
            BitstreamError: the payload breaks its syntax.
        """
        if self.table is not None:
            return self.table
        syntax = self.payload_syntax
        if syntax is not None and self.header is not None:
            self.parse_payload(syntax)
        return self.payload_bytes if self.table is None else self.table

    @payload.setter
    def payload(self, value: Table | bytes | memoryview) -> None:
        self.table = value if isinstance(value, Table) else None
        self.payload_bytes = memoryview(b"") if isinstance(value, Table) else memoryview(value)

    @property
    def byte_size(self) -> int:
        """Size of the unit in bytes, as it was read or last edited; 0 for a new unit."""
        if self.edited_size is not None:
            return self.edited_size
        if "whole" not in self.__dict__ and self.start is not None and self.stop is not None:
            return self.stop - self.start
        return 0 if self.whole is None else len(self.whole)

    @property
    def lists_ids(self) -> bool:
        """Whether the unit is a topology that lists element ids, or a part of one."""
        storage = getattr(self.header, "topology_storage_format", None)
        return storage == TopologyStorageFormat.NNR_TPL_REFLIST

    @property
    def names(self) -> list[str]:
        """Names of the tensors in a compressed data unit; empty for other units.

        Raises:
            InvalidError: an index points outside the list of element ids.
            MissingValueError: the header can't be read.
        """
        header = self.readable_header()
        own: Any = header.nnr_compressed_data_unit_header
        if header.nnr_unit_type != NnrUnitType.NNR_NDU or own is None:
            return []
        if own.nnr_multiple_topology_elements_present_flag:
            names = own.topology_elem_id_list
            if names is None:
                return [self.referenced_name(i) for i in own.topology_elem_id_index_list]
            return list(names)
        if own.topology_elem_id is None:
            return [self.referenced_name(own.topology_elem_id_index)]
        return [own.topology_elem_id]

    def locate(self, error: BitstreamError, in_payload: bool = False) -> BitstreamError:
        """Add to an error that the unit is its place, and return it.

        Args:
            error: an error whose path is relative to the unit, or to the payload.
            in_payload: it comes from decoding the payload, and its position is relative to that.
        """
        top = int(self.path.partition("[")[2].partition("]")[0]) if self.path else None
        if in_payload:
            error.path = path_in_unit(error.path)
        offset = 0
        if in_payload:
            offset = 8 * (self.payload_start or 0) + self.bits_between(error.bit_position)
        is_located = f"{error.path}.".startswith(f"{self.path}.")
        error.locate(
            path_prefix="" if is_located else self.path,
            bit_offset=offset,
            unit=top,
            unit_type=self.type_name,
        )
        if error.bit_position is None or not error.schema:
            point_out(self, error)
        if in_payload and not error.clause:
            error.locate(clause="10", schema="schema/deepcabac.syntax")
        if error.bit_position is None:
            error.bit_position = self.beginning(error.path)
        return error

    def beginning(self, path: str) -> int | None:
        """Return where in the data, in bits, the part of the unit begins that a path is in."""
        in_payload = path.removeprefix(f"{self.path}.").startswith("payload")
        begin = self.payload_start if in_payload else self.start
        return None if begin is None else 8 * begin

    def bits_between(self, bit_position: int | None) -> int:
        """Return the bits that stand in the data between the parts up to a place of the payload.

        Args:
            bit_position: the place, from the first bit of the payload.
        """
        before = 0
        for part in self.parts:
            size = 8 * len(part.payload_bytes)
            if bit_position is not None and bit_position < before + size:
                return 8 * ((part.payload_start or 0) - (self.payload_start or 0)) - before
            before += size
        return 0

    def readable_header(self) -> NnrUnitHeader:
        """Return the header, or raise the error that says which value is missing for it."""
        if self.header is None:
            if self.missing is not None:
                raise self.missing
            raise InputError("the unit has no header")
        return self.header

    def referenced_name(self, index: int) -> str:
        """Return the name that an index into the list of element ids stands for.

        Raises:
            InvalidError: there is no such list, or no such place in it.
        """
        unit = self.parameter_sets.reference_list
        if unit is None:
            raise InvalidError(
                "an index of an element id, but no list of element ids before it",
                path="header.topology_elem_id_index",
                value=index,
                clause="6.2.3",
                hint="a topology unit of format NNR_TPL_REFLIST must come first",
            )
        ids = unit.payload.topology_elem_id_list  # type: ignore[union-attr]
        if not 0 <= index < len(ids):
            raise InvalidError(
                "an index outside the list of element ids",
                path="header.topology_elem_id_index",
                value=index,
                allowed=f"0..{len(ids) - 1}",
            )
        return str(ids[index])

    def parse_payload(self, syntax: Any) -> None:
        """Parse the payload by its table, keeping apart what comes after.

        Raises:
            BitstreamError: the payload breaks its syntax.
        """
        assert self.scope is not None, "a unit with unparsed payload was parsed from data"
        reader = BitReader(self.payload_bytes)
        reader.enter("payload", syntax.table)
        try:
            self.table = syntax._parse(reader, self.scope, "")
        except BitstreamError as error:
            offset = 8 * (self.payload_start or 0) + self.bits_between(error.bit_position)
            raise self.locate(located(error, reader).locate(bit_offset=offset)) from None
        self.trailing = self.payload_bytes[(reader.position + 7) >> 3 :]

    def __copy__(self) -> Unit:
        """Return a unit of its own whose payload is a view on the same data."""
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        """Let the unit go from one process to another: views become bytes, each byte once."""
        state = self.__dict__ | {"payload_bytes": bytes(self.payload_bytes), "source": None}
        state["whole"] = self.whole
        state["trailing"] = bytes(self.trailing)
        # What a scope asks for values sent out of band is a function of the parser.
        state["scope"] = None if self.scope is None else self.scope.names()
        if self.whole is not None:
            header = (self.payload_start or 0) - (self.start or 0)
            is_inside = not self.units and self.whole[header:] == self.payload_bytes
            state["whole"] = bytes(self.whole[:header] if is_inside else self.whole)
            state["whole_holds_payload"] = not is_inside
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Put the unit together again."""
        holds_payload = state.pop("whole_holds_payload", True)
        self.__dict__.update(state)
        self.payload_bytes = memoryview(state["payload_bytes"])
        if self.scope is not None:
            names, self.scope = state["scope"], Scope(lambda name, table: self.given.get(name))
            for name, value in names.items():
                setattr(self.scope, name, value)
        if self.whole is not None:
            whole = memoryview(
                state["whole"] if holds_payload else state["whole"] + state["payload_bytes"]
            )
            self.whole = whole
            if not holds_payload:
                self.payload_bytes = whole[len(whole) - len(self.payload_bytes) :]

    def __repr__(self) -> str:
        """Show type, names and size."""
        names = ", ".join(self.names) if self.shared_header is not None else "?"
        return f"<{self.type_name}{' ' + names if names else ''}, {self.byte_size} bytes>"


def point_out(unit: Unit, error: BitstreamError) -> None:
    """Add to an error about an element of a unit the element's place and schema line."""
    finder = ElementFinder(error.path.removeprefix(f"{unit.path}."), TABLES)
    found = place_of(unit, finder)
    if found is None:
        return
    position, table = found
    if error.bit_position is None:
        error.bit_position = position
    error.locate(**rule_of_element(TABLES[table], finder.name))


def place_of(unit: Unit, finder: ElementFinder) -> tuple[int, str] | None:
    """Return the element's position in the data, in bits, and its table; None: not found."""
    source = unit.parts[0].whole if unit.parts else unit.whole
    if source is None or unit.scope is None:
        return None
    in_header, syntax = finder.path.startswith("header."), unit.payload_syntax
    with contextlib.suppress(BitstreamError):
        if in_header:
            finder.reader = BitReader(source, trace=finder)
            nnr_unit_size._parse(finder.reader, unit.scope.copy(), "")
            finder.reader.enter("header", "nnr_unit_header")
            nnr_unit_header._parse(finder.reader, unit.scope.copy(), "")
        elif finder.path.startswith("payload.") and syntax is not None:
            finder.reader = BitReader(unit.payload_bytes, trace=finder)
            finder.reader.enter("payload", syntax.table)
            syntax._parse(finder.reader, unit.scope.copy(), "")
    found = finder.exact or finder.named[min(finder.number, len(finder.named) - 1) :]
    if not found:
        return None
    position, table = found[0]
    if in_header:
        return 8 * (unit.start or 0) + position, table
    return 8 * (unit.payload_start or 0) + unit.bits_between(position) + position, table
