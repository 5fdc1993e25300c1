"""The elements of a trace as a tree: bitstream, units, tables, elements."""

from __future__ import annotations

from nnc.bitio.arguments import checked
from nnc.engine.tree import Node, insert
from nnc.inspect.tracing import BitstreamTrace, UnitTrace

__all__ = ["Node", "tree"]


#: The two elements of the size stand in the unit itself, as their paths say.
LEFT_OUT = ("units", "nnr_unit_size")


@checked
def tree(traced: BitstreamTrace) -> Node:
    """Arrange the elements of a trace in a tree.

    Args:
        traced: the trace, of a damaged bitstream too.

    Returns:
        The node of the bitstream.
    """
    units = [unit_node(unit) for unit in traced.units]
    return Node("bitstream", "", 0, 8 * len(traced.data), "bitstream", children=units)


def unit_node(unit: UnitTrace) -> Node:
    """Return the node of a unit."""
    name = unit.path.rpartition(".")[2]
    bits = 8 * (unit.stop - unit.start)
    node = Node(name, unit.path, 8 * unit.start, bits, "unit", unit.type_name, unit.names)
    node.error = unit.error or unit.missing
    for element in unit.elements:
        insert(node, element, LEFT_OUT)
    node.children += [unit_node(inner) for inner in unit.units]
    return node
