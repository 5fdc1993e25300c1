"""How the property tests draw: few and shrinking in the quick run, many in the slow one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from nnc.fuzzing.strategies import RandomSource, RejectedError, strategy

QUICK_EXAMPLES = 60
SLOW_EXAMPLES = 10_000

QUICK = settings(
    max_examples=QUICK_EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def with_hypothesis(draw: Callable, holds: Callable) -> None:
    """Check what Hypothesis draws; a failing example is shrunk."""
    QUICK(given(strategy(draw))(holds))()


def with_seeds(draw: Callable, holds: Callable) -> None:
    """Check what seeds give: the same draws, without the bookkeeping that shrinking needs."""
    checked = seed = 0
    while checked < SLOW_EXAMPLES:
        seed += 1
        assert seed < 3 * SLOW_EXAMPLES, "most draws are rejected"
        try:
            drawn = draw(RandomSource(seed))
        except RejectedError:
            continue
        try:
            holds(drawn)
        except BaseException as error:
            error.add_note(f"drawn with seed {seed}")
            raise
        checked += 1


@pytest.fixture(params=["quick", pytest.param("slow", marks=pytest.mark.slow)])
def run(request) -> Callable:
    """Run a check on what a drawing function draws from a source."""
    return with_hypothesis if request.param == "quick" else with_seeds


@pytest.fixture
def run_many() -> Callable:
    """Run a check on thousands of draws; for slow tests whose quick form goes through a list."""
    return with_seeds
