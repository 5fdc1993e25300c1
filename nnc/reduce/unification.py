"""Weight unification: the weights of a block get one magnitude (clause 8.3.6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.reduce.blocks_of_weights import Grid, least, pair
from nnc.reduce.reduced import Model, Reduced, check_share, reduced_of, weights_of


def unify(
    model: Model,
    share: float | None = None,
    *,
    threshold: float | None = None,
    block: Sequence[int] = (2, 2),
    super_block: Sequence[int] = (64, 64),
    reshaped: Sequence[int] = (),
    only: Sequence[str] | None = None,
) -> Reduced:
    """Set the weights of a block to their mean magnitude, each with its own sign.

    Args:
        model: arrays by name, or the result of another tool.
        share: of the blocks of each super block that are unified, 0 to 1: those that change least.
        threshold: root mean square change up to which a block is unified, in place of `share`.
        block: rows and columns of a block.
        super_block: rows and columns of a super block, in which blocks are compared.
        reshaped: rows of the matrix that a weight is reshaped to; none: its first dimension.
        only: patterns of the names that are meant; None for all weights.

    Returns:
        The model, with masks of the weights that aren't unified.

    Raises:
        InputError: neither or both of `share` and `threshold`; no such blocks, or shape.
    """
    if (share is None) == (threshold is None):
        raise InputError("give share or threshold: which blocks are to be unified")
    if share is not None:
        check_share("share", share)
    whole = reduced_of(model)
    changed, masks = {}, {}
    for name, values in weights_of(whole, only):
        grid = Grid.of(values, block, reshaped)
        unified, changes = unified_blocks(grid, values)
        if share is None:
            chosen = changes <= float(threshold or 0.0)
        else:
            chosen = least_of_each(changes, share, blocks_across(super_block, grid))
        mask = grid.spread(chosen)
        masks[name] = ~mask
        changed[name] = np.where(mask, unified, values)
    return whole.with_values(changed, masks)


def unified_blocks(
    grid: Grid, values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a weight with all blocks unified, and by how much each block changes.

    Returns:
        The weight, and the root mean square change of each block.
    """
    sizes = grid.sizes()
    magnitudes = grid.cut(np.abs(values)).sum(axis=(2, 3)) / sizes
    everywhere = np.broadcast_to(
        magnitudes[..., None, None], (*magnitudes.shape, *grid.block)
    ).copy()
    unified = np.copysign(grid.joined(everywhere), values)
    changes = np.sqrt(grid.cut((unified - values) ** 2).sum(axis=(2, 3)) / sizes)
    return unified, changes


def blocks_across(super_block: Sequence[int], grid: Grid) -> tuple[int, int]:
    """Return how many blocks a super block has, down and across.

    Raises:
        InputError: it isn't made of whole blocks.
    """
    height, width = pair("super_block", super_block)
    rows, columns = grid.block
    if height % rows or width % columns:
        raise InputError(
            f"a super block of {height} x {width} isn't made of blocks of {rows} x {columns}"
        )
    return height // rows, width // columns


def least_of_each(
    costs: NDArray[np.float64], share: float, size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Tell which blocks are the share of the least costs in each super block."""
    chosen = np.zeros(costs.shape, np.bool_)
    for top in range(0, costs.shape[0], size[0]):
        for left in range(0, costs.shape[1], size[1]):
            place = np.s_[top : top + size[0], left : left + size[1]]
            chosen[place] = least(costs[place], share)
    return chosen
