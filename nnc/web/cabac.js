// DeepCABAC (clause 10): levels out of the codeword of a compressed data unit.

import { IncompleteError, InvalidError, MissingValueError } from "./runtime.js";

/** Range of the less probable bin at [(range & 0xE0) + certainty]. */
// prettier-ignore
const LPS_RANGE = Uint8Array.of(
  128, 112, 97, 84, 74, 65, 57, 50, 45, 39, 34, 30, 27, 23, 20, 18, 15, 14, 12, 11, 10, 9, 7, 7, 5, 5,
  4, 4, 3, 3, 2, 2, 142, 125, 108, 93, 82, 72, 63, 56, 50, 43, 38, 33, 30, 26, 22, 20, 17, 16, 13, 12,
  11, 10, 8, 8, 6, 6, 5, 5, 3, 3, 2, 2, 156, 137, 119, 103, 90, 79, 70, 61, 55, 48, 42, 37, 33, 28,
  24, 22, 19, 17, 15, 13, 12, 11, 9, 9, 6, 6, 5, 5, 4, 4, 2, 2, 171, 150, 130, 112, 99, 87, 76, 67,
  60, 52, 46, 40, 36, 31, 27, 24, 21, 19, 16, 15, 13, 12, 10, 10, 7, 7, 6, 6, 4, 4, 3, 3, 185, 162,
  141, 121, 107, 94, 82, 73, 65, 56, 50, 43, 39, 34, 29, 26, 22, 21, 17, 16, 14, 13, 11, 11, 8, 8, 6,
  6, 4, 4, 3, 3, 199, 175, 152, 131, 115, 101, 89, 78, 70, 61, 54, 47, 42, 36, 31, 28, 24, 22, 19, 17,
  15, 14, 12, 12, 8, 8, 7, 7, 5, 5, 3, 3, 213, 187, 163, 140, 123, 108, 95, 84, 75, 65, 58, 50, 45,
  39, 33, 30, 26, 24, 20, 18, 16, 15, 13, 13, 9, 9, 7, 7, 5, 5, 3, 3, 228, 200, 174, 150, 132, 116,
  102, 90, 80, 70, 62, 54, 48, 42, 36, 32, 28, 26, 22, 20, 18, 16, 14, 14, 10, 10, 8, 8, 6, 6, 4, 4,
);

/** How far a counter moves, by how far it already leans to the bin that came. */
// prettier-ignore
const STATE_CURVE = Int16Array.of(
  2512, 2288, 2064, 1840, 1616, 1392, 1168, 944, 720, 560, 464, 368, 272, 208, 144, 80, 64, 64, 64,
  64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 0,
);

/** Next state of dependent quantization, at [2 * state + parity of the coded level]. */
const TRANSITIONS = Uint8Array.of(0, 2, 7, 5, 1, 3, 6, 4, 2, 0, 5, 7, 3, 1, 4, 6);

/** For each parameter set its shifts and what both counters begin with. */
const PARAMETER_SETS = [
  [1, 4, 0, 0],
  [1, 4, -41, -654],
  [1, 4, 95, 1519],
  [0, 5, 0, 0],
  [2, 6, 30, 482],
  [2, 6, 95, 1519],
  [2, 6, -21, -337],
  [3, 5, 0, 0],
  [3, 5, 30, 482],
];

// Numbers of the contexts in one list, as nnc/deepcabac/contexts.py has them.
const SHIFT = 0;
const ROW_SKIP = 1;
const SIG = 2;
const TEMPORAL_SIG = 26;
const HISTORY_SIG = 42;
const SIGN = 50;
const TEMPORAL_SIGN = 53;
const PREFIX = 55;
const GREATER = 87;

const START_RANGE = 510;
const BLOCK_ROW_RANGE = 256;
const PREFIX_BINS = 31;
const UNLIMITED = 2 ** 40;
const LEAST = -(2 ** 31);
const LARGEST = 2 ** 31 - 1;

// A bin takes at least 2 of 510 parts of the range: one bit of payload holds fewer than 177 bins.
const BINS_PER_BIT = 177;
const BITS_IN_REGISTER = 10;

/** What the headers say about how a tensor is coded, and what follows from that. */
export class Coding {
  constructor({ profile, dq, scanOrder, unaryLength, parent, book = null, nncodec1 = false }) {
    this.profile = profile;
    this.dq = Boolean(dq);
    this.scanOrder = scanOrder;
    this.greaterFlags = unaryLength + 1;
    this.parent = Boolean(parent);
    this.nncodec1 = nncodec1;
    const limited = profile === 1 && book !== null && book.values.length > 0;
    this.negativeLimit = limited ? book.zeroOffset : UNLIMITED;
    this.positiveLimit = limited ? book.values.length - 1 - book.zeroOffset : UNLIMITED;
    this.nothingCoded = limited && book.values.length === 1;
    this.impliedSign = !limited ? 0 : book.zeroOffset === 0 ? 1 : this.positiveLimit === 0 ? -1 : 0;
    this.problem = this.findProblem(limited, book);
  }

  findProblem(limited, book) {
    if (this.profile > 1) return `general_profile_idc is ${this.profile}, not 0 to 1`;
    if (this.scanOrder > 4) return `scan_order is ${this.scanOrder}, not 0 to 4`;
    if (limited && !(book.zeroOffset >= 0 && book.zeroOffset < book.values.length))
      return `the codebook's zero offset ${book.zeroOffset} is not one of its ${book.values.length} entries`;
    return "";
  }

  /** Whether the flags of row skipping and history are coded. */
  hasTools(rows, cols) {
    return this.profile === 1 && cols > 1 && rows > 1 && !this.nothingCoded;
  }

  /** Side of the square blocks in which the tensor is scanned, 0 for row by row. */
  blockSize(rows, cols) {
    return this.scanOrder === 0 || rows <= 1 || cols <= 1 ? 0 : 4 << this.scanOrder;
  }

  /** Return the contexts in the order in which their parameter sets are signalled. */
  *signalled(temporal, history) {
    if (this.nothingCoded) return;
    const states = this.dq ? 8 : 1;
    const flags = this.greaterFlags;
    const most = Math.max(this.negativeLimit, this.positiveLimit);
    yield* range(SIG, 3 * states);
    if (temporal) yield* range(TEMPORAL_SIG, 2 * states);
    if (history) yield* range(HISTORY_SIG, states);
    if (this.impliedSign === 0) yield* range(SIGN, temporal ? 5 : 3);
    yield* range(GREATER, Math.min(2 * flags, 2 * most));
    if (temporal) yield* range(GREATER + 2 * flags, Math.min(2 * flags, 2 * (most - 1)));
    for (let number = 0; number < (this.nncodec1 ? 32 : 31); number++)
      if (flags - 1 + 2 ** (number + 1) - 1 < most) yield PREFIX + number;
  }
}

function* range(start, count) {
  for (let number = 0; number < count; number++) yield start + number;
}

/** Decodes the tensors of one codeword in order. */
export class CabacDecoder {
  constructor(payload) {
    this.payload = payload;
    this.bits = 8 * payload.length;
    if (payload.length < 2)
      throw new IncompleteError("the payload is too short for a codeword", 16 - this.bits, { bitPosition: this.bits });
    // The register holds the offset, and below it `ahead` bits that are yet to come.
    this.range = START_RANGE;
    this.register = (payload[0] << 8) | payload[1];
    this.ahead = 7;
    this.next = 2;
    this.fill();
    const offset = this.register >>> this.ahead;
    if (offset >= START_RANGE)
      throw new InvalidError("the first 9 bits are not below the start range", {
        code: "codeword-start",
        bitPosition: 0,
        value: offset,
        allowed: "0 to 509",
      });
    this.fast = this.slow = this.shift0 = this.shift1 = this.sets = null;
  }

  /** Bits consumed so far. */
  get position() {
    return 8 * this.next - this.ahead;
  }

  /** See to it that at least 8 bits are ahead; after the end come zeros. */
  fill() {
    if (this.ahead < 8) {
      this.register = (this.register << 8) | (this.next < this.payload.length ? this.payload[this.next] : 0);
      this.next++;
      this.ahead += 8;
    }
  }

  /** Decode a bin with a context, and update that. */
  regular(context) {
    const fast = this.fast[context];
    const slow = this.slow[context];
    const lean = 16 * fast + slow;
    let value = lean >= 0 ? 1 : 0;
    const certainty = lean >> 7;
    const lps = LPS_RANGE[(this.range & 0xe0) + (certainty < 0 ? -certainty : certainty)];
    let width = this.range - lps;
    const scaled = width << this.ahead;
    if (this.register >= scaled) {
      this.register -= scaled;
      width = lps;
      value ^= 1;
    }
    if (width < 256) {
      const shift = Math.clz32(width) - 23;
      width <<= shift;
      this.ahead -= shift;
      this.fill();
    }
    this.range = width;
    if (value) {
      this.fast[context] = fast + (STATE_CURVE[16 + (fast >> 3)] >> this.shift0[context]);
      this.slow[context] = slow + (STATE_CURVE[16 + (slow >> 7)] >> this.shift1[context]);
    } else {
      this.fast[context] = fast - (STATE_CURVE[16 + (-fast >> 3)] >> this.shift0[context]);
      this.slow[context] = slow - (STATE_CURVE[16 + (-slow >> 7)] >> this.shift1[context]);
    }
    return value;
  }

  /** Decode a bin of even probability. */
  bypass() {
    this.ahead--;
    const scaled = this.range << this.ahead;
    const value = this.register >= scaled ? 1 : 0;
    if (value) this.register -= scaled;
    this.fill();
    return value;
  }

  /** Decode so many bypass bins, the most significant first. */
  unsigned(count) {
    let value = 0;
    // A division finds as many bins at once as are ahead.
    for (let left = count; left > 0; left -= 8) {
      const bins = left < 8 ? left : 8;
      this.ahead -= bins;
      const scaled = this.range << this.ahead;
      const found = (this.register / scaled) | 0;
      this.register -= found * scaled;
      value = value * (1 << bins) + found;
      this.fill();
    }
    return value;
  }

  checkPosition() {
    if (this.position > this.bits) this.pastEnd();
  }

  pastEnd() {
    throw new IncompleteError("the payload ends before the levels do", this.position - this.bits, {
      bitPosition: this.bits,
    });
  }

  /** Refuse a number of bins that the rest of the payload can't hold. */
  checkRoom(values, what) {
    const needed = Math.floor(values / BINS_PER_BIT) - BITS_IN_REGISTER;
    const missing = this.position + needed - this.bits;
    if (needed > 0 && missing > 0) {
      const rest = Math.max(this.bits - this.position, 0);
      throw new IncompleteError(`${values} ${what} can't be coded in the ${rest} bits left`, missing, {
        bitPosition: Math.min(this.position, this.bits),
      });
    }
  }

  /** Decode quantization_parameter. */
  quantizationParameter(density) {
    const bits = 6 + density;
    const value = this.unsigned(bits);
    this.checkPosition();
    return value >> (bits - 1) ? value - (1 << bits) : value;
  }

  /** Let a context begin with a parameter set. */
  restart(context, set) {
    const [shift0, shift1, fast, slow] = PARAMETER_SETS[set];
    this.sets[context] = set;
    this.shift0[context] = shift0 + 4;
    this.shift1[context] = shift1;
    this.fast[context] = fast;
    this.slow[context] = slow;
  }

  /**
   * Decode quant_tensor(): the levels of a matrix, as an Int32Array.
   *
   * `base` has the levels of the parent, for temporal contexts, `history` where an earlier update
   * wasn't 0, `entryPoints` the lists of the header, which have to agree; each may be null.
   */
  tensor(rows, cols, coding, base, history, entryPoints) {
    if (coding.problem) throw new InvalidError(coding.problem, { bitPosition: this.position });
    const count = GREATER + 4 * coding.greaterFlags;
    this.sets = new Uint8Array(count);
    this.shift0 = new Uint8Array(count);
    this.shift1 = new Uint8Array(count);
    this.fast = new Int16Array(count);
    this.slow = new Int16Array(count);
    for (let context = 0; context < count; context++) this.restart(context, 0);
    const { usesHistory, skipped } = this.tools(rows, cols, coding, history);
    for (const context of coding.signalled(base !== null, usesHistory))
      if (this.regular(SHIFT)) this.restart(context, this.unsigned(3) + 1);
    this.checkPosition();
    const coded = rows - (skipped === null ? 0 : skipped.reduce((sum, flag) => sum + flag, 0));
    if (!coding.nothingCoded) this.checkRoom(coded * cols, "levels");
    const levels = new Int32Array(rows * cols);
    const found = this.levels(levels, rows, cols, coding, base, usesHistory ? history : null, skipped);
    if (entryPoints !== null && coding.blockSize(rows, cols)) checkEntryPoints(entryPoints, found, coding.dq);
    return levels;
  }

  tools(rows, cols, coding, history) {
    let usesHistory = false;
    let skipped = null;
    if (coding.hasTools(rows, cols)) {
      if (coding.parent) {
        usesHistory = this.bypass() === 1;
        if (usesHistory && history === null)
          throw new MissingValueError("hist_dep_sig_prob_enabled_flag is 1, but no history of the tensor is known", {
            path: "hist_dep_sig_prob_enabled_flag",
            bitPosition: Math.min(this.position, this.bits),
            value: 1,
          });
      }
      if (this.bypass()) {
        this.checkRoom(rows, "entries of row_skip_list");
        skipped = new Uint8Array(rows);
        for (let row = 0; row < rows; row++) skipped[row] = this.regular(ROW_SKIP);
      }
      this.checkPosition();
    }
    return { usesHistory, skipped };
  }

  /** Decode the levels in scan order; return the entry points that decoding came to. */
  levels(levels, rows, cols, coding, base, history, skipped) {
    const found = { offsets: [], states: [], bitCounts: [] };
    if (cols === 0) return found;
    const side = coding.blockSize(rows, cols);
    const height = side || rows;
    const width = side || cols;
    const restarts = side > 0 && (coding.nncodec1 || rows > side);
    const place = { state: 0, neighbour: 0 };
    let startedAt = this.position;
    for (let top = 0; top < rows; top += height) {
      if (top > 0) {
        found.offsets.push(this.register >>> this.ahead);
        found.states.push(place.state);
        found.bitCounts.push(this.position - startedAt);
        startedAt = this.position;
      }
      if (restarts) this.startBlockRow(top / height, place);
      for (let left = 0; left < cols; left += width)
        for (let row = top; row < Math.min(top + height, rows); row++) {
          if (skipped !== null && skipped[row]) {
            if (coding.dq) for (let step = 0; step < cols % 4; step++) place.state = TRANSITIONS[2 * place.state];
            continue;
          }
          const stop = Math.min(left + width, cols);
          if (coding.nothingCoded) this.noLevels(stop - left, coding, place);
          else this.row(levels, row, cols, left, stop, coding, base, history, place);
        }
    }
    return found;
  }

  noLevels(count, coding, place) {
    place.neighbour = 0;
    if (coding.dq) for (let step = 0; step < count % 4; step++) place.state = TRANSITIONS[2 * place.state];
    this.checkPosition();
  }

  startBlockRow(number, place) {
    if (this.register >>> this.ahead >= BLOCK_ROW_RANGE)
      throw new InvalidError(`the offset register is 256 or more at the start of block row ${number}`, {
        code: "block-row-offset",
        bitPosition: Math.min(this.position, this.bits),
        allowed: "0 to 255",
      });
    this.range = BLOCK_ROW_RANGE;
    place.neighbour = 0;
    this.sets.forEach((set, context) => this.restart(context, set));
  }

  /** Decode the levels of a row from one column up to another. */
  row(levels, row, cols, left, stop, coding, base, history, place) {
    let { state, neighbour } = place;
    const { dq } = coding;
    for (let at = row * cols + left, end = row * cols + stop; at < end; at++) {
      const parent = base === null ? 0 : base[at];
      const side = neighbour === 0 ? 0 : neighbour < 0 ? 1 : 2;
      let context = SIG + 3 * state + side;
      if (history !== null && history[at]) context = HISTORY_SIG + state;
      else if (parent !== 0) context = TEMPORAL_SIG + 2 * state + (parent > 1 || parent < -1 ? 1 : 0);
      let level = 0;
      if (this.regular(context)) {
        let negative = coding.impliedSign < 0 ? 1 : 0;
        if (coding.impliedSign === 0)
          negative = this.regular(parent !== 0 ? TEMPORAL_SIGN + (parent > 0 ? 1 : 0) : SIGN + side);
        const magnitude = this.magnitude(coding, parent, negative);
        level = negative ? -magnitude : magnitude;
      }
      neighbour = level;
      if (level !== 0) {
        const index = dq ? 2 * level - (state & 1 ? (level > 0 ? 1 : -1) : 0) : level;
        this.checkPosition();
        if (index < LEAST || index > LARGEST) this.overflow(row, at - row * cols);
        levels[at] = index;
      } else if (8 * this.next - this.ahead > this.bits) this.pastEnd();
      if (dq) state = TRANSITIONS[2 * state + (level & 1)];
    }
    place.state = state;
    place.neighbour = neighbour;
  }

  /** Decode how large a level is that isn't 0. */
  magnitude(coding, parent, negative) {
    const most = negative ? coding.negativeLimit : coding.positiveLimit;
    const flags = coding.greaterFlags;
    const distance = parent < 0 ? -parent : parent;
    let magnitude = 1;
    let isGreater = most > 1 ? 1 : 0;
    for (let number = 0; isGreater && number < flags && magnitude < most; number++) {
      const context =
        parent !== 0 ? GREATER + 2 * flags + 2 * number + (distance < number ? 1 : 0) : GREATER + 2 * number + negative;
      isGreater = this.regular(context);
      magnitude += isGreater;
    }
    return isGreater && magnitude < most ? this.remainder(magnitude, most) : magnitude;
  }

  remainder(magnitude, most) {
    let bits = 0;
    while (this.regular(PREFIX + bits)) {
      magnitude += 2 ** bits;
      bits++;
      if (bits === PREFIX_BINS || magnitude + 2 ** bits > most) break;
    }
    return magnitude + this.unsigned(bits);
  }

  overflow(row, col) {
    throw new InvalidError("the level doesn't fit 32 bits", {
      path: `levels[${row}, ${col}]`,
      bitPosition: Math.min(this.position, this.bits),
      allowed: "-2147483648 to 2147483647",
    });
  }

  /** Check how the codeword ends: terminating bin, stop bit, zero bits, exact length. */
  finish() {
    this.checkPosition();
    const { position, payload } = this;
    const refuse = (message, code, bitPosition) => {
      throw new InvalidError(message, { code, bitPosition });
    };
    if (this.register >>> this.ahead < this.range - 2) refuse("the terminating bin is 0", "terminating-bin", position - 1);
    const last = (payload[(position - 1) >>> 3] << ((position - 1) & 7)) & 0xff;
    if (!(last & 0x80)) refuse("the stop bit is 0", "stop-bit", position - 1);
    if (last & 0x7f) refuse("the bits after the stop bit are not all 0", "codeword-padding", position);
    const end = (position + 7) >>> 3;
    if (payload.length > end)
      refuse(`${payload.length - end} bytes are left over after the codeword`, "codeword-length", 8 * end);
  }
}

/** Compare the header's entry points with those that decoding in order has come to. */
function checkEntryPoints(given, found, dq) {
  const lists = { cabac_offset_list: "offsets", dq_state_list: "states", bit_offset_list: "bitCounts" };
  for (const [name, key] of Object.entries(lists)) {
    if (key === "states" && !dq) continue;
    const [header, decoded] = [given[key], found[key]];
    if (header.length !== decoded.length)
      throw new InvalidError(`${name} has ${header.length} entries for ${decoded.length + 1} block rows`, {
        path: name,
        value: header.length,
        allowed: String(decoded.length),
      });
    const wrong = header.findIndex((value, index) => value !== decoded[index]);
    if (wrong >= 0)
      throw new InvalidError(`${name}[${wrong}] is ${header[wrong]}, but decoding in order gives ${decoded[wrong]}`, {
        path: `${name}[${wrong}]`,
        value: header[wrong],
        allowed: String(decoded[wrong]),
      });
  }
}
