"""What quantization takes of tensors: the quick sums are those of the slow way."""

import math

import numpy as np
import pytest

import nnc.deepcabac
from nnc.decoder.dequantization import step_size
from nnc.encoder.quantization.choice import Quantized
from nnc.encoder.quantization.loss import energy, note_loss, noting, quick_loss

compiled = pytest.mark.skipif(not nnc.deepcabac.is_compiled(), reason="compiled sums")


def quantized(values, qp):
    levels = np.rint(values / step_size(qp, 2)).astype(np.int32)
    return Quantized(levels, qp)


@compiled
@pytest.mark.parametrize("count", [1, 3, 255, 256, 257, 70_000])
@pytest.mark.parametrize("qp", [-60, -24, -1, 16])
def test_quick_loss(count, qp):
    values = np.random.default_rng(count).normal(size=count).astype(np.float32)
    one = quantized(values, qp)
    found = quick_loss(values, one, 2)
    assert found.values == count
    assert found.signal == pytest.approx(energy(values), rel=1e-5)
    assert found.noise == pytest.approx(one.distortion(values, 2).squared, rel=1e-4)


@pytest.mark.parametrize("scale", [1e-30, 1e-10, 1e10, 1e38])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_any_scale_is_measured(scale, kind):
    values = (np.random.default_rng(1).uniform(-1, 1, size=500) * scale).astype(kind)
    qp = 4 * round(math.log2(scale)) - 20
    with noting() as notes:
        note_loss("w", values, quantized(values, qp), 2)
    assert notes["w"].signal == pytest.approx(energy(values), rel=1e-4)
    assert 30 < notes["w"].snr < 60


def test_values_that_are_tiny_beside_the_step_are_lost():
    values = np.full(100, 1e-25, np.float32)
    with noting() as notes:
        note_loss("w", values, quantized(values, 0), 2)
    assert notes["w"].signal == pytest.approx(1e-48, rel=1e-4)
    assert notes["w"].share == pytest.approx(1)
