"""Unit: syntax tables of clauses 6.3.1, 6.3.2, 6.3.3, 6.3.3.1, 6.3.4.

Generated from schema/unit.syntax; do not edit.
Schema hash: sha256 6e0f813b78278bb881c8500776637bd0fadfedf22563c084172e9aa9d6c50c1b
"""

# ruff: noqa: E501, SIM102, SIM109

from __future__ import annotations

from dataclasses import field
from enum import IntEnum
from typing import Any, ClassVar, Final

from nnc.bitio import computing as _computing
from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.programs import Program
from nnc.bitio.table import Syntax, Table, tabular
from nnc.syntax import (
    compressed_data_unit,
    layer_parameter_set,
    model_parameter_set,
    quantization,
    start,
    topology,
)
from nnc.syntax.description import Element, Shape
from nnc.syntax.functions import (
    counted as _counted,
)
from nnc.syntax.functions import (
    extent_end as _extent_end,
)
from nnc.syntax.functions import (
    finished as _finished,
)
from nnc.syntax.functions import (
    item as _item,
)
from nnc.syntax.functions import (
    listed as _listed,
)
from nnc.syntax.functions import (
    new as _new,
)
from nnc.syntax.functions import (
    refuse as _refuse,
)
from nnc.syntax.functions import (
    required as _required,
)
from nnc.syntax.functions import (
    trailing as _trailing,
)
from nnc.syntax.functions import (
    write_trailing as _write_trailing,
)
from nnc.syntax.scope import Scope


class NnrUnitType(IntEnum):
    """Values of clause 6.3.3.1 (interop).

    Attributes:
        NNR_STR: start of the bitstream.
        NNR_MPS: model parameter set.
        NNR_LPS: layer parameter set.
        NNR_TPL: topology.
        NNR_QNT: quantization information.
        NNR_NDU: compressed data unit.
        NNR_AGG: aggregate unit.

    Other values: 7 to 31: reserved. 32 to 63: unspecified.
    """

    NNR_STR = 0
    NNR_MPS = 1
    NNR_LPS = 2
    NNR_TPL = 3
    NNR_QNT = 4
    NNR_NDU = 5
    NNR_AGG = 6


NNR_STR: Final = 0
NNR_MPS: Final = 1
NNR_LPS: Final = 2
NNR_TPL: Final = 3
NNR_QNT: Final = 4
NNR_NDU: Final = 5
NNR_AGG: Final = 6


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


@tabular
class NnrUnit(Table):
    """NNR unit syntax.

    Clause 6.3.1, interop. Table `nnr_unit` of schema/unit.syntax.

    Attributes:
        nnr_unit_size: table `nnr_unit_size`.
        nnr_unit_header: table `nnr_unit_header`.
        nnr_unit_payload: table `nnr_unit_payload`.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "nnr_unit_size",
        "nnr_unit_header",
        "nnr_unit_payload",
        "trailing_data",
    )
    nnr_unit_size: NnrUnitSize
    nnr_unit_header: NnrUnitHeader
    nnr_unit_payload: NnrUnitPayload
    trailing_data: bytes | memoryview = b""


class NnrUnitSyntax(Syntax):
    """Reads and writes `nnr_unit`: NNR unit syntax."""

    table: ClassVar[str] = "nnr_unit"
    clause: ClassVar[str] = "6.3.1"
    title: ClassVar[str] = "NNR unit syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/unit.syntax:8"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrUnit
    elements: ClassVar[dict[str, Element]] = {}
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_unit_size": Shape("table", called="nnr_unit_size"),
        "nnr_unit_header": Shape("table", called="nnr_unit_header"),
        "nnr_unit_payload": Shape("table", called="nnr_unit_payload"),
        "trailing_data": Shape("bytes"),
    }

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrUnit)
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        if rules is not None:
            outer_begin: Any = stream.begins.get("nnr_unit")
            stream.begins["nnr_unit"] = stream.position
            pending_before = len(stream.pending)
        start_ = stream.position
        stream.enter("nnr_unit_size", "nnr_unit_size")
        obj.nnr_unit_size = nnr_unit_size._parse(stream, context, path)
        stream.leave()
        nnr_unit_size_ = context.nnr_unit_size
        outer_end = stream.end
        stream.end = _extent_end(stream, start_, 8 * nnr_unit_size_, "nnr_unit")
        stream.enter("nnr_unit_header", "nnr_unit_header")
        obj.nnr_unit_header = nnr_unit_header._parse(stream, context, path)
        stream.leave()
        stream.enter("nnr_unit_payload", "nnr_unit_payload")
        obj.nnr_unit_payload = nnr_unit_payload._parse(stream, context, path)
        stream.leave()
        obj.trailing_data = _trailing(stream)
        stream.end = outer_end
        if rules is not None:
            _computing.settle_pending(stream, "nnr_unit", pending_before)
            stream.begins["nnr_unit"] = outer_begin
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrUnit):
            stream.fail("not the table that stands here", "", None, obj, "NnrUnit")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        outer_begin: Any = stream.begins.get("nnr_unit")
        stream.begins["nnr_unit"] = stream.position
        pending_before = len(stream.pending)
        start_ = stream.position
        nnr_unit_size__table = _required(stream, obj.nnr_unit_size, "nnr_unit_size")
        stream.enter("nnr_unit_size", "nnr_unit_size")
        nnr_unit_size._build(nnr_unit_size__table, stream, context, path)
        stream.leave()
        nnr_unit_size_ = context.nnr_unit_size
        nnr_unit_header__table = _required(stream, obj.nnr_unit_header, "nnr_unit_header")
        stream.enter("nnr_unit_header", "nnr_unit_header")
        nnr_unit_header._build(nnr_unit_header__table, stream, context, path)
        stream.leave()
        nnr_unit_payload__table = _required(stream, obj.nnr_unit_payload, "nnr_unit_payload")
        stream.enter("nnr_unit_payload", "nnr_unit_payload")
        nnr_unit_payload._build(nnr_unit_payload__table, stream, context, path)
        stream.leave()
        _write_trailing(stream, obj.trailing_data, start_, 8 * nnr_unit_size_, "nnr_unit")
        _computing.settle_pending(stream, "nnr_unit", pending_before)
        stream.begins["nnr_unit"] = outer_begin
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_unit = NnrUnitSyntax()


@tabular
class NnrUnitSize(Table):
    """NNR unit size syntax.

    Clause 6.3.2, interop. Table `nnr_unit_size` of schema/unit.syntax.

    Attributes:
        nnr_unit_size_flag: Length of [nnr_unit_size]: 0 means 15 bits, 1 means 31 bits. A writer
            takes the short form when the whole unit, with a size field of two bytes, is below 32768
            bytes; a reader takes either form, and an editor keeps the one it read as long as the
            size fits.
        nnr_unit_size: Number of bytes of the whole unit, this size field included.
    """

    fields: ClassVar[tuple[str, ...]] = ("nnr_unit_size_flag", "nnr_unit_size")
    nnr_unit_size_flag: int
    nnr_unit_size: int | None = None


class NnrUnitSizeSyntax(Syntax):
    """Reads and writes `nnr_unit_size`: NNR unit size syntax."""

    table: ClassVar[str] = "nnr_unit_size"
    clause: ClassVar[str] = "6.3.2"
    title: ClassVar[str] = "NNR unit size syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/unit.syntax:17"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrUnitSize
    elements: ClassVar[dict[str, Element]] = {
        "nnr_unit_size_flag": Element(
            "nnr_unit_size_flag",
            "u(1)",
            "u",
            1,
            "6.3.2",
            "interop",
            18,
            "Length of [nnr_unit_size]: 0 means 15 bits, 1 means 31 bits. A writer takes the short form when the whole unit, with a size field of two bytes, is below 32768 bytes; a reader takes either form, and an editor keeps the one it read as long as the size fits.",
        ),
        "nnr_unit_size": Element(
            "nnr_unit_size",
            "u(15 + (nnr_unit_size_flag * 16))",
            "u",
            None,
            "6.3.2",
            "interop",
            19,
            "Number of bytes of the whole unit, this size field included.",
            computed="sizeof(nnr_unit)",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_unit_size_flag": Shape("int"),
        "nnr_unit_size": Shape("int"),
    }
    program: ClassVar[Program | None] = Program(
        ("u", "nnr_unit_size_flag", 1),
        ("u", "nnr_unit_size", ("+", 15, ("*", "nnr_unit_size_flag", 16))),
        shared=("nnr_unit_size",),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        made = self.machine.parse(stream, context)
        if made is not None:
            return made
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrUnitSize)
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        nnr_unit_size__begin = None
        obj.nnr_unit_size_flag = nnr_unit_size_flag = stream.u(1, "nnr_unit_size_flag")
        if rules is not None:
            nnr_unit_size__begin = stream.position
        obj.nnr_unit_size = context.nnr_unit_size = stream.u(
            15 + nnr_unit_size_flag * 16, "nnr_unit_size"
        )
        if rules is not None:
            if nnr_unit_size__begin is not None:
                _computing.settle_later(
                    stream,
                    "nnr_unit",
                    self,
                    obj,
                    "nnr_unit_size",
                    nnr_unit_size__begin,
                    lambda: _computing.byte_count(
                        stream, stream.begins.get("nnr_unit"), stream.position
                    ),
                )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if self.machine.build(stream, obj, context):
            return obj
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrUnitSize):
            stream.fail("not the table that stands here", "", None, obj, "NnrUnitSize")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        nnr_unit_size__begin = None
        nnr_unit_size_flag = _required(stream, obj.nnr_unit_size_flag, "nnr_unit_size_flag")
        stream.u(1, nnr_unit_size_flag, "nnr_unit_size_flag")
        nnr_unit_size__begin = stream.position
        context.nnr_unit_size = _computing.computed_value(stream, obj, "nnr_unit_size", None)
        stream.u(15 + nnr_unit_size_flag * 16, context.nnr_unit_size, "nnr_unit_size")
        if nnr_unit_size__begin is not None:
            _computing.settle_later(
                stream,
                "nnr_unit",
                self,
                obj,
                "nnr_unit_size",
                nnr_unit_size__begin,
                lambda: _computing.byte_count(
                    stream, stream.begins.get("nnr_unit"), stream.position
                ),
            )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_unit_size = NnrUnitSizeSyntax()


@tabular
class NnrUnitHeader(Table):
    """General NNR unit header syntax.

    Clause 6.3.3.1, interop. Table `nnr_unit_header` of schema/unit.syntax.

    Attributes:
        nnr_unit_type: What the unit holds. A unit of a type that is not known keeps its payload as
            opaque bytes and is never lost.
        independently_decodable_flag: 1: the unit can be decoded without any other compressed data
            unit. 0: it may need some.
        partial_data_counter_present_flag: 1: [partial_data_counter] follows.
        partial_data_counter: Place of this unit among the parts of data that are cut over several
            units of the same type, naming the same elements. It counts backwards: the first part
            carries the number of parts, the last one 1; 0 means that the data is undivided. The
            payloads of all parts are joined in order before they are parsed.
        nnr_model_parameter_set_unit_header: table `nnr_model_parameter_set_unit_header`.
        nnr_layer_parameter_set_unit_header: table `nnr_layer_parameter_set_unit_header`.
        nnr_topology_unit_header: table `nnr_topology_unit_header`.
        nnr_quantization_unit_header: table `nnr_quantization_unit_header`.
        nnr_compressed_data_unit_header: table `nnr_compressed_data_unit_header`.
        nnr_start_unit_header: table `nnr_start_unit_header`.
        nnr_aggregate_unit_header: table `nnr_aggregate_unit_header`.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "nnr_unit_type",
        "independently_decodable_flag",
        "partial_data_counter_present_flag",
        "partial_data_counter",
        "nnr_model_parameter_set_unit_header",
        "nnr_layer_parameter_set_unit_header",
        "nnr_topology_unit_header",
        "nnr_quantization_unit_header",
        "nnr_compressed_data_unit_header",
        "nnr_start_unit_header",
        "nnr_aggregate_unit_header",
    )
    nnr_unit_type: int
    independently_decodable_flag: int
    partial_data_counter_present_flag: int
    partial_data_counter: int | None = None
    nnr_model_parameter_set_unit_header: (
        model_parameter_set.NnrModelParameterSetUnitHeader | None
    ) = None
    nnr_layer_parameter_set_unit_header: (
        layer_parameter_set.NnrLayerParameterSetUnitHeader | None
    ) = None
    nnr_topology_unit_header: topology.NnrTopologyUnitHeader | None = None
    nnr_quantization_unit_header: quantization.NnrQuantizationUnitHeader | None = None
    nnr_compressed_data_unit_header: compressed_data_unit.NnrCompressedDataUnitHeader | None = None
    nnr_start_unit_header: start.NnrStartUnitHeader | None = None
    nnr_aggregate_unit_header: NnrAggregateUnitHeader | None = None


class NnrUnitHeaderSyntax(Syntax):
    """Reads and writes `nnr_unit_header`: General NNR unit header syntax."""

    table: ClassVar[str] = "nnr_unit_header"
    clause: ClassVar[str] = "6.3.3.1"
    title: ClassVar[str] = "General NNR unit header syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/unit.syntax:46"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrUnitHeader
    elements: ClassVar[dict[str, Element]] = {
        "nnr_unit_type": Element(
            "nnr_unit_type",
            "u(6)",
            "u",
            6,
            "6.3.3.1",
            "interop",
            47,
            "What the unit holds. A unit of a type that is not known keeps its payload as opaque bytes and is never lost.",
            enum="NnrUnitType",
            range=(0, 6),
            unnamed=(
                (7, 31, "reserved"),
                (32, 63, "unspecified"),
            ),
        ),
        "independently_decodable_flag": Element(
            "independently_decodable_flag",
            "u(1)",
            "u",
            1,
            "6.3.3.1",
            "interop",
            48,
            "1: the unit can be decoded without any other compressed data unit. 0: it may need some.",
        ),
        "partial_data_counter_present_flag": Element(
            "partial_data_counter_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.3.1",
            "interop",
            49,
            "1: [partial_data_counter] follows.",
        ),
        "partial_data_counter": Element(
            "partial_data_counter",
            "u(8)",
            "u",
            8,
            "6.3.3.1",
            "draft",
            51,
            "Place of this unit among the parts of data that are cut over several units of the same type, naming the same elements. It counts backwards: the first part carries the number of parts, the last one 1; 0 means that the data is undivided. The payloads of all parts are joined in order before they are parsed.",
            absent=0,
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_unit_type": Shape("int"),
        "independently_decodable_flag": Shape("int"),
        "partial_data_counter_present_flag": Shape("int"),
        "partial_data_counter": Shape("int"),
        "nnr_model_parameter_set_unit_header": Shape(
            "table", called="nnr_model_parameter_set_unit_header"
        ),
        "nnr_layer_parameter_set_unit_header": Shape(
            "table", called="nnr_layer_parameter_set_unit_header"
        ),
        "nnr_topology_unit_header": Shape("table", called="nnr_topology_unit_header"),
        "nnr_quantization_unit_header": Shape("table", called="nnr_quantization_unit_header"),
        "nnr_compressed_data_unit_header": Shape("table", called="nnr_compressed_data_unit_header"),
        "nnr_start_unit_header": Shape("table", called="nnr_start_unit_header"),
        "nnr_aggregate_unit_header": Shape("table", called="nnr_aggregate_unit_header"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "partial_data_counter",
        "nnr_model_parameter_set_unit_header",
        "nnr_layer_parameter_set_unit_header",
        "nnr_topology_unit_header",
        "nnr_quantization_unit_header",
        "nnr_compressed_data_unit_header",
        "nnr_start_unit_header",
        "nnr_aggregate_unit_header",
    )
    programs: ClassVar[tuple[Program, ...]] = (
        Program(
            ("u", "nnr_unit_type", 6),
            ("u", "independently_decodable_flag", 1),
            ("u", "partial_data_counter_present_flag", 1),
            (
                "if",
                "partial_data_counter_present_flag",
                (("u", "partial_data_counter", 8),),
                (("share", "partial_data_counter", 0), ("missing", "partial_data_counter")),
            ),
            shared=("nnr_unit_type", "partial_data_counter"),
        ),
        Program(
            ("call", "nnr_layer_parameter_set_unit_header", "nnr_layer_parameter_set_unit_header"),
            depth=1,
        ),
        Program(("call", "nnr_topology_unit_header", "nnr_topology_unit_header"), depth=1),
        Program(("call", "nnr_quantization_unit_header", "nnr_quantization_unit_header"), depth=1),
        Program(("call", "nnr_start_unit_header", "nnr_start_unit_header"), depth=1),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrUnitHeader = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        if self.machines[0].read(stream, obj, context):
            nnr_unit_type = obj.nnr_unit_type
        else:
            obj.nnr_unit_type = nnr_unit_type = context.nnr_unit_type = stream.u(6, "nnr_unit_type")
            obj.independently_decodable_flag = stream.u(1, "independently_decodable_flag")
            partial_data_counter_present_flag = stream.u(1, "partial_data_counter_present_flag")
            obj.partial_data_counter_present_flag = partial_data_counter_present_flag
            if partial_data_counter_present_flag:
                obj.partial_data_counter = context.partial_data_counter = stream.u(
                    8, "partial_data_counter"
                )
            else:
                context.partial_data_counter = 0
        if nnr_unit_type == NNR_MPS:
            stream.enter(
                "nnr_model_parameter_set_unit_header", "nnr_model_parameter_set_unit_header"
            )
            obj.nnr_model_parameter_set_unit_header = (
                model_parameter_set.nnr_model_parameter_set_unit_header._parse(
                    stream, context, path
                )
            )
            stream.leave()
        if nnr_unit_type == NNR_LPS:
            if not self.machines[1].read(stream, obj, context):
                stream.enter(
                    "nnr_layer_parameter_set_unit_header", "nnr_layer_parameter_set_unit_header"
                )
                obj.nnr_layer_parameter_set_unit_header = (
                    layer_parameter_set.nnr_layer_parameter_set_unit_header._parse(
                        stream, context, path
                    )
                )
                stream.leave()
        if nnr_unit_type == NNR_TPL:
            if not self.machines[2].read(stream, obj, context):
                stream.enter("nnr_topology_unit_header", "nnr_topology_unit_header")
                obj.nnr_topology_unit_header = topology.nnr_topology_unit_header._parse(
                    stream, context, path
                )
                stream.leave()
        if nnr_unit_type == NNR_QNT:
            if not self.machines[3].read(stream, obj, context):
                stream.enter("nnr_quantization_unit_header", "nnr_quantization_unit_header")
                obj.nnr_quantization_unit_header = quantization.nnr_quantization_unit_header._parse(
                    stream, context, path
                )
                stream.leave()
        if nnr_unit_type == NNR_NDU:
            stream.enter("nnr_compressed_data_unit_header", "nnr_compressed_data_unit_header")
            obj.nnr_compressed_data_unit_header = (
                compressed_data_unit.nnr_compressed_data_unit_header._parse(stream, context, path)
            )
            stream.leave()
        if nnr_unit_type == NNR_STR:
            if not self.machines[4].read(stream, obj, context):
                stream.enter("nnr_start_unit_header", "nnr_start_unit_header")
                obj.nnr_start_unit_header = start.nnr_start_unit_header._parse(
                    stream, context, path
                )
                stream.leave()
        if nnr_unit_type == NNR_AGG:
            stream.enter("nnr_aggregate_unit_header", "nnr_aggregate_unit_header")
            obj.nnr_aggregate_unit_header = nnr_aggregate_unit_header._parse(stream, context, path)
            stream.leave()
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrUnitHeader):
            stream.fail("not the table that stands here", "", None, obj, "NnrUnitHeader")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        if self.machines[0].write(stream, obj, context):
            nnr_unit_type = obj.nnr_unit_type
        else:
            nnr_unit_type = _required(stream, obj.nnr_unit_type, "nnr_unit_type")
            context.nnr_unit_type = nnr_unit_type
            stream.u(6, nnr_unit_type, "nnr_unit_type")
            stream.u(
                1,
                _required(stream, obj.independently_decodable_flag, "independently_decodable_flag"),
                "independently_decodable_flag",
            )
            partial_data_counter_present_flag = _required(
                stream, obj.partial_data_counter_present_flag, "partial_data_counter_present_flag"
            )
            stream.u(1, partial_data_counter_present_flag, "partial_data_counter_present_flag")
            if partial_data_counter_present_flag:
                context.partial_data_counter = _required(
                    stream, obj.partial_data_counter, "partial_data_counter"
                )
                stream.u(8, context.partial_data_counter, "partial_data_counter")
            else:
                context.partial_data_counter = 0
                _refuse(stream, obj, "partial_data_counter")
        if nnr_unit_type == NNR_MPS:
            nnr_model_parameter_set_unit_header__table = _required(
                stream,
                obj.nnr_model_parameter_set_unit_header,
                "nnr_model_parameter_set_unit_header",
            )
            stream.enter(
                "nnr_model_parameter_set_unit_header", "nnr_model_parameter_set_unit_header"
            )
            model_parameter_set.nnr_model_parameter_set_unit_header._build(
                nnr_model_parameter_set_unit_header__table, stream, context, path
            )
            stream.leave()
        else:
            _refuse(stream, obj, "nnr_model_parameter_set_unit_header")
        if nnr_unit_type == NNR_LPS:
            if not self.machines[1].write(stream, obj, context):
                nnr_layer_parameter_set_unit_header__table = _required(
                    stream,
                    obj.nnr_layer_parameter_set_unit_header,
                    "nnr_layer_parameter_set_unit_header",
                )
                stream.enter(
                    "nnr_layer_parameter_set_unit_header", "nnr_layer_parameter_set_unit_header"
                )
                layer_parameter_set.nnr_layer_parameter_set_unit_header._build(
                    nnr_layer_parameter_set_unit_header__table, stream, context, path
                )
                stream.leave()
        else:
            _refuse(stream, obj, "nnr_layer_parameter_set_unit_header")
        if nnr_unit_type == NNR_TPL:
            if not self.machines[2].write(stream, obj, context):
                nnr_topology_unit_header__table = _required(
                    stream, obj.nnr_topology_unit_header, "nnr_topology_unit_header"
                )
                stream.enter("nnr_topology_unit_header", "nnr_topology_unit_header")
                topology.nnr_topology_unit_header._build(
                    nnr_topology_unit_header__table, stream, context, path
                )
                stream.leave()
        else:
            _refuse(stream, obj, "nnr_topology_unit_header")
        if nnr_unit_type == NNR_QNT:
            if not self.machines[3].write(stream, obj, context):
                nnr_quantization_unit_header__table = _required(
                    stream, obj.nnr_quantization_unit_header, "nnr_quantization_unit_header"
                )
                stream.enter("nnr_quantization_unit_header", "nnr_quantization_unit_header")
                quantization.nnr_quantization_unit_header._build(
                    nnr_quantization_unit_header__table, stream, context, path
                )
                stream.leave()
        else:
            _refuse(stream, obj, "nnr_quantization_unit_header")
        if nnr_unit_type == NNR_NDU:
            nnr_compressed_data_unit_header__table = _required(
                stream, obj.nnr_compressed_data_unit_header, "nnr_compressed_data_unit_header"
            )
            stream.enter("nnr_compressed_data_unit_header", "nnr_compressed_data_unit_header")
            compressed_data_unit.nnr_compressed_data_unit_header._build(
                nnr_compressed_data_unit_header__table, stream, context, path
            )
            stream.leave()
        else:
            _refuse(stream, obj, "nnr_compressed_data_unit_header")
        if nnr_unit_type == NNR_STR:
            if not self.machines[4].write(stream, obj, context):
                nnr_start_unit_header__table = _required(
                    stream, obj.nnr_start_unit_header, "nnr_start_unit_header"
                )
                stream.enter("nnr_start_unit_header", "nnr_start_unit_header")
                start.nnr_start_unit_header._build(
                    nnr_start_unit_header__table, stream, context, path
                )
                stream.leave()
        else:
            _refuse(stream, obj, "nnr_start_unit_header")
        if nnr_unit_type == NNR_AGG:
            nnr_aggregate_unit_header__table = _required(
                stream, obj.nnr_aggregate_unit_header, "nnr_aggregate_unit_header"
            )
            stream.enter("nnr_aggregate_unit_header", "nnr_aggregate_unit_header")
            nnr_aggregate_unit_header._build(
                nnr_aggregate_unit_header__table, stream, context, path
            )
            stream.leave()
        else:
            _refuse(stream, obj, "nnr_aggregate_unit_header")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_unit_header = NnrUnitHeaderSyntax()


@tabular
class NnrUnitPayload(Table):
    """NNR unit payload syntax.

    Clause 6.3.4, interop. Table `nnr_unit_payload` of schema/unit.syntax.

    Attributes:
        partial_data: Part of a payload; the payload can be parsed once the parts are joined, see
            [partial_data_counter].
        nnr_start_unit_payload: table `nnr_start_unit_payload`.
        nnr_model_parameter_set_unit_payload: table `nnr_model_parameter_set_unit_payload`.
        nnr_layer_parameter_set_unit_payload: table `nnr_layer_parameter_set_unit_payload`.
        nnr_topology_unit_payload: table `nnr_topology_unit_payload`.
        nnr_quantization_unit_payload: table `nnr_quantization_unit_payload`.
        nnr_compressed_data_unit_payload: table `nnr_compressed_data_unit_payload`.
        nnr_aggregate_unit_payload: table `nnr_aggregate_unit_payload`.
        opaque_payload: Payload of a unit whose [nnr_unit_type] is reserved or unspecified, as it
            is.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "partial_data",
        "nnr_start_unit_payload",
        "nnr_model_parameter_set_unit_payload",
        "nnr_layer_parameter_set_unit_payload",
        "nnr_topology_unit_payload",
        "nnr_quantization_unit_payload",
        "nnr_compressed_data_unit_payload",
        "nnr_aggregate_unit_payload",
        "opaque_payload",
    )
    partial_data: bytes | memoryview | None = None
    nnr_start_unit_payload: start.NnrStartUnitPayload | None = None
    nnr_model_parameter_set_unit_payload: (
        model_parameter_set.NnrModelParameterSetUnitPayload | None
    ) = None
    nnr_layer_parameter_set_unit_payload: (
        layer_parameter_set.NnrLayerParameterSetUnitPayload | None
    ) = None
    nnr_topology_unit_payload: topology.NnrTopologyUnitPayload | None = None
    nnr_quantization_unit_payload: quantization.NnrQuantizationUnitPayload | None = None
    nnr_compressed_data_unit_payload: compressed_data_unit.NnrCompressedDataUnitPayload | None = (
        None
    )
    nnr_aggregate_unit_payload: NnrAggregateUnitPayload | None = None
    opaque_payload: bytes | memoryview | None = None


class NnrUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_unit_payload`: NNR unit payload syntax."""

    table: ClassVar[str] = "nnr_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR unit payload syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/unit.syntax:89"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrUnitPayload
    elements: ClassVar[dict[str, Element]] = {
        "partial_data": Element(
            "partial_data",
            "bs(v)",
            "bs",
            None,
            "6.3.4",
            "draft",
            92,
            "Part of a payload; the payload can be parsed once the parts are joined, see [partial_data_counter].",
        ),
        "opaque_payload": Element(
            "opaque_payload",
            "bs(v)",
            "bs",
            None,
            "6.3.4",
            "interop",
            108,
            "Payload of a unit whose [nnr_unit_type] is reserved or unspecified, as it is.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "partial_data": Shape("bytes"),
        "nnr_start_unit_payload": Shape("table", called="nnr_start_unit_payload"),
        "nnr_model_parameter_set_unit_payload": Shape(
            "table", called="nnr_model_parameter_set_unit_payload"
        ),
        "nnr_layer_parameter_set_unit_payload": Shape(
            "table", called="nnr_layer_parameter_set_unit_payload"
        ),
        "nnr_topology_unit_payload": Shape("table", called="nnr_topology_unit_payload"),
        "nnr_quantization_unit_payload": Shape("table", called="nnr_quantization_unit_payload"),
        "nnr_compressed_data_unit_payload": Shape(
            "table", called="nnr_compressed_data_unit_payload"
        ),
        "nnr_aggregate_unit_payload": Shape("table", called="nnr_aggregate_unit_payload"),
        "opaque_payload": Shape("bytes"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "partial_data",
        "nnr_start_unit_payload",
        "nnr_model_parameter_set_unit_payload",
        "nnr_layer_parameter_set_unit_payload",
        "nnr_topology_unit_payload",
        "nnr_quantization_unit_payload",
        "nnr_compressed_data_unit_payload",
        "nnr_aggregate_unit_payload",
        "opaque_payload",
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrUnitPayload = self.fresh()
        nnr_unit_type = context.nnr_unit_type
        partial_data_counter = context.partial_data_counter
        if partial_data_counter > 0 and (
            nnr_unit_type == NNR_TPL or nnr_unit_type == NNR_QNT or nnr_unit_type == NNR_NDU
        ):
            obj.partial_data = stream.bs("partial_data")
        elif nnr_unit_type == NNR_STR:
            stream.enter("nnr_start_unit_payload", "nnr_start_unit_payload")
            obj.nnr_start_unit_payload = start.nnr_start_unit_payload._parse(stream, context, path)
            stream.leave()
        elif nnr_unit_type == NNR_MPS:
            stream.enter(
                "nnr_model_parameter_set_unit_payload", "nnr_model_parameter_set_unit_payload"
            )
            obj.nnr_model_parameter_set_unit_payload = (
                model_parameter_set.nnr_model_parameter_set_unit_payload._parse(
                    stream, context, path
                )
            )
            stream.leave()
        elif nnr_unit_type == NNR_LPS:
            stream.enter(
                "nnr_layer_parameter_set_unit_payload", "nnr_layer_parameter_set_unit_payload"
            )
            obj.nnr_layer_parameter_set_unit_payload = (
                layer_parameter_set.nnr_layer_parameter_set_unit_payload._parse(
                    stream, context, path
                )
            )
            stream.leave()
        elif nnr_unit_type == NNR_TPL:
            stream.enter("nnr_topology_unit_payload", "nnr_topology_unit_payload")
            obj.nnr_topology_unit_payload = topology.nnr_topology_unit_payload._parse(
                stream, context, path
            )
            stream.leave()
        elif nnr_unit_type == NNR_QNT:
            stream.enter("nnr_quantization_unit_payload", "nnr_quantization_unit_payload")
            obj.nnr_quantization_unit_payload = quantization.nnr_quantization_unit_payload._parse(
                stream, context, path
            )
            stream.leave()
        elif nnr_unit_type == NNR_NDU:
            stream.enter("nnr_compressed_data_unit_payload", "nnr_compressed_data_unit_payload")
            obj.nnr_compressed_data_unit_payload = (
                compressed_data_unit.nnr_compressed_data_unit_payload._parse(stream, context, path)
            )
            stream.leave()
        elif nnr_unit_type == NNR_AGG:
            stream.enter("nnr_aggregate_unit_payload", "nnr_aggregate_unit_payload")
            obj.nnr_aggregate_unit_payload = nnr_aggregate_unit_payload._parse(
                stream, context, path
            )
            stream.leave()
        else:
            obj.opaque_payload = stream.bs("opaque_payload")
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrUnitPayload):
            stream.fail("not the table that stands here", "", None, obj, "NnrUnitPayload")
        nnr_unit_type = context.nnr_unit_type
        partial_data_counter = context.partial_data_counter
        if partial_data_counter > 0 and (
            nnr_unit_type == NNR_TPL or nnr_unit_type == NNR_QNT or nnr_unit_type == NNR_NDU
        ):
            stream.bs(_required(stream, obj.partial_data, "partial_data"), "partial_data")
            _refuse(
                stream,
                obj,
                "nnr_start_unit_payload",
                "nnr_model_parameter_set_unit_payload",
                "nnr_layer_parameter_set_unit_payload",
                "nnr_topology_unit_payload",
                "nnr_quantization_unit_payload",
                "nnr_compressed_data_unit_payload",
                "nnr_aggregate_unit_payload",
                "opaque_payload",
            )
        elif nnr_unit_type == NNR_STR:
            nnr_start_unit_payload__table = _required(
                stream, obj.nnr_start_unit_payload, "nnr_start_unit_payload"
            )
            stream.enter("nnr_start_unit_payload", "nnr_start_unit_payload")
            start.nnr_start_unit_payload._build(
                nnr_start_unit_payload__table, stream, context, path
            )
            stream.leave()
            _refuse(
                stream,
                obj,
                "partial_data",
                "nnr_model_parameter_set_unit_payload",
                "nnr_layer_parameter_set_unit_payload",
                "nnr_topology_unit_payload",
                "nnr_quantization_unit_payload",
                "nnr_compressed_data_unit_payload",
                "nnr_aggregate_unit_payload",
                "opaque_payload",
            )
        elif nnr_unit_type == NNR_MPS:
            nnr_model_parameter_set_unit_payload__table = _required(
                stream,
                obj.nnr_model_parameter_set_unit_payload,
                "nnr_model_parameter_set_unit_payload",
            )
            stream.enter(
                "nnr_model_parameter_set_unit_payload", "nnr_model_parameter_set_unit_payload"
            )
            model_parameter_set.nnr_model_parameter_set_unit_payload._build(
                nnr_model_parameter_set_unit_payload__table, stream, context, path
            )
            stream.leave()
            _refuse(
                stream,
                obj,
                "partial_data",
                "nnr_start_unit_payload",
                "nnr_layer_parameter_set_unit_payload",
                "nnr_topology_unit_payload",
                "nnr_quantization_unit_payload",
                "nnr_compressed_data_unit_payload",
                "nnr_aggregate_unit_payload",
                "opaque_payload",
            )
        elif nnr_unit_type == NNR_LPS:
            nnr_layer_parameter_set_unit_payload__table = _required(
                stream,
                obj.nnr_layer_parameter_set_unit_payload,
                "nnr_layer_parameter_set_unit_payload",
            )
            stream.enter(
                "nnr_layer_parameter_set_unit_payload", "nnr_layer_parameter_set_unit_payload"
            )
            layer_parameter_set.nnr_layer_parameter_set_unit_payload._build(
                nnr_layer_parameter_set_unit_payload__table, stream, context, path
            )
            stream.leave()
            _refuse(
                stream,
                obj,
                "partial_data",
                "nnr_start_unit_payload",
                "nnr_model_parameter_set_unit_payload",
                "nnr_topology_unit_payload",
                "nnr_quantization_unit_payload",
                "nnr_compressed_data_unit_payload",
                "nnr_aggregate_unit_payload",
                "opaque_payload",
            )
        elif nnr_unit_type == NNR_TPL:
            nnr_topology_unit_payload__table = _required(
                stream, obj.nnr_topology_unit_payload, "nnr_topology_unit_payload"
            )
            stream.enter("nnr_topology_unit_payload", "nnr_topology_unit_payload")
            topology.nnr_topology_unit_payload._build(
                nnr_topology_unit_payload__table, stream, context, path
            )
            stream.leave()
            _refuse(
                stream,
                obj,
                "partial_data",
                "nnr_start_unit_payload",
                "nnr_model_parameter_set_unit_payload",
                "nnr_layer_parameter_set_unit_payload",
                "nnr_quantization_unit_payload",
                "nnr_compressed_data_unit_payload",
                "nnr_aggregate_unit_payload",
                "opaque_payload",
            )
        elif nnr_unit_type == NNR_QNT:
            nnr_quantization_unit_payload__table = _required(
                stream, obj.nnr_quantization_unit_payload, "nnr_quantization_unit_payload"
            )
            stream.enter("nnr_quantization_unit_payload", "nnr_quantization_unit_payload")
            quantization.nnr_quantization_unit_payload._build(
                nnr_quantization_unit_payload__table, stream, context, path
            )
            stream.leave()
            _refuse(
                stream,
                obj,
                "partial_data",
                "nnr_start_unit_payload",
                "nnr_model_parameter_set_unit_payload",
                "nnr_layer_parameter_set_unit_payload",
                "nnr_topology_unit_payload",
                "nnr_compressed_data_unit_payload",
                "nnr_aggregate_unit_payload",
                "opaque_payload",
            )
        elif nnr_unit_type == NNR_NDU:
            nnr_compressed_data_unit_payload__table = _required(
                stream, obj.nnr_compressed_data_unit_payload, "nnr_compressed_data_unit_payload"
            )
            stream.enter("nnr_compressed_data_unit_payload", "nnr_compressed_data_unit_payload")
            compressed_data_unit.nnr_compressed_data_unit_payload._build(
                nnr_compressed_data_unit_payload__table, stream, context, path
            )
            stream.leave()
            _refuse(
                stream,
                obj,
                "partial_data",
                "nnr_start_unit_payload",
                "nnr_model_parameter_set_unit_payload",
                "nnr_layer_parameter_set_unit_payload",
                "nnr_topology_unit_payload",
                "nnr_quantization_unit_payload",
                "nnr_aggregate_unit_payload",
                "opaque_payload",
            )
        elif nnr_unit_type == NNR_AGG:
            nnr_aggregate_unit_payload__table = _required(
                stream, obj.nnr_aggregate_unit_payload, "nnr_aggregate_unit_payload"
            )
            stream.enter("nnr_aggregate_unit_payload", "nnr_aggregate_unit_payload")
            nnr_aggregate_unit_payload._build(
                nnr_aggregate_unit_payload__table, stream, context, path
            )
            stream.leave()
            _refuse(
                stream,
                obj,
                "partial_data",
                "nnr_start_unit_payload",
                "nnr_model_parameter_set_unit_payload",
                "nnr_layer_parameter_set_unit_payload",
                "nnr_topology_unit_payload",
                "nnr_quantization_unit_payload",
                "nnr_compressed_data_unit_payload",
                "opaque_payload",
            )
        else:
            stream.bs(_required(stream, obj.opaque_payload, "opaque_payload"), "opaque_payload")
            _refuse(
                stream,
                obj,
                "partial_data",
                "nnr_start_unit_payload",
                "nnr_model_parameter_set_unit_payload",
                "nnr_layer_parameter_set_unit_payload",
                "nnr_topology_unit_payload",
                "nnr_quantization_unit_payload",
                "nnr_compressed_data_unit_payload",
                "nnr_aggregate_unit_payload",
            )
        return obj


nnr_unit_payload = NnrUnitPayloadSyntax()


@tabular
class NnrAggregateUnitHeader(Table):
    """NNR aggregate unit header syntax.

    Clause 6.3.3, draft. Table `nnr_aggregate_unit_header` of schema/unit.syntax.

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
    schema: ClassVar[str] = "schema/unit.syntax:143"
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
            144,
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
            145,
            "1: type and place of each unit follow.",
        ),
        "nnr_reserved_zero_7bits": Element(
            "nnr_reserved_zero_7bits",
            "u(7)",
            "u",
            7,
            "6.3.3",
            "draft",
            146,
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
            147,
            "Number of units in the aggregate, minus 2.",
            follows=lambda tables: tables.countof("nnr_unit") - 2,
        ),
        "nnr_unit_type": Element(
            "nnr_unit_type",
            "u(6)",
            "u",
            6,
            "6.3.3",
            "draft",
            150,
            "Type of unit i.",
            enum="NnrUnitType",
            follows=lambda tables, i: tables.valueof("nnr_unit", i, "nnr_unit_type"),
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
            151,
            "Offset in bytes of unit i from the first byte of the payload.",
            follows=lambda tables, i: tables.offsetof("nnr_unit", i),
            counts=(("num_of_nnr_units_minus2", -2),),
        ),
        "quant_bitdepth": Element(
            "quant_bitdepth",
            "u(5)",
            "u",
            5,
            "6.3.3",
            "draft",
            155,
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
            156,
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
    blank: ClassVar[tuple[str, ...]] = (
        "nnr_unit_type",
        "nnr_unit_entry_point",
        "quant_bitdepth",
        "ctu_scan_order",
        "byte_alignment",
    )
    programs: ClassVar[tuple[Program, ...]] = (
        Program(
            ("u", "nnr_aggregate_unit_type", 8),
            ("u", "entry_points_present_flag", 1),
            ("u", "nnr_reserved_zero_7bits", 7),
            ("u", "num_of_nnr_units_minus2", 16),
            (
                "if",
                "entry_points_present_flag",
                (
                    (
                        "for",
                        "i",
                        ("+", "num_of_nnr_units_minus2", 2),
                        (("u", "nnr_unit_type", 6), ("u", "nnr_unit_entry_point", 34)),
                    ),
                ),
                (("missing", "nnr_unit_type", "nnr_unit_entry_point"),),
            ),
            shared=("num_of_nnr_units_minus2",),
        ),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrAggregateUnitHeader = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        nnr_unit_type: list[int]
        nnr_unit_entry_point: list[int]
        quant_bitdepth: list[int]
        ctu_scan_order: list[int]
        if self.machines[0].read(stream, obj, context):
            num_of_nnr_units_minus2 = obj.num_of_nnr_units_minus2
        else:
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
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrAggregateUnitHeader):
            stream.fail("not the table that stands here", "", None, obj, "NnrAggregateUnitHeader")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        nnr_unit_type: list[int]
        nnr_unit_entry_point: list[int]
        quant_bitdepth: list[int]
        ctu_scan_order: list[int]
        if self.machines[0].write(stream, obj, context):
            num_of_nnr_units_minus2 = obj.num_of_nnr_units_minus2
        else:
            stream.u(
                8,
                _required(stream, obj.nnr_aggregate_unit_type, "nnr_aggregate_unit_type"),
                "nnr_aggregate_unit_type",
            )
            entry_points_present_flag = _required(
                stream, obj.entry_points_present_flag, "entry_points_present_flag"
            )
            stream.u(1, entry_points_present_flag, "entry_points_present_flag")
            stream.u(
                7,
                _required(stream, obj.nnr_reserved_zero_7bits, "nnr_reserved_zero_7bits"),
                "nnr_reserved_zero_7bits",
            )
            num_of_nnr_units_minus2 = _required(
                stream, obj.num_of_nnr_units_minus2, "num_of_nnr_units_minus2"
            )
            context.num_of_nnr_units_minus2 = num_of_nnr_units_minus2
            stream.u(16, num_of_nnr_units_minus2, "num_of_nnr_units_minus2")
            if entry_points_present_flag:
                nnr_unit_type = _counted(
                    stream, obj.nnr_unit_type, max(num_of_nnr_units_minus2 + 2, 0), "nnr_unit_type"
                )
                nnr_unit_entry_point = _counted(
                    stream,
                    obj.nnr_unit_entry_point,
                    max(num_of_nnr_units_minus2 + 2, 0),
                    "nnr_unit_entry_point",
                )
                for i in range(num_of_nnr_units_minus2 + 2):
                    stream.u(6, nnr_unit_type[i], "nnr_unit_type", i)
                    stream.u(34, nnr_unit_entry_point[i], "nnr_unit_entry_point", i)
            else:
                _refuse(stream, obj, "nnr_unit_type", "nnr_unit_entry_point")
        aggregate_has_tail = context.ask("aggregate_has_tail", obj, stream)
        if aggregate_has_tail:
            quant_bitdepth = _counted(
                stream, obj.quant_bitdepth, max(num_of_nnr_units_minus2 + 2, 0), "quant_bitdepth"
            )
            ctu_scan_order = _counted(
                stream, obj.ctu_scan_order, max(num_of_nnr_units_minus2 + 2, 0), "ctu_scan_order"
            )
            for i in range(num_of_nnr_units_minus2 + 2):
                stream.u(5, quant_bitdepth[i], "quant_bitdepth", i)
                stream.u(1, ctu_scan_order[i], "ctu_scan_order", i)
        else:
            _refuse(stream, obj, "quant_bitdepth", "ctu_scan_order")
        stream.byte_alignment(obj.byte_alignment)
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_aggregate_unit_header = NnrAggregateUnitHeaderSyntax()


@tabular
class NnrAggregateUnitPayload(Table):
    """NNR aggregate unit payload syntax.

    Clause 6.3.4, draft. Table `nnr_aggregate_unit_payload` of schema/unit.syntax.

    Attributes:
        nnr_unit: table `nnr_unit`.
    """

    fields: ClassVar[tuple[str, ...]] = ("nnr_unit",)
    nnr_unit: list[NnrUnit] = field(default_factory=list)


class NnrAggregateUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_aggregate_unit_payload`: NNR aggregate unit payload syntax."""

    table: ClassVar[str] = "nnr_aggregate_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR aggregate unit payload syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/unit.syntax:185"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrAggregateUnitPayload
    elements: ClassVar[dict[str, Element]] = {}
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_unit": Shape("table", depth=1, called="nnr_unit"),
    }

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrAggregateUnitPayload)
        num_of_nnr_units_minus2 = context.num_of_nnr_units_minus2
        nnr_unit_: list[NnrUnit]
        nnr_unit_ = []
        obj.nnr_unit = nnr_unit_
        i = 0
        while i < num_of_nnr_units_minus2 + 2:
            stream.enter("nnr_unit", "nnr_unit", len(nnr_unit_))
            nnr_unit_.append(nnr_unit._parse(stream, context, path))
            stream.leave()
            i += 1
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrAggregateUnitPayload):
            stream.fail("not the table that stands here", "", None, obj, "NnrAggregateUnitPayload")
        num_of_nnr_units_minus2 = context.num_of_nnr_units_minus2
        nnr_unit_: list[NnrUnit]
        nnr_unit_ = _listed(stream, obj.nnr_unit, "nnr_unit")
        nnr_unit__position = 0
        i = 0
        while i < num_of_nnr_units_minus2 + 2:
            nnr_unit__table = _item(stream, nnr_unit_, nnr_unit__position, "nnr_unit")
            stream.enter("nnr_unit", "nnr_unit", nnr_unit__position)
            nnr_unit._build(nnr_unit__table, stream, context, path)
            stream.leave()
            nnr_unit__position += 1
            i += 1
        _finished(stream, nnr_unit_, nnr_unit__position, "nnr_unit")
        return obj


nnr_aggregate_unit_payload = NnrAggregateUnitPayloadSyntax()
