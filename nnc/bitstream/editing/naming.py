"""Notes of tensors go with the tensors: they are renamed with them, and leave with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from nnc.bitio import PlacedError
from nnc.bitstream.notes import COUNT, content_of, followed, holds_notes, payload_of
from nnc.bitstream.unit import Unit

Named = list[tuple[Unit, list[str]]]


class Units(Protocol):
    """What is edited: a bitstream."""

    def walk(self) -> Iterator[Unit]:
        """Return all units, those inside aggregates too."""


class NamedEdit(Protocol):
    """An edit that knows its units, with the names of their tensors, before the change."""

    @property
    def bitstream(self) -> Units:
        """The bitstream."""

    names: Named

    def open(self, unit: Unit) -> None:
        """Put aside what a unit is, before it is changed."""

    def set_payload(self, unit: Unit, payload: Any, path: str) -> None:
        """Change a payload."""


class Moves(NamedTuple):
    """What became of the names of tensors.

    Attributes:
        new: new names by old ones.
        gone: names of tensors that were taken out.
        before: the number of tensors before.
        after: the number of tensors after that.
    """

    new: dict[str, str]
    gone: set[str]
    before: int
    after: int


def names_in(units: Iterable[Unit]) -> Named:
    """Return units with the names of their tensors; those that can't be read have none."""
    result: Named = []
    for unit in units:
        try:
            result.append((unit, unit.names if unit.header is not None else []))
        except PlacedError:
            result.append((unit, []))
    return result


def moves(before: Named, after: Named) -> Moves:
    """Compare the names of units, which are told apart by what they are, before and after."""
    now = {id(unit): names for unit, names in after}
    pairs = [
        pair for unit, names in before for pair in zip(names, now.get(id(unit), []), strict=False)
    ]
    old = {id(unit) for unit, _ in before}
    stay = {one for one, name in pairs if one == name}
    stay |= {name for unit, names in after if id(unit) not in old for name in names}
    new = {one: name for one, name in pairs if one not in stay}
    all_before, all_after = (
        {name for _, names in one for name in names} for one in (before, after)
    )
    return Moves(new, all_before - stay - new.keys(), len(all_before), len(all_after))


def follow_names(edit: NamedEdit) -> bool:
    """Change our own notes to the names that tensors have now; tell whether that was needed."""
    units = list(edit.bitstream.walk())
    moved = moves(edit.names, names_in(units))
    if not (moved.new or moved.gone) and moved.before == moved.after:
        return False
    counts = list(counts_in(unit for unit, _ in edit.names))
    # A bitstream that was cut off lacks as many tensors as before.
    missing = max(sum(counts) - moved.before, 0) if counts else 0
    notes = list(notes_in(units))
    results = [followed(content, moved.new, moved.gone) for _, content in notes]
    counted = [result.pop(COUNT, None) is not None for result in results]
    if any(counted):
        # The first of them stays, wherever a bitstream is cut off.
        results[0][COUNT] = moved.after + missing
    changed = False
    for (unit, content), result in zip(notes, results, strict=True):
        if result != content:
            edit.open(unit)
            edit.set_payload(unit, payload_of(result), f"{unit.path}.payload")
            changed = True
    return changed


def notes_in(units: Iterable[Unit]) -> Iterator[tuple[Unit, dict[str, Any]]]:
    """Yield the units with notes of ours, and those; whoever decodes hears if they are no good."""
    for unit in units:
        if holds_notes(unit):
            try:
                content = content_of(unit)
                followed(content, {}, set())
                if type(content.get(COUNT, 0)) is not int:
                    continue
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue
            yield unit, content


def counts_in(units: Iterable[Unit]) -> Iterator[int]:
    """Yield the numbers of tensors in notes."""
    return (content[COUNT] for _, content in notes_in(units) if COUNT in content)
