"""GGUF files, read: tensors dequantized, or their integer blocks as they are.

A model may be split into several files, `NAME-00001-of-00003.gguf` and on: any of them brings the
others.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.formats.extras import load
from nnc.formats.gguf_layout import check_head
from nnc.formats.hostile import check_shape
from nnc.formats.recognition import check_is_model
from nnc.formats.source import Source, TensorInfo

#: Types that are read as they are, by name.
PLAIN = ("F16", "F32", "F64", "I8", "I16", "I32", "I64")

# Longer arrays (vocabularies) are no metadata of a model's weights.
LONGEST_ARRAY = 64

#: Keys of a file that is one of several, and how it is named.
SPLIT_KEYS = "split."
SPLIT_COUNT, SPLIT_TENSORS = "split.count", "split.tensors.count"
SPLIT_NAME = re.compile(r"(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)

#: More files than any model is split into.
LARGEST_COUNT = 9999


class GgufSource(Source):
    """A GGUF file, mapped into memory."""

    def __init__(self, path: str | os.PathLike[str], *, dequantize: bool = True) -> None:
        """Open a file.

        Args:
            path: the file.
            dequantize: give float32 values of quantized tensors; else their blocks, as uint8
                with the blocks of a row in the last dimension.

        Raises:
            InputError: not a GGUF file, a type that isn't known, or gguf missing.
            OSError: it can't be read.
        """
        self.path, self.dequantize = Path(path), dequantize
        self.gguf = load("gguf", "gguf", "GGUF files")
        self.entries: dict[str, Any] = {}
        self.size = self.path.stat().st_size
        metadata: dict[str, str] = {}
        check_head(self.path)
        try:
            reader = self.gguf.GGUFReader(self.path)
            for tensor in reader.tensors:
                shape = tuple(int(length) for length in tensor.shape)
                check_shape(self.path, tensor.name, shape)
                self.entries[tensor.name] = tensor
            metadata = {
                name: text
                for name, field in reader.fields.items()
                if (text := text_of(field)) is not None
            }
            infos = {name: self.info(tensor) for name, tensor in self.entries.items()}
        except OSError:
            raise
        except InputError:
            raise
        except Exception as error:  # the reader trusts the file, and fails in many ways
            raise InputError(f"{self.path}: no GGUF file: {error!r}") from None
        super().__init__(infos, metadata)

    def info(self, tensor: Any) -> TensorInfo:
        """Return shape and dtype of a tensor as it will be given."""
        shape = tuple(int(length) for length in reversed(tensor.shape))
        if tensor.tensor_type.name in PLAIN:
            return TensorInfo(shape, np.asarray(tensor.data).dtype)
        if not self.dequantize:
            return TensorInfo(tuple(tensor.data.shape), np.dtype(np.uint8))
        return TensorInfo(shape, np.dtype(np.float32))

    def read(self, name: str) -> NDArray[Any]:
        """Read one tensor."""
        if self.path.stat().st_size < self.size:
            raise InputError(f"{self.path}: the file has become shorter while it was read")
        entry = self.entries[name]
        info = self.tensors[name]
        data = np.asarray(entry.data)
        if entry.tensor_type.name in PLAIN or not self.dequantize:
            return data.reshape(info.shape)
        try:
            values = self.gguf.quants.dequantize(data, entry.tensor_type)
        except (NotImplementedError, ValueError) as error:
            raise InputError(
                f"{self.path}: tensor {name!r} of type {entry.tensor_type.name} can't be "
                f"dequantized: {error}"
            ) from None
        return np.asarray(values, np.float32).reshape(info.shape)


class SplitSource(Source):
    """A model in several GGUF files."""

    def __init__(self, parts: list[GgufSource]) -> None:
        """Take the files, in order.

        Raises:
            InputError: a tensor is in two of them, or some are missing.
        """
        self.part_of: dict[str, GgufSource] = {}
        tensors: dict[str, TensorInfo] = {}
        for part in parts:
            for name, info in part.tensors.items():
                if name in tensors:
                    raise InputError(f"{part.path}: tensor {name!r} is in a file before, too")
                tensors[name], self.part_of[name] = info, part
        said = parts[0].metadata
        wanted = said.get(SPLIT_TENSORS)
        if wanted is not None and wanted != str(len(tensors)):
            raise InputError(
                f"{parts[0].path}: the model is said to have {wanted} tensors, and its "
                f"{len(parts)} files hold {len(tensors)}"
            )
        own = {key: text for key, text in said.items() if not key.startswith(SPLIT_KEYS)}
        super().__init__(tensors, own)

    def read(self, name: str) -> NDArray[Any]:
        """Read one tensor."""
        return self.part_of[name].tensor(name)


def siblings(source: GgufSource) -> list[Path]:
    """Return the files that a model is split into, in order.

    Raises:
        InputError: they can't be told, or one is missing.
    """
    text = source.metadata.get(SPLIT_COUNT, "1")
    count = int(text) if text.isdecimal() else 0
    if count == 1:
        return [source.path]
    if not 1 < count <= LARGEST_COUNT:
        raise InputError(f"{source.path}: {SPLIT_COUNT} is {text}, which can't be")
    found = SPLIT_NAME.fullmatch(source.path.name)
    if found is None or int(found["count"]) != count:
        raise InputError(
            f"{source.path}: this is one of {count} files of a model, whose names have to end "
            f"with -00001-of-{count:05}.gguf and on; give them these names"
        )
    names = [f"{found['stem']}-{number:05}-of-{count:05}" for number in range(1, count + 1)]
    places = [source.path.with_name(name + source.path.suffix) for name in names]
    missing = [place.name for place in places if not place.is_file()]
    if missing:
        raise InputError(
            f"{source.path}: this is one of {count} files of a model, of which "
            f"{len(missing)} are missing: {', '.join(missing[:3])}"
            + (", ..." if len(missing) > 3 else "")
        )
    return places


def text_of(field: Any) -> str | None:
    """Return a key's value as text; None where it is a long list."""
    content = field.contents()
    if isinstance(content, str):
        return content
    if isinstance(content, list) and len(content) > LONGEST_ARRAY:
        return None
    return json.dumps(content if isinstance(content, list) else np.asarray(content).item())


def open_source(path: str | os.PathLike[str], *, dequantize: bool = True) -> Source:
    """Open a GGUF file, and those that it is split into; see `GgufSource`."""
    source = GgufSource(path, dequantize=dequantize)
    places = siblings(source)
    if len(places) == 1:
        return source
    for place in places:
        check_is_model(place)
    return SplitSource([GgufSource(place, dequantize=dequantize) for place in places])
