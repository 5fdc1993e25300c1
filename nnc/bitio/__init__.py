"""Bits: reader and writer, descriptors, the base of the syntax tables, errors."""

from nnc.bitio.bits import BitReader, BitWriter, TraceEntry
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
)
from nnc.bitio.table import Syntax, Table

__all__ = [
    "BitReader",
    "BitWriter",
    "BitstreamError",
    "BuildError",
    "IncompleteError",
    "InputError",
    "InvalidError",
    "LimitError",
    "MissingValueError",
    "NncError",
    "PlacedError",
    "Syntax",
    "Table",
    "TraceEntry",
    "UnknownOptionError",
    "UnsupportedError",
]
