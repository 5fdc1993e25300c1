"""All passes over a sequence in one go: the same as one after the other, by the same kernels."""

import numpy as np
import pytest

from nnc.bitio.errors import InputError
from nnc.deepcabac import TensorCoding
from nnc.encoder.quantization import rate_distortion
from nnc.encoder.quantization.rate_distortion import (
    PASSES,
    RateOptions,
    kept_rows,
    quantize_matrix,
    quantize_sequence,
    reach,
    runs_of,
)
from nnc.encoder.quantization.rates import Situation
from nnc.encoder.quantization.segments import helped_by

CODING = TensorCoding(1, 1)


@pytest.fixture(autouse=True)
def one_go():
    """Skip where nothing is compiled."""
    if rate_distortion.kernel().quantize_in_passes is None:
        pytest.skip("the trellis was not compiled")


@pytest.fixture
def apart(monkeypatch):
    """Return what quantizes a sequence pass by pass."""
    kernel = rate_distortion.kernel()._replace(quantize_in_passes=None)

    def quantize(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(rate_distortion, "kernel", lambda: kernel)
            return quantize_sequence(*arguments)

    return quantize


def laplace(seed, count, scale, dtype="f4"):
    return np.random.default_rng(seed).laplace(0, scale, count).astype(dtype)


@pytest.mark.parametrize("effort", PASSES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("count", [1, 64, 511, 8191, 8192, 50_001])
def test_the_same_as_pass_by_pass(apart, count, dtype, effort):
    for scale in (0.2, 1.5, 40):
        values = laplace(count, count, scale, dtype)
        # Runs, with rows that are skipped before them, and block rows.
        kept = np.random.default_rng(count).random(count) < 0.7
        for runs, restart in ((runs_of(1, count, None), 0), (runs_of(1, count, None), 100)):
            situation = Situation(True, 11, runs, restart)
            given = values, 0.7, situation, 0.3, effort
            np.testing.assert_array_equal(quantize_sequence(*given), apart(*given))
        if kept.any():
            situation = Situation(True, 4, runs_of(count, 1, kept))
            given = values[kept], 0.7, situation, 0.3, effort
            np.testing.assert_array_equal(quantize_sequence(*given), apart(*given))


def test_limits_are_kept(apart):
    situation = Situation(True, 11, runs_of(1, 3000, None), index_limits=(3, 5))
    given = laplace(1, 3000, 3), 1.0, situation, 0.3, 1
    found = quantize_sequence(*given)
    np.testing.assert_array_equal(found, apart(*given))
    assert (found.min(), found.max()) == (-3, 5)


@pytest.mark.parametrize("place", [0, 70, 49_999])
@pytest.mark.parametrize("value", [np.nan, -np.inf, 1e30])
@pytest.mark.parametrize("count", [100, 50_000])
def test_the_same_values_are_refused(apart, count, value, place):
    values = laplace(3, count, 1)
    values[min(place, count - 1)] = value
    given = values, 1.0, Situation(True, 11, runs_of(1, count, None)), 0.3, 1
    messages = []
    for quantize in (quantize_sequence, apart):
        with pytest.raises(InputError) as caught:
            quantize(*given)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_rows_are_kept_by_either_way_of_looking(dtype):
    generator = np.random.default_rng(5)
    for _ in range(50):
        shape = generator.integers(2, 60, 2)
        values = generator.normal(0, 0.2, shape).astype(dtype)
        values[generator.random(shape[0]) < 0.3] = 0
        if not generator.integers(3):
            values.flat[generator.integers(values.size)] = generator.choice([np.nan, np.inf, 0.5])
        expected = reach(values, np.float32(1) / 2)
        found = kept_rows(values, 1.0, CODING, RateOptions(effort=1))
        assert (found is None) == expected.all()
        if found is not None:
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("value", [1e37, -1e37])
def test_rows_of_large_values_below_a_large_step_are_skipped(monkeypatch, value):
    values = np.zeros((20, 100), np.float32)
    values[3] = value
    values[5, 50] = 3e37
    expected = np.arange(20) == 5
    kernel = rate_distortion.kernel()
    for one in (kernel, kernel._replace(rows_that_reach=None)):
        monkeypatch.setattr(rate_distortion, "kernel", lambda one=one: one)
        found = kept_rows(values, 4e37, CODING, RateOptions(effort=1))
        np.testing.assert_array_equal(found, expected)


def test_threads_that_help_give_the_same():
    values = laplace(9, 1 << 18, 1).reshape(512, 512)
    alone = quantize_matrix(values, 0.5, CODING, RateOptions(effort=1))
    with helped_by(2):
        shared = quantize_matrix(values, 0.5, CODING, RateOptions(effort=1))
    np.testing.assert_array_equal(alone, shared)
