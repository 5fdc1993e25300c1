"""Whole models in memory: read and written at once, in any format of the registry."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.decoder import Topology
from nnc.formats.registry import open_sink, open_source
from nnc.formats.source import TensorInfo


@dataclass(frozen=True, slots=True)
class Model:
    """What a model file holds.

    Attributes:
        tensors: arrays by name.
        metadata: key-value pairs; empty where the format has none.
        topology: the structure of the network, where the format has one.
        row_axes: as in `Source`.
        exact: as in `Source`.
    """

    tensors: dict[str, NDArray[Any]]
    metadata: dict[str, str] = field(default_factory=dict)
    topology: Topology | None = None
    row_axes: Mapping[str, int] = field(default_factory=dict)
    exact: Collection[str] = frozenset()


def read_model(path: str | os.PathLike[str]) -> Model:
    """Read a model file; its suffix, or else its content, sets the format.

    Raises:
        InputError: an unknown format, or a file that is not of its format.
        OSError: the file can't be read.
    """
    with open_source(path) as source:
        # Copies: what is handed out must not keep the file open.
        tensors = {name: np.array(source[name]) for name in source}
        return Model(tensors, source.metadata, source.topology, source.row_axes, source.exact)


def write_model(
    path: str | os.PathLike[str],
    tensors: Mapping[str, NDArray[Any]],
    metadata: Mapping[str, str] | None = None,
    topology: Topology | None = None,
) -> None:
    """Write a model file, replaced in one step; its suffix sets the format.

    Raises:
        InputError: as for `open_sink`.
        OSError: the file can't be written.
    """
    infos = {name: TensorInfo(values.shape, values.dtype) for name, values in tensors.items()}
    with open_sink(path, infos, metadata, topology) as sink:
        for name, values in tensors.items():
            sink.write(name, values)
