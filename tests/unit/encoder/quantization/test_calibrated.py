"""Quantization by what the outputs of a layer lose."""

import concurrent.futures

import numpy as np
import pytest

import nnc
from nnc.deepcabac import is_compiled
from nnc.deepcabac.coding import shared_coding
from nnc.encoder.quantization import calibrated, feedback_reference
from nnc.model.calibration import factors_of

CODING = shared_coding(1, 1, 0, 10, 0, 0, 0)


def layer(rows, cols, scale=0.05, seed=0):
    """Return a weight, and second moments of inputs that depend on each other."""
    random = np.random.default_rng(seed)
    mixing = np.eye(cols) + random.normal(size=(cols, cols)) * 2 / np.sqrt(cols)
    inputs = random.normal(size=(4 * cols, cols)) @ mixing
    weight = (random.normal(size=(rows, cols)) * scale).astype(np.float32)
    return weight, inputs.T @ inputs / len(inputs)


def lost(weight, back, moments):
    error = np.float64(weight) - back
    return float(np.sum((error @ moments) * error))


@pytest.mark.skipif(not is_compiled(), reason="there is nothing to compare")
@pytest.mark.parametrize("effort", [0, 1])
@pytest.mark.parametrize(
    ("rows", "cols", "scale"),
    [(3, 40, 0.1), (2, 100, 0.02), (5, 9, 0.05), (2, 65, 1), (2, 64, 0.3), (1, 130, 0.01)],
)
def test_compiled_and_reference_give_the_same(monkeypatch, rows, cols, scale, effort):
    weight, moments = layer(rows, cols, scale)
    for statistics in (factors_of(moments), factors_of(moments.diagonal())):
        first = calibrated.quantize_calibrated(weight, 0.03, statistics, CODING, effort)
        with monkeypatch.context() as patch:
            plain = feedback_reference.quantize_with_feedback
            patch.setattr(calibrated, "quantizer", lambda plain=plain: plain)
            second = calibrated.quantize_calibrated(weight, 0.03, statistics, CODING, effort)
        assert np.array_equal(first, second)


def test_outputs_lose_less_at_no_more_bits():
    weight, moments = layer(64, 96)
    stats = nnc.Calibration({"w": factors_of(moments)})
    plain = nnc.encode({"w": weight}, qp=-24)
    better = nnc.encode({"w": weight}, qp=-24, calibration=stats)
    assert len(better) <= 1.02 * len(plain)
    before, after = (lost(weight, nnc.decode(one)["w"], moments) for one in (plain, better))
    assert after < 0.5 * before
    assert nnc.check(better, deep=True) == []


def test_weights_of_columns_alone_help():
    weight, _ = layer(64, 96)
    squares = np.geomspace(0.01, 10, 96).astype(np.float32)
    stats = nnc.Calibration({"w": squares})
    plain, better = (nnc.encode({"w": weight}, qp=-16, calibration=one) for one in (None, stats))
    before, after = (
        lost(weight, nnc.decode(one)["w"], np.diag(squares)) for one in (plain, better)
    )
    assert len(better) <= len(plain)
    assert after < before


def test_same_bytes_whoever_works(tmp_path):
    tensors, found = {}, {}
    for number in range(3):
        weight, moments = layer(16, 40, seed=number)
        tensors[f"w{number}"], found[f"w{number}"] = weight, factors_of(moments)
    stats = nnc.Calibration(found)
    stats.save(tmp_path / "stats.safetensors")
    wanted = nnc.encode(tensors, calibration=stats, threads=1)
    assert nnc.encode(tensors, calibration=stats, threads=2) == wanted
    assert nnc.encode(tensors, calibration=str(tmp_path / "stats.safetensors")) == wanted
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        assert nnc.encode(tensors, calibration=stats, executor=executor) == wanted


def test_statistics_that_do_not_fit_are_told():
    weight, moments = layer(16, 40)
    stats = nnc.Calibration({"w": factors_of(moments)})
    with pytest.warns(nnc.EncodingWarning, match="has 20 columns, its calibration 40"):
        data = nnc.encode({"w": weight[:, :20]}, qp=-24, calibration=stats)
    assert data == nnc.encode({"w": weight[:, :20]}, qp=-24)
    for options in ({}, {"target_size": 500}):
        with pytest.warns(nnc.EncodingWarning, match="no tensor of the model: .* 'w'"):
            nnc.encode({"x": weight}, calibration=stats, **options)


@pytest.mark.parametrize("options", [{"dq": False}, {"bit_depth": 5}, {"scan_order": 1}])
def test_other_ways_of_coding_stay_as_they_are(options):
    weight, moments = layer(16, 40)
    stats = nnc.Calibration({"w": factors_of(moments)})
    assert nnc.encode({"w": weight}, calibration=stats, **options) == nnc.encode(
        {"w": weight}, **options
    )


def test_values_far_beyond_the_step_are_coded_without():
    weight, moments = layer(16, 40)
    weight[0, 0] = 1e6
    stats = nnc.Calibration({"w": factors_of(moments)})
    back = nnc.decode(nnc.encode({"w": weight}, qp=-24, calibration=stats))["w"]
    assert np.abs(back - weight).max() < 0.1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("size", [3.0, 1e6, 1e38])
def test_statistics_that_no_inputs_give_destroy_nothing(monkeypatch, size):
    weight, _ = layer(6, 80)
    random = np.random.default_rng(0)
    wild = np.triu(random.choice([-size, size], (80, 80)), 1) + np.eye(80)
    stats = nnc.Calibration({"w": wild.astype(np.float32)})
    data = nnc.encode({"w": weight}, qp=-24, calibration=stats)
    assert np.abs(nnc.decode(data)["w"] - weight).max() < 2
    monkeypatch.setattr(calibrated, "quantizer", lambda: feedback_reference.quantize_with_feedback)
    assert nnc.encode({"w": weight}, qp=-24, calibration=stats) == data


def test_rows_of_zeros_and_targets_go_along():
    weight, moments = layer(40, 50)
    weight[5:20] = 0
    stats = nnc.Calibration({"w": factors_of(moments)})
    data = nnc.encode({"w": weight, "b": weight[0]}, bits_per_value=4, calibration=stats)
    assert nnc.decode(data)["w"].shape == (40, 50)
    assert nnc.check(data, deep=True) == []
