"""Tensors cut into parts, several tensors in one, rows that aren't the first dimension."""

import copy

import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream, Unit
from nnc.editing.tensors import rename
from nnc.syntax import TopologyElementsIdsList, TopologyTensorDimensionMapping

QP = -24


def random_tensor(*shape):
    return np.random.default_rng(1).normal(0, 0.1, shape).astype("f4")


def encoded(tensors, **options):
    return Bitstream.parse(nnc.encode(tensors, qp=QP, **options))


def data_header(unit):
    return unit.header.nnr_compressed_data_unit_header


def parts_of(unit, lengths):
    """Cut a unit; the counter runs backwards to 1."""
    result, place = [], 0
    for left, length in zip(range(len(lengths), 0, -1), lengths, strict=True):
        header = copy.deepcopy(unit.header)
        header.partial_data_counter_present_flag = 1
        header.partial_data_counter = left
        result.append(Unit(header, unit.payload_bytes[place : place + length]))
        place += length
    assert place == len(unit.payload_bytes)
    return result


@pytest.fixture
def cut():
    """A bitstream of two tensors, the second cut in three."""
    bitstream = encoded({"a": random_tensor(4, 5), "w": random_tensor(30, 40)})
    size = len(bitstream.units[-1].payload_bytes)
    bitstream.units[-1:] = parts_of(bitstream.units[-1], [10, 0, size - 10])
    return bitstream


def test_parts_are_joined(cut):
    whole = nnc.decode(nnc.encode({"w": random_tensor(30, 40)}, qp=QP))
    decoded = nnc.decode(cut.to_bytes())
    assert list(decoded) == ["a", "w"]
    np.testing.assert_array_equal(decoded["w"], whole["w"])


def test_parts_may_stand_apart(cut):
    first = cut.units.pop(2)
    cut.units.insert(4, first)
    assert set(nnc.decode(cut.to_bytes())) == {"a", "w"}


@pytest.mark.parametrize(
    ("remove", "kind", "message"),
    [
        (-1, nnc.IncompleteError, r"2 parts of \['w'\] are present"),
        (-2, nnc.InvalidError, "out of order"),
    ],
)
def test_missing_parts(cut, remove, kind, message):
    del cut.units[remove]
    with pytest.raises(kind, match=message) as caught:
        nnc.decode(cut.to_bytes())
    assert caught.value.path.endswith("header.partial_data_counter")


def test_a_missing_first_part_shows(cut):
    del cut.units[-3]
    with pytest.raises(nnc.NncError):
        nnc.decode(cut.to_bytes())


@pytest.mark.parametrize("shift", [1, 2, 3])
@pytest.mark.parametrize("dq", [True, False])
def test_rows_are_another_dimension(shift, dq):
    values = random_tensor(3, 4, 5, 6)
    moved = np.moveaxis(values, shift, 0)
    bitstream = encoded({"w": moved}, dq=dq)
    header = data_header(bitstream.units[-1])
    header.tensor_dimensions_list.tensor_dimensions = list(values.shape)
    header.first_tensor_dimension_shift = shift
    data = bitstream.to_bytes()
    expected = np.moveaxis(nnc.decode(nnc.encode({"w": moved}, qp=QP, dq=dq))["w"], 0, shift)
    np.testing.assert_array_equal(nnc.decode(data)["w"], expected)
    assert nnc.decode_levels(data)["w"].shape == values.shape


def test_rows_are_no_dimension():
    bitstream = encoded({"w": random_tensor(3, 4)})
    data_header(bitstream.units[-1]).first_tensor_dimension_shift = 2
    with pytest.raises(nnc.InvalidError, match="row axis"):
        nnc.decode(bitstream.to_bytes())


def joined(values, names, axis, ends, moves):
    """A bitstream whose one unit holds several tensors."""
    bitstream = encoded({"x": values})
    header = data_header(bitstream.units[-1])
    header.nnr_multiple_topology_elements_present_flag = 1
    header.topology_elem_id = None
    header.topology_elements_ids_list = TopologyElementsIdsList(
        count_topology_elements_minus2=len(names) - 2, topology_elem_id_list=list(names)
    )
    header.topology_tensor_dimension_mapping = TopologyTensorDimensionMapping(
        concatenation_axis_index=axis,
        split_index=list(ends),
        number_of_shifts=[len(pairs) for pairs in moves],
        shift_index=[[index for index, _ in pairs] for pairs in moves],
        shift_value=[[value for _, value in pairs] for pairs in moves],
    )
    return bitstream.to_bytes()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_several_tensors_in_one(axis):
    values = random_tensor(6, 7, 8)
    moves = [[], [(0, 2)], [(2, -1), (0, 1)]]
    data = joined(values, ["a", "b", "c"], axis, [2, 5], moves)
    whole = nnc.decode(nnc.encode({"x": values}, qp=QP))["x"]
    a, b, c = np.split(whole, [2, 5], axis)
    decoded = nnc.decode(data)
    assert list(decoded) == ["a", "b", "c"]
    np.testing.assert_array_equal(decoded["a"], a)
    np.testing.assert_array_equal(decoded["b"], b.transpose(1, 2, 0))
    # First the last dimension goes one place to the left, then the first one to the right.
    np.testing.assert_array_equal(decoded["c"], c.transpose(0, 2, 1).transpose(1, 0, 2))
    assert set(nnc.decode_levels(data)) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("axis", "ends", "moves", "element"),
    [
        (2, [1], [[], []], "concatenation_axis_index"),
        (0, [4], [[], []], "split_index"),
        (0, [1], [[(2, 0)], []], "shift_index"),
        (0, [1], [[], [(1, 1)]], "shift_value"),
        (0, [1], [[], [(0, -1)]], "shift_value"),
    ],
)
def test_divisions_that_do_not_fit(axis, ends, moves, element):
    data = joined(random_tensor(3, 4), ["a", "b"], axis, ends, moves)
    with pytest.raises(nnc.InvalidError) as caught:
        nnc.decode(data)
    assert caught.value.path.endswith(f"header.{element}")


def test_names_stay_unique():
    data = joined(random_tensor(3, 4), ["a", "a"], 0, [1], [[], []])
    with pytest.raises(nnc.InvalidError, match="'a' occurs twice"):
        nnc.decode(data)


def decomposed_in_parts(part_size, names, **options):
    """G and H of a layer in units of their own, cut into parts, under names of any kind."""
    tensors = {"w_G": random_tensor(40, 12), "w_H": random_tensor(12, 60).copy() * 2}
    block = nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(40, 60), separate=True)
    data = nnc.encode(
        {**tensors, "b": random_tensor(9)}, qp=-50, blocks=[block], part_size=part_size, **options
    )
    bitstream = Bitstream.parse(data)
    rename(bitstream, dict(zip(("w_G", "w_H"), names, strict=True)))
    return bitstream.to_bytes(), tensors["w_G"] @ tensors["w_H"]


@pytest.mark.parametrize("names", [("w_G", "w_H"), ("left", "right"), ("w_G", "h"), ("g", "w_H")])
@pytest.mark.parametrize("part_size", [None, 40, 1000])
@pytest.mark.parametrize("references", [False, True])
def test_factors_in_parts(names, part_size, references):
    data, product = decomposed_in_parts(part_size, names, references=references)
    decoded = nnc.decode(data)
    assert set(decoded) == {names[0].removesuffix("_G"), "b"}
    np.testing.assert_allclose(decoded[names[0].removesuffix("_G")], product, atol=1e-3)
    assert nnc.check(data, deep=True) == []


@pytest.mark.parametrize("lost", [0, 1])
def test_a_factor_in_parts_without_the_other_is_found(lost):
    data, _ = decomposed_in_parts(40, ("w_G", "w_H"))
    bitstream = Bitstream.parse(data)
    name = ("w_G", "w_H")[lost]
    bitstream.units = [unit for unit in bitstream.units if unit.names != [name]]
    damaged = bitstream.to_bytes()
    assert [finding.rule for finding in nnc.check(damaged)] == ["g-then-h"]
    with pytest.raises(nnc.InvalidError, match="of a decomposed layer, but no"):
        nnc.decode(damaged)
