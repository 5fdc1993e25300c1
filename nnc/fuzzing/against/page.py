"""What came of a run of a decoder, as one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from nnc.fuzzing.against.outcomes import BAD, WORDS

STYLE = """
:root { color-scheme: light dark; --back: #ffffff; --text: #1b1f24; --soft: #5c6672;
  --line: #d8dde3; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --back: #14171b; --text: #e6e9ed; --soft: #9aa5b1;
  --line: #333b45; --bad: #ff8a80; } }
body { background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .6rem .3rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
td.number { text-align: right; white-space: nowrap; }
.bad { color: var(--bad); }
p.soft, td.soft { color: var(--soft); }
.wide { overflow-x: auto; }
"""


def page_of(report: Mapping[str, Any]) -> str:
    """Return the page of a report, which holds all that it needs."""
    title = f"{report['bitstreams']} bitstreams for {report['command']}"
    outcomes = table(
        ("what came of it", "bitstreams"),
        ((words(kind), count) for kind, count in report["outcomes"].items()),
    )
    groups = table(
        ("outcome", "cause", "bitstreams", "smallest", "which uses"),
        (
            (
                words(group["outcome"]),
                escape(group["cause"]),
                group["count"],
                smallest(group, number),
                escape(", ".join(group["features"])),
            )
            for number, group in enumerate(report["groups"], 1)
        ),
    )
    rules = table(
        ("rule", "what came of it"),
        (
            (escape(rule), ", ".join(f"{words(kind)}: {count}" for kind, count in found.items()))
            for rule, found in report["rules"].items()
        ),
    )
    unreached = escape(", ".join(report["unreached_rules"])) or "none"
    about = f"Features: {escape(report['features'])}. Seed: {escape(report['seed'])}."
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{escape(title)}</h1>\n<p class=soft>{about}</p>\n"
        f"<h2>Outcomes</h2>\n{outcomes}<h2>Causes</h2>\n{groups}"
        f"<h2>Rules</h2>\n{rules}<p>Rules that no bitstream came to break: {unreached}.</p>\n"
        "</body></html>\n"
    )


def smallest(group: Mapping[str, Any], number: int) -> str:
    """Return the cell of the smallest bitstream of a group."""
    entry = group["smallest"]
    if entry is None:
        return ""
    file = escape(f"groups/{number:02}/{entry['file']}")
    return f'<a href="{file}">{entry["bytes"]} bytes</a>'


def words(kind: str) -> str:
    """Return what an outcome is called; bad ones stand out."""
    told = escape(WORDS[kind])
    return f"<span class=bad>{told}</span>" if kind in BAD else told


def table(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a table; numbers stand at the right."""
    lines = [f"<tr>{''.join(f'<th>{escape(head)}' for head in heads)}</tr>"]
    for row in rows:
        cells = (
            f"<td class=number>{cell}" if isinstance(cell, int) else f"<td>{cell}" for cell in row
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "<div class=wide><table>\n" + "\n".join(lines) + "\n</table></div>\n"
