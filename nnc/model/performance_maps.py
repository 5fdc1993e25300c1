"""What a parameter set tells of the accuracy of a model (clause 6.3.4, Annex F).

Each map says which accuracy to expect when the tensors are thinned out further after decoding:
one entry a threshold (or ratio), with the accuracy of the network and that of single classes.
The second edition adds the performance on the validation set, and what is measured.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError, InvalidError
from nnc.bitstream import Bitstream, Unit
from nnc.model.metric_types import METRICS, check_metric_type
from nnc.syntax import (
    DecompositionPerformanceMap,
    NnrLayerParameterSetUnitPayload,
    NnrModelParameterSetUnitPayload,
    NnrUnitType,
    PruningPerformanceMap,
    SparsificationPerformanceMap,
    UnificationPerformanceMap,
)

#: Names of performance metric types in use; any other text is allowed too.
METRIC_TYPES = tuple(METRICS)

#: The count of a map's entries has eight bits and is one more than they are.
MAXIMUM_ENTRIES = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class SparsificationEntry:
    """Accuracy with one sparsification threshold.

    Attributes:
        threshold: weights of smaller magnitude are set to zero.
        non_zero_ratio: part of the weights that stay, 0 to 1.
        accuracy: of the whole network.
        class_bitmask: bit by bit the classes of `class_accuracies`.
        class_accuracies: of single classes.
    """

    threshold: float
    non_zero_ratio: float
    accuracy: float
    class_bitmask: int = 0
    class_accuracies: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PruningEntry:
    """Accuracy with one pruning ratio.

    Attributes:
        ratio: part of the neurons or filters that is taken out, 0 to 1.
        accuracy: of the whole network.
        class_bitmask: bit by bit the classes of `class_accuracies`.
        class_accuracies: of single classes.
    """

    ratio: float
    accuracy: float
    class_bitmask: int = 0
    class_accuracies: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnificationEntry:
    """Accuracy with one unification threshold.

    Attributes:
        threshold: up to which the weights of a block are made equal.
        accuracy: of the whole network.
        reshaped_dimensions: what the weight is reshaped to first; the one left out follows from
            the number of weights.
        super_block_dimensions: of the super blocks that it is cut into, 0 to 255 each.
        block_dimensions: of the blocks in a super block, 0 to 255 each.
        class_bitmask: bit by bit the classes of `class_accuracies`.
        class_accuracies: of single classes.
    """

    threshold: float
    accuracy: float
    reshaped_dimensions: Sequence[int] = ()
    super_block_dimensions: Sequence[int] = ()
    block_dimensions: Sequence[int] = ()
    class_bitmask: int = 0
    class_accuracies: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DecompositionEntry:
    """Accuracy with one decomposition threshold.

    Attributes:
        mse_threshold: mean square error that the decomposition may have.
        accuracy: of the whole network.
        reduction_ratio: number of weights after the decomposition, divided by that before.
        class_accuracies: of all classes in order.
    """

    mse_threshold: float
    accuracy: float
    reduction_ratio: float
    class_accuracies: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceMaps:
    """The performance maps of a parameter set, and what goes with them.

    Attributes:
        sparsification: entries of the map; None: there is no map.
        pruning: likewise.
        unification: likewise.
        decomposition: likewise; a layer parameter set can't have it.
        metric_type: what is measured, out of `METRIC_TYPES` or any other name; None: unsaid.
        metric_type_holds_for_maps: `metric_type` says what the maps measure, too.
        validation_set_performance: performance of the model on its validation set, or None.
    """

    sparsification: Sequence[SparsificationEntry] | None = None
    pruning: Sequence[PruningEntry] | None = None
    unification: Sequence[UnificationEntry] | None = None
    decomposition: Sequence[DecompositionEntry] | None = None
    metric_type: str | None = None
    metric_type_holds_for_maps: bool = False
    validation_set_performance: float | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be written, and make lists equal to tuples.

        Raises:
            InputError: a number out of its range; the message names it.
        """
        for name, kind in KINDS.items():
            entries = getattr(self, name)
            if entries is None:
                continue
            if len(entries) > MAXIMUM_ENTRIES:
                raise InputError(f"the {name} map has more than {MAXIMUM_ENTRIES} entries")
            object.__setattr__(self, name, tuple(checked(one, kind, name) for one in entries))
        needs_type = self.validation_set_performance is not None or self.metric_type_holds_for_maps
        if needs_type != (self.metric_type is not None):
            raise InputError(
                "metric_type goes with validation_set_performance or with "
                "metric_type_holds_for_maps: the syntax has no place for one alone"
            )
        if self.validation_set_performance is not None:
            check_number("validation_set_performance", self.validation_set_performance)
        if self.metric_type is not None:
            check_metric_type(self.metric_type)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        return self == PerformanceMaps()

    @classmethod
    def from_unit(cls, unit: Unit) -> PerformanceMaps:
        """Read those of a model or layer parameter set.

        Raises:
            InputError: the unit is none.
            InvalidError: a number in it is out of its range.
            BitstreamError: the unit can't be read.
        """
        payload = unit.payload
        if not isinstance(
            payload, NnrModelParameterSetUnitPayload | NnrLayerParameterSetUnitPayload
        ):
            raise InputError(f"{unit.type_name} has no performance maps: a parameter set is needed")
        try:
            return cls.from_payload(payload)
        except InputError as error:
            raise unit.locate(
                InvalidError(
                    f"the performance maps are inconsistent: {error}",
                    path="payload",
                    clause="6.3.4",
                )
            ) from None

    @classmethod
    def from_payload(
        cls, payload: NnrModelParameterSetUnitPayload | NnrLayerParameterSetUnitPayload
    ) -> PerformanceMaps:
        """Read those in the payload of a parameter set.

        Raises:
            InputError: a number is out of its range.
        """
        if isinstance(payload, NnrModelParameterSetUnitPayload):
            return cls(
                sparsification=read_sparsification(payload.sparsification_performance_map),
                pruning=read_pruning(payload.pruning_performance_map),
                unification=read_unification(payload.unification_performance_map),
                decomposition=read_decomposition(payload.decomposition_performance_map),
                metric_type=payload.performance_metric_type,
                metric_type_holds_for_maps=bool(payload.metric_type_performance_map_valid_flag),
                validation_set_performance=payload.validation_set_performance,
            )
        return cls(
            sparsification=read_sparsification(payload.sparsification_performance_map),
            pruning=read_pruning(payload.pruning_performance_map),
            unification=read_unification(payload.unification_performance_map),
        )

    def set_in(
        self, payload: NnrModelParameterSetUnitPayload | NnrLayerParameterSetUnitPayload
    ) -> None:
        """Write them into the payload of a parameter set that is not in a bitstream yet.

        Raises:
            InputError: it has no place for one of them.
        """
        of_model = isinstance(payload, NnrModelParameterSetUnitPayload)
        prefix = "mps" if of_model else "lps"
        for name in ("sparsification", "pruning", "unification"):
            entries = getattr(self, name)
            setattr(payload, f"{prefix}_{name}_flag", int(entries is not None))
            table = None if entries is None else WRITERS[name](entries)
            setattr(payload, f"{name}_performance_map", table)
        if isinstance(payload, NnrModelParameterSetUnitPayload):
            self.set_in_model(payload)
        elif self.decomposition is not None or self.metric_type is not None:
            raise InputError(
                "a layer parameter set has no decomposition map and no performance metric"
            )

    def set_in_model(self, payload: NnrModelParameterSetUnitPayload) -> None:
        """Write what only a model parameter set has."""
        payload.mps_decomposition_performance_map_flag = int(self.decomposition is not None)
        if self.decomposition is not None:
            payload.decomposition_performance_map = write_decomposition(self.decomposition)
        if self.metric_type is None:
            return
        if payload.base_model_id_present_flag is None:
            raise InputError("performance metrics need profile 1")
        has_value = self.validation_set_performance is not None
        payload.validation_set_performance_present_flag = int(has_value)
        payload.metric_type_performance_map_valid_flag = int(self.metric_type_holds_for_maps)
        payload.performance_metric_type = self.metric_type
        payload.validation_set_performance = self.validation_set_performance


KINDS = {
    "sparsification": SparsificationEntry,
    "pruning": PruningEntry,
    "unification": UnificationEntry,
    "decomposition": DecompositionEntry,
}

#: Largest values of the numbers that aren't floats; codes of ue(k) end below 2^64.
LARGEST = {
    "class_bitmask": (1 << 64) - 1,
    "reshaped_dimensions": (1 << 64) - 1,
    "super_block_dimensions": 255,
    "block_dimensions": 255,
}


def checked(entry: Any, kind: type[Any], name: str) -> Any:
    """Return an entry of a map with tuples for lists, all numbers as they will be read again.

    Raises:
        InputError: it isn't of the map's kind, or holds what can't be written.
    """
    if not isinstance(entry, kind):
        raise InputError(f"an entry of the {name} map must be a {kind.__name__}, not {entry!r}")
    values: dict[str, Any] = {}
    for field in fields(kind):
        value = getattr(entry, field.name)
        place = f"{field.name} in the {name} map"
        if field.name in LARGEST:
            value = integers(place, value, LARGEST[field.name])
        elif field.name == "class_accuracies":
            value = tuple(check_number(place, one) for one in value)
        else:
            value = check_number(place, value)
        values[field.name] = value
    limit = 255 if kind is not DecompositionEntry else 65535
    if len(values["class_accuracies"]) > limit:
        raise InputError(f"class_accuracies in the {name} map: more than {limit}")
    for part in ("reshaped_dimensions", "super_block_dimensions", "block_dimensions"):
        if len(values.get(part, ())) > MAXIMUM_ENTRIES:
            raise InputError(f"{part} in the {name} map: more than {MAXIMUM_ENTRIES}")
    for part in ("ratio", "non_zero_ratio"):
        if not 0 <= values.get(part, 0) <= 1:
            raise InputError(f"{part} in the {name} map must be 0 to 1, not {values[part]}")
    return kind(**values)


def integers(place: str, value: Any, largest: int) -> Any:
    """Return an integer, or several as a tuple.

    Raises:
        InputError: one is out of its range.
    """
    if isinstance(value, Iterable):
        return tuple(integers(place, one, largest) for one in value)
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 0 <= value <= largest:
        raise InputError(f"{place} must be an integer from 0 to {largest}, not {value!r}")
    return int(value)


def check_number(place: str, value: Any) -> float:
    """Return a number as a float of 32 bits holds it.

    Raises:
        InputError: it is no finite number, or beyond such a float.
    """
    try:
        rounded: float = struct.unpack("<f", struct.pack("<f", float(value)))[0]
    except (TypeError, ValueError, OverflowError):
        rounded = math.nan
    if not math.isfinite(rounded):
        raise InputError(f"{place} must be a finite number of 32 bits, not {value!r}")
    return rounded


def read_performance_maps(bitstream: Bitstream) -> PerformanceMaps:
    """Return the performance maps of a bitstream's first model parameter set; empty without one.

    Raises:
        BitstreamError: it can't be read.
    """
    for unit in bitstream.walk():
        if unit.nnr_unit_type == NnrUnitType.NNR_MPS:
            return PerformanceMaps.from_unit(unit)
    return PerformanceMaps()


def read_sparsification(
    table: SparsificationPerformanceMap | None,
) -> list[SparsificationEntry] | None:
    """Return the entries of a map; None where there is none."""
    if table is None:
        return None
    return [
        SparsificationEntry(
            threshold=table.sparsification_threshold[i],
            non_zero_ratio=table.non_zero_ratio[i],
            accuracy=table.spm_nn_accuracy[i],
            class_bitmask=table.spm_class_bitmask[i],
            class_accuracies=table.spm_nn_class_accuracy[i].tolist(),
        )
        for i in range(table.spm_count_thresholds - 1)
    ]


def read_pruning(table: PruningPerformanceMap | None) -> list[PruningEntry] | None:
    """Return the entries of a map; None where there is none."""
    if table is None:
        return None
    return [
        PruningEntry(
            ratio=table.pruning_ratio[i],
            accuracy=table.ppm_nn_accuracy[i],
            class_bitmask=table.ppm_class_bitmask[i],
            class_accuracies=table.ppm_nn_class_accuracy[i].tolist(),
        )
        for i in range(table.ppm_count_pruning_ratios - 1)
    ]


def read_unification(table: UnificationPerformanceMap | None) -> list[UnificationEntry] | None:
    """Return the entries of a map; None where there is none."""
    if table is None:
        return None
    return [
        UnificationEntry(
            threshold=table.unification_threshold[i],
            accuracy=table.upm_nn_accuracy[i],
            reshaped_dimensions=table.reshaped_tensor_dimensions[i],
            super_block_dimensions=table.super_block_dimensions[i].tolist(),
            block_dimensions=table.block_dimensions[i].tolist(),
            class_bitmask=table.upm_class_bitmask[i],
            class_accuracies=table.upm_nn_class_accuracy[i].tolist(),
        )
        for i in range(table.upm_count_thresholds - 1)
    ]


def read_decomposition(
    table: DecompositionPerformanceMap | None,
) -> list[DecompositionEntry] | None:
    """Return the entries of a map; None where there is none."""
    if table is None:
        return None
    return [
        DecompositionEntry(
            mse_threshold=table.mse_threshold[i],
            accuracy=table.dpm_nn_accuracy[i],
            reduction_ratio=table.nn_reduction_ratio[i],
            class_accuracies=table.dpm_nn_class_accuracy[i].tolist(),
        )
        for i in range(table.dpm_count_thresholds - 1)
    ]


def floats(values: Sequence[float]) -> NDArray[np.float32]:
    """Return numbers as a syntax table has them."""
    return np.asarray(values, np.float32)


def small(values: Sequence[int]) -> NDArray[np.uint8]:
    """Return dimensions of 0 to 255 as a syntax table has them."""
    return np.asarray(values, np.uint8)


def write_sparsification(entries: Sequence[SparsificationEntry]) -> SparsificationPerformanceMap:
    """Return the syntax table of a map."""
    return SparsificationPerformanceMap(
        spm_count_thresholds=len(entries) + 1,
        sparsification_threshold=[one.threshold for one in entries],
        non_zero_ratio=[one.non_zero_ratio for one in entries],
        spm_nn_accuracy=[one.accuracy for one in entries],
        spm_count_classes=[len(one.class_accuracies) for one in entries],
        spm_class_bitmask=[one.class_bitmask for one in entries],
        spm_nn_class_accuracy=[floats(one.class_accuracies) for one in entries],
    )


def write_pruning(entries: Sequence[PruningEntry]) -> PruningPerformanceMap:
    """Return the syntax table of a map."""
    return PruningPerformanceMap(
        ppm_count_pruning_ratios=len(entries) + 1,
        pruning_ratio=[one.ratio for one in entries],
        ppm_nn_accuracy=[one.accuracy for one in entries],
        ppm_count_classes=[len(one.class_accuracies) for one in entries],
        ppm_class_bitmask=[one.class_bitmask for one in entries],
        ppm_nn_class_accuracy=[floats(one.class_accuracies) for one in entries],
    )


def write_unification(entries: Sequence[UnificationEntry]) -> UnificationPerformanceMap:
    """Return the syntax table of a map."""
    return UnificationPerformanceMap(
        upm_count_thresholds=len(entries) + 1,
        count_reshaped_tensor_dimension=[len(one.reshaped_dimensions) + 1 for one in entries],
        reshaped_tensor_dimensions=[list(one.reshaped_dimensions) for one in entries],
        count_super_block_dimension=[len(one.super_block_dimensions) + 1 for one in entries],
        super_block_dimensions=[small(one.super_block_dimensions) for one in entries],
        count_block_dimension=[len(one.block_dimensions) + 1 for one in entries],
        block_dimensions=[small(one.block_dimensions) for one in entries],
        unification_threshold=[one.threshold for one in entries],
        upm_nn_accuracy=[one.accuracy for one in entries],
        upm_count_classes=[len(one.class_accuracies) for one in entries],
        upm_class_bitmask=[one.class_bitmask for one in entries],
        upm_nn_class_accuracy=[floats(one.class_accuracies) for one in entries],
    )


def write_decomposition(entries: Sequence[DecompositionEntry]) -> DecompositionPerformanceMap:
    """Return the syntax table of a map."""
    return DecompositionPerformanceMap(
        dpm_count_thresholds=len(entries) + 1,
        mse_threshold=[one.mse_threshold for one in entries],
        dpm_nn_accuracy=[one.accuracy for one in entries],
        nn_reduction_ratio=[one.reduction_ratio for one in entries],
        dpm_count_classes=[len(one.class_accuracies) for one in entries],
        dpm_nn_class_accuracy=[floats(one.class_accuracies) for one in entries],
    )


WRITERS: dict[str, Any] = {
    "sparsification": write_sparsification,
    "pruning": write_pruning,
    "unification": write_unification,
}
