"""Limits on what a parser made from any schema may be led to by its data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParsingLimits:
    """What a reader or writer accepts; anything beyond is a `LimitError` before it is made.

    Attributes:
        width: bits of one integer.
        depth: tables within each other.
        inflated: bytes that a transform makes of those of a file.
        entries: values that take no bits: passes of loops that read nothing, entries of arrays.
            As many again are free as bits were read.
    """

    width: int = 1 << 16
    depth: int = 100
    entries: int = 1 << 16
    inflated: int = 1 << 24


STANDARD_LIMITS = ParsingLimits()
