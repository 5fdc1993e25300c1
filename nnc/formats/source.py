"""Models tensor by tensor: what is read lazily, and what is written as it comes."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.decoder import Topology
from nnc.formats.batch_norm import Layer
from nnc.formats.hostile import our_errors
from nnc.model.ties import ties_of


class TensorInfo(NamedTuple):
    """What is known of a tensor before it is read.

    Attributes:
        shape: its dimensions.
        dtype: numpy's type, those of ml_dtypes among them.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Size of the values in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


class Source(Mapping[str, NDArray[Any]], ABC):
    """A model that is read tensor by tensor: a lazy mapping of names to arrays.

    Attributes:
        tensors: shape and dtype by name, in the order of the model.
        metadata: key-value pairs of the model; empty where the format has none.
        topology: the structure of the network, where the format has one.
        row_axes: for tensors whose rows (output channels) aren't their first dimension, which
            one they are.
        exact: names of float tensors that quantization would spoil: constants of the graph,
            scales of quantized tensors.
        depths: where tensors stand on the way from the inputs (0) to the outputs (1), as far as
            the format tells.
        ties: by name the first name of the same values, as far as the format tells.
        layers: those whose batch norms can be folded, where the format has a graph; None: it
            doesn't say.
    """

    topology: Topology | None = None
    row_axes: Mapping[str, int] = MappingProxyType({})
    exact: Collection[str] = frozenset()
    depths: Mapping[str, float] = MappingProxyType({})
    ties: Mapping[str, str] = MappingProxyType({})
    layers: Sequence[Layer] | None = None

    def __init__(self, tensors: Mapping[str, TensorInfo], metadata: Mapping[str, str]) -> None:
        """Note what is there."""
        self.tensors = dict(tensors)
        self.metadata = dict(metadata)

    def tensor(self, name: str) -> NDArray[Any]:
        """Return one tensor, possibly as a read-only view.

        Raises:
            KeyError: there is none of that name.
            InputError: it can't be read.
            OSError: its file can't be read.
        """
        if name not in self.tensors:
            raise KeyError(name)
        with our_errors(f"tensor {name!r} can't be read"):
            return self.read(name)

    @abstractmethod
    def read(self, name: str) -> NDArray[Any]:
        """Return one tensor of `tensors`, as it is read from the file; may fail in any way."""

    def leave_out(self, names: Collection[str]) -> None:
        """Take tensors out of the model."""
        self.tensors = {name: info for name, info in self.tensors.items() if name not in names}
        self.row_axes = {name: axis for name, axis in self.row_axes.items() if name not in names}
        self.exact = frozenset(self.exact) - set(names)

    def release(self, name: str) -> None:
        """Release memory that holds the values of a tensor; views on it stay valid."""

    def close(self) -> None:
        """Close the files; views on them may become invalid."""

    @property
    def nbytes(self) -> int:
        """Size of all values in bytes."""
        return sum(info.nbytes for info in self.tensors.values())

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Read one tensor; see `tensor`."""
        return self.tensor(name)

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a tensor of a name, without reading it."""
        return name in self.tensors

    def __iter__(self) -> Iterator[str]:
        """Return the names in order."""
        return iter(self.tensors)

    def __len__(self) -> int:
        """Return the number of tensors."""
        return len(self.tensors)

    def __enter__(self) -> Source:
        """Return the source, to be closed at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the files."""
        self.close()


class Sink(ABC):
    """A model that is written tensor by tensor, in any order.

    As a context manager it finishes if all went well, and otherwise leaves nothing behind.
    """

    def __init__(self, tensors: Mapping[str, TensorInfo]) -> None:
        """Note what is going to be written."""
        self.tensors = dict(tensors)
        self.missing = set(self.tensors)

    def write(self, name: str, values: NDArray[Any]) -> None:
        """Write one tensor.

        Raises:
            InputError: there is none of that name, it was written before, or it has another
                shape or dtype than was announced.
            OSError: the file can't be written.
        """
        info = self.tensors.get(name)
        if info is None or name not in self.missing:
            raise InputError(f"tensor {name!r} is not among those left to write")
        if (values.shape, values.dtype) != info:
            raise InputError(
                f"tensor {name!r} is {values.dtype} of shape {list(values.shape)}, "
                f"not {info.dtype} of shape {list(info.shape)} as was said"
            )
        self.put(name, values)
        self.missing.discard(name)

    @abstractmethod
    def put(self, name: str, values: NDArray[Any]) -> None:
        """Write one tensor that is as announced."""

    @abstractmethod
    def commit(self) -> None:
        """Move what was written to its final place, in one step for each file."""

    @abstractmethod
    def abandon(self) -> None:
        """Remove what was written."""

    def finish(self) -> None:
        """Finish the model.

        Raises:
            InputError: tensors are missing.
        """
        if self.missing:
            raise InputError(f"tensor {min(self.missing)!r} was never written")
        self.commit()

    def __enter__(self) -> Sink:
        """Return the sink, to be finished or abandoned at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the model, or remove what there is of it after an error."""
        try:
            if kind is None:
                self.finish()
        finally:
            self.abandon()


class ArraySource(Source):
    """Arrays in memory, for formats that are read as a whole."""

    def __init__(
        self, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None
    ) -> None:
        """Take arrays as they are."""
        infos = {name: TensorInfo(array.shape, array.dtype) for name, array in arrays.items()}
        super().__init__(infos, metadata or {})
        self.arrays = dict(arrays)
        self.ties = ties_of(arrays)

    def read(self, name: str) -> NDArray[Any]:
        """Return one array."""
        return self.arrays[name]


class ArraySink(Sink):
    """Gathers arrays for a format that is written as a whole."""

    def __init__(
        self,
        tensors: Mapping[str, TensorInfo],
        write_all: Callable[[dict[str, NDArray[Any]]], None],
    ) -> None:
        """Start with nothing.

        Args:
            tensors: what is going to be written.
            write_all: writes all arrays, in the order of `tensors`, in one step.
        """
        super().__init__(tensors)
        self.arrays: dict[str, NDArray[Any]] = {}
        self.write_all = write_all

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Keep one array."""
        self.arrays[name] = values

    def commit(self) -> None:
        """Write the file."""
        self.write_all({name: self.arrays[name] for name in self.tensors})

    def abandon(self) -> None:
        """Forget the arrays."""
        self.arrays.clear()
