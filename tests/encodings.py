"""Each option of the encoder, for tests of what it writes; `nnc.encode` takes them."""

from typing import Any

import numpy as np

import nnc

#: For every effort the bitstream has to be right with each of them.
OPTIONS: list[dict[str, Any]] = [
    {},
    {"dq": False},
    {"bit_depth": 5},
    {"qp": -40, "nonweight_qp": -60, "qp_density": 4},
    {"tensor_qp": {"kernel": -16}},
    {"codebook": 20},
    {"codebook": "auto"},
    {"lossless": True},
    {"keep": ["kernel"]},
    {"scan_order": 1, "row_skip": False},
    {"scan_order": 4, "dq": False},
    {"row_skip": True},
    {"cabac_unary_length_minus1": 3},
    {"parameter_search": False},
    {"profile": 0},
    {"blocks": "auto"},
    {"tensors": {"kernel": {"dq": False}, "m*": {"scan_order": 2, "row_skip": False}}},
    {"layer_parameters": {"few": nnc.LayerParameters(qp=-12)}},
    {"bits_per_value": 3},
    {"target_mse": 1e-4},
    {"psnr": 30},
    {"max_error": 0.01},
]


def model() -> dict[str, np.ndarray]:
    """Return tensors of several kinds: dense and sparse, of few values, vectors, integers."""
    rng = np.random.default_rng(4)
    sparse = rng.laplace(0, 0.1, (60, 40))
    sparse[10:35] = 0
    tensors = {
        "kernel": rng.laplace(0, 0.1, (24, 12, 3, 3)),
        "matrix": sparse,
        "few": rng.choice([-0.1, 0, 0.0, 0.2], (40, 50)),
        "layer.weight": rng.normal(0, 0.1, (16, 30)),
        "layer.bias": rng.normal(0, 0.1, 16),
    }
    result = {name: values.astype(np.float32) for name, values in tensors.items()}
    return result | {"numbers": rng.integers(-9, 9, (20, 30)).astype(np.int32)}
