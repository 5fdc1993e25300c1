"""What the layers of ONNX graphs multiply their weights with."""

import numpy as np
import pytest

import nnc
from nnc.model.calibration import statistics_of

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
helper, numpy_helper = onnx.helper, onnx.numpy_helper

from nnc.formats.onnx_inputs import layer_inputs  # noqa: E402
from nnc.onnx import calibrate, session  # noqa: E402


def network(path, **convolution):
    """Write a network of a convolution, a Gemm and a MatMul, and return its weights."""
    random = np.random.default_rng(0)
    weights = {
        "conv": random.normal(0, 0.3, (4, 2, 3, 2)),
        "gemm": random.normal(0, 0.3, (6, 4)),
        "last": random.normal(0, 0.3, (6, 5)),
    }
    nodes = [
        helper.make_node("Conv", ["x", "conv"], ["c"], **convolution),
        helper.make_node("GlobalAveragePool", ["c"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "gemm"], ["g"], transB=1),
        helper.make_node("MatMul", ["g", "last"], ["y"]),
    ]
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", kind, ["n", 2, 9, 8])],
        [helper.make_tensor_value_info("y", kind, ["n", 5])],
        [numpy_helper.from_array(one.astype("f4"), name) for name, one in weights.items()],
    )
    imports = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=9), path)
    return weights


def batches(count=6):
    random = np.random.default_rng(1)
    return [{"x": random.normal(size=(8, 2, 9, 8)).astype("f4")} for _ in range(count)]


def test_statistics_are_those_of_the_inputs(tmp_path):
    said = {"pads": [1, 0, 2, 1], "strides": [2, 1], "dilations": [1, 2]}
    weights = network(tmp_path / "model.onnx", **said)
    found = calibrate(tmp_path / "model.onnx", batches(), outputs=False)
    assert {name: one.shape for name, one in found.items()} == {
        "conv": (12, 12), "gemm": (4, 4), "last": (6, 6)
    }  # fmt: skip
    conv = next(iter(layer_inputs(onnx.load(tmp_path / "model.onnx"))))
    moments = np.zeros((6, 6))
    for batch in batches():
        rows = conv.rows(batch["x"]) @ weights["conv"].reshape(4, -1).T
        pooled = rows.reshape(8, -1, 4).mean(axis=1) @ weights["gemm"].T
        moments += pooled.T @ pooled
    np.testing.assert_allclose(
        found["last"], statistics_of(moments, weights["last"]), rtol=0.01, atol=1e-3
    )
    squares = calibrate(tmp_path / "model.onnx", batches(), diagonal=True, outputs=False)
    np.testing.assert_allclose(
        squares["last"], statistics_of(moments.diagonal(), weights["last"]), rtol=0.01, atol=1e-3
    )


def test_noise_tells_what_the_outputs_lose(tmp_path):
    weights = network(tmp_path / "model.onnx")
    stats = calibrate(tmp_path / "model.onnx", batches())
    cpu = ["CPUExecutionProvider"]
    runtime = pytest.importorskip("onnxruntime")
    for name, weight in weights.items():
        before, after = [], []
        model = onnx.load(tmp_path / "model.onnx")
        tensor = next(one for one in model.graph.initializer if one.name == name)
        noise = np.random.default_rng(5).normal(0, 1e-3, (20, *weight.shape))
        for number in range(20):
            moved = (weight + noise[number]).astype("f4")
            for values, outputs in (weight.astype("f4"), before), (moved, after):
                tensor.CopyFrom(numpy_helper.from_array(values, name))
                session = runtime.InferenceSession(model.SerializeToString(), providers=cpu)
                outputs += [session.run(None, one)[0] for one in batches()[:4]]
        lost = np.square(np.subtract(after, before)).sum((1, 2)) / np.square(before).sum((1, 2))
        # Of 4 batches, each with one draw of noise.
        wanted = 4 * lost.mean() / 1e-6 / weight.size
        upper = np.triu(stats[name], 1).astype(np.float64) + np.eye(len(stats[name]))
        found = float(np.sum(upper**2 @ stats[name].diagonal()) / len(upper)) / 1.03
        assert 0.3 < found / wanted < 3, name


def test_layers_whose_inputs_are_not_told_have_a_loss(tmp_path):
    random, kind = np.random.default_rng(0), onnx.TensorProto.FLOAT
    weights = {"each": random.normal(size=(2, 1, 3, 2)), "up": random.normal(size=(2, 5, 2, 2))}
    constant = numpy_helper.from_array(weights["up"].astype("f4"), "")
    nodes = [
        helper.make_node("Conv", ["x", "each"], ["c"], group=2),
        helper.make_node("Constant", [], ["up"], value=constant),
        helper.make_node("ConvTranspose", ["c", "up"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", kind, ["n", 2, 9, 8])],
        [helper.make_tensor_value_info("y", kind, None)],
        [numpy_helper.from_array(weights["each"].astype("f4"), "each")],
    )
    imports = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=9), tmp_path / "m.onnx")
    stats = calibrate(tmp_path / "m.onnx", batches(2))
    assert {name: one.shape for name, one in stats.items()} == {"each": (6,), "up": (8,)}
    nnc.encode_file(tmp_path / "m.onnx", tmp_path / "m.nnc", calibration=stats)
    with pytest.raises(nnc.InputError, match="no input came through"):
        calibrate(tmp_path / "m.onnx", batches(2), outputs=False)


def test_a_calibrated_network_loses_less(tmp_path):
    network(tmp_path / "model.onnx")
    calibrate(tmp_path / "model.onnx", batches()).save(tmp_path / "stats.safetensors")
    runtime = pytest.importorskip("onnxruntime")
    given = {"x": np.random.default_rng(2).normal(size=(64, 2, 9, 8)).astype("f4")}
    cpu = ["CPUExecutionProvider"]
    before = runtime.InferenceSession(tmp_path / "model.onnx", providers=cpu).run(None, given)[0]
    errors = []
    for options in ({}, {"calibration": tmp_path / "stats.safetensors"}):
        nnc.encode_file(tmp_path / "model.onnx", tmp_path / "model.nnc", qp=-12, **options)
        after = session(tmp_path / "model.nnc").run(None, given)[0]
        errors.append(float(np.square(after - before).sum()))
    assert errors[1] < errors[0]


@pytest.mark.parametrize("outputs", [True, False])
@pytest.mark.parametrize(
    ("batch", "said"),
    [
        ({"z": np.ones((1, 3), "f4")}, "x"),
        ({"x": np.ones((1, 2), "f4")}, "invalid dimensions"),
        ({"x": np.ones((1, 3))}, "input data type"),
        ({"x": None}, "can't run the model"),
        ({"x": np.ones((0, 3), "f4")}, "no input came|hold no values"),
        ({}, "missing"),
    ],
    ids=["name", "shape", "type", "none", "rows", "nothing"],
)
def test_batches_that_a_model_does_not_take(tmp_path, batch, said, outputs):
    product(tmp_path / "model.onnx")
    with pytest.raises(nnc.InputError, match=said):
        calibrate(tmp_path / "model.onnx", [batch], outputs=outputs)


def product(path, *others, output=None):
    """Write a network of one product, and perhaps of other nodes."""
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"]), *others],
        "network",
        [helper.make_tensor_value_info("x", kind, ["n", 3])],
        [output or helper.make_tensor_value_info("y", kind, ["n", 2])],
        [numpy_helper.from_array(np.ones((3, 2), "f4"), "w")],
    )
    imports = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=9), path)


def test_outputs_that_are_sequences(tmp_path):
    kind = onnx.TensorProto.FLOAT
    node = helper.make_node("SequenceConstruct", ["y", "y"], ["z"])
    output = helper.make_tensor_sequence_value_info("z", kind, None)
    product(tmp_path / "model.onnx", node, output=output)
    batch = {"x": np.ones((4, 3), "f4")}
    found = calibrate(tmp_path / "model.onnx", [batch])
    product(tmp_path / "model.onnx")
    alone = calibrate(tmp_path / "model.onnx", [batch])
    diagonal = found["w"].diagonal()
    np.testing.assert_allclose(diagonal, 2 * alone["w"].diagonal(), rtol=1e-5)


@pytest.mark.parametrize("operator", ["MatMul", "NoSuch"])
def test_models_that_can_not_be_run(tmp_path, operator):
    product(tmp_path / "model.onnx", helper.make_node(operator, ["y", "no"], ["z"]))
    with pytest.raises(nnc.InputError, match="can't run the model"):
        calibrate(tmp_path / "model.onnx", [{"x": np.ones((1, 3), "f4")}])


def test_what_can_not_be_calibrated_is_refused(tmp_path):
    network(tmp_path / "model.onnx")
    with pytest.raises(nnc.InputError, match="no input came through"):
        calibrate(tmp_path / "model.onnx", [])
    with pytest.raises(nnc.InputError, match="arrays by name"):
        calibrate(tmp_path / "model.onnx", [np.zeros((1, 2, 9, 8), "f4")])
