// Every element of a bitstream with its place and bits, up to a fault and after it; see nnc/inspect/tracing.py.

import { BitReader, BitstreamError, IncompleteError, Sink, nameApart } from "../web/runtime.js";
import { enums, format, tables } from "../web/schema.js";
import { UnitReader, placed } from "../web/units.js";

const { NnrUnitType } = enums;
const TYPE_NAMES = new Map(Object.entries(NnrUnitType).map(([name, type]) => [type, name]));

/** What was read of one unit: `stop` is the end of the data where its size can't be used. */
class UnitTrace {
  constructor(path, start, stop) {
    Object.assign(this, { path, start, stop, elements: [], units: [], error: null });
    this.unit = null;
    this.type = null;
    this.payloadStart = null;
    this.hasNotes = false;
  }

  get typeName() {
    if (this.hasNotes) return "nnc metadata";
    return this.type === null ? "unknown type" : (TYPE_NAMES.get(this.type) ?? `type ${this.type}`);
  }

  /** Names of its tensors, as far as they stand in it. */
  get names() {
    const named = this.elements.filter(({ path }) => /(^|\.)topology_elem_id(_list)?(\[[^\]]*\])?$/.test(path));
    if (this.elements.length || this.unit === null || this.error !== null || !this.unit.isData) return named.flatMap(({ value }) => value);
    try {
      return this.unit.names();
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      return [];
    }
  }

  /** Name what follows the last element, if there is anything. */
  addRest(name) {
    const last = this.elements[this.elements.length - 1];
    const position = last === undefined ? 8 * this.start : last.position + last.bits;
    const bits = 8 * this.stop - position;
    if (bits > 0) this.elements.push({ position, bits, path: `${this.path}.${name}`, descriptor: "", value: null, stack: [] });
  }
}

/** Reads units as any reader does, notes their elements, and goes on after a fault. */
export class TracingReader extends UnitReader {
  /** After about `most` elements, units are traced without theirs. */
  constructor(data, most) {
    super();
    this.add(data);
    this.left = most;
    this.traces = [];
    this.current = null;
  }

  /** Yield the units with tensors or notes that can be read as a whole; `traces` has all of them. */
  *all() {
    const reader = new BitReader(this.buffer);
    for (let place = 0; place < this.length; place = reader.end / 8)
      yield* this.unit(reader, place, this.length, 0, this.traces.length);
  }

  *unit(reader, start, end, depth, index) {
    const outer = this.current;
    const around = reader.stack.slice();
    const before = reader.trace;
    const current = new UnitTrace(`${outer === null ? "" : `${outer.path}.`}units[${index}]`, start, end);
    (outer === null ? this.traces : outer.units).push(current);
    this.current = current;
    const sink = (reader.trace = this.left > 0 ? new Sink() : null);
    if (sink !== null) current.elements = sink.elements;
    try {
      yield* super.unit(reader, start, end, depth, index);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      current.error ??= error;
      // The names of a damaged parameter set hold, as far as they were read.
      if (current.unit !== null && format.units[current.type]?.persistent) this.scope = current.unit.scope;
    }
    this.complete(current);
    this.left -= current.elements.length;
    reader.stack = around;
    reader.end = 8 * current.stop;
    reader.trace = before;
    this.current = outer;
  }

  /** Note where the unit ends; of one that is cut off, read what there is. */
  checkSize(reader, size, start, end) {
    const { current } = this;
    try {
      current.stop = super.checkSize(reader, size, start, end);
    } catch (error) {
      if (!(error instanceof IncompleteError) || reader.position >= 8 * end) throw error;
      current.error = error;
    }
    return current.stop;
  }

  /** Note the unit, which is lost to the caller if its payload is at fault. */
  header(reader, size) {
    const { current } = this;
    if (reader.remaining >= 6) current.type = reader.data[reader.position / 8] >> 2;
    current.unit = super.header(reader, size);
    if (current.unit?.missing) current.error = current.unit.missing;
    else current.payloadStart = Math.ceil(reader.position / 8);
    return current.unit;
  }

  payload(reader, unit, depth) {
    const found = super.payload(reader, unit, depth);
    this.current.hasNotes = found !== null && !TYPE_NAMES.has(found.type);
    return found;
  }

  /** Keep the elements of that reading of an aggregate's header that is settled on. */
  withFittingTail(reader, unit, begin, size) {
    const { elements } = this.current;
    const before = elements.length;
    const settled = super.withFittingTail(reader, unit, begin, size);
    if (settled === unit) elements.length = Math.min(before, elements.length);
    else {
      const first = elements.findIndex(({ position }) => position >= begin);
      elements.splice(first, before - first);
    }
    return settled;
  }

  /** Add the elements of a unit's payload, and names for the bits that have none. */
  complete(current) {
    const kind = format.units[current.type];
    if (current.payloadStart !== null) {
      if (kind?.parsed && !current.unit.isPart) this.tracePayload(current, tables[kind.payload]);
      else if (this.left > 0 && current.type !== NnrUnitType.NNR_AGG) current.addRest(kind?.starts ? "trailing" : "payload");
    }
    if (this.left <= 0) return;
    if (!current.units.length) current.addRest("unread");
    nameApart(current.elements);
  }

  /** Add the elements of a payload that is a syntax table. */
  tracePayload(current, syntax) {
    const sink = new Sink();
    const reader = new BitReader(this.buffer.subarray(0, current.stop), { trace: sink });
    for (const [, number] of current.path.matchAll(/\[(\d+)\]/g)) reader.enter("units", "nnr_unit", Number(number));
    reader.position = 8 * current.payloadStart;
    reader.enter("payload", syntax.table);
    let failure = null;
    try {
      syntax.parse(reader, current.unit.scope.copy());
    } catch (error) {
      failure = placed(error, reader).tell();
    }
    current.error ??= failure;
    if (this.left <= 0) return;
    for (const each of sink.elements) current.elements.push(each);
    if (failure === null) current.addRest("trailing");
  }
}
