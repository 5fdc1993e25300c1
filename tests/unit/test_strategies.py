"""`nnc.strategies`: bitstreams of neural networks, drawn by Hypothesis."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

import nnc
from nnc import strategies

SLOW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@SLOW
@given(strategies.valid())
def test_valid_bitstreams(drawn):
    bitstream = nnc.Bitstream.parse(drawn.data, **drawn.out_of_band)
    assert bitstream.to_bytes() == drawn.data


@SLOW
@given(strategies.invalid("truncated"))
def test_broken_bitstreams(drawn):
    assert drawn.broken.kind == "truncated"
    assert nnc.check(drawn.data, **drawn.out_of_band)


def test_rules():
    assert isinstance(strategies.valid(), SearchStrategy)
    assert "range:scan_order" in strategies.rules()
    with pytest.raises(nnc.InputError, match="no rule 'rnge'"):
        strategies.invalid("rnge")
