"""A reader of no data: it answers with given values, and with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnc.bitio.bits import BitReader, narrowest_unsigned
from nnc.bitio.codings import CODINGS
from nnc.bitio.errors import LimitError

#: Values that a table of defaults holds at most.
MOST_ANSWERS = 1 << 20


class DefaultReader(BitReader):
    """Answers what a table reads, so that the table's own conditions say what there is."""

    def __init__(self, syntax: Any, values: Mapping[str, Any]) -> None:
        """Take the values that are not defaults, by element of a table of that syntax."""
        super().__init__(b"")
        self.values = values
        self.answers = 0
        self.syntax = syntax

    def value(self, name: str, index: Any = None) -> Any:
        """Return the given value of an element here, None where there is none."""
        found: Any = self.values
        if index is None and not self.stack:
            return found.get(name)
        for field, _, number in self.stack:
            found = part_of(found, field, number)
        return part_of(found, name, index)

    def answer(self, name: str, index: Any) -> Any:
        """Return the value of an element."""
        self.counted(1, name)
        value = self.value(name, index)
        if value is not None:
            return value
        syntax = self.syntax.scope_type.tables[self.stack[-1][1]] if self.stack else self.syntax
        element = syntax.elements.get(name)
        return b"" if element is None else element.default

    def counted(self, count: int, name: str) -> int:
        """Return back how many values are asked for at once.

        Raises:
            LimitError: they come to more than a table of defaults should have.
        """
        if count > MOST_ANSWERS - self.answers:
            raise LimitError(
                "too many values for a table of defaults",
                code="limit-entries",
                path=self.path(name),
                allowed=f"at most {MOST_ANSWERS}",
            )
        self.answers += max(count, 0)
        return max(count, 0)

    def u(self, n: int, name: str, index: Any = None) -> Any:
        """Return the value of an element."""
        return self.answer(name, index)

    i = ue = ie = flt = u  # type: ignore[assignment]

    def st(self, name: str, index: Any = None) -> Any:
        """Return the value of an element."""
        return self.answer(name, index)

    bs = st

    def u_array(self, n: int, count: int, name: str) -> Any:
        """Return the values of a vector of unsigned integers, zeros by default."""
        return self.vector(np.zeros(self.counted(count, name), narrowest_unsigned(n)), name)

    def flt_array(self, n: int, count: int, name: str) -> Any:
        """Return the values of a vector of numbers, zeros by default."""
        return self.vector(np.zeros(self.counted(count, name), f"<f{n >> 3}"), name)

    def vector(self, zeros: np.ndarray, name: str) -> Any:
        """Return given values as an array like the zeros, or these."""
        field, *indices = name.replace("]", "").split("[")
        value = self.value(field, tuple(map(int, indices)) or None)
        return zeros if value is None else np.asarray(value, zeros.dtype)

    def code(self, descriptor: str, arguments: Any, name: str, index: Any = None) -> Any:
        """Return the value of an element; text and bytes are as long as they have to be."""
        coding = CODINGS[descriptor]
        if coding.kind == "int" or self.value(name, index) is not None:
            return self.answer(name, index)
        self.counted(arguments[0] if arguments else 4, name)
        return coding.empty(arguments)

    def padding(self, boundary: int, fill: int, index: Any = None) -> Any:
        """Return the bits up to a boundary: the regular ones, if not given."""
        return self.value("padding", index)

    def more_data(self) -> bool:
        """Say that nothing follows."""
        return False

    more_rbsp_data = more_data

    def byte_alignment(self, index: Any = None) -> Any:
        """Return the bits up to a byte boundary: the regular ones, if not given."""
        return self.value("byte_alignment", index)

    def raise_incomplete(self, *words: Any) -> Any:
        """Let a table be as long as it says."""


def part_of(values: Any, name: str, index: Any) -> Any:
    """Return a field of a table or a mapping, or a value of its list; None: it isn't there."""
    plain = isinstance(values, dict) or isinstance(values, Mapping)  # noqa: SIM101 - quicker
    found = values.get(name) if plain else getattr(values, name, None)
    for number in () if index is None else index if isinstance(index, tuple) else (index,):
        found = found[number] if found is not None and number < len(found) else None
    return found
