// Traces files by a generated reader: a line of JSON for each. Values are told as `described` of
// reader.py tells them, so that nothing is lost on the way.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [job] = process.argv.slice(2);
const { module, repeated, backwards, files } = JSON.parse(readFileSync(job));
const { format } = await import(pathToFileURL(module));
if (repeated) format.framing = { ...format.framing, many: true };
if (backwards) format.transforms.backwards = (data) => data.slice().reverse();

function described(value) {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(described);
  if (typeof value === "string") return `text ${value}`;
  if (value instanceof Uint8Array) return `bytes ${value.length} ${createHash("md5").update(value).digest("hex")}`;
  if (typeof value === "bigint" || (Number.isSafeInteger(value) && !Object.is(value, -0))) return `${value}`;
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  return Number.isNaN(value) ? "nan" : `float ${bits.toString("hex")}`;
}

function fault(error) {
  if (error === null) return null;
  const { kind, code, path, position, clause, schema } = error;
  return [error.constructor.name, kind, code, path, position, clause, schema];
}

for (const file of files) {
  const { records, findings } = format.trace(new Uint8Array(readFileSync(file)));
  const told = records.map(({ path, start, stop, elements, error }) => [
    path,
    start,
    stop,
    elements.map((each) => [each.path, each.position, each.bits, each.descriptor, described(each.value)]),
    fault(error),
  ]);
  console.log(JSON.stringify([told, findings.map(fault)]));
}
