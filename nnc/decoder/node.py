"""Nodes of the parameter update tree: which update a unit is, and of what (clause 6.4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nnc.bitio import InvalidError
from nnc.syntax import NnrUnitHeader, ParentNodeIdType


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
        depth: its put_node_depth where the unit that names it by a digest has one itself.
    """

    node: Node | None = None
    algorithm: str = ""
    digest: str = ""
    depth: int | None = None

    def __str__(self) -> str:
        """Name the parent as messages do."""
        if self.node is not None:
            return str(self.node)
        return f"node whose payload has the {self.algorithm} {self.digest[:16]}..."

    def fits(self, node: Node, digests: Mapping[str, str]) -> bool:
        """Tell whether a node is the parent.

        Args:
            node: the node; of unknown parameter_id it may be that of any tree.
            digests: digests of its payload in hexadecimal digits, by algorithm.
        """
        if self.node is None:
            # Two updates may have the same payload: where the depth is known, it has to fit, too.
            known = None not in (node.parameter_id, self.depth)
            return digests.get(self.algorithm) == self.digest and (
                not known or node.depth == self.depth
            )
        same_tree = None in (node.parameter_id, self.node.parameter_id) or (
            node.parameter_id == self.node.parameter_id
        )
        same_place = (node.device_id, node.depth) == (self.node.device_id, self.node.depth)
        return same_tree and same_place


def node_of(header: NnrUnitHeader) -> Node | None:
    """Give the node that a compressed data unit is, None where its header doesn't say."""
    if header.put_node_depth is None:
        return None
    return Node(header.device_id or 0, header.parameter_id, header.put_node_depth)


def parent_of(header: NnrUnitHeader) -> Parent | None:
    """Give the parent of a compressed data unit, None where it replaces its tensor.

    Raises:
        InvalidError: a reserved type of parent, or a parent of a node without ancestors.
    """
    if not header.parent_node_id_present_flag:
        return None
    kind = header.parent_node_id_type
    depth = header.put_node_depth - 1 if header.put_node_depth else None
    if kind == ParentNodeIdType.ICNN_NDU_PL_SHA256:
        digest = f"{header.parent_node_payload_sha256:064x}"
        return Parent(algorithm="sha256", digest=digest, depth=depth)
    if kind == ParentNodeIdType.ICNN_NDU_PL_SHA512:
        digest = f"{header.parent_node_payload_sha512:0128x}"
        return Parent(algorithm="sha512", digest=digest, depth=depth)
    if kind != ParentNodeIdType.ICNN_NDU_ID:
        raise InvalidError(
            "reserved type of parent",
            path="header.parent_node_id_type",
            value=kind,
            allowed="0..2",
            clause="6.4.3",
        )
    if not header.put_node_depth:
        raise InvalidError(
            "a node of depth 0 has no parent",
            path="header.put_node_depth",
            value=header.put_node_depth,
            allowed="1 and above",
            clause="6.4.3",
        )
    return Parent(Node(header.parent_device_id, header.parameter_id, header.put_node_depth - 1))
