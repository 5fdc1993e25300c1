"""safetensors files that hold a bitstream as one tensor of bytes (Annex E)."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from nnc.bitio import InputError
from nnc.containers.copying import write_pieces

#: Name of the tensor, and of the key of the metadata that says what it is.
TENSOR = "nnc"


def is_safetensors(start: bytes) -> bool:
    """Tell by the first bytes whether a file looks like a safetensors file."""
    return start[8:9] == b"{"


def write_safetensors_file(path: str | os.PathLike[str], data: bytes, tag: str) -> None:
    """Write a safetensors file with a bitstream in it; it is replaced in one step.

    Args:
        path: the file.
        data: the bitstream.
        tag: the URI that names what the tensor holds.

    Raises:
        OSError: the file can't be written.
    """
    from safetensors.numpy import save

    content = save({TENSOR: np.frombuffer(data, np.uint8)}, {TENSOR: tag})
    write_pieces(path, [content])


def read_safetensors_file(path: str | os.PathLike[str], tag: str) -> bytes:
    """Take a bitstream out of a safetensors file.

    Raises:
        InputError: not a safetensors file, or none that holds a bitstream.
        OSError: the file can't be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            metadata: Mapping[str, str] = file.metadata() or {}
            if metadata.get(TENSOR) != tag or TENSOR not in file.keys():  # noqa: SIM118
                raise InputError(f"{os.fspath(path)}: no bitstream in this safetensors file")
            values = file.get_tensor(TENSOR)
    except SafetensorError as error:
        raise InputError(f"{os.fspath(path)}: {error}") from None
    if values.dtype != np.uint8 or values.ndim != 1:
        raise InputError(f"{os.fspath(path)}: tensor {TENSOR!r} holds no bytes")
    return bytes(values.data)
