"""What a change does to the elements of a unit, and to its payload."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from nnc.bitio import TraceEntry
from nnc.engine import plan
from nnc.engine.plan import Change, Plan

__all__ = ["Plan", "UnitTrace", "compare", "payload_change"]


class UnitTrace(NamedTuple):
    """The elements of one unit as they are written.

    Attributes:
        header: elements of the size field and the header; positions count from the unit.
        payload: elements of the payload where it is a table.
        payload_start: first bit of the payload, from the unit.
    """

    header: list[TraceEntry]
    payload: list[TraceEntry]
    payload_start: int

    def elements(self) -> dict[str, TraceEntry]:
        """Return all elements by path."""
        moved = (
            entry._replace(position=entry.position + self.payload_start) for entry in self.payload
        )
        return {entry.path: entry for entry in [*self.header, *moved]}


def compare(
    path: str, before: tuple[int, UnitTrace], after: tuple[int, UnitTrace], reasons: dict[str, str]
) -> Iterable[Change]:
    """Return the elements in which two states of a unit differ.

    Args:
        path: path of the unit.
        before: first byte of the unit and its elements.
        after: the same after the change.
        reasons: why elements change, by path within the unit without indices.
    """
    old, new = before[1].elements(), after[1].elements()
    for change in plan.compare(path, old, new, (8 * before[0], 8 * after[0]), reasons):
        name = change.path.removeprefix(f"{path}.")
        is_size = not change.reason and name.startswith("nnr_unit_size")
        yield change._replace(reason="follows from the size") if is_size else change


def payload_change(
    path: str,
    before: bytes | memoryview,
    after: bytes | memoryview,
    ends: tuple[int | None, int],
) -> Change:
    """Return the change of a payload that was replaced.

    Args:
        path: path of the unit.
        before: the payload.
        after: the payload after the change.
        ends: the byte after the unit before the change, None for a new one, and after it.
    """
    first = [
        None if end is None else 8 * (end - len(data))
        for end, data in zip(ends, (before, after), strict=True)
    ]
    return Change(
        path=f"{path}.payload",
        before=f"{len(before)} bytes",
        after=f"{len(after)} other bytes",
        bits_before=8 * len(before),
        bits_after=8 * len(after),
        position_before=first[0],
        position_after=first[1],
        reason="",
    )
