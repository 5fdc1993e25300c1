/**
 * A decoder of ISO/IEC 15938-17 bitstreams for browsers and node; nothing else is needed.
 *
 * All that is thrown about a bitstream is a `BitstreamError`. See nnc.d.ts for the types.
 */

import { restore } from "./arrays.js";
import { layoutOf, product } from "./layout.js";
import { Notes } from "./notes.js";
import { NOISE_SUFFIX } from "./planes.js";
import { BitstreamError, InvalidError, LimitError, MissingValueError } from "./runtime.js";
import { enums } from "./schema.js";
import { State, Update } from "./session.js";
import { Reconstruction, decodeUnit, divided } from "./tensors.js";
import { UnitReader } from "./units.js";

export { BitstreamError, IncompleteError, InvalidError, LimitError, MissingValueError } from "./runtime.js";

const { CompressedDataUnitPayloadType: PayloadType } = enums;

/** Values that a bitstream may hold: so many, and so many more for each of its bytes. */
const FREE_VALUES = 1 << 24;
const VALUES_PER_BYTE = 8192;

/** Returns nothing known of a tensor. */
const NOTHING_KNOWN = () => ({ levels: null, history: null });

/** Return bytes as a Uint8Array, without a copy. */
function bytesOf(data) {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError("a bitstream is an ArrayBuffer or a view on one, such as a Uint8Array");
}

const namesOf = (layout) => layout.tensors.flatMap(({ names }) => names);

/** Tell whether a unit holds the noise of the tensor whose integers are in the one before. */
function isNoise(layout, before) {
  const [name, ...others] = namesOf(layout);
  return layout.type === PayloadType.NNR_PT_RAW_FLOAT && !others.length && name === namesOf(before)[0] + NOISE_SUFFIX;
}

/** Decodes the units of one bitstream as they come. */
class ModelReader {
  constructor(options, update) {
    this.reader = new UnitReader(options);
    this.update = update;
    this.notes = new Notes();
    this.names = new Set();
    this.values = 0;
    this.units = [];
    this.nncodec1 = false;
    this.failure = null;
  }

  /** Decode what is there as a whole; return the names of the tensors in it. */
  take() {
    const found = [];
    for (const unit of this.reader.units(false)) {
      found.push(...this.add(unit));
      if (unit.isData && !this.isWaiting()) this.decodeFrom(this.units.length - 1);
    }
    return found;
  }

  /** Decode a whole bitstream: all headers are looked at first. */
  takeAll() {
    const units = [...this.reader.units(true)];
    this.reader.finish();
    const first = this.units.length - (this.isWaiting() ? 1 : 0);
    // Notes tell which tensors come in two units.
    for (const unit of units.filter(({ isData }) => !isData)) this.add(unit);
    for (const unit of units.filter(({ isData }) => isData)) this.add(unit);
    this.decodeFrom(first);
  }

  /** Tell whether the rest of the last tensor comes in the next unit. */
  isWaiting() {
    const last = this.units.at(-1);
    return Boolean(last?.isInPlanes) && last.noise === undefined;
  }

  /** Take a unit with tensors or notes; return the names of the tensors. */
  add(unit) {
    if (!unit.isData) {
      this.notes.add(unit);
      return [];
    }
    const layout = layoutOf(unit);
    const before = this.units.at(-1);
    if (this.isWaiting() && isNoise(layout, before.layout)) {
      before.noise = unit.payload;
      return namesOf(before.layout);
    }
    this.check(layout);
    const names = namesOf(layout);
    const isInPlanes = layout.type === PayloadType.NNR_PT_INT && names.length === 1 && this.notes.isInPlanes(names[0]);
    this.units.push({ layout, decoded: null, isInPlanes });
    return isInPlanes ? [] : names;
  }

  /** Refuse names that came before, and more values than the bytes may hold. */
  check(layout) {
    const allowed = FREE_VALUES + VALUES_PER_BYTE * this.reader.length + (this.update?.before.heldValues ?? 0);
    for (const tensor of layout.tensors) {
      this.values += tensor.size + (tensor.part === "H" ? product(layout.dimensions) : 0);
      if (this.values > allowed)
        throw layout.unit.located(
          new LimitError(`with tensor '${tensor.name}' the bitstream holds too many values for its size`, {
            path: "header.tensor_dimensions",
            value: this.values,
            allowed: `${allowed} values in all`,
          }),
        );
      for (const name of tensor.names) {
        if (name === "" && layout.parent !== null)
          throw layout.unit.located(
            new MissingValueError("the name of a tensor is left out; only sessions of nnc in Python know such names", {
              path: "header.topology_elem_id",
            }),
          );
        if (this.names.has(name))
          throw layout.unit.located(new InvalidError(`tensor '${name}' occurs twice`, { path: "header.topology_elem_id", value: name }));
        this.names.add(name);
      }
    }
  }

  /**
   * Decode units from one on. The dialect of NNCodec 1 isn't signalled: where a unit of profile 0
   * fails, all are decoded again in that, and it stays so if none fails.
   */
  decodeFrom(first) {
    try {
      this.decodeInDialect(first);
    } catch (error) {
      const hasProfile1 = this.units.some(({ layout }) => layout.coding.profile !== 0);
      if (this.nncodec1 || hasProfile1 || !(error instanceof BitstreamError)) throw this.failure ?? error;
      this.failure = error;
      this.nncodec1 = true;
      try {
        this.decodeInDialect(0);
      } catch {
        throw error;
      }
    }
  }

  decodeInDialect(first) {
    for (const unit of this.units.slice(first)) {
      const known = this.update === null ? NOTHING_KNOWN : (tensor) => this.update.known(unit.layout, tensor);
      const { noise } = unit;
      const decoded = decodeUnit(unit.layout, this.nncodec1, known);
      unit.decoded = noise === undefined ? decoded : decoded.map((one) => ({ ...one, noise }));
    }
  }

  /** Check the end, and return all tensors put together. */
  finish(isWanted) {
    this.takeAll();
    for (const tied of this.notes.ties.keys())
      if (this.names.has(tied)) throw new InvalidError(`tensor '${tied}' is tied, and coded as well`, { path: "payload", value: tied });
    const built = new Reconstruction(isWanted);
    for (const { decoded } of this.units) built.add(decoded);
    built.finish();
    return built;
  }

  /** Return tensors in their formats, as the bitstream says them. */
  delivered(built) {
    const result = new Map();
    for (const [name, array] of built.arrays) {
      const made = built.delivered(name, array);
      const note = this.notes.tensors.get(name);
      result.set(name, note === undefined ? made : restore(made, note, name));
    }
    return result;
  }
}

/**
 * Decode a bitstream: a Map of name to `{ shape, dtype, values }`.
 *
 * Of an update the differences are given back; a `Decoder` applies them.
 */
export function decode(data, options = {}) {
  const reader = new ModelReader(options, null);
  reader.reader.add(bytesOf(data));
  const built = reader.finish(options.reconstruct ?? true);
  built.unfold(reader.notes.norms);
  return reader.notes.withTies(reader.delivered(built));
}

/** Decode the levels of all entropy coded tensors of a bitstream, by name. */
export function decodeLevels(data, options = {}) {
  const reader = new ModelReader(options, null);
  reader.reader.add(bytesOf(data));
  reader.takeAll();
  return levelsOf(reader);
}

function levelsOf({ units }) {
  const result = new Map();
  for (const { decoded } of units)
    for (const each of decoded)
      if (each.levels !== null)
        for (const [name, array] of divided(each, { shape: each.tensor.dimensions, dtype: "int32", values: each.levels }))
          result.set(name, array);
  return result;
}

/** Decodes the bitstreams of a session in order: a base model, then updates of it. */
export class Decoder {
  /** `base` has the tensors of the base model by name, where that doesn't come as a bitstream. */
  constructor(base = null, { baseDepth = 0 } = {}) {
    this.state = base === null ? new State() : State.ofBase(base instanceof Map ? base : Object.entries(base), baseDepth);
    this.reader = null;
  }

  /** Decode the next bitstream; return the whole model after it, or with `apply: false` what it says. */
  decode(data, options = {}) {
    this.reader = new ModelReader(options, new Update(this.state));
    this.reader.reader.add(bytesOf(data));
    return this.finish(options);
  }

  /** Take bytes of the next bitstream; return the names of the tensors that are decoded by them. */
  push(data, options = {}) {
    this.reader ??= new ModelReader(options, new Update(this.state));
    this.reader.reader.add(bytesOf(data));
    try {
      return this.reader.take();
    } catch (error) {
      this.reader = null;
      throw error;
    }
  }

  /** End the bitstream whose bytes were pushed; its result is that of `decode`. */
  finish({ reconstruct = true, apply = true } = {}) {
    const reader = this.reader ?? new ModelReader({}, new Update(this.state));
    this.reader = null;
    const { update } = reader;
    const built = reader.finish(reconstruct);
    for (const { decoded } of reader.units) if (decoded.length) update.keepCoded(decoded.map(copied));
    const device = update.apply(built, reader.notes, apply);
    const result = apply ? update.state.model(device) : reader.delivered(built);
    this.state = update.state;
    return result;
  }

  /** Return all tensors as they are now, on the device that the base model came from or another. */
  tensors(device = this.state.baseDevice ?? 0) {
    return this.state.model(device);
  }

  /** Return a session at the same state, which goes on without this one. */
  copy() {
    const made = new Decoder();
    made.state = this.state;
    return made;
  }
}

/** Return a decoded tensor whose levels stay as they are: integers hand theirs out as values. */
function copied(decoded) {
  return decoded.levels === null || decoded.qp !== null ? decoded : { ...decoded, levels: decoded.levels.slice() };
}
