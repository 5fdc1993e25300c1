import { CODINGS, utf8 } from "./codings.js";
import { IncompleteError, InvalidError, LimitError } from "./errors.js";
import { add, integer, isInteger, left, negative, right, subtract } from "./numbers.js";

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
