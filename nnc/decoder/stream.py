"""Decoding tensor by tensor: shapes first, then values as they come, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import BitstreamError
from nnc.bitstream import Bitstream, Unit
from nnc.decoder.completeness import check_whole
from nnc.decoder.layout import CodedTensor, Part, UnitLayout
from nnc.decoder.model import checked_layouts, checked_notes, decode_model, decode_unit, is_large
from nnc.decoder.reconstruction import Reconstruct, reconstruct, steps_of
from nnc.decoder.tensor import DecodedTensor
from nnc.decoder.workers import DEFAULTS, Call, Resources, Workers, in_order
from nnc.model.data_format import deliver
from nnc.model.limits import Limits
from nnc.model.metadata import Metadata, TensorNote, named_dtype, restore
from nnc.model.parts import joined_data_units
from nnc.model.ties import with_ties
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType

#: Parts of layers whose tensors only come out of several together.
DEPENDENT_PARTS = {Part.G, Part.H, Part.SCALING}


class Outline(NamedTuple):
    """What is known of a tensor before it is decoded.

    Attributes:
        shape: its dimensions.
        dtype: the type that it will have.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class ModelStream:
    """The tensors of a bitstream, decoded one after the other.

    Attributes:
        tensors: shape and dtype by name, in the order of the bitstream.
        metadata: what our metadata unit says.
        holds_differences: whether a tensor is a difference to a parent.
        may_be_nncodec1: whether the bitstream can be of the dialect of NNCodec 1, which isn't
            signalled: where decoding fails, it has to be tried.
    """

    def __init__(
        self,
        bitstream: Bitstream,
        resources: Resources = DEFAULTS,
        *,
        reconstruct: Reconstruct = True,
    ) -> None:
        """Look at all headers.

        A model with decomposed or scaled layers is decoded here and now: what a tensor of it
        will be is known only from several units.

        Args:
            bitstream: the bitstream.
            resources: who works, in how much memory, and what to accept.
            reconstruct: as for `DecodedModel.values`.

        Raises:
            BitstreamError: as for `decode_model`, as far as headers tell.
        """
        check_whole(bitstream)
        self.bitstream, self.resources = bitstream, resources
        self.units = joined_data_units(bitstream.walk())
        self.layouts, _ = checked_layouts(bitstream, self.units, resources.limits or Limits(), None)
        self.metadata = checked_notes(bitstream, self.layouts, resources.limits or Limits())
        self.steps = steps_of(reconstruct)
        profiles = [layout.coding.general_profile_idc for layout in self.layouts]
        self.may_be_nncodec1 = not any(profiles)
        self.holds_differences = any(layout.parent is not None for layout in self.layouts)
        self.whole: dict[str, NDArray[Any]] | None = None
        if self.steps and any(is_dependent(layout) for layout in self.layouts):
            model = decode_model(bitstream, resources)
            self.whole = model.values(reconstruct=reconstruct)
            self.may_be_nncodec1 = False
            self.tensors = {
                name: Outline(values.shape, values.dtype) for name, values in self.whole.items()
            }
        else:
            self.tensors = {}
            for unit, layout in zip(self.units, self.layouts, strict=True):
                self.tensors |= outlines_of(unit, layout, self.metadata)
            self.tensors = with_ties(self.tensors, self.metadata.ties)

    @property
    def coded_names(self) -> set[str]:
        """Names of the tensors that units are there for."""
        return {
            name for layout in self.layouts for tensor in layout.tensors for name in tensor.names
        }

    def values(
        self,
        *,
        nncodec1: bool = False,
        advance: Callable[[int], None] | None = None,
    ) -> Iterator[tuple[str, NDArray[Any]]]:
        """Decode the tensors.

        Args:
            nncodec1: decode the dialect of NNCodec 1.
            advance: called with a number of bytes of the model when they have been taken.

        Yields:
            Name and values of each tensor, in the order of the bitstream, and those tied to it.

        Raises:
            BitstreamError: a unit can't be decoded.
        """
        tied: dict[str, list[str]] = {}
        for one, tie in self.metadata.ties.items() if self.whole is None else ():
            tied.setdefault(tie.name, []).append(one)
        for tensors in self.whole_or_units(nncodec1):
            for name in list(tensors):
                values = tensors.pop(name)
                for one in (name, *tied.get(name, ())):
                    yield one, values
                    if advance is not None:
                        advance(values.nbytes)
                del values
            self.bitstream.release_pages()

    def whole_or_units(self, nncodec1: bool) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield the tensors of one unit after the other, or all at once."""
        if self.whole is not None:
            yield self.whole
            return
        size = sum(unit.payload_size for unit in self.units)
        with self.resources.workers(size) as work:
            pairs = zip(self.units, self.layouts, strict=True)
            runs = groupby(pairs, lambda pair: work.pool is not None and is_large(pair[1]))
            for on_all_threads, run in runs:
                calls = (self.call(unit, layout, nncodec1) for unit, layout in run)
                if not on_all_threads:
                    yield from in_order(work, decode_values, calls, self.resources.memory)
                    continue
                for call in calls:
                    arguments = (*call.arguments, work)
                    yield decode_values(*arguments)

    def call(self, unit: Unit, layout: UnitLayout, nncodec1: bool) -> Call:
        """Return the call that decodes a unit."""
        self.bitstream.check_files()
        names = [name for tensor in layout.tensors for name in tensor.names]
        notes = {name: note for name in names if (note := self.metadata.tensors.get(name))}
        memory = unit.payload_size
        for tensor in layout.tensors:
            # Levels become values in place; another type than theirs is a copy.
            for outline in outlines(tensor, layout, self.metadata).values():
                copied = outline.dtype not in (np.float32, np.int32) or tensor.split is not None
                memory += tensor.values * (4 + (outline.dtype.itemsize if copied else 0))
        return Call((unit, layout, nncodec1, self.steps, notes), memory)


def is_dependent(layout: UnitLayout) -> bool:
    """Tell whether tensors of a unit come out of several together."""
    return any(tensor.part in DEPENDENT_PARTS for tensor in layout.tensors)


def outlines_of(unit: Unit, layout: UnitLayout, metadata: Metadata) -> dict[str, Outline]:
    """Return what the tensors of a unit will be, by name.

    Raises:
        InvalidError: a reserved data format.
    """
    result: dict[str, Outline] = {}
    try:
        for tensor in layout.tensors:
            result |= outlines(tensor, layout, metadata)
    except BitstreamError as error:
        raise unit.locate(error) from None
    return result


def outlines(tensor: CodedTensor, layout: UnitLayout, metadata: Metadata) -> dict[str, Outline]:
    """Return what the tensors that a coded tensor is or divides into will be, by name.

    Raises:
        InvalidError: a reserved data format.
    """
    kind = np.int32 if layout.payload_type == PayloadType.NNR_PT_INT else np.float32
    dtype = deliver(np.empty(0, kind), layout.data_format, tensor.name).dtype
    result = {}
    for name, shape in tensor.shapes().items():
        note = metadata.tensors.get(name)
        own = dtype if note is None else named_dtype(note.dtype)
        packed = None if note is None else note.packed_shape
        result[name] = Outline(shape if packed is None else packed, own)
    return result


def decode_values(
    unit: Unit,
    layout: UnitLayout,
    nncodec1: bool,
    steps: frozenset[str],
    notes: Mapping[str, TensorNote],
    work: Workers | None = None,
) -> dict[str, NDArray[Any]]:
    """Decode a unit that depends on no other.

    Args:
        unit: the unit.
        layout: its layout.
        nncodec1: decode the dialect of NNCodec 1.
        steps: what to reconstruct.
        notes: what the metadata unit says of its tensors.
        work: threads for the block rows of a tensor that has entry points.

    Returns:
        Its tensors by name, in their formats.
    """
    decoded: list[DecodedTensor] = decode_unit(unit, layout, nncodec1, None, work)
    try:
        result = reconstruct([decoded], steps).delivered()
        return {
            name: restore(values, notes[name], name) if name in notes else values
            for name, values in result.items()
        }
    except BitstreamError as error:
        raise unit.locate(error) from None
