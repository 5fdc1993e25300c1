import numpy as np
import pytest

import nnc
from nnc.demo.network import accuracy, load_network
from nnc.reduce import Reduced, fold_batch_norms, opt_qp, search_qp

RANDOM = np.random.default_rng(5)
MODEL = {
    "large.weight": RANDOM.normal(size=(40, 30)).astype(np.float32),
    "small.weight": RANDOM.normal(size=(6, 40)).astype(np.float32),
    "flat.weight": (RANDOM.normal(size=(10, 40)) / 8).astype(np.float32),
    "small.bias": RANDOM.normal(size=6).astype(np.float32),
}
CODING = {"nonweight_qp": -60}


def test_opt_qp_is_by_size_and_deviation():
    found = opt_qp({name: MODEL[name] for name in MODEL if name != "large.weight"}, -32)
    values = [MODEL["small.weight"], MODEL["flat.weight"]]
    largest = max(float(one.astype(np.float64).std()) for one in values)
    shares = [one.size / 640 + 0.1 * (1 - float(one.std()) / largest) for one in values]
    # A layer of more than half of the values counts as 0.15.
    expected = [round(-32 * (1 - (0.15 if one > 0.5 else one))) for one in shares]
    assert list(found.values()) == expected
    assert max(shares) > 0.5
    assert len(nnc.encode(MODEL, qp=-32, tensor_qp=opt_qp(MODEL, -32), **CODING)) < len(
        nnc.encode(MODEL, qp=-32, **CODING)
    )


def test_search_gives_finer_steps_to_what_needs_them():
    """The network is as good as its small layer is."""

    def evaluate(tensors):
        error = np.abs(tensors["small.weight"] - MODEL["small.weight"]).mean()
        return 1 - float(error)

    found = search_qp(MODEL, -20, evaluate, passes=2, **CODING)
    assert found.slope > 0
    assert found.qps["small.weight"] < -20 < found.qps["large.weight"]
    data = nnc.encode(MODEL, qp=-20, tensor_qp=found.qps, **CODING)
    decoded = nnc.decode(data)
    assert evaluate(decoded) == pytest.approx(found.accuracy)
    plain = nnc.encode(MODEL, qp=-20, **CODING)
    assert len(data) < len(plain)
    assert found.accuracy > evaluate(nnc.decode(plain))


def test_search_encodes_a_tensor_once_for_each_step(monkeypatch):
    from nnc.reduce import steps

    encoded = []
    real = steps.encode_model

    def counting(tensors, options, resources):
        encoded.append((*tensors, options.qp))
        return real(tensors, options, resources)

    monkeypatch.setattr(steps, "encode_model", counting)
    found = search_qp(MODEL, -20, lambda _: 0.5, **CODING)
    assert len(set(encoded)) == len(encoded) < found.evaluations * len(MODEL)
    # Where nothing is lost, the bytes decide.
    assert set(found.qps.values()) == {-16}


def test_search_runs_the_network_of_folded_layers():
    network = load_network()
    with pytest.warns(nnc.EncodingWarning):
        folded = fold_batch_norms(network)
    names = []

    def evaluate(tensors):
        names.append(set(tensors))
        return accuracy(tensors)

    found = search_qp(folded, -22, evaluate, farthest=1, nonweight_qp=-48)
    assert all(one == set(network) for one in names)
    assert isinstance(folded, Reduced)
    assert found.accuracy >= 0.98


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"qp": "x"}, "qp"),
        ({"farthest": 0}, "farthest"),
        ({"passes": True}, "passes"),
        ({"slope": -1.0}, "slope"),
        ({"evaluate": lambda _: float("nan")}, "evaluate"),
        ({"only": ["nothing"]}, "no weight"),
    ],
)
def test_what_cannot_be_searched_for(arguments, message):
    given = {"qp": -20, "evaluate": lambda _: 0.5, **arguments}
    with pytest.raises(nnc.InputError, match=message):
        search_qp(MODEL, **given)


def test_opt_qp_needs_a_parameter_below_zero():
    with pytest.raises(nnc.InputError, match="below zero"):
        opt_qp(MODEL, 3)
