"""Nodes of the parameter update tree: which update a unit is, and of what (clause 6.4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnc.bitio import InvalidError, Table
from nnc.model.ranges import refuse_reserved
from nnc.syntax import ParentNodeIdType, nnr_compressed_data_unit_header

#: Digests by which a parent may be named, and their bits.
DIGEST_ALGORITHMS = {"sha256": 256, "sha512": 512}


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree: one coded unit of one tensor on one device.

    Attributes:
        device_id: the device, whose branch of the tree the node is on.
        parameter_id: the tree; None where it isn't known.
        depth: put_node_depth: how many units of the tensor were coded before on the way here.
    """

    device_id: int = 0
    parameter_id: int | None = None
    depth: int = 0

    def __str__(self) -> str:
        """Name the node as messages do."""
        parameter = "" if self.parameter_id is None else f", parameter {self.parameter_id}"
        return f"node (device {self.device_id}{parameter}, depth {self.depth})"


@dataclass(frozen=True, slots=True)
class Parent:
    """What a header says about the parent that its unit is a difference to.

    Attributes:
        node: the parent, where it is named by its place in the tree.
        algorithm: `sha256` or `sha512` where it is named by the digest of its payload, else "".
        digest: the digest in hexadecimal digits, else "".
        parameter_id: the tree that it is in, as far as the unit says which it is itself in.
        depth: its put_node_depth, likewise.
    """

    node: Node | None = None
    algorithm: str = ""
    digest: str = ""
    parameter_id: int | None = None
    depth: int | None = None

    def __str__(self) -> str:
        """Name the parent as messages do."""
        if self.node is not None:
            return str(self.node)
        place = "" if self.depth is None else f" at depth {self.depth}"
        return f"node whose payload has the {self.algorithm} {self.digest[:16]}...{place}"

    def fits(self, node: Node, digests: Mapping[str, str]) -> bool:
        """Tell whether a node is the parent.

        Args:
            node: the node; of unknown parameter_id it may be that of any tree, and by a digest at
                any depth.
            digests: digests of its payload in hexadecimal digits, by algorithm.
        """
        if self.node is not None:
            same_tree = None in (node.parameter_id, self.node.parameter_id) or (
                node.parameter_id == self.node.parameter_id
            )
            same_place = (node.device_id, node.depth) == (self.node.device_id, self.node.depth)
            return same_tree and same_place
        # Two updates may have the same payload: what is known of the place has to fit, too.
        unknown = None in (node.parameter_id, self.parameter_id, self.depth)
        same_place = (node.parameter_id, node.depth) == (self.parameter_id, self.depth)
        return digests.get(self.algorithm) == self.digest and (unknown or same_place)

    @property
    def is_root(self) -> bool:
        """Whether the parent is known to have no ancestors."""
        return (self.depth if self.node is None else self.node.depth) == 0


def node_of(header: Table) -> Node | None:
    """Return the node that a compressed data unit is, None where its header doesn't say.

    A header that just names the parent is of a unit on the same device.
    """
    if header.put_node_depth is None:
        return None
    device = header.parent_device_id if header.device_id is None else header.device_id
    return Node(device or 0, header.parameter_id, header.put_node_depth)


def parent_of(header: Table) -> Parent | None:
    """Return the parent of a compressed data unit, None where it replaces its tensor.

    Raises:
        InvalidError: a reserved type of parent, or a parent of a node without ancestors.
    """
    if not header.parent_node_id_present_flag:
        return None
    kind = header.parent_node_id_type
    element = nnr_compressed_data_unit_header.elements["parent_node_id_type"]
    refuse_reserved(element, kind, "reserved type of parent")
    depth = header.put_node_depth
    if depth == 0 or (depth is None and kind == ParentNodeIdType.ICNN_NDU_ID):
        raise InvalidError(
            "a node of depth 0 has no parent",
            path="header.put_node_depth",
            value=depth,
            allowed="1 and above",
            clause="6.4.3",
        )
    tree, before = header.parameter_id, None if depth is None else depth - 1
    if kind == ParentNodeIdType.ICNN_NDU_ID:
        return Parent(Node(header.parent_device_id, tree, before or 0))
    if kind == ParentNodeIdType.ICNN_NDU_PL_SHA256:
        return Parent(None, "sha256", f"{header.parent_node_payload_sha256:064x}", tree, before)
    return Parent(None, "sha512", f"{header.parent_node_payload_sha512:0128x}", tree, before)
