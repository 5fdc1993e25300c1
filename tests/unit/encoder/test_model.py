"""Encoding whole models: dtypes, options, per-tensor quality, same bytes on any threads."""

from concurrent.futures import ThreadPoolExecutor

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import nnc
from nnc.decoder.dequantization import step_size
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.steps import at_density

DTYPES = [
    *(np.dtype(kind) for kind in ("f2", "f4", "f8", "i1", "i2", "i4", "i8")),
    *(np.dtype(kind) for kind in ("u1", "u2", "u4", "u8", "?")),
    *(np.dtype(getattr(ml_dtypes, name)) for name in ("bfloat16", "float8_e4m3fn", "int4")),
]


def sample(dtype, seed=3):
    generator = np.random.default_rng(seed)
    if dtype.kind in "iu" and dtype.name in np.sctypeDict:
        info = np.iinfo(dtype)
        values = generator.integers(info.min, info.max, (4, 5), dtype=dtype, endpoint=True)
        values[0, :2] = info.min, info.max
        return values
    return generator.normal(0, 2, (4, 5)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("profile", [0, 1])
def test_dtypes_come_back(dtype, profile):
    values = sample(dtype)
    decoded = nnc.decode(nnc.encode({"x": values}, profile=profile, qp=-32))["x"]
    assert decoded.dtype == dtype
    if "float" in dtype.name:
        error = np.abs(decoded.astype(float) - values.astype(float))
        rounding = np.abs(values.astype(float)) * float(ml_dtypes.finfo(dtype).eps)
        assert (error <= 2 * float(step_size(-32, 2)) + rounding).all()
    else:
        np.testing.assert_array_equal(decoded, values)
    assert decoded.flags.writeable


@pytest.mark.parametrize("dtype", ["g", "G", "O", "U3", "M8[s]", "S2", [("a", "f4")]])
def test_other_types_are_refused_by_name(dtype):
    with pytest.raises(nnc.InputError, match="'strange'"):
        nnc.encode({"strange": np.zeros(3, dtype)})


def test_tensors_of_too_many_dimensions_are_refused_by_name():
    pytest.importorskip("numpy", "2", reason="numpy 1 has no such arrays")
    most = np.ones([1] * 30 + [2, 3], "f4")
    assert nnc.decode(nnc.encode({"most": most}))["most"].shape == most.shape
    with pytest.raises(nnc.InputError, match="'beyond' has 33 dimensions"):
        nnc.encode({"beyond": most[None]})


def test_layouts_in_memory_do_not_matter():
    values = np.random.default_rng(1).normal(size=(6, 8)).astype("f4")
    plain = nnc.encode({"x": values})
    assert nnc.encode({"x": np.asfortranarray(values)}) == plain
    assert nnc.encode({"x": values.astype(">f4")}) == plain
    assert nnc.encode({"x": np.repeat(values, 2, axis=1)[:, ::2]}) == plain
    assert nnc.encode({"x": values.tolist()}) != b""
    assert values.flags.writeable


def test_quality_by_name():
    generator = np.random.default_rng(1)
    tensors = {name: generator.normal(size=(30, 30)).astype("f4") for name in ("a.w", "b.w")}
    coarse = nnc.encode(tensors, qp=-8)
    mixed = nnc.encode(tensors, qp=-8, tensor_qp={"b.*": -32, "*": -8})
    assert len(mixed) > len(coarse)
    before, after = nnc.decode(coarse), nnc.decode(mixed)
    np.testing.assert_array_equal(before["a.w"], after["a.w"])
    assert (
        np.abs(after["b.w"] - tensors["b.w"]).max() < np.abs(before["b.w"] - tensors["b.w"]).max()
    )


def test_metadata_and_order_are_kept(tmp_path):
    tensors = {"z": np.zeros((2, 2), "f4"), "a": np.arange(3)}
    nnc.save_file(tensors, tmp_path / "m.nnc", {"format": "pt", "who": "\u4e2d"}, qp=-20)
    model = nnc.load_model(tmp_path / "m.nnc")
    assert model.metadata.metadata == {"format": "pt", "who": "\u4e2d"}
    assert list(nnc.load_file(tmp_path / "m.nnc")) == ["z", "a"]


def test_without_a_metadata_unit():
    tensors = {"b": np.ones((2, 2), ml_dtypes.bfloat16), "u": np.arange(3, dtype=np.uint32)}
    data = nnc.encode(tensors, metadata={"a": "b"}, metadata_unit=False)
    assert {unit.type_name for unit in nnc.Bitstream.parse(data).units} == {
        "NNR_STR",
        "NNR_MPS",
        "NNR_NDU",
    }
    decoded = nnc.decode(data)
    assert decoded["b"].dtype == np.float32
    assert decoded["u"].dtype == np.int32
    with pytest.raises(nnc.InputError, match="'big' holds integers beyond 32 bits"):
        nnc.encode({"big": np.array([2**40])}, metadata_unit=False)


@pytest.mark.parametrize("options", [{}, {"dq": False}, {"scan_order": 2}, {"codebook": True}])
def test_bytes_do_not_depend_on_threads(options):
    generator = np.random.default_rng(1)
    tensors = {str(i): generator.normal(size=(40 + i, 50)).astype("f4") for i in range(9)}
    one = nnc.encode(tensors, threads=1, qp=-20, **options)
    assert nnc.encode(tensors, threads=3, qp=-20, **options) == one
    with ThreadPoolExecutor(2) as pool:
        assert nnc.encode(tensors, executor=pool, qp=-20, **options) == one
        by_pool = nnc.decode(one, executor=pool)
    for name, values in nnc.decode(one, threads=1).items():
        np.testing.assert_array_equal(by_pool[name], values)


def test_default_quality_has_the_same_step_at_each_density():
    for density in range(8):
        assert step_size(at_density(-32, density), density) == step_size(-32, 2)
        assert step_size(at_density(-75, density), density) <= step_size(-75, 2)
    assert EncoderOptions(qp_density=3).requested_qp("x", 2) == -64


def test_a_codebook_is_used_where_it_can_be():
    values = np.random.default_rng(1).choice([-0.5, 0, 0.25, 1], (20, 20)).astype("f4")
    data = nnc.encode({"x": values}, codebook=True, qp=-8)
    header = nnc.Bitstream.parse(data).units[-1].header
    assert header.codebook_present_flag
    np.testing.assert_array_equal(nnc.decode(data)["x"], values)
    assert len(data) < len(nnc.encode({"x": values}, qp=-8, dq=False, codebook=False))


@st.composite
def models(draw):
    names = draw(
        st.lists(
            st.text(
                st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=8
            ),
            max_size=4,
            unique=True,
        )
    )
    shape = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7)
    values = st.one_of(
        arrays.arrays(np.float32, shape, elements=st.floats(-1e4, 1e4, width=32)),
        arrays.arrays(np.int32, shape),
        arrays.arrays(np.int64, shape),
        arrays.arrays(np.bool_, shape),
    )
    return {name: draw(values) for name in names}


@settings(deadline=None)
@given(
    tensors=models(),
    qp=st.integers(-60, 20),
    dq=st.booleans(),
    codebook=st.booleans(),
    scan_order=st.integers(0, 4),
    row_skip=st.sampled_from([None, False]),
    parameter_search=st.booleans(),
    cabac_unary_length_minus1=st.integers(0, 255),
    profile=st.integers(0, 1),
)
def test_any_model_any_options(tensors, qp, dq, **options):
    decoded = nnc.decode(nnc.encode(tensors, qp=qp, nonweight_qp=qp, dq=dq, **options))
    assert list(decoded) == list(tensors)
    step = float(step_size(qp, 2))
    for name, values in tensors.items():
        assert decoded[name].shape == values.shape
        assert decoded[name].dtype == values.dtype
        if values.dtype != np.float32:
            np.testing.assert_array_equal(decoded[name], values)
        elif values.size:
            error = np.abs(decoded[name].astype(float) - values.astype(float)).max()
            rounding = float(np.abs(values).max()) * 2.0**-22
            assert error <= (2 if dq else 0.5) * step + rounding
