"""The rate trellis in lanes, sixteen pieces at once: the same indices as without them."""

import numpy as np
import pytest

from nnc import deepcabac
from nnc.bitio.errors import InputError
from nnc.deepcabac import TensorCoding
from nnc.encoder.quantization.rate_distortion import RateOptions, quantize_matrix
from nnc.encoder.quantization.segments import helped_by

if deepcabac.lanes() is None:
    pytest.skip("no lanes on this processor", allow_module_level=True)


def drawn(generator, longest):
    """Return a matrix, a step and how it is coded, all of any kind."""
    count = int(9000 * (longest / 9000) ** generator.uniform(0, 1))
    cols = int(count ** generator.uniform(0, 1))
    values = generator.laplace(0, 1, (count // cols, cols)).astype(np.float32)
    kind = generator.integers(7)
    if kind == 1:
        values[generator.random(values.shape) < 0.9] = 0
    elif kind == 2:
        # Ties, and long ways to where all paths meet.
        values = values.round()
    elif kind == 3:
        # Rows that are skipped, a few or many after each other.
        values[np.repeat(generator.random(len(values)) < 0.3, 3)[: len(values)]] = 0
    elif kind == 4:
        values.reshape(-1)[generator.integers(values.size)] = 10.0 ** generator.integers(2, 8)
    elif kind == 5:
        values[len(values) // 3 : len(values) // 2] *= 1e-3
    coding = TensorCoding(
        1,
        1,
        int(generator.integers(0, 5)) if generator.random() < 0.5 else 0,
        cabac_unary_length_minus1=int(generator.integers(0, 20)),
    )
    limit = int(generator.integers(3, 200)) if generator.random() < 0.1 else None
    options = RateOptions(effort=int(generator.integers(1, 4)), index_limit=limit)
    return values, float(2.0 ** generator.uniform(-6, 3)), coding, options


def plainly(monkeypatch, given):
    with monkeypatch.context() as patch:
        patch.setattr(deepcabac, "lanes", lambda: None)
        return quantize_matrix(*given)


@pytest.mark.parametrize("count", [40, pytest.param(2_000, marks=pytest.mark.slow)])
def test_same_indices(monkeypatch, count):
    generator = np.random.default_rng(count)
    for _ in range(count):
        given = drawn(generator, 200_000)
        assert np.array_equal(quantize_matrix(*given), plainly(monkeypatch, given))


@pytest.mark.parametrize("step", [0.1, 0.5, 1, 2, 3.5, 6])
@pytest.mark.parametrize("draw", ["laplace", "normal", "standard_cauchy"])
def test_same_indices_at_each_rate(monkeypatch, draw, step):
    values = getattr(np.random.default_rng(3), draw)(size=(50, 1000)).astype(np.float32)
    given = values, step, TensorCoding(dq_flag=1), RateOptions(effort=1)
    assert np.array_equal(quantize_matrix(*given), plainly(monkeypatch, given))


def test_same_indices_with_threads(monkeypatch):
    generator = np.random.default_rng(5)
    values = generator.laplace(0, 1, (900, 1000)).astype(np.float32)
    values[300:500, :700] *= 0.01
    given = values, 0.7, TensorCoding(dq_flag=1), RateOptions(effort=1)
    expected = plainly(monkeypatch, given)
    for threads in (1, 2, 3):
        with helped_by(threads):
            assert np.array_equal(quantize_matrix(*given), expected)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("place", [0, 15, 16, 777, 19_999])
def test_refuses_what_cannot_be_quantized(wrong, place):
    values = np.random.default_rng(1).laplace(size=20_000).astype(np.float32)
    values[place] = wrong
    options = RateOptions(effort=1, row_skip=False)
    with pytest.raises(InputError, match=f"value {place} is "):
        quantize_matrix(values.reshape(20, 1000), 0.5, TensorCoding(dq_flag=1), options)
