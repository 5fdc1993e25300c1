// Compiles the .ksy files of this folder to Python: node compile_kaitai.js FOLDER
// Wants the packages kaitai-struct-compiler and js-yaml of the npm registry.
const fs = require("fs");
const path = require("path");
const compiler = require("kaitai-struct-compiler");
const yaml = require("js-yaml");

async function main(target) {
  fs.mkdirSync(target, { recursive: true });
  for (const name of fs.readdirSync(__dirname).filter((one) => one.endsWith(".ksy"))) {
    const schema = yaml.load(fs.readFileSync(path.join(__dirname, name), "utf8"));
    const made = await compiler.compile("python", schema, null, false);
    for (const [file, text] of Object.entries(made)) {
      fs.writeFileSync(path.join(target, file), text);
    }
  }
}

main(process.argv[2]);
