"""The elements of a trace as a tree: bitstream, units, tables, elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nnc.bitio import BitstreamError
from nnc.bitio.bits import index_text
from nnc.inspect.tracing import BitstreamTrace, TracedElement, UnitTrace
from nnc.model.metadata import read_metadata
from nnc.model.ties import Tie


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


def tree(traced: BitstreamTrace) -> Node:
    """Arrange the elements of a trace in a tree.

    Args:
        traced: the trace, of a damaged bitstream too.

    Returns:
        The node of the bitstream.
    """
    tied: dict[str, list[str]] = {}
    for name, tie in known_ties(traced).items():
        tied.setdefault(tie.name, []).append(name)
    units = [unit_node(unit, tied) for unit in traced.units]
    return Node("bitstream", "", 0, 8 * len(traced.data), "bitstream", children=units)


def known_ties(traced: BitstreamTrace) -> dict[str, Tie]:
    """Return which names are other names of which tensors, as far as that can be read."""
    try:
        return read_metadata(one.unit for one in traced.units if one.unit is not None).ties
    except BitstreamError:
        return {}


def unit_node(unit: UnitTrace, tied: Mapping[str, Sequence[str]]) -> Node:
    """Return the node of a unit; `tied` are other names of tensors."""
    name = unit.path.rpartition(".")[2]
    bits = 8 * (unit.stop - unit.start)
    names = [*unit.names, *(other for one in unit.names for other in tied.get(one, ()))]
    node = Node(name, unit.path, 8 * unit.start, bits, "unit", unit.type_name, names)
    node.error = unit.error or unit.missing
    for element in unit.elements:
        insert(node, element)
    node.children += [unit_node(inner, tied) for inner in unit.units]
    return node


def insert(unit: Node, element: TracedElement) -> None:
    """Put an element into its table, making nodes for the tables around it where needed."""
    node = unit
    for name, table, index in element.stack:
        if name in ("units", "nnr_unit_size"):
            # The two elements of the size stand in the unit itself, as their paths say.
            continue
        label = name + index_text(index)
        last = node.children[-1] if node.children else None
        if last is None or last.name != label or last.kind != "table":
            path = f"{node.path}.{label}"
            last = Node(label, path, element.position, 0, "table", table)
            node.children.append(last)
        last.bits = element.position + element.bits - last.position
        node = last
    label = element.name + element.index
    leaf = Node(label, element.path, element.position, element.bits, "element")
    leaf.element = element
    node.children.append(leaf)
