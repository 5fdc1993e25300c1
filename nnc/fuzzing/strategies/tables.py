"""Draws each syntax table: its control flow, with values that keep its rules.

Generated; do not edit.
Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543
"""

# ruff: noqa: F841, N806, RET504

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nnc.bitio import computing as _computing
from nnc.fuzzing.strategies.drawing import Around
from nnc.syntax import (
    compressed_data_unit,
    layer_parameter_set,
    model_parameter_set,
    performance_maps,
    quantization,
    start,
    topology,
    unit,
)
from nnc.syntax import (
    functions as _functions,
)
from nnc.syntax.functions import (
    Array,
)
from nnc.syntax.functions import (
    array as _array,
)
from nnc.syntax.functions import (
    entry as _entry,
)
from nnc.syntax.functions import (
    indexed as _indexed,
)
from nnc.syntax.functions import (
    irregular as _irregular,
)
from nnc.syntax.functions import (
    new as _new,
)


def draw_nnr_compressed_data_unit_header(
    stream: Any, context: Any
) -> compressed_data_unit.NnrCompressedDataUnitHeader:
    """Draw `nnr_compressed_data_unit_header` (clause 6.3.3)."""
    obj = _new(compressed_data_unit.NnrCompressedDataUnitHeader)
    mps_topology_indexed_reference_flag = context.mps_topology_indexed_reference_flag
    general_profile_idc = context.general_profile_idc
    mps_parent_signalling_enabled_flag = context.mps_parent_signalling_enabled_flag
    obj.topology_elements_ids_list = None
    obj.topology_elem_id = None
    obj.topology_elem_id_index = None
    obj.node_id_present_flag = None
    obj.device_id = None
    obj.parameter_id = None
    obj.put_node_depth = None
    obj.parent_node_id_present_flag = None
    obj.parent_node_id_type = None
    obj.temporal_context_modeling_flag = None
    obj.parent_device_id = None
    obj.parent_node_payload_sha256 = None
    obj.parent_node_payload_sha512 = None
    obj.codebook_present_flag = None
    obj.integer_codebook = None
    obj.dq_flag = None
    obj.nnr_decompressed_data_format = None
    obj.tensor_dimensions_flag = None
    obj.cabac_unary_length_flag = None
    obj.compressed_parameter_types = None
    obj.decomposition_rank = None
    obj.g_number_of_rows = None
    obj.tensor_dimensions_list = None
    obj.topology_tensor_dimension_mapping = None
    obj.cabac_unary_length_minus1 = None
    obj.integer_codebook_dc = None
    obj.first_tensor_dimension_shift = None
    obj.scan_order = None
    obj.cabac_offset_list = None
    obj.dq_state_list = None
    obj.bit_offset_delta1 = None
    obj.bit_offset_delta2 = None
    obj.byte_alignment = None
    obj.numBlockRowsMinus1 = None
    obj.BitOffsetList = None
    obj.CbZeroOffset = None
    obj.Codebook = None
    obj.CbZeroOffsetDC = None
    obj.CodebookDC = None
    cabac_offset_list: list[int]
    dq_state_list: list[int]
    bit_offset_delta2_list: list[int]
    nnr_compressed_data_unit_payload_type = stream.u(
        5, "nnr_compressed_data_unit_payload_type", low=0, high=3, reserved=((4, 31),)
    )
    obj.nnr_compressed_data_unit_payload_type = nnr_compressed_data_unit_payload_type
    context.nnr_compressed_data_unit_payload_type = nnr_compressed_data_unit_payload_type
    nnr_multiple_topology_elements_present_flag = stream.u(
        1, "nnr_multiple_topology_elements_present_flag"
    )
    obj.nnr_multiple_topology_elements_present_flag = nnr_multiple_topology_elements_present_flag
    nnr_decompressed_data_format_present_flag = stream.u(
        1, "nnr_decompressed_data_format_present_flag"
    )
    obj.nnr_decompressed_data_format_present_flag = nnr_decompressed_data_format_present_flag
    input_parameters_present_flag = stream.u(1, "input_parameters_present_flag")
    obj.input_parameters_present_flag = input_parameters_present_flag
    if nnr_multiple_topology_elements_present_flag:
        context.topologyIndexedFlag = mps_topology_indexed_reference_flag
        obj.topology_elements_ids_list = stream.table(
            "topology_elements_ids_list",
            "topology_elements_ids_list",
            None,
            draw_topology_elements_ids_list,
            context,
        )
    elif mps_topology_indexed_reference_flag == 0:
        obj.topology_elem_id = stream.st("topology_elem_id")
    else:
        obj.topology_elem_id_index = stream.ue(7, "topology_elem_id_index")
    if general_profile_idc == 1:
        obj.node_id_present_flag = node_id_present_flag = stream.u(1, "node_id_present_flag")
        if node_id_present_flag:
            obj.device_id = stream.ue(1, "device_id")
            obj.parameter_id = stream.ue(5, "parameter_id")
            obj.put_node_depth = stream.ue(4, "put_node_depth")
        if mps_parent_signalling_enabled_flag:
            parent_node_id_present_flag = stream.u(1, "parent_node_id_present_flag")
            obj.parent_node_id_present_flag = parent_node_id_present_flag
            context.parent_node_id_present_flag = parent_node_id_present_flag
            if parent_node_id_present_flag:
                parent_node_id_type = stream.u(
                    2, "parent_node_id_type", low=0, high=2, reserved=((3, 3),)
                )
                obj.parent_node_id_type = parent_node_id_type
                obj.temporal_context_modeling_flag = context.temporal_context_modeling_flag = (
                    stream.u(1, "temporal_context_modeling_flag", small=True)
                )
                if parent_node_id_type == compressed_data_unit.ICNN_NDU_ID:
                    obj.parent_device_id = stream.ue(1, "parent_device_id")
                    if not node_id_present_flag:
                        obj.parameter_id = stream.ue(5, "parameter_id")
                        obj.put_node_depth = stream.ue(4, "put_node_depth")
                elif parent_node_id_type == compressed_data_unit.ICNN_NDU_PL_SHA256:
                    obj.parent_node_payload_sha256 = stream.u(256, "parent_node_payload_sha256")
                elif parent_node_id_type == compressed_data_unit.ICNN_NDU_PL_SHA512:
                    obj.parent_node_payload_sha512 = stream.u(512, "parent_node_payload_sha512")
            else:
                context.temporal_context_modeling_flag = 0
        else:
            parent_node_id_present_flag = context.parent_node_id_present_flag = 0
            context.temporal_context_modeling_flag = 0
    else:
        node_id_present_flag = 0
        parent_node_id_present_flag = context.parent_node_id_present_flag = 0
        context.temporal_context_modeling_flag = 0
    if (
        nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_FLOAT
        or nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_BLOCK
    ):
        codebook_present_flag = stream.u(1, "codebook_present_flag")
        obj.codebook_present_flag = codebook_present_flag
        context.codebook_present_flag = codebook_present_flag
        if codebook_present_flag:
            obj.integer_codebook = stream.table(
                "integer_codebook", "integer_codebook", None, draw_integer_codebook, context
            )
            obj.CbZeroOffset = context.CbZeroOffset = obj.integer_codebook.cbZeroOffset
            obj.Codebook = context.Codebook = obj.integer_codebook.codebook
        else:
            context.CbZeroOffset = obj.CbZeroOffset = 0
    else:
        codebook_present_flag = context.codebook_present_flag = 0
        context.CbZeroOffset = obj.CbZeroOffset = 0
    if (
        nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_INT
        or nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_FLOAT
        or nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_BLOCK
    ):
        obj.dq_flag = dq_flag = context.dq_flag = stream.u(1, "dq_flag", small=True)
    else:
        dq_flag = context.dq_flag = 0
    if nnr_decompressed_data_format_present_flag:
        obj.nnr_decompressed_data_format = context.nnr_decompressed_data_format = stream.u(
            7, "nnr_decompressed_data_format", low=0, high=9, reserved=((10, 127),)
        )
    else:
        context.nnr_decompressed_data_format = (
            compressed_data_unit.TENSOR_INT32
            if nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_INT
            else compressed_data_unit.TENSOR_FLOAT32
        )
    if input_parameters_present_flag:
        tensor_dimensions_flag = stream.u(1, "tensor_dimensions_flag")
        obj.tensor_dimensions_flag = tensor_dimensions_flag
        cabac_unary_length_flag = stream.u(1, "cabac_unary_length_flag")
        obj.cabac_unary_length_flag = cabac_unary_length_flag
        compressed_parameter_types = stream.u(4, "compressed_parameter_types")
        obj.compressed_parameter_types = compressed_parameter_types
        context.compressed_parameter_types = compressed_parameter_types
        if (compressed_parameter_types & compressed_data_unit.NNR_CPT_DC) != 0:
            decomposition_rank = stream.ue(3, "decomposition_rank", small=True)
            obj.decomposition_rank = decomposition_rank
            context.decomposition_rank = decomposition_rank
            g_number_of_rows = stream.ue(3, "g_number_of_rows", small=True)
            obj.g_number_of_rows = g_number_of_rows
            context.g_number_of_rows = g_number_of_rows
        else:
            decomposition_rank = context.decomposition_rank = 0
            g_number_of_rows = context.g_number_of_rows = 0
        if tensor_dimensions_flag:
            obj.tensor_dimensions_list = stream.table(
                "tensor_dimensions_list",
                "tensor_dimensions_list",
                None,
                draw_tensor_dimensions_list,
                context,
            )
            count_tensor_dimensions = context.count_tensor_dimensions
            tensor_dimensions = context.tensor_dimensions
        else:
            out_of_band_tensor_dimensions = context.ask(
                "out_of_band_tensor_dimensions", obj, stream
            )
            count_tensor_dimensions = len(out_of_band_tensor_dimensions)
            context.count_tensor_dimensions = count_tensor_dimensions
            tensor_dimensions = context.tensor_dimensions = out_of_band_tensor_dimensions
        if (
            nnr_compressed_data_unit_payload_type != compressed_data_unit.NNR_PT_BLOCK
            and nnr_multiple_topology_elements_present_flag
        ):
            obj.topology_tensor_dimension_mapping = stream.table(
                "topology_tensor_dimension_mapping",
                "topology_tensor_dimension_mapping",
                None,
                draw_topology_tensor_dimension_mapping,
                context,
            )
        if cabac_unary_length_flag:
            obj.cabac_unary_length_minus1 = context.cabac_unary_length_minus1 = stream.u(
                8, "cabac_unary_length_minus1", small=True
            )
        else:
            out_of_band_cabac_unary_length_minus1 = context.ask(
                "out_of_band_cabac_unary_length_minus1", obj, stream
            )
            context.cabac_unary_length_minus1 = out_of_band_cabac_unary_length_minus1
    else:
        tensor_dimensions_flag = 0
        cabac_unary_length_flag = 0
        compressed_parameter_types = context.compressed_parameter_types = 0
        decomposition_rank = context.decomposition_rank = 0
        g_number_of_rows = context.g_number_of_rows = 0
        out_of_band_tensor_dimensions = context.ask("out_of_band_tensor_dimensions", obj, stream)
        count_tensor_dimensions = len(out_of_band_tensor_dimensions)
        context.count_tensor_dimensions = count_tensor_dimensions
        tensor_dimensions = context.tensor_dimensions = out_of_band_tensor_dimensions
        out_of_band_cabac_unary_length_minus1 = context.ask(
            "out_of_band_cabac_unary_length_minus1", obj, stream
        )
        context.cabac_unary_length_minus1 = out_of_band_cabac_unary_length_minus1
    if (
        nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_BLOCK
        and (compressed_parameter_types & compressed_data_unit.NNR_CPT_DC) != 0
        and codebook_present_flag
    ):
        obj.integer_codebook_dc = stream.table(
            "integer_codebook_dc", "integer_codebook", None, draw_integer_codebook, context
        )
        obj.CbZeroOffsetDC = context.CbZeroOffsetDC = obj.integer_codebook_dc.cbZeroOffset
        obj.CodebookDC = context.CodebookDC = obj.integer_codebook_dc.codebook
    else:
        context.CbZeroOffsetDC = obj.CbZeroOffsetDC = 0
    if count_tensor_dimensions > 1:
        if general_profile_idc == 1:
            obj.first_tensor_dimension_shift = context.first_tensor_dimension_shift = stream.ue(
                1, "first_tensor_dimension_shift", small=True
            )
        else:
            context.first_tensor_dimension_shift = 0
        obj.scan_order = scan_order = stream.u(4, "scan_order", low=0, high=4, small=True)
        if scan_order > 0:
            if (compressed_parameter_types & compressed_data_unit.NNR_CPT_DC) == 0:
                numBlockRowsMinus1 = _functions.block_rows_minus1(
                    _indexed(stream, tensor_dimensions, 0, "tensor_dimensions"), scan_order
                )
                obj.numBlockRowsMinus1 = numBlockRowsMinus1
            elif nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_BLOCK:
                numBlockRowsMinus1 = _functions.block_rows_minus1(
                    g_number_of_rows, scan_order
                ) + _functions.block_rows_minus1(decomposition_rank, scan_order)
                obj.numBlockRowsMinus1 = numBlockRowsMinus1
            else:
                decomposed_tensor_role = context.ask("decomposed_tensor_role", obj, stream)
                if decomposed_tensor_role == 1:
                    numBlockRowsMinus1 = _functions.block_rows_minus1(g_number_of_rows, scan_order)
                    obj.numBlockRowsMinus1 = numBlockRowsMinus1
                elif decomposed_tensor_role == 2:
                    numBlockRowsMinus1 = _functions.block_rows_minus1(
                        decomposition_rank, scan_order
                    )
                    obj.numBlockRowsMinus1 = numBlockRowsMinus1
                else:
                    numBlockRowsMinus1 = _functions.block_rows_minus1(
                        _indexed(stream, tensor_dimensions, 0, "tensor_dimensions"), scan_order
                    )
                    obj.numBlockRowsMinus1 = numBlockRowsMinus1
            BitOffsetList: dict[int, int] = {}
            BitOffsetList_size = stream.make(numBlockRowsMinus1, "BitOffsetList")
            cabac_offset_list = []
            obj.cabac_offset_list = cabac_offset_list
            dq_state_list = []
            if dq_flag:
                obj.dq_state_list = dq_state_list
            bit_offset_delta2_list = []
            obj.bit_offset_delta2 = bit_offset_delta2_list
            for j in range(numBlockRowsMinus1):
                cabac_offset_list.append(stream.u(8, "cabac_offset_list", j))
                if dq_flag:
                    dq_state_list.append(stream.u(3, "dq_state_list", j))
                if j == 0:
                    bit_offset_delta1 = stream.ue(11, "bit_offset_delta1")
                    obj.bit_offset_delta1 = bit_offset_delta1
                    BitOffsetList[_entry(stream, 0, BitOffsetList_size, "BitOffsetList")] = (
                        bit_offset_delta1
                    )
                else:
                    bit_offset_delta2 = stream.ie(
                        7, "bit_offset_delta2", len(bit_offset_delta2_list)
                    )
                    bit_offset_delta2_list.append(bit_offset_delta2)
                    BitOffsetList[
                        j
                        if 0 <= j < BitOffsetList_size
                        else _entry(stream, j, BitOffsetList_size, "BitOffsetList")
                    ] = BitOffsetList.get(j - 1, 0) + bit_offset_delta2
            obj.BitOffsetList = _array(BitOffsetList, BitOffsetList_size)
        else:
            numBlockRowsMinus1 = obj.numBlockRowsMinus1 = 0
    else:
        context.first_tensor_dimension_shift = 0
        scan_order = 0
        numBlockRowsMinus1 = obj.numBlockRowsMinus1 = 0
    obj.byte_alignment = stream.byte_alignment()
    return obj


def draw_tensor_dimensions_list(
    stream: Any, context: Any
) -> compressed_data_unit.TensorDimensionsList:
    """Draw `tensor_dimensions_list` (clause 6.3.3)."""
    obj = _new(compressed_data_unit.TensorDimensionsList)
    tensor_dimensions: list[int]
    count_tensor_dimensions = stream.ue(1, "count_tensor_dimensions", small=True)
    obj.count_tensor_dimensions = count_tensor_dimensions
    context.count_tensor_dimensions = count_tensor_dimensions
    tensor_dimensions = []
    obj.tensor_dimensions = context.tensor_dimensions = tensor_dimensions
    for j in range(count_tensor_dimensions):
        tensor_dimensions.append(stream.ue(7, "tensor_dimensions", j, small=True))
    return obj


def draw_integer_codebook(stream: Any, context: Any) -> compressed_data_unit.IntegerCodebook:
    """Draw `integer_codebook` (clause 6.3.3)."""
    obj = _new(compressed_data_unit.IntegerCodebook)
    obj.codebook = None
    obj.cbZeroOffset = None
    codebook_delta_left_list: list[int]
    codebook_delta_right_list: list[int]
    obj.codebook_egk = codebook_egk = stream.u(4, "codebook_egk")
    codebook_size = stream.ue(
        2, "codebook_size", small=True, keeps=lambda codebook_size: codebook_size > 0
    )
    obj.codebook_size = codebook_size
    codebook_centre_offset = stream.ie(
        2,
        "codebook_centre_offset",
        small=True,
        keeps=lambda codebook_centre_offset: (
            ((codebook_size >> 1) + codebook_centre_offset >= 0)
            and ((codebook_size >> 1) + codebook_centre_offset < codebook_size)
        ),
    )
    obj.codebook_centre_offset = codebook_centre_offset
    codebook: dict[int, int] = {}
    codebook_size_ = stream.make(codebook_size, "codebook")
    cbZeroOffset = obj.cbZeroOffset = (codebook_size >> 1) + codebook_centre_offset
    obj.codebook_zero_value = codebook_zero_value = stream.ie(7, "codebook_zero_value")
    codebook[
        cbZeroOffset
        if 0 <= cbZeroOffset < codebook_size_
        else _entry(stream, cbZeroOffset, codebook_size_, "codebook")
    ] = codebook_zero_value
    previousValue = codebook_zero_value
    codebook_delta_left_list = []
    obj.codebook_delta_left = codebook_delta_left_list
    for j in range(cbZeroOffset - 1, -1, -1):
        codebook_delta_left = stream.ue(
            codebook_egk, "codebook_delta_left", len(codebook_delta_left_list)
        )
        codebook_delta_left_list.append(codebook_delta_left)
        codebook[
            j if 0 <= j < codebook_size_ else _entry(stream, j, codebook_size_, "codebook")
        ] = previousValue - codebook_delta_left - 1
        previousValue = codebook.get(j, 0)
    previousValue = codebook_zero_value
    codebook_delta_right_list = []
    obj.codebook_delta_right = codebook_delta_right_list
    for j in range(cbZeroOffset + 1, codebook_size):
        codebook_delta_right = stream.ue(
            codebook_egk, "codebook_delta_right", len(codebook_delta_right_list)
        )
        codebook_delta_right_list.append(codebook_delta_right)
        codebook[
            j if 0 <= j < codebook_size_ else _entry(stream, j, codebook_size_, "codebook")
        ] = previousValue + codebook_delta_right + 1
        previousValue = codebook.get(j, 0)
    obj.codebook = _array(codebook, codebook_size_)
    return obj


def draw_topology_tensor_dimension_mapping(
    stream: Any, context: Any
) -> compressed_data_unit.TopologyTensorDimensionMapping:
    """Draw `topology_tensor_dimension_mapping` (clause 6.3.3)."""
    obj = _new(compressed_data_unit.TopologyTensorDimensionMapping)
    count_topology_elements_minus2 = context.count_topology_elements_minus2
    split_index: list[int]
    number_of_shifts: list[int]
    shift_index: list[list[int]]
    shift_index_row: list[int]
    shift_value: list[list[int]]
    shift_value_row: list[int]
    obj.concatenation_axis_index = stream.u(8, "concatenation_axis_index")
    split_index = []
    obj.split_index = split_index
    for i in range(count_topology_elements_minus2 + 1):
        split_index.append(stream.ue(7, "split_index", i))
    number_of_shifts = []
    obj.number_of_shifts = number_of_shifts
    shift_index = []
    obj.shift_index = shift_index
    shift_value = []
    obj.shift_value = shift_value
    for i in range(count_topology_elements_minus2 + 2):
        number_of_shifts.append(stream.ue(1, "number_of_shifts", i, small=True))
        shift_index_row = []
        shift_index.append(shift_index_row)
        shift_value_row = []
        shift_value.append(shift_value_row)
        for j in range(number_of_shifts[i]):
            shift_index_row.append(stream.ue(7, "shift_index", (i, j)))
            shift_value_row.append(stream.ie(1, "shift_value", (i, j)))
    return obj


def draw_nnr_compressed_data_unit_payload(
    stream: Any, context: Any
) -> compressed_data_unit.NnrCompressedDataUnitPayload:
    """Draw `nnr_compressed_data_unit_payload` (clause 6.3.4)."""
    obj = _new(compressed_data_unit.NnrCompressedDataUnitPayload)
    nnr_compressed_data_unit_payload_type = context.nnr_compressed_data_unit_payload_type
    nnr_decompressed_data_format = context.nnr_decompressed_data_format
    tensor_dimensions = context.tensor_dimensions
    obj.raw_float16_parameter = None
    obj.raw_float64_parameter = None
    obj.raw_float32_parameter = None
    obj.quant_tensors = None
    if nnr_compressed_data_unit_payload_type == compressed_data_unit.NNR_PT_RAW_FLOAT:
        if nnr_decompressed_data_format == compressed_data_unit.TENSOR_FLOAT16:
            obj.raw_float16_parameter = stream.flt_array(
                16, max(_functions.prod(stream, tensor_dimensions), 0), "raw_float16_parameter"
            )
        elif nnr_decompressed_data_format == compressed_data_unit.TENSOR_FLOAT64:
            obj.raw_float64_parameter = stream.flt_array(
                64, max(_functions.prod(stream, tensor_dimensions), 0), "raw_float64_parameter"
            )
        else:
            obj.raw_float32_parameter = stream.flt_array(
                32, max(_functions.prod(stream, tensor_dimensions), 0), "raw_float32_parameter"
            )
    else:
        obj.quant_tensors = stream.external("quant_tensors", obj, context)
    return obj


def draw_nnr_layer_parameter_set_unit_header(
    stream: Any, context: Any
) -> layer_parameter_set.NnrLayerParameterSetUnitHeader:
    """Draw `nnr_layer_parameter_set_unit_header` (clause 6.3.3)."""
    obj = _new(layer_parameter_set.NnrLayerParameterSetUnitHeader)
    obj.lps_self_contained_flag = stream.u(1, "lps_self_contained_flag")
    obj.nnr_reserved_zero_7bits = stream.u(7, "nnr_reserved_zero_7bits", low=0, high=0)
    return obj


def draw_nnr_layer_parameter_set_unit_payload(
    stream: Any, context: Any
) -> layer_parameter_set.NnrLayerParameterSetUnitPayload:
    """Draw `nnr_layer_parameter_set_unit_payload` (clause 6.3.4)."""
    obj = _new(layer_parameter_set.NnrLayerParameterSetUnitPayload)
    obj.lps_qp_density = None
    obj.lps_quantization_parameter = None
    obj.sparsification_performance_map = None
    obj.pruning_performance_map = None
    obj.unification_performance_map = None
    obj.byte_alignment = None
    obj.nnr_reserved_zero_1bit = stream.u(1, "nnr_reserved_zero_1bit", low=0, high=0)
    lps_sparsification_flag = stream.u(1, "lps_sparsification_flag")
    obj.lps_sparsification_flag = lps_sparsification_flag
    obj.lps_pruning_flag = lps_pruning_flag = stream.u(1, "lps_pruning_flag")
    obj.lps_unification_flag = lps_unification_flag = stream.u(1, "lps_unification_flag")
    lps_quantization_method_flags = stream.u(3, "lps_quantization_method_flags", low=0, high=3)
    obj.lps_quantization_method_flags = lps_quantization_method_flags
    obj.nnr_reserved_zero_1bit_2 = stream.u(1, "nnr_reserved_zero_1bit_2", low=0, high=0)
    if (lps_quantization_method_flags & model_parameter_set.NNR_QCB) != 0 or (
        lps_quantization_method_flags & model_parameter_set.NNR_QSU
    ) != 0:
        obj.lps_qp_density = stream.u(3, "lps_qp_density")
        obj.lps_quantization_parameter = stream.i(13, "lps_quantization_parameter")
    if lps_sparsification_flag:
        obj.sparsification_performance_map = stream.table(
            "sparsification_performance_map",
            "sparsification_performance_map",
            None,
            draw_sparsification_performance_map,
            context,
        )
    if lps_pruning_flag:
        obj.pruning_performance_map = stream.table(
            "pruning_performance_map",
            "pruning_performance_map",
            None,
            draw_pruning_performance_map,
            context,
        )
    if lps_unification_flag:
        obj.unification_performance_map = stream.table(
            "unification_performance_map",
            "unification_performance_map",
            None,
            draw_unification_performance_map,
            context,
        )
    obj.byte_alignment = stream.byte_alignment()
    return obj


def draw_nnr_model_parameter_set_unit_header(
    stream: Any, context: Any
) -> model_parameter_set.NnrModelParameterSetUnitHeader:
    """Draw `nnr_model_parameter_set_unit_header` (clause 6.3.3)."""
    obj = _new(model_parameter_set.NnrModelParameterSetUnitHeader)
    return obj


def draw_nnr_model_parameter_set_unit_payload(
    stream: Any, context: Any
) -> model_parameter_set.NnrModelParameterSetUnitPayload:
    """Draw `nnr_model_parameter_set_unit_payload` (clause 6.3.4)."""
    obj = _new(model_parameter_set.NnrModelParameterSetUnitPayload)
    general_profile_idc = context.general_profile_idc
    obj.base_model_id_present_flag = None
    obj.validation_set_performance_present_flag = None
    obj.metric_type_performance_map_valid_flag = None
    obj.mps_parent_signalling_enabled_flag = None
    obj.nnr_pre_flag = None
    obj.nnr_reserved_zero_1bit = None
    obj.nnr_reserved_zero_2bits = None
    obj.base_model_id = None
    obj.performance_metric_type = None
    obj.nnr_reserved_zero_7bits = None
    obj.mps_qp_density = None
    obj.mps_quantization_parameter = None
    obj.sparsification_performance_map = None
    obj.pruning_performance_map = None
    obj.unification_performance_map = None
    obj.decomposition_performance_map = None
    obj.validation_set_performance = None
    obj.byte_alignment = None
    obj.topology_carriage_flag = stream.u(1, "topology_carriage_flag")
    mps_sparsification_flag = stream.u(1, "mps_sparsification_flag")
    obj.mps_sparsification_flag = mps_sparsification_flag
    obj.mps_pruning_flag = mps_pruning_flag = stream.u(1, "mps_pruning_flag")
    obj.mps_unification_flag = mps_unification_flag = stream.u(1, "mps_unification_flag")
    mps_decomposition_performance_map_flag = stream.u(1, "mps_decomposition_performance_map_flag")
    obj.mps_decomposition_performance_map_flag = mps_decomposition_performance_map_flag
    mps_quantization_method_flags = stream.u(3, "mps_quantization_method_flags", low=0, high=3)
    obj.mps_quantization_method_flags = mps_quantization_method_flags
    obj.mps_topology_indexed_reference_flag = context.mps_topology_indexed_reference_flag = (
        stream.u(1, "mps_topology_indexed_reference_flag")
    )
    if general_profile_idc == 1:
        base_model_id_present_flag = stream.u(1, "base_model_id_present_flag")
        obj.base_model_id_present_flag = base_model_id_present_flag
        validation_set_performance_present_flag = stream.u(
            1, "validation_set_performance_present_flag"
        )
        obj.validation_set_performance_present_flag = validation_set_performance_present_flag
        metric_type_performance_map_valid_flag = stream.u(
            1, "metric_type_performance_map_valid_flag"
        )
        obj.metric_type_performance_map_valid_flag = metric_type_performance_map_valid_flag
        mps_parent_signalling_enabled_flag = stream.u(1, "mps_parent_signalling_enabled_flag")
        obj.mps_parent_signalling_enabled_flag = mps_parent_signalling_enabled_flag
        context.mps_parent_signalling_enabled_flag = mps_parent_signalling_enabled_flag
        if mps_parent_signalling_enabled_flag:
            obj.nnr_pre_flag = stream.u(1, "nnr_pre_flag")
        else:
            obj.nnr_reserved_zero_1bit = stream.u(1, "nnr_reserved_zero_1bit", low=0, high=0)
        obj.nnr_reserved_zero_2bits = stream.u(2, "nnr_reserved_zero_2bits", low=0, high=0)
        if base_model_id_present_flag:
            obj.base_model_id = stream.st("base_model_id")
        if validation_set_performance_present_flag or metric_type_performance_map_valid_flag:
            obj.performance_metric_type = stream.st("performance_metric_type")
    else:
        obj.nnr_reserved_zero_7bits = stream.u(7, "nnr_reserved_zero_7bits", low=0, high=0)
        base_model_id_present_flag = 0
        validation_set_performance_present_flag = 0
        metric_type_performance_map_valid_flag = 0
        mps_parent_signalling_enabled_flag = context.mps_parent_signalling_enabled_flag = 0
    if (mps_quantization_method_flags & model_parameter_set.NNR_QSU) != 0 or (
        mps_quantization_method_flags & model_parameter_set.NNR_QCB
    ) != 0:
        obj.mps_qp_density = stream.u(3, "mps_qp_density")
        obj.mps_quantization_parameter = stream.i(13, "mps_quantization_parameter")
    if mps_sparsification_flag:
        obj.sparsification_performance_map = stream.table(
            "sparsification_performance_map",
            "sparsification_performance_map",
            None,
            draw_sparsification_performance_map,
            context,
        )
    if mps_pruning_flag:
        obj.pruning_performance_map = stream.table(
            "pruning_performance_map",
            "pruning_performance_map",
            None,
            draw_pruning_performance_map,
            context,
        )
    if mps_unification_flag:
        obj.unification_performance_map = stream.table(
            "unification_performance_map",
            "unification_performance_map",
            None,
            draw_unification_performance_map,
            context,
        )
    if mps_decomposition_performance_map_flag:
        obj.decomposition_performance_map = stream.table(
            "decomposition_performance_map",
            "decomposition_performance_map",
            None,
            draw_decomposition_performance_map,
            context,
        )
    if general_profile_idc == 1 and validation_set_performance_present_flag:
        obj.validation_set_performance = stream.flt(32, "validation_set_performance")
    obj.byte_alignment = stream.byte_alignment()
    return obj


def draw_sparsification_performance_map(
    stream: Any, context: Any
) -> performance_maps.SparsificationPerformanceMap:
    """Draw `sparsification_performance_map` (clause 6.3.4)."""
    obj = _new(performance_maps.SparsificationPerformanceMap)
    sparsification_threshold: list[float]
    non_zero_ratio: list[float]
    spm_nn_accuracy: list[float]
    spm_count_classes: list[int]
    spm_class_bitmask: list[int]
    spm_nn_class_accuracy: list[Array]
    spm_count_thresholds = stream.u(8, "spm_count_thresholds", small=True)
    obj.spm_count_thresholds = spm_count_thresholds
    sparsification_threshold = []
    obj.sparsification_threshold = sparsification_threshold
    non_zero_ratio = []
    obj.non_zero_ratio = non_zero_ratio
    spm_nn_accuracy = []
    obj.spm_nn_accuracy = spm_nn_accuracy
    spm_count_classes = []
    obj.spm_count_classes = spm_count_classes
    spm_class_bitmask = []
    obj.spm_class_bitmask = spm_class_bitmask
    spm_nn_class_accuracy = []
    obj.spm_nn_class_accuracy = spm_nn_class_accuracy
    for i in range(spm_count_thresholds - 1):
        sparsification_threshold.append(stream.flt(32, "sparsification_threshold", i))
        non_zero_ratio.append(stream.flt(32, "non_zero_ratio", i, low=0, high=1, constrained=True))
        spm_nn_accuracy.append(stream.flt(32, "spm_nn_accuracy", i))
        spm_count_classes.append(stream.u(8, "spm_count_classes", i, small=True))
        spm_class_bitmask.append(stream.ue(7, "spm_class_bitmask", i))
        spm_nn_class_accuracy.append(
            stream.flt_array(32, spm_count_classes[i], f"spm_nn_class_accuracy[{i}]")
        )
    if obj.non_zero_ratio is not None and len(obj.non_zero_ratio):
        non_zero_ratio = obj.non_zero_ratio
        stream.check("non_zero_ratio", 0, min(non_zero_ratio) >= 0 and max(non_zero_ratio) <= 1)
    return obj


def draw_pruning_performance_map(
    stream: Any, context: Any
) -> performance_maps.PruningPerformanceMap:
    """Draw `pruning_performance_map` (clause 6.3.4)."""
    obj = _new(performance_maps.PruningPerformanceMap)
    pruning_ratio: list[float]
    ppm_nn_accuracy: list[float]
    ppm_count_classes: list[int]
    ppm_class_bitmask: list[int]
    ppm_nn_class_accuracy: list[Array]
    ppm_count_pruning_ratios = stream.u(8, "ppm_count_pruning_ratios", small=True)
    obj.ppm_count_pruning_ratios = ppm_count_pruning_ratios
    pruning_ratio = []
    obj.pruning_ratio = pruning_ratio
    ppm_nn_accuracy = []
    obj.ppm_nn_accuracy = ppm_nn_accuracy
    ppm_count_classes = []
    obj.ppm_count_classes = ppm_count_classes
    ppm_class_bitmask = []
    obj.ppm_class_bitmask = ppm_class_bitmask
    ppm_nn_class_accuracy = []
    obj.ppm_nn_class_accuracy = ppm_nn_class_accuracy
    for i in range(ppm_count_pruning_ratios - 1):
        pruning_ratio.append(stream.flt(32, "pruning_ratio", i, low=0, high=1, constrained=True))
        ppm_nn_accuracy.append(stream.flt(32, "ppm_nn_accuracy", i))
        ppm_count_classes.append(stream.u(8, "ppm_count_classes", i, small=True))
        ppm_class_bitmask.append(stream.ue(7, "ppm_class_bitmask", i))
        ppm_nn_class_accuracy.append(
            stream.flt_array(32, ppm_count_classes[i], f"ppm_nn_class_accuracy[{i}]")
        )
    if obj.pruning_ratio is not None and len(obj.pruning_ratio):
        pruning_ratio = obj.pruning_ratio
        stream.check("pruning_ratio", 0, min(pruning_ratio) >= 0 and max(pruning_ratio) <= 1)
    return obj


def draw_unification_performance_map(
    stream: Any, context: Any
) -> performance_maps.UnificationPerformanceMap:
    """Draw `unification_performance_map` (clause 6.3.4)."""
    obj = _new(performance_maps.UnificationPerformanceMap)
    obj.byte_alignment = None
    count_reshaped_tensor_dimension: list[int]
    reshaped_tensor_dimensions: list[list[int]]
    reshaped_tensor_dimensions_row: list[int]
    byte_alignment: list[int | None]
    count_super_block_dimension: list[int]
    super_block_dimensions: list[Array]
    count_block_dimension: list[int]
    block_dimensions: list[Array]
    unification_threshold: list[float]
    upm_nn_accuracy: list[float]
    upm_count_classes: list[int]
    upm_class_bitmask: list[int]
    upm_nn_class_accuracy: list[Array]
    upm_count_thresholds = stream.u(8, "upm_count_thresholds", small=True)
    obj.upm_count_thresholds = upm_count_thresholds
    count_reshaped_tensor_dimension = []
    obj.count_reshaped_tensor_dimension = count_reshaped_tensor_dimension
    reshaped_tensor_dimensions = []
    obj.reshaped_tensor_dimensions = reshaped_tensor_dimensions
    byte_alignment = []
    count_super_block_dimension = []
    obj.count_super_block_dimension = count_super_block_dimension
    super_block_dimensions = []
    obj.super_block_dimensions = super_block_dimensions
    count_block_dimension = []
    obj.count_block_dimension = count_block_dimension
    block_dimensions = []
    obj.block_dimensions = block_dimensions
    unification_threshold = []
    obj.unification_threshold = unification_threshold
    upm_nn_accuracy = []
    obj.upm_nn_accuracy = upm_nn_accuracy
    upm_count_classes = []
    obj.upm_count_classes = upm_count_classes
    upm_class_bitmask = []
    obj.upm_class_bitmask = upm_class_bitmask
    upm_nn_class_accuracy = []
    obj.upm_nn_class_accuracy = upm_nn_class_accuracy
    for i in range(upm_count_thresholds - 1):
        count_reshaped_tensor_dimension.append(
            stream.ue(1, "count_reshaped_tensor_dimension", i, small=True)
        )
        reshaped_tensor_dimensions_row = []
        reshaped_tensor_dimensions.append(reshaped_tensor_dimensions_row)
        for j in range(count_reshaped_tensor_dimension[i] - 1):
            reshaped_tensor_dimensions_row.append(
                stream.ue(7, "reshaped_tensor_dimensions", (i, j))
            )
        byte_alignment.append(stream.byte_alignment(len(byte_alignment)))
        count_super_block_dimension.append(
            stream.u(8, "count_super_block_dimension", i, small=True)
        )
        super_block_dimensions.append(
            stream.u_array(
                8, max(count_super_block_dimension[i] - 1, 0), f"super_block_dimensions[{i}]"
            )
        )
        count_block_dimension.append(stream.u(8, "count_block_dimension", i, small=True))
        block_dimensions.append(
            stream.u_array(8, max(count_block_dimension[i] - 1, 0), f"block_dimensions[{i}]")
        )
        unification_threshold.append(stream.flt(32, "unification_threshold", i))
        upm_nn_accuracy.append(stream.flt(32, "upm_nn_accuracy", i))
        upm_count_classes.append(stream.u(8, "upm_count_classes", i, small=True))
        upm_class_bitmask.append(stream.ue(7, "upm_class_bitmask", i, small=True))
        unification_class_count_is_bitmask = context.ask(
            "unification_class_count_is_bitmask", obj, stream
        )
        upm_nn_class_accuracy.append(
            stream.flt_array(
                32,
                max(
                    upm_class_bitmask[i]
                    if unification_class_count_is_bitmask
                    else upm_count_classes[i],
                    0,
                ),
                f"upm_nn_class_accuracy[{i}]",
            )
        )
    obj.byte_alignment = _irregular(byte_alignment)
    return obj


def draw_decomposition_performance_map(
    stream: Any, context: Any
) -> performance_maps.DecompositionPerformanceMap:
    """Draw `decomposition_performance_map` (clause 6.3.4)."""
    obj = _new(performance_maps.DecompositionPerformanceMap)
    mse_threshold: list[float]
    dpm_nn_accuracy: list[float]
    nn_reduction_ratio: list[float]
    dpm_count_classes: list[int]
    dpm_nn_class_accuracy: list[Array]
    dpm_count_thresholds = stream.u(8, "dpm_count_thresholds", small=True)
    obj.dpm_count_thresholds = dpm_count_thresholds
    mse_threshold = []
    obj.mse_threshold = mse_threshold
    dpm_nn_accuracy = []
    obj.dpm_nn_accuracy = dpm_nn_accuracy
    nn_reduction_ratio = []
    obj.nn_reduction_ratio = nn_reduction_ratio
    dpm_count_classes = []
    obj.dpm_count_classes = dpm_count_classes
    dpm_nn_class_accuracy = []
    obj.dpm_nn_class_accuracy = dpm_nn_class_accuracy
    for i in range(dpm_count_thresholds - 1):
        mse_threshold.append(stream.flt(32, "mse_threshold", i))
        dpm_nn_accuracy.append(stream.flt(32, "dpm_nn_accuracy", i))
        nn_reduction_ratio.append(stream.flt(32, "nn_reduction_ratio", i))
        dpm_count_classes.append(stream.u(16, "dpm_count_classes", i, small=True))
        dpm_nn_class_accuracy.append(
            stream.flt_array(32, dpm_count_classes[i], f"dpm_nn_class_accuracy[{i}]")
        )
    return obj


def draw_nnr_quantization_unit_header(
    stream: Any, context: Any
) -> quantization.NnrQuantizationUnitHeader:
    """Draw `nnr_quantization_unit_header` (clause 6.3.3)."""
    obj = _new(quantization.NnrQuantizationUnitHeader)
    obj.quantization_storage_format = stream.u(
        8, "quantization_storage_format", low=0, high=4, reserved=((5, 255),)
    )
    obj.quantization_compression_format = stream.u(
        8, "quantization_compression_format", low=0, high=1, reserved=((2, 255),)
    )
    return obj


def draw_nnr_quantization_unit_payload(
    stream: Any, context: Any
) -> quantization.NnrQuantizationUnitPayload:
    """Draw `nnr_quantization_unit_payload` (clause 6.3.4)."""
    obj = _new(quantization.NnrQuantizationUnitPayload)
    obj.quantization_data = stream.bs("quantization_data")
    return obj


def draw_nnr_start_unit_header(stream: Any, context: Any) -> start.NnrStartUnitHeader:
    """Draw `nnr_start_unit_header` (clause 6.3.3)."""
    obj = _new(start.NnrStartUnitHeader)
    obj.general_profile_idc = context.general_profile_idc = stream.u(
        8, "general_profile_idc", low=0, high=1
    )
    return obj


def draw_nnr_start_unit_payload(stream: Any, context: Any) -> start.NnrStartUnitPayload:
    """Draw `nnr_start_unit_payload` (clause 6.3.4)."""
    obj = _new(start.NnrStartUnitPayload)
    return obj


def draw_nnr_topology_unit_header(stream: Any, context: Any) -> topology.NnrTopologyUnitHeader:
    """Draw `nnr_topology_unit_header` (clause 6.3.3)."""
    obj = _new(topology.NnrTopologyUnitHeader)
    obj.topology_storage_format = context.topology_storage_format = stream.u(
        8, "topology_storage_format", low=0, high=6, reserved=((7, 255),)
    )
    obj.topology_compression_format = stream.u(
        8, "topology_compression_format", low=0, high=1, reserved=((2, 255),)
    )
    return obj


def draw_nnr_topology_unit_payload(stream: Any, context: Any) -> topology.NnrTopologyUnitPayload:
    """Draw `nnr_topology_unit_payload` (clause 6.3.4)."""
    obj = _new(topology.NnrTopologyUnitPayload)
    topology_storage_format = context.topology_storage_format
    obj.nnr_pruning_topology_container = None
    obj.topology_elements_ids_list = None
    obj.topology_data = None
    if topology_storage_format == topology.NNR_TPL_PRUN:
        obj.nnr_pruning_topology_container = stream.table(
            "nnr_pruning_topology_container",
            "nnr_pruning_topology_container",
            None,
            draw_nnr_pruning_topology_container,
            context,
        )
    elif topology_storage_format == topology.NNR_TPL_REFLIST:
        context.topologyIndexedFlag = 0
        obj.topology_elements_ids_list = stream.table(
            "topology_elements_ids_list",
            "topology_elements_ids_list",
            None,
            draw_topology_elements_ids_list,
            context,
        )
    else:
        obj.topology_data = stream.bs("topology_data")
    return obj


def draw_nnr_pruning_topology_container(
    stream: Any, context: Any
) -> topology.NnrPruningTopologyContainer:
    """Draw `nnr_pruning_topology_container` (clause 6.3.4)."""
    obj = _new(topology.NnrPruningTopologyContainer)
    mps_topology_indexed_reference_flag = context.mps_topology_indexed_reference_flag
    obj.bit_mask = None
    obj.count_ids = None
    obj.element_id_index = None
    obj.element_id = None
    obj.count_dims = None
    obj.dim = None
    obj.byte_alignment = None
    obj.sparse_bit_mask = None
    element_id_index: list[int]
    element_id: list[str]
    count_dims: list[int]
    dim: list[list[int]]
    dim_row: list[int]
    byte_alignment: list[int | None]
    nnr_rep_type = stream.u(2, "nnr_rep_type", low=0, high=1, reserved=((2, 3),))
    obj.nnr_rep_type = nnr_rep_type
    obj.prune_flag = prune_flag = stream.u(1, "prune_flag")
    obj.order_flag = stream.u(1, "order_flag")
    obj.sparse_flag = sparse_flag = stream.u(1, "sparse_flag")
    obj.nnr_reserved_zero_3bits = stream.u(3, "nnr_reserved_zero_3bits", low=0, high=0)
    if prune_flag:
        if nnr_rep_type == topology.NNR_TPL_BMSK:
            obj.bit_mask = stream.table("bit_mask", "bit_mask", None, draw_bit_mask, context)
        elif nnr_rep_type == topology.NNR_TPL_DICT:
            obj.count_ids = count_ids = stream.u(8, "count_ids", small=True)
            element_id_index = []
            if mps_topology_indexed_reference_flag:
                obj.element_id_index = element_id_index
            element_id = []
            if not mps_topology_indexed_reference_flag:
                obj.element_id = element_id
            count_dims = []
            obj.count_dims = count_dims
            dim = []
            obj.dim = dim
            byte_alignment = []
            for j in range(count_ids):
                if mps_topology_indexed_reference_flag:
                    element_id_index.append(stream.ue(7, "element_id_index", j))
                else:
                    element_id.append(stream.st("element_id", j))
                count_dims.append(stream.ue(1, "count_dims", j, small=True))
                dim_row = []
                dim.append(dim_row)
                for k in range(count_dims[j]):
                    dim_row.append(stream.ue(7, "dim", (j, k)))
                byte_alignment.append(stream.byte_alignment(len(byte_alignment)))
            obj.byte_alignment = _irregular(byte_alignment)
    if sparse_flag:
        obj.sparse_bit_mask = stream.table(
            "sparse_bit_mask", "bit_mask", None, draw_bit_mask, context
        )
    return obj


def draw_bit_mask(stream: Any, context: Any) -> topology.BitMask:
    """Draw `bit_mask` (clause 6.3.4)."""
    obj = _new(topology.BitMask)
    obj.byte_alignment = None
    obj.count_bits = count_bits = stream.u(32, "count_bits", small=True)
    obj.bit_mask_value = stream.u_array(1, count_bits, "bit_mask_value")
    obj.byte_alignment = stream.byte_alignment()
    return obj


def draw_topology_elements_ids_list(stream: Any, context: Any) -> topology.TopologyElementsIdsList:
    """Draw `topology_elements_ids_list` (clause 6.3.4)."""
    obj = _new(topology.TopologyElementsIdsList)
    topologyIndexedFlag = context.topologyIndexedFlag
    obj.byte_alignment = None
    obj.topology_elem_id_list = None
    obj.topology_elem_id_index_list = None
    topology_elem_id_list: list[str]
    topology_elem_id_index_list: list[int]
    count_topology_elements_minus2 = stream.ue(7, "count_topology_elements_minus2", small=True)
    obj.count_topology_elements_minus2 = count_topology_elements_minus2
    context.count_topology_elements_minus2 = count_topology_elements_minus2
    if topologyIndexedFlag == 0:
        obj.byte_alignment = stream.byte_alignment()
    topology_elem_id_list = []
    if topologyIndexedFlag == 0:
        obj.topology_elem_id_list = topology_elem_id_list
    topology_elem_id_index_list = []
    if topologyIndexedFlag != 0:
        obj.topology_elem_id_index_list = topology_elem_id_index_list
    for j in range(count_topology_elements_minus2 + 2):
        if topologyIndexedFlag == 0:
            topology_elem_id_list.append(stream.st("topology_elem_id_list", j))
        else:
            topology_elem_id_index_list.append(stream.ue(7, "topology_elem_id_index_list", j))
    if topologyIndexedFlag == 1:
        obj.byte_alignment = stream.byte_alignment()
    return obj


def draw_nnr_unit(stream: Any, context: Any) -> unit.NnrUnit:
    """Draw `nnr_unit` (clause 6.3.1)."""
    obj = _new(unit.NnrUnit)
    outer_begin: Any = stream.begins.get("nnr_unit")
    stream.begins["nnr_unit"] = stream.position
    pending_before = len(stream.pending)
    start_ = stream.position
    stream.open_extent()
    obj.nnr_unit_size = stream.table(
        "nnr_unit_size", "nnr_unit_size", None, draw_nnr_unit_size, context
    )
    nnr_unit_size_ = context.nnr_unit_size
    obj.nnr_unit_header = stream.table(
        "nnr_unit_header", "nnr_unit_header", None, draw_nnr_unit_header, context
    )
    obj.nnr_unit_payload = stream.table(
        "nnr_unit_payload", "nnr_unit_payload", None, draw_nnr_unit_payload, context
    )
    obj.trailing_data = b""
    stream.close_extent(False)
    _computing.settle_pending(stream, "nnr_unit", pending_before)
    stream.begins["nnr_unit"] = outer_begin
    return obj


def draw_nnr_unit_size(stream: Any, context: Any) -> unit.NnrUnitSize:
    """Draw `nnr_unit_size` (clause 6.3.2)."""
    obj = _new(unit.NnrUnitSize)
    obj.nnr_unit_size_flag = nnr_unit_size_flag = stream.u(1, "nnr_unit_size_flag")
    nnr_unit_size__place: Any = stream.position, len(stream.pieces)
    obj.nnr_unit_size = context.nnr_unit_size = stream.u(
        15 + nnr_unit_size_flag * 16, "nnr_unit_size", extent=True
    )
    nnr_unit_size__place += (len(stream.pieces),)
    if obj.nnr_unit_size is not None:
        stream.compute(
            "nnr_unit",
            "nnr_unit_size",
            obj,
            nnr_unit_size__place,
            lambda: _computing.byte_count(stream, stream.begins.get("nnr_unit"), stream.position),
            lambda value: stream.u(
                15 + nnr_unit_size_flag * 16, "nnr_unit_size", low=value, high=value
            ),
            context,
            False,
        )
    return obj


def draw_nnr_unit_header(stream: Any, context: Any) -> unit.NnrUnitHeader:
    """Draw `nnr_unit_header` (clause 6.3.3.1)."""
    obj = _new(unit.NnrUnitHeader)
    obj.partial_data_counter = None
    obj.nnr_model_parameter_set_unit_header = None
    obj.nnr_layer_parameter_set_unit_header = None
    obj.nnr_topology_unit_header = None
    obj.nnr_quantization_unit_header = None
    obj.nnr_compressed_data_unit_header = None
    obj.nnr_start_unit_header = None
    obj.nnr_aggregate_unit_header = None
    nnr_unit_type = stream.u(6, "nnr_unit_type", low=0, high=6, reserved=((7, 31),))
    obj.nnr_unit_type = nnr_unit_type
    context.nnr_unit_type = nnr_unit_type
    obj.independently_decodable_flag = stream.u(1, "independently_decodable_flag")
    partial_data_counter_present_flag = stream.u(1, "partial_data_counter_present_flag")
    obj.partial_data_counter_present_flag = partial_data_counter_present_flag
    if partial_data_counter_present_flag:
        obj.partial_data_counter = context.partial_data_counter = stream.u(
            8, "partial_data_counter"
        )
    else:
        context.partial_data_counter = 0
    if nnr_unit_type == unit.NNR_MPS:
        obj.nnr_model_parameter_set_unit_header = stream.table(
            "nnr_model_parameter_set_unit_header",
            "nnr_model_parameter_set_unit_header",
            None,
            draw_nnr_model_parameter_set_unit_header,
            context,
        )
    if nnr_unit_type == unit.NNR_LPS:
        obj.nnr_layer_parameter_set_unit_header = stream.table(
            "nnr_layer_parameter_set_unit_header",
            "nnr_layer_parameter_set_unit_header",
            None,
            draw_nnr_layer_parameter_set_unit_header,
            context,
        )
    if nnr_unit_type == unit.NNR_TPL:
        obj.nnr_topology_unit_header = stream.table(
            "nnr_topology_unit_header",
            "nnr_topology_unit_header",
            None,
            draw_nnr_topology_unit_header,
            context,
        )
    if nnr_unit_type == unit.NNR_QNT:
        obj.nnr_quantization_unit_header = stream.table(
            "nnr_quantization_unit_header",
            "nnr_quantization_unit_header",
            None,
            draw_nnr_quantization_unit_header,
            context,
        )
    if nnr_unit_type == unit.NNR_NDU:
        obj.nnr_compressed_data_unit_header = stream.table(
            "nnr_compressed_data_unit_header",
            "nnr_compressed_data_unit_header",
            None,
            draw_nnr_compressed_data_unit_header,
            context,
        )
    if nnr_unit_type == unit.NNR_STR:
        obj.nnr_start_unit_header = stream.table(
            "nnr_start_unit_header",
            "nnr_start_unit_header",
            None,
            draw_nnr_start_unit_header,
            context,
        )
    if nnr_unit_type == unit.NNR_AGG:
        obj.nnr_aggregate_unit_header = stream.table(
            "nnr_aggregate_unit_header",
            "nnr_aggregate_unit_header",
            None,
            draw_nnr_aggregate_unit_header,
            context,
        )
    return obj


def draw_nnr_unit_payload(stream: Any, context: Any) -> unit.NnrUnitPayload:
    """Draw `nnr_unit_payload` (clause 6.3.4)."""
    obj = _new(unit.NnrUnitPayload)
    nnr_unit_type = context.nnr_unit_type
    partial_data_counter = context.partial_data_counter
    obj.partial_data = None
    obj.nnr_start_unit_payload = None
    obj.nnr_model_parameter_set_unit_payload = None
    obj.nnr_layer_parameter_set_unit_payload = None
    obj.nnr_topology_unit_payload = None
    obj.nnr_quantization_unit_payload = None
    obj.nnr_compressed_data_unit_payload = None
    obj.nnr_aggregate_unit_payload = None
    obj.opaque_payload = None
    if partial_data_counter > 0 and (
        nnr_unit_type == unit.NNR_TPL
        or nnr_unit_type == unit.NNR_QNT
        or nnr_unit_type == unit.NNR_NDU
    ):
        obj.partial_data = stream.bs("partial_data")
    elif nnr_unit_type == unit.NNR_STR:
        obj.nnr_start_unit_payload = stream.table(
            "nnr_start_unit_payload",
            "nnr_start_unit_payload",
            None,
            draw_nnr_start_unit_payload,
            context,
        )
    elif nnr_unit_type == unit.NNR_MPS:
        obj.nnr_model_parameter_set_unit_payload = stream.table(
            "nnr_model_parameter_set_unit_payload",
            "nnr_model_parameter_set_unit_payload",
            None,
            draw_nnr_model_parameter_set_unit_payload,
            context,
        )
    elif nnr_unit_type == unit.NNR_LPS:
        obj.nnr_layer_parameter_set_unit_payload = stream.table(
            "nnr_layer_parameter_set_unit_payload",
            "nnr_layer_parameter_set_unit_payload",
            None,
            draw_nnr_layer_parameter_set_unit_payload,
            context,
        )
    elif nnr_unit_type == unit.NNR_TPL:
        obj.nnr_topology_unit_payload = stream.table(
            "nnr_topology_unit_payload",
            "nnr_topology_unit_payload",
            None,
            draw_nnr_topology_unit_payload,
            context,
        )
    elif nnr_unit_type == unit.NNR_QNT:
        obj.nnr_quantization_unit_payload = stream.table(
            "nnr_quantization_unit_payload",
            "nnr_quantization_unit_payload",
            None,
            draw_nnr_quantization_unit_payload,
            context,
        )
    elif nnr_unit_type == unit.NNR_NDU:
        obj.nnr_compressed_data_unit_payload = stream.table(
            "nnr_compressed_data_unit_payload",
            "nnr_compressed_data_unit_payload",
            None,
            draw_nnr_compressed_data_unit_payload,
            context,
        )
    elif nnr_unit_type == unit.NNR_AGG:
        obj.nnr_aggregate_unit_payload = stream.table(
            "nnr_aggregate_unit_payload",
            "nnr_aggregate_unit_payload",
            None,
            draw_nnr_aggregate_unit_payload,
            context,
        )
    else:
        obj.opaque_payload = stream.bs("opaque_payload")
    return obj


def draw_nnr_aggregate_unit_header(stream: Any, context: Any) -> unit.NnrAggregateUnitHeader:
    """Draw `nnr_aggregate_unit_header` (clause 6.3.3)."""
    obj = _new(unit.NnrAggregateUnitHeader)
    obj.nnr_unit_type = None
    obj.nnr_unit_entry_point = None
    obj.quant_bitdepth = None
    obj.ctu_scan_order = None
    obj.byte_alignment = None
    nnr_unit_type: list[int]
    nnr_unit_entry_point: list[int]
    quant_bitdepth: list[int]
    ctu_scan_order: list[int]
    obj.nnr_aggregate_unit_type = stream.u(
        8, "nnr_aggregate_unit_type", low=0, high=1, reserved=((2, 255),)
    )
    entry_points_present_flag = stream.u(1, "entry_points_present_flag")
    obj.entry_points_present_flag = entry_points_present_flag
    obj.nnr_reserved_zero_7bits = stream.u(7, "nnr_reserved_zero_7bits", low=0, high=0)
    num_of_nnr_units_minus2 = stream.u(16, "num_of_nnr_units_minus2", small=True)
    obj.num_of_nnr_units_minus2 = num_of_nnr_units_minus2
    context.num_of_nnr_units_minus2 = num_of_nnr_units_minus2
    if entry_points_present_flag:
        nnr_unit_type = []
        obj.nnr_unit_type = nnr_unit_type
        nnr_unit_entry_point = []
        obj.nnr_unit_entry_point = nnr_unit_entry_point
        for i in range(num_of_nnr_units_minus2 + 2):
            nnr_unit_type.append(stream.u(6, "nnr_unit_type", i, reserved=((7, 31),)))
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


def draw_nnr_aggregate_unit_payload(stream: Any, context: Any) -> unit.NnrAggregateUnitPayload:
    """Draw `nnr_aggregate_unit_payload` (clause 6.3.4)."""
    obj = _new(unit.NnrAggregateUnitPayload)
    num_of_nnr_units_minus2 = context.num_of_nnr_units_minus2
    nnr_unit_: list[unit.NnrUnit]
    nnr_unit_ = []
    obj.nnr_unit = nnr_unit_
    i = 0
    while i < num_of_nnr_units_minus2 + 2:
        nnr_unit_.append(
            stream.table("nnr_unit", "nnr_unit", len(nnr_unit_), draw_nnr_unit, context)
        )
        i += 1
    return obj


#: How names are drawn that stand around a table which is drawn alone: those that tables share.
SHARED: Final[dict[str, Around]] = {
    "CbZeroOffset": Around(0, 255, 0, (), True),
    "CbZeroOffsetDC": Around(0, 255, 0, (), True),
    "Codebook": Around(0, 255, 1, (), True),
    "CodebookDC": Around(0, 255, 1, (), True),
    "cabac_unary_length_minus1": Around(0, 255, 0, (), True),
    "codebook_present_flag": Around(0, 1, 0, (), False),
    "compressed_parameter_types": Around(0, 15, 0, (), False),
    "count_tensor_dimensions": Around(0, 255, 0, (), True),
    "count_topology_elements_minus2": Around(0, 255, 0, (), True),
    "decomposition_rank": Around(0, 255, 0, (), True),
    "dq_flag": Around(0, 1, 0, (), True),
    "first_tensor_dimension_shift": Around(0, 255, 0, (), True),
    "g_number_of_rows": Around(0, 255, 0, (), True),
    "general_profile_idc": Around(0, 1, 0, (), False),
    "mps_parent_signalling_enabled_flag": Around(0, 1, 0, (), False),
    "mps_topology_indexed_reference_flag": Around(0, 1, 0, (), False),
    "nnr_compressed_data_unit_payload_type": Around(0, 3, 0, ((4, 31),), False),
    "nnr_decompressed_data_format": Around(0, 9, 0, ((10, 127),), False),
    "nnr_unit_size": Around(0, 255, 0, (), False),
    "nnr_unit_type": Around(0, 6, 0, ((7, 31),), False),
    "num_of_nnr_units_minus2": Around(0, 65535, 0, (), True),
    "parent_node_id_present_flag": Around(0, 1, 0, (), False),
    "partial_data_counter": Around(0, 255, 0, (), False),
    "temporal_context_modeling_flag": Around(0, 1, 0, (), True),
    "tensor_dimensions": Around(0, 255, 1, (), True),
    "topology_storage_format": Around(0, 6, 0, ((7, 255),), False),
    "out_of_band_tensor_dimensions": Around(0, 255, 1, (), False),
    "out_of_band_cabac_unary_length_minus1": Around(0, 255, 0, (), False),
    "decomposed_tensor_role": Around(0, 255, 0, (), False),
    "qp_density": Around(0, 255, 0, (), False),
    "unification_class_count_is_bitmask": Around(0, 255, 0, (), True),
    "aggregate_has_tail": Around(0, 255, 0, (), False),
}

#: The same of the parameters of tables, by table.
PARAMETERS: Final[dict[str, dict[str, Around]]] = {
    "topology_elements_ids_list": {
        "topologyIndexedFlag": Around(0, 255, 0, (), False),
    },
}


def whole(draw: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a function that draws a table anew where it doesn't keep its rules.

    Hypothesis does so itself, and better: it learns from what was rejected.
    """
    return lambda stream, context: (
        stream.settle(draw, context) if stream.source.learns else stream.again(draw, context)
    )


#: The drawing functions by the name of their table.
TABLES: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "nnr_compressed_data_unit_header": whole(draw_nnr_compressed_data_unit_header),
    "tensor_dimensions_list": whole(draw_tensor_dimensions_list),
    "integer_codebook": whole(draw_integer_codebook),
    "topology_tensor_dimension_mapping": whole(draw_topology_tensor_dimension_mapping),
    "nnr_compressed_data_unit_payload": whole(draw_nnr_compressed_data_unit_payload),
    "nnr_layer_parameter_set_unit_header": whole(draw_nnr_layer_parameter_set_unit_header),
    "nnr_layer_parameter_set_unit_payload": whole(draw_nnr_layer_parameter_set_unit_payload),
    "nnr_model_parameter_set_unit_header": whole(draw_nnr_model_parameter_set_unit_header),
    "nnr_model_parameter_set_unit_payload": whole(draw_nnr_model_parameter_set_unit_payload),
    "sparsification_performance_map": whole(draw_sparsification_performance_map),
    "pruning_performance_map": whole(draw_pruning_performance_map),
    "unification_performance_map": whole(draw_unification_performance_map),
    "decomposition_performance_map": whole(draw_decomposition_performance_map),
    "nnr_quantization_unit_header": whole(draw_nnr_quantization_unit_header),
    "nnr_quantization_unit_payload": whole(draw_nnr_quantization_unit_payload),
    "nnr_start_unit_header": whole(draw_nnr_start_unit_header),
    "nnr_start_unit_payload": whole(draw_nnr_start_unit_payload),
    "nnr_topology_unit_header": whole(draw_nnr_topology_unit_header),
    "nnr_topology_unit_payload": whole(draw_nnr_topology_unit_payload),
    "nnr_pruning_topology_container": whole(draw_nnr_pruning_topology_container),
    "bit_mask": whole(draw_bit_mask),
    "topology_elements_ids_list": whole(draw_topology_elements_ids_list),
    "nnr_unit": whole(draw_nnr_unit),
    "nnr_unit_size": whole(draw_nnr_unit_size),
    "nnr_unit_header": whole(draw_nnr_unit_header),
    "nnr_unit_payload": whole(draw_nnr_unit_payload),
    "nnr_aggregate_unit_header": whole(draw_nnr_aggregate_unit_header),
    "nnr_aggregate_unit_payload": whole(draw_nnr_aggregate_unit_payload),
}
