"""Layer parameter set: syntax tables of clauses 6.3.3, 6.3.4.

Generated from schema/layer_parameter_set.syntax; do not edit.
Schema hash: sha256 9de250ecb31524c3f91fc09405eeacbee1247d15b910f7eaf7fb66571d386d1a
"""

# ruff: noqa: E501

from __future__ import annotations

from typing import Any, ClassVar

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.programs import Program
from nnc.bitio.table import Syntax, Table, tabular
from nnc.syntax import model_parameter_set, performance_maps
from nnc.syntax.description import Element, Shape
from nnc.syntax.functions import new as _new
from nnc.syntax.functions import refuse as _refuse
from nnc.syntax.functions import required as _required
from nnc.syntax.scope import Scope


@tabular
class NnrLayerParameterSetUnitHeader(Table):
    """NNR layer parameter set unit header syntax.

    Clause 6.3.3, peer. Table `nnr_layer_parameter_set_unit_header` of schema/layer_parameter_set.syntax.

    Attributes:
        lps_self_contained_flag: 1: the compressed data units that refer to this parameter set need
            no other ones.
        nnr_reserved_zero_7bits: Reserved, 0.
    """

    fields: ClassVar[tuple[str, ...]] = ("lps_self_contained_flag", "nnr_reserved_zero_7bits")
    lps_self_contained_flag: int
    nnr_reserved_zero_7bits: int = 0


class NnrLayerParameterSetUnitHeaderSyntax(Syntax):
    """Reads and writes `nnr_layer_parameter_set_unit_header`: NNR layer parameter set unit header syntax."""

    table: ClassVar[str] = "nnr_layer_parameter_set_unit_header"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "NNR layer parameter set unit header syntax"
    status: ClassVar[str] = "peer"
    schema: ClassVar[str] = "schema/layer_parameter_set.syntax:6"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrLayerParameterSetUnitHeader
    elements: ClassVar[dict[str, Element]] = {
        "lps_self_contained_flag": Element(
            "lps_self_contained_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "draft",
            7,
            "1: the compressed data units that refer to this parameter set need no other ones.",
        ),
        "nnr_reserved_zero_7bits": Element(
            "nnr_reserved_zero_7bits",
            "u(7)",
            "u",
            7,
            "6.3.3",
            "peer",
            8,
            "Reserved, 0.",
            range=(0, 0),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "lps_self_contained_flag": Shape("int"),
        "nnr_reserved_zero_7bits": Shape("int"),
    }
    program: ClassVar[Program | None] = Program(
        ("u", "lps_self_contained_flag", 1), ("u", "nnr_reserved_zero_7bits", 7)
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        made = self.machine.parse(stream, context)
        if made is not None:
            return made
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrLayerParameterSetUnitHeader)
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        obj.lps_self_contained_flag = stream.u(1, "lps_self_contained_flag")
        obj.nnr_reserved_zero_7bits = stream.u(7, "nnr_reserved_zero_7bits")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if self.machine.build(stream, obj, context):
            return obj
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrLayerParameterSetUnitHeader):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrLayerParameterSetUnitHeader"
            )
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        stream.u(
            1,
            _required(stream, obj.lps_self_contained_flag, "lps_self_contained_flag"),
            "lps_self_contained_flag",
        )
        stream.u(
            7,
            _required(stream, obj.nnr_reserved_zero_7bits, "nnr_reserved_zero_7bits"),
            "nnr_reserved_zero_7bits",
        )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_layer_parameter_set_unit_header = NnrLayerParameterSetUnitHeaderSyntax()


@tabular
class NnrLayerParameterSetUnitPayload(Table):
    """NNR layer parameter set unit payload syntax.

    Clause 6.3.4, peer. Table `nnr_layer_parameter_set_unit_payload` of schema/layer_parameter_set.syntax.

    Attributes:
        nnr_reserved_zero_1bit: Reserved, 0; stands twice.
        lps_sparsification_flag: 1: the layer was sparsified, and a [sparsification_performance_map]
            follows.
        lps_pruning_flag: 1: the layer was pruned, and a [pruning_performance_map] follows.
        lps_unification_flag: 1: weights of the layer were unified, and a
            [unification_performance_map] follows.
        lps_quantization_method_flags: Quantization methods that the layer uses.
        nnr_reserved_zero_1bit_2: Reserved, 0; stands twice.
        lps_qp_density: Takes the place of [mps_qp_density] up to the next layer parameter set.
        lps_quantization_parameter: Takes the place of [mps_quantization_parameter] up to the next
            layer parameter set.
        sparsification_performance_map: table `sparsification_performance_map`.
        pruning_performance_map: table `pruning_performance_map`.
        unification_performance_map: table `unification_performance_map`.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "nnr_reserved_zero_1bit",
        "lps_sparsification_flag",
        "lps_pruning_flag",
        "lps_unification_flag",
        "lps_quantization_method_flags",
        "nnr_reserved_zero_1bit_2",
        "lps_qp_density",
        "lps_quantization_parameter",
        "sparsification_performance_map",
        "pruning_performance_map",
        "unification_performance_map",
        "byte_alignment",
    )
    nnr_reserved_zero_1bit: int = 0
    lps_sparsification_flag: int
    lps_pruning_flag: int
    lps_unification_flag: int
    lps_quantization_method_flags: int
    nnr_reserved_zero_1bit_2: int = 0
    lps_qp_density: int | None = None
    lps_quantization_parameter: int | None = None
    sparsification_performance_map: performance_maps.SparsificationPerformanceMap | None = None
    pruning_performance_map: performance_maps.PruningPerformanceMap | None = None
    unification_performance_map: performance_maps.UnificationPerformanceMap | None = None
    byte_alignment: int | None = None


class NnrLayerParameterSetUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_layer_parameter_set_unit_payload`: NNR layer parameter set unit payload syntax."""

    table: ClassVar[str] = "nnr_layer_parameter_set_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR layer parameter set unit payload syntax"
    status: ClassVar[str] = "peer"
    schema: ClassVar[str] = "schema/layer_parameter_set.syntax:23"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrLayerParameterSetUnitPayload
    elements: ClassVar[dict[str, Element]] = {
        "nnr_reserved_zero_1bit": Element(
            "nnr_reserved_zero_1bit",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "peer",
            24,
            "Reserved, 0; stands twice.",
            range=(0, 0),
        ),
        "lps_sparsification_flag": Element(
            "lps_sparsification_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "peer",
            25,
            "1: the layer was sparsified, and a [sparsification_performance_map] follows.",
        ),
        "lps_pruning_flag": Element(
            "lps_pruning_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "peer",
            26,
            "1: the layer was pruned, and a [pruning_performance_map] follows.",
        ),
        "lps_unification_flag": Element(
            "lps_unification_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "peer",
            27,
            "1: weights of the layer were unified, and a [unification_performance_map] follows.",
        ),
        "lps_quantization_method_flags": Element(
            "lps_quantization_method_flags",
            "u(3)",
            "u",
            3,
            "6.3.4",
            "peer",
            28,
            "Quantization methods that the layer uses.",
            enum="QuantizationMethod",
            range=(0, 3),
        ),
        "nnr_reserved_zero_1bit_2": Element(
            "nnr_reserved_zero_1bit_2",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "peer",
            29,
            "Reserved, 0; stands twice.",
            range=(0, 0),
        ),
        "lps_qp_density": Element(
            "lps_qp_density",
            "u(3)",
            "u",
            3,
            "6.3.4",
            "peer",
            32,
            "Takes the place of [mps_qp_density] up to the next layer parameter set.",
        ),
        "lps_quantization_parameter": Element(
            "lps_quantization_parameter",
            "i(13)",
            "i",
            13,
            "6.3.4",
            "peer",
            33,
            "Takes the place of [mps_quantization_parameter] up to the next layer parameter set.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_reserved_zero_1bit": Shape("int"),
        "lps_sparsification_flag": Shape("int"),
        "lps_pruning_flag": Shape("int"),
        "lps_unification_flag": Shape("int"),
        "lps_quantization_method_flags": Shape("int"),
        "nnr_reserved_zero_1bit_2": Shape("int"),
        "lps_qp_density": Shape("int"),
        "lps_quantization_parameter": Shape("int"),
        "sparsification_performance_map": Shape("table", called="sparsification_performance_map"),
        "pruning_performance_map": Shape("table", called="pruning_performance_map"),
        "unification_performance_map": Shape("table", called="unification_performance_map"),
        "byte_alignment": Shape("int"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "lps_qp_density",
        "lps_quantization_parameter",
        "sparsification_performance_map",
        "pruning_performance_map",
        "unification_performance_map",
        "byte_alignment",
    )
    programs: ClassVar[tuple[Program, ...]] = (
        Program(
            ("u", "nnr_reserved_zero_1bit", 1),
            ("u", "lps_sparsification_flag", 1),
            ("u", "lps_pruning_flag", 1),
            ("u", "lps_unification_flag", 1),
            ("u", "lps_quantization_method_flags", 3),
            ("u", "nnr_reserved_zero_1bit_2", 1),
            (
                "if",
                (
                    "||",
                    ("!=", ("&", "lps_quantization_method_flags", 2), 0),
                    ("!=", ("&", "lps_quantization_method_flags", 1), 0),
                ),
                (("u", "lps_qp_density", 3), ("i", "lps_quantization_parameter", 13)),
                (("missing", "lps_qp_density", "lps_quantization_parameter"),),
            ),
        ),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrLayerParameterSetUnitPayload = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        if self.machines[0].read(stream, obj, context):
            lps_sparsification_flag = obj.lps_sparsification_flag
            lps_pruning_flag = obj.lps_pruning_flag
            lps_unification_flag = obj.lps_unification_flag
        else:
            obj.nnr_reserved_zero_1bit = stream.u(1, "nnr_reserved_zero_1bit")
            lps_sparsification_flag = stream.u(1, "lps_sparsification_flag")
            obj.lps_sparsification_flag = lps_sparsification_flag
            obj.lps_pruning_flag = lps_pruning_flag = stream.u(1, "lps_pruning_flag")
            obj.lps_unification_flag = lps_unification_flag = stream.u(1, "lps_unification_flag")
            lps_quantization_method_flags = stream.u(3, "lps_quantization_method_flags")
            obj.lps_quantization_method_flags = lps_quantization_method_flags
            obj.nnr_reserved_zero_1bit_2 = stream.u(1, "nnr_reserved_zero_1bit_2")
            if (lps_quantization_method_flags & model_parameter_set.NNR_QCB) != 0 or (
                lps_quantization_method_flags & model_parameter_set.NNR_QSU
            ) != 0:
                obj.lps_qp_density = stream.u(3, "lps_qp_density")
                obj.lps_quantization_parameter = stream.i(13, "lps_quantization_parameter")
        if lps_sparsification_flag:
            stream.enter("sparsification_performance_map", "sparsification_performance_map")
            obj.sparsification_performance_map = (
                performance_maps.sparsification_performance_map._parse(stream, context, path)
            )
            stream.leave()
        if lps_pruning_flag:
            stream.enter("pruning_performance_map", "pruning_performance_map")
            obj.pruning_performance_map = performance_maps.pruning_performance_map._parse(
                stream, context, path
            )
            stream.leave()
        if lps_unification_flag:
            stream.enter("unification_performance_map", "unification_performance_map")
            obj.unification_performance_map = performance_maps.unification_performance_map._parse(
                stream, context, path
            )
            stream.leave()
        obj.byte_alignment = stream.byte_alignment()
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrLayerParameterSetUnitPayload):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrLayerParameterSetUnitPayload"
            )
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        if self.machines[0].write(stream, obj, context):
            lps_sparsification_flag = obj.lps_sparsification_flag
            lps_pruning_flag = obj.lps_pruning_flag
            lps_unification_flag = obj.lps_unification_flag
        else:
            stream.u(
                1,
                _required(stream, obj.nnr_reserved_zero_1bit, "nnr_reserved_zero_1bit"),
                "nnr_reserved_zero_1bit",
            )
            lps_sparsification_flag = _required(
                stream, obj.lps_sparsification_flag, "lps_sparsification_flag"
            )
            stream.u(1, lps_sparsification_flag, "lps_sparsification_flag")
            lps_pruning_flag = _required(stream, obj.lps_pruning_flag, "lps_pruning_flag")
            stream.u(1, lps_pruning_flag, "lps_pruning_flag")
            lps_unification_flag = _required(
                stream, obj.lps_unification_flag, "lps_unification_flag"
            )
            stream.u(1, lps_unification_flag, "lps_unification_flag")
            lps_quantization_method_flags = _required(
                stream, obj.lps_quantization_method_flags, "lps_quantization_method_flags"
            )
            stream.u(3, lps_quantization_method_flags, "lps_quantization_method_flags")
            stream.u(
                1,
                _required(stream, obj.nnr_reserved_zero_1bit_2, "nnr_reserved_zero_1bit_2"),
                "nnr_reserved_zero_1bit_2",
            )
            if (lps_quantization_method_flags & model_parameter_set.NNR_QCB) != 0 or (
                lps_quantization_method_flags & model_parameter_set.NNR_QSU
            ) != 0:
                stream.u(
                    3, _required(stream, obj.lps_qp_density, "lps_qp_density"), "lps_qp_density"
                )
                stream.i(
                    13,
                    _required(stream, obj.lps_quantization_parameter, "lps_quantization_parameter"),
                    "lps_quantization_parameter",
                )
            else:
                _refuse(stream, obj, "lps_qp_density", "lps_quantization_parameter")
        if lps_sparsification_flag:
            sparsification_performance_map__table = _required(
                stream, obj.sparsification_performance_map, "sparsification_performance_map"
            )
            stream.enter("sparsification_performance_map", "sparsification_performance_map")
            performance_maps.sparsification_performance_map._build(
                sparsification_performance_map__table, stream, context, path
            )
            stream.leave()
        else:
            _refuse(stream, obj, "sparsification_performance_map")
        if lps_pruning_flag:
            pruning_performance_map__table = _required(
                stream, obj.pruning_performance_map, "pruning_performance_map"
            )
            stream.enter("pruning_performance_map", "pruning_performance_map")
            performance_maps.pruning_performance_map._build(
                pruning_performance_map__table, stream, context, path
            )
            stream.leave()
        else:
            _refuse(stream, obj, "pruning_performance_map")
        if lps_unification_flag:
            unification_performance_map__table = _required(
                stream, obj.unification_performance_map, "unification_performance_map"
            )
            stream.enter("unification_performance_map", "unification_performance_map")
            performance_maps.unification_performance_map._build(
                unification_performance_map__table, stream, context, path
            )
            stream.leave()
        else:
            _refuse(stream, obj, "unification_performance_map")
        stream.byte_alignment(obj.byte_alignment)
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_layer_parameter_set_unit_payload = NnrLayerParameterSetUnitPayloadSyntax()
