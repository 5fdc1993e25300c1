"""Writes docs/clauses.md: for each clause the call that writes it, for each annex its tests.

Run it from the root of the repository: `python docs/make_clauses.py`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.annexes import ANNEXES, Annex  # noqa: E402
from tests.clauses import PRESENT, ROWS, Row  # noqa: E402
from tests.reduction import TOOLS, Tool  # noqa: E402

PAGE = ROOT / "docs" / "clauses.md"

HEAD = """---
title: Clauses and calls
hide:
  - toc
---

# Clauses, and the calls that write them

<!-- Made by docs/make_clauses.py from tests/clauses.py; do not edit. -->

For each clause of decoding (7), quantization (9) and entropy coding (10), and for the units and
headers (6) that the encoder has options for: the options, and the elements that then stand in the
bitstream. A test encodes each, looks for the elements, and decodes; where the last column is
empty, NNCodec 2.1.3 decodes it too, to the same levels and values.

<div class="calls" markdown>

| clause | what | call | elements | NNCodec |
| --- | --- | --- | --- | --- |
"""

ANNEX_HEAD = """
</div>

## Annexes

The tests of formats have the framework itself make a model, and compare what comes back: names,
shapes, types, values within the step, and what the model then computes.

<div class="annexes" markdown>

| annex | about | what works | needs | tests |
| --- | --- | --- | --- | --- |
"""

TOOLS_HEAD = """
</div>

## Parameter reduction

The tools of clause 8, which make a network smaller before it is coded, and the maps of Annex G.
[Make a network smaller first](guides/reduction.md) says what each does, and when it pays.

<div class="annexes" markdown>

| clause | about | calls | tests |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page."""
    clauses, annexes = map(line, ROWS), map(annex_line, ANNEXES)
    tools = "".join(map(tool_line, TOOLS))
    return f"{HEAD}{''.join(clauses)}{TOOLS_HEAD}{tools}{ANNEX_HEAD}{''.join(annexes)}\n</div>\n"


def tool_line(tool: Tool) -> str:
    """Return the line of a tool."""
    tests = by_file(tool.tests())
    about = f"[{tool.what}](guides/reduction/{tool.page}.md)"
    return f"| {', '.join(tool.clauses)} | {about} | {tool.calls} | {tests} |\n"


def annex_line(annex: Annex) -> str:
    """Return the line of an annex, with its tests by file."""
    needs = f"`{annex.extra}`" if annex.extra else ""
    tests = by_file(annex.tests())
    return f"| {annex.letter} | {annex.what} | {annex.works} | {needs} | {tests} |\n"


def by_file(tests: list[str]) -> str:
    """Return tests, `file::function`, by file."""
    files: dict[str, list[str]] = {}
    for test in tests:
        file, _, name = test.partition("::")
        files.setdefault(file, []).append(f"`{name}`")
    return "; ".join(f"{file}: {', '.join(names)}" for file, names in files.items())


def line(row: Row) -> str:
    """Return the line of a row."""
    options = "".join(f", {name}={shown(value)}" for name, value in row.options.items())
    call = f"nnc.Encoder(base{options})" if row.is_session else f"nnc.encode(model{options})"
    elements = [said(name, value) for name, value in {**row.elements, **row.bins}.items()]
    elements += [f"no `{name}`" for name in (*row.absent, *row.absent_bins)]
    cells = [row.clause, row.what, f"`{call}`", ", ".join(elements), row.peer]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def shown(value: object) -> str:
    """Return an option's value as it is written, without what is as always."""
    return re.sub(r", \w+=(None|\(\)|False|\{\})(?=[,)])", "", repr(value))


def said(name: str, value: object) -> str:
    """Return an element and its value."""
    return f"`{name}`" if value is PRESENT else f"`{name}` = {value}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
