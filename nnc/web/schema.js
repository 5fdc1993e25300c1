// A reader of the table `nnr_unit` and of all that it calls.
// Generated; do not edit. Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543

import * as $ from "./runtime.js";

/** Values with names, by enum. */
export const enums = {
  CompressedDataUnitPayloadType: Object.freeze({
    NNR_PT_INT: 0,
    NNR_PT_FLOAT: 1,
    NNR_PT_RAW_FLOAT: 2,
    NNR_PT_BLOCK: 3,
  }),
  CompressedParameterTypes: Object.freeze({
    NNR_CPT_DC: 1,
    NNR_CPT_LS: 2,
    NNR_CPT_BN: 4,
    NNR_CPT_BI: 8,
  }),
  ParentNodeIdType: Object.freeze({
    ICNN_NDU_ID: 0,
    ICNN_NDU_PL_SHA256: 1,
    ICNN_NDU_PL_SHA512: 2,
  }),
  DecompressedDataFormat: Object.freeze({
    TENSOR_INT32: 0,
    TENSOR_FLOAT32: 1,
    TENSOR_INT2: 2,
    TENSOR_INT3: 3,
    TENSOR_INT4: 4,
    TENSOR_INT8: 5,
    TENSOR_INT16: 6,
    TENSOR_INT64: 7,
    TENSOR_FLOAT16: 8,
    TENSOR_FLOAT64: 9,
  }),
  QuantizationMethod: Object.freeze({
    NNR_QSU: 1,
    NNR_QCB: 2,
  }),
  QuantizationStorageFormat: Object.freeze({
    NNR_QNT_UNREC: 0,
    NNR_QNT_NNEF: 1,
    NNR_QNT_ONNX: 2,
    NNR_QNT_PYT: 3,
    NNR_QNT_TEF: 4,
  }),
  TopologyStorageFormat: Object.freeze({
    NNR_TPL_UNREC: 0,
    NNR_TPL_NNEF: 1,
    NNR_TPL_ONNX: 2,
    NNR_TPL_PYT: 3,
    NNR_TPL_TEF: 4,
    NNR_TPL_PRUN: 5,
    NNR_TPL_REFLIST: 6,
  }),
  TopologyCompressionFormat: Object.freeze({
    NNR_PT_RAW: 0,
    NNR_DFL: 1,
  }),
  PruningRepresentationType: Object.freeze({
    NNR_TPL_BMSK: 0,
    NNR_TPL_DICT: 1,
  }),
  NnrUnitType: Object.freeze({
    NNR_STR: 0,
    NNR_MPS: 1,
    NNR_LPS: 2,
    NNR_TPL: 3,
    NNR_QNT: 4,
    NNR_NDU: 5,
    NNR_AGG: 6,
  }),
  AggregateUnitType: Object.freeze({
    NNR_AGG_GEN: 0,
    NNR_AGG_SLF: 1,
  }),
};

/** Constants by name. */
export const constants = Object.freeze({
});

const $rows = {
};

const $defines = {
  block_rows_minus1: (rows, scanOrder) => $.max($.subtract($.shifted_right($.NOWHERE, $.subtract($.add(rows, $.shifted_left($.NOWHERE, 4, scanOrder)), 1), $.add(2, scanOrder)), 1), 0),
  largest_level: (codebookSize, zeroOffset) => ((codebookSize > 0) ? $.max(zeroOffset, $.subtract($.subtract(codebookSize, 1), zeroOffset)) : 2147483647),
};

const $tables = {};

$tables.bit_mask = new $.Syntax({
  table: "bit_mask",
  clause: "6.3.4",
  title: "Bit mask syntax",
  schema: "schema/topology.syntax:122",
  elements: {
    __proto__: null,
    ["count_bits"]: {
      line: 123,
      descriptor: "u(32)",
    },
    ["bit_mask_value"]: {
      line: 125,
      descriptor: "u(1)",
    },
  },
}, function (self, stream, context) {
  let count_bits;
  const obj = { __proto__: null, ["count_bits"]: null, ["bit_mask_value"]: null, ["byte_alignment"]: null };
  obj["count_bits"] = count_bits = stream.u(32, "count_bits");
  obj["bit_mask_value"] = stream.u_array(1, count_bits, "bit_mask_value");
  obj["byte_alignment"] = stream.byte_alignment();
  return obj;
});

$tables.decomposition_performance_map = new $.Syntax({
  table: "decomposition_performance_map",
  clause: "6.3.4",
  title: "Decomposition performance map syntax",
  schema: "schema/performance_maps.syntax:133",
  elements: {
    __proto__: null,
    ["dpm_count_thresholds"]: {
      line: 134,
      descriptor: "u(8)",
    },
    ["mse_threshold"]: {
      line: 136,
      descriptor: "flt(32)",
    },
    ["dpm_nn_accuracy"]: {
      line: 137,
      descriptor: "flt(32)",
    },
    ["nn_reduction_ratio"]: {
      line: 138,
      descriptor: "flt(32)",
    },
    ["dpm_count_classes"]: {
      line: 139,
      descriptor: "u(16)",
    },
    ["dpm_nn_class_accuracy"]: {
      line: 141,
      descriptor: "flt(32)",
    },
  },
}, function (self, stream, context) {
  let dpm_count_thresholds, mse_threshold, dpm_nn_accuracy, nn_reduction_ratio, dpm_count_classes, dpm_nn_class_accuracy, i;
  const obj = { __proto__: null, ["dpm_count_thresholds"]: null, ["mse_threshold"]: null, ["dpm_nn_accuracy"]: null, ["nn_reduction_ratio"]: null, ["dpm_count_classes"]: null, ["dpm_nn_class_accuracy"]: null };
  obj["dpm_count_thresholds"] = dpm_count_thresholds = stream.u(8, "dpm_count_thresholds");
  mse_threshold = [];
  obj["mse_threshold"] = mse_threshold;
  dpm_nn_accuracy = [];
  obj["dpm_nn_accuracy"] = dpm_nn_accuracy;
  nn_reduction_ratio = [];
  obj["nn_reduction_ratio"] = nn_reduction_ratio;
  dpm_count_classes = [];
  obj["dpm_count_classes"] = dpm_count_classes;
  dpm_nn_class_accuracy = [];
  obj["dpm_nn_class_accuracy"] = dpm_nn_class_accuracy;
  for (let at$1 = 0, end$1 = $.subtract(dpm_count_thresholds, 1); at$1 < end$1; at$1 = $.add(at$1, 1)) {
    i = at$1;
    mse_threshold.push(stream.flt(32, "mse_threshold", i));
    dpm_nn_accuracy.push(stream.flt(32, "dpm_nn_accuracy", i));
    nn_reduction_ratio.push(stream.flt(32, "nn_reduction_ratio", i));
    dpm_count_classes.push(stream.u(16, "dpm_count_classes", i));
    dpm_nn_class_accuracy.push(stream.flt_array(32, dpm_count_classes[i], `dpm_nn_class_accuracy[${i}]`));
  }
  return obj;
});

$tables.integer_codebook = new $.Syntax({
  table: "integer_codebook",
  clause: "6.3.3",
  title: "Integer codebook syntax",
  schema: "schema/compressed_data_unit.syntax:288",
  elements: {
    __proto__: null,
    ["codebook_egk"]: {
      line: 289,
      descriptor: "u(4)",
    },
    ["codebook_size"]: {
      line: 290,
      descriptor: "ue(2)",
    },
    ["codebook_centre_offset"]: {
      line: 291,
      descriptor: "ie(2)",
    },
    ["codebook_zero_value"]: {
      line: 294,
      descriptor: "ie(7)",
    },
    ["codebook_delta_left"]: {
      line: 298,
      descriptor: "ue(codebook_egk)",
    },
    ["codebook_delta_right"]: {
      line: 304,
      descriptor: "ue(codebook_egk)",
    },
  },
}, function (self, stream, context) {
  let codebook_egk, codebook_size, codebook_centre_offset, codebook, codebook_size_, cbZeroOffset, codebook_zero_value, previousValue, codebook_delta_left_list, j, codebook_delta_left, codebook_delta_right_list, codebook_delta_right;
  const obj = { __proto__: null, ["codebook_egk"]: null, ["codebook_size"]: null, ["codebook_centre_offset"]: null, ["codebook_zero_value"]: null, ["codebook_delta_left"]: null, ["codebook_delta_right"]: null, ["codebook"]: null, ["cbZeroOffset"]: null };
  obj["codebook_egk"] = codebook_egk = stream.u(4, "codebook_egk");
  obj["codebook_size"] = codebook_size = stream.ue(2, "codebook_size");
  obj["codebook_centre_offset"] = codebook_centre_offset = stream.ie(2, "codebook_centre_offset");
  codebook = new Map();
  codebook_size_ = stream.make(codebook_size, "codebook");
  cbZeroOffset = obj["cbZeroOffset"] = $.add($.right(codebook_size, 1), codebook_centre_offset);
  obj["codebook_zero_value"] = codebook_zero_value = stream.ie(7, "codebook_zero_value");
  $.put(codebook, codebook_zero_value, ((0 <= cbZeroOffset && cbZeroOffset < codebook_size_) ? cbZeroOffset : $.entry(stream, cbZeroOffset, codebook_size_, "codebook")));
  previousValue = codebook_zero_value;
  codebook_delta_left_list = [];
  obj["codebook_delta_left"] = codebook_delta_left_list;
  for (let at$1 = $.subtract(cbZeroOffset, 1), end$1 = -1; at$1 > end$1; at$1 = $.add(at$1, -1)) {
    j = at$1;
    codebook_delta_left = stream.ue(codebook_egk, "codebook_delta_left", $.size(codebook_delta_left_list));
    codebook_delta_left_list.push(codebook_delta_left);
    $.put(codebook, $.subtract($.subtract(previousValue, codebook_delta_left), 1), ((0 <= j && j < codebook_size_) ? j : $.entry(stream, j, codebook_size_, "codebook")));
    previousValue = $.get(codebook, j, 0);
  }
  previousValue = codebook_zero_value;
  codebook_delta_right_list = [];
  obj["codebook_delta_right"] = codebook_delta_right_list;
  for (let at$2 = $.add(cbZeroOffset, 1), end$2 = codebook_size; at$2 < end$2; at$2 = $.add(at$2, 1)) {
    j = at$2;
    codebook_delta_right = stream.ue(codebook_egk, "codebook_delta_right", $.size(codebook_delta_right_list));
    codebook_delta_right_list.push(codebook_delta_right);
    $.put(codebook, $.add($.add(previousValue, codebook_delta_right), 1), ((0 <= j && j < codebook_size_) ? j : $.entry(stream, j, codebook_size_, "codebook")));
    previousValue = $.get(codebook, j, 0);
  }
  obj["codebook"] = $.array(codebook, codebook_size_);
  return obj;
});

$tables.nnr_aggregate_unit_header = new $.Syntax({
  table: "nnr_aggregate_unit_header",
  clause: "6.3.3",
  title: "NNR aggregate unit header syntax",
  schema: "schema/unit.syntax:143",
  elements: {
    __proto__: null,
    ["nnr_aggregate_unit_type"]: {
      line: 144,
      descriptor: "u(8)",
      enum: "AggregateUnitType",
      range: [0, 1],
    },
    ["entry_points_present_flag"]: {
      line: 145,
      descriptor: "u(1)",
    },
    ["nnr_reserved_zero_7bits"]: {
      line: 146,
      descriptor: "u(7)",
      range: [0, 0],
    },
    ["num_of_nnr_units_minus2"]: {
      line: 147,
      descriptor: "u(16)",
    },
    ["nnr_unit_type"]: {
      line: 150,
      descriptor: "u(6)",
      enum: "NnrUnitType",
    },
    ["nnr_unit_entry_point"]: {
      line: 151,
      descriptor: "u(34)",
    },
    ["quant_bitdepth"]: {
      line: 155,
      descriptor: "u(5)",
    },
    ["ctu_scan_order"]: {
      line: 156,
      descriptor: "u(1)",
    },
  },
}, function (self, stream, context) {
  let rules, entry_points_present_flag, num_of_nnr_units_minus2, nnr_unit_type, nnr_unit_entry_point, i, aggregate_has_tail, quant_bitdepth, ctu_scan_order;
  const obj = { __proto__: null, ["nnr_aggregate_unit_type"]: null, ["entry_points_present_flag"]: null, ["nnr_reserved_zero_7bits"]: null, ["num_of_nnr_units_minus2"]: null, ["nnr_unit_type"]: null, ["nnr_unit_entry_point"]: null, ["quant_bitdepth"]: null, ["ctu_scan_order"]: null, ["byte_alignment"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  obj["nnr_aggregate_unit_type"] = stream.u(8, "nnr_aggregate_unit_type");
  entry_points_present_flag = stream.u(1, "entry_points_present_flag");
  obj["entry_points_present_flag"] = entry_points_present_flag;
  obj["nnr_reserved_zero_7bits"] = stream.u(7, "nnr_reserved_zero_7bits");
  num_of_nnr_units_minus2 = stream.u(16, "num_of_nnr_units_minus2");
  obj["num_of_nnr_units_minus2"] = num_of_nnr_units_minus2;
  context.names.num_of_nnr_units_minus2 = num_of_nnr_units_minus2;
  if (entry_points_present_flag) {
    nnr_unit_type = [];
    obj["nnr_unit_type"] = nnr_unit_type;
    nnr_unit_entry_point = [];
    obj["nnr_unit_entry_point"] = nnr_unit_entry_point;
    for (let at$1 = 0, end$1 = $.add(num_of_nnr_units_minus2, 2); at$1 < end$1; at$1 = $.add(at$1, 1)) {
      i = at$1;
      nnr_unit_type.push(stream.u(6, "nnr_unit_type", i));
      nnr_unit_entry_point.push(stream.u(34, "nnr_unit_entry_point", i));
    }
  }
  aggregate_has_tail = context.ask("aggregate_has_tail", obj, stream);
  if (aggregate_has_tail) {
    quant_bitdepth = [];
    obj["quant_bitdepth"] = quant_bitdepth;
    ctu_scan_order = [];
    obj["ctu_scan_order"] = ctu_scan_order;
    for (let at$2 = 0, end$2 = $.add(num_of_nnr_units_minus2, 2); at$2 < end$2; at$2 = $.add(at$2, 1)) {
      i = at$2;
      quant_bitdepth.push(stream.u(5, "quant_bitdepth", i));
      ctu_scan_order.push(stream.u(1, "ctu_scan_order", i));
    }
  }
  obj["byte_alignment"] = stream.byte_alignment();
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_aggregate_unit_payload = new $.Syntax({
  table: "nnr_aggregate_unit_payload",
  clause: "6.3.4",
  title: "NNR aggregate unit payload syntax",
  schema: "schema/unit.syntax:185",
  elements: {
    __proto__: null,
  },
}, function (self, stream, context) {
  let num_of_nnr_units_minus2, nnr_unit_, i;
  const obj = { __proto__: null, ["nnr_unit"]: null };
  num_of_nnr_units_minus2 = $.shared(context, "num_of_nnr_units_minus2");
  nnr_unit_ = [];
  obj["nnr_unit"] = nnr_unit_;
  i = 0;
  while ((i < $.add(num_of_nnr_units_minus2, 2))) {
    stream.enter("nnr_unit", "nnr_unit", $.size(nnr_unit_));
    nnr_unit_.push($tables.nnr_unit.parse(stream, context));
    stream.leave();
    i = $.add(i, 1);
  }
  return obj;
});

$tables.nnr_compressed_data_unit_header = new $.Syntax({
  table: "nnr_compressed_data_unit_header",
  clause: "6.3.3",
  title: "NNR compressed data unit header syntax",
  schema: "schema/compressed_data_unit.syntax:55",
  elements: {
    __proto__: null,
    ["nnr_compressed_data_unit_payload_type"]: {
      line: 56,
      descriptor: "u(5)",
      enum: "CompressedDataUnitPayloadType",
      range: [0, 3],
    },
    ["nnr_multiple_topology_elements_present_flag"]: {
      line: 57,
      descriptor: "u(1)",
    },
    ["nnr_decompressed_data_format_present_flag"]: {
      line: 58,
      descriptor: "u(1)",
    },
    ["input_parameters_present_flag"]: {
      line: 59,
      descriptor: "u(1)",
    },
    ["topology_elem_id"]: {
      line: 63,
      descriptor: "st(v)",
    },
    ["topology_elem_id_index"]: {
      line: 65,
      descriptor: "ue(7)",
    },
    ["node_id_present_flag"]: {
      line: 67,
      descriptor: "u(1)",
    },
    ["device_id"]: {
      line: 69,
      descriptor: "ue(1)",
    },
    ["parameter_id"]: {
      line: 70,
      descriptor: "ue(5)",
    },
    ["put_node_depth"]: {
      line: 71,
      descriptor: "ue(4)",
    },
    ["parent_node_id_present_flag"]: {
      line: 74,
      descriptor: "u(1)",
    },
    ["parent_node_id_type"]: {
      line: 76,
      descriptor: "u(2)",
      enum: "ParentNodeIdType",
      range: [0, 2],
    },
    ["temporal_context_modeling_flag"]: {
      line: 77,
      descriptor: "u(1)",
    },
    ["parent_device_id"]: {
      line: 79,
      descriptor: "ue(1)",
    },
    ["parent_node_payload_sha256"]: {
      line: 85,
      descriptor: "u(256)",
    },
    ["parent_node_payload_sha512"]: {
      line: 87,
      descriptor: "u(512)",
    },
    ["codebook_present_flag"]: {
      line: 93,
      descriptor: "u(1)",
    },
    ["dq_flag"]: {
      line: 100,
      descriptor: "u(1)",
    },
    ["nnr_decompressed_data_format"]: {
      line: 102,
      descriptor: "u(7)",
      enum: "DecompressedDataFormat",
      range: [0, 9],
    },
    ["tensor_dimensions_flag"]: {
      line: 104,
      descriptor: "u(1)",
    },
    ["cabac_unary_length_flag"]: {
      line: 105,
      descriptor: "u(1)",
    },
    ["compressed_parameter_types"]: {
      line: 106,
      descriptor: "u(4)",
      enum: "CompressedParameterTypes",
    },
    ["decomposition_rank"]: {
      line: 108,
      descriptor: "ue(3)",
    },
    ["g_number_of_rows"]: {
      line: 109,
      descriptor: "ue(3)",
    },
    ["cabac_unary_length_minus1"]: {
      line: 117,
      descriptor: "u(8)",
    },
    ["first_tensor_dimension_shift"]: {
      line: 125,
      descriptor: "ue(1)",
    },
    ["scan_order"]: {
      line: 126,
      descriptor: "u(4)",
      range: [0, 4],
    },
    ["cabac_offset_list"]: {
      line: 141,
      descriptor: "u(8)",
    },
    ["dq_state_list"]: {
      line: 143,
      descriptor: "u(3)",
    },
    ["bit_offset_delta1"]: {
      line: 145,
      descriptor: "ue(11)",
    },
    ["bit_offset_delta2"]: {
      line: 148,
      descriptor: "ie(7)",
    },
  },
}, function (self, stream, context) {
  let rules, mps_topology_indexed_reference_flag, general_profile_idc, mps_parent_signalling_enabled_flag, nnr_compressed_data_unit_payload_type, nnr_multiple_topology_elements_present_flag, nnr_decompressed_data_format_present_flag, input_parameters_present_flag, node_id_present_flag, parent_node_id_present_flag, parent_node_id_type, codebook_present_flag, dq_flag, tensor_dimensions_flag, cabac_unary_length_flag, compressed_parameter_types, decomposition_rank, g_number_of_rows, count_tensor_dimensions, tensor_dimensions, out_of_band_tensor_dimensions, out_of_band_cabac_unary_length_minus1, scan_order, numBlockRowsMinus1, decomposed_tensor_role, BitOffsetList, BitOffsetList_size, cabac_offset_list, dq_state_list, bit_offset_delta2_list, j, bit_offset_delta1, bit_offset_delta2;
  const obj = { __proto__: null, ["nnr_compressed_data_unit_payload_type"]: null, ["nnr_multiple_topology_elements_present_flag"]: null, ["nnr_decompressed_data_format_present_flag"]: null, ["input_parameters_present_flag"]: null, ["topology_elements_ids_list"]: null, ["topology_elem_id"]: null, ["topology_elem_id_index"]: null, ["node_id_present_flag"]: null, ["device_id"]: null, ["parameter_id"]: null, ["put_node_depth"]: null, ["parent_node_id_present_flag"]: null, ["parent_node_id_type"]: null, ["temporal_context_modeling_flag"]: null, ["parent_device_id"]: null, ["parent_node_payload_sha256"]: null, ["parent_node_payload_sha512"]: null, ["codebook_present_flag"]: null, ["integer_codebook"]: null, ["dq_flag"]: null, ["nnr_decompressed_data_format"]: null, ["tensor_dimensions_flag"]: null, ["cabac_unary_length_flag"]: null, ["compressed_parameter_types"]: null, ["decomposition_rank"]: null, ["g_number_of_rows"]: null, ["tensor_dimensions_list"]: null, ["topology_tensor_dimension_mapping"]: null, ["cabac_unary_length_minus1"]: null, ["integer_codebook_dc"]: null, ["first_tensor_dimension_shift"]: null, ["scan_order"]: null, ["cabac_offset_list"]: null, ["dq_state_list"]: null, ["bit_offset_delta1"]: null, ["bit_offset_delta2"]: null, ["byte_alignment"]: null, ["numBlockRowsMinus1"]: null, ["BitOffsetList"]: null, ["CbZeroOffset"]: null, ["Codebook"]: null, ["CbZeroOffsetDC"]: null, ["CodebookDC"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  mps_topology_indexed_reference_flag = $.shared(context, "mps_topology_indexed_reference_flag");
  general_profile_idc = $.shared(context, "general_profile_idc");
  mps_parent_signalling_enabled_flag = $.shared(context, "mps_parent_signalling_enabled_flag");
  nnr_compressed_data_unit_payload_type = stream.u(5, "nnr_compressed_data_unit_payload_type");
  obj["nnr_compressed_data_unit_payload_type"] = nnr_compressed_data_unit_payload_type;
  context.names.nnr_compressed_data_unit_payload_type = nnr_compressed_data_unit_payload_type;
  nnr_multiple_topology_elements_present_flag = stream.u(1, "nnr_multiple_topology_elements_present_flag");
  obj["nnr_multiple_topology_elements_present_flag"] = nnr_multiple_topology_elements_present_flag;
  nnr_decompressed_data_format_present_flag = stream.u(1, "nnr_decompressed_data_format_present_flag");
  obj["nnr_decompressed_data_format_present_flag"] = nnr_decompressed_data_format_present_flag;
  input_parameters_present_flag = stream.u(1, "input_parameters_present_flag");
  obj["input_parameters_present_flag"] = input_parameters_present_flag;
  if (nnr_multiple_topology_elements_present_flag) {
    context.names.topologyIndexedFlag = mps_topology_indexed_reference_flag;
    stream.enter("topology_elements_ids_list", "topology_elements_ids_list");
    obj["topology_elements_ids_list"] = $tables.topology_elements_ids_list.parse(stream, context);
    stream.leave();
  } else if ((mps_topology_indexed_reference_flag === 0)) {
    obj["topology_elem_id"] = stream.st("topology_elem_id");
  } else {
    obj["topology_elem_id_index"] = stream.ue(7, "topology_elem_id_index");
  }
  if ((general_profile_idc === 1)) {
    obj["node_id_present_flag"] = node_id_present_flag = stream.u(1, "node_id_present_flag");
    if (node_id_present_flag) {
      obj["device_id"] = stream.ue(1, "device_id");
      obj["parameter_id"] = stream.ue(5, "parameter_id");
      obj["put_node_depth"] = stream.ue(4, "put_node_depth");
    }
    if (mps_parent_signalling_enabled_flag) {
      parent_node_id_present_flag = stream.u(1, "parent_node_id_present_flag");
      obj["parent_node_id_present_flag"] = parent_node_id_present_flag;
      context.names.parent_node_id_present_flag = parent_node_id_present_flag;
      if (parent_node_id_present_flag) {
        parent_node_id_type = stream.u(2, "parent_node_id_type");
        obj["parent_node_id_type"] = parent_node_id_type;
        obj["temporal_context_modeling_flag"] = context.names.temporal_context_modeling_flag = stream.u(1, "temporal_context_modeling_flag");
        if ((parent_node_id_type === 0)) {
          obj["parent_device_id"] = stream.ue(1, "parent_device_id");
          if (!node_id_present_flag) {
            obj["parameter_id"] = stream.ue(5, "parameter_id");
            obj["put_node_depth"] = stream.ue(4, "put_node_depth");
          }
        } else if ((parent_node_id_type === 1)) {
          obj["parent_node_payload_sha256"] = stream.u(256, "parent_node_payload_sha256");
        } else if ((parent_node_id_type === 2)) {
          obj["parent_node_payload_sha512"] = stream.u(512, "parent_node_payload_sha512");
        }
      } else {
        context.names.temporal_context_modeling_flag = 0;
      }
    } else {
      parent_node_id_present_flag = context.names.parent_node_id_present_flag = 0;
      context.names.temporal_context_modeling_flag = 0;
    }
  } else {
    node_id_present_flag = 0;
    parent_node_id_present_flag = context.names.parent_node_id_present_flag = 0;
    context.names.temporal_context_modeling_flag = 0;
  }
  if (((nnr_compressed_data_unit_payload_type === 1) || (nnr_compressed_data_unit_payload_type === 3))) {
    codebook_present_flag = stream.u(1, "codebook_present_flag");
    obj["codebook_present_flag"] = codebook_present_flag;
    context.names.codebook_present_flag = codebook_present_flag;
    if (codebook_present_flag) {
      stream.enter("integer_codebook", "integer_codebook");
      obj["integer_codebook"] = $tables.integer_codebook.parse(stream, context);
      stream.leave();
      obj["CbZeroOffset"] = context.names.CbZeroOffset = obj["integer_codebook"]["cbZeroOffset"];
      obj["Codebook"] = context.names.Codebook = obj["integer_codebook"]["codebook"];
    } else {
      context.names.CbZeroOffset = obj["CbZeroOffset"] = 0;
    }
  } else {
    codebook_present_flag = context.names.codebook_present_flag = 0;
    context.names.CbZeroOffset = obj["CbZeroOffset"] = 0;
  }
  if (((nnr_compressed_data_unit_payload_type === 0) || (nnr_compressed_data_unit_payload_type === 1) || (nnr_compressed_data_unit_payload_type === 3))) {
    obj["dq_flag"] = dq_flag = context.names.dq_flag = stream.u(1, "dq_flag");
  } else {
    dq_flag = context.names.dq_flag = 0;
  }
  if (nnr_decompressed_data_format_present_flag) {
    obj["nnr_decompressed_data_format"] = context.names.nnr_decompressed_data_format = stream.u(7, "nnr_decompressed_data_format");
  } else {
    context.names.nnr_decompressed_data_format = ((nnr_compressed_data_unit_payload_type === 0) ? 0 : 1);
  }
  if (input_parameters_present_flag) {
    tensor_dimensions_flag = stream.u(1, "tensor_dimensions_flag");
    obj["tensor_dimensions_flag"] = tensor_dimensions_flag;
    cabac_unary_length_flag = stream.u(1, "cabac_unary_length_flag");
    obj["cabac_unary_length_flag"] = cabac_unary_length_flag;
    compressed_parameter_types = stream.u(4, "compressed_parameter_types");
    obj["compressed_parameter_types"] = compressed_parameter_types;
    context.names.compressed_parameter_types = compressed_parameter_types;
    if (($.and(compressed_parameter_types, 1) !== 0)) {
      decomposition_rank = stream.ue(3, "decomposition_rank");
      obj["decomposition_rank"] = decomposition_rank;
      context.names.decomposition_rank = decomposition_rank;
      g_number_of_rows = stream.ue(3, "g_number_of_rows");
      obj["g_number_of_rows"] = g_number_of_rows;
      context.names.g_number_of_rows = g_number_of_rows;
    } else {
      decomposition_rank = context.names.decomposition_rank = 0;
      g_number_of_rows = context.names.g_number_of_rows = 0;
    }
    if (tensor_dimensions_flag) {
      stream.enter("tensor_dimensions_list", "tensor_dimensions_list");
      obj["tensor_dimensions_list"] = $tables.tensor_dimensions_list.parse(stream, context);
      stream.leave();
      count_tensor_dimensions = $.shared(context, "count_tensor_dimensions");
      tensor_dimensions = $.shared(context, "tensor_dimensions");
    } else {
      out_of_band_tensor_dimensions = context.ask("out_of_band_tensor_dimensions", obj, stream);
      count_tensor_dimensions = $.size(out_of_band_tensor_dimensions);
      context.names.count_tensor_dimensions = count_tensor_dimensions;
      tensor_dimensions = context.names.tensor_dimensions = out_of_band_tensor_dimensions;
    }
    if (((nnr_compressed_data_unit_payload_type !== 3) && nnr_multiple_topology_elements_present_flag)) {
      stream.enter("topology_tensor_dimension_mapping", "topology_tensor_dimension_mapping");
      obj["topology_tensor_dimension_mapping"] = $tables.topology_tensor_dimension_mapping.parse(stream, context);
      stream.leave();
    }
    if (cabac_unary_length_flag) {
      obj["cabac_unary_length_minus1"] = context.names.cabac_unary_length_minus1 = stream.u(8, "cabac_unary_length_minus1");
    } else {
      out_of_band_cabac_unary_length_minus1 = context.ask("out_of_band_cabac_unary_length_minus1", obj, stream);
      context.names.cabac_unary_length_minus1 = out_of_band_cabac_unary_length_minus1;
    }
  } else {
    tensor_dimensions_flag = 0;
    cabac_unary_length_flag = 0;
    compressed_parameter_types = context.names.compressed_parameter_types = 0;
    decomposition_rank = context.names.decomposition_rank = 0;
    g_number_of_rows = context.names.g_number_of_rows = 0;
    out_of_band_tensor_dimensions = context.ask("out_of_band_tensor_dimensions", obj, stream);
    count_tensor_dimensions = $.size(out_of_band_tensor_dimensions);
    context.names.count_tensor_dimensions = count_tensor_dimensions;
    tensor_dimensions = context.names.tensor_dimensions = out_of_band_tensor_dimensions;
    out_of_band_cabac_unary_length_minus1 = context.ask("out_of_band_cabac_unary_length_minus1", obj, stream);
    context.names.cabac_unary_length_minus1 = out_of_band_cabac_unary_length_minus1;
  }
  if (((nnr_compressed_data_unit_payload_type === 3) && ($.and(compressed_parameter_types, 1) !== 0) && codebook_present_flag)) {
    stream.enter("integer_codebook_dc", "integer_codebook");
    obj["integer_codebook_dc"] = $tables.integer_codebook.parse(stream, context);
    stream.leave();
    obj["CbZeroOffsetDC"] = context.names.CbZeroOffsetDC = obj["integer_codebook_dc"]["cbZeroOffset"];
    obj["CodebookDC"] = context.names.CodebookDC = obj["integer_codebook_dc"]["codebook"];
  } else {
    context.names.CbZeroOffsetDC = obj["CbZeroOffsetDC"] = 0;
  }
  if ((count_tensor_dimensions > 1)) {
    if ((general_profile_idc === 1)) {
      obj["first_tensor_dimension_shift"] = context.names.first_tensor_dimension_shift = stream.ue(1, "first_tensor_dimension_shift");
    } else {
      context.names.first_tensor_dimension_shift = 0;
    }
    obj["scan_order"] = scan_order = stream.u(4, "scan_order");
    if ((scan_order > 0)) {
      if (($.and(compressed_parameter_types, 1) === 0)) {
        numBlockRowsMinus1 = $defines.block_rows_minus1($.indexed(stream, tensor_dimensions, 0, "tensor_dimensions"), scan_order);
        obj["numBlockRowsMinus1"] = numBlockRowsMinus1;
      } else if ((nnr_compressed_data_unit_payload_type === 3)) {
        numBlockRowsMinus1 = $.add($defines.block_rows_minus1(g_number_of_rows, scan_order), $defines.block_rows_minus1(decomposition_rank, scan_order));
        obj["numBlockRowsMinus1"] = numBlockRowsMinus1;
      } else {
        decomposed_tensor_role = context.ask("decomposed_tensor_role", obj, stream);
        if ((decomposed_tensor_role === 1)) {
          numBlockRowsMinus1 = $defines.block_rows_minus1(g_number_of_rows, scan_order);
          obj["numBlockRowsMinus1"] = numBlockRowsMinus1;
        } else if ((decomposed_tensor_role === 2)) {
          numBlockRowsMinus1 = $defines.block_rows_minus1(decomposition_rank, scan_order);
          obj["numBlockRowsMinus1"] = numBlockRowsMinus1;
        } else {
          numBlockRowsMinus1 = $defines.block_rows_minus1($.indexed(stream, tensor_dimensions, 0, "tensor_dimensions"), scan_order);
          obj["numBlockRowsMinus1"] = numBlockRowsMinus1;
        }
      }
      BitOffsetList = new Map();
      BitOffsetList_size = stream.make(numBlockRowsMinus1, "BitOffsetList");
      cabac_offset_list = [];
      obj["cabac_offset_list"] = cabac_offset_list;
      dq_state_list = [];
      if (dq_flag) {
        obj["dq_state_list"] = dq_state_list;
      }
      bit_offset_delta2_list = [];
      obj["bit_offset_delta2"] = bit_offset_delta2_list;
      for (let at$1 = 0, end$1 = numBlockRowsMinus1; at$1 < end$1; at$1 = $.add(at$1, 1)) {
        j = at$1;
        cabac_offset_list.push(stream.u(8, "cabac_offset_list", j));
        if (dq_flag) {
          dq_state_list.push(stream.u(3, "dq_state_list", j));
        }
        if ((j === 0)) {
          bit_offset_delta1 = stream.ue(11, "bit_offset_delta1");
          obj["bit_offset_delta1"] = bit_offset_delta1;
          $.put(BitOffsetList, bit_offset_delta1, $.entry(stream, 0, BitOffsetList_size, "BitOffsetList"));
        } else {
          bit_offset_delta2 = stream.ie(7, "bit_offset_delta2", $.size(bit_offset_delta2_list));
          bit_offset_delta2_list.push(bit_offset_delta2);
          $.put(BitOffsetList, $.add($.get(BitOffsetList, $.subtract(j, 1), 0), bit_offset_delta2), ((0 <= j && j < BitOffsetList_size) ? j : $.entry(stream, j, BitOffsetList_size, "BitOffsetList")));
        }
      }
      obj["BitOffsetList"] = $.array(BitOffsetList, BitOffsetList_size);
    } else {
      numBlockRowsMinus1 = obj["numBlockRowsMinus1"] = 0;
    }
  } else {
    context.names.first_tensor_dimension_shift = 0;
    scan_order = 0;
    numBlockRowsMinus1 = obj["numBlockRowsMinus1"] = 0;
  }
  obj["byte_alignment"] = stream.byte_alignment();
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_compressed_data_unit_payload = new $.Syntax({
  table: "nnr_compressed_data_unit_payload",
  clause: "6.3.4",
  title: "NNR compressed data unit payload syntax",
  schema: "schema/compressed_data_unit.syntax:361",
  elements: {
    __proto__: null,
    ["raw_float16_parameter"]: {
      line: 365,
      descriptor: "flt(16)",
    },
    ["raw_float64_parameter"]: {
      line: 368,
      descriptor: "flt(64)",
    },
    ["raw_float32_parameter"]: {
      line: 371,
      descriptor: "flt(32)",
    },
    ["quant_tensors"]: {
      line: 373,
      descriptor: "bs(v)",
      module: "nnc.deepcabac",
    },
  },
}, function (self, stream, context) {
  let nnr_compressed_data_unit_payload_type, nnr_decompressed_data_format, tensor_dimensions;
  const obj = { __proto__: null, ["raw_float16_parameter"]: null, ["raw_float64_parameter"]: null, ["raw_float32_parameter"]: null, ["quant_tensors"]: null };
  nnr_compressed_data_unit_payload_type = $.shared(context, "nnr_compressed_data_unit_payload_type");
  nnr_decompressed_data_format = $.shared(context, "nnr_decompressed_data_format");
  tensor_dimensions = $.shared(context, "tensor_dimensions");
  if ((nnr_compressed_data_unit_payload_type === 2)) {
    if ((nnr_decompressed_data_format === 8)) {
      obj["raw_float16_parameter"] = stream.flt_array(16, $.max($.prod(stream, tensor_dimensions), 0), "raw_float16_parameter");
    } else if ((nnr_decompressed_data_format === 9)) {
      obj["raw_float64_parameter"] = stream.flt_array(64, $.max($.prod(stream, tensor_dimensions), 0), "raw_float64_parameter");
    } else {
      obj["raw_float32_parameter"] = stream.flt_array(32, $.max($.prod(stream, tensor_dimensions), 0), "raw_float32_parameter");
    }
  } else {
    obj["quant_tensors"] = stream.bs("quant_tensors");
  }
  return obj;
});

$tables.nnr_layer_parameter_set_unit_header = new $.Syntax({
  table: "nnr_layer_parameter_set_unit_header",
  clause: "6.3.3",
  title: "NNR layer parameter set unit header syntax",
  schema: "schema/layer_parameter_set.syntax:6",
  elements: {
    __proto__: null,
    ["lps_self_contained_flag"]: {
      line: 7,
      descriptor: "u(1)",
    },
    ["nnr_reserved_zero_7bits"]: {
      line: 8,
      descriptor: "u(7)",
      range: [0, 0],
    },
  },
}, function (self, stream, context) {
  let rules;
  const obj = { __proto__: null, ["lps_self_contained_flag"]: null, ["nnr_reserved_zero_7bits"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  obj["lps_self_contained_flag"] = stream.u(1, "lps_self_contained_flag");
  obj["nnr_reserved_zero_7bits"] = stream.u(7, "nnr_reserved_zero_7bits");
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_layer_parameter_set_unit_payload = new $.Syntax({
  table: "nnr_layer_parameter_set_unit_payload",
  clause: "6.3.4",
  title: "NNR layer parameter set unit payload syntax",
  schema: "schema/layer_parameter_set.syntax:23",
  elements: {
    __proto__: null,
    ["nnr_reserved_zero_1bit"]: {
      line: 24,
      descriptor: "u(1)",
      range: [0, 0],
    },
    ["lps_sparsification_flag"]: {
      line: 25,
      descriptor: "u(1)",
    },
    ["lps_pruning_flag"]: {
      line: 26,
      descriptor: "u(1)",
    },
    ["lps_unification_flag"]: {
      line: 27,
      descriptor: "u(1)",
    },
    ["lps_quantization_method_flags"]: {
      line: 28,
      descriptor: "u(3)",
      enum: "QuantizationMethod",
      range: [0, 3],
    },
    ["nnr_reserved_zero_1bit_2"]: {
      line: 29,
      descriptor: "u(1)",
      range: [0, 0],
    },
    ["lps_qp_density"]: {
      line: 32,
      descriptor: "u(3)",
    },
    ["lps_quantization_parameter"]: {
      line: 33,
      descriptor: "i(13)",
    },
  },
}, function (self, stream, context) {
  let rules, lps_sparsification_flag, lps_pruning_flag, lps_unification_flag, lps_quantization_method_flags;
  const obj = { __proto__: null, ["nnr_reserved_zero_1bit"]: null, ["lps_sparsification_flag"]: null, ["lps_pruning_flag"]: null, ["lps_unification_flag"]: null, ["lps_quantization_method_flags"]: null, ["nnr_reserved_zero_1bit_2"]: null, ["lps_qp_density"]: null, ["lps_quantization_parameter"]: null, ["sparsification_performance_map"]: null, ["pruning_performance_map"]: null, ["unification_performance_map"]: null, ["byte_alignment"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  obj["nnr_reserved_zero_1bit"] = stream.u(1, "nnr_reserved_zero_1bit");
  lps_sparsification_flag = stream.u(1, "lps_sparsification_flag");
  obj["lps_sparsification_flag"] = lps_sparsification_flag;
  obj["lps_pruning_flag"] = lps_pruning_flag = stream.u(1, "lps_pruning_flag");
  obj["lps_unification_flag"] = lps_unification_flag = stream.u(1, "lps_unification_flag");
  lps_quantization_method_flags = stream.u(3, "lps_quantization_method_flags");
  obj["lps_quantization_method_flags"] = lps_quantization_method_flags;
  obj["nnr_reserved_zero_1bit_2"] = stream.u(1, "nnr_reserved_zero_1bit_2");
  if ((($.and(lps_quantization_method_flags, 2) !== 0) || ($.and(lps_quantization_method_flags, 1) !== 0))) {
    obj["lps_qp_density"] = stream.u(3, "lps_qp_density");
    obj["lps_quantization_parameter"] = stream.i(13, "lps_quantization_parameter");
  }
  if (lps_sparsification_flag) {
    stream.enter("sparsification_performance_map", "sparsification_performance_map");
    obj["sparsification_performance_map"] = $tables.sparsification_performance_map.parse(stream, context);
    stream.leave();
  }
  if (lps_pruning_flag) {
    stream.enter("pruning_performance_map", "pruning_performance_map");
    obj["pruning_performance_map"] = $tables.pruning_performance_map.parse(stream, context);
    stream.leave();
  }
  if (lps_unification_flag) {
    stream.enter("unification_performance_map", "unification_performance_map");
    obj["unification_performance_map"] = $tables.unification_performance_map.parse(stream, context);
    stream.leave();
  }
  obj["byte_alignment"] = stream.byte_alignment();
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_model_parameter_set_unit_header = new $.Syntax({
  table: "nnr_model_parameter_set_unit_header",
  clause: "6.3.3",
  title: "NNR model parameter set unit header syntax",
  schema: "schema/model_parameter_set.syntax:6",
  elements: {
    __proto__: null,
  },
}, function (self, stream, context) {
  const obj = { __proto__: null };
  return obj;
});

$tables.nnr_model_parameter_set_unit_payload = new $.Syntax({
  table: "nnr_model_parameter_set_unit_payload",
  clause: "6.3.4",
  title: "NNR model parameter set unit payload syntax",
  schema: "schema/model_parameter_set.syntax:17",
  elements: {
    __proto__: null,
    ["topology_carriage_flag"]: {
      line: 18,
      descriptor: "u(1)",
    },
    ["mps_sparsification_flag"]: {
      line: 19,
      descriptor: "u(1)",
    },
    ["mps_pruning_flag"]: {
      line: 20,
      descriptor: "u(1)",
    },
    ["mps_unification_flag"]: {
      line: 21,
      descriptor: "u(1)",
    },
    ["mps_decomposition_performance_map_flag"]: {
      line: 22,
      descriptor: "u(1)",
    },
    ["mps_quantization_method_flags"]: {
      line: 23,
      descriptor: "u(3)",
      enum: "QuantizationMethod",
      range: [0, 3],
    },
    ["mps_topology_indexed_reference_flag"]: {
      line: 24,
      descriptor: "u(1)",
    },
    ["base_model_id_present_flag"]: {
      line: 26,
      descriptor: "u(1)",
    },
    ["validation_set_performance_present_flag"]: {
      line: 27,
      descriptor: "u(1)",
    },
    ["metric_type_performance_map_valid_flag"]: {
      line: 28,
      descriptor: "u(1)",
    },
    ["mps_parent_signalling_enabled_flag"]: {
      line: 29,
      descriptor: "u(1)",
    },
    ["nnr_pre_flag"]: {
      line: 31,
      descriptor: "u(1)",
    },
    ["nnr_reserved_zero_1bit"]: {
      line: 33,
      descriptor: "u(1)",
      range: [0, 0],
    },
    ["nnr_reserved_zero_2bits"]: {
      line: 34,
      descriptor: "u(2)",
      range: [0, 0],
    },
    ["base_model_id"]: {
      line: 36,
      descriptor: "st(v)",
    },
    ["performance_metric_type"]: {
      line: 38,
      descriptor: "st(v)",
    },
    ["nnr_reserved_zero_7bits"]: {
      line: 40,
      descriptor: "u(7)",
      range: [0, 0],
    },
    ["mps_qp_density"]: {
      line: 43,
      descriptor: "u(3)",
    },
    ["mps_quantization_parameter"]: {
      line: 44,
      descriptor: "i(13)",
    },
    ["validation_set_performance"]: {
      line: 55,
      descriptor: "flt(32)",
    },
  },
}, function (self, stream, context) {
  let rules, general_profile_idc, mps_sparsification_flag, mps_pruning_flag, mps_unification_flag, mps_decomposition_performance_map_flag, mps_quantization_method_flags, base_model_id_present_flag, validation_set_performance_present_flag, metric_type_performance_map_valid_flag, mps_parent_signalling_enabled_flag;
  const obj = { __proto__: null, ["topology_carriage_flag"]: null, ["mps_sparsification_flag"]: null, ["mps_pruning_flag"]: null, ["mps_unification_flag"]: null, ["mps_decomposition_performance_map_flag"]: null, ["mps_quantization_method_flags"]: null, ["mps_topology_indexed_reference_flag"]: null, ["base_model_id_present_flag"]: null, ["validation_set_performance_present_flag"]: null, ["metric_type_performance_map_valid_flag"]: null, ["mps_parent_signalling_enabled_flag"]: null, ["nnr_pre_flag"]: null, ["nnr_reserved_zero_1bit"]: null, ["nnr_reserved_zero_2bits"]: null, ["base_model_id"]: null, ["performance_metric_type"]: null, ["nnr_reserved_zero_7bits"]: null, ["mps_qp_density"]: null, ["mps_quantization_parameter"]: null, ["sparsification_performance_map"]: null, ["pruning_performance_map"]: null, ["unification_performance_map"]: null, ["decomposition_performance_map"]: null, ["validation_set_performance"]: null, ["byte_alignment"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  general_profile_idc = $.shared(context, "general_profile_idc");
  obj["topology_carriage_flag"] = stream.u(1, "topology_carriage_flag");
  mps_sparsification_flag = stream.u(1, "mps_sparsification_flag");
  obj["mps_sparsification_flag"] = mps_sparsification_flag;
  obj["mps_pruning_flag"] = mps_pruning_flag = stream.u(1, "mps_pruning_flag");
  obj["mps_unification_flag"] = mps_unification_flag = stream.u(1, "mps_unification_flag");
  mps_decomposition_performance_map_flag = stream.u(1, "mps_decomposition_performance_map_flag");
  obj["mps_decomposition_performance_map_flag"] = mps_decomposition_performance_map_flag;
  mps_quantization_method_flags = stream.u(3, "mps_quantization_method_flags");
  obj["mps_quantization_method_flags"] = mps_quantization_method_flags;
  obj["mps_topology_indexed_reference_flag"] = context.names.mps_topology_indexed_reference_flag = stream.u(1, "mps_topology_indexed_reference_flag");
  if ((general_profile_idc === 1)) {
    base_model_id_present_flag = stream.u(1, "base_model_id_present_flag");
    obj["base_model_id_present_flag"] = base_model_id_present_flag;
    validation_set_performance_present_flag = stream.u(1, "validation_set_performance_present_flag");
    obj["validation_set_performance_present_flag"] = validation_set_performance_present_flag;
    metric_type_performance_map_valid_flag = stream.u(1, "metric_type_performance_map_valid_flag");
    obj["metric_type_performance_map_valid_flag"] = metric_type_performance_map_valid_flag;
    mps_parent_signalling_enabled_flag = stream.u(1, "mps_parent_signalling_enabled_flag");
    obj["mps_parent_signalling_enabled_flag"] = mps_parent_signalling_enabled_flag;
    context.names.mps_parent_signalling_enabled_flag = mps_parent_signalling_enabled_flag;
    if (mps_parent_signalling_enabled_flag) {
      obj["nnr_pre_flag"] = stream.u(1, "nnr_pre_flag");
    } else {
      obj["nnr_reserved_zero_1bit"] = stream.u(1, "nnr_reserved_zero_1bit");
    }
    obj["nnr_reserved_zero_2bits"] = stream.u(2, "nnr_reserved_zero_2bits");
    if (base_model_id_present_flag) {
      obj["base_model_id"] = stream.st("base_model_id");
    }
    if ((validation_set_performance_present_flag || metric_type_performance_map_valid_flag)) {
      obj["performance_metric_type"] = stream.st("performance_metric_type");
    }
  } else {
    obj["nnr_reserved_zero_7bits"] = stream.u(7, "nnr_reserved_zero_7bits");
    base_model_id_present_flag = 0;
    validation_set_performance_present_flag = 0;
    metric_type_performance_map_valid_flag = 0;
    mps_parent_signalling_enabled_flag = context.names.mps_parent_signalling_enabled_flag = 0;
  }
  if ((($.and(mps_quantization_method_flags, 1) !== 0) || ($.and(mps_quantization_method_flags, 2) !== 0))) {
    obj["mps_qp_density"] = stream.u(3, "mps_qp_density");
    obj["mps_quantization_parameter"] = stream.i(13, "mps_quantization_parameter");
  }
  if (mps_sparsification_flag) {
    stream.enter("sparsification_performance_map", "sparsification_performance_map");
    obj["sparsification_performance_map"] = $tables.sparsification_performance_map.parse(stream, context);
    stream.leave();
  }
  if (mps_pruning_flag) {
    stream.enter("pruning_performance_map", "pruning_performance_map");
    obj["pruning_performance_map"] = $tables.pruning_performance_map.parse(stream, context);
    stream.leave();
  }
  if (mps_unification_flag) {
    stream.enter("unification_performance_map", "unification_performance_map");
    obj["unification_performance_map"] = $tables.unification_performance_map.parse(stream, context);
    stream.leave();
  }
  if (mps_decomposition_performance_map_flag) {
    stream.enter("decomposition_performance_map", "decomposition_performance_map");
    obj["decomposition_performance_map"] = $tables.decomposition_performance_map.parse(stream, context);
    stream.leave();
  }
  if (((general_profile_idc === 1) && validation_set_performance_present_flag)) {
    obj["validation_set_performance"] = stream.flt(32, "validation_set_performance");
  }
  obj["byte_alignment"] = stream.byte_alignment();
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_pruning_topology_container = new $.Syntax({
  table: "nnr_pruning_topology_container",
  clause: "6.3.4",
  title: "NNR pruning topology container syntax",
  schema: "schema/topology.syntax:64",
  elements: {
    __proto__: null,
    ["nnr_rep_type"]: {
      line: 65,
      descriptor: "u(2)",
      enum: "PruningRepresentationType",
      range: [0, 1],
    },
    ["prune_flag"]: {
      line: 66,
      descriptor: "u(1)",
    },
    ["order_flag"]: {
      line: 67,
      descriptor: "u(1)",
    },
    ["sparse_flag"]: {
      line: 68,
      descriptor: "u(1)",
    },
    ["nnr_reserved_zero_3bits"]: {
      line: 69,
      descriptor: "u(3)",
      range: [0, 0],
    },
    ["count_ids"]: {
      line: 74,
      descriptor: "u(8)",
    },
    ["element_id_index"]: {
      line: 77,
      descriptor: "ue(7)",
    },
    ["element_id"]: {
      line: 79,
      descriptor: "st(v)",
    },
    ["count_dims"]: {
      line: 80,
      descriptor: "ue(1)",
    },
    ["dim"]: {
      line: 82,
      descriptor: "ue(7)",
    },
  },
}, function (self, stream, context) {
  let rules, mps_topology_indexed_reference_flag, nnr_rep_type, prune_flag, sparse_flag, count_ids, element_id_index, element_id, count_dims, dim, byte_alignment, j, dim_row, k;
  const obj = { __proto__: null, ["nnr_rep_type"]: null, ["prune_flag"]: null, ["order_flag"]: null, ["sparse_flag"]: null, ["nnr_reserved_zero_3bits"]: null, ["bit_mask"]: null, ["count_ids"]: null, ["element_id_index"]: null, ["element_id"]: null, ["count_dims"]: null, ["dim"]: null, ["byte_alignment"]: null, ["sparse_bit_mask"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  mps_topology_indexed_reference_flag = $.shared(context, "mps_topology_indexed_reference_flag");
  obj["nnr_rep_type"] = nnr_rep_type = stream.u(2, "nnr_rep_type");
  obj["prune_flag"] = prune_flag = stream.u(1, "prune_flag");
  obj["order_flag"] = stream.u(1, "order_flag");
  obj["sparse_flag"] = sparse_flag = stream.u(1, "sparse_flag");
  obj["nnr_reserved_zero_3bits"] = stream.u(3, "nnr_reserved_zero_3bits");
  if (prune_flag) {
    if ((nnr_rep_type === 0)) {
      stream.enter("bit_mask", "bit_mask");
      obj["bit_mask"] = $tables.bit_mask.parse(stream, context);
      stream.leave();
    } else if ((nnr_rep_type === 1)) {
      obj["count_ids"] = count_ids = stream.u(8, "count_ids");
      element_id_index = [];
      if (mps_topology_indexed_reference_flag) {
        obj["element_id_index"] = element_id_index;
      }
      element_id = [];
      if (!mps_topology_indexed_reference_flag) {
        obj["element_id"] = element_id;
      }
      count_dims = [];
      obj["count_dims"] = count_dims;
      dim = [];
      obj["dim"] = dim;
      byte_alignment = [];
      for (let at$1 = 0, end$1 = count_ids; at$1 < end$1; at$1 = $.add(at$1, 1)) {
        j = at$1;
        if (mps_topology_indexed_reference_flag) {
          element_id_index.push(stream.ue(7, "element_id_index", j));
        } else {
          element_id.push(stream.st("element_id", j));
        }
        count_dims.push(stream.ue(1, "count_dims", j));
        dim_row = [];
        dim.push(dim_row);
        for (let at$2 = 0, end$2 = count_dims[j]; at$2 < end$2; at$2 = $.add(at$2, 1)) {
          k = at$2;
          dim_row.push(stream.ue(7, "dim", [j, k]));
        }
        byte_alignment.push(stream.byte_alignment($.size(byte_alignment)));
      }
      obj["byte_alignment"] = $.irregular(byte_alignment);
    }
  }
  if (sparse_flag) {
    stream.enter("sparse_bit_mask", "bit_mask");
    obj["sparse_bit_mask"] = $tables.bit_mask.parse(stream, context);
    stream.leave();
  }
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_quantization_unit_header = new $.Syntax({
  table: "nnr_quantization_unit_header",
  clause: "6.3.3",
  title: "NNR quantization unit header syntax",
  schema: "schema/quantization.syntax:15",
  elements: {
    __proto__: null,
    ["quantization_storage_format"]: {
      line: 16,
      descriptor: "u(8)",
      enum: "QuantizationStorageFormat",
      range: [0, 4],
    },
    ["quantization_compression_format"]: {
      line: 17,
      descriptor: "u(8)",
      enum: "TopologyCompressionFormat",
      range: [0, 1],
    },
  },
}, function (self, stream, context) {
  let rules;
  const obj = { __proto__: null, ["quantization_storage_format"]: null, ["quantization_compression_format"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  obj["quantization_storage_format"] = stream.u(8, "quantization_storage_format");
  obj["quantization_compression_format"] = stream.u(8, "quantization_compression_format");
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_quantization_unit_payload = new $.Syntax({
  table: "nnr_quantization_unit_payload",
  clause: "6.3.4",
  title: "NNR quantization unit payload syntax",
  schema: "schema/quantization.syntax:32",
  elements: {
    __proto__: null,
    ["quantization_data"]: {
      line: 33,
      descriptor: "bs(v)",
    },
  },
}, function (self, stream, context) {
  const obj = { __proto__: null, ["quantization_data"]: null };
  obj["quantization_data"] = stream.bs("quantization_data");
  return obj;
});

$tables.nnr_start_unit_header = new $.Syntax({
  table: "nnr_start_unit_header",
  clause: "6.3.3",
  title: "NNR start unit header syntax",
  schema: "schema/start.syntax:6",
  elements: {
    __proto__: null,
    ["general_profile_idc"]: {
      line: 7,
      descriptor: "u(8)",
      range: [0, 1],
    },
  },
}, function (self, stream, context) {
  let rules;
  const obj = { __proto__: null, ["general_profile_idc"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  obj["general_profile_idc"] = context.names.general_profile_idc = stream.u(8, "general_profile_idc");
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_start_unit_payload = new $.Syntax({
  table: "nnr_start_unit_payload",
  clause: "6.3.4",
  title: "NNR start unit payload syntax",
  schema: "schema/start.syntax:20",
  elements: {
    __proto__: null,
  },
}, function (self, stream, context) {
  const obj = { __proto__: null };
  return obj;
});

$tables.nnr_topology_unit_header = new $.Syntax({
  table: "nnr_topology_unit_header",
  clause: "6.3.3",
  title: "NNR topology unit header syntax",
  schema: "schema/topology.syntax:23",
  elements: {
    __proto__: null,
    ["topology_storage_format"]: {
      line: 24,
      descriptor: "u(8)",
      enum: "TopologyStorageFormat",
      range: [0, 6],
    },
    ["topology_compression_format"]: {
      line: 25,
      descriptor: "u(8)",
      enum: "TopologyCompressionFormat",
      range: [0, 1],
    },
  },
}, function (self, stream, context) {
  let rules;
  const obj = { __proto__: null, ["topology_storage_format"]: null, ["topology_compression_format"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  obj["topology_storage_format"] = context.names.topology_storage_format = stream.u(8, "topology_storage_format");
  obj["topology_compression_format"] = stream.u(8, "topology_compression_format");
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_topology_unit_payload = new $.Syntax({
  table: "nnr_topology_unit_payload",
  clause: "6.3.4",
  title: "NNR topology unit payload syntax",
  schema: "schema/topology.syntax:40",
  elements: {
    __proto__: null,
    ["topology_data"]: {
      line: 46,
      descriptor: "bs(v)",
    },
  },
}, function (self, stream, context) {
  let topology_storage_format;
  const obj = { __proto__: null, ["nnr_pruning_topology_container"]: null, ["topology_elements_ids_list"]: null, ["topology_data"]: null };
  topology_storage_format = $.shared(context, "topology_storage_format");
  if ((topology_storage_format === 5)) {
    stream.enter("nnr_pruning_topology_container", "nnr_pruning_topology_container");
    obj["nnr_pruning_topology_container"] = $tables.nnr_pruning_topology_container.parse(stream, context);
    stream.leave();
  } else if ((topology_storage_format === 6)) {
    context.names.topologyIndexedFlag = 0;
    stream.enter("topology_elements_ids_list", "topology_elements_ids_list");
    obj["topology_elements_ids_list"] = $tables.topology_elements_ids_list.parse(stream, context);
    stream.leave();
  } else {
    obj["topology_data"] = stream.bs("topology_data");
  }
  return obj;
});

$tables.nnr_unit = new $.Syntax({
  table: "nnr_unit",
  clause: "6.3.1",
  title: "NNR unit syntax",
  schema: "schema/unit.syntax:8",
  elements: {
    __proto__: null,
  },
}, function (self, stream, context) {
  let rules, outer_begin, pending_before, start_, nnr_unit_size_, outer_end;
  const obj = { __proto__: null, ["nnr_unit_size"]: null, ["nnr_unit_header"]: null, ["nnr_unit_payload"]: null, ["trailing_data"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  if ((rules !== null)) {
    outer_begin = $.get(stream.begins, "nnr_unit", null);
    $.store(stream.begins, stream.position, "nnr_unit");
    pending_before = $.size(stream.pending);
  }
  start_ = stream.position;
  stream.enter("nnr_unit_size", "nnr_unit_size");
  obj["nnr_unit_size"] = $tables.nnr_unit_size.parse(stream, context);
  stream.leave();
  nnr_unit_size_ = $.shared(context, "nnr_unit_size");
  outer_end = stream.end;
  stream.end = $.extent_end(stream, start_, $.multiply(8, nnr_unit_size_), "nnr_unit");
  stream.enter("nnr_unit_header", "nnr_unit_header");
  obj["nnr_unit_header"] = $tables.nnr_unit_header.parse(stream, context);
  stream.leave();
  stream.enter("nnr_unit_payload", "nnr_unit_payload");
  obj["nnr_unit_payload"] = $tables.nnr_unit_payload.parse(stream, context);
  stream.leave();
  obj["trailing_data"] = $.trailing(stream);
  stream.end = outer_end;
  if ((rules !== null)) {
    $.settle_pending(stream, "nnr_unit", pending_before);
    $.store(stream.begins, outer_begin, "nnr_unit");
  }
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_unit_header = new $.Syntax({
  table: "nnr_unit_header",
  clause: "6.3.3.1",
  title: "General NNR unit header syntax",
  schema: "schema/unit.syntax:46",
  elements: {
    __proto__: null,
    ["nnr_unit_type"]: {
      line: 47,
      descriptor: "u(6)",
      enum: "NnrUnitType",
      range: [0, 6],
    },
    ["independently_decodable_flag"]: {
      line: 48,
      descriptor: "u(1)",
    },
    ["partial_data_counter_present_flag"]: {
      line: 49,
      descriptor: "u(1)",
    },
    ["partial_data_counter"]: {
      line: 51,
      descriptor: "u(8)",
    },
  },
}, function (self, stream, context) {
  let rules, nnr_unit_type, partial_data_counter_present_flag;
  const obj = { __proto__: null, ["nnr_unit_type"]: null, ["independently_decodable_flag"]: null, ["partial_data_counter_present_flag"]: null, ["partial_data_counter"]: null, ["nnr_model_parameter_set_unit_header"]: null, ["nnr_layer_parameter_set_unit_header"]: null, ["nnr_topology_unit_header"]: null, ["nnr_quantization_unit_header"]: null, ["nnr_compressed_data_unit_header"]: null, ["nnr_start_unit_header"]: null, ["nnr_aggregate_unit_header"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  obj["nnr_unit_type"] = nnr_unit_type = context.names.nnr_unit_type = stream.u(6, "nnr_unit_type");
  obj["independently_decodable_flag"] = stream.u(1, "independently_decodable_flag");
  partial_data_counter_present_flag = stream.u(1, "partial_data_counter_present_flag");
  obj["partial_data_counter_present_flag"] = partial_data_counter_present_flag;
  if (partial_data_counter_present_flag) {
    obj["partial_data_counter"] = context.names.partial_data_counter = stream.u(8, "partial_data_counter");
  } else {
    context.names.partial_data_counter = 0;
  }
  if ((nnr_unit_type === 1)) {
    stream.enter("nnr_model_parameter_set_unit_header", "nnr_model_parameter_set_unit_header");
    obj["nnr_model_parameter_set_unit_header"] = $tables.nnr_model_parameter_set_unit_header.parse(stream, context);
    stream.leave();
  }
  if ((nnr_unit_type === 2)) {
    stream.enter("nnr_layer_parameter_set_unit_header", "nnr_layer_parameter_set_unit_header");
    obj["nnr_layer_parameter_set_unit_header"] = $tables.nnr_layer_parameter_set_unit_header.parse(stream, context);
    stream.leave();
  }
  if ((nnr_unit_type === 3)) {
    stream.enter("nnr_topology_unit_header", "nnr_topology_unit_header");
    obj["nnr_topology_unit_header"] = $tables.nnr_topology_unit_header.parse(stream, context);
    stream.leave();
  }
  if ((nnr_unit_type === 4)) {
    stream.enter("nnr_quantization_unit_header", "nnr_quantization_unit_header");
    obj["nnr_quantization_unit_header"] = $tables.nnr_quantization_unit_header.parse(stream, context);
    stream.leave();
  }
  if ((nnr_unit_type === 5)) {
    stream.enter("nnr_compressed_data_unit_header", "nnr_compressed_data_unit_header");
    obj["nnr_compressed_data_unit_header"] = $tables.nnr_compressed_data_unit_header.parse(stream, context);
    stream.leave();
  }
  if ((nnr_unit_type === 0)) {
    stream.enter("nnr_start_unit_header", "nnr_start_unit_header");
    obj["nnr_start_unit_header"] = $tables.nnr_start_unit_header.parse(stream, context);
    stream.leave();
  }
  if ((nnr_unit_type === 6)) {
    stream.enter("nnr_aggregate_unit_header", "nnr_aggregate_unit_header");
    obj["nnr_aggregate_unit_header"] = $tables.nnr_aggregate_unit_header.parse(stream, context);
    stream.leave();
  }
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.nnr_unit_payload = new $.Syntax({
  table: "nnr_unit_payload",
  clause: "6.3.4",
  title: "NNR unit payload syntax",
  schema: "schema/unit.syntax:89",
  elements: {
    __proto__: null,
    ["partial_data"]: {
      line: 92,
      descriptor: "bs(v)",
    },
    ["opaque_payload"]: {
      line: 108,
      descriptor: "bs(v)",
    },
  },
}, function (self, stream, context) {
  let nnr_unit_type, partial_data_counter;
  const obj = { __proto__: null, ["partial_data"]: null, ["nnr_start_unit_payload"]: null, ["nnr_model_parameter_set_unit_payload"]: null, ["nnr_layer_parameter_set_unit_payload"]: null, ["nnr_topology_unit_payload"]: null, ["nnr_quantization_unit_payload"]: null, ["nnr_compressed_data_unit_payload"]: null, ["nnr_aggregate_unit_payload"]: null, ["opaque_payload"]: null };
  nnr_unit_type = $.shared(context, "nnr_unit_type");
  partial_data_counter = $.shared(context, "partial_data_counter");
  if (((partial_data_counter > 0) && ((nnr_unit_type === 3) || (nnr_unit_type === 4) || (nnr_unit_type === 5)))) {
    obj["partial_data"] = stream.bs("partial_data");
  } else if ((nnr_unit_type === 0)) {
    stream.enter("nnr_start_unit_payload", "nnr_start_unit_payload");
    obj["nnr_start_unit_payload"] = $tables.nnr_start_unit_payload.parse(stream, context);
    stream.leave();
  } else if ((nnr_unit_type === 1)) {
    stream.enter("nnr_model_parameter_set_unit_payload", "nnr_model_parameter_set_unit_payload");
    obj["nnr_model_parameter_set_unit_payload"] = $tables.nnr_model_parameter_set_unit_payload.parse(stream, context);
    stream.leave();
  } else if ((nnr_unit_type === 2)) {
    stream.enter("nnr_layer_parameter_set_unit_payload", "nnr_layer_parameter_set_unit_payload");
    obj["nnr_layer_parameter_set_unit_payload"] = $tables.nnr_layer_parameter_set_unit_payload.parse(stream, context);
    stream.leave();
  } else if ((nnr_unit_type === 3)) {
    stream.enter("nnr_topology_unit_payload", "nnr_topology_unit_payload");
    obj["nnr_topology_unit_payload"] = $tables.nnr_topology_unit_payload.parse(stream, context);
    stream.leave();
  } else if ((nnr_unit_type === 4)) {
    stream.enter("nnr_quantization_unit_payload", "nnr_quantization_unit_payload");
    obj["nnr_quantization_unit_payload"] = $tables.nnr_quantization_unit_payload.parse(stream, context);
    stream.leave();
  } else if ((nnr_unit_type === 5)) {
    stream.enter("nnr_compressed_data_unit_payload", "nnr_compressed_data_unit_payload");
    obj["nnr_compressed_data_unit_payload"] = $tables.nnr_compressed_data_unit_payload.parse(stream, context);
    stream.leave();
  } else if ((nnr_unit_type === 6)) {
    stream.enter("nnr_aggregate_unit_payload", "nnr_aggregate_unit_payload");
    obj["nnr_aggregate_unit_payload"] = $tables.nnr_aggregate_unit_payload.parse(stream, context);
    stream.leave();
  } else {
    obj["opaque_payload"] = stream.bs("opaque_payload");
  }
  return obj;
});

$tables.nnr_unit_size = new $.Syntax({
  table: "nnr_unit_size",
  clause: "6.3.2",
  title: "NNR unit size syntax",
  schema: "schema/unit.syntax:17",
  elements: {
    __proto__: null,
    ["nnr_unit_size_flag"]: {
      line: 18,
      descriptor: "u(1)",
    },
    ["nnr_unit_size"]: {
      line: 19,
      descriptor: "u(15 + (nnr_unit_size_flag * 16))",
    },
  },
}, function (self, stream, context) {
  let rules, nnr_unit_size__begin, nnr_unit_size_flag;
  const obj = { __proto__: null, ["nnr_unit_size_flag"]: null, ["nnr_unit_size"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  nnr_unit_size__begin = null;
  obj["nnr_unit_size_flag"] = nnr_unit_size_flag = stream.u(1, "nnr_unit_size_flag");
  if ((rules !== null)) {
    nnr_unit_size__begin = stream.position;
  }
  obj["nnr_unit_size"] = context.names.nnr_unit_size = stream.u($.add(15, $.multiply(nnr_unit_size_flag, 16)), "nnr_unit_size");
  if ((rules !== null)) {
    if ((nnr_unit_size__begin !== null)) {
      $.settle_later(stream, "nnr_unit", self, obj, "nnr_unit_size", nnr_unit_size__begin, () => $.byte_count(stream, $.get(stream.begins, "nnr_unit", null), stream.position));
    }
  }
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.pruning_performance_map = new $.Syntax({
  table: "pruning_performance_map",
  clause: "6.3.4",
  title: "Pruning performance map syntax",
  schema: "schema/performance_maps.syntax:46",
  elements: {
    __proto__: null,
    ["ppm_count_pruning_ratios"]: {
      line: 47,
      descriptor: "u(8)",
    },
    ["pruning_ratio"]: {
      line: 49,
      descriptor: "flt(32)",
      constraints: [
        ["a ratio is between 0 and 1", ["pruning_ratio"], (pruning_ratio) => (($.least(pruning_ratio) >= 0) && ($.largest(pruning_ratio) <= 1))],
      ],
    },
    ["ppm_nn_accuracy"]: {
      line: 50,
      descriptor: "flt(32)",
    },
    ["ppm_count_classes"]: {
      line: 51,
      descriptor: "u(8)",
    },
    ["ppm_class_bitmask"]: {
      line: 52,
      descriptor: "ue(7)",
    },
    ["ppm_nn_class_accuracy"]: {
      line: 54,
      descriptor: "flt(32)",
    },
  },
}, function (self, stream, context) {
  let rules, ppm_count_pruning_ratios, pruning_ratio, ppm_nn_accuracy, ppm_count_classes, ppm_class_bitmask, ppm_nn_class_accuracy, i;
  const obj = { __proto__: null, ["ppm_count_pruning_ratios"]: null, ["pruning_ratio"]: null, ["ppm_nn_accuracy"]: null, ["ppm_count_classes"]: null, ["ppm_class_bitmask"]: null, ["ppm_nn_class_accuracy"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  ppm_count_pruning_ratios = stream.u(8, "ppm_count_pruning_ratios");
  obj["ppm_count_pruning_ratios"] = ppm_count_pruning_ratios;
  pruning_ratio = [];
  obj["pruning_ratio"] = pruning_ratio;
  ppm_nn_accuracy = [];
  obj["ppm_nn_accuracy"] = ppm_nn_accuracy;
  ppm_count_classes = [];
  obj["ppm_count_classes"] = ppm_count_classes;
  ppm_class_bitmask = [];
  obj["ppm_class_bitmask"] = ppm_class_bitmask;
  ppm_nn_class_accuracy = [];
  obj["ppm_nn_class_accuracy"] = ppm_nn_class_accuracy;
  for (let at$1 = 0, end$1 = $.subtract(ppm_count_pruning_ratios, 1); at$1 < end$1; at$1 = $.add(at$1, 1)) {
    i = at$1;
    pruning_ratio.push(stream.flt(32, "pruning_ratio", i));
    ppm_nn_accuracy.push(stream.flt(32, "ppm_nn_accuracy", i));
    ppm_count_classes.push(stream.u(8, "ppm_count_classes", i));
    ppm_class_bitmask.push(stream.ue(7, "ppm_class_bitmask", i));
    ppm_nn_class_accuracy.push(stream.flt_array(32, ppm_count_classes[i], `ppm_nn_class_accuracy[${i}]`));
  }
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.sparsification_performance_map = new $.Syntax({
  table: "sparsification_performance_map",
  clause: "6.3.4",
  title: "Sparsification performance map syntax",
  schema: "schema/performance_maps.syntax:11",
  elements: {
    __proto__: null,
    ["spm_count_thresholds"]: {
      line: 12,
      descriptor: "u(8)",
    },
    ["sparsification_threshold"]: {
      line: 14,
      descriptor: "flt(32)",
    },
    ["non_zero_ratio"]: {
      line: 15,
      descriptor: "flt(32)",
      constraints: [
        ["a ratio is between 0 and 1", ["non_zero_ratio"], (non_zero_ratio) => (($.least(non_zero_ratio) >= 0) && ($.largest(non_zero_ratio) <= 1))],
      ],
    },
    ["spm_nn_accuracy"]: {
      line: 16,
      descriptor: "flt(32)",
    },
    ["spm_count_classes"]: {
      line: 17,
      descriptor: "u(8)",
    },
    ["spm_class_bitmask"]: {
      line: 18,
      descriptor: "ue(7)",
    },
    ["spm_nn_class_accuracy"]: {
      line: 20,
      descriptor: "flt(32)",
    },
  },
}, function (self, stream, context) {
  let rules, spm_count_thresholds, sparsification_threshold, non_zero_ratio, spm_nn_accuracy, spm_count_classes, spm_class_bitmask, spm_nn_class_accuracy, i;
  const obj = { __proto__: null, ["spm_count_thresholds"]: null, ["sparsification_threshold"]: null, ["non_zero_ratio"]: null, ["spm_nn_accuracy"]: null, ["spm_count_classes"]: null, ["spm_class_bitmask"]: null, ["spm_nn_class_accuracy"]: null };
  rules = stream.rules;
  if ((rules !== null)) {
    rules.open(stream, self, context);
  }
  obj["spm_count_thresholds"] = spm_count_thresholds = stream.u(8, "spm_count_thresholds");
  sparsification_threshold = [];
  obj["sparsification_threshold"] = sparsification_threshold;
  non_zero_ratio = [];
  obj["non_zero_ratio"] = non_zero_ratio;
  spm_nn_accuracy = [];
  obj["spm_nn_accuracy"] = spm_nn_accuracy;
  spm_count_classes = [];
  obj["spm_count_classes"] = spm_count_classes;
  spm_class_bitmask = [];
  obj["spm_class_bitmask"] = spm_class_bitmask;
  spm_nn_class_accuracy = [];
  obj["spm_nn_class_accuracy"] = spm_nn_class_accuracy;
  for (let at$1 = 0, end$1 = $.subtract(spm_count_thresholds, 1); at$1 < end$1; at$1 = $.add(at$1, 1)) {
    i = at$1;
    sparsification_threshold.push(stream.flt(32, "sparsification_threshold", i));
    non_zero_ratio.push(stream.flt(32, "non_zero_ratio", i));
    spm_nn_accuracy.push(stream.flt(32, "spm_nn_accuracy", i));
    spm_count_classes.push(stream.u(8, "spm_count_classes", i));
    spm_class_bitmask.push(stream.ue(7, "spm_class_bitmask", i));
    spm_nn_class_accuracy.push(stream.flt_array(32, spm_count_classes[i], `spm_nn_class_accuracy[${i}]`));
  }
  if ((rules !== null)) {
    rules.close(stream, obj, context);
  }
  return obj;
});

$tables.tensor_dimensions_list = new $.Syntax({
  table: "tensor_dimensions_list",
  clause: "6.3.3",
  title: "Tensor dimensions list syntax",
  schema: "schema/compressed_data_unit.syntax:270",
  elements: {
    __proto__: null,
    ["count_tensor_dimensions"]: {
      line: 271,
      descriptor: "ue(1)",
    },
    ["tensor_dimensions"]: {
      line: 273,
      descriptor: "ue(7)",
    },
  },
}, function (self, stream, context) {
  let count_tensor_dimensions, tensor_dimensions, j;
  const obj = { __proto__: null, ["count_tensor_dimensions"]: null, ["tensor_dimensions"]: null };
  count_tensor_dimensions = stream.ue(1, "count_tensor_dimensions");
  obj["count_tensor_dimensions"] = count_tensor_dimensions;
  context.names.count_tensor_dimensions = count_tensor_dimensions;
  tensor_dimensions = [];
  obj["tensor_dimensions"] = context.names.tensor_dimensions = tensor_dimensions;
  for (let at$1 = 0, end$1 = count_tensor_dimensions; at$1 < end$1; at$1 = $.add(at$1, 1)) {
    j = at$1;
    tensor_dimensions.push(stream.ue(7, "tensor_dimensions", j));
  }
  return obj;
});

$tables.topology_elements_ids_list = new $.Syntax({
  table: "topology_elements_ids_list",
  clause: "6.3.4",
  title: "Topology elements ids list syntax",
  schema: "schema/topology.syntax:139",
  elements: {
    __proto__: null,
    ["count_topology_elements_minus2"]: {
      line: 140,
      descriptor: "ue(7)",
    },
    ["topology_elem_id_list"]: {
      line: 145,
      descriptor: "st(v)",
    },
    ["topology_elem_id_index_list"]: {
      line: 147,
      descriptor: "ue(7)",
    },
  },
}, function (self, stream, context) {
  let topologyIndexedFlag, count_topology_elements_minus2, topology_elem_id_list, topology_elem_id_index_list, j;
  const obj = { __proto__: null, ["count_topology_elements_minus2"]: null, ["byte_alignment"]: null, ["topology_elem_id_list"]: null, ["topology_elem_id_index_list"]: null };
  topologyIndexedFlag = $.shared(context, "topologyIndexedFlag");
  count_topology_elements_minus2 = stream.ue(7, "count_topology_elements_minus2");
  obj["count_topology_elements_minus2"] = count_topology_elements_minus2;
  context.names.count_topology_elements_minus2 = count_topology_elements_minus2;
  if ((topologyIndexedFlag === 0)) {
    obj["byte_alignment"] = stream.byte_alignment();
  }
  topology_elem_id_list = [];
  if ((topologyIndexedFlag === 0)) {
    obj["topology_elem_id_list"] = topology_elem_id_list;
  }
  topology_elem_id_index_list = [];
  if ((topologyIndexedFlag !== 0)) {
    obj["topology_elem_id_index_list"] = topology_elem_id_index_list;
  }
  for (let at$1 = 0, end$1 = $.add(count_topology_elements_minus2, 2); at$1 < end$1; at$1 = $.add(at$1, 1)) {
    j = at$1;
    if ((topologyIndexedFlag === 0)) {
      topology_elem_id_list.push(stream.st("topology_elem_id_list", j));
    } else {
      topology_elem_id_index_list.push(stream.ue(7, "topology_elem_id_index_list", j));
    }
  }
  if ((topologyIndexedFlag === 1)) {
    obj["byte_alignment"] = stream.byte_alignment();
  }
  return obj;
});

$tables.topology_tensor_dimension_mapping = new $.Syntax({
  table: "topology_tensor_dimension_mapping",
  clause: "6.3.3",
  title: "Topology tensor dimension mapping syntax",
  schema: "schema/compressed_data_unit.syntax:332",
  elements: {
    __proto__: null,
    ["concatenation_axis_index"]: {
      line: 333,
      descriptor: "u(8)",
    },
    ["split_index"]: {
      line: 335,
      descriptor: "ue(7)",
    },
    ["number_of_shifts"]: {
      line: 337,
      descriptor: "ue(1)",
    },
    ["shift_index"]: {
      line: 339,
      descriptor: "ue(7)",
    },
    ["shift_value"]: {
      line: 340,
      descriptor: "ie(1)",
    },
  },
}, function (self, stream, context) {
  let count_topology_elements_minus2, split_index, i, number_of_shifts, shift_index, shift_value, shift_index_row, shift_value_row, j;
  const obj = { __proto__: null, ["concatenation_axis_index"]: null, ["split_index"]: null, ["number_of_shifts"]: null, ["shift_index"]: null, ["shift_value"]: null };
  count_topology_elements_minus2 = $.shared(context, "count_topology_elements_minus2");
  obj["concatenation_axis_index"] = stream.u(8, "concatenation_axis_index");
  split_index = [];
  obj["split_index"] = split_index;
  for (let at$1 = 0, end$1 = $.add(count_topology_elements_minus2, 1); at$1 < end$1; at$1 = $.add(at$1, 1)) {
    i = at$1;
    split_index.push(stream.ue(7, "split_index", i));
  }
  number_of_shifts = [];
  obj["number_of_shifts"] = number_of_shifts;
  shift_index = [];
  obj["shift_index"] = shift_index;
  shift_value = [];
  obj["shift_value"] = shift_value;
  for (let at$2 = 0, end$2 = $.add(count_topology_elements_minus2, 2); at$2 < end$2; at$2 = $.add(at$2, 1)) {
    i = at$2;
    number_of_shifts.push(stream.ue(1, "number_of_shifts", i));
    shift_index_row = [];
    shift_index.push(shift_index_row);
    shift_value_row = [];
    shift_value.push(shift_value_row);
    for (let at$3 = 0, end$3 = number_of_shifts[i]; at$3 < end$3; at$3 = $.add(at$3, 1)) {
      j = at$3;
      shift_index_row.push(stream.ue(7, "shift_index", [i, j]));
      shift_value_row.push(stream.ie(1, "shift_value", [i, j]));
    }
  }
  return obj;
});

$tables.unification_performance_map = new $.Syntax({
  table: "unification_performance_map",
  clause: "6.3.4",
  title: "Unification performance map syntax",
  schema: "schema/performance_maps.syntax:78",
  elements: {
    __proto__: null,
    ["upm_count_thresholds"]: {
      line: 79,
      descriptor: "u(8)",
    },
    ["count_reshaped_tensor_dimension"]: {
      line: 81,
      descriptor: "ue(1)",
    },
    ["reshaped_tensor_dimensions"]: {
      line: 83,
      descriptor: "ue(7)",
    },
    ["count_super_block_dimension"]: {
      line: 85,
      descriptor: "u(8)",
    },
    ["super_block_dimensions"]: {
      line: 87,
      descriptor: "u(8)",
    },
    ["count_block_dimension"]: {
      line: 88,
      descriptor: "u(8)",
    },
    ["block_dimensions"]: {
      line: 90,
      descriptor: "u(8)",
    },
    ["unification_threshold"]: {
      line: 91,
      descriptor: "flt(32)",
    },
    ["upm_nn_accuracy"]: {
      line: 92,
      descriptor: "flt(32)",
    },
    ["upm_count_classes"]: {
      line: 93,
      descriptor: "u(8)",
    },
    ["upm_class_bitmask"]: {
      line: 94,
      descriptor: "ue(7)",
    },
    ["upm_nn_class_accuracy"]: {
      line: 97,
      descriptor: "flt(32)",
    },
  },
}, function (self, stream, context) {
  let upm_count_thresholds, count_reshaped_tensor_dimension, reshaped_tensor_dimensions, byte_alignment, count_super_block_dimension, super_block_dimensions, count_block_dimension, block_dimensions, unification_threshold, upm_nn_accuracy, upm_count_classes, upm_class_bitmask, upm_nn_class_accuracy, i, reshaped_tensor_dimensions_row, j, unification_class_count_is_bitmask;
  const obj = { __proto__: null, ["upm_count_thresholds"]: null, ["count_reshaped_tensor_dimension"]: null, ["reshaped_tensor_dimensions"]: null, ["byte_alignment"]: null, ["count_super_block_dimension"]: null, ["super_block_dimensions"]: null, ["count_block_dimension"]: null, ["block_dimensions"]: null, ["unification_threshold"]: null, ["upm_nn_accuracy"]: null, ["upm_count_classes"]: null, ["upm_class_bitmask"]: null, ["upm_nn_class_accuracy"]: null };
  obj["upm_count_thresholds"] = upm_count_thresholds = stream.u(8, "upm_count_thresholds");
  count_reshaped_tensor_dimension = [];
  obj["count_reshaped_tensor_dimension"] = count_reshaped_tensor_dimension;
  reshaped_tensor_dimensions = [];
  obj["reshaped_tensor_dimensions"] = reshaped_tensor_dimensions;
  byte_alignment = [];
  count_super_block_dimension = [];
  obj["count_super_block_dimension"] = count_super_block_dimension;
  super_block_dimensions = [];
  obj["super_block_dimensions"] = super_block_dimensions;
  count_block_dimension = [];
  obj["count_block_dimension"] = count_block_dimension;
  block_dimensions = [];
  obj["block_dimensions"] = block_dimensions;
  unification_threshold = [];
  obj["unification_threshold"] = unification_threshold;
  upm_nn_accuracy = [];
  obj["upm_nn_accuracy"] = upm_nn_accuracy;
  upm_count_classes = [];
  obj["upm_count_classes"] = upm_count_classes;
  upm_class_bitmask = [];
  obj["upm_class_bitmask"] = upm_class_bitmask;
  upm_nn_class_accuracy = [];
  obj["upm_nn_class_accuracy"] = upm_nn_class_accuracy;
  for (let at$1 = 0, end$1 = $.subtract(upm_count_thresholds, 1); at$1 < end$1; at$1 = $.add(at$1, 1)) {
    i = at$1;
    count_reshaped_tensor_dimension.push(stream.ue(1, "count_reshaped_tensor_dimension", i));
    reshaped_tensor_dimensions_row = [];
    reshaped_tensor_dimensions.push(reshaped_tensor_dimensions_row);
    for (let at$2 = 0, end$2 = $.subtract(count_reshaped_tensor_dimension[i], 1); at$2 < end$2; at$2 = $.add(at$2, 1)) {
      j = at$2;
      reshaped_tensor_dimensions_row.push(stream.ue(7, "reshaped_tensor_dimensions", [i, j]));
    }
    byte_alignment.push(stream.byte_alignment($.size(byte_alignment)));
    count_super_block_dimension.push(stream.u(8, "count_super_block_dimension", i));
    super_block_dimensions.push(stream.u_array(8, $.max($.subtract(count_super_block_dimension[i], 1), 0), `super_block_dimensions[${i}]`));
    count_block_dimension.push(stream.u(8, "count_block_dimension", i));
    block_dimensions.push(stream.u_array(8, $.max($.subtract(count_block_dimension[i], 1), 0), `block_dimensions[${i}]`));
    unification_threshold.push(stream.flt(32, "unification_threshold", i));
    upm_nn_accuracy.push(stream.flt(32, "upm_nn_accuracy", i));
    upm_count_classes.push(stream.u(8, "upm_count_classes", i));
    upm_class_bitmask.push(stream.ue(7, "upm_class_bitmask", i));
    unification_class_count_is_bitmask = context.ask("unification_class_count_is_bitmask", obj, stream);
    upm_nn_class_accuracy.push(stream.flt_array(32, $.max((unification_class_count_is_bitmask ? upm_class_bitmask[i] : upm_count_classes[i]), 0), `upm_nn_class_accuracy[${i}]`));
  }
  obj["byte_alignment"] = $.irregular(byte_alignment);
  return obj;
});

/** The format: `format.parse(data)`, `format.trace(data)`. */
export const format = new $.Format({
  tables: { __proto__: null, ["bit_mask"]: $tables.bit_mask, ["decomposition_performance_map"]: $tables.decomposition_performance_map, ["integer_codebook"]: $tables.integer_codebook, ["nnr_aggregate_unit_header"]: $tables.nnr_aggregate_unit_header, ["nnr_aggregate_unit_payload"]: $tables.nnr_aggregate_unit_payload, ["nnr_compressed_data_unit_header"]: $tables.nnr_compressed_data_unit_header, ["nnr_compressed_data_unit_payload"]: $tables.nnr_compressed_data_unit_payload, ["nnr_layer_parameter_set_unit_header"]: $tables.nnr_layer_parameter_set_unit_header, ["nnr_layer_parameter_set_unit_payload"]: $tables.nnr_layer_parameter_set_unit_payload, ["nnr_model_parameter_set_unit_header"]: $tables.nnr_model_parameter_set_unit_header, ["nnr_model_parameter_set_unit_payload"]: $tables.nnr_model_parameter_set_unit_payload, ["nnr_pruning_topology_container"]: $tables.nnr_pruning_topology_container, ["nnr_quantization_unit_header"]: $tables.nnr_quantization_unit_header, ["nnr_quantization_unit_payload"]: $tables.nnr_quantization_unit_payload, ["nnr_start_unit_header"]: $tables.nnr_start_unit_header, ["nnr_start_unit_payload"]: $tables.nnr_start_unit_payload, ["nnr_topology_unit_header"]: $tables.nnr_topology_unit_header, ["nnr_topology_unit_payload"]: $tables.nnr_topology_unit_payload, ["nnr_unit"]: $tables.nnr_unit, ["nnr_unit_header"]: $tables.nnr_unit_header, ["nnr_unit_payload"]: $tables.nnr_unit_payload, ["nnr_unit_size"]: $tables.nnr_unit_size, ["pruning_performance_map"]: $tables.pruning_performance_map, ["sparsification_performance_map"]: $tables.sparsification_performance_map, ["tensor_dimensions_list"]: $tables.tensor_dimensions_list, ["topology_elements_ids_list"]: $tables.topology_elements_ids_list, ["topology_tensor_dimension_mapping"]: $tables.topology_tensor_dimension_mapping, ["unification_performance_map"]: $tables.unification_performance_map },
  root: "nnr_unit",
  framing: ["repeat", []],
  shared: {
    __proto__: null,
    CbZeroOffset: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    CbZeroOffsetDC: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    Codebook: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    CodebookDC: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    cabac_unary_length_minus1: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    codebook_present_flag: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    compressed_parameter_types: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    count_tensor_dimensions: ["tensor_dimensions_list", "Tensor dimensions list syntax"],
    count_topology_elements_minus2: ["topology_elements_ids_list", "Topology elements ids list syntax"],
    decomposition_rank: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    dq_flag: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    first_tensor_dimension_shift: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    g_number_of_rows: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    general_profile_idc: ["nnr_start_unit_header", "NNR start unit header syntax"],
    mps_parent_signalling_enabled_flag: ["nnr_model_parameter_set_unit_payload", "NNR model parameter set unit payload syntax"],
    mps_topology_indexed_reference_flag: ["nnr_model_parameter_set_unit_payload", "NNR model parameter set unit payload syntax"],
    nnr_compressed_data_unit_payload_type: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    nnr_decompressed_data_format: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    nnr_unit_size: ["nnr_unit_size", "NNR unit size syntax"],
    nnr_unit_type: ["nnr_unit_header", "General NNR unit header syntax"],
    num_of_nnr_units_minus2: ["nnr_aggregate_unit_header", "NNR aggregate unit header syntax"],
    parent_node_id_present_flag: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    partial_data_counter: ["nnr_unit_header", "General NNR unit header syntax"],
    temporal_context_modeling_flag: ["nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"],
    tensor_dimensions: ["tensor_dimensions_list", "Tensor dimensions list syntax"],
    topology_storage_format: ["nnr_topology_unit_header", "NNR topology unit header syntax"],
  },
  parameters: ["topologyIndexedFlag"],
  givens: {
    __proto__: null,
    out_of_band_tensor_dimensions: ["dimensions of the unit's tensor (in a block, of its weight), where the unit doesn't carry them: they come from the topology or from the caller", null],
    out_of_band_cabac_unary_length_minus1: ["cabac_unary_length_minus1 where the unit doesn't carry it", 9],
    decomposed_tensor_role: ["which tensor of a decomposed layer a unit carries that isn't a block: 0 a plain one (a vector), 1 G, 2 H", null],
    qp_density: ["density of the step sizes in force: that of the layer parameter set, else of the model's", null],
    unification_class_count_is_bitmask: ["1: the loop over upm_nn_class_accuracy runs to upm_class_bitmask, as files of NNCodec have it, in place of upm_count_classes.", 0],
    aggregate_has_tail: ["1: the header of an aggregate unit ends with quant_bitdepth and ctu_scan_order of each unit. The published text may have dropped them.", 1],
  },
  states: {
    __proto__: null,
  },
  kept: {
    __proto__: null,
  },
  units: {
    0: { header: "nnr_start_unit_header", payload: "nnr_start_unit_payload", parsed: false, names: ["general_profile_idc"], starts: true, persistent: false, divisible: false },
    1: { header: "nnr_model_parameter_set_unit_header", payload: "nnr_model_parameter_set_unit_payload", parsed: true, names: ["mps_parent_signalling_enabled_flag", "mps_topology_indexed_reference_flag"], starts: false, persistent: true, divisible: false },
    2: { header: "nnr_layer_parameter_set_unit_header", payload: "nnr_layer_parameter_set_unit_payload", parsed: true, names: [], starts: false, persistent: true, divisible: false },
    3: { header: "nnr_topology_unit_header", payload: "nnr_topology_unit_payload", parsed: true, names: [], starts: false, persistent: false, divisible: true },
    4: { header: "nnr_quantization_unit_header", payload: "nnr_quantization_unit_payload", parsed: true, names: [], starts: false, persistent: false, divisible: true },
    5: { header: "nnr_compressed_data_unit_header", payload: "nnr_compressed_data_unit_payload", parsed: false, names: [], starts: false, persistent: false, divisible: true },
    6: { header: "nnr_aggregate_unit_header", payload: "nnr_aggregate_unit_payload", parsed: false, names: [], starts: false, persistent: false, divisible: false },
  },
});

/** What reads each table, by name. */
export const tables = format.tables;
