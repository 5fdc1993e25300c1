import { BitstreamError, IncompleteError, InvalidError } from "./errors.js";
import { BitReader, LIMITS, indexText } from "./reader.js";
import { Rules } from "./rules.js";
import { Scope, told } from "./tables.js";

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
