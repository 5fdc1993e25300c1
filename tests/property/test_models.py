"""Random models under random options: what is decoded is what was encoded, within its bound."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import nnc
from nnc.decoder import Resources, decode_model
from nnc.decoder.dequantization import step_size
from nnc.fuzzing.strategies import RandomSource, strategy
from tests.property.models import DrawnModel, draw_model

QUICK_EXAMPLES = 100
SLOW_EXAMPLES = 5_000

#: Largest errors in steps by dependent quantization, and whether bits count beside the error.
BOUNDS = {(False, False): 0.5, (True, False): 2, (False, True): 2, (True, True): 4}


def holds(drawn: DrawnModel) -> None:
    """Check that a model comes back: names, shapes, dtypes, integers, values within bounds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", nnc.EncodingWarning)
        data = nnc.encode(drawn.tensors, threads=1, **drawn.options)
    bitstream = nnc.Bitstream.parse(data, **drawn.given)
    assert bitstream.to_bytes() == data
    model = decode_model(bitstream, Resources(threads=1))
    coded = {name: one for one in model.tensors() for name in one.tensor.names}
    decoded = model.values(reconstruct=False)
    tensors = drawn.coded_tensors()
    assert set(decoded) == set(tensors)
    for name, values in tensors.items():
        assert decoded[name].dtype == values.dtype, name
        assert decoded[name].shape == values.shape, name
        if values.dtype.kind in "biu" or coded[name].qp is None:
            assert np.array_equal(decoded[name], values), name
        else:
            unit = [tensors[one].astype("f8").ravel() for one in coded[name].tensor.names]
            values_of_unit = np.concatenate(unit)
            spread = np.ptp(values_of_unit) if values_of_unit.size else 0
            assert_near(name, decoded[name], values, coded[name], drawn.options, spread)
    if drawn.options["prune_rows"]:
        at_full_size(drawn, data)


def at_full_size(drawn, data):
    """Check that rows that were left out come back as zeros, each at its place."""
    expected = drawn.at_full_size(nnc.decode(data, **drawn.given))
    full = nnc.decode(data, pruned=False, **drawn.given)
    assert list(full) == list(expected)
    for name, values in full.items():
        assert np.array_equal(values, expected[name]), name


def assert_near(name, decoded, values, coded, options, spread):
    """Check values against the bound of the quantization that their unit says."""
    decoded, wide = decoded.astype("f8"), values.astype("f8")
    step = float(step_size(coded.qp, coded.layout.qp_density))
    error = np.abs(decoded - wide)
    # Rounding of the product to float32, and that to the tensor's own type.
    precision = {"float16": 2.0**-10, "bfloat16": 2.0**-7}.get(values.dtype.name, 2.0**-22)
    allowance = precision * np.abs(wide) + (2.0**-24 if values.dtype == "float16" else 0)
    dq = coded.layout.coding.dq_flag
    bound = step * BOUNDS[bool(dq), options["effort"] > 0]
    if coded.tensor.codebook is not None and options["codebook"] is not True:
        # The entries are where the values are, and need not be at half a step from each.
        bound = spread * (1 + 2.0**-6) + np.abs(wide).max() * 2.0**-6 + step
    near = error <= bound * (1 + 1e-5) + allowance
    if "bit_depth" in options:
        # What doesn't fit is clipped: nearer to zero than it was.
        near |= np.abs(decoded) <= np.abs(wide)
    assert near.all(), (name, error.max(), step)


@settings(
    max_examples=QUICK_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(strategy(draw_model))
def test_models_come_back(drawn):
    holds(drawn)


@pytest.mark.slow
def test_many_models_come_back():
    for seed in range(SLOW_EXAMPLES):
        drawn = draw_model(RandomSource(seed))
        try:
            holds(drawn)
        except BaseException as error:
            error.add_note(f"drawn with seed {seed}: {drawn.options}")
            raise
