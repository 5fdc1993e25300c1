"""What two bitstreams differ in: units paired by type and tensor, elements by path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nnc.bitio import BitstreamError
from nnc.bitio.arguments import checked
from nnc.decoder.before import Before, session_after
from nnc.decoder.following import known_of, layout_after
from nnc.decoder.model import decode_unit
from nnc.decoder.session import Decoder
from nnc.decoder.tensor import DecodedTensor
from nnc.engine.diff import Difference, diff_elements, equal, longest_ascending, one_sided
from nnc.engine.tracing import PAYLOAD
from nnc.inspect.bins import PART, is_coded, is_coded_part
from nnc.inspect.dialect import find_dialect
from nnc.inspect.reasons import undecoded_reason
from nnc.inspect.tracing import BitstreamTrace, UnitTrace
from nnc.model.limits import Limits


@dataclass(frozen=True, slots=True)
class LevelsIn:
    """How the levels of two bitstreams are decoded.

    Attributes:
        nncodec1: whether each is in the dialect of NNCodec 1.
        session: what both are updates in; None: they stand alone.
    """

    nncodec1: tuple[bool, bool]
    session: Decoder | None


@checked
def diff(
    a: BitstreamTrace, b: BitstreamTrace, *, levels: bool = False, before: Before = ()
) -> list[Difference]:
    """Compare two bitstreams.

    Args:
        a: the first.
        b: the second.
        levels: where payloads differ, decode both and count the levels that differ.
        before: where they are updates, the bitstreams of their session before them, in order, or
            a decoder that has taken these; `levels` may need them.

    Returns:
        The differences in the order of the first; empty if both are the same bytes.

    Raises:
        NncError: one of the bitstreams before can't be decoded.
    """
    how = None
    if levels:
        how = LevelsIn((find_dialect(a), find_dialect(b)), session_after(before))
    return list(diff_units(a.units, b.units, a.data, b.data, how))


def diff_units(
    a: Sequence[UnitTrace],
    b: Sequence[UnitTrace],
    data_a: memoryview,
    data_b: memoryview,
    how: LevelsIn | None,
) -> Iterator[Difference]:
    """Compare the units of two bitstreams or aggregates."""
    partners = pair(a, b, data_a, data_b)
    places = [partners[number] for number in range(len(a)) if number in partners]
    stayed = longest_ascending(places)
    for number, unit in enumerate(a):
        if number not in partners:
            yield one_sided(True, unit.path, title(unit), 8 * (unit.stop - unit.start))
            continue
        other = b[partners[number]]
        if partners[number] not in stayed:
            yield Difference("moved", unit.path, other.path, title(unit), title(other))
        yield from diff_elements(unit, other, data_a, data_b)
        if how is not None:
            same = equal(payload_of(unit, data_a), payload_of(other, data_b))
            yield from diff_levels(unit, other, how, same)
        yield from diff_units(unit.units, other.units, data_a, data_b, how)
    found = set(partners.values())
    for number, unit in enumerate(b):
        if number not in found:
            yield one_sided(False, unit.path, title(unit), 8 * (unit.stop - unit.start))


def title(unit: UnitTrace) -> str:
    """Return type and tensors of a unit."""
    return " ".join([unit.type_name, ", ".join(unit.names)]).rstrip()


def pair(
    a: Sequence[UnitTrace], b: Sequence[UnitTrace], data_a: memoryview, data_b: memoryview
) -> dict[int, int]:
    """Pair units: first by type and tensors, then renamed ones by their payloads.

    Returns:
        For numbers of units of the first list those of their partners in the second.
    """
    partners: dict[int, int] = {}
    waiting: dict[tuple[str, ...], list[int]] = {}
    for number, unit in enumerate(b):
        waiting.setdefault(key_of(unit), []).append(number)
    for number, unit in enumerate(a):
        if candidates := waiting.get(key_of(unit)):
            partners[number] = candidates.pop(0)
    left = [number for candidates in waiting.values() for number in candidates]
    for number, unit in enumerate(a):
        if number in partners:
            continue
        for candidate in left:
            if b[candidate].type_name == unit.type_name and same_payload(
                unit, b[candidate], data_a, data_b
            ):
                partners[number] = candidate
                left.remove(candidate)
                break
    return partners


def key_of(unit: UnitTrace) -> tuple[str, ...]:
    """Return what a unit is paired by: its type and the names of its tensors."""
    try:
        names = unit.unit.names if unit.unit is not None else unit.names
    except BitstreamError:
        names = unit.names
    return (unit.type_name, *names)


def payload_of(unit: UnitTrace, data: memoryview) -> memoryview:
    """Return the bytes of a unit's payload."""
    return data[unit.stop if unit.payload_start is None else unit.payload_start : unit.stop]


def same_payload(a: UnitTrace, b: UnitTrace, data_a: memoryview, data_b: memoryview) -> bool:
    """Tell whether two units hold the same payload, and one that isn't empty."""
    first, second = payload_of(a, data_a), payload_of(b, data_b)
    return len(first) > 0 and equal(first, second)


def diff_levels(a: UnitTrace, b: UnitTrace, how: LevelsIn, same: bool) -> Iterator[Difference]:
    """Compare the levels of two units.

    Args:
        a: the unit in the first bitstream.
        b: the unit in the second.
        how: how they are decoded.
        same: their payloads are the same, so that nothing need be told where neither is decoded.
    """
    parts = [unit for unit in (a, b) if unit.unit is not None and is_coded_part(unit.unit)]
    if parts and not same:
        yield Difference("undecoded", f"{a.path}.payload", f"{b.path}.payload", PART, PART)
        return
    coded = all(unit.unit is not None and is_coded(unit.unit) for unit in (a, b))
    if not coded or not any(element.name == PAYLOAD for element in a.elements):
        return
    first = decoded(a, how.nncodec1[0], how.session)
    second = decoded(b, how.nncodec1[1], how.session)
    if isinstance(first, str) or isinstance(second, str):
        if not (same and first == second):
            paths = f"{a.path}.payload", f"{b.path}.payload"
            why_a, why_b = (one if isinstance(one, str) else None for one in (first, second))
            yield Difference("undecoded", *paths, why_a, why_b)
        return
    for one, other in zip(first, second, strict=False):
        if one.levels is None or other.levels is None:
            continue
        paths = f"{a.path} {one.tensor.name}", f"{b.path} {other.tensor.name}"
        if one.levels.shape != other.levels.shape:
            shapes = list(one.levels.shape), list(other.levels.shape)
            yield Difference("levels", *paths, *shapes)
        elif count := int(np.count_nonzero(one.levels != other.levels)):
            yield Difference("levels", *paths, one.levels.size, other.levels.size, count=count)


def decoded(unit: UnitTrace, nncodec1: bool, session: Decoder | None) -> list[DecodedTensor] | str:
    """Decode a unit, or give the reason where that can't be done."""
    assert unit.unit is not None
    try:
        layout = layout_after(session, unit.unit, Limits())
        known = known_of(session, unit.unit, layout)
        return decode_unit(unit.unit, layout, nncodec1, known)
    except BitstreamError as error:
        return undecoded_reason(error)
