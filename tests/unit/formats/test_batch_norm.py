"""Batch norms found by the names of each format, and folded."""

import numpy as np
import pytest

from nnc import InputError
from nnc.formats.batch_norm import BatchNorm, Layer, batch_norms_by_name, fold_batch_norms

RANDOM = np.random.default_rng(11)


def test_annex_c_and_d_batch_norms_by_name():
    torch = [f"a.bn.{end}" for end in ("weight", "bias", "running_mean", "running_var", "more")]
    tensorflow = [f"b/{end}" for end in ("moving_variance", "moving_mean", "beta", "gamma")]
    found = batch_norms_by_name([*torch, "conv.weight", *tensorflow, "c.running_mean", "xweight"])
    parts = ("gamma", "beta", "mean", "variance")
    tensorflow.reverse()
    assert found == [
        BatchNorm(**dict(zip(parts, torch[:4], strict=True)), eps=1e-5),
        BatchNorm(**dict(zip(parts, tensorflow, strict=True)), eps=1e-3),
    ]
    assert batch_norms_by_name(["weight", "bias", "running_mean", "running_var"])


@pytest.mark.parametrize("bias", [None, "b"])
def test_folded_layers_give_the_same(bias):
    tensors = {
        "w": RANDOM.normal(size=(4, 6)).astype(np.float32),
        "b": RANDOM.normal(size=4).astype(np.float32),
        "g": RANDOM.uniform(0.5, 2, 4).astype(np.float32),
        "beta": RANDOM.normal(size=4).astype(np.float32),
        "m": RANDOM.normal(size=4).astype(np.float32),
        "v": RANDOM.uniform(0.1, 3, 4).astype(np.float32),
    }

    def run(t, x):
        y = x @ t["w"].T + (0 if bias is None else t["b"])
        return (y - t["m"]) / np.sqrt(t["v"] + 1e-3) * t["g"] + t["beta"]

    layer = Layer("w", bias, BatchNorm(gamma="g", beta="beta", mean="m", variance="v", eps=1e-3))
    folded = fold_batch_norms(tensors, [layer])
    x = RANDOM.normal(size=(7, 6)).astype(np.float32)
    np.testing.assert_allclose(run(folded, x), run(tensors, x), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(folded["g"], 1)
    np.testing.assert_array_equal(folded["m"], 0)
    assert (folded["beta"] == 0).all() == (bias is not None)
    assert {name: one.dtype for name, one in folded.items()} == {
        name: one.dtype for name, one in tensors.items()
    }


def test_what_does_not_fit():
    layer = Layer("w", None, BatchNorm(gamma="g", beta="b", mean="m", variance="v", eps=1e-5))
    tensors = {name: np.ones(4, np.float32) for name in "gbm"} | {"w": np.ones((4, 2), np.float32)}
    with pytest.raises(InputError, match="no tensor 'v'"):
        fold_batch_norms(tensors, [layer])
    with pytest.raises(InputError, match="'v' must have"):
        fold_batch_norms(tensors | {"v": np.ones(5)}, [layer])


def test_annex_b_batch_norms_of_a_graph(tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from nnc.formats import open_source
    from tests.unit.formats.test_onnx import make_model, outputs, with_tensors

    model = make_model()
    onnx.save(model, tmp_path / "model.onnx")
    source = open_source(tmp_path / "model.onnx")
    names = ("bn.bias", "bn.weight", "bn.mean", "bn.var")
    assert [(one.weight, one.bias, one.batch_norm.names) for one in source.layers] == [
        ("conv.weight", "conv.bias", names)
    ]
    folded = fold_batch_norms(dict(source), source.layers)
    assert not np.array_equal(folded["conv.weight"], source["conv.weight"])
    np.testing.assert_allclose(
        outputs(with_tensors(model, folded)), outputs(model), rtol=1e-3, atol=1e-4
    )
    model.graph.output.add(name="a", type=model.graph.output[0].type)
    (tmp_path / "other.onnx").write_bytes(model.SerializeToString())
    assert not open_source(tmp_path / "other.onnx").layers
