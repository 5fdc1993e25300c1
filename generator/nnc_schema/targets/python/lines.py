"""Lines of Python, indented, and the text of what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nnc_schema.language import tree
from nnc_schema.passes.table_facts import counted_to


class Lines:
    """Lines that are added one after the other.

    Attributes:
        lines: the lines so far.
        depth: how far the next one is indented.
        asked: for each depth the names whose values were asked for there.
    """

    def __init__(self) -> None:
        """Begin with no line."""
        self.lines: list[str] = []
        self.depth = 0
        self.asked: list[set[str]] = [set()]

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def indented(self) -> Iterator[None]:
        """Indent what is added within; what was asked for there is forgotten after."""
        before = len(self.lines)
        self.depth += 1
        self.asked.append(set())
        yield
        self.asked.pop()
        if len(self.lines) == before:
            self.line("pass")
        self.depth -= 1


def at_least_zero(count: str, loop: tree.For | tree.While) -> str:
    """Return a count that a loop runs, 0 where the bound is negative."""
    bound = counted_to(loop)
    return count if isinstance(bound, tree.Name | tree.Number) else f"max({count}, 0)"
