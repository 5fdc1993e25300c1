"""Decoding some tensors of a bitstream, and what these come out of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from nnc.bitio import InputError, nearest
from nnc.bitstream import Bitstream, Unit
from nnc.bitstream.parser import holds_part_of_decomposed
from nnc.decoder.layout import SCALING_SUFFIX
from nnc.decoder.model import DecodedModel, decode_model
from nnc.decoder.reconstruction import G_SUFFIX, H_SUFFIX, NEW_BIAS_SUFFIX
from nnc.decoder.workers import DEFAULTS, Resources
from nnc.model.limits import Limits
from nnc.model.metadata import Metadata, read_metadata
from nnc.model.parts import names_of_planes, noise_names
from nnc.model.planes import NOISE_SUFFIX
from nnc.syntax import CompressedParameterTypes, NnrUnitType

#: Units of one layer carry these where its tensors come out of several together.
LAYERED = int(CompressedParameterTypes.NNR_CPT_DC) | int(CompressedParameterTypes.NNR_CPT_LS)

#: What stands after the name of a weight in those of the tensors that it is made of.
SUFFIXES = ("", G_SUFFIX, H_SUFFIX, SCALING_SUFFIX, NOISE_SUFFIX)


@dataclass(frozen=True, slots=True)
class Contents:
    """The tensors of a bitstream by name, as far as headers tell.

    Attributes:
        units: the data units.
        others: all other units.
        metadata: what our metadata unit says.
    """

    units: list[Unit]
    others: list[Unit]
    metadata: Metadata

    @classmethod
    def of(cls, units: Iterable[Unit]) -> Contents:
        """Divide units, those inside aggregates too."""
        every = list(units)
        data = [unit for unit in every if unit.nnr_unit_type == NnrUnitType.NNR_NDU]
        others = [
            unit
            for unit in every
            if unit.nnr_unit_type not in (NnrUnitType.NNR_NDU, NnrUnitType.NNR_AGG)
        ]
        return cls(data, others, read_metadata(every))

    @property
    def is_layered(self) -> bool:
        """Whether tensors come out of several units, or several out of one layer."""
        return bool(self.metadata.batch_norms) or any(map(is_layered, self.units))

    def names(self) -> list[str]:
        """Return the names of all coded tensors in order."""
        names = dict.fromkeys(name for unit in self.units for name in unit.names)
        noise = noise_names(names_of_planes(self.metadata) & names.keys())
        return [name for name in names if name not in noise] if noise else list(names)

    def sources(self, names: Iterable[str]) -> set[str]:
        """Return the coded tensors that some tensors come out of, and perhaps others."""
        metadata, result = self.metadata, set[str]()
        for name in names:
            tie = metadata.ties.get(name)
            own = {name if tie is None else tie.name}
            for weight, norm in metadata.batch_norms.items():
                if own & {weight, weight + NEW_BIAS_SUFFIX, *norm.names}:
                    own |= {weight, weight + NEW_BIAS_SUFFIX}
            result |= {one + suffix for one in own for suffix in SUFFIXES}
        return result

    def needed(self, names: Iterable[str]) -> list[Unit]:
        """Return the data units that some tensors come out of, in order."""
        sources = self.sources(names)
        result: list[Unit] = []
        together = False
        for unit in self.units:
            if together or not sources.isdisjoint(unit.names):
                result.append(unit)
            together = bool(
                result
                and result[-1] is unit
                and holds_part_of_decomposed(unit)
                and unit.given.get("decomposed_tensor_role") == 1
            )
        return result


def is_layered(unit: Unit) -> bool:
    """Tell whether a data unit is a part of a layer whose tensors come out of several together."""
    types = getattr(unit.scope, "compressed_parameter_types", 0) if unit.scope else 0
    return bool((types or 0) & LAYERED)


def decode_some(
    bitstream: Bitstream,
    names: Collection[str],
    resources: Resources = DEFAULTS,
    *,
    nncodec1: bool | None = None,
) -> DecodedModel:
    """Decode the units that some tensors come out of.

    Args:
        bitstream: the bitstream.
        names: of the tensors.
        resources: who works, and what to accept.
        nncodec1: whether it is of the dialect of NNCodec 1, where that is known. It shows only
            in all units together: a bitstream that may be of it is decoded as a whole.

    Raises:
        BitstreamError: as for `decode_model`.
        InputError: there is no such tensor, as far as headers tell.
    """
    contents = Contents.of(bitstream.walk())
    if not contents.is_layered:
        check_names(names, {*contents.names(), *contents.metadata.ties})
    part = Bitstream([*contents.others, *contents.needed(names)])
    part.share_mapping(bitstream)
    if not part.units or len(part.units) == len(contents.others):
        return decode_model(bitstream, resources)
    if nncodec1 is None and may_be_nncodec1(part):
        return decode_model(bitstream, resources)
    # As many values are accepted as in all of the bitstream.
    size = sum(unit.byte_size for unit in bitstream.units)
    limits = resources.limits or Limits()
    limits = replace(limits, values=limits.values_for(size))
    return decode_model(part, replace(resources, limits=limits), nncodec1=nncodec1)


def may_be_nncodec1(bitstream: Bitstream) -> bool:
    """Tell whether a bitstream is of the first edition, of which there is a dialect."""
    return any(
        not getattr(unit.scope, "general_profile_idc", 0)
        for unit in bitstream.walk()
        if unit.nnr_unit_type == NnrUnitType.NNR_NDU
    )


def check_names(names: Iterable[str], there: Collection[str]) -> None:
    """Refuse names that aren't there.

    Raises:
        InputError: one isn't; the message names the nearest.
    """
    for name in names:
        if name not in there:
            raise no_tensor(name, list(there))


def no_tensor(name: str, there: Sequence[str]) -> InputError:
    """Return the error for a name that isn't there."""
    near = nearest(name, there)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return InputError(f"there is no tensor {name!r} in the bitstream{hint}")
