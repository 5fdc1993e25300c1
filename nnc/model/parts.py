"""Compressed data units that are cut over several units, joined (clause 6.4.2).

So are the two units of a tensor of floats that is coded as planes (`nnc.model.planes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from nnc.bitio import BitstreamError, IncompleteError, InvalidError
from nnc.bitstream import Unit
from nnc.bitstream.notes import holds_notes
from nnc.model.metadata import Metadata, read_metadata
from nnc.model.planes import NOISE_SUFFIX
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import NnrUnitType


def joined_data_units(units: Iterable[Unit], planes: Iterable[str] = ()) -> list[Unit]:
    """Return the compressed data units among `units`, those cut into parts joined.

    partial_data_counter counts backwards: the first part of a unit carries the number of its
    parts, the last one 1. A unit whose header can't be read without values sent out of band is
    given as it is.

    Args:
        units: any units.
        planes: names of tensors that are coded as planes, beside those that notes among the
            units tell of.

    Raises:
        InvalidError: a part comes out of order, or its name isn't in the list of element ids.
        IncompleteError: parts are missing at the end.
    """
    result: list[Unit] = []
    begun: dict[tuple[str, ...], list[Unit]] = {}
    known = set(planes)
    for unit in units:
        if unit.nnr_unit_type != NnrUnitType.NNR_NDU:
            if holds_notes(unit):
                known |= names_of_planes(read_metadata([unit]))
            continue
        counter = unit.partial_data_counter
        if counter:
            names = names_of_part(unit)
            parts = begun.setdefault(names, [])
            check_turn(unit, counter, parts)
            parts.append(unit)
            if counter > 1:
                continue
            unit = Unit.joined(parts)
            del begun[names]
        if known and result and holds_noise(unit, result[-1], known):
            result[-1] = with_noise(result[-1], unit)
        else:
            result.append(unit)
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


def names_of_planes(metadata: Metadata) -> set[str]:
    """Return the names of the tensors that are coded as planes."""
    return {name for name, note in metadata.tensors.items() if note.is_planes}


def noise_names(planes: Iterable[str]) -> set[str]:
    """Return the names of the raw vectors of tensors that are coded as planes."""
    return {name + NOISE_SUFFIX for name in planes}


def holds_integers(unit: Unit, planes: Set[str]) -> bool:
    """Tell whether a unit holds the integers of a tensor that is coded as planes."""
    return not planes.isdisjoint(names_of_type(unit, PayloadType.NNR_PT_INT))


def holds_noise(unit: Unit, first: Unit, planes: Set[str]) -> bool:
    """Tell whether a unit holds the noise of a tensor whose integers are in the one before it."""
    if first.noise is not None or not holds_integers(first, planes):
        return False
    return names_of_type(unit, PayloadType.NNR_PT_RAW_FLOAT) == {first.names[0] + NOISE_SUFFIX}


def names_of_type(unit: Unit, payload_type: PayloadType) -> set[str]:
    """Return the name of the one tensor of a unit, where its payload is of a type."""
    shared = unit.shared_header
    header = None if shared is None else shared.nnr_compressed_data_unit_header
    if header is None or header.nnr_compressed_data_unit_payload_type != payload_type:
        return set()
    names = names_of_part(unit)
    return set(names) if len(names) == 1 else set()


def with_noise(first: Unit, second: Unit) -> Unit:
    """Return a unit of integers with the noise of its tensor; for reading only."""
    unit = Unit.joined([first])
    unit.parts = [*(first.parts or [first]), *(second.parts or [second])]
    unit.noise = second.payload_bytes
    return unit


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
