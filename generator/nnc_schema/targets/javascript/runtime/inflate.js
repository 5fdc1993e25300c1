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
