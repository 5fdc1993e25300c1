"""Writes what is made of the tables of options: typed keywords, and docs/options.md.

Run it from the root of the repository: `python docs/make_options.py`.
"""

from __future__ import annotations

import importlib
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "generator")]

from nnc_schema.formatting import formatted  # noqa: E402

TENSOR_KEYWORDS = ROOT / "nnc/encoder/options/keywords.py"
CALL_KEYWORDS = ROOT / "nnc/encoder/call/keywords.py"
PAGE = ROOT / "docs" / "options.md"

MADE = "Made by docs/make_options.py from the tables of options; do not edit."

#: The class of keywords of each call, and those that calls have in common.
CLASSES = {"encode": "Encode", "save_file": "SaveFile", "encode_file": "EncodeFile",
           "Encoder": "Encoder"}  # fmt: skip

#: What the types of options are made of, and where that stands.
IMPORTS = {
    "collections.abc": ("Callable", "Mapping", "Sequence"),
    "concurrent.futures": ("Executor",),
    "os": ("PathLike",),
    "typing": ("Any", "Literal", "TypedDict"),
    "nnc.encoder.call.tables": ("Progress",),
    "nnc.encoder.inputs.joined": ("Joined",),
    "nnc.encoder.options.coding": ("CodebookChoice",),
    "nnc.encoder.options.keywords": ("TensorKeywords",),
    "nnc.encoder.options.steps": ("LayerParameters",),
    "nnc.encoder.options.target": ("Evaluate", "Trial"),
    "nnc.encoder.options.tensor": ("TensorOptions",),
    "nnc.encoder.units.block": ("Block",),
    "nnc.model.batch_norm": ("BatchNorm",),
    "nnc.model.calibration": ("Calibration",),
    "nnc.model.information": ("ModelInformation",),
    "nnc.model.limits": ("Limits",),
    "nnc.model.performance_maps": ("PerformanceMaps",),
    "nnc.model.pruning": ("Pruning",),
    "nnc.model.topology": ("Quantization", "Topology"),
}


INTRODUCTION = """\
Every option of `nnc.encode(model, /, **options)`, `nnc.save_file`, `nnc.encode_file`,
`nnc.Encoder` and `nnc encode`. Python calls take them as keywords, which type checkers and
editors know. A wrong name raises `nnc.UnknownOptionError`, which names the nearest option; a
value out of its range raises `nnc.InputError`.

Where the last column says "command", `nnc encode` has the option too, with hyphens: `--bit-depth`
for `bit_depth`. So does the TOML file of `nnc encode --options FILE`: `bit_depth = 6`. Options of
single tensors are tables in it:

```toml
effort = 2
[tensors."layer4.*"]
qp = -24
dq = false
```

What the command line says counts before the file.
""".splitlines()

TENSORS = """\
The values of `tensors`: `nnc.TensorOptions(qp=-24)` or `{"qp": -24}` by pattern of the name, tables
of the TOML file, and `nnc encode --tensor 'layer4.*=qp:-24,dq:off'`. What isn't said here is
as for the model.
""".splitlines()

LAYERS = """\
The values of `layer_parameters`: `nnc.LayerParameters(qp=-50)` by pattern of the name.
""".splitlines()


def written() -> dict[Path, str]:
    """Return the text of all files that are made here."""
    # The tables name the keywords of tensors, so that these have to be there first.
    tensor = tensor_keywords()
    return {TENSOR_KEYWORDS: tensor, CALL_KEYWORDS: call_keywords(), PAGE: page()}


def tensor_keywords() -> str:
    """Write the keywords of single tensors."""
    if not TENSOR_KEYWORDS.exists():
        TENSOR_KEYWORDS.write_text("class TensorKeywords: ...\n", encoding="utf-8")
    from nnc.encoder.options.tensor import TensorOptions
    from nnc.model.options import rows_of

    lines = keywords("TensorKeywords", "Options of single tensors, for `tensors`; see "
                     "`nnc.TensorOptions`.", rows_of(TensorOptions).values())  # fmt: skip
    return module("Options of single tensors as a type.", lines)


def call_keywords() -> str:
    """Write the keywords of calls: those of all, those of all but sessions, and each one's own."""
    from nnc.model.options import EVERY, WHOLE_MODEL

    rows = [row for _, row in all_rows().values()]

    def taken(calls: Iterable[str]) -> list[Any]:
        return [row for row in rows if set(row.option.calls) == set(calls)]

    lines = [
        *keywords("EveryKeywords", "Options of every call that encodes.", taken(EVERY)), "",
        *keywords("ModelKeywords", "Options of calls that encode one model.", taken(WHOLE_MODEL),
                  "EveryKeywords"),
    ]  # fmt: skip
    shared = {id(row) for row in (*taken(EVERY), *taken(WHOLE_MODEL))}
    for call, name in CLASSES.items():
        own = [row for row in rows if call in row.option.calls and id(row) not in shared]
        base = "EveryKeywords" if call == "Encoder" else "ModelKeywords"
        lines += ["", *keywords(f"{name}Keywords", f"Options of `nnc.{call}`.", own, base)]
    return module("Options of calls as types, which type checkers and editors know.", lines)


def all_rows() -> dict[str, Any]:
    """Return the options of all calls."""
    return importlib.import_module("nnc.encoder.call.asked").all_rows()


def keywords(name: str, text: str, rows: Iterable[Any], base: str = "TypedDict") -> Iterator[str]:
    """Write a class of keywords."""
    total = ", total=False"
    yield f"class {name}({base}{total}):"
    yield f'    """{text}"""'
    yield ""
    for row in rows:
        optional = " | None" if row.holds(Mapping) else ""
        yield f"    {row.name}: {row.written}{optional}"
        yield from docstring(row)
        yield ""


def docstring(row: Any) -> Iterator[str]:
    """Write what an option does below its key, where editors look for it."""
    yield from textwrap.wrap(
        f'"""{row.summary}"""', 96, initial_indent="    ", subsequent_indent="    "
    )


def module(text: str, lines: Iterable[str]) -> str:
    """Write a module: head, imports of what its lines name, lines."""
    body = "\n".join(lines)
    found = set(re.findall(r"\w+", re.sub(r'"""[^"]*"""', "", body)))
    defined = set(re.findall(r"^class (\w+)", body, re.MULTILINE))
    imports = []
    for place, names in IMPORTS.items():
        needed = sorted((found - defined).intersection(names))
        if needed:
            imports.append(f"from {place} import {', '.join(needed)}")
    head = [f'"""{text}', "", MADE, '"""', "", "from __future__ import annotations", ""]
    text = "\n".join([*head, *imports, "", "", body.rstrip(), ""])
    return formatted({"keywords.py": text}, "nnc")["keywords.py"]


def page() -> str:
    """Write the page about options."""
    from nnc.encoder.options.steps import LayerParameters
    from nnc.encoder.options.tensor import TensorOptions
    from nnc.model.options import rows_of

    lines = ["# Options", "", f"<!-- {MADE} -->", "", *INTRODUCTION, ""]
    groups: dict[str, list[Any]] = {}
    for _, row in all_rows().values():
        groups.setdefault(row.group, []).append(row)
    for title, rows in groups.items():
        lines += [f"## {title}", "", *table(rows, calls=True), *notes(rows)]
    lines += ["## Options of single tensors", "", *TENSORS, ""]
    lines += table(rows_of(TensorOptions).values(), calls=False)
    lines += ["## Options of a layer parameter set", "", *LAYERS, ""]
    lines += table(rows_of(LayerParameters).values(), calls=False)
    return "\n".join(lines).rstrip() + "\n"


def table(rows: Iterable[Any], *, calls: bool) -> Iterator[str]:
    """Write a table of options.

    Args:
        rows: the options.
        calls: say which calls take each.
    """
    heads = ["Option", "Type", "Range", "Default", "What it does", *(["Taken by"] * calls)]
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join([':---'] * len(heads))} |"
    for row in rows:
        default = row.told_default or ("no" if row.default is False else "")
        cells = [f"`{row.name}`", f"`{row.written}`", row.told_range, default, row.option.text]
        if calls:
            cells.append(taken_by(row))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def taken_by(row: Any) -> str:
    """Say which calls take an option."""
    from nnc.model.options import EVERY, WHOLE_MODEL

    calls = row.option.calls
    known = {EVERY: "all", WHOLE_MODEL: "all but `Encoder`"}
    told = known.get(tuple(calls), ", ".join(f"`{call}`" for call in calls))
    return f"{told}, command" if row.option.command and "encode_file" in calls else told


def notes(rows: Iterable[Any]) -> Iterator[str]:
    """Write what else there is to know of options."""
    found = [row for row in rows if row.option.more]
    for row in found:
        yield from (f"`{row.name}`", f":   {row.option.more}", "")


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
