// Floats out of the exponents and the noise that they are coded as; nnc/model/planes.py says how.

import { InvalidError } from "./runtime.js";
import { product } from "./layout.js";

/** What stands after the name of a tensor in that of its raw vector. */
export const NOISE_SUFFIX = ".noise";

const HEAD = 6;
const LONGEST = 2 ** 16;
const WORD = 32;

/** Bits of a value and of its mantissa; where it isn't what IEEE 754 has: the only pattern of NaN. */
const FIELDS = {
  float32: [32, 23],
  float16: [16, 10],
  bfloat16: [16, 7],
  float8_e4m3fn: [8, 3, 127],
  float8_e5m2: [8, 2],
};

/** Tell whether a dtype may be coded as planes. */
export const hasPlanes = (dtype) => Object.hasOwn(FIELDS, dtype);

/** Return what both units of a tensor hold, one after the other. */
export function withNoise(values, noise) {
  const words = noise.length >> 2;
  const result = new Int32Array(values.length + words);
  result.set(values);
  const view = new DataView(noise.buffer, noise.byteOffset, noise.byteLength);
  for (let j = 0; j < words; j++) result[values.length + j] = view.getInt32(4 * j, true);
  return result;
}

/** Return the floats that planes were made of; `name` is for the error of planes that can't be. */
export function floatsOf(planes, dtype, shape, name) {
  const check = (isGood, what) => {
    if (!isGood) throw new InvalidError(`tensor '${name}' is not packed as the metadata say: ${what}`, { path: "payload" });
  };
  const size = product(shape);
  const [width, mantissa] = FIELDS[dtype];
  check(planes instanceof Int32Array, "its exponents aren't integers");
  check(planes.length >= HEAD + size, `${planes.length} integers can't be planes of ${size} values`);
  const [leading, dropped, centre, zero, hasRows, length] = planes;
  const isHead =
    leading >= 0 && leading <= mantissa && dropped >= 0 && dropped <= mantissa - leading && zero >= 0 && zero <= length;
  check(isHead && length <= LONGEST && (hasRows === 0 || hasRows === 1), `no planes begin with ${planes.subarray(0, HEAD)}`);
  check(!hasRows || shape.length, "a single value has no rows");
  const rows = hasRows ? shape[0] : 0;
  const listed = planes.subarray(HEAD, HEAD + length);
  const offsets = planes.subarray(HEAD + length, HEAD + length + rows);
  const exponents = planes.subarray(HEAD + length + rows, HEAD + length + rows + size);
  const words = planes.subarray(HEAD + length + rows + size);
  const rest = mantissa - leading - dropped + 1;
  const shift = mantissa - leading;
  const place = zero - 1;
  const empty = zero ? (place & 1 ? (place + 1) >> 1 : -(place >> 1)) : null;
  let count = 0;
  for (const one of exponents) if (one !== empty) count++;
  const isWhole = offsets.length === rows && exponents.length === size;
  check(isWhole && words.length === Math.ceil((count * rest) / WORD), "the planes are not of one length");
  const bits = new Uint32Array(size);
  const low = 2 ** (rest - 1);
  const largest = 2 ** (width - 1 - shift);
  let taken = 0;
  for (let j = 0; j < size; j++) {
    const one = exponents[j];
    if (one === empty) continue;
    const at = one > 0 ? 2 * one - 1 : -2 * one;
    check(at < length, "an exponent isn't in the list");
    const exponent = listed[at] + centre + (hasRows ? offsets[Math.floor(j / (size / rows))] : 0);
    check(exponent >= 0 && exponent < largest, "an exponent is out of its range");
    const noise = bitsAt(words, taken, rest);
    taken += rest;
    bits[j] = exponent * 2 ** shift + (noise % low) * 2 ** dropped + (noise >= low ? 2 ** (width - 1) : 0);
  }
  const values = dtype === "float32" ? new Float32Array(bits.buffer) : Float32Array.from(bits, (one) => valueOf(one, FIELDS[dtype]));
  return { shape, dtype, values };
}

/** Return so many bits of words from a place on, the first one the lowest. */
function bitsAt(words, place, count) {
  const word = Math.floor(place / WORD);
  const first = place % WORD;
  const here = Math.min(count, WORD - first);
  const lower = Math.floor((words[word] >>> 0) / 2 ** first) % 2 ** here;
  return here === count ? lower : lower + ((words[word + 1] >>> 0) % 2 ** (count - here)) * 2 ** here;
}

/** Return the number that the bits of a narrow float stand for. */
function valueOf(bits, [width, mantissa, onlyNaN]) {
  const magnitude = bits % 2 ** (width - 1);
  const sign = bits === magnitude ? 1 : -1;
  const exponent = magnitude >>> mantissa;
  const fraction = magnitude % 2 ** mantissa;
  const bias = 2 ** (width - mantissa - 2) - 1;
  if (magnitude === onlyNaN) return NaN;
  if (onlyNaN === undefined && exponent === 2 * bias + 1) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - mantissa);
  return sign * (1 + fraction / 2 ** mantissa) * 2 ** (exponent - bias);
}
