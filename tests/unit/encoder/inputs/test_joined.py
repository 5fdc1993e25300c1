"""Several tensors coded as one: each comes back by itself."""

import itertools

import numpy as np
import pytest

import nnc
from nnc.encoder.inputs.joined import moves_back

QP = -24


def values(*shape, seed=1):
    return np.random.default_rng(seed).normal(0, 0.1, shape).astype("f4")


def joined_unit(data):
    (unit,) = [unit for unit in nnc.Bitstream.parse(data).units if len(unit.names) > 1]
    return unit


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_moves_bring_dimensions_back(order):
    tensor = values(2, 3, 4, 5)
    piece = tensor.transpose(order)
    for place, places in moves_back(order):
        piece = np.moveaxis(piece, place, place + places)
    np.testing.assert_array_equal(piece, tensor)


def test_dimensions_that_stand_right_stay():
    assert moves_back([0, 1, 2]) == []


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("dq", [True, False])
def test_tensors_joined_along_each_axis(axis, dq):
    shapes = [[6, 7, 8], [6, 7, 8], [6, 7, 8]]
    for number, shape in enumerate(shapes):
        shape[axis] = 3 + number
    tensors = {f"t{n}": values(*shape, seed=n) for n, shape in enumerate(shapes)}
    join = nnc.Joined(names=list(tensors), axis=axis)
    data = nnc.encode(tensors | {"after": values(3)}, joins=[join], qp=QP, dq=dq)
    whole = np.concatenate(list(tensors.values()), axis)
    expected = nnc.decode(nnc.encode({"x": whole}, qp=QP, dq=dq))["x"]
    decoded = nnc.decode(data)
    assert list(decoded) == ["t0", "t1", "t2", "after"]
    np.testing.assert_array_equal(np.concatenate([decoded[n] for n in tensors], axis), expected)
    assert joined_unit(data).header.concatenation_axis_index == axis


def test_dimensions_in_another_order():
    tensors = {"a": values(20, 30), "b": values(30, 5, seed=2), "c": values(7, 30, seed=3)}
    join = nnc.Joined(names=["a", "b", "c"], orders={"b": (1, 0)})
    data = nnc.encode(tensors, joins=[join], qp=QP)
    header = joined_unit(data).header
    assert header.split_index == [20, 25]
    assert header.number_of_shifts == [0, 1, 0]
    for name, decoded in nnc.decode(data).items():
        assert decoded.shape == tensors[name].shape
        assert np.abs(decoded - tensors[name]).max() < 2 * 2**-6


def test_the_order_of_the_names_is_that_of_the_joined_tensor():
    tensors = {"a": np.full((1, 2), 1, "i4"), "b": np.full((2, 2), 2, "i4")}
    data = nnc.encode(tensors, joins=[nnc.Joined(names=["b", "a"])])
    assert joined_unit(data).names == ["b", "a"]
    for name, decoded in nnc.decode(data).items():
        np.testing.assert_array_equal(decoded, tensors[name])


@pytest.mark.parametrize("dtype", ["float16", "float64", "bfloat16", "uint8", "bool"])
def test_dtypes(dtype):
    import ml_dtypes

    kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
    tensors = {name: np.array([[0, 1, 1], [1, 0, 0]]).astype(kind) for name in "ab"}
    for keep in ([], ["*"]):
        data = nnc.encode(tensors, joins=[nnc.Joined(names=["a", "b"])], keep=keep)
        for name, decoded in nnc.decode(data).items():
            assert decoded.dtype == kind
            np.testing.assert_array_equal(decoded.astype("f4"), tensors[name].astype("f4"))


def test_levels_of_joined_tensors():
    tensors = {"a": np.arange(6, dtype="i4"), "b": np.arange(4, dtype="i4")}
    data = nnc.encode(tensors, joins=[nnc.Joined(names=["a", "b"])])
    assert {name: list(levels) for name, levels in nnc.decode_levels(data).items()} == {
        "a": list(range(6)),
        "b": list(range(4)),
    }


def test_many_small_tensors_are_smaller_joined():
    tensors = {f"layer.{n}.scale": values(16, seed=n) for n in range(64)}
    data = nnc.encode(tensors, joins=[nnc.Joined(names=list(tensors))], nonweight_qp=-30)
    assert len(data) < 0.9 * len(nnc.encode(tensors, nonweight_qp=-30))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"names": ["a"]}, "at least two tensors"),
        ({"names": "ab"}, "names must be a list of text"),
        ({"names": ["a", "a"]}, "to itself"),
        ({"names": ["a", "b"], "axis": -1}, "0 to 255"),
        ({"names": ["a", "b"], "orders": {"c": (0,)}}, "isn't joined"),
    ],
)
def test_joins_that_can_not_be(arguments, message):
    with pytest.raises(nnc.InputError, match=message):
        nnc.Joined(**arguments)


@pytest.mark.parametrize(
    ("joins", "message"),
    [
        ([{"names": ["a", "x"]}], "no tensor 'x'"),
        ([{"names": ["a", "b"]}, {"names": ["b", "c"]}], "'b' would be coded in two units"),
        ([{"names": ["a", "c"]}], "can't be joined to 'a'"),
        ([{"names": ["a", "b"], "axis": 2}], "can't be joined"),
        ([{"names": ["a", "v"]}], "can't be joined"),
        ([{"names": ["s", "t"]}], "can't be joined"),
        ([{"names": ["a", "i"]}], "of types that can't be joined"),
        ([{"names": ["a", "h"]}], "of types that can't be joined"),
        ([{"names": ["l", "m"]}], "more than 32 bits"),
        ([{"names": ["a", "b"], "orders": {"b": (0, 0)}}], "not an order of the 2 dimensions"),
        ([{"names": ["a", "e"]}], "'e' is empty"),
        ([{"names": ["e", "a", "b"]}], "'e' is empty"),
    ],
)
def test_tensors_that_can_not_be_joined(joins, message):
    tensors = {
        "a": values(3, 4),
        "b": values(2, 4),
        "c": values(3, 5),
        "v": values(4),
        "e": values(0, 4),
        "s": np.float32(1),
        "t": np.float32(1),
        "i": np.ones((3, 4), "i4"),
        "h": values(3, 4).astype("f2"),
        "l": np.full(3, 1 << 40),
        "m": np.full(3, 1 << 40),
    }
    with pytest.raises(nnc.InputError, match=message):
        nnc.encode(tensors, joins=[nnc.Joined(**one) for one in joins])


def test_a_tensor_of_a_block_is_not_joined():
    tensors = {"l.weight": values(3, 4), "l.bias": values(3), "b": values(2, 4)}
    with pytest.raises(nnc.InputError, match="in two units"):
        nnc.encode(
            tensors,
            blocks=[nnc.Block(weight="l.weight", bias="l.bias")],
            joins=[nnc.Joined(names=["l.weight", "b"])],
        )
    joined = nnc.encode(tensors, blocks="auto", joins=[nnc.Joined(names=["l.weight", "b"])])
    assert set(nnc.decode(joined)) == set(tensors)


def test_joined_tensors_take_no_row_axis():
    tensors = {"a": values(3, 4), "b": values(2, 4)}
    with pytest.raises(nnc.InputError, match="row axis"):
        nnc.encode(tensors, tensors={"a": {"row_axis": 1}}, joins=[nnc.Joined(names=["a", "b"])])
