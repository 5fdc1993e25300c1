"""What a validator says: findings, and the rules that they are about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from nnc.inspect.tracing import (
    UNKNOWN_TYPE,
    BitstreamTrace,
    TracedElement,
    UnitTrace,
    byte_bit,
)
from nnc.syntax import TABLES, NnrUnitType

ERROR, WARNING, INFO = "error", "warning", "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that a bitstream breaks at one place.

    Attributes:
        rule: name of the rule.
        level: `error`, `warning`, or `info` for what isn't a fault.
        path: syntax path of the place.
        position: the place as `byte.bit`, "" where it isn't known.
        message: what is wrong, one sentence without the place.
        clause: clause of the standard that holds the rule, or "".
        schema: `file:line` of the schema that tells of the element, or "".
    """

    rule: str
    level: str
    path: str
    position: str
    message: str
    clause: str = ""
    schema: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return all parts as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        """Return all parts on one line."""
        place = ", ".join(
            text for text in (self.path, f"at {self.position}" if self.position else "") if text
        )
        sources = [self.rule, f"clause {self.clause}" if self.clause else "", self.schema]
        told = ", ".join(source for source in sources if source)
        return f"{self.level}: {place}{': ' if place else ''}{self.message} [{told}]"


#: What a rule finds: the unit or element, and what is wrong with it.
Problem = tuple[UnitTrace | TracedElement, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the format, and how a bitstream is checked for it.

    Attributes:
        name: its name, which stands in findings.
        title: the rule as a sentence.
        clause: clause of the standard that holds it.
        status: how sure it is: `interop`, `peer`, `draft` or `ours`.
        level: `error` or `warning`.
        problems: gives the places of a bitstream that break it.
    """

    name: str
    title: str
    clause: str
    status: str
    level: str
    problems: Callable[[Model], Iterable[Problem]]

    def findings(self, model: Model) -> Iterator[Finding]:
        """Check one model."""
        for place, message in self.problems(model):
            yield finding(self, place, message)


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
    elements: dict[tuple[str, str], list[tuple[UnitTrace, TracedElement]]]

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
        Model(traced, units, number == 0, units_by_type(units), elements_by_name(units))
        for number, units in enumerate(groups)
    ]


def units_by_type(units: list[UnitTrace]) -> dict[str, list[UnitTrace]]:
    """Return the units of each type, by its name."""
    result: dict[str, list[UnitTrace]] = {}
    for unit in units:
        result.setdefault(unit.type_name, []).append(unit)
    return result


def elements_by_name(
    units: list[UnitTrace],
) -> dict[tuple[str, str], list[tuple[UnitTrace, TracedElement]]]:
    """Return the elements of units by table and name."""
    result: dict[tuple[str, str], list[tuple[UnitTrace, TracedElement]]] = {}
    for unit in units:
        for element in unit.elements:
            result.setdefault((element.table, element.name), []).append((unit, element))
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


def finding(rule: Rule, place: UnitTrace | TracedElement, message: str) -> Finding:
    """Return the finding of a rule at a place."""
    if isinstance(place, UnitTrace):
        position, schema = byte_bit(8 * place.start), TABLES["nnr_unit"].schema
    else:
        position, schema = place.byte_bit, schema_line(place)
    return Finding(rule.name, rule.level, place.path, position, message, rule.clause, schema)


def schema_line(element: TracedElement) -> str:
    """Return `file:line` of the schema for an element; "" for what isn't one."""
    syntax = TABLES.get(element.table)
    if syntax is None:
        return ""
    description = syntax.elements.get(element.name)
    if description is None:
        return str(syntax.schema)
    return f"{syntax.schema.rpartition(':')[0]}:{description.line}"
