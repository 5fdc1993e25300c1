"""Where an ONNX graph adds a vector to what a layer gives, one number a channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.formats.onnx_graph import FLOAT_TYPES, GraphTensors, Scope, tensors_of
from nnc.formats.onnx_inputs import LAYERS

#: Operators by which of their inputs is a vector that they add, and the axis that it is along.
BIASES: dict[str, tuple[int, int | None]] = {
    "BatchNormalization": (2, 1),
    "Conv": (2, 1),
    "ConvTranspose": (2, 1),
    "Gemm": (2, -1),
    "LayerNormalization": (2, -1),
}


class Bias(NamedTuple):
    """A vector that is added to what a layer gives.

    Attributes:
        tensor: its name.
        values: the vector, a TensorProto.
        name: what its node calls it.
        output: name of the sum in the graph.
        axis: of the sum, along which the vector is.
    """

    tensor: str
    values: Any
    name: str
    output: str
    axis: int

    def sums(self, output: NDArray[Any]) -> tuple[NDArray[np.float64], int]:
        """Return the sums of an output by channel, and of how many numbers each is."""
        channels = np.moveaxis(output, self.axis, -1)
        rows = channels.reshape(-1, channels.shape[-1])
        return rows.sum(axis=0, dtype=np.float64), len(rows)


def biases_of(model: Any) -> list[Bias]:
    """Return the vectors of a main graph that are added once, and nothing else, in its order."""
    found = tensors_of(model)
    used = Counter(
        scope.tensor(name)
        for scope in found.scopes
        for node in scope.graph.node
        for name in node.input
    )
    return [one for one in candidates(found) if used[one.tensor] == 1]


def candidates(found: GraphTensors) -> Iterator[Bias]:
    """Yield the vectors that nodes of the main graph add."""
    scope = found.scopes[0]
    for node in scope.graph.node:
        if node.domain not in ("", "ai.onnx"):
            continue
        for place, axis in places_of(scope, node):
            name = node.input[place] if place < len(node.input) else ""
            tensor = scope.tensor(name) if name else None
            if tensor is None:
                continue
            proto = found.protos[tensor]
            long = [number for number, length in enumerate(proto.dims) if length > 1]
            if proto.data_type not in FLOAT_TYPES or len(long) != 1:
                continue
            if axis is None:
                yield Bias(tensor, proto, name, node.output[0], long[0] - len(proto.dims))
            elif len(proto.dims) == 1:
                yield Bias(tensor, proto, name, node.output[0], axis)


def places_of(scope: Scope, node: Any) -> list[tuple[int, int | None]]:
    """Return which inputs of a node may be a bias, and the axis; None: as its shape says."""
    if node.op_type == "Add":
        return [(side, None) for side in (0, 1) if is_layer(scope, node.input[1 - side])]
    if any(one.name == "beta" and one.f != 1 for one in node.attribute):
        # A Gemm that adds a multiple of it.
        return []
    return [BIASES[node.op_type]] if node.op_type in BIASES else []


def is_layer(scope: Scope, name: str) -> bool:
    """Tell whether a layer gives a value."""
    maker = scope.makers.get(name)
    return maker is not None and maker.op_type in LAYERS
