"""SavedModels of TensorFlow (Annex D): the variables are the tensors, all else the topology.

A tensor is named by its variable's path. The topology is a zip archive of the folder's other
files, saved_model.pb first of all, and of the table of objects in the checkpoint.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.decoder import Topology
from nnc.formats.extras import load
from nnc.formats.folders import replace_folder
from nnc.formats.hostile import check_archive, check_shape, safe_file, safe_member
from nnc.formats.source import ArraySink, ArraySource, Sink, Source, TensorInfo
from nnc.syntax import TopologyStorageFormat

GRAPH, VARIABLES = "saved_model.pb", "variables"

#: End of the names of variables in a checkpoint, and the one that describes the others.
VALUE_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"

USE = "SavedModels of TensorFlow"


def open_source(path: str | os.PathLike[str]) -> Source:
    """Read the variables of a SavedModel.

    Raises:
        InputError: it can't be read, or has variables that are no numbers; tensorflow missing.
        OSError: a file can't be read.
    """
    folder = Path(path)
    tensorflow = load("tensorflow", "", USE)
    for name in ("index", "data-00000-of-00001"):
        safe_file(folder, f"{VARIABLES}/{VARIABLES}.{name}")
    arrays: dict[str, NDArray[Any]] = {}
    objects = b""
    try:
        checkpoint = tensorflow.train.load_checkpoint(os.fspath(folder / VARIABLES / VARIABLES))
        shapes = checkpoint.get_variable_to_shape_map()
        for key in sorted(shapes):
            check_shape(folder, key, shapes[key])
            values = checkpoint.get_tensor(key)
            if key == OBJECTS:
                objects = bytes(values)
                continue
            name, values = key.removesuffix(VALUE_SUFFIX), np.asarray(values)
            if values.dtype.kind in "OSUc" or name in arrays:
                raise InputError(f"{folder}: variable {key!r} holds no numbers, or occurs twice")
            arrays[name] = values
    except (tensorflow.errors.OpError, ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder}: the variables can't be read: {error}") from None
    source = ArraySource(arrays)
    source.row_axes = {
        name: values.ndim - 1
        for name, values in arrays.items()
        if values.ndim > 1 and values.dtype.kind not in "biu"
    }
    source.topology = Topology(TopologyStorageFormat.NNR_TPL_TEF, packed(folder, objects))
    return source


def packed(folder: Path, objects: bytes) -> bytes:
    """Return the files of a SavedModel without its variables as an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(OBJECTS), objects)
        for place in sorted(folder.rglob("*")):
            name = place.relative_to(folder).as_posix()
            if place.is_file() and not name.startswith(f"{VARIABLES}/"):
                data = safe_file(folder, name).read_bytes()
                archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def write(path: Path, data: bytes, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a SavedModel out of its topology and its variables.

    Raises:
        InputError: the topology is none of a SavedModel, or would write elsewhere.
        OSError: the folder can't be written.
    """
    tensorflow = load("tensorflow", "", USE)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_archive(path, archive)
            files = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise InputError(f"{path}: the topology is not a SavedModel: {error}") from None
    if GRAPH not in files:
        raise InputError(f"{path}: the topology is not a SavedModel: {GRAPH} is missing")
    objects = files.pop(OBJECTS, b"")
    for name in files:
        safe_member(path, name)
    tensors = {f"{name}{VALUE_SUFFIX}": tensorflow.constant(a) for name, a in arrays.items()}
    tensors[OBJECTS] = tensorflow.constant(objects)

    def fill(folder: Path) -> None:
        (folder / VARIABLES).mkdir()
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        tensorflow.raw_ops.SaveV2(
            prefix=os.fspath(folder / VARIABLES / VARIABLES),
            tensor_names=list(tensors),
            shape_and_slices=[""] * len(tensors),
            tensors=list(tensors.values()),
        )

    replace_folder(path, GRAPH, fill)


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
    topology: Topology | None = None,
) -> Sink:
    """Open a SavedModel (a folder) to be written."""
    place = Path(path)
    if (
        topology is None
        or topology.storage_format != TopologyStorageFormat.NNR_TPL_TEF
        or topology.data[:2] != b"PK"
    ):
        raise InputError(
            f"{place}: there is no SavedModel to write, because the model was not encoded from "
            "one; write a safetensors file"
        )
    load("tensorflow", "", USE)
    data = topology.data
    return ArraySink(tensors, lambda arrays: write(place, data, arrays))
