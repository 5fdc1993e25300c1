"""Compressed data units that are cut over several units, joined (clause 6.4.2)."""

from __future__ import annotations

from collections.abc import Iterable

from nnc.bitio import BitstreamError, IncompleteError, InvalidError
from nnc.bitstream import Unit
from nnc.syntax import NnrUnitType


def joined_data_units(units: Iterable[Unit]) -> list[Unit]:
    """Return the compressed data units among `units`, those cut into parts joined.

    partial_data_counter counts backwards: the first part of a unit carries the number of its
    parts, the last one 1. A unit whose header can't be read without values sent out of band is
    given as it is.

    Raises:
        InvalidError: a part comes out of order, or its name isn't in the list of element ids.
        IncompleteError: parts are missing at the end.
    """
    result: list[Unit] = []
    begun: dict[tuple[str, ...], list[Unit]] = {}
    for unit in units:
        if unit.nnr_unit_type != NnrUnitType.NNR_NDU:
            continue
        counter = 0 if unit.header is None else unit.header.partial_data_counter or 0
        if counter == 0:
            result.append(unit)
            continue
        names = names_of_part(unit)
        parts = begun.setdefault(names, [])
        check_turn(unit, counter, parts)
        parts.append(unit)
        if counter == 1:
            result.append(Unit.joined(parts))
            del begun[names]
    for parts in begun.values():
        raise parts[-1].locate(
            IncompleteError(
                f"{len(parts)} parts of {parts[0].names} are present, more are missing",
                missing_bits=8,
                path="header.partial_data_counter",
                value=parts[-1].readable_header().partial_data_counter,
                clause="6.4.2",
            )
        )
    return result


def names_of_part(unit: Unit) -> tuple[str, ...]:
    """Return the names that all parts of a unit have in common.

    Raises:
        InvalidError: an index points outside the list of element ids.
    """
    try:
        return tuple(unit.names)
    except BitstreamError as error:
        raise unit.locate(error) from None


def check_turn(unit: Unit, counter: int, parts: list[Unit]) -> None:
    """Refuse a part that doesn't follow the ones before it."""
    if not parts:
        return
    expected = (parts[-1].readable_header().partial_data_counter or 0) - 1
    if counter != expected:
        raise unit.locate(
            InvalidError(
                f"a part of {unit.names} comes out of order",
                path="header.partial_data_counter",
                value=counter,
                allowed=str(expected),
                clause="6.4.2",
            )
        )
