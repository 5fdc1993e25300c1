"""Which values of an element something is about, as files of features say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntFlag
from functools import cache
from typing import Any, NamedTuple

from nnc.bitio import InputError
from nnc.engine.values import enums_of
from nnc.syntax import TABLES

#: What a file says of any value that stands there, and of none.
ANY = "any"

RANGE = re.compile(r"(-?\d*)\.\.(-?\d*)")

#: What is measured of a unit that holds tensors, or of a bitstream, beside its elements.
MEASURES = (
    "matrix_rows",
    "matrix_columns",
    "tensor_values",
    "named_factors",
    "topology_bytes",
)


class Values(NamedTuple):
    """Values of an element.

    Attributes:
        text: as the file says them.
        ranges: first and last ones, None for no bound.
        bits: flags of which one has to be set at least.
    """

    text: str
    ranges: tuple[tuple[int | None, int | None], ...] = ()
    bits: int = 0

    def hold(self, value: Any) -> bool:
        """Tell whether a value is one of them; `any` takes what isn't a number too."""
        if self.text == ANY:
            return True
        if not isinstance(value, int):
            return False
        return bool(value & self.bits if value > 0 else 0) or any(
            (low is None or low <= value) and (high is None or value <= high)
            for low, high in self.ranges
        )

    def within(self, low: int, high: int) -> list[tuple[int, int]]:
        """Return the ranges of them that lie in `low..high`; flags take no part."""
        cut = [
            (low if a is None else max(a, low), high if b is None else min(b, high))
            for a, b in (((None, None),) if self.text == ANY else self.ranges)
        ]
        return [(a, b) for a, b in cut if a <= b]


def values_of(said: Any, element: str, place: str) -> Values:
    """Read what a file says.

    Args:
        said: a number, a range, a name, `any`, or a list of these.
        element: the element that they are values of.
        place: where it stands, for messages.

    Raises:
        InputError: it says something else, or there is no such element or name.
    """
    if element not in known_elements() and element not in MEASURES:
        raise InputError(f"{place}: the syntax has no element {element!r}")
    parts = said if isinstance(said, list) else [said]
    ranges: list[tuple[int | None, int | None]] = []
    bits = 0
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, int | str):
            raise InputError(f"{place}: {part!r} says no value of {element}")
        if isinstance(part, int):
            ranges.append((part, part))
        elif found := RANGE.fullmatch(part):
            low, high = (int(end) if end else None for end in found.groups())
            ranges.append((low, high))
        elif part != ANY:
            kind, value = named_value(part, element, place)
            bits |= value if kind else 0
            ranges += [] if kind else [(value, value)]
    text = ", ".join(str(part) for part in parts)
    return Values(text, tuple(ranges), bits)


def named_value(name: str, element: str, place: str) -> tuple[bool, int]:
    """Return whether a name is that of a flag, and its value.

    Raises:
        InputError: the element has no value of that name.
    """
    enum = known_elements().get(element)
    if enum is None or name not in enum.__members__:
        known = "" if enum is None else f"; it has {', '.join(enum.__members__)}"
        raise InputError(f"{place}: {element} has no value {name!r}{known}")
    return issubclass(enum, IntFlag), int(enum[name])


@cache
def known_elements() -> Mapping[str, Any]:
    """Return the elements of the syntax by name, each with the enum of its values, or None."""
    return {
        element.name: None if element.enum is None else enums_of(table).get(element.enum)
        for table in TABLES.values()
        for element in table.elements.values()
    } | dict.fromkeys(CODED_ELEMENTS)


#: Elements at the beginning of a coded tensor, which hand-written code reads.
CODED_ELEMENTS = (
    "hist_dep_sig_prob_enabled_flag",
    "row_skip_enabled_flag",
    "shift_idx_minus_1_present_flag",
)
