"""What the layers of an ONNX graph multiply their weights with, for calibration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.formats.onnx_graph import row_axis, tensors_of

#: Operators of layers.
LAYERS = ("MatMul", "Gemm", "Conv", "ConvTranspose")

#: Positions of a convolution's input that are looked at in each batch.
MOST_PATCHES = 1 << 14


class LayerInput(NamedTuple):
    """The input of a layer.

    Attributes:
        weight: name of its weight.
        values: the weight, a TensorProto.
        name: name of its input in the graph; empty where that isn't told.
        node: the node.
        kernel: shape of the weight for each row; () where it is a matrix.
    """

    weight: str
    values: Any
    name: str
    node: Any
    kernel: tuple[int, ...] = ()

    @property
    def columns(self) -> int:
        """Number of values of the weight for each output channel."""
        rows: int = self.values.dims[row_axis(self.node)]
        return int(math.prod(self.values.dims) // rows)

    def rows(self, given: NDArray[Any]) -> NDArray[np.float32]:
        """Return what the weight is multiplied with, (rows, columns), of one input."""
        values = np.asarray(given, dtype=np.float32)
        if not self.kernel:
            return values.reshape(-1, values.shape[-1])
        return patches(values, self.kernel, attributes(self.node))


def layer_inputs(model: Any) -> Iterator[LayerInput]:
    """Yield the layers of the main graph whose weight is a tensor: MatMul, Gemm, Conv ...

    Not told are the inputs of transposed convolutions, of those of several groups or padded by a
    rule, and of products with a transposed input.
    """
    found = tensors_of(model)
    scope = found.scopes[0]
    for node in scope.graph.node:
        if node.domain not in ("", "ai.onnx") or node.op_type not in LAYERS:
            continue
        weight = scope.tensor(node.input[1])
        if weight is None or scope.tensor(node.input[0]) is not None:
            continue
        values = found.protos[weight]
        shape, said = tuple(values.dims), attributes(node)
        if len(shape) < 2 or not math.prod(shape):
            continue
        if node.op_type == "Conv":
            plain = said.get("group", 1) == 1 and said.get("auto_pad", b"NOTSET") == b"NOTSET"
            yield LayerInput(weight, values, node.input[0] if plain else "", node, shape[1:])
        else:
            plain = node.op_type != "ConvTranspose" and len(shape) == 2
            plain = plain and not said.get("transA", 0)
            yield LayerInput(weight, values, node.input[0] if plain else "", node)


def with_open_tensors(model: Any, tensors: Mapping[str, Any]) -> Any:
    """Return a copy of a model to which tensors of its main graph can be given as inputs.

    Args:
        model: a ModelProto.
        tensors: each TensorProto, by what the nodes call it.
    """
    result = type(model)()
    result.CopyFrom(model)
    graph = result.graph
    nodes = [one for one in graph.node if not (set(one.output) & tensors.keys())]
    given = {one.name for one in graph.input}
    others = [one for one in graph.initializer if one.name not in tensors]
    for field, kept in ((graph.node, nodes), (graph.initializer, others)):
        copies = [type(one).FromString(one.SerializeToString()) for one in kept]
        del field[:]
        field.extend(copies)
    for name, values in tensors.items():
        graph.initializer.add().CopyFrom(values)
        graph.initializer[-1].name = name
        if name not in given:
            said = graph.input.add(name=name).type.tensor_type
            said.elem_type = values.data_type
            for length in values.dims:
                said.shape.dim.add(dim_value=length)
    return result


def attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a node that are numbers, lists of them, or text."""
    result: dict[str, Any] = {}
    for one in node.attribute:
        if one.ints:
            result[one.name] = tuple(one.ints)
        else:
            result[one.name] = one.s or one.i
    return result


def patches(
    values: NDArray[np.float32], kernel: tuple[int, ...], said: dict[str, Any]
) -> NDArray[np.float32]:
    """Return what a convolution multiplies its weights with, one row a position.

    Args:
        values: (batch, channels, positions ...).
        kernel: channels and lengths of the kernel.
        said: attributes of the node: pads, strides, dilations.
    """
    lengths, spatial = kernel[1:], len(kernel) - 1
    pads = said.get("pads", (0,) * 2 * spatial)
    sides = [(0, 0), (0, 0), *zip(pads[:spatial], pads[spatial:], strict=True)]
    dilations = said.get("dilations", (1,) * spatial)
    strides = said.get("strides", (1,) * spatial)
    reach = tuple(gap * (length - 1) + 1 for gap, length in zip(dilations, lengths, strict=True))
    axes = tuple(range(2, 2 + spatial))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, sides), reach, axes)
    places = (slice(None, None, stride) for stride in strides)
    inside = (slice(None, None, gap) for gap in dilations)
    windows = windows[(slice(None), slice(None), *places, *inside)]
    # (batch, channels, positions ..., kernel ...) to (positions, channels and kernel).
    windows = np.moveaxis(windows, 1, 1 + spatial)
    count = int(np.prod(windows.shape[: 1 + spatial]))
    columns = int(np.prod(kernel))
    return windows.reshape(count, columns)[:: 1 + count // MOST_PATCHES]
