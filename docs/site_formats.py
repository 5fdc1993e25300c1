"""Hook of mkdocs: adds a gallery of the formats that come with the package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from nnc_schema.targets.docs.target import annotated, generate

from nnc.cli.schema import STATUSES
from nnc.engine.compiling import checked
from nnc.engine.format import Format
from nnc.engine.illustrating import example_file, examples

ROOT = Path(__file__).parents[1]

#: Section of the navigation, and folder of the site, that they go into.
SECTION, FOLDER = "Formats", "formats"

#: The file of each format whose beginning is shown.
FILES = {
    "av1": "low_delay.obu",
    "flac": "tags.flac",
    "h264": "baseline.h264",
    "isobmff": "fragmented.mp4",
}

#: Lines of the guide's tables on a format: what it describes, how it was proved.
LINE = re.compile(r"^\| `(\w+)` \| (.+?) \|$", re.MULTILINE)


def on_config(config: Any) -> Any:
    """Add the pages to the navigation, before the reference of NNC."""
    pages = [{name: sorted(titles, key=order)} for name, titles in made().items()]
    config["nav"].insert(2, {SECTION: ["guides/library.md", *pages]})
    return config


#: Pages that come before those of tables.
FIRST = ("index.md", "file.md", "elements.md", "clauses.md", "values.md")


def order(path: str) -> tuple[int, str]:
    """Sort pages: the first ones in their order, then tables by name."""
    page = path.rpartition("/")[2]
    return FIRST.index(page) if page in FIRST else len(FIRST), page


def on_files(files: Files, config: Any) -> Files:
    """Add the pages to the site."""
    for pages in made().values():
        for path, text in pages.items():
            files.append(File.generated(config, path, content=text))
    return files


MADE: dict[str, dict[str, str]] = {}


def made() -> dict[str, dict[str, str]]:
    """Return the pages of each format, by path; they are made once."""
    if not MADE:
        MADE.update({name: pages_of(name) for name in FILES})
    return MADE


def pages_of(name: str) -> dict[str, str]:
    """Return the pages of a format by path."""
    form = Format.load(name)
    described, proved = told(name)
    introduction = f"""{described}.

[A file, annotated](file.md). Proved on {proved}; see
[how each was proved](../../guides/library.md#how-each-was-proved)."""
    options = {"title": name, "introduction": introduction, "statuses": STATUSES}
    pages = generate(checked(form.folder), options | {"examples": examples(form)})
    pages = {page: text for page, text in pages.items() if page.endswith(".md")}
    path = ROOT / "tests" / "library" / name / FILES[name]
    pages["file.md"] = f"""---
title: A file, annotated
---

# The beginning of {path.name}

What `nnc trace --schema {name}` reads of `tests/library/{name}/{path.name}`. Colours tell the
bytes of neighbouring elements apart; dotted: several stand in the byte.

{annotated(example_file(form, path.read_bytes()))}"""
    return {f"{FOLDER}/{name}/{page}": text for page, text in pages.items()}


def told(name: str) -> tuple[str, str]:
    """Return what the guide says of a format: what it describes, and how it was proved."""
    text = (ROOT / "docs/guides/library.md").read_text("utf-8")
    lines = [match[2].split(" | ") for match in LINE.finditer(text) if match[1] == name]
    (described, *_), (files, referee, compared) = lines
    return described, f"{files.replace(', of', ' files of')}, against {referee}: {compared}"
