"""Where the units of a session stand in the trees of parameter updates."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from numpy.typing import NDArray

from nnc.decoder.known import Known
from nnc.decoder.session_state import ROOT, CodedState, SessionState
from nnc.encoder.call.tables import SessionOptions
from nnc.model.node import Node, Parent


def parameter_ids(state: SessionState, device: int, names: Collection[str]) -> dict[str, int]:
    """Return the tree of each tensor: the same in all sessions that started from one model.

    No two tensors have one tree: nothing else in an update tells whose parent a node is.

    Args:
        state: what the receivers have.
        device: the device that encodes.
        names: the tensors that are to be encoded.

    Returns:
        parameter_id by name, also of tensors that the receivers have.
    """
    base = state.names(ROOT)
    result = {
        name: kept.node.parameter_id
        for one in (ROOT, device)
        for (owner, name), kept in state.coded.items()
        if owner == one and kept.node.parameter_id is not None
    }
    # A first model, or one that came without trees, has them in its order.
    number_others(result, {name: number for number, name in enumerate(base or names)})
    # Other devices may add the same tensor, and have to come to the same tree.
    number_others(result, {name: len(base) + hashed(name) for name in names})
    return result


def number_others(trees: dict[str, int], wanted: Mapping[str, int]) -> None:
    """Assign a tree to each tensor without one: the one it wants, or the next that is free."""
    taken = set(trees.values())
    for name, tree in wanted.items():
        if name in trees:
            continue
        while tree in taken:
            tree += 1
        trees[name] = tree
        taken.add(tree)


def hashed(name: str) -> int:
    """Return a number of 24 bits that hangs on a name alone."""
    digest = hashlib.sha256(name.encode("utf-8")).digest()
    return int.from_bytes(digest[:3], "big")


def parent_of(state: SessionState, device: int, name: str) -> CodedState | None:
    """Return what is kept of the unit that a device's next update of a tensor is of."""
    return state.coded.get((device, name)) or state.coded.get((ROOT, name))


def parent_name(parent: CodedState | None, base: Node | None, how: SessionOptions) -> Parent:
    """Return the way in which an update names its parent.

    Args:
        parent: the parent; None: the base model that was given as arrays.
        base: node of that base model.
        how: what is asked for.
    """
    if parent is None:
        # A base model given as arrays has no payload that a digest could be of.
        return Parent(base or Node())
    if how.parents == "id":
        return Parent(parent.node)
    return Parent(algorithm=how.parents, digest=parent.digests[how.parents])


def known_of(parent: CodedState | None, values: NDArray[Any], how: SessionOptions) -> Known:
    """Return the contexts that an update may be coded with.

    Args:
        parent: the parent.
        values: the difference.
        how: what is asked for.
    """
    if parent is None:
        return Known()

    def fitting(array: NDArray[Any] | None) -> NDArray[Any] | None:
        # The levels of a joined tensor are kept by the first of the names in it.
        return array if array is not None and array.shape == values.shape else None

    return Known(
        fitting(parent.levels) if how.temporal_contexts else None,
        fitting(parent.history) if how.history else None,
    )
