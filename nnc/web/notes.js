// What the metadata units of nnc say of a model: dtypes, ties, folded batch norms.

import { InvalidError } from "./runtime.js";
import { typeOf } from "./arrays.js";
import { hasPlanes } from "./planes.js";
import { notesOf } from "./units.js";

const isCount = (value) => Number.isSafeInteger(value) && value >= 0;

/** Notes of a model, as its metadata units come. */
export class Notes {
  constructor() {
    this.tensors = new Map();
    this.ties = new Map();
    this.norms = new Map();
  }

  /** Take a metadata unit. */
  add(unit) {
    const content = notesOf(unit);
    try {
      for (const [name, note] of Object.entries(content.tensors)) this.tensors.set(name, checkedNote(note));
      for (const [tied, name, place] of content.tied ?? []) this.tie(tied, name, place);
      for (const [weight, norm] of Object.entries(content.folded ?? {})) this.norms.set(weight, checkedNorm(norm));
      for (const { name } of this.ties.values()) if (this.ties.has(name)) throw new TypeError("a tie to a tied name");
    } catch (error) {
      throw unit.located(new InvalidError(`the metadata unit can't be read: ${error.message}`, { path: "payload" }));
    }
  }

  /** Tell whether a tensor is coded as planes. */
  isInPlanes(name) {
    const note = this.tensors.get(name);
    return note?.shape !== undefined && hasPlanes(note.dtype);
  }

  tie(tied, name, place) {
    if (typeof tied !== "string" || typeof name !== "string" || !isCount(place) || this.ties.has(tied))
      throw new TypeError("a tie must be of two names and a number");
    this.ties.set(tied, { name, place });
  }

  /** Return tensors under all of their names, each in its place. */
  withTies(tensors) {
    const found = [...this.ties].filter(([, { name }]) => tensors.has(name));
    const result = new Map();
    const others = [...tensors];
    for (const [tied, { name, place }] of found.sort((a, b) => a[1].place - b[1].place)) {
      for (const [other, tensor] of others.splice(0, Math.max(place - result.size, 0))) result.set(other, tensor);
      result.set(tied, tensors.get(name));
    }
    for (const [other, tensor] of others) result.set(other, tensor);
    return result;
  }
}

function checkedNote({ dtype, packing, shape }) {
  typeOf(dtype);
  const isComplex = dtype.startsWith("complex");
  if (packing === undefined && !isComplex) return { dtype };
  const wanted = isComplex ? "real and imaginary" : hasPlanes(dtype) ? "planes" : "int32 halves";
  if (packing !== wanted || !shape.every(isCount)) throw new TypeError("unknown packing");
  return { dtype, shape };
}

/** Return the names of beta, gamma, mean and variance, and eps. */
function checkedNorm(norm) {
  if (typeof norm === "string") {
    const module = norm.replace(/\.$/, "");
    return { names: ["bias", "weight", "running_mean", "running_var"].map((end) => `${module}.${end}`), eps: 1e-5 };
  }
  const [beta, gamma, mean, variance, eps = 1e-5] = norm;
  const names = [beta, gamma, mean, variance];
  if (names.some((name) => typeof name !== "string") || new Set(names).size < 4 || !(eps >= 0 && eps < 1))
    throw new TypeError("a batch norm has four names, and an eps from 0 to 1");
  return { names, eps };
}
