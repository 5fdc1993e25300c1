"""What a validator says: findings, and the rules that they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nnc.engine.findings import ERROR, Problem, Rule
from nnc.engine.following import wrong
from nnc.engine.schema_rules import Elements, elements_of
from nnc.engine.tracing import TracedElement
from nnc.inspect.tracing import UNKNOWN_TYPE, BitstreamTrace, UnitTrace
from nnc.syntax import NnrUnitType

Check = Callable[["Model"], Iterable[Problem]]

#: Name of the type of units that begin a model.
START = NnrUnitType.NNR_STR.name


class RuleBook(list[Rule]):
    """Rules in the order in which their checks are written down."""

    def rule(
        self,
        name: str,
        title: str,
        *,
        clause: str = "6.2.3",
        status: str = "interop",
        level: str = ERROR,
        by_unit: bool = False,
        reads: Iterable[str] | None = None,
    ) -> Callable[[Check], Check]:
        """Register a function as the check of a rule."""
        names = None if reads is None else frozenset(reads)

        def register(check: Check) -> Check:
            self.append(Rule(name, title, clause, status, level, check, by_unit, names))
            return check

        return register


@dataclass(frozen=True)
class Model:
    """The units of one model, in the order of decoding; for rules `by_unit` some of them.

    Attributes:
        units: from the start unit up to the next, those in aggregates too.
        is_first: whether it begins the bitstream.
    """

    units: list[UnitTrace]
    is_first: bool

    @cached_property
    def by_type(self) -> dict[str, list[UnitTrace]]:
        """The units of each type, by its name, their headers readable or not."""
        result: dict[str, list[UnitTrace]] = {}
        for unit in self.units:
            result.setdefault(unit.type_name, []).append(unit)
        return result

    @cached_property
    def elements(self) -> Elements:
        """Its elements by table and name, each with its unit."""
        return elements_of(self.units)

    @cached_property
    def unlike(self) -> list[tuple[TracedElement, int]]:
        """Elements of aggregates that don't follow from the units in them, with what would."""
        if NnrUnitType.NNR_AGG.name not in self.by_type:
            return []
        return list(wrong([element for unit in self.units for element in unit.elements]))

    @property
    def is_whole(self) -> bool:
        """Whether all units are there: nothing was cut off, no size is unusable."""
        return all(
            unit.type_name != UNKNOWN_TYPE
            and not (unit.error is not None and unit.error.path.endswith(".nnr_unit_size"))
            for unit in self.units
        )

    def of_type(self, kind: NnrUnitType) -> list[UnitTrace]:
        """Return the units of one type, their headers readable or not."""
        return self.by_type.get(kind.name, [])

    def data_units(self) -> list[UnitTrace]:
        """Return the compressed data units whose header could be read."""
        return [unit for unit in self.of_type(NnrUnitType.NNR_NDU) if readable(unit)]

    def mps(self) -> UnitTrace | None:
        """Return the first model parameter set."""
        return next(iter(self.of_type(NnrUnitType.NNR_MPS)), None)


def models(traced: BitstreamTrace) -> list[Model]:
    """Return the models of a bitstream: each begins with a start unit."""
    groups: list[list[UnitTrace]] = [[]]
    for unit in traced.walk():
        if begins_model(unit) and groups[-1]:
            groups.append([])
        groups[-1].append(unit)
    return [Model(units, number == 0) for number, units in enumerate(groups)]


def begins_model(unit: UnitTrace) -> bool:
    """Tell whether a unit is a start unit."""
    return unit.type_name == START


def readable(unit: UnitTrace) -> bool:
    """Tell whether the header of a unit could be read to its end."""
    return unit.unit is not None and unit.unit.shared_header is not None


def element_of(unit: UnitTrace | None, name: str) -> TracedElement | None:
    """Return the first element of a name in a unit, or None."""
    return None if unit is None else unit.element(name)


def value_of(unit: UnitTrace | None, name: str, default: Any = None) -> Any:
    """Return the value of the first element of a name in a unit, or a default."""
    return default if unit is None else unit.value(name, default)
