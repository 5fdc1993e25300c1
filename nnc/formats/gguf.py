"""GGUF files, read: tensors dequantized, or their integer blocks as they are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.formats.extras import load
from nnc.formats.gguf_layout import check_head
from nnc.formats.hostile import check_shape
from nnc.formats.source import Source, TensorInfo

#: Types that are read as they are, by name.
PLAIN = ("F16", "F32", "F64", "I8", "I16", "I32", "I64")

# Longer arrays (vocabularies) are no metadata of a model's weights.
LONGEST_ARRAY = 64


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

    def tensor(self, name: str) -> NDArray[Any]:
        """Read one tensor."""
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


def text_of(field: Any) -> str | None:
    """Return a key's value as text; None where it is a long list."""
    content = field.contents()
    if isinstance(content, str):
        return content
    if isinstance(content, list) and len(content) > LONGEST_ARRAY:
        return None
    return json.dumps(content if isinstance(content, list) else np.asarray(content).item())


def open_source(path: str | os.PathLike[str], *, dequantize: bool = True) -> Source:
    """Open a GGUF file; see `GgufSource`."""
    return GgufSource(path, dequantize=dequantize)
