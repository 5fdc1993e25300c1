// Compiles a description of Kaitai Struct, given as JSON, to Python.
const { readFileSync } = require("node:fs");
const Compiler = require("kaitai-struct-compiler");

async function main([file]) {
  const compiler = typeof Compiler === "function" ? new Compiler() : Compiler;
  const made = await compiler.compile("python", JSON.parse(readFileSync(file)), null, false);
  for (const code of Object.values(made)) console.log(code);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
