"""ONNX models whose external data are the units of a bitstream (Annex E).

Each initializer says where its values come from: `location` is the bitstream's file in the
folder of the model, `offset` and `length` are those of the unit that holds the tensor, and the
key `nnc` says that the bytes there are a unit rather than values. The package onnx does the
reading and writing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from nnc.bitio import InputError
from nnc.bitstream import Bitstream
from nnc.containers.copying import write_pieces
from nnc.decoder import Limits
from nnc.decoder.layout import UnitLayout, layout_of
from nnc.model.data_format import DTYPES
from nnc.model.parts import joined_data_units

#: Key of an entry that says that external data are a unit of a bitstream, and its value.
KEY = "nnc"


def load_onnx() -> Any:
    """Return the package onnx.

    Raises:
        InputError: it isn't installed.
    """
    try:
        import onnx
    except ImportError:
        raise InputError("ONNX models need the package onnx: pip install 'nnc[onnx]'") from None
    return onnx


def write_onnx_data(source: Path, target: Path, tag: str) -> None:
    """Write an ONNX model whose initializers point into a bitstream file beside it.

    Args:
        source: the bitstream; it is copied into the folder of the model unless it is there.
        target: the model.
        tag: the URI that names what the bytes are.

    Raises:
        BitstreamError: the bitstream can't be parsed.
        InputError: the package onnx is missing.
        OSError: a file can't be read or written.
    """
    onnx = load_onnx()
    graph = onnx.GraphProto(name=source.stem)
    bitstream = Bitstream.open(source)
    for name, layout, offset, length in places(bitstream):
        shape, data_type = layout
        tensor = graph.initializer.add(name=name, dims=shape, data_type=data_type)
        tensor.data_location = onnx.TensorProto.EXTERNAL
        entries = {"location": source.name, "offset": offset, "length": length, KEY: tag}
        for key, value in entries.items():
            tensor.external_data.add(key=key, value=str(value))
    model = onnx.helper.make_model(graph, producer_name="nnc")
    data_file = target.parent / source.name
    if not (data_file.exists() and data_file.samefile(source)):
        write_pieces(data_file, bitstream.pieces())
    write_pieces(target, [model.SerializeToString()])


def places(bitstream: Bitstream) -> Iterator[tuple[str, tuple[tuple[int, ...], int], int, int]]:
    """Yield name, shape and ONNX data type, offset and length in bytes for each tensor."""
    onnx = load_onnx()
    for unit in joined_data_units(bitstream.walk()):
        layout: UnitLayout = layout_of(unit, Limits(), for_decoding=False)
        data_type = onnx.helper.np_dtype_to_tensor_dtype(DTYPES[layout.data_format])
        assert unit.start is not None, "the bitstream was read from a file"
        last = unit.parts[-1] if unit.parts else unit
        length = (last.start or 0) + last.byte_size - unit.start
        for tensor in layout.tensors:
            for name, shape in tensor.shapes().items():
                yield name, (shape, data_type), unit.start, length


def find_onnx_data(path: Path, tag: str) -> Path:
    """Return the bitstream that the initializers of an ONNX model point into.

    Raises:
        InputError: not an ONNX model, none that points into one bitstream, or one whose
            bitstream would be outside of the model's folder.
        OSError: the model can't be read.
    """
    onnx = load_onnx()
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except DecodeError as error:
        raise InputError(f"{os.fspath(path)}: not an ONNX model: {error}") from None
    locations = set()
    for tensor in model.graph.initializer:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        if entries.get(KEY) == tag:
            locations.add(entries.get("location", ""))
    if len(locations) != 1:
        raise InputError(f"{os.fspath(path)}: the model refers to {len(locations)} bitstreams")
    location = locations.pop()
    inside = location and location == PurePosixPath(location).name == PureWindowsPath(location).name
    file: Path = path.parent / location
    if not inside or file.is_symlink() or not file.is_file():
        raise InputError(
            f"{os.fspath(path)}: the bitstream {location!r} must be a file in the model's folder"
        )
    return file
