"""Exported programs of PyTorch (.pt2): zip archives of a graph in JSON and weights in files.

The topology is the archive with the files of the weights left out.
"""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import replace_file
from nnc.decoder import Topology
from nnc.formats.hostile import check_archive, check_shape
from nnc.formats.source import ArraySource, Source
from nnc.syntax import TopologyStorageFormat

CONFIG = "_weights_config.json"

#: Numbers of types in the archive's JSON.
DTYPES = {
    1: np.dtype(np.uint8),
    2: np.dtype(np.int8),
    3: np.dtype("<i2"),
    4: np.dtype("<i4"),
    5: np.dtype("<i8"),
    6: np.dtype("<f2"),
    7: np.dtype("<f4"),
    8: np.dtype("<f8"),
    12: np.dtype(np.bool_),
    13: np.dtype(ml_dtypes.bfloat16),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an archive a tensor is, and how it lies there.

    Attributes:
        member: name of the file in the archive.
        dtype: type of the values.
        shape: dimensions.
        strides: distances of values along each dimension, in values.
    """

    member: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def view(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the tensor as a view on the values of its file."""
        steps = [stride * self.dtype.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(values, self.shape, steps)


def is_one(archive: zipfile.ZipFile) -> bool:
    """Tell whether an archive is an exported program."""
    names = archive.namelist()
    return any(name.endswith("/archive_format") for name in names) and any(
        name.endswith(CONFIG) for name in names
    )


def places(archive: zipfile.ZipFile, where: object) -> dict[str, Place]:
    """Return the places of the weights whose files hold nothing else.

    Raises:
        InputError: the archive's JSON makes no sense.
    """
    result = {}
    for config in (name for name in archive.namelist() if name.endswith(CONFIG)):
        folder = config.rpartition("/")[0]
        try:
            content = json.loads(archive.read(config))["config"]
            for name, entry in content.items():
                place = place_of(f"{folder}/{entry['path_name']}", entry, name, where)
                if place is not None:
                    result[name] = place
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f"{where}: {config} can't be read: {error!r}") from None
    return result


def place_of(member: str, entry: Any, name: str, where: object) -> Place | None:
    """Return the place of one weight; None where it stays in the archive as it is."""
    meta = entry["tensor_meta"]
    dtype = DTYPES.get(meta["dtype"])
    if dtype is None or entry["use_pickle"] or meta["storage_offset"]["as_int"]:
        return None
    shape = tuple(int(size["as_int"]) for size in meta["sizes"])
    strides = tuple(int(size["as_int"]) for size in meta["strides"])
    check_shape(str(where), name, shape)
    if len(strides) != len(shape) or 0 in shape or any(stride < 0 for stride in strides):
        return None
    # The strides have to be those of a whole array, in whatever order of dimensions.
    expected = 1
    for stride, length in sorted(zip(strides, shape, strict=True)):
        if length > 1 and stride != expected:
            return None
        expected *= length
    return Place(member, dtype, shape, strides)


def read(path: Path, archive: zipfile.ZipFile) -> Source:
    """Read weights and graph of an exported program.

    Raises:
        InputError: it is damaged.
    """
    found = places(archive, path)
    arrays: dict[str, NDArray[Any]] = {}
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    for name, place in list(found.items()):
        wanted = math.prod(place.shape) * place.dtype.itemsize
        if sizes.get(place.member) != wanted:
            raise InputError(
                f"{path}: weight {name!r} has {sizes.get(place.member)} bytes in the archive, "
                f"not {wanted}"
            )
        values = np.frombuffer(archive.read(place.member), place.dtype)
        if place.dtype.kind == "f" and not np.isfinite(values).all():
            del found[name]
            continue
        arrays[name] = place.view(values)
    source = ArraySource(arrays)
    source.topology = Topology(
        TopologyStorageFormat.NNR_TPL_PYT,
        without(archive, {place.member for place in found.values()}),
    )
    return source


def without(archive: zipfile.ZipFile, left_out: set[str]) -> bytes:
    """Return an archive without some of its files, and without compression of its own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as result:
        for member in archive.infolist():
            if member.filename not in left_out and not member.is_dir():
                result.writestr(zipfile.ZipInfo(member.filename), archive.read(member))
    return buffer.getvalue()


def check_topology(topology: Topology | None, where: object) -> None:
    """Refuse a topology that is no exported program.

    Raises:
        InputError: it is none.
    """
    if topology is None or topology.storage_format != TopologyStorageFormat.NNR_TPL_PYT:
        raise InputError(
            f"{where}: there is no exported program to write, because the model was not encoded "
            "from one; write a .pt file"
        )


def write(
    path: str | os.PathLike[str], topology: Topology | None, arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write an exported program out of its topology and its weights.

    Raises:
        InputError: that is no topology of one, or the weights aren't those it needs.
        OSError: the file can't be written.
    """
    check_topology(topology, path)
    assert topology is not None
    try:
        with zipfile.ZipFile(io.BytesIO(topology.data)) as archive:
            check_archive(path, archive)
            files = weight_files(archive, arrays, path)
            members = [(one.filename, archive.read(one)) for one in archive.infolist()]
    except zipfile.BadZipFile as error:
        raise InputError(f"{os.fspath(path)}: the topology is not an archive: {error}") from None

    def write_all(file: Any) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as result:
            for name, data in (*members, *files.items()):
                result.writestr(zipfile.ZipInfo(name), data)

    replace_file(path, write_all)


def weight_files(
    archive: zipfile.ZipFile, arrays: Mapping[str, NDArray[Any]], where: object
) -> dict[str, bytes]:
    """Return the files of weights that a topology leaves out."""
    present = set(archive.namelist())
    needed = {
        name: place for name, place in places(archive, where).items() if place.member not in present
    }
    for name in needed.keys() ^ arrays.keys():
        what = "is missing" if name in needed else "is none of the program's weights"
        raise InputError(f"{where}: tensor {name!r} {what}")
    result = {}
    for name, place in needed.items():
        if arrays[name].shape != place.shape:
            raise InputError(
                f"{where}: tensor {name!r} has shape {list(arrays[name].shape)}, in the program "
                f"{list(place.shape)}"
            )
        values = np.empty(math.prod(place.shape), place.dtype)
        place.view(values)[...] = arrays[name]
        result[place.member] = values.tobytes()
    return result
