"""Hook of mkdocs: adds the generated pages of tables to the navigation, as their index has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

#: Section of the navigation that the tables go into.
SECTION = "Reference"

LINE = re.compile(r"^## (?P<heading>.+)$|^\| \[`\w+`\]\((?P<page>\w+\.md)\)", re.MULTILINE)


def on_config(config: Any) -> Any:
    """Add the pages of tables to the navigation."""
    pages = table_pages(Path(config["docs_dir"]) / "reference" / "index.md")
    for entry in config["nav"]:
        if SECTION in entry:
            entry[SECTION] += pages
    return config


def table_pages(index: Path) -> list[dict[str, list[str]]]:
    """Return the pages that an index lists under each of its headings."""
    sections: list[dict[str, list[str]]] = []
    for match in LINE.finditer(index.read_text("utf-8")):
        if match["heading"]:
            sections.append({match["heading"]: []})
        elif sections:
            next(iter(sections[-1].values())).append(f"reference/{match['page']}")
    return [section for section in sections if any(section.values())]
