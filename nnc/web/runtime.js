// What readers made of a schema have in common; written by hand.
// Generated; do not edit. Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543

/** Values longer than this are cut where a message shows them. */
const LONGEST_VALUE = 60;

/**
 * Something is wrong with data that are read; all that the reader throws is of this type.
 *
 * `kind` is "invalid", "incomplete", "unsupported" or "missing value", `code` the fault, `path` the
 * element, `position` its place as `byte.bit` (behind a transform: of what), `value` what was found.
 */
export class BitstreamError extends Error {
  constructor(message, parts = {}) {
    super(message);
    this.name = "BitstreamError";
    this.kind = "invalid";
    this.reason = message;
    this.code = "";
    this.path = "";
    this.bitPosition = null;
    this.value = null;
    this.allowed = "";
    this.clause = "";
    this.schema = "";
    this.layer = "";
    Object.assign(this, parts);
    this.tell();
  }

  /** The position as `byte.bit`, "" where it isn't known. */
  get position() {
    if (this.bitPosition === null) return "";
    const place = `${Math.floor(this.bitPosition / 8)}.${this.bitPosition % 8}`;
    return this.layer ? `${place} of ${this.layer}` : place;
  }

  /** Put the message together again, once more is known of the place. */
  tell() {
    const place = [this.path, this.bitPosition === null ? "" : `at ${this.position}`];
    const before = place.filter(Boolean).join(", ");
    let text = (before && `${before}: `) + this.reason;
    if (this.value !== null && this.value !== undefined) {
      const shown = String(this.value);
      text += `, found ${shown.length > LONGEST_VALUE ? `${shown.slice(0, LONGEST_VALUE)}...` : shown}`;
    }
    if (this.allowed) text += ` (allowed: ${this.allowed})`;
    const sources = [this.clause && `clause ${this.clause}`, this.schema].filter(Boolean);
    this.message = sources.length ? `${text} [${sources.join(", ")}]` : text;
    return this;
  }
}

/** The data break a rule of the format. */
export class InvalidError extends BitstreamError {}

/** The data end before the syntax does; `missingBits` more are needed at least. */
export class IncompleteError extends BitstreamError {
  constructor(message, missingBits, parts = {}) {
    super(message, { kind: "incomplete", missingBits, ...parts });
  }
}

/** The format allows it, but it is beyond a limit that the caller can raise. */
export class LimitError extends BitstreamError {
  constructor(message, parts = {}) {
    super(message, { kind: "unsupported", ...parts });
  }
}

/** A value that only the caller can know was not given. */
export class MissingValueError extends BitstreamError {
  constructor(message, parts = {}) {
    super(message, { kind: "missing value", ...parts });
  }
}

// Integers are numbers where a number holds them, else BigInts; so `===` compares them.

const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Return a BigInt as the number that it is, if it is one. */
export function integer(value) {
  return value <= LARGEST_SAFE && value >= -LARGEST_SAFE ? Number(value) : value;
}

/** Tell whether a value is an integer. */
export function isInteger(value) {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** Work out with BigInts what numbers don't hold; broken numbers stay as they are. */
function exactly(work, quick, a, b) {
  return isInteger(a) && isInteger(b) ? integer(work(BigInt(a), BigInt(b))) : quick(Number(a), Number(b));
}

export function add(a, b) {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return exactly((x, y) => x + y, (x, y) => x + y, a, b);
}

export function subtract(a, b) {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return exactly((x, y) => x - y, (x, y) => x - y, a, b);
}

export function multiply(a, b) {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return exactly((x, y) => x * y, (x, y) => x * y, a, b);
}

export function negative(a) {
  return typeof a === "number" ? 0 - a : integer(-a);
}

export function inverted(a) {
  return subtract(-1, a);
}

/** Tell whether the operators of JavaScript for 32 bits do for both. */
function areSmall(a, b) {
  return (a | 0) === a && (b | 0) === b;
}

export function and(a, b) {
  return typeof a === "number" && typeof b === "number" && areSmall(a, b) ? a & b : integer(BigInt(a) & BigInt(b));
}

export function or(a, b) {
  return typeof a === "number" && typeof b === "number" && areSmall(a, b) ? a | b : integer(BigInt(a) | BigInt(b));
}

export function xor(a, b) {
  return typeof a === "number" && typeof b === "number" && areSmall(a, b) ? a ^ b : integer(BigInt(a) ^ BigInt(b));
}

export function left(a, count) {
  if (typeof a === "number" && count < 53) {
    const made = a * 2 ** count;
    if (Number.isSafeInteger(made)) return made;
  }
  return integer(BigInt(a) << BigInt(count));
}

export function right(a, count) {
  if (typeof a === "number") return count > 1000 ? (a < 0 ? -1 : 0) : Math.floor(a / 2 ** Number(count));
  return integer(BigInt(a) >> BigInt(count));
}

/** Return how many bits the magnitude of an integer has. */
export function bitLength(value) {
  const magnitude = value < 0 ? -value : value;
  if (typeof magnitude === "number" && magnitude < 2 ** 31) return 32 - Math.clz32(magnitude);
  return magnitude.toString(16) === "0" ? 0 : BigInt(magnitude).toString(2).length;
}

export function int(value) {
  return value ? 1 : 0;
}

export function bool(value) {
  return Boolean(value);
}

export function abs(value) {
  return value < 0 ? negative(value) : value;
}

/** Return the number of values of a list, of bytes. */
export function size(values) {
  return values.length;
}

export function last(values) {
  return values[values.length - 1];
}

/** Return the values, those in lists one by one. */
function* flat(values) {
  for (const value of values) {
    if (isList(value)) yield* flat(value);
    else yield value;
  }
}

/** Tell whether a value is a list, or a vector. */
export function isList(value) {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

export function max(...values) {
  return largest(...values);
}

export function min(...values) {
  return least(...values);
}

export function largest(...values) {
  let found = null;
  for (const value of flat(values)) if (found === null || value > found) found = value;
  if (found === null) throw new RangeError("there is no largest value of none");
  return found;
}

export function least(...values) {
  let found = null;
  for (const value of flat(values)) if (found === null || value < found) found = value;
  if (found === null) throw new RangeError("there is no least value of none");
  return found;
}

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

const MOST_LEB128_BYTES = 8;
const MOST_UVLC_ZEROS = 32;
const MOST_RICE_ZEROS = 1 << 20;
const LATIN_1 = (bytes) => String.fromCharCode(...bytes);

/** Return a text of UTF-8, or refuse it. */
function utf8(bytes, refuse) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse();
  }
}

function readUle(reader, [width], name, index) {
  if (width < 8 || width % 8 !== 0)
    reader.fail("the width is no number of whole bytes", name, index, width, "8, 16, 24 ...");
  reader.width(width, name, index);
  const number = reader.u(width, name, index);
  const digits = number.toString(16).padStart(width / 4, "0");
  return integer(BigInt(`0x${digits.match(/../g).reverse().join("")}`));
}

function readIle(reader, [width], name, index) {
  const number = readUle(reader, [width], name, index);
  return right(number, width - 1) ? subtract(number, left(1, width)) : number;
}

function readLeb128(reader, _, name, index) {
  let value = 0;
  for (let size = 0; size < MOST_LEB128_BYTES; size++) {
    const byte = reader.u(8, name, index);
    value = add(value, left(byte & 127, 7 * size));
    if (byte < 128) return value;
  }
  return reader.fail("the LEB128 code is too long", name, index, null, `${MOST_LEB128_BYTES} bytes`);
}

function readUvlc(reader, _, name, index) {
  let zeros = 0;
  while (!reader.u(1, name, index)) {
    zeros++;
    if (zeros > MOST_UVLC_ZEROS) reader.fail("the uvlc code is too long", name, index, null, "at most 32 zeros");
  }
  return zeros === MOST_UVLC_ZEROS ? 2 ** 32 - 1 : reader.u(zeros, name, index) + 2 ** zeros - 1;
}

function readNs(reader, [count], name, index) {
  if (count < 1) reader.fail("the code is for no value at all", name, index, count, "1 and above");
  const width = bitLength(count);
  const short = subtract(left(1, width), count);
  const value = reader.u(width - 1, name, index);
  return value < short ? value : add(subtract(left(value, 1), short), reader.u(1, name, index));
}

function readTu(reader, [largest], name, index) {
  let value = 0;
  while (value < largest && reader.u(1, name, index)) value++;
  return value;
}

function readRice(reader, [width], name, index) {
  const refuse = () => reader.fail("the Rice code is too long", name, index, null, `${MOST_RICE_ZEROS} zeros`);
  let high = 0;
  for (;;) {
    const ahead = Math.min(32, reader.end - reader.position);
    const following = reader.next_bits(ahead);
    if (following > 0) {
      const zeros = ahead - bitLength(following);
      high += zeros;
      reader.position += zeros + 1;
      break;
    }
    high += ahead;
    if (high > MOST_RICE_ZEROS) refuse();
    reader.u(ahead || 1, name, index);
  }
  if (high > MOST_RICE_ZEROS) refuse();
  if (width < 0) throw new RangeError("a shift by a negative number");
  const low = reader.u(width, name, index);
  const number = add(left(high, width), low);
  const half = right(number, 1);
  return subtract(number, left(half, 1)) ? subtract(-1, half) : half;
}

function readTe(reader, [largest], name, index) {
  return largest > 1 ? reader.ue(0, name, index) : 1 - reader.u(1, name, index);
}

function readBytes(reader, [size], name, index) {
  if (size < 0) reader.fail("the number of bytes is negative", name, index, size, "0 and above");
  const start = reader.position;
  const bits = 8 * Number(size);
  if (bits > reader.end - start) reader.raiseIncomplete(bits, name, index);
  if (start % 8) return Uint8Array.from({ length: Number(size) }, () => reader.u(8, name, index));
  reader.position = start + bits;
  return reader.data.subarray(start / 8, (start + bits) / 8);
}

function readText(reader, sizes, name, index) {
  const raw = readBytes(reader, sizes, name, index);
  return utf8(raw, () => reader.fail("not UTF-8", name, index, null, "UTF-8"));
}

/** The codings beyond those that the reader has as verbs, by descriptor. */
const CODINGS = {
  ule: readUle,
  ile: readIle,
  leb128: readLeb128,
  uvlc: readUvlc,
  ns: readNs,
  tu: readTu,
  rice: readRice,
  te: readTe,
  bytes: readBytes,
  text: readText,
  fourcc: (reader, _, name, index) => LATIN_1(readBytes(reader, [4], name, index)),
};

/** What data may lead to; anything beyond is a `LimitError` before it is made. */
export const LIMITS = { width: 1 << 16, depth: 100, entries: 1 << 16, inflated: 1 << 24 };

const MAXIMUM_EXP_GOLOMB_ORDER = 64;
const TABLES_PER_BIT = 8;
const PASSES_PER_BIT = 32;

/** Return an index (null, an integer or a list of them) as `[1][2]`. */
export function indexText(index) {
  if (index === null || index === undefined) return "";
  return Array.isArray(index) ? index.map((each) => `[${each}]`).join("") : `[${index}]`;
}

/** Return the value of a number of 16 bits as IEEE 754 has it. */
function half(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

/** Return the number that bytes hold, least significant first. */
function float(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 2) return half(view.getUint16(0, true));
  return bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

/** Reads elements out of a Uint8Array, by the descriptors of syntax tables. */
export class BitReader {
  constructor(data, { limits = LIMITS, rules = null, trace = null } = {}) {
    this.data = data;
    this.position = 0;
    this.end = 8 * data.length;
    this.limits = limits;
    this.rules = rules;
    this.trace = trace;
    this.stack = [];
    this.begins = new Map();
    this.pending = [];
    this.layer = "";
    this.idle = this.idlePasses = this.idleTables = 0;
    this.entered = -1;
  }

  get remaining() {
    return this.end - this.position;
  }

  /** Note that what follows stands in field `name`, described by `table`. */
  enter(name, table, index = null) {
    this.stack.push([name, table, index]);
    if (this.stack.length > this.limits.depth) throw this.beyond("too many tables within each other", "", "depth");
    if (this.position !== this.entered) {
      this.entered = this.position;
      return;
    }
    this.idleTables++;
    if (this.idleTables > this.limits.entries + TABLES_PER_BIT * this.position)
      throw this.beyond("too many tables that read nothing", "", "entries");
  }

  leave() {
    this.stack.pop();
  }

  /** Return the syntax path of an element here; tables called by their own names are left out. */
  path(name, index = null) {
    const parts = [];
    for (const [field, table, number] of this.stack)
      if (field !== table || number !== null) parts.push(field + indexText(number));
    parts.push(name + indexText(index));
    return parts.filter(Boolean).join(".");
  }

  passed(begin, name) {
    if (this.position === begin) this.make(1, name);
  }

  computed() {
    this.idlePasses++;
    if (this.idlePasses > this.limits.entries + PASSES_PER_BIT * this.position)
      throw this.beyond("too many passes of loops that compute only", "", "entries");
  }

  /** Return back how many values are made that take no bits. */
  make(count, name) {
    if (count > this.limits.entries + this.position - this.idle)
      throw this.beyond("too many values that take no bits", name, "entries");
    this.idle += Math.max(Number(count), 0);
    return count;
  }

  beyond(message, name, limit, index = null) {
    return new LimitError(message, {
      code: `limit-${limit}`,
      path: this.path(name, index),
      bitPosition: this.position,
      allowed: `at most ${this.limits[limit]}`,
    });
  }

  /** Check the number of bits of an element. */
  width(n, name, index) {
    if (n >= 0 && n <= this.limits.width && Number.isInteger(n)) return n;
    if (!(n >= 0) || !isInteger(n)) this.fail("the number of bits can't be", name, index, n, "0 and above", "bad-width");
    if (n > this.end - this.position) this.raiseIncomplete(Number(n), name, index);
    throw this.beyond("the number has too many bits", name, "width", index);
  }

  /** Check the number of bits of an element, and that they are there. */
  needed(n, name, index) {
    this.width(n, name, index);
    if (n > this.end - this.position) this.raiseIncomplete(n, name, index);
  }

  u(n, name, index = null) {
    this.needed(n, name, index);
    const start = this.position;
    const value = this.readBits(start, n);
    this.position = start + n;
    if (this.trace !== null || this.rules !== null) this.record(start, name, index, `u(${n})`, value);
    return value;
  }

  i(n, name, index = null) {
    this.needed(n, name, index);
    const start = this.position;
    let value = this.readBits(start, n);
    this.position = start + n;
    if (n > 0 && right(value, n - 1)) value = subtract(value, left(1, n));
    if (this.trace !== null || this.rules !== null) this.record(start, name, index, `i(${n})`, value);
    return value;
  }

  ue(k, name, index = null) {
    const start = this.position;
    const value = this.expGolomb(this.order(k, name, index), name, index);
    if (this.trace !== null || this.rules !== null) this.record(start, name, index, `ue(${k})`, value);
    return value;
  }

  ie(k, name, index = null) {
    const start = this.position;
    const code = this.expGolomb(this.order(k, name, index), name, index);
    const magnitude = right(add(code, 1), 1);
    const value = subtract(code, left(right(code, 1), 1)) ? magnitude : negative(right(code, 1));
    if (this.trace !== null || this.rules !== null) this.record(start, name, index, `ie(${k})`, value);
    return value;
  }

  /** Check the order of an Exp-Golomb code. */
  order(k, name, index) {
    const order = this.width(k, name, index);
    if (order > MAXIMUM_EXP_GOLOMB_ORDER)
      this.fail("the order can't be", name, index, k, `0..${MAXIMUM_EXP_GOLOMB_ORDER}`, "bad-width");
    return order;
  }

  expGolomb(k, name, index) {
    const start = this.position;
    let order = k;
    let place = start;
    for (;;) {
      if (place >= this.end) this.raiseIncomplete(place - start + 1 + order, name, index);
      if ((this.data[Math.floor(place / 8)] >> (7 - (place % 8))) & 1) break;
      order++;
      place++;
      if (order > MAXIMUM_EXP_GOLOMB_ORDER) {
        const told = `the Exp-Golomb code begins with ${order - k} zeros or more, too many`;
        this.fail(told, name, index, null, "numbers below 2 to the 64");
      }
    }
    place++;
    if (order > this.end - place) this.raiseIncomplete(place - start + order, name, index);
    const suffix = this.readBits(place, order);
    this.position = place + order;
    return order < 50 ? suffix + 2 ** order - 2 ** k : add(suffix, subtract(left(1, order), left(1, k)));
  }

  flt(n, name, index = null) {
    const start = this.position;
    if (n > this.end - start) this.raiseIncomplete(n, name, index);
    const value = float(this.bytesAt(start, n / 8));
    if (Number.isNaN(value)) this.fail("NaN stands where a number is needed", name, index, value, "any number");
    this.position = start + n;
    if (this.trace !== null || this.rules !== null) this.record(start, name, index, `flt(${n})`, value);
    return value;
  }

  st(name, index = null) {
    const start = this.position;
    if (start % 8) this.fail(`a string must begin at a byte boundary, not ${start % 8} bits after one`, name, index);
    const stop = this.data.indexOf(0, start / 8);
    if (stop < 0 || stop >= Math.floor(this.end / 8))
      this.raiseIncomplete(this.end - start + 8, name, index, "the data end before the zero byte that ends the string");
    const value = utf8(this.data.subarray(start / 8, stop), () =>
      this.fail("the string is not UTF-8", name, index, null, "UTF-8"),
    );
    this.position = 8 * (stop + 1);
    if (this.trace !== null || this.rules !== null) this.record(start, name, index, "st(v)", value);
    return value;
  }

  bs(name, index = null) {
    const start = this.position;
    if (start % 8) this.fail(`bytes must begin at a byte boundary, not ${start % 8} bits after one`, name, index);
    const stop = Math.floor(this.end / 8);
    const value = this.data.subarray(start / 8, stop);
    this.position = 8 * stop;
    if (this.trace !== null || this.rules !== null) this.record(start, name, index, "bs(v)", value);
    return value;
  }

  /** Read the bits up to the end, wherever they begin; zeros fill the last byte. */
  bits(name) {
    const start = this.position;
    const count = this.end - start;
    const value = this.bytesAt(start, Math.ceil(count / 8));
    if (count % 8) value[value.length - 1] &= 0xff << (8 - (count % 8));
    this.position = this.end;
    if (this.trace !== null || this.rules !== null) this.record(start, name, null, `f(${count})`, value);
    return value;
  }

  u_array(n, count, name) {
    const start = this.position;
    if (n * Number(count) > this.end - start) this.raiseIncomplete(n * Number(count), name, `0..${count - 1}`);
    const type = n <= 8 ? Uint8Array : n <= 16 ? Uint16Array : n <= 32 ? Uint32Array : Array;
    const values = new type(count);
    for (let j = 0; j < count; j++) values[j] = this.readBits(start + j * n, n);
    this.position = start + n * count;
    if (this.trace !== null || this.rules !== null) this.recordArray(start, n, name, `u(${n})`, values);
    return values;
  }

  flt_array(n, count, name) {
    const start = this.position;
    if (n * Number(count) > this.end - start) this.raiseIncomplete(n * Number(count), name, `0..${count - 1}`);
    const values = new (n === 64 ? Float64Array : Float32Array)(count);
    for (let j = 0; j < count; j++) values[j] = float(this.bytesAt(start + j * n, n / 8));
    this.position = start + n * count;
    if (this.trace !== null || this.rules !== null) this.recordArray(start, n, name, `flt(${n})`, values);
    return values;
  }

  byte_alignment(index = null) {
    const start = this.position;
    const n = 8 - (start % 8);
    if (n > this.end - start) this.raiseIncomplete(n, "byte_alignment", index);
    const value = this.readBits(start, n);
    this.position = start + n;
    if (this.trace !== null || this.rules !== null) this.record(start, "byte_alignment", index, `f(${n})`, value);
    return value === 1 << (n - 1) ? null : value;
  }

  padding(boundary, fill, index = null) {
    if (boundary < 1) this.fail("no boundary to fill up to", "padding", index, boundary, "1 and above");
    const rest = this.position % Number(boundary);
    const n = this.width(rest && Number(boundary) - rest, "padding", index);
    if (n === 0) return null;
    if (n > this.end - this.position) this.raiseIncomplete(n, "padding", index);
    const start = this.position;
    const value = this.readBits(start, n);
    this.position = start + n;
    if (this.trace !== null) this.record(start, "padding", index, `f(${n})`, value);
    return value === (fill === 1 ? subtract(left(1, n), 1) : 0) ? null : value;
  }

  /** Read an element by one of the codings. */
  code(descriptor, parameters, name, index = null) {
    const start = this.position;
    const { trace, rules } = this;
    this.trace = this.rules = null;
    let value;
    try {
      value = CODINGS[descriptor](this, parameters, name, index);
    } finally {
      this.trace = trace;
      this.rules = rules;
    }
    if (trace !== null || rules !== null) this.record(start, name, index, `${descriptor}(${parameters.join(", ")})`, value);
    return value;
  }

  more_data() {
    return this.position < this.end;
  }

  /** Tell whether more is left than the trailing bits: a 1 and zeros. */
  more_rbsp_data() {
    let last = Math.floor((this.end + 7) / 8);
    while (last > Math.floor(this.position / 8)) {
      last--;
      let byte = this.data[last];
      if (8 * (last + 1) > this.end) byte &= 0xff << (8 * (last + 1) - this.end);
      if (byte) return 8 * (last + 1) - (32 - Math.clz32(byte & -byte)) > this.position;
    }
    return false;
  }

  next_bits(n) {
    return n < 0 || n > this.end - this.position ? -1 : this.readBits(this.position, Number(n));
  }

  byte_aligned() {
    return this.position % 8 === 0;
  }

  fail(message, name, index = null, value = null, allowed = "", code = "") {
    throw new InvalidError(message, {
      code,
      path: this.path(name, index),
      bitPosition: this.position,
      value,
      allowed,
    });
  }

  raiseIncomplete(wanted, name, index = null, message = "") {
    const missing = wanted - (this.end - this.position);
    const told = message || `the data end at least ${missing} bit${missing === 1 ? "" : "s"} too early`;
    throw new IncompleteError(told, missing, { path: this.path(name, index), bitPosition: this.position });
  }

  /** Note an element, and hold it to its rules. */
  record(start, name, index, descriptor, value) {
    if (this.trace !== null)
      this.trace.append({ position: start, bits: this.position - start, path: this.path(name, index), descriptor, value }, this);
    if (this.rules !== null) this.rules.see(this, start, name, index, value);
  }

  recordArray(start, n, name, descriptor, values) {
    for (let j = 0; j < values.length; j++) {
      const position = start + j * n;
      if (this.trace !== null)
        this.trace.append({ position, bits: n, path: this.path(name, j), descriptor, value: values[j] }, this);
      if (this.rules !== null) this.rules.see(this, position, name, j, values[j]);
    }
  }

  /** Return a copy of so many bytes from a bit on; what is beyond the data is 0. */
  bytesAt(start, count) {
    const first = Math.floor(start / 8);
    const shift = start % 8;
    const made = new Uint8Array(count);
    for (let j = 0; j < count; j++)
      made[j] = ((this.data[first + j] << 8) | (shift ? this.data[first + j + 1] : 0)) >> (8 - shift);
    return made;
  }

  /** Return `n` bits as an unsigned integer; they are known to be there. */
  readBits(start, n) {
    if (n === 0) return 0;
    let first = Math.floor(start / 8);
    const last = Math.floor((start + n + 7) / 8);
    const drop = 8 * last - start - n;
    if (n <= 45) {
      let word = this.data[first] & (0xff >> (start % 8));
      while (++first < last) word = word * 256 + this.data[first];
      return Math.floor(word / 2 ** drop);
    }
    let digits = "";
    for (; first < last; first++) digits += this.data[first].toString(16).padStart(2, "0");
    return integer((BigInt(`0x${digits}`) >> BigInt(drop)) & ((1n << BigInt(n)) - 1n));
  }
}

/** Return how many bytes lie between two bits; 0 where there is nothing. */
export function byte_count(stream, begin, end) {
  if (begin === null || end === null) return 0;
  if ((end - begin) % 8) stream.fail("a size is no number of bytes", "", null, end - begin, "", "bad-span");
  return (end - begin) / 8;
}

/** Return the bytes between two bits, with zeros for those of the element that they yield. */
export function bytes_between(stream, begin, end, own) {
  if (begin === null || end === null) return NO_BYTES;
  if (begin % 8 || end % 8) stream.fail("a checksum has to be of whole bytes", "", null, begin, "", "bad-span");
  if (end < begin) return NO_BYTES;
  const data = stream.data.slice(begin / 8, end / 8);
  if (own[1] === null) return data;
  for (let bit = Math.max(own[0], begin); bit < Math.min(own[1], end); bit++)
    data[Math.floor((bit - begin) / 8)] &= ~(128 >> (bit % 8));
  return data;
}

export const crc8 = (data) => crc(8, 0x07, 0, 0, 0, data);
export const crc16 = (data) => crc(16, 0x8005, 0, 0, 0, data);
export const crc32 = (data) => crc(32, 0x04c11db7, 0xffffffff, 1, 0xffffffff, data);

/** Return an integer with its bits in reverse. */
function mirrored(value, width) {
  let made = 0n;
  for (let bit = 0n; bit < width; bit++) made = (made << 1n) | ((BigInt(value) >> bit) & 1n);
  return made;
}

const tables = new Map();

/** Return what each value of a byte does to the register, least significant bit first or not. */
function crcTable(width, polynomial, reflected) {
  const key = `${width} ${polynomial} ${reflected}`;
  if (tables.has(key)) return tables.get(key);
  const bits = BigInt(width);
  const mask = (1n << bits) - 1n;
  const poly = reflected ? mirrored(polynomial, width) : BigInt(polynomial);
  const table = Array.from({ length: 256 }, (_, byte) => {
    let register = reflected ? BigInt(byte) : BigInt(byte) << (bits - 8n);
    for (let bit = 0; bit < 8; bit++) {
      const out = reflected ? register & 1n : (register >> (bits - 1n)) & 1n;
      register = reflected ? register >> 1n : (register << 1n) & mask;
      if (out) register ^= poly;
    }
    return register;
  });
  tables.set(key, table);
  return table;
}

/** Return a cyclic redundancy check; the parameters are as they are published. */
export function crc(width, polynomial, initial, reflected, final, data) {
  const table = crcTable(width, polynomial, Boolean(reflected));
  if (width <= 32) return smallCrc(width, table.map(Number), initial, reflected, final, data);
  const bits = BigInt(width);
  const mask = (1n << bits) - 1n;
  let register = reflected ? mirrored(initial, width) : BigInt(initial);
  for (const byte of data)
    register = reflected
      ? table[Number((register ^ BigInt(byte)) & 255n)] ^ (register >> 8n)
      : table[Number(register >> (bits - 8n)) ^ byte] ^ ((register << 8n) & mask);
  return integer(register ^ BigInt(final));
}

function smallCrc(width, table, initial, reflected, final, data) {
  const mask = width === 32 ? 0xffffffff : (1 << width) - 1;
  const shift = width - 8;
  let register = reflected ? Number(mirrored(initial, width)) : initial;
  for (const byte of data)
    register = reflected
      ? table[(register ^ byte) & 255] ^ (register >>> 8)
      : table[((register >>> shift) ^ byte) & 255] ^ ((register << 8) & mask);
  return (register ^ final) >>> 0;
}

const MD5_SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];

/** Return the MD5 (RFC 1321) as an integer of 128 bits. */
export function md5(data) {
  const padded = new Uint8Array(((data.length + 72) >> 6) << 6);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, data.length << 3, true);
  view.setUint32(padded.length - 4, Math.floor(data.length / 2 ** 29), true);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = state;
    for (let step = 0; step < 64; step++) {
      const round = step >> 4;
      const mixed = [(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)][round];
      const word = [step, 5 * step + 1, 3 * step + 5, 7 * step][round] & 15;
      const constant = Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32);
      const sum = (a + mixed + constant + view.getUint32(block + 4 * word, true)) | 0;
      const turn = MD5_SHIFTS[round][step & 3];
      [a, d, c, b] = [d, c, b, (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0];
    }
    [a, b, c, d].forEach((value, index) => (state[index] = (state[index] + value) | 0));
  }
  const digest = new DataView(new ArrayBuffer(16));
  state.forEach((value, index) => digest.setUint32(4 * index, value, true));
  return integer((digest.getBigUint64(0) << 64n) | digest.getBigUint64(8));
}

// Inflates zlib streams (RFC 1950, RFC 1951) at once: what browsers have for it is asynchronous.

const LENGTH_BASES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST_CODE = 15;

/** A stream comes to more bytes than it may. */
export class TooLargeError extends RangeError {}

/** Reads bits of a deflate stream, least significant first. */
class DeflateReader {
  constructor(data, place) {
    this.data = data;
    this.place = place;
    this.held = 0;
    this.count = 0;
  }

  bits(n) {
    while (this.count < n) {
      if (this.place >= this.data.length) throw new RangeError("the stream has no end");
      this.held |= this.data[this.place++] << this.count;
      this.count += 8;
    }
    const value = this.held & ((1 << n) - 1);
    this.held >>>= n;
    this.count -= n;
    return value;
  }

  align() {
    this.held = this.count = 0;
  }

  symbol({ counts, symbols }) {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST_CODE; length++) {
      code |= this.bits(1);
      const count = counts[length];
      if (code - first < count) return symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new RangeError("no symbol has this code");
  }
}

/** Return the code whose symbols have codes of these lengths; one of some gaps only where it may. */
function codeOf(lengths, mayHaveGaps) {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length]++;
  const used = lengths.length - counts[0];
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    left = 2 * left - counts[length];
    if (left < 0) throw new RangeError("too many codes of a length");
  }
  if (left > 0 && !(mayHaveGaps && (used === 0 || (used === 1 && counts[1] === 1))))
    throw new RangeError("an incomplete code");
  const symbols = [];
  for (let length = 1; length <= LONGEST_CODE; length++)
    lengths.forEach((each, symbol) => each === length && symbols.push(symbol));
  return { counts, symbols };
}

function fixedCodes() {
  const lengths = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return [codeOf(lengths, false), codeOf(new Array(32).fill(5), false)];
}

function dynamicCodes(reader) {
  const literals = reader.bits(5) + 257;
  const distances = reader.bits(5) + 1;
  const sent = reader.bits(4) + 4;
  if (literals > 286 || distances > 30) throw new RangeError("too many codes");
  const lengths = new Array(19).fill(0);
  for (let j = 0; j < sent; j++) lengths[LENGTH_ORDER[j]] = reader.bits(3);
  const code = codeOf(lengths, false);
  const all = [];
  while (all.length < literals + distances) {
    const symbol = reader.symbol(code);
    if (symbol < 16) {
      all.push(symbol);
      continue;
    }
    if (symbol === 16 && !all.length) throw new RangeError("nothing to repeat");
    const value = symbol === 16 ? all[all.length - 1] : 0;
    const times = symbol === 16 ? 3 + reader.bits(2) : symbol === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7);
    for (let j = 0; j < times; j++) all.push(value);
  }
  if (all.length > literals + distances) throw new RangeError("too many lengths");
  if (!all[256]) throw new RangeError("a code without an end");
  return [codeOf(all.slice(0, literals), true), codeOf(all.slice(literals), true)];
}

/** Grows a list of bytes up to a limit. */
class Output {
  constructor(most) {
    this.most = most;
    this.bytes = new Uint8Array(1024);
    this.length = 0;
  }

  push(byte) {
    if (this.length >= this.most) throw new TooLargeError("too many bytes");
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = byte;
  }
}

function inflateBlock(reader, output, [literals, distances]) {
  for (;;) {
    const symbol = reader.symbol(literals);
    if (symbol === 256) return;
    if (symbol < 256) {
      output.push(symbol);
      continue;
    }
    if (symbol > 285) throw new RangeError("no such length");
    const length = LENGTH_BASES[symbol - 257] + reader.bits(LENGTH_BITS[symbol - 257]);
    const coded = reader.symbol(distances);
    if (coded > 29) throw new RangeError("no such distance");
    const extra = coded < 4 ? 0 : (coded >> 1) - 1;
    const base = coded < 4 ? coded + 1 : ((2 + (coded & 1)) << extra) + 1;
    const distance = base + reader.bits(extra);
    if (distance > output.length) throw new RangeError("a distance beyond the beginning");
    for (let j = 0; j < length; j++) output.push(output.bytes[output.length - distance]);
  }
}

function storedBlock(reader, output) {
  reader.align();
  const length = reader.bits(16);
  if ((length ^ 0xffff) !== reader.bits(16)) throw new RangeError("a wrong length of stored bytes");
  for (let j = 0; j < length; j++) output.push(reader.bits(8));
}

function adler32(bytes) {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

/** Return what a zlib stream holds, at most so many bytes. */
export function inflate(data, most) {
  if (data.length < 2 || (data[0] * 256 + data[1]) % 31 || (data[0] & 15) !== 8 || data[0] >> 4 > 7)
    throw new RangeError("no head of zlib");
  if (data[1] & 32) throw new RangeError("it needs a dictionary");
  const reader = new DeflateReader(data, 2);
  const output = new Output(most);
  for (let final = 0; !final; ) {
    final = reader.bits(1);
    const kind = reader.bits(2);
    if (kind === 0) storedBlock(reader, output);
    else if (kind === 1) inflateBlock(reader, output, fixedCodes());
    else if (kind === 2) inflateBlock(reader, output, dynamicCodes(reader));
    else throw new RangeError("no such kind of block");
  }
  reader.align();
  const made = output.bytes.subarray(0, output.length);
  let checksum = 0;
  for (let j = 0; j < 4; j++) checksum = checksum * 256 + reader.bits(8);
  if (checksum !== adler32(made)) throw new RangeError("a wrong checksum");
  if (reader.place < data.length) throw new RangeError("something follows the end of the stream");
  return made;
}

/** Take the 3 out of each 0, 0, 3. */
function withoutEmulationPrevention(data) {
  const made = new Uint8Array(data.length);
  let length = 0;
  let zeros = 0;
  for (const byte of data) {
    if (zeros === 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    // What was replaced can't begin another one.
    zeros = byte === 0 ? Math.min(zeros + 1, 2) : 0;
    made[length++] = byte;
  }
  return made.subarray(0, length);
}

/** The transforms of bytes that the language has: of the bytes, and how many they may come to. */
const TRANSFORMS = { emulation_prevention: withoutEmulationPrevention, zlib: inflate };

/** Reads one syntax table. */
export class Syntax {
  constructor(told, read) {
    Object.assign(this, { transform: null }, told);
    this.read = read;
    this.constraints = [];
    for (const [name, element] of Object.entries(this.elements))
      for (const [sentence, names, holds] of element.constraints ?? [])
        this.constraints.push({ name, sentence, names, holds });
  }

  /** Return the table at the place of a reader. */
  parse(stream, context) {
    return this.transform === null ? this.read(this, stream, context) : this.parseWithin(stream, context);
  }

  /** Return the table in what the transform makes of the bytes up to the end. */
  parseWithin(stream, context) {
    const begin = stream.position;
    const name = this.transform;
    const transform = context.format.transforms[name] ?? TRANSFORMS[name];
    if (transform === undefined)
      stream.fail(`the format gives no transform '${name}'`, "", null, null, "", "no-transform");
    if (begin % 8) stream.fail("bytes have to start at a byte boundary", "");
    const raw = stream.data.subarray(begin / 8, Math.floor(stream.end / 8));
    const inner = new BitReader(transformed(transform, name, raw, stream), stream);
    inner.stack = stream.stack;
    inner.begins = stream.begins;
    inner.pending = stream.pending;
    inner.layer = `${name} at ${begin / 8}${stream.layer && ` in ${stream.layer}`}`;
    let obj;
    try {
      obj = this.read(this, inner, context);
    } catch (error) {
      if (error instanceof BitstreamError && !error.layer && error.bitPosition !== null) error.layer = inner.layer;
      throw error;
    }
    stream.position = begin + 8 * raw.length;
    return obj;
  }
}

/** Return what a transform makes of bytes; whatever goes wrong has a place. */
function transformed(transform, name, raw, stream) {
  const most = stream.limits.inflated;
  let data;
  try {
    data = transform(raw, most);
  } catch (error) {
    if (error instanceof BitstreamError) throw error;
    if (error instanceof TooLargeError) throw stream.beyond(`${name} comes to too many bytes`, "", "inflated");
    stream.fail(`not ${name}: ${error.message}`, "", null, null, "", "bad-transform");
  }
  if (data.length > most) throw stream.beyond(`${name} comes to too many bytes`, "", "inflated");
  return data;
}

/** Return a value, of lists others with the same values: tables write into them. */
const cloned = (value) => (isList(value) ? value.map(cloned) : value);

/** Return what a state begins with. */
function initial([sizes, value]) {
  const [size, ...rest] = sizes;
  return size === undefined ? value : Array.from({ length: size }, () => initial([rest, value]));
}

/** Holds what one table sets and another reads. */
export class Scope {
  constructor(format, given = {}) {
    this.format = format;
    this.given = given;
    this.names = { __proto__: null };
    this.sets = new Map();
    for (const [name, state] of Object.entries(format.states)) this.names[name] = initial(state);
  }

  /** Return a scope of its own with the same values. */
  copy() {
    const made = new Scope(this.format, this.given);
    made.sets = new Map(this.sets);
    for (const [name, value] of Object.entries(this.names))
      made.names[name] = name in this.format.states ? cloned(value) : value;
    return made;
  }

  /** Return a value that only the caller knows, or its default. */
  ask(name, table, stream) {
    const found = typeof this.given === "function" ? this.given(name, table) : this.given[name];
    if (found !== null && found !== undefined) return found;
    const [text, absent] = this.format.givens[name];
    if (absent !== null) return absent;
    throw new MissingValueError(`${name} was not given: ${text}`, {
      missing: name,
      path: stream.path(""),
      bitPosition: stream.position,
    });
  }

  /** Forget the names of a table kept by key: another one begins. */
  forget(table) {
    for (const name of this.format.kept[table]) delete this.names[name];
  }

  /** Keep the names that a table has set under its key, and the keys of those that it refers to. */
  keep(table, key, chosen) {
    const names = this.format.kept[table].filter((name) => name in this.names);
    const held = names.map((name) => [name, this.names[name]]);
    this.sets.set(`${table} ${key}`, { table, key, held, chosen });
  }

  /** Make the names of a kept table hold from here on. */
  select(table, key, stream, name) {
    const kept = this.sets.get(`${table} ${key}`);
    if (kept === undefined) {
      const known = [...this.sets.values()].filter((each) => each.table === table).slice(0, 16);
      const told = known.map((each) => each.key).join(", ") || "none came before";
      stream.fail(`no ${table} has this number`, name, null, key, told, "unknown-key");
    }
    this.forget(table);
    for (const [each, value] of kept.held) this.names[each] = value;
    for (const [other, number] of Object.entries(kept.chosen)) this.select(other, number, stream, name);
  }
}

/** Return a name that another table should have set. */
export function shared(context, name) {
  const value = context.names[name];
  if (value !== undefined) return value;
  if (name in context.format.shared) {
    const [table, title] = context.format.shared[name];
    const told = `${name} is not known: ${table} (${title}) should have come before`;
    throw new InvalidError(told, { code: "unset-name" });
  }
  throw new MissingValueError(`${name}, a parameter of the table, was not given`);
}

/** Return whatever was thrown as an error of the reader, with its place. */
export function told(error, stream) {
  let found = error;
  if (!(found instanceof BitstreamError)) {
    const isDeep = error instanceof RangeError && /call stack/i.test(error.message);
    if (isDeep) found = stream.beyond("too much for this machine", "", "depth");
    else found = new InvalidError(`an expression can't be worked out: ${error?.message}`, { code: "arithmetic" });
  }
  if (!found.path) {
    found.path = stream.path("");
    if (found.bitPosition === null) found.bitPosition = stream.position;
  }
  return found;
}

/** Holds what is read to the ranges, constraints and computed values of the schema. */
export class Rules {
  /** `strict`: a broken rule is an error; else it is added to `findings`. */
  constructor(strict) {
    this.strict = strict;
    this.findings = [];
    this.tables = [];
  }

  open(stream, syntax, context) {
    const depth = stream.stack.length;
    while (this.tables.length && this.tables[this.tables.length - 1].depth >= depth) this.tables.pop();
    const outside = { __proto__: null };
    for (const { names } of syntax.constraints)
      for (const name of names)
        if (context.format.parameters.includes(name)) outside[name] = context.names[name] ?? null;
    this.tables.push({ syntax, depth, outside, places: { __proto__: null } });
  }

  see(stream, start, name, index, value) {
    const table = this.tables[this.tables.length - 1];
    if (table === undefined || table.depth !== stream.stack.length) return;
    const bare = name.split("[")[0];
    table.places[bare] ??= start;
    const range = table.syntax.elements[bare]?.range;
    if (range === undefined || (value >= range[0] && value <= range[1])) return;
    const parts = { code: "out-of-range", value, allowed: `${range[0]}..${range[1]}` };
    this.broken(stream, table.syntax, bare, stream.path(bare, index), start, `${bare} is out of range`, parts);
  }

  close(stream, obj, context) {
    const table = this.tables.pop();
    for (const { name, sentence, names, holds } of table.syntax.constraints) {
      const values = names.map((each) => ownValue(obj, each, table, context, stream));
      if (!isBroken(holds, values)) continue;
      const parts = { code: "broken-constraint", value: values[names.indexOf(name)] ?? null };
      const start = table.places[name] ?? stream.position;
      this.broken(stream, table.syntax, name, stream.path(name), start, sentence, parts);
    }
  }

  broken(stream, syntax, name, path, start, message, parts) {
    const line = syntax.elements[name]?.line;
    const schema = line === undefined ? syntax.schema : syntax.schema.replace(/\d+$/, line);
    const error = new InvalidError(message, {
      path,
      bitPosition: start,
      clause: syntax.clause,
      schema,
      layer: stream.layer,
      ...parts,
    });
    if (this.strict) throw error;
    this.findings.push(error);
  }

  miscomputed(stream, syntax, path, name, start, value, wanted) {
    const message = `${name} isn't what it is computed to be`;
    this.broken(stream, syntax, name, path, start, message, { code: "wrong-value", value, allowed: wanted });
  }
}

function ownValue(obj, name, table, context, stream) {
  if (name in obj) return obj[name];
  if (name in table.outside) return table.outside[name];
  if (name in context.format.givens) return context.ask(name, obj, stream);
  return context.names[name] ?? null;
}

/** Tell whether values break a rule; not where one of them is absent or an empty list. */
function isBroken(holds, values) {
  if (values.some((value) => value === null || (isList(value) && !value.length))) return false;
  try {
    return !holds(...values);
  } catch (error) {
    return !(error instanceof OutsideError);
  }
}

/** Compare a computed element, that begins at bit `begin`, with what it comes to. */
export function settle(stream, syntax, obj, name, begin, work) {
  if (stream.rules === null) return;
  const path = stream.path(name);
  let found;
  try {
    found = work();
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    stream.rules.miscomputed(stream, syntax, path, name, begin, obj[name], error.message);
    return;
  }
  if (obj[name] !== null && obj[name] !== found)
    stream.rules.miscomputed(stream, syntax, path, name, begin, obj[name], String(found));
}

/** Settle a computed element at the end of a table around its own. */
export function settle_later(stream, table, syntax, obj, name, begin, work) {
  if (stream.rules === null) return;
  const depth = stream.stack.slice();
  const check = () => {
    const after = stream.stack;
    stream.stack = depth;
    settle(stream, syntax, obj, name, begin, work);
    stream.stack = after;
  };
  stream.pending.push({ table, check });
}

/** Settle the computed elements that wait for the end of a table. */
export function settle_pending(stream, table, before) {
  const since = stream.pending.splice(before);
  for (const each of since) if (each.table !== table) stream.pending.push(each);
  for (const each of since) if (each.table === table) each.check();
}

/** Return the value of an element, which has to be there. */
export function required(stream, value, name) {
  if (value === null) stream.fail("the element is missing", name, null, null, "", "missing-element");
  return value;
}

/** Entries of one list that are traced each by itself; one element holds what comes after. */
const LONGEST_LIST = 1 << 14;

/** The data are one table of the root. */
const WHOLE = {
  many: false,
  bounded: false,
  end: (data) => data.length,
  span: (data, start) => ({ start, content: start, stop: data.length }),
};

const REPEAT = { ...WHOLE, many: true };

/** The number of bytes of a table stands before it. */
function sized(width, isLittle) {
  const span = (data, start) => {
    const content = start + width;
    const incomplete = (message, missing, value = null) => {
      throw new IncompleteError(message, 8 * missing, { bitPosition: 8 * start, value });
    };
    if (content > data.length) incomplete("the data end within a size", content - data.length);
    const bytes = [...data.subarray(start, content)];
    const size = (isLittle ? bytes.reverse() : bytes).reduce((sum, byte) => sum * 256 + byte, 0);
    if (content + size > data.length)
      incomplete("the data end before the size that is told of a table", content + size - data.length, size);
    return { start, content, stop: content + size };
  };
  return { many: true, bounded: true, end: (data) => data.length, span };
}

/** Return the first byte of the next start code with the zeros before it, and the byte after it. */
function startCode(data, from) {
  for (let one = from; (one = data.indexOf(1, one)) >= 0; one++) {
    let first = one;
    while (first > from && data[first - 1] === 0) first--;
    if (one - first >= 2) return { first, after: one + 1 };
  }
  return null;
}

/** Start codes of three bytes stand between tables; zero bytes around them belong to them. */
const ANNEX_B = {
  many: true,
  bounded: true,
  end(data) {
    let stop = data.length;
    while (stop && data[stop - 1] === 0) stop--;
    return stop;
  },
  span(data, start) {
    const code = startCode(data, start);
    if (code === null || code.first !== start)
      throw new InvalidError("no start code", { bitPosition: 8 * start, allowed: "zero bytes and 01, at least 000001" });
    const following = startCode(data, code.after);
    const stop = following === null ? ANNEX_B.end(data) : following.first;
    return { start, content: code.after, stop: Math.max(stop, code.after) };
  },
};

/** Return the framing that a schema declares, as name and parameters. */
function framingOf(declared) {
  if (declared === null) return WHOLE;
  const [name, parameters] = declared;
  if (name === "repeat") return REPEAT;
  if (name === "annex_b") return ANNEX_B;
  const [coding, [width]] = parameters[0];
  return sized(width / 8, coding === "ule");
}

/** Keeps the elements of a table of the root. */
export class Sink {
  constructor() {
    this.elements = [];
    this.listPath = "";
    this.listLength = 0;
  }

  append(entry, reader) {
    const listPath = entry.path.endsWith("]") ? entry.path.slice(0, entry.path.lastIndexOf("[")) : "";
    if (!listPath || listPath !== this.listPath) {
      this.listPath = listPath;
      this.listLength = 0;
    }
    this.listLength++;
    if (this.listLength > LONGEST_LIST + 1) {
      const rest = this.elements[this.elements.length - 1];
      rest.bits += entry.bits;
      rest.value.push(entry.value);
      return;
    }
    if (this.listLength > LONGEST_LIST) {
      entry.path = `${entry.path.slice(0, -1)}:]`;
      entry.value = [entry.value];
    }
    entry.stack = reader.stack.slice();
    this.elements.push(entry);
  }
}

/** Return a path without the numbers in the indices of its last name. */
function withoutNumbers(path) {
  const dot = path.lastIndexOf(".") + 1;
  return path.slice(0, dot) + path.slice(dot).replace(/\[[^\]]*\]/g, "[]");
}

/** Give elements whose short paths are the same paths that tell them apart. */
export function nameApart(elements) {
  const owners = new Map();
  const keys = elements.map(({ path, stack }) => {
    const name = withoutNumbers(path);
    const key = stack.map(([field, table, index]) => `${field} ${table}${indexText(index)}`).join("/");
    const named = owners.get(name) ?? new Map();
    owners.set(name, named.set(key, named.get(key) ?? stack.length));
    return [name, key];
  });
  elements.forEach((element, index) => {
    const [name, key] = keys[index];
    const named = owners.get(name);
    if (named.size < 2) return;
    let outermost = null;
    for (const [each, depth] of named) if (outermost === null || depth < named.get(outermost)) outermost = each;
    if (key === outermost) return;
    const around = element.stack.map(([field, , number]) => field + indexText(number));
    element.path = [...around, element.path.slice(element.path.lastIndexOf(".") + 1)].filter(Boolean).join(".");
  });
}

/** Reads the tables of the root one after the other. */
class RecordReader {
  constructor(format, data, { given = {}, limits = {}, enforcement = "off" } = {}) {
    const rules = enforcement === "off" ? null : new Rules(enforcement === "strict");
    this.format = format;
    this.data = data;
    this.scope = new Scope(format, given);
    this.reader = new BitReader(data, { limits: { ...LIMITS, ...limits }, rules });
    this.index = this.place = this.end = 0;
    this.span = null;
  }

  more() {
    const { framing } = this.format;
    if (!framing.many) return this.index === 0;
    if (framing.bounded) return this.place < 8 * framing.end(this.data);
    const rest = 8 * this.data.length - this.place;
    return rest >= 8 || (rest > 0 && this.place % 8 === 0);
  }

  /** Read one table; an error is of this reader's type, and has its place. */
  read() {
    const { format, reader } = this;
    const { framing, root } = format;
    const start = this.place;
    this.span = null;
    reader.stack = [];
    reader.pending.length = 0;
    try {
      reader.enter(root, root, framing.many ? this.index : null);
      this.span = framing.span(this.data, Math.floor(start / 8));
      if (framing.bounded) {
        reader.position = 8 * this.span.content;
        reader.end = 8 * this.span.stop;
      }
      const table = format.tables[root].parse(reader, this.scope);
      this.finish(start);
      this.index++;
      return table;
    } catch (error) {
      throw this.located(told(error, reader));
    }
  }

  /** Add to an error the clause and the schema line of the element that it is about. */
  located(error) {
    const { stack } = this.reader;
    const syntax = stack.length ? this.format.tables[stack[stack.length - 1][1]] : undefined;
    if (syntax !== undefined && !error.schema) {
      const line = syntax.elements[error.path.slice(error.path.lastIndexOf(".") + 1).split("[")[0]]?.line;
      error.clause ||= syntax.clause;
      error.schema = line === undefined ? syntax.schema : syntax.schema.replace(/\d+$/, line);
    }
    return error.tell();
  }

  /** Take what follows a table up to the next one. */
  finish(start) {
    const { framing } = this.format;
    const { reader } = this;
    let stop = (this.end = reader.position);
    if (framing.many && !framing.bounded && reader.remaining >= 8) {
      if (stop === start) reader.fail("a table that takes no bits would be repeated without end", "");
    } else {
      const bits = stop % 8 && 8 - (stop % 8);
      if (bits) reader.u(bits, "padding");
      this.end = reader.position;
      stop = reader.end;
    }
    reader.position = this.place = stop;
  }

  /** Go on after a table that can't be read; tell whether its end is known. */
  skip() {
    if (this.span === null || !this.format.framing.bounded) return false;
    this.index++;
    this.place = 8 * this.span.stop;
    return true;
  }
}

/** A format that a schema describes. */
export class Format {
  constructor(parts) {
    Object.assign(this, parts);
    this.framing = framingOf(parts.framing);
    /** What the schema calls `hook NAME`, by name: functions of bytes, and of how many they may make. */
    this.transforms = {};
  }

  /**
   * Return the tables of the root that data hold, in order; one, where the schema has no framing.
   *
   * Options: `given`, values that only the caller knows, by name; `limits`, other ones than LIMITS;
   * `enforcement`, "strict" where a broken rule of the schema is an error. Throws BitstreamError.
   */
  parse(data, options) {
    const reading = new RecordReader(this, data, options);
    const found = [];
    while (reading.more()) found.push(reading.read());
    return this.framing.many ? found : found[0];
  }

  /**
   * Return every element of data with its place and bits, whatever is wrong with them.
   *
   * The elements cover each bit once: what none stands for is `framing`, `padding`, `trailing`, or
   * `unread` after a fault, without a descriptor. `records` has for each table of the root its
   * `elements` and its `error` or null, `findings` the rules that are broken.
   */
  trace(data, options) {
    const reading = new RecordReader(this, data, { enforcement: "report", ...options });
    const records = [];
    while (reading.more()) {
      const path = this.framing.many ? this.root + indexText(reading.index) : "";
      const record = { path, start: reading.place, stop: 8 * data.length, elements: [], error: null };
      records.push(record);
      const sink = (reading.reader.trace = new Sink());
      record.elements = sink.elements;
      let known = true;
      try {
        reading.read();
        record.stop = reading.place;
      } catch (error) {
        if (!(error instanceof BitstreamError)) throw error;
        record.error = error;
        known = reading.skip();
        if (known) record.stop = reading.place;
      }
      this.complete(record, reading);
      if (!known) break;
    }
    const final = records[records.length - 1];
    const rest = 8 * Math.floor((reading.place + 7) / 8);
    if (final !== undefined && final.error === null && rest < 8 * data.length)
      this.cover(final, rest, 8 * data.length, "trailing");
    return { records, findings: reading.reader.rules.findings };
  }

  /** Add names for the bits of a table of the root that have none. */
  complete(record, reading) {
    const { span } = reading;
    for (const element of record.elements)
      if (element.stack.length === 1 && /(^|\.)padding$/.test(element.path) && !("padding" in this.tables[this.root].elements))
        element.descriptor = "";
    const end = record.error === null ? reading.end : Math.max(reading.reader.position, record.start);
    nameApart(record.elements);
    if (span !== null && span.content > span.start) {
      this.cover(record, 8 * span.start, 8 * span.content, "framing");
      record.elements.unshift(record.elements.pop());
    }
    if (end < record.stop) this.cover(record, end, record.stop, record.error === null ? "trailing" : "unread");
  }

  /** Name bits that no element of the syntax stands for. */
  cover(record, position, stop, name) {
    const path = record.path ? `${record.path}.${name}` : name;
    record.elements.push({ position, bits: stop - position, path, descriptor: "", value: null, stack: [[this.root, this.root, null]] });
  }

  /** Return the elements of data as a tree: nodes with `name`, `path`, `position`, `bits`, `children`. */
  tree(data, options) {
    const top = { name: this.root, path: "", position: 0, bits: 8 * data.length, kind: "document", children: [] };
    for (const record of this.trace(data, options).records) {
      let node = top;
      if (this.framing.many) {
        const bits = record.stop - record.start;
        node = { name: record.path, path: record.path, position: record.start, bits, kind: "table", table: this.root, children: [] };
        top.children.push(node);
      }
      node.error = record.error;
      for (const element of record.elements) this.insert(node, element);
    }
    return top;
  }

  /** Put an element into its table, making nodes for the tables around it where needed, but those left out. */
  insert(root, element, leftOut = [this.root]) {
    let node = root;
    for (const [field, table, index] of element.stack) {
      if (leftOut.includes(field)) continue;
      const label = field + indexText(index);
      let below = node.children[node.children.length - 1];
      if (below === undefined || below.name !== label || below.kind !== "table") {
        const path = node.path ? `${node.path}.${label}` : label;
        below = { name: label, path, position: element.position, bits: 0, kind: "table", table, children: [] };
        node.children.push(below);
      }
      below.bits = element.position + element.bits - below.position;
      node = below;
    }
    const { path, position, bits, descriptor, value } = element;
    const name = path.slice(path.lastIndexOf(".") + 1);
    const table = element.stack[element.stack.length - 1]?.[1] ?? "";
    node.children.push({ name, path, position, bits, kind: "element", table, descriptor, value });
  }
}
