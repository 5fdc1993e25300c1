"""Vectors that one bitstream decodes by itself: levels and values, by every engine."""

import numpy as np
import pytest

import nnc
from nnc import deepcabac
from nnc.decoder import together
from nnc.deepcabac import engine, reference
from tests.cases import CASES

#: One tensor after the other, small ones together, and what is possible in lanes.
ENGINES = ("compiled", "reference", "plain", "alike", "lanes")
SINGLE = [case for case in CASES if not case.is_sequence and not case.is_odd]


#: Vectors that are about the size of units take the reference seconds, and tell it nothing.
LARGE = 1 << 14


def by_engine():
    """Yield each vector with each engine; large ones with the reference are slow."""
    for case in SINGLE:
        for name in ENGINES:
            is_slow = name == "reference" and case.bitstreams[0].stat().st_size > LARGE
            marks = [pytest.mark.slow] if is_slow else []
            yield pytest.param(case, name, marks=marks, id=f"{name}-{case.name}")


def force(engine_name, changed):
    """Let one engine decode whatever it can."""
    lanes, plain, alike = deepcabac.lanes(), deepcabac.decode_plain, deepcabac.decode_alike
    changed.setattr(deepcabac, "lanes", lambda: None)
    changed.setattr(deepcabac, "decode_plain", lambda tasks: [None] * len(tasks))
    changed.setattr(deepcabac, "decode_alike", lambda *about: None)
    if engine_name == "plain":
        changed.setattr(together, "SMALL_TENSOR", 1 << 40)
        changed.setattr(deepcabac, "decode_plain", plain)
    elif engine_name == "alike":
        changed.setattr(together, "SMALL_TENSOR", 1 << 40)
        changed.setattr(together, "FEWEST_ALIKE", 1)
        changed.setattr(deepcabac, "decode_alike", alike)
    elif engine_name == "lanes":
        if lanes is None:
            pytest.skip("no lanes on this processor")
        changed.setattr(together, "SMALL_TENSOR", 0)
        changed.setattr(lanes, "FEWEST_LEVELS", 1)
        decode = lanes.decode_together
        # Each of them several times, since a few aren't decoded in lanes.
        changed.setattr(
            lanes,
            "decode_together",
            lambda tasks, *how: decode([task for task in tasks for _ in range(8)], *how)[::8],
        )
        changed.setattr(deepcabac, "lanes", lambda: lanes)
    else:
        decoder = reference.Decoder if engine_name == "reference" else engine.Decoder
        changed.setattr(deepcabac, "Decoder", decoder, raising=False)


@pytest.mark.parametrize(("case", "engine_name"), list(by_engine()))
def test_levels(case, engine_name, monkeypatch):
    force(engine_name, monkeypatch)
    levels = case.arrays("levels") or {}
    decoded = nnc.decode_levels(case.bitstreams[0].read_bytes(), **case.out_of_band)
    assert set(decoded) == set(levels)
    for name, expected in levels.items():
        assert decoded[name].dtype == np.int32
        assert decoded[name].shape == expected.shape
        np.testing.assert_array_equal(decoded[name], expected, err_msg=name)


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case.name)
def test_values(case):
    values = case.arrays("expected")
    data = case.bitstreams[0].read_bytes()
    tensors = nnc.decode(data, reconstruct=False, **case.out_of_band)
    assert set(tensors) == set(values)
    for name, expected in values.items():
        assert tensors[name].dtype == expected.dtype
        assert tensors[name].shape == expected.shape
        np.testing.assert_array_equal(tensors[name], expected, err_msg=name)


COMBINED = [case for case in SINGLE if case.arrays("expected_combined") is not None]


@pytest.mark.parametrize("case", COMBINED, ids=lambda case: case.name)
def test_reconstruction(case):
    tensors = nnc.decode(case.bitstreams[0].read_bytes())
    expected = case.arrays("expected_combined")
    assert set(tensors) == set(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(tensors[name], values, err_msg=name)


DECOMPOSED = [c for c in CASES if "-dc" in c.name and not c.is_sequence]


@pytest.mark.parametrize("case", DECOMPOSED, ids=lambda case: case.name)
def test_decomposed_weights_are_products(case):
    data = case.bitstreams[0].read_bytes()
    parts, tensors = nnc.decode(data, reconstruct=False), nnc.decode(data)
    weights = [name.removesuffix("_G") for name in parts if name.endswith("_G")]
    assert weights
    for name in weights:
        product = parts[f"{name}_G"].astype(float) @ parts[f"{name}_H"].astype(float)
        expected = product.reshape(tensors[name].shape)
        if f"{name}_scaling" in parts:
            scaling = parts[f"{name}_scaling"].astype(float)
            expected *= scaling.reshape(-1, *(1 for _ in expected.shape[1:]))
            assert f"{name}_scaling" not in tensors
        np.testing.assert_allclose(tensors[name], expected, rtol=1e-5, atol=1e-5)
        assert f"{name}_G" not in tensors


@pytest.mark.parametrize("case", [c for c in SINGLE if "p0" in c.name], ids=lambda c: c.name)
def test_the_dialect_is_found(case):
    bitstream = nnc.Bitstream.parse(case.bitstreams[0].read_bytes())
    model = nnc.decoder.decode_model(bitstream)
    if model.nncodec1:
        assert case.description["peer"] == "nncodec 1.x"
    if case.description.get("dialect") != "nncodec-1":
        assert not model.nncodec1
