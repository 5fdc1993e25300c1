"""Aggregate: syntax tables of clauses 6.3.3, 6.3.4.

Generated from schema/aggregate.syntax; do not edit.
Schema hash: sha256 aa606b428aa5c1f1f5b4159977377a3a949d8f503930b7dab1ed458b90c5562d
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, ClassVar, Final

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.table import Syntax, Table
from nnc.syntax import unit
from nnc.syntax.description import Element, Shape
from nnc.syntax.functions import counted, finished, item, listed, new, refuse, required
from nnc.syntax.scope import Scope


class AggregateUnitType(IntEnum):
    """Values of clause 6.3.3 (draft).

    Attributes:
        NNR_AGG_GEN: any units.
        NNR_AGG_SLF: self-contained: decodable with nothing outside but the start unit.

    Other values: 2 to 255: reserved.

    """

    NNR_AGG_GEN = 0
    NNR_AGG_SLF = 1


NNR_AGG_GEN: Final = 0
NNR_AGG_SLF: Final = 1


@dataclass(slots=True, eq=False, kw_only=True)
class NnrAggregateUnitHeader(Table):
    """NNR aggregate unit header syntax.

    Clause 6.3.3, draft. Table `nnr_aggregate_unit_header` of schema/aggregate.syntax.

    Attributes:
        nnr_aggregate_unit_type: Kind of aggregate.
        entry_points_present_flag: 1: type and place of each unit follow.
        nnr_reserved_zero_7bits: Reserved, 0.
        num_of_nnr_units_minus2: Number of units in the aggregate, minus 2.
        nnr_unit_type: Type of unit i.
        nnr_unit_entry_point: Offset in bytes of unit i from the first byte of the payload.
        quant_bitdepth: Bit depth of the quantised values of unit i.
        ctu_scan_order: Scan order of the blocks of unit i.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.

    """

    fields: ClassVar[tuple[str, ...]] = (
        "nnr_aggregate_unit_type",
        "entry_points_present_flag",
        "nnr_reserved_zero_7bits",
        "num_of_nnr_units_minus2",
        "nnr_unit_type",
        "nnr_unit_entry_point",
        "quant_bitdepth",
        "ctu_scan_order",
        "byte_alignment",
    )
    nnr_aggregate_unit_type: int
    entry_points_present_flag: int
    nnr_reserved_zero_7bits: int = 0
    num_of_nnr_units_minus2: int
    nnr_unit_type: list[int] | None = None
    nnr_unit_entry_point: list[int] | None = None
    quant_bitdepth: list[int] | None = None
    ctu_scan_order: list[int] | None = None
    byte_alignment: int | None = None


class NnrAggregateUnitHeaderSyntax(Syntax):
    """Reads and writes `nnr_aggregate_unit_header`: NNR aggregate unit header syntax."""

    table: ClassVar[str] = "nnr_aggregate_unit_header"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "NNR aggregate unit header syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/aggregate.syntax:16"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrAggregateUnitHeader
    elements: ClassVar[dict[str, Element]] = {
        "nnr_aggregate_unit_type": Element(
            "nnr_aggregate_unit_type",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "draft",
            17,
            "Kind of aggregate.",
            enum="AggregateUnitType",
            range=(0, 1),
            unnamed=((2, 255, "reserved"),),
        ),
        "entry_points_present_flag": Element(
            "entry_points_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "draft",
            18,
            "1: type and place of each unit follow.",
        ),
        "nnr_reserved_zero_7bits": Element(
            "nnr_reserved_zero_7bits",
            "u(7)",
            "u",
            7,
            "6.3.3",
            "draft",
            19,
            "Reserved, 0.",
            range=(0, 0),
        ),
        "num_of_nnr_units_minus2": Element(
            "num_of_nnr_units_minus2",
            "u(16)",
            "u",
            16,
            "6.3.3",
            "draft",
            20,
            "Number of units in the aggregate, minus 2.",
        ),
        "nnr_unit_type": Element(
            "nnr_unit_type",
            "u(6)",
            "u",
            6,
            "6.3.3",
            "draft",
            23,
            "Type of unit i.",
            enum="NnrUnitType",
            unnamed=(
                (7, 31, "reserved"),
                (32, 63, "unspecified"),
            ),
            counts=(("num_of_nnr_units_minus2", -2),),
        ),
        "nnr_unit_entry_point": Element(
            "nnr_unit_entry_point",
            "u(34)",
            "u",
            34,
            "6.3.3",
            "draft",
            24,
            "Offset in bytes of unit i from the first byte of the payload.",
            counts=(("num_of_nnr_units_minus2", -2),),
        ),
        "quant_bitdepth": Element(
            "quant_bitdepth",
            "u(5)",
            "u",
            5,
            "6.3.3",
            "draft",
            28,
            "Bit depth of the quantised values of unit i.",
            counts=(("num_of_nnr_units_minus2", -2),),
        ),
        "ctu_scan_order": Element(
            "ctu_scan_order",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "draft",
            29,
            "Scan order of the blocks of unit i.",
            counts=(("num_of_nnr_units_minus2", -2),),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_aggregate_unit_type": Shape("int"),
        "entry_points_present_flag": Shape("int"),
        "nnr_reserved_zero_7bits": Shape("int"),
        "num_of_nnr_units_minus2": Shape("int"),
        "nnr_unit_type": Shape("int", depth=1),
        "nnr_unit_entry_point": Shape("int", depth=1),
        "quant_bitdepth": Shape("int", depth=1),
        "ctu_scan_order": Shape("int", depth=1),
        "byte_alignment": Shape("int"),
    }

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = new(NnrAggregateUnitHeader)
        obj.nnr_unit_type = None
        obj.nnr_unit_entry_point = None
        obj.quant_bitdepth = None
        obj.ctu_scan_order = None
        obj.byte_alignment = None
        nnr_unit_type: list[int]
        nnr_unit_entry_point: list[int]
        quant_bitdepth: list[int]
        ctu_scan_order: list[int]
        obj.nnr_aggregate_unit_type = stream.u(8, "nnr_aggregate_unit_type")
        entry_points_present_flag = stream.u(1, "entry_points_present_flag")
        obj.entry_points_present_flag = entry_points_present_flag
        obj.nnr_reserved_zero_7bits = stream.u(7, "nnr_reserved_zero_7bits")
        num_of_nnr_units_minus2 = stream.u(16, "num_of_nnr_units_minus2")
        obj.num_of_nnr_units_minus2 = num_of_nnr_units_minus2
        context.num_of_nnr_units_minus2 = num_of_nnr_units_minus2
        if entry_points_present_flag:
            nnr_unit_type = []
            obj.nnr_unit_type = nnr_unit_type
            nnr_unit_entry_point = []
            obj.nnr_unit_entry_point = nnr_unit_entry_point
            for i in range(num_of_nnr_units_minus2 + 2):
                nnr_unit_type.append(stream.u(6, "nnr_unit_type", i))
                nnr_unit_entry_point.append(stream.u(34, "nnr_unit_entry_point", i))
        aggregate_has_tail = context.ask("aggregate_has_tail", obj, stream)
        if aggregate_has_tail:
            quant_bitdepth = []
            obj.quant_bitdepth = quant_bitdepth
            ctu_scan_order = []
            obj.ctu_scan_order = ctu_scan_order
            for i in range(num_of_nnr_units_minus2 + 2):
                quant_bitdepth.append(stream.u(5, "quant_bitdepth", i))
                ctu_scan_order.append(stream.u(1, "ctu_scan_order", i))
        obj.byte_alignment = stream.byte_alignment()
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrAggregateUnitHeader):
            stream.fail("not the table that stands here", "", None, obj, "NnrAggregateUnitHeader")
        nnr_unit_type: list[int]
        nnr_unit_entry_point: list[int]
        quant_bitdepth: list[int]
        ctu_scan_order: list[int]
        stream.u(
            8,
            required(stream, obj.nnr_aggregate_unit_type, "nnr_aggregate_unit_type"),
            "nnr_aggregate_unit_type",
        )
        entry_points_present_flag = required(
            stream, obj.entry_points_present_flag, "entry_points_present_flag"
        )
        stream.u(1, entry_points_present_flag, "entry_points_present_flag")
        stream.u(
            7,
            required(stream, obj.nnr_reserved_zero_7bits, "nnr_reserved_zero_7bits"),
            "nnr_reserved_zero_7bits",
        )
        num_of_nnr_units_minus2 = required(
            stream, obj.num_of_nnr_units_minus2, "num_of_nnr_units_minus2"
        )
        context.num_of_nnr_units_minus2 = num_of_nnr_units_minus2
        stream.u(16, num_of_nnr_units_minus2, "num_of_nnr_units_minus2")
        if entry_points_present_flag:
            nnr_unit_type = counted(
                stream, obj.nnr_unit_type, max(num_of_nnr_units_minus2 + 2, 0), "nnr_unit_type"
            )
            nnr_unit_entry_point = counted(
                stream,
                obj.nnr_unit_entry_point,
                max(num_of_nnr_units_minus2 + 2, 0),
                "nnr_unit_entry_point",
            )
            for i in range(num_of_nnr_units_minus2 + 2):
                stream.u(6, nnr_unit_type[i], "nnr_unit_type", i)
                stream.u(34, nnr_unit_entry_point[i], "nnr_unit_entry_point", i)
        else:
            refuse(stream, obj, "nnr_unit_type", "nnr_unit_entry_point")
        aggregate_has_tail = context.ask("aggregate_has_tail", obj, stream)
        if aggregate_has_tail:
            quant_bitdepth = counted(
                stream, obj.quant_bitdepth, max(num_of_nnr_units_minus2 + 2, 0), "quant_bitdepth"
            )
            ctu_scan_order = counted(
                stream, obj.ctu_scan_order, max(num_of_nnr_units_minus2 + 2, 0), "ctu_scan_order"
            )
            for i in range(num_of_nnr_units_minus2 + 2):
                stream.u(5, quant_bitdepth[i], "quant_bitdepth", i)
                stream.u(1, ctu_scan_order[i], "ctu_scan_order", i)
        else:
            refuse(stream, obj, "quant_bitdepth", "ctu_scan_order")
        stream.byte_alignment(obj.byte_alignment)
        return obj


nnr_aggregate_unit_header = NnrAggregateUnitHeaderSyntax()


@dataclass(slots=True, eq=False, kw_only=True)
class NnrAggregateUnitPayload(Table):
    """NNR aggregate unit payload syntax.

    Clause 6.3.4, draft. Table `nnr_aggregate_unit_payload` of schema/aggregate.syntax.

    Attributes:
        nnr_unit: table `nnr_unit`.

    """

    fields: ClassVar[tuple[str, ...]] = ("nnr_unit",)
    nnr_unit: list[unit.NnrUnit] = field(default_factory=list)


class NnrAggregateUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_aggregate_unit_payload`: NNR aggregate unit payload syntax."""

    table: ClassVar[str] = "nnr_aggregate_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR aggregate unit payload syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/aggregate.syntax:58"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrAggregateUnitPayload
    elements: ClassVar[dict[str, Element]] = {}
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_unit": Shape("table", depth=1, called="nnr_unit"),
    }

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = new(NnrAggregateUnitPayload)
        num_of_nnr_units_minus2 = context.num_of_nnr_units_minus2
        nnr_unit_: list[unit.NnrUnit]
        nnr_unit_ = []
        obj.nnr_unit = nnr_unit_
        i = 0
        while i < num_of_nnr_units_minus2 + 2:
            stream.enter("nnr_unit", "nnr_unit", len(nnr_unit_))
            nnr_unit_.append(unit.nnr_unit._parse(stream, context, path))
            stream.leave()
            i += 1
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrAggregateUnitPayload):
            stream.fail("not the table that stands here", "", None, obj, "NnrAggregateUnitPayload")
        num_of_nnr_units_minus2 = context.num_of_nnr_units_minus2
        nnr_unit_: list[unit.NnrUnit]
        nnr_unit_ = listed(stream, obj.nnr_unit, "nnr_unit")
        nnr_unit__position = 0
        i = 0
        while i < num_of_nnr_units_minus2 + 2:
            nnr_unit__table = item(stream, nnr_unit_, nnr_unit__position, "nnr_unit")
            stream.enter("nnr_unit", "nnr_unit", nnr_unit__position)
            unit.nnr_unit._build(nnr_unit__table, stream, context, path)
            stream.leave()
            nnr_unit__position += 1
            i += 1
        finished(stream, nnr_unit_, nnr_unit__position, "nnr_unit")
        return obj


nnr_aggregate_unit_payload = NnrAggregateUnitPayloadSyntax()
