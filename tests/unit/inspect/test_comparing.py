"""Differences between bitstreams: units paired sensibly, elements by path."""

import random

import numpy as np
import pytest

import nnc
from nnc.bitio.table import same_value
from nnc.editing.levels import edit_levels
from nnc.inspect.comparing import diff, longest_ascending
from nnc.inspect.tracing import trace
from tests.cases import CASES

NAMES = ["p0-names", "p1-block-dc-ls-scan1-dq", "p0-perfmap-mps-upm", "p1-shapes", "p1-tca-dq"]
SOME = [case for case in CASES if case.name in NAMES]


def difference(a, b, **options):
    return diff(trace(a), trace(b), **options)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bitstream_is_the_same_as_itself(case):
    data = case.bitstreams[0].read_bytes()
    assert difference(data, data) == []


@pytest.fixture
def model(vectors):
    return nnc.Bitstream.parse((vectors / "p0-names" / "bitstream.nnc").read_bytes())


def data_numbers(model):
    return [number for number, unit in enumerate(model.units) if unit.type_name == "NNR_NDU"]


def test_a_changed_element(model):
    before = model.to_bytes()
    number = data_numbers(model)[0]
    model.units[number].header.nnr_compressed_data_unit_header.cabac_unary_length_minus1 = 7
    found = difference(before, model.to_bytes())
    assert [(d.kind, d.path_a, d.value_a, d.value_b) for d in found] == [
        ("changed", f"units[{number}].header.cabac_unary_length_minus1", 10, 7)
    ]


def test_a_removed_unit_and_its_neighbours(model):
    before = model.to_bytes()
    number = data_numbers(model)[1]
    name = model.units[number].names[0]
    del model.units[number]
    found = difference(before, model.to_bytes())
    assert [(d.kind, d.path_a, d.value_a) for d in found] == [
        ("only in A", f"units[{number}]", f"NNR_NDU {name}")
    ]
    found = difference(model.to_bytes(), before)
    assert [(d.kind, d.path_b) for d in found] == [("only in B", f"units[{number}]")]


def test_swapped_units_have_moved(model):
    before = model.to_bytes()
    first, second = data_numbers(model)[:2]
    units = model.units
    units[first], units[second] = units[second], units[first]
    found = difference(before, model.to_bytes())
    assert [d.kind for d in found] == ["moved"]


def test_a_renamed_tensor_stays_paired(model):
    before = model.to_bytes()
    number = data_numbers(model)[-1]
    model.units[number].header.nnr_compressed_data_unit_header.topology_elem_id = "another"
    found = difference(before, model.to_bytes())
    changed = {d.path_a: d.value_b for d in found}
    assert changed[f"units[{number}].header.topology_elem_id"] == "another"
    assert {d.kind for d in found} == {"changed"}


def test_payload_bytes_and_levels(vectors):
    folder = vectors / "p0-uniform-default-nodq"
    before = (folder / "bitstream.nnc").read_bytes()
    model = nnc.Bitstream.parse(before)
    unit = next(unit for unit in model.units if unit.type_name == "NNR_NDU")
    payload = bytearray(unit.payload)
    payload[len(payload) // 2] ^= 1
    unit.payload = bytes(payload)
    found = difference(before, model.to_bytes(), levels=True)
    assert (found[0].kind, found[0].count) == ("bytes", 1)
    unit.payload = bytes(payload[:-1])
    found = difference(before, model.to_bytes())
    sizes = next(d for d in found if d.kind == "bytes")
    assert (sizes.bits_a, sizes.bits_b, sizes.count) == (8 * len(payload), 8 * len(payload) - 8,
                                                         None)  # fmt: skip


def test_levels_that_differ_are_counted():
    levels = {}
    streams = []
    for qp in (-20, -24):
        values = {"w": np.random.default_rng(1).normal(size=(12, 9)).astype(np.float32)}
        streams.append(nnc.encode(values, qp=qp))
        levels[qp] = nnc.decode_levels(streams[-1])["w"]
    found = difference(*streams, levels=True)
    counted = next(d for d in found if d.kind == "levels")
    assert counted.count == (levels[-20] != levels[-24]).sum()
    assert counted.value_a == 108


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_damage_is_told_apart(case):
    data = case.bitstreams[0].read_bytes()
    chosen = random.Random(5)
    for _ in range(100):
        other = bytearray(data)
        other[chosen.randrange(len(data))] ^= 1 << chosen.randrange(8)
        assert difference(data, bytes(other)) != []


def test_longest_ascending():
    assert longest_ascending([]) == set()
    assert longest_ascending([0, 1, 2]) == {0, 1, 2}
    assert longest_ascending([2, 0, 1]) == {0, 1}
    assert len(longest_ascending([5, 4, 3])) == 1


def test_levels_of_updates_are_compared(vectors):
    base, update = ((vectors / "p1-tca-dq" / f"bitstream_{n}.nnc").read_bytes() for n in (0, 1))
    session = nnc.Decoder()
    session.decode(base, apply=False)
    changed = nnc.Bitstream.parse(update)
    name = next(iter(nnc.decode_levels(update, before=[base])))
    edit_levels(changed, name, lambda levels: levels * 0, known=session)
    before = nnc.decode_levels(update, before=[base])[name]
    for given in ([base], session):
        found = nnc.diff(update, changed, True, before=given)
        counted = [one for one in found if one.kind == "levels"]
        assert [one.count for one in counted] == [np.count_nonzero(before)]
        assert not [one for one in found if one.kind == "undecoded"]
    found = [one for one in nnc.diff(update, changed, True) if one.kind == "undecoded"]
    assert len(found) == 1
    assert found[0].value_a == found[0].value_b
    assert "session before" in found[0].value_a


def test_levels_of_a_damaged_payload(vectors):
    data = (vectors / "p1-shapes" / "bitstream.nnc").read_bytes()
    other = nnc.Bitstream.parse(data)
    unit = max(other.units, key=lambda unit: unit.byte_size)
    unit.payload = bytes(unit.payload)[:-4]
    found = [one for one in difference(data, other.to_bytes(), levels=True)
             if one.kind == "undecoded"]  # fmt: skip
    assert [(one.value_a, one.value_b is None) for one in found] == [(None, False)]


def test_a_value_that_is_no_number_equals_itself():
    nan, several = float("nan"), np.array([1, np.nan], np.float32)
    assert same_value(nan, float("nan"))
    assert same_value(several, several.copy())
    assert same_value([nan, 1], [nan, 1])
    assert not same_value(several, np.array([1, 2], np.float32))
    assert not same_value(nan, 1.0)
