"""Codewords that wait for each other, so that the levels of many are written at once.

What a unit's header says doesn't depend on its codeword where there are no entry points. So units
are made without one, and get theirs when enough are waiting; asked for sooner, at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from nnc import deepcabac
from nnc.bitstream import Unit

#: Fewer levels aren't worth the wait.
FEWEST_LEVELS = 256


class Waiting(NamedTuple):
    """A codeword that isn't finished.

    Attributes:
        coder: what it is coded by.
        unit: the unit that it is for.
    """

    coder: deepcabac.Encoder
    unit: Unit


_waiting: ContextVar[list[Waiting] | None] = ContextVar("waiting", default=None)


@contextmanager
def written_together() -> Iterator[None]:
    """Let codewords of units that the caller makes meanwhile wait for each other."""
    waiting: list[Waiting] = []
    token = _waiting.set(waiting)
    try:
        yield
        finish_all(waiting)
    finally:
        _waiting.reset(token)


def may_wait(count: int) -> bool:
    """Tell whether a codeword of the caller's of so many levels may wait."""
    return count >= FEWEST_LEVELS and _waiting.get() is not None


def wait(coder: deepcabac.Encoder, unit: Unit) -> None:
    """Let a unit wait for its codeword."""
    waiting = _waiting.get()
    assert waiting is not None
    waiting.append(Waiting(coder, unit))


def finish(units: Collection[Unit]) -> None:
    """Finish the codewords of those of some units that wait for one."""
    waiting = _waiting.get()
    if not waiting:
        return
    wanted = {id(unit) for unit in units}
    finish_all([one for one in waiting if id(one.unit) in wanted])
    waiting[:] = [one for one in waiting if id(one.unit) not in wanted]


def finish_all(waiting: list[Waiting]) -> None:
    """Finish codewords, as many at once as that is possible."""
    deepcabac.write_together([one.coder for one in waiting])
    for one in waiting:
        one.unit.payload = one.coder.finish()
