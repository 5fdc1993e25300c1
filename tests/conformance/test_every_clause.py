"""Each clause of decoding, quantization and entropy coding: our encoder writes it, we read it."""

import numpy as np
import pytest

import nnc
from nnc.decoder.dequantization import step_size
from tests.clauses import BOUND, PRESENT, QP, ROWS, found, found_bins

#: Clauses of decoding, quantization and entropy coding, and what they are divided into.
CLAUSES = [
    "7.2", "7.3.2", "7.3.3", "7.3.4", "7.3.5", "7.3.6",
    "9.2.1", "9.2.2", "9.2.3", "9.2.4", "9.3.1", "9.3.2", "9.3.3",
    "10.1", "10.2", "10.3",
]  # fmt: skip


def parsed(row):
    return [nnc.Bitstream.parse(data, **row.given) for data in row.encoded()]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_element_at_stake_is_there(row):
    bitstreams = parsed(row)
    for name, value in row.elements.items():
        values = found(bitstreams, name)
        assert values, f"{name} is nowhere"
        assert value is PRESENT or value in values, f"{name} is {values}"
    for name in row.absent:
        assert not found(bitstreams, name)
    bins = found_bins(bitstreams) if row.bins or row.absent_bins else set()
    assert not {name for name, _ in bins} & set(row.absent_bins)
    for name, value in row.bins.items():
        assert {(name, 0), (name, 1)} & bins, f"{name} is nowhere"
        assert value is PRESENT or (name, value) in bins


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_model_comes_back(row):
    step = largest_step(row)
    if row.is_session:
        encoder_options = {"qp": QP, "nonweight_qp": QP} | row.options
        encoder, decoder = nnc.Encoder(**encoder_options), nnc.Decoder()
        for model in row.models:
            decoded = decoder.decode(encoder.encode(model))
            assert_near(decoded, model, BOUND * step)
            kept = encoder.decoder.tensors()
            assert all(np.array_equal(decoded[name], kept[name]) for name in kept)
        return
    (data,) = row.encoded()
    decoded = nnc.decode(data, reconstruct=False, **row.given)
    exact = bool(row.options.get("keep"))
    clusters = row.options.get("codebook") not in (None, True)
    assert_near(decoded, row.models[0], 0 if exact else 0.1 if clusters else BOUND * step)


def largest_step(row):
    density = row.options.get("qp_density", 2)
    qps = [row.options.get(name, QP) for name in ("qp", "nonweight_qp")]
    return float(step_size(max(qps), density))


def assert_near(decoded, model, bound):
    assert set(decoded) == set(model)
    for name, values in model.items():
        assert decoded[name].shape == values.shape
        if values.dtype.kind == "i":
            assert np.array_equal(decoded[name], values), name
        else:
            assert decoded[name].dtype == values.dtype
            wide = values.astype("f8")
            allowed = bound + (2e-3 * np.abs(wide).max() if values.dtype == "f2" and bound else 0)
            assert np.abs(decoded[name].astype("f8") - wide).max() <= allowed, name


def test_integers_come_in_their_formats():
    dtypes = {row.what: nnc.decode(row.encoded()[0])["x"].dtype.name for row in ROWS
              if row.clause == "7.2"}  # fmt: skip
    for what, dtype in dtypes.items():
        name = what.partition(",")[0]
        assert dtype == {"int2": "int8", "int3": "int8", "int4": "int8"}.get(name, name)


@pytest.mark.parametrize("clause", CLAUSES)
def test_no_clause_is_left_out(clause):
    assert any(clause in row.clause.split(", ") for row in ROWS)


def test_each_bit_of_the_parameter_types_is_written():
    for payload_type in (1, 3):
        rows = [
            row for row in ROWS
            if row.elements.get("nnr_compressed_data_unit_payload_type") == payload_type
        ]  # fmt: skip
        types = {row.elements.get("compressed_parameter_types") for row in rows}
        assert types >= set(range(1, 16))
