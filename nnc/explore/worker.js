// The explorer's decoder, beside the page: takes a file, then the numbers of tensors to be decoded.

import { Exploration } from "./content.js";

/** Bytes between two reports of how much of a file has been read. */
const REPORTED = 1 << 22;

let exploration = null;

/** Return the bytes of a file, and tell how many are there as they come. */
async function bytesOf(file) {
  const bytes = new Uint8Array(file.size);
  const source = file.stream().getReader();
  let place = 0;
  let told = 0;
  for (let piece = await source.read(); !piece.done; piece = await source.read()) {
    bytes.set(piece.value, place);
    place += piece.value.length;
    if (place < told + REPORTED) continue;
    told = place;
    self.postMessage({ read: place });
  }
  return bytes;
}

self.onmessage = async ({ data: { file, tensor } }) => {
  try {
    if (file !== undefined) {
      exploration = new Exploration(await bytesOf(file));
      self.postMessage({ content: exploration.content() });
    } else {
      self.postMessage({ tensor, found: exploration.describe(tensor) });
    }
  } catch (error) {
    self.postMessage({ tensor, failure: `${error.name}: ${error.message}` });
  }
};
