"""Topology units that carry a network's structure, and its quantization units (clause 6.3.4).

What stands in them is data of the format that the model came in: this module packs and
unpacks it, `nnc.formats` makes sense of it. Pruning containers and lists of ids are no such data.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nnc.bitio import IncompleteError, InvalidError, LimitError, UnsupportedError
from nnc.bitio.arguments import checking_fields
from nnc.bitstream import Unit, whole_unit_header
from nnc.model.limits import Limits
from nnc.syntax import (
    NnrQuantizationUnitHeader,
    NnrQuantizationUnitPayload,
    NnrTopologyUnitHeader,
    NnrTopologyUnitPayload,
    NnrUnitHeader,
    NnrUnitType,
    TopologyCompressionFormat,
    TopologyStorageFormat,
    nnr_topology_unit_header,
)

#: Ways of compression that are not reserved, of a quantization too, as the schema has it.
COMPRESSIONS = nnr_topology_unit_header.elements["topology_compression_format"].valid

#: Storage formats whose data is a network's structure.
STRUCTURES = (
    TopologyStorageFormat.NNR_TPL_NNEF,
    TopologyStorageFormat.NNR_TPL_ONNX,
    TopologyStorageFormat.NNR_TPL_PYT,
    TopologyStorageFormat.NNR_TPL_TEF,
)


@checking_fields
@dataclass(frozen=True, slots=True)
class Topology:
    """The structure of a network in the format that its model file had.

    Attributes:
        storage_format: a value of `TopologyStorageFormat` out of `STRUCTURES`.
        data: the structure in that format, not compressed.
        quantization: what the format says of quantization in a file of its own (the text of an
            NNEF `graph.quant`), None for nothing.
    """

    storage_format: int
    data: bytes
    quantization: bytes | None = None

    def to_units(self) -> list[Unit]:
        """Return the units that carry it, compressed where that is smaller."""
        data, compression = compressed(self.data)
        header = topology_header(self.storage_format, compression)
        units = [Unit(header, NnrTopologyUnitPayload(topology_data=data))]
        if self.quantization is not None:
            units.append(quantization_unit(self.storage_format, self.quantization))
        return units


@checking_fields
@dataclass(frozen=True, slots=True)
class Quantization:
    """How the format that a network came in quantizes it, apart from its topology.

    Attributes:
        storage_format: a value of `QuantizationStorageFormat`.
        data: the text or data of that format, not compressed.
    """

    storage_format: int
    data: bytes

    def to_unit(self) -> Unit:
        """Return the unit that carries it, compressed where that is smaller."""
        return quantization_unit(self.storage_format, self.data)


def topology_header(
    storage_format: int, compression: int = TopologyCompressionFormat.NNR_PT_RAW
) -> NnrUnitHeader:
    """Return the header of a topology unit."""
    return whole_unit_header(
        NnrUnitType.NNR_TPL,
        nnr_topology_unit_header=NnrTopologyUnitHeader(
            topology_storage_format=storage_format, topology_compression_format=compression
        ),
    )


def quantization_unit(storage_format: int, text: bytes) -> Unit:
    """Return a quantization unit; its formats have the numbers of those of topologies."""
    data, compression = compressed(text)
    header = whole_unit_header(
        NnrUnitType.NNR_QNT,
        nnr_quantization_unit_header=NnrQuantizationUnitHeader(
            quantization_storage_format=storage_format,
            quantization_compression_format=compression,
        ),
    )
    return Unit(header, NnrQuantizationUnitPayload(quantization_data=data))


def compressed(data: bytes) -> tuple[bytes, int]:
    """Return data as it is carried, and the number that says how it is compressed."""
    packed = zlib.compress(data, 9)
    if len(packed) < len(data):
        return packed, TopologyCompressionFormat.NNR_DFL
    return data, TopologyCompressionFormat.NNR_PT_RAW


def read_topology(units: Iterable[Unit], limits: Limits | None = None) -> Topology | None:
    """Return the structure that the units of a bitstream carry, None where they carry none.

    Args:
        units: the units in the order of the bitstream.
        limits: what to accept; None for the defaults.

    Raises:
        InvalidError: the data is said to be deflated and is not.
        IncompleteError: parts of the data are missing.
        LimitError: it inflates to more than the limits allow.
        UnsupportedError: it is compressed in a way that isn't known.
    """
    topology: bytearray | None = None
    quantization: bytearray | None = None
    storage_format = -1
    limits = limits or Limits()
    for parts in whole_units(units):
        header: Any = parts[0].readable_header()
        if header.nnr_unit_type == NnrUnitType.NNR_TPL and topology is None:
            if header.topology_storage_format in STRUCTURES:
                storage_format = int(header.topology_storage_format)
                topology = content(parts, header.topology_compression_format, limits)
        elif header.nnr_unit_type == NnrUnitType.NNR_QNT and quantization is None:
            quantization = content(parts, header.quantization_compression_format, limits)
    if topology is None:
        return None
    return Topology(
        storage_format, bytes(topology), None if quantization is None else bytes(quantization)
    )


def whole_units(units: Iterable[Unit]) -> Iterable[list[Unit]]:
    """Return topology and quantization units, those cut into parts as lists of these."""
    begun: list[Unit] = []
    for unit in units:
        if unit.nnr_unit_type not in (NnrUnitType.NNR_TPL, NnrUnitType.NNR_QNT):
            continue
        if begun:
            check_turn(unit, begun[-1])
        begun.append(unit)
        if (unit.readable_header().partial_data_counter or 0) <= 1:
            yield begun
            begun = []
    if begun:
        raise begun[-1].locate(
            IncompleteError(
                "parts of the unit are missing",
                missing_bits=8,
                path="header.partial_data_counter",
                value=begun[-1].readable_header().partial_data_counter,
                clause="6.4.2",
            )
        )


def check_turn(unit: Unit, before: Unit) -> None:
    """Refuse a unit that isn't the part which has to follow another.

    Raises:
        InvalidError: it is none, or out of turn.
    """
    header, last = unit.readable_header(), before.readable_header()
    expected = (last.partial_data_counter or 0) - 1
    own, wanted = header.partial_data_counter or 0, max(expected, 0)
    if own != wanted or kind_of(header) != kind_of(last):
        raise unit.locate(
            InvalidError(
                "a part of a topology or quantization unit comes out of order",
                path="header.partial_data_counter",
                value=own,
                allowed=f"{wanted}, in a unit with the header of the one before",
                clause="6.4.2",
            )
        )


def kind_of(header: NnrUnitHeader) -> list[Any]:
    """Return what all parts of a unit have in common."""
    return [
        header.nnr_unit_type,
        header.nnr_topology_unit_header,
        header.nnr_quantization_unit_header,
    ]


def content(parts: list[Unit], compression: int, limits: Limits) -> bytearray:
    """Return the data of a unit and its parts, inflated."""
    data = b"".join(carried(part) for part in parts)
    if compression == TopologyCompressionFormat.NNR_PT_RAW:
        return bytearray(data)
    if compression != TopologyCompressionFormat.NNR_DFL:
        raise parts[0].locate(
            UnsupportedError(
                f"the data is compressed in an unknown way, {compression}",
                path=f"header.{kind_of_data(parts[0])}_compression_format",
                value=compression,
                allowed="{}..{}".format(*COMPRESSIONS),
                clause="6.4.4",
            )
        )
    try:
        return inflated(data, limits.topology_bytes_for(len(data)))
    except (InvalidError, LimitError) as error:
        error.path = f"payload.{kind_of_data(parts[0])}_data"
        raise parts[0].locate(error) from None


def kind_of_data(unit: Unit) -> str:
    """Return what the names of the elements of a topology or quantization unit begin with."""
    return "topology" if unit.nnr_unit_type == NnrUnitType.NNR_TPL else "quantization"


def carried(unit: Unit) -> bytes:
    """Return the data that one unit carries, as it stands there."""
    if unit.readable_header().partial_data_counter:
        return bytes(unit.payload_bytes)
    payload: Any = unit.payload
    return bytes(getattr(payload, f"{kind_of_data(unit)}_data"))


def inflated(data: bytes, limit: int) -> bytearray:
    """Inflate data, in pieces so that no more than `limit` bytes are ever held.

    Raises:
        InvalidError: it is no whole zlib stream.
        LimitError: there are more bytes.
    """
    inflater = zlib.decompressobj()
    result = bytearray()
    try:
        while data and not inflater.eof:
            result += inflater.decompress(data, min(1 << 20, limit + 1 - len(result)))
            if len(result) > limit:
                raise LimitError(
                    "the data inflates to too many bytes for its size",
                    path="payload",
                    allowed=f"{limit} bytes",
                    hint="the limit `topology_bytes` can be raised if you trust the bitstream",
                )
            data = inflater.unconsumed_tail
    except zlib.error as error:
        raise InvalidError(f"the data can't be inflated: {error}", path="payload") from None
    if not inflater.eof:
        raise InvalidError("the deflated data ends too early", path="payload")
    return result
