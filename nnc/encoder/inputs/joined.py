"""Several tensors coded as one (topology_tensor_dimension_mapping, clause 6.4.3).

Many small tensors of one kind share their contexts, and one header, when they are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nnc.bitio import InputError
from nnc.bitio.arguments import checking_fields
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.model.split import Split
from nnc.syntax import (
    TopologyElementsIdsList,
    TopologyTensorDimensionMapping,
)


@checking_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The tensors of a model that are coded as one.

    Attributes:
        names: the tensors, at least two. Options that go by a name use the first.
        axis: the dimension to join them along; all others must be equal.
        orders: by name, for tensors whose dimensions must first be reordered: the order, as
            `numpy.transpose` takes it.
    """

    names: Sequence[str]
    axis: int = 0
    orders: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what can't be joined, whatever the tensors are.

        Raises:
            InputError: fewer than two names, one of them twice, or a negative axis.
        """
        if isinstance(self.names, str) or len(self.names) < 2:
            raise InputError(f"a join needs at least two tensors, not {self.names!r}")
        if len(set(self.names)) < len(self.names):
            raise InputError(f"a tensor is joined to itself: {', '.join(self.names)}")
        if not 0 <= self.axis <= 255:
            raise InputError(f"the axis of joined tensors must be 0 to 255, not {self.axis}")
        for name in self.orders:
            if name not in self.names:
                raise InputError(f"an order of dimensions for {name!r}, which isn't joined")


def join_all(
    prepared: Sequence[PreparedTensor], joins: Iterable[Joined], taken: Iterable[str] = ()
) -> list[PreparedTensor]:
    """Put joined tensors in place of the first of each.

    Args:
        prepared: the tensors of a model.
        joins: which of them are joined.
        taken: names of tensors that are in blocks.

    Raises:
        InputError: a tensor isn't there, is in two units, or doesn't fit the others.
    """
    tensors = {tensor.name: tensor for tensor in prepared}
    seen = set(taken)
    whole: dict[str, PreparedTensor] = {}
    left_out: set[str] = set()
    for join in joins:
        for name in join.names:
            if name not in tensors:
                raise InputError(f"there is no tensor {name!r} to join")
            if name in seen:
                raise InputError(f"tensor {name!r} would be coded in two units")
            seen.add(name)
        first = min(join.names, key=list(tensors).index)
        whole[first] = join_tensors(join, [tensors[name] for name in join.names])
        left_out.update(set(join.names) - {first})
    return [whole.get(tensor.name, tensor) for tensor in prepared if tensor.name not in left_out]


def join_tensors(join: Joined, tensors: Sequence[PreparedTensor]) -> PreparedTensor:
    """Join several tensors into one.

    Raises:
        InputError: they don't fit each other.
    """
    first = tensors[0]
    for tensor in tensors:
        if not tensor.values.size:
            # split_index would stand still, which is no division.
            raise InputError(f"tensor {tensor.name!r} is empty, and can't be joined")
        if tensor.row_axis:
            raise InputError(f"tensor {tensor.name!r} has a row axis, and can't be joined")
        if tensor.note is not None and tensor.note.changes_values:
            raise InputError(
                f"tensor {tensor.name!r} needs more than 32 bits or is complex: it can't be joined"
            )
        if (tensor.is_integer, tensor.data_format) != (first.is_integer, first.data_format):
            raise InputError(
                f"{tensor.name!r} and {first.name!r} are of types that can't be joined"
            )
    orders = [order_of(join, tensor) for tensor in tensors]
    pieces = [tensor.values.transpose(order) for tensor, order in zip(tensors, orders, strict=True)]
    axis = join.axis
    for tensor, piece in zip(tensors, pieces, strict=True):
        fits = piece.ndim == pieces[0].ndim > axis
        if not fits or other_lengths(piece.shape, axis) != other_lengths(pieces[0].shape, axis):
            raise InputError(
                f"tensor {tensor.name!r} of {list(piece.shape)} can't be joined to "
                f"{first.name!r} of {list(pieces[0].shape)} along dimension {axis}"
            )
    ends = np.cumsum([piece.shape[axis] for piece in pieces])[:-1].tolist()
    return PreparedTensor(
        first.name,
        np.concatenate(pieces, axis),
        first.data_format,
        largest=max(tensor.largest for tensor in tensors),
        stored=any(tensor.stored for tensor in tensors),
        split=Split(list(join.names), axis, ends, [moves_back(order) for order in orders]),
    )


def order_of(join: Joined, tensor: PreparedTensor) -> list[int]:
    """Return the order in which the dimensions of a tensor stand in the joined one."""
    every = list(range(tensor.values.ndim))
    order = list(join.orders.get(tensor.name, every))
    if sorted(order) != every:
        raise InputError(
            f"{order} is not an order of the {len(every)} dimensions of tensor {tensor.name!r}"
        )
    return order


def other_lengths(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """Return the lengths of all dimensions but one."""
    return shape[:axis] + shape[axis + 1 :]


def moves_back(order: Sequence[int]) -> list[tuple[int, int]]:
    """Return the moves that bring dimensions which stand in an order back into their own.

    Returns:
        For each move the dimension's place and how many places to the right it goes.
    """
    standing, moves = list(order), []
    for target in range(len(standing)):
        place = standing.index(target)
        if place != target:
            moves.append((place, target - place))
            standing.insert(target, standing.pop(place))
    return moves


def split_elements(split: Split) -> dict[str, Any]:
    """Return the elements that say which tensors a unit holds, and how it divides into them."""
    return {
        "nnr_multiple_topology_elements_present_flag": 1,
        "topology_elements_ids_list": TopologyElementsIdsList(
            count_topology_elements_minus2=len(split.names) - 2,
            topology_elem_id_list=list(split.names),
        ),
        "topology_tensor_dimension_mapping": TopologyTensorDimensionMapping(
            concatenation_axis_index=split.axis,
            split_index=list(split.ends),
            number_of_shifts=[len(moves) for moves in split.moves],
            shift_index=[[place for place, _ in moves] for moves in split.moves],
            shift_value=[[places for _, places in moves] for moves in split.moves],
        ),
    }
