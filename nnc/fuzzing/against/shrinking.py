"""Making a bitstream small that a decoder does wrong: what it was drawn from, piece by piece."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from nnc.bitio import NncError
from nnc.fuzzing.against.cases import Case, Recipe, make
from nnc.fuzzing.placed import PLAN, Key
from nnc.fuzzing.strategies import RejectedError
from nnc.fuzzing.streams import Drawn
from nnc.fuzzing.within import Within

#: Units of a plan that are tried to be left out, at most.
MOST_UNITS = 20

#: Tells whether a bitstream fails as the one does that is made small.
Fails = Callable[[Case], bool]


class Shrinker:
    """Looks for a smaller bitstream that fails in the same way.

    Attributes:
        best: the smallest so far.
        tried: how many were run.
    """

    def __init__(self, case: Case, fails: Fails, within: Within, seconds: float) -> None:
        """Take a bitstream that fails.

        Args:
            case: it.
            fails: tells whether another fails in the same way.
            within: the features that bitstreams keep to.
            seconds: when to stop, at the latest.
        """
        self.best, self.fails, self.within = case, fails, within
        self.end = time.monotonic() + seconds
        self.tried = 0
        self.seen: set[bytes] = {case.drawn.data}

    def shrink(self) -> Case:
        """Return the smallest that was found."""
        recipe = self.best.recipe
        if recipe is None:
            return self.shrink_bytes()
        # From here on, what isn't given is as simple as can be.
        self.take(replace(recipe, given=self.best.taken, simple=True), at_most=True)
        before = -1
        while before != self.tried and not self.is_late():
            before, size = self.tried, self.size
            for candidate in self.passes():
                self.take(candidate)
                if self.is_late():
                    break
            if self.size == size:
                break
        return self.best

    def is_late(self) -> bool:
        """Whether time is up."""
        return time.monotonic() > self.end

    @property
    def size(self) -> tuple[int, int]:
        """How large the smallest is: bytes, and values that aren't the simplest."""
        return size_of(self.best)

    def take(self, recipe: Recipe, *, at_most: bool = False) -> bool:
        """Take a recipe, if what it makes is smaller and fails in the same way.

        Args:
            recipe: the recipe.
            at_most: it may be as large, too.
        """
        try:
            case = make(recipe, self.best.name, self.within)
        except (RejectedError, NncError):
            return False
        size = size_of(case)
        if size > self.size or (size == self.size and not at_most):
            return False
        if case.rule != self.best.rule:
            return False
        return self.keep(case)

    def keep(self, case: Case) -> bool:
        """Keep a smaller bitstream, if it fails in the same way."""
        if case.drawn.data in self.seen and case.recipe is None:
            return False
        self.seen.add(case.drawn.data)
        self.tried += 1
        if not self.fails(case):
            return False
        self.best = case
        return True

    def passes(self) -> Iterator[Recipe]:
        """Yield simpler recipes than that of the smallest, which may change meanwhile."""
        for number in range(MOST_UNITS):
            recipe = self.recipe
            if str(number) not in recipe.dropped:
                yield replace(recipe, dropped=recipe.dropped | {str(number)})
        # The plan first: it decides how much there is.
        for keys in (self.keys(plan=True), self.keys(plan=False)):
            step = max(1, len(keys) // 2)
            while step:
                for begin in range(0, len(keys), step):
                    kept = self.taken
                    group = [key for key in keys[begin : begin + step] if key in kept]
                    if group:
                        yield self.giving({key: kept[key] for key in kept if key not in group})
                step //= 2
        for key in [*self.keys(plan=True), *self.keys(plan=False)]:
            value = self.taken.get(key)
            for simpler in simpler_values(value):
                yield self.giving({**self.taken, key: simpler})

    @property
    def recipe(self) -> Recipe:
        """The recipe of the smallest."""
        recipe = self.best.recipe
        assert recipe is not None
        return recipe

    @property
    def taken(self) -> Mapping[Key, Any]:
        """The values that the smallest was drawn from."""
        return self.best.taken

    def giving(self, given: Mapping[Key, Any]) -> Recipe:
        """Return the recipe of the smallest with other values."""
        return replace(self.recipe, given=given)

    def keys(self, *, plan: bool) -> list[Key]:
        """Return the places of the values that aren't the simplest."""
        return [key for key in self.taken if key.part.endswith(PLAN) == plan]

    # Damaged files

    def shrink_bytes(self) -> Case:
        """Make a damaged file small: leave out units, then bytes."""
        data = self.best.drawn.data
        step = max(1, len(data) // 2)
        while step and not self.is_late():
            begin = 0
            while begin < len(data) and not self.is_late():
                shorter = data[:begin] + data[begin + step :]
                changed = replace(self.best, drawn=Drawn(shorter, None, []))
                if shorter and self.keep(changed):
                    data = shorter
                else:
                    begin += step
            step //= 2
        return self.best


def size_of(case: Case) -> tuple[int, int]:
    """Return how large a bitstream is, and how many of its values aren't the simplest."""
    base = 0 if case.drawn.base is None else len(case.drawn.base.data)
    twin = 0 if case.twin is None else len(case.twin.data)
    weight = sum(weight_of(value) for value in case.taken.values())
    return len(case.drawn.data) + base + twin, weight


def weight_of(value: Any) -> int:
    """Return how far a value is from the simplest."""
    if isinstance(value, int):
        return 1 + abs(value).bit_length()
    return 2 + (len(value) if isinstance(value, str | bytes) else 0)


def simpler_values(value: Any) -> Iterator[Any]:
    """Yield values that are simpler than one."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        for divisor in (8, 2):
            yield int(value / divisor)
        yield value - (1 if value > 0 else -1)
    elif isinstance(value, str | bytes):
        yield value[: len(value) // 2]
        yield value[:1]
