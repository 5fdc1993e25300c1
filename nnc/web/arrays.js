// Arrays: a shape, a dtype as NumPy calls it, and values in a typed array. Types that JavaScript has
// no array for (float16, bfloat16, ...) are kept in a Float32Array, rounded to what they hold.

import { InvalidError, LimitError } from "./runtime.js";
import { product } from "./layout.js";
import { floatsOf, hasPlanes } from "./planes.js";

/** Floats narrower than 32 bits: bits of the fraction, least exponent, largest finite value. */
const NARROW = {
  float16: [10, -14, 65504],
  bfloat16: [7, -126, 2 ** 127 * (2 - 2 ** -7)],
  float8_e4m3fn: [3, -6, 448],
  float8_e4m3fnuz: [3, -7, 240],
  float8_e4m3b11fnuz: [3, -10, 30],
  float8_e5m2: [2, -14, 57344],
  float8_e5m2fnuz: [2, -15, 57344],
};

const TYPES = {
  bool: Uint8Array,
  int2: Int8Array,
  uint2: Uint8Array,
  int4: Int8Array,
  uint4: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
  complex64: Float32Array,
  complex128: Float64Array,
  ...Object.fromEntries(Object.keys(NARROW).map((name) => [name, Float32Array])),
};

/** The dtype of each data format, and its bits where it is one of integers. */
const FORMATS = [
  ["int32", 32],
  ["float32", 0],
  ["int8", 2],
  ["int8", 3],
  ["int8", 4],
  ["int8", 8],
  ["int16", 16],
  ["int64", 64],
  ["float16", 0],
  ["float64", 0],
];

export const isFloat = ({ dtype }) => dtype.includes("float");

/** Return a typed array for a dtype, or refuse one that there is none for. */
export function typeOf(dtype) {
  if (!Object.hasOwn(TYPES, dtype)) throw new LimitError(`the dtype '${dtype}' isn't known here`);
  return TYPES[dtype];
}

/** Return a number rounded to a narrow float, to even where two are as near; what is finite stays so. */
function narrow(value, [fraction, least, largest]) {
  if (!Number.isFinite(value) || value === 0) return value;
  const magnitude = Math.min(Math.abs(value), largest);
  let exponent = Math.max(Math.floor(Math.log2(magnitude)), least);
  if (2 ** exponent > magnitude && exponent > least) exponent--;
  const unit = 2 ** (exponent - fraction);
  const quotient = magnitude / unit;
  let whole = Math.floor(quotient);
  const rest = quotient - whole;
  if (rest > 0.5 || (rest === 0.5 && whole % 2)) whole++;
  return Math.sign(value) * Math.min(whole * unit, largest);
}

/** Return an array in another dtype, as NumPy casts it; finite floats stay finite. */
export function cast(array, dtype) {
  if (array.dtype === dtype) return array;
  const type = typeOf(dtype);
  const { values } = array;
  const isWide = type === BigInt64Array || type === BigUint64Array;
  if (dtype === "bool") return { ...array, dtype, values: Uint8Array.from(values, (value) => (value ? 1 : 0)) };
  if (dtype in NARROW) return { ...array, dtype, values: Float32Array.from(values, (value) => narrow(Number(value), NARROW[dtype])) };
  if (isWide) return { ...array, dtype, values: type.from(values, (value) => BigInt(Math.trunc(Number(value)) || 0)) };
  if (dtype === "float32" && values instanceof Float64Array) {
    const largest = 2 ** 128 - 2 ** 104;
    const clipped = (value) => (Number.isFinite(value) ? Math.max(-largest, Math.min(largest, value)) : value);
    return { ...array, dtype, values: Float32Array.from(values, clipped) };
  }
  return { ...array, dtype, values: type.from(values, Number) };
}

/** Return a number rounded to an integer, halves away from zero. */
function nearest(value) {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

/** Return an array in a data format; `name` is for the error of a value that doesn't fit. */
export function deliver(array, format, name) {
  const path = "header.nnr_decompressed_data_format";
  if (!(format in FORMATS)) throw new InvalidError(`tensor '${name}' has a reserved data format`, { path, value: format, allowed: "0..9" });
  const [dtype, bits] = FORMATS[format];
  if (!bits) return cast(array, dtype);
  const values = isFloat(array) ? Float64Array.from(array.values, nearest) : array.values;
  if (isFloat(array) || bits < 32) {
    const high = 2 ** (bits - 1);
    const wrong = values.findIndex((value) => !(value >= -high && value < high));
    if (wrong >= 0)
      throw new InvalidError(`tensor '${name}' holds ${values[wrong]}, which its ${bits}-bit format can't hold`, {
        path,
        value: values[wrong],
        allowed: `${-high}..${high - 1}`,
      });
  }
  const type = typeOf(dtype);
  if (array.values instanceof type) return { ...array, dtype };
  const made = bits === 64 ? type.from(values, (value) => BigInt(value)) : type.from(values, Number);
  return { ...array, dtype, values: made };
}

/** Return a decoded array in the dtype and the shape that are noted of it. */
export function restore(array, note, name) {
  if (note.shape === undefined) return cast(array, note.dtype);
  if (hasPlanes(note.dtype)) return floatsOf(array.values, note.dtype, note.shape, name);
  const size = product(note.shape);
  const isComplex = note.dtype.startsWith("complex");
  if (array.values.length !== 2 * size || isFloat(array) !== isComplex)
    throw new InvalidError(`tensor '${name}' is not packed as the metadata say`, {
      path: "payload",
      value: array.values.length,
      allowed: `${2 * size} values`,
    });
  if (isComplex) return { shape: note.shape, dtype: note.dtype, values: typeOf(note.dtype).from(array.values) };
  const wide = new BigInt64Array(size);
  for (let j = 0; j < size; j++) wide[j] = (BigInt(array.values[2 * j + 1]) << 32n) | BigInt(array.values[2 * j] >>> 0);
  const type = typeOf(note.dtype);
  const isWide = type === BigInt64Array || type === BigUint64Array;
  return { shape: note.shape, dtype: note.dtype, values: isWide ? new type(wide) : type.from(wide, (value) => Number(BigInt.asIntN(32, value))) };
}

/** Return values whose axis `from` has moved to `to`. */
export function moveAxis(values, shape, from, to) {
  const moved = [...shape];
  moved.splice(to, 0, ...moved.splice(from, 1));
  if (from === to) return { shape: moved, values };
  // Between both axes lie others, which make one; so do those around.
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const outer = product(shape.slice(0, low));
  const inner = product(shape.slice(high + 1));
  const first = product(from < to ? shape.slice(low, low + 1) : shape.slice(low, high));
  const second = product(from < to ? shape.slice(low + 1, high + 1) : shape.slice(high, high + 1));
  const result = new values.constructor(values.length);
  for (let a = 0, at = 0; a < outer; a++)
    for (let b = 0; b < first; b++)
      for (let c = 0; c < second; c++)
        for (let d = 0; d < inner; d++, at++) result[((a * second + c) * first + b) * inner + d] = values[at];
  return { shape: moved, values: result };
}

/** Return the part of an array between two places on an axis. */
export function slice({ shape, values, dtype }, axis, start, stop) {
  const outer = product(shape.slice(0, axis));
  const inner = product(shape.slice(axis + 1));
  const width = (stop - start) * inner;
  const result = new values.constructor(outer * width);
  for (let a = 0; a < outer; a++) {
    const first = (a * shape[axis] + start) * inner;
    result.set(values.subarray(first, first + width), a * width);
  }
  return { shape: [...shape.slice(0, axis), stop - start, ...shape.slice(axis + 1)], dtype, values: result };
}

/** Return a difference added to a parent. */
export function sum(parent, difference, name) {
  if (parent.shape.join() !== difference.shape.join())
    throw new InvalidError(`tensor '${name}' has another shape than its parent`, {
      path: "header.tensor_dimensions",
      value: difference.shape.join(),
      allowed: parent.shape.join(),
    });
  const [a, b] = [parent.values, difference.values];
  if (isFloat(parent) || isFloat(difference)) {
    // NumPy adds int32 to float32 in float64.
    const isNarrow = [parent, difference].every(({ dtype }) => dtype !== "float64" && isFloat({ dtype }));
    const values = new (isNarrow ? Float32Array : Float64Array)(a.length);
    for (let j = 0; j < a.length; j++) values[j] = Number(a[j]) + Number(b[j]);
    return { shape: parent.shape, dtype: isNarrow ? "float32" : "float64", values };
  }
  const values = new a.constructor(a.length);
  const isWide = a instanceof BigInt64Array || a instanceof BigUint64Array;
  for (let j = 0; j < a.length; j++) {
    const total = isWide ? a[j] + BigInt(b[j]) : a[j] + Number(b[j]);
    values[j] = total;
    if (values[j] !== total) throw new InvalidError(`tensor '${name}' leaves the range of ${parent.dtype}`, { path: "payload" });
  }
  return { shape: parent.shape, dtype: parent.dtype, values };
}
