import { add, bitLength, integer, left, right, subtract } from "./numbers.js";

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
