"""Batch norms in federated learning: nodes keep their own, and get what a server folded (8.3.8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.decoder.reconstruction import NEW_BIAS_SUFFIX
from nnc.formats.batch_norm import Layer
from nnc.model.given import as_arrays
from nnc.reduce.folding import SCALING_SUFFIX
from nnc.reduce.reduced import check_share

#: How much of what was received goes into a node's own batch norm.
MOMENTUM = 0.3


def blend_batch_norms(
    own: Mapping[str, Any],
    received: Mapping[str, Any],
    layers: Iterable[Layer],
    *,
    momentum: float = MOMENTUM,
) -> dict[str, NDArray[Any]]:
    """Return a node's tensors with a received model, whose batch norms are folded, blended in.

    A server sends local scaling s and bias b in place of four vectors a batch norm. Means and
    variances of a node are those of its own data and stay. Its gamma and beta go towards those
    that, with its own mean and variance, compute what the server's layer does:
    gamma = (1 - m) gamma + m s sqrt(variance + eps), beta = (1 - m) beta + m (b + s mean).
    All other tensors are replaced.

    Args:
        own: the node's arrays by name, with batch norms.
        received: those of the server as they were coded, `nnc.decode(data, reconstruct=False)`:
            weights, scaling (`..._scaling`) and biases. Tensors of the batch norms aren't looked
            at.
        layers: which batch norm follows which layer, as for `fold_batch_norms`.
        momentum: how much of what was received goes in, 0 to 1.

    Returns:
        The node's arrays; those that weren't received are as they were.

    Raises:
        InputError: a tensor is missing or has another shape, or momentum is out of range.
    """
    share = check_share("momentum", momentum)
    result, there = dict(as_arrays(own)), as_arrays(received)
    taken: set[str] = set()
    for layer in layers:
        norm = layer.batch_norm
        bias_name = layer.bias or layer.weight + NEW_BIAS_SUFFIX
        scaling = vector(there, layer.weight + SCALING_SUFFIX, result, norm.gamma)
        bias = vector(there, bias_name, result, norm.gamma)
        beta, gamma, mean, variance = (vector(result, name, result, norm.gamma)
                                       for name in norm.names)  # fmt: skip
        deviation = np.sqrt(np.maximum(variance, 0) + norm.eps)
        blended = {
            norm.gamma: (1 - share) * gamma + share * scaling * deviation,
            norm.beta: (1 - share) * beta + share * (bias + scaling * mean),
        }
        for name, values in blended.items():
            result[name] = values.astype(result[name].dtype)
        if layer.bias:
            # What it adds is in beta already.
            result[layer.bias] = np.zeros_like(result[layer.bias])
        taken |= {*norm.names, bias_name, layer.weight + SCALING_SUFFIX}
    for name in result.keys() & there.keys() - taken:
        if there[name].shape != result[name].shape:
            raise InputError(f"tensor {name!r} was received with another shape than the node's")
        result[name] = there[name].astype(result[name].dtype)
    return result


def vector(
    tensors: Mapping[str, NDArray[Any]], name: str, own: Mapping[str, NDArray[Any]], like: str
) -> NDArray[np.float64]:
    """Return a vector that has as many values as a batch norm.

    Raises:
        InputError: it is missing, or has not.
    """
    if name not in tensors:
        raise InputError(f"there is no tensor {name!r}: were batch norms folded?")
    if like not in own or tensors[name].size != own[like].size:
        raise InputError(f"tensor {name!r} hasn't as many values as the batch norm {like!r}")
    result: NDArray[np.float64] = tensors[name].reshape(-1).astype(np.float64)
    return result
