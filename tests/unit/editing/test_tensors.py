"""Tensors renamed, left out, put in another order; bitstreams merged and split."""

import ml_dtypes
import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.bitstream.editing.parts import cut, join, wrap
from nnc.editing.tensors import drop, merge, rename, select, split, tensor_names
from tests.cases import CASES, FOLDER

DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()
NAMES = ["conv1.weight", "conv1.bias", "fc.weight", "fc.bias"]


@pytest.fixture
def bitstream():
    return Bitstream.parse(DATA)


def assert_same(found, expected):
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name].dtype == values.dtype
        assert np.array_equal(found[name], values)


def test_rename(bitstream):
    plan = rename(bitstream, {"fc.bias": "b", "fc.weight": "fc.bias"}, keep=False)
    assert bitstream.to_bytes() == DATA
    assert rename(bitstream, {"fc.bias": "b", "fc.weight": "fc.bias"}) == plan
    assert tensor_names(Bitstream.parse(bitstream.to_bytes())) == [*NAMES[:2], "fc.bias", "b"]


def test_rename_in_a_block():
    case = next(case for case in CASES if "block-ls-bn-bi" in case.name)
    block = Bitstream.parse(case.bitstreams[0].read_bytes())
    name = tensor_names(block)[0]
    rename(block, {name: "first"})
    assert tensor_names(Bitstream.parse(block.to_bytes()))[0] == "first"


def test_notes_of_renamed_and_dropped_tensors_go_along():
    tensors = {"a": np.ones((3, 3), ml_dtypes.bfloat16), "b": np.arange(4, dtype=np.int64) << 40}
    made = Bitstream.parse(nnc.encode(tensors, metadata={"key": "text"}))
    rename(made, {"a": "c"})
    assert_same(nnc.decode(made.to_bytes()), {"c": tensors["a"], "b": tensors["b"]})
    drop(made, ["c"])
    assert_same(nnc.decode(made.to_bytes()), {"b": tensors["b"]})


@pytest.mark.parametrize("new", ["much.longer.than.before", "x"])
@pytest.mark.parametrize("size", [3, 20])
def test_rename_in_a_list_of_ids_that_is_cut(new, size):
    tensors = {f"{name}.weight": np.full((3, 2), i + 1.0) for i, name in enumerate("abcd")}
    made = Bitstream.parse(nnc.encode(tensors, references=True))
    cut(made, "units[2]", size)
    assert tensor_names(made) == list(tensors)
    rename(made, {"c.weight": new})
    names = [new if name == "c.weight" else name for name in tensors]
    again = Bitstream.parse(made.to_bytes())
    assert tensor_names(made) == tensor_names(again) == names
    join(again, "units[2]")
    assert again.get("units[2].payload.topology_elem_id_list") == names
    assert_same(nnc.decode(again), dict(zip(names, tensors.values(), strict=True)))


def test_a_list_of_ids_with_a_part_missing_names_nothing():
    made = Bitstream.parse(nnc.encode({"first": np.ones(4), "second": np.ones(3)}, references=True))
    cut(made, "units[2]", 5)
    made.remove("units[3]")
    with pytest.raises(nnc.InvalidError, match="no list of element ids"):
        tensor_names(Bitstream.parse(made.to_bytes()))


@pytest.mark.parametrize(
    ("names", "message"),
    [({"x": "y"}, "no tensor 'x'"), ({"fc.bias": "fc.weight"}, "two tensors would have")],
)
def test_names_that_do_not_do(bitstream, names, message):
    with pytest.raises(nnc.InputError, match=message):
        rename(bitstream, names)
    assert bitstream.to_bytes() == DATA


def test_select_and_drop(bitstream):
    expected = nnc.decode(DATA)
    order = ["fc.bias", "conv1.weight"]
    select(bitstream, order)
    assert_same(nnc.decode(bitstream.to_bytes()), {name: expected[name] for name in order})
    drop(bitstream, ["fc.bias"])
    assert tensor_names(bitstream) == ["conv1.weight"]
    with pytest.raises(nnc.InputError, match="no tensor 'q'"):
        drop(bitstream, ["q"])
    with pytest.raises(nnc.InputError, match="no tensor 'q'"):
        select(bitstream, ["q"])


def test_all_orders_come_back(bitstream):
    select(bitstream, NAMES[::-1])
    assert tensor_names(Bitstream.parse(bitstream.to_bytes())) == NAMES[::-1]
    select(bitstream, NAMES)
    assert bitstream.to_bytes() == DATA


def test_what_is_coded_together_stays_together():
    case = next(case for case in CASES if "block-ls-bn-bi" in case.name)
    block = Bitstream.parse(case.bitstreams[0].read_bytes())
    header = next(unit for unit in block.units if unit.header and len(unit.names) > 1)
    with pytest.raises(nnc.InputError, match="coded together"):
        select(block, header.names[:1])


def test_parts_move_together(bitstream):
    cut(bitstream, "units[3]", 200)
    select(bitstream, ["fc.bias", "conv1.weight"])
    assert bitstream.get("units[*].header.partial_data_counter") == [
        ("units[4].header.partial_data_counter", 3),
        ("units[5].header.partial_data_counter", 2),
        ("units[6].header.partial_data_counter", 1),
    ]


def test_aggregates_are_unwrapped_first(bitstream):
    wrap(bitstream, 3, 4)
    with pytest.raises(nnc.InputError, match="unwrap it first"):
        select(bitstream, NAMES)


def test_split_and_merge(bitstream):
    first, second = split(bitstream, NAMES[:2])
    assert bitstream.to_bytes() == DATA
    expected = nnc.decode(DATA)
    assert_same(nnc.decode(first.to_bytes()), {name: expected[name] for name in NAMES[:2]})
    assert_same(nnc.decode(second.to_bytes()), {name: expected[name] for name in NAMES[2:]})
    merged = merge(first, second)
    assert_same(nnc.decode(merged.to_bytes()), expected)


@pytest.mark.parametrize("size", [0, 9])
def test_what_both_halves_have_of_the_model_is_merged_once(size):
    tensors = {f"{name}.weight": np.full((3, 2), i + 1.0) for i, name in enumerate("abc")}
    made = Bitstream.parse(nnc.encode(tensors, references=True))
    if size:
        cut(made, "units[2]", size)
    merged = merge(*split(made, ["a.weight"]))
    assert merged.to_bytes() == made.to_bytes()
    assert_same(nnc.decode(merged), tensors)


def test_other_step_sizes_are_told_by_a_layer_parameter_set(bitstream):
    other = Bitstream.parse(nnc.encode({"z": np.linspace(-1, 1, 99)}, qp=-10, nonweight_qp=-20))
    merged = merge(bitstream, other)
    expected = nnc.decode(DATA) | nnc.decode(other.to_bytes())
    assert_same(nnc.decode(merged.to_bytes()), expected)
    assert [unit.type_name for unit in merged.units].count("NNR_LPS") == 1
    raw = Bitstream.parse(nnc.encode({"r": np.float32([1, 2])}, keep=["*"]))
    assert_same(nnc.decode(merge(raw, other).to_bytes()), nnc.decode(raw) | nnc.decode(other))
    assert_same(nnc.decode(merge(other, raw).to_bytes()), nnc.decode(other) | nnc.decode(raw))


def test_what_cannot_be_merged(bitstream):
    with pytest.raises(nnc.InputError, match="is in both"):
        merge(bitstream, bitstream)
    profile_0 = Bitstream.parse(nnc.encode({"z": [1.0]}, profile=0))
    with pytest.raises(nnc.BuildError, match="profiles differ"):
        merge(bitstream, profile_0)
    other = Bitstream.parse(nnc.encode({"z": [1.0]}))
    other.set("units[1].payload.mps_parent_signalling_enabled_flag", 1)
    with pytest.raises(nnc.BuildError, match="parameter sets differ"):
        merge(bitstream, other)
    with pytest.raises(nnc.InputError, match="of one model"):
        merge(bitstream, Bitstream())
    assert bitstream.to_bytes() == DATA
