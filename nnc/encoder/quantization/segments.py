"""Long sequences through a trellis: segments at the same time, the same result as in one go.

What a trellis knows at a place is by how much each state costs more than the cheapest. Some
values further on that hardly depends on where it began: the best paths to all states have a
common ancestor. So each segment begins some values earlier, as if all states were as good as each
other, and its costs at its own beginning are mostly those with which the segment before
ends. Where they aren't, to the last bit, the segment is gone through once more. Backward it is the
same: the best paths from all states after some values mostly come from one state before them. So
the indices of some segments can be found, and what leads back through them forgotten, before
the next are gone through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

#: Segments begin at multiples of this: of the blocks of all trellises.
ALIGNMENT = 1 << 9

#: So many values before its beginning a segment's costs are begun with.
WARM_UP = 1 << 12

#: So many values ahead the common ancestor of all paths is looked for where it isn't nearer: among
#: levels that are nearly all 0.
LOOK_FURTHER = 1 << 16

#: Values from which a segment is worth a call of its own.
SHORTEST_SEGMENT = 1 << 17

#: Values from which other threads may run Python while a sequence is gone through: to hand over
#: takes longer than what there is to do for fewer.
FEWEST_HANDED_OVER = 1 << 13

#: For each thread so many values are gone through before their indices are found.
LONGEST_SEGMENT = 1 << 22


class Helpers(NamedTuple):
    """Threads that work on one tensor together.

    Attributes:
        pool: the threads.
        threads: how many.
    """

    pool: ThreadPoolExecutor
    threads: int


_helpers: ContextVar[Helpers | None] = ContextVar("helpers", default=None)


@contextmanager
def helped_by(threads: int) -> Iterator[None]:
    """Let so many threads work on each tensor that the caller quantizes and codes meanwhile."""
    if threads < 2:
        yield
        return
    with ThreadPoolExecutor(threads) as pool:
        token = _helpers.set(Helpers(pool, threads))
        try:
            yield
        finally:
            _helpers.reset(token)


def helpers() -> Helpers | None:
    """Return the threads that help the caller; None where there are none."""
    return _helpers.get()


Segment = tuple[int, int]


def over_segments(size: int, function: Callable[[Segment], Any], values: int = 1) -> list[Any]:
    """Call a function with each segment of a sequence, with all threads that help.

    Args:
        size: elements of the sequence.
        function: gets where a segment begins and ends.
        values: values in each element.
    """
    helping = helpers()
    if helping is None:
        return [function((0, size))] if size else []
    segments = segments_of(0, size, helping.threads, values)
    return list(helping.pool.map(function, segments))


class Trellis(Protocol):
    """A sequence in a trellis. Costs are arrays of one element a state, the smallest 0.

    Attributes:
        size: number of values.
    """

    size: int

    def beginning(self) -> NDArray[Any]:
        """Return the costs before the first value."""

    def forward(self, first: int, stop: int, costs: NDArray[Any], *, kept: bool) -> int:
        """Carry costs on, in place; return the number of values refused.

        What leads back is kept under the first value, if at all.
        """

    def trace(self, first: int, stop: int, state: int) -> int:
        """Return the state before values gone through from `first` on, from that after some."""

    def backward(self, first: int, stop: int, state: int) -> int:
        """Find the indices of all values gone through from `first` on, and forget what led back.

        The state is that after them; that before them is given.
        """


def go_through(trellis: Trellis) -> int:
    """Find the indices of a whole sequence, with all threads that help.

    Returns:
        The number of values refused; if there are any, no indices are of use.
    """
    helping = helpers()
    if helping is None and trellis.size <= LONGEST_SEGMENT:
        costs = trellis.beginning()
        refused = trellis.forward(0, trellis.size, costs, kept=True)
        if not refused:
            trellis.backward(0, trellis.size, int(costs.argmin()))
        return refused
    threads = 1 if helping is None else helping.threads
    each: Callable[..., Iterable[Any]] = map if helping is None else helping.pool.map
    costs, refused = trellis.beginning(), 0
    waiting: list[Segment] = []
    for first in range(0, trellis.size, threads * LONGEST_SEGMENT):
        stop = min(first + threads * LONGEST_SEGMENT, trellis.size)
        segments = segments_of(first, stop, threads)
        costs, bad = all_forward(trellis, segments, costs, each)
        refused += bad
        waiting += segments
        state = int(costs.argmin()) if stop == trellis.size else state_ahead(trellis, stop, costs)
        if state is not None and not refused:
            all_backward(trellis, waiting, state, costs.size, each)
            waiting = []
    return refused


def segments_of(first: int, stop: int, threads: int, values: int = 1) -> list[Segment]:
    """Cut a part of a sequence into segments: a few for each thread, none too short.

    Args:
        first: where the part begins.
        stop: where it ends.
        threads: how many work on it.
        values: values in each element.
    """
    most = (stop - first) * values // SHORTEST_SEGMENT
    count = 1 if threads == 1 else max(1, min(2 * threads, most))
    bounds = [(stop - first) * number // count // ALIGNMENT * ALIGNMENT for number in range(count)]
    return list(pairwise([*(first + bound for bound in sorted(set(bounds))), stop]))


def all_forward(
    trellis: Trellis,
    segments: list[Segment],
    costs: NDArray[Any],
    each: Callable[..., Iterable[Any]],
) -> tuple[NDArray[Any], int]:
    """Go forward through segments; return the costs after them and the number of values refused."""

    def forward(segment: Segment) -> tuple[NDArray[Any], NDArray[Any], int]:
        first, stop = segment
        own = costs.copy()
        if first > segments[0][0]:
            own[:] = 0
            trellis.forward(first - WARM_UP, first, own, kept=False)
        begun = own.copy()
        return begun, own, trellis.forward(first, stop, own, kept=True)

    now, refused = costs, 0
    for segment, (begun, ended, bad) in zip(segments, each(forward, segments), strict=True):
        if np.array_equal(begun, now):
            now, more = ended, bad
        else:
            now = now.copy()
            more = trellis.forward(*segment, now, kept=True)
        refused += more
    return now, refused


def all_backward(
    trellis: Trellis,
    segments: list[Segment],
    state: int,
    count: int,
    each: Callable[..., Iterable[Any]],
) -> None:
    """Find the indices of segments, from the state after the last of them; `count` there are."""
    states = [state]
    for first, stop in reversed(segments[1:]):
        before = merged(trellis, first, min(first + WARM_UP, stop), count)
        states.append(trellis.trace(first, stop, states[-1]) if before is None else before)
    firsts, stops = zip(*segments, strict=True)
    list(each(trellis.backward, firsts, stops, states[::-1]))


def state_ahead(trellis: Trellis, place: int, costs: NDArray[Any]) -> int | None:
    """Return the state at a place if all paths that are the best further on go through it."""
    for length in (WARM_UP, LOOK_FURTHER):
        near = min(place + length, trellis.size)
        trellis.forward(place, near, costs.copy(), kept=True)
        state = merged(trellis, place, near, costs.size)
        if state is not None or near == trellis.size:
            return state
    return None


def merged(trellis: Trellis, first: int, stop: int, count: int) -> int | None:
    """Return the one state before some values from which the best paths to all states come."""
    found, *others = {trellis.trace(first, stop, state) for state in range(count)}
    return None if others else found
