"""The bins of entropy-coded payloads, and the levels behind them, unit by unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nnc.bitio import BitstreamError
from nnc.bitio.arguments import checked
from nnc.bitstream import Unit
from nnc.decoder.following import known_of, layout_after
from nnc.decoder.known import Known, matrix_of, missing_parent
from nnc.decoder.layout import UnitLayout, coding_of
from nnc.deepcabac.contexts import BYPASS, TERMINATE
from nnc.engine.tracing import byte_bit
from nnc.model.limits import Limits
from nnc.syntax import CompressedDataUnitPayloadType as PayloadType
from nnc.syntax import CompressedParameterTypes, NnrUnitType

if TYPE_CHECKING:
    from nnc.decoder.session import Decoder
    from nnc.deepcabac.observed import Bin

#: Names of the tensors of a block in the schema, each with the flag that says it is there.
BLOCK_PARTS = (
    (CompressedParameterTypes.NNR_CPT_LS, ("local_scaling",)),
    (CompressedParameterTypes.NNR_CPT_BI, ("bias",)),
    (CompressedParameterTypes.NNR_CPT_BN, ("beta", "gamma", "mean", "variance")),
)


#: Why the payload of a part isn't decoded by itself.
PART = "a part of a unit, which can be decoded only joined with the others (nnc join)"


def is_coded(unit: Unit) -> bool:
    """Tell whether the payload of a unit is an entropy-coded codeword with a known header."""
    return holds_levels(unit) and not unit.is_part


def is_coded_part(unit: Unit) -> bool:
    """Tell whether the payload of a unit is a part of such a codeword."""
    return holds_levels(unit) and unit.is_part


def holds_levels(unit: Unit) -> bool:
    """Tell whether the header of a unit is known, and says that levels are coded."""
    if unit.nnr_unit_type != NnrUnitType.NNR_NDU or unit.header is None:
        return False
    raw = unit.header.nnr_compressed_data_unit_payload_type == PayloadType.NNR_PT_RAW_FLOAT
    return not raw


@checked
def decode_bins(
    unit: Unit,
    observe: Callable[[dict[str, Any]], None],
    nncodec1: bool,
    known: Mapping[str, Known] | Decoder | None = None,
) -> None:
    """Decode the payload of a unit bin by bin.

    Args:
        unit: a compressed data unit with an entropy-coded payload, out of a parsed bitstream.
        observe: called with each bin: `position` (`byte.bit` of the first bit of the data not
            consumed before it), `path`, `kind` (`context`, `bypass` or `terminate`), `context`
            and `context_number`, its counters `s0` and `s1`, `range`, `offset`, all before the
            bin, and `bin`.
        nncodec1: decode the dialect of NNCodec 1.
        known: what is known of its tensors from bitstreams before: by name, or a decoder that has
            taken these.

    Raises:
        InvalidError: the payload breaks the syntax.
        IncompleteError: it ends too early.
        MissingValueError: it depends on levels of another bitstream, which aren't known.
        UnsupportedError: its coding isn't decoded.
    """
    # Headers are looked into without it.
    from nnc.deepcabac.observed import ObservedDecoder

    first = 8 * (unit.payload_start or 0)
    prefix = ""

    def take(bin_: Bin) -> None:
        observe(bin_row(bin_, first, prefix))

    try:
        layout = layout_after(known, unit, Limits())
    except BitstreamError as error:
        raise unit.locate(error) from None
    references = known_of(known, unit, layout) or {}
    try:
        decoder = ObservedDecoder(unit.payload_bytes, take)
        for part, tensor in zip(part_names(unit, layout), layout.tensors, strict=True):
            prefix = f"{unit.path}.payload.{part}."
            if layout.payload_type != PayloadType.NNR_PT_INT:
                decoder.quantization_parameter(layout.qp_density)
            coding = coding_of(tensor, layout, nncodec1)
            base_levels, history = references.get(tensor.name, Known())
            if layout.temporal and base_levels is None:
                raise missing_parent(layout)
            decoder.tensor(
                tensor.rows,
                tensor.cols,
                coding,
                base_levels=matrix_of(tensor, base_levels) if layout.temporal else None,
                history=matrix_of(tensor, history),
            )
        prefix = f"{unit.path}.payload."
        decoder.finish()
    except BitstreamError as error:
        raise unit.locate(error, in_payload=True) from None


def bin_row(bin_: Bin, first: int, prefix: str) -> dict[str, Any]:
    """Return a bin as a row of a table."""
    kind = {BYPASS: "bypass", TERMINATE: "terminate"}.get(bin_.context, "context")
    coded = kind == "context"
    return {
        "position": byte_bit(first + bin_.position),
        "path": prefix + bin_.element,
        "kind": kind,
        "context": bin_.context_name if coded else None,
        "context_number": bin_.context if coded else None,
        "s0": bin_.fast if coded else None,
        "s1": bin_.slow if coded else None,
        "range": bin_.range,
        "offset": bin_.offset,
        "bin": bin_.value,
    }


def part_names(unit: Unit, layout: UnitLayout) -> list[str]:
    """Return the names that the schema has for the tensors of a payload, in their order."""
    header = unit.readable_header()
    types = header.compressed_parameter_types or 0
    if layout.payload_type != PayloadType.NNR_PT_BLOCK:
        return ["tensor"]
    names = [name for flag, parts in BLOCK_PARTS if types & flag for name in parts]
    decomposed = types & CompressedParameterTypes.NNR_CPT_DC
    return [*names, *(("g", "h") if decomposed else ("tensor",))]
