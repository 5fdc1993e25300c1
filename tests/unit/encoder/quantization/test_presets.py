"""Presets: how fine the steps are that follow tensors."""

import numpy as np
import pytest

import nnc


def model():
    random = np.random.default_rng(0)
    return {
        "first": random.laplace(0, 0.05, (60, 50)).astype(np.float32),
        "second": random.laplace(0, 3, (80, 50)).astype(np.float32),
        "bias": random.normal(0, 1, 80).astype(np.float32),
    }


def noise(tensors, data):
    """Return the loss of each tensor in dB."""
    back = nnc.decode(data)
    return {
        name: 10 * np.log10(np.sum(np.square(one)) / np.sum(np.square(one - back[name])))
        for name, one in tensors.items()
    }


def test_presets_say_how_much_is_lost():
    tensors = model()
    small, balanced, archive = (
        noise(tensors, nnc.encode(tensors, preset=one)) for one in ("small", "balanced", "archive")
    )
    for name in ("first", "second"):
        assert balanced[name] - small[name] == pytest.approx(24, abs=3)
        assert archive[name] - balanced[name] == pytest.approx(18, abs=3)
    assert small["bias"] == balanced["bias"]


def test_networks_of_large_tensors_get_coarser_steps():
    random = np.random.default_rng(1)
    large = {"weight": random.laplace(0, 0.05, (800, 1000)).astype(np.float32)}
    little = {"weight": large["weight"][:200]}
    lost = {
        preset: [noise(one, nnc.encode(one, preset=preset))["weight"] for one in (large, little)]
        for preset in ("small", "balanced", "archive")
    }
    # The values are 4 times 200,000: 1.4 bits.
    assert lost["balanced"][1] - lost["balanced"][0] == pytest.approx(8.4, abs=2)
    assert lost["archive"][1] - lost["archive"][0] == pytest.approx(8.4, abs=2)
    assert lost["small"][1] == pytest.approx(lost["small"][0], abs=0.5)


def test_balanced_is_the_default_and_qp_counts_before_it():
    tensors = model()
    assert nnc.encode(tensors, preset="balanced") == nnc.encode(tensors)
    assert nnc.encode(tensors, preset="small", qp=-20) == nnc.encode(tensors, qp=-20)
    with pytest.raises(nnc.InputError, match="preset must be one of"):
        nnc.encode(tensors, preset="tiny")


def test_sessions_refuse_what_is_for_single_models():
    with pytest.raises(nnc.InputError, match="preset is for single models"):
        nnc.Encoder(preset="small")
    with pytest.raises(nnc.InputError, match="calibration is for single models"):
        nnc.Encoder(calibration=nnc.Calibration({"w": np.ones(3)}))
