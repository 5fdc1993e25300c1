"""Drawing within a set of features: what may be planned, and which values elements keep to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from nnc.features.sets import FeatureSet, feature_set
from nnc.features.values import CODED_ELEMENTS, Values
from nnc.features.vocabulary import features
from nnc.fuzzing.strategies import Source
from nnc.syntax import TABLES

#: Elements that the plan of a bitstream settles.
PLANNED = ("nnr_unit_type", "general_profile_idc")

#: Values of elements without a largest one.
LARGEST = 1 << 12

Ranges = list[tuple[int, int]]


class Within:
    """A set of features that bitstreams are drawn from."""

    def __init__(self, features_had: FeatureSet) -> None:
        """Take the set."""
        self.set = features_had
        self.is_everything = not (features_had.without or features_had.elements)

    def may(self, feature: str) -> bool:
        """Tell whether the set has a feature, or something that has no name there."""
        if feature == "first-edition":
            return self.holds("general_profile_idc", 0)
        return feature not in self.set.without

    def holds(self, element: str, value: int) -> bool:
        """Tell whether the set permits a value of an element."""
        values = self.set.elements.get(element)
        return values is None or values.hold(value)

    @cached_property
    def has_updates(self) -> bool:
        """Whether bitstreams may be updates of others."""
        needed = ("second-edition", "parent-signalling", "differences", "node-ids")
        return all(map(self.may, needed))

    def fixed_values(self, source: Source) -> dict[str, Any]:
        """Return what draws the values of elements that the set narrows, by element."""
        return {name: picking(source, ranges) for name, ranges in self.narrowed.items()}

    @cached_property
    def narrowed(self) -> Mapping[str, Ranges]:
        """The values of elements that the set narrows."""
        found: dict[str, Ranges] = {}
        for name, values in self.set.elements.items():
            if name in NATURAL and name not in PLANNED:
                low, high = NATURAL[name]
                found[name] = values.within(low, high)
        for name in self.set.without:
            for line in features()[name].when:
                if len(line) == 1:
                    narrow(found, *next(iter(line.items())))
        return {name: ranges for name, ranges in found.items() if ranges}


def narrow(found: dict[str, Ranges], name: str, values: Values) -> None:
    """Take values away from those that an element may have."""
    if name not in NATURAL or name in PLANNED or name in CODED_ELEMENTS:
        return
    kept = found.get(name, [NATURAL[name]])
    for low, high in values.within(*NATURAL[name]):
        kept = [
            each
            for first, last in kept
            for each in ((first, min(last, low - 1)), (max(first, high + 1), last))
            if each[0] <= each[1]
        ]
    found[name] = kept


def picking(source: Source, ranges: Ranges) -> Callable[[Any], int]:
    """Return what picks a value out of ranges."""

    def pick(index: Any) -> int:
        return source.integer(*ranges[source.integer(0, len(ranges) - 1) if ranges[1:] else 0])

    return pick


def natural_ranges() -> dict[str, tuple[int, int]]:
    """Return the values that elements of integers may have by the schema, by name."""
    return {
        element.name: (max(element.valid[0], -LARGEST), min(element.valid[1], LARGEST))
        for table in TABLES.values()
        for element in table.elements.values()
        if element.kind == "int"
    }


NATURAL = natural_ranges()
EVERYTHING = Within(feature_set("all"))
