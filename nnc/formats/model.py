"""Model files by suffix: one reader and one writer for all formats."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnc.bitio import InputError

SUFFIXES = (".safetensors", ".npz")


@dataclass(frozen=True, slots=True)
class Model:
    """What a model file holds.

    Attributes:
        tensors: arrays by name.
        metadata: key-value pairs; empty where the format has none.
    """

    tensors: dict[str, NDArray[Any]]
    metadata: dict[str, str] = field(default_factory=dict)


def read_model(path: str | os.PathLike[str]) -> Model:
    """Read a model file, whose suffix says the format.

    Raises:
        InputError: an unknown suffix, or a file that is not of its format.
        OSError: the file can't be read.
    """
    suffix = known_suffix(path)
    if suffix == ".npz":
        from nnc.formats.npz import read_npz

        return Model(read_npz(path))
    from nnc.formats.safetensors import read_safetensors

    return Model(*read_safetensors(path))


def write_model(
    path: str | os.PathLike[str],
    tensors: Mapping[str, NDArray[Any]],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write a model file, whose suffix says the format; it is replaced in one step.

    Raises:
        InputError: an unknown suffix, or a tensor that the format can't hold.
        OSError: the file can't be written.
    """
    suffix = known_suffix(path)
    if suffix == ".npz":
        from nnc.formats.npz import write_npz

        write_npz(path, tensors)
        return
    from nnc.formats.safetensors import write_safetensors

    write_safetensors(path, tensors, metadata)


def known_suffix(path: str | os.PathLike[str]) -> str:
    """Give the suffix of a path, or refuse one that names no format."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"{os.fspath(path)}: the suffix says no format of models (known: {', '.join(SUFFIXES)})"
        )
    return suffix
