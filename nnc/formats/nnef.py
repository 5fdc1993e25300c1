"""NNEF models (Annex A): a folder or tar archive of graph.nnef, graph.quant and .dat files.

The text of the graph is the topology, graph.quant goes into a quantization unit, and each
`variable` of the graph is a tensor that has its label as name.
"""

from __future__ import annotations

import io
import json
import math
import os
import struct
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import replace_file
from nnc.decoder import Topology
from nnc.formats.extras import load
from nnc.formats.folders import replace_folder
from nnc.formats.hostile import check_expansion, check_shape, safe_file, safe_member
from nnc.formats.nnef_graph import GraphReader
from nnc.formats.source import ArraySink, ArraySource, Sink, Source, TensorInfo
from nnc.syntax import TopologyStorageFormat

GRAPH, QUANTIZATION = "graph.nnef", "graph.quant"

#: Key of the model's metadata: names of the tensors whose integers stand for quantized values.
QUANTIZED = "nnef.quantized"

HEADER = struct.Struct("<2s2B2I8I2I")
HEADER_BYTES = 128


class Unseekable(io.BytesIO):
    """Bytes that the library reads as a stream, without asking for a file descriptor."""

    def seekable(self) -> bool:
        """Tell that it is a stream."""
        return False


def open_source(path: str | os.PathLike[str]) -> Source:
    """Read a folder, its graph.nnef, or a tar archive of one.

    Raises:
        InputError: it is no NNEF model, or points out of its folder; nnef missing.
        OSError: it can't be read.
    """
    place = Path(path)
    if place.name == GRAPH and place.is_file():
        place = place.parent
    if place.is_dir():
        return read(place, lambda name: file_in(place, name))
    try:
        with tarfile.open(place) as archive:
            members = {member.name.removeprefix("./"): member for member in archive}
            return read(place, lambda name: member_in(archive, members, name, place))
    except (tarfile.TarError, EOFError) as error:
        raise InputError(f"{place}: not a tar archive of an NNEF model: {error}") from None


def file_in(folder: Path, name: str) -> bytes | None:
    """Read a file of a folder; None where there is none."""
    found = safe_file(folder, name)
    return found.read_bytes() if found.is_file() else None


def member_in(
    archive: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], name: str, path: Path
) -> bytes | None:
    """Read a member of an archive; None where there is none."""
    member = members.get(str(safe_member(path, name)))
    if member is None:
        return None
    if not member.isreg():
        raise InputError(f"{path}: {name!r} is a link or a device")
    check_expansion(path, name, path.stat().st_size, member.size)
    file = archive.extractfile(member)
    return None if file is None else file.read()


def read(path: Path, content: Callable[[str], bytes | None]) -> Source:
    """Read a model whose files a function gives."""
    text = content(GRAPH)
    if text is None:
        raise InputError(f"{path}: not an NNEF model: {GRAPH} is missing")
    quantization = content(QUANTIZATION)
    arrays, quantized = {}, []
    files: dict[str, str] = {}
    for label, shape in variables(text, path).items():
        file = str(safe_member(path, label.removeprefix("/")))
        if files.setdefault(file, label) != label:
            raise InputError(
                f"{path}: variables {files[file]!r} and {label!r} have the same file of values"
            )
        data = content(f"{label.removeprefix('/')}.dat")
        if data is None:
            raise InputError(f"{path}: the values of variable {label!r} are missing")
        arrays[label], integers = tensor_of(data, label, path)
        if list(arrays[label].shape) != shape:
            raise InputError(
                f"{path}: variable {label!r} has shape {list(arrays[label].shape)} in its file, "
                f"{shape} in the graph"
            )
        if integers:
            quantized.append(label)
    source = ArraySource(arrays, {QUANTIZED: json.dumps(quantized)} if quantized else {})
    source.topology = Topology(TopologyStorageFormat.NNR_TPL_NNEF, text, quantization)
    return source


def variables(text: bytes, where: object) -> dict[str, list[int]]:
    """Return shapes of the variables of a graph by label.

    Raises:
        InputError: the text is no graph.
    """
    try:
        graph = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: {GRAPH} can't be read: {error}") from None
    result: dict[str, list[int]] = {}
    for label, shape in GraphReader(graph, f"{where}: {GRAPH}").variables():
        safe_member(str(where), label.removeprefix("/"))
        if result.setdefault(label, shape) != shape:
            raise InputError(f"{where}: variable {label!r} has two shapes in the graph")
    return result


def tensor_of(data: bytes, name: str, where: object) -> tuple[NDArray[Any], bool]:
    """Read a .dat file, and tell whether its integers stand for quantized values.

    Raises:
        InputError: it is damaged.
    """
    nnef = load("nnef", "nnef", "NNEF models")
    if len(data) < HEADER_BYTES:
        raise InputError(f"{where}: the file of variable {name!r} ends too early")
    _, _, _, length, rank, *rest = HEADER.unpack_from(data)
    if rank > 8:
        raise InputError(f"{where}: variable {name!r} has {rank} dimensions, but NNEF allows 8")
    shape, bits = rest[:rank], rest[8]
    check_shape(str(where), name, shape)
    wanted = -(-math.prod(shape) * bits // 8)
    if not length == wanted == len(data) - HEADER_BYTES:
        raise InputError(
            f"{where}: the file of variable {name!r} has {len(data) - HEADER_BYTES} bytes of "
            f"values, not {wanted}"
        )
    try:
        values, quantized = nnef.read_tensor(Unseekable(data), return_quantization=True)
    except (ValueError, TypeError) as error:
        raise InputError(f"{where}: variable {name!r}: {error}") from None
    return np.asarray(values), bool(quantized)


def files_of(
    topology: Topology,
    metadata: Mapping[str, str],
    arrays: Mapping[str, NDArray[Any]],
    where: object,
) -> dict[str, bytes]:
    """Return the files of a model by name.

    Raises:
        InputError: the tensors aren't those of the graph, or the format can't hold them.
    """
    needed = variables(topology.data, where)
    for name in needed.keys() ^ arrays.keys():
        what = "is missing" if name in needed else "is none of the graph's variables"
        raise InputError(f"{where}: tensor {name!r} {what}")
    result = {GRAPH: topology.data}
    if topology.quantization is not None:
        result[QUANTIZATION] = topology.quantization
    try:
        quantized = set(json.loads(metadata.get(QUANTIZED, "[]")))
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{where}: metadata {QUANTIZED!r}: {error}") from None
    for name, shape in needed.items():
        values = arrays[name]
        if list(values.shape) != shape:
            raise InputError(
                f"{where}: tensor {name!r} has shape {list(values.shape)}, in the graph {shape}"
            )
        result[f"{name.removeprefix('/')}.dat"] = dat_file(values, name, name in quantized, where)
    return result


def dat_file(values: NDArray[Any], name: str, quantized: bool, where: object) -> bytes:
    """Return a .dat file."""
    nnef = load("nnef", "nnef", "NNEF models")
    buffer = Unseekable()
    try:
        nnef.write_tensor(buffer, np.ascontiguousarray(values).reshape(values.shape), quantized)
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: tensor {name!r}: {error}") from None
    return buffer.getvalue()


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, which takes the place of an NNEF model that there may be."""

    def fill(folder: Path) -> None:
        for name, data in files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)

    replace_folder(path, GRAPH, fill)


def write_tar(path: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a tar archive, compressed where the suffix says so."""
    mode: Literal["w:gz", "w:"] = "w:gz" if path.suffix.lower() in (".tgz", ".gz") else "w:"

    def write_all(file: Any) -> None:
        with tarfile.open(fileobj=file, mode=mode) as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))

    replace_file(path, write_all)


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
    topology: Topology | None = None,
) -> Sink:
    """Open a folder (.nnef) or a tar archive to be written; its graph is the topology."""
    place = Path(path)
    load("nnef", "nnef", "NNEF models")
    if topology is None or topology.storage_format != TopologyStorageFormat.NNR_TPL_NNEF:
        raise InputError(
            f"{place}: there is no NNEF graph to write, because the model was not encoded from an "
            "NNEF model; write a safetensors file"
        )
    kept = topology
    write = write_folder if place.suffix.lower() == ".nnef" else write_tar
    return ArraySink(tensors, lambda arrays: write(place, files_of(kept, metadata, arrays, place)))
