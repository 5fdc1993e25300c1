"""Digests of what the encoder writes: the same inputs give the same bytes, from change to change.

`python tests/same_bytes.py` writes them anew. That is for changes which are meant to alter
bitstreams; any other change leaves the file as it is.
"""

import hashlib
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

import nnc

DIGESTS = Path(__file__).with_name("golden") / "bytes.json"

Tensors = dict[str, NDArray[Any]]

#: Quantization parameters are given, so that defaults may change.
QP = {"qp": -32, "nonweight_qp": -75}

WITH_QP: list[dict[str, Any]] = [
    {},
    {"dq": False},
    {"qp": -20},
    {"qp": -8, "nonweight_qp": -40},
    {"qp": -40, "nonweight_qp": -60, "qp_density": 4},
    {"tensor_qp": {"kernel": -16}},
    {"tensors": {"kernel": {"dq": False}, "m*": {"scan_order": 2, "row_skip": False}}},
    {"tensors": {"kernel": {"row_axis": 1}, "layer.weight": {"data_format": "float16"}}},
    {"codebook": True},
    {"codebook": "exact"},
    {"codebook": 20},
    {"codebook": "auto"},
    {"keep": ["kernel"]},
    {"scan_order": 1, "row_skip": False},
    {"scan_order": 2},
    {"scan_order": 3, "dq": False},
    {"scan_order": 4, "dq": False},
    {"scan_order": "auto"},
    {"row_skip": True},
    {"cabac_unary_length_minus1": 0},
    {"cabac_unary_length_minus1": 3},
    {"parameter_search": False},
    {"profile": 0},
    {"profile": 0, "blocks": "auto"},
    {"blocks": "auto"},
    {"blocks": [nnc.Block(weight="layer.weight", bias="layer.bias")], "dq": False},
    {"joins": [nnc.Joined(names=["twin.a", "twin.b"])]},
    {"prune_rows": True},
    {"references": True},
    {"part_size": 700},
    {"aggregates": "all"},
    {"aggregates": "modules", "references": True},
    {"out_of_band": ["dimensions"]},
    {"out_of_band": ["dimensions", "cabac_unary_length_minus1"]},
    {"metadata": {"author": "somebody"}},
    {"metadata_unit": False},
    {"base_model_id": "first"},
    {"layer_parameters": {"few": nnc.LayerParameters(qp=-12)}},
    {"layer_parameters": {"l*": nnc.LayerParameters(qp=-50, nonweight_qp=-60, qp_density=3)}},
]
WITHOUT_QP: list[dict[str, Any]] = [
    {"bit_depth": 5},
    {"lossless": True},
    {"target_size": "10%"},
    {"bits_per_value": 3},
    {"target_mse": 1e-4},
    {"max_error": 0.01},
    {"max_error": 0.02, "dq": True, "sensitivity": "error"},
]
EFFORTS = (0, 1, 2, 3)


def uniform(seed: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return numbers of 0 to 1 that are the same with every version of NumPy."""
    count = int(np.prod(shape))
    raw = np.random.PCG64(seed).random_raw(count)
    return (np.asarray(raw, np.uint64) >> np.uint64(11)).reshape(shape) / float(1 << 53)


def model(step: int = 0) -> Tensors:
    """Return tensors of many kinds; later steps are updates of the first."""

    def peaked(seed: int, *shape: int) -> NDArray[np.float32]:
        base = sum(uniform(seed * 10 + k, shape) - 0.5 for k in range(3)) ** 3
        change = sum(uniform(seed * 1000 + step * 10 + k, shape) - 0.5 for k in range(3)) ** 5
        return (0.4 * base + (0.1 * change if step else 0)).astype(np.float32)

    matrix = peaked(2, 60, 40)
    matrix[10:35] = 0
    return {
        "kernel": peaked(1, 24, 12, 3, 3),
        "matrix": matrix,
        "few": np.float32([-0.125, 0, 0, 0.25])[(uniform(3, (40, 50)) * 4).astype(int)],
        "layer.weight": peaked(4, 16, 30),
        "layer.bias": peaked(5, 16),
        "twin.a": peaked(6, 8, 20),
        "twin.b": peaked(7, 5, 20),
        "half": peaked(8, 20, 20).astype(np.float16),
        "double": peaked(9, 12, 10).astype(np.float64),
        "numbers": (uniform(10, (20, 30)) * 19 - 9).astype(np.int32),
        "wide": (uniform(11, (6,)) * 2.0**50).astype(np.int64),
        "flags": uniform(12, (30,)) < 0.4,
        "scalar": np.float32(0.75),
        "empty": np.zeros((0, 4), np.float32),
    }


def plain(tensors: Tensors) -> Tensors:
    """Return the tensors that every option takes."""
    return {name: tensors[name] for name in ("kernel", "matrix", "layer.weight", "layer.bias")}


def cases() -> Iterator[tuple[str, dict[str, Any], Tensors]]:
    """Yield a name, options and tensors for each digest."""
    for options in WITH_QP:
        tensors = model()
        if "profile" in options or "metadata_unit" in options:
            tensors = plain(tensors)
        for effort in EFFORTS:
            yield f"{said(options)} effort {effort}", QP | options | {"effort": effort}, tensors
    for options in WITHOUT_QP:
        for effort in (0, 1):
            name = f"{said(options)} effort {effort}"
            yield name, options | {"effort": effort}, plain(model())


def said(options: dict[str, Any]) -> str:
    """Write options as a name."""
    return ", ".join(f"{key}={value!r}" for key, value in options.items()) or "nothing else"


def sessions() -> Iterator[tuple[str, list[bytes]]]:
    """Yield a name and the bitstreams of a base model and two updates."""
    for options in ({}, {"parents": "sha256"}, {"temporal_contexts": False}, {"predictive": True}):
        for effort in (0, 1):
            encoder = nnc.Encoder(**QP, **options, effort=effort, threads=1)
            made = [encoder.encode(plain(model(step))) for step in range(3)]
            yield f"session {said(options)} effort {effort}", made
    encoder = nnc.Encoder(plain(model()), **QP, blocks="auto", history=False, threads=1)
    yield "session of blocks on a base", [encoder.encode(plain(model(step))) for step in (1, 2)]


def digests() -> dict[str, str]:
    """Return the first half of each SHA-256 digest by the name of its case."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, options, tensors in cases():
            data = nnc.encode(tensors, **options)
            found[name] = hashlib.sha256(data).hexdigest()[:32]
        for name, made in sessions():
            found[name] = hashlib.sha256(b"".join(made)).hexdigest()[:32]
    return found


if __name__ == "__main__":
    DIGESTS.write_text(json.dumps(digests(), indent=1) + "\n", "utf-8")
