"""The elements of a trace as a tree: bitstream, units, tables, elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnc.bitio import BitstreamError
from nnc.bitio.arguments import checked
from nnc.engine.tree import Node, insert
from nnc.inspect.tracing import BitstreamTrace, UnitTrace
from nnc.model.metadata import read_metadata
from nnc.model.ties import Tie

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
        insert(node, element, LEFT_OUT)
    node.children += [unit_node(inner, tied) for inner in unit.units]
    return node
