"""safetensors files, through the library of that name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError


def read_safetensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Read the tensors (bfloat16 and the like through ml_dtypes) and the metadata.

    Raises:
        InputError: not a safetensors file, or a dtype that numpy doesn't have.
        OSError: the file can't be read.
    """
    import ml_dtypes  # noqa: F401 (teaches numpy the types that safetensors asks it for)
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError, AttributeError) as error:
        raise InputError(f"{os.fspath(path)}: {error}") from None
    return tensors, metadata


def write_safetensors(
    path: str | os.PathLike[str],
    tensors: Mapping[str, NDArray[Any]],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write tensors and metadata; the file is replaced in one step or not at all.

    Raises:
        InputError: a tensor that the format can't hold.
        OSError: the file can't be written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    contiguous = {name: np.ascontiguousarray(values) for name, values in tensors.items()}
    # ascontiguousarray makes scalars one-dimensional; their shape has to stay empty.
    shaped = {name: values.reshape(tensors[name].shape) for name, values in contiguous.items()}
    try:
        save_file(shaped, os.fspath(temporary), metadata=dict(metadata) if metadata else None)
        os.replace(temporary, target)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{os.fspath(path)}: {error}") from None
    finally:
        temporary.unlink(missing_ok=True)
