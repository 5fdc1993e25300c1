"""Which module reads and writes which format; a format is found by suffix, else by content.

A format is one module with `open_source(path) -> Source` and, if it can be written,
`open_sink(path, tensors, metadata) -> Sink`; it is imported when it is first needed. The
`open_sink` of a format that has the structure of a network too takes that as `topology`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from nnc.bitio import InputError
from nnc.bitio.caution import ModelFileWarning, warn
from nnc.decoder import Topology
from nnc.engine.files import as_path
from nnc.formats.hostile import check_expansion, check_name, our_errors, unpacking
from nnc.formats.recognition import check_is_model, head_of, shards_by_name
from nnc.formats.side_files import FILES_KEY
from nnc.formats.source import Sink, Source, TensorInfo
from nnc.syntax import TopologyStorageFormat

#: How the name of the index of a sharded checkpoint ends.
INDEX_SUFFIX = ".safetensors.index.json"

#: The pickled number that files of PyTorch before 1.6 begin with, after the protocol.
LEGACY_PYTORCH = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."

#: The key of the metadata that says how a model was cut into shards.
SHARDS_KEY = "nnc.shards"

#: The suffix of the format whose structure of the network a topology is.
STRUCTURES: Mapping[int, str] = {
    TopologyStorageFormat.NNR_TPL_NNEF: ".nnef",
    TopologyStorageFormat.NNR_TPL_ONNX: ".onnx",
    TopologyStorageFormat.NNR_TPL_PYT: ".pt2",
}


class UnknownFormatError(InputError):
    """Nothing of a file or folder says which format of models it is of."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format of models.

    Attributes:
        name: as it is called.
        suffixes: ends of file names, in lower case; may hold several dots.
        module: the module that reads and writes it.
        writable: whether the module has `open_sink`.
        recognizes: tells by a path and the first bytes of the file (none of a folder) whether
            it is of this format; None: only the suffix says so.
        structured: whether files hold the structure of the network too.
        folder: a suffix of a folder, which the format may write as such.
        packed: whether its files may be compressed by gzip as a whole.
        alone: whether a file holds all values of the model, and no other file does.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    writable: bool = True
    recognizes: Callable[[Path, bytes], bool] | None = None
    structured: bool = False
    folder: str = ""
    packed: bool = False
    alone: bool = True

    def matches_suffix(self, path: Path) -> int:
        """Return the length of the suffix that a path ends with, 0 for none."""
        name = path.name.lower()
        return max((len(suffix) for suffix in self.suffixes if name.endswith(suffix)), default=0)


def is_safetensors(path: Path, head: bytes) -> bool:
    """Tell whether a file begins with the length of a JSON header, and that header."""
    return head[8:9] == b"{" and head[5:8] == bytes(3)


def is_npz(path: Path, head: bytes) -> bool:
    """Tell whether a file is a zip archive whose first member is an array."""
    length = int.from_bytes(head[26:28], "little")
    return head[:4] == b"PK\3\4" and head[30 : 30 + length].endswith(b".npy")


def is_pytorch(path: Path, head: bytes) -> bool:
    """Tell whether a file is what torch.save writes: an archive, or what it wrote before those."""
    return (head[:2] == b"PK" and b"/data.pkl" in head) or head[2:].startswith(LEGACY_PYTORCH)


def holds_weights(folder: Path) -> bool:
    """Tell whether a folder has files of weights as Hugging Face's libraries name them."""
    patterns = (f"*{INDEX_SUFFIX}", "*.safetensors", "pytorch_model*.bin", "*.bin.index.json")
    return any(next(iter(folder.glob(pattern)), None) is not None for pattern in patterns)


def is_checkpoint(path: Path, head: bytes) -> bool:
    """Tell whether a path is a folder with weights in it, or in folders below it."""
    return path.is_dir() and (
        holds_weights(path) or any(holds_weights(one) for one in path.iterdir() if one.is_dir())
    )


SHARDED = Format(
    "sharded safetensors",
    (INDEX_SUFFIX,),
    "nnc.formats.model_folder",
    recognizes=is_checkpoint,
    alone=False,
)

#: All formats. Of several suffixes that match the longest counts.
FORMATS = [
    Format("safetensors", (".safetensors",), "nnc.formats.safetensors", recognizes=is_safetensors),
    SHARDED,
    Format("npz", (".npz",), "nnc.formats.npz", recognizes=is_npz),
    Format(
        "PyTorch",
        (".pt", ".pth", ".bin", ".pt2", ".ckpt", ".pt.tar", ".pth.tar"),
        "nnc.formats.pytorch",
        recognizes=is_pytorch,
        structured=True,
    ),
    Format("ONNX", (".onnx",), "nnc.formats.onnx", structured=True, alone=False),
    Format(
        "Keras",
        (".keras", ".weights.h5", ".h5", ".hdf5"),
        "nnc.formats.keras",
        recognizes=lambda path, head: head.startswith(b"\x89HDF\r\n\x1a\n"),
        structured=True,
    ),
    Format(
        "NNEF",
        (".nnef", ".nnef.tar", ".nnef.tgz", ".nnef.tar.gz", ".tgz", ".tar"),
        "nnc.formats.nnef",
        recognizes=lambda path, head: path.is_dir() and (path / "graph.nnef").is_file(),
        structured=True,
        folder=".nnef",
        packed=True,
    ),
    Format(
        "TensorFlow SavedModel",
        (".savedmodel",),
        "nnc.formats.savedmodel",
        recognizes=lambda path, head: path.is_dir() and (path / "saved_model.pb").is_file(),
        structured=True,
        folder=".savedmodel",
    ),
    Format(
        "GGUF",
        (".gguf",),
        "nnc.formats.gguf",
        writable=False,
        recognizes=lambda path, head: head.startswith(b"GGUF"),
    ),
]


def format_of_input(path: str | os.PathLike[str]) -> Format:
    """Return the format of a file or folder: by suffix, else by content.

    Raises:
        InputError: no format is known for it.
        OSError: there is no such file.
    """
    place = as_path(path)
    found = by_suffix(place)
    if found is not None and not place.is_dir():
        return found
    head = head_of(place) if place.exists() or not place.suffix else b""
    for one in FORMATS:
        if one.recognizes is not None and one.recognizes(place, head):
            return one
    if head or place.is_file():
        check_is_model(place)
    raise unknown(path, place)


def unknown(path: str | os.PathLike[str], place: Path) -> InputError:
    """Return the error for a file or folder that is of no format, which says what there is."""
    told = os.fspath(path)
    if place.suffix.lower() == ".nnc":
        return InputError(
            f"{told}: this seems to be a bitstream already, not a model format; "
            "nnc decode restores it"
        )
    if zipfile.is_zipfile(place):
        return InputError(f"{told}: this is no model but a zip archive{holding(place)}; unpack it")
    what = "nothing in this folder is of" if place.is_dir() else "neither suffix nor content say"
    return UnknownFormatError(f"{told}: {what} a model format (known: {known(FORMATS)})")


def holding(archive: Path) -> str:
    """Say of a zip archive with a single file which that is; else nothing."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [one for one in opened.namelist() if not one.endswith("/")]
    except zipfile.BadZipFile:
        return ""
    return f" that holds {names[0]!r}" if len(names) == 1 else ""


def known(formats: Iterable[Format]) -> str:
    """Return the suffixes of formats, one of each."""
    return ", ".join(one.suffixes[0] for one in formats if one is not SHARDED)


def format_of_output(path: str | os.PathLike[str]) -> Format:
    """Return the format to write, by the suffix of a path.

    A folder (an existing one, or a path that ends with a slash) becomes a sharded checkpoint.

    Raises:
        InputError: no format that can be written has that suffix.
    """
    found = by_suffix(as_path(path))
    if found is not None and found.folder and Path(path).name.lower().endswith(found.folder):
        return found
    if os.fspath(path).endswith(("/", os.sep)) or Path(path).is_dir():
        return SHARDED
    if found is None or not found.writable:
        choice = known(one for one in FORMATS if one.writable)
        raise InputError(
            f"{os.fspath(path)}: nnc writes no model format with this suffix (known: {choice}, "
            "and / for a folder of shards)"
        )
    return found


def by_suffix(path: Path) -> Format | None:
    """Return the format with the longest suffix that a path ends with."""
    best = max(FORMATS, key=lambda one: one.matches_suffix(path))
    return best if best.matches_suffix(path) else None


def suffixes() -> list[str]:
    """Return the suffixes of all formats."""
    return [suffix for one in FORMATS for suffix in one.suffixes]


def suffix_for(topology: Topology | None, metadata: Mapping[str, str]) -> str:
    """Return the suffix of the format that holds all that is known of a model; / for a folder."""
    if topology is None:
        return os.sep if {SHARDS_KEY, FILES_KEY} & set(metadata) else ".safetensors"
    if topology.storage_format == TopologyStorageFormat.NNR_TPL_TEF:
        return ".keras" if topology.data[:1] == b"{" else ".savedmodel"
    return STRUCTURES.get(topology.storage_format, ".safetensors")


def open_source(path: str | os.PathLike[str], *, unpacked: int | None = None) -> Source:
    """Open a model file or folder; only names and shapes are read yet.

    Args:
        path: the file or folder.
        unpacked: bytes that it may unpack to beyond 200 for each of its own; None: what the
            environment variable NNC_UNPACKED_BYTES says, else 256 MiB.

    Raises:
        InputError: an unknown format, a file that is not of its format, or names of tensors that
            would do harm as paths or on a terminal.
        OSError: the file can't be read.

    Warns:
        ModelFileWarning: the name says that it is one shard of a model.
    """
    place = as_path(path)
    if place.exists() and not place.is_file() and not place.is_dir():
        return open_pipe(place, unpacked)
    found = format_of_input(place)
    check_is_model(place, packed=found.packed)
    with unpacking(unpacked) as budget:
        source = opened(found, place)
        if found.alone and place.is_file():
            # Many tensors may lie in the same bytes.
            budget.used = 0
            check_expansion(place, "the file", place.stat().st_size, source.nbytes)
    for name in source.tensors:
        check_name(path, name)
    if place.is_file() and shards_by_name(place) > 1:
        warn(
            f"{place}: its name says that it is one of {shards_by_name(place)} shards, and no "
            "whole model; the folder or the index of the shards is one",
            ModelFileWarning,
        )
    return source


def opened(found: Format, path: Path) -> Source:
    """Open a file of a format, whatever the packages that read it make of damage."""
    with our_errors(f"{path}: can't be read as {found.name}"):
        return cast(Source, import_module(found.module).open_source(path))


def open_pipe(path: Path, unpacked: int | None) -> Source:
    """Read a model from a pipe, by way of a file: formats look at several places of it."""
    with tempfile.TemporaryDirectory() as folder:
        # What the suffix doesn't say, the content does.
        copy = Path(folder, path.name if by_suffix(path) else "model")
        with path.open("rb") as pipe, copy.open("wb") as file:
            shutil.copyfileobj(pipe, file)
        try:
            source = open_source(copy, unpacked=unpacked)
        except InputError as error:
            raise InputError(str(error).replace(os.fspath(copy), os.fspath(path))) from None
        # Opened or mapped files outlive their names; what reads its file later isn't for pipes.
        return source


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str] | None = None,
    topology: Topology | None = None,
) -> Sink:
    """Open a model file to write tensor by tensor; it appears when it is complete.

    Args:
        path: the file; its suffix sets the format.
        tensors: shapes and dtypes by name, in the order of the file.
        metadata: key-value pairs; left out where the format has no place for them, or where
            they say how to cut a model that isn't to be cut.
        topology: the structure of the network, where it is known.

    Raises:
        InputError: an unknown suffix, a tensor that the format can't hold, a name that would do
            harm, or a format that needs the structure of the network and another or none is given.
        OSError: the file can't be written.
    """
    found = format_of_output(path)
    for name in tensors:
        check_name(path, name)
    module = import_module(found.module)
    given = {"topology": topology} if found.structured else {}
    pairs = dict(metadata or {})
    if found is not SHARDED:
        for key in (SHARDS_KEY, FILES_KEY):
            pairs.pop(key, None)
    return cast(Sink, module.open_sink(path, tensors, pairs, **given))
