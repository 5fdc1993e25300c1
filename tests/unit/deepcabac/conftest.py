"""What the tests of the entropy coder share: both engines, fitting levels, the round trip."""

import importlib

import numpy as np
import pytest

from nnc.deepcabac.scan import segments
from nnc.deepcabac.tables import STATE_TRANSITIONS

ENGINES = ("reference", "engine")


@pytest.fixture(scope="session", params=ENGINES)
def coder(request):
    """Return each engine in turn; the compiled one only where it was compiled."""
    return load_engine(request.param)


@pytest.fixture(scope="session")
def both():
    """Return both engines, the reference first."""
    return tuple(load_engine(name) for name in ENGINES)


@pytest.fixture(scope="session")
def fit_states():
    """Return the function that makes levels fit the states of dependent quantization."""
    return _fit_states


@pytest.fixture(scope="session")
def check(both):
    """Return the function that codes levels on both engines and compares everything."""

    def check_round_trip(levels, coding, context=None, **options):
        """Encode and decode; `context` goes to both, `options` to the encoder. Give the bytes."""
        context = context or {}
        first, second = (_encode(engine, levels, coding, **context, **options) for engine in both)
        assert first == second
        payload, entry_points = first
        for engine in both:
            decoder = engine.Decoder(payload)
            assert decoder.quantization_parameter(2) == -3
            result = decoder.tensor(*levels.shape, coding, entry_points=entry_points, **context)
            decoder.finish()
            assert result.dtype == np.int32
            np.testing.assert_array_equal(result, levels)
        return payload

    return check_round_trip


def load_engine(name):
    """Import an engine, or skip the test where the compiled one is missing."""
    try:
        return importlib.import_module(f"nnc.deepcabac.{name}")
    except ImportError:
        pytest.skip("the engine was not compiled")


def _encode(engine, levels, coding, **options):
    encoder = engine.Encoder()
    encoder.quantization_parameter(-3, 2)
    entry_points = encoder.tensor(levels, coding, **options)
    return encoder.finish(), entry_points


def _fit_states(levels, coding):
    """Move levels towards 0 by one where their parity doesn't fit the state, in scan order."""
    fitted = np.array(levels, np.int32)
    if not coding.dq_flag:
        return fitted
    state = 0
    for segment in segments(*fitted.shape, coding):
        for col in range(segment.start, segment.stop):
            level = int(fitted[segment.row, col])
            if level and (level ^ state) & 1:
                level += 1 if level < 0 else -1
            fitted[segment.row, col] = level
            state = STATE_TRANSITIONS[state][(abs(level) + 1) // 2 & 1]
    return fitted
