"""Micro-structured pruning: blocks of a weight become zero, or some of each few (clause 8.3.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnc.bitio import InputError
from nnc.reduce.blocks_of_weights import Grid, least
from nnc.reduce.reduced import Model, Reduced, check_count, check_share, reduced_of, weights_of


def prune_blocks(
    model: Model,
    share: float,
    *,
    block: Sequence[int] = (4, 4),
    only: Sequence[str] | None = None,
) -> Reduced:
    """Set the blocks of each weight to zero that have the least magnitudes.

    Weights are matrices of as many rows as their first dimension; blocks at the edges are smaller,
    and compared by the mean magnitude.

    Args:
        model: arrays by name, or the result of another tool.
        share: of each weight's blocks that become zero, 0 to 1.
        block: rows and columns of a block.
        only: patterns of the names that are meant; None for all weights.

    Returns:
        The model, with masks of the weights that stay.

    Raises:
        InputError: no such share or block.
    """
    check_share("share", share)
    whole = reduced_of(model)
    changed, masks = {}, {}
    for name, values in weights_of(whole, only):
        grid = Grid.of(values, block)
        means = grid.cut(np.abs(values)).sum(axis=(2, 3)) / grid.sizes()
        masks[name] = ~grid.spread(least(means, share))
        changed[name] = np.where(masks[name], values, 0.0)
    return whole.with_values(changed, masks)


def prune_n_of_m(
    model: Model, keep: int = 2, of: int = 4, *, only: Sequence[str] | None = None
) -> Reduced:
    """Keep the largest few of each few weights that follow each other in a row (2:4 and the like).

    Args:
        model: arrays by name, or the result of another tool.
        keep: how many stay.
        of: of how many; what is left at the end of a row stays.
        only: patterns of the names that are meant; None for all weights.

    Returns:
        The model, with masks of the weights that stay.

    Raises:
        InputError: no such numbers.
    """
    if check_count("keep", keep) > check_count("of", of):
        raise InputError(f"keep must be at most of: {keep} of {of}")
    whole = reduced_of(model)
    changed, masks = {}, {}
    for name, values in weights_of(whole, only):
        rows = np.abs(values).reshape(values.shape[0], -1)
        width = rows.shape[1] // of * of
        groups = rows[:, :width].reshape(-1, of)
        order = np.argsort(-groups, axis=1, kind="stable")
        stays = np.zeros(groups.shape, np.bool_)
        np.put_along_axis(stays, order[:, :keep], True, axis=1)
        mask = np.ones(rows.shape, np.bool_)
        mask[:, :width] = stays.reshape(values.shape[0], width)
        masks[name] = mask.reshape(values.shape)
        changed[name] = np.where(masks[name], values, 0.0)
    return whole.with_values(changed, masks)
