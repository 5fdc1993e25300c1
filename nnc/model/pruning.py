"""Pruning containers: which neurons and weights of a network remain (clause 6.3.4, draft).

A bit mask has a bit for each neuron or filter, 1 for those that stay, in the order of the
elements of the topology; a dictionary names elements and their dimensions after pruning. A second
mask may have a bit for each weight; those of 0 are zero and were left out.

What the facts leave open is settled here so: the elements are the tensors of two dimensions or
more, in the order of the bitstream (for a dictionary, those that it names), and their neurons are
their rows. The size that an element had before is said by the caller, or by our metadata unit;
that of one element follows from the length of the mask. The order of bits matters for the second
mask only: row by row, or column by column of an element's matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio import BitstreamError, InputError, InvalidError, MissingValueError
from nnc.bitio.arguments import checking_fields, is_list
from nnc.bitstream import Bitstream, Unit
from nnc.model.topology import topology_header, whole_units
from nnc.syntax import (
    BitMask,
    NnrPruningTopologyContainer,
    NnrTopologyUnitPayload,
    PruningRepresentationType,
    TopologyStorageFormat,
    nnr_pruning_topology_container,
)

Shapes = Mapping[str, Sequence[int]]

#: Representations that are not reserved, as the schema has it.
REPRESENTATIONS = nnr_pruning_topology_container.elements["nnr_rep_type"].valid

#: count_ids has eight bits.
MAXIMUM_IDS = 255


@checking_fields
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pruning:
    """What one pruning container says.

    Attributes:
        kept: bool array, a value for each neuron or filter: whether it remains; or None.
        dimensions: by name of the element its dimensions after pruning, in place of `kept`.
        kept_weights: bool array, a value for each weight: whether it is coded; or None.
        row_major: order of the weights in `kept_weights` within each element.
    """

    kept: NDArray[np.bool_] | None = None
    dimensions: Mapping[str, tuple[int, ...]] | None = None
    kept_weights: NDArray[np.bool_] | None = None
    row_major: bool = True

    def __post_init__(self) -> None:
        """Refuse what a container can't hold.

        Raises:
            InputError: a mask and a dictionary, or too large a dictionary.
        """
        if self.kept is not None and self.dimensions is not None:
            raise InputError("a pruning container holds a mask or a dictionary, not both")
        if self.dimensions is not None and len(self.dimensions) > MAXIMUM_IDS:
            raise InputError(f"a pruning dictionary has at most {MAXIMUM_IDS} elements")
        for name, lengths in (self.dimensions or {}).items():
            if not is_list(lengths) or not all(
                isinstance(one, int | np.integer) for one in lengths
            ):
                raise InputError(f"the dimensions of {name!r} in a pruning container are no shape")
        for name in ("kept", "kept_weights"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, mask_of(getattr(self, name), name))

    @classmethod
    def from_unit(cls, unit: Unit) -> Pruning:
        """Read a topology unit of format NNR_TPL_PRUN.

        Raises:
            InputError: the unit is none.
            InvalidError: a reserved representation, an index outside the list of element ids.
            BitstreamError: the unit can't be read.
        """
        payload: Any = unit.payload
        table = getattr(payload, "nnr_pruning_topology_container", None)
        if table is None:
            raise InputError(f"{unit!r} is not a pruning container")
        try:
            return cls.from_table(table, unit.referenced_name)
        except InvalidError as error:
            raise unit.locate(error) from None

    @classmethod
    def from_table(
        cls, table: NnrPruningTopologyContainer, name_of: Callable[[int], str]
    ) -> Pruning:
        """Read a container, given what names the elements that it refers to by index."""
        kept = dimensions = None
        if table.prune_flag and table.nnr_rep_type == PruningRepresentationType.NNR_TPL_BMSK:
            kept = bits_of(table.bit_mask)
        elif table.prune_flag and table.nnr_rep_type == PruningRepresentationType.NNR_TPL_DICT:
            names = table.element_id
            if names is None:
                names = [name_of(index) for index in table.element_id_index or []]
            dimensions = {
                name: tuple(int(length) for length in lengths)
                for name, lengths in zip(names, table.dim or [], strict=True)
            }
            if len(dimensions) < len(names):
                raise InvalidError(
                    "an element occurs twice in the pruning dictionary",
                    path="payload.element_id",
                    value=len(names),
                    clause="6.3.4",
                )
        elif table.prune_flag:
            raise InvalidError(
                "reserved representation of what was pruned",
                path="payload.nnr_rep_type",
                value=table.nnr_rep_type,
                allowed="{}..{}".format(*REPRESENTATIONS),
                clause="6.4.4",
            )
        return cls(
            kept=kept,
            dimensions=dimensions,
            kept_weights=bits_of(table.sparse_bit_mask) if table.sparse_flag else None,
            row_major=bool(table.order_flag),
        )

    def to_unit(self) -> Unit:
        """Return the topology unit that holds this; elements are named, not referred to."""
        is_dictionary = self.dimensions is not None
        table = NnrPruningTopologyContainer(
            nnr_rep_type=PruningRepresentationType(int(is_dictionary)),
            prune_flag=int(self.kept is not None or is_dictionary),
            order_flag=int(self.row_major),
            sparse_flag=int(self.kept_weights is not None),
            bit_mask=table_of(self.kept),
            sparse_bit_mask=table_of(self.kept_weights),
        )
        if self.dimensions is not None:
            table.count_ids = len(self.dimensions)
            table.element_id = list(self.dimensions)
            table.count_dims = [len(lengths) for lengths in self.dimensions.values()]
            table.dim = [list(lengths) for lengths in self.dimensions.values()]
        header = topology_header(TopologyStorageFormat.NNR_TPL_PRUN)
        return Unit(header, NnrTopologyUnitPayload(nnr_pruning_topology_container=table))


def mask_of(given: ArrayLike, name: str) -> NDArray[np.bool_]:
    """Return a mask as a flat bool array of its own.

    Raises:
        InputError: it holds something else than 0 and 1.
    """
    values = np.asarray(given)
    mask: NDArray[np.bool_] = values.astype(np.bool_).reshape(-1)
    if values.dtype.kind not in "biuf" or not np.array_equal(mask, values.reshape(-1)):
        raise InputError(f"{name} must be a mask of true and false, or of 1 and 0")
    return mask


def bits_of(table: BitMask | None) -> NDArray[np.bool_]:
    """Return the bits of a mask."""
    return np.asarray([] if table is None else table.bit_mask_value).astype(np.bool_)


def table_of(mask: NDArray[np.bool_] | None) -> BitMask | None:
    """Return the syntax table of a mask."""
    if mask is None:
        return None
    return BitMask(count_bits=len(mask), bit_mask_value=mask.astype(np.uint8))


def is_pruning(unit: Unit) -> bool:
    """Tell whether a unit holds a pruning container, or a part of one."""
    storage = getattr(unit.header, "topology_storage_format", None)
    return bool(storage == TopologyStorageFormat.NNR_TPL_PRUN)


def pruning_units(bitstream: Bitstream) -> list[Unit]:
    """Return the units of a bitstream that hold pruning containers, those in parts joined.

    Raises:
        IncompleteError: parts of one are missing.
    """
    return [
        parts[0] if len(parts) == 1 else Unit.joined(parts)
        for parts in whole_units(bitstream.walk())
        if is_pruning(parts[0])
    ]


def read_prunings(bitstream: Bitstream) -> list[Pruning]:
    """Return what all pruning containers of a bitstream say, in their order.

    Raises:
        InvalidError: a container breaks a rule.
        IncompleteError: one ends too early, or parts of it are missing.
    """
    return [Pruning.from_unit(unit) for unit in pruning_units(bitstream)]


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the topology that a mask has bits for.

    Attributes:
        name: its name.
        coded: its values as they are coded, rows first; None: it isn't in the bitstream.
        shape: its shape before pruning, rows first; None: not known.
    """

    name: str
    coded: NDArray[Any] | None
    shape: tuple[int, ...] | None

    @property
    def full_shape(self) -> tuple[int, ...]:
        """Its shape before pruning.

        Raises:
            MissingValueError: it isn't known.
        """
        if self.shape is None:
            raise unknown_size(self)
        return self.shape


def unknown_size(element: Element) -> MissingValueError:
    """Return the error for an element whose size before pruning nothing tells."""
    return MissingValueError(
        f"the size that tensor {element.name!r} had before pruning isn't in the bitstream",
        path="payload.bit_mask.count_bits",
        hint="pass full_dimensions, or decode the pruned tensors",
    )


def elements_of(
    pruning: Pruning, tensors: Mapping[str, NDArray[Any]], full: Shapes, axes: Mapping[str, int]
) -> list[Element]:
    """Return the elements that a container speaks of, in the order of its bits."""
    if pruning.dimensions is not None:
        names = list(pruning.dimensions)
    else:
        weights = [name for name, values in tensors.items() if values.ndim > 1 or name in full]
        # What is said of shapes may tell of elements that aren't here, and of their places.
        names = list(full) if set(weights) <= set(full) else weights
    result = []
    for name in names:
        axis, values, lengths = axes.get(name, 0), tensors.get(name), full.get(name)
        result.append(
            Element(
                name,
                values if values is None or values.ndim < 2 else np.moveaxis(values, axis, 0),
                None if lengths is None else rows_first(lengths, axis),
            )
        )
    return result


def rows_first(lengths: Sequence[int], axis: int) -> tuple[int, ...]:
    """Return a shape with the length of one dimension in front."""
    shape = [int(length) for length in lengths]
    if axis < len(shape):
        shape.insert(0, shape.pop(axis))
    return tuple(shape)


def full_size(
    tensors: Mapping[str, NDArray[Any]],
    unit: Unit,
    full: Shapes,
    axes: Mapping[str, int],
    check: Callable[[str, Sequence[int]], None],
) -> dict[str, NDArray[Any]]:
    """Return tensors the size that they had before pruning, zeros where something was left out.

    Args:
        tensors: arrays by name.
        unit: a unit that holds a pruning container.
        full: shapes before pruning by name, where they are known.
        axes: by name the dimension that a tensor's rows are; 0 where nothing is said.
        check: refuses a shape that is beyond the limits.

    Raises:
        InvalidError: the container breaks a rule, or a mask doesn't fit the tensors.
        MissingValueError: a size before pruning, or what was pruned, isn't known.
        LimitError: the tensors would be too large.
    """
    pruning = Pruning.from_unit(unit)
    try:
        return {**tensors, **restored(tensors, pruning, full, axes, check)}
    except BitstreamError as error:
        raise unit.locate(error) from None


def restored(
    tensors: Mapping[str, NDArray[Any]],
    pruning: Pruning,
    full: Shapes,
    axes: Mapping[str, int],
    check: Callable[[str, Sequence[int]], None],
) -> dict[str, NDArray[Any]]:
    """Return the tensors that a container speaks of; arguments and errors as for `full_size`."""
    elements = elements_of(pruning, tensors, full, axes)
    check_dictionary(pruning, tensors)
    if pruning.kept_weights is not None:
        elements = list(with_weights(pruning, elements, check))
    if pruning.kept is not None:
        elements = list(with_rows(pruning.kept, elements, check))
    result = {}
    for element in elements:
        if element.coded is not None:
            axis = axes.get(element.name, 0) if element.coded.ndim > 1 else 0
            result[element.name] = np.ascontiguousarray(np.moveaxis(element.coded, 0, axis))
    check_restored(pruning, result, full)
    return result


def check_dictionary(pruning: Pruning, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Refuse a dictionary that says other dimensions than tensors have."""
    if pruning.kept_weights is not None:
        return
    for name, lengths in (pruning.dimensions or {}).items():
        if name in tensors and tensors[name].shape != lengths:
            raise InvalidError(
                f"tensor {name!r} does not have the dimensions that a dictionary gives",
                path="payload.dim",
                value=str(list(lengths)),
                allowed=str(list(tensors[name].shape)),
                clause="6.3.4",
            )


def check_restored(pruning: Pruning, tensors: Mapping[str, NDArray[Any]], full: Shapes) -> None:
    """Refuse to give pruned tensors for full ones: a dictionary alone doesn't say which rows."""
    for name in pruning.dimensions or ():
        known = full.get(name)
        if name in tensors and (known is None or tensors[name].shape != tuple(known)):
            raise MissingValueError(
                f"how many rows of tensor {name!r} remain is known, but not which of how many",
                path="payload.dim",
                clause="6.3.4",
                hint="only a bit mask says that; decode the pruned tensors",
            )


def with_rows(
    kept: NDArray[np.bool_], elements: list[Element], check: Callable[[str, Sequence[int]], None]
) -> Iterator[Element]:
    """Yield elements with their rows where a mask says that they were.

    Raises:
        InvalidError: the mask doesn't fit them.
        MissingValueError: nothing says how many bits are whose.
        LimitError: one would be too large.
    """
    unknown = [element for element in elements if element.shape is None]
    if len(unknown) > 1:
        # Where that accounts for all bits, nothing was left out of them.
        elements = [as_coded(element) for element in elements]
        if sum(element.full_shape[0] for element in elements) != len(kept):
            raise unknown_size(unknown[0])
        unknown = []
    known = sum(element.shape[0] for element in elements if element.shape is not None)
    rest = len(kept) - known
    if rest < 0 or (rest and not unknown):
        raise misfit("the pruning mask has another length than the tensors", len(kept), f"{known}")
    place = 0
    for element in elements:
        if element.shape is None and element.coded is not None:
            shape = (rest, *element.coded.shape[1:])
        else:
            shape = element.full_shape
        part = kept[place : place + shape[0]]
        place += shape[0]
        yield Element(element.name, rows_placed(element, part, shape, check), shape)


def as_coded(element: Element) -> Element:
    """Return an element with the shape that it is coded in for one that isn't known."""
    if element.shape is not None or element.coded is None:
        return element
    return replace(element, shape=element.coded.shape)


def rows_placed(
    element: Element,
    kept: NDArray[np.bool_],
    shape: tuple[int, ...],
    check: Callable[[str, Sequence[int]], None],
) -> NDArray[Any] | None:
    """Return one element with its rows where they were."""
    coded = element.coded
    if coded is None or coded.shape == shape:
        return coded
    count = int(np.count_nonzero(kept))
    if coded.shape != (count, *shape[1:]):
        raise misfit(
            f"tensor {element.name!r} hasn't as many rows as a pruning mask leaves",
            str(list(coded.shape)),
            str([count, *shape[1:]]),
        )
    check(element.name, shape)
    placed = np.zeros(shape, coded.dtype)
    placed[kept] = coded
    return placed


def with_weights(
    pruning: Pruning, elements: list[Element], check: Callable[[str, Sequence[int]], None]
) -> Iterator[Element]:
    """Yield elements with their weights where a mask of weights says that they were.

    With a mask of rows beside it, that of weights has no bits for rows that were left out.
    """
    mask = pruning.kept_weights
    assert mask is not None
    rows = iter(np.split(pruning.kept, row_places(elements))) if pruning.kept is not None else None
    place = 0
    for element in elements:
        shape = element.full_shape
        if rows is not None:
            shape = (int(np.count_nonzero(next(rows))), *shape[1:])
        size = math.prod(shape)
        part = mask[place : place + size]
        if len(part) < size:
            raise misfit(
                "the mask of weights ends too early",
                len(mask),
                f"{place + size} and more",
                table="sparse_bit_mask",
            )
        place += size
        coded = weights_placed(element, part, shape, pruning.row_major, check)
        yield Element(element.name, coded, element.shape)
    if place != len(mask):
        raise misfit(
            "the mask of weights has bits left over",
            len(mask),
            str(place),
            table="sparse_bit_mask",
        )


def row_places(elements: list[Element]) -> list[int]:
    """Return where the bits of each element but the first begin in a mask of rows."""
    return [int(end) for end in np.cumsum([element.full_shape[0] for element in elements])[:-1]]


def weights_placed(
    element: Element,
    kept: NDArray[np.bool_],
    shape: tuple[int, ...],
    row_major: bool,
    check: Callable[[str, Sequence[int]], None],
) -> NDArray[Any] | None:
    """Return one element with its weights where they were."""
    coded = element.coded
    if coded is None or coded.shape == shape:
        return coded
    count = int(np.count_nonzero(kept))
    if coded.size != count:
        raise misfit(
            f"tensor {element.name!r} hasn't as many values as a mask of weights leaves",
            coded.size,
            str(count),
            table="sparse_bit_mask",
        )
    check(element.name, shape)
    placed = np.zeros(len(kept), coded.dtype)
    placed[kept] = coded.reshape(-1)
    if row_major or not shape:
        return placed.reshape(shape)
    columns = math.prod(shape[1:])
    return np.ascontiguousarray(placed.reshape(columns, shape[0]).T).reshape(shape)


def misfit(message: str, value: Any, allowed: str, *, table: str = "bit_mask") -> InvalidError:
    """Return the error for a mask (`bit_mask`, `sparse_bit_mask`) that doesn't fit the tensors."""
    return InvalidError(
        message, path=f"payload.{table}.count_bits", value=value, allowed=allowed, clause="6.3.4"
    )
