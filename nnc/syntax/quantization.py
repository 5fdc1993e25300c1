"""Quantization: syntax tables of clauses 6.3.3, 6.3.4.

Generated from schema/quantization.syntax; do not edit.
Schema hash: sha256 cfb6fb6ce513d44785bd329bc62ae14d3def1d75c896573e2a76114688221ecf
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar, Final

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.programs import Program
from nnc.bitio.table import Syntax, Table, tabular
from nnc.syntax.description import Element, Shape
from nnc.syntax.functions import new as _new
from nnc.syntax.functions import required as _required
from nnc.syntax.scope import Scope


class QuantizationStorageFormat(IntEnum):
    """Values of clause 6.3.3 (draft).

    Attributes:
        NNR_QNT_UNREC: unrecognised or none.
        NNR_QNT_NNEF: text of an NNEF graph.quant.
        NNR_QNT_ONNX: ONNX.
        NNR_QNT_PYT: PyTorch.
        NNR_QNT_TEF: TensorFlow.

    Other values: 5 to 255: reserved.
    """

    NNR_QNT_UNREC = 0
    NNR_QNT_NNEF = 1
    NNR_QNT_ONNX = 2
    NNR_QNT_PYT = 3
    NNR_QNT_TEF = 4


NNR_QNT_UNREC: Final = 0
NNR_QNT_NNEF: Final = 1
NNR_QNT_ONNX: Final = 2
NNR_QNT_PYT: Final = 3
NNR_QNT_TEF: Final = 4


@tabular
class NnrQuantizationUnitHeader(Table):
    """NNR quantization unit header syntax.

    Clause 6.3.3, draft. Table `nnr_quantization_unit_header` of schema/quantization.syntax.

    Attributes:
        quantization_storage_format: Format of [quantization_data].
        quantization_compression_format: How [quantization_data] is compressed, as for topologies.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "quantization_storage_format",
        "quantization_compression_format",
    )
    quantization_storage_format: int
    quantization_compression_format: int


class NnrQuantizationUnitHeaderSyntax(Syntax):
    """Reads and writes `nnr_quantization_unit_header`: NNR quantization unit header syntax."""

    table: ClassVar[str] = "nnr_quantization_unit_header"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "NNR quantization unit header syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/quantization.syntax:15"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrQuantizationUnitHeader
    elements: ClassVar[dict[str, Element]] = {
        "quantization_storage_format": Element(
            "quantization_storage_format",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "draft",
            16,
            "Format of [quantization_data].",
            enum="QuantizationStorageFormat",
            range=(0, 4),
            unnamed=((5, 255, "reserved"),),
        ),
        "quantization_compression_format": Element(
            "quantization_compression_format",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "draft",
            17,
            "How [quantization_data] is compressed, as for topologies.",
            enum="TopologyCompressionFormat",
            range=(0, 1),
            unnamed=((2, 255, "reserved"),),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "quantization_storage_format": Shape("int"),
        "quantization_compression_format": Shape("int"),
    }
    program: ClassVar[Program | None] = Program(
        ("u", "quantization_storage_format", 8), ("u", "quantization_compression_format", 8)
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        made = self.machine.parse(stream, context)
        if made is not None:
            return made
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrQuantizationUnitHeader)
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        obj.quantization_storage_format = stream.u(8, "quantization_storage_format")
        obj.quantization_compression_format = stream.u(8, "quantization_compression_format")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if self.machine.build(stream, obj, context):
            return obj
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrQuantizationUnitHeader):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrQuantizationUnitHeader"
            )
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        stream.u(
            8,
            _required(stream, obj.quantization_storage_format, "quantization_storage_format"),
            "quantization_storage_format",
        )
        stream.u(
            8,
            _required(
                stream, obj.quantization_compression_format, "quantization_compression_format"
            ),
            "quantization_compression_format",
        )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_quantization_unit_header = NnrQuantizationUnitHeaderSyntax()


@tabular
class NnrQuantizationUnitPayload(Table):
    """NNR quantization unit payload syntax.

    Clause 6.3.4, draft. Table `nnr_quantization_unit_payload` of schema/quantization.syntax.

    Attributes:
        quantization_data: Quantization information in the format that [quantization_storage_format]
            names.
    """

    fields: ClassVar[tuple[str, ...]] = ("quantization_data",)
    quantization_data: bytes | memoryview


class NnrQuantizationUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_quantization_unit_payload`: NNR quantization unit payload syntax."""

    table: ClassVar[str] = "nnr_quantization_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR quantization unit payload syntax"
    status: ClassVar[str] = "draft"
    schema: ClassVar[str] = "schema/quantization.syntax:32"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrQuantizationUnitPayload
    elements: ClassVar[dict[str, Element]] = {
        "quantization_data": Element(
            "quantization_data",
            "bs(v)",
            "bs",
            None,
            "6.3.4",
            "draft",
            33,
            "Quantization information in the format that [quantization_storage_format] names.",
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "quantization_data": Shape("bytes"),
    }

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrQuantizationUnitPayload)
        obj.quantization_data = stream.bs("quantization_data")
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrQuantizationUnitPayload):
            stream.fail(
                "not the table that stands here", "", None, obj, "NnrQuantizationUnitPayload"
            )
        stream.bs(
            _required(stream, obj.quantization_data, "quantization_data"), "quantization_data"
        )
        return obj


nnr_quantization_unit_payload = NnrQuantizationUnitPayloadSyntax()
