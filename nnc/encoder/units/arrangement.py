"""How the units of a bitstream are arranged: references, parts, aggregates, what is left out.

All of it comes after coding: the payloads stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nnc.bitio import InputError
from nnc.bitstream import Unit, whole_unit_header
from nnc.bitstream.builder import UnitBuilder, build_table
from nnc.bitstream.editing.measuring import lists_of
from nnc.bitstream.editing.parts import MAXIMUM_PARTS
from nnc.bitstream.sizes import size_field, told_by
from nnc.encoder.options.model import EncoderOptions
from nnc.engine.fields import copy_table
from nnc.engine.following import fill
from nnc.model.topology import topology_header
from nnc.syntax import (
    AggregateUnitType,
    CompressedParameterTypes,
    NnrAggregateUnitHeader,
    NnrCompressedDataUnitHeader,
    NnrPruningTopologyContainer,
    NnrTopologyUnitPayload,
    NnrUnitType,
    Scope,
    TopologyElementsIdsList,
    TopologyStorageFormat,
    nnr_unit_header,
)

#: num_of_nnr_units_minus2 has sixteen bits.
MAXIMUM_UNITS = (1 << 16) + 1

#: Modules within modules that become aggregates within aggregates; decoders set a limit, too.
MAXIMUM_DEPTH = 8

#: What parts the names of modules within the name of a tensor.
MODULE_SEPARATOR = re.compile(r"[./]")


def is_plain(options: EncoderOptions) -> bool:
    """Tell whether units stand one after the other as they are made."""
    return not (
        options.references
        or options.part_size is not None
        or options.aggregates is not None
        or options.out_of_band
    )


def arrange(head: list[Unit], units: list[Unit], options: EncoderOptions) -> list[Unit]:
    """Return all units of a bitstream as the options want them arranged.

    Args:
        head: start unit, model parameter set, and what else comes before the tensors; the
            header of the model parameter set is completed.
        units: compressed data units, and the layer parameter sets between them.
        options: how.

    Raises:
        InputError: there are more units than an aggregate can have.
    """
    for unit in units:
        leave_out(unit, options.out_of_band)
    named = [names_in(unit) for unit in units]
    paths = [module_path(names) for names in with_next(named)]
    if options.references:
        head = refer(head, units, list(dict.fromkeys(name for names in named for name in names)))
    if options.part_size is not None:
        pieces = [cut_unit(unit, options.part_size) for unit in units]
        paths = [path for path, parts in zip(paths, pieces, strict=True) for _ in parts]
        units = [part for parts in pieces for part in parts]
    if options.aggregates is not None:
        leaves = sized(head, units, paths)
        if options.aggregates == "all":
            grouped = [aggregate(leaves)] if len(leaves) > 1 else leaves
        else:
            grouped = by_modules(leaves, 0)
        units = [leaf.unit for leaf in grouped]
    return head + units


def data_header(unit: Unit) -> NnrCompressedDataUnitHeader | None:
    """Return the header of a compressed data unit, None for another unit."""
    assert unit.header is not None, "units that are made have headers"
    header: NnrCompressedDataUnitHeader | None = unit.header.nnr_compressed_data_unit_header
    return header


def names_in(unit: Unit) -> list[str]:
    """Return the names of the tensors in a unit."""
    return [] if data_header(unit) is None else unit.names


def leave_out(unit: Unit, elements: Sequence[str]) -> None:
    """Leave elements out of a header, which its receiver is told otherwise.

    A unit of several tensors, and one of a decomposed weight, keeps its dimensions: they are
    those of none of the names in it.
    """
    header = data_header(unit)
    if header is None or not elements:
        return
    types = header.compressed_parameter_types or 0
    mapped = header.topology_tensor_dimension_mapping is not None
    decomposed = bool(types & CompressedParameterTypes.NNR_CPT_DC)
    if "dimensions" in elements and not (mapped or decomposed):
        assert header.tensor_dimensions_list is not None, "dimensions are left out only once"
        shape = list(header.tensor_dimensions_list.tensor_dimensions)
        unit.given["out_of_band_tensor_dimensions"] = shape
        header.tensor_dimensions_flag, header.tensor_dimensions_list = 0, None
    if "cabac_unary_length_minus1" in elements and header.cabac_unary_length_flag:
        unit.given["out_of_band_cabac_unary_length_minus1"] = header.cabac_unary_length_minus1
        header.cabac_unary_length_flag, header.cabac_unary_length_minus1 = 0, None
    if not (header.tensor_dimensions_flag or header.cabac_unary_length_flag or types or mapped):
        header.input_parameters_present_flag = 0
        header.tensor_dimensions_flag = header.cabac_unary_length_flag = None
        header.compressed_parameter_types = None


def refer(head: list[Unit], units: list[Unit], names: list[str]) -> list[Unit]:
    """Put the names of all tensors into a topology unit, and indices in place of them.

    Returns:
        The head with the topology unit. A list has two names at least; where there are fewer,
        nothing is changed.
    """
    containers = [table for unit in head if (table := pruning_table(unit)) is not None]
    pruned = [name for table in containers for name in table.element_id or []]
    names = list(dict.fromkeys([*names, *pruned]))
    if len(names) < 2:
        return head
    places = {name: place for place, name in enumerate(names)}
    for unit in units:
        header = data_header(unit)
        if header is None:
            continue
        indices = [places[name] for name in unit.names]
        listing = header.topology_elements_ids_list
        if listing is None:
            (header.topology_elem_id_index,), header.topology_elem_id = indices, None
        else:
            listing.topology_elem_id_index_list = indices
            listing.topology_elem_id_list = None
    for table in containers:
        if table.element_id is not None:
            table.element_id_index = [places[name] for name in table.element_id]
            table.element_id = None
    head[1].payload.topology_carriage_flag = 1  # type: ignore[union-attr]
    head[1].payload.mps_topology_indexed_reference_flag = 1  # type: ignore[union-attr]
    return [*head[:2], reference_list(names), *head[2:]]


def pruning_table(unit: Unit) -> NnrPruningTopologyContainer | None:
    """Return the pruning container that a unit holds, if any."""
    table: NnrPruningTopologyContainer | None = getattr(
        unit.table, "nnr_pruning_topology_container", None
    )
    return table


def reference_list(names: list[str]) -> Unit:
    """Return the topology unit that lists element ids (NNR_TPL_REFLIST)."""
    return Unit(
        topology_header(TopologyStorageFormat.NNR_TPL_REFLIST),
        NnrTopologyUnitPayload(
            topology_elements_ids_list=TopologyElementsIdsList(
                count_topology_elements_minus2=len(names) - 2, topology_elem_id_list=names
            )
        ),
    )


def cut_unit(unit: Unit, part_size: int) -> list[Unit]:
    """Cut the payload of a compressed data unit over several, if it is larger than a part.

    There are 255 parts at most: those of a very large payload are larger than asked for.
    """
    data = unit.payload_bytes
    if data_header(unit) is None or len(data) <= part_size:
        return [unit]
    size = max(part_size, -(-len(data) // MAXIMUM_PARTS))
    starts = range(0, len(data), size)
    parts = []
    for counter, start in zip(range(len(starts), 0, -1), starts, strict=True):
        header = copy_table(unit.header)
        header.partial_data_counter_present_flag = 1
        header.partial_data_counter = counter
        part = Unit(header, data[start : start + size])
        part.given = dict(unit.given)
        parts.append(part)
    return parts


def with_next(named: list[list[str]]) -> list[list[str]]:
    """Return the names of each unit; for a parameter set those of the unit that it comes before."""
    result: list[list[str]] = []
    following: list[str] = []
    for names in reversed(named):
        following = names or following
        result.append(following)
    return result[::-1]


def module_path(names: list[str]) -> list[str]:
    """Return the modules that a tensor stands in, the outermost first."""
    return MODULE_SEPARATOR.split(names[0])[:-1] if names else []


@dataclass(frozen=True, slots=True)
class Leaf:
    """A unit with what its aggregate has to know.

    Attributes:
        unit: the unit.
        size: its size in bytes.
        path: the modules that its tensor stands in.
    """

    unit: Unit
    size: int
    path: list[str]


def sized(head: list[Unit], units: list[Unit], paths: list[list[str]]) -> list[Leaf]:
    """Return the units with their sizes."""
    builder = UnitBuilder()
    for _ in builder.build_units(head):
        pass
    return [
        Leaf(unit, sum(len(piece) for piece in builder.build_unit(unit, "")), path)
        for unit, path in zip(units, paths, strict=True)
    ]


def by_modules(leaves: list[Leaf], depth: int) -> list[Leaf]:
    """Put units that stand next to each other in one module into an aggregate, and so inwards."""
    result: list[Leaf] = []
    start = 0
    while start < len(leaves):
        path = leaves[start].path
        end = start + 1
        if len(path) > depth and depth < MAXIMUM_DEPTH:
            while end < len(leaves) and leaves[end].path[: depth + 1] == path[: depth + 1]:
                end += 1
            inner = by_modules(leaves[start:end], depth + 1)
        else:
            inner = leaves[start:end]
        result.append(inner[0] if len(inner) == 1 else aggregate(inner))
        start = end
    return result


def aggregate(leaves: list[Leaf]) -> Leaf:
    """Put units into an aggregate unit, with the places where they begin.

    Raises:
        InputError: there are too many.
    """
    if len(leaves) > MAXIMUM_UNITS:
        raise InputError(
            f"{len(leaves)} units for one aggregate, which holds at most at most {MAXIMUM_UNITS}"
        )
    table = NnrAggregateUnitHeader(
        nnr_aggregate_unit_type=AggregateUnitType.NNR_AGG_GEN,
        entry_points_present_flag=1,
        num_of_nnr_units_minus2=0,
        nnr_unit_type=[],
        nnr_unit_entry_point=[],
        quant_bitdepth=[0] * len(leaves),
        ctu_scan_order=[int(has_blocks(leaf.unit)) for leaf in leaves],
    )
    fill(table, lists_of((leaf.unit, leaf.size) for leaf in leaves))
    header = whole_unit_header(NnrUnitType.NNR_AGG, nnr_aggregate_unit_header=table)
    unit = Unit(header, units=[leaf.unit for leaf in leaves])
    size = len(build_table(nnr_unit_header, header, Scope(), "header"))
    size += sum(leaf.size for leaf in leaves)
    return Leaf(unit, told_by(size_field(size, None)), leaves[0].path)


def has_blocks(unit: Unit) -> bool:
    """Tell whether the tensor of a unit is coded in blocks."""
    header = data_header(unit)
    return header is not None and bool(header.scan_order)
