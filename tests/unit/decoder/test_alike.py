"""Tensors that are alike, decoded together: the same as one by one, errors included."""

import random

import numpy as np
import pytest

import nnc
from nnc.bitio import NncError
from nnc.bitstream import Bitstream
from nnc.bitstream.parser import UnitParser
from nnc.decoder import together
from nnc.encoder import encode_model
from nnc.encoder.options.model import EncoderOptions
from tests.mutations import WAYS

OPTIONS = [
    {},
    {"profile": 0},
    {"dq": False},
    {"scan_order": 1},
    {"codebook": 4},
    {"qp": 2000, "qp_density": 4},
    {"references": True},
    {"aggregates": "all"},
    {"part_size": 30},
    {"layer_parameters": {"1*": nnc.LayerParameters(qp=-24, qp_density=2)}},
]


def model(seed=3):
    """Return tensors of few shapes; some have rows of zeros, some are of integers."""
    source = np.random.default_rng(seed)
    tensors = {}
    for number in range(60):
        shape = [(7,), (5, 4), (3, 2, 9), (), (0, 4), (60, 5)][number % 6]
        values = np.asarray(source.laplace(size=shape)).astype(
            [np.float32, np.float16][number // 6 % 2]
        )
        if number % 5 == 0 and shape:
            values[..., :1] = 0
        tensors[f"{number}"] = values
        tensors[f"{number} int"] = (9 * values).astype([np.int32, np.int8][number // 6 % 2])
    return tensors


def encoded(options):
    return encode_model(model(), EncoderOptions(**options)).to_bytes()


def outcome(data, threads=1, **how):
    """Return what is decoded, as bytes with type and shape, or the error."""
    try:
        values = nnc.decode(data, threads=threads, **how)
        levels = nnc.decode_levels(data, threads=threads)
    except NncError as error:
        return type(error), error.as_dict()
    return [
        {name: (one.dtype, one.shape, one.tobytes()) for name, one in some.items()}
        for some in (values, levels)
    ]


def one_by_one(data, monkeypatch, **how):
    with monkeypatch.context() as patch:
        patch.setattr(UnitParser, "finds_runs", False)
        patch.setattr(together, "FEWEST_ALIKE", 1 << 40)
        return outcome(data, **how)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_the_same_as_one_by_one(options, threads, monkeypatch):
    data = encoded(options)
    found = outcome(data, threads)
    assert found == one_by_one(data, monkeypatch, threads=threads)
    assert isinstance(found, list)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning", "ignore::nnc.DecodingWarning")
def test_damaged_data_come_to_the_same(options, monkeypatch):
    whole, source = encoded(options), random.Random(11)
    for number in range(110):
        data = bytearray(whole)
        WAYS[number % len(WAYS)](data, source)
        assert outcome(bytes(data)) == one_by_one(bytes(data), monkeypatch)


@pytest.mark.parametrize("limits", [nnc.Limits(values=900), nnc.Limits(rank=2)], ids=str)
def test_limits_hold_at_the_same_tensor(limits, monkeypatch):
    data = encoded({})
    found = outcome(data, limits=limits)
    assert found[0] is nnc.LimitError
    assert found == one_by_one(data, monkeypatch, limits=limits)


@pytest.mark.parametrize("shape", [(0, 1 << 59), (1 << 59, 0), (1,) * 32, (1,) * 64], ids=str)
def test_shapes_that_one_array_can_just_have(shape, monkeypatch):
    """An array of many of them couldn't be: it would have more dimensions, or more bytes."""
    values = np.ones((0, 1) if 0 in shape else (1, 1), np.int32)
    model = {f"{n} int": values.copy() for n in range(8)}
    bitstream = Bitstream.parse(encode_model(model, EncoderOptions()).to_bytes())
    for name in model:
        dimensions = bitstream[name].header.tensor_dimensions_list
        dimensions.tensor_dimensions = list(shape)
        dimensions.count_tensor_dimensions = len(shape)
    data, limits = bitstream.to_bytes(), nnc.Limits(rank=64)
    if len(shape) > 32 and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("NumPy 1 has no arrays of so many dimensions")
    decoded = nnc.decode(data, limits=limits)
    assert [one.shape for one in decoded.values()] == 8 * [shape]
    assert outcome(data, limits=limits) == one_by_one(data, monkeypatch, limits=limits)


def test_a_name_that_comes_twice_is_told_in_its_place(monkeypatch):
    data = encoded({}).replace(b"48\0", b"24\0")
    found = outcome(data)
    assert found[1]["value"] == "24"
    assert found == one_by_one(data, monkeypatch)


def test_a_unit_that_was_changed_is_decoded_as_it_is():
    bitstream = Bitstream.parse(encoded({}))
    unit = bitstream["24"]
    unit.header.nnr_compressed_data_unit_header.topology_elem_id = "other"
    values = nnc.decode(bitstream)
    assert "24" not in values
    np.testing.assert_array_equal(values["other"], nnc.decode(encoded({}))["24"])


def test_payloads_that_were_looked_at_or_exchanged_are_decoded():
    bitstream = Bitstream.parse(encoded({}))
    expected = nnc.decode(bitstream)
    one, other = bitstream["25"], bitstream["37"]
    one.payload = other.payload_bytes
    found = nnc.decode(bitstream)
    np.testing.assert_array_equal(found["25"], expected["37"])
    np.testing.assert_array_equal(found["49"], expected["49"])


def test_another_thread_may_look_at_payloads_meanwhile(monkeypatch):
    expected, key_of = outcome(encoded({})), together.key_of

    def looked_at(unit, layout):
        key = key_of(unit, layout)
        assert unit.payload_bytes is not None
        return key

    monkeypatch.setattr(together, "key_of", looked_at)
    assert outcome(encoded({})) == expected


def test_values_can_be_written_to_apart():
    values = nnc.decode(encoded({}))
    before = {name: one.copy() for name, one in values.items()}
    values["24"] += 1
    for name in values:
        if name != "24":
            np.testing.assert_array_equal(values[name], before[name])


def test_one_that_is_kept_keeps_little():
    data = encode_model(
        {str(n): np.ones(200, np.float32) for n in range(400)}, EncoderOptions()
    ).to_bytes()
    for one in nnc.decode(data).values():
        kept = one if one.base is None else one.base
        assert kept.nbytes <= together.BLOCK_BYTES


def test_levels_stay_while_others_are_dequantized():
    from nnc.decoder import decode_model

    decoded = decode_model(Bitstream.parse(encoded({})))
    tensors = [one for one in decoded.tensors() if one.block is not None]
    assert len(tensors) > 20
    kept = [one.levels.copy() for one in tensors]
    for one in tensors:
        one.values()
    for one, levels in zip(tensors, kept, strict=True):
        np.testing.assert_array_equal(one.levels, levels)
        assert one._replace(levels=2 * levels).dequantized() is not one.dequantized()
