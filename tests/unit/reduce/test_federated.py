import numpy as np
import pytest

import nnc
from nnc.formats.batch_norm import Layer
from nnc.model.batch_norm import BatchNorm
from nnc.reduce import blend_batch_norms, fold_batch_norms

NAMES = {"beta": "n.bias", "gamma": "n.weight", "mean": "n.running_mean",
         "variance": "n.running_var"}  # fmt: skip


def model(seed, bias):
    random = np.random.default_rng(seed)
    tensors = {
        "c.weight": random.normal(size=(6, 5)),
        "n.weight": random.uniform(0.5, 2, 6),
        "n.bias": random.normal(size=6),
        "n.running_mean": random.normal(size=6),
        "n.running_var": random.uniform(0.5, 2, 6),
        **({"c.bias": random.normal(size=6)} if bias else {}),
    }
    return {name: values.astype(np.float32) for name, values in tensors.items()}


def computed(tensors, inputs):
    outputs = inputs @ tensors["c.weight"].T + tensors.get("c.bias", 0)
    centred = (outputs - tensors["n.running_mean"]) / np.sqrt(tensors["n.running_var"] + 1e-5)
    return centred * tensors["n.weight"] + tensors["n.bias"]


@pytest.mark.parametrize("bias", [False, True])
def test_clause_8_3_8_a_node_computes_what_the_server_folded(bias):
    layers = [Layer("c.weight", "c.bias" if bias else None, BatchNorm(**NAMES, eps=1e-5))]
    server, node = model(1, bias), model(2, bias)
    folded = fold_batch_norms(server, layers)
    data = nnc.encode(folded.tensors, qp=-70, nonweight_qp=-80, **folded.options)
    received = nnc.decode(data, reconstruct=False)
    inputs = np.random.default_rng(3).normal(size=(20, 5))
    # All of it: the node's own statistics, and yet the server's layer.
    there = blend_batch_norms(node, received, layers, momentum=1)
    np.testing.assert_allclose(computed(there, inputs), computed(server, inputs), atol=1e-3)
    assert np.array_equal(there["n.running_mean"], node["n.running_mean"])
    assert np.array_equal(there["n.running_var"], node["n.running_var"])
    # By default three tenths of the way.
    some = blend_batch_norms(node, received, layers)
    np.testing.assert_allclose(
        some["n.weight"], 0.7 * node["n.weight"] + 0.3 * there["n.weight"], rtol=1e-5
    )
    assert np.array_equal(some["c.weight"], there["c.weight"])


def test_what_was_not_folded_is_refused():
    layers = [Layer("c.weight", None, BatchNorm(**NAMES, eps=1e-5))]
    with pytest.raises(nnc.InputError, match=r"c\.weight_scaling.*folded"):
        blend_batch_norms(model(1, False), model(2, False), layers)
    with pytest.raises(nnc.InputError, match="momentum"):
        blend_batch_norms({}, {}, layers, momentum=2)
