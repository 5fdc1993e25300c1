// What a decoder keeps between the bitstreams of a session, and how updates fit it (clauses 6.4.3, 9.2.4).

import { deliver, restore, sum } from "./arrays.js";
import { digest } from "./digests.js";
import { InvalidError, MissingValueError } from "./runtime.js";

/** In place of a device: the base model that all devices start from. */
const ROOT = -1;

/** put_node_depth that a base model has at most, as far as is known. */
const LARGEST_BASE_DEPTH = 1;

/** Bytes of a payload from which its digest tells it from the payloads of other devices. */
const TELLING_SIZE = 32;

const keyOf = (device, name) => `${device} ${name}`;

/** The state of a decoder between two bitstreams; changing it makes another one. */
export class State {
  constructor(parts = {}) {
    // By device and name: what is kept of coded tensors, tensors as they are now, last differences.
    this.coded = new Map(parts.coded);
    this.arrays = new Map(parts.arrays);
    this.differences = new Map(parts.differences);
    this.ties = new Map(parts.ties);
    this.baseDevice = parts.baseDevice ?? null;
    this.baseNode = parts.baseNode ?? null;
  }

  /** Return the state of a session whose base model is known as arrays. */
  static ofBase(base, depth) {
    const state = new State({ baseDevice: 0, baseNode: { device: 0, parameter: null, depth } });
    for (const [name, array] of base) state.replace(ROOT, name, array, null, null);
    return state;
  }

  get heldValues() {
    let count = 0;
    for (const { array } of this.arrays.values()) count += array.values.length;
    return count;
  }

  kept(device, name) {
    return this.coded.get(keyOf(device, name)) ?? null;
  }

  keep(device, name, kept) {
    this.coded.set(keyOf(device, name), { ...kept, device, name });
  }

  replace(device, name, array, format, note) {
    this.arrays.set(keyOf(device, name), { device, name, array, format, note });
    this.differences.delete(keyOf(device, name));
  }

  /** Return a tensor as a device has it, with how it is delivered; null where it has none. */
  held(device, name) {
    return this.arrays.get(keyOf(device, name)) ?? this.arrays.get(keyOf(ROOT, name)) ?? null;
  }

  /** Return which names of a device's tensors are other names of which. */
  tiesOf(device) {
    const found = new Map();
    for (const owner of [ROOT, device])
      for (const tie of this.ties.values()) if (tie.owner === owner) found.set(tie.name, tie.first);
    return new Map([...found].filter(([, first]) => first !== null));
  }

  /** Let tied tensors follow after a bitstream. */
  followTies(device, ties, layouts) {
    const isBase = [...layouts.values()].some((layout) => !layout.update);
    for (const owner of isBase ? [ROOT, device] : [device]) {
      const known = this.tiesOf(owner);
      const set = (name, first) => this.ties.set(keyOf(owner, name), { owner, name, first });
      for (const name of layouts.keys()) if (known.has(name)) set(name, null);
      for (const [name, tie] of ties) set(name, tie.name);
      for (const [name, first] of this.tiesOf(owner)) {
        const source = this.held(owner, first);
        if (source === null) continue;
        this.replace(owner, name, source.array, source.format, source.note);
        this.coded.delete(keyOf(owner, name));
      }
    }
  }

  /** Return all tensors as a device has them, in their formats. */
  model(device) {
    const result = new Map();
    for (const held of this.arrays.values())
      if (held.device === device || held.device === ROOT) result.set(held.name, delivered(this.held(device, held.name)));
    for (const [name, first] of this.tiesOf(device)) if (result.has(name) && result.has(first)) result.set(name, result.get(first));
    return result;
  }
}

/** Return a tensor in its format, with values of its own. */
function delivered({ name, array, format, note }) {
  let made = format === null ? array : deliver(array, format, name);
  if (note !== null) made = restore(made, note, name);
  return made.values === array.values ? { ...made, values: array.values.slice() } : made;
}

const told = ({ device, parameter, depth }) =>
  `node (device ${device}${parameter === null ? "" : `, parameter ${parameter}`}, depth ${depth})`;

const toldParent = ({ node, algorithm, digest: digits }) =>
  node === null ? `node whose payload has the ${algorithm} ${digits.slice(0, 16)}...` : told(node);

/** Tell whether what is kept of a tensor is the parent that a header names. */
function fits(parent, kept) {
  if (parent.node !== null) {
    const { node } = parent;
    const isSameTree = [kept.node.parameter, node.parameter].includes(null) || kept.node.parameter === node.parameter;
    return isSameTree && kept.node.device === node.device && kept.node.depth === node.depth;
  }
  const isUnknown = [kept.node.parameter, parent.parameter, parent.depth].includes(null);
  const isSamePlace = kept.node.parameter === parent.parameter && kept.node.depth === parent.depth;
  return (isUnknown || isSamePlace) && kept.digest(parent.algorithm) === parent.digest;
}

const isTelling = (kept) => kept.levels !== null && kept.payload.length >= TELLING_SIZE && kept.levels.some(Boolean);

const areSame = (one, other) =>
  one === other || (one !== null && other !== null && one.length === other.length && one.every((value, at) => value === other[at]));

/** Works out what a bitstream makes of a state. */
export class Update {
  constructor(state) {
    this.before = state;
    this.state = new State(state);
  }

  deviceOf(layout) {
    return layout.node === null ? (this.before.baseDevice ?? 0) : layout.node.device;
  }

  /** Return what the tensor of a unit may refer to: levels of its parent, and a history. */
  known(layout, tensor) {
    const device = this.deviceOf(layout);
    const own = this.before.kept(device, tensor.name);
    if (own !== null && isPast(layout, own))
      throw layout.unit.located(
        new InvalidError(
          `the update of tensor '${tensor.name}' to ${told(layout.node)} was already decoded or skipped: the tensor is at ${told(own.node)}`,
          { path: "header.put_node_depth", value: own.node.depth, clause: "6.4.3" },
        ),
      );
    const parent = this.parentOf(layout, tensor.name);
    return { levels: parent?.kept?.levels ?? null, history: this.history(layout, tensor, parent) };
  }

  history(layout, tensor, parent) {
    if (parent === null) return null;
    const kept = this.before.kept(this.deviceOf(layout), tensor.name) ?? parent.kept;
    const base = this.before.baseNode;
    if (kept === null && base !== null && base.depth > LARGEST_BASE_DEPTH) return null;
    const history = kept?.history ?? null;
    return history !== null && history.length === tensor.size ? history : new Uint8Array(tensor.size);
  }

  /** Find the parent of a tensor's update: its device and what is kept of it; null: nothing is known. */
  parentOf(layout, name) {
    const { parent } = layout;
    if (parent === null) return null;
    const { before } = this;
    const devices = [this.deviceOf(layout), ROOT, ...(parent.node === null ? [] : [parent.node.device])];
    const likely = devices.map((device) => ({ device, kept: before.kept(device, name) })).filter(({ kept }) => kept !== null);
    const found = likely.find(({ kept }) => fits(parent, kept));
    if (found !== undefined) return found;
    const others = parent.node === null ? [...before.coded.values()].filter((kept) => kept.name === name && fits(parent, kept)) : [];
    if (others.length && others.every(isTelling)) {
      this.checkAlike(name, parent, others);
      return { device: others[0].device, kept: others[0] };
    }
    const { baseNode } = before;
    if (before.kept(devices[0], name) === null && baseNode !== null && isGivenBase(parent, baseNode)) return { device: ROOT, kept: null };
    const at = likely.length ? likely.map(({ kept }) => kept.node) : baseNode === null ? [] : [baseNode];
    if (at.length || others.length) throw this.mismatch(layout, name, at.length ? at : others.map((kept) => kept.node));
    return null;
  }

  mismatch(layout, name, nodes) {
    const where = [...new Set(nodes.map(told))].join(" and ");
    const to = layout.node === null ? "" : ` to ${told(layout.node)}`;
    const message = `the update of tensor '${name}'${to} is one of ${toldParent(layout.parent)}, but the tensor is at ${where}`;
    return layout.unit.located(new InvalidError(message, { path: "header.parent_node_id_present_flag", clause: "6.4.3" }));
  }

  /** Refuse a parent that may be one of several nodes, if it matters which. */
  checkAlike(name, parent, others) {
    const [first, ...rest] = others;
    const valuesOf = ({ device }) => this.before.arrays.get(keyOf(device, name))?.array.values ?? null;
    for (const other of rest)
      if (!areSame(first.levels, other.levels) || !areSame(first.history, other.history) || !areSame(valuesOf(first), valuesOf(other)))
        throw new InvalidError(
          `the update of tensor '${name}' is one of the ${toldParent(parent)}, which ${told(first.node)} and ${told(other.node)} have both`,
          { path: "header.parent_node_id_type", clause: "6.4.3" },
        );
  }

  /** Keep what later updates may refer to of the tensors of a unit. */
  keepCoded(decoded) {
    const { layout } = decoded[0];
    const device = this.deviceOf(layout);
    this.state.baseDevice ??= device;
    const { payload } = layout.unit;
    const digests = {};
    const common = { payload, digest: (algorithm) => (digests[algorithm] ??= digest(algorithm, payload)) };
    for (const { tensor, levels } of decoded) {
      const kept = { ...common, node: this.newNode(layout, tensor.name), levels, history: this.newHistory(layout, tensor, levels) };
      this.keep(layout, device, tensor.name, kept);
      layout.kept = { ...kept, levels: null, history: null };
    }
  }

  keep(layout, device, name, kept) {
    this.state.keep(device, name, kept);
    if (!layout.update) this.state.keep(ROOT, name, { ...kept, history: null });
  }

  newNode(layout, name) {
    if (layout.node !== null) return layout.node;
    const device = this.deviceOf(layout);
    const before = this.parentOf(layout, name)?.kept ?? (layout.update ? this.before.kept(device, name) : null);
    if (before === null) return { device, parameter: null, depth: 0 };
    return { device, parameter: before.node.parameter, depth: before.node.depth + 1 };
  }

  newHistory(layout, tensor, levels) {
    const before = this.before.kept(this.deviceOf(layout), tensor.name) ?? this.parentOf(layout, tensor.name)?.kept ?? null;
    let history = before?.history ?? null;
    if (history !== null && history.length !== tensor.size) history = null;
    if (levels === null || !layout.update) return history;
    return Uint8Array.from(levels, (level, at) => (level !== 0 || (history !== null && history[at]) ? 1 : 0));
  }

  /** Put the tensors of a bitstream into the state; return the device that they are of. */
  apply(tensors, notes, isNeeded) {
    const { state } = this;
    let device = state.baseDevice ?? 0;
    for (const [name, array] of tensors.arrays) {
      const layout = tensors.layouts.get(name);
      if (!layout.tensors.some((tensor) => tensor.name === name)) this.keep(layout, layout.kept.node.device, name, layout.kept);
      device = this.deviceOf(layout);
      const note = notes.tensors.get(name) ?? null;
      if (layout.parent === null) {
        state.replace(device, name, array, layout.dataFormat, note);
        if (!layout.update) state.replace(ROOT, name, array, layout.dataFormat, note);
      } else {
        this.applyDifference(device, name, array, layout, note, isNeeded);
      }
    }
    state.followTies(device, notes.ties, tensors.layouts);
    return device;
  }

  applyDifference(device, name, array, layout, note, isNeeded) {
    const { state, before } = this;
    const parent = this.parentOf(layout, name)?.device ?? ROOT;
    const last = before.differences.get(keyOf(parent, name));
    const difference = layout.predictive && last !== undefined ? sum(last, array, name) : array;
    const held = before.arrays.get(keyOf(parent, name));
    if (held !== undefined)
      state.arrays.set(keyOf(device, name), { ...held, device, array: sum(held.array, difference, name), note: note ?? held.note });
    else if (isNeeded)
      throw layout.unit.located(
        new MissingValueError(`the update of tensor '${name}' is one of ${toldParent(layout.parent)}, whose values aren't known`, {
          path: "header.parent_node_id_present_flag",
        }),
      );
    state.differences.set(keyOf(device, name), difference);
  }
}

/** Tell whether an update is to a node that its device has come to, or passed, before. */
function isPast({ node, update }, own) {
  if (node === null || !update || node.depth > own.node.depth) return false;
  return node.device === own.node.device && node.parameter === own.node.parameter;
}

function isGivenBase(parent, base) {
  if (parent.node === null) return parent.depth === null || parent.depth === base.depth;
  return parent.node.device === base.device && parent.node.depth === base.depth;
}
