"""Which units are decoded many at once, and that it doesn't matter how."""

import numpy as np
import pytest

import nnc
from nnc import deepcabac
from nnc.decoder import model


@pytest.fixture
def alone(monkeypatch):
    """Return the names of tensors that are decoded by themselves, as they come."""
    if not deepcabac.is_compiled():
        pytest.skip("the reference engine decodes one after the other")
    names = []

    def decode_unit(unit, layout, *rest, real=model.decode_unit):
        names.append(layout.tensors[0].name)
        return real(unit, layout, *rest)

    monkeypatch.setattr(model, "decode_unit", decode_unit)
    return names


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", [(384,), (3, 500), (4000,)])
def test_tensors_of_large_levels_are_not_decoded_alone(alone, shape, threads):
    random = np.random.default_rng(1)
    tensors = {f"t{number}": random.normal(0, 1, shape).astype("f4") for number in range(12)}
    data = nnc.encode(tensors, qp=-80, nonweight_qp=-80, lossless=False)
    decoded = nnc.decode(data, threads=threads)
    assert alone == []
    for name, values in tensors.items():
        np.testing.assert_allclose(decoded[name], values, atol=2**-18)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_small_and_large_tensors_are_those_of_one_thread(threads):
    random = np.random.default_rng(2)
    tensors = {
        f"t{number}": random.laplace(0, 0.1, (1 + 7 * number, 11)).astype("f4")
        for number in range(60)
    }
    data = nnc.encode(tensors, qp=-30)
    one, many = nnc.decode(data, threads=1), nnc.decode(data, threads=threads)
    assert list(one) == list(many) == list(tensors)
    for name, values in one.items():
        np.testing.assert_array_equal(many[name], values)
