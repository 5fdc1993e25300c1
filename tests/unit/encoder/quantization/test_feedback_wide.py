"""The trellis with feedback in each of its ways: the same indices for every input."""

import numpy as np
import pytest

from nnc import deepcabac
from nnc.encoder.quantization import feedback_reference as reference
from nnc.encoder.quantization.rates import MAGNITUDES

feedback = deepcabac.compiled_module("nnc.encoder.quantization.feedback")
if feedback is None or deepcabac.is_scalar():
    pytest.skip("only one way here", allow_module_level=True)

WIDE = ["avx2"] if deepcabac.lanes() is None else ["avx2", "avx512"]


def quantized(way, given):
    """Return what comes of it with AVX-512, with AVX2 or with neither."""
    with pytest.MonkeyPatch.context() as patch:
        if way != "avx512":
            patch.setattr(deepcabac, "lanes", lambda: None)
        if way == "scalar":
            patch.setattr(deepcabac, "is_scalar", lambda: True)
        return feedback.quantize_with_feedback(*given)


def drawn_values(generator, rows, cols):
    """Return values of any kind, in steps."""
    values = generator.laplace(0, 10 ** generator.uniform(-1.5, 2), (rows, cols))
    kind = generator.integers(6)
    if kind == 1:
        # Ties.
        values = values.round() / generator.choice([1, 2])
    elif kind == 2:
        values[generator.random(values.shape) < 0.8] = 0
    elif kind == 3:
        places = generator.integers(values.size, size=3)
        values.reshape(-1)[places] = 10.0 ** generator.uniform(2, 6.6)
    return values.clip(-(2**22), 2**22).astype(np.float32)


def drawn_factor(generator, cols):
    """Return a factor as of inputs, or as of none, or none."""
    if generator.random() < 0.15:
        return None
    size = generator.choice([0.05, 0.3, 0.3, 1, 5, 1e4, 1e30])
    factor = np.triu(generator.normal(0, size, (cols, cols)), 1) + np.eye(cols)
    kind = generator.integers(10)
    if kind == 0:
        factor = factor.round()
    elif kind == 1:
        wrong = generator.random(factor.shape) < 0.05
        factor[wrong] = generator.choice([np.inf, -np.inf, np.nan])
    return factor.astype(np.float32)


def drawn_weights(generator, cols):
    """Return weights, a few of them such that nothing can be afforded any more."""
    weights = np.exp(generator.normal(0, generator.choice([0, 1, 5, 20]), cols))
    kind = generator.integers(10)
    if kind == 0:
        weights[generator.random(cols) < 0.5] = 0
    elif kind == 1:
        weights[generator.random(cols) < 0.1] = generator.choice([1e-40, 1e20, 3e25, 1e38])
    return weights.astype(np.float32)


def drawn(generator, longest):
    """Return arguments of any kind, as for the reference."""
    rows, cols = int(generator.integers(1, 5)), int(longest ** generator.uniform(0, 1))
    branches = np.zeros((60, 2, 8), np.int32)
    magnitudes = np.zeros((5, MAGNITUDES), np.int32)
    if generator.random() < 0.8:
        branches[:] = generator.integers(0, generator.choice([5, 2**18, 2**21]), branches.shape)
        most = generator.choice([5, 2**20, 2**23])
        magnitudes[:] = generator.integers(0, most, magnitudes.shape)
    return (
        drawn_values(generator, rows, cols),
        drawn_weights(generator, cols),
        drawn_factor(generator, cols),
        branches,
        magnitudes,
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("count", [40, pytest.param(3_000, marks=pytest.mark.slow)])
def test_all_ways_give_the_same_as_the_reference(count):
    generator = np.random.default_rng(count)
    for _ in range(count):
        given = drawn(generator, 100)
        expected = reference.quantize_with_feedback(*given)
        for way in ("scalar", *WIDE):
            assert np.array_equal(quantized(way, given), expected)


@pytest.mark.parametrize("count", [1_000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_all_ways_give_the_same(count):
    generator = np.random.default_rng(count)
    for _ in range(count):
        given = drawn(generator, 300)
        expected = quantized("scalar", given)
        for way in WIDE:
            assert np.array_equal(quantized(way, given), expected)


@pytest.mark.parametrize("way", WIDE)
@pytest.mark.parametrize("cols", range(1, 101))
def test_rows_of_each_length(way, cols):
    generator = np.random.default_rng(cols)
    values = generator.normal(0, 3, (3, cols)).astype(np.float32)
    factor = np.triu(generator.normal(0, 0.3, (cols, cols)), 1) + np.eye(cols)
    branches = generator.integers(0, 2**18, (60, 2, 8), np.int32)
    magnitudes = np.sort(generator.integers(0, 2**20, (5, MAGNITUDES), np.int32))
    weights = np.ones(cols, np.float32)
    for one in (factor.astype(np.float32), None):
        given = values, weights, one, branches, magnitudes
        assert np.array_equal(quantized(way, given), quantized("scalar", given))


@pytest.mark.parametrize("way", WIDE)
@pytest.mark.parametrize("middle", [0, 1, 3, 500, 503, 504, 505, 520, 537, 2**21])
def test_goals_at_any_distance_from_the_value(way, middle):
    """Around indices from where on all cost the same, too, and where bits decide."""
    generator = np.random.default_rng(middle)
    cols = 64
    tables = np.zeros((60, 2, 8), np.int32), generator.integers(0, 2**20, (5, MAGNITUDES), np.int32)
    weights = np.full(cols, 2.0**-6, np.float32)
    for size in np.arange(0.5, 20, 0.5):
        values = (middle + generator.random((2, cols))).astype(np.float32)
        values[1] *= -1
        # The first error makes nearly all that is added.
        factor = np.eye(cols, dtype=np.float32)
        factor[0, 1:] = generator.uniform(-size, size, cols - 1)
        given = values, weights, factor, *tables
        assert np.array_equal(quantized(way, given), quantized("scalar", given))


@pytest.mark.parametrize("shape", [(0, 5), (3, 0)])
def test_nothing_gives_nothing(shape):
    tables = np.zeros((60, 2, 8), np.int32), np.zeros((5, MAGNITUDES), np.int32)
    empty, weights = np.zeros(shape, np.float32), np.ones(shape[1], np.float32)
    assert feedback.quantize_with_feedback(empty, weights, None, *tables).shape == shape


@pytest.mark.parametrize("way", WIDE)
def test_values_beyond_what_is_fed_back(way):
    """Goals are the values there."""
    generator = np.random.default_rng(1)
    values = generator.choice([-1, 1], (2, 50)) * generator.uniform(2**21, 2**24, (2, 50))
    factor = np.triu(generator.normal(0, 0.3, (50, 50)), 1) + np.eye(50)
    given = values.astype(np.float32), np.ones(50, np.float32), factor.astype(np.float32)
    given = *given, np.zeros((60, 2, 8), np.int32), np.zeros((5, MAGNITUDES), np.int32)
    expected = quantized("scalar", given)
    assert np.array_equal(quantized(way, given), expected)
    assert np.abs(expected - given[0]).max() <= 4
