import { InvalidError } from "./errors.js";
import { abs, bitLength, integer, isInteger, isList, largest, last, left, multiply, negative, right, subtract } from "./numbers.js";

/** Bits of the largest number that an expression may come to. */
const MAXIMUM_BITS = 4096;

/** Entries that an array of several dimensions is told apart by. */
const keyOf = (index) => (Array.isArray(index) ? index.join() : index);

/** Stands for no bytes. */
export const NO_BYTES = new Uint8Array(0);

/** An index lies outside of a list or table of constants. */
export class OutsideError extends InvalidError {}

/** Stands for a reader where there is none: whoever catches the error adds the place. */
export const NOWHERE = {
  fail(message, name, index, value = null, allowed = "", code = "") {
    throw new InvalidError(message, { value, allowed, code });
  },
};

export const ceil = (x) => (typeof x === "bigint" ? x : Math.ceil(x));
export const floor = (x) => (typeof x === "bigint" ? x : Math.floor(x));
export const sign = (x) => (x > 0 ? 1 : x < 0 ? -1 : 0);
export const clip3 = (low, high, x) => (x < low ? low : x > high ? high : x);
export const nearest = (x) => (typeof x === "bigint" ? x : sign(x) * Math.floor(Math.abs(x) + 0.5));

export function log2(stream, x) {
  if (x <= 0) stream.fail("there is no such logarithm", "", null, x, "above 0", "bad-logarithm");
  if (typeof x === "number") return Math.log2(x);
  const above = Math.max(bitLength(x) - 53, 0);
  return Math.log2(Number(x >> BigInt(above))) + above;
}

export function prod(stream, values) {
  let result = 1;
  for (const value of values) result = number(stream, multiply(result, value), "");
  return result;
}

/** Divide as C does: towards zero. */
export function quotient(stream, a, b) {
  if (b === 0) stream.fail("a division by 0", "", null, null, "", "division-by-zero");
  if (typeof a === "number" && typeof b === "number") return (a - (a % b)) / b + 0;
  return integer(BigInt(a) / BigInt(b));
}

export function remainder(stream, a, b) {
  return subtract(a, multiply(b, quotient(stream, a, b)));
}

export function shifted_left(stream, a, count) {
  if (count < 0 || count > MAXIMUM_BITS)
    stream.fail("no shift of a number", "", null, count, `0..${MAXIMUM_BITS}`, "bad-shift");
  return number(stream, left(a, count), "");
}

export function shifted_right(stream, a, count) {
  if (count < 0) stream.fail("no shift of a number", "", null, count, "0 and above", "bad-shift");
  return typeof a === "bigint" && count > MAXIMUM_BITS ? (a < 0 ? -1 : 0) : right(a, count);
}

/** Return a number that an expression comes to, if it hasn't too many bits. */
export function number(stream, value, name) {
  if (typeof value === "bigint" && bitLength(value) > MAXIMUM_BITS)
    stream.fail("a number grows too large", name, null, null, `at most ${MAXIMUM_BITS} bits`, "large-number");
  return value;
}

/** Return one value of a constant table. */
export function at(values, index) {
  if (index < 0 || index >= values.length)
    throw new OutsideError("index outside of the table", { value: index, allowed: `0..${values.length - 1}` });
  return values[index];
}

/** Return the index of an entry back, if the array has one of that index. */
export function entry(stream, index, size, name) {
  if (index < 0 || index >= size) {
    const allowed = size > 0 ? `0..${subtract(size, 1)}` : "none, the array is empty";
    stream.fail("index outside of the array", name, index, index, allowed, "outside-array");
  }
  return index;
}

export function entries(stream, indices, sizes, name) {
  indices.forEach((index, level) => entry(stream, index, sizes[level], name));
  return indices;
}

/** Return one value of a list. */
export function indexed(stream, values, index, name) {
  if (index < 0 || index >= values.length) {
    const allowed = values.length ? `0..${values.length - 1}` : "none, the list is empty";
    stream.fail("index outside of the list", name, index, index, allowed);
  }
  return values[index];
}

/** Return back the sizes of an array of several dimensions, whose entries are made. */
export function made(stream, sizes, name) {
  const counts = sizes.map((size) => (size > 0 ? size : 0));
  stream.make(counts.reduce(multiply, 1), name);
  return counts;
}

// Arrays that a table makes are Maps of the entries that were set.

export function get(map, key, absent) {
  const value = map.get(keyOf(key));
  return value === undefined ? absent : value;
}

export function put(map, value, key) {
  map.set(keyOf(key), value);
}

export function store(values, value, key) {
  if (values instanceof Map) values.set(key, value);
  else values[key] = value;
}

export function array(map, size) {
  return Array.from({ length: size > 0 ? Number(size) : 0 }, (_, index) => get(map, index, 0));
}

export function arrays(map, sizes, before = []) {
  const length = Number(sizes[before.length]);
  return Array.from({ length }, (_, index) => {
    const key = [...before, index];
    return key.length === sizes.length ? get(map, key, 0) : arrays(map, sizes, key);
  });
}

export function grown(map, size) {
  if (!map.size) return [];
  const lists = [...map.values()].some(isList);
  const length = largest([...map.keys()]) + 1;
  return Array.from({ length }, (_, index) => get(map, index, lists ? [] : 0));
}

/** Return the alignment bits of a loop, or null where all are regular. */
export function irregular(values) {
  return values.some((value) => value !== null) ? values : null;
}

/** Return the end of a table that is `bits` long and began at bit `start`. */
export function extent_end(stream, start, bits, name) {
  const end = start + Number(bits);
  if (end < stream.position)
    stream.fail("the size is too small", "", null, bits, `${stream.position - start} and above`);
  if (end > stream.end)
    stream.raiseIncomplete(end - stream.position, "", null, `the size of ${name} runs past the data`);
  return end;
}

/** Read what is left of a table's extent. */
export function trailing(stream) {
  const rest = stream.end - stream.position;
  if (rest === 0) return NO_BYTES;
  if (rest % 8 === 0 && stream.position % 8 === 0) return stream.bs("trailing_data");
  return stream.bits("trailing_data");
}
