"""Tensors that others refuse: infinities, NaN, complex numbers; and what stays refused."""

import warnings

import ml_dtypes
import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.model.metadata import read_metadata

FLOATS = ["f2", "f4", "f8", ml_dtypes.bfloat16, ml_dtypes.float8_e5m2]
MASK = np.triu(np.full((8, 8), -np.inf), 1)
NOT_FINITE = {
    "mask": MASK,
    "nan": np.array([[np.nan, 1], [2, 3.0]]),
    "both": np.array([np.inf, -np.inf, np.nan, 0.5]),
    "scalar": np.array(np.inf),
}
ASKED = {"default": {}, "keep": {"keep": ["mask"]}, "lossless": {"lossless": True}}


def same(one, other):
    return one.dtype == other.dtype and one.tobytes() == np.ascontiguousarray(other).tobytes()


@pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize("values", NOT_FINITE)
@pytest.mark.parametrize("asked", ASKED)
def test_what_is_not_finite_is_stored_as_it_is(asked, values, dtype):
    given = {"mask": NOT_FINITE[values].astype(dtype), "w": np.ones((3, 3), "f4")}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = nnc.encode(given, **ASKED[asked])
    assert same(nnc.decode(data)["mask"], given["mask"])
    told = [str(one.message) for one in caught if "holds NaN or infinity" in str(one.message)]
    assert len(told) == (asked == "default")
    assert all("'mask'" in one for one in told)


TARGETS = [
    {"max_error": 10}, {"bits_per_value": 40}, {"psnr": 30}, {"target_size": 10_000},
    {"target_mse": 0.1}, {"accuracy_drop": 1, "evaluate": lambda tensors: 1.0},
]  # fmt: skip
ODD = {
    "strings": np.array(["1e+", "x"], "S3"),
    "text": np.array(["a"]),
    "objects": np.array([{}, 1], object),
    "dates": np.array(["2020-01-01"], "M8[D]"),
    "records": np.zeros(2, [("a", "f4")]),
    "ragged": [[1.0], [1.0, 2.0]],
}


@pytest.mark.parametrize("target", [{}, *TARGETS], ids=lambda target: next(iter(target), "none"))
@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_number_is_refused_with_any_target(odd, target):
    with pytest.raises(nnc.InputError, match="tensor 'w'"):
        nnc.encode({"w": ODD[odd], "v": np.ones((4, 4), "f4")}, **target)


@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: next(iter(target)))
@pytest.mark.parametrize("odd", ["mask", "nan", "complex"])
def test_targets_with_unusual_tensors(odd, target):
    values = np.ones((4, 4), "c8") * (1 + 2j) if odd == "complex" else NOT_FINITE[odd]
    given = {"w": values, "v": np.random.default_rng(0).normal(0, 0.1, (40, 40)).astype("f4")}
    back = nnc.decode(nnc.encode(given, **target))
    if odd == "complex":
        assert (back["w"].shape, back["w"].dtype) == (values.shape, values.dtype)
    else:
        assert same(back["w"], values)
    assert np.abs(back["v"] - given["v"]).max() < 10


@pytest.mark.parametrize("options", [{"blocks": "auto"}, {"effort": 2}, {"prune_rows": True}])
def test_a_bias_that_is_not_finite(options):
    given = {"l.weight": np.ones((3, 3), "f4"), "l.bias": np.array([1, np.inf, 0], "f4")}
    with pytest.warns(nnc.EncodingWarning, match=r"'l\.bias' holds NaN or infinity"):
        data = nnc.encode(given, **options)
    assert same(nnc.decode(data)["l.bias"], given["l.bias"])


def test_a_block_that_can_not_be():
    given = {"l.weight": np.ones((3, 3), "f4"), "l.bias": np.array([1, np.inf, 0], "f4")}
    with pytest.raises(nnc.InputError, match="holds NaN or infinity"):
        nnc.encode(given, blocks=[nnc.Block(weight="l.weight", bias="l.bias")])


def test_joined_tensors_that_are_not_finite():
    given = {"a": np.ones((2, 3), "f4"), "b": np.full((1, 3), np.nan, "f4")}
    with pytest.warns(nnc.EncodingWarning, match="holds NaN or infinity"):
        data = nnc.encode(given, joins=[nnc.Joined(names=["a", "b"])])
    back = nnc.decode(data)
    assert all(same(back[name], given[name]) for name in given)


@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_updates_to_and_from_infinity():
    finite = {"l.weight": np.ones((3, 3), "f4"), "l.bias": np.ones(3, "f4")}
    infinite = {**finite, "l.bias": np.array([1, -np.inf, np.nan], "f4")}
    encoder, decoder = nnc.Encoder(), nnc.Decoder()
    for model in (finite, infinite, infinite, finite):
        back = decoder.decode(encoder.encode(model))
        assert np.allclose(back["l.bias"], model["l.bias"], equal_nan=True)


@pytest.mark.parametrize("dtype", ["c8", "c16", ">c8"])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (4, 6), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("asked", ["default", "keep", "lossless"])
def test_complex_numbers(asked, shape, dtype):
    draw = np.random.default_rng(0)
    values = (draw.normal(size=shape) + 1j * draw.normal(size=shape)).astype(dtype)
    back = nnc.decode(nnc.encode({"mask": values}, **ASKED[asked]))["mask"]
    assert (back.shape, back.dtype) == (values.shape, values.dtype.newbyteorder("="))
    if asked == "default":
        assert np.abs(back - values).max(initial=0) < 0.1
    else:
        assert np.array_equal(back, values)


@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_complex_numbers_that_are_not_finite():
    values = np.array([1 + 1j, complex(np.inf, np.nan)], "c8")
    assert same(nnc.decode(nnc.encode({"x": values}))["x"], values)


def test_complex_numbers_in_a_session():
    base = {"x": np.ones((3, 2), "c8"), "w": np.ones((3, 3), "f4")}
    new = {"x": base["x"] * 1j, "w": base["w"] * 2}
    for encoder, decoder in (
        (nnc.Encoder(), nnc.Decoder()),
        (nnc.Encoder(base=base), nnc.Decoder(base)),
    ):
        for model in (base, new, new):
            back = decoder.decode(encoder.encode(model))
            assert np.allclose(back["x"], model["x"], atol=0.01)
            assert back["x"].dtype == np.complex64


def test_complex_numbers_need_the_metadata_unit():
    with pytest.raises(nnc.InputError, match="metadata unit"):
        nnc.encode({"x": np.ones(3, "c8")}, metadata_unit=False)


MADE_UP = [
    '"complex64"',
    '"complex64","packing":"int32 halves","shape":[2]',
    '"int64","packing":"real and imaginary","shape":[2]',
    '"complex64","packing":"real and imaginary","shape":[3]',
]


@pytest.mark.parametrize("note", MADE_UP)
def test_notes_that_somebody_made_up(note):
    data = nnc.encode({"x": np.ones(2, "c8")}, lossless=True)
    bitstream = Bitstream.parse(data)
    for unit in bitstream.units:
        if unit.nnr_unit_type == 62:
            text = bytes(unit.payload_bytes)
            start = text.index(b'{"dtype"')
            end = text.index(b"}", start) + 1
            unit.payload = text[:start] + b'{"dtype":%s}' % note.encode() + text[end:]
    with pytest.raises(nnc.InvalidError):
        nnc.decode(bitstream.to_bytes())


def test_what_the_note_says():
    note = read_metadata(Bitstream.parse(nnc.encode({"x": np.ones(2, "c8")})).units).tensors["x"]
    assert note.as_content() == {
        "dtype": "complex64", "packing": "real and imaginary", "shape": [2],
    }  # fmt: skip


EXTREME_OPTIONS = [{}, {"effort": 2}, {"dq": False}, {"qp": -10}, *TARGETS]
EXTREME = {
    "largest": np.full((40, 40), np.finfo("f4").max),
    "near the largest": np.linspace(-1, 1, 2500).reshape(50, 50).astype("f4") * np.finfo("f4").max,
    "vector": np.linspace(-1, 1, 2500).astype("f4") * np.finfo("f4").max,
    "wide": np.linspace(-1, 1, 2500).reshape(50, 50) * 1e308,
    "denormal": np.linspace(-1, 1, 2500).reshape(50, 50).astype("f4") * np.float32(1e-42),
}


@pytest.mark.filterwarnings("error::RuntimeWarning", "ignore::nnc.EncodingWarning")
@pytest.mark.parametrize("options", EXTREME_OPTIONS, ids=lambda one: next(iter(one), "none"))
@pytest.mark.parametrize("values", EXTREME)
def test_numbers_at_the_ends_of_their_type(values, options):
    given = {"w": EXTREME[values], "v": np.ones((3, 3), "f4")}
    try:
        back = nnc.decode(nnc.encode(given, **options))
    except nnc.InputError:
        return
    assert np.isfinite(back["w"]).all()
    assert (back["v"] == 1).all() or "qp" in options


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("huge", [1e4, 1e12])
@pytest.mark.parametrize(("rows", "columns", "outliers"), [(5, 4, 1), (20, 20, 3), (100, 100, 50)])
def test_a_few_huge_values_leave_something_of_the_others(rows, columns, outliers, huge):
    values = np.random.default_rng(0).normal(0, 1e-3, (rows, columns)).astype("f4")
    values.reshape(-1)[:outliers] = huge
    back = nnc.decode(nnc.encode({"w": values}))["w"]
    small = np.abs(values) < 1
    assert np.abs(back - values)[small].mean() < 0.05 * np.abs(values)[small].mean()
    assert np.allclose(back[~small], huge, rtol=1e-6)


def test_a_mask_is_not_left_out_silently():
    hidden = np.ma.masked_array(np.ones((3, 3), "f4"), np.eye(3))
    with pytest.raises(nnc.InputError, match=r"masked array.*filled"):
        nnc.encode({"w": hidden})
    assert (nnc.decode(nnc.encode({"w": np.ma.masked_array([1.0, 2.0])}))["w"] == [1, 2]).all()


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="long double is double here")
def test_what_is_wider_than_decoders_have_says_what_to_do():
    with pytest.raises(nnc.InputError, match="convert it to float64"):
        nnc.encode({"w": np.ones(3, np.longdouble)})
