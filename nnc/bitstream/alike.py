"""Writing many units whose headers differ in the name of their tensor alone."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from nnc.bitio import BuildError
from nnc.bitstream.builder import UnitBuilder, build_table
from nnc.bitstream.sizes import LONG_SIZE_LIMIT, SHORT_SIZE_LIMIT, size_in_form
from nnc.bitstream.unit import Unit
from nnc.syntax import NnrCompressedDataUnitHeader, NnrUnitHeader, Scope, nnr_unit_header

#: What a header says besides the tables in it, and besides the name and the dimensions.
OUTER = attrgetter(
    *(one for one in NnrUnitHeader.fields if one != "nnr_compressed_data_unit_header")
)
INNER = attrgetter(
    *(
        one
        for one in NnrCompressedDataUnitHeader.fields
        if one not in ("topology_elem_id", "tensor_dimensions_list")
    )
)


class Around(NamedTuple):
    """The bytes of a header around the name.

    Attributes:
        before: those before it.
        after: those after the zero that ends it.
    """

    before: bytes
    after: bytes


class AlikeBuilder(UnitBuilder):
    """Writes units as `UnitBuilder` does, but leaves in their tables what writing finds out.

    Headers that were written once under another name are written out of the bytes.
    """

    def come_into_force(self, scope: Scope) -> None:
        """Let the names of a scope hold from here on, and forget what was written before."""
        super().come_into_force(scope)
        self.known: dict[object, Around | None] = {}

    def build_unit(self, unit: Unit, path: str) -> Iterator[bytes | memoryview]:
        """Return the bytes of one unit piece by piece."""
        header = self.header_of(unit)
        size = 0 if header is None else len(header) + len(unit.payload_bytes)
        width = 2 if size + 2 <= SHORT_SIZE_LIMIT else 4
        if header is None or size + width > LONG_SIZE_LIMIT:
            yield from super().build_unit(unit, path)
            return
        yield size_in_form(size + width, width)
        yield header
        yield unit.payload_bytes

    def header_of(self, unit: Unit) -> bytes | None:
        """Return the bytes of a header like one that was written; None where there is none."""
        header = unit.header
        if (
            header is None
            or unit.table is not None
            or unit.size is not None
            or unit.__dict__.get("given")
        ):
            return None
        inner = header.nnr_compressed_data_unit_header
        if inner is None or inner.topology_elem_id is None or inner.tensor_dimensions_list is None:
            return None
        dimensions = inner.tensor_dimensions_list
        lengths = tuple(dimensions.tensor_dimensions)
        key = OUTER(header), INNER(inner), dimensions.count_tensor_dimensions, lengths
        try:
            if key not in self.known:
                self.known[key] = self.around(header, inner)
        except TypeError:
            # Tables and lists in it can't be looked up.
            return None
        around, name = self.known[key], inner.topology_elem_id.encode("utf-8")
        return (
            None if around is None or 0 in name else b"".join((around[0], name, b"\0", around[1]))
        )

    def around(self, header: NnrUnitHeader, inner: NnrCompressedDataUnitHeader) -> Around | None:
        """Return the bytes around the name; None where they depend on it, or can't be written."""
        try:
            without, other = (self.named(header, inner, name) for name in ("", "a"))
        except BuildError:
            return None
        place = next((at for at, byte in enumerate(without) if byte != other[at]), 0)
        around = Around(without[:place], without[place + 1 :])
        fits = without[place] == 0 and other == b"".join((around.before, b"a\0", around.after))
        return around if fits else None

    def named(self, header: NnrUnitHeader, inner: NnrCompressedDataUnitHeader, name: str) -> bytes:
        """Return the bytes of a header under another name."""
        outer, own = copy.copy(header), copy.copy(inner)
        own.topology_elem_id, outer.nnr_compressed_data_unit_header = name, own
        return build_table(nnr_unit_header, outer, self.copy_scope(), "header")
