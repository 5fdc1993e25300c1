// Runs nnc's decoder for browsers under node for `nnc fuzz --against`; needs its folder, nnc/web.
//
//   nnc fuzz --driver javascript > run_javascript.mjs
//   nnc fuzz --against 'node run_javascript.mjs nnc-web/nnc.js' --memory 16000 --valid 1000 -o javascript
//
// It serves: one line of JSON in for each bitstream, one line out, with digests of levels and values.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { BitstreamError, Decoder, decode, decodeLevels } = await import(pathToFileURL(resolve(process.argv[2])));

/** Return the bytes of float16 values, which a Float32Array holds exactly. */
function halves(values) {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, place) => {
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    const size = Math.abs(value);
    let bits = Number.isNaN(size) ? 0x7e00 : 0x7c00;
    if (size < 2 ** -14) bits = size * 2 ** 24;
    else if (size < Infinity) {
      const exponent = Math.floor(Math.log2(size));
      bits = ((exponent + 14) << 10) + size * 2 ** (10 - exponent);
    }
    bytes.writeUInt16LE(sign | bits, 2 * place);
  });
  return bytes;
}

/** Return the digest of a tensor, as docs/guides/decoders.md says it. */
function digest({ shape, dtype, values }) {
  const bytes = dtype === "float16" ? halves(values) : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return createHash("sha256")
    .update(`${[dtype, ...shape].join(" ")}\n`)
    .update(bytes)
    .digest("hex");
}

const digests = (tensors) => Object.fromEntries([...tensors].map(([name, tensor]) => [name, digest(tensor)]));

/** Decode the bitstream of a job after its base. */
function answer(job) {
  const read = (path) => new Uint8Array(readFileSync(path));
  const told = (of) => ({ dimensions: job[`${of}dimensions`], cabacUnaryLengthMinus1: job[`${of}cabac_unary_length_minus1`] });
  const options = told("");
  const data = read(job.file);
  if (job.base === null) {
    decode(data, options);
    const values = decode(data, { ...options, reconstruct: false });
    return { decoded: true, levels: digests(decodeLevels(data, options)), values: digests(values) };
  }
  const decoder = new Decoder();
  decoder.decode(read(job.base), told("base_"));
  decoder.copy().decode(data, options);
  return { decoded: true, values: digests(decoder.decode(data, { ...options, reconstruct: false, apply: false })) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let found;
  try {
    found = answer(JSON.parse(line));
  } catch (error) {
    // Anything else is a fault of the decoder, and ends the process.
    if (!(error instanceof BitstreamError)) throw error;
    found = { decoded: false, error: error.message };
  }
  console.log(JSON.stringify(found));
}
