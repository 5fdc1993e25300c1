"""Topology: syntax tables of clauses 6.3.3, 6.3.4.

Generated from schema/topology.syntax; do not edit.
Schema hash: sha256 8e1682cd9ba0dc9a9d87ea9a75feb671968f1726c219bd6cf9646858685d5873
"""

# ruff: noqa: E501, N806, SIM113

from __future__ import annotations

from dataclasses import field
from enum import IntEnum
from typing import Any, ClassVar, Final

import numpy as np

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.programs import Program
from nnc.bitio.table import Syntax, Table, tabular
from nnc.syntax.description import Element, Shape
from nnc.syntax.functions import (
    Array,
)
from nnc.syntax.functions import (
    counted as _counted,
)
from nnc.syntax.functions import (
    irregular as _irregular,
)
from nnc.syntax.functions import (
    new as _new,
)
from nnc.syntax.functions import (
    padding as _padding,
)
from nnc.syntax.functions import (
    refuse as _refuse,
)
from nnc.syntax.functions import (
    required as _required,
)
from nnc.syntax.scope import Scope


class TopologyStorageFormat(IntEnum):
    """Values of clause 6.3.3 (interop).

    Attributes:
        NNR_TPL_UNREC: unrecognised or none.
        NNR_TPL_NNEF: NNEF graph.
        NNR_TPL_ONNX: ONNX model without the data of its tensors.
        NNR_TPL_PYT: PyTorch.
        NNR_TPL_TEF: TensorFlow.
        NNR_TPL_PRUN: pruning topology container.
        NNR_TPL_REFLIST: list of element ids that indexed references point into.

    Other values: 7 to 255: reserved.
    """

    NNR_TPL_UNREC = 0
    NNR_TPL_NNEF = 1
    NNR_TPL_ONNX = 2
    NNR_TPL_PYT = 3
    NNR_TPL_TEF = 4
    NNR_TPL_PRUN = 5
    NNR_TPL_REFLIST = 6


NNR_TPL_UNREC: Final = 0
NNR_TPL_NNEF: Final = 1
NNR_TPL_ONNX: Final = 2
NNR_TPL_PYT: Final = 3
NNR_TPL_TEF: Final = 4
NNR_TPL_PRUN: Final = 5
NNR_TPL_REFLIST: Final = 6


class TopologyCompressionFormat(IntEnum):
    """Values of clause 6.3.3 (interop).

    Attributes:
        NNR_PT_RAW: stored.
        NNR_DFL: deflate in a zlib wrapper (RFC 1950).

    Other values: 2 to 255: reserved.
    """

    NNR_PT_RAW = 0
    NNR_DFL = 1


NNR_PT_RAW: Final = 0
NNR_DFL: Final = 1


class PruningRepresentationType(IntEnum):
    """Values of clause 6.3.4 (draft).

    Attributes:
        NNR_TPL_BMSK: bit mask.
        NNR_TPL_DICT: dictionary.

    Other values: 2 to 3: reserved.
    """

    NNR_TPL_BMSK = 0
    NNR_TPL_DICT = 1


NNR_TPL_BMSK: Final = 0
NNR_TPL_DICT: Final = 1


@tabular
class NnrTopologyUnitHeader(Table):
    """NNR topology unit header syntax.

    Clause 6.3.3, interop. Table `nnr_topology_unit_header` of schema/topology.syntax.

    Attributes:
        topology_storage_format: What the payload holds.
        topology_compression_format: How [topology_data] is compressed.
    """

    fields: ClassVar[tuple[str, ...]] = ("topology_storage_format", "topology_compression_format")
    topology_storage_format: int
    topology_compression_format: int


class NnrTopologyUnitHeaderSyntax(Syntax):
    """Reads and writes `nnr_topology_unit_header`: NNR topology unit header syntax."""

    table: ClassVar[str] = "nnr_topology_unit_header"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "NNR topology unit header syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/topology.syntax:23"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrTopologyUnitHeader
    elements: ClassVar[dict[str, Element]] = {
        "topology_storage_format": Element(
            "topology_storage_format",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "interop",
            24,
            "What the payload holds.",
            enum="TopologyStorageFormat",
            range=(0, 6),
            unnamed=((7, 255, "reserved"),),
        ),
        "topology_compression_format": Element(
            "topology_compression_format",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "interop",
            25,
            "How [topology_data] is compressed.",
            enum="TopologyCompressionFormat",
            range=(0, 1),
            unnamed=((2, 255, "reserved"),),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "topology_storage_format": Shape("int"),
        "topology_compression_format": Shape("int"),
    }
    program: ClassVar[Program | None] = Program(
        ("u", "topology_storage_format", 8),
        ("u", "topology_compression_format", 8),
        shared=("topology_storage_format",),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        made = self.machine.parse(stream, context)
        if made is not None:
            return made
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrTopologyUnitHeader)
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        obj.topology_storage_format = context.topology_storage_format = stream.u(
            8, "topology_storage_format"
        )
        obj.topology_compression_format = stream.u(8, "topology_compression_format")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if self.machine.build(stream, obj, context):
            return obj
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrTopologyUnitHeader):
            stream.fail("not the table that stands here", "", None, obj, "NnrTopologyUnitHeader")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        context.topology_storage_format = _required(
            stream, obj.topology_storage_format, "topology_storage_format"
        )
        stream.u(8, context.topology_storage_format, "topology_storage_format")
        stream.u(
            8,
            _required(stream, obj.topology_compression_format, "topology_compression_format"),
            "topology_compression_format",
        )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_topology_unit_header = NnrTopologyUnitHeaderSyntax()


@tabular
class NnrTopologyUnitPayload(Table):
    """NNR topology unit payload syntax.

    Clause 6.3.4, interop. Table `nnr_topology_unit_payload` of schema/topology.syntax.

    Attributes:
        nnr_pruning_topology_container: table `nnr_pruning_topology_container`.
        topology_elements_ids_list: table `topology_elements_ids_list`.
        topology_data: The topology in the format that [topology_storage_format] names. NNCodec
            writes an empty string: one byte 0x00.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "nnr_pruning_topology_container",
        "topology_elements_ids_list",
        "topology_data",
    )
    nnr_pruning_topology_container: NnrPruningTopologyContainer | None = None
    topology_elements_ids_list: TopologyElementsIdsList | None = None
    topology_data: bytes | memoryview | None = None


class NnrTopologyUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_topology_unit_payload`: NNR topology unit payload syntax."""

    table: ClassVar[str] = "nnr_topology_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR topology unit payload syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/topology.syntax:40"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrTopologyUnitPayload
    elements: ClassVar[dict[str, Element]] = {
        "topology_data": Element(
            "topology_data",
            "bs(v)",
            "bs",
            None,
            "6.3.4",
            "interop",
            46,
            "The topology in the format that [topology_storage_format] names. NNCodec writes an empty string: one byte 0x00.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_pruning_topology_container": Shape("table", called="nnr_pruning_topology_container"),
        "topology_elements_ids_list": Shape("table", called="topology_elements_ids_list"),
        "topology_data": Shape("bytes"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "nnr_pruning_topology_container",
        "topology_elements_ids_list",
        "topology_data",
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrTopologyUnitPayload = self.fresh()
        topology_storage_format = context.topology_storage_format
        if topology_storage_format == NNR_TPL_PRUN:
            stream.enter("nnr_pruning_topology_container", "nnr_pruning_topology_container")
            obj.nnr_pruning_topology_container = nnr_pruning_topology_container._parse(
                stream, context, path
            )
            stream.leave()
        elif topology_storage_format == NNR_TPL_REFLIST:
            context.topologyIndexedFlag = 0
            stream.enter("topology_elements_ids_list", "topology_elements_ids_list")
            obj.topology_elements_ids_list = topology_elements_ids_list._parse(
                stream, context, path
            )
            stream.leave()
        else:
            obj.topology_data = stream.bs("topology_data")
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrTopologyUnitPayload):
            stream.fail("not the table that stands here", "", None, obj, "NnrTopologyUnitPayload")
        topology_storage_format = context.topology_storage_format
        if topology_storage_format == NNR_TPL_PRUN:
            nnr_pruning_topology_container__table = _required(
                stream, obj.nnr_pruning_topology_container, "nnr_pruning_topology_container"
            )
            stream.enter("nnr_pruning_topology_container", "nnr_pruning_topology_container")
            nnr_pruning_topology_container._build(
                nnr_pruning_topology_container__table, stream, context, path
            )
            stream.leave()
            _refuse(stream, obj, "topology_elements_ids_list", "topology_data")
        elif topology_storage_format == NNR_TPL_REFLIST:
            context.topologyIndexedFlag = 0
            topology_elements_ids_list__table = _required(
                stream, obj.topology_elements_ids_list, "topology_elements_ids_list"
            )
            stream.enter("topology_elements_ids_list", "topology_elements_ids_list")
            topology_elements_ids_list._build(
                topology_elements_ids_list__table, stream, context, path
            )
            stream.leave()
            _refuse(stream, obj, "nnr_pruning_topology_container", "topology_data")
        else:
            stream.bs(_required(stream, obj.topology_data, "topology_data"), "topology_data")
            _refuse(stream, obj, "nnr_pruning_topology_container", "topology_elements_ids_list")
        return obj


nnr_topology_unit_payload = NnrTopologyUnitPayloadSyntax()


@tabular
class NnrPruningTopologyContainer(Table):
    """NNR pruning topology container syntax.

    Clause 6.3.4, draft. Table `nnr_pruning_topology_container` of schema/topology.syntax.

    Attributes:
        nnr_rep_type: How the pruned structure is told. NNR_TPL_BMSK: a mask with a bit for each
            neuron or filter, in the order of the topology's elements, 1 for those kept.
            NNR_TPL_DICT: for each element its dimensions after pruning.
        prune_flag: 1: what was pruned follows, as [nnr_rep_type] says.
        order_flag: Order of the bits of a mask: 1 is row-major, 0 is column-major.
        sparse_flag: 1: a mask with a bit for each weight follows; 0 in it means that the weight is
            zero and was left out.
        nnr_reserved_zero_3bits: Reserved, 0.
        bit_mask: table `bit_mask`.
        count_ids: Number of elements in the dictionary.
        element_id_index: Index of the element in the list of the topology unit of format
            NNR_TPL_REFLIST.
        element_id: Name of the element.
        count_dims: Number of the element's dimensions.
        dim: Dimensions of the element after pruning.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
        sparse_bit_mask: table `bit_mask`.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "nnr_rep_type",
        "prune_flag",
        "order_flag",
        "sparse_flag",
        "nnr_reserved_zero_3bits",
        "bit_mask",
        "count_ids",
        "element_id_index",
        "element_id",
        "count_dims",
        "dim",
        "byte_alignment",
        "sparse_bit_mask",
    )
    nnr_rep_type: int
    prune_flag: int
    order_flag: int
    sparse_flag: int
    nnr_reserved_zero_3bits: int = 0
    bit_mask: BitMask | None = None
    count_ids: int | None = None
    element_id_index: list[int] | None = None
    element_id: list[str] | None = None
    count_dims: list[int] | None = None
    dim: list[list[int]] | None = None
    byte_alignment: list[int | None] | None = None
    sparse_bit_mask: BitMask | None = None


class NnrPruningTopologyContainerSyntax(Syntax):
    """Reads and writes `nnr_pruning_topology_container`: NNR pruning topology container syntax."""

    table: ClassVar[str] = "nnr_pruning_topology_container"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR pruning topology container syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/topology.syntax:64"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrPruningTopologyContainer
    elements: ClassVar[dict[str, Element]] = {
        "nnr_rep_type": Element(
            "nnr_rep_type",
            "u(2)",
            "u",
            2,
            "6.3.4",
            "draft",
            65,
            "How the pruned structure is told. NNR_TPL_BMSK: a mask with a bit for each neuron or filter, in the order of the topology's elements, 1 for those kept. NNR_TPL_DICT: for each element its dimensions after pruning.",
            enum="PruningRepresentationType",
            range=(0, 1),
            unnamed=((2, 3, "reserved"),),
        ),
        "prune_flag": Element(
            "prune_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "draft",
            66,
            "1: what was pruned follows, as [nnr_rep_type] says.",
        ),
        "order_flag": Element(
            "order_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "draft",
            67,
            "Order of the bits of a mask: 1 is row-major, 0 is column-major.",
        ),
        "sparse_flag": Element(
            "sparse_flag",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "draft",
            68,
            "1: a mask with a bit for each weight follows; 0 in it means that the weight is zero and was left out.",
        ),
        "nnr_reserved_zero_3bits": Element(
            "nnr_reserved_zero_3bits",
            "u(3)",
            "u",
            3,
            "6.3.4",
            "draft",
            69,
            "Reserved, 0.",
            range=(0, 0),
        ),
        "count_ids": Element(
            "count_ids",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "draft",
            74,
            "Number of elements in the dictionary.",
        ),
        "element_id_index": Element(
            "element_id_index",
            "ue(7)",
            "ue",
            None,
            "6.3.4",
            "draft",
            77,
            "Index of the element in the list of the topology unit of format NNR_TPL_REFLIST.",
            counts=(("count_ids", 0),),
        ),
        "element_id": Element(
            "element_id",
            "st(v)",
            "st",
            None,
            "6.3.4",
            "draft",
            79,
            "Name of the element.",
            counts=(("count_ids", 0),),
        ),
        "count_dims": Element(
            "count_dims",
            "ue(1)",
            "ue",
            None,
            "6.3.4",
            "draft",
            80,
            "Number of the element's dimensions.",
            counts=(("count_ids", 0),),
        ),
        "dim": Element(
            "dim",
            "ue(7)",
            "ue",
            None,
            "6.3.4",
            "draft",
            82,
            "Dimensions of the element after pruning.",
            counts=(("count_ids", 0), ("count_dims", 0)),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "nnr_rep_type": Shape("int"),
        "prune_flag": Shape("int"),
        "order_flag": Shape("int"),
        "sparse_flag": Shape("int"),
        "nnr_reserved_zero_3bits": Shape("int"),
        "bit_mask": Shape("table", called="bit_mask"),
        "count_ids": Shape("int"),
        "element_id_index": Shape("int", depth=1),
        "element_id": Shape("str", depth=1),
        "count_dims": Shape("int", depth=1),
        "dim": Shape("int", depth=2),
        "byte_alignment": Shape("int", depth=1),
        "sparse_bit_mask": Shape("table", called="bit_mask"),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "bit_mask",
        "count_ids",
        "element_id_index",
        "element_id",
        "count_dims",
        "dim",
        "byte_alignment",
        "sparse_bit_mask",
    )
    programs: ClassVar[tuple[Program, ...]] = (
        Program(
            ("u", "nnr_rep_type", 2),
            ("u", "prune_flag", 1),
            ("u", "order_flag", 1),
            ("u", "sparse_flag", 1),
            ("u", "nnr_reserved_zero_3bits", 3),
        ),
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: NnrPruningTopologyContainer = self.fresh()
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        mps_topology_indexed_reference_flag = context.mps_topology_indexed_reference_flag
        element_id_index: list[int]
        element_id: list[str]
        count_dims: list[int]
        dim: list[list[int]]
        dim_row: list[int]
        byte_alignment: list[int | None]
        if self.machines[0].read(stream, obj, context):
            nnr_rep_type = obj.nnr_rep_type
            prune_flag = obj.prune_flag
            sparse_flag = obj.sparse_flag
        else:
            obj.nnr_rep_type = nnr_rep_type = stream.u(2, "nnr_rep_type")
            obj.prune_flag = prune_flag = stream.u(1, "prune_flag")
            obj.order_flag = stream.u(1, "order_flag")
            obj.sparse_flag = sparse_flag = stream.u(1, "sparse_flag")
            obj.nnr_reserved_zero_3bits = stream.u(3, "nnr_reserved_zero_3bits")
        if prune_flag:
            if nnr_rep_type == NNR_TPL_BMSK:
                stream.enter("bit_mask", "bit_mask")
                obj.bit_mask = bit_mask._parse(stream, context, path)
                stream.leave()
            elif nnr_rep_type == NNR_TPL_DICT:
                obj.count_ids = count_ids = stream.u(8, "count_ids")
                element_id_index = []
                if mps_topology_indexed_reference_flag:
                    obj.element_id_index = element_id_index
                element_id = []
                if not mps_topology_indexed_reference_flag:
                    obj.element_id = element_id
                count_dims = []
                obj.count_dims = count_dims
                dim = []
                obj.dim = dim
                byte_alignment = []
                for j in range(count_ids):
                    if mps_topology_indexed_reference_flag:
                        element_id_index.append(stream.ue(7, "element_id_index", j))
                    else:
                        element_id.append(stream.st("element_id", j))
                    count_dims.append(stream.ue(1, "count_dims", j))
                    dim_row = []
                    dim.append(dim_row)
                    for k in range(count_dims[j]):
                        dim_row.append(stream.ue(7, "dim", (j, k)))
                    byte_alignment.append(stream.byte_alignment(len(byte_alignment)))
                obj.byte_alignment = _irregular(byte_alignment)
        if sparse_flag:
            stream.enter("sparse_bit_mask", "bit_mask")
            obj.sparse_bit_mask = bit_mask._parse(stream, context, path)
            stream.leave()
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrPruningTopologyContainer):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrPruningTopologyContainer"
            )
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        mps_topology_indexed_reference_flag = context.mps_topology_indexed_reference_flag
        element_id_index: list[int]
        element_id: list[str]
        count_dims: list[int]
        dim: list[list[int]]
        dim_row: list[int]
        byte_alignment: list[int | None]
        if self.machines[0].write(stream, obj, context):
            nnr_rep_type = obj.nnr_rep_type
            prune_flag = obj.prune_flag
            sparse_flag = obj.sparse_flag
        else:
            nnr_rep_type = _required(stream, obj.nnr_rep_type, "nnr_rep_type")
            stream.u(2, nnr_rep_type, "nnr_rep_type")
            prune_flag = _required(stream, obj.prune_flag, "prune_flag")
            stream.u(1, prune_flag, "prune_flag")
            stream.u(1, _required(stream, obj.order_flag, "order_flag"), "order_flag")
            sparse_flag = _required(stream, obj.sparse_flag, "sparse_flag")
            stream.u(1, sparse_flag, "sparse_flag")
            stream.u(
                3,
                _required(stream, obj.nnr_reserved_zero_3bits, "nnr_reserved_zero_3bits"),
                "nnr_reserved_zero_3bits",
            )
        if prune_flag:
            if nnr_rep_type == NNR_TPL_BMSK:
                bit_mask__table = _required(stream, obj.bit_mask, "bit_mask")
                stream.enter("bit_mask", "bit_mask")
                bit_mask._build(bit_mask__table, stream, context, path)
                stream.leave()
                _refuse(
                    stream, obj, "count_ids", "element_id_index", "element_id", "count_dims", "dim"
                )
            elif nnr_rep_type == NNR_TPL_DICT:
                count_ids = _required(stream, obj.count_ids, "count_ids")
                stream.u(8, count_ids, "count_ids")
                if mps_topology_indexed_reference_flag:
                    element_id_index = _counted(
                        stream, obj.element_id_index, count_ids, "element_id_index"
                    )
                else:
                    _refuse(stream, obj, "element_id_index")
                if not mps_topology_indexed_reference_flag:
                    element_id = _counted(stream, obj.element_id, count_ids, "element_id")
                else:
                    _refuse(stream, obj, "element_id")
                count_dims = _counted(stream, obj.count_dims, count_ids, "count_dims")
                dim = _counted(stream, obj.dim, count_ids, "dim")
                byte_alignment = obj.byte_alignment or []
                byte_alignment_position = 0
                for j in range(count_ids):
                    if mps_topology_indexed_reference_flag:
                        stream.ue(7, element_id_index[j], "element_id_index", j)
                    else:
                        stream.st(element_id[j], "element_id", j)
                    stream.ue(1, count_dims[j], "count_dims", j)
                    dim_row = _counted(stream, dim[j], count_dims[j], "dim", j)
                    for k in range(count_dims[j]):
                        stream.ue(7, dim_row[k], "dim", (j, k))
                    stream.byte_alignment(_padding(byte_alignment, byte_alignment_position))
                    byte_alignment_position += 1
                _refuse(stream, obj, "bit_mask")
            else:
                _refuse(
                    stream,
                    obj,
                    "bit_mask",
                    "count_ids",
                    "element_id_index",
                    "element_id",
                    "count_dims",
                    "dim",
                )
        else:
            _refuse(
                stream,
                obj,
                "bit_mask",
                "count_ids",
                "element_id_index",
                "element_id",
                "count_dims",
                "dim",
            )
        if sparse_flag:
            sparse_bit_mask_table = _required(stream, obj.sparse_bit_mask, "sparse_bit_mask")
            stream.enter("sparse_bit_mask", "bit_mask")
            bit_mask._build(sparse_bit_mask_table, stream, context, path)
            stream.leave()
        else:
            _refuse(stream, obj, "sparse_bit_mask")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_pruning_topology_container = NnrPruningTopologyContainerSyntax()


@tabular
class BitMask(Table):
    """Bit mask syntax.

    Clause 6.3.4, draft. Table `bit_mask` of schema/topology.syntax.

    Attributes:
        count_bits: Number of bits of the mask.
        bit_mask_value: The bits of the mask: 1 is kept, 0 was left out.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
    """

    fields: ClassVar[tuple[str, ...]] = ("count_bits", "bit_mask_value", "byte_alignment")
    count_bits: int
    bit_mask_value: Array = field(default_factory=lambda: np.zeros(0))
    byte_alignment: int | None = None


class BitMaskSyntax(Syntax):
    """Reads and writes `bit_mask`: Bit mask syntax."""

    table: ClassVar[str] = "bit_mask"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "Bit mask syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/topology.syntax:122"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = BitMask
    elements: ClassVar[dict[str, Element]] = {
        "count_bits": Element(
            "count_bits",
            "u(32)",
            "u",
            32,
            "6.3.4",
            "draft",
            123,
            "Number of bits of the mask.",
        ),
        "bit_mask_value": Element(
            "bit_mask_value",
            "u(1)",
            "u",
            1,
            "6.3.4",
            "draft",
            125,
            "The bits of the mask: 1 is kept, 0 was left out.",
            counts=(("count_bits", 0),),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "count_bits": Shape("int"),
        "bit_mask_value": Shape("int", depth=1, array=True),
        "byte_alignment": Shape("int"),
    }
    blank: ClassVar[tuple[str, ...]] = ("byte_alignment",)

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: BitMask = self.fresh()
        obj.count_bits = count_bits = stream.u(32, "count_bits")
        obj.bit_mask_value = stream.u_array(1, count_bits, "bit_mask_value")
        obj.byte_alignment = stream.byte_alignment()
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, BitMask):
            stream.fail("not the table that stands here", "", None, obj, "BitMask")
        count_bits = _required(stream, obj.count_bits, "count_bits")
        stream.u(32, count_bits, "count_bits")
        stream.u_array(
            1, _counted(stream, obj.bit_mask_value, count_bits, "bit_mask_value"), "bit_mask_value"
        )
        stream.byte_alignment(obj.byte_alignment)
        return obj


bit_mask = BitMaskSyntax()


@tabular
class TopologyElementsIdsList(Table):
    """Topology elements ids list syntax.

    Clause 6.3.4, interop. Table `topology_elements_ids_list` of schema/topology.syntax.

    Attributes:
        count_topology_elements_minus2: Number of elements in the list, minus 2.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
        topology_elem_id_list: Names of the elements. In a block: the weight (or G, then H), then,
            each if present, local scaling, batch norm beta, gamma, mean, variance, bias.
        topology_elem_id_index_list: The same as indices into the list of the topology unit of
            format NNR_TPL_REFLIST.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "count_topology_elements_minus2",
        "byte_alignment",
        "topology_elem_id_list",
        "topology_elem_id_index_list",
    )
    count_topology_elements_minus2: int
    byte_alignment: int | None = None
    topology_elem_id_list: list[str] | None = None
    topology_elem_id_index_list: list[int] | None = None


class TopologyElementsIdsListSyntax(Syntax):
    """Reads and writes `topology_elements_ids_list`: Topology elements ids list syntax."""

    table: ClassVar[str] = "topology_elements_ids_list"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "Topology elements ids list syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/topology.syntax:139"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = TopologyElementsIdsList
    elements: ClassVar[dict[str, Element]] = {
        "count_topology_elements_minus2": Element(
            "count_topology_elements_minus2",
            "ue(7)",
            "ue",
            None,
            "6.3.4",
            "interop",
            140,
            "Number of elements in the list, minus 2.",
        ),
        "topology_elem_id_list": Element(
            "topology_elem_id_list",
            "st(v)",
            "st",
            None,
            "6.3.4",
            "interop",
            145,
            "Names of the elements. In a block: the weight (or G, then H), then, each if present, local scaling, batch norm beta, gamma, mean, variance, bias.",
            counts=(("count_topology_elements_minus2", -2),),
        ),
        "topology_elem_id_index_list": Element(
            "topology_elem_id_index_list",
            "ue(7)",
            "ue",
            None,
            "6.3.4",
            "interop",
            147,
            "The same as indices into the list of the topology unit of format NNR_TPL_REFLIST.",
            counts=(("count_topology_elements_minus2", -2),),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "count_topology_elements_minus2": Shape("int"),
        "byte_alignment": Shape("int"),
        "topology_elem_id_list": Shape("str", depth=1),
        "topology_elem_id_index_list": Shape("int", depth=1),
    }
    blank: ClassVar[tuple[str, ...]] = (
        "byte_alignment",
        "topology_elem_id_list",
        "topology_elem_id_index_list",
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: TopologyElementsIdsList = self.fresh()
        topologyIndexedFlag = context.topologyIndexedFlag
        topology_elem_id_list: list[str]
        topology_elem_id_index_list: list[int]
        count_topology_elements_minus2 = stream.ue(7, "count_topology_elements_minus2")
        obj.count_topology_elements_minus2 = count_topology_elements_minus2
        context.count_topology_elements_minus2 = count_topology_elements_minus2
        if topologyIndexedFlag == 0:
            obj.byte_alignment = stream.byte_alignment()
        topology_elem_id_list = []
        if topologyIndexedFlag == 0:
            obj.topology_elem_id_list = topology_elem_id_list
        topology_elem_id_index_list = []
        if topologyIndexedFlag != 0:
            obj.topology_elem_id_index_list = topology_elem_id_index_list
        for j in range(count_topology_elements_minus2 + 2):
            if topologyIndexedFlag == 0:
                topology_elem_id_list.append(stream.st("topology_elem_id_list", j))
            else:
                topology_elem_id_index_list.append(stream.ue(7, "topology_elem_id_index_list", j))
        if topologyIndexedFlag == 1:
            obj.byte_alignment = stream.byte_alignment()
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, TopologyElementsIdsList):
            stream.fail("not the table that stands here", "", None, obj, "TopologyElementsIdsList")
        topologyIndexedFlag = context.topologyIndexedFlag
        byte_alignment_written = False
        topology_elem_id_list: list[str]
        topology_elem_id_index_list: list[int]
        count_topology_elements_minus2 = _required(
            stream, obj.count_topology_elements_minus2, "count_topology_elements_minus2"
        )
        context.count_topology_elements_minus2 = count_topology_elements_minus2
        stream.ue(7, count_topology_elements_minus2, "count_topology_elements_minus2")
        if topologyIndexedFlag == 0:
            stream.byte_alignment(obj.byte_alignment)
            byte_alignment_written = True
        if topologyIndexedFlag == 0:
            topology_elem_id_list = _counted(
                stream,
                obj.topology_elem_id_list,
                max(count_topology_elements_minus2 + 2, 0),
                "topology_elem_id_list",
            )
        else:
            _refuse(stream, obj, "topology_elem_id_list")
        if topologyIndexedFlag != 0:
            topology_elem_id_index_list = _counted(
                stream,
                obj.topology_elem_id_index_list,
                max(count_topology_elements_minus2 + 2, 0),
                "topology_elem_id_index_list",
            )
        else:
            _refuse(stream, obj, "topology_elem_id_index_list")
        for j in range(count_topology_elements_minus2 + 2):
            if topologyIndexedFlag == 0:
                stream.st(topology_elem_id_list[j], "topology_elem_id_list", j)
            else:
                stream.ue(7, topology_elem_id_index_list[j], "topology_elem_id_index_list", j)
        if topologyIndexedFlag == 1:
            stream.byte_alignment(obj.byte_alignment)
            byte_alignment_written = True
        if not byte_alignment_written:
            _refuse(stream, obj, "byte_alignment")
        return obj


topology_elements_ids_list = TopologyElementsIdsListSyntax()
