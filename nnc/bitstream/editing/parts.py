"""Units put together and taken apart: aggregates, and data cut over several units."""

from __future__ import annotations

import copy

from nnc.bitio import BuildError, InputError
from nnc.bitstream.bitstream import Bitstream
from nnc.bitstream.builder import build_table
from nnc.bitstream.editing.edit import Edit, is_unit_path, link, run
from nnc.bitstream.unit import Unit, kind_of
from nnc.engine.fields import copy_table
from nnc.engine.plan import Plan
from nnc.syntax import AggregateUnitType, NnrAggregateUnitHeader, NnrUnitHeader, NnrUnitType

#: partial_data_counter has eight bits.
MAXIMUM_PARTS = 255


def copy_bitstream(bitstream: Bitstream) -> Bitstream:
    """Return a bitstream of its own with the same units; payloads stay views on the same data."""
    copied = Bitstream(copy_unit(unit) for unit in bitstream.units)
    copied.share_mapping(bitstream)
    link(copied)
    return copied


def copy_unit(unit: Unit) -> Unit:
    """Return a unit of its own with the same content."""
    copied = copy.copy(unit)
    copied.header, copied.table = copy_table(unit.header), copy_table(unit.table)
    copied.given = dict(unit.given)
    copied.units = [copy_unit(inner) for inner in unit.units]
    return copied


def unit_at(bitstream: Bitstream, path: str) -> Unit:
    """Return the unit at a path.

    Raises:
        InputError: the path is none of a unit.
    """
    if not is_unit_path(path):
        raise InputError(f"{path}: name a unit, such as units[3]")
    unit: Unit = bitstream.get(path)
    return unit


def wrap(
    bitstream: Bitstream,
    first: int,
    last: int,
    *,
    aggregate_type: int = AggregateUnitType.NNR_AGG_GEN,
    entry_points: bool = True,
    keep: bool = True,
) -> Plan:
    """Put units of the bitstream into an aggregate unit, which takes their place.

    Args:
        bitstream: the bitstream.
        first: number of the first unit.
        last: number of the last one; it goes in too.
        aggregate_type: a value of `AggregateUnitType`.
        entry_points: write type and place of each unit into the header.
        keep: make the change; else only say what it would be.

    Raises:
        InputError: no such units, or fewer than two.
        BuildError: one of them is a start unit.
    """
    if not 0 <= first < last < len(bitstream.units):
        raise InputError(
            f"units {first} to {last} can't be wrapped: name at least two units, "
            f"out of 0 to {len(bitstream.units) - 1}"
        )
    for number, unit in enumerate(bitstream.units[first : last + 1], first):
        if unit.nnr_unit_type == NnrUnitType.NNR_STR:
            raise BuildError("a start unit must come first, outside any aggregate",
                             path=f"units[{number}]", clause="6.2.3")  # fmt: skip

    def change(edit: Edit) -> None:
        inner = bitstream.units[first : last + 1]
        independent = all(
            unit.header is not None and unit.header.independently_decodable_flag for unit in inner
        )
        header = NnrUnitHeader(
            nnr_unit_type=NnrUnitType.NNR_AGG,
            independently_decodable_flag=int(independent),
            partial_data_counter_present_flag=0,
            nnr_aggregate_unit_header=NnrAggregateUnitHeader(
                nnr_aggregate_unit_type=aggregate_type,
                entry_points_present_flag=int(entry_points),
                num_of_nnr_units_minus2=0,
            ),
        )
        bitstream.units[first : last + 1] = [Unit(header, units=inner)]

    return run(bitstream, change, keep=keep)


def unwrap(bitstream: Bitstream, path: str, *, keep: bool = True) -> Plan:
    """Put the units of an aggregate in its place.

    Args:
        bitstream: the bitstream.
        path: path of the aggregate.
        keep: make the change; else only say what it would be.

    Raises:
        InputError: there is no aggregate.
    """
    aggregate = unit_at(bitstream, path)
    if aggregate.nnr_unit_type != NnrUnitType.NNR_AGG:
        raise InputError(f"{path} is no aggregate but {aggregate.type_name}")

    def change(edit: Edit) -> None:
        units, index = edit.unit_list(path, 0)
        units[index : index + 1] = aggregate.units

    return run(bitstream, change, keep=keep)


def cut(bitstream: Bitstream, path: str, size: int, *, keep: bool = True) -> Plan:
    """Cut the payload of a unit over several units (clause 6.4.3, draft).

    Args:
        bitstream: the bitstream.
        path: path of the unit.
        size: bytes of payload that a part has at most.
        keep: make the change; else only say what it would be.

    Raises:
        InputError: the unit can't be cut so.
    """
    unit = unit_at(bitstream, path)
    header = unit.readable_header()
    if not kind_of(header.nnr_unit_type).divisible or header.partial_data_counter:
        raise InputError(
            f"{path} can't be cut: it must be a whole NNR_NDU, NNR_TPL or NNR_QNT unit"
        )
    data = payload_of(bitstream, unit)
    count = -(-len(data) // size) if size > 0 else 0
    if not 2 <= count <= MAXIMUM_PARTS:
        parts_text = "1 part" if count == 1 else f"{count} parts"
        raise InputError(
            f"{path}: {len(data)} bytes in parts of {size} make {parts_text}, not 2 to "
            f"{MAXIMUM_PARTS}"
        )

    def change(edit: Edit) -> None:
        units, index = edit.unit_list(path, 0)
        parts = []
        for number in range(count):
            part_header = copy_table(header)
            part_header.partial_data_counter_present_flag = 1
            part_header.partial_data_counter = count - number
            part = Unit(part_header, data[number * size : (number + 1) * size])
            part.given = dict(unit.given)
            # What was sent out of band is asked from the scope.
            part.parameter_sets = unit.parameter_sets
            parts.append(part)
        units[index : index + 1] = parts

    return run(bitstream, change, keep=keep)


def join(bitstream: Bitstream, path: str, *, keep: bool = True) -> Plan:
    """Join the parts of a unit that was cut.

    Args:
        bitstream: the bitstream.
        path: path of the first part.
        keep: make the change; else only say what it would be.

    Raises:
        InputError: this is no first part.
        BuildError: parts are missing, or don't belong together.
    """
    first = unit_at(bitstream, path)
    count = first.readable_header().partial_data_counter or 0
    if count < 1:
        raise InputError(f"{path} is not a part of a unit: partial_data_counter is 0 or absent")
    refuse_later_part(bitstream, path, first)

    def change(edit: Edit) -> None:
        units, index = edit.unit_list(path, 0)
        parts = units[index : index + count]
        wanted = whole_header(first)
        for number, part in enumerate(parts):
            counter = getattr(part.header, "partial_data_counter", None)
            if counter != count - number or whole_header(part) != wanted:
                parts = parts[:number]
                break
        if len(parts) < count:
            raise BuildError(
                f"only {len(parts)} of {count} parts follow one another",
                clause="6.4.3",
                path=f"{path}.header.partial_data_counter",
                value=count,
            )
        whole = Unit(wanted, b"".join(part.payload_bytes for part in parts))
        whole.given = dict(first.given)
        units[index : index + count] = [whole]

    return run(bitstream, change, keep=keep)


def refuse_later_part(bitstream: Bitstream, path: str, part: Unit) -> None:
    """Refuse a part that another one of the same unit stands before.

    Raises:
        InputError: there is one.
    """
    head, _, last = path.rpartition("[")
    number = int(last.removesuffix("]"))
    if not number:
        return
    before = unit_at(bitstream, f"{head}[{number - 1}]")
    if (
        before.partial_data_counter == part.partial_data_counter + 1
        and before.is_part
        and whole_header(before) == whole_header(part)
    ):
        raise InputError(
            f"{path} is not the first part of its unit: {head}[{number - 1}] is before"
        )


def whole_header(part: Unit) -> NnrUnitHeader:
    """Return the header that a part's unit had before it was cut."""
    header: NnrUnitHeader = copy_table(part.readable_header())
    header.partial_data_counter_present_flag, header.partial_data_counter = 0, None
    return header


def payload_of(bitstream: Bitstream, unit: Unit) -> memoryview:
    """Return the bytes of a unit's payload as they would be written."""
    if unit.table is None:
        return unit.payload_bytes
    if unit.scope is None:
        link(bitstream)
    assert unit.scope is not None
    built = build_table(unit.payload_syntax, unit.table, unit.scope.copy(), "payload")
    return memoryview(built + bytes(unit.trailing))
