"""Where drawn values come from: a seeded generator of random numbers, or Hypothesis.

Generated; do not edit.
Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

#: Characters that texts are made of: of one to four bytes in UTF-8.
CHARACTERS = "abcdefghijklmnopqrstuvwxyz_./0123456789éλ字🙂"
FLOAT_FORMATS = {16: "<e", 32: "<f", 64: "<d"}


class RejectedError(Exception):
    """What was drawn keeps no rule, or doesn't come to the one that it is to break."""


class Source(Protocol):
    """Gives values; the simplest ones first, where it shrinks.

    Attributes:
        learns: it learns from what is rejected.
    """

    learns: bool

    def integer(self, low: int, high: int) -> int:
        """Return an integer in `low..high`."""

    def number(self, width: int, low: float | None, high: float | None) -> float:
        """Return a float of `width` bits, not NaN."""

    def text(self) -> str:
        """Return a text without zero characters."""

    def data(self) -> bytes:
        """Return some bytes."""


class RandomSource:
    """Gives values by a seed: the same seed, the same values, on every machine."""

    learns = False

    def __init__(self, seed: int | str) -> None:
        """Start from a seed."""
        self.random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        """Return an integer in `low..high`: often a small one, sometimes one at an end."""
        choice = self.random.random()
        if choice < 0.1:
            return low if self.random.random() < 0.5 else high
        if choice < 0.6:
            first = max(low, min(0, high))
            return self.random.randint(max(low, first - 8), min(high, first + 8))
        return self.random.randint(low, high)

    def number(self, width: int, low: float | None, high: float | None) -> float:
        """Return a float of `width` bits, not NaN."""
        least, most = -8.0 if low is None else low, 8.0 if high is None else high
        value = self.random.choice([least, most, self.random.uniform(least, most)])
        packed = struct.pack(FLOAT_FORMATS[width], value)
        rounded: float = struct.unpack(FLOAT_FORMATS[width], packed)[0]
        return min(max(rounded, least), most)

    def text(self) -> str:
        """Return a text without zero characters."""
        return "".join(self.random.choices(CHARACTERS, k=self.random.randint(0, 8)))

    def data(self) -> bytes:
        """Return some bytes."""
        return self.random.randbytes(self.random.randint(0, 12))


#: Choices of one draw. What lies beyond them is drawn by a seed: a large table needs no more.
MOST_CHOICES = 1000


class Recorder:
    """Gives the values of another source, remembers them, and can give them again.

    Attributes:
        source: the other source.
        learns: as in `Source`.
        taken: the values that were given.
    """

    def __init__(self, source: Source) -> None:
        """Set the source."""
        self.source = source
        self.learns = source.learns
        self.taken: list[Any] = []
        self.again: list[Any] = []
        self.rest = RandomSource(0)

    def repeat(self, begin: int) -> None:
        """Give the values from the `begin`-th on once more before others."""
        self.again = [*self.taken[begin:], *self.again[::-1]][::-1]
        del self.taken[begin:]

    def give(self, kind: type, fits: Callable[[Any], bool], new: Callable[[Source], T]) -> T:
        """Return the value to be repeated, if it fits here, or a new one."""
        value: Any = self.again.pop() if self.again else None
        if not (isinstance(value, kind) and fits(value)):
            few = not self.learns or len(self.taken) < MOST_CHOICES
            value = new(self.source if few else self.rest)
        self.taken.append(value)
        given: T = value
        return given

    def integer(self, low: int, high: int) -> int:
        """Return an integer in `low..high`."""
        return self.give(
            int, lambda value: low <= value <= high, lambda source: source.integer(low, high)
        )

    def number(self, width: int, low: float | None, high: float | None) -> float:
        """Return a float of `width` bits, not NaN."""
        return self.give(float, lambda value: False, lambda source: source.number(width, low, high))

    def text(self) -> str:
        """Return a text without zero characters."""
        return self.give(str, lambda value: True, lambda source: source.text())

    def data(self) -> bytes:
        """Return some bytes."""
        return self.give(bytes, lambda value: True, lambda source: source.data())


class HypothesisSource:
    """Gives values by the `draw` of Hypothesis, which shrinks them."""

    learns = True

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        """Take the `draw` of a composite strategy."""
        from hypothesis import strategies

        self.draw = draw
        self.strategies = strategies
        characters = strategies.characters(min_codepoint=1, exclude_categories=["Cs"])
        self.texts = strategies.text(characters, max_size=8)
        self.bytes = strategies.binary(max_size=12)

    def integer(self, low: int, high: int) -> int:
        """Return an integer in `low..high`."""
        value: int = self.draw(self.strategies.integers(low, high))
        return value

    def number(self, width: int, low: float | None, high: float | None) -> float:
        """Return a float of `width` bits, not NaN."""
        value: float = self.draw(
            self.strategies.floats(low, high, allow_nan=False, width=width)  # type: ignore[arg-type]
        )
        return value

    def text(self) -> str:
        """Return a text without zero characters."""
        value: str = self.draw(self.texts)
        return value

    def data(self) -> bytes:
        """Return some bytes."""
        value: bytes = self.draw(self.bytes)
        return value


def strategy(function: Callable[[Source], T]) -> Any:
    """Make a Hypothesis strategy of a function that draws from a source.

    Where the function rejects what it has drawn, so does the strategy.
    """
    from hypothesis import reject, strategies

    @strategies.composite
    def made(draw: Callable[[Any], Any]) -> Any:
        try:
            return function(HypothesisSource(draw))
        except RejectedError:
            return reject()

    return made()
