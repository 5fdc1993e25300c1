"""The size field of a unit, which has a short and a long form (clause 6.3.2)."""

from __future__ import annotations

from typing import Any

from nnc.bitio import BitReader, BuildError
from nnc.syntax import NnrUnitSize, Scope, nnr_unit_size

#: The largest size that nnr_unit_size can hold in its short and in its long form, in bytes.
SHORT_SIZE_LIMIT = (1 << 15) - 1
LONG_SIZE_LIMIT = (1 << 31) - 1


def field_bytes(size: NnrUnitSize | None) -> int:
    """Return how many bytes a size field takes; None is a new one, of the short form."""
    return 4 if size is not None and size.nnr_unit_size_flag else 2


def read_size(data: Any, place: int = 0) -> NnrUnitSize:
    """Read the size field at a byte of the data.

    Raises:
        IncompleteError: the data end before the field does.
    """
    size: NnrUnitSize = nnr_unit_size._parse(BitReader(data, 8 * place), Scope(), "")
    return size


def told_by(size: NnrUnitSize) -> int:
    """Return the size that a size field tells, in bytes; 0 for one that is yet to be computed."""
    return size.nnr_unit_size or 0


def size_bytes(unit: bytes | memoryview) -> int:
    """Return how many bytes the size field takes that a unit's bytes begin with, 2 or 4."""
    return 4 if unit[0] & 0x80 else 2


def size_at(unit: bytes) -> tuple[int, int]:
    """Return the size of a unit, by the bytes it begins with, and how many of them say it."""
    width = size_bytes(unit)
    return int.from_bytes(unit[:width], "big") & ((1 << (8 * width - 1)) - 1), width


def size_in_form(size: int, width: int) -> bytes:
    """Return a size field of 2 or 4 bytes, whatever the size that it tells."""
    return (size | (width == 4) << 31).to_bytes(width, "big")


def size_field(size_without_field: int, before: NnrUnitSize | None) -> NnrUnitSize:
    """Return the size field of a unit: in the form that it had, unless the size needs the other.

    Raises:
        BuildError: the unit is larger than a size field can say.
    """
    flag = before.nnr_unit_size_flag if before is not None else 0
    if size_without_field + 2 > SHORT_SIZE_LIMIT:
        flag = 1
    size = size_without_field + (4 if flag else 2)
    if size > LONG_SIZE_LIMIT:
        raise BuildError(
            "the unit is too large",
            path="nnr_unit_size",
            value=size,
            allowed=f"{LONG_SIZE_LIMIT} bytes",
        )
    return NnrUnitSize(nnr_unit_size_flag=flag, nnr_unit_size=size)
