"""Comparing the values of two models."""

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc.cli.main import run
from nnc.inspect import value_difference
from nnc.inspect.value_difference import compare_values


def one(first, second):
    (found,) = compare_values({"t": np.asarray(first)}, {"t": np.asarray(second)})
    return found


def test_errors_are_measured(monkeypatch):
    monkeypatch.setattr(value_difference, "PIECE", 3)
    first = np.array([[1.0, -2.0], [3.0, 0.5]], np.float32)
    second = np.array([[1.0, -2.5], [4.0, 0.5]], np.float32)
    found = one(first, second)
    assert (found.values, found.different) == (4, 2)
    assert (found.max_error, found.mean_error, found.mse) == (1.0, 0.375, 0.3125)
    angle = np.vdot(first, second) / np.linalg.norm(first) / np.linalg.norm(second)
    assert found.cosine == pytest.approx(float(angle), rel=1e-6)


def test_equal_tensors_have_no_difference():
    found = one([1.0, np.nan, np.inf, -0.0], [1.0, np.nan, np.inf, 0.0])
    assert (found.different, found.max_error, found.mse) == (0, 0, 0)


def test_what_is_not_finite_in_one_alone_differs():
    assert one([1.0, 2.0], [1.0, np.nan]).different == 1
    assert one([1.0, 2.0], [1.0, np.inf]).max_error == np.inf


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((0, 4)), np.array(0)])
def test_no_cosine_without_length(values):
    assert one(values, values).cosine is None


def test_what_cannot_be_compared_is_named():
    found = list(
        compare_values(
            {"a": np.zeros(2), "b": np.zeros(3)}, {"b": np.zeros((3, 1)), "c": np.zeros(1)}
        )
    )
    assert [(d.name, d.problem) for d in found] == [
        ("a", "only in the first"),
        ("b", "shapes (3,) and (3, 1)"),
        ("c", "only in the second"),
    ]


def test_the_command_compares_a_model_with_its_bitstream(tmp_path, capsys):
    weights = np.random.default_rng(0).normal(size=(9, 8)).astype(np.float32)
    save_file({"w": weights}, tmp_path / "m.safetensors")
    nnc.save_file({"w": weights}, tmp_path / "m.nnc")
    paths = [str(tmp_path / "m.safetensors"), str(tmp_path / "m.nnc")]
    assert run(["diff", *paths, "--values"]) == 1
    header, line = capsys.readouterr().out.splitlines()
    assert header.split()[:3] == ["name", "values", "different"]
    assert line.split()[:2] == ["w", "72"]
    assert run(["diff", paths[1], paths[1], "--values"]) == 0
