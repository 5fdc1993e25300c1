"""The explorer's pages: content, or a decoder, put into a document with style and script."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from nnc.bitio.arguments import checked
from nnc.engine.explorer import Budget, semantics, titles
from nnc.engine.mapped import view_of
from nnc.explore.bundle import bundled
from nnc.explore.content import explore
from nnc.syntax import TABLES

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
    content = f'<script type="application/json" id="content">{as_script(shown)}</script>'
    return document(title=escape(name), script=read("page.js"), data=content)


def app_page() -> str:
    """Return a self-contained HTML page that takes a bitstream, decodes it and shows it.

    The page forbids itself all connections: nothing of the file leaves the machine.
    """
    schema = as_script({"semantics": semantics(TABLES), "tables": titles(TABLES)})
    data = (
        f'<script type="application/json" id="schema">{schema}</script>\n'
        f'<script type="text/plain" id="decoder">{bundled("worker")}</script>'
    )
    return document(
        title="Explore a bitstream",
        script=read("page.js") + read("app.js"),
        data=data,
        chooser=read("chooser.html"),
        hidden=" hidden",
        sources="worker-src blob:; ",
    )


def document(
    *, title: str, script: str, data: str, chooser: str = "", hidden: str = "", sources: str = ""
) -> str:
    """Return a page, which may connect to nothing and run no other script."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    # A worker has the policy of its page, and compiles nothing either.
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; {sources}"
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )
    return Template(read("page.html")).substitute(
        title=title,
        policy=policy,
        style=read("page.css"),
        chooser=chooser,
        hidden=hidden,
        data=data,
        script=script,
    )


def as_script(content: Any) -> str:
    """Return JSON that can stand in a script element."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.translate(SCRIPT_ESCAPES)


def read(name: str) -> str:
    """Return the text of one of the page's files."""
    return (files("nnc.explore") / name).read_text("utf-8")
