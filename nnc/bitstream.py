"""A bitstream as a list of units: parse, look, change, write (clauses 6.2 and 6.3).

Parsing reads the size and the header of each unit and the parameter sets; all other payloads
stay views on the data (on the mapped file, for `Bitstream.open`). Writing builds every header
anew from its table: what a table's values don't tell (size forms, padding bits, bytes left
over) is kept beside them, so that an untouched bitstream gives back its very bytes.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from nnc.bitio import (
    BitReader,
    BitstreamError,
    BitWriter,
    BuildError,
    IncompleteError,
    InputError,
    InvalidError,
    LimitError,
    MissingValueError,
    Table,
)
from nnc.syntax import (
    TABLES,
    NnrUnitHeader,
    NnrUnitSize,
    NnrUnitType,
    Scope,
    TopologyStorageFormat,
    nnr_layer_parameter_set_unit_payload,
    nnr_model_parameter_set_unit_payload,
    nnr_quantization_unit_payload,
    nnr_topology_unit_payload,
    nnr_unit_header,
    nnr_unit_size,
)

#: Payloads that are syntax tables through and through; the others are bytes or units.
PAYLOAD_TABLES = {
    NnrUnitType.NNR_MPS: nnr_model_parameter_set_unit_payload,
    NnrUnitType.NNR_LPS: nnr_layer_parameter_set_unit_payload,
    NnrUnitType.NNR_TPL: nnr_topology_unit_payload,
    NnrUnitType.NNR_QNT: nnr_quantization_unit_payload,
}

#: Units whose payload later units depend on, and which are therefore parsed at once.
PARAMETER_SETS = {NnrUnitType.NNR_MPS, NnrUnitType.NNR_LPS}

#: An aggregate costs ten bytes; nobody nests them deeper than this, but a fuzzer does.
MAXIMUM_AGGREGATE_DEPTH = 16

#: The largest size that nnr_unit_size can hold in its short and in its long form, in bytes.
SHORT_SIZE_LIMIT = (1 << 15) - 1
LONG_SIZE_LIMIT = (1 << 31) - 1


def type_name(nnr_unit_type: int) -> str:
    """Give the name of a unit type; reserved and unspecified ones by their number."""
    try:
        return NnrUnitType(nnr_unit_type).name
    except ValueError:
        return f"type {nnr_unit_type}"


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The units whose parameters are in force at one place of the bitstream.

    Attributes:
        start: the start unit (NNR_STR) of the model.
        mps: its model parameter set (NNR_MPS).
        lps: the last layer parameter set (NNR_LPS) after it.
        reference_list: the topology unit that holds the list of element ids (NNR_TPL_REFLIST).
    """

    start: Unit | None = None
    mps: Unit | None = None
    lps: Unit | None = None
    reference_list: Unit | None = None

    def after(self, unit: Unit) -> ParameterSets:
        """Give what is in force after `unit`."""
        kind = unit.nnr_unit_type
        if kind == NnrUnitType.NNR_STR:
            return ParameterSets(start=unit)
        if kind == NnrUnitType.NNR_MPS:
            return replace(self, mps=unit, lps=None)
        if kind == NnrUnitType.NNR_LPS:
            return replace(self, lps=unit)
        if kind == NnrUnitType.NNR_TPL and unit.holds_reference_list:
            return replace(self, reference_list=unit)
        return self


@dataclass(frozen=True, slots=True)
class OutOfBand:
    """What a bitstream may leave to its receiver to know (clause 6.4.3).

    Attributes:
        dimensions: tensor_dimensions by name of the tensor.
        cabac_unary_length_minus1: for all tensors, or by name.
    """

    dimensions: Mapping[str, Sequence[int]] = field(default_factory=dict)
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None

    def unary_length(self, name: str) -> int | None:
        """Give cabac_unary_length_minus1 for one tensor, or None."""
        if isinstance(self.cabac_unary_length_minus1, Mapping):
            return self.cabac_unary_length_minus1.get(name)
        return self.cabac_unary_length_minus1


class Unit:
    """One unit: size, header, payload.

    Attributes:
        size: the `nnr_unit_size` table as read; its form (short or long) is kept when writing.
        header: the `nnr_unit_header` table; None where it can't be read before a value that
            was sent out of band is given (`missing` says which).
        parameter_sets: what is in force for this unit.
        scope: the names that the unit's header gives to other tables, absent ones with the
            value they are taken to have.
        units: the units inside an aggregate; empty for other units.
        given: values that hand-written code supplied for reading, by name.
        trailing: bytes of the payload after the end of its syntax.
        path: syntax path of the unit as it was read, `units[3]`; "" for a new unit.
        start: place of the unit's first byte in the data, or None for a new unit.
        payload_start: place of the payload's first byte in the data, or None.
        missing: the error that says which value is missing for reading the header.
    """

    def __init__(
        self,
        header: NnrUnitHeader | None,
        payload: Table | bytes | memoryview = b"",
        *,
        units: Iterable[Unit] = (),
        size: NnrUnitSize | None = None,
        parameter_sets: ParameterSets | None = None,
        scope: Scope | None = None,
    ):
        """Make a unit out of its header and payload, both as they would be read."""
        self.header = header
        self.size = size
        self.parameter_sets = parameter_sets or ParameterSets()
        self.scope = scope
        self.units = list(units)
        self.given: dict[str, Any] = {}
        self.trailing: bytes | memoryview = b""
        self.path = ""
        self.start: int | None = None
        self.payload_start: int | None = None
        self.missing: MissingValueError | None = None
        self._whole: memoryview | None = None
        self._table = payload if isinstance(payload, Table) else None
        self._bytes = memoryview(b"") if isinstance(payload, Table) else memoryview(payload)

    @property
    def nnr_unit_type(self) -> int:
        """The unit's type, a value of `NnrUnitType` or a number that has no name."""
        if self.header is not None:
            return self.header.nnr_unit_type
        return NnrUnitType.NNR_NDU

    @property
    def type_name(self) -> str:
        """The name of the unit's type."""
        return type_name(self.nnr_unit_type)

    @property
    def payload(self) -> Table | memoryview:
        """The payload: a syntax table where it is one, else its bytes.

        Raises:
            BitstreamError: the payload breaks its syntax.
        """
        syntax = PAYLOAD_TABLES.get(self.nnr_unit_type)  # type: ignore[call-overload]
        if self._table is None and syntax is not None and self.header is not None:
            self._parse_payload(syntax)
        return self._bytes if self._table is None else self._table

    @payload.setter
    def payload(self, value: Table | bytes | memoryview) -> None:
        self._table = value if isinstance(value, Table) else None
        self._bytes = memoryview(b"") if isinstance(value, Table) else memoryview(value)

    @property
    def payload_bytes(self) -> memoryview:
        """The payload as it was read, before any change to its table."""
        return self._bytes

    @property
    def byte_size(self) -> int:
        """Size of the unit as it was read, in bytes; 0 for a new unit."""
        return 0 if self._whole is None else len(self._whole)

    @property
    def holds_reference_list(self) -> bool:
        """Whether the unit is a topology that lists element ids for others to refer to."""
        storage = getattr(self.header, "topology_storage_format", None)
        return bool(storage == TopologyStorageFormat.NNR_TPL_REFLIST)

    @property
    def names(self) -> list[str]:
        """Names of the tensors in a compressed data unit; empty for other units.

        Raises:
            InvalidError: an index points outside the list of element ids.
            MissingValueError: the header can't be read.
        """
        header = self.readable_header()
        if header.nnr_unit_type != NnrUnitType.NNR_NDU:
            return []
        if header.nnr_multiple_topology_elements_present_flag:
            names = header.topology_elem_id_list
            if names is None:
                return [self._reference(i) for i in header.topology_elem_id_index_list]
            return list(names)
        if header.topology_elem_id is None:
            return [self._reference(header.topology_elem_id_index)]
        return [header.topology_elem_id]

    def locate(self, error: BitstreamError, in_payload: bool = False) -> BitstreamError:
        """Add to an error that the unit is its place, and give it back.

        Args:
            error: an error whose path is relative to the unit.
            in_payload: its position is relative to the payload.
        """
        top = int(self.path.partition("[")[2].partition("]")[0]) if self.path else None
        return error.locate(
            path_prefix=self.path,
            bit_offset=8 * (self.payload_start or 0) if in_payload else 0,
            unit=top,
            unit_type=self.type_name,
        )

    def readable_header(self) -> NnrUnitHeader:
        """Give the header, or raise the error that says which value is missing for it."""
        if self.header is None:
            if self.missing is not None:
                raise self.missing
            raise InputError("the unit has no header")
        return self.header

    def _reference(self, index: int) -> str:
        unit = self.parameter_sets.reference_list
        if unit is None:
            raise InvalidError(
                "an index of an element id without a list of them before",
                path="header.topology_elem_id_index",
                value=index,
                clause="6.2.3",
                hint="a topology unit of format NNR_TPL_REFLIST has to come first",
            )
        ids = unit.payload.topology_elem_id_list  # type: ignore[union-attr]
        if not 0 <= index < len(ids):
            raise InvalidError(
                "an index outside the list of element ids",
                path="header.topology_elem_id_index",
                value=index,
                allowed=f"0..{len(ids) - 1}",
            )
        return str(ids[index])

    def _parse_payload(self, syntax: Any) -> None:
        assert self.scope is not None, "a unit with unparsed payload was parsed from data"
        reader = BitReader(self._bytes)
        reader.enter("payload", type(syntax).__name__)
        try:
            self._table = syntax._parse(reader, self.scope, "")
        except BitstreamError as error:
            raise located(error, reader).locate(bit_offset=8 * (self.payload_start or 0)) from None
        self.trailing = self._bytes[(reader.position + 7) >> 3 :]

    def __repr__(self) -> str:
        """Show type, names and size."""
        names = ", ".join(self.names) if self.header is not None else "?"
        return f"<{self.type_name}{' ' + names if names else ''}, {self.byte_size} bytes>"


def located(error: BitstreamError, reader: BitReader) -> BitstreamError:
    """Add to an error its place, the clause and the schema line of the element it is about."""
    if not error.path:
        # A name that an earlier unit should have set: the error knows no place of its own.
        error.path, error.bit_position = reader.path("").rstrip("."), reader.position
    syntax = TABLES.get(reader.stack[-1][1]) if reader.stack else None
    if syntax is not None:
        element = syntax.elements.get(error.path.rpartition(".")[2].partition("[")[0])
        schema = syntax.schema
        if element is not None:
            schema = f"{schema.rpartition(':')[0]}:{element.line}"
        error.locate(clause=syntax.clause, schema=schema)
    return error


class UnitParser:
    """Reads one unit after the other, with what is in force between them."""

    def __init__(self, data: memoryview, out_of_band: OutOfBand):
        """Start at the first byte of `data`, with nothing in force."""
        self.reader = BitReader(data)
        self.out_of_band = out_of_band
        self.scope = Scope()
        self.parameter_sets = ParameterSets()
        self.role_of_next = 0

    def parse_units(self, start: int, end: int, depth: int = 0) -> list[Unit]:
        """Parse the units that fill the bytes from `start` to `end`."""
        units: list[Unit] = []
        while start < end:
            self.reader.enter("units", "nnr_unit", len(units))
            unit = self.parse_unit(start, end, depth)
            self.reader.leave()
            units.append(unit)
            start += unit.byte_size
        return units

    def parse_unit(self, start: int, end: int, depth: int) -> Unit:
        """Parse the unit that begins at byte `start`, its payload too where others need it."""
        reader = self.reader
        reader.position, reader.end = 8 * start, 8 * end
        kind = ""
        try:
            size = nnr_unit_size._parse(reader, self.scope, "")
            stop = self.check_size(size, start, end)
            reader.end = 8 * stop
            # The type is told in the error even where the header can't be parsed.
            kind = type_name(reader.source[reader.position >> 3] >> 2)
            unit = self.parse_header(size, stop)
            unit.start = start
            unit.path = reader.path("")
            unit._whole = reader.source[start:stop]
            if unit.header is not None:
                self.take_payload(unit, stop, depth)
        except BitstreamError as error:
            top = next(entry[2] for entry in reader.stack if entry[0] == "units")
            raise located(error, reader).locate(unit=top, unit_type=kind) from None
        return unit

    def check_size(self, size: NnrUnitSize, start: int, end: int) -> int:
        """Give the byte where the unit ends, or refuse a size that can't be."""
        smallest = 3 + 2 * size.nnr_unit_size_flag
        if size.nnr_unit_size < smallest:
            self.reader.fail(
                "a unit is smaller than its size field and one byte of header",
                "nnr_unit_size",
                None,
                size.nnr_unit_size,
                f"{smallest} and above",
            )
        stop = start + size.nnr_unit_size
        if stop > end:
            raise IncompleteError(
                f"the unit's size of {size.nnr_unit_size} bytes runs past the end of the data",
                missing_bits=8 * (stop - end),
                path=self.reader.path("nnr_unit_size"),
                bit_position=8 * start,
                value=size.nnr_unit_size,
                hint="the file was cut off, or the size is damaged",
            )
        return stop

    def parse_header(self, size: NnrUnitSize, stop: int) -> Unit:
        """Parse the header at the reader's place, with the values only we can know."""
        begin = self.reader.position
        unit = Unit(None, size=size, parameter_sets=self.parameter_sets)
        unit.scope = self.scope.copy()
        unit.scope.given = self.given_for(unit)
        depth = len(self.reader.stack)
        self.reader.enter("header", "nnr_unit_header")
        try:
            unit.header = nnr_unit_header._parse(self.reader, unit.scope, "")
        except MissingValueError as error:
            error.locate(bit_offset=0)
            unit.missing = error
            del self.reader.stack[depth + 1 :]
        self.reader.leave()
        if unit.header is None:
            self.reader.position = 8 * stop
        elif unit.nnr_unit_type == NnrUnitType.NNR_AGG and "aggregate_has_tail" not in unit.given:
            self.settle_aggregate_tail(unit, begin)
        return unit

    def settle_aggregate_tail(self, unit: Unit, begin: int) -> None:
        """Parse an aggregate's header again without its tail, where the units only fit so."""
        if self.sizes_add_up(unit):
            return
        after = self.reader.position
        shorter = Unit(None, size=unit.size, parameter_sets=self.parameter_sets)
        shorter.given["aggregate_has_tail"] = 0
        shorter.scope = self.scope.copy()
        shorter.scope.given = self.given_for(shorter)
        self.reader.position = begin
        shorter.header = nnr_unit_header._parse(self.reader, shorter.scope, "")
        if self.sizes_add_up(shorter):
            unit.header, unit.scope, unit.given = shorter.header, shorter.scope, shorter.given
        else:
            self.reader.position = after

    def sizes_add_up(self, unit: Unit) -> bool:
        """Tell whether the sizes of the units from here on, walked, end where they should."""
        place, end = self.reader.position >> 3, self.reader.end >> 3
        source = self.reader.source
        assert unit.header is not None
        for _ in range(unit.header.num_of_nnr_units_minus2 + 2):
            if place + 2 > end:
                return False
            size = int.from_bytes(source[place : place + 2], "big")
            if size & 0x8000:
                size = int.from_bytes(source[place : place + 4], "big") & LONG_SIZE_LIMIT
            if size < 3:
                return False
            place += size
        return place == end

    def take_payload(self, unit: Unit, stop: int, depth: int) -> None:
        """Attach the payload, and make what the unit changes come into force."""
        reader = self.reader
        first = (reader.position + 7) >> 3
        unit.payload_start = first
        unit._bytes = reader.source[first:stop]
        kind = unit.nnr_unit_type
        if kind == NnrUnitType.NNR_AGG:
            if depth >= MAXIMUM_AGGREGATE_DEPTH:
                raise LimitError(
                    f"aggregates nested more than {MAXIMUM_AGGREGATE_DEPTH} deep",
                    path=reader.path("header"),
                    bit_position=reader.position,
                )
            unit.units = self.parse_units(first, stop, depth + 1)
            unit._bytes = memoryview(b"")
            return
        if kind == NnrUnitType.NNR_STR:
            self.scope = Scope()
            self.scope.general_profile_idc = unit.scope.general_profile_idc  # type: ignore[union-attr]
        if kind in PARAMETER_SETS:
            self.parse_parameter_set(unit)
        self.parameter_sets = self.parameter_sets.after(unit)

    def parse_parameter_set(self, unit: Unit) -> None:
        """Parse a parameter set, and keep its names in force for the units that follow."""
        try:
            unit.payload  # noqa: B018 (parses)
            fits = not unit.trailing
        except BitstreamError as error:
            fits, failure = False, error
        else:
            failure = None
        if not fits and not self.reads_with_bitmask_count(unit) and failure is not None:
            raise failure.locate(path_prefix=self.reader.path(""))
        assert unit.scope is not None
        self.scope = unit.scope

    def reads_with_bitmask_count(self, unit: Unit) -> bool:
        """Try the reading of files whose writer counted class accuracies by the bit mask."""
        assert unit.scope is not None
        before = unit._table, unit.trailing
        unit._table = None
        unit.given["unification_class_count_is_bitmask"] = 1
        try:
            unit.payload  # noqa: B018 (parses)
            if not unit.trailing:
                return True
        except BitstreamError:
            pass
        del unit.given["unification_class_count_is_bitmask"]
        unit._table, unit.trailing = before
        if unit._table is not None:
            unit._parse_payload(PAYLOAD_TABLES[NnrUnitType(unit.nnr_unit_type)])
        return False

    def given_for(self, unit: Unit) -> Callable[[str, Table], Any]:
        """Give the function that the generated parsers ask for values they can't know."""

        def given(name: str, table: Table) -> Any:
            if name in unit.given:
                return unit.given[name]
            if name == "out_of_band_tensor_dimensions":
                shape = self.out_of_band.dimensions.get(element_name(table))
                return None if shape is None else [int(length) for length in shape]
            if name == "out_of_band_cabac_unary_length_minus1":
                return self.out_of_band.unary_length(element_name(table))
            if name == "decomposed_tensor_role":
                unit.given[name] = self.decomposed_tensor_role(table)
                return unit.given[name]
            return None

        return given

    def decomposed_tensor_role(self, table: Table) -> int:
        """Tell which tensor of a decomposed layer a unit holds: 0 a vector, 1 G, 2 H.

        The syntax doesn't say. G and H follow each other at once (6.2.3), and their names
        usually end in `_G` and `_H`.
        """
        name = element_name(table)
        if name.endswith("_G"):
            role = 1
        elif name.endswith("_H"):
            role = 2
        else:
            role = self.role_of_next or 1
        self.role_of_next = 2 if role == 1 else 0
        return role


def element_name(table: Table) -> str:
    """Give the name of the tensor whose header is being read, or ""."""
    name = getattr(table, "topology_elem_id", None)
    if name is None:
        names = getattr(table, "topology_elem_id_list", None)
        name = names[0] if names else ""
    return str(name)


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


def replace_file(path: str | os.PathLike[str], write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside its final place and move it there when it is whole."""
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        # mkstemp makes files for the owner alone; give it what open() would have given.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


class UnitBuilder:
    """Writes one unit after the other, with what is in force between them."""

    def __init__(self) -> None:
        """Start with nothing in force."""
        self.scope = Scope()

    def build_units(self, units: Sequence[Unit], prefix: str = "") -> Iterator[bytes | memoryview]:
        """Give the bytes of units piece by piece."""
        for number, unit in enumerate(units):
            try:
                yield from self.build_unit(unit, f"{prefix}units[{number}]")
            except BuildError as error:
                if not error.path.startswith(("units[", prefix or "units[")):
                    error.path = f"{prefix}units[{number}].{error.path}"
                raise

    def build_unit(self, unit: Unit, path: str) -> Iterator[bytes | memoryview]:
        """Give the bytes of one unit piece by piece."""
        if unit.header is None:
            if unit._whole is None:
                raise BuildError("the unit has no header")
            yield unit._whole
            return
        scope = self.scope.copy()
        scope.given = lambda name, table: self.given(unit, name)
        header = build_table(nnr_unit_header, unit.header, scope, "header")
        payload = self.build_payload(unit, scope, path)
        size = sum(len(piece) for piece in payload) + len(header)
        yield build_table(nnr_unit_size, size_field(size, unit.size), scope, "nnr_unit_size")
        yield header
        yield from payload

    def build_payload(self, unit: Unit, scope: Scope, path: str) -> list[bytes | memoryview]:
        """Give the pieces of a payload, and make what the unit changes come into force."""
        kind = unit.nnr_unit_type
        if kind == NnrUnitType.NNR_AGG:
            return list(self.build_units(unit.units, f"{path}."))
        if kind == NnrUnitType.NNR_STR:
            self.scope = Scope()
            self.scope.general_profile_idc = scope.general_profile_idc
        syntax = PAYLOAD_TABLES.get(kind)  # type: ignore[call-overload]
        if unit._table is None or syntax is None:
            if kind in PARAMETER_SETS:
                raise BuildError("a parameter set needs a table as payload", path="payload")
            return [unit._bytes]
        built = build_table(syntax, unit._table, scope, "payload")
        if kind in PARAMETER_SETS:
            self.scope = scope
        return [built, unit.trailing] if unit.trailing else [built]

    def given(self, unit: Unit, name: str) -> Any:
        """Give a value that a table asks for: the one that it was read with, if any."""
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
    syntax._build(table, writer, scope, "")
    return writer.to_bytes()


def size_field(size_without_field: int, before: NnrUnitSize | None) -> NnrUnitSize:
    """Give the size field of a unit: in the form that it had, unless the size needs the other.

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


__all__ = [
    "Bitstream",
    "OutOfBand",
    "ParameterSets",
    "Unit",
    "replace_file",
    "type_name",
]
