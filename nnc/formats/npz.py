"""npz files: zip archives of numpy arrays."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import NewFile
from nnc.formats.source import ArraySource, Sink, Source, TensorInfo


def open_source(path: str | os.PathLike[str]) -> Source:
    """Read the arrays of an npz file; pickled objects are refused.

    Raises:
        InputError: not an npz file, or one with pickled objects.
        OSError: the file can't be read.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise InputError(f"{os.fspath(path)}: not an npz archive")
            return ArraySource({name: archive[name] for name in archive.files})
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{os.fspath(path)}: {error}") from None


class NpzSink(Sink):
    """An npz file, written member by member in the order in which they come.

    `numpy.savez` takes the names as keywords, where "file" already means something else.
    """

    def __init__(self, path: str | os.PathLike[str], tensors: Mapping[str, TensorInfo]) -> None:
        """Open the archive.

        Raises:
            InputError: an array of a dtype that the format doesn't know (bfloat16 ...).
            OSError: the file can't be written.
        """
        super().__init__(tensors)
        for name, info in tensors.items():
            if info.dtype.kind == "V" or info.dtype.type.__module__ != "numpy":
                raise InputError(
                    f"{os.fspath(path)}: npz files can't hold {info.dtype} (tensor {name!r}); "
                    "write a safetensors file"
                )
        self.new = NewFile(path)
        self.archive = zipfile.ZipFile(self.new.file, "w", zipfile.ZIP_STORED)

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Write one array."""
        with self.archive.open(f"{name}.npy", "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.asanyarray(values), allow_pickle=False)

    def commit(self) -> None:
        """End the archive and move it to its place."""
        self.archive.close()
        self.new.commit()

    def abandon(self) -> None:
        """Remove the archive, unless it is at its place."""
        self.archive.close()
        self.new.abandon()


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
) -> Sink:
    """Open an npz file to be written; it has no place for metadata."""
    return NpzSink(path, tensors)
