"""The rate trellis eight states at a time: the same indices as four at a time."""

import numpy as np
import pytest

from nnc import deepcabac
from nnc.deepcabac import TensorCoding
from nnc.encoder.quantization.rate_distortion import RateOptions, quantize_matrix

if not deepcabac.is_compiled() or deepcabac.is_scalar():
    pytest.skip("only one way here", allow_module_level=True)


def drawn(generator, longest):
    """Return a matrix, a step and how it is coded, all of any kind."""
    rows, cols = (int(longest ** generator.uniform(0, 1)) for _ in range(2))
    values = generator.laplace(0, 1, (rows, cols)).astype(
        generator.choice([np.float32, np.float64])
    )
    kind = generator.integers(4)
    if kind == 1:
        values[generator.random(values.shape) < 0.9] = 0
    elif kind == 2:
        values = values.round()
    elif kind == 3:
        values[generator.random(rows) < 0.3] = 0
    coding = TensorCoding(
        1,
        1,
        int(generator.integers(0, 3)) if rows > 1 and cols > 1 else 0,
        cabac_unary_length_minus1=int(generator.integers(0, 20)),
    )
    options = RateOptions(
        effort=int(generator.integers(1, 4)),
        index_limit=int(generator.integers(3, 200)) if generator.random() < 0.3 else None,
        base_levels=generator.integers(-3, 4, (rows, cols), np.int32),
        history=generator.random((rows, cols)) < 0.5,
    )
    return values, float(2.0 ** generator.uniform(-24, 2)), coding, options


@pytest.mark.parametrize("count", [60, pytest.param(5_000, marks=pytest.mark.slow)])
def test_same_indices(monkeypatch, count):
    generator = np.random.default_rng(count)
    for _ in range(count):
        given = drawn(generator, 120)
        with monkeypatch.context() as patch:
            patch.setattr(deepcabac, "is_scalar", lambda: True)
            expected = quantize_matrix(*given)
        assert (quantize_matrix(*given) == expected).all()
