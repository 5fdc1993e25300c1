// What the explorer's page shows of a bitstream, as plain data; that of nnc/explore/content.py.

import { CabacDecoder } from "../web/cabac.js";
import { layoutOf } from "../web/layout.js";
import { Notes } from "../web/notes.js";
import { BitstreamError } from "../web/runtime.js";
import { enums, format } from "../web/schema.js";
import { decodeUnit, dequantized, divided } from "../web/tensors.js";
import { describeLevels, describeValues } from "./histograms.js";
import { TracingReader } from "./tracing.js";

const { CompressedDataUnitPayloadType: PayloadType, DecompressedDataFormat } = enums;

/** Most rows of the tree, and of the table of tensors. */
const MOST = { nodes: 20_000, tensors: 5_000 };

/** Values longer than this are cut in the page. */
const LONGEST_TEXT = 200;

/** The two elements of the size stand in the unit itself, as their paths say. */
const LEFT_OUT = ["units", "nnr_unit_size"];

const nameOf = (values, value) => Object.keys(values).find((name) => values[name] === value);

/** A bitstream that is looked into: `content` is for the page; tensors are decoded one by one. */
export class Exploration {
  constructor(data) {
    this.reader = new TracingReader(data, MOST.nodes);
    this.notes = new Notes();
    this.layouts = [];
    const byPath = new Map();
    for (const unit of this.reader.all()) this.attempt(unit, byPath);
    this.tensors = this.layouts.flatMap((layout) => this.rowsOf(layout)).slice(0, MOST.tensors);
  }

  /** Look at a unit with tensors or notes; a fault stands in its trace. */
  attempt(unit, byPath) {
    try {
      if (unit.isData) this.layouts.push(layoutOf(unit));
      else this.notes.add(unit);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      const trace = traceAt(this.reader.traces, unit.path);
      trace.error ??= error;
    }
  }

  /** Return the rows of the tensors in one unit. */
  rowsOf(layout) {
    const { unit, type } = layout;
    const parts = unit.parts.length ? unit.parts : [unit];
    const bytes = parts.reduce((sum, { source }) => sum + source.stop - source.start, 0);
    const values = layout.tensors.reduce((sum, { size }) => sum + size, 0);
    const named = layout.tensors.flatMap((tensor) => shapesOf(tensor).map(([name, shape]) => ({ tensor, name, shape })));
    return named.map(({ tensor, name, shape }, number) => ({
      name,
      unit: unit.path,
      shape,
      dtype: this.notes.tensors.get(name)?.dtype ?? dtypeOf(layout.dataFormat),
      values: shape.reduce((product, length) => product * length, 1),
      bytes: number ? 0 : bytes,
      bits_per_value: values ? (8 * bytes) / values : null,
      kind: (nameOf(PayloadType, type) ?? "").replace("NNR_PT_", "").toLowerCase(),
      qp: number ? null : firstQp(layout),
      dq: Boolean(layout.coding.dq),
      codebook_size: tensor.book?.values.length ?? 0,
    }));
  }

  /** Return what the page shows, but names and words of the schema, which it has. */
  content() {
    const { traces, length } = this.reader;
    const root = { name: "bitstream", position: 0, bits: 8 * length, kind: "bitstream", children: traces.map(unitNode) };
    const { rows, isComplete } = flattened(root);
    const sampled = isComplete && this.reader.left > 0 ? [] : ["The tree leaves out what is inside some units."];
    const all = this.layouts.reduce((sum, { tensors }) => sum + tensors.length, 0);
    if (all > this.tensors.length) sampled.push(`The table has the first ${this.tensors.length} of ${all} tensors.`);
    return { bytes: length, nodes: rows, data: [], tensors: this.tensors, sampled };
  }

  /** Decode the unit of a row of the table; return its histograms, or what is wrong in words. */
  describe(index) {
    const { name, unit: path } = this.tensors[index];
    const layout = this.layouts.find(({ unit }) => unit.path === path);
    try {
      for (const each of decodedUnit(layout)) {
        if (!each.tensor.names.includes(name)) continue;
        const shape = each.tensor.dimensions;
        const of = (array) => divided(each, array).find(([own]) => own === name)[1].values;
        // Levels of integers are their values.
        const levels = each.levels === null ? undefined : describeLevels(of({ shape, dtype: "int32", values: each.levels }));
        return { problem: "", level_histogram: levels, value_histogram: describeValues(of(dequantized(each))) };
      }
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      return { problem: toldOf(error.unit === undefined ? layout.unit.located(error) : error, layout.unit.path) };
    }
    return { problem: "" };
  }
}

/** Decode a unit by itself, where that fails in the dialect of NNCodec 1, which isn't signalled. */
function decodedUnit(layout) {
  const known = () => ({ levels: null, history: null });
  try {
    return decodeUnit(layout, false, known);
  } catch (error) {
    if (layout.coding.profile !== 0 || !(error instanceof BitstreamError)) throw error;
    try {
      return decodeUnit(layout, true, known);
    } catch {
      throw error;
    }
  }
}

function traceAt(traces, path) {
  let found = null;
  for (const [, number] of path.matchAll(/\[(\d+)\]/g)) {
    found = traces[Number(number)];
    traces = found.units;
  }
  return found;
}

/** Return the names that a tensor divides into, each with its shape. */
function shapesOf(tensor) {
  const { split, dimensions } = tensor;
  if (split === null) return [[tensor.name, dimensions]];
  return split.names.map((name, number) => {
    const shape = dimensions.slice();
    shape[split.axis] = split.places[number + 1] - split.places[number];
    for (const [from, to] of split.moves[number]) shape.splice(to, 0, ...shape.splice(from, 1));
    return [name, shape];
  });
}

function dtypeOf(dataFormat) {
  const name = nameOf(DecompressedDataFormat, dataFormat);
  return name === undefined ? `format ${dataFormat}` : name.replace("TENSOR_", "").toLowerCase();
}

/** Return the quantization parameter of a unit's first tensor, null without one. */
function firstQp(layout) {
  if (layout.type !== PayloadType.NNR_PT_FLOAT && layout.type !== PayloadType.NNR_PT_BLOCK) return null;
  try {
    return layout.base + new CabacDecoder(layout.unit.payload).quantizationParameter(layout.density);
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    return null;
  }
}

/** Return the node of a unit, with those of its elements. */
function unitNode(trace) {
  const { path, start, stop } = trace;
  const note = [trace.typeName, ...trace.names.slice(0, 3)].join(" ");
  const name = path.slice(path.lastIndexOf("units["));
  const node = { name, path, position: 8 * start, bits: 8 * (stop - start), kind: "unit", note, children: [] };
  if (trace.error !== null) node.fault = toldOf(trace.error, `${path} (${trace.typeName})`);
  for (const each of trace.elements) format.insert(node, each, LEFT_OUT);
  node.children.push(...trace.units.map(unitNode));
  return node;
}

/** Return an error in words: unit, byte and bit, what is wrong. */
function toldOf(error, unit) {
  const place = error.bitPosition;
  const at = place === null ? "" : `, byte ${Math.floor(place / 8)}, bit ${place % 8}`;
  const element = error.path.replace(/^(units\[\d+\]\.?)+/, "");
  const allowed = error.allowed ? ` (allowed: ${error.allowed})` : "";
  const value = error.value === null || error.value === undefined ? "" : `, found ${shortened(error.value)}`;
  return `${unit}${at}: ${element && `${element}: `}${error.reason}${value}${allowed}`;
}

/** Return the nodes of a tree as rows, as page.js takes them, level by level; and whether these are all. */
function flattened(root) {
  const rows = [];
  let isComplete = true;
  let taken = 1;
  for (let pending = [[-1, root]], following; pending.length; pending = following) {
    following = [];
    for (const [parent, node] of pending) {
      let children = node.children ?? [];
      if (taken + children.length > MOST.nodes) {
        isComplete = false;
        children = node === root ? children.slice(0, MOST.nodes - taken) : [];
      }
      taken += children.length;
      for (const child of children) following.push([rows.length, child]);
      rows.push(rowOf(parent, node));
    }
  }
  return { rows, isComplete };
}

function rowOf(parent, node) {
  const isElement = node.kind === "element";
  const value = isElement && node.value !== null ? shortened(node.value) : "";
  const note = node.note ?? (node.kind === "table" ? node.table : "");
  const base = node.name.split("[")[0];
  return [parent, node.name, node.kind[0], node.position, node.bits, note, value, "", isElement ? `${node.table}.${base}` : "", node.fault ?? ""];
}

/** Return a value as text of bounded length. */
function shortened(value) {
  let text = String(value);
  if (value instanceof Uint8Array) text = Array.from(value.subarray(0, LONGEST_TEXT), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  else if (Array.isArray(value)) text = `[${value.slice(0, LONGEST_TEXT).join(", ")}]`;
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;
}
