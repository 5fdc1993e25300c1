"""Whether an update fits the nodes that a session is at (clause 6.4.3)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError
from nnc.decoder.layout import UnitLayout
from nnc.decoder.session_state import CodedState, SessionState
from nnc.model.node import Node

#: Bytes of a payload from which its digest tells it from the payloads of other devices. Two that
#: train apart don't come to the same levels, but where these are few or all 0.
TELLING_SIZE = 32


def device_of(layout: UnitLayout, state: SessionState) -> int:
    """Return the device that a unit is of; that of the base model where it doesn't say."""
    if layout.node is not None:
        return layout.node.device_id
    return state.base_device or 0


def is_past(layout: UnitLayout, own: CodedState) -> bool:
    """Tell whether an update is to a node that its device has come to, or passed, before."""
    node = layout.node
    if node is None or not layout.update or node.depth > own.node.depth:
        return False
    place = node.device_id, node.parameter_id
    return place == (own.node.device_id, own.node.parameter_id)


def is_telling(kept: CodedState) -> bool:
    """Tell whether a payload is hardly that of another node, too."""
    says = kept.levels is not None and bool(kept.levels.any())
    return says and kept.payload_size >= TELLING_SIZE


def update_of(name: str, layout: UnitLayout) -> str:
    """Name the update of a tensor as messages do."""
    return f"the update of tensor {name!r}" + ("" if layout.node is None else f" to {layout.node}")


def mismatch(name: str, layout: UnitLayout, at: list[Node], others: list[Node]) -> InvalidError:
    """Return the error for an update that follows on another node than the session is at.

    Args:
        name: the tensor.
        layout: the layout of the update's unit.
        at: where the session is.
        others: nodes of other devices that have the digest that names the parent.
    """
    where = " and ".join(dict.fromkeys(str(node) for node in at or others))
    hint = (
        "an update is missing, comes twice, or belongs to another model: decode the missing one "
        "first, or let the sender go back to the state that is here"
    )
    if others:
        hint = (
            f"{others[0]} has that payload, but it is too short to tell which node is meant: name "
            "the parent by its place in the tree (ICNN_NDU_ID)"
        )
    return InvalidError(
        f"{update_of(name, layout)} is one of {layout.parent}, but the tensor is at {where}",
        path="header.parent_node_id_present_flag",
        clause="6.4.3",
        hint=hint,
    )


def equal_or_both_none(first: NDArray[Any] | None, second: NDArray[Any] | None) -> bool:
    """Tell whether two arrays are the same, or there is none of them."""
    if first is None or second is None:
        return first is second
    return bool(np.array_equal(first, second))
