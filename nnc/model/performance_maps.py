"""What a parameter set tells of the accuracy of a model (clause 6.3.4, Annex F).

Each map says which accuracy to expect when the tensors are thinned out further after decoding:
one entry a threshold (or ratio), with the accuracy of the network and that of single classes.
The second edition adds the performance on the validation set, and what is measured.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from nnc.bitio import BuildError, InputError, InvalidError, Table
from nnc.bitio.arguments import checking_fields
from nnc.bitstream import Bitstream, Unit
from nnc.engine.fields import Field
from nnc.engine.rows import columns, longest, rows_of, table_of
from nnc.engine.values import check_constraints
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


@checking_fields
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
            object.__setattr__(self, name, checked_entries(kind, name, entries))
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
        tables = {name: getattr(payload, f"{name}_performance_map", None) for name in KINDS}
        maps: dict[str, Any] = {
            name: None if table is None else KINDS[name].entries(table)
            for name, table in tables.items()
        }
        if not isinstance(payload, NnrModelParameterSetUnitPayload):
            return cls(**maps)
        return cls(
            **maps,
            metric_type=payload.performance_metric_type,
            metric_type_holds_for_maps=bool(payload.metric_type_performance_map_valid_flag),
            validation_set_performance=payload.validation_set_performance,
        )

    def set_in(
        self, payload: NnrModelParameterSetUnitPayload | NnrLayerParameterSetUnitPayload
    ) -> None:
        """Write them into the payload of a parameter set that is not in a bitstream yet.

        Raises:
            InputError: it has no place for one of them.
        """
        for name, kind in KINDS.items():
            entries = getattr(self, name)
            if f"{name}_performance_map" in payload.fields:
                flag = next(one for one in payload.fields if name in one and one.endswith("_flag"))
                setattr(payload, flag, int(entries is not None))
                table = None if entries is None else kind.table_of(entries)
                setattr(payload, f"{name}_performance_map", table)
            elif entries is not None:
                raise InputError(f"a layer parameter set has no {name} map")
        if isinstance(payload, NnrModelParameterSetUnitPayload):
            self.set_metric_in(payload)
        elif self.metric_type is not None:
            raise InputError("a layer parameter set has no performance metric")

    def set_metric_in(self, payload: NnrModelParameterSetUnitPayload) -> None:
        """Write what is measured, which only a model parameter set says."""
        if self.metric_type is None:
            return
        if payload.base_model_id_present_flag is None:
            raise InputError("performance metrics need profile 1")
        has_value = self.validation_set_performance is not None
        payload.validation_set_performance_present_flag = int(has_value)
        payload.metric_type_performance_map_valid_flag = int(self.metric_type_holds_for_maps)
        payload.performance_metric_type = self.metric_type
        payload.validation_set_performance = self.validation_set_performance


class Kind(NamedTuple):
    """One kind of map.

    Attributes:
        entry: type of its entries.
        table: its syntax table.
        elements: the elements of the table's loop, in the order of the entry's attributes.
    """

    entry: type[Any]
    table: type[Table]
    elements: tuple[str, ...]

    def entries(self, table: Table) -> list[Any]:
        """Return the entries of a map."""
        return [self.entry(**self.named(row)) for row in rows_of(table)]

    def named(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a row by the names of an entry's attributes."""
        return {
            attribute.name: row[element]
            for attribute, element in zip(fields(self.entry), self.elements, strict=True)
        }

    def table_of(self, entries: Sequence[Any]) -> Table:
        """Return the syntax table of a map."""
        return table_of(
            self.table,
            [dict(zip(self.elements, values_of(entry), strict=True)) for entry in entries],
        )


KINDS = {
    "sparsification": Kind(
        SparsificationEntry,
        SparsificationPerformanceMap,
        (
            "sparsification_threshold",
            "non_zero_ratio",
            "spm_nn_accuracy",
            "spm_class_bitmask",
            "spm_nn_class_accuracy",
        ),
    ),
    "pruning": Kind(
        PruningEntry,
        PruningPerformanceMap,
        ("pruning_ratio", "ppm_nn_accuracy", "ppm_class_bitmask", "ppm_nn_class_accuracy"),
    ),
    "unification": Kind(
        UnificationEntry,
        UnificationPerformanceMap,
        (
            "unification_threshold",
            "upm_nn_accuracy",
            "reshaped_tensor_dimensions",
            "super_block_dimensions",
            "block_dimensions",
            "upm_class_bitmask",
            "upm_nn_class_accuracy",
        ),
    ),
    "decomposition": Kind(
        DecompositionEntry,
        DecompositionPerformanceMap,
        ("mse_threshold", "dpm_nn_accuracy", "nn_reduction_ratio", "dpm_nn_class_accuracy"),
    ),
}


def values_of(entry: Any) -> list[Any]:
    """Return the values of an entry in the order of its attributes."""
    return [getattr(entry, attribute.name) for attribute in fields(entry)]


def checked_entries(kind: Kind, name: str, entries: Sequence[Any]) -> tuple[Any, ...]:
    """Return the entries of a map with tuples for lists, all numbers as they will be read again.

    Raises:
        InputError: one isn't of the map's kind, or holds what can't be written.
    """
    elements = columns(kind.table)
    most = longest(elements[kind.elements[0]], 0)
    if len(entries) > most:
        raise InputError(f"the {name} map has more than {most} entries")
    return tuple(checked_entry(kind, name, entry) for entry in entries)


def checked_entry(kind: Kind, name: str, entry: Any) -> Any:
    """Return an entry with tuples for lists, all numbers as they will be read again.

    Raises:
        InputError: as for `checked_entries`.
    """
    if not isinstance(entry, kind.entry):
        wanted = kind.entry.__name__
        raise InputError(f"an entry of the {name} map must be a {wanted}, not {entry!r}")
    elements = columns(kind.table)
    places = {
        element: f"{attribute.name} in the {name} map"
        for attribute, element in zip(fields(entry), kind.elements, strict=True)
    }
    row = {
        element: checked_value(place, elements[element], value)
        for (element, place), value in zip(places.items(), values_of(entry), strict=True)
    }
    table = table_of(kind.table, [row])
    for element, place in places.items():
        try:
            check_constraints(elements[element], table, element)
        except BuildError as error:
            raise InputError(f"{place} is {row[element]}: {error.message}") from None
    return kind.entry(**kind.named(row))


def checked_value(place: str, element: Field, value: Any) -> Any:
    """Return a value of an entry as its element holds it, several as a tuple.

    Raises:
        InputError: it is out of its range, or they are too many.
    """
    if element.depth > 1:
        most = longest(element, 1)
        if len(value) > most:
            raise InputError(f"{place}: more than {most}")
        return tuple(checked_value(place, element._replace(depth=1), one) for one in value)
    if element.kind == "float":
        return check_number(place, value)
    assert element.element is not None
    low, high = element.element.limits
    if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value <= high:
        raise InputError(f"{place} must be an integer from {low} to {high}, not {value!r}")
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
