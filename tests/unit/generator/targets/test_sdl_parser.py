"""The SDL of schemas, read by a parser that others made of the language's grammar.

NNC_SDL_PARSER names a folder with `parser.js`, made by `lezer-generator` of
`grammar/sdl.lezer.grammar` of github.com/MPEGGroup/mpeg-sdl-parser (its line `@context`, which is
for debugging, taken out), and with `@lezer/lr` in its `node_modules`.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from nnc_schema.language.reader import read_schema
from nnc_schema.passes.checker import check
from nnc_schema.targets.sdl import target as sdl

SCHEMAS = Path(__file__).parents[4] / "schema"
PARSER = os.environ.get("NNC_SDL_PARSER", "")

#: Prints the text of each place that the parser can't read, and how many classes there are.
READ = """
import { readFileSync } from "node:fs";
const { parser } = await import("./parser.mjs");
const text = readFileSync(process.argv[1], "utf8");
let classes = 0;
parser.parse(text).iterate({ enter(node) {
  if (node.type.isError) console.log(text.slice(node.from, node.from + 60));
  classes += node.name === "ClassDeclaration";
} });
console.log(classes);
"""


def read(text, folder):
    """Return what the parser has to say of a description: the number of its classes."""
    if not PARSER or shutil.which("node") is None:
        pytest.skip("NNC_SDL_PARSER names no folder with a parser of SDL, or there is no node")
    for name in ("parser.js", "parser.terms.js"):
        shutil.copy(Path(PARSER) / name, folder / name.replace("parser.js", "parser.mjs"))
    (folder / "node_modules").symlink_to(Path(PARSER) / "node_modules")
    (folder / "read.mjs").write_text(READ.replace("process.argv[1]", "process.argv[2]"))
    (folder / "schema.sdl").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["node", "read.mjs", "schema.sdl"], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("folder", ["", "library/isobmff"])
def test_a_public_parser_reads_the_description(folder, tmp_path):
    text = sdl.generate(check(read_schema(SCHEMAS / folder)), {})["schema.sdl"]
    assert read(text, tmp_path) == [str(text.count("\nclass "))]


def test_the_parser_finds_mistakes(tmp_path):
    assert read("class broken { unsigned int(8) }\n", tmp_path)[0] != "1"
