"""How fine updates are: one step for weights, finer ones for vectors."""

import numpy as np
import pytest

import nnc
from nnc.decoder.session_state import SessionState
from nnc.encoder.options.tensor import exactly
from nnc.federated.coding import changes_of, encode, first_options, steps_of


def model(seed):
    random = np.random.default_rng(seed)
    return {
        "conv[0].weight": random.normal(0, 0.1, (16, 16)).astype("f4"),
        "running_var": (random.random(16) ** 4 * 0.1 + 1e-6).astype("f4"),
        "batches": np.array(seed, "i8"),
    }


def begun(tensors):
    options = first_options(tensors, 6, {"effort": 0})
    return encode(SessionState(slim=True), 0, tensors, options, 3.0)


def test_variances_stay_above_zero():
    _, state = begun(model(0))
    for seed in range(1, 6):
        _, state = encode(state, 0, model(seed), {"effort": 0, "feedback": 1.0}, 3.0)
        assert state.model(0)["running_var"].min() > 0
        assert state.model(0)["batches"] == seed


def test_weights_of_a_first_model_have_few_bits_and_vectors_many():
    tensors = model(0)
    _, state = begun(tensors)
    weight, variance = state.model(0)["conv[0].weight"], state.model(0)["running_var"]
    assert 8 < len(np.unique(weight)) <= 64
    np.testing.assert_allclose(variance, tensors["running_var"], rtol=0.05)


def test_steps_follow_the_changes():
    _, state = begun(model(0))
    one, ten = ({"conv[0].weight": state.value(0, "conv[0].weight") + np.float32(change)}
                for change in (0.01, 0.1))  # fmt: skip
    fine, coarse = (steps_of(new, changes_of(state, new), 3.0) for new in (one, ten))
    assert coarse["conv[0].weight"] == pytest.approx(10 * fine["conv[0].weight"], rel=1e-3)
    assert fine["conv[0].weight"] == pytest.approx(0.03, rel=1e-3)


def test_what_did_not_change_is_not_sent():
    first, state = begun(model(0))
    data, after = encode(state, 0, state.model(0), {"effort": 0}, 3.0)
    assert len(data) < 20 < len(first)
    assert nnc.Bitstream.parse(data).units
    assert after.model(0)["batches"] == 0


def test_names_fit_themselves_only():
    options = nnc.Encoder(tensor_qp={exactly("a[0]*?"): -9}).options
    assert options.requested_qp("a[0]*?", 2) == -9
    assert options.requested_qp("a0xy", 2) != -9
