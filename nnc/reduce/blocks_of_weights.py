"""Weights as a matrix cut into blocks, at the edges smaller ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.arguments import is_list


@dataclass(frozen=True, slots=True)
class Grid:
    """How a weight is cut into blocks.

    Attributes:
        shape: of the weight.
        matrix: number of rows and columns of the matrix it is reshaped to.
        block: number of rows and columns of a block.
    """

    shape: tuple[int, ...]
    matrix: tuple[int, int]
    block: tuple[int, int]

    @classmethod
    def of(cls, values: NDArray[Any], block: Sequence[int], reshaped: Sequence[int] = ()) -> Grid:
        """Return how a weight is cut.

        Args:
            values: the weight.
            block: rows and columns of a block.
            reshaped: number of rows of the matrix, where it isn't that of the first dimension;
                the number of columns may follow.

        Raises:
            InputError: the weight can't be reshaped so, or no such block.
        """
        rows, columns = pair("block", block)
        height = int(reshaped[0]) if len(reshaped) else values.shape[0]
        width = values.size // height if height > 0 else 0
        if height * width != values.size or (len(reshaped) > 1 and width != reshaped[1]):
            raise InputError(f"a weight of {list(values.shape)} has no shape {list(reshaped)}")
        return cls(values.shape, (height, width), (rows, columns))

    @property
    def counts(self) -> tuple[int, int]:
        """Number of blocks down and across."""
        (height, width), (rows, columns) = self.matrix, self.block
        return math.ceil(height / rows), math.ceil(width / columns)

    def cut(self, values: NDArray[Any], fill: float = 0.0) -> NDArray[Any]:
        """Return the blocks of a weight, of shape (down, across, rows of a block, columns)."""
        (down, across), (rows, columns) = self.counts, self.block
        height, width = self.matrix
        whole = np.full((down * rows, across * columns), fill, values.dtype)
        whole[:height, :width] = values.reshape(self.matrix)
        return whole.reshape(down, rows, across, columns).swapaxes(1, 2)

    def joined(self, blocks: NDArray[Any]) -> NDArray[Any]:
        """Return the weight that was cut into blocks."""
        (down, across), (rows, columns) = self.counts, self.block
        height, width = self.matrix
        whole = blocks.swapaxes(1, 2).reshape(down * rows, across * columns)
        return whole[:height, :width].reshape(self.shape)

    def sizes(self) -> NDArray[np.float64]:
        """Return how many weights each block has; at the edges it may be fewer."""
        result: NDArray[np.float64] = self.cut(np.ones(self.shape)).sum(axis=(2, 3))
        return result

    def spread(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for each weight what holds for its block."""
        down, across = self.counts
        blocks = np.broadcast_to(chosen[..., None, None], (down, across, *self.block))
        return self.joined(blocks.copy())


def pair(name: str, sides: Sequence[int]) -> tuple[int, int]:
    """Return the two sides of a block.

    Raises:
        InputError: they aren't two positive integers.
    """
    found = tuple(sides) if is_list(sides) else ()
    if len(found) != 2 or not all(isinstance(one, int | np.integer) and one > 0 for one in found):
        raise InputError(f"{name} must be two positive integers, not {sides!r}")
    return int(found[0]), int(found[1])


def least(costs: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Tell which of some blocks, rows or neurons are the share of the least costs."""
    chosen = np.zeros(costs.size, np.bool_)
    chosen[np.argsort(costs, axis=None, kind="stable")[: int(share * costs.size)]] = True
    return chosen.reshape(costs.shape)
