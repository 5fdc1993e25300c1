"""What a bitstream tells of a model beside its tensors, as objects (clauses 6.3.3, 6.3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nnc.bitio import InputError
from nnc.bitio.arguments import checked, checking_fields
from nnc.bitstream import Bitstream, Unit
from nnc.model.limits import Limits
from nnc.model.performance_maps import PerformanceMaps, read_performance_maps
from nnc.model.pruning import Pruning, read_prunings
from nnc.model.topology import Quantization, Topology, content, whole_units
from nnc.syntax import NnrModelParameterSetUnitPayload, NnrUnitType, TopologyStorageFormat

#: Topology units that don't carry the data of a topology but tables of their own.
TABLES = (TopologyStorageFormat.NNR_TPL_PRUN, TopologyStorageFormat.NNR_TPL_REFLIST)


@checking_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInformation:
    """What parameter sets, topology and quantization units tell of a model.

    Attributes:
        base_model_id: name of the model that the bitstream updates; None: unsaid.
        performance_maps: performance of the model, as it is and thinned out further.
        topologies: the network's structure, once a unit; most bitstreams have one at most.
        quantizations: how the network's own format quantizes, once a unit.
        prunings: what was left out of tensors.
    """

    base_model_id: str | None = None
    performance_maps: PerformanceMaps = PerformanceMaps()  # noqa: RUF009 - it can't be changed
    topologies: tuple[Topology, ...] = ()
    quantizations: tuple[Quantization, ...] = ()
    prunings: tuple[Pruning, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what can't be written.

        Raises:
            InputError: a zero character in `base_model_id`, which would end it.
        """
        if self.base_model_id is not None and "\0" in self.base_model_id:
            raise InputError("base_model_id has a zero character, which would cut it short")

    @classmethod
    @checked
    def of(cls, bitstream: Bitstream, limits: Limits | None = None) -> ModelInformation:
        """Read all that a bitstream tells.

        Args:
            bitstream: the bitstream; no tensor of it is decoded.
            limits: what to accept; None for the defaults.

        Raises:
            InvalidError: a unit breaks a rule, or its data can't be inflated.
            IncompleteError: a unit ends too early, or parts of it are missing.
            LimitError: data inflate to more than the limits allow.
            UnsupportedError: data are compressed in a way that isn't known.
        """
        limits = limits or Limits()
        topologies, quantizations = [], []
        for parts in whole_units(bitstream.walk()):
            header: Any = parts[0].readable_header()
            if header.nnr_unit_type == NnrUnitType.NNR_QNT:
                data = content(parts, header.quantization_compression_format, limits)
                quantizations.append(Quantization(header.quantization_storage_format, bytes(data)))
            elif header.topology_storage_format not in TABLES:
                data = content(parts, header.topology_compression_format, limits)
                topologies.append(Topology(header.topology_storage_format, bytes(data)))
        return cls(
            base_model_id=read_base_model_id(bitstream),
            performance_maps=read_performance_maps(bitstream),
            topologies=tuple(topologies),
            quantizations=tuple(quantizations),
            prunings=tuple(read_prunings(bitstream)),
        )

    def units(self) -> list[Unit]:
        """Return the topology and quantization units that hold it."""
        return [
            *(unit for one in self.topologies for unit in one.to_units()),
            *(one.to_unit() for one in self.quantizations),
            *(one.to_unit() for one in self.prunings),
        ]

    def set_in(self, payload: NnrModelParameterSetUnitPayload) -> None:
        """Write what a model parameter set tells into one that is not in a bitstream yet.

        Raises:
            InputError: it is of the first edition, which can't tell it.
        """
        self.performance_maps.set_in(payload)
        if self.topologies or self.prunings:
            payload.topology_carriage_flag = 1
        if self.base_model_id is not None:
            if payload.base_model_id_present_flag is None:
                raise InputError("base_model_id needs profile 1")
            payload.base_model_id_present_flag = 1
            payload.base_model_id = self.base_model_id


def read_base_model_id(bitstream: Bitstream) -> str | None:
    """Return base_model_id of the first model parameter set, None where it doesn't say."""
    for unit in bitstream.walk():
        if unit.nnr_unit_type == NnrUnitType.NNR_MPS:
            payload: Any = unit.payload
            name: str | None = payload.base_model_id
            return name
    return None
