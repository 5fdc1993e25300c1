"""Batch norms folded into local scaling and bias of the layers before them (8.2.1, 8.3.8)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.caution import EncodingWarning, warn
from nnc.decoder.reconstruction import NEW_BIAS_SUFFIX
from nnc.encoder.units.block import Block
from nnc.encoder.units.layer_names import layers_by_name
from nnc.formats.batch_norm import Layer
from nnc.model.batch_norm import batch_norms_by_name
from nnc.reduce.reduced import Model, Reduced, fits, reduced_of

#: What stands after the name of a weight for its local scaling.
SCALING_SUFFIX = "_scaling"


def fold_batch_norms(
    model: Model, layers: Iterable[Layer] | None = None, *, only: Iterable[str] | None = None
) -> Reduced:
    """Fold batch norms into local scaling and bias: the weights stay, two vectors replace four.

    With g = gamma / sqrt(variance + eps) the scaling becomes scaling * g, and the bias
    (bias - mean) * g + beta. A decoder multiplies the scaling into the weight, and unfolds what is
    left, so that the network gets all of its tensors again and computes the same.

    Args:
        model: arrays by name, or the result of another tool.
        layers: which batch norm follows which layer, as `nnc.torch.batch_norm_layers` or
            `nnc.formats.batch_norm.layers_of_graph` find them; None: by the names of the tensors,
            which is a guess.
        only: patterns of the weights that are meant; None for all.

    Returns:
        The model, with blocks and the batch norms that a decoder has to unfold.

    Raises:
        InputError: a tensor is missing, or hasn't as many values as the weight has rows.

    Warns:
        EncodingWarning: the layers were found by their names. Where a batch norm doesn't directly
            follow its layer, the network isn't the same any more.
    """
    whole = reduced_of(model)
    found = layers_by_names(whole) if layers is None else list(layers)
    found = [layer for layer in found if fits(layer.weight, None if only is None else list(only))]
    for layer in found:
        whole = folded(whole, layer)
    if layers is None and found:
        warn(
            f"{len(found)} batch norms are taken to follow the layers that their names say, such "
            f"as {found[0].batch_norm.gamma!r} after {found[0].weight!r}; check the decoded model",
            EncodingWarning,
        )
    return whole


def layers_by_names(model: Reduced) -> list[Layer]:
    """Find the layers with batch norms by the names of the tensors.

    Weights of TensorFlow are passed over: the first dimension isn't that of the outputs.
    """
    floats = {name: one for name, one in model.tensors.items() if is_foldable(one)}
    norms = {norm.gamma: norm for norm in batch_norms_by_name(floats)}
    blocks = layers_by_name(
        {name: one.shape[0] for name, one in floats.items() if one.ndim == 1},
        {name: one.shape[0] for name, one in floats.items() if one.ndim > 1},
    )
    return [
        Layer(block.weight, block.bias, norms[block.batch_norm[1]])
        for block in blocks
        if block.batch_norm and block.batch_norm[1] in norms
        if "kernel" not in block.weight.rpartition("/")[2]
    ]


def is_foldable(values: NDArray[Any]) -> bool:
    """Tell whether a tensor can be part of a block: floats of 32 bits."""
    return values.dtype == np.float32 and values.ndim > 0 and values.size > 0


def folded(model: Reduced, layer: Layer) -> Reduced:
    """Fold one batch norm."""
    check_layer(model, layer)
    norm, tensors = layer.batch_norm, dict(model.tensors)
    block = model.block_of(layer.weight)
    own = block.scaling if block is not None else None
    beta, gamma, mean, variance = (tensors.pop(name).astype(np.float64) for name in norm.names)
    factor = gamma / np.sqrt(np.maximum(variance, 0) + norm.eps)
    bias = 0.0 if layer.bias is None else tensors[layer.bias].astype(np.float64)
    bias_name = layer.bias or layer.weight + NEW_BIAS_SUFFIX
    scaling_name = own or layer.weight + SCALING_SUFFIX
    scaling = factor if own is None else factor * tensors[own].astype(np.float64)
    tensors[scaling_name] = scaling.astype(np.float32)
    tensors[bias_name] = ((bias - mean) * factor + beta).astype(np.float32)
    if block is None:
        made = Block(weight=layer.weight, scaling=scaling_name, bias=bias_name)
    else:
        made = replace(block, scaling=scaling_name, bias=bias_name)
    return replace(
        model,
        tensors=tensors,
        blocks=(*(one for one in model.blocks if one.weight != layer.weight), made),
        batch_norms={**model.batch_norms, layer.weight: norm},
    )


def check_layer(model: Reduced, layer: Layer) -> None:
    """Refuse a layer that can't be folded.

    Raises:
        InputError: a tensor is missing, isn't of float32, or hasn't as many values as rows.
    """
    block = model.block_of(layer.weight)
    rows: tuple[int, ...]
    if block is not None and block.g is not None:
        rows = tuple(block.dimensions[:1])
    else:
        rows = found_tensor(model, layer.weight).shape[:1]
    for name in filter(None, (layer.bias, *layer.batch_norm.names)):
        if found_tensor(model, name).shape != rows:
            raise InputError(f"tensor {name!r} must have the {rows[0]} rows of {layer.weight!r}")


def found_tensor(model: Reduced, name: str) -> NDArray[Any]:
    """Return a tensor that is to be folded."""
    if name not in model.tensors:
        raise InputError(f"there is no tensor {name!r} to fold")
    if not is_foldable(model.tensors[name]):
        raise InputError(f"tensor {name!r} must be float32 and not empty to be folded")
    return model.tensors[name]
