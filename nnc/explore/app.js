"use strict";

/** The page that takes a file: it shows it by `show` of page.js, and decodes it in a worker. */
(() => {
  const byId = (id) => document.getElementById(id);
  const schema = JSON.parse(byId("schema").textContent);
  const program = URL.createObjectURL(new Blob([byId("decoder").textContent], { type: "text/javascript" }));
  let worker = null;
  let waiting = new Map();

  const tell = (text) => { byId("status").textContent = text; };

  /** Names of values, which the schema knows and the decoder's rows leave out. */
  function withNames(nodes) {
    for (const row of nodes) row[7] = schema.semantics[row[8]]?.names?.[row[6]] ?? "";
    return nodes;
  }

  /** Ask the worker for a tensor; the time that it takes is told meanwhile. */
  function decode(tensor, name) {
    const begin = performance.now();
    const telling = setInterval(() => tell(`Decoding ${name} … ${Math.round((performance.now() - begin) / 1000)} s`), 1000);
    worker.postMessage({ tensor });
    return new Promise((resolve) => waiting.set(tensor, (found) => {
      clearInterval(telling);
      tell("");
      resolve(found);
    }));
  }

  function shown(file, content) {
    tell("");
    document.title = file.name;
    show({
      version: 1, name: file.name, ...schema, ...content, nodes: withNames(content.nodes),
      decode: (index) => decode(index, content.tensors[index].name),
      bytesOf: async (start, stop) => new Uint8Array(await file.slice(start, stop).arrayBuffer()),
    });
  }

  /** Take a file in place of the one before, whose decoding ends. */
  function take(file) {
    worker?.terminate();
    for (const resolve of waiting.values()) resolve({});
    waiting = new Map();
    worker = new Worker(program);
    worker.onmessage = ({ data: { read, content, tensor, found, failure } }) => {
      if (read !== undefined) tell(`Reading ${file.name} … ${Math.floor(100 * read / file.size)} %`);
      else if (content !== undefined) shown(file, content);
      else if (tensor === undefined) tell(`${file.name} can't be shown: ${failure}`);
      else waiting.get(tensor)(found ?? { problem: failure });
    };
    tell(`Reading ${file.name} …`);
    worker.postMessage({ file });
  }

  byId("file").addEventListener("change", () => {
    if (byId("file").files.length) take(byId("file").files[0]);
    byId("file").value = "";
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    byId("drop").classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) byId("drop").classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    byId("drop").classList.remove("over");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
})();
