"""Step sizes, rounding, and the quantization parameter that fits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnc.bitio.errors import InputError
from nnc.decoder.dequantization import dequantize
from nnc.encoder.quantization.uniform import (
    LARGEST_RATIO,
    PIECE,
    quantize_uniform,
    round_ratios,
    smallest_qp_that_fits,
    step_size,
)


@pytest.mark.parametrize(
    ("qp", "qp_density", "step"),
    [
        (0, 2, 1.0),
        (1, 2, 1.25),
        (3, 2, 1.75),
        (4, 2, 2.0),
        (-1, 2, 0.875),
        (-32, 2, 2.0**-8),
        (-38, 2, 1.5 * 2.0**-10),
        (-75, 2, 1.25 * 2.0**-19),
        (7, 0, 128.0),
        (-7, 0, 2.0**-7),
        (13, 7, 1 + 13 / 128),
        (511, 2, 1.75 * 2.0**127),
        (-504, 2, 2.0**-126),
    ],
)
def test_step_size(qp, qp_density, step):
    result = step_size(qp, qp_density)
    assert type(result) is np.float32
    assert float(result) == step


@pytest.mark.parametrize(("qp", "qp_density"), [(512, 2), (-505, 2), (128, 0), (-127, 0)])
def test_step_size_beyond_float32(qp, qp_density):
    with pytest.raises(InputError, match="allowed at qp_density"):
        step_size(qp, qp_density)


@pytest.mark.parametrize("qp_density", [-1, 8])
def test_step_size_of_no_density(qp_density):
    with pytest.raises(InputError, match="qp_density"):
        step_size(0, qp_density)


def test_step_grows_with_qp():
    for qp_density in range(8):
        steps = [step_size(qp, qp_density) for qp in range(-120, 120)]
        assert steps == sorted(set(steps))


def test_rounds_to_nearest_and_ties_to_even():
    values = np.array([[0.2, 0.3, 0.25], [-0.7, -0.25, 0.75]], dtype=np.float32)
    levels = quantize_uniform(values, 0.5)
    assert levels.dtype == np.int32
    assert levels.tolist() == [[0, 1, 0], [-1, 0, 2]]


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_error_is_at_most_half_a_step(size, dtype):
    values = np.random.default_rng(size).laplace(0, 1, size).astype(dtype)
    step = step_size(-17, 2)
    levels = quantize_uniform(values, step)
    error = np.abs(values - levels * step.astype(dtype))
    assert levels.shape == (size,)
    assert error.max(initial=0) <= step / 2


def test_float64_keeps_its_precision():
    value = 2.0**25 + 1.0
    assert quantize_uniform(np.array([value]), 1.0).tolist() == [2**25 + 1]
    assert quantize_uniform(np.array([value], dtype=np.float32), 1.0).tolist() == [2**25]


def test_takes_any_shape_and_layout():
    values = np.random.default_rng(2).normal(0, 3, (3, 4, 5)).astype(np.float32)
    expected = np.rint(values / np.float32(0.5)).astype(np.int32)
    assert (quantize_uniform(values, 0.5) == expected).all()
    assert (quantize_uniform(values.T, 0.5) == expected.T).all()
    assert (quantize_uniform(values.astype(">f8"), 0.5) == expected).all()
    assert quantize_uniform(np.float32(1.4), 1.0).shape == ()
    assert quantize_uniform(np.zeros((0, 3), np.float32), 1.0).shape == (0, 3)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2.0**31, -(2.0**31)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_refuses_values(value, dtype):
    values = np.zeros(PIECE + 9, dtype=dtype)
    values[PIECE + 4] = value
    with pytest.raises(InputError, match=f"value {PIECE + 4} is"):
        quantize_uniform(values, 1.0)


@pytest.mark.parametrize("values", [np.zeros(2, np.int64), np.zeros(2, np.float16)])
def test_refuses_other_types(values):
    with pytest.raises(InputError, match="float32 or float64"):
        quantize_uniform(values, 1.0)


def test_largest_magnitude_is_taken():
    values = np.array([LARGEST_RATIO, -LARGEST_RATIO], dtype=np.float64)
    assert quantize_uniform(values, 1.0).tolist() == [LARGEST_RATIO, -LARGEST_RATIO]


def test_dequantize_multiplies_in_float32():
    levels = np.array([[3, -7], [2**31 - 1, -(2**31)]], dtype=np.int32)
    values = dequantize(levels.copy(), np.float32(0.3))
    assert values.dtype == np.float32
    assert (values == np.float32(0.3) * levels.astype(np.float32)).all()


@given(
    st.floats(0, float(np.finfo(np.float32).max), width=32),
    st.integers(-300, 100),
    st.integers(0, 7),
)
@settings(max_examples=300, deadline=None)
def test_smallest_qp_that_fits(largest, qp, qp_density):
    lowest = max(qp, -126 << qp_density)
    fitting = smallest_qp_that_fits(largest, qp, qp_density)
    assert fitting >= lowest
    assert largest / float(step_size(fitting, qp_density)) <= LARGEST_RATIO
    if fitting > lowest:
        assert largest / float(step_size(fitting - 1, qp_density)) > LARGEST_RATIO


def test_qp_that_fits_needs_no_change():
    values = np.array([[0.1, -3.0], [2.0, 0.0]], dtype=np.float32)
    assert smallest_qp_that_fits(values, -38, 2) == -38
    assert smallest_qp_that_fits(np.zeros(0, np.float32), -38, 2) == -38


def test_qp_is_raised_for_one_large_value():
    values = np.zeros(PIECE + 2, dtype=np.float32)
    values[-1] = -1e9
    fitting = smallest_qp_that_fits(values, -75, 2)
    assert fitting > -75
    levels = quantize_uniform(values, step_size(fitting, 2))
    assert levels[-1] < -(2**30)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_qp_fits_what_is_not_finite(value):
    with pytest.raises(InputError, match="finite"):
        smallest_qp_that_fits(np.array([1.0, value], dtype=np.float32), 0, 2)


ODD_RATIOS = [
    0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, 8388607.5, 16777216.0, 1e-45, -1e-38,
    LARGEST_RATIO, -LARGEST_RATIO, LARGEST_RATIO - 128,
]  # fmt: skip


@pytest.mark.parametrize("step", [1.0, 0.1, 3.0, 2.0**-100, 7e30])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 15, 1000])
def test_compiled_rounding_gives_what_numpy_gives(step, count):
    rounding = pytest.importorskip("nnc.encoder.quantization.rounding", exc_type=ImportError)
    narrow = np.float32(step)
    ratios = np.random.default_rng(count).choice(ODD_RATIOS, count).astype(np.float32)
    with np.errstate(over="ignore"):
        values = ratios * narrow
    levels, others = np.empty(count, np.int32), np.empty(count, np.int32)
    fit = rounding.round_ratios(values, narrow, LARGEST_RATIO, levels)
    assert fit == round_ratios(values, narrow, LARGEST_RATIO, others)
    if fit:
        np.testing.assert_array_equal(levels, others)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 2.0**31, -(2.0**31)])
@pytest.mark.parametrize("place", [0, 5, 62])
def test_compiled_rounding_finds_each_ratio_that_is_not_allowed(bad, place):
    rounding = pytest.importorskip("nnc.encoder.quantization.rounding", exc_type=ImportError)
    values = np.ones(63, np.float32)
    values[place] = bad
    assert not rounding.round_ratios(values, np.float32(1), LARGEST_RATIO, np.empty(63, np.int32))
    with pytest.raises(InputError, match=f"value {place} "):
        quantize_uniform(values, 1.0)
