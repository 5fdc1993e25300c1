"""npz files: zip archives of numpy arrays."""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import NewFile
from nnc.formats.hostile import check_archive, check_shape
from nnc.formats.source import ArraySource, Sink, Source, TensorInfo

#: Readers of the headers of arrays by their version. The third is for names of fields alone.
HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def open_source(path: str | os.PathLike[str]) -> Source:
    """Read the arrays of an npz file; pickled objects are refused.

    Raises:
        InputError: not an npz file, one with pickled objects, or one that claims to hold far more
            than it does.
        OSError: the file can't be read.
    """
    try:
        with zipfile.ZipFile(path) as members:
            check_archive(path, members)
            for member in members.infolist():
                check_member(path, members, member)
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise InputError(f"{os.fspath(path)}: not an npz archive")
            return ArraySource({name: archive[name] for name in archive.files})
    except (ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, InputError):
            raise
        # numpy goes on with advice on arguments, which its callers have and ours haven't.
        reason = str(error).partition("\n")[0]
        raise InputError(f"{os.fspath(path)}: {reason}") from None


def check_member(
    path: str | os.PathLike[str], archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> None:
    """Refuse an array whose header says more than its member holds.

    numpy takes memory for the whole array before it reads the first value.

    Raises:
        InputError: it does, or it isn't an array.
        ValueError: the header is damaged.
    """
    with archive.open(member) as file:
        reader = HEADERS.get(np.lib.format.read_magic(file))
        if reader is None:
            raise InputError(f"{os.fspath(path)}: {member.filename!r} holds no array of numbers")
        shape, _, dtype = reader(file)
        if dtype.hasobject:
            raise InputError(
                f"{os.fspath(path)}: {member.filename!r} holds pickled objects, which aren't read: "
                "reading them may run code; save the file again without them"
            )
        check_shape(path, member.filename, shape)
        size = math.prod(shape) * dtype.itemsize
        held = member.file_size - file.tell()
        if size > held:
            raise InputError(
                f"{os.fspath(path)}: {member.filename!r} says that it has {size} bytes of values, "
                f"and has {held}"
            )


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
        try:
            # Closing writes the directory, which a full disk or a member half-written forbids.
            with suppress(OSError, ValueError):
                self.archive.close()
        finally:
            self.new.abandon()


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
) -> Sink:
    """Open an npz file to be written; it has no place for metadata."""
    return NpzSink(path, tensors)
