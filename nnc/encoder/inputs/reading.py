"""The tensors that the encoder is given: arrays in memory, or a model read tensor by tensor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nnc.decoder.workers import Call, Workers, in_order
from nnc.encoder.inputs.preparation import (
    PreparedTensor,
    packed,
    prepare,
    with_format,
    with_row_axis,
)
from nnc.encoder.inputs.scale import is_free, scale_of
from nnc.encoder.options.model import EncoderOptions
from nnc.model.given import as_arrays
from nnc.model.ties import ties_of

#: Memory that coding takes for each value beside the values: the levels, and the codeword.
LEVEL_BYTES = 6

#: Memory of a tensor that is looked through sooner than it is handed to a thread: that of about
#: 100,000 values.
SOON_LOOKED_THROUGH = 1 << 20

#: Values of so many bytes are kept rather than read twice: they take no more than what is told of
#: their tensor.
KEPT = 256


class Outline(NamedTuple):
    """What is known of a tensor before its values are read.

    Attributes:
        shape: its dimensions.
        dtype: its type.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@runtime_checkable
class Inputs(Protocol):
    """Tensors that are read one by one, such as those of `nnc.formats.Source`.

    Attributes:
        tensors: shape and dtype by name, in order.
        ties: by name the first name of the same values, where they are known to be.
    """

    @property
    def tensors(self) -> Mapping[str, Any]:
        """Shape and dtype by name, in order."""

    @property
    def ties(self) -> Mapping[str, str]:
        """By name the first name of the same values, where they are known to be."""

    def tensor(self, name: str) -> NDArray[Any]:
        """Read one tensor."""

    def release(self, name: str) -> None:
        """Release the memory that holds the values of a tensor, for it is done with."""


class ArrayInputs:
    """Arrays in memory.

    Attributes:
        tensors: shape and dtype by name, in order.
        ties: by name the first name of the same memory.
    """

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        """Take arrays, or what numpy makes arrays of."""
        self.arrays = as_arrays(arrays)
        self.tensors = {
            name: Outline(array.shape, array.dtype) for name, array in self.arrays.items()
        }
        self.ties = ties_of(self.arrays)

    def tensor(self, name: str) -> NDArray[Any]:
        """Return one array."""
        return self.arrays[name]

    def release(self, name: str) -> None:
        """Keep the array: it is the caller's."""


class GivenTensor(NamedTuple):
    """A tensor as it was given, to be prepared by the worker that encodes it.

    Attributes:
        name: its name.
        values: array of any dtype.
        row_axis: which of its dimensions are the rows.
        largest: largest magnitude of a float tensor, where that is known.
        release: gives back the memory of the values; None: it is not for the worker to do so.
    """

    name: str
    values: NDArray[Any]
    row_axis: int = 0
    largest: float | None = None
    release: Callable[[], None] | None = None

    def prepared(self, options: EncoderOptions) -> PreparedTensor:
        """Prepare the tensor, in the format and with the row axis that options want for it.

        Raises:
            InputError: it can't be coded, or can't have the format or the axis.
        """
        tensor = packed(self.name, self.values) if options.packs(self.name) else None
        if tensor is None:
            tensor = prepare(self.name, self.values, self.largest)
        if self.release is not None and not np.may_share_memory(tensor.values, self.values):
            self.release()
        axis = options.row_axis_of(self.name, self.values.ndim, self.row_axis)
        return with_format(with_row_axis(tensor, axis), options.format_of(self.name))


def outlined(given: GivenTensor, options: EncoderOptions) -> PreparedTensor:
    """Prepare a tensor, and keep all of it but values of more than a few bytes.

    In their place stand zeros that take no memory.
    """
    tensor = given.prepared(options)
    values, scale = tensor.values, tensor.scale
    if not (tensor.is_integer or tensor.stored) and is_free(tensor.name, values.ndim, options):
        scale = scale_of(values)
    if values.nbytes <= KEPT:
        return tensor.outline(values.copy(), scale, kept=True)
    zero = bytes(values.itemsize)
    empty: NDArray[Any] = np.ndarray(values.shape, values.dtype, zero, strides=(0,) * values.ndim)
    return tensor.outline(empty, scale, kept=False)


def outlines(
    inputs: Inputs, options: EncoderOptions, row_axes: Mapping[str, int], work: Workers
) -> Iterator[PreparedTensor]:
    """Look through the tensors of a model, of which one or a few are in memory at a time.

    Yields:
        Each tensor prepared, but for its values.

    Raises:
        InputError: one can't be coded.
    """
    calls = (
        Call(
            (GivenTensor(name, inputs.tensor(name), row_axes.get(name, 0)), options),
            memory_for(inputs, name),
        )
        for name in inputs.tensors
    )
    found = in_order(work, outlined, calls, small=SOON_LOOKED_THROUGH)
    for name, tensor in zip(inputs.tensors, found, strict=True):
        inputs.release(name)
        yield tensor


def byte_size(inputs: Inputs, name: str) -> int:
    """Return the size of a tensor in bytes."""
    shape, dtype = inputs.tensors[name]
    return int(math.prod(shape) * dtype.itemsize)


def memory_for(inputs: Inputs, name: str) -> int:
    """Return about how many bytes it takes to encode a tensor."""
    shape, dtype = inputs.tensors[name]
    # Floats narrower than 32 bits, and integers, are coded from a wider copy.
    widened = 0 if dtype.kind == "f" and dtype.itemsize in (4, 8) else 4
    return int(math.prod(shape) * (dtype.itemsize + widened + LEVEL_BYTES))
