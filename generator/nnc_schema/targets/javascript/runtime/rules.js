import { BitstreamError, InvalidError } from "./errors.js";
import { OutsideError } from "./functions.js";
import { isList } from "./numbers.js";

/** Holds what is read to the ranges, constraints and computed values of the schema. */
export class Rules {
  /** `strict`: a broken rule is an error; else it is added to `findings`. */
  constructor(strict) {
    this.strict = strict;
    this.findings = [];
    this.tables = [];
  }

  open(stream, syntax, context) {
    const depth = stream.stack.length;
    while (this.tables.length && this.tables[this.tables.length - 1].depth >= depth) this.tables.pop();
    const outside = { __proto__: null };
    for (const { names } of syntax.constraints)
      for (const name of names)
        if (context.format.parameters.includes(name)) outside[name] = context.names[name] ?? null;
    this.tables.push({ syntax, depth, outside, places: { __proto__: null } });
  }

  see(stream, start, name, index, value) {
    const table = this.tables[this.tables.length - 1];
    if (table === undefined || table.depth !== stream.stack.length) return;
    const bare = name.split("[")[0];
    table.places[bare] ??= start;
    const range = table.syntax.elements[bare]?.range;
    if (range === undefined || (value >= range[0] && value <= range[1])) return;
    const parts = { code: "out-of-range", value, allowed: `${range[0]}..${range[1]}` };
    this.broken(stream, table.syntax, bare, stream.path(bare, index), start, `${bare} is out of range`, parts);
  }

  close(stream, obj, context) {
    const table = this.tables.pop();
    for (const { name, sentence, names, holds } of table.syntax.constraints) {
      const values = names.map((each) => ownValue(obj, each, table, context, stream));
      if (!isBroken(holds, values)) continue;
      const parts = { code: "broken-constraint", value: values[names.indexOf(name)] ?? null };
      const start = table.places[name] ?? stream.position;
      this.broken(stream, table.syntax, name, stream.path(name), start, sentence, parts);
    }
  }

  broken(stream, syntax, name, path, start, message, parts) {
    const line = syntax.elements[name]?.line;
    const schema = line === undefined ? syntax.schema : syntax.schema.replace(/\d+$/, line);
    const error = new InvalidError(message, {
      path,
      bitPosition: start,
      clause: syntax.clause,
      schema,
      layer: stream.layer,
      ...parts,
    });
    if (this.strict) throw error;
    this.findings.push(error);
  }

  miscomputed(stream, syntax, path, name, start, value, wanted) {
    const message = `${name} isn't what it is computed to be`;
    this.broken(stream, syntax, name, path, start, message, { code: "wrong-value", value, allowed: wanted });
  }
}

function ownValue(obj, name, table, context, stream) {
  if (name in obj) return obj[name];
  if (name in table.outside) return table.outside[name];
  if (name in context.format.givens) return context.ask(name, obj, stream);
  return context.names[name] ?? null;
}

/** Tell whether values break a rule; not where one of them is absent or an empty list. */
function isBroken(holds, values) {
  if (values.some((value) => value === null || (isList(value) && !value.length))) return false;
  try {
    return !holds(...values);
  } catch (error) {
    return !(error instanceof OutsideError);
  }
}

/** Compare a computed element, that begins at bit `begin`, with what it comes to. */
export function settle(stream, syntax, obj, name, begin, work) {
  if (stream.rules === null) return;
  const path = stream.path(name);
  let found;
  try {
    found = work();
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    stream.rules.miscomputed(stream, syntax, path, name, begin, obj[name], error.message);
    return;
  }
  if (obj[name] !== null && obj[name] !== found)
    stream.rules.miscomputed(stream, syntax, path, name, begin, obj[name], String(found));
}

/** Settle a computed element at the end of a table around its own. */
export function settle_later(stream, table, syntax, obj, name, begin, work) {
  if (stream.rules === null) return;
  const depth = stream.stack.slice();
  const check = () => {
    const after = stream.stack;
    stream.stack = depth;
    settle(stream, syntax, obj, name, begin, work);
    stream.stack = after;
  };
  stream.pending.push({ table, check });
}

/** Settle the computed elements that wait for the end of a table. */
export function settle_pending(stream, table, before) {
  const since = stream.pending.splice(before);
  for (const each of since) if (each.table !== table) stream.pending.push(each);
  for (const each of since) if (each.table === table) each.check();
}

/** Return the value of an element, which has to be there. */
export function required(stream, value, name) {
  if (value === null) stream.fail("the element is missing", name, null, null, "", "missing-element");
  return value;
}
