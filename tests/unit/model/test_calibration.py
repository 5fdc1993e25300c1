"""Statistics of layers' inputs, in memory and in files."""

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc.bitstream import Bitstream
from nnc.inspect import summarize_tensors
from nnc.model.calibration import WeightScale, coarser_octaves, factors_of, statistics_of


def summarize(data):
    return summarize_tensors(Bitstream.parse(data))


def moments(columns=6, seed=0):
    inputs = np.random.default_rng(seed).normal(size=(50, columns))
    return inputs.T @ inputs


def test_factors_come_to_the_damped_moments():
    wanted = moments()
    found = factors_of(wanted, damping=0.1).astype(np.float64)
    upper = np.triu(found, 1) + np.eye(6)
    product = upper @ np.diag(found.diagonal()) @ upper.T
    damped = wanted + 0.1 * wanted.diagonal().mean() * np.eye(6)
    np.testing.assert_allclose(product, damped, rtol=1e-5)


def test_dead_inputs_give_usable_factors():
    assert np.array_equal(factors_of(np.zeros((3, 3))), np.eye(3, dtype=np.float32))


def test_a_file_gives_what_was_saved(tmp_path):
    stats = nnc.Calibration({"b": factors_of(moments()), "a": np.ones(4, np.float32)})
    stats.save(tmp_path / "stats.safetensors")
    back = nnc.Calibration.load(tmp_path / "stats.safetensors")
    assert list(back) == ["a", "b"]
    assert len(back) == 2
    assert all(np.array_equal(back[name], stats[name]) for name in stats)
    assert list(back.only(["b", "c"])) == ["b"]
    with pytest.raises(KeyError):
        back["c"]


def test_other_files_are_refused(tmp_path):
    save_file({"a": np.ones(4, np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(nnc.InputError, match="no statistics that nnc"):
        nnc.Calibration.load(tmp_path / "model.safetensors")
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(nnc.InputError, match="no file of statistics"):
        nnc.Calibration.load(tmp_path / "junk")
    with pytest.raises(OSError, match="No such file"):
        nnc.Calibration.load(tmp_path / "missing")


@pytest.mark.parametrize(
    ("statistics", "message"),
    [
        (np.ones((2, 3)), "have shape"),
        (np.array([1, np.nan]), "no second moments"),
        (np.array([1, -1.0]), "no second moments"),
    ],
)
def test_what_no_inputs_give_is_refused(statistics, message):
    with pytest.raises(nnc.InputError, match=message):
        nnc.Calibration({"w": statistics})["w"]


def test_steps_are_coarser_where_the_outputs_lose_less():
    stats = nnc.Calibration(
        {"a": np.full(4, 16, np.float32), "b": np.ones(4, np.float32), "c": np.zeros(4, "f4")}
    )
    scales = {name: WeightScale(100, (4,), 0.5) for name in "abcd"}
    assert coarser_octaves(stats, scales) == {"a": -1, "b": 1}
    far = {"a": WeightScale(1, (4,), 100.0), "b": WeightScale(3, (4,), 0.5)}
    assert coarser_octaves(stats, far)["a"] == -3


def test_statistics_of_other_columns_move_no_step():
    random = np.random.default_rng(0)
    model = {name: random.laplace(0, 0.1, (20, 8)).astype(np.float32) for name in "ab"}
    foreign = nnc.Calibration({"a": np.full(5, 64, np.float32), "b": np.ones(8, np.float32)})
    with pytest.warns(nnc.EncodingWarning, match="has 8 columns, its calibration 5"):
        steps = {one.name: one.step for one in summarize(nnc.encode(model, calibration=foreign))}
    plain = {one.name: one.step for one in summarize(nnc.encode(model))}
    assert steps == plain
    found = nnc.encode(model, calibration=foreign, bits_per_value=5)
    steps = {one.name: one.step for one in summarize(found)}
    assert steps["a"] == pytest.approx(steps["b"], rel=0.3)


def test_statistics_are_relative_to_the_weight_without_gradients():
    wanted = moments()
    weight = np.random.default_rng(1).normal(size=(5, 6))
    one, other = statistics_of(wanted, weight), statistics_of(8 * wanted, 4 * weight)
    np.testing.assert_allclose(16 * other.diagonal(), one.diagonal(), rtol=1e-5)
    same = statistics_of(wanted, weight, wanted.diagonal().mean())
    np.testing.assert_allclose(same, factors_of(wanted), rtol=1e-5)
