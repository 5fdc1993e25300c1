// From payloads to tensors: levels, values, layers put together (clauses 7.3, 8.3, 9.2).

import { deliver, isFloat, moveAxis, slice } from "./arrays.js";
import { CabacDecoder } from "./cabac.js";
import { SCALING_SUFFIX, codingOf, product } from "./layout.js";
import { BitstreamError, IncompleteError, InvalidError, MissingValueError } from "./runtime.js";
import { enums } from "./schema.js";
import { withNoise } from "./planes.js";

const { CompressedDataUnitPayloadType: PayloadType, DecompressedDataFormat: Format } = enums;
const LARGEST_FLOAT32 = 2 ** 128 - 2 ** 104;
const NEW_BIAS_SUFFIX = ".bias";

/** Return the tensors of a unit as they come out of its payload. */
export function decodeUnit(layout, nncodec1, known) {
  try {
    return layout.type === PayloadType.NNR_PT_RAW_FLOAT ? [rawTensor(layout)] : codedTensors(layout, nncodec1, known);
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    throw layout.unit.located(error, true);
  }
}

function rawTensor(layout) {
  const [tensor] = layout.tensors;
  const { payload } = layout.unit;
  const bits = { [Format.TENSOR_FLOAT16]: 16, [Format.TENSOR_FLOAT64]: 64 }[layout.dataFormat] ?? 32;
  const path = `raw_float${bits}_parameter`;
  const wanted = (tensor.size * bits) / 8;
  if (payload.length < wanted)
    throw new IncompleteError(`the values of tensor '${tensor.name}' end too early`, 8 * (wanted - payload.length), {
      path: `${path}[${Math.floor((8 * payload.length) / bits)}]`,
      bitPosition: 8 * payload.length,
    });
  if (payload.length > wanted)
    throw new InvalidError(`bytes are left over after the values of tensor '${tensor.name}'`, {
      bitPosition: 8 * wanted,
      value: payload.length,
      allowed: `${wanted} bytes`,
    });
  return { tensor, layout, levels: null, qp: null, raw: floats(payload, bits, tensor) };
}

/** Return the floats that bytes hold, least significant byte first. */
function floats(payload, bits, tensor) {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const values = new (bits === 64 ? Float64Array : Float32Array)(tensor.size);
  for (let j = 0; j < values.length; j++)
    values[j] = bits === 64 ? view.getFloat64(8 * j, true) : bits === 32 ? view.getFloat32(4 * j, true) : half(view.getUint16(2 * j, true));
  return { shape: tensor.dimensions, dtype: `float${bits}`, values };
}

function half(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

function codedTensors(layout, nncodec1, known) {
  const decoder = new CabacDecoder(layout.unit.payload);
  const decoded = layout.tensors.map((tensor) => {
    let qp = null;
    if (layout.type !== PayloadType.NNR_PT_INT) qp = layout.base + decoder.quantizationParameter(layout.density);
    const { levels: base, history } = known(tensor);
    if (layout.temporal && base === null)
      throw new MissingValueError("the tensor is coded with the levels of its parent as contexts", {
        path: "header.temporal_context_modeling_flag",
      });
    const isRoot = layout.parent !== null && (layout.parent.node ?? layout.parent).depth === 0;
    const flags = history === null && isRoot ? new Uint8Array(tensor.size) : history;
    const levels = decoder.tensor(
      tensor.rows,
      tensor.cols,
      codingOf(layout, tensor, nncodec1),
      layout.temporal ? asMatrix(tensor, base) : null,
      flags === null ? null : asMatrix(tensor, flags),
      tensor.rows > 1 && tensor.cols > 1 ? tensor.entryPoints : null,
    );
    return { tensor, layout, levels: fromMatrix(tensor, levels), qp, raw: null };
  });
  decoder.finish();
  return decoded;
}

/** Return values of a tensor as the matrix that it is coded as. */
function asMatrix(tensor, values) {
  if (values.length !== tensor.size)
    throw new InvalidError("the tensor's size differs from its parent's", {
      path: "header.tensor_dimensions",
      value: tensor.size,
      allowed: `${values.length} values`,
    });
  return tensor.rowAxis ? moveAxis(values, tensor.dimensions, tensor.rowAxis, 0).values : values;
}

/** Return a coded matrix in the order of the tensor's own dimensions. */
function fromMatrix(tensor, levels) {
  if (!tensor.rowAxis) return levels;
  const { dimensions, rowAxis } = tensor;
  const shape = [dimensions[rowAxis], ...dimensions.filter((_, axis) => axis !== rowAxis)];
  return moveAxis(levels, shape, 0, rowAxis).values;
}

/** Return the step size of a quantization parameter (clause 9.2.1). */
export function stepSize(qp, density) {
  const fraction = qp & ((1 << density) - 1);
  const exponent = (qp >> density) - density;
  return exponent > 128 ? Infinity : Math.fround(((1 << density) + fraction) * 2 ** exponent);
}

/** Return the values of a tensor: float32, int32, or raw. */
export function dequantized({ tensor, layout, levels, qp, raw, noise }) {
  if (levels === null) return raw;
  const shape = tensor.dimensions;
  if (noise !== undefined) return { shape: [], dtype: "int32", values: withNoise(levels, noise) };
  if (qp === null) return { shape, dtype: "int32", values: levels };
  const step = stepSize(qp, layout.density);
  if (step === Infinity)
    throw new InvalidError("the step size is beyond float32", {
      path: "payload.quantization_parameter",
      value: qp,
      allowed: `below ${128 << layout.density}`,
      clause: "9.2.1",
    });
  const values = new Float32Array(levels.length);
  if (tensor.book !== null) return { shape, dtype: "float32", values: fromBook(tensor.book, step, levels, values) };
  for (let j = 0; j < levels.length; j++) values[j] = Math.fround(levels[j]) * step;
  if (step >= 2 ** 96) for (let j = 0; j < levels.length; j++) values[j] = finite(values[j]);
  return { shape, dtype: "float32", values };
}

const finite = (value) => Math.max(-LARGEST_FLOAT32, Math.min(LARGEST_FLOAT32, value));

function fromBook({ values: book, zeroOffset }, step, levels, values) {
  const table = Float32Array.from(book, (entry) => finite(Number(entry) * step));
  for (let j = 0; j < levels.length; j++) {
    const index = levels[j] + zeroOffset;
    if (!(index >= 0 && index < table.length))
      throw new InvalidError(`the index ${levels[j]} at ${j} points outside the codebook`, {
        path: "payload",
        value: levels[j],
        allowed: `${-zeroOffset}..${table.length - 1 - zeroOffset}`,
        clause: "9.2.2",
      });
    values[j] = table[index];
  }
  return values;
}

/** Return a tensor under its name, or those that it divides into. */
export function divided({ tensor }, array) {
  const { split } = tensor;
  if (split === null) return [[tensor.name, array]];
  return split.names.map((name, number) => {
    let part = slice(array, split.axis, split.places[number], split.places[number + 1]);
    for (const [from, to] of split.moves[number]) part = { ...part, ...moveAxis(part.values, part.shape, from, to) };
    return [name, part];
  });
}

/** Puts tensors together as their parts come. */
export class Reconstruction {
  constructor(isWanted) {
    this.isWanted = isWanted;
    this.arrays = new Map();
    this.layouts = new Map();
    this.rowAxes = new Map();
    this.scalings = new Map();
    this.left = null;
  }

  /** Add the tensors of one unit. */
  add(decoded) {
    if (!decoded.length) return;
    try {
      this.addAll(decoded);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      throw decoded[0].layout.unit.located(error);
    }
  }

  addAll(decoded) {
    let weight = "";
    let scaling = null;
    for (const each of decoded) {
      const { part } = each.tensor;
      if (part === "scaling" && this.isWanted) scaling = each;
      else if (part === "G" && this.isWanted) {
        this.checkComplete();
        this.left = each;
      } else if (part === "H" && this.isWanted) weight = this.multiply(each);
      else {
        this.rowAxes.set(each.tensor.name, each.tensor.rowAxis);
        for (const [name, array] of divided(each, dequantized(each))) this.put(name, array, each.layout);
        if (part === "weight" || part === "G") weight = each.tensor.name;
      }
    }
    if (scaling !== null) this.addScaling(scaling, weight);
  }

  put(name, array, layout) {
    this.arrays.set(name, array);
    this.layouts.set(name, layout);
  }

  addScaling(decoded, weight) {
    const array = dequantized(decoded);
    const { name } = decoded.tensor;
    if (weight && this.fits(weight, array.values)) {
      this.scale(weight, array.values);
      return;
    }
    this.put(name, array, decoded.layout);
    if (!weight) this.scalings.set(name.slice(0, name.endsWith(SCALING_SUFFIX) ? -SCALING_SUFFIX.length : undefined), array.values);
  }

  /** Add the product of G and H; sums are of 64 bits, and rounded once. */
  multiply(right) {
    const { left } = this;
    if (left === null)
      throw new InvalidError(`tensor '${right.tensor.name}' is H of a decomposed layer, but no G precedes it`, {
        path: "header.compressed_parameter_types",
      });
    this.left = null;
    const name = left.tensor.name.replace(/_G$/, "");
    const [g, h] = [dequantized(left).values, dequantized(right).values];
    const [rows, rank] = left.tensor.dimensions;
    const cols = right.tensor.dimensions[1];
    if (right.tensor.dimensions[0] !== rank || rows * cols !== product(right.layout.dimensions))
      throw new InvalidError(`the factors of '${name}' don't fit each other`, { path: "header.decomposition_rank" });
    const values = new Float32Array(rows * cols);
    const row = new Float64Array(cols);
    for (let i = 0; i < rows; i++) {
      row.fill(0);
      for (let k = 0; k < rank; k++) {
        const factor = g[i * rank + k];
        for (let j = 0; j < cols; j++) row[j] += factor * h[k * cols + j];
      }
      values.set(row, i * cols);
    }
    this.put(name, { shape: right.layout.dimensions, dtype: "float32", values }, right.layout);
    return name;
  }

  checkComplete() {
    if (this.left !== null)
      throw this.left.layout.unit.located(
        new InvalidError(`tensor '${this.left.tensor.name}' is G of a decomposed layer, but no H follows`, {
          path: "header.compressed_parameter_types",
        }),
      );
  }

  fits(name, factors) {
    const array = this.arrays.get(name);
    return array.shape.length > 0 && isFloat(array) && array.shape[this.rowAxes.get(name) ?? 0] === factors.length;
  }

  /** Multiply the rows of a weight by scaling factors. */
  scale(name, factors) {
    const { shape, values } = this.arrays.get(name);
    const axis = this.rowAxes.get(name) ?? 0;
    const inner = product(shape.slice(axis + 1));
    for (let j = 0; j < values.length; j++) values[j] *= factors[Math.floor(j / inner) % shape[axis]];
  }

  /** Apply the scaling factors that came in units of their own. */
  finish() {
    this.checkComplete();
    for (const [name, factors] of this.scalings) {
      const weight = [name, `${name}_G`].find((one) => this.arrays.has(one));
      if (weight !== undefined && this.fits(weight, factors)) {
        this.scale(weight, factors);
        this.arrays.delete(name + SCALING_SUFFIX);
      }
    }
  }

  /** Unfold the batch norms that notes say were folded into layers (clause 8.3.8). */
  unfold(norms) {
    if (!this.isWanted) return;
    for (const [weight, { names, eps }] of norms) {
      const array = this.arrays.get(weight);
      if (array === undefined || !array.shape.length) continue;
      const rows = array.shape[this.rowAxes.get(weight) ?? 0];
      const bias = this.arrays.get(weight + NEW_BIAS_SUFFIX);
      this.arrays.delete(weight + NEW_BIAS_SUFFIX);
      const beta = bias ?? { shape: [rows], dtype: "float32", values: new Float32Array(rows) };
      const filled = (value) => ({ ...beta, values: new beta.values.constructor(beta.values.length).fill(value) });
      const made = [beta, filled(1), filled(0), filled(1 - eps)];
      names.forEach((name, number) => {
        if (this.arrays.has(name))
          throw new InvalidError(`the metadata unit is wrong: tensor '${name}' of a folded batch norm is in the bitstream`, {
            path: "payload",
          });
        this.put(name, made[number], this.layouts.get(weight));
      });
    }
  }

  /** Return a tensor in its data format. */
  delivered(name, array) {
    try {
      return deliver(array, this.layouts.get(name).dataFormat, name);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      throw this.layouts.get(name).unit.located(error);
    }
  }
}
