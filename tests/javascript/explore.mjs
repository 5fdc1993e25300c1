// Looks into bitstreams by nnc/explore/content.js: a line of JSON for each, with its content and the histograms of all
// its tensors.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, files] = process.argv.slice(2);
const { Exploration } = await import(pathToFileURL(module));

for (const file of JSON.parse(readFileSync(files))) {
  const exploration = new Exploration(new Uint8Array(readFileSync(file)));
  const described = exploration.tensors.map((_, index) => exploration.describe(index));
  console.log(JSON.stringify({ ...exploration.content(), described }));
}
