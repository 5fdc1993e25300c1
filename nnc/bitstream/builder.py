"""Writing units one after the other, with what is in force between them (clause 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from nnc.bitio import BitWriter, BuildError, Table
from nnc.bitstream.places import located
from nnc.bitstream.sizes import size_field
from nnc.bitstream.unit import Unit, kind_of, scope_after
from nnc.engine.places import Placed
from nnc.syntax import NnrUnitType, Scope, nnr_unit_header, nnr_unit_size


class UnitBuilder:
    """Writes one unit after the other, with what is in force between them."""

    def __init__(self) -> None:
        """Start with nothing in force."""
        self.come_into_force(Scope())

    def come_into_force(self, scope: Scope) -> None:
        """Let the names of a scope hold from here on."""
        self.scope, self.copy_scope = scope, scope.copies()

    def build_units(self, units: Iterable[Unit], prefix: str = "") -> Iterator[bytes | memoryview]:
        """Return the bytes of units piece by piece."""
        for number, unit in enumerate(units):
            try:
                yield from self.build_unit(unit, f"{prefix}units[{number}]")
            except BuildError as error:
                placed(error, f"{prefix}units[{number}]")
                if not prefix:
                    error.locate(unit=number, unit_type=unit.type_name)
                raise

    def build_unit(self, unit: Unit, path: str) -> Iterator[bytes | memoryview]:
        """Return the bytes of one unit piece by piece."""
        if unit.header is None:
            if unit.whole is None:
                raise BuildError("the unit has no header")
            yield unit.whole
            return
        scope = self.copy_scope()
        scope.given = lambda name, table: given_value(unit, name)
        header = build_table(nnr_unit_header, unit.header, scope, "header")
        payload = self.build_payload(unit, scope, path)
        size = sum(len(piece) for piece in payload) + len(header)
        yield build_table(nnr_unit_size, size_field(size, unit.size), scope, "nnr_unit_size")
        yield header
        yield from payload

    def build_payload(self, unit: Unit, scope: Scope, path: str) -> list[bytes | memoryview]:
        """Return the pieces of a payload, and make what the unit changes come into force."""
        kind = unit.nnr_unit_type
        if kind == NnrUnitType.NNR_AGG:
            return list(self.build_units(unit.units, f"{path}."))
        if kind_of(kind).starts:
            self.come_into_force(scope_after(self.scope, kind, scope))
        syntax = unit.payload_syntax
        if unit.is_part and unit.table is not None:
            raise BuildError("a part of cut data needs bytes as payload", path="payload")
        if unit.table is None or syntax is None:
            if kind_of(kind).persistent:
                raise BuildError("a parameter set needs a table as payload", path="payload")
            return [unit.payload_bytes]
        built = build_table(syntax, unit.table, scope, "payload")
        self.come_into_force(scope_after(self.scope, kind, scope))
        return [built, unit.trailing] if unit.trailing else [built]


def given_value(unit: Unit, name: str) -> Any:
    """Return a value that a table asks for: the one that it was read with, if any."""
    if name in unit.given:
        return unit.given[name]
    scope = unit.scope
    if name == "out_of_band_tensor_dimensions" and scope is not None:
        return scope.tensor_dimensions
    if name == "out_of_band_cabac_unary_length_minus1" and scope is not None:
        return scope.cabac_unary_length_minus1
    return None


def build_table(syntax: Any, table: Table, scope: Scope, name: str) -> bytes:
    """Build a table by itself."""
    writer = BitWriter()
    writer.enter(name, syntax.table)
    try:
        syntax._build(table, writer, scope, "")
    except BuildError as error:
        raise located(error, writer) from None
    return writer.to_bytes()


def placed(error: Placed, unit_path: str) -> Placed:
    """Put the path of a unit before an error's own, unless it is there, and give it back."""
    if not error.path.startswith("units["):
        error.locate(path_prefix=unit_path)
    return error
