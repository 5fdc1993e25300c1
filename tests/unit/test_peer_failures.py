"""Cases that the other implementation gets wrong, each right here.

They are wrong values without an error, crashes, and bitstreams that can't be decoded again.
"""

from contextlib import nullcontext

import numpy as np
import pytest

import nnc
from nnc.decoder.dequantization import step_size

# In half steps: each state of the trellis has every other index, and may pass over the nearest
# of them for the sake of what follows.
TRELLIS = 4.0


def random_tensor(*shape, seed=0, scale=0.1):
    return np.random.default_rng(seed).normal(0, scale, shape).astype(np.float32)


def there_and_back(tensors, **options):
    decoded = nnc.decode(nnc.encode(tensors, **options))
    assert list(decoded) == list(tensors)
    for name, values in tensors.items():
        assert decoded[name].shape == np.shape(values)
    return decoded


def half_steps(error, qp, qp_density=2):
    """Largest error in half steps."""
    return float(np.abs(error).max() / (step_size(qp, qp_density) / 2))


@pytest.mark.parametrize("qp_density", [0, 1, 2, 3, 7])
def test_no_quantization_parameter_wraps(qp_density):
    tensors = {"w": random_tensor(4, 5), "b": random_tensor(6)}
    with pytest.warns(nnc.EncodingWarning) if qp_density < 2 else nullcontext():
        decoded = there_and_back(tensors, qp=-8, nonweight_qp=-75, qp_density=qp_density)
    # The vector may be coarser than asked for, never finer or wrapped to something else.
    base = np.abs(decoded["b"] - tensors["b"]).max()
    assert base <= float(step_size(-8, qp_density))
    assert half_steps(decoded["w"] - tensors["w"], -8, qp_density) <= TRELLIS


def test_a_fine_quantization_parameter_fits_by_its_base():
    tensors = {"w": random_tensor(4, 5)}
    with pytest.warns(nnc.EncodingWarning, match="raised to -132, so that its levels fit"):
        decoded = there_and_back(tensors, qp=-140, dq=False)
    # Half a step of 2^-35 is below what float32 tells apart at these magnitudes.
    assert np.abs(decoded["w"] - tensors["w"]).max() < 1e-8


def test_huge_values_are_kept_and_told():
    tensors = {"w": random_tensor(4, 5), "x": np.full((2, 3), 1e30, np.float32)}
    with pytest.warns(nnc.EncodingWarning, match="'x'.*stored as it is"):
        decoded = there_and_back(tensors)
    np.testing.assert_array_equal(decoded["x"], tensors["x"])
    assert half_steps(decoded["w"] - tensors["w"], -32) <= TRELLIS


def test_huge_values_alone_raise_the_quantization_parameter():
    tensors = {"x": np.linspace(-1e6, 1e6, 12, dtype=np.float32).reshape(3, 4)}
    with pytest.warns(nnc.EncodingWarning, match="qp -120 of tensor 'x' is raised"):
        decoded = there_and_back(tensors, qp=-120, dq=False)
    np.testing.assert_allclose(decoded["x"], tensors["x"], rtol=1e-6)


@pytest.mark.parametrize("shape", [(20, 17), (20, 20), (70, 130)])
@pytest.mark.parametrize("scan_order", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("row_skip", [None, False, True])
def test_skipped_rows_keep_the_state_of_the_trellis(shape, scan_order, row_skip):
    values = random_tensor(*shape)
    values[3 : shape[0] - 2] = 0
    decoded = there_and_back({"z": values}, qp=-20, scan_order=scan_order, row_skip=row_skip)
    assert half_steps(decoded["z"] - values, -20) <= TRELLIS


@pytest.mark.parametrize("shape", [(7, 1), (1, 7), (5, 1, 1, 1), (1, 1), (1,), (9,), (64, 1, 3)])
@pytest.mark.parametrize("scan_order", [0, 1, 4])
@pytest.mark.parametrize("dq", [True, False])
@pytest.mark.parametrize("profile", [0, 1])
def test_one_row_one_column(shape, scan_order, dq, profile):
    values = random_tensor(*shape)
    decoded = there_and_back(
        {"x": values}, qp=-20, nonweight_qp=-20, scan_order=scan_order, dq=dq, profile=profile
    )
    assert half_steps(decoded["x"] - values, -20) <= (TRELLIS if dq else 1.001)


@pytest.mark.parametrize("scalar", [np.float32(0.25), np.float16(-3), np.int64(7), np.bool_(True)])
def test_scalars(scalar):
    decoded = there_and_back({"s": scalar})
    assert decoded["s"].dtype == scalar.dtype
    assert decoded["s"] == pytest.approx(scalar, abs=1e-4)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0), (2, 0, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.float64, np.uint8])
def test_empty_tensors(shape, dtype):
    decoded = there_and_back({"e": np.zeros(shape, dtype), "w": random_tensor(3, 3)}, scan_order=1)
    assert decoded["e"].dtype == dtype


NAMES = [
    "layer_Gate.weight",
    "fc_G",
    "fc_H",
    "_G",
    "_H",
    "",
    " ",
    "Gewicht \u00e4\u00df \u4e2d\u6587 \U0001f600",
    "a/b\\c",
    "../up",
    "x" * 40_000,
    "line\nbreak\ttab",
]


def test_any_name_goes():
    tensors = {name: random_tensor(3, 4, seed=i) for i, name in enumerate(NAMES)}
    decoded = there_and_back(tensors)
    for name, values in tensors.items():
        assert half_steps(decoded[name] - values, -32) <= TRELLIS


@pytest.mark.parametrize("name", ["a\0b", "\0", "\ud800", 7, None])
def test_names_that_can_not_be_coded_are_refused(name):
    with pytest.raises(nnc.InputError, match="name"):
        nnc.encode({name: random_tensor(2, 2)})


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_not_finite_is_refused_by_name(wrong, dtype):
    values = np.ones((2, 3), dtype)
    values[1, 2] = wrong
    with pytest.raises(nnc.InputError, match=rf"'layer\.weight' holds .*{wrong} at \[1, 2\]"):
        nnc.encode({"fine": np.ones(3), "layer.weight": values})


def test_raw_floats_and_what_follows_them():
    tensors = {"a": random_tensor(3, 4), "b": random_tensor(5, 6, seed=1), "i": np.arange(6)}
    decoded = there_and_back(tensors, keep=["a"])
    np.testing.assert_array_equal(decoded["a"], tensors["a"])
    np.testing.assert_array_equal(decoded["i"], tensors["i"])
    assert half_steps(decoded["b"] - tensors["b"], -32) <= TRELLIS


def test_nothing_quantized_and_an_integer_tensor():
    tensors = {"i": np.arange(-4, 8).reshape(3, 4), "raw": random_tensor(2, 2)}
    decoded = there_and_back(tensors, keep=["raw"])
    np.testing.assert_array_equal(decoded["i"], tensors["i"])


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats(dtype):
    values = random_tensor(6, 7).astype(dtype)
    decoded = there_and_back({"x": values})
    assert decoded["x"].dtype == dtype
    assert half_steps(decoded["x"].astype(float) - values.astype(float), -32) <= TRELLIS


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("cabac_unary_length_minus1", 256),
        ("scan_order", 5),
        ("qp_density", 8),
        ("profile", 2),
        ("qp", 5000),
        ("qp", 1.5),
        ("threads", 0),
    ],
)
def test_options_out_of_range_are_named(option, value):
    with pytest.raises(nnc.InputError, match=option):
        nnc.encode({"x": random_tensor(2, 2)}, **{option: value})


def test_limits_of_32_bits():
    extremes = np.array([[-(2**31), 2**31 - 1], [0, -1]], np.int32)
    for options in ({}, {"profile": 0}, {"cabac_unary_length_minus1": 0}, {"scan_order": 1}):
        decoded = there_and_back({"i": extremes}, **options)
        np.testing.assert_array_equal(decoded["i"], extremes)


def test_an_all_zero_model_keeps_its_shapes():
    tensors = {"w": np.zeros((30, 40), np.float32), "b": np.zeros(30, np.float32)}
    decoded = there_and_back(tensors)
    assert not decoded["w"].any()
    assert not decoded["b"].any()


def test_no_tensors_at_all():
    assert nnc.decode(nnc.encode({})) == {}
