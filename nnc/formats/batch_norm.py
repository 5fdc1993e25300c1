"""Batch norms by the graphs of formats, and folded into the layers before them.

Folding (clause 8) takes a batch norm into weight and bias of the layer whose output it gets; the
batch norm stays in the network and does nothing any more. Which layer that is the graph of an ONNX
model says; the names of a state dict don't, so that there the caller has to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.model.batch_norm import BatchNorm, batch_norms_by_name

__all__ = ["BatchNorm", "Layer", "batch_norms_by_name", "fold_batch_norms", "layers_of_graph"]


class Layer(NamedTuple):
    """A layer and the batch norm that gets its output.

    Attributes:
        weight: name of the weight, whose rows are its first dimension.
        bias: name of the bias, None where the layer has none.
        batch_norm: the batch norm.
    """

    weight: str
    bias: str | None
    batch_norm: BatchNorm


def layers_of_graph(graph: Any, tensors: Iterable[str]) -> list[Layer]:
    """Find the batch norms of an ONNX graph that can be folded.

    Args:
        graph: the onnx.GraphProto.
        tensors: names of the initializers that are coded.

    Returns:
        Those that alone get the output of a convolution, or of a Gemm with transB, and share no
        tensor with any other node.
    """
    known = set(tensors)
    uses = Counter(name for node in graph.node for name in node.input)
    uses.update(output.name for output in graph.output)
    makers = {name: node for node in graph.node for name in node.output}
    result = []
    for node in graph.node:
        if node.op_type != "BatchNormalization" or node.domain or len(node.input) != 5:
            continue
        maker = makers.get(node.input[0])
        if maker is None or maker.domain or not has_rows_first(maker):
            continue
        given = [name for name in (*maker.input[1:], *node.input[1:]) if name]
        if uses[node.input[0]] > 1 or any(uses[n] > 1 or n not in known for n in given):
            continue
        settings = {one.name: one for one in node.attribute}
        if "training_mode" in settings and settings["training_mode"].i:
            continue
        epsilon = settings["epsilon"].f if "epsilon" in settings else 1e-5
        bias = maker.input[2] if len(maker.input) > 2 and maker.input[2] else None
        gamma, beta, mean, variance = node.input[1:]
        norm = BatchNorm(gamma=gamma, beta=beta, mean=mean, variance=variance, eps=epsilon)
        result.append(Layer(maker.input[1], bias, norm))
    return result


def has_rows_first(node: Any) -> bool:
    """Tell whether a node has a weight whose output channels are its first dimension."""
    settings = {one.name: one for one in node.attribute}
    if node.op_type == "Gemm":
        factors = [settings[name].f for name in ("alpha", "beta") if name in settings]
        transposed = "transB" in settings and bool(settings["transB"].i)
        return transposed and all(factor == 1 for factor in factors)
    return bool(node.op_type == "Conv")


def fold_batch_norms(
    tensors: Mapping[str, NDArray[Any]], layers: Iterable[Layer]
) -> dict[str, NDArray[Any]]:
    """Take batch norms into the weights and biases before them.

    What is left of a batch norm gives what it gets: mean 0, gamma 1, variance 1 - epsilon, so
    that the network's own epsilon makes it 1; beta is 0, or the bias of a layer that has none.

    Args:
        tensors: arrays by name.
        layers: which batch norm goes into which layer.

    Returns:
        All tensors, those of the layers changed.

    Raises:
        InputError: a tensor is missing, or not of as many values as the weight has rows.
    """
    result = dict(tensors)
    for layer in layers:
        for name in filter(None, (layer.weight, layer.bias, *layer.batch_norm.names)):
            if name not in result:
                raise InputError(f"there is no tensor {name!r} to fold")
        rows = result[layer.weight].shape[:1]
        for name in filter(None, (layer.bias, *layer.batch_norm.names)):
            if result[name].shape != rows:
                raise InputError(f"tensor {name!r} must have the {rows} rows of {layer.weight!r}")
        fold(result, layer)
    return result


def fold(tensors: dict[str, NDArray[Any]], layer: Layer) -> None:
    """Fold one batch norm, in place of the tensors by name."""
    norm = layer.batch_norm
    beta, gamma, mean, variance = (tensors[name].astype(np.float64) for name in norm.names)
    weight = tensors[layer.weight]
    factor = gamma / np.sqrt(variance + norm.eps)
    bias = 0.0 if layer.bias is None else tensors[layer.bias].astype(np.float64)
    shift = (bias - mean) * factor + beta
    wide = weight * factor.reshape(-1, *(1 for _ in weight.shape[1:]))
    left = np.zeros_like(shift)
    changed = {
        layer.weight: wide,
        norm.gamma: np.ones_like(factor),
        norm.beta: shift if layer.bias is None else left,
        norm.mean: left,
        norm.variance: np.full_like(factor, 1 - norm.eps),
    }
    if layer.bias is not None:
        changed[layer.bias] = shift
    for name, values in changed.items():
        tensors[name] = values.astype(tensors[name].dtype)
