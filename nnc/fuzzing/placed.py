"""Values by place: what one element gets doesn't depend on what the others got.

Two bitstreams drawn from such a source, of which one breaks a rule, differ in that rule alone; and
what one was drawn from can be made simpler piece by piece.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeVar

from nnc.fuzzing.strategies.sources import FLOAT_FORMATS, RandomSource

T = TypeVar("T")

#: Where the units of a bitstream are planned.
PLAN = "plan"


class Key(NamedTuple):
    """What a value is drawn for.

    Attributes:
        part: the unit, by its number in the plan, or PLAN.
        place: the element in it, without indices of units; "" for what isn't of one element.
        visit: how often the place was come to before.
        number: how many values were drawn there before.
    """

    part: str
    place: str
    visit: int
    number: int


class PlacedSource:
    """Gives each place values of its own, by a seed, or those that are given for it.

    Attributes:
        learns: as in `Source`.
        given: values by key that are taken instead, where they fit.
        simple: what isn't given is the simplest that there is; False: drawn by the seed.
        dropped: numbers of planned units that are left out.
        taken: the values that were given out, by key.
    """

    learns = False

    def __init__(
        self,
        seed: str,
        given: Mapping[Key, Any] | None = None,
        *,
        simple: bool = False,
        dropped: Collection[str] = (),
    ) -> None:
        """Start before the first place."""
        self.seed = seed
        self.given = {} if given is None else given
        self.simple = simple
        self.dropped = frozenset(dropped)
        self.taken: dict[Key, Any] = {}
        self.visits: dict[tuple[str, str], int] = {}
        self.session = ""
        self.enter(PLAN)

    def enter(self, part: str) -> None:
        """Begin a unit, or the plan of a bitstream."""
        self.part = f"{self.session}{part}"
        self.go("")

    def begin_session(self, name: str) -> None:
        """Begin a bitstream of a session."""
        self.session = name
        self.enter(PLAN)

    def at(self, path: str) -> None:
        """Begin an element, by its syntax path."""
        while path.startswith("units["):
            path = path.partition(".")[2]
        self.go(path)

    def go(self, place: str) -> None:
        """Come to a place of the unit."""
        visit = self.visits.get((self.part, place), 0)
        self.visits[self.part, place] = visit + 1
        self.place, self.visit, self.count = place, visit, 0
        self.own: RandomSource | None = None

    def give(
        self, fits: Callable[[Any], bool], simplest: T, draw: Callable[[RandomSource], T]
    ) -> T:
        """Return the value for the next key."""
        key = Key(self.part, self.place, self.visit, self.count)
        self.count += 1
        value: Any = self.given.get(key)
        if value is None or not fits(value):
            value = simplest
            if not self.simple:
                if self.own is None:
                    self.own = RandomSource(f"{self.seed}/{'/'.join(map(str, key[:3]))}")
                value = draw(self.own)
        if value != simplest:
            self.taken[key] = value
        given: T = value
        return given

    def integer(self, low: int, high: int) -> int:
        """Return an integer in `low..high`."""
        return self.give(
            lambda value: isinstance(value, int) and low <= value <= high,
            min(max(low, 0), high),
            lambda source: source.integer(low, high),
        )

    def number(self, width: int, low: float | None, high: float | None) -> float:
        """Return a float of `width` bits, not NaN."""
        least = 0.0 if low is None and high is None else low if low is not None else high
        assert least is not None
        simplest: float = struct.unpack(
            FLOAT_FORMATS[width], struct.pack(FLOAT_FORMATS[width], least)
        )[0]
        return self.give(
            lambda value: (
                isinstance(value, float)
                and (low is None or low <= value)
                and (high is None or value <= high)
            ),
            simplest,
            lambda source: source.number(width, low, high),
        )

    def text(self) -> str:
        """Return a text without zero characters."""
        return self.give(lambda value: isinstance(value, str), "", lambda source: source.text())

    def data(self) -> bytes:
        """Return some bytes."""
        return self.give(lambda value: isinstance(value, bytes), b"", lambda source: source.data())
