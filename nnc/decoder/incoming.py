"""Decoding of what has arrived so far: bytes in, tensors out as soon as they are whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from nnc.bitio import BitstreamError, IncompleteError, InputError, InvalidError
from nnc.bitio.bits import BitReader
from nnc.bitio.caution import DecodingWarning, warn
from nnc.bitstream import Bitstream, OutOfBand, Unit
from nnc.bitstream.notes import holds_notes
from nnc.bitstream.parser import UnitParser
from nnc.bitstream.sizes import size_at
from nnc.decoder.completeness import check_whole, warn_of_missing
from nnc.decoder.layout import SCALING_SUFFIX, UnitLayout, layout_of
from nnc.decoder.model import check_new, decode_model
from nnc.decoder.reconstruction import NEW_BIAS_SUFFIX, steps_of
from nnc.decoder.selection import is_layered, may_be_nncodec1
from nnc.decoder.stream import decode_values
from nnc.decoder.workers import Resources
from nnc.engine.mapped import view_of
from nnc.model.limits import Limits
from nnc.model.metadata import Metadata, read_metadata
from nnc.model.options import naming_options
from nnc.model.parts import (
    holds_integers,
    holds_noise,
    joined_data_units,
    names_of_planes,
    with_noise,
)
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import NnrUnitType

Tensors = dict[str, NDArray[Any]]

#: Bytes from which on the size of a unit can be read, whichever its form.
SIZE_FIELD = 4


class StreamDecoder:
    """Decodes a bitstream while it arrives.

        decoder = nnc.StreamDecoder()
        for chunk in chunks:
            for name, values in decoder.feed(chunk).items():
                ...
        rest = decoder.finish()

    A tensor comes with the bytes that complete it. Those that come out of several units (decomposed
    weights, scaled ones, folded batch norms), and all of a bitstream of the first edition, whose
    dialect shows only at its end, come from `finish`.

    Attributes:
        metadata: what the metadata unit says, as far as it arrived.
    """

    @naming_options
    def __init__(self, *, limits: Limits | None = None) -> None:
        """Start with nothing.

        Args:
            limits: what to accept; None for the defaults of `nnc.Limits`.
        """
        self.limits = limits or Limits()
        self.metadata = Metadata()
        self._parser = UnitParser(memoryview(b""), OutOfBand.of())
        self._buffer = bytearray()
        self._received, self._count, self._values = 0, 0, 0
        self._names: set[str] = set()
        self._delivered: set[str] = set()
        self._tied: dict[str, list[str]] = {}
        self._folded: set[str] = set()
        self._parts: list[Unit] = []
        self._begun: list[Unit] = []
        self._planes: set[str] = set()
        self._others: list[Unit] = []
        self._kept: list[Unit] = []
        self._is_update = self._finished = False

    @naming_options
    def feed(self, data: bytes | bytearray | memoryview) -> Tensors:
        """Take in the next bytes.

        Args:
            data: any number of them.

        Returns:
            The tensors that are complete now, by name.

        Raises:
            BitstreamError: as for `nnc.decode`.
            InputError: the end was told before.
        """
        if self._finished:
            raise InputError("the bitstream has ended: begin with another StreamDecoder")
        view = view_of(data)
        self._received += len(view)
        self._buffer += view
        result: Tensors = {}
        for unit in self._arrived():
            result |= self._take(unit)
        self._warn_of_update()
        return result

    def finish(self) -> Tensors:
        """Tell that nothing follows.

        Returns:
            The tensors that had to wait for the end.

        Raises:
            IncompleteError: the bitstream ended too early.
            BitstreamError: as for `nnc.decode`.

        Warns:
            MissingTensorsWarning: fewer tensors came than the bitstream tells of.
        """
        if self._buffer:
            size = size_at(bytes(self._buffer[:SIZE_FIELD]))[0]
            missing = max(size - len(self._buffer), 1)
            raise IncompleteError(
                f"the bitstream ends within unit {self._count}",
                missing_bits=8 * missing,
                path=f"units[{self._count}]",
                value=len(self._buffer),
                clause="6.2.3",
            )
        joined_data_units(self._parts)
        for unit in self._begun:
            raise missing_noise(unit)
        whole = Bitstream([*self._others, *self._kept])
        if not self._names:
            check_whole(whole)
        self._finished = True
        result: Tensors = {}
        if self._kept:
            limits = Limits(
                self.limits.rank,
                self.limits.values_for(self._received),
                self.limits.topology_bytes,
            )
            result = decode_model(whole, Resources(limits=limits)).values()
            self._check_scalings(result)
            result = {name: one for name, one in result.items() if name not in self._delivered}
        warn_of_missing(Bitstream(self._others), self.metadata, self._names)
        self._warn_of_update()
        return result

    def _arrived(self) -> Iterator[Unit]:
        """Yield the units that are complete, those inside aggregates too."""
        place = 0
        try:
            while len(self._buffer) - place >= SIZE_FIELD:
                size = size_at(bytes(self._buffer[place : place + SIZE_FIELD]))[0]
                # One that can't be so small is refused by the parser.
                stop = place + max(size, SIZE_FIELD)
                if stop > len(self._buffer):
                    break
                data, place = memoryview(bytes(self._buffer[place:stop])), stop
                yield from Bitstream([self._parsed(data)]).walk()
        finally:
            del self._buffer[:place]

    def _parsed(self, data: memoryview) -> Unit:
        parser = self._parser
        parser.reader = BitReader(data)
        parser.reader.enter("units", "nnr_unit", self._count)
        self._count += 1
        return parser.parse_unit(0, len(data), 0)

    def _take(self, unit: Unit) -> Tensors:
        """Return the tensors that a unit completes."""
        if unit.nnr_unit_type != NnrUnitType.NNR_NDU:
            if unit.nnr_unit_type != NnrUnitType.NNR_AGG:
                self._others.append(unit)
            if holds_notes(unit):
                self._take_notes(unit)
            return {}
        if unit.readable_header().partial_data_counter:
            self._parts.append(unit)
            if unit.partial_data_counter != 1:
                return {}
            parts, self._parts = self._parts, []
            (unit,) = joined_data_units(parts)
        if self._begun:
            first = self._begun.pop()
            if not holds_noise(unit, first, self._planes):
                raise missing_noise(first)
            unit = with_noise(first, unit)
        elif holds_integers(unit, self._planes):
            self._begun.append(unit)
            return {}
        try:
            layout = layout_of(unit, self.limits)
            self._check(layout)
        except BitstreamError as error:
            raise unit.locate(error) from None
        if self._has_to_wait(unit, layout):
            self._kept.append(unit)
            return {}
        names = [name for tensor in layout.tensors for name in tensor.names]
        noted = self.metadata.tensors
        notes = {name: noted[name] for name in names if name in noted}
        result = decode_values(unit, layout, False, steps_of(True), notes)
        self._delivered |= result.keys()
        for name in list(result):
            result |= dict.fromkeys(self._tied.get(name, ()), result[name])
        return result

    def _take_notes(self, unit: Unit) -> None:
        new = read_metadata([unit])
        self.metadata.add(new)
        self._planes.difference_update(new.tensors)
        self._planes |= names_of_planes(new)
        for name, tie in new.ties.items():
            self._tied.setdefault(tie.name, []).append(name)
        for weight, norm in new.batch_norms.items():
            self._folded |= {weight, weight + NEW_BIAS_SUFFIX, *norm.names}
        said = {*new.tensors, *(tie.name for tie in new.ties.values())}
        late = sorted(said & self._delivered)
        if late or (new.batch_norms and self._delivered):
            raise unit.locate(
                InvalidError(
                    "the metadata unit comes after tensors that it speaks of",
                    path="payload",
                    value=late[:1] or None,
                    hint="decode the bitstream as a whole",
                )
            )

    def _has_to_wait(self, unit: Unit, layout: UnitLayout) -> bool:
        """Tell whether the tensors of a unit may come out of others, too."""
        alone = layout.payload_type == PayloadType.NNR_PT_BLOCK or not is_layered(unit)
        folded = not self._folded.isdisjoint(unit.names)
        return not alone or folded or may_be_nncodec1(Bitstream([unit]))

    def _check(self, layout: UnitLayout) -> None:
        """Check names and sizes of the tensors of a unit, together with those before."""
        self._is_update |= layout.parent is not None
        for tensor in layout.tensors:
            self._values += layout.values_of(tensor)
            self.limits.check_values(tensor.name, self._values, self._received)
            for name in tensor.names:
                check_new(name, self._names)
                self._names.add(name)

    def _check_scalings(self, tensors: Tensors) -> None:
        """Refuse scaling factors of a weight that went out without them."""
        for name in tensors:
            weight = name.removesuffix(SCALING_SUFFIX)
            if weight != name and weight in self._delivered and is_layered_name(name, self._kept):
                raise InvalidError(
                    f"the scaling of tensor {weight!r} came when that was decoded already",
                    path="header.compressed_parameter_types",
                    hint="decode the bitstream as a whole",
                )

    def _warn_of_update(self) -> None:
        if self._is_update and self._delivered:
            self._is_update = False
            warn(
                "the bitstream is an update: tensors are differences to a base model; "
                "nnc.Decoder(base) applies them",
                DecodingWarning,
            )


def missing_noise(unit: Unit) -> BitstreamError:
    """Return the error for integers of planes that the rest of their tensor doesn't follow."""
    return unit.locate(
        IncompleteError(
            f"the raw vector of tensor {unit.names[0]!r} doesn't follow its integers",
            missing_bits=8,
            path="payload",
        )
    )


def is_layered_name(name: str, units: Sequence[Unit]) -> bool:
    """Tell whether a tensor is in a unit of a layer."""
    return any(is_layered(unit) and name in unit.names for unit in units)
