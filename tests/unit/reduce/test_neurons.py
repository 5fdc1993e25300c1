import numpy as np
import pytest

import nnc
from nnc.demo.network import accuracy, load_network
from nnc.reduce import Neurons, prune_neurons

HIDDEN = Neurons("classifier.0.weight", "classifier.2.weight", ["classifier.0.bias"])


@pytest.fixture(scope="module")
def network():
    return load_network()


def test_clause_8_3_3_dead_neurons_are_rebuilt_from_the_bitstream_alone(network):
    reduced = prune_neurons(network, [HIDDEN], gain=0.5, importance="magnitude")
    kept = reduced.tensors["classifier.0.weight"].any(axis=1)
    assert kept.sum() == 18
    data = nnc.encode(reduced.tensors, qp=-24, nonweight_qp=-48, **reduced.options)
    assert nnc.ModelInformation.of(nnc.Bitstream.parse(data)).prunings
    small = nnc.decode(data)
    assert small["classifier.0.weight"].shape == (18, 1024)
    assert small["classifier.2.weight"].shape == (10, 18)
    whole = nnc.decode(data, pruned=False)
    assert {name: one.shape for name, one in whole.items()} == {
        name: one.shape for name, one in network.items()
    }
    assert np.array_equal(whole["classifier.0.weight"].any(axis=1), kept)
    assert not whole["classifier.2.weight"][:, ~kept].any()
    assert accuracy(whole) >= 0.98


def test_walks_find_neurons_that_nothing_listens_to():
    random = np.random.default_rng(4)
    model = {name: random.uniform(0.5, 1, shape).astype("f4")
             for name, shape in {"a": (6, 5), "b": (4, 12), "c": (3, 4)}.items()}  # fmt: skip
    # Channel 2 has two places in the next layer; neuron 1 there is heard by no output.
    model["b"][:, 4:6] = 0.001
    model["c"][:, 1] = 0.001
    layers = [Neurons("a", "b"), Neurons("b", "c")]
    reduced = prune_neurons(model, layers, share=0.26)
    assert np.flatnonzero(~reduced.tensors["a"].any(axis=1)).tolist() == [2]
    assert np.flatnonzero(~reduced.tensors["b"].any(axis=1)).tolist() == [1]
    assert not reduced.tensors["b"][:, 4:6].any()
    by_magnitude = prune_neurons(model, layers, share=0.26, importance="magnitude")
    assert not np.array_equal(by_magnitude.masks["a"], reduced.masks["a"])


def test_one_neuron_stays(network):
    reduced = prune_neurons(network, [HIDDEN], share=1.0)
    assert reduced.tensors["classifier.0.weight"].any(axis=1).sum() == 1


@pytest.mark.parametrize("layer", [Neurons("x", "classifier.2.weight"),
                                   Neurons("classifier.2.weight", "classifier.0.weight"),
                                   HIDDEN._replace(vectors=["classifier.2.bias"])])  # fmt: skip
def test_layers_that_do_not_fit(network, layer):
    with pytest.raises(nnc.InputError):
        prune_neurons(network, [layer], share=0.5)


def test_share_or_gain(network):
    with pytest.raises(nnc.InputError, match="share or gain"):
        prune_neurons(network, [HIDDEN])
