import { BitstreamError, InvalidError, LimitError, MissingValueError } from "./errors.js";
import { TooLargeError, inflate } from "./inflate.js";
import { isList } from "./numbers.js";
import { BitReader } from "./reader.js";

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
