"""Neurons taken out of a network, by graph diffusion or by magnitudes (clause 8.3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.reduce.blocks_of_weights import least
from nnc.reduce.reduced import Model, Reduced, check_share, reduced_of

#: How much of a walk goes along the weights; the rest starts anew anywhere, as in PageRank.
DAMPING = 0.85


class Neurons(NamedTuple):
    """The neurons (rows, output channels) of a layer, and what takes their outputs.

    Attributes:
        weight: name of the layer's weight, whose first dimension they are.
        follower: name of the weight that takes them in its second dimension; where that is longer,
            each neuron has as many places side by side (channels that were flattened).
        vectors: names of vectors with a value for each neuron that are zero for one that is gone:
            the bias; gamma and beta of a batch norm.
    """

    weight: str
    follower: str
    vectors: Sequence[str] = ()


def prune_neurons(
    model: Model,
    layers: Sequence[Neurons],
    *,
    share: float | None = None,
    gain: float | None = None,
    importance: Literal["diffusion", "magnitude"] = "diffusion",
) -> Reduced:
    """Take neurons out of layers: their rows, biases, and the columns that take their outputs.

    Their rows are zeros in the result, and the encoder leaves them out, as it does the columns of
    the followers; a pruning container says which, so that a receiver rebuilds the network from
    the bitstream alone (`nnc.decode(data, pruned=False)`).

    Args:
        model: arrays by name, or the result of another tool.
        layers: the layers, one after the other from the input to the output; what a follower
            computes has to depend on the neurons by its second dimension only.
        share: of each layer's neurons that goes: the least important ones.
        gain: neurons of importance below this share of the layer's mean go, in place of `share`.
        importance: by a walk from the outputs along the magnitudes of the weights (`diffusion`),
            or by the mean magnitude of the rows.

    Returns:
        The model, with masks, and what the encoder needs to leave the neurons out.

    Raises:
        InputError: neither or both of `share` and `gain`, or layers that don't fit.
    """
    if (share is None) == (gain is None):
        raise InputError("give share or gain: which neurons go")
    if importance not in ("diffusion", "magnitude"):
        raise InputError(f"importance must be diffusion or magnitude, not {importance!r}")
    whole = reduced_of(model)
    check_layers(whole, layers)
    if importance == "diffusion":
        found = diffused(whole, layers)
    else:
        found = {one.weight: magnitudes(whole.tensors[one.weight]) for one in layers}
    for layer in layers:
        whole = without_neurons(whole, layer, important(found[layer.weight], share, gain))
    return replace(whole, prune_rows=True)


def important(
    scores: NDArray[np.float64], share: float | None, gain: float | None
) -> NDArray[np.bool_]:
    """Tell which neurons of a layer stay: one at least."""
    kept: NDArray[np.bool_]
    if share is None:
        kept = scores >= check_share("gain", gain) * scores.mean()
    else:
        kept = ~least(scores, check_share("share", share))
    if not kept.any():
        kept[np.argmax(scores)] = True
    return kept


def check_layers(model: Reduced, layers: Sequence[Neurons]) -> None:
    """Refuse layers that aren't in the model, or don't fit each other."""
    for layer in layers:
        for name in (layer.weight, layer.follower, *layer.vectors):
            if name not in model.tensors:
                raise InputError(f"there is no tensor {name!r}")
        rows = model.tensors[layer.weight].shape[0] if model.tensors[layer.weight].ndim else 0
        taken = model.tensors[layer.follower].shape[1:2]
        if not rows or not taken or taken[0] % rows:
            raise InputError(f"{layer.follower!r} doesn't take the {rows} rows of {layer.weight!r}")
        for name in layer.vectors:
            if model.tensors[name].shape != (rows,):
                raise InputError(f"tensor {name!r} must have {rows} values")


def magnitudes(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean magnitude of each row."""
    rows = np.abs(values.astype(np.float64)).reshape(values.shape[0], -1)
    result: NDArray[np.float64] = rows.mean(axis=1)
    return result


def strengths(values: NDArray[Any], neurons: int) -> NDArray[np.float64]:
    """Return how strongly each output of a layer depends on each neuron before it."""
    grouped = np.abs(values.astype(np.float64)).reshape(values.shape[0], neurons, -1)
    result: NDArray[np.float64] = grouped.sum(axis=2)
    return result


def diffused(model: Reduced, layers: Sequence[Neurons]) -> dict[str, NDArray[np.float64]]:
    """Return the importance of neurons by the weight's name: where walks from the outputs pass.

    A walk goes from an output of the last layer to one of the neurons before it, each as likely as
    the magnitude of the weight between, and so on; damping keeps some of it everywhere. Neurons
    without weights of their own pass nothing on: their share is weighed by their rows' magnitude.
    """
    known: dict[str, NDArray[np.float64]] = {}
    for layer in reversed(layers):
        rows = model.tensors[layer.weight].shape[0]
        steps = strengths(model.tensors[layer.follower], rows)
        outputs = known.get(layer.follower, np.full(steps.shape[0], 1 / steps.shape[0]))
        sums = steps.sum(axis=1, keepdims=True)
        steps = np.divide(steps, sums, out=np.full_like(steps, 1 / rows), where=sums > 0)
        walked = DAMPING * outputs @ steps + (1 - DAMPING) / rows
        own = magnitudes(model.tensors[layer.weight])
        walked = walked * own / own.mean() if own.any() else walked
        known[layer.weight] = walked / walked.sum() if walked.any() else walked
    return known


def without_neurons(model: Reduced, layer: Neurons, kept: NDArray[np.bool_]) -> Reduced:
    """Return a model with zeros for all that belongs to neurons that don't stay."""
    weight, follower = model.tensors[layer.weight], model.tensors[layer.follower]
    places = follower.shape[1] // kept.size
    masks = {
        layer.weight: mask_along(weight.shape, 0, kept),
        layer.follower: mask_along(follower.shape, 1, np.repeat(kept, places)),
    }
    masks |= dict.fromkeys(layer.vectors, kept)
    changed = {
        name: np.where(mask, model.tensors[name], 0).astype(model.tensors[name].dtype)
        for name, mask in masks.items()
    }
    axes: Mapping[str, int] = {**model.row_axes, layer.follower: 1}
    pruned = model.with_values(changed, masks)
    # Where a follower loses rows too, these are what is left out of it.
    return replace(
        pruned, row_axes={one: axis for one, axis in axes.items() if one != layer.weight}
    )


def mask_along(shape: tuple[int, ...], axis: int, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask of a tensor that is False where a place along an axis doesn't stay."""
    places = [-1 if number == axis else 1 for number in range(len(shape))]
    return np.broadcast_to(kept.reshape(places), shape).copy()
