"""Traces: every bit of every vector once, in order, under a path of its own."""

import random

import numpy as np
import pytest

import nnc
from nnc.bitio.table import same_value
from nnc.engine.tracing import LONGEST_LIST, PAYLOAD, UNREAD
from nnc.inspect import check, diff
from nnc.inspect.tracing import trace
from nnc.syntax import BitMask, NnrPruningTopologyContainer, NnrTopologyUnitPayload
from tests.cases import CASES

FILES = [(case, path) for case in CASES for path in case.bitstreams]
IDS = [f"{case.name}/{path.stem}" for case, path in FILES]


def all_bits(data):
    return "".join(f"{byte:08b}" for byte in data)


@pytest.mark.parametrize(("case", "path"), FILES, ids=IDS)
def test_every_bit_is_named_once(case, path):
    data = path.read_bytes()
    traced = trace(data, **case.out_of_band)
    assert not traced.errors
    elements = list(traced.elements())
    place = 0
    for element in elements:
        assert element.position == place
        place += element.bits
    assert place == 8 * len(data)
    assert "".join(element.bit_text(traced.data) for element in elements) == all_bits(data)
    paths = [element.path for element in elements]
    assert len(set(paths)) == len(paths)
    assert UNREAD not in {element.name for element in elements}
    # Nothing but the coded data is without an element of the syntax.
    units = {unit.path: unit for unit in nnc.Bitstream.parse(data, **case.out_of_band).walk()}
    for element in elements:
        if not element.is_syntax:
            unit = units[element.path.rpartition(".")[0]]
            assert element.name == PAYLOAD
            assert element.position == 8 * unit.payload_start
            assert element.bits == 8 * len(unit.payload_bytes)


@pytest.mark.parametrize(("case", "path"), FILES, ids=IDS)
def test_paths_lead_to_the_values(case, path):
    data = path.read_bytes()
    bitstream = nnc.Bitstream.parse(data, **case.out_of_band)
    for element in trace(data, **case.out_of_band).elements():
        if element.name == "byte_alignment":
            # Regular bits have no value of their own.
            assert element.value == 1 << (element.bits - 1)
            assert bitstream.get(element.path) is None
        elif element.is_syntax:
            assert same_value(bitstream.get(element.path), element.value)
        else:
            assert bytes(bitstream.get(element.path)) == bytes(traced_bytes(data, element))


def traced_bytes(data, element):
    return data[element.position >> 3 : (element.position + element.bits) >> 3]


def test_a_truncated_unit_is_read_as_far_as_it_goes(vectors):
    data = (vectors / "p1-shapes" / "bitstream.nnc").read_bytes()
    whole = trace(data)
    last = whole.units[-1]
    for length in range(last.start + 1, len(data)):
        cut = trace(data[:length])
        assert len(cut.units) == len(whole.units)
        assert cut.errors[0].kind == "incomplete"
        assert cut.errors[0].unit == len(whole.units) - 1
        assert [e.path for u in cut.units[:-1] for e in u.elements] == [
            e.path for u in whole.units[:-1] for e in u.elements
        ]
        # What is whole is shown, and the rest has a name too.
        shown = [e for e in cut.units[-1].elements if e.is_syntax]
        expected = [e for e in last.elements if e.is_syntax and e.position + e.bits <= 8 * length]
        assert [(e.path, e.value) for e in shown] == [(e.path, e.value) for e in expected]
        assert sum(e.bits for e in cut.elements()) == 8 * length


def test_a_damaged_unit_costs_only_its_rest(vectors):
    data = bytearray((vectors / "p0-names" / "bitstream.nnc").read_bytes())
    whole = trace(bytes(data))
    number = next(i for i, u in enumerate(whole.units) if u.type_name == "NNR_NDU")
    name = next(e for e in whole.units[number].elements if e.name == "topology_elem_id")
    data[name.position >> 3] = 0xFF
    damaged = trace(bytes(data))
    assert [error.unit for error in damaged.errors] == [number]
    assert damaged.errors[0].path == name.path
    assert damaged.units[number].elements[-1].name == UNREAD
    for before, after in zip(whole.units, damaged.units, strict=True):
        if before is not whole.units[number]:
            assert [(e.path, e.value) for e in after.elements] == [
                (e.path, e.value) for e in before.elements
            ]


def test_damaged_parameter_sets_hold_as_far_as_they_were_read(vectors):
    data = bytearray((vectors / "p0v1-perfmap-mps-ppm" / "bitstream.nnc").read_bytes())
    whole = trace(bytes(data))
    accuracy = next(e for e in whole.elements() if e.name == "ppm_nn_accuracy")
    data[accuracy.position >> 3 : (accuracy.position >> 3) + 4] = b"\x00\x00\xc0\x7f"
    damaged = trace(bytes(data))
    assert [error.unit for error in damaged.errors] == [1]
    assert [e.path for e in damaged.units[-1].elements] == [
        e.path for e in whole.units[-1].elements
    ]


def test_values_from_outside_are_missing(vectors):
    traced = trace((vectors / "p1-oob" / "bitstream.nnc").read_bytes())
    assert not traced.errors
    assert traced.missing
    assert sum(e.bits for e in traced.elements()) == 8 * len(traced.data)


@pytest.mark.parametrize("seed", range(20))
def test_every_bit_is_named_once_whatever_is_wrong(seed):
    chosen = random.Random(seed)
    for _ in range(50):
        _, path = chosen.choice(FILES)
        data = bytearray(path.read_bytes())
        for _ in range(chosen.randrange(1, 4)):
            data[chosen.randrange(len(data))] ^= chosen.randrange(1, 256)
        traced = trace(bytes(data))
        place = 0
        for element in in_order(traced.units):
            assert element.position == place
            place += element.bits
        assert place == 8 * len(data)
        paths = [element.path for element in traced.elements()]
        assert len(set(paths)) == len(paths)


def in_order(units):
    for unit in units:
        yield from unit.elements
        yield from in_order(unit.units)


def test_very_long_lists_end_in_one_element():
    """A pruning mask has a bit for each neuron or weight."""
    count = LONGEST_LIST + 1000
    mask = BitMask(count_bits=count, bit_mask_value=[1, 0] * (count // 2))
    container = NnrPruningTopologyContainer(
        nnr_rep_type=0,
        prune_flag=1,
        order_flag=0,
        sparse_flag=0,
        nnr_reserved_zero_3bits=0,
        bit_mask=mask,
    )
    bitstream = nnc.open(next(path for case, path in FILES if case.name == "p0-names"))
    topology = next(unit for unit in bitstream.units if unit.type_name == "NNR_TPL")
    topology.header.nnr_topology_unit_header.topology_storage_format = 5
    topology.payload = NnrTopologyUnitPayload(nnr_pruning_topology_container=container)
    data = bitstream.to_bytes()
    traced = trace(data)
    elements = list(traced.elements())
    place = 0
    for element in elements:
        assert element.position == place
        place += element.bits
    assert place == 8 * len(data)
    values = [e for e in elements if e.name == "bit_mask_value"]
    assert len(values) == LONGEST_LIST + 1
    assert values[-1].path == f"units[2].payload.bit_mask_value[{LONGEST_LIST}:]"
    assert [value for element in values for value in element.values] == mask.bit_mask_value
    assert values[-1].bit_text(traced.data) == "10" * 500
    assert check(data).findings == []
    assert diff(traced, traced) == []


def test_values_without_a_name_are_called_what_they_are(vectors):
    for value, name in ((5, "NNR_NDU"), (9, "reserved"), (40, "unspecified")):
        bitstream = nnc.open(vectors / "p1-base-default-dq" / "bitstream.nnc")
        bitstream.set("units[3].header.nnr_unit_type", value, force=True)
        elements = {element.path: element for element in nnc.trace(bitstream).elements()}
        assert elements["units[3].header.nnr_unit_type"].value_name == name
        assert elements["units[3].header.independently_decodable_flag"].value_name == ""


def test_a_trace_of_some_elements_has_all_units():
    tensors = {f"t{i}": np.ones((2, 3), np.float32) for i in range(9)}
    data = nnc.encode(tensors, threads=1)
    whole, some = trace(data), trace(data, most=40)
    assert [unit.elements for unit in whole.units[:2]] == [unit.elements for unit in some.units[:2]]
    assert whole.units[-1].elements
    assert not some.units[-1].elements
    for one, other in zip(whole.units, some.units, strict=True):
        told = one.names, one.type_name, one.start, one.stop, one.payload_start
        assert told == (other.names, other.type_name, other.start, other.stop, other.payload_start)


@pytest.mark.parametrize("most", [1, 30, 60, None])
def test_faults_are_met_where_elements_are_not_noted(most):
    tensors = {f"t{i}": np.ones((2, 3), np.float32) for i in range(3)}
    data = nnc.encode(tensors, threads=1)[:-1]
    (error,) = trace(data, most=most).errors
    assert error.unit == 4
    assert error.unit_type == "NNR_NDU"
