"""The tools of clause 8 and Annex G, each with the tests that are named after it.

The tests of a clause are the functions whose name says it: `test_clause_8_3_4_...`, and
`test_maps_of_annex_g_...`.
Those of `nnc.torch` need PyTorch, and are skipped where it isn't installed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

PLACES = ("tests/unit/reduce", "tests/unit/torch")


@dataclass(frozen=True)
class Tool:
    """One clause.

    Attributes:
        clauses: its numbers, or the annex.
        what: what it is about.
        calls: what does it.
        page: its guide, `docs/guides/reduction/PAGE.md`.
    """

    clauses: tuple[str, ...]
    what: str
    calls: str
    page: str

    def tests(self) -> list[str]:
        """Return the tests named after it, `file::function`."""
        words = [one.lower().replace(".", "_").replace(" ", "_") for one in self.clauses]
        wanted = [one if one.startswith("annex") else f"clause_{one}" for one in words]
        return [
            f"{file}::{name}"
            for file, name in NAMED
            if any(f"{one}_" in f"{name.replace('_and_', '_clause_')}_" for one in wanted)
        ]


def named_tests() -> list[tuple[str, str]]:
    """Find the tests, by file and name."""
    return [
        (path.relative_to(ROOT).as_posix(), node.name)
        for place in PLACES
        for path in sorted((ROOT / place).glob("test_*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


NAMED = named_tests()

TOOLS = [
    Tool(("8.2.1", "8.3.8"), "batch norm folding", "`nnc.reduce.fold_batch_norms`, "
         "`nnc.torch.batch_norm_layers`, `nnc.reduce.blend_batch_norms`, "
         "`nnc encode --fold-batch-norms`", "folding"),
    Tool(("8.3.1",), "compressibility loss", "`nnc.torch.compressibility`, `nnc.torch.rounded`",
         "compressibility"),
    Tool(("8.3.2",), "micro-structured pruning", "`nnc.reduce.prune_blocks`, "
         "`nnc.reduce.prune_n_of_m`, `nnc.torch.mask`, `nnc.torch.Gradual`", "micro-structures"),
    Tool(("8.3.3",), "pruning and sparsification, graph diffusion", "`nnc.reduce.prune_neurons`, "
         "`nnc.torch.cut_neurons`", "neurons"),
    Tool(("8.3.4",), "unstructured, statistics-adaptive sparsification", "`nnc.reduce.sparsify`, "
         "`nnc encode --sparsify`", "sparsification"),
    Tool(("8.3.5",), "structured sparsification", "`nnc.reduce.sparsify_rows`, "
         "`nnc encode --sparsify-rows --prune-rows`", "sparsification"),
    Tool(("8.3.6",), "weight unification", "`nnc.reduce.unify`, `nnc.torch.unify`, "
         "`nnc encode --unify`", "unification"),
    Tool(("8.3.7",), "low rank", "`nnc.reduce.low_rank`, `nnc.torch.low_rank`, "
         "`nnc encode --low-rank`", "low-rank"),
    Tool(("8.3.9",), "local scaling adaptation", "`nnc.torch.local_scaling`, `nnc.torch.tune`",
         "local-scaling"),
    Tool(("Annex G",), "performance maps, and a receiver that applies them",
         "`nnc.reduce.performance_map`, `nnc.reduce.apply_entry`", "maps"),
]  # fmt: skip
