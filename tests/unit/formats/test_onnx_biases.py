"""Vectors that ONNX graphs add to what layers give, and their refit."""

import numpy as np
import pytest

import nnc

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper, numpy_helper = onnx.helper, onnx.numpy_helper

import nnc.onnx  # noqa: E402
from nnc.formats.onnx_biases import biases_of  # noqa: E402

FLOAT = onnx.TensorProto.FLOAT


def network(path, *more):
    """Write a network with a bias of each kind, and nodes of one's own after it."""
    random = np.random.default_rng(0)
    norm = {"scale": np.ones(4), "offset": random.normal(0, 0.1, 4), "mean": np.full(4, 0.1)}
    tensors = {
        "conv": random.normal(0, 0.3, (4, 2, 3, 3)),
        "conv_bias": random.normal(0, 0.1, 4),
        **norm,
        "variance": np.full(4, 0.7),
        "plain": random.normal(0, 0.3, (5, 4, 1, 1)),
        "added": random.normal(0, 0.1, (1, 5, 1, 1)),
        "gemm": random.normal(0, 0.3, (6, 5)),
        "gemm_bias": random.normal(0, 0.1, 6),
        "half": np.array(0.5),
        "table": random.normal(0, 0.1, (3, 6)),
    }
    nodes = [
        helper.make_node("Conv", ["x", "conv", "conv_bias"], ["c"]),
        helper.make_node("BatchNormalization", ["c", *norm, "variance"], ["n"]),
        helper.make_node("Relu", ["n"], ["r"]),
        helper.make_node("Conv", ["r", "plain"], ["p"]),
        helper.make_node("Add", ["added", "p"], ["a"]),
        helper.make_node("GlobalAveragePool", ["a"], ["g"]),
        helper.make_node("Flatten", ["g"], ["f"]),
        helper.make_node("Gemm", ["f", "gemm", "gemm_bias"], ["m"], transB=1),
        helper.make_node("Add", ["m", "half"], ["h"]),
        *more,
        helper.make_node("Relu", ["h"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", FLOAT, ["n", 2, 9, 8])],
        [helper.make_tensor_value_info("y", FLOAT, ["n", 6])],
        [numpy_helper.from_array(np.asarray(one, "f4"), name) for name, one in tensors.items()],
    )
    imports = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=9), path)
    return path


def batches(count=9):
    random = np.random.default_rng(1)
    return [{"x": random.random((16, 2, 9, 8), "f4")} for _ in range(count)]


def test_biases_are_found(tmp_path):
    found = biases_of(onnx.load(network(tmp_path / "model.onnx")))
    assert {one.tensor: (one.output, one.axis) for one in found} == {
        "conv_bias": ("c", 1),
        "offset": ("n", 1),
        "added": ("a", -3),
        "gemm_bias": ("m", -1),
    }


def test_a_vector_that_is_used_elsewhere_is_none(tmp_path):
    again = helper.make_node("Mul", ["m", "gemm_bias"], ["h2"])
    found = biases_of(onnx.load(network(tmp_path / "model.onnx", again)))
    assert "gemm_bias" not in {one.tensor for one in found}


def run(tensors, path, batch):
    """Run a model with other tensors."""
    import onnxruntime

    model = onnx.load(path)
    for one in model.graph.initializer:
        one.CopyFrom(numpy_helper.from_array(np.asarray(tensors[one.name], "f4"), one.name))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, batch)[0]


def test_outputs_are_better(tmp_path):
    path, given = network(tmp_path / "model.onnx"), batches()
    nnc.encode_file(path, tmp_path / "model.nnc", qp=-10, nonweight_qp=-50)
    data = (tmp_path / "model.nnc").read_bytes()
    refitted = nnc.onnx.refit(path, data, given[:8])
    own = {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}
    before, after = nnc.decode(data), nnc.decode(refitted)
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    # What the convolution's own bias takes up doesn't reach the norm behind it.
    assert moved == {"conv_bias", "added", "gemm_bias"}
    wanted, *found = (run(one, path, given[8]) for one in (own, before, after))
    lost = [float(((one - wanted) ** 2).sum()) for one in found]
    assert lost[1] < 0.5 * lost[0]
    assert not nnc.check(refitted, deep=True)


def test_what_is_no_better_stays_as_it_was(tmp_path):
    path = network(tmp_path / "model.onnx")
    nnc.encode_file(path, tmp_path / "model.nnc", lossless=True)
    data = (tmp_path / "model.nnc").read_bytes()
    assert nnc.onnx.refit(path, data, batches()) == data


def test_another_model_is_refused(tmp_path):
    path = network(tmp_path / "model.onnx")
    data = nnc.encode({"conv": np.ones((3, 3), np.float32)})
    with pytest.raises(nnc.InputError, match=r"^tensor 'conv' of the bitstream .* of one model$"):
        nnc.onnx.refit(path, data, batches())
    with pytest.raises(nnc.InputError, match="two batches or more"):
        nnc.onnx.refit(path, data, batches(1))
    with pytest.raises(nnc.InputError, match="can't be read as an ONNX model"):
        nnc.onnx.refit(__file__, data, batches())


@pytest.mark.parametrize(("beta", "is_bias"), [(1.0, True), (0.5, False), (-1.0, False)])
def test_only_a_vector_that_is_added_once_is_a_bias(tmp_path, beta, is_bias):
    model = onnx.load(network(tmp_path / "model.onnx"))
    node = next(one for one in model.graph.node if one.op_type == "Gemm")
    node.attribute.append(helper.make_attribute("beta", beta))
    assert ("gemm_bias" in {one.tensor for one in biases_of(model)}) == is_bias


@pytest.fixture
def coded(tmp_path):
    """Return a model file, and what it was encoded as."""
    path = network(tmp_path / "model.onnx")
    nnc.encode_file(path, tmp_path / "model.nnc", qp=-10, nonweight_qp=-50)
    return path, (tmp_path / "model.nnc").read_bytes()


def test_a_given_bitstream_stays_as_it_was(coded):
    path, data = coded
    bitstream = nnc.Bitstream.parse(data)
    assert nnc.onnx.refit(path, bitstream, batches()) == nnc.onnx.refit(path, data, batches())
    assert bitstream.to_bytes() == data


def test_one_batch_may_be_given_many_times(coded):
    path, data = coded
    found = nnc.decode(nnc.onnx.refit(path, data, 8 * batches(1)))
    assert any(not np.array_equal(one, found[name]) for name, one in nnc.decode(data).items())


@pytest.mark.parametrize("place", [0, 3], ids=["followed", "told"])
def test_batches_without_numbers_are_passed_over(coded, place):
    path, data = coded
    without = batches(8)
    without[place] = {"x": np.full_like(without[place]["x"], np.nan)}
    before, after = nnc.decode(data), nnc.decode(nnc.onnx.refit(path, data, without))
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    assert moved == {"conv_bias", "added", "gemm_bias"}


def test_a_bitstream_without_biases_stays_as_it_was(coded):
    path, data = coded
    weights = {name: one for name, one in nnc.decode(data).items() if name in ("conv", "gemm")}
    other = nnc.encode(weights)
    assert nnc.onnx.refit(path, other, batches()) == other


def test_biases_that_cannot_hold_others_stay(coded):
    path, _ = coded
    cut = path.with_suffix(".cut")
    nnc.encode_file(path, cut, qp=-10, nonweight_qp=-50, part_size=4)
    assert nnc.onnx.refit(path, cut.read_bytes(), batches()) == cut.read_bytes()


def test_what_is_no_batch_is_refused(coded):
    path, data = coded
    with pytest.raises(nnc.InputError, match="a batch must be arrays by name, not list"):
        nnc.onnx.refit(path, data, [[1.0]] * 4)
