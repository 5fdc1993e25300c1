"""Compressed data unit: syntax tables of clauses 6.3.3, 6.3.4.

Generated from schema/compressed_data_unit.syntax; do not edit.
Schema hash: sha256 0b2c3790b3c96a80dc34941cab28fd973a472d43d0614776c8b3fe63d40b4478
"""

# ruff: noqa: E501, N806, N815, SIM109

from __future__ import annotations

from dataclasses import field
from enum import IntEnum, IntFlag
from typing import Any, ClassVar, Final

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.programs import Program
from nnc.bitio.table import Syntax, Table, tabular
from nnc.syntax import functions as _functions
from nnc.syntax import topology
from nnc.syntax.description import Element, Shape
from nnc.syntax.functions import (
    Array,
)
from nnc.syntax.functions import (
    array as _array,
)
from nnc.syntax.functions import (
    counted as _counted,
)
from nnc.syntax.functions import (
    entry as _entry,
)
from nnc.syntax.functions import (
    finished as _finished,
)
from nnc.syntax.functions import (
    indexed as _indexed,
)
from nnc.syntax.functions import (
    item as _item,
)
from nnc.syntax.functions import (
    listed as _listed,
)
from nnc.syntax.functions import (
    new as _new,
)
from nnc.syntax.functions import (
    refuse as _refuse,
)
from nnc.syntax.functions import (
    required as _required,
)
from nnc.syntax.scope import Scope


class CompressedDataUnitPayloadType(IntEnum):
    """Values of clause 6.3.3 (interop).

    Attributes:
        NNR_PT_INT: one integer tensor, entropy coded, no step size.
        NNR_PT_FLOAT: one float tensor, quantised, entropy coded.
        NNR_PT_RAW_FLOAT: one float tensor, stored.
        NNR_PT_BLOCK: the tensors of one layer together.

    Other values: 4 to 31: reserved.
    """

    NNR_PT_INT = 0
    NNR_PT_FLOAT = 1
    NNR_PT_RAW_FLOAT = 2
    NNR_PT_BLOCK = 3


NNR_PT_INT: Final = 0
NNR_PT_FLOAT: Final = 1
NNR_PT_RAW_FLOAT: Final = 2
NNR_PT_BLOCK: Final = 3


class CompressedParameterTypes(IntFlag):
    """Values of clause 6.3.3 (interop).

    Attributes:
        NNR_CPT_DC: the weight is decomposed into G and H.
        NNR_CPT_LS: local scaling factors.
        NNR_CPT_BN: batch norm: beta, gamma, mean, variance.
        NNR_CPT_BI: bias.
    """

    NNR_CPT_DC = 1
    NNR_CPT_LS = 2
    NNR_CPT_BN = 4
    NNR_CPT_BI = 8


NNR_CPT_DC: Final = 1
NNR_CPT_LS: Final = 2
NNR_CPT_BN: Final = 4
NNR_CPT_BI: Final = 8


class ParentNodeIdType(IntEnum):
    """Values of clause 6.3.3 (interop).

    Attributes:
        ICNN_NDU_ID: device, parameter and depth of the parent.
        ICNN_NDU_PL_SHA256: SHA-256 of the parent's payload.
        ICNN_NDU_PL_SHA512: SHA-512 of the parent's payload.

    Other values: 3: reserved.
    """

    ICNN_NDU_ID = 0
    ICNN_NDU_PL_SHA256 = 1
    ICNN_NDU_PL_SHA512 = 2


ICNN_NDU_ID: Final = 0
ICNN_NDU_PL_SHA256: Final = 1
ICNN_NDU_PL_SHA512: Final = 2


class DecompressedDataFormat(IntEnum):
    """Values of clause 6.3.3 (interop).

    Attributes:
        TENSOR_INT32: 32-bit integers.
        TENSOR_FLOAT32: 32-bit floats.
        TENSOR_INT2: 2-bit integers.
        TENSOR_INT3: 3-bit integers.
        TENSOR_INT4: 4-bit integers.
        TENSOR_INT8: 8-bit integers.
        TENSOR_INT16: 16-bit integers.
        TENSOR_INT64: 64-bit integers.
        TENSOR_FLOAT16: 16-bit floats.
        TENSOR_FLOAT64: 64-bit floats.

    Other values: 10 to 127: reserved.
    """

    TENSOR_INT32 = 0
    TENSOR_FLOAT32 = 1
    TENSOR_INT2 = 2
    TENSOR_INT3 = 3
    TENSOR_INT4 = 4
    TENSOR_INT8 = 5
    TENSOR_INT16 = 6
    TENSOR_INT64 = 7
    TENSOR_FLOAT16 = 8
    TENSOR_FLOAT64 = 9


TENSOR_INT32: Final = 0
TENSOR_FLOAT32: Final = 1
TENSOR_INT2: Final = 2
TENSOR_INT3: Final = 3
TENSOR_INT4: Final = 4
TENSOR_INT8: Final = 5
TENSOR_INT16: Final = 6
TENSOR_INT64: Final = 7
TENSOR_FLOAT16: Final = 8
TENSOR_FLOAT64: Final = 9


@tabular
class NnrCompressedDataUnitHeader(Table):
    """NNR compressed data unit header syntax.

    Clause 6.3.3, interop. Table `nnr_compressed_data_unit_header` of schema/compressed_data_unit.syntax.

    Attributes:
        nnr_compressed_data_unit_payload_type: What the payload holds and how it is coded.
        nnr_multiple_topology_elements_present_flag: 1: the unit holds several elements of the
            topology, whose names follow as a list. 0: it holds one.
        nnr_decompressed_data_format_present_flag: 1: [nnr_decompressed_data_format] follows. That
            it is 1 stands in no known bitstream.
        input_parameters_present_flag: 1: the parameters of the tensor follow. 0: they come from
            outside, or take the values for absent elements.
        topology_elements_ids_list: table `topology_elements_ids_list`.
        topology_elem_id: Name of the tensor.
        topology_elem_id_index: Index of the tensor in the list of the topology unit of format
            NNR_TPL_REFLIST.
        node_id_present_flag: 1: the unit says which node of the parameter update tree it is.
        device_id: Device whose branch of the parameter update tree the node is on.
        parameter_id: Parameter update tree, one for each tensor. A parent has the same.
        put_node_depth: Depth of the node in the parameter update tree: the number of coded units of
            the tensor up to here. The unit of a base model has 0 or 1. A parent's is one less.
        parent_node_id_present_flag: 1: the unit holds the difference to its parent. 0: it takes the
            tensor's place.
        parent_node_id_type: How the parent is named.
        temporal_context_modeling_flag: 1: contexts of the entropy coder look at the levels of the
            parent.
        parent_device_id: [device_id] of the parent. Values above 0 stand in no known bitstream.
        parent_node_payload_sha256: SHA-256 of the payload bytes of the parent's unit.
        parent_node_payload_sha512: SHA-512 of the payload bytes of the parent's unit.
        codebook_present_flag: 1: levels are indices into a codebook, which follows.
        integer_codebook: table `integer_codebook`.
        dq_flag: 1: the levels are those of dependent quantization.
        nnr_decompressed_data_format: Number format that the decoded tensor is delivered in.
        tensor_dimensions_flag: 1: the dimensions of the tensor follow. 0: they come from outside,
            see [out_of_band_tensor_dimensions].
        cabac_unary_length_flag: 1: [cabac_unary_length_minus1] follows.
        compressed_parameter_types: Which tensors the layer has. Where they are coded in units of
            their own, each unit carries the same value.
        decomposition_rank: Number of columns of G and of rows of H.
        g_number_of_rows: Number of rows of G.
        tensor_dimensions_list: table `tensor_dimensions_list`.
        topology_tensor_dimension_mapping: table `topology_tensor_dimension_mapping`.
        cabac_unary_length_minus1: Number of greater-than flags of the binarization, minus one.
        integer_codebook_dc: table `integer_codebook`.
        first_tensor_dimension_shift: Axis of the decoded tensor that is the row axis of the coded
            matrix: it was moved to the front, the others keep their order. 0 in all known
            bitstreams.
        scan_order: Order in which the positions of the matrix are coded: 0 row by row, 1 to 4 in
            blocks of 8, 16, 32, 64. A matrix of one row or one column is coded row by row all the
            same.
        cabac_offset_list: Offset register of the arithmetic decoder where block row j + 1 starts.
        dq_state_list: State of dependent quantization where block row j + 1 starts.
        bit_offset_delta1: Number of bits of the payload that block row 0 takes.
        bit_offset_delta2: For each further block row j the number of bits that it takes, less that
            of block row j - 1.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
        numBlockRowsMinus1: Number of entry points: block rows of the coded matrix minus one; in a
            block with a decomposed weight those of G, then those of H.
        BitOffsetList: Number of bits of the payload that each block row takes.
        CbZeroOffset: Index of the entry of [Codebook] that level 0 stands for.
        Codebook: Codebook of the weight, or of G.
        CbZeroOffsetDC: Index of the entry of [CodebookDC] that level 0 stands for.
        CodebookDC: Codebook of H in a block.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "nnr_compressed_data_unit_payload_type",
        "nnr_multiple_topology_elements_present_flag",
        "nnr_decompressed_data_format_present_flag",
        "input_parameters_present_flag",
        "topology_elements_ids_list",
        "topology_elem_id",
        "topology_elem_id_index",
        "node_id_present_flag",
        "device_id",
        "parameter_id",
        "put_node_depth",
        "parent_node_id_present_flag",
        "parent_node_id_type",
        "temporal_context_modeling_flag",
        "parent_device_id",
        "parent_node_payload_sha256",
        "parent_node_payload_sha512",
        "codebook_present_flag",
        "integer_codebook",
        "dq_flag",
        "nnr_decompressed_data_format",
        "tensor_dimensions_flag",
        "cabac_unary_length_flag",
        "compressed_parameter_types",
        "decomposition_rank",
        "g_number_of_rows",
        "tensor_dimensions_list",
        "topology_tensor_dimension_mapping",
        "cabac_unary_length_minus1",
        "integer_codebook_dc",
        "first_tensor_dimension_shift",
        "scan_order",
        "cabac_offset_list",
        "dq_state_list",
        "bit_offset_delta1",
        "bit_offset_delta2",
        "byte_alignment",
    )
    nnr_compressed_data_unit_payload_type: int
    nnr_multiple_topology_elements_present_flag: int
    nnr_decompressed_data_format_present_flag: int
    input_parameters_present_flag: int
    topology_elements_ids_list: topology.TopologyElementsIdsList | None = None
    topology_elem_id: str | None = None
    topology_elem_id_index: int | None = None
    node_id_present_flag: int | None = None
    device_id: int | None = None
    parameter_id: int | None = None
    put_node_depth: int | None = None
    parent_node_id_present_flag: int | None = None
    parent_node_id_type: int | None = None
    temporal_context_modeling_flag: int | None = None
    parent_device_id: int | None = None
    parent_node_payload_sha256: int | None = None
    parent_node_payload_sha512: int | None = None
    codebook_present_flag: int | None = None
    integer_codebook: IntegerCodebook | None = None
    dq_flag: int | None = None
    nnr_decompressed_data_format: int | None = None
    tensor_dimensions_flag: int | None = None
    cabac_unary_length_flag: int | None = None
    compressed_parameter_types: int | None = None
    decomposition_rank: int | None = None
    g_number_of_rows: int | None = None
    tensor_dimensions_list: TensorDimensionsList | None = None
    topology_tensor_dimension_mapping: TopologyTensorDimensionMapping | None = None
    cabac_unary_length_minus1: int | None = None
    integer_codebook_dc: IntegerCodebook | None = None
    first_tensor_dimension_shift: int | None = None
    scan_order: int | None = None
    cabac_offset_list: list[int] | None = None
    dq_state_list: list[int] | None = None
    bit_offset_delta1: int | None = None
    bit_offset_delta2: list[int] | None = None
    byte_alignment: int | None = None
    numBlockRowsMinus1: int | None = field(default=None, init=False, repr=False)
    BitOffsetList: list[int] | None = field(default=None, init=False, repr=False)
    CbZeroOffset: int | None = field(default=None, init=False, repr=False)
    Codebook: list[int] | None = field(default=None, init=False, repr=False)
    CbZeroOffsetDC: int | None = field(default=None, init=False, repr=False)
    CodebookDC: list[int] | None = field(default=None, init=False, repr=False)


class NnrCompressedDataUnitHeaderSyntax(Syntax):
    """Reads and writes `nnr_compressed_data_unit_header`: NNR compressed data unit header syntax."""

    table: ClassVar[str] = "nnr_compressed_data_unit_header"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "NNR compressed data unit header syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/compressed_data_unit.syntax:55"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrCompressedDataUnitHeader
    elements: ClassVar[dict[str, Element]] = {
        "nnr_compressed_data_unit_payload_type": Element(
            "nnr_compressed_data_unit_payload_type",
            "u(5)",
            "u",
            5,
            "6.3.3",
            "interop",
            56,
            "What the payload holds and how it is coded.",
            enum="CompressedDataUnitPayloadType",
            range=(0, 3),
            unnamed=((4, 31, "reserved"),),
        ),
        "nnr_multiple_topology_elements_present_flag": Element(
            "nnr_multiple_topology_elements_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            57,
            "1: the unit holds several elements of the topology, whose names follow as a list. 0: it holds one.",
        ),
        "nnr_decompressed_data_format_present_flag": Element(
            "nnr_decompressed_data_format_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            58,
            "1: [nnr_decompressed_data_format] follows. That it is 1 stands in no known bitstream.",
        ),
        "input_parameters_present_flag": Element(
            "input_parameters_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            59,
            "1: the parameters of the tensor follow. 0: they come from outside, or take the values for absent elements.",
        ),
        "topology_elem_id": Element(
            "topology_elem_id",
            "st(v)",
            "st",
            None,
            "6.3.3",
            "interop",
            63,
            "Name of the tensor.",
        ),
        "topology_elem_id_index": Element(
            "topology_elem_id_index",
            "ue(7)",
            "ue",
            None,
            "6.3.3",
            "peer",
            65,
            "Index of the tensor in the list of the topology unit of format NNR_TPL_REFLIST.",
        ),
        "node_id_present_flag": Element(
            "node_id_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            67,
            "1: the unit says which node of the parameter update tree it is.",
            absent=0,
        ),
        "device_id": Element(
            "device_id",
            "ue(1)",
            "ue",
            None,
            "6.3.3",
            "interop",
            69,
            "Device whose branch of the parameter update tree the node is on.",
        ),
        "parameter_id": Element(
            "parameter_id",
            "ue(5)",
            "ue",
            None,
            "6.3.3",
            "interop",
            70,
            "Parameter update tree, one for each tensor. A parent has the same.",
        ),
        "put_node_depth": Element(
            "put_node_depth",
            "ue(4)",
            "ue",
            None,
            "6.3.3",
            "interop",
            71,
            "Depth of the node in the parameter update tree: the number of coded units of the tensor up to here. The unit of a base model has 0 or 1. A parent's is one less.",
        ),
        "parent_node_id_present_flag": Element(
            "parent_node_id_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            74,
            "1: the unit holds the difference to its parent. 0: it takes the tensor's place.",
            absent=0,
        ),
        "parent_node_id_type": Element(
            "parent_node_id_type",
            "u(2)",
            "u",
            2,
            "6.3.3",
            "interop",
            76,
            "How the parent is named.",
            enum="ParentNodeIdType",
            range=(0, 2),
            unnamed=((3, 3, "reserved"),),
        ),
        "temporal_context_modeling_flag": Element(
            "temporal_context_modeling_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            77,
            "1: contexts of the entropy coder look at the levels of the parent.",
            absent=0,
        ),
        "parent_device_id": Element(
            "parent_device_id",
            "ue(1)",
            "ue",
            None,
            "6.3.3",
            "interop",
            79,
            "[device_id] of the parent. Values above 0 stand in no known bitstream.",
        ),
        "parent_node_payload_sha256": Element(
            "parent_node_payload_sha256",
            "u(256)",
            "u",
            256,
            "6.3.3",
            "interop",
            85,
            "SHA-256 of the payload bytes of the parent's unit.",
        ),
        "parent_node_payload_sha512": Element(
            "parent_node_payload_sha512",
            "u(512)",
            "u",
            512,
            "6.3.3",
            "interop",
            87,
            "SHA-512 of the payload bytes of the parent's unit.",
        ),
        "codebook_present_flag": Element(
            "codebook_present_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            93,
            "1: levels are indices into a codebook, which follows.",
            absent=0,
        ),
        "dq_flag": Element(
            "dq_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            100,
            "1: the levels are those of dependent quantization.",
            absent=0,
        ),
        "nnr_decompressed_data_format": Element(
            "nnr_decompressed_data_format",
            "u(7)",
            "u",
            7,
            "6.3.3",
            "peer",
            102,
            "Number format that the decoded tensor is delivered in.",
            enum="DecompressedDataFormat",
            absent="(nnr_compressed_data_unit_payload_type == NNR_PT_INT) ? TENSOR_INT32 : TENSOR_FLOAT32",
            range=(0, 9),
            unnamed=((10, 127, "reserved"),),
        ),
        "tensor_dimensions_flag": Element(
            "tensor_dimensions_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            104,
            "1: the dimensions of the tensor follow. 0: they come from outside, see [out_of_band_tensor_dimensions].",
            absent=0,
        ),
        "cabac_unary_length_flag": Element(
            "cabac_unary_length_flag",
            "u(1)",
            "u",
            1,
            "6.3.3",
            "interop",
            105,
            "1: [cabac_unary_length_minus1] follows.",
            absent=0,
        ),
        "compressed_parameter_types": Element(
            "compressed_parameter_types",
            "u(4)",
            "u",
            4,
            "6.3.3",
            "interop",
            106,
            "Which tensors the layer has. Where they are coded in units of their own, each unit carries the same value.",
            enum="CompressedParameterTypes",
            absent=0,
        ),
        "decomposition_rank": Element(
            "decomposition_rank",
            "ue(3)",
            "ue",
            None,
            "6.3.3",
            "interop",
            108,
            "Number of columns of G and of rows of H.",
            absent=0,
        ),
        "g_number_of_rows": Element(
            "g_number_of_rows",
            "ue(3)",
            "ue",
            None,
            "6.3.3",
            "interop",
            109,
            "Number of rows of G.",
            absent=0,
        ),
        "cabac_unary_length_minus1": Element(
            "cabac_unary_length_minus1",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "interop",
            117,
            "Number of greater-than flags of the binarization, minus one.",
            absent="out_of_band_cabac_unary_length_minus1",
        ),
        "first_tensor_dimension_shift": Element(
            "first_tensor_dimension_shift",
            "ue(1)",
            "ue",
            None,
            "6.3.3",
            "ours",
            125,
            "Axis of the decoded tensor that is the row axis of the coded matrix: it was moved to the front, the others keep their order. 0 in all known bitstreams.",
            absent=0,
        ),
        "scan_order": Element(
            "scan_order",
            "u(4)",
            "u",
            4,
            "6.3.3",
            "interop",
            126,
            "Order in which the positions of the matrix are coded: 0 row by row, 1 to 4 in blocks of 8, 16, 32, 64. A matrix of one row or one column is coded row by row all the same.",
            absent=0,
            range=(0, 4),
        ),
        "cabac_offset_list": Element(
            "cabac_offset_list",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "interop",
            141,
            "Offset register of the arithmetic decoder where block row j + 1 starts.",
        ),
        "dq_state_list": Element(
            "dq_state_list",
            "u(3)",
            "u",
            3,
            "6.3.3",
            "interop",
            143,
            "State of dependent quantization where block row j + 1 starts.",
        ),
        "bit_offset_delta1": Element(
            "bit_offset_delta1",
            "ue(11)",
            "ue",
            None,
            "6.3.3",
            "interop",
            145,
            "Number of bits of the payload that block row 0 takes.",
        ),
        "bit_offset_delta2": Element(
            "bit_offset_delta2",
            "ie(7)",
            "ie",
            None,
            "6.3.3",
            "interop",
            148,
            "For each further block row j the number of bits that it takes, less that of block row j - 1.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_compressed_data_unit_payload_type": Shape("int"),
        "nnr_multiple_topology_elements_present_flag": Shape("int"),
        "nnr_decompressed_data_format_present_flag": Shape("int"),
        "input_parameters_present_flag": Shape("int"),
        "topology_elements_ids_list": Shape("table", called="topology_elements_ids_list"),
        "topology_elem_id": Shape("str"),
        "topology_elem_id_index": Shape("int"),
        "node_id_present_flag": Shape("int"),
        "device_id": Shape("int"),
        "parameter_id": Shape("int"),
        "put_node_depth": Shape("int"),
        "parent_node_id_present_flag": Shape("int"),
        "parent_node_id_type": Shape("int"),
        "temporal_context_modeling_flag": Shape("int"),
        "parent_device_id": Shape("int"),
        "parent_node_payload_sha256": Shape("int"),
        "parent_node_payload_sha512": Shape("int"),
        "codebook_present_flag": Shape("int"),
        "integer_codebook": Shape("table", called="integer_codebook"),
        "dq_flag": Shape("int"),
        "nnr_decompressed_data_format": Shape("int"),
        "tensor_dimensions_flag": Shape("int"),
        "cabac_unary_length_flag": Shape("int"),
        "compressed_parameter_types": Shape("int"),
        "decomposition_rank": Shape("int"),
        "g_number_of_rows": Shape("int"),
        "tensor_dimensions_list": Shape("table", called="tensor_dimensions_list"),
        "topology_tensor_dimension_mapping": Shape(
            "table", called="topology_tensor_dimension_mapping"
        ),
        "cabac_unary_length_minus1": Shape("int"),
        "integer_codebook_dc": Shape("table", called="integer_codebook"),
        "first_tensor_dimension_shift": Shape("int"),
        "scan_order": Shape("int"),
        "cabac_offset_list": Shape("int", depth=1),
        "dq_state_list": Shape("int", depth=1),
        "bit_offset_delta1": Shape("int"),
        "bit_offset_delta2": Shape("int", depth=1),
        "byte_alignment": Shape("int"),
        "numBlockRowsMinus1": Shape("int", derived=True),
        "BitOffsetList": Shape("int", depth=1, derived=True),
        "CbZeroOffset": Shape("int", derived=True),
        "Codebook": Shape("int", depth=1, derived=True),
        "CbZeroOffsetDC": Shape("int", derived=True),
        "CodebookDC": Shape("int", depth=1, derived=True),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "topology_elements_ids_list",
        "topology_elem_id",
        "topology_elem_id_index",
        "node_id_present_flag",
        "device_id",
        "parameter_id",
        "put_node_depth",
        "parent_node_id_present_flag",
        "parent_node_id_type",
        "temporal_context_modeling_flag",
        "parent_device_id",
        "parent_node_payload_sha256",
        "parent_node_payload_sha512",
        "codebook_present_flag",
        "integer_codebook",
        "dq_flag",
        "nnr_decompressed_data_format",
        "tensor_dimensions_flag",
        "cabac_unary_length_flag",
        "compressed_parameter_types",
        "decomposition_rank",
        "g_number_of_rows",
        "tensor_dimensions_list",
        "topology_tensor_dimension_mapping",
        "cabac_unary_length_minus1",
        "integer_codebook_dc",
        "first_tensor_dimension_shift",
        "scan_order",
        "cabac_offset_list",
        "dq_state_list",
        "bit_offset_delta1",
        "bit_offset_delta2",
        "byte_alignment",
        "numBlockRowsMinus1",
        "BitOffsetList",
        "CbZeroOffset",
        "Codebook",
        "CbZeroOffsetDC",
        "CodebookDC",
    )
    programs: ClassVar[tuple[Program, ...]] = (
        Program(
            ("u", "nnr_compressed_data_unit_payload_type", 5),
            ("u", "nnr_multiple_topology_elements_present_flag", 1),
            ("u", "nnr_decompressed_data_format_present_flag", 1),
            ("u", "input_parameters_present_flag", 1),
            shared=("nnr_compressed_data_unit_payload_type",),
        ),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrCompressedDataUnitHeader = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        mps_topology_indexed_reference_flag = context.mps_topology_indexed_reference_flag
        general_profile_idc = context.general_profile_idc
        mps_parent_signalling_enabled_flag = context.mps_parent_signalling_enabled_flag
        cabac_offset_list: list[int]
        dq_state_list: list[int]
        bit_offset_delta2_list: list[int]
        if self.machines[0].read(stream, obj, context):
            nnr_compressed_data_unit_payload_type = obj.nnr_compressed_data_unit_payload_type
            nnr_multiple_topology_elements_present_flag = (
                obj.nnr_multiple_topology_elements_present_flag
            )
            nnr_decompressed_data_format_present_flag = (
                obj.nnr_decompressed_data_format_present_flag
            )
            input_parameters_present_flag = obj.input_parameters_present_flag
        else:
            nnr_compressed_data_unit_payload_type = stream.u(
                5, "nnr_compressed_data_unit_payload_type"
            )
            obj.nnr_compressed_data_unit_payload_type = nnr_compressed_data_unit_payload_type
            context.nnr_compressed_data_unit_payload_type = nnr_compressed_data_unit_payload_type
            nnr_multiple_topology_elements_present_flag = stream.u(
                1, "nnr_multiple_topology_elements_present_flag"
            )
            obj.nnr_multiple_topology_elements_present_flag = (
                nnr_multiple_topology_elements_present_flag
            )
            nnr_decompressed_data_format_present_flag = stream.u(
                1, "nnr_decompressed_data_format_present_flag"
            )
            obj.nnr_decompressed_data_format_present_flag = (
                nnr_decompressed_data_format_present_flag
            )
            input_parameters_present_flag = stream.u(1, "input_parameters_present_flag")
            obj.input_parameters_present_flag = input_parameters_present_flag
        if nnr_multiple_topology_elements_present_flag:
            context.topologyIndexedFlag = mps_topology_indexed_reference_flag
            stream.enter("topology_elements_ids_list", "topology_elements_ids_list")
            obj.topology_elements_ids_list = topology.topology_elements_ids_list._parse(
                stream, context, path
            )
            stream.leave()
        elif mps_topology_indexed_reference_flag == 0:
            obj.topology_elem_id = stream.st("topology_elem_id")
        else:
            obj.topology_elem_id_index = stream.ue(7, "topology_elem_id_index")
        if general_profile_idc == 1:
            obj.node_id_present_flag = node_id_present_flag = stream.u(1, "node_id_present_flag")
            if node_id_present_flag:
                obj.device_id = stream.ue(1, "device_id")
                obj.parameter_id = stream.ue(5, "parameter_id")
                obj.put_node_depth = stream.ue(4, "put_node_depth")
            if mps_parent_signalling_enabled_flag:
                parent_node_id_present_flag = stream.u(1, "parent_node_id_present_flag")
                obj.parent_node_id_present_flag = parent_node_id_present_flag
                context.parent_node_id_present_flag = parent_node_id_present_flag
                if parent_node_id_present_flag:
                    parent_node_id_type = stream.u(2, "parent_node_id_type")
                    obj.parent_node_id_type = parent_node_id_type
                    obj.temporal_context_modeling_flag = context.temporal_context_modeling_flag = (
                        stream.u(1, "temporal_context_modeling_flag")
                    )
                    if parent_node_id_type == ICNN_NDU_ID:
                        obj.parent_device_id = stream.ue(1, "parent_device_id")
                        if not node_id_present_flag:
                            obj.parameter_id = stream.ue(5, "parameter_id")
                            obj.put_node_depth = stream.ue(4, "put_node_depth")
                    elif parent_node_id_type == ICNN_NDU_PL_SHA256:
                        obj.parent_node_payload_sha256 = stream.u(256, "parent_node_payload_sha256")
                    elif parent_node_id_type == ICNN_NDU_PL_SHA512:
                        obj.parent_node_payload_sha512 = stream.u(512, "parent_node_payload_sha512")
                else:
                    context.temporal_context_modeling_flag = 0
            else:
                parent_node_id_present_flag = context.parent_node_id_present_flag = 0
                context.temporal_context_modeling_flag = 0
        else:
            node_id_present_flag = 0
            parent_node_id_present_flag = context.parent_node_id_present_flag = 0
            context.temporal_context_modeling_flag = 0
        if (
            nnr_compressed_data_unit_payload_type == NNR_PT_FLOAT
            or nnr_compressed_data_unit_payload_type == NNR_PT_BLOCK
        ):
            codebook_present_flag = stream.u(1, "codebook_present_flag")
            obj.codebook_present_flag = codebook_present_flag
            context.codebook_present_flag = codebook_present_flag
            if codebook_present_flag:
                stream.enter("integer_codebook", "integer_codebook")
                obj.integer_codebook = integer_codebook._parse(stream, context, path)
                stream.leave()
                obj.CbZeroOffset = context.CbZeroOffset = obj.integer_codebook.cbZeroOffset
                obj.Codebook = context.Codebook = obj.integer_codebook.codebook
            else:
                context.CbZeroOffset = obj.CbZeroOffset = 0
        else:
            codebook_present_flag = context.codebook_present_flag = 0
            context.CbZeroOffset = obj.CbZeroOffset = 0
        if (
            nnr_compressed_data_unit_payload_type == NNR_PT_INT
            or nnr_compressed_data_unit_payload_type == NNR_PT_FLOAT
            or nnr_compressed_data_unit_payload_type == NNR_PT_BLOCK
        ):
            obj.dq_flag = dq_flag = context.dq_flag = stream.u(1, "dq_flag")
        else:
            dq_flag = context.dq_flag = 0
        if nnr_decompressed_data_format_present_flag:
            obj.nnr_decompressed_data_format = context.nnr_decompressed_data_format = stream.u(
                7, "nnr_decompressed_data_format"
            )
        else:
            context.nnr_decompressed_data_format = (
                TENSOR_INT32
                if nnr_compressed_data_unit_payload_type == NNR_PT_INT
                else TENSOR_FLOAT32
            )
        if input_parameters_present_flag:
            tensor_dimensions_flag = stream.u(1, "tensor_dimensions_flag")
            obj.tensor_dimensions_flag = tensor_dimensions_flag
            cabac_unary_length_flag = stream.u(1, "cabac_unary_length_flag")
            obj.cabac_unary_length_flag = cabac_unary_length_flag
            compressed_parameter_types = stream.u(4, "compressed_parameter_types")
            obj.compressed_parameter_types = compressed_parameter_types
            context.compressed_parameter_types = compressed_parameter_types
            if (compressed_parameter_types & NNR_CPT_DC) != 0:
                decomposition_rank = stream.ue(3, "decomposition_rank")
                obj.decomposition_rank = decomposition_rank
                context.decomposition_rank = decomposition_rank
                g_number_of_rows = stream.ue(3, "g_number_of_rows")
                obj.g_number_of_rows = g_number_of_rows
                context.g_number_of_rows = g_number_of_rows
            else:
                decomposition_rank = context.decomposition_rank = 0
                g_number_of_rows = context.g_number_of_rows = 0
            if tensor_dimensions_flag:
                stream.enter("tensor_dimensions_list", "tensor_dimensions_list")
                obj.tensor_dimensions_list = tensor_dimensions_list._parse(stream, context, path)
                stream.leave()
                count_tensor_dimensions = context.count_tensor_dimensions
                tensor_dimensions = context.tensor_dimensions
            else:
                out_of_band_tensor_dimensions = context.ask(
                    "out_of_band_tensor_dimensions", obj, stream
                )
                count_tensor_dimensions = len(out_of_band_tensor_dimensions)
                context.count_tensor_dimensions = count_tensor_dimensions
                tensor_dimensions = context.tensor_dimensions = out_of_band_tensor_dimensions
            if (
                nnr_compressed_data_unit_payload_type != NNR_PT_BLOCK
                and nnr_multiple_topology_elements_present_flag
            ):
                stream.enter(
                    "topology_tensor_dimension_mapping", "topology_tensor_dimension_mapping"
                )
                obj.topology_tensor_dimension_mapping = topology_tensor_dimension_mapping._parse(
                    stream, context, path
                )
                stream.leave()
            if cabac_unary_length_flag:
                obj.cabac_unary_length_minus1 = context.cabac_unary_length_minus1 = stream.u(
                    8, "cabac_unary_length_minus1"
                )
            else:
                out_of_band_cabac_unary_length_minus1 = context.ask(
                    "out_of_band_cabac_unary_length_minus1", obj, stream
                )
                context.cabac_unary_length_minus1 = out_of_band_cabac_unary_length_minus1
        else:
            tensor_dimensions_flag = 0
            cabac_unary_length_flag = 0
            compressed_parameter_types = context.compressed_parameter_types = 0
            decomposition_rank = context.decomposition_rank = 0
            g_number_of_rows = context.g_number_of_rows = 0
            out_of_band_tensor_dimensions = context.ask(
                "out_of_band_tensor_dimensions", obj, stream
            )
            count_tensor_dimensions = len(out_of_band_tensor_dimensions)
            context.count_tensor_dimensions = count_tensor_dimensions
            tensor_dimensions = context.tensor_dimensions = out_of_band_tensor_dimensions
            out_of_band_cabac_unary_length_minus1 = context.ask(
                "out_of_band_cabac_unary_length_minus1", obj, stream
            )
            context.cabac_unary_length_minus1 = out_of_band_cabac_unary_length_minus1
        if (
            nnr_compressed_data_unit_payload_type == NNR_PT_BLOCK
            and (compressed_parameter_types & NNR_CPT_DC) != 0
            and codebook_present_flag
        ):
            stream.enter("integer_codebook_dc", "integer_codebook")
            obj.integer_codebook_dc = integer_codebook._parse(stream, context, path)
            stream.leave()
            obj.CbZeroOffsetDC = context.CbZeroOffsetDC = obj.integer_codebook_dc.cbZeroOffset
            obj.CodebookDC = context.CodebookDC = obj.integer_codebook_dc.codebook
        else:
            context.CbZeroOffsetDC = obj.CbZeroOffsetDC = 0
        if count_tensor_dimensions > 1:
            if general_profile_idc == 1:
                obj.first_tensor_dimension_shift = context.first_tensor_dimension_shift = stream.ue(
                    1, "first_tensor_dimension_shift"
                )
            else:
                context.first_tensor_dimension_shift = 0
            obj.scan_order = scan_order = stream.u(4, "scan_order")
            if scan_order > 0:
                if (compressed_parameter_types & NNR_CPT_DC) == 0:
                    numBlockRowsMinus1 = _functions.block_rows_minus1(
                        _indexed(stream, tensor_dimensions, 0, "tensor_dimensions"), scan_order
                    )
                    obj.numBlockRowsMinus1 = numBlockRowsMinus1
                elif nnr_compressed_data_unit_payload_type == NNR_PT_BLOCK:
                    numBlockRowsMinus1 = _functions.block_rows_minus1(
                        g_number_of_rows, scan_order
                    ) + _functions.block_rows_minus1(decomposition_rank, scan_order)
                    obj.numBlockRowsMinus1 = numBlockRowsMinus1
                else:
                    decomposed_tensor_role = context.ask("decomposed_tensor_role", obj, stream)
                    if decomposed_tensor_role == 1:
                        numBlockRowsMinus1 = _functions.block_rows_minus1(
                            g_number_of_rows, scan_order
                        )
                        obj.numBlockRowsMinus1 = numBlockRowsMinus1
                    elif decomposed_tensor_role == 2:
                        numBlockRowsMinus1 = _functions.block_rows_minus1(
                            decomposition_rank, scan_order
                        )
                        obj.numBlockRowsMinus1 = numBlockRowsMinus1
                    else:
                        numBlockRowsMinus1 = _functions.block_rows_minus1(
                            _indexed(stream, tensor_dimensions, 0, "tensor_dimensions"), scan_order
                        )
                        obj.numBlockRowsMinus1 = numBlockRowsMinus1
                BitOffsetList: dict[int, int] = {}
                BitOffsetList_size = stream.make(numBlockRowsMinus1, "BitOffsetList")
                cabac_offset_list = []
                obj.cabac_offset_list = cabac_offset_list
                dq_state_list = []
                if dq_flag:
                    obj.dq_state_list = dq_state_list
                bit_offset_delta2_list = []
                obj.bit_offset_delta2 = bit_offset_delta2_list
                for j in range(numBlockRowsMinus1):
                    cabac_offset_list.append(stream.u(8, "cabac_offset_list", j))
                    if dq_flag:
                        dq_state_list.append(stream.u(3, "dq_state_list", j))
                    if j == 0:
                        bit_offset_delta1 = stream.ue(11, "bit_offset_delta1")
                        obj.bit_offset_delta1 = bit_offset_delta1
                        BitOffsetList[_entry(stream, 0, BitOffsetList_size, "BitOffsetList")] = (
                            bit_offset_delta1
                        )
                    else:
                        bit_offset_delta2 = stream.ie(
                            7, "bit_offset_delta2", len(bit_offset_delta2_list)
                        )
                        bit_offset_delta2_list.append(bit_offset_delta2)
                        BitOffsetList[
                            j
                            if 0 <= j < BitOffsetList_size
                            else _entry(stream, j, BitOffsetList_size, "BitOffsetList")
                        ] = BitOffsetList.get(j - 1, 0) + bit_offset_delta2
                obj.BitOffsetList = _array(BitOffsetList, BitOffsetList_size)
            else:
                numBlockRowsMinus1 = obj.numBlockRowsMinus1 = 0
        else:
            context.first_tensor_dimension_shift = 0
            scan_order = 0
            numBlockRowsMinus1 = obj.numBlockRowsMinus1 = 0
        obj.byte_alignment = stream.byte_alignment()
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrCompressedDataUnitHeader):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrCompressedDataUnitHeader"
            )
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        mps_topology_indexed_reference_flag = context.mps_topology_indexed_reference_flag
        general_profile_idc = context.general_profile_idc
        mps_parent_signalling_enabled_flag = context.mps_parent_signalling_enabled_flag
        parameter_id_written = False
        put_node_depth_written = False
        bit_offset_delta1_written = False
        cabac_offset_list: list[int]
        dq_state_list: list[int]
        bit_offset_delta2_list: list[int]
        if self.machines[0].write(stream, obj, context):
            nnr_compressed_data_unit_payload_type = obj.nnr_compressed_data_unit_payload_type
            nnr_multiple_topology_elements_present_flag = (
                obj.nnr_multiple_topology_elements_present_flag
            )
            nnr_decompressed_data_format_present_flag = (
                obj.nnr_decompressed_data_format_present_flag
            )
            input_parameters_present_flag = obj.input_parameters_present_flag
        else:
            nnr_compressed_data_unit_payload_type = _required(
                stream,
                obj.nnr_compressed_data_unit_payload_type,
                "nnr_compressed_data_unit_payload_type",
            )
            context.nnr_compressed_data_unit_payload_type = nnr_compressed_data_unit_payload_type
            stream.u(
                5, nnr_compressed_data_unit_payload_type, "nnr_compressed_data_unit_payload_type"
            )
            nnr_multiple_topology_elements_present_flag = _required(
                stream,
                obj.nnr_multiple_topology_elements_present_flag,
                "nnr_multiple_topology_elements_present_flag",
            )
            stream.u(
                1,
                nnr_multiple_topology_elements_present_flag,
                "nnr_multiple_topology_elements_present_flag",
            )
            nnr_decompressed_data_format_present_flag = _required(
                stream,
                obj.nnr_decompressed_data_format_present_flag,
                "nnr_decompressed_data_format_present_flag",
            )
            stream.u(
                1,
                nnr_decompressed_data_format_present_flag,
                "nnr_decompressed_data_format_present_flag",
            )
            input_parameters_present_flag = _required(
                stream, obj.input_parameters_present_flag, "input_parameters_present_flag"
            )
            stream.u(1, input_parameters_present_flag, "input_parameters_present_flag")
        if nnr_multiple_topology_elements_present_flag:
            context.topologyIndexedFlag = mps_topology_indexed_reference_flag
            topology_elements_ids_list__table = _required(
                stream, obj.topology_elements_ids_list, "topology_elements_ids_list"
            )
            stream.enter("topology_elements_ids_list", "topology_elements_ids_list")
            topology.topology_elements_ids_list._build(
                topology_elements_ids_list__table, stream, context, path
            )
            stream.leave()
            _refuse(stream, obj, "topology_elem_id", "topology_elem_id_index")
        elif mps_topology_indexed_reference_flag == 0:
            stream.st(
                _required(stream, obj.topology_elem_id, "topology_elem_id"), "topology_elem_id"
            )
            _refuse(stream, obj, "topology_elements_ids_list", "topology_elem_id_index")
        else:
            stream.ue(
                7,
                _required(stream, obj.topology_elem_id_index, "topology_elem_id_index"),
                "topology_elem_id_index",
            )
            _refuse(stream, obj, "topology_elements_ids_list", "topology_elem_id")
        if general_profile_idc == 1:
            node_id_present_flag = _required(
                stream, obj.node_id_present_flag, "node_id_present_flag"
            )
            stream.u(1, node_id_present_flag, "node_id_present_flag")
            if node_id_present_flag:
                stream.ue(1, _required(stream, obj.device_id, "device_id"), "device_id")
                stream.ue(5, _required(stream, obj.parameter_id, "parameter_id"), "parameter_id")
                parameter_id_written = True
                stream.ue(
                    4, _required(stream, obj.put_node_depth, "put_node_depth"), "put_node_depth"
                )
                put_node_depth_written = True
            else:
                _refuse(stream, obj, "device_id")
            if mps_parent_signalling_enabled_flag:
                parent_node_id_present_flag = _required(
                    stream, obj.parent_node_id_present_flag, "parent_node_id_present_flag"
                )
                context.parent_node_id_present_flag = parent_node_id_present_flag
                stream.u(1, parent_node_id_present_flag, "parent_node_id_present_flag")
                if parent_node_id_present_flag:
                    parent_node_id_type = _required(
                        stream, obj.parent_node_id_type, "parent_node_id_type"
                    )
                    stream.u(2, parent_node_id_type, "parent_node_id_type")
                    context.temporal_context_modeling_flag = _required(
                        stream, obj.temporal_context_modeling_flag, "temporal_context_modeling_flag"
                    )
                    stream.u(
                        1, context.temporal_context_modeling_flag, "temporal_context_modeling_flag"
                    )
                    if parent_node_id_type == ICNN_NDU_ID:
                        stream.ue(
                            1,
                            _required(stream, obj.parent_device_id, "parent_device_id"),
                            "parent_device_id",
                        )
                        if not node_id_present_flag:
                            stream.ue(
                                5,
                                _required(stream, obj.parameter_id, "parameter_id"),
                                "parameter_id",
                            )
                            parameter_id_written = True
                            stream.ue(
                                4,
                                _required(stream, obj.put_node_depth, "put_node_depth"),
                                "put_node_depth",
                            )
                            put_node_depth_written = True
                        _refuse(
                            stream, obj, "parent_node_payload_sha256", "parent_node_payload_sha512"
                        )
                    elif parent_node_id_type == ICNN_NDU_PL_SHA256:
                        stream.u(
                            256,
                            _required(
                                stream, obj.parent_node_payload_sha256, "parent_node_payload_sha256"
                            ),
                            "parent_node_payload_sha256",
                        )
                        _refuse(stream, obj, "parent_device_id", "parent_node_payload_sha512")
                    elif parent_node_id_type == ICNN_NDU_PL_SHA512:
                        stream.u(
                            512,
                            _required(
                                stream, obj.parent_node_payload_sha512, "parent_node_payload_sha512"
                            ),
                            "parent_node_payload_sha512",
                        )
                        _refuse(stream, obj, "parent_device_id", "parent_node_payload_sha256")
                    else:
                        _refuse(
                            stream,
                            obj,
                            "parent_device_id",
                            "parent_node_payload_sha256",
                            "parent_node_payload_sha512",
                        )
                else:
                    context.temporal_context_modeling_flag = 0
                    _refuse(
                        stream,
                        obj,
                        "parent_node_id_type",
                        "temporal_context_modeling_flag",
                        "parent_device_id",
                        "parent_node_payload_sha256",
                        "parent_node_payload_sha512",
                    )
            else:
                parent_node_id_present_flag = context.parent_node_id_present_flag = 0
                context.temporal_context_modeling_flag = 0
                _refuse(
                    stream,
                    obj,
                    "parent_node_id_present_flag",
                    "parent_node_id_type",
                    "temporal_context_modeling_flag",
                    "parent_device_id",
                    "parent_node_payload_sha256",
                    "parent_node_payload_sha512",
                )
        else:
            node_id_present_flag = 0
            parent_node_id_present_flag = context.parent_node_id_present_flag = 0
            context.temporal_context_modeling_flag = 0
            _refuse(
                stream,
                obj,
                "node_id_present_flag",
                "device_id",
                "parent_node_id_present_flag",
                "parent_node_id_type",
                "temporal_context_modeling_flag",
                "parent_device_id",
                "parent_node_payload_sha256",
                "parent_node_payload_sha512",
            )
        if (
            nnr_compressed_data_unit_payload_type == NNR_PT_FLOAT
            or nnr_compressed_data_unit_payload_type == NNR_PT_BLOCK
        ):
            codebook_present_flag = _required(
                stream, obj.codebook_present_flag, "codebook_present_flag"
            )
            context.codebook_present_flag = codebook_present_flag
            stream.u(1, codebook_present_flag, "codebook_present_flag")
            if codebook_present_flag:
                integer_codebook__table = _required(
                    stream, obj.integer_codebook, "integer_codebook"
                )
                stream.enter("integer_codebook", "integer_codebook")
                integer_codebook._build(integer_codebook__table, stream, context, path)
                stream.leave()
                obj.CbZeroOffset = context.CbZeroOffset = integer_codebook__table.cbZeroOffset
                obj.Codebook = context.Codebook = integer_codebook__table.codebook
            else:
                context.CbZeroOffset = obj.CbZeroOffset = 0
                _refuse(stream, obj, "integer_codebook")
        else:
            codebook_present_flag = context.codebook_present_flag = 0
            context.CbZeroOffset = obj.CbZeroOffset = 0
            _refuse(stream, obj, "codebook_present_flag", "integer_codebook")
        if (
            nnr_compressed_data_unit_payload_type == NNR_PT_INT
            or nnr_compressed_data_unit_payload_type == NNR_PT_FLOAT
            or nnr_compressed_data_unit_payload_type == NNR_PT_BLOCK
        ):
            dq_flag = context.dq_flag = _required(stream, obj.dq_flag, "dq_flag")
            stream.u(1, dq_flag, "dq_flag")
        else:
            dq_flag = context.dq_flag = 0
            _refuse(stream, obj, "dq_flag")
        if nnr_decompressed_data_format_present_flag:
            context.nnr_decompressed_data_format = _required(
                stream, obj.nnr_decompressed_data_format, "nnr_decompressed_data_format"
            )
            stream.u(7, context.nnr_decompressed_data_format, "nnr_decompressed_data_format")
        else:
            context.nnr_decompressed_data_format = (
                TENSOR_INT32
                if nnr_compressed_data_unit_payload_type == NNR_PT_INT
                else TENSOR_FLOAT32
            )
            _refuse(stream, obj, "nnr_decompressed_data_format")
        if input_parameters_present_flag:
            tensor_dimensions_flag = _required(
                stream, obj.tensor_dimensions_flag, "tensor_dimensions_flag"
            )
            stream.u(1, tensor_dimensions_flag, "tensor_dimensions_flag")
            cabac_unary_length_flag = _required(
                stream, obj.cabac_unary_length_flag, "cabac_unary_length_flag"
            )
            stream.u(1, cabac_unary_length_flag, "cabac_unary_length_flag")
            compressed_parameter_types = _required(
                stream, obj.compressed_parameter_types, "compressed_parameter_types"
            )
            context.compressed_parameter_types = compressed_parameter_types
            stream.u(4, compressed_parameter_types, "compressed_parameter_types")
            if (compressed_parameter_types & NNR_CPT_DC) != 0:
                decomposition_rank = _required(stream, obj.decomposition_rank, "decomposition_rank")
                context.decomposition_rank = decomposition_rank
                stream.ue(3, decomposition_rank, "decomposition_rank")
                g_number_of_rows = _required(stream, obj.g_number_of_rows, "g_number_of_rows")
                context.g_number_of_rows = g_number_of_rows
                stream.ue(3, g_number_of_rows, "g_number_of_rows")
            else:
                decomposition_rank = context.decomposition_rank = 0
                g_number_of_rows = context.g_number_of_rows = 0
                _refuse(stream, obj, "decomposition_rank", "g_number_of_rows")
            if tensor_dimensions_flag:
                tensor_dimensions_list__table = _required(
                    stream, obj.tensor_dimensions_list, "tensor_dimensions_list"
                )
                stream.enter("tensor_dimensions_list", "tensor_dimensions_list")
                tensor_dimensions_list._build(tensor_dimensions_list__table, stream, context, path)
                stream.leave()
                count_tensor_dimensions = context.count_tensor_dimensions
                tensor_dimensions = context.tensor_dimensions
            else:
                out_of_band_tensor_dimensions = context.ask(
                    "out_of_band_tensor_dimensions", obj, stream
                )
                count_tensor_dimensions = len(out_of_band_tensor_dimensions)
                context.count_tensor_dimensions = count_tensor_dimensions
                tensor_dimensions = context.tensor_dimensions = out_of_band_tensor_dimensions
                _refuse(stream, obj, "tensor_dimensions_list")
            if (
                nnr_compressed_data_unit_payload_type != NNR_PT_BLOCK
                and nnr_multiple_topology_elements_present_flag
            ):
                topology_tensor_dimension_mapping__table = _required(
                    stream,
                    obj.topology_tensor_dimension_mapping,
                    "topology_tensor_dimension_mapping",
                )
                stream.enter(
                    "topology_tensor_dimension_mapping", "topology_tensor_dimension_mapping"
                )
                topology_tensor_dimension_mapping._build(
                    topology_tensor_dimension_mapping__table, stream, context, path
                )
                stream.leave()
            else:
                _refuse(stream, obj, "topology_tensor_dimension_mapping")
            if cabac_unary_length_flag:
                context.cabac_unary_length_minus1 = _required(
                    stream, obj.cabac_unary_length_minus1, "cabac_unary_length_minus1"
                )
                stream.u(8, context.cabac_unary_length_minus1, "cabac_unary_length_minus1")
            else:
                out_of_band_cabac_unary_length_minus1 = context.ask(
                    "out_of_band_cabac_unary_length_minus1", obj, stream
                )
                context.cabac_unary_length_minus1 = out_of_band_cabac_unary_length_minus1
                _refuse(stream, obj, "cabac_unary_length_minus1")
        else:
            tensor_dimensions_flag = 0
            cabac_unary_length_flag = 0
            compressed_parameter_types = context.compressed_parameter_types = 0
            decomposition_rank = context.decomposition_rank = 0
            g_number_of_rows = context.g_number_of_rows = 0
            out_of_band_tensor_dimensions = context.ask(
                "out_of_band_tensor_dimensions", obj, stream
            )
            count_tensor_dimensions = len(out_of_band_tensor_dimensions)
            context.count_tensor_dimensions = count_tensor_dimensions
            tensor_dimensions = context.tensor_dimensions = out_of_band_tensor_dimensions
            out_of_band_cabac_unary_length_minus1 = context.ask(
                "out_of_band_cabac_unary_length_minus1", obj, stream
            )
            context.cabac_unary_length_minus1 = out_of_band_cabac_unary_length_minus1
            _refuse(
                stream,
                obj,
                "tensor_dimensions_flag",
                "cabac_unary_length_flag",
                "compressed_parameter_types",
                "decomposition_rank",
                "g_number_of_rows",
                "tensor_dimensions_list",
                "topology_tensor_dimension_mapping",
                "cabac_unary_length_minus1",
            )
        if (
            nnr_compressed_data_unit_payload_type == NNR_PT_BLOCK
            and (compressed_parameter_types & NNR_CPT_DC) != 0
            and codebook_present_flag
        ):
            integer_codebook_dc_table = _required(
                stream, obj.integer_codebook_dc, "integer_codebook_dc"
            )
            stream.enter("integer_codebook_dc", "integer_codebook")
            integer_codebook._build(integer_codebook_dc_table, stream, context, path)
            stream.leave()
            obj.CbZeroOffsetDC = context.CbZeroOffsetDC = integer_codebook_dc_table.cbZeroOffset
            obj.CodebookDC = context.CodebookDC = integer_codebook_dc_table.codebook
        else:
            context.CbZeroOffsetDC = obj.CbZeroOffsetDC = 0
            _refuse(stream, obj, "integer_codebook_dc")
        if count_tensor_dimensions > 1:
            if general_profile_idc == 1:
                context.first_tensor_dimension_shift = _required(
                    stream, obj.first_tensor_dimension_shift, "first_tensor_dimension_shift"
                )
                stream.ue(1, context.first_tensor_dimension_shift, "first_tensor_dimension_shift")
            else:
                context.first_tensor_dimension_shift = 0
                _refuse(stream, obj, "first_tensor_dimension_shift")
            scan_order = _required(stream, obj.scan_order, "scan_order")
            stream.u(4, scan_order, "scan_order")
            if scan_order > 0:
                if (compressed_parameter_types & NNR_CPT_DC) == 0:
                    numBlockRowsMinus1 = _functions.block_rows_minus1(
                        _indexed(stream, tensor_dimensions, 0, "tensor_dimensions"), scan_order
                    )
                    obj.numBlockRowsMinus1 = numBlockRowsMinus1
                elif nnr_compressed_data_unit_payload_type == NNR_PT_BLOCK:
                    numBlockRowsMinus1 = _functions.block_rows_minus1(
                        g_number_of_rows, scan_order
                    ) + _functions.block_rows_minus1(decomposition_rank, scan_order)
                    obj.numBlockRowsMinus1 = numBlockRowsMinus1
                else:
                    decomposed_tensor_role = context.ask("decomposed_tensor_role", obj, stream)
                    if decomposed_tensor_role == 1:
                        numBlockRowsMinus1 = _functions.block_rows_minus1(
                            g_number_of_rows, scan_order
                        )
                        obj.numBlockRowsMinus1 = numBlockRowsMinus1
                    elif decomposed_tensor_role == 2:
                        numBlockRowsMinus1 = _functions.block_rows_minus1(
                            decomposition_rank, scan_order
                        )
                        obj.numBlockRowsMinus1 = numBlockRowsMinus1
                    else:
                        numBlockRowsMinus1 = _functions.block_rows_minus1(
                            _indexed(stream, tensor_dimensions, 0, "tensor_dimensions"), scan_order
                        )
                        obj.numBlockRowsMinus1 = numBlockRowsMinus1
                BitOffsetList: dict[int, int] = {}
                BitOffsetList_size = stream.make(numBlockRowsMinus1, "BitOffsetList")
                cabac_offset_list = _counted(
                    stream, obj.cabac_offset_list, numBlockRowsMinus1, "cabac_offset_list"
                )
                if dq_flag:
                    dq_state_list = _counted(
                        stream, obj.dq_state_list, numBlockRowsMinus1, "dq_state_list"
                    )
                else:
                    _refuse(stream, obj, "dq_state_list")
                bit_offset_delta2_list = _listed(stream, obj.bit_offset_delta2, "bit_offset_delta2")
                bit_offset_delta2_list_position = 0
                for j in range(numBlockRowsMinus1):
                    stream.u(8, cabac_offset_list[j], "cabac_offset_list", j)
                    if dq_flag:
                        stream.u(3, dq_state_list[j], "dq_state_list", j)
                    if j == 0:
                        bit_offset_delta1 = _required(
                            stream, obj.bit_offset_delta1, "bit_offset_delta1"
                        )
                        stream.ue(11, bit_offset_delta1, "bit_offset_delta1")
                        bit_offset_delta1_written = True
                        BitOffsetList[_entry(stream, 0, BitOffsetList_size, "BitOffsetList")] = (
                            bit_offset_delta1
                        )
                    else:
                        bit_offset_delta2 = _item(
                            stream,
                            bit_offset_delta2_list,
                            bit_offset_delta2_list_position,
                            "bit_offset_delta2",
                        )
                        stream.ie(
                            7,
                            bit_offset_delta2,
                            "bit_offset_delta2",
                            bit_offset_delta2_list_position,
                        )
                        bit_offset_delta2_list_position += 1
                        BitOffsetList[
                            j
                            if 0 <= j < BitOffsetList_size
                            else _entry(stream, j, BitOffsetList_size, "BitOffsetList")
                        ] = BitOffsetList.get(j - 1, 0) + bit_offset_delta2
                _finished(
                    stream,
                    bit_offset_delta2_list,
                    bit_offset_delta2_list_position,
                    "bit_offset_delta2",
                )
                obj.BitOffsetList = _array(BitOffsetList, BitOffsetList_size)
            else:
                numBlockRowsMinus1 = obj.numBlockRowsMinus1 = 0
                _refuse(stream, obj, "cabac_offset_list", "dq_state_list", "bit_offset_delta2")
        else:
            context.first_tensor_dimension_shift = 0
            scan_order = 0
            numBlockRowsMinus1 = obj.numBlockRowsMinus1 = 0
            _refuse(
                stream,
                obj,
                "first_tensor_dimension_shift",
                "scan_order",
                "cabac_offset_list",
                "dq_state_list",
                "bit_offset_delta2",
            )
        stream.byte_alignment(obj.byte_alignment)
        if not parameter_id_written:
            _refuse(stream, obj, "parameter_id")
        if not put_node_depth_written:
            _refuse(stream, obj, "put_node_depth")
        if not bit_offset_delta1_written:
            _refuse(stream, obj, "bit_offset_delta1")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_compressed_data_unit_header = NnrCompressedDataUnitHeaderSyntax()


@tabular
class TensorDimensionsList(Table):
    """Tensor dimensions list syntax.

    Clause 6.3.3, interop. Table `tensor_dimensions_list` of schema/compressed_data_unit.syntax.

    Attributes:
        count_tensor_dimensions: Number of dimensions; 0 is a scalar.
        tensor_dimensions: Dimensions of the tensor; in a block those of the weight, before
            decomposition.
    """

    fields: ClassVar[tuple[str, ...]] = ("count_tensor_dimensions", "tensor_dimensions")
    count_tensor_dimensions: int
    tensor_dimensions: list[int] = field(default_factory=list)


class TensorDimensionsListSyntax(Syntax):
    """Reads and writes `tensor_dimensions_list`: Tensor dimensions list syntax."""

    table: ClassVar[str] = "tensor_dimensions_list"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "Tensor dimensions list syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/compressed_data_unit.syntax:270"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = TensorDimensionsList
    elements: ClassVar[dict[str, Element]] = {
        "count_tensor_dimensions": Element(
            "count_tensor_dimensions",
            "ue(1)",
            "ue",
            None,
            "6.3.3",
            "interop",
            271,
            "Number of dimensions; 0 is a scalar.",
            absent="Length(out_of_band_tensor_dimensions)",
        ),
        "tensor_dimensions": Element(
            "tensor_dimensions",
            "ue(7)",
            "ue",
            None,
            "6.3.3",
            "interop",
            273,
            "Dimensions of the tensor; in a block those of the weight, before decomposition.",
            absent="out_of_band_tensor_dimensions",
            counts=(("count_tensor_dimensions", 0),),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "count_tensor_dimensions": Shape("int"),
        "tensor_dimensions": Shape("int", depth=1),
    }
    program: ClassVar[Program | None] = Program(
        ("ue", "count_tensor_dimensions", 1),
        ("for", "j", "count_tensor_dimensions", (("ue", "tensor_dimensions", 7),)),
        shared=("count_tensor_dimensions", "tensor_dimensions"),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        made = self.machine.parse(stream, context)
        if made is not None:
            return made
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(TensorDimensionsList)
        tensor_dimensions: list[int]
        count_tensor_dimensions = stream.ue(1, "count_tensor_dimensions")
        obj.count_tensor_dimensions = count_tensor_dimensions
        context.count_tensor_dimensions = count_tensor_dimensions
        tensor_dimensions = []
        obj.tensor_dimensions = context.tensor_dimensions = tensor_dimensions
        for j in range(count_tensor_dimensions):
            tensor_dimensions.append(stream.ue(7, "tensor_dimensions", j))
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if self.machine.build(stream, obj, context):
            return obj
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, TensorDimensionsList):
            stream.fail("not the table that stands here", "", None, obj, "TensorDimensionsList")
        tensor_dimensions: list[int]
        count_tensor_dimensions = _required(
            stream, obj.count_tensor_dimensions, "count_tensor_dimensions"
        )
        context.count_tensor_dimensions = count_tensor_dimensions
        stream.ue(1, count_tensor_dimensions, "count_tensor_dimensions")
        tensor_dimensions = _counted(
            stream, obj.tensor_dimensions, count_tensor_dimensions, "tensor_dimensions"
        )
        context.tensor_dimensions = tensor_dimensions
        for j in range(count_tensor_dimensions):
            stream.ue(7, tensor_dimensions[j], "tensor_dimensions", j)
        return obj


tensor_dimensions_list = TensorDimensionsListSyntax()


@tabular
class IntegerCodebook(Table):
    """Integer codebook syntax.

    Clause 6.3.3, interop. Table `integer_codebook` of schema/compressed_data_unit.syntax.

    Attributes:
        codebook_egk: Order of the Exp-Golomb codes of the differences.
        codebook_size: Number of entries.
        codebook_centre_offset: Place of the entry of level 0, counted from the middle of the
            codebook.
        codebook_zero_value: Entry that level 0 stands for.
        codebook_delta_left: Difference of neighbouring entries below that of level 0, minus one;
            from there down.
        codebook_delta_right: Difference of neighbouring entries above that of level 0, minus one;
            from there up.
        codebook: The entries, ascending.
        cbZeroOffset: Index of the entry that level 0 stands for.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "codebook_egk",
        "codebook_size",
        "codebook_centre_offset",
        "codebook_zero_value",
        "codebook_delta_left",
        "codebook_delta_right",
    )
    codebook_egk: int
    codebook_size: int
    codebook_centre_offset: int
    codebook_zero_value: int
    codebook_delta_left: list[int] = field(default_factory=list)
    codebook_delta_right: list[int] = field(default_factory=list)
    codebook: list[int] | None = field(default=None, init=False, repr=False)
    cbZeroOffset: int | None = field(default=None, init=False, repr=False)


class IntegerCodebookSyntax(Syntax):
    """Reads and writes `integer_codebook`: Integer codebook syntax."""

    table: ClassVar[str] = "integer_codebook"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "Integer codebook syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/compressed_data_unit.syntax:288"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = IntegerCodebook
    elements: ClassVar[dict[str, Element]] = {
        "codebook_egk": Element(
            "codebook_egk",
            "u(4)",
            "u",
            4,
            "6.3.3",
            "interop",
            289,
            "Order of the Exp-Golomb codes of the differences.",
        ),
        "codebook_size": Element(
            "codebook_size",
            "ue(2)",
            "ue",
            None,
            "6.3.3",
            "interop",
            290,
            "Number of entries.",
        ),
        "codebook_centre_offset": Element(
            "codebook_centre_offset",
            "ie(2)",
            "ie",
            None,
            "6.3.3",
            "interop",
            291,
            "Place of the entry of level 0, counted from the middle of the codebook.",
        ),
        "codebook_zero_value": Element(
            "codebook_zero_value",
            "ie(7)",
            "ie",
            None,
            "6.3.3",
            "interop",
            294,
            "Entry that level 0 stands for.",
        ),
        "codebook_delta_left": Element(
            "codebook_delta_left",
            "ue(codebook_egk)",
            "ue",
            None,
            "6.3.3",
            "interop",
            298,
            "Difference of neighbouring entries below that of level 0, minus one; from there down.",
        ),
        "codebook_delta_right": Element(
            "codebook_delta_right",
            "ue(codebook_egk)",
            "ue",
            None,
            "6.3.3",
            "interop",
            304,
            "Difference of neighbouring entries above that of level 0, minus one; from there up.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "codebook_egk": Shape("int"),
        "codebook_size": Shape("int"),
        "codebook_centre_offset": Shape("int"),
        "codebook_zero_value": Shape("int"),
        "codebook_delta_left": Shape("int", depth=1),
        "codebook_delta_right": Shape("int", depth=1),
        "codebook": Shape("int", depth=1, derived=True),
        "cbZeroOffset": Shape("int", derived=True),
    }
    blank: ClassVar[tuple[str, ...]] = ("codebook", "cbZeroOffset")

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: IntegerCodebook = self.fresh()
        codebook_delta_left_list: list[int]
        codebook_delta_right_list: list[int]
        obj.codebook_egk = codebook_egk = stream.u(4, "codebook_egk")
        obj.codebook_size = codebook_size = stream.ue(2, "codebook_size")
        obj.codebook_centre_offset = codebook_centre_offset = stream.ie(2, "codebook_centre_offset")
        codebook: dict[int, int] = {}
        codebook_size_ = stream.make(codebook_size, "codebook")
        cbZeroOffset = obj.cbZeroOffset = (codebook_size >> 1) + codebook_centre_offset
        obj.codebook_zero_value = codebook_zero_value = stream.ie(7, "codebook_zero_value")
        codebook[
            cbZeroOffset
            if 0 <= cbZeroOffset < codebook_size_
            else _entry(stream, cbZeroOffset, codebook_size_, "codebook")
        ] = codebook_zero_value
        previousValue = codebook_zero_value
        codebook_delta_left_list = []
        obj.codebook_delta_left = codebook_delta_left_list
        for j in range(cbZeroOffset - 1, -1, -1):
            codebook_delta_left = stream.ue(
                codebook_egk, "codebook_delta_left", len(codebook_delta_left_list)
            )
            codebook_delta_left_list.append(codebook_delta_left)
            codebook[
                j if 0 <= j < codebook_size_ else _entry(stream, j, codebook_size_, "codebook")
            ] = previousValue - codebook_delta_left - 1
            previousValue = codebook.get(j, 0)
        previousValue = codebook_zero_value
        codebook_delta_right_list = []
        obj.codebook_delta_right = codebook_delta_right_list
        for j in range(cbZeroOffset + 1, codebook_size):
            codebook_delta_right = stream.ue(
                codebook_egk, "codebook_delta_right", len(codebook_delta_right_list)
            )
            codebook_delta_right_list.append(codebook_delta_right)
            codebook[
                j if 0 <= j < codebook_size_ else _entry(stream, j, codebook_size_, "codebook")
            ] = previousValue + codebook_delta_right + 1
            previousValue = codebook.get(j, 0)
        obj.codebook = _array(codebook, codebook_size_)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, IntegerCodebook):
            stream.fail("not the table that stands here", "", None, obj, "IntegerCodebook")
        codebook_delta_left_list: list[int]
        codebook_delta_right_list: list[int]
        codebook_egk = _required(stream, obj.codebook_egk, "codebook_egk")
        stream.u(4, codebook_egk, "codebook_egk")
        codebook_size = _required(stream, obj.codebook_size, "codebook_size")
        stream.ue(2, codebook_size, "codebook_size")
        codebook_centre_offset = _required(
            stream, obj.codebook_centre_offset, "codebook_centre_offset"
        )
        stream.ie(2, codebook_centre_offset, "codebook_centre_offset")
        codebook: dict[int, int] = {}
        codebook_size_ = stream.make(codebook_size, "codebook")
        cbZeroOffset = obj.cbZeroOffset = (codebook_size >> 1) + codebook_centre_offset
        codebook_zero_value = _required(stream, obj.codebook_zero_value, "codebook_zero_value")
        stream.ie(7, codebook_zero_value, "codebook_zero_value")
        codebook[
            cbZeroOffset
            if 0 <= cbZeroOffset < codebook_size_
            else _entry(stream, cbZeroOffset, codebook_size_, "codebook")
        ] = codebook_zero_value
        previousValue = codebook_zero_value
        codebook_delta_left_list = _listed(stream, obj.codebook_delta_left, "codebook_delta_left")
        codebook_delta_left_list_position = 0
        for j in range(cbZeroOffset - 1, -1, -1):
            codebook_delta_left = _item(
                stream,
                codebook_delta_left_list,
                codebook_delta_left_list_position,
                "codebook_delta_left",
            )
            stream.ue(
                codebook_egk,
                codebook_delta_left,
                "codebook_delta_left",
                codebook_delta_left_list_position,
            )
            codebook_delta_left_list_position += 1
            codebook[
                j if 0 <= j < codebook_size_ else _entry(stream, j, codebook_size_, "codebook")
            ] = previousValue - codebook_delta_left - 1
            previousValue = codebook.get(j, 0)
        _finished(
            stream,
            codebook_delta_left_list,
            codebook_delta_left_list_position,
            "codebook_delta_left",
        )
        previousValue = codebook_zero_value
        codebook_delta_right_list = _listed(
            stream, obj.codebook_delta_right, "codebook_delta_right"
        )
        codebook_delta_right_list_position = 0
        for j in range(cbZeroOffset + 1, codebook_size):
            codebook_delta_right = _item(
                stream,
                codebook_delta_right_list,
                codebook_delta_right_list_position,
                "codebook_delta_right",
            )
            stream.ue(
                codebook_egk,
                codebook_delta_right,
                "codebook_delta_right",
                codebook_delta_right_list_position,
            )
            codebook_delta_right_list_position += 1
            codebook[
                j if 0 <= j < codebook_size_ else _entry(stream, j, codebook_size_, "codebook")
            ] = previousValue + codebook_delta_right + 1
            previousValue = codebook.get(j, 0)
        _finished(
            stream,
            codebook_delta_right_list,
            codebook_delta_right_list_position,
            "codebook_delta_right",
        )
        obj.codebook = _array(codebook, codebook_size_)
        return obj


integer_codebook = IntegerCodebookSyntax()


@tabular
class TopologyTensorDimensionMapping(Table):
    """Topology tensor dimension mapping syntax.

    Clause 6.3.3, draft. Table `topology_tensor_dimension_mapping` of schema/compressed_data_unit.syntax.

    Attributes:
        concatenation_axis_index: Axis along which several tensors were joined into the coded one.
        split_index: Position on that axis at which tensor i ends.
        number_of_shifts: Number of axes of tensor i that are moved after the split.
        shift_index: Axis that is moved.
        shift_value: How many places to the right it goes, to the left if negative; in the order
            given.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "concatenation_axis_index",
        "split_index",
        "number_of_shifts",
        "shift_index",
        "shift_value",
    )
    concatenation_axis_index: int
    split_index: list[int] = field(default_factory=list)
    number_of_shifts: list[int] = field(default_factory=list)
    shift_index: list[list[int]] = field(default_factory=list)
    shift_value: list[list[int]] = field(default_factory=list)


class TopologyTensorDimensionMappingSyntax(Syntax):
    """Reads and writes `topology_tensor_dimension_mapping`: Topology tensor dimension mapping syntax."""

    table: ClassVar[str] = "topology_tensor_dimension_mapping"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "Topology tensor dimension mapping syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/compressed_data_unit.syntax:332"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = TopologyTensorDimensionMapping
    elements: ClassVar[dict[str, Element]] = {
        "concatenation_axis_index": Element(
            "concatenation_axis_index",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "draft",
            333,
            "Axis along which several tensors were joined into the coded one.",
        ),
        "split_index": Element(
            "split_index",
            "ue(7)",
            "ue",
            None,
            "6.3.3",
            "draft",
            335,
            "Position on that axis at which tensor i ends.",
        ),
        "number_of_shifts": Element(
            "number_of_shifts",
            "ue(1)",
            "ue",
            None,
            "6.3.3",
            "draft",
            337,
            "Number of axes of tensor i that are moved after the split.",
        ),
        "shift_index": Element(
            "shift_index",
            "ue(7)",
            "ue",
            None,
            "6.3.3",
            "draft",
            339,
            "Axis that is moved.",
        ),
        "shift_value": Element(
            "shift_value",
            "ie(1)",
            "ie",
            None,
            "6.3.3",
            "draft",
            340,
            "How many places to the right it goes, to the left if negative; in the order given.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "concatenation_axis_index": Shape("int"),
        "split_index": Shape("int", depth=1),
        "number_of_shifts": Shape("int", depth=1),
        "shift_index": Shape("int", depth=2),
        "shift_value": Shape("int", depth=2),
    }
    programs: ClassVar[tuple[Program, ...]] = (
        Program(
            ("u", "concatenation_axis_index", 8),
            ("for", "i", ("+", "count_topology_elements_minus2", 1), (("ue", "split_index", 7),)),
            inputs=("count_topology_elements_minus2",),
        ),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(TopologyTensorDimensionMapping)
        count_topology_elements_minus2 = context.count_topology_elements_minus2
        split_index: list[int]
        number_of_shifts: list[int]
        shift_index: list[list[int]]
        shift_index_row: list[int]
        shift_value: list[list[int]]
        shift_value_row: list[int]
        if not self.machines[0].read(stream, obj, context, (count_topology_elements_minus2,)):
            obj.concatenation_axis_index = stream.u(8, "concatenation_axis_index")
            split_index = []
            obj.split_index = split_index
            for i in range(count_topology_elements_minus2 + 1):
                split_index.append(stream.ue(7, "split_index", i))
        number_of_shifts = []
        obj.number_of_shifts = number_of_shifts
        shift_index = []
        obj.shift_index = shift_index
        shift_value = []
        obj.shift_value = shift_value
        for i in range(count_topology_elements_minus2 + 2):
            number_of_shifts.append(stream.ue(1, "number_of_shifts", i))
            shift_index_row = []
            shift_index.append(shift_index_row)
            shift_value_row = []
            shift_value.append(shift_value_row)
            for j in range(number_of_shifts[i]):
                shift_index_row.append(stream.ue(7, "shift_index", (i, j)))
                shift_value_row.append(stream.ie(1, "shift_value", (i, j)))
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, TopologyTensorDimensionMapping):
            stream.fail(
                "not the table that stands here", "", None, obj, "TopologyTensorDimensionMapping"
            )
        count_topology_elements_minus2 = context.count_topology_elements_minus2
        split_index: list[int]
        number_of_shifts: list[int]
        shift_index: list[list[int]]
        shift_index_row: list[int]
        shift_value: list[list[int]]
        shift_value_row: list[int]
        if not self.machines[0].write(stream, obj, context, (count_topology_elements_minus2,)):
            stream.u(
                8,
                _required(stream, obj.concatenation_axis_index, "concatenation_axis_index"),
                "concatenation_axis_index",
            )
            split_index = _counted(
                stream, obj.split_index, max(count_topology_elements_minus2 + 1, 0), "split_index"
            )
            for i in range(count_topology_elements_minus2 + 1):
                stream.ue(7, split_index[i], "split_index", i)
        number_of_shifts = _counted(
            stream,
            obj.number_of_shifts,
            max(count_topology_elements_minus2 + 2, 0),
            "number_of_shifts",
        )
        shift_index = _counted(
            stream, obj.shift_index, max(count_topology_elements_minus2 + 2, 0), "shift_index"
        )
        shift_value = _counted(
            stream, obj.shift_value, max(count_topology_elements_minus2 + 2, 0), "shift_value"
        )
        for i in range(count_topology_elements_minus2 + 2):
            stream.ue(1, number_of_shifts[i], "number_of_shifts", i)
            shift_index_row = _counted(
                stream, shift_index[i], number_of_shifts[i], "shift_index", i
            )
            shift_value_row = _counted(
                stream, shift_value[i], number_of_shifts[i], "shift_value", i
            )
            for j in range(number_of_shifts[i]):
                stream.ue(7, shift_index_row[j], "shift_index", (i, j))
                stream.ie(1, shift_value_row[j], "shift_value", (i, j))
        return obj


topology_tensor_dimension_mapping = TopologyTensorDimensionMappingSyntax()


@tabular
class NnrCompressedDataUnitPayload(Table):
    """NNR compressed data unit payload syntax.

    Clause 6.3.4, interop. Table `nnr_compressed_data_unit_payload` of schema/compressed_data_unit.syntax.

    Attributes:
        raw_float16_parameter: Values of the tensor, the last axis fastest.
        raw_float64_parameter: Values of the tensor, the last axis fastest.
        raw_float32_parameter: Values of the tensor, the last axis fastest.
        quant_tensors: One arithmetic codeword with the tensors of the unit.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "raw_float16_parameter",
        "raw_float64_parameter",
        "raw_float32_parameter",
        "quant_tensors",
    )
    raw_float16_parameter: Array | None = None
    raw_float64_parameter: Array | None = None
    raw_float32_parameter: Array | None = None
    quant_tensors: bytes | memoryview | None = None


class NnrCompressedDataUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_compressed_data_unit_payload`: NNR compressed data unit payload syntax."""

    table: ClassVar[str] = "nnr_compressed_data_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR compressed data unit payload syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/compressed_data_unit.syntax:361"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrCompressedDataUnitPayload
    elements: ClassVar[dict[str, Element]] = {
        "raw_float16_parameter": Element(
            "raw_float16_parameter",
            "flt(16)",
            "flt",
            16,
            "6.3.4",
            "ours",
            365,
            "Values of the tensor, the last axis fastest.",
        ),
        "raw_float64_parameter": Element(
            "raw_float64_parameter",
            "flt(64)",
            "flt",
            64,
            "6.3.4",
            "ours",
            368,
            "Values of the tensor, the last axis fastest.",
        ),
        "raw_float32_parameter": Element(
            "raw_float32_parameter",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "interop",
            371,
            "Values of the tensor, the last axis fastest.",
        ),
        "quant_tensors": Element(
            "quant_tensors",
            "bs(v)",
            "bs",
            None,
            "6.3.4",
            "interop",
            373,
            "One arithmetic codeword with the tensors of the unit.",
            module="nnc.deepcabac",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "raw_float16_parameter": Shape("float", depth=1, array=True),
        "raw_float64_parameter": Shape("float", depth=1, array=True),
        "raw_float32_parameter": Shape("float", depth=1, array=True),
        "quant_tensors": Shape("bytes"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "raw_float16_parameter",
        "raw_float64_parameter",
        "raw_float32_parameter",
        "quant_tensors",
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrCompressedDataUnitPayload = self.fresh()
        nnr_compressed_data_unit_payload_type = context.nnr_compressed_data_unit_payload_type
        nnr_decompressed_data_format = context.nnr_decompressed_data_format
        tensor_dimensions = context.tensor_dimensions
        if nnr_compressed_data_unit_payload_type == NNR_PT_RAW_FLOAT:
            if nnr_decompressed_data_format == TENSOR_FLOAT16:
                obj.raw_float16_parameter = stream.flt_array(
                    16, max(_functions.prod(stream, tensor_dimensions), 0), "raw_float16_parameter"
                )
            elif nnr_decompressed_data_format == TENSOR_FLOAT64:
                obj.raw_float64_parameter = stream.flt_array(
                    64, max(_functions.prod(stream, tensor_dimensions), 0), "raw_float64_parameter"
                )
            else:
                obj.raw_float32_parameter = stream.flt_array(
                    32, max(_functions.prod(stream, tensor_dimensions), 0), "raw_float32_parameter"
                )
        else:
            obj.quant_tensors = stream.bs("quant_tensors")
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrCompressedDataUnitPayload):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrCompressedDataUnitPayload"
            )
        nnr_compressed_data_unit_payload_type = context.nnr_compressed_data_unit_payload_type
        nnr_decompressed_data_format = context.nnr_decompressed_data_format
        tensor_dimensions = context.tensor_dimensions
        if nnr_compressed_data_unit_payload_type == NNR_PT_RAW_FLOAT:
            if nnr_decompressed_data_format == TENSOR_FLOAT16:
                stream.flt_array(
                    16,
                    _counted(
                        stream,
                        obj.raw_float16_parameter,
                        max(_functions.prod(stream, tensor_dimensions), 0),
                        "raw_float16_parameter",
                    ),
                    "raw_float16_parameter",
                )
                _refuse(stream, obj, "raw_float64_parameter", "raw_float32_parameter")
            elif nnr_decompressed_data_format == TENSOR_FLOAT64:
                stream.flt_array(
                    64,
                    _counted(
                        stream,
                        obj.raw_float64_parameter,
                        max(_functions.prod(stream, tensor_dimensions), 0),
                        "raw_float64_parameter",
                    ),
                    "raw_float64_parameter",
                )
                _refuse(stream, obj, "raw_float16_parameter", "raw_float32_parameter")
            else:
                stream.flt_array(
                    32,
                    _counted(
                        stream,
                        obj.raw_float32_parameter,
                        max(_functions.prod(stream, tensor_dimensions), 0),
                        "raw_float32_parameter",
                    ),
                    "raw_float32_parameter",
                )
                _refuse(stream, obj, "raw_float16_parameter", "raw_float64_parameter")
            _refuse(stream, obj, "quant_tensors")
        else:
            stream.bs(_required(stream, obj.quant_tensors, "quant_tensors"), "quant_tensors")
            _refuse(
                stream,
                obj,
                "raw_float16_parameter",
                "raw_float64_parameter",
                "raw_float32_parameter",
            )
        return obj


nnr_compressed_data_unit_payload = NnrCompressedDataUnitPayloadSyntax()
