"""Decoding a whole bitstream: units to levels, levels to tensors (clause 7.3)."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitio import (
    BitstreamError,
    IncompleteError,
    InputError,
    InvalidError,
    MissingValueError,
)
from nnc.bitio.caution import DecodingWarning, warn
from nnc.bitio.collection import without_collection
from nnc.bitstream import Bitstream, Unit
from nnc.bitstream.notes import holds_notes
from nnc.decoder.completeness import check_whole, warn_of_missing
from nnc.decoder.known import NOTHING_KNOWN, Known, matrix_of, missing_parent
from nnc.decoder.layout import UnitLayout, coding_of
from nnc.decoder.layouts import Layouts
from nnc.decoder.reconstruction import Reconstruct, Reconstruction, dequantized_at_once, steps_of
from nnc.decoder.reconstruction import reconstruct as reconstruct_units
from nnc.decoder.tensor import DecodedTensor, with_noise
from nnc.decoder.together import decode_ahead
from nnc.decoder.workers import DEFAULTS, SERIAL, Call, Resources, Workers, in_order
from nnc.engine.places import rule_of_element
from nnc.model.batch_norm import BatchNorm
from nnc.model.data_format import RAW_FLOAT_BITS
from nnc.model.limits import Limits
from nnc.model.metadata import Metadata, read_metadata, restore
from nnc.model.parts import joined_data_units
from nnc.model.pruning import full_size, pruning_units
from nnc.model.ties import check_ties, with_ties
from nnc.model.tree_names import refuse_left_out
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import nnr_compressed_data_unit_payload

#: What is known of tensors outside of a session.
NOTHING: Mapping[str, Known] = {}

# Tensors of so many values are decoded on several threads, where they have entry points.
LARGE_TENSOR = 1 << 20


def decode_unit(
    unit: Unit,
    layout: UnitLayout,
    nncodec1: bool = False,
    known: Mapping[str, Known] | None = None,
    work: Workers | None = None,
) -> list[DecodedTensor]:
    """Decode the payload of one compressed data unit.

    Args:
        unit: the unit, out of a parsed bitstream.
        layout: its layout.
        nncodec1: decode the dialect of NNCodec 1.
        known: what is known of its tensors from units before, by name.
        work: threads for the block rows of a tensor that has entry points.

    Returns:
        The tensors in the order of the payload.

    Raises:
        InvalidError: the payload breaks the syntax.
        IncompleteError: it ends too early.
        MissingValueError: it is coded with the levels of a parent that isn't known.
    """
    try:
        if layout.payload_type == PayloadType.NNR_PT_RAW_FLOAT:
            return [decode_raw(unit, layout)]
        return with_noise(
            unit, decode_codeword(unit, layout, nncodec1, known or {}, work or SERIAL)
        )
    except BitstreamError as error:
        raise unit.locate(error, in_payload=True) from None


def decode_raw(unit: Unit, layout: UnitLayout) -> DecodedTensor:
    """Decode a payload of stored floats (clause 7.3.4)."""
    tensor = layout.tensors[0]
    width = RAW_FLOAT_BITS.get(layout.data_format, 32) >> 3  # type: ignore[call-overload]
    element = f"raw_float{8 * width}_parameter"
    rule = rule_of_element(nnr_compressed_data_unit_payload, element)
    payload = unit.payload_bytes
    wanted = tensor.values * width
    if len(payload) < wanted:
        raise IncompleteError(
            f"the values of tensor {tensor.name!r} end too early",
            missing_bits=8 * (wanted - len(payload)),
            path=f"payload.{element}[{len(payload) // width}]",
            bit_position=8 * len(payload),
            **rule,
        )
    if len(payload) > wanted:
        raise InvalidError(
            f"bytes are left over after the values of tensor {tensor.name!r}",
            path="payload",
            bit_position=8 * wanted,
            value=len(payload),
            allowed=f"{wanted} bytes",
            **rule,
        )
    raw = np.frombuffer(payload, dtype=f"<f{width}").reshape(tensor.dimensions)
    # A copy: what is handed out must be writable and must not keep the file open.
    return DecodedTensor(tensor, layout, raw=raw.astype(f"=f{width}"))


def decode_codeword(
    unit: Unit,
    layout: UnitLayout,
    nncodec1: bool,
    known: Mapping[str, Known],
    work: Workers,
) -> list[DecodedTensor]:
    """Decode a payload that is one DeepCABAC codeword (clauses 7.3.2, 7.3.3, 7.3.5)."""
    decoder = deepcabac.Decoder(unit.payload_bytes)
    decoded = []
    for tensor in layout.tensors:
        qp = None
        if layout.payload_type != PayloadType.NNR_PT_INT:
            qp = layout.qp_base + decoder.quantization_parameter(layout.qp_density)
        coding = coding_of(tensor, layout, nncodec1)
        rows, cols = tensor.rows, tensor.cols
        base_levels, history = known.get(tensor.name, NOTHING_KNOWN)
        if layout.temporal and base_levels is None:
            raise missing_parent(layout)
        if history is None and layout.parent is not None and layout.parent.is_root:
            # No update came before.
            history = np.zeros(tensor.dimensions, np.bool_)
        try:
            levels = decoder.tensor(
                rows,
                cols,
                coding,
                base_levels=matrix_of(tensor, base_levels) if layout.temporal else None,
                history=matrix_of(tensor, history),
                entry_points=tensor.entry_points if rows > 1 < cols else None,
                executor=work.pool,
                parts=work.threads,
            )
        except MissingValueError as error:
            error.message += f" up to its parent, {layout.parent}"
            raise
        decoded.append(DecodedTensor(tensor, layout, levels=tensor.from_matrix(levels), qp=qp))
    decoder.finish()
    return decoded


@dataclass(frozen=True, slots=True)
class DecodedModel:
    """All tensors of a bitstream.

    Attributes:
        units: for each compressed data unit its tensors.
        metadata: what our metadata unit says.
        nncodec1: whether the dialect of NNCodec 1 was decoded.
        bitstream: what was decoded.
        limits: what was accepted.
        resources: who works.
    """

    units: list[list[DecodedTensor]]
    metadata: Metadata
    nncodec1: bool
    bitstream: Bitstream
    limits: Limits
    resources: Resources = DEFAULTS

    @property
    def holds_differences(self) -> bool:
        """Whether a tensor is a difference to a parent, which its values leave out."""
        return any(decoded.layout.parent is not None for decoded in self.tensors())

    def warn_of_differences(self) -> None:
        """Tell the caller where what is given back are differences to a model not given.

        Warns:
            DecodingWarning: tensors are differences.
        """
        names = [one.tensor.name for one in self.tensors() if one.layout.parent is not None]
        if names:
            warn(
                f"the bitstream is an update: {len(names)} tensors ({names[0]!r} first) are "
                "differences to a base model; nnc.Decoder(base) applies them",
                DecodingWarning,
            )

    def warn_of_missing(self) -> None:
        """Tell the caller how many tensors are missing that the bitstream tells of.

        Warns:
            MissingTensorsWarning: there are such.
        """
        names = {name for one in self.tensors() for name in one.tensor.names}
        warn_of_missing(self.bitstream, self.metadata, names)

    def tensors(self) -> Iterator[DecodedTensor]:
        """Return all tensors in the order of the bitstream."""
        return chain.from_iterable(self.units)

    def values(
        self,
        *,
        reconstruct: Reconstruct = True,
        batch_norms: Mapping[str, BatchNorm] | None = None,
        pruned: bool = True,
        full_dimensions: Mapping[str, Sequence[int]] | None = None,
    ) -> dict[str, NDArray[Any]]:
        """Return all tensors by name, in their formats; the levels are used up.

        Args:
            reconstruct: put decomposed weights together, apply local scaling and unfold batch
                norms; False gives the tensors one by one as they are coded; a set of
                `decomposition`, `local_scaling` and `batch_norm` does just these.
            batch_norms: by the name of the weight, the batch norms that were folded into layers,
                where our metadata unit doesn't say so.
            pruned: give tensors as they are coded; else with zeros where the bitstream says that
                rows or weights were left out of them.
            full_dimensions: shapes by name that tensors had before pruning, where the bitstream
                leaves them out.

        Returns:
            Arrays; those of tied tensors are one under several names.

        Raises:
            InvalidError: a value doesn't fit its format, a decomposed layer is incomplete, or
                what was pruned doesn't fit the tensors.
            InputError: no such step of reconstruction, or no such weight.
            MissingValueError: a size before pruning isn't known.
            LimitError: tensors would be too large before pruning.
        """
        built = self.reconstruction(steps_of(reconstruct))
        try:
            built.unfold_noted(self.metadata.batch_norms, batch_norms or {})
        except InvalidError as error:
            raise located_in_notes(self.bitstream, error) from None
        built.unfold(batch_norms or {})
        result = built.delivered()
        for name, note in self.metadata.tensors.items():
            if name in result:
                try:
                    result[name] = restore(result[name], note, name)
                except BitstreamError as error:
                    raise self.located(error, built.layouts[name]) from None
        if not pruned:
            result = self.full_size(result, built, full_dimensions or {})
        return with_ties(result, self.metadata.ties)

    def reconstruction(self, steps: frozenset[str]) -> Reconstruction:
        """Put the tensors together; their levels are used up.

        Args:
            steps: what to do, out of `STEPS`.

        Raises:
            InvalidError: a decomposed layer is incomplete, a step size or an index into a
                codebook can't be.
        """
        units = dequantized_at_once(self.units, self.resources)
        return reconstruct_units(units, steps, self.located)

    def located(self, error: BitstreamError, layout: UnitLayout) -> BitstreamError:
        """Add to an error about a unit of some layout where that stands."""
        units = (unit for unit in self.bitstream.walk() if unit.path == layout.unit_path != "")
        unit = next(units, None)
        return error if unit is None else unit.locate(error)

    def full_size(
        self,
        tensors: dict[str, NDArray[Any]],
        built: Reconstruction,
        full_dimensions: Mapping[str, Sequence[int]],
    ) -> dict[str, NDArray[Any]]:
        """Return tensors the size that they had before pruning; see `values`."""
        if built.decomposed:
            raise InputError("pruned=False needs decomposed weights joined (`decomposition`)")
        for name, shape in full_dimensions.items():
            if not all(hasattr(length, "__index__") and length >= 0 for length in shape):
                raise InputError(f"the shape {shape!r} of {name!r} before pruning is none")
        noted = self.metadata.full_dimensions
        known = {name: full.shape for name, full in noted.items()} | dict(full_dimensions)
        axes = built.row_axes | {name: full.row_axis for name, full in noted.items()}
        size = sum(unit.byte_size for unit in self.bitstream.units)
        values = sum(one.size for one in tensors.values())

        def check(name: str, shape: Sequence[int]) -> None:
            nonlocal values
            self.limits.check_shape(name, shape)
            values += math.prod(shape)
            self.limits.check_values(name, values, size)

        for unit in pruning_units(self.bitstream):
            tensors = full_size(tensors, unit, known, axes, check)
        return tensors

    def levels(self) -> dict[str, NDArray[np.int32]]:
        """Return the levels of all entropy coded tensors by name."""
        result: dict[str, NDArray[np.int32]] = {}
        for decoded in self.tensors():
            if decoded.levels is not None:
                result.update(decoded.by_name(decoded.levels))
        return result


def decode_model(
    bitstream: Bitstream,
    resources: Resources = DEFAULTS,
    *,
    known: Callable[[Unit, UnitLayout], Mapping[str, Known]] | None = None,
    nncodec1: bool | None = None,
) -> DecodedModel:
    """Decode all compressed data units of a bitstream.

    The dialect of NNCodec 1 isn't signalled: where a unit of profile 0 fails under the
    standard's grammar, all units are decoded again under the dialect's, and that is taken if
    none fails.

    Args:
        bitstream: the parsed bitstream.
        resources: who works, and what to accept.
        known: gives what is known of the tensors of a unit from the bitstreams before.
        nncodec1: whether the dialect it is, where that is known.

    Raises:
        BitstreamError: a unit can't be decoded, a name occurs twice, or a limit is passed; or
            there is no model.
        InputError: the file of the bitstream has become shorter.
    """
    check_whole(bitstream)
    limits = resources.limits or Limits()
    units = joined_data_units(bitstream.walk())
    layouts, references = checked_layouts(bitstream, units, limits, known)
    metadata = checked_notes(bitstream, layouts, limits)
    size = sum(unit.payload_size for unit in units)
    with resources.workers(size) as work:

        def decode_all(nncodec1: bool) -> list[list[DecodedTensor]]:
            return decode_units(units, layouts, references, nncodec1, work)

        known_dialect, nncodec1 = nncodec1 is not None, bool(nncodec1)
        try:
            decoded = decode_all(nncodec1)
        except BitstreamError as error:
            if known_dialect or any(layout.coding.general_profile_idc for layout in layouts):
                raise
            nncodec1 = True
            try:
                decoded = decode_all(nncodec1)
            except BitstreamError:
                raise error from None
    return DecodedModel(decoded, metadata, nncodec1, bitstream, limits, resources)


def checked_notes(bitstream: Bitstream, layouts: Sequence[UnitLayout], limits: Limits) -> Metadata:
    """Return what our metadata unit says, checked against the tensors that there are."""
    metadata = read_metadata(bitstream.walk())
    if metadata.ties:
        sizes = {
            name: math.prod(shape)
            for layout in layouts
            for tensor in layout.tensors
            for name, shape in tensor.shapes().items()
        }
        try:
            check_ties(
                metadata.ties, sizes, limits, sum(unit.byte_size for unit in bitstream.units)
            )
        except BitstreamError as error:
            raise located_in_notes(bitstream, error) from None
    return metadata


def located_in_notes(bitstream: Bitstream, error: BitstreamError) -> BitstreamError:
    """Return an error with the place of our metadata unit."""
    return next(filter(holds_notes, bitstream.walk())).locate(error)


def decode_units(
    units: list[Unit],
    layouts: list[UnitLayout],
    references: list[Mapping[str, Known]],
    nncodec1: bool,
    work: Workers,
) -> list[list[DecodedTensor]]:
    """Decode units: many at once where that is possible, and the others one by one.

    Of those, large tensors with entry points come first, each on all threads.
    """
    decoded: dict[int, list[DecodedTensor]] = {}
    alone = []
    for number, ahead in enumerate(decode_ahead(units, layouts, nncodec1, work)):
        layout = layouts[number]
        if ahead is not None:
            decoded[number] = with_noise(units[number], [ahead])
        elif work.pool is not None and is_large(layout):
            decoded[number] = decode_unit(units[number], layout, nncodec1, references[number], work)
        else:
            alone.append(number)
    calls = (
        Call(
            (units[number], layouts[number], nncodec1, references[number]),
            4 * sum(tensor.values for tensor in layouts[number].tensors),
        )
        for number in alone
    )
    # All of them stay in memory anyway.
    others = in_order(work, decode_unit, calls, memory=sys.maxsize)
    decoded.update(zip(alone, others, strict=True))
    return [decoded[number] for number in range(len(units))]


def is_large(layout: UnitLayout) -> bool:
    """Tell whether a unit holds a tensor that is worth decoding on several threads."""
    return any(
        tensor.values >= LARGE_TENSOR
        and tensor.entry_points is not None
        and bool(tensor.entry_points.bit_offset_list)
        for tensor in layout.tensors
    )


def check_new(name: str, names: set[str]) -> None:
    """Refuse a name that occurred before."""
    if name in names:
        raise twice(name)


def twice(name: str) -> InvalidError:
    """Return the error for a name that occurred before."""
    return InvalidError(
        f"tensor {name!r} occurs twice", path="header.topology_elem_id", value=name, clause="6.2.3"
    )


@without_collection()
def checked_layouts(
    bitstream: Bitstream,
    units: list[Unit],
    limits: Limits,
    known: Callable[[Unit, UnitLayout], Mapping[str, Known]] | None,
) -> tuple[list[UnitLayout], list[Mapping[str, Known]]]:
    """Return the layouts of units, names and sizes checked, and what is known of their tensors."""
    bytes_in_all = sum(unit.byte_size for unit in bitstream.units)
    most = limits.values_for(bytes_in_all)
    made = Layouts(limits, parents_known=known is not None)
    layouts: list[UnitLayout] = []
    references: list[Mapping[str, Known]] = []
    names: set[str] = set()
    values = 0
    for unit in units:
        try:
            layout = made.of(unit)
            if known is None and layout.parent is not None:
                refuse_left_out(unit)
            for tensor in layout.tensors:
                values += layout.values_of(tensor)
                if values > most:
                    limits.check_values(tensor.name, values, bytes_in_all)
                for name in (tensor.name,) if tensor.split is None else tensor.names:
                    check_new(name, names)
                    names.add(name)
            references.append(NOTHING if known is None else known(unit, layout))
        except BitstreamError as error:
            raise unit.locate(error) from None
        layouts.append(layout)
    return layouts, references
