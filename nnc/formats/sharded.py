"""Checkpoints of several safetensors files and an index, read and written as one model.

The index is JSON as Hugging Face's libraries write it:

    {"metadata": {"total_size": 123}, "weight_map": {TENSOR: FILE, ...}}

How a model was cut goes into its metadata under one key, so that decoding cuts it likewise.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.caution import ModelFileWarning, warn
from nnc.bitstream import NewFile, replace_bytes
from nnc.engine.files import UNFINISHED
from nnc.formats.recognition import check_is_model
from nnc.formats.registry import INDEX_SUFFIX, SHARDS_KEY
from nnc.formats.safetensors import SafetensorsSink, SafetensorsSource
from nnc.formats.side_files import FILES_KEY, unpacked_files
from nnc.formats.source import Sink, Source, TensorInfo

SHARD_SUFFIX = ".safetensors"
DEFAULT_STEM = "model"

#: The largest shard where nothing says how a model is to be cut, in bytes of values.
DEFAULT_SHARD_SIZE = 5_000_000_000

#: What Windows takes for a drive or a stream, and what no file name can hold.
UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


class ShardedSource(Source):
    """A checkpoint of several files, mapped into memory."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open all files.

        Args:
            path: the index, or the folder that it is in.

        Raises:
            InputError: the index isn't one, leads out of its folder, or doesn't agree with the
                files; a file isn't of its format.
            OSError: a file can't be read.
        """
        index = index_of(Path(path))
        metadata, weight_map = read_index(index)
        names: dict[str, list[str]] = {}
        for name, shard in weight_map.items():
            names.setdefault(shard, []).append(name)
        self.shards: dict[str, SafetensorsSource] = {}
        tensors: dict[str, TensorInfo] = {}
        self.shard_of: dict[str, str] = {}
        try:
            for shard in sorted(names):
                check_shard_path(index, shard)
                self.add_shard(index, shard, set(names[shard]), tensors)
        except BaseException:
            self.close()
            raise
        content = {
            "metadata": metadata,
            "shards": {
                shard: {"tensors": list(source.tensors), "metadata": source.metadata}
                for shard, source in self.shards.items()
            },
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        super().__init__(tensors, {SHARDS_KEY: text})

    def add_shard(
        self, index: Path, shard: str, names: set[str], tensors: dict[str, TensorInfo]
    ) -> None:
        """Open one file, and add its tensors to those of the model.

        Raises:
            InputError: a tensor that the index has there isn't.

        Warns:
            ModelFileWarning: it holds others, which are left out.
        """
        place = index.parent / shard
        if not place.is_file():
            raise InputError(f"{index}: the shard {shard!r} is missing")
        check_is_model(place)
        source = self.shards[shard] = SafetensorsSource(place)
        for name in sorted(names - source.tensors.keys()):
            raise InputError(f"{index}: tensor {name!r} is not in the shard {shard!r}")
        more = sorted(source.tensors.keys() - names)
        if more:
            # The index says what belongs to the model; shards may be those of another, too.
            warn(
                f"{index}: {len(more)} tensors in the shard {shard!r} ({more[0]!r} first) are none "
                "that the index has there: they are left out",
                ModelFileWarning,
            )
        for name in more:
            del source.tensors[name]
        tensors.update(source.tensors)
        self.shard_of.update(dict.fromkeys(source.tensors, shard))

    def read(self, name: str) -> NDArray[Any]:
        """Return a view on one tensor, not to be written to."""
        return self.shards[self.shard_of[name]].tensor(name)

    def release(self, name: str) -> None:
        """Release the pages of one tensor."""
        self.shards[self.shard_of[name]].release(name)

    def close(self) -> None:
        """Close all files."""
        for source in self.shards.values():
            source.close()


def index_of(path: Path) -> Path:
    """Return the index file that a path is or holds.

    Raises:
        InputError: a folder without one, or with several.
    """
    if not path.is_dir():
        return path
    found = sorted(path.glob(f"*{INDEX_SUFFIX}"))
    if len(found) != 1:
        names = ", ".join(one.name for one in found) or "none"
        raise InputError(f"{path}: a checkpoint has one *{INDEX_SUFFIX}; found: {names}")
    return found[0]


def read_index(index: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Read an index: its metadata, and the file of each tensor by name.

    Raises:
        InputError: it isn't an index, or names something twice.
        OSError: it can't be read.
    """

    def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in pairs:
            if key in result:
                raise InputError(f"{index}: {key!r} occurs twice")
            result[key] = value
        return result

    check_is_model(index)
    try:
        content = json.loads(index.read_bytes(), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{index}: not an index of a checkpoint: {error}") from None
    weight_map = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(weight_map, dict) or not all(
        isinstance(shard, str) for shard in weight_map.values()
    ):
        raise InputError(f"{index}: not an index of a checkpoint: it has no weight_map of files")
    metadata = content.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise InputError(f"{index}: the metadata must be a JSON object")
    return metadata, weight_map


def check_shard_path(index: Path | str, shard: str, *, below: bool = False) -> None:
    """Refuse the name of a shard that could lead out of the folder.

    Raises:
        InputError: it is more than the name of a safetensors file.
    """
    folder, _, name = shard.rpartition("/")
    if (
        UNSAFE.search(folder + name)
        or not name.endswith(SHARD_SUFFIX)
        or name.startswith(".")
        or folder.startswith(".")
        or (shard.startswith("/") and not folder)
        or (not below and folder)
    ):
        raise InputError(
            f"{index}: {shard!r} can't be a shard: only a name that ends with {SHARD_SUFFIX}, "
            "of a file in the same folder"
        )


class ShardedSink(Sink):
    """A checkpoint whose files are written all at once, each tensor where it belongs."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        tensors: Mapping[str, TensorInfo],
        metadata: Mapping[str, str],
    ) -> None:
        """Open all files.

        Args:
            path: the index, or the folder that it goes to, which is made.
            tensors: shapes and dtypes by name.
            metadata: key-value pairs; how to cut the model is one of them, else it goes into
                shards of 5 GB. The others go into each file.

        Raises:
            InputError: a tensor that the format can't hold, a shard that can't be.
            OSError: a file can't be written.
        """
        super().__init__(tensors)
        target = Path(path)
        is_index = target.name.lower().endswith(INDEX_SUFFIX)
        self.folder = target.parent if is_index else target
        self.index = target if is_index else target / f"{DEFAULT_STEM}{INDEX_SUFFIX}"
        own = {key: one for key, one in metadata.items() if key not in (SHARDS_KEY, FILES_KEY)}
        layout = metadata.get(SHARDS_KEY) or cut(tensors, DEFAULT_SHARD_SIZE, stem_of(target))
        self.metadata, shards = read_layout(layout, list(tensors))
        self.indexes = read_indexes(layout, is_index, self.index.name)
        self.files = unpacked_files(metadata) if not is_index else {}
        self.made_folder = not self.folder.exists()
        if self.made_folder:
            UNFINISHED[os.fspath(self.folder)] = os.getpid()
        self.folder.mkdir(exist_ok=True)
        self.made_below: list[Path] = []
        self.shards: dict[str, SafetensorsSink] = {}
        self.shard_of = {name: shard for shard, (names, _) in shards.items() for name in names}
        self.done = False
        try:
            for shard, (names, said) in shards.items():
                self.make_below((self.folder / shard).parent)
                infos = {without_folder(name, shard): tensors[name] for name in names}
                self.shards[shard] = SafetensorsSink(self.folder / shard, infos, said | own)
        except BaseException:
            self.abandon()
            raise

    def put(self, name: str, values: NDArray[Any]) -> None:
        """Write one tensor to its file."""
        shard = self.shard_of[name]
        self.shards[shard].write(without_folder(name, shard), values)

    def make_below(self, folder: Path) -> None:
        """Make a folder below, and note that it was made here."""
        if not folder.exists():
            folder.mkdir()
            self.made_below.append(folder)

    def commit(self) -> None:
        """Move all files to their places, the indexes last."""
        new = [self.new_index(folder, name) for folder, name in self.indexes.items() if name]
        try:
            for sink in self.shards.values():
                sink.finish()
            for name, data in self.files.items():
                self.make_below((self.folder / name).parent)
                replace_bytes(self.folder / name, data)
            for one in new:
                one.commit()
        finally:
            for one in new:
                one.abandon()
        self.done = True
        UNFINISHED.pop(os.fspath(self.folder), None)

    def new_index(self, folder: str, name: str) -> NewFile:
        """Write the index of the shards in a folder, which isn't at its place yet."""
        weight_map = {
            without_folder(tensor, shard): shard.rpartition("/")[2]
            for tensor, shard in self.shard_of.items()
            if shard.rpartition("/")[0] == folder
        }
        own = [info for tensor, info in self.tensors.items()
               if self.shard_of[tensor].rpartition("/")[0] == folder]  # fmt: skip
        content = {
            "metadata": self.metadata | {"total_size": sum(info.nbytes for info in own)},
            "weight_map": dict(sorted(weight_map.items())),
        }
        new = NewFile(self.folder / folder / name)
        text = json.dumps(content, ensure_ascii=False, indent=2)
        new.file.write(f"{text}\n".encode())
        return new

    def abandon(self) -> None:
        """Remove what isn't at its place, and the folders if they were made for nothing."""
        for sink in self.shards.values():
            sink.abandon()
        while self.made_below and not self.done:
            with suppress(OSError):
                self.made_below.pop().rmdir()
        if self.made_folder and not self.done:
            self.made_folder = False
            # A request to end may leave a file in it that goes at exit, and the folder then too.
            with suppress(OSError):
                self.folder.rmdir()


def without_folder(name: str, shard: str) -> str:
    """Return the name that a tensor has in its shard, which may be in a folder below."""
    folder = shard.rpartition("/")[0]
    return name.removeprefix(f"{folder}/") if folder else name


def read_indexes(layout: str, is_index: bool, default: str) -> dict[str, str | None]:
    """Return which index is written, by folder; None: the shards there have none.

    Args:
        layout: how the model is cut, which `read_layout` has read.
        is_index: the model is written to an index of its own name.
        default: the name of that, or the usual one.

    Raises:
        InputError: an index could lead out of the folder.
    """
    said = json.loads(layout).get("indexes", {"": default})
    if not isinstance(said, dict):
        raise InputError(f"the metadata {SHARDS_KEY!r} can't be read: the indexes are no object")
    result: dict[str, str | None] = {}
    for folder, name in said.items():
        if name is not None and not (
            isinstance(name, str) and name.endswith(INDEX_SUFFIX) and not name.startswith(".")
        ):
            raise InputError(f"{SHARDS_KEY}: {name!r} can't be an index")
        if UNSAFE.search(f"{folder}{name or ''}") or folder.startswith("."):
            raise InputError(f"{SHARDS_KEY}: the index {name!r} would lead out of the folder")
        result[folder] = name
    return result | {"": default} if is_index else result


def read_layout(
    text: str, names: list[str]
) -> tuple[dict[str, Any], dict[str, tuple[list[str], dict[str, str]]]]:
    """Read how a model is cut.

    A tensor that isn't named, since it came later, goes into the last shard; names that are
    gone are passed over, and so are shards with nothing in them.

    Args:
        text: value of the metadata's key.
        names: names of the tensors that there are.

    Returns:
        Metadata of the index; names and metadata by shard.

    Raises:
        InputError: it can't be read, a shard could lead out of the folder, a tensor is in two.
    """
    try:
        content = json.loads(text)
        metadata = dict(content["metadata"])
        said = {
            str(shard): (
                [str(name) for name in one["tensors"]],
                {str(key): str(value) for key, value in one["metadata"].items()},
            )
            for shard, one in content["shards"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"the metadata {SHARDS_KEY!r} can't be read: {error}") from None
    left = dict.fromkeys(names)
    seen: set[str] = set()
    result: dict[str, tuple[list[str], dict[str, str]]] = {}
    for shard, (own, pairs) in said.items():
        check_shard_path(SHARDS_KEY, shard, below=True)
        if shard.lower() in {one.lower() for one in result}:
            raise InputError(f"{SHARDS_KEY}: there are two shards {shard!r}")
        for name in own:
            if name in seen:
                raise InputError(f"{SHARDS_KEY}: tensor {name!r} is in two shards")
            seen.add(name)
        present = [name for name in own if name in left]
        for name in present:
            del left[name]
        result[shard] = (present, pairs)
    if left:
        last = list(result)[-1] if result else f"{DEFAULT_STEM}{SHARD_SUFFIX}"
        result.setdefault(last, ([], {}))[0].extend(left)
    return metadata, {shard: one for shard, one in result.items() if one[0]}


def cut(tensors: Mapping[str, TensorInfo], size: int, stem: str = DEFAULT_STEM) -> str:
    """Return how to cut a model into shards of a size, as text for its metadata.

    Args:
        tensors: shapes and dtypes by name; they go into shards in this order.
        size: bytes of the values of a shard; a larger tensor has a shard of its own.
        stem: what the names of the shards begin with.

    Raises:
        InputError: not a size.
    """
    if size < 1:
        raise InputError(f"the size of a shard must be 1 or more, not {size}")
    groups: list[list[str]] = [[]]
    used = 0
    for name, info in tensors.items():
        if groups[-1] and used + info.nbytes > size:
            groups.append([])
            used = 0
        groups[-1].append(name)
        used += info.nbytes
    count = len(groups)
    shards = {
        f"{stem}-{number:05}-of-{count:05}{SHARD_SUFFIX}": {"tensors": names, "metadata": {}}
        for number, names in enumerate(groups, start=1)
    }
    return json.dumps({"metadata": {}, "shards": shards}, ensure_ascii=False)


def stem_of(path: Path) -> str:
    """Return what the names of shards begin with, by the path of the index or of its folder."""
    is_index = path.name.lower().endswith(INDEX_SUFFIX)
    return path.name[: -len(INDEX_SUFFIX)] if is_index else DEFAULT_STEM


def with_shard_size(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
    size: int,
) -> dict[str, str]:
    """Return metadata that say to cut a model into shards of a size.

    Args:
        path: where the model is going to be written.
        tensors: shapes and dtypes by name.
        metadata: what else is said.
        size: as for `cut`.
    """
    return {**metadata, SHARDS_KEY: cut(tensors, size, stem_of(Path(path)))}


def open_source(path: str | os.PathLike[str]) -> Source:
    """Open a checkpoint; see `ShardedSource`."""
    return ShardedSource(path)


def open_sink(
    path: str | os.PathLike[str],
    tensors: Mapping[str, TensorInfo],
    metadata: Mapping[str, str],
) -> Sink:
    """Open a checkpoint to be written; see `ShardedSink`."""
    return ShardedSink(path, tensors, metadata)
