"""The interoperability vectors: one case a folder, one or several bitstreams a case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "vectors"


@dataclass(frozen=True)
class Case:
    """One folder of vectors."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @cached_property
    def description(self) -> dict:
        return json.loads((self.folder / "case.json").read_text("utf-8"))

    @property
    def bitstreams(self) -> list[Path]:
        return sorted(self.folder.glob("bitstream*.nnc"))

    @property
    def is_sequence(self) -> bool:
        return "sequence" in self.description

    @property
    def is_odd(self) -> bool:
        return self.name.startswith("peer-odd-")

    @property
    def out_of_band(self) -> dict:
        """Keyword arguments of `nnc.decode` for what the bitstream leaves out."""
        values = self.description.get("out_of_band")
        if values is None:
            return {}
        return {
            "dimensions": {name: v["tensor_dimensions"] for name, v in values.items()},
            "cabac_unary_length_minus1": {
                name: v["cabac_unary_length_minus1"] for name, v in values.items()
            },
        }

    def arrays(self, kind: str) -> dict[str, np.ndarray] | None:
        """Arrays of `expected` or `levels`, None where there is no such file."""
        path = self.folder / f"{kind}.npz"
        if not path.exists():
            return None
        with np.load(path) as archive:
            return {name: archive[name] for name in archive.files}


CASES = [Case(path.name) for path in sorted(FOLDER.iterdir()) if path.is_dir()]
