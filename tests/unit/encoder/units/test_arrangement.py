"""References, parts, aggregates, elements left out: the same tensors however units are arranged."""

import numpy as np
import pytest

import nnc
from nnc.inspect import check
from nnc.syntax import NnrUnitType

QP = -20


def model():
    rng = np.random.default_rng(1)

    def values(*shape):
        return rng.normal(0, 0.1, shape).astype("f4")

    return {
        "encoder.0.q.weight": values(20, 30),
        "encoder.0.q.bias": values(20),
        "encoder.0.k.weight": values(20, 30),
        "encoder.1.q.weight": values(12, 30),
        "encoder.1.q.bias": values(12),
        "head/kernel": values(4, 5, 6),
        "head/count": np.arange(5, dtype="i4"),
        "scale": np.float32(3),
        "nothing": np.zeros((0, 3), "f4"),
    }


def shapes():
    return {name: np.shape(values) for name, values in model().items()}


def assert_same_tensors(data, **given):
    expected = nnc.decode(nnc.encode(model(), qp=QP))
    decoded = nnc.decode(data, **given)
    assert set(decoded) == set(expected)
    for name, values in expected.items():
        assert decoded[name].dtype == values.dtype
        np.testing.assert_array_equal(decoded[name], values, strict=True)


def kinds(units):
    return [unit.type_name for unit in units]


def test_references():
    data = nnc.encode(model(), qp=QP, references=True)
    assert_same_tensors(data)
    units = nnc.Bitstream.parse(data).units
    assert kinds(units[:4]) == ["NNR_STR", "NNR_MPS", "NNR_TPL", "NNR_NDU"]
    assert units[1].payload.mps_topology_indexed_reference_flag == 1
    assert units[1].payload.topology_carriage_flag == 1
    assert units[2].payload.topology_elem_id_list == list(model())
    assert [unit.header.topology_elem_id_index for unit in units[3:]] == list(range(9))
    assert all(unit.header.topology_elem_id is None for unit in units[3:])


def test_one_name_makes_no_list():
    values = {"w": np.ones((2, 2), "f4")}
    assert nnc.encode(values, references=True) == nnc.encode(values)


@pytest.mark.parametrize("part_size", [1, 37, 10_000])
def test_parts(part_size):
    data = nnc.encode(model(), qp=QP, part_size=part_size)
    assert_same_tensors(data)
    whole = nnc.Bitstream.parse(nnc.encode(model(), qp=QP)).units[2:]
    parts = nnc.Bitstream.parse(data).units[2:]
    for unit in whole:
        own = [part for part in parts if part.names == unit.names]
        counters = [part.header.partial_data_counter for part in own]
        assert b"".join(part.payload_bytes for part in own) == unit.payload_bytes
        if len(unit.payload_bytes) <= part_size:
            assert counters == [None]
        else:
            assert counters == list(range(len(own), 0, -1))
            size = max(part_size, -(-len(unit.payload_bytes) // 255))
            assert len(own) == -(-len(unit.payload_bytes) // size) <= 255


def test_one_aggregate():
    data = nnc.encode(model(), qp=QP, aggregates="all")
    assert_same_tensors(data)
    units = nnc.Bitstream.parse(data).units
    assert kinds(units) == ["NNR_STR", "NNR_MPS", "NNR_AGG"]
    assert len(units[2].units) == 9
    header = units[2].header
    assert header.nnr_unit_type == NnrUnitType.NNR_AGG
    assert header.nnr_aggregate_unit_header.nnr_unit_type == [NnrUnitType.NNR_NDU] * 9
    starts = [unit.start - units[2].payload_start for unit in units[2].units]
    assert header.nnr_unit_entry_point == starts


def test_aggregates_follow_the_modules():
    data = nnc.encode(model(), qp=QP, aggregates="modules")
    assert_same_tensors(data)

    def outline(units):
        return [outline(unit.units) if unit.units else unit.names[0] for unit in units]

    assert outline(nnc.Bitstream.parse(data).units[2:]) == [
        [
            [
                ["encoder.0.q.weight", "encoder.0.q.bias"],
                "encoder.0.k.weight",
            ],
            ["encoder.1.q.weight", "encoder.1.q.bias"],
        ],
        ["head/kernel", "head/count"],
        "scale",
        "nothing",
    ]


def test_aggregates_are_not_nested_without_end():
    name = ".".join("m" * 30)
    tensors = {
        f"{name[: 2 * depth]}{leaf}": np.ones(2, "f4") for depth in range(30) for leaf in "ab"
    }
    data = nnc.encode(tensors, aggregates="modules")
    assert set(nnc.decode(data)) == set(tensors)


def test_a_large_aggregate():
    values = np.random.default_rng(1).normal(0, 1, (300, 300)).astype("f4")
    tensors = {name: values.copy() for name in ("m.a", "m.b", "n")}
    data = nnc.encode(tensors, qp=-40, aggregates="modules")
    units = nnc.Bitstream.parse(data).units
    assert units[2].byte_size > 1 << 15
    assert len(units[2].units) == 2
    assert set(nnc.decode(data)) == set(tensors)


def test_out_of_band_dimensions():
    data = nnc.encode(model(), qp=QP, out_of_band=["dimensions"])
    assert_same_tensors(data, dimensions=shapes())
    units = nnc.Bitstream.parse(data, dimensions=shapes()).units[2:]
    assert {unit.header.tensor_dimensions_flag for unit in units[:-1]} == {0}
    # The last is stored as it is: nothing else stands among its parameters.
    assert units[-1].header.input_parameters_present_flag == 0
    with pytest.raises(nnc.MissingValueError, match="dimensions"):
        nnc.decode(data)


def test_out_of_band_parameters():
    data = nnc.encode(model(), qp=QP, out_of_band=["dimensions", "cabac_unary_length_minus1"])
    given = {"dimensions": shapes(), "cabac_unary_length_minus1": 10}
    assert_same_tensors(data, **given)
    units = nnc.Bitstream.parse(data, **given).units[2:]
    assert {unit.header.input_parameters_present_flag for unit in units} == {0}


def test_what_joined_and_decomposed_tensors_keep():
    rng = np.random.default_rng(2)
    tensors = {
        "w_G": rng.normal(0, 1, (6, 2)).astype("f4"),
        "w_H": rng.normal(0, 1, (2, 6)).astype("f4"),
        "a": rng.normal(0, 1, (3, 4)).astype("f4"),
        "b": rng.normal(0, 1, (3, 4)).astype("f4"),
    }
    data = nnc.encode(
        tensors,
        blocks=[nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(6, 3, 2))],
        joins=[nnc.Joined(names=["a", "b"])],
        out_of_band=["dimensions"],
        references=True,
    )
    decoded = nnc.decode(data)
    assert {name: values.shape for name, values in decoded.items()} == {
        "w": (6, 3, 2),
        "a": (3, 4),
        "b": (3, 4),
    }


ALL = {
    "references": True,
    "part_size": 50,
    "aggregates": "modules",
    "out_of_band": ["dimensions", "cabac_unary_length_minus1"],
    "layer_parameters": {"head*": nnc.LayerParameters(qp=QP, nonweight_qp=-75)},
}
GIVEN = {"dimensions": shapes(), "cabac_unary_length_minus1": 10}


@pytest.mark.parametrize("profile", [0, 1])
def test_all_together(profile):
    data = nnc.encode(model(), qp=QP, profile=profile, **ALL)
    assert_same_tensors(data, **GIVEN)
    assert nnc.Bitstream.parse(data, **GIVEN).to_bytes() == data


@pytest.mark.parametrize(
    "options",
    [
        {"references": True},
        {"part_size": 60},
        {"aggregates": "all"},
        {"aggregates": "modules", "references": True, "part_size": 60},
        {"layer_parameters": {"head*": nnc.LayerParameters(qp=-400, qp_density=4)}},
        {"joins": [nnc.Joined(names=["encoder.0.q.weight", "encoder.0.k.weight"])]},
        {"tensors": {"*": {"row_axis": 1}}},
    ],
    ids=str,
)
def test_a_validator_finds_nothing(options):
    assert check(nnc.encode(model(), qp=QP, **options)).findings == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"part_size": 0}, "part_size"),
        ({"aggregates": "some"}, "one of all, modules"),
        ({"out_of_band": ["names"]}, "one of dimensions, cabac"),
        ({"out_of_band": "dimensions"}, "not a string"),
        ({"tensors": {"*": {"row_axis": -1}}}, "row_axis"),
        ({"tensors": {"*": {"row_axis": 1}}, "profile": 0}, "needs profile 1"),
        ({"tensors": {"*": {"data_format": "int5"}}}, "one of int2"),
        ({"layer_parameters": {"*": nnc.LayerParameters(qp_density=8)}}, "qp_density"),
        ({"layer_parameters": {"*": nnc.LayerParameters(qp=5000)}}, "qp"),
    ],
)
def test_options_that_can_not_be(options, message):
    with pytest.raises(nnc.InputError, match=message):
        nnc.encode(model(), **options)
