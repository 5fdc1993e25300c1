"""Folders of models as Hugging Face's libraries write them: weights, configs, tokenizers.

The weights are in one file or in shards with an index, of safetensors or of PyTorch; in the
folder itself, or in folders below it (pipelines), whose names then stand before those of the
tensors. However they came, they are written as safetensors.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitio.caution import ModelFileWarning, warn
from nnc.formats import pytorch, sharded
from nnc.formats.recognition import check_is_model, shards_by_name
from nnc.formats.registry import INDEX_SUFFIX, SHARDS_KEY, holds_weights
from nnc.formats.safetensors import SafetensorsSource
from nnc.formats.side_files import files_in, packed
from nnc.formats.source import ArraySource, Source, TensorInfo

#: What readers want to be told of files that PyTorch's tensors are in.
OF_PYTORCH = {"format": "pt"}

BIN_INDEX_SUFFIX = ".bin.index.json"


class ModelFolder(Source):
    """A folder with weights in it, or below it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open all weights, and read the files beside them.

        Raises:
            InputError: there are no weights, or files that aren't what they should be.
            OSError: a file can't be read.
        """
        folder = Path(path)
        below = (
            [""]
            if holds_weights(folder)
            else sorted(one.name for one in folder.iterdir() if one.is_dir() and holds_weights(one))
        )
        self.parts: dict[str, Source] = {}
        tensors: dict[str, TensorInfo] = {}
        content: dict[str, Any] = {"metadata": {}, "shards": {}, "indexes": {}}
        try:
            for inside in below:
                prefix = f"{inside}/" if inside else ""
                source, layout = weights_of(folder / inside)
                self.parts[prefix] = source
                tensors |= {f"{prefix}{name}": info for name, info in source.tensors.items()}
                content["metadata"] |= layout["metadata"]
                content["indexes"][inside] = layout["index"]
                for shard, one in layout["shards"].items():
                    names = [f"{prefix}{name}" for name in one["tensors"]]
                    content["shards"][f"{prefix}{shard}"] = {**one, "tensors": names}
        except BaseException:
            self.close()
            raise
        if content["indexes"] == {"": f"{sharded.DEFAULT_STEM}{INDEX_SUFFIX}"}:
            del content["indexes"]
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        files = files_in(folder, dict.fromkeys(["", *below]))
        super().__init__(tensors, {SHARDS_KEY: text, **packed(files)})

    def place(self, name: str) -> tuple[Source, str]:
        """Return which weights a tensor is among, and its name there."""
        prefix = "" if "" in self.parts else name[: name.index("/") + 1]
        return self.parts[prefix], name.removeprefix(prefix)

    def read(self, name: str) -> NDArray[Any]:
        """Read one tensor."""
        source, own = self.place(name)
        return source.tensor(own)

    def release(self, name: str) -> None:
        """Return back the memory of one tensor."""
        source, own = self.place(name)
        source.release(own)

    def close(self) -> None:
        """Close all files."""
        for source in self.parts.values():
            source.close()


def weights_of(folder: Path) -> tuple[Source, dict[str, Any]]:
    """Open the weights that stand in a folder.

    Returns:
        The weights; the metadata of their index, its name, and what is in which shard.

    Raises:
        InputError: it can't be told which file they are.
    """
    if any(folder.glob(f"*{INDEX_SUFFIX}")):
        index = sharded.index_of(folder)
        whole = sharded.ShardedSource(index)
        return whole, json.loads(whole.metadata[SHARDS_KEY]) | {"index": index.name}
    single = chosen(folder, "*.safetensors")
    if single is not None:
        check_is_model(single)
        source = SafetensorsSource(single)
        return source, layout_of(source, single.name, source.metadata)
    if any(folder.glob(f"*{BIN_INDEX_SUFFIX}")):
        return sharded_bin(next(iter(sorted(folder.glob(f"*{BIN_INDEX_SUFFIX}")))))
    single = chosen(folder, "pytorch_model*.bin")
    assert single is not None, "holds_weights found it"
    check_is_model(single)
    found = pytorch.open_source(single)
    return found, layout_of(found, as_safetensors(single.name), OF_PYTORCH)


def layout_of(source: Source, shard: str, metadata: dict[str, str]) -> dict[str, Any]:
    """Return the layout of weights in one file, which has no index."""
    one = {"tensors": list(source.tensors), "metadata": metadata}
    return {"metadata": {}, "index": None, "shards": {shard: one}}


def chosen(folder: Path, pattern: str) -> Path | None:
    """Return the one file of weights in a folder, None for none.

    Raises:
        InputError: there are several, none of which is named as the model; or there are shards
            alone, without the index that says what belongs to the model.

    Warns:
        ModelFileWarning: there are others beside the model.
    """
    found = sorted(folder.glob(pattern))
    usual = [one for one in found if one.stem in (sharded.DEFAULT_STEM, "pytorch_model")]
    shards = [one for one in found if shards_by_name(one) > 1]
    if shards and not usual:
        raise InputError(
            f"{folder}: {shards[0].name} is one of {shards_by_name(shards[0])} shards, and their "
            "index (*.index.json) is missing; fetch it too"
        )
    if len(found) > 1 and len(usual) != 1:
        names = ", ".join(one.name for one in found[:4])
        raise InputError(
            f"{folder}: there are several files of weights, and no index ({names}): name one of "
            "them"
        )
    if len(found) > 1:
        others = ", ".join(one.name for one in found if one != usual[0])
        warn(f"{folder}: the model is {usual[0].name}; {others} is left out", ModelFileWarning)
        return usual[0]
    return found[0] if found else None


def sharded_bin(index: Path) -> tuple[Source, dict[str, Any]]:
    """Read files of PyTorch with an index.

    Raises:
        InputError: the index isn't one, or doesn't agree with the files.
    """
    metadata, weight_map = sharded.read_index(index)
    arrays: dict[str, NDArray[Any]] = {}
    shards: dict[str, Any] = {}
    for shard in sorted(set(weight_map.values())):
        sharded.check_shard_path(index, as_safetensors(shard))
        place = index.parent / shard
        if not place.is_file():
            raise InputError(f"{index}: the shard {shard!r} is missing")
        source = pytorch.open_source(place)
        names = [name for name, own in weight_map.items() if own == shard]
        for name in names:
            if name not in source.tensors:
                raise InputError(f"{index}: tensor {name!r} is not in the shard {shard!r}")
            arrays[name] = source.tensor(name)
        shards[as_safetensors(shard)] = {"tensors": names, "metadata": OF_PYTORCH}
    name = f"{sharded.DEFAULT_STEM}{INDEX_SUFFIX}"
    return ArraySource(arrays), {"metadata": metadata, "index": name, "shards": shards}


def as_safetensors(name: str) -> str:
    """Return the name that a file of PyTorch has as safetensors."""
    stem = name.removesuffix(".bin")
    return f"{stem.replace('pytorch_model', sharded.DEFAULT_STEM)}{sharded.SHARD_SUFFIX}"


def open_source(path: str | os.PathLike[str]) -> Source:
    """Open a folder; see `ModelFolder`. An index stands for the folder that it is in, if alone."""
    place = Path(path)
    return ModelFolder(place) if place.is_dir() else sharded.open_source(place)


open_sink = sharded.open_sink
