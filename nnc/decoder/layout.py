"""Which tensors a compressed data unit holds, in the order of its payload (clause 7.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError, MissingValueError, Table, UnsupportedError
from nnc.bitstream import Unit
from nnc.deepcabac import EntryPoints, TensorCoding
from nnc.deepcabac.coding import shared_coding
from nnc.model.limits import Limits
from nnc.model.node import Node, Parent, node_of, parent_of
from nnc.model.ranges import refuse_reserved
from nnc.model.split import Split, split_of
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import (
    CompressedParameterTypes,
    NnrUnitType,
    nnr_compressed_data_unit_header,
)

# Plain numbers: an operation on enumerated flags takes as long as all else of a small tensor's.
DC = int(CompressedParameterTypes.NNR_CPT_DC)
LS = int(CompressedParameterTypes.NNR_CPT_LS)
BN = int(CompressedParameterTypes.NNR_CPT_BN)
BI = int(CompressedParameterTypes.NNR_CPT_BI)

#: Elements whose reserved values leave the payload without a meaning, and what to say then.
MEANINGFUL = tuple(
    (nnr_compressed_data_unit_header.elements[name], f"reserved {what}")
    for name, what in (
        ("nnr_compressed_data_unit_payload_type", "payload type"),
        ("scan_order", "scan order"),
    )
)

NO_ENTRY_POINTS = EntryPoints()

#: How the scaling factors of a layer that isn't coded as a block are told from its bias.
SCALING_SUFFIX = "_scaling"


@dataclass(frozen=True, slots=True)
class Codebook:
    """An integer codebook (clause 9.2.2).

    Attributes:
        values: Codebook, in ascending order.
        zero_offset: CbZeroOffset, the place that the index 0 stands for.
    """

    values: list[int]
    zero_offset: int


class Part(Enum):
    """What a tensor is within its layer."""

    WHOLE = "a tensor by itself"
    WEIGHT = "weight"
    G = "left factor of the weight"
    H = "right factor of the weight"
    SCALING = "local scaling"
    BIAS = "bias"
    BATCH_NORM = "a parameter of the batch norm"


class CodedTensor(NamedTuple):
    """One tensor of a payload.

    Attributes:
        name: its name.
        dimensions: its shape.
        part: what it is within its layer.
        row_axis: the dimension that the rows of the coded matrix are.
        split: how it divides into tensors with names of their own, if it does.
        codebook: the codebook that applies to it, if any.
        entry_points: entry points of its block rows, if it has any.
    """

    name: str
    dimensions: tuple[int, ...]
    part: Part = Part.WHOLE
    row_axis: int = 0
    split: Split | None = None
    codebook: Codebook | None = None
    entry_points: EntryPoints | None = None

    @property
    def rows(self) -> int:
        """Rows of the matrix that the tensor is coded as: one of its dimensions."""
        return self.dimensions[self.row_axis] if self.dimensions else 1

    @property
    def cols(self) -> int:
        """Columns of that matrix: the product of the other dimensions."""
        return math.prod(self.dimensions[: self.row_axis] + self.dimensions[self.row_axis + 1 :])

    @property
    def names(self) -> list[str]:
        """Names of the tensors that it is or divides into."""
        return [self.name] if self.split is None else self.split.names

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the tensors that it is or divides into, by name."""
        if self.split is None:
            return {self.name: self.dimensions}
        return self.split.shapes(self.dimensions)

    def from_matrix(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """Return a coded matrix the tensor's shape; contiguous."""
        moved = self.dimensions[: self.row_axis] + self.dimensions[self.row_axis + 1 :]
        if self.row_axis == 0:
            return matrix.reshape(self.dimensions)
        shaped = matrix.reshape((self.rows, *moved))
        return np.ascontiguousarray(np.moveaxis(shaped, 0, self.row_axis))

    def to_matrix(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values of the tensor's size as the matrix that is coded.

        Raises:
            InvalidError: they are of another size.
        """
        if values.size != self.values:
            raise InvalidError(
                "the tensor's size differs from its parent's",
                path="header.tensor_dimensions",
                value=self.values,
                allowed=f"{values.size} values",
            )
        shaped = values.reshape(self.dimensions)
        if self.row_axis:
            shaped = np.moveaxis(shaped, self.row_axis, 0)
        return shaped.reshape(self.rows, self.cols)

    @property
    def values(self) -> int:
        """Number of values."""
        return math.prod(self.dimensions)


class UnitLayout(NamedTuple):
    """What the headers say about one compressed data unit.

    Attributes:
        unit_path: syntax path of the unit.
        payload_type: a value of `CompressedDataUnitPayloadType`.
        tensors: the tensors in the order of the payload.
        dimensions: tensor_dimensions: of the tensor, or of the layer's weight as a whole.
        node: the node of the parameter update tree that the unit is, if its header says so.
        parent: the node that it is a difference to, if any.
        update: the bitstream signals parents, as the update of a base model does.
        temporal: the levels of the parent are contexts.
        predictive: what is coded is what the parent's own difference doesn't foretell.
        data_format: a value of `DecompressedDataFormat`.
        qp_density: of the parameter set in force.
        qp_base: quantization_parameter of the parameter set in force.
        coding: how the levels are coded; the codebook's elements are those of no codebook.
    """

    unit_path: str
    payload_type: int
    tensors: list[CodedTensor]
    dimensions: tuple[int, ...]
    node: Node | None
    parent: Parent | None
    update: bool
    temporal: bool
    predictive: bool
    data_format: int
    qp_density: int
    qp_base: int
    coding: TensorCoding

    def values_of(self, tensor: CodedTensor) -> int:
        """Return the number of values that come of a tensor: with H, those of the product too."""
        product = math.prod(self.dimensions) if tensor.part is Part.H else 0
        return math.prod(tensor.dimensions) + product


def layout_of(
    unit: Unit, limits: Limits, *, for_decoding: bool = True, parents_known: bool = False
) -> UnitLayout:
    """Return the layout of a compressed data unit.

    Args:
        unit: the unit, out of a parsed bitstream.
        limits: what to accept.
        for_decoding: refuse what isn't decoded.
        parents_known: the levels of parent nodes are at hand, as in a session of updates.

    Raises:
        InvalidError: reserved payload type, names that don't fit the tensors.
        UnsupportedError: a part of the syntax that isn't decoded.
        MissingValueError: something was sent out of band and not given.
        LimitError: too many dimensions.
    """
    # Its elements are found here at once, without a search through all tables of a unit's header.
    header: Any = unit.readable_header().nnr_compressed_data_unit_header
    scope = unit.scope
    assert scope is not None, "units to be decoded come out of a parsed bitstream"
    refuse_reserved_header(header)
    if for_decoding:
        refuse_unsupported(unit, header)
        if not parents_known:
            refuse_temporal_contexts(header)
    dimensions = tuple(int(length) for length in scope.tensor_dimensions)
    names = unit.names
    limits.check_shape(", ".join(names), dimensions)
    density, base = quantization_in_force(unit)
    return UnitLayout(
        unit_path=unit.path,
        payload_type=header.nnr_compressed_data_unit_payload_type,
        tensors=tensors_of(unit, names, header, dimensions),
        dimensions=dimensions,
        node=node_of(header),
        parent=parent_of(header),
        temporal=bool(header.temporal_context_modeling_flag),
        update=model_flag(unit, "mps_parent_signalling_enabled_flag"),
        predictive=model_flag(unit, "nnr_pre_flag"),
        data_format=scope.nnr_decompressed_data_format,
        qp_density=density,
        qp_base=base,
        coding=shared_coding(
            scope.general_profile_idc,
            scope.dq_flag,
            header.scan_order or 0,
            scope.cabac_unary_length_minus1,
            scope.parent_node_id_present_flag,
        ),
    )


def tensors_of(
    unit: Unit, names: list[str], header: Table, dimensions: tuple[int, ...]
) -> list[CodedTensor]:
    """Return the tensors of a unit in the order of the payload."""
    if header.nnr_compressed_data_unit_payload_type == PayloadType.NNR_PT_BLOCK:
        return block_tensors(names, header, dimensions)
    return [single_tensor(unit, names[0], header, dimensions)]


def refuse_reserved_header(header: Table) -> None:
    """Refuse reserved values that leave the payload without a meaning."""
    for element, what in MEANINGFUL:
        refuse_reserved(element, getattr(header, element.name), what)


def refuse_unsupported(unit: Unit, header: Table) -> None:
    """Refuse what this decoder doesn't decode."""
    if unit.partial_data_counter and not unit.parts:
        raise UnsupportedError(
            "the unit is one part, and can't be decoded without the others",
            path="header.partial_data_counter",
            value=unit.partial_data_counter,
            clause="6.4.2",
            hint="join its parts first",
        )
    if header.first_tensor_dimension_shift and (header.compressed_parameter_types or 0) & DC:
        raise UnsupportedError(
            "decomposed layers can only be decoded if their rows are the first dimension",
            path="header.first_tensor_dimension_shift",
            value=header.first_tensor_dimension_shift,
        )


def refuse_temporal_contexts(header: Table) -> None:
    """Refuse a unit that can't be decoded without the levels of its parent."""
    if header.temporal_context_modeling_flag:
        raise MissingValueError(
            f"the tensor is coded with the levels of its parent, {parent_of(header)}, as contexts",
            path="header.temporal_context_modeling_flag",
            clause="10.3",
            hint="decode the updates before it with the same decoder",
        )


def quantization_in_force(unit: Unit) -> tuple[int, int]:
    """Return qp_density and quantization_parameter of the LPS in force, else of the MPS."""
    sets = unit.parameter_sets
    if sets.lps is not None:
        lps = sets.lps.payload
        if lps.lps_qp_density is not None:  # type: ignore[union-attr]
            return lps.lps_qp_density, lps.lps_quantization_parameter  # type: ignore[union-attr]
    if sets.mps is not None:
        mps = sets.mps.payload
        if mps.mps_qp_density is not None:  # type: ignore[union-attr]
            return mps.mps_qp_density, mps.mps_quantization_parameter  # type: ignore[union-attr]
    return 0, 0


def model_flag(unit: Unit, element: str) -> bool:
    """Tell whether a flag of the model parameter set in force is 1."""
    mps = unit.parameter_sets.mps
    return mps is not None and bool(getattr(mps.payload, element))


def single_tensor(unit: Unit, name: str, header: Table, dimensions: tuple[int, ...]) -> CodedTensor:
    """Return the tensor of a unit that holds one."""
    types = header.compressed_parameter_types or 0
    part = Part.WHOLE
    if types & DC and len(dimensions) > 1:
        g, h = decomposed_dimensions(header, dimensions)
        part = Part.G if unit.given["decomposed_tensor_role"] == 1 else Part.H
        dimensions = g if part is Part.G else h
    elif types & LS and name.endswith(SCALING_SUFFIX):
        part = Part.SCALING
    return CodedTensor(
        name,
        dimensions,
        part,
        row_axis_of(header, dimensions),
        split_of(unit, dimensions),
        codebook_of(header.integer_codebook),
        entry_points_of(header),
    )


def row_axis_of(header: Table, dimensions: tuple[int, ...]) -> int:
    """Return the dimension that the rows of the coded matrix are (first_tensor_dimension_shift)."""
    shift = header.first_tensor_dimension_shift or 0
    if shift and shift >= len(dimensions):
        raise InvalidError(
            "the row axis is not one of the tensor's dimensions",
            path="header.first_tensor_dimension_shift",
            value=shift,
            allowed=f"0..{len(dimensions) - 1}",
            clause="6.4.3",
        )
    return int(shift)


def block_tensors(
    names: list[str], header: Table, dimensions: tuple[int, ...]
) -> list[CodedTensor]:
    """Return the tensors of a block in the order of the payload (clause 7.3.5).

    The names stand in another order: the weight (or G and H), local scaling, batch norm's
    beta, gamma, mean and variance, bias.
    """
    types = header.compressed_parameter_types or 0
    count = 1 + bool(types & DC) + bool(types & LS) + 4 * bool(types & BN) + bool(types & BI)
    if len(names) != count:
        raise InvalidError(
            "the number of names differs from the number of tensors in the block",
            path="header.topology_elem_id_list",
            value=len(names),
            allowed=str(count),
            clause="6.4.3",
        )
    rest = iter(names)
    weights = weight_tensors(header, dimensions, rest)
    row_axis = row_axis_of(header, dimensions)
    vector = (dimensions[row_axis],) if dimensions else (1,)
    scaling = [CodedTensor(next(rest), vector, Part.SCALING)] if types & LS else []
    count = 4 if types & BN else 0
    batch_norm = [CodedTensor(next(rest), vector, Part.BATCH_NORM) for _ in range(count)]
    bias = [CodedTensor(next(rest), vector, Part.BIAS)] if types & BI else []
    return [*scaling, *bias, *batch_norm, *weights]


def weight_tensors(header: Table, dimensions: tuple[int, ...], names) -> list[CodedTensor]:  # type: ignore[no-untyped-def]
    """Return the weight of a block, or its parts G and H, taking their names."""
    entry_points = entry_points_of(header)
    codebook = codebook_of(header.integer_codebook)
    if not (header.compressed_parameter_types or 0) & DC:
        row_axis = row_axis_of(header, dimensions)
        return [
            CodedTensor(
                next(names),
                dimensions,
                Part.WEIGHT,
                row_axis=row_axis,
                codebook=codebook,
                entry_points=entry_points,
            )
        ]
    g, h = decomposed_dimensions(header, dimensions)
    first = max(0, -(-g[0] // (4 << (header.scan_order or 0))) - 1)
    return [
        CodedTensor(
            next(names),
            g,
            Part.G,
            codebook=codebook,
            entry_points=EntryPoints(*(part[:first] for part in entry_points)),
        ),
        CodedTensor(
            next(names),
            h,
            Part.H,
            codebook=codebook_of(header.integer_codebook_dc),
            entry_points=EntryPoints(*(part[first:] for part in entry_points)),
        ),
    ]


def decomposed_dimensions(
    header: Table, dimensions: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the shapes of G and H of a decomposed weight (clause 7.3.5)."""
    rows, rank = header.g_number_of_rows, header.decomposition_rank
    values = math.prod(dimensions)
    if rows == 0 or values % rows:
        raise InvalidError(
            "the weight can't be the product of G and H",
            path="header.g_number_of_rows",
            value=rows,
            allowed=f"a divisor of {values}",
            clause="7.3.5",
        )
    return (rows, rank), (rank, values // rows)


def entry_points_of(header: Table) -> EntryPoints:
    """Return the entry points of a header, empty lists where it has none."""
    if not header.scan_order:
        return NO_ENTRY_POINTS
    return EntryPoints(
        header.cabac_offset_list or (),
        header.dq_state_list or (),
        header.BitOffsetList or (),
    )


def codebook_of(table) -> Codebook | None:  # type: ignore[no-untyped-def]
    """Return the codebook that a table spells out, if there is one."""
    if table is None:
        return None
    return Codebook(list(table.codebook), table.cbZeroOffset)


def coded_units(units) -> list[Unit]:  # type: ignore[no-untyped-def]
    """Return the compressed data units among `units`, those without a readable header too."""
    return [unit for unit in units if unit.nnr_unit_type == NnrUnitType.NNR_NDU]


def coding_of(tensor: CodedTensor, layout: UnitLayout, nncodec1: bool) -> TensorCoding:
    """Return how a tensor is coded."""
    book = tensor.codebook
    if not nncodec1 and book is None:
        return layout.coding
    return replace(
        layout.coding,
        nncodec1=nncodec1,
        codebook_size=0 if book is None else len(book.values),
        codebook_zero_offset=0 if book is None else book.zero_offset,
    )
