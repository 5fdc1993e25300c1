"""Tensors wherever an ONNX graph holds them, and those that rounding would spoil."""

import numpy as np
import pytest

import nnc
from nnc import InputError
from nnc.formats import open_source, read_model

onnx = pytest.importorskip("onnx")
h, nh = onnx.helper, onnx.numpy_helper
RANDOM = np.random.default_rng(5)


def weights(*shape):
    return RANDOM.normal(0, 0.05, shape).astype("f4")


def value(name, kind, shape):
    return h.make_tensor_value_info(name, kind, shape)


def saved(path, nodes, initializers=(), inputs=(), functions=()):
    given = inputs or [value("x", 1, ["n", 20])]
    graph = h.make_graph(
        nodes, "g", given, [value("y", 1, None)],
        [nh.from_array(np.asarray(one), name) for name, one in initializers],
    )  # fmt: skip
    sets = [h.make_opsetid("", 18), h.make_opsetid("own", 1)]
    onnx.save(
        h.make_model(graph, opset_imports=sets, ir_version=10, functions=list(functions)), path
    )
    return path


def constant(name, values):
    return h.make_node("Constant", [], [name], value=nh.from_array(np.asarray(values)))


def branch(name, tensor):
    nodes = [constant("w", tensor), h.make_node("MatMul", ["x", "w"], [name])]
    return h.make_graph(nodes, name, [], [value(name, 1, None)])


def there_and_back(path, tmp_path):
    nnc.encode_file(path, tmp_path / "m.nnc", lossless=True)
    nnc.decode_file(tmp_path / "m.nnc", tmp_path / "back.onnx")
    return onnx.load(tmp_path / "back.onnx")


def test_bodies_and_constants_are_coded_and_come_back(tmp_path):
    first, second, third = weights(20, 20), weights(20, 20), weights(20, 20)
    nodes = [
        constant("w", third),
        h.make_node("MatMul", ["x0", "w"], ["x"]),
        h.make_node(
            "If", ["c"], ["y"], then_branch=branch("a", first), else_branch=branch("b", second)
        ),
    ]
    inputs = [value("x0", 1, ["n", 20]), value("c", 9, [])]
    path = saved(tmp_path / "m.onnx", nodes, inputs=inputs)
    model = read_model(path)
    assert list(model.tensors) == ["w", "b/w", "a/w"]
    np.testing.assert_array_equal(model.tensors["b/w"], second)
    assert there_and_back(path, tmp_path) == onnx.load(path)


def test_functions_and_lists_are_coded(tmp_path):
    own = h.make_function(
        "own", "Layer", ["x"], ["y"],
        [constant("w", weights(20, 20)), h.make_node("MatMul", ["x", "w"], ["y"])],
        [h.make_opsetid("", 18)],
    )  # fmt: skip
    listed = h.make_node("Constant", [], ["bias"], value_floats=weights(20).tolist())
    nodes = [
        listed,
        h.make_node("Layer", ["x"], ["z"], domain="own"),
        h.make_node("Add", ["z", "bias"], ["y"]),
    ]
    path = saved(tmp_path / "m.onnx", nodes, functions=[own])
    assert set(read_model(path).tensors) == {"w", "bias"}
    assert onnx.load(path).functions == there_and_back(path, tmp_path).functions


def test_small_numbers_stay_in_the_graph_and_nothing_else_is_said(tmp_path):
    nodes = [
        constant("axes", np.array([1], "i8")),
        constant("s", np.float32(2)),
        h.make_node("Mul", ["x", "s"], ["y"]),
    ]
    path = saved(tmp_path / "m.onnx", nodes)
    with pytest.raises(InputError, match="nothing to code"):
        nnc.encode_file(path, tmp_path / "m.nnc")
    sizes = nnc.encode_file(path, tmp_path / "m.nnc", allow_empty=True)
    assert sizes.tensors == 0
    assert sizes.file == path.stat().st_size


@pytest.mark.parametrize(
    "jump",
    [
        h.make_node("Cast", ["m"], ["y"], to=7),
        h.make_node("Floor", ["m"], ["y"]),
        h.make_node("Ceil", ["m"], ["y"]),
        h.make_node("Round", ["m"], ["y"]),
        h.make_node("Mod", ["m", "m"], ["y"], fmod=1),
        h.make_node("Less", ["m", "x"], ["y"]),
        h.make_node("Equal", ["x", "m"], ["y"]),
    ],
    ids=lambda node: node.op_type,
)
def test_what_reaches_a_jump_is_exact_and_weights_are_not(tmp_path, jump):
    nodes = [
        h.make_node("MatMul", ["x", "w"], ["z"]),
        h.make_node("Concat", ["k", "k"], ["kk"], axis=0),
        h.make_node("Mul", ["z", "kk"], ["m"]),
        jump,
    ]
    path = saved(tmp_path / "m.onnx", nodes, [("w", weights(20, 40)), ("k", weights(20))])
    with open_source(path) as source:
        assert set(source.exact) == {"k"}


def test_a_cast_between_floats_is_no_jump(tmp_path):
    nodes = [h.make_node("Add", ["x", "k"], ["m"]), h.make_node("Cast", ["m"], ["y"], to=10)]
    with open_source(saved(tmp_path / "m.onnx", nodes, [("k", weights(20))])) as source:
        assert not source.exact


def test_settings_are_found_through_bodies(tmp_path):
    body = h.make_graph(
        [h.make_node("Add", ["k", "k"], ["inside"])], "body", [], [value("inside", 1, None)]
    )
    nodes = [
        h.make_node("If", ["c"], ["m"], then_branch=body, else_branch=body),
        h.make_node("Floor", ["m"], ["y"]),
    ]
    inputs = [value("c", 9, [])]
    with open_source(saved(tmp_path / "m.onnx", nodes, [("k", weights(20))], inputs)) as source:
        assert set(source.exact) == {"k"}
