"""Bits: reader and writer, descriptors, the base of the syntax tables, errors."""

from nnc.bitio.bits import BitReader, BitWriter, TraceEntry
from nnc.bitio.enforcement import Enforcement
from nnc.bitio.errors import (
    BitstreamError,
    BuildError,
    IncompleteError,
    InputError,
    InvalidError,
    LimitError,
    MissingValueError,
    NncError,
    PlacedError,
    UnknownOptionError,
    UnsupportedError,
    nearest,
    unknown_option,
)
from nnc.bitio.limits import ParsingLimits
from nnc.bitio.table import Syntax, Table

__all__ = [
    "BitReader",
    "BitWriter",
    "BitstreamError",
    "BuildError",
    "Enforcement",
    "IncompleteError",
    "InputError",
    "InvalidError",
    "LimitError",
    "MissingValueError",
    "NncError",
    "ParsingLimits",
    "PlacedError",
    "Syntax",
    "Table",
    "TraceEntry",
    "UnknownOptionError",
    "UnsupportedError",
    "nearest",
    "unknown_option",
]
