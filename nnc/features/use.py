"""Which features a bitstream uses, where, and whether a set has them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from nnc.engine.findings import WARNING, Finding
from nnc.engine.tracing import TracedElement
from nnc.features.heads import head_values
from nnc.features.sets import FeatureSet, feature_set, set_names
from nnc.features.values import CODED_ELEMENTS, MEASURES, Values
from nnc.features.vocabulary import Feature, features
from nnc.inspect.tracing import BitstreamTrace, UnitTrace
from nnc.syntax import NnrUnitType

#: The element that headers of aggregates repeat for each unit in them.
UNIT_TYPE = "nnr_unit_type"


class Used(NamedTuple):
    """A feature in use at one place.

    Attributes:
        feature: the feature.
        path: syntax path of the element that says so.
        value: its value.
        place: the element or unit, for its position; None: it is in the payload.
    """

    feature: Feature
    path: str
    value: Any
    place: TracedElement | UnitTrace


class Held(NamedTuple):
    """What of a bitstream is outside of a set.

    Attributes:
        findings: each element outside, with its path, its value and what the set permits.
        skipped: paths of units whose payload couldn't be looked into.
    """

    findings: list[Finding]
    skipped: list[str]


class UnitFacts:
    """The values of a unit's elements, as far as features ask for them."""

    def __init__(self, traced: UnitTrace) -> None:
        """Take the elements of its header."""
        self.traced = traced
        self.elements: dict[str, list[TracedElement]] = {}
        # Where it uses features, by name: a bitstream is held against several sets.
        self.hits: dict[str, tuple[str, Any, Any] | None] = {}
        for element in traced.elements:
            self.elements.setdefault(element.name, []).append(element)
        if UNIT_TYPE in self.elements:
            del self.elements[UNIT_TYPE][1:]

    @cached_property
    def head(self) -> Mapping[str, int] | None:
        """What the payload begins with; None where that can't be read."""
        unit = self.traced.unit
        if unit is None or unit.header is None or unit.nnr_unit_type != NnrUnitType.NNR_NDU:
            return {}
        return None if unit.scope is None else head_values(unit)

    @cached_property
    def around(self) -> Mapping[str, Any]:
        """The names in force for the unit; none where its header can't be read."""
        scope = self.traced.scope
        return {} if scope is None else scope.names()

    @cached_property
    def measures(self) -> Mapping[str, int]:
        """What is measured of its tensor, or of its topology."""
        data = self.elements.get("topology_data")
        if data:
            return {"topology_bytes": data[0].bits >> 3}
        shape = self.around.get("tensor_dimensions")
        if shape is None or self.traced.type_name != NnrUnitType.NNR_NDU.name:
            return {}
        axis = self.around.get("first_tensor_dimension_shift") or 0
        values = math.prod(shape)
        rows = shape[axis] if axis < len(shape) else 1
        names = self.traced.names
        named = names[1:] and names[0].endswith("_G") and names[1].endswith("_H")
        sizes = (rows, values // rows if rows else 0, values, bool(named))
        return dict(zip(MEASURES, map(int, sizes), strict=False))

    def found(self, name: str, values: Values) -> tuple[str, Any, Any] | None:
        """Return path, value and place of an element that has such a value."""
        path = self.traced.path
        if name in CODED_ELEMENTS:
            value = (self.head or {}).get(name)
            place = f"{path}.payload.{name}"
            return (place, value, self.traced) if values.hold(value) else None
        if name in MEASURES:
            measured = self.measures.get(name)
            return (path, measured, self.traced) if values.hold(measured) else None
        for element in self.elements.get(name, ()):
            for value in element.values:
                if values.hold(value):
                    return element.path, value, element
        return None

    def in_force(self, name: str, values: Values) -> bool:
        """Tell whether something else than the unit gives an element such a value."""
        unit = self.traced.unit
        if self.traced.scope is not None and values.hold(self.around.get(name)):
            return True
        sets = None if unit is None else unit.parameter_sets
        found = () if sets is None else (sets.mps, sets.lps)
        return any(
            each is not None and values.hold(getattr(each.payload, name, None)) for each in found
        )

    def used(self, wanted: Iterable[Feature]) -> Iterator[Used]:
        """Yield those of some features that it uses."""
        for feature in wanted:
            name = feature.name
            if name not in self.hits:
                self.hits[name] = next(
                    (hit for line in feature.when if (hit := self.hit(line))), None
                )
            if (found := self.hits[name]) is not None:
                yield Used(feature, *found)

    def hit(self, line: Mapping[str, Values]) -> tuple[str, Any, Any] | None:
        """Return where a condition holds: at its first element in the unit."""
        first = None
        # What stands in the header tells of most conditions that the payload needn't be read.
        for name in sorted(line, key=lambda one: one in CODED_ELEMENTS):
            found = self.found(name, line[name])
            if found is None and (name in self.elements or not self.in_force(name, line[name])):
                return None
            first = first or found
        return first


def facts_of(traced: BitstreamTrace) -> list[UnitFacts]:
    """Return the facts of all units of a bitstream."""
    return [UnitFacts(unit) for unit in traced.walk()]


def used_features(traced: BitstreamTrace) -> dict[str, list[Used]]:
    """Return the features a bitstream uses, with their places, in the order of the vocabulary."""
    found: dict[str, list[Used]] = {name: [] for name in features()}
    for unit in traced.walk():
        for used in UnitFacts(unit).used(features().values()):
            found[used.feature.name].append(used)
    return {name: places for name, places in found.items() if places}


def held_to(
    traced: BitstreamTrace, wanted: FeatureSet, facts: Sequence[UnitFacts] | None = None
) -> Held:
    """Hold a bitstream against a set of features.

    Args:
        traced: the bitstream.
        wanted: the set.
        facts: those of its units, where they were gathered before.
    """
    findings: list[Finding] = []
    skipped: list[str] = []
    missing = [feature for name, feature in features().items() if name in wanted.without]
    looks_inside = any(
        name in CODED_ELEMENTS for one in missing for line in one.when for name in line
    )
    units = facts_of(traced) if facts is None else facts
    for unit in units:
        for used in unit.used(missing):
            message = (
                f"{name_of(used.path)} is {used.value}: {used.feature.text}, which {wanted.name} "
                "doesn't have"
            )
            findings.append(finding(f"feature:{used.feature.name}", used.path, message, used.place))
        findings += outside_elements(unit, wanted)
        if looks_inside and unit.head is None:
            skipped.append(unit.traced.path)
    findings += outside_limits(traced, wanted, units)
    return Held(findings, skipped)


def outside_elements(facts: UnitFacts, wanted: FeatureSet) -> Iterator[Finding]:
    """Yield the elements of a unit whose values a set doesn't permit."""
    for name, values in wanted.elements.items():
        permits = f"{wanted.name} permits {values.text}"
        if name in CODED_ELEMENTS or name in MEASURES:
            all_named = (facts.head or {}) if name in CODED_ELEMENTS else facts.measures
            value = all_named.get(name)
            if value is not None and not values.hold(value):
                path = facts.traced.path
                message = f"{name} is {value}; {permits}"
                yield finding(f"element:{name}", path, message, facts.traced)
            continue
        for element in facts.elements.get(name, ()):
            for value in element.values:
                if not values.hold(value):
                    message = f"{name}{element.index} is {value}; {permits}"
                    yield finding(f"element:{name}", element.path, message, element)
                    break


def outside_limits(
    traced: BitstreamTrace, wanted: FeatureSet, facts: Sequence[UnitFacts]
) -> Iterator[Finding]:
    """Yield what a set limits and there is more of."""
    if not wanted.limits:
        return
    units = [one.traced for one in facts]
    measured = [one.measures.get("tensor_values", 0) for one in facts]
    whole = {
        "bitstream_bytes": len(traced.data),
        "units": len(units),
        "tensors": sum(len(unit.names) for unit in units),
        "values": sum(measured),
    }
    for limit, most in wanted.limits.items():
        permits = f"{wanted.name} permits at most {most}"
        if limit in whole:
            if whole[limit] > most:
                message = f"{limit} is {whole[limit]}; {permits}"
                yield Finding(f"limit:{limit}", WARNING, "", "", message)
            continue
        for unit, values in zip(units, measured, strict=True):
            number = values if limit == "tensor_values" else unit.stop - unit.start
            if number > most:
                message = f"{limit} is {number}; {permits}"
                yield finding(f"limit:{limit}", unit.path, message, unit)


def finding(rule: str, path: str, message: str, place: TracedElement | UnitTrace) -> Finding:
    """Return what a validator says of an element outside of a set."""
    description = place.description if isinstance(place, TracedElement) else None
    clause = "" if description is None else description.clause
    return Finding(rule, WARNING, path, place.byte_bit, message, clause, place.schema_line)


def name_of(path: str) -> str:
    """Return the element at the end of a path, with its index."""
    return path.rpartition(".")[2]


def fitting_sets(traced: BitstreamTrace) -> list[str]:
    """Return the names of the sets that come along which a bitstream fits."""
    facts = facts_of(traced)
    return [name for name in set_names() if not held_to(traced, feature_set(name), facts).findings]
