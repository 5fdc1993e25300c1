"""Values put in the place of others: as near as the steps allow, and nothing else is changed."""

import numpy as np
import pytest

import nnc
from nnc.editing.values import nearest_values, replace_values

RANDOM = np.random.default_rng(5)
MODEL = {
    "weight": RANDOM.normal(0, 0.1, (20, 12)).astype(np.float32),
    "bias": RANDOM.normal(0, 1, 20).astype(np.float32),
    "count": np.arange(6, dtype=np.int32),
}
OTHER = {
    "weight": RANDOM.normal(0, 0.1, (20, 12)).astype(np.float32),
    "bias": RANDOM.normal(0, 1, 20).astype(np.float32),
}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dq": True},
        {"dq": False},
        {"profile": 0},
        {"row_skip": True},
        {"tensors": {"weight": {"row_axis": 1}}},
        {"keep": ["*"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("names", [["bias"], ["weight"], ["weight", "bias"]])
def test_values_are_near(options, names):
    bitstream = nnc.Bitstream.parse(nnc.encode(MODEL, qp=-20, nonweight_qp=-40, **options))
    before = nnc.decode(bitstream)
    plan = replace_values(bitstream, {name: OTHER[name] for name in names})
    assert plan.changes
    after = nnc.decode(bitstream.to_bytes())
    far = nnc.decode(nnc.encode({**MODEL, **OTHER}, qp=-20, nonweight_qp=-40, **options))
    for name, values in after.items():
        if name in names:
            wanted = np.abs(OTHER[name] - far[name]).max()
            assert np.abs(values - OTHER[name]).max() <= 1.5 * wanted
        else:
            np.testing.assert_array_equal(values, before[name])
    assert not nnc.check(bitstream, deep=True)


@pytest.mark.parametrize("name", ["bias", "weight"])
def test_values_are_the_nearest_of_a_codebook(name):
    data = nnc.encode(MODEL, qp=-20, nonweight_qp=-20, codebook=12, dq=False)
    bitstream = nnc.Bitstream.parse(data)
    entries = np.unique(nnc.decode(data)[name])
    replace_values(bitstream, {name: OTHER[name]})
    after = nnc.decode(bitstream)[name]
    nearest = np.abs(OTHER[name][..., None] - entries).min(axis=-1)
    assert (np.abs(after - OTHER[name]) <= nearest + 1e-6).all()


def test_a_plan_changes_nothing():
    data = nnc.encode(MODEL)
    bitstream = nnc.Bitstream.parse(data)
    assert replace_values(bitstream, {"bias": OTHER["bias"]}, keep=False).changes
    assert bitstream.to_bytes() == data


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ({"none": [1.0]}, {}, "no tensor 'none'"),
        ({"bias": [1.0]}, {}, r"shape \(20,\), not \(1,\)"),
        ({"bias": [np.nan] * 20}, {}, "must be finite"),
        ({"bias": ["x"] * 20}, {}, "must be finite"),
        ({"bias": [1e30] * 20}, {}, "too large for its step"),
        ({"count": range(6)}, {}, "without loss"),
        ({"weight": OTHER["weight"]}, {"scan_order": 1}, "in blocks"),
    ],
)
def test_what_cannot_be_put_is_refused(values, options, message):
    data = nnc.encode(MODEL, **options)
    bitstream = nnc.Bitstream.parse(data)
    with pytest.raises(nnc.InputError, match=message):
        replace_values(bitstream, {"bias": OTHER["bias"], **values})
    assert bitstream.to_bytes() == data


@pytest.mark.parametrize("options", [{}, {"dq": False}, {"keep": ["*"]}], ids=str)
def test_nearest_values_are_those_of_a_decoder(options):
    data = nnc.encode(MODEL, qp=-20, nonweight_qp=-40, **options)
    bitstream = nnc.Bitstream.parse(data)
    found = nearest_values(bitstream, OTHER)
    assert bitstream.to_bytes() == data
    replace_values(bitstream, OTHER)
    after = nnc.decode(bitstream)
    assert found.keys() == OTHER.keys()
    for name, values in found.items():
        np.testing.assert_array_equal(values, after[name])


def test_nearest_values_leave_out_what_is_refused():
    bitstream = nnc.Bitstream.parse(nnc.encode(MODEL, scan_order=1))
    wanted = {**OTHER, "none": [1.0], "count": range(6)}
    assert nearest_values(bitstream, wanted).keys() == {"bias"}


def test_floats_that_come_back_to_the_bit_are_told_of_as_such():
    values = RANDOM.normal(0, 0.1, (7, 140)).astype(np.float32)
    bitstream = nnc.Bitstream.parse(nnc.encode({"weight": values}, lossless=True))
    with pytest.raises(nnc.InputError, match="coded without loss"):
        replace_values(bitstream, {"weight": values})
