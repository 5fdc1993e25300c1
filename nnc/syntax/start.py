"""Start: syntax tables of clauses 6.3.3, 6.3.4.

Generated from schema/start.syntax; do not edit.
Schema hash: sha256 e89d055df9d9074e733719e4e8c129f63c2ef79860218c400600a9192f962ac7
"""

# ruff: noqa: E501, RET504

from __future__ import annotations

from typing import Any, ClassVar

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.programs import Program
from nnc.bitio.table import Syntax, Table, tabular
from nnc.syntax.description import Element, Shape
from nnc.syntax.functions import new as _new
from nnc.syntax.functions import required as _required
from nnc.syntax.scope import Scope


@tabular
class NnrStartUnitHeader(Table):
    """NNR start unit header syntax.

    Clause 6.3.3, interop. Table `nnr_start_unit_header` of schema/start.syntax.

    Attributes:
        general_profile_idc: Edition of the syntax: 0 is that of the first edition, 1 that of the
            second, whose tables test for it. Other values are reserved.
    """

    fields: ClassVar[tuple[str, ...]] = ("general_profile_idc",)
    general_profile_idc: int


class NnrStartUnitHeaderSyntax(Syntax):
    """Reads and writes `nnr_start_unit_header`: NNR start unit header syntax."""

    table: ClassVar[str] = "nnr_start_unit_header"
    clause: ClassVar[str] = "6.3.3"
    title: ClassVar[str] = "NNR start unit header syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/start.syntax:6"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrStartUnitHeader
    elements: ClassVar[dict[str, Element]] = {
        "general_profile_idc": Element(
            "general_profile_idc",
            "u(8)",
            "u",
            8,
            "6.3.3",
            "interop",
            7,
            "Edition of the syntax: 0 is that of the first edition, 1 that of the second, whose tables test for it. Other values are reserved.",
            range=(0, 1),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "general_profile_idc": Shape("int"),
    }
    program: ClassVar[Program | None] = Program(
        ("u", "general_profile_idc", 8), shared=("general_profile_idc",)
    )

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        made = self.machine.parse(stream, context)
        if made is not None:
            return made
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrStartUnitHeader)
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        obj.general_profile_idc = context.general_profile_idc = stream.u(8, "general_profile_idc")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if self.machine.build(stream, obj, context):
            return obj
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrStartUnitHeader):
            stream.fail("not the table that stands here", "", None, obj, "NnrStartUnitHeader")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        context.general_profile_idc = _required(
            stream, obj.general_profile_idc, "general_profile_idc"
        )
        stream.u(8, context.general_profile_idc, "general_profile_idc")
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


nnr_start_unit_header = NnrStartUnitHeaderSyntax()


@tabular
class NnrStartUnitPayload(Table):
    """NNR start unit payload syntax.

    Clause 6.3.4, interop. Table `nnr_start_unit_payload` of schema/start.syntax.
    """

    fields: ClassVar[tuple[str, ...]] = ()


class NnrStartUnitPayloadSyntax(Syntax):
    """Reads and writes `nnr_start_unit_payload`: NNR start unit payload syntax."""

    table: ClassVar[str] = "nnr_start_unit_payload"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "NNR start unit payload syntax"
    status: ClassVar[str] = "interop"
    schema: ClassVar[str] = "schema/start.syntax:20"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = NnrStartUnitPayload
    elements: ClassVar[dict[str, Element]] = {}
    shapes: ClassVar[dict[str, Shape]] = {}

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(NnrStartUnitPayload)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, NnrStartUnitPayload):
            stream.fail("not the table that stands here", "", None, obj, "NnrStartUnitPayload")
        return obj


nnr_start_unit_payload = NnrStartUnitPayloadSyntax()
