"""Steps that follow the tensors, and numbers that come back exactly."""

import numpy as np
import pytest

import nnc

RANDOM = np.random.default_rng(9)


def back(values, **options):
    return nnc.decode(nnc.encode({"t": values}, **options))["t"]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("options", [{}, {"psnr": 40}, {"effort": 3}, {"dq": True}], ids=str)
@pytest.mark.parametrize(
    "values",
    [
        [8, 16, 32], [2, 4], [1, 10, 100, 1000], [7, 7], [[2, 4]], [1.5, 7], [0.1, 0.2, 0.3],
        [0.485, 0.456, 0.406], [0, -1, 0.125], np.arange(300), np.ones(500), np.eye(40),
        np.arange(60 * 60).reshape(60, 60) % 49, np.tile([0.1, 0.3], 400), -np.arange(40) / 8,
    ],
)  # fmt: skip
def test_few_and_whole_numbers_come_back_exactly(values, dtype, options):
    given = np.array(values, dtype)
    np.testing.assert_array_equal(back(given, **options), given)


@pytest.mark.parametrize("scale", [1e-30, 1e-6, 1, 1e6, 1e30])
def test_steps_follow_the_scale(scale):
    given = {
        "other": RANDOM.normal(0, 0.05, (64, 64)).astype("f4"),
        "t": (RANDOM.normal(0, 1, (64, 64)) * scale).astype("f4"),
        "bias": (RANDOM.normal(0, 1, 64) * scale).astype("f4"),
    }
    decoded = nnc.decode(nnc.encode(given))
    for name, values in given.items():
        error = decoded[name].astype("f8") - values
        assert np.linalg.norm(error) < 0.01 * np.linalg.norm(values.astype("f8")), name


def test_vectors_are_finer_than_weights_and_factors_by_their_smallest():
    given = {
        "w": RANDOM.normal(0, 1, (128, 128)).astype("f4"),
        "variance": np.exp(RANDOM.normal(-8, 4, 128)).astype("f4"),
    }
    variance = nnc.decode(nnc.encode(given))["variance"]
    assert np.abs(variance / given["variance"] - 1).max() < 0.01


@pytest.mark.parametrize(
    ("values", "exact"),
    [([[2e-306, 1.6e304], [1, 2]], True), ([[1e308, 1.7e308], [1, 2]], True),
     ([[5e-324, 1], [2, 3]], False), ([[5e-324, 1e-300], [2e-310, 3e-322]], True)],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_scales_at_the_ends_of_float64(values, exact):
    given = np.tile(np.array(values, "f8"), (20, 20))
    difference = np.abs(back(given) - given)
    assert difference.max() <= (0 if exact else 0.05)


def test_what_is_given_is_taken():
    values = np.array([8, 16, 32], "f4")
    assert not np.array_equal(back(values, qp=-32), values)
