"""Delivery of decoded tensors in the formats of clause 7.2."""

import numpy as np
import pytest

import nnc
from nnc.model.data_format import deliver
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
