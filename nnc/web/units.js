// Units of a bitstream one after the other, with what is in force between them (clause 6.2).

import { BitReader, BitstreamError, IncompleteError, InvalidError, LimitError, MissingValueError, Scope } from "./runtime.js";
import { enums, format, tables } from "./schema.js";

const { NnrUnitType, CompressedDataUnitPayloadType, CompressedParameterTypes, TopologyStorageFormat } = enums;
const KNOWN_TYPES = new Set(Object.values(NnrUnitType));
const MAXIMUM_AGGREGATE_DEPTH = 16;

/** The type of a unit of ours with notes of a model, and how its payload begins. */
const METADATA_UNIT_TYPE = 62;
const METADATA_SIGNATURE = new TextEncoder().encode("nnc metadata 1\0");

/** Lists of the header that decoding a payload is held against. */
const HEADER_LISTS = /^(cabac_offset_list|dq_state_list|bit_offset_list)\b/;

/** Return the path of the element that an entry of one of those lists comes from. */
function coded(path) {
  const [, name, , number] = /^(\w+)(\[(\d+)\])?/.exec(path);
  if (name !== "bit_offset_list") return path;
  return Number(number ?? 0) ? `bit_offset_delta2[${number - 1}]` : "bit_offset_delta1";
}

/** Return an element of a table, or of one that it calls; null where none is called so. */
export function element(table, name) {
  if (table === null || table === undefined) return null;
  if (name in table) return table[name];
  for (const value of Object.values(table))
    if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === null) {
      const found = element(value, name);
      if (found !== null) return found;
    }
  return null;
}

/** Tell whether bytes begin with others. */
function beginsWith(bytes, start) {
  return bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte);
}

/** The units whose parameters are in force. */
const NO_SETS = { start: null, mps: null, lps: null, list: null, listParts: [] };

/** One unit: header, payload, and what is in force for it. */
class Unit {
  constructor(sets, scope) {
    this.sets = sets;
    this.scope = scope;
    this.given = {};
    this.header = null;
    this.path = "";
    this.payload = new Uint8Array(0);
    this.payloadStart = 0;
    this.table = null;
    this.parts = [];
    this.missing = null;
    this.source = null;
  }

  get type() {
    return this.missing === null ? this.header.nnr_unit_type : NnrUnitType.NNR_NDU;
  }

  /** Whether tensors are in it. */
  get isData() {
    return this.type === NnrUnitType.NNR_NDU;
  }

  /** The header's table for compressed data. */
  get data() {
    if (this.missing !== null) throw this.missing;
    return this.header.nnr_compressed_data_unit_header;
  }

  get counter() {
    return this.header?.partial_data_counter ?? 0;
  }

  get isPart() {
    return this.counter > 0 && Boolean(format.units[this.type]?.divisible) && !this.parts.length;
  }

  /** The payload as a table, read when it is first asked for. */
  parsed() {
    if (this.table === null) {
      const syntax = tables[format.units[this.type].payload];
      const reader = new BitReader(this.payload);
      reader.enter("payload", syntax.table);
      try {
        this.table = syntax.parse(reader, this.scope);
      } catch (error) {
        throw this.located(placed(error, reader), true);
      }
      this.hasTrailing = Math.ceil(reader.position / 8) < this.payload.length;
    }
    return this.table;
  }

  /** Names of the tensors of a compressed data unit. */
  names() {
    const { data } = this;
    if (data.nnr_multiple_topology_elements_present_flag)
      return element(data, "topology_elem_id_list") ?? element(data, "topology_elem_id_index_list").map((i) => this.listed(i));
    return [data.topology_elem_id ?? this.listed(data.topology_elem_id_index)];
  }

  /** Return the name that an index into the list of element ids stands for. */
  listed(index) {
    const path = "header.topology_elem_id_index";
    if (this.sets.list === null)
      throw new InvalidError("an index of an element id, but no list of element ids before it", {
        path,
        value: index,
        clause: "6.2.3",
      });
    const ids = element(this.sets.list.parsed(), "topology_elem_id_list") ?? [];
    if (!(index < ids.length))
      throw new InvalidError("an index outside the list of element ids", {
        path,
        value: index,
        allowed: `0..${ids.length - 1}`,
      });
    return ids[index];
  }

  /** Add to an error that the unit is its place; `inPayload`: the position counts from the payload. */
  located(error, inPayload = false) {
    if (!(error instanceof BitstreamError) || error.unit !== undefined) return error;
    error.unit = this.path;
    if (inPayload) {
      if (error.bitPosition !== null) error.bitPosition += 8 * this.payloadStart + this.bitsBetween(error.bitPosition);
      if (HEADER_LISTS.test(error.path)) error.path = `header.${coded(error.path)}`;
      else if (!/^(payload|header)\b/.test(error.path)) error.path = error.path ? `payload.${error.path}` : "payload";
    }
    error.bitPosition ??= this.placeOf(error.path);
    if (!error.path.startsWith(this.path)) error.path = `${this.path}.${error.path}`;
    return error.tell();
  }

  /** Return the bits that stand in the data between the parts up to a place of the payload. */
  bitsBetween(position) {
    let before = 0;
    for (const part of this.parts) {
      if (position < before + 8 * part.payload.length) return 8 * (part.payloadStart - this.payloadStart) - before;
      before += 8 * part.payload.length;
    }
    return 0;
  }

  /** Return the first bit of an element of the header, else where the header or payload begins. */
  placeOf(path) {
    const { data, start, stop, before } = this.source;
    const found = [];
    const [, name, number] = /([^.[\]]*)(?:\[(\d+)\])?$/.exec(path);
    if (path.startsWith("header.")) {
      const append = (entry) => new RegExp(`(^|\\.)${name}(\\[|$)`).test(entry.path) && found.push(entry);
      const reader = new BitReader(data.subarray(0, stop), { trace: { append } });
      reader.position = 8 * start;
      const scope = before.copy();
      scope.given = this.scope.given;
      tables.nnr_unit_size.parse(reader, scope);
      reader.enter("header", "nnr_unit_header");
      try {
        tables.nnr_unit_header.parse(reader, scope);
      } catch (error) {
        if (!(error instanceof BitstreamError)) throw error;
      }
    }
    const exact = found.find((entry) => entry.path === path) ?? found[Math.min(Number(number ?? 0), found.length - 1)];
    return exact?.position ?? 8 * (path.startsWith("payload") ? this.payloadStart : start);
  }
}

/** Return an error with path and position, where it has none of its own; any other as it is. */
export function placed(error, reader) {
  if (!(error instanceof BitstreamError)) throw error;
  if (!error.path) {
    error.path = reader.path("");
    error.bitPosition ??= reader.position;
  }
  return error;
}

/** Return the unit whose payload is cut over several. */
function joined(parts) {
  const [first] = parts;
  const made = new Unit(first.sets, first.scope);
  Object.assign(made, { header: first.header, given: first.given, path: first.path, payloadStart: first.payloadStart, parts });
  made.source = first.source;
  made.payload = new Uint8Array(parts.reduce((sum, part) => sum + part.payload.length, 0));
  let place = 0;
  for (const part of parts) {
    made.payload.set(part.payload, place);
    place += part.payload.length;
  }
  return made;
}

/** Return the parts of which the first is among others that come out of order no more. */
function afterList(sets, unit) {
  if (!unit.isPart) return { ...sets, list: unit, listParts: [] };
  const before = sets.listParts;
  const expected = before.length ? before[before.length - 1].counter - 1 : 0;
  if (unit.counter < expected) return { ...sets, listParts: [] };
  const parts = [...(unit.counter === expected ? before : []), unit];
  return unit.counter > 1 ? { ...sets, listParts: parts } : { ...sets, list: joined(parts), listParts: [] };
}

/** Reads units as their bytes come, and hands on those that tensors or notes are in. */
export class UnitReader {
  /** `outOfBand` has `dimensions` and `cabacUnaryLengthMinus1` of what bitstreams leave out. */
  constructor(outOfBand = {}) {
    this.outOfBand = outOfBand;
    this.buffer = new Uint8Array(0);
    this.length = 0;
    this.place = 0;
    this.index = 0;
    this.scope = new Scope(format);
    this.sets = NO_SETS;
    this.roleOfNext = 0;
    this.decomposedBefore = ["", 0];
    this.begun = new Map();
    this.holdsModel = false;
  }

  /** Take bytes. */
  add(bytes) {
    if (this.length === 0) {
      this.buffer = bytes;
    } else {
      const length = this.length + bytes.length;
      if (length > this.buffer.length || !this.isOwn) {
        const larger = new Uint8Array(2 * length);
        larger.set(this.buffer.subarray(0, this.length));
        this.buffer = larger;
        this.isOwn = true;
      }
      this.buffer.set(bytes, this.length);
    }
    this.length += bytes.length;
  }

  /** Yield the compressed data units and notes in the units that are there as a whole. */
  *units(isLast) {
    while (this.place < this.length) {
      const { buffer, place } = this;
      const isLong = buffer[place] >> 7;
      if (!isLast && place + 2 + 2 * isLong > this.length) return;
      const size = isLong
        ? (buffer[place] & 127) * 2 ** 24 + (buffer[place + 1] << 16) + (buffer[place + 2] << 8) + buffer[place + 3]
        : (buffer[place] << 8) | buffer[place + 1];
      if (!isLast && place + size > this.length) return;
      const reader = new BitReader(buffer.subarray(0, this.length));
      yield* this.unit(reader, place, this.length, 0, this.index++);
      this.place = reader.end / 8;
    }
  }

  /** Check, at the end of the bytes, that a model was there, and all parts of units. */
  finish() {
    if (this.length === 0) throw new IncompleteError("an empty file or no bytes are no bitstream", 8);
    if (!this.holdsModel)
      throw new IncompleteError("the bitstream ends before its model parameter set", 8, { bitPosition: 8 * this.length });
    for (const parts of this.begun.values()) {
      const last = parts[parts.length - 1];
      const told = `${parts.length} parts of ${parts[0].names()} are present, more are missing`;
      throw last.located(new IncompleteError(told, 8, { path: "header.partial_data_counter", value: last.counter }));
    }
  }

  /** Yield what is in the unit that begins at a byte; leaves `reader.end` at its end. */
  *unit(reader, start, end, depth, index) {
    reader.enter("units", "nnr_unit", index);
    reader.position = 8 * start;
    reader.end = 8 * end;
    const found = this.read(reader, start, end, depth);
    const stop = reader.end;
    if (found !== null && found.type === NnrUnitType.NNR_AGG) {
      let place = Math.ceil(reader.position / 8);
      for (let inner = 0; 8 * place < stop; inner++) {
        yield* this.unit(reader, place, stop / 8, depth + 1, inner);
        place = reader.end / 8;
      }
    } else if (found !== null) {
      const whole = this.whole(found);
      if (whole !== null) yield whole;
    }
    reader.end = stop;
    reader.leave();
  }

  /** Return the unit at a byte, where somebody needs it. */
  read(reader, start, end, depth) {
    try {
      reader.enter("nnr_unit_size", "nnr_unit_size");
      const size = tables.nnr_unit_size.parse(reader, this.scope);
      const stop = this.checkSize(reader, size, start, end);
      reader.leave();
      reader.end = 8 * stop;
      const unit = this.header(reader, size);
      if (unit?.missing) this.holdsModel = true;
      return unit === null || unit.missing ? unit : this.payload(reader, unit, depth);
    } catch (error) {
      throw placed(error, reader).tell();
    }
  }

  checkSize(reader, size, start, end) {
    const value = size.nnr_unit_size;
    const smallest = (size.nnr_unit_size_flag ? 4 : 2) + 1;
    if (value < smallest) {
      reader.position = 8 * start;
      const told = "a unit is smaller than its size field and one byte of header";
      reader.fail(told, "nnr_unit_size", null, value, `${smallest} and above`);
    }
    if (start + value > end)
      throw new IncompleteError(`the unit's size of ${value} bytes runs past the end of the data`, 8 * (start + value - end), {
        path: reader.path("nnr_unit_size"),
        bitPosition: 8 * start,
        value,
        allowed: `${smallest}..${end - start}`,
      });
    return start + value;
  }

  header(reader, size) {
    const begin = reader.position;
    const type = reader.data[begin / 8] >> 2;
    const unit = new Unit(this.sets, this.scopeFor(size));
    unit.scope.given = (name, table) => this.given(unit, name, table);
    unit.path = reader.path("");
    unit.source = { data: reader.data, start: begin / 8 - (size.nnr_unit_size_flag ? 4 : 2), stop: reader.end / 8, before: this.scope };
    const depth = reader.stack.length;
    try {
      this.parseHeader(reader, unit);
    } catch (error) {
      if (!(error instanceof MissingValueError)) throw error;
      // What is wrong elsewhere is told first; and whoever asks for the tensor gets to know this.
      unit.missing = this.toldMissing(error, reader, depth);
      return unit;
    }
    if (!KNOWN_TYPES.has(type)) return type === METADATA_UNIT_TYPE ? unit : null;
    if (isPartOfDecomposed(unit)) unit.scope.given("decomposed_tensor_role", unit.data);
    return type === NnrUnitType.NNR_AGG ? this.withFittingTail(reader, unit, begin, size) : unit;
  }

  toldMissing(error, reader, depth) {
    placed(error, reader).unit = reader.path("");
    reader.stack.length = depth;
    reader.position = reader.end;
    return error.tell();
  }

  scopeFor(size) {
    const scope = this.scope.copy();
    scope.names.nnr_unit_size = size.nnr_unit_size;
    return scope;
  }

  parseHeader(reader, unit) {
    reader.enter("header", "nnr_unit_header");
    unit.header = tables.nnr_unit_header.parse(reader, unit.scope);
    reader.leave();
  }

  /** Read an aggregate's header again without its tail, where the units fit better so. */
  withFittingTail(reader, unit, begin, size) {
    const fit = this.fit(reader, unit);
    if (fit === 3) return unit;
    const after = reader.position;
    const shorter = new Unit(this.sets, this.scopeFor(size));
    shorter.scope.given = { aggregate_has_tail: 0 };
    shorter.path = unit.path;
    reader.position = begin;
    this.parseHeader(reader, shorter);
    if (this.fit(reader, shorter) > fit) return shorter;
    reader.position = after;
    return unit;
  }

  /** Tell how well the units after an aggregate's header fit: their sizes count more than its alignment. */
  fit(reader, unit) {
    let place = Math.ceil(reader.position / 8);
    const end = reader.end / 8;
    let isFull = true;
    for (let number = 0; number < unit.scope.names.num_of_nnr_units_minus2 + 2 && isFull; number++) {
      const { data } = reader;
      const isLong = data[place] >> 7;
      if (place + 2 + 2 * isLong > end) isFull = false;
      const size = isLong
        ? (data[place] & 127) * 2 ** 24 + (data[place + 1] << 16) + (data[place + 2] << 8) + data[place + 3]
        : (data[place] << 8) | data[place + 1];
      if (size < 3) isFull = false;
      place += size;
    }
    const isRegular = unit.header.nnr_aggregate_unit_header.byte_alignment === null;
    return (isFull && place === end ? 2 : 0) + (isRegular ? 1 : 0);
  }

  /** Attach the payload, and make what the unit changes come into force. */
  payload(reader, unit, depth) {
    const first = Math.ceil(reader.position / 8);
    unit.payloadStart = first;
    const kind = format.units[unit.type] ?? {};
    if (unit.type === NnrUnitType.NNR_AGG) {
      if (depth < MAXIMUM_AGGREGATE_DEPTH) return unit;
      throw new LimitError(`aggregates nested more than ${MAXIMUM_AGGREGATE_DEPTH} deep`, {
        path: reader.path("header"),
        bitPosition: reader.position,
      });
    }
    unit.payload = reader.data.subarray(first, reader.end / 8);
    if (kind.persistent) this.parameterSet(unit);
    if (kind.starts) {
      this.scope = new Scope(format);
      for (const name of kind.names) this.scope.names[name] = unit.scope.names[name];
      this.sets = { ...NO_SETS, start: unit };
    } else if (kind.persistent) {
      this.scope = unit.scope;
    }
    if (unit.type === NnrUnitType.NNR_MPS) this.sets = { ...this.sets, mps: unit, lps: null };
    if (unit.type === NnrUnitType.NNR_LPS) this.sets = { ...this.sets, lps: unit };
    const storage = element(unit.header, "topology_storage_format");
    if (unit.type === NnrUnitType.NNR_TPL && storage === TopologyStorageFormat.NNR_TPL_REFLIST)
      this.sets = afterList(this.sets, unit);
    this.holdsModel ||= unit.type === NnrUnitType.NNR_MPS || unit.type === NnrUnitType.NNR_NDU;
    const isNotes = unit.type === METADATA_UNIT_TYPE && beginsWith(unit.payload, METADATA_SIGNATURE);
    return unit.type === NnrUnitType.NNR_NDU || isNotes ? unit : null;
  }

  /** Read a parameter set; where it doesn't fit, as writers have it that count classes by the bit mask. */
  parameterSet(unit) {
    let failure = null;
    try {
      unit.parsed();
    } catch (error) {
      failure = error;
    }
    if (failure === null && !unit.hasTrailing) return;
    const before = unit.table;
    unit.table = null;
    unit.given.unification_class_count_is_bitmask = 1;
    try {
      unit.parsed();
      if (!unit.hasTrailing) return;
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
    }
    delete unit.given.unification_class_count_is_bitmask;
    unit.table = null;
    if (failure !== null) throw failure;
    if (before !== null) unit.parsed();
  }

  /** Return a unit, of one that is cut its parts joined after the last; null: more have to come. */
  whole(unit) {
    if (unit.type !== NnrUnitType.NNR_NDU || unit.counter === 0) return unit;
    const key = JSON.stringify(unit.names());
    const parts = this.begun.get(key) ?? [];
    const expected = parts.length ? parts[parts.length - 1].counter - 1 : unit.counter;
    if (unit.counter !== expected)
      throw unit.located(
        new InvalidError(`a part of ${key} comes out of order`, {
          path: "header.partial_data_counter",
          value: unit.counter,
          allowed: String(expected),
        }),
      );
    this.begun.set(key, [...parts, unit]);
    if (unit.counter > 1) return null;
    this.begun.delete(key);
    return joined([...parts, unit]);
  }

  /** Return a value that the syntax asks for, null for its default. */
  given(unit, name, table) {
    if (name in unit.given) return unit.given[name];
    const { dimensions, cabacUnaryLengthMinus1: length } = this.outOfBand;
    if (name === "out_of_band_tensor_dimensions") return dimensions?.[this.nameOf(unit, table)] ?? null;
    if (name === "out_of_band_cabac_unary_length_minus1")
      return (typeof length === "object" && length !== null ? length[this.nameOf(unit, table)] : length) ?? null;
    if (name === "decomposed_tensor_role") return (unit.given[name] = this.role(this.nameOf(unit, table)));
    return null;
  }

  /** Return the name of the tensor whose header is being read, "" where it has none. */
  nameOf(unit, table) {
    const own = element(table, "topology_elem_id") ?? element(table, "topology_elem_id_list")?.[0];
    if (own !== null && own !== undefined) return own;
    const index = element(table, "topology_elem_id_index") ?? element(table, "topology_elem_id_index_list")?.[0];
    try {
      return index === null || index === undefined ? "" : unit.listed(index);
    } catch (error) {
      if (!(error instanceof BitstreamError)) throw error;
      return "";
    }
  }

  /** Tell which tensor of a decomposed layer a unit holds: 1 G, 2 H. */
  role(name) {
    const [nameBefore, roleBefore] = this.decomposedBefore;
    let role = this.roleOfNext || 1;
    if (name && name === nameBefore) role = roleBefore;
    else if (name.endsWith("_G")) role = 1;
    else if (name.endsWith("_H")) role = 2;
    this.roleOfNext = role === 1 ? 2 : 0;
    this.decomposedBefore = [name, role];
    return role;
  }
}

/** Tell whether a unit holds G or H of a decomposed layer by itself. */
function isPartOfDecomposed(unit) {
  const { names } = unit.scope;
  return (
    unit.type === NnrUnitType.NNR_NDU &&
    names.nnr_compressed_data_unit_payload_type !== CompressedDataUnitPayloadType.NNR_PT_BLOCK &&
    Boolean(names.compressed_parameter_types & CompressedParameterTypes.NNR_CPT_DC) &&
    names.count_tensor_dimensions > 1
  );
}

/** Return the notes in a unit of ours. */
export function notesOf(unit) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(unit.payload.subarray(METADATA_SIGNATURE.length));
    return JSON.parse(text);
  } catch (error) {
    throw unit.located(new InvalidError(`the metadata unit can't be read: ${error.message}`, { path: "payload" }));
  }
}
