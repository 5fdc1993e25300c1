"""Units of a bitstream that is to be drawn, as they are planned."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import Table
from nnc.model.node import Node


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A coded tensor that a unit of a later bitstream may be a difference to.

    Attributes:
        name: its name.
        dimensions: its shape.
        node: the node of the parameter update tree that its unit is.
        levels: its levels, int32 of its shape.
        payload: the payload of its unit.
    """

    name: str
    dimensions: tuple[int, ...]
    node: Node
    levels: NDArray[np.int32]
    payload: bytes


@dataclass(slots=True)
class PlannedUnit:
    """A unit that is to be drawn.

    Attributes:
        kind: nnr_unit_type.
        fixed: values, by element, that are not left to chance; or functions of the index.
        given: what the syntax asks its caller for, by name.
        names: names of the tensors in it.
        parts: number of units that its payload is cut over; 1 for a whole one.
        units: the units within an aggregate.
        ancestor: what its tensor is a difference to, if anything.
        number: its number in the plan, which units that are left out don't change.
    """

    kind: int
    fixed: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    parts: int = 1
    units: list[PlannedUnit] = field(default_factory=list)
    ancestor: Ancestor | None = None
    number: str = ""

    def given_value(self, name: str, table: Table) -> Any:
        """Answer what a header asks for."""
        return self.given.get(name)


def kept(
    units: list[PlannedUnit], numbers: Iterator[int], dropped: Collection[str]
) -> list[PlannedUnit]:
    """Return units with their numbers in the plan, without those that are left out."""
    found = []
    for unit in units:
        unit.number = str(next(numbers))
        had = len(unit.units)
        unit.units = kept(unit.units, numbers, dropped)
        if had and (unit.number in dropped or len(unit.units) < 2):
            found += unit.units
        elif unit.number not in dropped:
            found.append(unit)
    return found
