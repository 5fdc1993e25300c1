"""ONNX models (Annex B): what holds values is coded, the rest of the ModelProto is the topology.

A tensor keeps its shape and type in the topology; its data are left out there. What the bitstream
has no place for (strings, complex numbers, floats that aren't finite) stays in it, and so do the
small numbers of Constant nodes, which take less there than a unit of their own.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import NewFile, replace_bytes
from nnc.decoder import Topology
from nnc.formats.batch_norm import layers_of_graph
from nnc.formats.extras import load
from nnc.formats.hostile import check_shape, safe_file
from nnc.formats.onnx_graph import (
    FLOAT_TYPES,
    all_tensors,
    depths,
    row_axes,
    scopes_of,
    settings,
    tensors_of,
    value_count,
)
from nnc.formats.source import ArraySink, Sink, Source, TensorInfo
from nnc.syntax import TopologyStorageFormat

#: Fields of a TensorProto that hold its values, or say where they are.
DATA_FIELDS = (
    *("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data"),
    *("string_data", "external_data", "data_location"),
)
#: Those of them that hold values.
VALUE_FIELDS = DATA_FIELDS[:7]

#: A protobuf message of 2 GB can't be written; from here on the values go to a file beside it.
LARGEST_MESSAGE = 1 << 30

#: Smaller tensors stay in the message: readers look at shapes and the like before they open files.
SMALLEST_EXTERNAL = 1024

#: Constants of so many whole numbers stay in the graph.
LARGEST_INLINE = 16


class OnnxSource(Source):
    """An ONNX file; values in files beside it are read when they are asked for.

    Attributes:
        layers: those whose batch norms can be folded; see `nnc.formats.batch_norm`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Read the graph.

        Raises:
            InputError: not an ONNX file, one that points out of its folder, or onnx missing.
            OSError: a file can't be read.
        """
        self.path = Path(path)
        self.onnx = load("onnx", "onnx", "ONNX models")
        self.model = parsed(self.onnx, self.path.read_bytes(), self.path)
        lists_as_tensors(self.onnx, self.model)
        names = [proto.name for proto in self.model.graph.initializer]
        for name, count in Counter(names).items():
            if count > 1 or not name:
                raise InputError(f"{self.path}: initializer {name!r} occurs twice in the graph")
        self.found = tensors_of(self.model)
        self.protos: dict[str, Any] = {}
        for name, proto in self.found.protos.items():
            check_shape(self.path, name, proto.dims)
            inline = name not in self.found.initializers and stays_inline(proto)
            if not inline and can_be_coded(self.onnx, proto):
                self.protos[name] = proto
        super().__init__({name: self.info(proto) for name, proto in self.protos.items()}, {})
        for name in [name for name in self.protos if not self.is_finite(name)]:
            del self.protos[name], self.tensors[name]
        self.set_roles()
        self.topology = self.skeleton()

    def info(self, proto: Any) -> TensorInfo:
        """Return shape and dtype of an initializer."""
        dtype = self.onnx.helper.tensor_dtype_to_np_dtype(proto.data_type)
        return TensorInfo(tuple(proto.dims), np.dtype(dtype))

    def is_finite(self, name: str) -> bool:
        """Tell whether a tensor that is no large one has neither NaN nor infinity."""
        info = self.tensors[name]
        if info.dtype.kind != "f" or info.nbytes > 1 << 20:
            return True
        return bool(np.isfinite(self.tensor(name)).all())

    def read(self, name: str) -> NDArray[Any]:
        """Read one initializer."""
        proto = self.protos[name]
        try:
            if proto.data_location == self.onnx.TensorProto.EXTERNAL:
                proto = self.embedded(proto)
            values: NDArray[Any] = self.onnx.numpy_helper.to_array(proto)
        except (ValueError, TypeError) as error:
            raise InputError(f"{self.path}: initializer {name!r}: {error}") from None
        return values.reshape(self.tensors[name].shape)

    def embedded(self, proto: Any) -> Any:
        """Return a tensor of another file with its values inside."""
        result = self.onnx.TensorProto(name=proto.name, dims=proto.dims, data_type=proto.data_type)
        result.raw_data = external_data(self.path, proto)
        return result

    def set_roles(self) -> None:
        """Find what is a constant of the graph, and what has its rows elsewhere."""
        sizes = {
            name: math.prod(info.shape)
            for name, info in self.tensors.items()
            if info.dtype.kind not in "biu"
        }
        ranks = {name: len(info.shape) for name, info in self.tensors.items()}
        self.layers = layers_of_graph(self.model.graph, self.tensors)
        self.exact = frozenset(settings(self.found, sizes))
        self.row_axes = row_axes(self.found, ranks)
        self.depths = depths(self.found, sizes)

    def skeleton(self) -> Topology:
        """Return the model with the data of the tensors left out."""
        bare = self.onnx.ModelProto()
        bare.CopyFrom(self.model)
        for name, proto in tensors_of(bare).protos.items():
            if name in self.protos:
                for field in DATA_FIELDS:
                    proto.ClearField(field)
        for proto in all_tensors(bare):
            if proto.data_location == self.onnx.TensorProto.EXTERNAL:
                proto.CopyFrom(self.embedded(proto))
        data = bare.SerializeToString(deterministic=True)
        return Topology(TopologyStorageFormat.NNR_TPL_ONNX, data)


def parsed(onnx: Any, data: bytes, where: object) -> Any:
    """Parse a ModelProto.

    Raises:
        InputError: it is none.
    """
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, ValueError, RuntimeError) as error:
        raise InputError(f"{where}: not an ONNX model: {error}") from None
    if not model.ir_version or not model.HasField("graph"):
        raise InputError(f"{where}: not an ONNX model: it has no graph")
    return model


def can_be_coded(onnx: Any, proto: Any) -> bool:
    """Tell whether an initializer is of numbers that a bitstream holds."""
    if proto.data_type in (onnx.TensorProto.UNDEFINED, onnx.TensorProto.STRING):
        return False
    try:
        dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(proto.data_type))
    except (KeyError, TypeError, ValueError):
        return False
    return dtype.kind in "biuf" or (
        dtype.type.__module__.startswith("ml_dtypes") and "e8m0" not in dtype.name
    )


def stays_inline(proto: Any) -> bool:
    """Tell whether the values of a constant are better off in the graph: one, or few integers."""
    count = value_count(proto)
    is_float = proto.data_type in FLOAT_TYPES
    return count <= 1 or (not is_float and count <= LARGEST_INLINE)


def lists_as_tensors(onnx: Any, model: Any) -> None:
    """Turn constants that are lists of floats into tensors, which mean the same."""
    for scope in scopes_of(model):
        for node in scope.graph.node:
            if node.op_type != "Constant" or node.domain or len(node.attribute) != 1:
                continue
            (attribute,) = node.attribute
            if attribute.name == "value_floats" and len(attribute.floats) > LARGEST_INLINE:
                values = np.array(attribute.floats, dtype=np.float32)
                tensor = onnx.numpy_helper.from_array(values)
                attribute.CopyFrom(onnx.helper.make_attribute("value", tensor))


def external_data(path: Path, proto: Any) -> bytes:
    """Read the values of a tensor out of the file that it points to.

    Raises:
        InputError: the file lies outside of the model's folder, or is too short.
        OSError: it can't be read.
    """
    entries = {entry.key: entry.value for entry in proto.external_data}
    place = safe_file(path.parent, entries.get("location", ""))
    size = place.stat().st_size
    try:
        offset = int(entries.get("offset", 0))
        length = int(entries.get("length", size - offset))
    except ValueError:
        offset = length = -1
    if offset < 0 or length < 0 or offset + length > size:
        raise InputError(
            f"{path}: the values of {proto.name!r} would be bytes {entries.get('offset')} "
            f"and on of {place.name}, which has {size}"
        )
    with place.open("rb") as file:
        file.seek(offset)
        return file.read(length)


def model_with(
    topology: Topology | None, tensors: Mapping[str, NDArray[Any]], where: object
) -> Any:
    """Return an ONNX model out of its topology and its tensors.

    Args:
        topology: the ModelProto without the data of its initializers.
        tensors: these by name.
        where: what the messages call it.

    Returns:
        The onnx.ModelProto.

    Raises:
        InputError: that is no topology of ONNX, tensors are missing or left over, or don't fit.
    """
    onnx = load("onnx", "onnx", "ONNX models")
    model = skeleton_of(onnx, topology, where)
    missing = dict.fromkeys(tensors)
    found = tensors_of(model)
    for name, proto in found.protos.items():
        if not is_bare(proto) or (name not in found.initializers and not value_count(proto)):
            continue
        if name not in tensors:
            raise InputError(f"{where}: the graph needs tensor {name!r}, which is missing")
        fill(onnx, name, proto, tensors[name], where)
        missing.pop(name, None)
    for name in missing:
        raise InputError(f"{where}: tensor {name!r} is not one of the graph's")
    return model


def skeleton_of(onnx: Any, topology: Topology | None, where: object) -> Any:
    """Parse the topology of an ONNX model, which mustn't point to files."""
    if topology is None or topology.storage_format != TopologyStorageFormat.NNR_TPL_ONNX:
        raise InputError(
            f"{where}: there is no ONNX graph to write, because the model was not encoded from an "
            "ONNX model; write a safetensors file"
        )
    model = parsed(onnx, topology.data, where)
    for proto in all_tensors(model):
        check_shape(str(where), proto.name, proto.dims)
        if proto.external_data or proto.data_location:
            raise InputError(f"{where}: the graph points to a file for tensor {proto.name!r}")
    return model


def is_bare(proto: Any) -> bool:
    """Tell whether the data of a tensor are left out."""
    return not any(getattr(proto, field) for field in VALUE_FIELDS) and proto.data_type != 8


def fill(onnx: Any, name: str, proto: Any, values: NDArray[Any], where: object) -> None:
    """Put the values of a tensor into the graph."""
    if tuple(proto.dims) != values.shape:
        raise InputError(
            f"{where}: tensor {name!r} has shape {list(values.shape)}, in the graph "
            f"{list(proto.dims)}"
        )
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(proto.data_type))
    proto.CopyFrom(onnx.numpy_helper.from_array(values.astype(dtype, copy=False), proto.name))


def write_onnx(path: str | os.PathLike[str], model: Any) -> None:
    """Write a model; where it is too large for one message, the values into a file beside it."""
    if model.ByteSize() > LARGEST_MESSAGE:
        move_out(Path(path).with_name(Path(path).name + ".data"), model)
    replace_bytes(path, model.SerializeToString())


def move_out(place: Path, model: Any) -> None:
    """Move the values of the tensors into a file."""
    new = NewFile(place)
    try:
        for proto in tensors_of(model).protos.values():
            if len(proto.raw_data) < SMALLEST_EXTERNAL:
                continue
            offset = new.file.seek(-(-new.file.tell() // 4096) * 4096)
            new.file.write(proto.raw_data)
            where = {"location": place.name, "offset": offset, "length": len(proto.raw_data)}
            proto.ClearField("raw_data")
            proto.data_location = 1
            for key, value in where.items():
                proto.external_data.add(key=key, value=str(value))
        new.commit()
    finally:
        new.abandon()


def open_source(path: str | os.PathLike[str]) -> Source:
    """Open an ONNX model; see `OnnxSource`."""
    return OnnxSource(path)


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
    topology: Topology | None = None,
) -> Sink:
    """Open an ONNX model to be written; its graph is the topology."""
    place = os.fspath(path)
    skeleton_of(load("onnx", "onnx", "ONNX models"), topology, place)
    return ArraySink(tensors, lambda arrays: write_onnx(path, model_with(topology, arrays, place)))
