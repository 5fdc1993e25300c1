"""Where drawn values come from: a seeded generator of random numbers, or Hypothesis.

Generated; do not edit.
Schema hash: sha256 d661755a3be5f59b2c57b7e4b70dea3b7afe8aa07b3f35975317961d4f3afac3
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
