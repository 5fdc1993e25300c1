"""Units out of runs of alike ones: the same as if each had been parsed by itself."""

import copy
import pickle
import random

import numpy as np
import pytest

import nnc
from nnc.bitio import BitstreamError
from nnc.bitstream import Bitstream
from nnc.bitstream.parser import UnitParser
from nnc.bitstream.patterns import PatternUnit
from nnc.encoder import encode_model
from nnc.encoder.options.model import EncoderOptions
from tests.mutations import WAYS

NAMES = ["a", "b", "\x01", "aa", "\u00e4\U0001f600", 9 * "long.", "w_G", "w_H", "c_scaling", "d"]

OPTIONS = [
    {},
    {"profile": 0},
    {"scan_order": 1},
    {"codebook": 4},
    {"references": True},
    {"aggregates": "all"},
    {"part_size": 100},
    {"out_of_band": ["dimensions", "cabac_unary_length_minus1"]},
    {"layer_parameters": {"a*": nnc.LayerParameters(qp=-24, qp_density=2)}},
]


def model(count=4, seed=4):
    """Return tensors that follow each other in turns, so that most are like ones before."""
    source = np.random.default_rng(seed)
    tensors = {}
    for turn in range(count):
        for name in NAMES:
            for shape in [(5,), (3, 4), (2, 300)][: 1 + len(name) % 3]:
                tensors[f"{turn}{shape}{name}"] = source.laplace(size=shape).astype("f4")
        tensors[f"{turn}int"] = source.integers(-9, 9, 7, dtype=np.int32)
    return tensors


def encoded(options, count=4):
    return encode_model(model(count), EncoderOptions(**options)).to_bytes()


def one_by_one(data, monkeypatch, **left_out):
    with monkeypatch.context() as patch:
        patch.setattr(UnitParser, "finds_runs", False)
        return outcome(data, **left_out)


def outcome(data, **left_out):
    """Return what is parsed, or the error."""
    try:
        return list(Bitstream.parse(data, **left_out).walk())
    except BitstreamError as error:
        return error.as_dict()


def outside(unit):
    """Return what a unit says of itself while its header isn't parsed."""
    return (
        unit.nnr_unit_type, unit.type_name, unit.path, unit.start, unit.stop, unit.payload_start,
        unit.partial_data_counter, unit.is_part, unit.byte_size, bytes(unit.payload_bytes),
        bytes(unit.whole), unit.holds_units, unit.lists_ids if unit.header is None else None,
    )  # fmt: skip


def inside(unit):
    """Return all of a unit's header."""
    scope = None if unit.scope is None else unit.scope.names()
    return repr(unit.size), repr(unit.header), scope, unit.given, names(unit), repr(unit.missing)


def names(unit):
    try:
        return unit.names
    except BitstreamError as error:
        return error.as_dict()


def compare(found, expected):
    if isinstance(expected, dict):
        assert found == expected
        return
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert outside(one) == outside(other)
        assert inside(one) == inside(other)
        in_force = [
            [sets.mps and sets.mps.path, sets.lps and sets.lps.path, sets.reference_list is None]
            for sets in (one.parameter_sets, other.parameter_sets)
        ]
        assert in_force[0] == in_force[1]


def is_in_run(unit):
    return isinstance(unit, PatternUnit)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_the_same_as_one_by_one(options, monkeypatch):
    data = encoded(options)
    compare(outcome(data), one_by_one(data, monkeypatch))
    assert Bitstream.parse(data).to_bytes() == data


def test_most_units_are_in_runs():
    units = Bitstream.parse(encoded({})).units
    assert sum(map(is_in_run, units)) > 0.4 * len(units)


def test_what_is_left_out_is_asked_for_each_name(monkeypatch):
    data = encoded({"out_of_band": ["cabac_unary_length_minus1"]})
    assert any(map(is_in_run, Bitstream.parse(data).units))
    known = {"cabac_unary_length_minus1": {"1(5,)d": 3, "2(5,)d": 10}}
    compare(outcome(data, **known), one_by_one(data, monkeypatch, **known))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_damaged_data_come_to_the_same(options, monkeypatch):
    """A fault in the middle of a run is found where it was, and told in the same words."""
    whole, source = encoded(options, count=3), random.Random(7)
    for number in range(150):
        data = bytearray(whole)
        WAYS[number % len(WAYS)](data, source)
        compare(outcome(bytes(data)), one_by_one(bytes(data), monkeypatch))


def test_a_name_that_is_no_text_is_told_in_its_place(monkeypatch):
    data = encoded({})
    place = data.index(b"3(5,)d") + 2
    wrong = data[:place] + b"\xff" + data[place + 1 :]
    told = outcome(wrong)
    assert told["path"].endswith("header.topology_elem_id")
    assert told == one_by_one(wrong, monkeypatch)


def test_one_of_a_run_can_be_changed_in_place():
    data = encoded({})
    bitstream, untouched = Bitstream.parse(data), Bitstream.parse(data)
    number = [is_in_run(unit) for unit in bitstream.units].index(True) + 3
    unit = bitstream.units[number]
    assert is_in_run(unit)
    unit.header.nnr_compressed_data_unit_header.topology_elem_id = "other"
    unit.header.tensor_dimensions_list.tensor_dimensions[0] = 6
    changed = Bitstream.parse(bitstream.to_bytes())
    assert changed.units[number].names == unit.names == ["other"]
    for place, (one, other) in enumerate(zip(changed.units, untouched.units, strict=True)):
        if place != number:
            assert bytes(one.whole) == bytes(other.whole)
            assert one.header == other.header == bitstream.units[place].header


def test_one_of_a_run_can_be_changed_by_path(monkeypatch):
    data = encoded({})
    with monkeypatch.context() as patch:
        patch.setattr(UnitParser, "finds_runs", False)
        expected = Bitstream.parse(data)
    found = Bitstream.parse(data)
    path = [unit.path for unit in found.units if is_in_run(unit)][2]
    for bitstream in (found, expected):
        bitstream.set(f"{path}.header.nnr_decompressed_data_format_present_flag", 1)
    assert found.to_bytes() == expected.to_bytes() != data


def test_a_header_that_is_replaced_stays():
    bitstream = Bitstream.parse(encoded({}))
    unit = next(unit for unit in bitstream.units if is_in_run(unit))
    header = copy.copy(bitstream.units[2].header)
    unit.header = header
    assert unit.scope.nnr_unit_size == unit.byte_size
    assert unit.header is header
    assert unit.names == bitstream.units[2].names


def test_a_copy_with_another_header_is_another():
    units = Bitstream.parse(encoded({})).units
    unit, name = next((unit, unit.names[0]) for unit in units if is_in_run(unit))
    copied = copy.copy(unit)
    copied.header = copy.deepcopy(copied.header)
    copied.header.nnr_compressed_data_unit_header.topology_elem_id = "other"
    assert copied.names == ["other"]
    assert unit.names == [name]


def test_a_copy_shares_the_header_whether_or_not_that_was_parsed():
    for unit in Bitstream.parse(encoded({})).units:
        copied = copy.copy(unit)
        assert copied.header is unit.header
        assert copied.size is unit.size
        assert copied.scope is unit.scope


def test_one_of_a_run_goes_to_another_process():
    for unit in filter(is_in_run, Bitstream.parse(encoded({})).units):
        found = pickle.loads(pickle.dumps(unit))
        assert found.names == unit.names
        assert outside(found) == outside(unit)
        assert repr(found.header) == repr(unit.header)


def test_headers_are_those_of_the_data_that_were_parsed():
    data = bytearray(encoded({}))
    units = Bitstream.parse(data).units
    names = [unit.names for unit in Bitstream.parse(bytes(data)).units]
    data[:] = bytes(len(data))
    assert [unit.names for unit in units] == names
    assert all(unit.header is not None for unit in units)
    assert [unit.names for unit in units] == names
