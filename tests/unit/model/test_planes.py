"""Floats as exponents and noise: each bit pattern comes back, and what can't be is refused."""

import io

import ml_dtypes
import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.editing.tensors import drop, merge, rename, select, split
from nnc.inspect import check, summarize_tensors
from nnc.model.planes import FIELDS, HEAD, NOISE_SUFFIX, floats_of, planes_of

TYPES = [np.dtype(getattr(ml_dtypes, name, None) or name) for name in FIELDS]


def same_bits(one, other):
    return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


def weights(dtype, shape=(30, 70)):
    return (np.random.default_rng(0).standard_t(4, shape) * 0.05).astype(dtype)


def patterns(dtype, count):
    """Return floats of all bit patterns, or of many, special ones among them."""
    bits = 8 * dtype.itemsize
    found = np.random.default_rng(1).integers(0, 1 << bits, count, dtype=np.uint64)
    return found.astype(f"u{dtype.itemsize}").view(dtype)


def special(dtype):
    """Return weights with NaNs of two payloads, infinities, -0 and the smallest subnormal."""
    values = weights(dtype).copy()
    size = dtype.itemsize
    largest = (1 << (8 * size - 1)) - 1
    bits = values.reshape(-1).view(f"u{size}")
    bits[:8] = [0, largest + 1, 1, largest, largest - 1, 2 * largest + 1, largest + 2, 0]
    values[3, :4] = 0
    return values


def joined(planes):
    return np.concatenate([planes.integers, planes.noise.view(np.int32)])


def back(planes, like):
    return floats_of(joined(planes), like.dtype, like.shape, "w")


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("make", [weights, special])
def test_each_bit_comes_back(dtype, make):
    values = make(dtype)
    assert same_bits(back(planes_of(values), values), values)


@pytest.mark.parametrize("shape", [(64,), (1, 64), (64, 1), (4, 4, 3, 3), (7, 11), (500, 300)])
def test_of_any_shape(shape):
    values = weights(np.dtype(np.float32), shape)
    assert same_bits(back(planes_of(values), values), values)


@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, np.inf, np.nan])
def test_of_one_value(value):
    values = np.full((20, 20), value, np.float16)
    planes = planes_of(values)
    assert same_bits(back(planes, values), values)
    assert planes.noise.nbytes <= values.size / 8 + 4


def test_zeros_take_no_noise():
    values = weights(np.dtype(np.float32))
    values[np.random.default_rng(2).random(values.shape) < 0.9] = 0
    planes = planes_of(values)
    assert same_bits(back(planes, values), values)
    assert planes.noise.size <= np.count_nonzero(values)


def test_trailing_zeros_are_left_out():
    values = weights(np.dtype(np.float16)).astype(np.float32)
    assert len(nnc.encode({"w": values}, lossless=True)) < 1.02 * len(
        nnc.encode({"w": values.astype(np.float16)}, lossless=True)
    )


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=str)
def test_few_nans_keep_their_payloads(dtype):
    values = np.array([0x7F81, 0xFFFF, 0x7FC0, 1], "<u2").view(dtype)
    assert same_bits(nnc.decode(nnc.encode({"w": values}, lossless=True))["w"], values)


def test_what_planes_save_nothing_of_is_stored():
    assert planes_of(patterns(np.dtype(np.float32), 1000)) is None
    assert planes_of(np.ones(5, np.float32)) is None
    assert planes_of(np.ones(500, np.float64)) is None


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_through_a_bitstream(dtype):
    model = {"w": special(dtype), "empty": np.zeros((0, 3), dtype), "some": patterns(dtype, 300)}
    data = nnc.encode(model, lossless=True)
    decoded = nnc.decode(data)
    assert list(decoded) == list(model)
    assert all(same_bits(decoded[name], model[name]) for name in model)
    assert not check(data, deep=True).findings
    line = summarize_tensors(Bitstream.parse(data))[0]
    assert (line.name, line.shape, line.dtype, line.kind) == ("w", (30, 70), dtype.name, "planes")


def test_weights_of_half_precision_shrink():
    model = {"w": weights(np.dtype(ml_dtypes.bfloat16), (200, 300))}
    assert len(nnc.encode(model, lossless=True)) < 0.68 * model["w"].nbytes


@pytest.mark.parametrize(
    "options",
    [
        {"profile": 0}, {"references": True}, {"part_size": 500}, {"aggregates": "all"},
        {"scan_order": 2}, {"threads": 2}, {"effort": 3}, {"metadata_unit": False},
        {"prune_rows": True}, {"joins": [nnc.Joined(names=["a", "b"])]},
        {"tensors": {"a": {"data_format": "float16"}}},
    ],
    ids=str,
)  # fmt: skip
def test_beside_other_options(options):
    values = weights(np.dtype(np.float16)).astype(np.float32)
    model = {"a": values, "b": values[:3] + 1}
    decoded = nnc.decode(nnc.encode(model, lossless=True, **options))
    assert all(np.array_equal(decoded[name], model[name]) for name in model)


def test_a_name_that_noise_would_have():
    values = weights(np.dtype(np.float32))
    model = {"a": values, "a" + NOISE_SUFFIX: values + 1}
    decoded = nnc.decode(nnc.encode(model, lossless=True))
    assert all(same_bits(decoded[name], model[name]) for name in model)


def test_piece_by_piece():
    model = {"a": weights(np.dtype(np.float16)), "b": weights(np.dtype(ml_dtypes.bfloat16))}
    data = nnc.encode(model, lossless=True)
    decoder = nnc.StreamDecoder()
    got = {}
    for start in range(0, len(data), 100):
        got |= decoder.feed(data[start : start + 100])
    assert not decoder.finish()
    assert all(same_bits(got[name], model[name]) for name in model)


def test_cut_off_between_the_two_units():
    data = nnc.encode({"a": weights(np.dtype(np.float16))}, lossless=True)
    cut = data[: Bitstream.parse(data).units[-1].start]
    with pytest.raises(nnc.InvalidError, match="not packed as the metadata say"):
        nnc.decode(cut)
    decoder = nnc.StreamDecoder()
    decoder.feed(cut)
    with pytest.raises(nnc.IncompleteError, match="doesn't follow its integers"):
        decoder.finish()


def test_tensors_are_edited_whole():
    model = {"a": weights(np.dtype(np.float16)), "b": weights(np.dtype(np.float32))}
    bitstream = Bitstream.parse(nnc.encode(model, lossless=True))
    rename(bitstream, {"a": "c"})
    select(bitstream, ["b", "c"])
    decoded = nnc.decode(bitstream.to_bytes())
    assert list(decoded) == ["b", "c"]
    assert same_bits(decoded["c"], model["a"])
    drop(bitstream, ["b"])
    assert list(nnc.decode(bitstream.to_bytes())) == ["c"]


def test_names_that_noise_has_are_not_given_again():
    model = {"a": weights(np.dtype(np.float16)), "b": weights(np.dtype(np.float32))}
    bitstream = Bitstream.parse(nnc.encode(model, lossless=True))
    before = bitstream.to_bytes()
    for names in {"b": "a.noise"}, {"a": "c", "b": "c.noise"}:
        with pytest.raises(nnc.InputError, match=r"two tensors would have the name '\w.noise'"):
            rename(bitstream, names)
    assert bitstream.to_bytes() == before
    first, second = split(bitstream, ["a"])
    rename(second, {"b": "a.noise"})
    for one, other in (first, second), (second, first):
        with pytest.raises(nnc.InputError, match=r"'a\.noise' is in both"):
            merge(one, other)
    rename(first, {"a": "b"})
    decoded = nnc.decode(merge(first, second).to_bytes())
    assert same_bits(decoded["b"], model["a"])
    assert same_bits(decoded["a.noise"], model["b"])


@pytest.mark.parametrize(
    ("place", "value"),
    [(0, -1), (0, 24), (1, 30), (3, 500), (4, 2), (5, 1 << 20), (5, -1), (2, 10_000), (-1, None)],
)
def test_planes_that_can_not_be(place, value):
    values = weights(np.dtype(np.float32))
    planes = joined(planes_of(values))
    if value is None:
        planes = planes[:-1]
    else:
        planes[place] = value
    with pytest.raises(nnc.InvalidError, match="tensor 'w' is not packed as the metadata say"):
        floats_of(planes, values.dtype, values.shape, "w")


def test_a_single_value_has_no_rows():
    planes = np.array([2, 0, 5, 0, 1, 1, 0, 0, 0], np.int32)
    with pytest.raises(nnc.InvalidError, match="has no rows"):
        floats_of(planes, np.dtype(np.float32), (), "w")


def noted(data, shape):
    """Return a bitstream whose note of a tensor in planes says another shape."""
    before, after = b'"shape":[30,70]', b'"shape":' + str(shape).encode()
    unit = next(one for one in Bitstream.parse(data).units if before in bytes(one.payload_bytes))
    size = unit.byte_size + len(after) - len(before)
    start = data[: unit.start] + size.to_bytes(2, "big") + data[unit.start + 2 :]
    return start.replace(before, after)


@pytest.mark.parametrize("shape", [[1 << 70, 0], [1 << 62, 0, 4], [1] * 70, [1 << 40], [], [0]])
def test_shapes_that_no_array_has_or_that_do_not_fit(shape):
    data = nnc.encode({"w": weights(np.dtype(np.float32))}, lossless=True)
    assert nnc.decode(noted(data, [70, 30]))["w"].shape == (70, 30)
    with pytest.raises(nnc.InvalidError, match=r"can't be read|not packed"):
        nnc.decode(noted(data, shape))


def units_of(data):
    return [data[unit.start : unit.stop] for unit in Bitstream.parse(data).units]


def test_noise_alone_is_a_tensor_by_its_own_name():
    model = {"a": weights(np.dtype(np.float16)), "b": weights(np.dtype(np.float16)) + 1}
    units = units_of(nnc.encode(model, lossless=True))
    data = b"".join(units[:3] + units[4:])
    with pytest.warns(nnc.DecodingWarning):
        decoded = nnc.decode(data)
    assert list(decoded) == ["a.noise", "b"]
    with nnc.safe_open(io.BytesIO(data)) as file:
        assert file.keys() == ["a.noise", "b"]
        assert same_bits(file.get_tensor("a.noise"), decoded["a.noise"])


@pytest.mark.parametrize("place", range(3, 6))
def test_notes_in_several_units_are_put_together(place):
    model = {"a": weights(np.dtype(np.float16)), "wide": np.array([1 << 50])}
    units = units_of(nnc.encode(model, lossless=True))
    other = units_of(nnc.encode({"b": np.ones(3, "i8")}, metadata={"author": "me"}))
    data = b"".join([*units[:place], other[2], *units[place:], *other[3:]])
    whole = nnc.decode(data)
    assert same_bits(whole["a"], model["a"])
    decoder = nnc.StreamDecoder()
    came = decoder.feed(data) | decoder.finish()
    assert list(came) == ["a", "wide", "b"]
    assert all(same_bits(came[name], whole[name]) for name in came)
    assert decoder.metadata.metadata == {"author": "me"}


def test_planes_of_an_empty_tensor_hold_nothing():
    planes = joined(planes_of(weights(np.dtype(np.float32))))
    planes[4] = 1
    with pytest.raises(nnc.InvalidError, match="not of one length"):
        floats_of(planes, np.dtype(np.float32), (1 << 40, 0), "w")


def test_planes_that_come_twice():
    units = units_of(nnc.encode({"a": weights(np.dtype(np.float16))}, lossless=True))
    with nnc.safe_open(io.BytesIO(b"".join(units + units[3:]))) as file:
        for ask in (file.get_tensor, file.get_slice):
            with pytest.raises(nnc.InvalidError, match="'a' occurs twice"):
                ask("a")


def test_exponents_outside_the_list():
    values = weights(np.dtype(np.float32))
    planes = joined(planes_of(values))
    planes[HEAD + planes[5] + 100] = 1 << 20
    with pytest.raises(nnc.InvalidError, match="isn't in the list"):
        floats_of(planes, values.dtype, values.shape, "w")
