// Prints what MP4Box.js reads of files, a line of JSON each: its boxes in the order of their places,
// each with values by name, and the place and bytes of whatever was read one by one.
"use strict";
const fs = require("node:fs");
const { Box, DataStream, FullBox, Log, SampleEntry, createFile } = require("mp4box");

Log.setLogLevel(Log.error);

// Its names for what it makes of boxes itself.
const MADE = new Set([
  "size", "start", "hdr_size", "original_size", "box_name", "data", "boxes", "samples", "uuid",
  "has_unparsed_data", "samples_duration", "samples_size", "sample_groups_info", "sample_number",
  "first_sample_index", "first_traf_merged", "subBoxNames", "isQT", "list", "languageString",
]);

let reads = [];
let depth = 0;

// What calls others of its kind is noted once; what is read twice, for a later writer, never.
function noted(prototype, name, isNoted) {
  const read = prototype[name];
  prototype[name] = function (...given) {
    const begin = depth === 0 && isNoted ? this.getPosition() : -1;
    depth += 1;
    try {
      const found = read.apply(this, given);
      const end = begin < 0 ? 0 : this.getPosition();
      if (begin >= 0 && ArrayBuffer.isView(found)) {
        const width = found.BYTES_PER_ELEMENT;
        for (let place = begin; place < end; place += width) reads.push([place, width]);
      } else if (begin >= 0 && end > begin) reads.push([begin, end - begin]);
      return found;
    } finally {
      depth -= 1;
    }
  };
}

for (const name of Object.getOwnPropertyNames(DataStream.prototype))
  if (/^read(Int|Uint|String|CString)/.test(name)) noted(DataStream.prototype, name, true);
for (const kind of [Box, FullBox, SampleEntry]) noted(kind.prototype, "parseDataAndRewind", false);

const plain = (value) => (typeof value === "bigint" ? `${value}` : value);

function collect(value, name, found) {
  if (value instanceof Box || value === undefined || typeof value === "function") return;
  if (typeof value?.[Symbol.iterator] === "function" && typeof value !== "string") {
    for (const each of value) collect(each, name, found);
    if (value.length === 0) found[name] ??= [];
  } else if (value !== null && typeof value === "object") {
    for (const [key, each] of Object.entries(value)) collect(each, key, found);
  } else (found[name] ??= []).push(plain(value));
}

function boxesIn(box) {
  const found = [...(box.boxes ?? [])];
  for (const value of Object.values(box))
    if (Array.isArray(value)) found.push(...value.filter((each) => each instanceof Box));
  return [...new Set(found)].sort((one, other) => one.start - other.start);
}

function* described(boxes) {
  for (const box of boxes) {
    const values = {};
    for (const [name, value] of Object.entries(box))
      if (!MADE.has(name)) collect(value, name, values);
    yield { begin: box.start, end: box.start + box.size, kind: box.type, values };
    yield* described(boxesIn(box));
  }
}

for (const path of process.argv.slice(2)) {
  reads = [];
  const data = Uint8Array.from(fs.readFileSync(path)).buffer;
  data.fileStart = 0;
  const file = createFile(true);
  file.appendBuffer(data);
  file.flush();
  console.log(JSON.stringify({ boxes: [...described(file.boxes)], reads }));
}
