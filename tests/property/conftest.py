"""How many examples the property tests take: few in the quick run, many in the slow one."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

QUICK = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SLOW = settings(QUICK, max_examples=10_000)


@pytest.fixture(params=["quick", pytest.param("slow", marks=pytest.mark.slow)])
def examples(request) -> settings:
    """The settings of a property test, one run each."""
    return QUICK if request.param == "quick" else SLOW
