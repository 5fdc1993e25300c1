"""Which module reads and writes which format; a format is found by suffix, else by content.

A format is one module with `open_source(path) -> Source` and, if it can be written,
`open_sink(path, tensors, metadata) -> Sink`; it is imported when it is first needed. The
`open_sink` of a format that has the structure of a network too takes that as `topology`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from nnc.bitio import InputError, NncError
from nnc.decoder import Topology
from nnc.formats.hostile import check_expansion, check_name, unpacking
from nnc.formats.source import Sink, Source, TensorInfo

#: Bytes of a file that a format is recognized by.
HEAD_BYTES = 512

#: How the name of the index of a sharded checkpoint ends.
INDEX_SUFFIX = ".safetensors.index.json"

#: The key of the metadata that says how a model was cut into shards.
SHARDS_KEY = "nnc.shards"


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
        alone: whether a file holds all values of the model, and no other file does.
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    writable: bool = True
    recognizes: Callable[[Path, bytes], bool] | None = None
    structured: bool = False
    folder: str = ""
    alone: bool = True

    def matches_suffix(self, path: Path) -> int:
        """Return the length of the suffix that a path ends with, 0 for none."""
        name = path.name.lower()
        return max((len(suffix) for suffix in self.suffixes if name.endswith(suffix)), default=0)


def is_checkpoint(path: Path, head: bytes) -> bool:
    """Tell whether a path is a folder with the index of a sharded checkpoint."""
    return path.is_dir() and any(path.glob(f"*{INDEX_SUFFIX}"))


SHARDED = Format(
    "sharded safetensors",
    (INDEX_SUFFIX,),
    "nnc.formats.sharded",
    recognizes=is_checkpoint,
    alone=False,
)

#: All formats. Of several suffixes that match the longest counts.
FORMATS = [
    Format("safetensors", (".safetensors",), "nnc.formats.safetensors"),
    SHARDED,
    Format("npz", (".npz",), "nnc.formats.npz"),
    Format(
        "PyTorch",
        (".pt", ".pth", ".bin", ".pt2"),
        "nnc.formats.pytorch",
        recognizes=lambda path, head: head[:2] == b"PK" and b"/data.pkl" in head,
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
    place = Path(path)
    found = by_suffix(place)
    if found is not None and not place.is_dir():
        return found
    head = b""
    if not place.is_dir() and (place.exists() or not place.suffix):
        with place.open("rb") as file:
            head = file.read(HEAD_BYTES)
    for one in FORMATS:
        if one.recognizes is not None and one.recognizes(place, head):
            return one
    raise InputError(
        f"{os.fspath(path)}: suffix and content say no format of models "
        f"(known: {', '.join(suffixes())})"
    )


def format_of_output(path: str | os.PathLike[str]) -> Format:
    """Return the format that the suffix of a path says, to write it.

    A folder (one that is there, or a path that ends with a slash) becomes a sharded checkpoint.

    Raises:
        InputError: no format that can be written has that suffix.
    """
    found = by_suffix(Path(path))
    if found is not None and found.folder and Path(path).name.lower().endswith(found.folder):
        return found
    if os.fspath(path).endswith(("/", os.sep)) or Path(path).is_dir():
        return SHARDED
    if found is None or not found.writable:
        known = ", ".join(suffix for one in FORMATS if one.writable for suffix in one.suffixes)
        raise InputError(
            f"{os.fspath(path)}: the suffix says no format of models that can be written "
            f"(known: {known})"
        )
    return found


def by_suffix(path: Path) -> Format | None:
    """Return the format with the longest suffix that a path ends with."""
    best = max(FORMATS, key=lambda one: one.matches_suffix(path))
    return best if best.matches_suffix(path) else None


def suffixes() -> list[str]:
    """Return the suffixes of all formats."""
    return [suffix for one in FORMATS for suffix in one.suffixes]


def open_source(path: str | os.PathLike[str], *, unpacked: int | None = None) -> Source:
    """Open a model file, or a folder that is one; nothing but names and shapes is read yet.

    Args:
        path: the file or folder.
        unpacked: bytes that it may unpack to beyond 200 for each of its own; None: what the
            environment variable NNC_UNPACKED_BYTES says, else 256 MiB.

    Raises:
        InputError: an unknown format, a file that is not of its format, or names of tensors that
            would do harm as paths or on a terminal.
        OSError: the file can't be read.
    """
    found = format_of_input(path)
    with unpacking(unpacked) as budget:
        source = opened(found, path)
        if found.alone and Path(path).is_file():
            # Many tensors may lie in the same bytes.
            budget.used = 0
            check_expansion(path, "the file", Path(path).stat().st_size, source.nbytes)
    for name in source.tensors:
        check_name(path, name)
    return source


def opened(found: Format, path: str | os.PathLike[str]) -> Source:
    """Open a file of a format, whatever the packages that read it make of damage."""
    try:
        return cast(Source, import_module(found.module).open_source(path))
    except (NncError, MemoryError):
        raise
    except Exception as error:  # readers trust the file, and fail in many ways
        if isinstance(error, OSError) and error.filename is not None:
            raise
        said = f"{type(error).__name__}: {error}"
        raise InputError(f"{os.fspath(path)}: can't be read as {found.name}: {said}") from None


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str] | None = None,
    topology: Topology | None = None,
) -> Sink:
    """Open a model file to be written tensor by tensor; it appears when all is written.

    Args:
        path: the file, whose suffix says the format.
        tensors: shapes and dtypes by name, in the order in which they are to stand.
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
        pairs.pop(SHARDS_KEY, None)
    return cast(Sink, module.open_sink(path, tensors, pairs, **given))
