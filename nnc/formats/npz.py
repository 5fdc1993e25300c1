"""npz files: zip archives of numpy arrays."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import replace_file


def read_npz(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read the arrays of an npz file; pickled objects are refused.

    Raises:
        InputError: not an npz file, or one with pickled objects.
        OSError: the file can't be read.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise InputError(f"{os.fspath(path)}: not an npz archive")
            return {name: archive[name] for name in archive.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{os.fspath(path)}: {error}") from None


def write_npz(path: str | os.PathLike[str], tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays into an npz file; it is replaced in one step or not at all.

    Raises:
        InputError: an array of a dtype that the format doesn't know (bfloat16 ...).
        OSError: the file can't be written.
    """
    for name, values in tensors.items():
        if values.dtype.kind == "V" or values.dtype.type.__module__ != "numpy":
            raise InputError(
                f"{os.fspath(path)}: npz files can't hold {values.dtype} (tensor {name!r}); "
                "write a safetensors file"
            )
    replace_file(path, lambda file: write_archive(file, tensors))


def write_archive(file: BinaryIO, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write the archive member by member.

    `numpy.savez` takes the names as keywords, where "file" already means something else.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, values in tensors.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(values), allow_pickle=False)
