"""Keras models (Annex D): .keras archives with the config as topology, and files of weights.

A tensor is named by its path in the HDF5 file, `layers/dense/vars/0`. Kernels have their output
channels last, which the bitstream says without a transposed copy.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import replace_bytes, replace_file
from nnc.decoder import Topology
from nnc.formats.extras import load
from nnc.formats.hdf5_file import CheckedBytes
from nnc.formats.hostile import check_archive, check_expansion, check_shape, safe_member
from nnc.formats.side_files import LARGEST, pack, unpack_all
from nnc.formats.source import ArraySink, ArraySource, Sink, Source, TensorInfo
from nnc.syntax import TopologyStorageFormat

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

#: Keys of the model's metadata: what Keras notes of the file, and the groups of the HDF5 file
#: with their attributes, which hold no tensor but are looked for.
NOTES, GROUPS = "keras.metadata", "keras.groups"

#: The key for the other files of an archive, packed.
ASSETS = "keras.assets"

#: Attribute of the older HDF5 files of whole models: the config. It is the topology, and None
#: stands in its place among the groups.
MODEL_CONFIG = "model_config"

DEEPEST_GROUP = 64

#: Attribute of datasets whose type HDF5 hasn't.
TYPE_ATTRIBUTE = "dtype"


def open_source(path: str | os.PathLike[str]) -> Source:
    """Read a .keras archive or an HDF5 file of weights.

    Raises:
        InputError: it is neither, or is made to do harm; h5py missing.
        OSError: it can't be read.
    """
    place = Path(path)
    with place.open("rb") as file:
        if file.read(4) != b"PK\3\4":
            return source_of(place.read_bytes(), place)
    try:
        with zipfile.ZipFile(place) as archive:
            check_archive(place, archive)
            members = set(archive.namelist())
            for needed in (CONFIG, WEIGHTS):
                if needed not in members:
                    raise InputError(f"{place}: not a Keras model: {needed} is missing")
            extra = sorted(members - {CONFIG, METADATA, WEIGHTS})
            assets = {name: archive.read(name) for name in extra if not name.endswith("/")}
            source = source_of(archive.read(WEIGHTS), place)
            config = archive.read(CONFIG)
            if METADATA in members:
                source.metadata[NOTES] = archive.read(METADATA).decode("utf-8", "replace")
            source.metadata.update(packed_assets(assets, place))
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise InputError(f"{place}: {error}") from None
    source.topology = Topology(TopologyStorageFormat.NNR_TPL_TEF, config)
    return source


def packed_assets(assets: Mapping[str, bytes], path: Path) -> dict[str, str]:
    """Return metadata that hold the other files of an archive: vocabularies and the like.

    Raises:
        InputError: a name that could do harm, or more than metadata should hold.
    """
    for name in assets:
        safe_member(path, name)
    if sum(map(len, assets.values())) > LARGEST:
        raise InputError(f"{path}: the assets in the archive are too large to be carried")
    content = {name: pack(data) for name, data in assets.items()}
    return {ASSETS: json.dumps(content, separators=(",", ":"))} if content else {}


def assets_of(metadata: Mapping[str, str], path: Path) -> dict[str, bytes]:
    """Return the other files of an archive.

    Raises:
        InputError: they can't be read, or have names that could do harm.
    """
    assets = unpack_all(metadata.get(ASSETS, "{}"), ASSETS)
    for name in assets:
        safe_member(path, name)
        if name in (CONFIG, METADATA, WEIGHTS):
            raise InputError(f"{path}: {name!r} can't be an asset")
    return assets


def source_of(data: bytes, path: Path) -> Source:
    """Read the tensors of an HDF5 file."""
    h5py = load("h5py", "keras", "Keras models")
    arrays: dict[str, NDArray[Any]] = {}
    groups: dict[str, dict[str, Any]] = {}
    try:
        with h5py.File(CheckedBytes(data), "r") as file:
            for name, item in items(h5py, file, path):
                if isinstance(item, h5py.Dataset):
                    arrays[name] = array_of(item, name, path)
                else:
                    groups[name] = attributes_of(item, name, path)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not a readable HDF5 file: {error}") from None
    config = groups.get("", {}).get(MODEL_CONFIG)
    if isinstance(config, str):
        groups[""][MODEL_CONFIG] = None
    source = ArraySource(arrays, {GROUPS: json.dumps(groups, separators=(",", ":"))})
    if isinstance(config, str):
        source.topology = Topology(TopologyStorageFormat.NNR_TPL_TEF, config.encode("utf-8"))
    source.row_axes = {
        name: len(info.shape) - 1
        for name, info in source.tensors.items()
        if len(info.shape) > 1 and info.dtype.kind not in "biu"
    }
    return source


def items(h5py: Any, group: Any, path: Path, above: str = "", depth: int = 0) -> Iterator[Any]:
    """Yield names and groups or datasets of an HDF5 file; links are refused.

    Raises:
        InputError: a link, or groups in groups in groups.
    """
    if depth > DEEPEST_GROUP:
        raise InputError(f"{path}: {above[:80]!r}: groups are nested too deeply")
    yield above, group
    for key in group:
        name = f"{above}/{key}" if above else key
        if not isinstance(group.get(key, getlink=True), h5py.HardLink):
            raise InputError(f"{path}: {name!r} is a link to another place")
        item = group[key]
        if isinstance(item, h5py.Group):
            yield from items(h5py, item, path, name, depth + 1)
        elif isinstance(item, h5py.Dataset):
            yield name, item
        else:
            raise InputError(f"{path}: {name!r} is neither a group nor a dataset")


def array_of(dataset: Any, name: str, path: Path) -> NDArray[Any]:
    """Read one dataset.

    Raises:
        InputError: its values lie in another file, are a bomb, or aren't numbers.
    """
    if dataset.external or dataset.is_virtual:
        raise InputError(f"{path}: the values of {name!r} lie in another file")
    bits = dataset.attrs.get(TYPE_ATTRIBUTE) == "bfloat16" and dataset.dtype == np.dtype("V2")
    if dataset.shape is None or not (bits or dataset.dtype.kind in "biuf"):
        raise InputError(f"{path}: {name!r} must hold numbers, not {dataset.dtype}")
    check_shape(path, name, dataset.shape)
    check_expansion(path, name, dataset.id.get_storage_size(), dataset.nbytes)
    values = np.asarray(dataset[()])
    return values.view(ml_dtypes.bfloat16) if bits else values


def attributes_of(group: Any, name: str, path: Path) -> dict[str, Any]:
    """Return the attributes of a group as JSON holds them."""
    result = {}
    for key, value in group.attrs.items():
        plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        plain = [as_text(one) for one in plain] if isinstance(plain, list) else as_text(plain)
        if not isinstance(plain, str | int | float | bool | list):
            raise InputError(f"{path}: attribute {key!r} of {name!r} can't be carried")
        result[key] = plain
    return result


def as_text(value: Any) -> Any:
    """Return bytes as text, all else as it is."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def weights_file(
    arrays: Mapping[str, NDArray[Any]],
    metadata: Mapping[str, str],
    where: object,
    topology: Topology | None = None,
) -> bytes:
    """Return an HDF5 file of tensors, with the config of the model where that belongs in it.

    Raises:
        InputError: names or types that it can't have.
    """
    h5py = load("h5py", "keras", "Keras models")
    buffer = io.BytesIO()
    try:
        groups = json.loads(metadata.get(GROUPS, "{}"))
        with h5py.File(buffer, "w") as file:
            for name, attributes in groups.items():
                group = file.require_group(checked_name(name, where)) if name else file
                for key, value in attributes.items():
                    if value is None and topology is not None:
                        value = topology.data.decode("utf-8", "replace")
                    group.attrs[key] = attribute(value)
            for name, values in arrays.items():
                put(file, checked_name(name, where), values, where)
    except (ValueError, TypeError, AttributeError, OSError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: {error}") from None
    return buffer.getvalue()


def put(file: Any, name: str, values: NDArray[Any], where: object) -> None:
    """Write one tensor."""
    if values.dtype == ml_dtypes.bfloat16:
        # As Keras does: two bytes that say nothing, and an attribute that says what they are.
        file.create_dataset(name, data=values.view("V2"))
        file[name].attrs[TYPE_ATTRIBUTE] = "bfloat16"
    elif values.dtype.type.__module__ == "numpy":
        file.create_dataset(name, data=values)
    else:
        raise InputError(f"{where}: HDF5 has no {values.dtype} (tensor {name!r})")


def attribute(value: Any) -> Any:
    """Return an attribute as Keras writes it: lists of names are bytes."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return np.array([one.encode("utf-8") for one in value], dtype="S") if value else []
    return value


def checked_name(name: str, where: object) -> str:
    """Refuse a name that isn't a path in an HDF5 file."""
    parts = name.split("/")
    if not name.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise InputError(f"{where}: {name!r} can't be the name of a variable")
    if len(parts) > DEEPEST_GROUP:
        raise InputError(f"{where}: {name[:80]!r}: groups are nested too deeply")
    return name


def write_archive(
    path: Path,
    topology: Topology,
    metadata: Mapping[str, str],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write a .keras archive."""
    weights = weights_file(arrays, metadata, path)
    assets = assets_of(metadata, path)

    def write_all(file: Any) -> None:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(METADATA, metadata.get(NOTES, "{}"))
            archive.writestr(CONFIG, topology.data)
            archive.writestr(WEIGHTS, weights)
            for name, data in assets.items():
                archive.writestr(name, data)

    replace_file(path, write_all)


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
    topology: Topology | None = None,
) -> Sink:
    """Open a .keras archive, whose config is the topology, or an HDF5 file of weights."""
    load("h5py", "keras", "Keras models")
    place = Path(path)
    for name in tensors:
        checked_name(name, place)
    if place.suffix.lower() != ".keras":
        return ArraySink(
            tensors,
            lambda arrays: replace_bytes(place, weights_file(arrays, metadata, place, topology)),
        )
    if (
        topology is None
        or topology.storage_format != TopologyStorageFormat.NNR_TPL_TEF
        or topology.data[:1] != b"{"
    ):
        raise InputError(
            f"{place}: there is no config of a Keras model to write, because the model was not "
            "encoded from a .keras file; write a .weights.h5 file"
        )
    if f'"{MODEL_CONFIG}":null' in metadata.get(GROUPS, ""):
        raise InputError(f"{place}: the model comes from an HDF5 file; write an .h5 file")
    kept = topology
    return ArraySink(tensors, lambda arrays: write_archive(place, kept, metadata, arrays))
