"""What a bitstream holds, from its headers: no level is decoded."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace

from nnc import deepcabac
from nnc.bitio import BitstreamError
from nnc.bitio.arguments import checked
from nnc.bitstream import Bitstream, Unit
from nnc.decoder.dequantization import step_size
from nnc.decoder.layout import UnitLayout, layout_of
from nnc.model.limits import Limits
from nnc.model.metadata import Metadata, read_metadata
from nnc.model.parts import joined_data_units
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import DecompressedDataFormat


@dataclass(frozen=True, slots=True)
class TensorSummary:
    """One tensor in one line.

    Attributes:
        name: its name.
        shape: its dimensions as coded.
        dtype: the dtype that it decodes to.
        values: number of values.
        bytes: size of the unit that holds it, header included, of all parts where it is cut into
            some; of a unit with several tensors, None for all but the first.
        bits_per_value: 8 * bytes / values of all tensors of the unit; None without values.
        kind: payload type without its prefix, `float`, `int`, `raw_float` or `block`.
        qp: quantization parameter; None without one, and for all but the first tensor of a
            block, whose are inside the codeword.
        dq: dependent quantization.
        codebook_size: entries of its codebook, 0 without one.
        scan_order: scan order.
        unit: syntax path of the unit, or of its first part.
        step: step size that `qp` stands for, likewise.
        tied: the tensor that it is another name of, whose `kind` it has, without bytes; None: none.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    values: int
    bytes: int | None
    bits_per_value: float | None
    kind: str
    qp: int | None
    dq: bool
    codebook_size: int
    scan_order: int
    unit: str
    step: float | None = None
    tied: str | None = None


@dataclass(frozen=True, slots=True)
class BitstreamSummary:
    """A bitstream in a few lines.

    Attributes:
        bytes: size of all units.
        profile: general_profile_idc; None without a start unit.
        units: number of units by name of the type, those in aggregates too.
        tensors: number of tensors.
        values: number of values in all tensors.
        bits_per_value: 8 * bytes / values; None without values.
        kinds: number of units by payload type.
        qp_density: of the model parameter set; None without quantization.
        qp: quantization_parameter of the model parameter set, from which tensors count theirs; None
            without quantization.
        qps: least and greatest quantization parameter of tensors; None without any.
        steps: the step sizes that these stand for.
        updates: whether parent nodes are signalled, as in a difference to a base model.
        unread: number of units whose header can't be read without values sent out of band.
        metadata: key-value pairs of the model file.
    """

    bytes: int
    profile: int | None
    units: dict[str, int]
    tensors: int
    values: int
    bits_per_value: float | None
    kinds: dict[str, int]
    qp_density: int | None
    qp: int | None
    qps: tuple[int, int] | None
    steps: tuple[float, float] | None
    updates: bool
    unread: int
    metadata: dict[str, str] = field(default_factory=dict)


@checked
def summarize(bitstream: Bitstream) -> BitstreamSummary:
    """Sum up a bitstream.

    Raises:
        BitstreamError: a header or parameter set breaks the syntax, or parts of a unit are missing.
    """
    try:
        tensors = summarize_tensors(bitstream)
    except BitstreamError:
        # A payload that is damaged at its beginning doesn't keep its header from being read.
        tensors = summarize_tensors(bitstream, read_qp=False)
    qps = [tensor.qp for tensor in tensors if tensor.qp is not None]
    steps = [tensor.step for tensor in tensors if tensor.step is not None]
    units = list(bitstream.walk())
    values = sum(tensor.values for tensor in tensors if tensor.tied is None)
    size = sum(unit.byte_size for unit in bitstream.units)
    sets = next((unit.parameter_sets for unit in reversed(units)), None)
    mps = sets.mps.payload if sets is not None and sets.mps is not None else None
    start = sets.start if sets is not None else None
    return BitstreamSummary(
        bytes=size,
        profile=None if start is None else start.readable_header().general_profile_idc,
        units=dict(Counter(unit.type_name for unit in units)),
        tensors=len(tensors),
        values=values,
        bits_per_value=8 * size / values if values else None,
        kinds=dict(Counter(tensor.kind for tensor in tensors if tensor.bytes is not None)),
        qp_density=getattr(mps, "mps_qp_density", None),
        qp=getattr(mps, "mps_quantization_parameter", None),
        qps=(min(qps), max(qps)) if qps else None,
        steps=(min(steps), max(steps)) if steps else None,
        updates=bool(getattr(mps, "mps_parent_signalling_enabled_flag", 0)),
        unread=sum(unit.header is None for unit in units),
        metadata=read_metadata(units).metadata,
    )


@checked
def summarize_tensors(bitstream: Bitstream, *, read_qp: bool = True) -> list[TensorSummary]:
    """Return a line for each tensor, in the order of the bitstream.

    Args:
        bitstream: the bitstream.
        read_qp: look up quantization parameters, which stand at the start of the payloads.

    Raises:
        BitstreamError: a header or parameter set breaks the syntax, or parts of a unit are missing.
    """
    metadata = read_metadata(bitstream.walk())
    lines = []
    for unit in joined_data_units(bitstream.walk()):
        if unit.header is not None:
            lines += unit_lines(unit, metadata, read_qp)
    named = {line.name: line for line in lines}
    tied = {
        name: replace(line, name=name, tied=tie.name, bytes=None, bits_per_value=None)
        for name, tie in metadata.ties.items()
        if (line := named.get(tie.name)) is not None and name not in named
    }
    return lines + list(tied.values())


def unit_lines(unit: Unit, metadata: Metadata, read_qp: bool) -> list[TensorSummary]:
    """Return a line for each tensor of a unit, each of joined ones too."""
    try:
        layout = layout_of(unit, Limits(), for_decoding=False)
    except BitstreamError as error:
        raise unit.locate(error) from None
    qp = first_qp(unit, layout) if read_qp else None
    step = None if qp is None else float(step_size(qp, layout.qp_density))
    size = sum(part.byte_size for part in unit.parts or [unit])
    named = [
        (tensor, name, shape)
        for tensor in layout.tensors
        for name, shape in tensor.shapes().items()
    ]
    if unit.noise is not None:
        named = [(tensor, name, metadata.shape_of(name, shape)) for tensor, name, shape in named]
    values = sum(math.prod(shape) for _, _, shape in named)
    return [
        TensorSummary(
            name=name,
            shape=shape,
            dtype=dtype_name(name, layout, metadata),
            values=math.prod(shape),
            bytes=size if number == 0 else None,
            bits_per_value=8 * size / values if values else None,
            kind=kind_of(unit, layout),
            qp=qp if tensor is layout.tensors[0] else None,
            dq=bool(layout.coding.dq_flag),
            codebook_size=0 if tensor.codebook is None else len(tensor.codebook.values),
            scan_order=layout.coding.scan_order,
            unit=unit.path,
            step=step if tensor is layout.tensors[0] else None,
        )
        for number, (tensor, name, shape) in enumerate(named)
    ]


def kind_of(unit: Unit, layout: UnitLayout) -> str:
    """Return how the tensors of a unit are coded."""
    if unit.noise is not None:
        return "planes"
    return PayloadType(layout.payload_type).name.removeprefix("NNR_PT_").lower()


def first_qp(unit: Unit, layout: UnitLayout) -> int | None:
    """Return the quantization parameter of a unit's first tensor, if it has one."""
    if layout.payload_type not in (PayloadType.NNR_PT_FLOAT, PayloadType.NNR_PT_BLOCK):
        return None
    try:
        offset = deepcabac.Decoder(unit.payload_bytes).quantization_parameter(layout.qp_density)
    except BitstreamError as error:
        raise unit.locate(error, in_payload=True) from None
    return layout.qp_base + offset


def dtype_name(name: str, layout: UnitLayout, metadata: Metadata) -> str:
    """Return the name of the dtype that a tensor decodes to."""
    note = metadata.tensors.get(name)
    if note is not None:
        return note.dtype
    try:
        data_format = DecompressedDataFormat(layout.data_format).name
    except ValueError:
        return f"format {layout.data_format}"
    return data_format.removeprefix("TENSOR_").lower()
