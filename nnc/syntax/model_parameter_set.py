"""Model parameter set: syntax tables of clauses 6.3.3, 6.3.4.

Generated from schema/model_parameter_set.syntax; do not edit.
Schema hash: sha256 a1f840094cc9c034a51c009710a343664a526fb5256835bac84d8617a95bc7cf
"""

# ruff: noqa: E501, RET504

from __future__ import annotations

from enum import IntFlag
from typing import Any, ClassVar, Final

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.programs import Program
from nnc.bitio.table import Syntax, Table, tabular
from nnc.syntax import performance_maps
from nnc.syntax.description import Element, Shape
from nnc.syntax.functions import new as _new
from nnc.syntax.functions import refuse as _refuse
from nnc.syntax.functions import required as _required
from nnc.syntax.scope import Scope


class QuantizationMethod(IntFlag):
    """Values of clause 6.3.4 (interop).

    Attributes:
        NNR_QSU: uniform scalar quantization is used.
        NNR_QCB: codebook quantization is used.
    """

    NNR_QSU = 1
    NNR_QCB = 2


NNR_QSU: Final = 1
NNR_QCB: Final = 2


@tabular
class NnrModelParameterSetUnitHeader(Table):
    """NNR model parameter set unit header syntax.

    Clause 6.3.3, interop. Table `nnr_model_parameter_set_unit_header` of schema/model_parameter_set.syntax.
    """

    fields: ClassVar[tuple[str, ...]] = ()


class NnrModelParameterSetUnitHeaderSyntax(Syntax):
    """Reads and writes `nnr_model_parameter_set_unit_header`: NNR model parameter set unit header syntax."""

    table: ClassVar[str] = "nnr_model_parameter_set_unit_header"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "NNR model parameter set unit header syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/model_parameter_set.syntax:6"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrModelParameterSetUnitHeader
    elements: ClassVar[dict[str, Element]] = {}
    shapes: ClassVar[dict[str, Shape]] = {}

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrModelParameterSetUnitHeader)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrModelParameterSetUnitHeader):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrModelParameterSetUnitHeader"
            )
        return obj


nnr_model_parameter_set_unit_header = NnrModelParameterSetUnitHeaderSyntax()


@tabular
class NnrModelParameterSetUnitPayload(Table):
    """NNR model parameter set unit payload syntax.

    Clause 6.3.4, interop. Table `nnr_model_parameter_set_unit_payload` of schema/model_parameter_set.syntax.

    Attributes:
        topology_carriage_flag: 1: the bitstream carries a topology unit.
        mps_sparsification_flag: 1: the model was sparsified, and a [sparsification_performance_map]
            follows.
        mps_pruning_flag: 1: the model was pruned, and a [pruning_performance_map] follows.
        mps_unification_flag: 1: weights of the model were unified, and a
            [unification_performance_map] follows.
        mps_decomposition_performance_map_flag: 1: weights were decomposed, and a
            [decomposition_performance_map] follows.
        mps_quantization_method_flags: Quantization methods that the model uses; 0 where all tensors
            are stored raw. Known bitstreams with codebooks set NNR_QSU alone, so the absence of
            NNR_QCB proves nothing.
        mps_topology_indexed_reference_flag: 1: compressed data units name their tensors by an index
            into the list of the topology unit of format NNR_TPL_REFLIST, see
            [topology_elem_id_index]. 0: by name.
        base_model_id_present_flag: 1: [base_model_id] follows.
        validation_set_performance_present_flag: 1: [validation_set_performance] follows.
        metric_type_performance_map_valid_flag: 1: [performance_metric_type] says what the
            accuracies in the performance maps measure.
        mps_parent_signalling_enabled_flag: 1: the bitstream updates a base model; its compressed
            data units may name a parent.
        nnr_pre_flag: 1: differences are residuals against the difference of the update before
            (predictive residual encoding).
        nnr_reserved_zero_1bit: Reserved, 0.
        nnr_reserved_zero_2bits: Reserved, 0.
        base_model_id: Names the model that the bitstream updates.
        performance_metric_type: What [validation_set_performance] and the accuracies of the
            performance maps measure: a name out of Annex F.
        nnr_reserved_zero_7bits: Reserved, 0.
        mps_qp_density: Density of the step sizes: 2 to this power of them lie between a step size
            and its double. Holds where no layer parameter set says otherwise.
        mps_quantization_parameter: Quantization parameter that the one in front of each tensor is
            added to. Holds where no layer parameter set says otherwise.
        sparsification_performance_map: table `sparsification_performance_map`.
        pruning_performance_map: table `pruning_performance_map`.
        unification_performance_map: table `unification_performance_map`.
        decomposition_performance_map: table `decomposition_performance_map`.
        validation_set_performance: Performance of the model on its validation set, as
            [performance_metric_type] measures.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "topology_carriage_flag",
        "mps_sparsification_flag",
        "mps_pruning_flag",
        "mps_unification_flag",
        "mps_decomposition_performance_map_flag",
        "mps_quantization_method_flags",
        "mps_topology_indexed_reference_flag",
        "base_model_id_present_flag",
        "validation_set_performance_present_flag",
        "metric_type_performance_map_valid_flag",
        "mps_parent_signalling_enabled_flag",
        "nnr_pre_flag",
        "nnr_reserved_zero_1bit",
        "nnr_reserved_zero_2bits",
        "base_model_id",
        "performance_metric_type",
        "nnr_reserved_zero_7bits",
        "mps_qp_density",
        "mps_quantization_parameter",
        "sparsification_performance_map",
        "pruning_performance_map",
        "unification_performance_map",
        "decomposition_performance_map",
        "validation_set_performance",
        "byte_alignment",
    )
    topology_carriage_flag: int
    mps_sparsification_flag: int
    mps_pruning_flag: int
    mps_unification_flag: int
    mps_decomposition_performance_map_flag: int
    mps_quantization_method_flags: int
    mps_topology_indexed_reference_flag: int
    base_model_id_present_flag: int | None = None
    validation_set_performance_present_flag: int | None = None
    metric_type_performance_map_valid_flag: int | None = None
    mps_parent_signalling_enabled_flag: int | None = None
    nnr_pre_flag: int | None = None
    nnr_reserved_zero_1bit: int | None = None
    nnr_reserved_zero_2bits: int | None = None
    base_model_id: str | None = None
    performance_metric_type: str | None = None
    nnr_reserved_zero_7bits: int | None = None
    mps_qp_density: int | None = None
    mps_quantization_parameter: int | None = None
    sparsification_performance_map: performance_maps.SparsificationPerformanceMap | None = None
    pruning_performance_map: performance_maps.PruningPerformanceMap | None = None
    unification_performance_map: performance_maps.UnificationPerformanceMap | None = None
    decomposition_performance_map: performance_maps.DecompositionPerformanceMap | None = None
    validation_set_performance: float | None = None
    byte_alignment: int | None = None


class NnrModelParameterSetUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_model_parameter_set_unit_payload`: NNR model parameter set unit payload syntax."""

    table: ClassVar[str] = "nnr_model_parameter_set_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR model parameter set unit payload syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/model_parameter_set.syntax:17"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrModelParameterSetUnitPayload
    elements: ClassVar[dict[str, Element]] = {
        "topology_carriage_flag": Element(
            "topology_carriage_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            18,
            "1: the bitstream carries a topology unit.",
        ),
        "mps_sparsification_flag": Element(
            "mps_sparsification_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            19,
            "1: the model was sparsified, and a [sparsification_performance_map] follows.",
        ),
        "mps_pruning_flag": Element(
            "mps_pruning_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            20,
            "1: the model was pruned, and a [pruning_performance_map] follows.",
        ),
        "mps_unification_flag": Element(
            "mps_unification_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            21,
            "1: weights of the model were unified, and a [unification_performance_map] follows.",
        ),
        "mps_decomposition_performance_map_flag": Element(
            "mps_decomposition_performance_map_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            22,
            "1: weights were decomposed, and a [decomposition_performance_map] follows.",
        ),
        "mps_quantization_method_flags": Element(
            "mps_quantization_method_flags",
            "u(3)",
            "u",
            3,
            "6.3.4",
            "interop",
            23,
            "Quantization methods that the model uses; 0 where all tensors are stored raw. Known bitstreams with codebooks set NNR_QSU alone, so the absence of NNR_QCB proves nothing.",
            enum="QuantizationMethod",
            range=(0, 3),
        ),
        "mps_topology_indexed_reference_flag": Element(
            "mps_topology_indexed_reference_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            24,
            "1: compressed data units name their tensors by an index into the list of the topology unit of format NNR_TPL_REFLIST, see [topology_elem_id_index]. 0: by name.",
        ),
        "base_model_id_present_flag": Element(
            "base_model_id_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            26,
            "1: [base_model_id] follows.",
            absent=0,
        ),
        "validation_set_performance_present_flag": Element(
            "validation_set_performance_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            27,
            "1: [validation_set_performance] follows.",
            absent=0,
        ),
        "metric_type_performance_map_valid_flag": Element(
            "metric_type_performance_map_valid_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            28,
            "1: [performance_metric_type] says what the accuracies in the performance maps measure.",
            absent=0,
        ),
        "mps_parent_signalling_enabled_flag": Element(
            "mps_parent_signalling_enabled_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            29,
            "1: the bitstream updates a base model; its compressed data units may name a parent.",
            absent=0,
        ),
        "nnr_pre_flag": Element(
            "nnr_pre_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            31,
            "1: differences are residuals against the difference of the update before (predictive residual encoding).",
            absent=0,
        ),
        "nnr_reserved_zero_1bit": Element(
            "nnr_reserved_zero_1bit",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "interop",
            33,
            "Reserved, 0.",
            range=(0, 0),
        ),
        "nnr_reserved_zero_2bits": Element(
            "nnr_reserved_zero_2bits",
            "u(2)",
            "u",
            2,
            "6.3.4",
            "interop",
            34,
            "Reserved, 0.",
            range=(0, 0),
        ),
        "base_model_id": Element(
            "base_model_id",
            "st(v)",
            "st",
            None,
            "6.3.4",
            "interop",
            36,
            "Names the model that the bitstream updates.",
        ),
        "performance_metric_type": Element(
            "performance_metric_type",
            "st(v)",
            "st",
            None,
            "6.3.4",
            "interop",
            38,
            "What [validation_set_performance] and the accuracies of the performance maps measure: a name out of Annex F.",
        ),
        "nnr_reserved_zero_7bits": Element(
            "nnr_reserved_zero_7bits",
            "u(7)",
            "u",
            7,
            "6.3.4",
            "interop",
            40,
            "Reserved, 0.",
            range=(0, 0),
        ),
        "mps_qp_density": Element(
            "mps_qp_density",
            "u(3)",
            "u",
            3,
            "6.3.4",
            "interop",
            43,
            "Density of the step sizes: 2 to this power of them lie between a step size and its double. Holds where no layer parameter set says otherwise.",
        ),
        "mps_quantization_parameter": Element(
            "mps_quantization_parameter",
            "i(13)",
            "i",
            13,
            "6.3.4",
            "interop",
            44,
            "Quantization parameter that the one in front of each tensor is added to. Holds where no layer parameter set says otherwise.",
        ),
        "validation_set_performance": Element(
            "validation_set_performance",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "interop",
            55,
            "Performance of the model on its validation set, as [performance_metric_type] measures.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "topology_carriage_flag": Shape("int"),
        "mps_sparsification_flag": Shape("int"),
        "mps_pruning_flag": Shape("int"),
        "mps_unification_flag": Shape("int"),
        "mps_decomposition_performance_map_flag": Shape("int"),
        "mps_quantization_method_flags": Shape("int"),
        "mps_topology_indexed_reference_flag": Shape("int"),
        "base_model_id_present_flag": Shape("int"),
        "validation_set_performance_present_flag": Shape("int"),
        "metric_type_performance_map_valid_flag": Shape("int"),
        "mps_parent_signalling_enabled_flag": Shape("int"),
        "nnr_pre_flag": Shape("int"),
        "nnr_reserved_zero_1bit": Shape("int"),
        "nnr_reserved_zero_2bits": Shape("int"),
        "base_model_id": Shape("str"),
        "performance_metric_type": Shape("str"),
        "nnr_reserved_zero_7bits": Shape("int"),
        "mps_qp_density": Shape("int"),
        "mps_quantization_parameter": Shape("int"),
        "sparsification_performance_map": Shape("table", called="sparsification_performance_map"),
        "pruning_performance_map": Shape("table", called="pruning_performance_map"),
        "unification_performance_map": Shape("table", called="unification_performance_map"),
        "decomposition_performance_map": Shape("table", called="decomposition_performance_map"),
        "validation_set_performance": Shape("float"),
        "byte_alignment": Shape("int"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "base_model_id_present_flag",
        "validation_set_performance_present_flag",
        "metric_type_performance_map_valid_flag",
        "mps_parent_signalling_enabled_flag",
        "nnr_pre_flag",
        "nnr_reserved_zero_1bit",
        "nnr_reserved_zero_2bits",
        "base_model_id",
        "performance_metric_type",
        "nnr_reserved_zero_7bits",
        "mps_qp_density",
        "mps_quantization_parameter",
        "sparsification_performance_map",
        "pruning_performance_map",
        "unification_performance_map",
        "decomposition_performance_map",
        "validation_set_performance",
        "byte_alignment",
    )
    programs: ClassVar[tuple[Program, ...]] = (
        Program(
            ("u", "topology_carriage_flag", 1),
            ("u", "mps_sparsification_flag", 1),
            ("u", "mps_pruning_flag", 1),
            ("u", "mps_unification_flag", 1),
            ("u", "mps_decomposition_performance_map_flag", 1),
            ("u", "mps_quantization_method_flags", 3),
            ("u", "mps_topology_indexed_reference_flag", 1),
            shared=("mps_topology_indexed_reference_flag",),
        ),
        Program(
            ("u", "base_model_id_present_flag", 1),
            ("u", "validation_set_performance_present_flag", 1),
            ("u", "metric_type_performance_map_valid_flag", 1),
            ("u", "mps_parent_signalling_enabled_flag", 1),
            (
                "if",
                "mps_parent_signalling_enabled_flag",
                (("u", "nnr_pre_flag", 1), ("missing", "nnr_reserved_zero_1bit")),
                (("u", "nnr_reserved_zero_1bit", 1), ("missing", "nnr_pre_flag")),
            ),
            ("u", "nnr_reserved_zero_2bits", 2),
            shared=("mps_parent_signalling_enabled_flag",),
        ),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrModelParameterSetUnitPayload = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        general_profile_idc = context.general_profile_idc
        if self.machines[0].read(stream, obj, context):
            mps_sparsification_flag = obj.mps_sparsification_flag
            mps_pruning_flag = obj.mps_pruning_flag
            mps_unification_flag = obj.mps_unification_flag
            mps_decomposition_performance_map_flag = obj.mps_decomposition_performance_map_flag
            mps_quantization_method_flags = obj.mps_quantization_method_flags
        else:
            obj.topology_carriage_flag = stream.u(1, "topology_carriage_flag")
            mps_sparsification_flag = stream.u(1, "mps_sparsification_flag")
            obj.mps_sparsification_flag = mps_sparsification_flag
            obj.mps_pruning_flag = mps_pruning_flag = stream.u(1, "mps_pruning_flag")
            obj.mps_unification_flag = mps_unification_flag = stream.u(1, "mps_unification_flag")
            mps_decomposition_performance_map_flag = stream.u(
                1, "mps_decomposition_performance_map_flag"
            )
            obj.mps_decomposition_performance_map_flag = mps_decomposition_performance_map_flag
            mps_quantization_method_flags = stream.u(3, "mps_quantization_method_flags")
            obj.mps_quantization_method_flags = mps_quantization_method_flags
            obj.mps_topology_indexed_reference_flag = (
                context.mps_topology_indexed_reference_flag
            ) = stream.u(1, "mps_topology_indexed_reference_flag")
        if general_profile_idc == 1:
            if self.machines[1].read(stream, obj, context):
                known_2: Any = obj
                base_model_id_present_flag = known_2.base_model_id_present_flag
                validation_set_performance_present_flag = (
                    known_2.validation_set_performance_present_flag
                )
                metric_type_performance_map_valid_flag = (
                    known_2.metric_type_performance_map_valid_flag
                )
            else:
                base_model_id_present_flag = stream.u(1, "base_model_id_present_flag")
                obj.base_model_id_present_flag = base_model_id_present_flag
                validation_set_performance_present_flag = stream.u(
                    1, "validation_set_performance_present_flag"
                )
                obj.validation_set_performance_present_flag = (
                    validation_set_performance_present_flag
                )
                metric_type_performance_map_valid_flag = stream.u(
                    1, "metric_type_performance_map_valid_flag"
                )
                obj.metric_type_performance_map_valid_flag = metric_type_performance_map_valid_flag
                mps_parent_signalling_enabled_flag = stream.u(
                    1, "mps_parent_signalling_enabled_flag"
                )
                obj.mps_parent_signalling_enabled_flag = mps_parent_signalling_enabled_flag
                context.mps_parent_signalling_enabled_flag = mps_parent_signalling_enabled_flag
                if mps_parent_signalling_enabled_flag:
                    obj.nnr_pre_flag = stream.u(1, "nnr_pre_flag")
                else:
                    obj.nnr_reserved_zero_1bit = stream.u(1, "nnr_reserved_zero_1bit")
                obj.nnr_reserved_zero_2bits = stream.u(2, "nnr_reserved_zero_2bits")
            if base_model_id_present_flag:
                obj.base_model_id = stream.st("base_model_id")
            if validation_set_performance_present_flag or metric_type_performance_map_valid_flag:
                obj.performance_metric_type = stream.st("performance_metric_type")
        else:
            obj.nnr_reserved_zero_7bits = stream.u(7, "nnr_reserved_zero_7bits")
            base_model_id_present_flag = 0
            validation_set_performance_present_flag = 0
            metric_type_performance_map_valid_flag = 0
            mps_parent_signalling_enabled_flag = context.mps_parent_signalling_enabled_flag = 0
        if (mps_quantization_method_flags & NNR_QSU) != 0 or (
            mps_quantization_method_flags & NNR_QCB
        ) != 0:
            obj.mps_qp_density = stream.u(3, "mps_qp_density")
            obj.mps_quantization_parameter = stream.i(13, "mps_quantization_parameter")
        if mps_sparsification_flag:
            stream.enter("sparsification_performance_map", "sparsification_performance_map")
            obj.sparsification_performance_map = (
                performance_maps.sparsification_performance_map._parse(stream, context, path)
            )
            stream.leave()
        if mps_pruning_flag:
            stream.enter("pruning_performance_map", "pruning_performance_map")
            obj.pruning_performance_map = performance_maps.pruning_performance_map._parse(
                stream, context, path
            )
            stream.leave()
        if mps_unification_flag:
            stream.enter("unification_performance_map", "unification_performance_map")
            obj.unification_performance_map = performance_maps.unification_performance_map._parse(
                stream, context, path
            )
            stream.leave()
        if mps_decomposition_performance_map_flag:
            stream.enter("decomposition_performance_map", "decomposition_performance_map")
            obj.decomposition_performance_map = (
                performance_maps.decomposition_performance_map._parse(stream, context, path)
            )
            stream.leave()
        if general_profile_idc == 1 and validation_set_performance_present_flag:
            obj.validation_set_performance = stream.flt(32, "validation_set_performance")
        obj.byte_alignment = stream.byte_alignment()
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrModelParameterSetUnitPayload):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrModelParameterSetUnitPayload"
            )
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        general_profile_idc = context.general_profile_idc
        if self.machines[0].write(stream, obj, context):
            mps_sparsification_flag = obj.mps_sparsification_flag
            mps_pruning_flag = obj.mps_pruning_flag
            mps_unification_flag = obj.mps_unification_flag
            mps_decomposition_performance_map_flag = obj.mps_decomposition_performance_map_flag
            mps_quantization_method_flags = obj.mps_quantization_method_flags
        else:
            stream.u(
                1,
                _required(stream, obj.topology_carriage_flag, "topology_carriage_flag"),
                "topology_carriage_flag",
            )
            mps_sparsification_flag = _required(
                stream, obj.mps_sparsification_flag, "mps_sparsification_flag"
            )
            stream.u(1, mps_sparsification_flag, "mps_sparsification_flag")
            mps_pruning_flag = _required(stream, obj.mps_pruning_flag, "mps_pruning_flag")
            stream.u(1, mps_pruning_flag, "mps_pruning_flag")
            mps_unification_flag = _required(
                stream, obj.mps_unification_flag, "mps_unification_flag"
            )
            stream.u(1, mps_unification_flag, "mps_unification_flag")
            mps_decomposition_performance_map_flag = _required(
                stream,
                obj.mps_decomposition_performance_map_flag,
                "mps_decomposition_performance_map_flag",
            )
            stream.u(
                1, mps_decomposition_performance_map_flag, "mps_decomposition_performance_map_flag"
            )
            mps_quantization_method_flags = _required(
                stream, obj.mps_quantization_method_flags, "mps_quantization_method_flags"
            )
            stream.u(3, mps_quantization_method_flags, "mps_quantization_method_flags")
            context.mps_topology_indexed_reference_flag = _required(
                stream,
                obj.mps_topology_indexed_reference_flag,
                "mps_topology_indexed_reference_flag",
            )
            stream.u(
                1,
                context.mps_topology_indexed_reference_flag,
                "mps_topology_indexed_reference_flag",
            )
        if general_profile_idc == 1:
            if self.machines[1].write(stream, obj, context):
                known_2: Any = obj
                base_model_id_present_flag = known_2.base_model_id_present_flag
                validation_set_performance_present_flag = (
                    known_2.validation_set_performance_present_flag
                )
                metric_type_performance_map_valid_flag = (
                    known_2.metric_type_performance_map_valid_flag
                )
            else:
                base_model_id_present_flag = _required(
                    stream, obj.base_model_id_present_flag, "base_model_id_present_flag"
                )
                stream.u(1, base_model_id_present_flag, "base_model_id_present_flag")
                validation_set_performance_present_flag = _required(
                    stream,
                    obj.validation_set_performance_present_flag,
                    "validation_set_performance_present_flag",
                )
                stream.u(
                    1,
                    validation_set_performance_present_flag,
                    "validation_set_performance_present_flag",
                )
                metric_type_performance_map_valid_flag = _required(
                    stream,
                    obj.metric_type_performance_map_valid_flag,
                    "metric_type_performance_map_valid_flag",
                )
                stream.u(
                    1,
                    metric_type_performance_map_valid_flag,
                    "metric_type_performance_map_valid_flag",
                )
                mps_parent_signalling_enabled_flag = _required(
                    stream,
                    obj.mps_parent_signalling_enabled_flag,
                    "mps_parent_signalling_enabled_flag",
                )
                context.mps_parent_signalling_enabled_flag = mps_parent_signalling_enabled_flag
                stream.u(
                    1, mps_parent_signalling_enabled_flag, "mps_parent_signalling_enabled_flag"
                )
                if mps_parent_signalling_enabled_flag:
                    stream.u(1, _required(stream, obj.nnr_pre_flag, "nnr_pre_flag"), "nnr_pre_flag")
                    _refuse(stream, obj, "nnr_reserved_zero_1bit")
                else:
                    stream.u(
                        1,
                        _required(stream, obj.nnr_reserved_zero_1bit, "nnr_reserved_zero_1bit"),
                        "nnr_reserved_zero_1bit",
                    )
                    _refuse(stream, obj, "nnr_pre_flag")
                stream.u(
                    2,
                    _required(stream, obj.nnr_reserved_zero_2bits, "nnr_reserved_zero_2bits"),
                    "nnr_reserved_zero_2bits",
                )
            if base_model_id_present_flag:
                stream.st(_required(stream, obj.base_model_id, "base_model_id"), "base_model_id")
            else:
                _refuse(stream, obj, "base_model_id")
            if validation_set_performance_present_flag or metric_type_performance_map_valid_flag:
                stream.st(
                    _required(stream, obj.performance_metric_type, "performance_metric_type"),
                    "performance_metric_type",
                )
            else:
                _refuse(stream, obj, "performance_metric_type")
            _refuse(stream, obj, "nnr_reserved_zero_7bits")
        else:
            stream.u(
                7,
                _required(stream, obj.nnr_reserved_zero_7bits, "nnr_reserved_zero_7bits"),
                "nnr_reserved_zero_7bits",
            )
            base_model_id_present_flag = 0
            validation_set_performance_present_flag = 0
            metric_type_performance_map_valid_flag = 0
            mps_parent_signalling_enabled_flag = context.mps_parent_signalling_enabled_flag = 0
            _refuse(
                stream,
                obj,
                "base_model_id_present_flag",
                "validation_set_performance_present_flag",
                "metric_type_performance_map_valid_flag",
                "mps_parent_signalling_enabled_flag",
                "nnr_pre_flag",
                "nnr_reserved_zero_1bit",
                "nnr_reserved_zero_2bits",
                "base_model_id",
                "performance_metric_type",
            )
        if (mps_quantization_method_flags & NNR_QSU) != 0 or (
            mps_quantization_method_flags & NNR_QCB
        ) != 0:
            stream.u(3, _required(stream, obj.mps_qp_density, "mps_qp_density"), "mps_qp_density")
            stream.i(
                13,
                _required(stream, obj.mps_quantization_parameter, "mps_quantization_parameter"),
                "mps_quantization_parameter",
            )
        else:
            _refuse(stream, obj, "mps_qp_density", "mps_quantization_parameter")
        if mps_sparsification_flag:
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
        if mps_pruning_flag:
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
        if mps_unification_flag:
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
        if mps_decomposition_performance_map_flag:
            decomposition_performance_map__table = _required(
                stream, obj.decomposition_performance_map, "decomposition_performance_map"
            )
            stream.enter("decomposition_performance_map", "decomposition_performance_map")
            performance_maps.decomposition_performance_map._build(
                decomposition_performance_map__table, stream, context, path
            )
            stream.leave()
        else:
            _refuse(stream, obj, "decomposition_performance_map")
        if general_profile_idc == 1 and validation_set_performance_present_flag:
            stream.flt(
                32,
                _required(stream, obj.validation_set_performance, "validation_set_performance"),
                "validation_set_performance",
            )
        else:
            _refuse(stream, obj, "validation_set_performance")
        stream.byte_alignment(obj.byte_alignment)
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_model_parameter_set_unit_payload = NnrModelParameterSetUnitPayloadSyntax()
