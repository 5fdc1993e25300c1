"""Pieces of a sequence at once in lanes: the same indices as one value after the other."""

import importlib

import numpy as np
import pytest

from nnc import deepcabac
from nnc.bitio.errors import InputError

if not deepcabac.is_compiled() or deepcabac.lanes() is None:
    pytest.skip("no lanes on this processor", allow_module_level=True)

quantize = importlib.import_module("nnc.encoder.quantization.trellis").quantize_dependent


def scalar(values, step, monkeypatch):
    """Return what comes of it without lanes."""
    with monkeypatch.context() as patch:
        patch.setattr(deepcabac, "lanes", lambda: None)
        return quantize(values, step)


def drawn(generator, longest):
    """Return a sequence of any length and kind, and a step."""
    count = int(longest ** generator.uniform(0, 1))
    values = generator.laplace(0, 1, count).astype(np.float32)
    kind = generator.integers(5)
    if kind == 1:
        values[generator.random(count) < generator.random()] = 0
    elif kind == 2:
        # Rows of zeros, where costs stay as they are.
        values[np.repeat(generator.random(count // 300 + 1) < 0.5, 300)[:count]] = 0
    elif kind == 3:
        # Many ties.
        values = values.round()
    elif kind == 4:
        values *= 10.0 ** generator.integers(-30, 30)
    largest = float(np.abs(values).max(initial=0)) or 1.0
    step = np.float32(largest * 2.0 ** -generator.uniform(-2, 30))
    return values, max(float(step), 1e-37)


@pytest.mark.parametrize("length", [4095, 4096, 4097, 4127, 9000, 65_535, 65_536, 70_001, 150_000])
@pytest.mark.parametrize("scale", [0.05, 0.3, 2.0, 100.0])
def test_same_indices(monkeypatch, length, scale):
    values = np.random.default_rng(length).laplace(0, scale, length).astype(np.float32)
    expected = scalar(values, 1.0, monkeypatch)
    assert (quantize(values, 1.0) == expected).all()


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, -1.5, 2.0, 2.0**31 - 256])
def test_constant_sequences(monkeypatch, value):
    values = np.full(70_000, value, np.float32)
    values[::9973] = 1.25
    assert (quantize(values, 1.0) == scalar(values, 1.0, monkeypatch)).all()


@pytest.mark.parametrize("longest", [30_000, pytest.param(300_000, marks=pytest.mark.slow)])
def test_drawn_sequences(monkeypatch, longest):
    generator = np.random.default_rng(longest)
    for _ in range(longest // 300 if longest < 100_000 else 10_000):
        values, step = drawn(generator, longest)
        assert (quantize(values, step) == scalar(values, step, monkeypatch)).all()


@pytest.mark.parametrize("place", [0, 1, 700, 8191, 8192, 20_000, 69_999])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2.0**31])
def test_refuses_what_is_anywhere(place, value):
    values = np.ones(70_000, np.float32)
    values[place] = value
    with pytest.raises(InputError, match=f"value {place} is"):
        quantize(values, 1.0)
