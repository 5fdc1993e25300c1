"""Sizes without loss: nnc, zstd and ZipNN; `lossless.py model.safetensors`, with their packages.

The floats of the model, cast to bfloat16, float16 and float32.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import nnc  # noqa: E402

Arrays = dict[str, NDArray[np.generic]]
TYPES = {"bfloat16": ml_dtypes.bfloat16, "float16": np.float16, "float32": np.float32}


def ours(model: Arrays, _: str) -> int:
    """Return the size of the bitstream, which must bring each bit back."""
    data = nnc.encode(model, lossless=True)
    back = nnc.decode(data)
    assert all(back[name].tobytes() == values.tobytes() for name, values in model.items())
    return len(data)


def zstd(model: Arrays, _: str) -> int:
    """Return what zstd -19 makes of all bytes."""
    import zstandard

    return len(zstandard.ZstdCompressor(level=19).compress(together(model)))


def zipnn(model: Arrays, name: str) -> int:
    """Return what ZipNN makes of all bytes."""
    from zipnn import ZipNN

    coder = ZipNN(method="AUTO", input_format="byte", bytearray_dtype=name)
    return len(coder.compress(together(model)))


def together(model: Arrays) -> bytes:
    """Return the bytes of all tensors."""
    return b"".join(values.tobytes() for values in model.values())


WAYS: dict[str, Callable[[Arrays, str], int]] = {"nnc": ours, "zipnn": zipnn, "zstd -19": zstd}


def main() -> None:
    tensors = load_file(sys.argv[1])
    print("| type | way | bytes | share | s |\n| :--- | :--- | ---: | ---: | ---: |")
    for name, dtype in TYPES.items():
        model = {k: v.astype(dtype) for k, v in tensors.items() if v.dtype.kind == "f"}
        whole = sum(values.nbytes for values in model.values())
        for way, size_of in WAYS.items():
            begun = time.perf_counter()
            try:
                size = size_of(model, name)
            except ImportError:
                continue
            seconds = time.perf_counter() - begun
            print(f"| {name} | {way} | {size} | {size / whole:.2%} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
