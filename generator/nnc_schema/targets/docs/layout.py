"""The layout of a table as a drawing: fixed widths to scale, the rest as what it is.

Elements of fixed width that follow each other make a run, drawn in rows of 16 bits. Elements
whose width is in the data, called tables and the alignment take a row each. What stands under
a condition or in a loop has a bar at its left. Colours come from the style sheet of the site;
without it the drawing is made of lines in the colour of the text.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from html import escape

from nnc_schema.language import tree
from nnc_schema.language.descriptors import DESCRIPTORS
from nnc_schema.passes import expressions
from nnc_schema.passes.table_facts import BYTE_ALIGNMENT, PADDING, TableFacts
from nnc_schema.targets.docs.syntax import Writer

ROW_BITS = 16
BIT, ROW, GAP, INDENT = 20, 22, 6, 9
WIDTH = ROW_BITS * BIT

#: Fields wider than two rows are drawn in one, with their width written out.
MOST_BITS = 2 * ROW_BITS

#: Width of a character in the fonts of boxes and of conditions.
CHARACTER = 6.1


@dataclass(slots=True)
class Item:
    """Something that takes a row of its own.

    Attributes:
        kind: `variable`, `call`, `alignment`, `wide`, or `condition` and `loop` for what
            holds others.
        text: what is written on it.
        anchor: the element that it leads to, or "".
        inner: the items in it.
    """

    kind: str
    text: str
    anchor: str = ""
    inner: list[Item | Run] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """Elements of fixed width in a row, as (name, bits)."""

    fields: list[tuple[str, int]] = field(default_factory=list)


class Layout:
    """Takes a table apart into items and runs."""

    def __init__(self, facts: TableFacts):
        """Set the table."""
        self.facts = facts
        self.writer = Writer(None, facts)

    def items(self, statements: tuple[tree.Statement, ...]) -> list[Item | Run]:
        """Return what statements read, in order."""
        found: list[Item | Run] = []
        for statement in statements:
            match statement:
                case tree.Element():
                    self.add_element(found, statement)
                case tree.Call():
                    found.append(self.call(statement))
                case tree.External():
                    found.append(Item("variable", f"{statement.field}: bytes", statement.field))
                case tree.If():
                    self.add_branches(found, statement, "if")
                case tree.For() | tree.While():
                    inner = self.items(statement.body)
                    if inner:
                        found.append(Item("loop", self.loop_text(statement), "", inner))
        return found

    def add_element(self, found: list[Item | Run], element: tree.Element) -> None:
        """Take an element; one of fixed width joins the run before it."""
        bits = self.fixed_bits(element)
        text = f"{element.name}  {self.writer.descriptor(element)}"
        if bits is None:
            found.append(Item("variable", text, element.name))
        elif bits > MOST_BITS:
            found.append(Item("wide", text, element.name))
        else:
            if not found or not isinstance(found[-1], Run):
                found.append(Run())
            run = found[-1]
            assert isinstance(run, Run)
            run.fields.append((element.name, bits))

    def fixed_bits(self, element: tree.Element) -> int | None:
        """Return the width of an element, if it is the same in all bitstreams."""
        if element.descriptor == "fourcc":
            return 32
        if element.descriptor not in DESCRIPTORS or DESCRIPTORS[element.descriptor].width != "bits":
            return None
        bits = expressions.evaluate(element.arguments[0], self.facts.constants)
        return bits if bits is not None and bits > 0 else None

    def call(self, call: tree.Call) -> Item:
        """Return the item of a called table."""
        if call.table == BYTE_ALIGNMENT:
            return Item("alignment", "1, then 0 up to the byte boundary")
        if call.table == PADDING:
            boundary, fill = call.arguments
            bits = (
                f"bits {self.writer.value(fill)}" if isinstance(fill, tree.Number) else "any bits"
            )
            return Item("alignment", f"{bits} up to a multiple of {self.writer.value(boundary)}")
        arguments = ", ".join(self.writer.value(part) for part in call.arguments)
        return Item("call", f"{call.table}({arguments})")

    def add_branches(self, found: list[Item | Run], statement: tree.If, word: str) -> None:
        """Take `if`, `else if` and `else`, as far as they read anything."""
        condition = self.writer.value(statement.condition)
        yes = self.items(statement.yes)
        found.append(Item("condition", f"{word} {condition}", "", yes))
        only = statement.no[0] if len(statement.no) == 1 else None
        if isinstance(only, tree.If):
            self.add_branches(found, only, "else if")
        elif statement.no:
            found.append(Item("condition", "else", "", self.items(statement.no)))
        while found and isinstance(found[-1], Item) and self.is_empty(found[-1]):
            found.pop()

    def is_empty(self, item: Item) -> bool:
        """Tell whether an item holds nothing, though it should."""
        return item.kind in ("condition", "loop") and not item.inner

    def loop_text(self, loop: tree.For | tree.While) -> str:
        """Return the words for a loop."""
        if isinstance(loop, tree.For):
            return f"\u21bb {self.writer.loop(loop).removeprefix('for (').removesuffix(')')}"
        return f"\u21bb while {self.writer.value(loop.condition)}"


class Drawing:
    """Draws items from the top down."""

    def __init__(self) -> None:
        """Start with nothing drawn."""
        self.parts: list[str] = []
        self.y = 1.0
        self.numbers = 0

    def items(self, items: list[Item | Run], left: int) -> None:
        """Draw items one under the other."""
        for item in items:
            if isinstance(item, Run):
                self.run(item, left)
            elif item.kind in ("condition", "loop"):
                self.group(item, left)
            else:
                self.row(item, left)
            self.y += GAP

    def group(self, item: Item, left: int) -> None:
        """Draw what stands under a condition or in a loop, with a bar beside it."""
        for line in textwrap.wrap(item.text, int((WIDTH - left + 4) / CHARACTER)):
            self.text(left, self.y + 11, line, item.kind)
            self.y += 14
        self.y += 2
        top = self.y
        if item.inner:
            self.items(item.inner, left + INDENT)
            self.y -= GAP
        else:
            self.text(left + INDENT, self.y + 11, "(nothing)", item.kind)
            self.y += 14
        x = left + 2.5
        self.parts.append(
            f'<path class="bar {item.kind}" d="M{x} {number(top)}V{number(self.y)}" fill="none" '
            'stroke="currentColor"/>'
        )

    def row(self, item: Item, left: int) -> None:
        """Draw a box over the whole width."""
        radius = ' rx="9"' if item.kind == "call" else ""
        dash = ' stroke-dasharray="4 3"' if item.kind in ("variable", "alignment") else ""
        box = (
            f'<rect class="{item.kind}" x="{left + 1}" y="{number(self.y)}" '
            f'width="{WIDTH - 1}" height="{ROW}"{radius}{dash} fill="none" stroke="currentColor"/>'
        )
        if item.kind == "wide":
            box += self.break_marks(left)
        shown = item.text
        most = int((WIDTH - 8) / CHARACTER)
        if len(shown) > most:
            shown = f"{shown[: most - 1]}\u2026"
        self.linked(item.anchor, box + label(left + WIDTH / 2, self.y + 15, shown))
        self.y += ROW

    def break_marks(self, left: int) -> str:
        """Return the marks that say that a box isn't to scale."""
        marks = ""
        for x in (left + 9, left + WIDTH - 9):
            marks += f'<path d="M{x - 3} {number(self.y + ROW)}l6 -{ROW}" stroke="currentColor"/>'
        return marks

    def run(self, run: Run, left: int) -> None:
        """Draw fields to scale; names that don't fit stand below, by number."""
        legend = []
        start = 0
        for name, bits in run.fields:
            pieces = cut(start, bits)
            widest = max(pieces, key=lambda piece: piece[2])
            shown = name if len(name) * CHARACTER < widest[2] * BIT - 4 else ""
            if not shown:
                self.numbers += 1
                shown = str(self.numbers)
                legend.append((shown, name, bits))
            content = ""
            for row, bit, width in pieces:
                x, y = left + 1 + bit * BIT, self.y + row * ROW
                content += box(x, y, width, (row, bit) == pieces[0][:2], (row, bit, width))
                if (row, bit, width) == widest:
                    content += label(x + width * BIT / 2, y + 15, shown)
            self.linked(name, content)
            start += bits
        self.y += ROW * -(-start // ROW_BITS)
        for shown, name, bits in legend:
            words = f"{shown:>2}  {name}  {bits} bit{'s' * (bits > 1)}"
            most = int((WIDTH + INDENT) / CHARACTER)
            if len(words) > most:
                words = f"{shown:>2}  {name} {bits}"
            self.linked(name, text_part(left + 2, self.y + 13, words, "legend"))
            self.y += 14

    def text(self, x: float, y: float, words: str, kind: str) -> None:
        """Write a line."""
        self.parts.append(text_part(x, y, words, kind))

    def linked(self, anchor: str, content: str) -> None:
        """Add something that leads to an element, if it does."""
        self.parts.append(f'<a href="#{anchor}">{content}</a>' if anchor else content)


def cut(start: int, bits: int) -> list[tuple[int, int, int]]:
    """Cut a field over the rows of a run; return row, first bit and width of each piece."""
    pieces = []
    while bits:
        row, bit = divmod(start, ROW_BITS)
        width = min(bits, ROW_BITS - bit)
        pieces.append((row, bit, width))
        start, bits = start + width, bits - width
    return pieces


def box(x: float, y: float, width: int, first: bool, place: tuple[int, int, int]) -> str:
    """Draw one piece of a field; one that goes on from the row above has no left edge."""
    right = x + width * BIT - 1
    bottom = y + ROW
    fill = (
        f'<rect class="fixed" x="{number(x)}" y="{number(y)}" width="{width * BIT - 1}" '
        f'height="{ROW}" fill="none" stroke="none"/>'
    )
    edges = f"M{number(x)} {number(y)}H{number(right)}M{number(x)} {number(bottom)}H{number(right)}"
    if first or place[1]:
        edges += f"M{number(x)} {number(y)}V{number(bottom)}"
    edges += f"M{number(right)} {number(y)}V{number(bottom)}"
    for bit in range(1, width):
        tick = x + bit * BIT - 0.5
        edges += f"M{number(tick)} {number(bottom)}v-3"
    return f'{fill}<path d="{edges}" fill="none" stroke="currentColor"/>'


def label(x: float, y: float, words: str) -> str:
    """Write words in the middle of a box."""
    return (
        f'<text x="{number(x)}" y="{number(y)}" text-anchor="middle" '
        f'fill="currentColor">{escape(words)}</text>'
    )


def text_part(x: float, y: float, words: str, kind: str) -> str:
    """Write a line from the left."""
    return (
        f'<text class="{kind}" x="{number(x)}" y="{number(y)}" xml:space="preserve" '
        f'fill="currentColor">{escape(words)}</text>'
    )


def number(value: float) -> str:
    """Write a coordinate."""
    return f"{value:.1f}".removesuffix(".0")


def depth(items: list[Item | Run]) -> int:
    """Return how deep items are nested."""
    inner = [1 + depth(item.inner) for item in items if isinstance(item, Item) and item.inner]
    return max(inner, default=0)


def layout(facts: TableFacts) -> str:
    """Draw a table; return the text of an SVG image, or "" for a table that reads nothing."""
    items = Layout(facts).items(facts.table.body)
    if not items:
        return ""
    drawing = Drawing()
    drawing.items(items, 0)
    width = WIDTH + 3 + INDENT * depth(items)
    height = number(drawing.y - GAP + 1)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
            f'style="max-width: {width * 1.35:.0f}px" font-family="monospace" font-size="10">',
            f"<title>Layout of {facts.table.name}</title>",
            *drawing.parts,
            "</svg>",
        ]
    )
