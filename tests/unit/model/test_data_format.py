"""Delivery of decoded tensors in the formats of clause 7.2."""

import ml_dtypes
import numpy as np
import pytest

import nnc
from nnc.model.data_format import deliver, narrowed
from nnc.syntax import DecompressedDataFormat as Format


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_halves_are_rounded_away_from_zero(dtype):
    below = np.nextafter(np.array(0.5, dtype), np.array(0, dtype))
    values = np.array([0.5, 1.5, 2.5, -0.5, -2.5, 2.25, -2.75, below, -below, 0], dtype)
    delivered = deliver(values, Format.TENSOR_INT16, "t")
    assert delivered.dtype == np.int16
    np.testing.assert_array_equal(delivered, [1, 2, 3, -1, -3, 2, -3, 0, 0, 0])


def test_large_floats_stay_as_they_are():
    """Beyond 2^23 floats of 32 bits are integers, and half more would be another one."""
    values = np.array([8388609, -16777215, 2147483520], "f4")
    delivered = deliver(values, Format.TENSOR_INT32, "t")
    np.testing.assert_array_equal(delivered, values.astype("i8"))


@pytest.mark.parametrize(
    ("data_format", "value"),
    [
        (Format.TENSOR_INT2, 1.5),
        (Format.TENSOR_INT4, -8.5),
        (Format.TENSOR_INT8, 127.5),
        (Format.TENSOR_INT64, 2.0**63),
        (Format.TENSOR_INT32, np.inf),
        (Format.TENSOR_INT16, np.nan),
    ],
)
def test_values_that_do_not_fit_are_refused_with_tensor_and_place(data_format, value):
    values = np.array([[0, 1], [value, 0]])
    with pytest.raises(nnc.InvalidError, match=r"'t' holds .* at \[1, 0\]"):
        deliver(values, data_format, "t")


def test_the_largest_that_fit_are_delivered():
    values = np.array([1.49, -2.49])
    np.testing.assert_array_equal(deliver(values, Format.TENSOR_INT2, "t"), [1, -2])


NARROW = ("bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz")


@pytest.mark.parametrize("name", ["float16", *NARROW])
def test_what_is_finite_stays_finite_in_a_narrow_type(name):
    dtype = np.dtype(getattr(ml_dtypes, name, name))
    limits = ml_dtypes.finfo(dtype)
    high, low = float(limits.max), float(limits.min)
    values = np.array([3e38 if name != "bfloat16" else 3.4e38, -3.4e38, high, low, 1, np.inf], "f4")
    got = narrowed(values, dtype).astype("f8")
    np.testing.assert_array_equal(got[:5], [high, low, high, low, 1])
    assert not np.isfinite(got[5])


@pytest.mark.parametrize("name", ["int4", "uint4", "int2", "int8"])
def test_narrow_integers_are_no_floats(name):
    dtype = np.dtype(getattr(ml_dtypes, name, None) or name)
    got = narrowed(np.array([1.25, 0], "f4"), dtype)
    assert got.dtype == dtype
    assert got.tolist() == [1, 0]


@pytest.mark.parametrize("name", ["float16", *NARROW])
@pytest.mark.parametrize("options", [{"qp": 24}, {"qp": 24, "codebook": 20}, {"max_error": 20}])
def test_the_largest_values_of_narrow_types_come_back_finite(name, options):
    dtype = np.dtype(getattr(ml_dtypes, name, name))
    high = min(float(ml_dtypes.finfo(dtype).max), 65504)
    values = np.random.default_rng(0).uniform(-high, high, (40, 40))
    values[0, :2] = high, -high
    given = {"w": values.astype(dtype)}
    back = nnc.decode(nnc.encode(given, **options))["w"].astype("f8")
    assert np.isfinite(back).all()
    if "max_error" in options:
        assert np.abs(back - given["w"].astype("f8")).max() <= 20


def test_the_largest_floats_come_back_finite():
    high = np.finfo(np.float32).max
    given = {"w": np.array([[high, -high, high / 3, 0]], "f4")}
    for options in ({"qp": 490}, {}, {"qp": 490, "codebook": True}):
        assert np.isfinite(nnc.decode(nnc.encode(given, **options))["w"]).all()
