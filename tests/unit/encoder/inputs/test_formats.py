"""All formats of clause 7.2, and dtypes that only our metadata unit can say, there and back."""

import ml_dtypes
import numpy as np
import pytest

import nnc

INTEGERS = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("int2", "int4", "uint2", "uint4"),
]
FLOATS = [
    *("float16", "float32", "float64", "bfloat16", "float8_e4m3fn", "float8_e5m2"),
    *("float8_e4m3", "float8_e3m4", "float6_e2m3fn", "float4_e2m1fn"),
]

#: What stands in the header (None: the format that its absence means), and what a decoder
#: gives that doesn't know our metadata unit.
FORMATS = {
    "bool": (None, "int32"),
    "int2": (2, "int8"),
    "int4": (4, "int8"),
    "int8": (5, "int8"),
    "int16": (6, "int16"),
    "int32": (None, "int32"),
    "int64": (7, "int64"),
    "uint2": (None, "int32"),
    "uint4": (None, "int32"),
    "uint8": (None, "int32"),
    "uint16": (None, "int32"),
    "uint32": (None, "int32"),
    "uint64": (None, "int32"),
    "float16": (8, "float16"),
    "float32": (None, "float32"),
    "float64": (9, "float64"),
    "bfloat16": (None, "float32"),
}


def dtype_of(name):
    return np.dtype(getattr(ml_dtypes, name, name))


def integers(name):
    """All values, or the extremes and some between, as far as 32 bits reach."""
    dtype = dtype_of(name)
    if name == "bool":
        return np.array([[True, False], [False, True]])
    limits = np.iinfo(dtype) if dtype.kind in "iu" else ml_dtypes.iinfo(dtype)
    low = max(int(limits.min), -(2**31))
    high = min(int(limits.max), 2**31 - 1)
    values = sorted({low, *range(max(low, -5), min(high, 20) + 1), high})
    return np.array(values).astype(dtype)


def floats(name):
    values = np.random.default_rng(3).normal(0, 1, (6, 7))
    return values.astype(dtype_of(name))


def header_of(data):
    return nnc.Bitstream.parse(data).units[-1].header


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("profile", [0, 1])
def test_integers_come_back(name, profile):
    values = integers(name)
    result = nnc.decode(nnc.encode({"x": values}, profile=profile))["x"]
    assert result.dtype == values.dtype
    np.testing.assert_array_equal(result.astype(object), values.astype(object))


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("profile", [0, 1])
def test_floats_come_back(name, profile):
    values = floats(name)
    result = nnc.decode(nnc.encode({"x": values}, qp=-80, profile=profile))["x"]
    assert result.dtype == values.dtype
    # The step is 2^-20: narrow types have nothing so near.
    tolerance = 4e-6 if name in ("float32", "float64") else 0
    np.testing.assert_allclose(result.astype("f8"), values.astype("f8"), rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", FLOATS)
def test_stored_floats_come_back_bit_by_bit(name):
    values = floats(name)
    result = nnc.decode(nnc.encode({"x": values}, keep=["x"]))["x"]
    assert result.dtype == values.dtype
    assert result.tobytes() == values.tobytes()


@pytest.mark.parametrize("name", FORMATS)
def test_the_header_says_what_it_can(name):
    data_format, plain = FORMATS[name]
    values = floats(name) if "float" in name else integers(name)
    for metadata_unit in (True, False):
        header = header_of(nnc.encode({"x": values}, metadata_unit=metadata_unit))
        assert header.nnr_decompressed_data_format == data_format
        assert header.nnr_decompressed_data_format_present_flag == (data_format is not None)
    result = nnc.decode(nnc.encode({"x": values}, qp=-80, metadata_unit=False))["x"]
    assert result.dtype == plain
    np.testing.assert_allclose(result.astype("f8"), values.astype("f8"), rtol=0, atol=4e-6)


@pytest.mark.parametrize("name", ["int2", "int4", "uint4", "bfloat16", "uint8", "bool"])
def test_a_session_keeps_dtypes(name):
    values = floats(name) if "float" in name else integers(name)
    encoder, decoder = nnc.Encoder({"x": values}), nnc.Decoder({"x": values})
    changed = values[::-1].copy()
    result = decoder.decode(encoder.encode({"x": changed}))["x"]
    assert result.dtype == values.dtype
    tolerance = 0.01 if "float" in name else 0
    np.testing.assert_allclose(result.astype("f8"), changed.astype("f8"), atol=tolerance)


@pytest.mark.parametrize("bits", [2, 3, 4, 8, 16, 32, 64])
def test_formats_of_integers_in_the_header(bits):
    """Each by its name, delivered in the narrowest dtype of numpy's that holds it."""
    high = min((1 << (bits - 1)) - 1, 2**31 - 1)
    low = -high - 1
    values = np.array([[low, high], [0, -1]])
    data = nnc.encode({"x": values}, tensors={"x": {"data_format": f"int{bits}"}})
    result = nnc.decode(data)["x"]
    assert result.dtype == f"int{max(8, bits)}"
    np.testing.assert_array_equal(result, values)


@pytest.mark.parametrize("dtype", ["clongdouble", "S3", "M8[s]", "O", "longdouble"])
def test_other_dtypes_are_refused_by_name(dtype):
    values = np.zeros(3, dtype)
    if values.dtype.kind in "fc" and values.real.dtype.itemsize <= 8:
        pytest.skip("long double is double here")
    with pytest.raises(nnc.InputError, match="'x' is of dtype"):
        nnc.encode({"x": values})
