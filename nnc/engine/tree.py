"""The elements of a trace as a tree: the data, what they are cut into, tables, elements."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from nnc.bitio import BitstreamError
from nnc.bitio.bits import index_text
from nnc.engine.tracing import TracedElement


@dataclass(slots=True)
class Node:
    """A bitstream, unit, table or element.

    Attributes:
        name: its name with indices, as it stands in the node above.
        path: its syntax path; "" for the bitstream.
        position: its first bit, counted from the first bit of the data.
        bits: how many it has, those of the nodes below included.
        kind: `bitstream`, `unit`, `table` or `element`.
        note: name of a unit's type or of a table.
        tensors: names of the tensors in a unit.
        element: the element; None for what isn't one.
        error: the fault met in a unit, or the value that is missing for reading on.
        children: what it consists of.
    """

    name: str
    path: str
    position: int
    bits: int
    kind: str
    note: str = ""
    tensors: list[str] = field(default_factory=list)
    element: TracedElement | None = None
    error: BitstreamError | None = None
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it, in the order of the data."""
        yield self
        for child in self.children:
            yield from child.walk()


def insert(root: Node, element: TracedElement, left_out: Container[str] = ()) -> None:
    """Put an element into its table, making nodes for the tables around it where needed.

    Args:
        root: the node of the outermost table.
        element: the element.
        left_out: names of fields on the way that get no node of their own.
    """
    node = root
    for name, table, index in element.stack:
        if name in left_out:
            continue
        label = name + index_text(index)
        last = node.children[-1] if node.children else None
        if last is None or last.name != label or last.kind != "table":
            path = f"{node.path}.{label}" if node.path else label
            last = Node(label, path, element.position, 0, "table", table)
            node.children.append(last)
        last.bits = element.position + element.bits - last.position
        node = last
    label = element.name + element.index
    leaf = Node(label, element.path, element.position, element.bits, "element")
    leaf.element = element
    node.children.append(leaf)
