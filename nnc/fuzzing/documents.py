"""Corpora of any format: files that its schema allows, that break one rule, or that are damaged."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nnc.engine.drawing import Broken
from nnc.engine.format import Format
from nnc.fuzzing.corpus import MANIFEST, MANIFEST_VERSION, MAXIMUM_EDITS

#: A file of a corpus: what the manifest says of it, and its bytes.
Made = tuple[dict[str, Any], bytes]


def rule_rows(form: Format) -> list[dict[str, str]]:
    """Return the rules of a format with verdict and text."""
    kinds = form.verdicts()
    return [
        {"rule": name, "verdict": kinds[name.partition(":")[0]], "text": text}
        for name, text in form.rules().items()
    ]


def drawn_files(
    form: Format, seed: str, valid: int | None, rule: str | None, count: int
) -> Iterator[Made]:
    """Yield files that are drawn: `valid` ones, or `count` that break a rule."""
    for number in range(valid or count):
        own = f"{seed}/{number}"
        drawn = form.draw(own, rule)
        about: dict[str, Any] = {"seed": own, "rule": "", "path": "", "verdict": "valid"}
        if isinstance(drawn, Broken):
            about |= {"rule": drawn.rule, "path": drawn.path, "verdict": drawn.verdict}
        name = "valid" if rule is None else rule.replace(":", "-")
        yield {"file": f"{name}-{number:04}.bin", **about}, drawn.data


def mutated_files(form: Format, data: memoryview, count: int, seed: str) -> Iterator[Made]:
    """Yield damaged variants of a file: bits and bytes changed, put in and taken out."""
    for number in range(count):
        own = f"{seed}/{number}"
        chance, changed = random.Random(own), bytearray(data)
        for _ in range(chance.randint(1, MAXIMUM_EDITS)):
            place = chance.randrange(len(changed) + 1)
            action = chance.randrange(4)
            if action == 0 and place < len(changed):
                changed[place] ^= 1 << chance.randrange(8)
            elif action == 1:
                changed[place : place + 1] = chance.randbytes(chance.randint(1, 4))
            elif action == 2:
                del changed[place : place + chance.randint(1, 8)]
            else:
                del changed[place:]
        about = {"seed": own, "rule": "", "path": "", "verdict": "any"}
        yield {"file": f"mutated-{number:04}.bin", **about}, bytes(changed)


def write_corpus(folder: Path, made: Iterator[Made], about: dict[str, str]) -> int:
    """Write files and their manifest; return the number of files."""
    entries = []
    for entry, data in made:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / entry["file"]).write_bytes(data)
        entries.append({**entry, "bytes": len(data)})
    manifest = {"schema_version": MANIFEST_VERSION, **about, "files": entries}
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8")
    return len(entries)
