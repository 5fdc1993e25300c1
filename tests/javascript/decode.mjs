// Decodes bitstreams by nnc/web/nnc.js: a line of JSON for each job, with the values of tensors as
// text, or the error, and how long it took.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, jobs] = process.argv.slice(2);
const { BitstreamError, Decoder, decode, decodeLevels } = await import(pathToFileURL(module));

const told = (tensors) =>
  [...tensors].map(([name, { shape, dtype, values }]) => {
    const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
    return [name, shape, dtype, values.constructor.name, raw];
  });

/** Hand bytes over in pieces. */
function streamed(decoder, data, size, options) {
  const names = [];
  for (let place = 0; place < data.length; place += size)
    names.push(...decoder.push(data.subarray(place, place + size), options));
  const tensors = decoder.finish(options);
  for (const name of names) if (options.reconstruct === false && !tensors.has(name)) throw new Error(`no ${name}`);
  return tensors;
}

function run({ files, how, options, piece }) {
  const read = files.map((file) => new Uint8Array(readFileSync(file)));
  if (how === "levels") return [told(decodeLevels(read[0], options))];
  if (how === "decode") return [told(decode(read[0], options))];
  const decoder = new Decoder();
  return read.map((data) => told(piece ? streamed(decoder, data, piece, options) : decoder.decode(data, options)));
}

for (const job of JSON.parse(readFileSync(jobs))) {
  let found;
  const begin = process.cpuUsage();
  try {
    found = { tensors: run(job) };
  } catch (error) {
    if (!(error instanceof BitstreamError)) throw error;
    const { kind, code, path, position } = error;
    found = { error: [kind, code, path, position] };
  }
  const { user, system } = process.cpuUsage(begin);
  console.log(JSON.stringify({ ...found, seconds: (user + system) / 1e6, bytes: process.memoryUsage().rss }));
}
