"""Sparsification: small weights, or rows of them, become zero (clauses 8.3.4, 8.3.5)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.reduce.blocks_of_weights import least
from nnc.reduce.reduced import Model, Reduced, check_share, on_difference, weights_of


def sparsify(
    model: Model,
    share: float,
    *,
    step: float = 0.0,
    only: Sequence[str] | None = None,
    base: Mapping[str, Any] | None = None,
) -> Reduced:
    """Set small weights to zero, by a threshold that follows each tensor's statistics (8.3.4).

    The threshold of a tensor is |mean| + delta * standard deviation; delta is the same for all,
    and such that the share comes out.

    Args:
        model: arrays by name, or the result of another tool.
        share: of the weights that are zero then, 0 to less than 1; vectors don't count.
        step: step size that the weights will be quantized with: what is below half of it becomes
            zero in any case.
        only: patterns of the names that are meant; None for all weights.
        base: what receivers of an update have, by name; then small differences to it become zero.

    Returns:
        The model, with masks of the weights that stay.

    Raises:
        InputError: no such share.
    """
    if check_share("share", share) == 1:
        raise InputError("share must be less than 1: nothing would be left")
    return on_difference(partial(sparsified, share=share, step=step, only=only), model, base)


def sparsified(model: Reduced, share: float, step: float, only: Sequence[str] | None) -> Reduced:
    """Sparsify the values of a model; arguments as for `sparsify`."""
    weights = dict(weights_of(model, only))
    delta = delta_for(weights, share)
    changed, masks = {}, {}
    for name, values in weights.items():
        threshold = max(abs(values.mean()) + delta * values.std(), step / 2)
        masks[name] = np.abs(values) >= threshold
        changed[name] = np.where(masks[name], values, 0.0)
    return model.with_values(changed, masks)


def delta_for(weights: Mapping[str, NDArray[Any]], share: float) -> float:
    """Return how many standard deviations from the mean a share of all weights is."""
    count = sum(values.size for values in weights.values())
    number = math.ceil(share * count)
    if not number:
        return -math.inf
    pooled = np.concatenate([distances(values) for values in weights.values()])
    number = min(number, count - 1)
    return float(np.partition(pooled, number)[number])


def distances(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return for each weight the delta from which it becomes zero."""
    deviation = values.std()
    # Weights that are all the same stay: there is nothing small among them.
    if deviation == 0:
        return np.full(values.size, np.inf)
    result: NDArray[np.float64] = (np.abs(values).reshape(-1) - abs(values.mean())) / deviation
    return result


def sparsify_rows(
    model: Model,
    gain: float | None = None,
    *,
    share: float | None = None,
    scope: Literal["local", "global"] = "local",
    row_axes: Mapping[str, int] | None = None,
    only: Sequence[str] | None = None,
    base: Mapping[str, Any] | None = None,
) -> Reduced:
    """Set whole rows (output channels) of small weights to zero (8.3.5).

    Args:
        model: arrays by name, or the result of another tool.
        gain: rows of which the mean magnitude is below this share of the tensor's become zero.
        share: of the rows that become zero, in place of `gain`: those of the least magnitudes.
        scope: whether `share` is of each tensor's rows (`local`), or of all rows by their
            magnitudes over the means of their tensors (`global`).
        row_axes: the dimension that the rows are, by name, where it isn't the first.
        only: patterns of the names that are meant; None for all weights.
        base: what receivers of an update have, by name; then rows of small differences to it.

    Returns:
        The model, with masks. One row of each tensor stays at least. With the option
        `prune_rows` the encoder leaves the rows of zeros out.

    Raises:
        InputError: neither or both of `gain` and `share`, or out of range.
    """
    if (gain is None) == (share is None):
        raise InputError("give gain or share: which rows of small weights are meant")
    if scope not in ("local", "global"):
        raise InputError(f"scope must be local or global, not {scope!r}")
    given = check_share("gain" if share is None else "share", gain if share is None else share)
    axes = dict(row_axes or {})

    def tool(whole: Reduced) -> Reduced:
        weights = dict(weights_of(whole, only))
        means = {name: row_means(values, axes.get(name, 0)) for name, values in weights.items()}
        if share is None:
            kept = {name: rows >= given for name, rows in means.items()}
        elif scope == "local":
            kept = {name: ~least(rows, given) for name, rows in means.items()}
        else:
            kept = largest_of_all(means, given)
        return without_rows(whole, weights, kept, axes)

    return on_difference(tool, model, base)


def row_means(values: NDArray[Any], axis: int) -> NDArray[np.float64]:
    """Return the mean magnitudes of the rows over that of the tensor."""
    others = tuple(number for number in range(values.ndim) if number != axis)
    means = np.abs(values).mean(axis=others)
    result: NDArray[np.float64] = means / means.mean()
    return result


def largest_of_all(
    means: Mapping[str, NDArray[np.float64]], share: float
) -> dict[str, NDArray[np.bool_]]:
    """Tell by name which rows stay where a share of all becomes zero."""
    if not means:
        return {}
    pooled = ~least(np.concatenate(list(means.values())), share)
    ends = np.cumsum([rows.size for rows in means.values()])[:-1]
    return dict(zip(means, np.split(pooled, ends), strict=True))


def without_rows(
    model: Reduced,
    weights: Mapping[str, NDArray[Any]],
    kept: Mapping[str, NDArray[np.bool_]],
    axes: Mapping[str, int],
) -> Reduced:
    """Return a model with zeros for the rows that don't stay, but one of each tensor."""
    changed, masks = {}, {}
    for name, values in weights.items():
        axis, stays = axes.get(name, 0), kept[name].copy()
        if not stays.any():
            stays[np.argmax(row_means(values, axis))] = True
        shape = [-1 if number == axis else 1 for number in range(values.ndim)]
        masks[name] = np.broadcast_to(stays.reshape(shape), values.shape).copy()
        changed[name] = np.where(masks[name], values, 0.0)
    return model.with_values(changed, masks)
