"""The constants of clause 10, against checksums and against each other."""

import hashlib
import math

import pytest

from nnc.deepcabac.arithmetic import Context
from nnc.deepcabac.tables import (
    BIN_COSTS,
    COST_FRACTION_BITS,
    LPS_RANGE,
    PARAMETER_SETS,
    STATE_CURVE,
    STATE_TRANSITIONS,
)


def checksum(values):
    return hashlib.sha256(",".join(str(value) for value in values).encode()).hexdigest()[:16]


def test_lps_range():
    assert len(LPS_RANGE) == 8 * 32
    assert checksum(LPS_RANGE) == "b6ddfb9a693d736c"


def test_state_curve():
    assert len(STATE_CURVE) == 32
    assert checksum(STATE_CURVE) == "7bb887b1875061af"


def test_parameter_sets():
    assert len(PARAMETER_SETS) == 9
    assert checksum(number for chosen in PARAMETER_SETS for number in chosen) == "13aa56601b727a91"


def test_state_transitions():
    assert checksum(state for row in STATE_TRANSITIONS for state in row) == "1bf88ba7ed6f4a26"


def test_transitions_of_parity_0_return_after_4():
    for start in range(8):
        state = start
        for _ in range(4):
            state = STATE_TRANSITIONS[state][0]
        assert state == start


@pytest.mark.parametrize("certainty", range(32))
def test_costs_are_averages_over_the_ranges(certainty):
    more = less = 0.0
    for interval in range(256, 511):
        part = LPS_RANGE[(interval & 0xE0) + certainty]
        less -= math.log2(part / interval) / 255
        more -= math.log2((interval - part) / interval) / 255
    expected = (round(more * 2**COST_FRACTION_BITS), round(less * 2**COST_FRACTION_BITS))
    assert BIN_COSTS[certainty] == expected


@pytest.mark.parametrize("index", range(9))
@pytest.mark.parametrize("value", [0, 1])
def test_certainty_never_passes_31(index, value):
    context = Context(0, index)
    for _ in range(5000):
        context.update(value)
        assert 0 <= context.certainty <= 31
        assert -128 <= context.fast <= 127
        assert -2048 <= context.slow <= 2047
    assert context.more_probable == value
