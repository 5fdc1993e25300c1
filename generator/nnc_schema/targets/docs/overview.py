"""The overview of a schema: which table calls which, as an SVG image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nnc_schema.language import tree
from nnc_schema.passes.analysis import Analysis
from nnc_schema.targets.docs.links import page_of

#: Sizes in pixels: of a row, of a step to the right, of a letter, of the box beyond its text.
ROW, STEP, LETTER, ROOM = 22, 14, 6.6, 12


class Row(NamedTuple):
    """A line of the overview.

    Attributes:
        table: the table.
        depth: how many tables are around it.
        parent: the line of the table that calls it, -1 for none.
        again: the table stands in full further up.
    """

    table: str
    depth: int
    parent: int
    again: bool


def rows(analysis: Analysis) -> list[Row]:
    """Return the tables in the order in which they are called, each in full where it is first."""
    found: list[Row] = []
    seen: set[str] = set()

    def add(table: str, depth: int, parent: int) -> None:
        found.append(Row(table, depth, parent, table in seen))
        if table in seen:
            return
        seen.add(table)
        here = len(found) - 1
        for callee in callees(analysis, table):
            add(callee, depth + 1, here)

    called = {callee for table in analysis.tables for callee in callees(analysis, table)}
    roots = [name for file in analysis.schema.files for _, name in file.roots]
    for table in (*roots, *(name for name in analysis.tables if name not in called)):
        if table not in seen:
            add(table, 0, -1)
    for table in analysis.tables:
        if table not in seen:
            add(table, 0, -1)
    return found


def callees(analysis: Analysis, table: str) -> list[str]:
    """Return the tables that a table calls, each once, in the order of the calls."""
    called = (site.statement for site in analysis.tables[table].calls)
    names = (each.table for each in called if isinstance(each, tree.Call | tree.External))
    return list(dict.fromkeys(name for name in names if name in analysis.tables))


def overview(analysis: Analysis) -> str:
    """Draw the overview; tables link to their pages."""
    lines = rows(analysis)
    width = max(STEP * row.depth + ROOM + LETTER * len(row.table) for row in lines) + 4
    height = ROW * len(lines)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
            f'role="img" style="max-width: {width:.0f}px" font-family="monospace" font-size="11">',
            "<title>Which table calls which</title>",
            *connectors(lines),
            *(box(row, number) for number, row in enumerate(lines)),
            "</svg>",
        ]
    )


def connectors(lines: list[Row]) -> Iterator[str]:
    """Yield the lines from tables to those that they call: one path for each that calls any."""
    below: dict[int, list[int]] = {}
    for number, row in enumerate(lines):
        if row.parent >= 0:
            below.setdefault(row.parent, []).append(number)
    for parent, children in below.items():
        x, top = STEP * lines[parent].depth + STEP / 2, ROW * parent + ROW - 2
        path = f"M{x:.0f} {top}V{ROW * children[-1] + ROW / 2:.0f}"
        path += "".join(f"M{x:.0f} {ROW * each + ROW / 2:.0f}h{STEP / 2:.0f}" for each in children)
        yield f'<path class="lines" d="{path}" fill="none" stroke="currentColor"/>'


def box(row: Row, number: int) -> str:
    """Return the box of a table; dashed where it stands in full further up."""
    x, y = STEP * row.depth + 1, ROW * number + 2
    width = ROOM + LETTER * len(row.table)
    dashes = ' stroke-dasharray="3 2"' if row.again else ""
    kind = "again" if row.again else "table"
    page = page_of(row.table).removesuffix(".md")
    return (
        f'<a href="{page}/"><rect class="{kind}" x="{x}" y="{y}" width="{width:.0f}" '
        f'height="{ROW - 4}" rx="3" fill="none" stroke="currentColor"{dashes}/>'
        f'<text x="{x + ROOM / 2:.0f}" y="{y + 13}" fill="currentColor">{row.table}</text></a>'
    )
