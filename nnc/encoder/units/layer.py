"""The tensors of one layer as units of their own that say so (clause 6.4.3)."""

from __future__ import annotations

from collections.abc import Mapping

from nnc.bitio import InputError
from nnc.bitstream import Unit
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.units.block import Block, decoded_dimensions
from nnc.encoder.units.header import dimensions_list
from nnc.encoder.units.tensor import encode_floats
from nnc.syntax import NnrCompressedDataUnitHeader

#: decomposed_tensor_role of the factors.
LEFT_FACTOR, RIGHT_FACTOR = 1, 2


def encode_separately(
    block: Block,
    tensors: Mapping[str, PreparedTensor],
    qps: Mapping[str, int],
    base: int,
    options: EncoderOptions,
) -> list[Unit]:
    """Quantize and code the tensors of one layer one by one, G and H of it side by side.

    Args:
        block: the layer, checked.
        tensors: the prepared tensors by name.
        qps: their quantization parameters.
        base: that of the parameter set.
        options: the rest.

    Raises:
        InputError: a decomposed weight of one dimension, which nothing would tell from a vector.
    """
    dimensions = decoded_dimensions(block, tensors)
    if block.g is not None and len(dimensions) < 2:
        raise InputError(f"block {block.weight!r}: a vector can't be decomposed")
    units = []
    for name in (*block.vectors, *block.weights):
        tensor = tensors[name]
        own = options.with_scan_order(0) if tensor.row_axis else options
        unit = encode_floats(tensor, qps[name], base, own)
        header = unit.readable_header().nnr_compressed_data_unit_header
        assert header is not None, "the unit is one of compressed data"
        header.compressed_parameter_types = block.types
        if block.g is not None:
            rows, rank = tensors[block.g].values.shape
            header.g_number_of_rows, header.decomposition_rank = rows, rank
        if name in (block.g, block.h):
            set_whole_dimensions(header, dimensions)
            role = LEFT_FACTOR if name == block.g else RIGHT_FACTOR
            unit.given["decomposed_tensor_role"] = role
        units.append(unit)
    return units


def set_whole_dimensions(header: NnrCompressedDataUnitHeader, dimensions: tuple[int, ...]) -> None:
    """Write the dimensions of the whole weight into the header of one of its factors."""
    header.tensor_dimensions_list = dimensions_list(dimensions)
    if header.first_tensor_dimension_shift:
        header.first_tensor_dimension_shift = 0
