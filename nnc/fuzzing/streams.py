"""Whole bitstreams out of drawn tables: planned units, sizes that fit, real payloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nnc.bitio import BitstreamError, NncError, Table
from nnc.bitstream import Unit
from nnc.bitstream.sizes import SHORT_SIZE_LIMIT, size_bytes, size_in_form
from nnc.bitstream.unit import ParameterSets, kind_of, scope_after
from nnc.decoder.known import Known
from nnc.engine.fields import copy_table
from nnc.fuzzing.payloads import code_tensors, header_bytes, raw_values
from nnc.fuzzing.placed import PlacedSource
from nnc.fuzzing.planned import Ancestor, PlannedUnit
from nnc.fuzzing.plans import Planner
from nnc.fuzzing.strategies import (
    KINDS,
    TABLES,
    Broken,
    Drawer,
    FinishedError,
    RejectedError,
    Source,
)
from nnc.fuzzing.within import EVERYTHING, Within
from nnc.model.node import Node, node_of
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import NnrUnitHeader, NnrUnitType, Scope

#: Rules of the composition of a bitstream, besides those of the tables: what is wrong.
SIZE_RULES = {
    "size-too-small": "the size of a unit is smaller than its size field and one byte of header",
    "size-too-large": "the size of a unit runs past the end of the data",
}

#: What a receiver is expected to say, by the kind of the broken rule.
VERDICTS = KINDS | dict.fromkeys(SIZE_RULES, "error")

#: What has to have certain values even where all of the syntax is drawn: so that sizes, places
#: and what is sent out of band can be known.
ALWAYS_FIXED = {
    "nnr_unit_type",
    "partial_data_counter_present_flag",
    "partial_data_counter",
}

#: The same, for elements whose value isn't the planned one.
SENT_IN_BAND = {"input_parameters_present_flag": 1, "tensor_dimensions_flag": 1}

#: Elements that follow from the coded payload.
ENTRY_POINTS = ("cabac_offset_list", "dq_state_list", "bit_offset_delta1", "bit_offset_delta2")

#: The tables around a place, as (field name, table name, index).
Stack = list[tuple[str, str, Any]]


@dataclass(slots=True)
class Drawn:
    """A drawn bitstream.

    Attributes:
        data: its bytes.
        broken: the rule that it breaks, None for a valid one.
        tables: header and payload of each unit in order; the payload None where it is bytes.
        dimensions: tensor_dimensions by name, where the bitstream leaves them out.
        unary_lengths: cabac_unary_length_minus1 by name, where given from outside.
        base: the valid bitstream that it is an update of, if it is one.
    """

    data: bytes
    broken: Broken | None
    tables: list[tuple[NnrUnitHeader, Table | None]]
    dimensions: dict[str, list[int]] = field(default_factory=dict)
    unary_lengths: dict[str, int] = field(default_factory=dict)
    base: Drawn | None = None

    @property
    def out_of_band(self) -> dict[str, Any]:
        """What has to be told to a parser, as its keyword arguments."""
        return {"dimensions": self.dimensions, "cabac_unary_length_minus1": self.unary_lengths}


class Piece(NamedTuple):
    """A unit as it was drawn, and its payload."""

    unit: Unit
    payload: bytes


class StreamDrawer:
    """Draws one bitstream unit by unit, keeping what is in force.

    Attributes:
        coded: tensors that an update of the bitstream may be a difference to.
    """

    def __init__(
        self,
        source: Source,
        plan: Planner,
        *,
        decodable: bool = True,
        kind: str = "",
        element: str = "",
        skip: int = 0,
        within: Within = EVERYTHING,
        twin: Mapping[str, Piece] | None = None,
    ) -> None:
        """Say what is wanted.

        Args:
            source: where values come from.
            plan: which units there are.
            decodable: only what our decoder decodes; else all of the syntax, the payloads of
                compressed data units being any bytes.
            kind: kind of the rule to be broken, "" for none.
            element: the element that it is to be broken at, "" for any.
            skip: how many chances to break it are passed over.
            within: the features that it is drawn from.
            twin: the pieces of the valid bitstream that was drawn from the same source.
        """
        self.source = source
        self.within = within
        self.twin = {} if twin is None else twin
        self.pieces: dict[str, Piece] = {}
        self.plan = plan
        self.decodable = decodable
        self.kind = kind
        self.element = element
        self.skip = skip
        self.scope = Scope()
        self.sets = ParameterSets()
        self.broken: Broken | None = None
        self.finished = False
        self.tables: list[tuple[NnrUnitHeader, Table | None]] = []
        self.coded: list[Ancestor] = []

    def draw(self) -> Drawn:
        """Draw the bitstream.

        Raises:
            RejectedError: the rule to be broken isn't, or the tables don't come out well.
        """
        data = b"".join(self.draw_units(self.plan.units, []))
        if self.kind and self.broken is None:
            raise RejectedError(f"no chance to break {self.kind} {self.element}".rstrip())
        plan = self.plan
        return Drawn(data, self.broken, self.tables, plan.dimensions, plan.unary_lengths)

    # Units

    def draw_units(self, planned: list[PlannedUnit], stack: Stack) -> list[bytes]:
        """Draw units one after the other; those cut into parts are several."""
        found: list[bytes] = []
        for each in planned:
            if self.finished:
                break
            found += self.draw_unit(each, stack, len(found))
        return found

    def draw_unit(self, planned: PlannedUnit, outside: Stack, number: int) -> list[bytes]:
        """Draw one unit, and make what it changes come into force."""
        stack = [*outside, ("units", "nnr_unit", number)]
        scope = self.scope.copy()
        scope.given = planned.given_value if self.decodable else role_by_name
        place = len(self.tables)
        self.enter(planned)
        # The header of an aggregate is drawn after its units, when their places are known.
        inner = self.draw_units(planned.units, stack)
        if planned.units and self.finished:
            # Without a tail it takes whole units to tell that there is none.
            planned.given["aggregate_has_tail"] = 1
            self.enter(planned)
        fixed = self.fixed_values(planned, inner) | self.entry_points_of_twin(planned)
        drawer = self.drawer(fixed, [*stack, ("header", "nnr_unit_header", None)])
        # A unit without a byte of header breaks the rule of its size.
        drawer.shortest = 1
        header = self.draw_table(drawer, "nnr_unit_header", scope)
        if header is None:
            return [self.sized(drawer.to_bytes(), stack)]
        if planned.units:
            self.tables.insert(place, (header, None))
            return [self.sized(drawer.to_bytes() + b"".join(inner), stack)]
        unit = Unit(header, parameter_sets=self.sets, scope=scope)
        unit.given = dict(planned.given)
        payload = self.draw_payload(planned, unit, fixed, stack)
        self.pieces[planned.number] = Piece(unit, payload)
        self.take_effect(unit)
        head = drawer.to_bytes()
        if unit.header is not header:
            head = header_bytes(unit.readable_header(), scope)
        if planned.parts > 1 and header.partial_data_counter:
            return self.parts(unit, head, payload, planned.parts, outside, number)
        self.tables.append((unit.readable_header(), unit.table))
        return [self.sized(head + payload, stack)]

    def enter(self, planned: PlannedUnit) -> None:
        """Tell a source that gives each unit values of its own which one comes."""
        if isinstance(self.source, PlacedSource):
            self.source.enter(planned.number)

    def entry_points_of_twin(self, planned: PlannedUnit) -> dict[str, Any]:
        """Return the entry points of the same unit of the valid bitstream, by element."""
        twin = self.twin.get(planned.number)
        header = None if twin is None else twin.unit.readable_header()
        own = None if header is None else header.nnr_compressed_data_unit_header
        found: dict[str, Any] = {}
        for name in ENTRY_POINTS if own is not None else ():
            values = getattr(own, name)
            if isinstance(values, list) and values:
                found[name] = partial(entry_of, values)
            elif isinstance(values, int):
                found[name] = values
        return found

    def parts(
        self, unit: Unit, head: bytes, payload: bytes, count: int, outside: Stack, number: int
    ) -> list[bytes]:
        """Cut a payload over several units, whose counters go down to 1."""
        assert unit.scope is not None
        if isinstance(self.source, PlacedSource):
            self.source.go("cuts")
        cuts = sorted(self.source.integer(0, len(payload)) for _ in range(count - 1))
        found: list[bytes] = []
        for left, begin, end in zip(
            range(count, 0, -1), [0, *cuts], [*cuts, len(payload)], strict=True
        ):
            if self.finished:
                break
            header = unit.readable_header()
            if found:
                header = copy_table(header)
                header.partial_data_counter = left
                head = header_bytes(header, unit.scope)
            self.tables.append((header, None))
            stack = [*outside, ("units", "nnr_unit", number + len(found))]
            found.append(self.sized(head + payload[begin:end], stack))
        return found

    def take_effect(self, unit: Unit) -> None:
        """Make a parameter set or a list of ids come into force."""
        scope, kind = unit.scope, unit.nnr_unit_type
        assert scope is not None
        self.scope = scope_after(self.scope, kind, scope)
        if not self.finished:
            self.sets = self.sets.after(unit)

    def sized(self, rest: bytes, stack: Stack) -> bytes:
        """Put the size in front of a unit, in either form (a valid unit has the shortest)."""
        size = len(rest) + 2
        long = size > SHORT_SIZE_LIMIT or (not self.decodable and self.source.integer(0, 7) == 1)
        size += 2 * long
        width = 4 if long else 2
        wrong = None
        if self.breaks_size("size-too-small"):
            wrong = self.source.integer(0, width)
        elif self.breaks_size("size-too-large"):
            wrong = size + self.source.integer(1, 200)
        elif self.breaks_size("truncated"):
            self.break_size(stack, None)
            return size_in_form(size, width)[: self.source.integer(1, width - 1)]
        if wrong is not None:
            self.break_size(stack, wrong)
            size = wrong
        return size_in_form(size, width) + rest

    def breaks_size(self, kind: str) -> bool:
        """Tell whether this is the size to break a rule at."""
        if self.broken is not None or self.finished or self.kind != kind:
            return False
        if self.element not in ("", "nnr_unit_size"):
            return False
        self.skip -= 1
        return self.skip < 0

    def break_size(self, stack: Stack, value: int | None) -> None:
        """Note that a unit's size is wrong, which ends the bitstream."""
        path = f"{path_of(stack)}.nnr_unit_size"
        self.broken = Broken(self.kind, path, 0, value, VERDICTS[self.kind])
        self.finished = True

    # Tables

    def fixed_values(self, planned: PlannedUnit, inner: list[bytes]) -> dict[str, Any]:
        """Return the elements of a unit that have to have certain values."""
        narrowed = self.within.fixed_values(self.source)
        if planned.units:
            return narrowed | planned.fixed | self.aggregate_values(inner)
        if self.decodable:
            return narrowed | planned.fixed
        kept = {name: value for name, value in planned.fixed.items() if name in ALWAYS_FIXED}
        part = "GH"[self.source.integer(0, 1)]
        name = f"{self.source.text()}_{part}"
        ids = {"topology_elem_id": name, "topology_elem_id_list": lambda index: name}
        return kept | SENT_IN_BAND | ids

    def aggregate_values(self, inner: list[bytes]) -> dict[str, Any]:
        """Return the elements of an aggregate's header that follow from its units."""
        places = [sum(len(unit) for unit in inner[:number]) for number in range(len(inner) + 1)]

        def unit_type(index: Any) -> int:
            if index is None:
                return int(NnrUnitType.NNR_AGG)
            unit = inner[min(index, len(inner) - 1)]
            head = size_bytes(unit)
            return unit[head] >> 2 if len(unit) > head else 0

        return {
            "nnr_unit_type": unit_type,
            "num_of_nnr_units_minus2": max(len(inner) - 2, 0),
            "nnr_unit_entry_point": lambda index: places[min(index, len(inner))],
        }

    def drawer(self, fixed: dict[str, Any], stack: Stack, *, breaks: bool = True) -> Drawer:
        """Make the drawer of one table."""
        wanted = self.kind if breaks and self.broken is None and self.kind in KINDS else ""
        made = Drawer(self.source, fixed=fixed, kind=wanted, element=self.element, skip=self.skip)
        made.stack = list(stack)
        return made

    def draw_table(self, drawer: Drawer, name: str, scope: Scope) -> Any:
        """Draw a table; None where the stream is to end within it."""
        table = None
        try:
            table = TABLES[name](drawer, scope)
        except FinishedError:
            self.finished = True
        except BitstreamError as error:
            # The broken rule left out what this table needs to know.
            raise RejectedError(str(error)) from error
        self.skip = drawer.skip
        if self.broken is None:
            self.broken = drawer.broken
        return table

    # Payloads

    def draw_payload(
        self, planned: PlannedUnit, unit: Unit, fixed: dict[str, Any], stack: Stack
    ) -> bytes:
        """Draw the payload that a unit's header asks for.

        A table becomes the unit's payload. Where entry points depend on what was drawn, the unit
        gets a header that has them.
        """
        kind = unit.nnr_unit_type
        if kind == NnrUnitType.NNR_STR:
            return b""
        inside = [*stack, ("payload", "", None)]
        if kind_of(kind).parsed:
            # Nobody can tell what is wrong with a part before the others have come.
            drawer = self.drawer(fixed, inside, breaks=planned.parts == 1)
            unit.table = self.draw_table(drawer, kind_of(kind).payload, self.scope_of(unit))
            return drawer.to_bytes()
        is_broken = self.broken is not None and self.broken.path.startswith(f"{path_of(stack)}.")
        twin = self.twin.get(planned.number) if is_broken else None
        if twin is not None:
            return twin.payload
        if kind != NnrUnitType.NNR_NDU or not self.decodable or is_broken:
            return self.source.data()
        header = unit.readable_header()
        if header.nnr_compressed_data_unit_payload_type == PayloadType.NNR_PT_RAW_FLOAT:
            drawer = self.drawer(raw_values(self.source), inside, breaks=planned.parts == 1)
            name = "nnr_compressed_data_unit_payload"
            self.draw_table(drawer, name, self.scope_of(unit))
            return drawer.to_bytes()
        try:
            return self.draw_codeword(planned, unit)
        except NncError:
            if self.broken is None:
                raise
            twin = self.twin.get(planned.number)
            return self.source.data() if twin is None else twin.payload

    @staticmethod
    def scope_of(unit: Unit) -> Scope:
        """Return the scope of a unit that has one."""
        assert unit.scope is not None
        return unit.scope

    def draw_codeword(self, planned: PlannedUnit, unit: Unit) -> bytes:
        """Draw the tensors of a unit and code them."""
        header: NnrUnitHeader = copy_table(unit.readable_header())
        unit.header = header
        known = {}
        if planned.ancestor is not None:
            levels = planned.ancestor.levels
            used = self.source.integer(0, 1) and self.within.may("history")
            history = np.zeros(levels.shape, np.bool_) if used else None
            known = {planned.ancestor.name: Known(levels, history)}
        payload, tensors = code_tensors(self.source, unit, known, self.within.may)
        if len(planned.names) == 1 and len(tensors) == 1:
            tensor = tensors[0]
            assert tensor.levels is not None
            node = node_of(header) or Node()
            shape = tensor.tensor.dimensions
            made = Ancestor(planned.names[0], shape, node, tensor.levels.copy(), payload)
            self.coded.append(made)
        return payload


def path_of(stack: Stack) -> str:
    """Return the syntax path of a unit."""
    return ".".join(f"{name}[{index}]" for name, _, index in stack)


def entry_of(values: list[int], index: Any) -> int:
    """Return an entry of a list, the last one beyond its end."""
    return values[min(index if isinstance(index, int) else 0, len(values) - 1)]


def role_by_name(name: str, table: Table) -> int | None:
    """Return what a header asks for; a name tells which part of a decomposed layer it is of."""
    if name != "decomposed_tensor_role":
        return None
    element = getattr(table, "topology_elem_id", None)
    names = getattr(table, "topology_elem_id_list", None)
    element = names[0] if element is None and names else element
    if element is None:
        raise RejectedError("no name tells which part of a decomposed layer it is")
    return 1 if element.endswith("_G") else 2
