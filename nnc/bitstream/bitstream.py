"""A bitstream as a list of units: parse, look, change, write (clauses 6.2 and 6.3).

Parsing reads the size and the header of each unit and the parameter sets; all other payloads
stay views on the data (on the mapped file, for `Bitstream.open`). Writing builds every header
anew from its table: what a table's values don't tell (size forms, padding bits, bytes left
over) is kept beside them, so that an untouched bitstream gives back its very bytes.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from nnc.bitstream.builder import UnitBuilder
from nnc.bitstream.files import replace_file
from nnc.bitstream.parser import OutOfBand, UnitParser
from nnc.bitstream.unit import Unit


class Bitstream:
    """A bitstream: its units in order.

    Attributes:
        units: the units; the list and the tables in it may be changed.
    """

    def __init__(self, units: Iterable[Unit] = ()):
        """Put a bitstream together out of units."""
        self.units = list(units)
        self._mapping: mmap.mmap | None = None

    @classmethod
    def parse(
        cls,
        data: bytes | bytearray | memoryview | mmap.mmap,
        *,
        dimensions: Mapping[str, Sequence[int]] | None = None,
        cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
    ) -> Bitstream:
        """Parse a bitstream; payloads become views on `data`.

        Args:
            data: the bytes, from the start of the first unit to the end of the last.
            dimensions: tensor_dimensions by name, where the bitstream leaves them out.
            cabac_unary_length_minus1: the same for that element, one for all or by name.

        Raises:
            InvalidError: the bytes break the syntax.
            IncompleteError: the bytes end within a unit.
            LimitError: aggregates are nested too deep.
        """
        view = memoryview(data).cast("B") if not isinstance(data, memoryview) else data.cast("B")
        out_of_band = OutOfBand(dimensions or {}, cabac_unary_length_minus1)
        return cls(UnitParser(view, out_of_band).parse_units(0, len(view)))

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        dimensions: Mapping[str, Sequence[int]] | None = None,
        cabac_unary_length_minus1: int | Mapping[str, int] | None = None,
    ) -> Bitstream:
        """Open a file: mapped into memory, its payloads untouched until they are asked for.

        Args and errors as for `parse`; also OSError where the file can't be read.
        """
        with Path(path).open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                return cls()
            mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        bitstream = cls.parse(
            mapping,
            dimensions=dimensions,
            cabac_unary_length_minus1=cabac_unary_length_minus1,
        )
        bitstream._mapping = mapping
        return bitstream

    def walk(self) -> Iterator[Unit]:
        """Give all units in the order of decoding, those inside aggregates too."""

        def inside(units: Sequence[Unit]) -> Iterator[Unit]:
            for unit in units:
                yield unit
                yield from inside(unit.units)

        return inside(self.units)

    def pieces(self) -> Iterator[bytes | memoryview]:
        """Give the bytes of the bitstream piece by piece, payloads as views.

        Raises:
            BuildError: a table holds what can't be written.
        """
        return UnitBuilder().build_units(self.units)

    def to_bytes(self) -> bytes:
        """Give the bytes of the bitstream; see `pieces` for errors."""
        return b"".join(self.pieces())

    def write(self, file: BinaryIO) -> None:
        """Write the bitstream to an open file; see `pieces` for errors."""
        for piece in self.pieces():
            file.write(piece)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the bitstream to a file, which is replaced in one step or not at all.

        Raises:
            BuildError: a table holds what can't be written.
            OSError: the file can't be written.
        """
        replace_file(path, self.write)
