// Which tensors a compressed data unit holds, in the order of its payload (clause 7.3).

import { Coding } from "./cabac.js";
import { BitstreamError, InvalidError, LimitError } from "./runtime.js";
import { enums, tables } from "./schema.js";
import { element } from "./units.js";

const { CompressedDataUnitPayloadType: PayloadType, CompressedParameterTypes: Types, ParentNodeIdType } = enums;
const ELEMENTS = tables.nnr_compressed_data_unit_header.elements;
const LARGEST_RANK = 32;
const LARGEST_SHAPE = 2 ** 60 - 1;

export const SCALING_SUFFIX = "_scaling";

/** Return the product of numbers. */
export const product = (values) => values.reduce((result, value) => result * value, 1);

/** Refuse a value outside of the range that the schema says. */
export function refuseReserved(name, value, message) {
  const [low, high] = ELEMENTS[name].range;
  if (value !== null && (value < low || value > high))
    throw new InvalidError(message, { path: `header.${name}`, value, allowed: `${low}..${high}`, clause: "6.4.3" });
}

/** Return what the headers say about a compressed data unit; the rest of an error's place is the unit's. */
export function layoutOf(unit) {
  try {
    return layout(unit);
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    throw unit.located(error);
  }
}

function layout(unit) {
  const header = unit.data;
  const { names } = unit.scope;
  const type = header.nnr_compressed_data_unit_payload_type;
  refuseReserved("nnr_compressed_data_unit_payload_type", type, "reserved payload type");
  refuseReserved("scan_order", header.scan_order, "reserved scan order");
  const types = header.compressed_parameter_types ?? 0;
  const shift = header.first_tensor_dimension_shift ?? 0;
  const dimensions = [...names.tensor_dimensions];
  if (shift && types & Types.NNR_CPT_DC)
    throw new LimitError("decomposed layers can only be decoded if their rows are the first dimension", {
      path: "header.first_tensor_dimension_shift",
      value: shift,
    });
  checkShape(unit.names().join(", "), dimensions);
  if (shift && shift >= dimensions.length)
    throw new InvalidError("the row axis is not one of the tensor's dimensions", {
      path: "header.first_tensor_dimension_shift",
      value: shift,
      allowed: `0..${dimensions.length - 1}`,
    });
  const [density, base] = quantizationInForce(unit.sets);
  const parts = { unit, header, types, dimensions, rowAxis: shift };
  return {
    unit,
    type,
    dimensions,
    tensors: type === PayloadType.NNR_PT_BLOCK ? blockTensors(parts) : [singleTensor(parts)],
    node: nodeOf(header),
    parent: parentOf(header),
    update: flagOf(unit.sets, "mps_parent_signalling_enabled_flag"),
    predictive: flagOf(unit.sets, "nnr_pre_flag"),
    temporal: Boolean(header.temporal_context_modeling_flag),
    dataFormat: names.nnr_decompressed_data_format,
    density,
    base,
    coding: {
      profile: names.general_profile_idc,
      dq: names.dq_flag,
      scanOrder: header.scan_order ?? 0,
      unaryLength: names.cabac_unary_length_minus1,
      parent: names.parent_node_id_present_flag,
    },
  };
}

/** Return how a tensor of a unit is coded. */
export function codingOf(layout, tensor, nncodec1) {
  return new Coding({ ...layout.coding, book: tensor.book, nncodec1 });
}

/** Refuse a tensor of too many dimensions, or of a shape that no array can have. */
export function checkShape(name, dimensions) {
  const path = "header.tensor_dimensions";
  if (product(dimensions.map((length) => Number(length) || 1)) > LARGEST_SHAPE)
    throw new LimitError(`tensor '${name}' has a shape beyond what an array can have`, { path, value: dimensions });
  if (dimensions.length > LARGEST_RANK)
    throw new LimitError(`tensor '${name}' has too many dimensions`, {
      path: "header.count_tensor_dimensions",
      value: dimensions.length,
      allowed: `0..${LARGEST_RANK}`,
    });
}

function quantizationInForce({ lps, mps }) {
  for (const [set, prefix] of [
    [lps, "lps"],
    [mps, "mps"],
  ]) {
    const density = set === null ? null : element(set.parsed(), `${prefix}_qp_density`);
    if (density !== null) return [density, element(set.parsed(), `${prefix}_quantization_parameter`)];
  }
  return [0, 0];
}

function flagOf({ mps }, name) {
  return mps !== null && Boolean(element(mps.parsed(), name));
}

function entryPointsOf(header, from = 0, to = Infinity) {
  const lists = header.scan_order ? [header.cabac_offset_list, header.dq_state_list, header.BitOffsetList] : [];
  const [offsets, states, bitCounts] = [0, 1, 2].map((number) => [...(lists[number] ?? [])].slice(from, to));
  return { offsets, states, bitCounts };
}

function bookOf(table) {
  return table === null || table === undefined ? null : { values: [...table.codebook], zeroOffset: table.cbZeroOffset };
}

/** Return a tensor of a payload, with the matrix that it is coded as. */
function coded(name, dimensions, part, { rowAxis = 0, book = null, entryPoints = null, split = null } = {}) {
  const rest = dimensions.filter((_, axis) => axis !== rowAxis);
  const rows = dimensions.length ? dimensions[rowAxis] : 1;
  const names = split === null ? [name] : split.names;
  return { name, names, dimensions, part, rowAxis, book, entryPoints, split, rows, cols: product(rest), size: product(dimensions) };
}

function singleTensor({ unit, header, types, dimensions, rowAxis }) {
  const [name] = unit.names();
  const options = { rowAxis, book: bookOf(header.integer_codebook), entryPoints: entryPointsOf(header) };
  if (types & Types.NNR_CPT_DC && dimensions.length > 1) {
    const [g, h] = factors(header, dimensions);
    const isG = unit.given.decomposed_tensor_role === 1;
    return coded(name, isG ? g : h, isG ? "G" : "H", options);
  }
  const part = types & Types.NNR_CPT_LS && name.endsWith(SCALING_SUFFIX) ? "scaling" : "whole";
  return coded(name, dimensions, part, { ...options, split: splitOf(unit, dimensions) });
}

function blockTensors({ unit, header, types, dimensions, rowAxis }) {
  const has = (flag) => (types & flag ? 1 : 0);
  const { NNR_CPT_DC: DC, NNR_CPT_LS: LS, NNR_CPT_BN: BN, NNR_CPT_BI: BI } = Types;
  const names = unit.names();
  const count = 1 + has(DC) + has(LS) + 4 * has(BN) + has(BI);
  if (names.length !== count)
    throw new InvalidError("the number of names differs from the number of tensors in the block", {
      path: "header.topology_elem_id_list",
      value: names.length,
      allowed: String(count),
    });
  const rest = names[Symbol.iterator]();
  const next = () => rest.next().value;
  const weights = weightTensors(header, has(DC), dimensions, rowAxis, next);
  const vector = dimensions.length ? [dimensions[rowAxis]] : [1];
  const scaling = has(LS) ? [coded(next(), vector, "scaling")] : [];
  const norm = has(BN) ? [0, 1, 2, 3].map(() => coded(next(), vector, "batch norm")) : [];
  const bias = has(BI) ? [coded(next(), vector, "bias")] : [];
  return [...scaling, ...bias, ...norm, ...weights];
}

function weightTensors(header, isDecomposed, dimensions, rowAxis, next) {
  const book = bookOf(header.integer_codebook);
  if (!isDecomposed) return [coded(next(), dimensions, "weight", { rowAxis, book, entryPoints: entryPointsOf(header) })];
  const [g, h] = factors(header, dimensions);
  const first = Math.max(0, Math.ceil(g[0] / (4 << (header.scan_order ?? 0))) - 1);
  return [
    coded(next(), g, "G", { book, entryPoints: entryPointsOf(header, 0, first) }),
    coded(next(), h, "H", { book: bookOf(header.integer_codebook_dc), entryPoints: entryPointsOf(header, first) }),
  ];
}

/** Return the shapes of G and H of a decomposed weight. */
function factors(header, dimensions) {
  const { g_number_of_rows: rows, decomposition_rank: rank } = header;
  const values = product(dimensions);
  if (rows === 0 || values % rows)
    throw new InvalidError("the weight can't be the product of G and H", {
      path: "header.g_number_of_rows",
      value: rows,
      allowed: `a divisor of ${values}`,
    });
  return [
    [rows, rank],
    [rank, values / rows],
  ];
}

/** Return how the tensor of a unit divides, null if it doesn't. */
function splitOf(unit, dimensions) {
  const { data } = unit;
  if (!data.nnr_multiple_topology_elements_present_flag) return null;
  const mapping = data.topology_tensor_dimension_mapping;
  const refuse = (message, name, value, allowed) => {
    throw new InvalidError(message, { path: `header.${name}`, value, allowed, clause: "6.4.3" });
  };
  if (mapping === null)
    refuse("several tensors in one unit, and nothing says how to divide them", "input_parameters_present_flag", 0, "1");
  const rank = dimensions.length;
  const axis = mapping.concatenation_axis_index;
  const inside = (name, value) => {
    if (!(value >= 0 && value < rank)) refuse("not a dimension of the tensor", name, value, `0..${rank - 1}`);
  };
  inside("concatenation_axis_index", axis);
  const places = [0, ...mapping.split_index, dimensions[axis]];
  if (places.some((place, index) => index && place < places[index - 1]))
    refuse("the tensors' ends are not in order", "split_index", String(mapping.split_index), `ascending, up to ${dimensions[axis]}`);
  const moves = mapping.shift_index.map((axes, number) =>
    axes.map((from, index) => {
      inside("shift_index", from);
      const to = from + mapping.shift_value[number][index];
      inside("shift_value", to);
      return [from, to];
    }),
  );
  return { names: unit.names(), axis, places, moves };
}

/** Return the node of the parameter update tree that a unit is, null where its header doesn't say. */
function nodeOf(header) {
  if (header.put_node_depth === null) return null;
  const device = header.device_id ?? header.parent_device_id ?? 0;
  return { device, parameter: header.parameter_id, depth: header.put_node_depth };
}

/** Return what a header says about the parent that its unit is a difference to, or null. */
function parentOf(header) {
  if (!header.parent_node_id_present_flag) return null;
  const kind = header.parent_node_id_type;
  refuseReserved("parent_node_id_type", kind, "reserved type of parent");
  const depth = header.put_node_depth;
  if (depth === 0 || (depth === null && kind === ParentNodeIdType.ICNN_NDU_ID))
    throw new InvalidError("a node of depth 0 has no parent", {
      path: "header.put_node_depth",
      value: depth,
      allowed: "1 and above",
    });
  const place = { parameter: header.parameter_id, depth: depth === null ? null : depth - 1 };
  if (kind === ParentNodeIdType.ICNN_NDU_ID)
    return { ...place, node: { ...place, device: header.parent_device_id }, algorithm: "", digest: "" };
  const isShort = kind === ParentNodeIdType.ICNN_NDU_PL_SHA256;
  const digest = (isShort ? header.parent_node_payload_sha256 : header.parent_node_payload_sha512).toString(16);
  return { ...place, node: null, algorithm: isShort ? "sha256" : "sha512", digest: digest.padStart(isShort ? 64 : 128, "0") };
}
