"""Whole models in memory: read and written at once, in any format of the registry."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.caution import EncodingWarning, warn
from nnc.decoder import Topology
from nnc.formats.registry import open_sink, open_source
from nnc.formats.source import Source, TensorInfo


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


def read_model(path: str | os.PathLike[str], drop: Sequence[str] = ()) -> Model:
    """Read a model file; its suffix, or else its content, sets the format.

    Args:
        path: the file, or a folder that is a model.
        drop: patterns of names of tensors that are left out.

    Raises:
        InputError: an unknown format, or a file that is not of its format.
        OSError: the file can't be read.
    """
    with open_source(path) as source:
        leave_out(source, drop)
        # Copies: what is handed out must not keep the file open.
        tensors = {name: np.array(source[name]) for name in source}
        return Model(tensors, source.metadata, source.topology, source.row_axes, source.exact)


def leave_out(source: Source, patterns: Sequence[str]) -> None:
    """Leave tensors out of a model by patterns of their names.

    Raises:
        InputError: the patterns are no list of text.

    Warns:
        EncodingWarning: a pattern fits no name.
    """
    if isinstance(patterns, str) or not all(isinstance(one, str) for one in patterns):
        raise InputError(f"drop must be a list of patterns, not {patterns!r}")
    found: set[str] = set()
    for pattern in patterns:
        names = fnmatch.filter(source.tensors, pattern)
        if not names:
            warn(f"no tensor has a name like {pattern!r}", EncodingWarning)
        found.update(names)
    source.leave_out(found)


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
