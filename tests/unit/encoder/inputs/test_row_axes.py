"""Tensors whose rows are another dimension than the first (first_tensor_dimension_shift)."""

import numpy as np
import pytest

from nnc import Bitstream, InputError
from nnc.decoder import decode_model
from nnc.encoder import EncoderOptions, encode_model

RANDOM = np.random.default_rng(1)
KERNEL = (RANDOM.normal(size=(3, 3, 8, 16)) * np.geomspace(0.01, 1, 16)).astype(np.float32)


@pytest.mark.parametrize("axis", range(4))
@pytest.mark.parametrize(
    "options",
    [{}, {"scan_order": 1}, {"dq": False}, {"codebook": True, "qp": -8}, {"keep": ["*"]}],
    ids=str,
)
def test_shape_and_values_come_back(axis, options):
    wide = EncoderOptions(**options)
    coded = encode_model({"k": KERNEL}, wide, row_axes={"k": axis})
    parsed = Bitstream.parse(coded.to_bytes())
    header = parsed.units[-1].header
    assert header.tensor_dimensions == [3, 3, 8, 16]
    assert header.first_tensor_dimension_shift == (0 if wide.keep else axis)
    back = decode_model(parsed).values()["k"]
    step = 2.0 ** (-8 / 4) if "qp" in options else 2.0 ** (-32 / 4)
    assert back.shape == KERNEL.shape
    assert np.abs(back - KERNEL).max() <= (0 if wide.keep else 2 * step)


def test_integers_come_back():
    values = RANDOM.integers(-9, 9, (2, 3, 4))
    coded = encode_model({"i": values}, EncoderOptions(), row_axes={"i": 2})
    np.testing.assert_array_equal(
        decode_model(Bitstream.parse(coded.to_bytes())).values()["i"], values
    )


def test_wide_integers_stay_as_they_are():
    values = RANDOM.integers(-(1 << 60), 1 << 60, (2, 3))
    coded = encode_model({"i": values}, EncoderOptions(), row_axes={"i": 1})
    np.testing.assert_array_equal(
        decode_model(Bitstream.parse(coded.to_bytes())).values()["i"], values
    )


def test_profile_0_takes_the_first():
    coded = encode_model({"k": KERNEL}, EncoderOptions(profile=0), row_axes={"k": 3})
    back = decode_model(Bitstream.parse(coded.to_bytes())).values()["k"]
    assert np.abs(back - KERNEL).max() < 0.01


def test_an_axis_that_is_not_there():
    with pytest.raises(InputError, match="no row axis 4"):
        encode_model({"k": KERNEL}, EncoderOptions(), row_axes={"k": 4})
