import { and, integer, left, right, subtract, xor } from "./numbers.js";
import { NO_BYTES } from "./functions.js";

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
