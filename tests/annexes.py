"""Annexes A to F, each with the files of tests that are named after it.

The tests of an annex are the functions whose name says it: `test_annex_b_...`. Those of formats
need the framework, which makes the models: they are skipped where it isn't installed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Annex:
    """One annex.

    Attributes:
        letter: A to F.
        what: what it is about.
        works: what nnc does.
        extra: what has to be installed, "" for nothing.
    """

    letter: str
    what: str
    works: str
    extra: str = ""

    def tests(self) -> list[str]:
        """Return the tests named after the annex, `file::function`."""
        return [name for name, letters in NAMED if self.letter in letters]


def named_tests() -> list[tuple[str, str]]:
    """Find the tests that are named after annexes, with the letters of these."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_annex_"):
                words = node.name.split("_")[2:]
                letters = words[0] + (words[2] if words[1] == "and" else "")
                found.append((f"{path.relative_to(ROOT).as_posix()}::{node.name}", letters.upper()))
    return found


NAMED = named_tests()

ANNEXES = [
    Annex("A", "NNEF", "folders and archives of NNEF read and written; `graph.nnef` and "
          "`graph.quant` travel along", "nnc[nnef]"),
    Annex("B", "ONNX", "ONNX models read and written, with external data too; the graph travels "
          "along, and the decoded model runs", "nnc[onnx]"),
    Annex("C", "PyTorch", "state dicts and exported programs read and written", "nnc[torch]"),
    Annex("D", "TensorFlow", "Keras files and SavedModels read and written; config or graph "
          "travel along, and the decoded model runs", "nnc[keras], tensorflow"),
    Annex("E", "other containers", "bitstreams put into ISO base media files, safetensors files "
          "and external data of ONNX, and taken out"),
    Annex("F", "names of metrics", "the names offered, others allowed, unusual spellings told; "
          "`nnc check` warns of values that no such metric has"),
]  # fmt: skip
