"""Several tensors that are coded as one (topology_tensor_dimension_mapping, clause 6.4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError
from nnc.bitstream import Unit
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType


@dataclass(frozen=True, slots=True)
class Split:
    """How one coded tensor divides into several.

    Attributes:
        names: names of the tensors.
        axis: the dimension along which they were joined.
        ends: where on it each tensor ends, but for the last.
        moves: for each tensor which of its dimensions go how many places to the right, in order.
    """

    names: list[str]
    axis: int
    ends: list[int]
    moves: list[list[tuple[int, int]]]

    def divide(self, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return the tensors by name, as arrays of their own."""
        result = {}
        pieces = np.split(values, self.ends, axis=self.axis)
        for name, piece, moves in zip(self.names, pieces, self.moves, strict=True):
            for axis, places in moves:
                piece = np.moveaxis(piece, axis, axis + places)
            result[name] = np.array(piece)
        return result

    def shapes(self, dimensions: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the tensors by name, where the whole has `dimensions`."""
        result = {}
        starts, ends = [0, *self.ends], [*self.ends, dimensions[self.axis]]
        for name, start, end, moves in zip(self.names, starts, ends, self.moves, strict=True):
            shape = [*dimensions[: self.axis], end - start, *dimensions[self.axis + 1 :]]
            for axis, places in moves:
                shape.insert(axis + places, shape.pop(axis))
            result[name] = tuple(shape)
        return result


def split_of(unit: Unit, dimensions: tuple[int, ...]) -> Split | None:
    """Return how the tensor of a unit divides, None if it doesn't.

    Raises:
        InvalidError: the mapping is missing, or doesn't fit the dimensions.
    """
    header: Any = unit.readable_header().nnr_compressed_data_unit_header
    if not header.nnr_multiple_topology_elements_present_flag or (
        header.nnr_compressed_data_unit_payload_type == PayloadType.NNR_PT_BLOCK
    ):
        return None
    mapping = header.topology_tensor_dimension_mapping
    if mapping is None:
        raise InvalidError(
            "several tensors in one unit, and nothing says how to divide them",
            path="header.input_parameters_present_flag",
            value=0,
            allowed="1",
            clause="6.4.3",
        )
    axis, ends = mapping.concatenation_axis_index, list(mapping.split_index)
    if axis >= len(dimensions):
        raise outside("concatenation_axis_index", axis, len(dimensions))
    places = [0, *ends, dimensions[axis]]
    if places != sorted(places):
        raise InvalidError(
            "the tensors' ends are not in order",
            path="header.split_index",
            value=str(ends),
            allowed=f"ascending, up to {dimensions[axis]}",
            clause="6.4.3",
        )
    shifts = zip(mapping.shift_index, mapping.shift_value, strict=True)
    moves = [
        [checked_move(axis, value, len(dimensions)) for axis, value in zip(*pair, strict=True)]
        for pair in shifts
    ]
    return Split(unit.names, axis, ends, moves)


def checked_move(axis: int, places: int, rank: int) -> tuple[int, int]:
    """Return the move of a dimension, or refuse one that leaves the tensor."""
    if axis >= rank:
        raise outside("shift_index", axis, rank)
    if not 0 <= axis + places < rank:
        raise outside("shift_value", axis + places, rank)
    return axis, places


def outside(element: str, value: int, rank: int) -> InvalidError:
    """Return the error for a dimension that the tensor doesn't have."""
    return InvalidError(
        "not a dimension of the tensor",
        path=f"header.{element}",
        value=value,
        allowed=f"0..{rank - 1}",
        clause="6.4.3",
    )
