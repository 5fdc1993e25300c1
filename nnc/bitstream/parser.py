"""Reading units one after the other, with what is in force between them (clause 6.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack, get_type_hints

from nnc.bitio import (
    BitReader,
    BitstreamError,
    IncompleteError,
    InputError,
    LimitError,
    MissingValueError,
    Table,
    unknown_option,
)
from nnc.bitio.arguments import check_argument, members_of
from nnc.bitstream.patterns import Patterns
from nnc.bitstream.places import located
from nnc.bitstream.sizes import field_bytes, read_size, told_by
from nnc.bitstream.type_names import type_name
from nnc.bitstream.unit import NO_PARAMETER_SETS, Unit, kind_of, scope_after
from nnc.syntax import (
    CompressedDataUnitPayloadType,
    CompressedParameterTypes,
    NnrUnitSize,
    NnrUnitType,
    Scope,
    nnr_unit_header,
    nnr_unit_size,
)

#: Types of units whose header has a table of its own.
KNOWN_TYPES = frozenset(int(kind) for kind in NnrUnitType)

#: A plain number: an operation on enumerated flags takes longer than all else about a tensor.
DECOMPOSED = int(CompressedParameterTypes.NNR_CPT_DC)

#: An aggregate costs ten bytes; nobody nests them deeper than this, but a fuzzer does.
MAXIMUM_AGGREGATE_DEPTH = 16


class OutOfBandKeywords(TypedDict, total=False):
    """What a bitstream leaves out, as keywords of a call; see `OutOfBand`."""

    dimensions: Mapping[str, Sequence[int]] | None
    cabac_unary_length_minus1: int | Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class OutOfBand:
    """What a bitstream may leave to its receiver to know (clause 6.4.3).

    Attributes:
        dimensions: tensor_dimensions by name of the tensor.
        cabac_unary_length_minus1: for all tensors, or by name.
    """

    dimensions: Mapping[str, Sequence[int]] = field(default_factory=dict)
    cabac_unary_length_minus1: int | Mapping[str, int] | None = None

    @classmethod
    def of(cls, **left_out: Unpack[OutOfBandKeywords]) -> OutOfBand:
        """Return what a call is given, None for nothing.

        Raises:
            UnknownOptionError: something else.
        """
        for name, value in left_out.items():
            if name not in OutOfBandKeywords.__annotations__:
                raise unknown_option(name, OutOfBandKeywords.__annotations__)
            if value is not None:
                wanted = get_type_hints(OutOfBandKeywords)[name]
                check_argument(name, value, members_of(wanted))
        dimensions = left_out.get("dimensions") or {}
        return cls(dimensions, left_out.get("cabac_unary_length_minus1"))

    def shape(self, name: str) -> list[int] | None:
        """Return tensor_dimensions of one tensor, or None.

        Raises:
            InputError: what is given is no shape.
        """
        given: Any = self.dimensions.get(name)
        if given is None:
            return None
        lengths: list[Any] = list(given) if isinstance(given, Iterable) else [None]
        if not all(hasattr(length, "__index__") and length >= 0 for length in lengths):
            raise InputError(f"the dimensions {given!r} of tensor {name!r} are no shape")
        return [int(length) for length in lengths]

    def unary_length(self, name: str) -> int | None:
        """Return cabac_unary_length_minus1 for one tensor, or None."""
        if isinstance(self.cabac_unary_length_minus1, Mapping):
            return self.cabac_unary_length_minus1.get(name)
        return self.cabac_unary_length_minus1


class UnitParser:
    """Reads one unit after the other, with what is in force between them.

    Attributes:
        finds_runs: the data are there, so that many units may be read together.
    """

    finds_runs = True

    def __init__(self, data: memoryview, out_of_band: OutOfBand):
        """Start at the first byte of `data`, with nothing in force."""
        self.reader = BitReader(data)
        self.out_of_band = out_of_band
        self.parameter_sets = NO_PARAMETER_SETS
        self.come_into_force(Scope())
        self.role_of_next = 0
        self.decomposed_before = "", 0
        self.scope_before_opaque: Scope | None = None
        self.opaque_scopes: dict[tuple[int, int, int], Scope] = {}
        self.spare_scope = Scope()
        # That in force is the very scope of a parameter set, whose size stays its own.
        self.scope_of_sizes = Scope()

    def come_into_force(self, scope: Scope) -> None:
        """Let the names of a scope hold from here on."""
        self.scope, self.copy_scope = scope, scope.copies()
        self.patterns = self.no_patterns()

    def no_patterns(self) -> Patterns:
        """Return what learns how the headers of the units from here on are alike."""
        copy_scope = self.copy_scope

        def fresh_scope(unit: Unit) -> Scope:
            scope = copy_scope()
            scope.given = GivenFor(self, unit)
            return scope

        return Patterns(self.given_for_all, fresh_scope)

    def given_for_all(self, name: str, table: Table) -> Any:
        """Return None for a value of units that isn't known.

        Raises:
            MissingValueError: it may be known of some.
        """
        left_out = self.out_of_band
        known = left_out.dimensions or left_out.cabac_unary_length_minus1 is not None
        if known or name == "decomposed_tensor_role":
            raise MissingValueError(f"{name} depends on the unit")

    def parse_units(self, start: int, end: int, depth: int = 0) -> list[Unit]:
        """Parse the units that fill the bytes from `start` to `end`."""
        units: list[Unit] = []
        while start < end:
            self.reader.enter("units", "nnr_unit", len(units))
            unit = self.parse_unit(start, end, depth)
            self.reader.leave()
            units.append(unit)
            assert unit.stop is not None
            start = unit.stop
            if self.finds_runs:
                self.patterns.learn(unit)
            if self.patterns.patterns:
                source, around = self.reader.source, self.reader.path("units")
                units += self.patterns.run(around, len(units), source, start, end)
                start = units[-1].stop or start
        return units

    def parse_unit(self, start: int, end: int, depth: int) -> Unit:
        """Parse the unit that begins at byte `start`, its payload too where others need it."""
        reader = self.reader
        reader.position, reader.end = 8 * start, 8 * end
        type_place = end
        try:
            reader.enter("nnr_unit_size", "nnr_unit_size")
            size = nnr_unit_size._parse(reader, self.scope_of_sizes, "")
            type_place = reader.position >> 3
            stop = self.check_size(size, start, end)
            reader.leave()
            reader.end = 8 * stop
            unit = self.parse_header(size, stop)
            unit.path = reader.path("")
            unit.source, unit.start, unit.stop = reader.source, start, stop
            if unit.header is not None:
                self.take_payload(unit, stop, depth)
        except BitstreamError as error:
            top = next(entry[2] for entry in reader.stack if entry[0] == "units")
            # The type is told in the error even where the rest can't be parsed.
            kind = type_name(reader.source[type_place] >> 2) if type_place < end else ""
            raise located(error, reader).locate(unit=top, unit_type=kind) from None
        return unit

    def check_size(self, size: NnrUnitSize, start: int, end: int) -> int:
        """Return the byte where the unit ends, or refuse a size that can't be."""
        smallest = field_bytes(size) + 1
        told = told_by(size)
        if told < smallest:
            self.reader.position = 8 * start
            self.reader.fail(
                "a unit is smaller than its size field and one byte of header",
                "nnr_unit_size",
                None,
                told,
                f"{smallest} and above",
            )
        stop = start + told
        if stop > end:
            raise IncompleteError(
                f"the unit's size of {told} bytes runs past the end of the data",
                missing_bits=8 * (stop - end),
                path=self.reader.path("nnr_unit_size"),
                bit_position=8 * start,
                value=told,
                allowed=f"{smallest}..{end - start}",
                hint="the file is cut off, or the size is damaged",
            )
        return stop

    def parse_header(self, size: NnrUnitSize, stop: int) -> Unit:
        """Parse the header at the reader's place, with the values only we can know."""
        begin = self.reader.position
        unit = Unit(None, size=size, parameter_sets=self.parameter_sets)
        if 8 * stop > begin and self.reader.source[begin >> 3] >> 2 not in KNOWN_TYPES:
            self.parse_opaque_header(unit, size)
            return unit
        unit.scope = self.copy_scope()
        unit.scope.nnr_unit_size = told_by(size)
        unit.scope.given = GivenFor(self, unit)
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
        elif holds_part_of_decomposed(unit):
            # The syntax asks only where there are entry points; the decoder has to know always.
            unit.scope.given("decomposed_tensor_role", unit.header)
        elif unit.nnr_unit_type == NnrUnitType.NNR_AGG and "aggregate_has_tail" not in unit.given:
            self.settle_aggregate_tail(unit, begin)
        return unit

    def parse_opaque_header(self, unit: Unit, size: NnrUnitSize) -> None:
        """Parse the header of a unit whose type isn't known.

        A file may be full of them, three bytes each. Such a header sets the same few names
        whatever it holds, and asks for nothing: units that agree in them share a scope.
        """
        if self.scope_before_opaque is not self.scope:
            self.scope_before_opaque, self.opaque_scopes = self.scope, {}
            self.spare_scope = self.scope.copy()
        scope = self.spare_scope
        scope.nnr_unit_size = told_by(size)
        self.reader.enter("header", "nnr_unit_header")
        unit.header = nnr_unit_header._parse(self.reader, scope, "")
        self.reader.leave()
        key = scope.nnr_unit_type, scope.nnr_unit_size, scope.partial_data_counter
        shared = self.opaque_scopes.setdefault(key, scope)
        unit.scope = shared
        if shared is scope:
            self.spare_scope = scope.copy()

    def settle_aggregate_tail(self, unit: Unit, begin: int) -> None:
        """Parse an aggregate's header again without its tail, where the units fit better so."""
        fit = self.fit(unit)
        if all(fit):
            return
        after = self.reader.position
        shorter = Unit(None, size=unit.size, parameter_sets=self.parameter_sets)
        shorter.given["aggregate_has_tail"] = 0
        shorter.scope = self.scope.copy()
        shorter.scope.given = GivenFor(self, shorter)
        self.reader.position = begin
        self.reader.enter("header", "nnr_unit_header")
        shorter.header = nnr_unit_header._parse(self.reader, shorter.scope, "")
        self.reader.leave()
        if self.fit(shorter) > fit:
            unit.header, unit.scope, unit.given = shorter.header, shorter.scope, shorter.given
        else:
            self.reader.position = after

    def fit(self, unit: Unit) -> tuple[bool, bool]:
        """Tell whether the units after an aggregate's header, and its alignment, look right."""
        assert unit.header is not None
        aggregate = unit.header.nnr_aggregate_unit_header
        regular = aggregate is not None and aggregate.byte_alignment is None
        return self.sizes_add_up(unit), regular

    def sizes_add_up(self, unit: Unit) -> bool:
        """Tell whether the sizes of the units from here on, walked, end where they should."""
        place, end = self.reader.position >> 3, self.reader.end >> 3
        source = self.reader.source
        assert unit.header is not None
        for _ in range(unit.header.num_of_nnr_units_minus2 + 2):
            if place + 2 > end:
                return False
            try:
                size = told_by(read_size(source, place))
            except IncompleteError:
                return False
            if size < 3:
                return False
            place += size
        return place == end

    def take_payload(self, unit: Unit, stop: int, depth: int) -> None:
        """Attach the payload, and make what the unit changes come into force."""
        reader = self.reader
        first = (reader.position + 7) >> 3
        unit.payload_start = first
        kind = unit.nnr_unit_type
        if kind == NnrUnitType.NNR_AGG:
            if depth >= MAXIMUM_AGGREGATE_DEPTH:
                raise LimitError(
                    f"aggregates nested more than {MAXIMUM_AGGREGATE_DEPTH} deep",
                    path=reader.path("header"),
                    bit_position=reader.position,
                    value=depth + 1,
                    allowed=f"0..{MAXIMUM_AGGREGATE_DEPTH}",
                )
            unit.units = self.parse_units(first, stop, depth + 1)
            unit.payload_bytes = memoryview(b"")
            return
        if kind_of(kind).persistent:
            self.parse_parameter_set(unit)
        assert unit.scope is not None
        if (scope := scope_after(self.scope, kind, unit.scope)) is not self.scope:
            self.come_into_force(scope)
        if (sets := self.parameter_sets.after(unit)) is not self.parameter_sets:
            self.parameter_sets, self.patterns = sets, self.no_patterns()

    def parse_parameter_set(self, unit: Unit) -> None:
        """Parse a parameter set, whose names hold for the units that follow."""
        failure: BitstreamError | None = None
        try:
            unit.payload  # noqa: B018 (parses)
        except BitstreamError as error:
            failure = error
        fits = failure is None and not unit.trailing
        if not fits and not self.reads_with_bitmask_count(unit) and failure is not None:
            raise failure

    def reads_with_bitmask_count(self, unit: Unit) -> bool:
        """Try the reading of files whose writer counted class accuracies by the bit mask."""
        assert unit.scope is not None
        before = unit.table, unit.trailing
        unit.table = None
        unit.given["unification_class_count_is_bitmask"] = 1
        try:
            unit.payload  # noqa: B018 (parses)
            if not unit.trailing:
                return True
        except BitstreamError:
            pass
        del unit.given["unification_class_count_is_bitmask"]
        unit.table, unit.trailing = before
        if unit.table is not None:
            unit.parse_payload(unit.payload_syntax)
        return False

    def name_of(self, table: Table) -> str:
        """Return the name of the tensor whose header is being read, or "" where it has none."""
        unit = self.parameter_sets.reference_list
        if unit is None:
            return element_name(table)
        try:
            listed = unit.payload.topology_elem_id_list  # type: ignore[union-attr]
        except BitstreamError:
            # Whoever asks for the names of units gets to know what is wrong with the list.
            listed = None
        return element_name(table, listed or [])

    def decomposed_tensor_role(self, table: Table) -> int:
        """Tell which tensor of a decomposed layer a unit holds: 0 a vector, 1 G, 2 H.

        The syntax doesn't say. G and H follow each other at once (6.2.3), and their names
        usually end in `_G` and `_H`. Where the name is that of the unit before, that goes on:
        both are parts of one.
        """
        name = self.name_of(table)
        name_before, role_before = self.decomposed_before
        if name and name == name_before:
            role = role_before
        elif name.endswith("_G"):
            role = 1
        elif name.endswith("_H"):
            role = 2
        else:
            role = self.role_of_next or 1
        self.role_of_next = 2 if role == 1 else 0
        self.decomposed_before = name, role
        return role


class GivenFor:
    """The function that the generated parsers ask for values of a unit that they can't know."""

    __slots__ = ("parser", "unit")

    def __init__(self, parser: UnitParser, unit: Unit) -> None:
        """Take the unit, and who parses it."""
        self.parser = parser
        self.unit = unit

    def __call__(self, name: str, table: Table) -> Any:
        """Return a value, None for one that isn't known."""
        parser, given = self.parser, self.unit.given
        if name in given:
            return given[name]
        if name == "out_of_band_tensor_dimensions":
            return parser.out_of_band.shape(parser.name_of(table))
        if name == "out_of_band_cabac_unary_length_minus1":
            return parser.out_of_band.unary_length(parser.name_of(table))
        if name == "decomposed_tensor_role":
            given[name] = parser.decomposed_tensor_role(table)
            return given[name]
        return None


def holds_part_of_decomposed(unit: Unit) -> bool:
    """Tell whether a unit holds G or H of a decomposed layer by itself."""
    header, scope = unit.header, unit.scope
    if header is None or scope is None or header.nnr_unit_type != NnrUnitType.NNR_NDU:
        return False
    return (
        scope.nnr_compressed_data_unit_payload_type != CompressedDataUnitPayloadType.NNR_PT_BLOCK
        and bool(scope.compressed_parameter_types & DECOMPOSED)
        and scope.count_tensor_dimensions > 1
    )


def element_name(table: Table, listed: Sequence[str] = ()) -> str:
    """Return the name of the tensor whose header is being read, the first of several, or "".

    Args:
        table: the header.
        listed: the list of element ids that indices point into.
    """
    name = getattr(table, "topology_elem_id", None)
    if name is not None:
        return str(name)
    names = getattr(table, "topology_elem_id_list", None)
    if names:
        return str(names[0])
    indices = [getattr(table, "topology_elem_id_index", None)]
    indices += getattr(table, "topology_elem_id_index_list", None) or []
    number = next((index for index in indices if index is not None), len(listed))
    return str(listed[number]) if number < len(listed) else ""
