"""Coverage-guided fuzzing of the encoder: `fuzz_encode.py CORPUS [libFuzzer options]`.

An input is taken as tensors and options. They are encoded and come back with their names, shapes
and types, bit by bit where that was asked for; or an error of the project says why not.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import atheris
import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

with atheris.instrument_imports(include=["nnc"]):
    import nnc

from harness import run  # noqa: E402

warnings.simplefilter("ignore")
TYPES = ["f4", "f2", "f8", "i1", "u1", "i2", "i4", "i8", "u8", "?"]


def tensor(source: Any) -> Any:
    """Return an array of any bits."""
    shape = [source.ConsumeIntInRange(0, 6) for _ in range(source.ConsumeIntInRange(0, 4))]
    dtype = np.dtype(source.PickValueInList(TYPES))
    size = int(np.prod(shape, dtype=int)) * dtype.itemsize
    data = source.ConsumeBytes(size).ljust(size, b"\0")
    if dtype.kind == "b":
        return np.frombuffer(data, np.uint8).reshape(shape) & 1 == 1
    return np.frombuffer(data, dtype).reshape(shape)


def options(source: Any) -> dict[str, Any]:
    """Return options of which any may contradict another."""
    found: dict[str, Any] = {
        "qp": source.ConsumeIntInRange(-80, 40),
        "dq": source.ConsumeBool(),
        "scan_order": source.ConsumeIntInRange(0, 4),
        "profile": source.ConsumeIntInRange(0, 1),
        "effort": source.ConsumeIntInRange(0, 1),
        "codebook": source.PickValueInList([None, "auto", "uniform"]),
        "references": source.ConsumeBool(),
        "metadata_unit": source.ConsumeBool(),
        "aggregates": source.PickValueInList([None, "all", "modules"]),
        "part_size": source.PickValueInList([None, 1, 7, 100]),
        "lossless": source.ConsumeBool(),
        "bit_depth": source.PickValueInList([None, 1, 2, 8]),
    }
    return {name: value for name, value in found.items() if source.ConsumeBool()}


def check(data: bytes) -> None:
    """Check that what is encoded comes back."""
    source = atheris.FuzzedDataProvider(data)
    chosen = options(source)
    model = {f"t{number}": tensor(source) for number in range(source.ConsumeIntInRange(0, 4))}
    try:
        coded = nnc.encode(model, threads=1, **chosen)
    except nnc.NncError:
        return
    if not model:
        return
    decoded = nnc.decode(coded, threads=1)
    assert decoded.keys() == model.keys(), "names differ"
    for name, values in model.items():
        back = decoded[name]
        assert back.shape == values.shape, f"{name}: shape {back.shape}, not {values.shape}"
        if chosen.get("metadata_unit", True):
            assert back.dtype == values.dtype, f"{name}: type {back.dtype}, not {values.dtype}"
        if chosen.get("lossless") or values.dtype.kind in "iub":
            np.testing.assert_array_equal(back, values, err_msg=name)


if __name__ == "__main__":
    run(check)
