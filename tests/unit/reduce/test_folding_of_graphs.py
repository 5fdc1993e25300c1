"""Batch norms of an ONNX graph, folded and unfolded: the graph computes what it did."""

import numpy as np
import pytest

import nnc

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
helper, numpy_helper = onnx.helper, onnx.numpy_helper


def graph(path, scale):
    """Write a graph of two convolutions, one of single channels, each with a batch norm."""
    random = np.random.default_rng(0)
    weights = {
        "stem": random.normal(0, 0.3, (8, 3, 3, 3)).astype("f4"),
        "deep": random.integers(-1, 2, (8, 1, 3, 3)).astype("f4"),
    }
    nodes, initializers, last = [], dict(weights), "x"
    for name, group in (("stem", 1), ("deep", 8)):
        norm = {
            f"{name}.gamma": np.full(8, scale, "f4"),
            f"{name}.beta": random.normal(size=8).astype("f4"),
            f"{name}.mean": random.normal(size=8).astype("f4"),
            f"{name}.variance": random.uniform(0.5, 2, 8).astype("f4"),
        }
        initializers |= norm
        nodes += [
            helper.make_node("Conv", [last, name], [f"{name}.y"], group=group),
            helper.make_node("BatchNormalization", [f"{name}.y", *norm], [f"{name}.z"]),
        ]
        last = f"{name}.z"
    made = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3, 12, 12])],
        [helper.make_tensor_value_info(last, onnx.TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, name) for name, values in initializers.items()],
    )  # fmt: skip
    onnx.save(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path
    )


@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
@pytest.mark.parametrize("scale", [1.0, 0.37])
def test_a_graph_computes_what_it_did(scale, tmp_path):
    graph(tmp_path / "m.onnx", scale)
    nnc.encode_file(tmp_path / "m.onnx", tmp_path / "m.nnc", fold_batch_norms=True)
    units = nnc.open(tmp_path / "m.nnc").units
    headers = [one.header.nnr_compressed_data_unit_header for one in units]
    assert sum(bool(one and one.compressed_parameter_types) for one in headers) == 2
    nnc.decode_file(tmp_path / "m.nnc", tmp_path / "back.onnx")
    x = {"x": np.random.default_rng(1).normal(size=(1, 3, 12, 12)).astype("f4")}
    before, after = (
        ort.InferenceSession(tmp_path / name).run(None, x)[0] for name in ("m.onnx", "back.onnx")
    )
    assert np.linalg.norm(after - before) < 0.01 * np.linalg.norm(before)
