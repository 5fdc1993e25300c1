"""An ONNX model whose biases can be moved while it runs, layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.formats.onnx_biases import Bias
from nnc.formats.onnx_graph import tensors_of
from nnc.formats.onnx_inputs import with_open_tensors

#: Sums by channel, and of how many numbers each is.
Sums = tuple[NDArray[np.float64], int]


class Refitted:
    """A model that is given its biases as inputs.

    Attributes:
        before: the biases as the model has them, by the names of tensors.
        now: likewise as they were moved.
    """

    def __init__(self, onnx: Any, runtime: Any, model: Any, biases: Sequence[Bias]) -> None:
        """Open a session; `model` is a ModelProto that has these biases."""
        protos = tensors_of(model).protos
        self.before: dict[str, NDArray[Any]] = {
            one.tensor: onnx.numpy_helper.to_array(protos[one.tensor]) for one in biases
        }
        self.now = dict(self.before)
        self._names = {one.tensor: one.name for one in biases}
        self._outputs = [one.name for one in model.graph.output]
        opened = with_open_tensors(model, {one.name: protos[one.tensor] for one in biases})
        sums = (one.output for one in biases if one.output not in self._outputs)
        opened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in dict.fromkeys(sums))
        options = runtime.SessionOptions()
        options.log_severity_level = 3  # It warns of inputs that are tensors too.
        self._session = runtime.InferenceSession(
            opened.SerializeToString(), options, ["CPUExecutionProvider"]
        )
        self._run_options = runtime.RunOptions()
        self._run_options.add_run_config_entry("only_execute_path_to_fetches", "1")

    def run(
        self, names: Sequence[str], batch: Mapping[str, Any], biases: Mapping[str, NDArray[Any]]
    ) -> list[Any]:
        """Return some values of the graph for one batch."""
        opened = {self._names[tensor]: values for tensor, values in biases.items()}
        found: list[Any] = self._session.run(list(names), {**batch, **opened}, self._run_options)
        return found

    def sums(
        self, biases: Sequence[Bias], batches: Iterable[Mapping[str, Any]]
    ) -> dict[str, list[Sums]]:
        """Return the sums by channel of what biases are added to, them included; by batch."""
        sums: dict[str, list[Sums]] = {one.tensor: [] for one in biases}
        # Of no names at all every output would be given.
        for batch in batches if biases else ():
            found = self.run([one.output for one in biases], batch, self.now)
            for bias, output in zip(biases, found, strict=True):
                sums[bias.tensor].append(bias.sums(output))
        return sums

    def move(self, bias: Bias, by: NDArray[np.float64]) -> None:
        """Add a number for each channel to a bias; nothing to one that isn't added by channels."""
        former = self.now[bias.tensor]
        if by.size == former.size:
            moved = former.astype(np.float64) + by.reshape(former.shape)
            self.now[bias.tensor] = moved.astype(former.dtype)

    def moved(self, share: float) -> dict[str, NDArray[Any]]:
        """Return the biases that moved, after so much of their way."""
        return {
            name: (former + share * (self.now[name].astype(np.float64) - former)).astype(
                former.dtype
            )
            for name, former in self.before.items()
            if self.now[name] is not former
        }

    def outputs(self, batch: Mapping[str, Any], biases: Mapping[str, NDArray[Any]]) -> list[Any]:
        """Return what the model gives with some biases, and the others as it has them."""
        former = self.before
        shaped = {
            name: values.reshape(former[name].shape).astype(former[name].dtype)
            for name, values in biases.items()
        }
        return self.run(self._outputs, batch, {**former, **shaped})


def shift_of(wanted: Sequence[Sums], found: Sequence[Sums]) -> NDArray[np.float64]:
    """Return the difference of two means by channel, over the batches that give numbers in both."""
    both = [
        pair
        for pair in zip(wanted, found, strict=True)
        if all(count and np.isfinite(added).all() for added, count in pair)
    ]
    means = (
        np.sum([added for added, _ in side], axis=0) / sum(count for _, count in side)
        for side in zip(*both, strict=True)
    )
    before, after = means if both else (np.zeros(0), np.zeros(0))
    result: NDArray[np.float64] = before - after
    return result


def with_values(onnx: Any, model: Any, tensors: Mapping[str, NDArray[Any]]) -> Any:
    """Return a copy of a model with other values of its tensors.

    Raises:
        InputError: a tensor is missing, or has another size.
    """
    result = type(model)()
    result.CopyFrom(model)
    for name, proto in tensors_of(result).protos.items():
        if name not in tensors:
            continue
        dtype = onnx.helper.tensor_dtype_to_np_dtype(proto.data_type)
        values = np.asarray(tensors[name])
        if values.size != np.prod(proto.dims, dtype=np.int64):
            raise InputError(
                f"tensor {name!r} of the bitstream has {values.size} values, that of the model "
                f"{tuple(proto.dims)}: they aren't of one model"
            )
        own = proto.name
        shaped = np.ascontiguousarray(values.reshape(tuple(proto.dims)).astype(dtype))
        proto.CopyFrom(onnx.numpy_helper.from_array(shaped, own))
    return result
