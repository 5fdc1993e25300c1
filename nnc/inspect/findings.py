"""What a validator says: findings, and the rules that they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nnc.engine.findings import ERROR, Problem, Rule
from nnc.engine.schema_rules import Elements, elements_of
from nnc.engine.tracing import TracedElement
from nnc.inspect.tracing import UNKNOWN_TYPE, BitstreamTrace, UnitTrace
from nnc.syntax import NnrUnitType

Check = Callable[["Model"], Iterable[Problem]]


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
    ) -> Callable[[Check], Check]:
        """Register a function as the check of a rule."""

        def register(check: Check) -> Check:
            self.append(Rule(name, title, clause, status, level, check))
            return check

        return register


@dataclass(frozen=True, slots=True)
class Model:
    """The units of one model, in the order of decoding.

    Attributes:
        traced: the bitstream.
        units: from the start unit up to the next, those in aggregates too.
        is_first: whether it begins the bitstream.
        by_type: the units of each type, by its name, their headers readable or not.
        elements: its elements by table and name, each with its unit.
    """

    traced: BitstreamTrace
    units: list[UnitTrace]
    is_first: bool
    by_type: dict[str, list[UnitTrace]]
    elements: Elements

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
        if unit.type_name == NnrUnitType.NNR_STR.name and groups[-1]:
            groups.append([])
        groups[-1].append(unit)
    return [
        Model(traced, units, number == 0, units_by_type(units), elements_of(units))
        for number, units in enumerate(groups)
    ]


def units_by_type(units: list[UnitTrace]) -> dict[str, list[UnitTrace]]:
    """Return the units of each type, by its name."""
    result: dict[str, list[UnitTrace]] = {}
    for unit in units:
        result.setdefault(unit.type_name, []).append(unit)
    return result


def readable(unit: UnitTrace) -> bool:
    """Tell whether the header of a unit could be read to its end."""
    return unit.unit is not None and unit.unit.header is not None


def element_of(unit: UnitTrace | None, name: str) -> TracedElement | None:
    """Return the first element of a name in a unit, or None."""
    return None if unit is None else unit.element(name)


def value_of(unit: UnitTrace | None, name: str, default: Any = None) -> Any:
    """Return the value of the first element of a name in a unit, or a default."""
    element = element_of(unit, name)
    return default if element is None else element.value
