"""Blocks that nobody asks for: where they are taken, and where something else comes first."""

import numpy as np
import pytest

import nnc
from nnc.encoder.units import alternatives

SHAPE = (140, 72)
QP = {"qp": -20, "nonweight_qp": -40}


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Take for large what is quick to encode."""
    monkeypatch.setattr(alternatives, "FEWEST_ROWS", 128)
    monkeypatch.setattr(alternatives, "FEWEST_COLS", 64)


def weights(shape=SHAPE):
    return np.random.default_rng(1).laplace(0, 0.1, shape).astype(np.float32)


def header_of(data):
    """Return the header of the first tensor."""
    headers = (unit.readable_header() for unit in nnc.Bitstream.parse(data).walk())
    found = (getattr(one, "nnr_compressed_data_unit_header", None) for one in headers)
    return next(filter(None, found))


@pytest.mark.parametrize("options", [{}, {"effort": 0}, {"dq": False}, {"profile": 0}], ids=str)
def test_large_tensors_are_in_blocks(options):
    model = {"w": weights()}
    data = nnc.encode(model, **QP, **options)
    header = header_of(data)
    assert header.scan_order == 4
    assert len(header.cabac_offset_list) == 2
    plain = nnc.encode(model, scan_order=0, **QP, **options)
    assert not header_of(plain).scan_order
    loss = [((nnc.decode(one)["w"] - model["w"]) ** 2).mean() for one in (data, plain)]
    assert loss[0] == pytest.approx(loss[1], rel=0.05)


def test_whole_numbers_are_in_blocks():
    model = {"w": np.random.default_rng(2).integers(-100, 100, SHAPE, np.int8)}
    data = nnc.encode(model)
    assert header_of(data).scan_order == 4
    np.testing.assert_array_equal(nnc.decode(data)["w"], model["w"])


@pytest.mark.parametrize(
    "options",
    [
        {"scan_order": 0},
        {"effort": 2},
        {"row_skip": True},
        {"codebook": 20},
        {"tensors": {"w": {"row_axis": 1}}},
        {"tensors": {"w": {"scan_order": 0}}},
        {"qp": -8},
        {"lossless": True, "qp": None, "nonweight_qp": None},
    ],
    ids=str,
)
def test_other_options_come_first(options):
    assert not header_of(nnc.encode({"w": weights()}, **{**QP, **options})).scan_order


@pytest.mark.parametrize("shape", [(127, 72), (140, 63), (140,), (1, 9000)])
def test_others_are_not(shape):
    assert not header_of(nnc.encode({"w": weights(shape)}, **QP)).scan_order


def test_rows_of_zeros_are_skipped_instead():
    values = weights()
    values[::3] = 0
    assert not header_of(nnc.encode({"w": values}, **QP)).scan_order


def test_updates_are_not():
    encoder, decoder = nnc.Encoder(**QP), nnc.Decoder()
    model = {"w": weights()}
    decoder.decode(encoder.encode(model))
    data = encoder.encode({"w": model["w"] + weights() / 4})
    assert not header_of(data).scan_order
