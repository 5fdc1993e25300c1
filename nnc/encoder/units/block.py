"""The tensors of one layer as one unit (NNR_PT_BLOCK, clause 7.3.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc import deepcabac
from nnc.bitio import InputError
from nnc.bitio.arguments import checking_fields
from nnc.bitstream import Unit
from nnc.decoder.known import Known
from nnc.deepcabac import EntryPoints, TensorCoding
from nnc.encoder.inputs.preparation import PreparedTensor, check_rank
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.quantization.choice import Quantized, asked_for_codebook, other_ways, window_of
from nnc.encoder.quantization.loss import note_loss
from nnc.encoder.quantization.uniform import level_limit, step_size
from nnc.encoder.units.alternatives import fewest_bytes
from nnc.encoder.units.header import (
    Lineage,
    dimensions_list,
    entry_point_elements,
    whole_header,
)
from nnc.encoder.units.tensor import (
    add_levels,
    choices_of,
    clipped,
    coded_way,
    coding_of,
    quantized_by_effort,
    scan_order_of,
    unit_of,
)
from nnc.encoder.units.weighed import is_weighed, weighed_floats
from nnc.syntax import (
    CompressedDataUnitPayloadType,
    CompressedParameterTypes,
    TopologyElementsIdsList,
)


@checking_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The tensors of a model that make up one layer; each field is the name of one.

    Attributes:
        weight: the weight; for a decomposed layer, its name once the factors are multiplied.
        g: left factor of a decomposed weight, a matrix; None: it isn't decomposed.
        h: right factor, a matrix with as many rows as `g` has columns.
        dimensions: shape of a decomposed weight.
        bias: the bias, with one value for each row of the weight.
        scaling: local scaling factors, likewise.
        batch_norm: beta, gamma, mean and variance of a batch norm, likewise.
        separate: code each tensor as a unit of its own, which names its layer (as
            NNCodec does outside of blocks). The names then tell them apart: `g` ends in `_G`,
            `h` in `_H`, and `scaling` is the weight's name with `_scaling`.
        optional: from effort 2 on, code the tensors as units of their own if those are smaller
            (each may then be coded differently).
    """

    weight: str
    g: str | None = None
    h: str | None = None
    dimensions: Sequence[int] = ()
    bias: str | None = None
    scaling: str | None = None
    batch_norm: Sequence[str] = ()
    separate: bool = False
    optional: bool = False

    def __post_init__(self) -> None:
        """Refuse a layer of which something is missing."""
        if (self.g is None) != (self.h is None) or (self.g is not None) != bool(self.dimensions):
            raise InputError(f"block {self.weight!r}: give g, h and dimensions together")
        if len(self.names) == 1:
            raise InputError(f"block {self.weight!r}: a block needs more tensors than the weight")
        if len(self.batch_norm) not in (0, 4):
            raise InputError(
                f"block {self.weight!r}: a batch norm needs beta, gamma, mean and variance"
            )
        check_rank(self.weight, len(self.dimensions))
        if self.separate:
            self.check_names()

    def check_names(self) -> None:
        """Refuse names that don't tell a decoder what the tensors of separate units are."""
        if self.g is not None and (self.g, self.h) != (f"{self.weight}_G", f"{self.weight}_H"):
            raise InputError(
                f"block {self.weight!r}: in units of their own, the factors must have the "
                f"names {self.weight}_G and {self.weight}_H"
            )
        if self.scaling not in (None, f"{self.weight}_scaling"):
            raise InputError(
                f"block {self.weight!r}: in a unit of its own, the scaling must have the name "
                f"{self.weight}_scaling"
            )

    @property
    def weights(self) -> list[str]:
        """Names of the weight, or of its factors."""
        return [self.weight] if self.g is None or self.h is None else [self.g, self.h]

    @property
    def vectors(self) -> list[str]:
        """Names of the vectors in the order of the payload: scaling, bias, batch norm."""
        return [name for name in (self.scaling, self.bias, *self.batch_norm) if name is not None]

    @property
    def names(self) -> list[str]:
        """Names in the order of topology_elem_id_list: the vectors' order is another there."""
        rest = (self.scaling, *self.batch_norm, self.bias)
        return self.weights + [name for name in rest if name is not None]

    @property
    def is_binding(self) -> bool:
        """Whether the weight is another one if decoders don't put the tensors together."""
        return self.g is not None or self.scaling is not None

    @property
    def types(self) -> int:
        """compressed_parameter_types."""
        present = {
            CompressedParameterTypes.NNR_CPT_DC: self.g is not None,
            CompressedParameterTypes.NNR_CPT_LS: self.scaling is not None,
            CompressedParameterTypes.NNR_CPT_BN: bool(self.batch_norm),
            CompressedParameterTypes.NNR_CPT_BI: self.bias is not None,
        }
        return sum(int(bit) for bit, there in present.items() if there)


def check_block(block: Block, tensors: Mapping[str, PreparedTensor]) -> None:
    """Refuse a block whose tensors don't make up a layer.

    Raises:
        InputError: a tensor is missing, isn't float32, or has another size than it should.
    """
    for name in block.names:
        tensor = tensors.get(name)
        if tensor is None:
            raise InputError(f"block {block.weight!r}: there is no tensor {name!r}")
        if tensor.row_axis and name != block.weight:
            raise InputError(f"block {block.weight!r}: only a whole weight can have a row axis")
        if tensor.stored:
            raise InputError(
                f"block {block.weight!r}: tensor {name!r} holds NaN or infinity, which is stored "
                "as it is, in a unit of its own"
            )
        if tensor.is_integer or tensor.data_format is not None or not tensor.values.size:
            raise InputError(
                f"block {block.weight!r}: tensor {name!r} must be float32 and not empty"
            )
    dimensions = layer_dimensions(block, tensors)
    if block.g is not None and block.h is not None:
        g, h = tensors[block.g].values.shape, tensors[block.h].values.shape
        size = int(np.prod(dimensions))
        if len(g) != 2 or len(h) != 2 or g[1] != h[0] or g[0] * h[1] != size:
            raise InputError(
                f"block {block.weight!r}: the product of {list(g)} and {list(h)} doesn't make "
                f"a weight of {list(dimensions)}"
            )
    if not dimensions:
        raise InputError(f"block {block.weight!r}: the weight is a scalar")
    for name in block.vectors:
        if tensors[name].values.shape != dimensions[:1]:
            raise InputError(
                f"block {block.weight!r}: tensor {name!r} must have {dimensions[0]} values"
            )


def layer_dimensions(block: Block, tensors: Mapping[str, PreparedTensor]) -> tuple[int, ...]:
    """Return the shape of a layer's weight, before decomposition."""
    if block.g is not None:
        return tuple(block.dimensions)
    return tensors[block.weight].values.shape


def decoded_dimensions(block: Block, tensors: Mapping[str, PreparedTensor]) -> tuple[int, ...]:
    """Return the same shape with the dimensions in the order in which a decoder gives them."""
    if block.g is not None:
        return tuple(block.dimensions)
    return tensors[block.weight].dimensions


class CodedPart(NamedTuple):
    """One tensor of a block, ready to be coded.

    Attributes:
        name: its name.
        levels: int32 array of its shape.
        qp_offset: its quantization_parameter.
        coding: how its levels are coded.
    """

    name: str
    levels: NDArray[np.int32]
    qp_offset: int
    coding: TensorCoding


class CodedBlock(NamedTuple):
    """The codeword of a block.

    Attributes:
        payload: the codeword.
        entry_points: those of its weight, or of both factors one after the other.
        known: what each tensor is coded with.
    """

    payload: bytes
    entry_points: EntryPoints
    known: list[Known]


def encode_block(
    block: Block,
    tensors: Mapping[str, PreparedTensor],
    qps: Mapping[str, int],
    base: int,
    options: EncoderOptions,
    lineages: Mapping[str, Lineage] | None = None,
) -> Unit:
    """Quantize and code the tensors of one layer.

    Args:
        block: the layer, checked.
        tensors: the prepared tensors by name.
        qps: their quantization parameters.
        base: that of the parameter set.
        options: the rest.
        lineages: for each of them which update it is, all of one node, if they are any.
    """
    lineages = lineages or {}
    options = options.with_scan_order(block_scan_order(block, tensors, options))
    own = {name: lineages.get(name) for name in block.names}
    if all(is_weighed(tensors[name], options, one) for name, one in own.items()):
        given = [(tensors[name], qps[name], one) for name, one in own.items() if one is not None]
        chosen = weighed_floats(given, base, options)
        return block_unit(block, tensors, chosen, base, options, lineages)
    books = asked_codebooks(block, tensors, qps, base, options)
    # One flag is for all tensors here; odd states need three indices on either side.
    limit = level_limit(options.bit_depth)
    dq = options.dq is not False and not books and (limit is None or limit >= 3)
    default: dict[str, Quantized] = {}
    if not books:
        default = quantized_tensors(block.names, tensors, qps, options, lineages, dq=dq)
    units = []
    if default:
        units.append(block_unit(block, tensors, default, base, options, lineages))
        books = other_codebooks(block, tensors, default, base, options, lineages)
    if books:
        vectors = quantized_tensors(block.vectors, tensors, qps, options, lineages, dq=False)
        parts = vectors | books
        units.append(block_unit(block, tensors, parts, base, options, lineages))
    return fewest_bytes([[unit] for unit in units], options)[0]


def quantized_tensors(
    names: Iterable[str],
    tensors: Mapping[str, PreparedTensor],
    qps: Mapping[str, int],
    options: EncoderOptions,
    lineages: Mapping[str, Lineage],
    *,
    dq: bool,
) -> dict[str, Quantized]:
    """Quantize tensors of a layer without codebooks."""
    result = {}
    for name in names:
        step = float(step_size(qps[name], options.qp_density))
        values = clipped(tensors[name].values, step, options)
        levels = quantized_by_effort(values, step, options, dq=dq, lineage=lineages.get(name))
        result[name] = Quantized(levels, qps[name], dq)
    return result


def block_unit(
    block: Block,
    tensors: Mapping[str, PreparedTensor],
    quantized: Mapping[str, Quantized],
    base: int,
    options: EncoderOptions,
    lineages: Mapping[str, Lineage],
) -> Unit:
    """Code the tensors of one layer as they are quantized, all dependent or none."""
    parts = []
    for name in chain(block.vectors, block.weights):
        one, lineage = quantized[name], lineages.get(name)
        note_loss(name, tensors[name].values, one, options.qp_density)
        coding = coding_of(
            tensors[name].values.shape, options, dq=one.dq, book=one.book, lineage=lineage
        )
        parts.append(CodedPart(name, one.levels, one.qp - base, coding))
    choices = choices_of([lineages.get(part.name) for part in parts])
    ways = [coded_parts(parts, known, block.weights, options) for known in choices]
    coded = min(ways, key=lambda way: len(way.payload))
    elements = block_elements(block, tensors, quantized, options)
    if elements["scan_order"]:
        elements |= entry_point_elements(coded.entry_points, bool(elements["dq_flag"]))
    temporal = coded.known[0].base_levels is not None
    header = whole_header(elements, options, lineages.get(block.weights[0]), temporal)
    return unit_of(header, coded.payload, coded.known)


def coded_parts(
    parts: Sequence[CodedPart],
    known: Sequence[Known],
    weights: Collection[str],
    options: EncoderOptions,
) -> CodedBlock:
    """Code the tensors of a block into a codeword.

    Args:
        parts: the tensors in the order of the payload.
        known: for each of them what it is coded with.
        weights: names of those that have entry points.
        options: the rest.
    """
    coder = deepcabac.Encoder()
    entry_points: list[EntryPoints] = []
    for part, own in zip(parts, known, strict=True):
        coder.quantization_parameter(part.qp_offset, options.qp_density)
        found = add_levels(coder, part.levels, part.coding, options, own)
        if part.name in weights:
            entry_points.append(found)
    payload = coder.finish()
    # They are complete only now.
    joined = (chain.from_iterable(one[k] for one in entry_points) for k in range(3))
    return CodedBlock(payload, EntryPoints(*(list(values) for values in joined)), list(known))


def block_scan_order(
    block: Block, tensors: Mapping[str, PreparedTensor], options: EncoderOptions
) -> int:
    """Return the scan order of a block: by rows where a weight has one row or one column.

    Such a weight has no block rows, but the syntax would ask for their entry points. A layer of
    one dimension has no element that says a scan order.
    """
    if len(layer_dimensions(block, tensors)) < 2:
        return 0
    if any(tensors[name].row_axis for name in block.weights):
        # The syntax counts entry points by the first dimension.
        return 0
    return min(scan_order_of(tensors[name].values.shape, options) for name in block.weights)


def asked_codebooks(
    block: Block,
    tensors: Mapping[str, PreparedTensor],
    qps: Mapping[str, int],
    base: int,
    options: EncoderOptions,
) -> dict[str, Quantized]:
    """Return the weights by the codebooks that the options ask for; all have one, or none."""
    result = {}
    window = window_of(base, options.qp_density)
    for name in block.weights:
        step = float(step_size(qps[name], options.qp_density))
        values = clipped(tensors[name].values, step, options)
        found = asked_for_codebook(values, qps[name], window, options)
        if found is None:
            return {}
        result[name] = found
    return result


def other_codebooks(
    block: Block,
    tensors: Mapping[str, PreparedTensor],
    default: Mapping[str, Quantized],
    base: int,
    options: EncoderOptions,
    lineages: Mapping[str, Lineage],
) -> dict[str, Quantized]:
    """Return the weights by the codebooks worth a try, none with a larger error than by default.

    All weights have one, or none.
    """
    result = {}
    window = window_of(base, options.qp_density)
    for name in block.weights:
        tensor = tensors[name]
        step = float(step_size(default[name].qp, options.qp_density))
        values = clipped(tensor.values, step, options)
        # Rounding is no other way here: it would be for the vectors, too.
        asked = replace(options, dq=default[name].dq)
        ways = other_ways(values, default[name], window, asked)
        own = lineages.get(name)
        coded = [(coded_way(tensor, one, base, options, own)[1], one) for one in ways]
        if not coded:
            return {}
        result[name] = min(coded, key=lambda one: one[0])[1]
    return result


def block_elements(
    block: Block,
    tensors: Mapping[str, PreparedTensor],
    quantized: Mapping[str, Quantized],
    options: EncoderOptions,
) -> dict[str, Any]:
    """Return the elements of a block's header, without its node and its entry points."""
    names, dimensions = block.names, decoded_dimensions(block, tensors)
    books = (quantized[name].book for name in block.weights)
    tables = [book.table for book in books if book is not None]
    elements: dict[str, Any] = {
        "nnr_compressed_data_unit_payload_type": CompressedDataUnitPayloadType.NNR_PT_BLOCK,
        "nnr_multiple_topology_elements_present_flag": 1,
        "topology_elements_ids_list": TopologyElementsIdsList(
            count_topology_elements_minus2=len(names) - 2, topology_elem_id_list=names
        ),
        "codebook_present_flag": int(bool(tables)),
        "integer_codebook": tables[0] if tables else None,
        "integer_codebook_dc": tables[1] if len(tables) > 1 else None,
        "dq_flag": int(quantized[names[0]].dq),
        "cabac_unary_length_flag": 1,
        "compressed_parameter_types": block.types,
        "tensor_dimensions_list": dimensions_list(dimensions),
        "cabac_unary_length_minus1": options.cabac_unary_length_minus1,
        "scan_order": block_scan_order(block, tensors, options) or None,
    }
    if block.g is not None:
        rows, rank = tensors[block.g].values.shape
        return elements | {"g_number_of_rows": rows, "decomposition_rank": rank}
    return elements | {"first_tensor_dimension_shift": tensors[block.weight].row_axis or None}


def names_of(blocks: Iterable[Block]) -> set[str]:
    """Return the names of all tensors in blocks.

    Raises:
        InputError: a tensor is in two of them.
    """
    result: set[str] = set()
    for block in blocks:
        for name in block.names:
            if name in result:
                raise InputError(f"tensor {name!r} is in two blocks")
            result.add(name)
    return result
