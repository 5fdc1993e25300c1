"""The explorer's page: its content put into a document with style and script."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from nnc.bitio.arguments import checked
from nnc.engine.explorer import Budget
from nnc.engine.mapped import view_of
from nnc.explore.content import explore

#: What ends a script element early, or begins what changes its reading, within JSON text.
SCRIPT_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@checked
def explorer_page(data: memoryview | bytes, name: str, budget: Budget | None = None) -> str:
    """Return a self-contained HTML page about a bitstream, whatever is wrong with it.

    Args:
        data: the bytes of the bitstream.
        name: what to call it, for example the name of its file.
        budget: bounds of what the page holds; None for the defaults.

    Returns:
        The page. It needs no network.
    """
    return page_of(explore(view_of(data), name, budget), name)


def page_of(shown: dict[str, Any], name: str) -> str:
    """Return the page for what it shows, as `explore` and `document_content` give it."""
    content = json.dumps(shown, separators=(",", ":"), allow_nan=False)
    folder = files("nnc.explore")
    document = Template((folder / "page.html").read_text("utf-8"))
    return document.substitute(
        title=escape(name),
        style=(folder / "page.css").read_text("utf-8"),
        script=(folder / "page.js").read_text("utf-8"),
        content=content.translate(SCRIPT_ESCAPES),
    )
