"""Whole bitstreams out of drawn tables: units in a valid order, sizes that fit, real payloads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nnc.bitio import BitstreamError, Table
from nnc.fuzzing.payloads import code_tensor, codes_one_tensor
from nnc.fuzzing.strategies import (
    KINDS,
    TABLES,
    Broken,
    Drawer,
    FinishedError,
    RejectedError,
    Source,
)
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import NnrUnitHeader, NnrUnitType, Scope

#: Rules of the composition of a bitstream, besides those of the tables: what is wrong.
SIZE_RULES = {
    "size-too-small": "the size of a unit is smaller than its size field and one byte of header",
    "size-too-large": "the size of a unit runs past the end of the data",
}

#: What a receiver is expected to say, by the kind of the broken rule.
VERDICTS = KINDS | dict.fromkeys(SIZE_RULES, "error")

#: Tables that are the payload of a unit, by its type; the others hold bytes or units.
PAYLOADS = {
    NnrUnitType.NNR_MPS: "nnr_model_parameter_set_unit_payload",
    NnrUnitType.NNR_LPS: "nnr_layer_parameter_set_unit_payload",
    NnrUnitType.NNR_TPL: "nnr_topology_unit_payload",
    NnrUnitType.NNR_QNT: "nnr_quantization_unit_payload",
}

#: Formats that tensors are delivered in, by payload type: those that hold all of their values.
FORMATS = {
    PayloadType.NNR_PT_INT: (0, 7),
    PayloadType.NNR_PT_FLOAT: (1, 9),
    PayloadType.NNR_PT_RAW_FLOAT: (1, 8, 9),
}

#: The smallest quantization parameter that is drawn; all are at most 0.
SMALLEST_QP = -64


@dataclass(slots=True)
class Drawn:
    """A drawn bitstream.

    Attributes:
        data: its bytes.
        broken: the rule that it breaks, None for a valid one.
        tables: header and payload of each unit in order; the payload None where it is bytes.
    """

    data: bytes
    broken: Broken | None
    tables: list[tuple[NnrUnitHeader, Table | None]]


class StreamDrawer:
    """Draws one bitstream unit by unit, keeping what is in force."""

    def __init__(
        self,
        source: Source,
        *,
        decodable: bool = True,
        kind: str = "",
        element: str = "",
        skip: int = 0,
    ) -> None:
        """Say what is wanted.

        Args:
            source: where values come from.
            decodable: only what our decoder decodes; else all of the syntax, the payloads of
                compressed data units being any bytes.
            kind: kind of the rule to be broken, "" for none.
            element: the element that it is to be broken at, "" for any.
            skip: how many chances to break it are passed over.
        """
        self.source = source
        self.decodable = decodable
        self.kind = kind
        self.element = element
        self.skip = skip
        self.scope = Scope()
        self.broken: Broken | None = None
        self.finished = False
        self.tables: list[tuple[NnrUnitHeader, Table | None]] = []
        self.count = 0
        self.qp_density = 0

    def draw(self) -> Drawn:
        """Draw the bitstream.

        Raises:
            RejectedError: the rule to be broken isn't, or the tables don't come out well.
        """
        data = self.draw_units(self.plan(), [])
        if self.kind and self.broken is None:
            raise RejectedError(f"no chance to break {self.kind} {self.element}".rstrip())
        return Drawn(data, self.broken, self.tables)

    def plan(self) -> list[Any]:
        """Draw which units there are: types, and lists of types for aggregates."""
        kinds: list[Any] = [NnrUnitType.NNR_STR, NnrUnitType.NNR_MPS]
        self.has_topology = self.source.integer(0, 1)
        if self.has_topology:
            kinds.append(NnrUnitType.NNR_TPL)
        if self.source.integer(0, 3) == 1:
            kinds.append(NnrUnitType.NNR_QNT)
        for _ in range(self.source.integer(1, 3)):
            if self.source.integer(0, 3) == 1:
                kinds.append(NnrUnitType.NNR_LPS)
            kinds.append(NnrUnitType.NNR_NDU)
        if self.source.integer(0, 4) == 1:
            kinds.append([NnrUnitType.NNR_NDU] * self.source.integer(2, 3))
        return kinds

    def draw_units(self, kinds: list[Any], stack: list[tuple[str, str, Any]]) -> bytes:
        """Draw units one after the other."""
        data = b""
        for number, kind in enumerate(kinds):
            inside = [*stack, ("units", "nnr_unit", number)]
            last = number == len(kinds) - 1 and not stack
            data += self.draw_unit(kind, inside, last)
            if self.finished:
                break
        return data

    def draw_unit(self, kind: Any, stack: list[tuple[str, str, Any]], last: bool) -> bytes:
        """Draw one unit, and make what it changes come into force."""
        self.count += 1
        scope = self.scope.copy()
        scope.given = self.given
        inner: list[bytes] = []
        if isinstance(kind, list):
            inner = self.inner_units(kind, stack)
            if self.finished:
                self.tables.clear()
        # The header of an aggregate is drawn after its units, when their places are known.
        fixed = self.fixed_values(kind, inner)
        drawer = self.drawer(fixed, [*stack, ("header", "nnr_unit_header", None)])
        header = self.draw_table(drawer, "nnr_unit_header", scope)
        if header is None:
            return self.sized(drawer.to_bytes(), stack, last)
        start = len(self.tables)
        head, payload, table = drawer.to_bytes(), b"".join(inner), None
        if not inner:
            head, payload, table = self.draw_payload(header, head, scope, fixed, stack)
        if inner:
            self.tables.insert(start - len(inner), (header, None))
        else:
            self.tables.append((header, table))
        return self.sized(head + payload, stack, last)

    def inner_units(self, kinds: list[Any], stack: list[tuple[str, str, Any]]) -> list[bytes]:
        """Draw the units of an aggregate."""
        return [
            self.draw_unit(kind, [*stack, ("units", "nnr_unit", number)], False)
            for number, kind in enumerate(kinds)
            if not self.finished
        ]

    def drawer(self, fixed: dict[str, Any], stack: list[tuple[str, str, Any]]) -> Drawer:
        """Make the drawer of one table."""
        wanted = self.kind if self.broken is None and self.kind in KINDS else ""
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

    def draw_payload(
        self,
        header: NnrUnitHeader,
        head: bytes,
        scope: Scope,
        fixed: dict[str, Any],
        stack: list[tuple[str, str, Any]],
    ) -> tuple[bytes, bytes, Table | None]:
        """Draw the payload that a header asks for; give both, since one may change the other."""
        kind = header.nnr_unit_type
        if kind == NnrUnitType.NNR_STR:
            self.scope = Scope()
            self.scope.general_profile_idc = scope.general_profile_idc
            return head, b"", None
        if kind in PAYLOADS:
            drawer = self.drawer(fixed, [*stack, ("payload", "", None)])
            table = self.draw_table(drawer, PAYLOADS[NnrUnitType(kind)], scope)
            if table is not None and kind in (NnrUnitType.NNR_MPS, NnrUnitType.NNR_LPS):
                self.scope = scope
                prefix = "mps" if kind == NnrUnitType.NNR_MPS else "lps"
                density = getattr(table, f"{prefix}_qp_density")
                self.qp_density = self.qp_density if density is None else density
            return head, drawer.to_bytes(), table
        unit = header.nnr_compressed_data_unit_header
        if unit is None or not self.decodable:
            return head, self.source.data(), None
        if unit.nnr_compressed_data_unit_payload_type == PayloadType.NNR_PT_RAW_FLOAT:
            drawer = Drawer(self.source)
            TABLES["nnr_compressed_data_unit_payload"](drawer, scope)
            return head, drawer.to_bytes(), None
        if codes_one_tensor(header) and self.is_intact(stack, scope):
            return *code_tensor(self.source, header, scope, self.qp_density), None
        return head, self.source.data(), None

    def is_intact(self, stack: list[tuple[str, str, Any]], scope: Scope) -> bool:
        """Tell whether the header of a unit, and the profile, say how its tensor is coded."""
        broken = self.broken
        if broken is not None and broken.path.startswith(f"units[{stack[0][2]}]"):
            return False
        return scope.general_profile_idc in (0, 1)

    def sized(self, rest: bytes, stack: list[tuple[str, str, Any]], last: bool) -> bytes:
        """Put the size in front of a unit, in either form (a valid unit has the shortest)."""
        if not rest:
            raise RejectedError("a unit without a byte breaks the rule of its size")
        size = len(rest) + 2
        long = size > (1 << 15) - 1 or (not self.decodable and self.source.integer(0, 7) == 1)
        size += 2 * long
        wrong = None
        if self.broken is None and self.element in ("", "nnr_unit_size"):
            if self.kind == "size-too-small":
                self.skip -= 1
                wrong = self.source.integer(0, 2 + 2 * long) if self.skip < 0 else None
            elif self.kind == "size-too-large" and last:
                wrong = size + self.source.integer(1, 200)
        if wrong is not None:
            path = "".join(f"{name}[{index}]." for name, _, index in stack) + "nnr_unit_size"
            self.broken = Broken(self.kind, path, 0, wrong, "error")
            self.finished = True
            size = wrong
        field = size | 1 << 31 if long else size
        return field.to_bytes(4 if long else 2, "big") + rest

    # What is not left to chance

    def given(self, name: str, table: Table) -> Any:
        """Give what a header asks for; a name tells which part of a decomposed layer it is of."""
        if name != "decomposed_tensor_role":
            return None
        element = getattr(table, "topology_elem_id", None)
        names = getattr(table, "topology_elem_id_list", None)
        element = names[0] if element is None and names else element
        if element is None:
            raise RejectedError("no name tells which part of a decomposed layer it is")
        return 1 if element.endswith("_G") else 2

    def fixed_values(self, kind: Any, inner: list[bytes]) -> dict[str, Any]:
        """Give the elements of a unit that have to have certain values."""
        if isinstance(kind, list):
            return self.aggregate_values(kind, inner)
        fixed: dict[str, Any] = {
            "nnr_unit_type": int(kind),
            "partial_data_counter_present_flag": 0,
            "topology_carriage_flag": self.has_topology,
            "input_parameters_present_flag": 1,
            "tensor_dimensions_flag": 1,
            "topology_elem_id": self.name,
            "topology_elem_id_list": self.name,
        }
        if self.decodable:
            fixed |= self.decodable_values()
            if kind == NnrUnitType.NNR_NDU:
                fixed |= self.tensor_values()
        return fixed

    def name(self, index: Any) -> str:
        """Give a name that no other tensor has."""
        part = "GH"[self.source.integer(0, 1)]
        number = "" if index is None else f"_{index}"
        return f"{self.source.text()}.{self.count}{number}_{part}"

    def aggregate_values(self, kinds: list[Any], inner: list[bytes]) -> dict[str, Any]:
        """Give the elements of an aggregate's header that follow from its units."""
        places = [sum(len(unit) for unit in inner[:number]) for number in range(len(kinds) + 1)]

        def unit_type(index: Any) -> int:
            return int(NnrUnitType.NNR_AGG if index is None else kinds[index])

        return {
            "nnr_unit_type": unit_type,
            "partial_data_counter_present_flag": 0,
            "num_of_nnr_units_minus2": len(kinds) - 2,
            "nnr_unit_entry_point": lambda index: places[min(index, len(inner))],
        }

    def decodable_values(self) -> dict[str, Any]:
        """Give the elements that have to have certain values for our decoder."""
        return {
            "mps_quantization_method_flags": self.source.integer(1, 3),
            "lps_quantization_method_flags": self.source.integer(1, 3),
            "mps_quantization_parameter": -self.source.integer(0, -SMALLEST_QP),
            "lps_quantization_parameter": -self.source.integer(0, -SMALLEST_QP),
            "mps_topology_indexed_reference_flag": 0,
            "mps_parent_signalling_enabled_flag": 0,
            "topology_compression_format": 0,
            "quantization_compression_format": 0,
        }

    def tensor_values(self) -> dict[str, Any]:
        """Give the elements that have to have certain values in a unit of one tensor."""
        kind = PayloadType(self.source.integer(0, 2))
        formats = FORMATS[kind]
        raw = kind == PayloadType.NNR_PT_RAW_FLOAT

        def dimension(index: Any) -> int:
            return self.source.integer(1, 24 if index == 0 else 4)

        return {
            "nnr_compressed_data_unit_payload_type": int(kind),
            "nnr_multiple_topology_elements_present_flag": 0,
            "nnr_decompressed_data_format": formats[self.source.integer(0, len(formats) - 1)],
            "node_id_present_flag": 0,
            "compressed_parameter_types": 0,
            "count_tensor_dimensions": self.source.integer(0, 3),
            "tensor_dimensions": dimension,
            "first_tensor_dimension_shift": 0,
            "scan_order": 0 if raw else self.source.integer(0, 4),
        }


def draw_valid(source: Source) -> Drawn:
    """Draw a valid bitstream, which our decoder decodes.

    Raises:
        RejectedError: what was drawn doesn't come out well; draw again.
    """
    return StreamDrawer(source).draw()


def draw_syntax(source: Source) -> Drawn:
    """Draw a bitstream of valid tables, from all of the syntax, with any bytes for payloads.

    Raises:
        RejectedError: what was drawn doesn't come out well; draw again.
    """
    return StreamDrawer(source, decodable=False).draw()


def draw_broken(source: Source, kind: str, element: str = "", *, wide: bool = False) -> Drawn:
    """Draw a bitstream that breaks exactly one rule.

    Args:
        source: where values come from.
        kind: kind of the rule, one of `VERDICTS`.
        element: the element that it is to be broken at, "" for any.
        wide: draw from all of the syntax. Such a bitstream may also break rules of
            composition; without, there are elements that never occur.

    Raises:
        RejectedError: it didn't come to that; draw again.
    """
    skip = source.integer(0, 5)
    return StreamDrawer(source, decodable=not wide, kind=kind, element=element, skip=skip).draw()


def until_drawn(draw: Callable[[int], Drawn], attempts: int = 400) -> Drawn | None:
    """Call a function with 0, 1, 2 ... until it draws something that isn't rejected."""
    for attempt in range(attempts):
        try:
            return draw(attempt)
        except RejectedError:
            continue
    return None
