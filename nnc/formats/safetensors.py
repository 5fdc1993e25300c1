"""safetensors files: read from the mapped file, written tensor by tensor.

The library of that name checks what is read. It gives neither views nor the places of tensors,
and writes a model only as a whole; the layout itself is a JSON header and the values.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import NewFile
from nnc.engine.mapped import MappedFile
from nnc.formats.hostile import check_shape
from nnc.formats.source import Sink, Source, TensorInfo

# Newer than the oldest ml_dtypes that serves.
E8M0 = getattr(ml_dtypes, "float8_e8m0fnu", None)

#: numpy's types by their names in the header, in the order of the library's writer.
DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype(np.uint8),
    "I8": np.dtype(np.int8),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    **({"F8_E8M0": np.dtype(E8M0)} if E8M0 is not None else {}),
    "I16": np.dtype("<i2"),
    "U16": np.dtype("<u2"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "I32": np.dtype("<i4"),
    "U32": np.dtype("<u4"),
    "F32": np.dtype("<f4"),
    "C64": np.dtype("<c8"),
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "U64": np.dtype("<u8"),
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
METADATA = "__metadata__"

#: The header ends where values of all types may begin.
ALIGNMENT = 8

# Values are written in pieces of so many bytes, after which the pages may be given back.
WRITING_BYTES = 1 << 23


class SafetensorsSource(Source):
    """A safetensors file, mapped into memory."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a file.

        Raises:
            InputError: not a safetensors file, or a dtype or shape that numpy doesn't have.
            OSError: the file can't be read.
        """
        self.path = Path(path)
        names, metadata = checked_names(self.path)
        with self.path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
            self.mapped = MappedFile(file)
        self.mapping = self.mapped.mapping
        start = 8 + length
        self.places = {name: start + header[name]["data_offsets"][0] for name in names}
        super().__init__({name: self.info(name, header[name]) for name in names}, metadata)

    def info(self, name: str, entry: Mapping[str, Any]) -> TensorInfo:
        """Return shape and dtype of an entry of the header."""
        dtype = DTYPES.get(entry["dtype"])
        if dtype is None:
            raise InputError(
                f"{self.path}: tensor {name!r} is of dtype {entry['dtype']}, which numpy and "
                "ml_dtypes don't have"
            )
        check_shape(self.path, name, entry["shape"])
        return TensorInfo(tuple(entry["shape"]), dtype)

    def read(self, name: str) -> NDArray[Any]:
        """Return a view on one tensor, not to be written to.

        Raises:
            InputError: the file has become shorter.
        """
        self.mapped.check()
        info = self.tensors[name]
        count = info.nbytes // info.dtype.itemsize
        if count == 0:
            return np.empty(info.shape, info.dtype)
        values = np.frombuffer(self.mapping, info.dtype, count, self.places[name])
        return values.reshape(info.shape)

    def release(self, name: str) -> None:
        """Release the pages of one tensor."""
        if not hasattr(self.mapping, "madvise"):
            return
        start = self.places[name]
        end = start + self.tensors[name].nbytes
        start -= start % mmap.PAGESIZE
        if end > start:
            self.mapping.madvise(mmap.MADV_DONTNEED, start, end - start)

    def close(self) -> None:
        """Close the file, unless views on it are still in use: then with the last of them."""
        with suppress(BufferError):
            self.mapping.close()


def checked_names(path: Path) -> tuple[list[str], dict[str, str]]:
    """Have the library check a file, and return names and metadata.

    Raises:
        InputError: not a safetensors file.
        OSError: the file can't be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            return list(file.keys()), dict(file.metadata() or {})
    except SafetensorError as error:
        raise InputError(f"{path}: {error}") from None


class SafetensorsSink(Sink):
    """A safetensors file whose header is written first, and each tensor where it belongs."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        tensors: Mapping[str, TensorInfo],
        metadata: Mapping[str, str],
    ) -> None:
        """Write the header.

        Raises:
            InputError: a tensor that the format can't hold.
            OSError: the file can't be written.
        """
        super().__init__(tensors)
        header, self.places = layout(path, tensors, metadata)
        self.new = NewFile(path)
        try:
            self.new.file.write(header)
            size = max(
                (self.places[name] + info.nbytes for name, info in tensors.items()),
                default=len(header),
            )
            self.new.file.truncate(max(size, len(header)))
        except BaseException:
            self.new.abandon()
            raise

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Write one tensor to its place."""
        info = self.tensors[name]
        flat = np.ascontiguousarray(values, dtype=info.dtype.newbyteorder("<")).reshape(-1)
        data = flat.view(np.uint8).data
        self.new.file.seek(self.places[name])
        for start in range(0, len(data), WRITING_BYTES):
            self.new.file.write(data[start : start + WRITING_BYTES])

    def commit(self) -> None:
        """Move the file to its place."""
        self.new.commit()

    def abandon(self) -> None:
        """Remove the file, unless it is at its place."""
        self.new.abandon()


def layout(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
) -> tuple[bytes, dict[str, int]]:
    """Return the header of a file, and where in the file each tensor begins.

    The order is that of the library: wide types before narrow ones, then by name.

    Raises:
        InputError: a tensor that the format can't hold.
    """
    order = list(DTYPES)
    for name, info in tensors.items():
        if info.dtype.newbyteorder("<") not in NAMES:
            raise InputError(f"{os.fspath(path)}: the format has no {info.dtype} (tensor {name!r})")
        if name == METADATA:
            raise InputError(f"{os.fspath(path)}: no tensor can be named {METADATA}")
    types = {name: NAMES[info.dtype.newbyteorder("<")] for name, info in tensors.items()}
    content: dict[str, Any] = {METADATA: dict(metadata)} if metadata else {}
    offsets, end = {}, 0
    for name in sorted(tensors, key=lambda name: (-order.index(types[name]), name)):
        start, end = end, end + tensors[name].nbytes
        offsets[name] = start
        content[name] = {
            "dtype": types[name],
            "shape": list(tensors[name].shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % ALIGNMENT)
    begin = 8 + len(text)
    header = struct.pack("<Q", len(text)) + text
    return header, {name: begin + offset for name, offset in offsets.items()}


def open_source(path: str | os.PathLike[str]) -> Source:
    """Open a safetensors file; see `SafetensorsSource`."""
    return SafetensorsSource(path)


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
) -> Sink:
    """Open a safetensors file to be written; see `SafetensorsSink`."""
    return SafetensorsSink(path, tensors, metadata)
