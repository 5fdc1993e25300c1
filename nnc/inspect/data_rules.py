"""Rules of what the header of a unit says of its payload (clauses 6.3.2 to 6.3.5)."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator

from nnc.bitstream.sizes import SHORT_SIZE_LIMIT
from nnc.engine.findings import WARNING, Problem
from nnc.engine.tracing import PAYLOAD, TRAILING, is_alignment
from nnc.inspect.findings import Model, RuleBook, element_of, value_of
from nnc.inspect.tracing import UnitTrace
from nnc.syntax import (
    CompressedDataUnitPayloadType,
    CompressedParameterTypes,
    DecompressedDataFormat,
    TopologyCompressionFormat,
)

DATA_RULES = RuleBook()
rule = DATA_RULES.rule

PAYLOAD_TYPE = "nnr_compressed_data_unit_payload_type"

#: Bytes of a stored value, by data format.
RAW_BYTES = {DecompressedDataFormat.TENSOR_FLOAT16: 2, DecompressedDataFormat.TENSOR_FLOAT64: 8}


@rule("block-names", "A block names as many tensors as it holds.", clause="6.3.3", by_unit=True)
def block_names(model: Model) -> Iterator[Problem]:
    """Count the names of blocks."""
    block = CompressedDataUnitPayloadType.NNR_PT_BLOCK
    for unit in model.data_units():
        if value_of(unit, PAYLOAD_TYPE) != block:
            continue
        types = CompressedParameterTypes(value_of(unit, "compressed_parameter_types", 0))
        wanted = 1 + len(types) + 3 * bool(types & CompressedParameterTypes.NNR_CPT_BN)
        names = ("topology_elem_id", "topology_elem_id_list", "topology_elem_id_index")
        found = len(unit.those((*names, f"{names[2]}_list")))
        if found != wanted:
            place = element_of(unit, "count_topology_elements_minus2") or unit
            yield place, f"the block names {found} tensors, but holds {wanted}"


@rule("decomposition-rows", "G and H of a decomposed weight have as many values as it needs.",
      clause="6.3.3", by_unit=True,
      reads={"g_number_of_rows", "tensor_dimensions"})  # fmt: skip
def decomposition_rows(model: Model) -> Iterator[Problem]:
    """Divide the weight by the rows of G."""
    for unit in model.data_units():
        rows = element_of(unit, "g_number_of_rows")
        dimensions = dimensions_of(unit)
        if rows is None or dimensions is None or len(dimensions) < 2:
            continue
        values = math.prod(dimensions)
        if rows.value == 0 or values % rows.value:
            yield rows, f"g_number_of_rows is {rows.value} (allowed: a divisor of {values})"


def dimensions_of(unit: UnitTrace) -> list[int] | None:
    """Return tensor_dimensions of a unit, those from outside too; None where not known."""
    scope = unit.scope
    try:
        # A scope explains what lacks a value; here it is asked for each of very many units.
        found: list[int] | None = object.__getattribute__(scope, "tensor_dimensions")
    except AttributeError:
        return None
    return found


@rule("entry-point-bits", "The block rows of a payload fit into it.", clause="6.3.3", by_unit=True)
def entry_point_bits(model: Model) -> Iterator[Problem]:
    """Add up the bits of block rows."""
    for unit in model.data_units():
        if value_of(unit, "partial_data_counter", 0):
            # The header is about the payloads of all parts joined.
            continue
        position = size = 0
        available = 8 * (unit.stop - (unit.payload_start or unit.stop))
        for element in unit.those(("bit_offset_delta1", "bit_offset_delta2")):
            size += element.value
            position += size
            label = element.name + element.index
            if size < 0:
                yield element, f"{label} makes a block row of {size} bits"
                break
            if position > available:
                told = f"{label} makes block rows of {position} bits in all"
                yield element, f"{told}, but the payload has {available}"
                break


@rule(
    "raw-size",
    "A payload of stored values has as many bytes as they need.",
    clause="6.3.4",
    by_unit=True,
)
def raw_size(model: Model) -> Iterator[Problem]:
    """Compare sizes of stored payloads."""
    for unit in model.data_units():
        if not is_raw(unit) or value_of(unit, "partial_data_counter", 0):
            continue
        dimensions = dimensions_of(unit)
        if dimensions is None or unit.payload_start is None:
            continue
        width = RAW_BYTES.get(value_of(unit, "nnr_decompressed_data_format"), 4)
        wanted, found = width * math.prod(dimensions), unit.stop - unit.payload_start
        if wanted != found:
            place = element_of(unit, PAYLOAD) or unit
            yield place, f"the stored values take {found} bytes (allowed: {wanted})"


def is_raw(unit: UnitTrace) -> bool:
    """Tell whether the payload of a unit holds stored values."""
    raw = CompressedDataUnitPayloadType.NNR_PT_RAW_FLOAT
    return bool(value_of(unit, PAYLOAD_TYPE) == raw)


@rule(
    "raw-format",
    "Stored values are of 16, 32 or 64 bits.",
    clause="6.3.3",
    status="ours",
    by_unit=True,
    reads={PAYLOAD_TYPE, "nnr_decompressed_data_format"},
)
def raw_format(model: Model) -> Iterator[Problem]:
    """Find stored values in formats of integers."""
    for unit in model.data_units():
        element = element_of(unit, "nnr_decompressed_data_format")
        if element is None or not is_raw(unit):
            continue
        if element.value_name.startswith("TENSOR_INT"):
            yield element, f"stored values of the format {element.value_name}"


@rule("dimension-shift", "The row axis is one of the tensor's axes.", clause="6.3.3",
      status="ours", by_unit=True,
      reads={"first_tensor_dimension_shift", "tensor_dimensions"})  # fmt: skip
def dimension_shift(model: Model) -> Iterator[Problem]:
    """Find row axes beyond the last one."""
    for unit in model.data_units():
        shift, dimensions = element_of(unit, "first_tensor_dimension_shift"), dimensions_of(unit)
        if shift is not None and dimensions is not None and shift.value >= len(dimensions):
            told = f"first_tensor_dimension_shift is {shift.value}"
            yield shift, f"{told} (allowed: 0..{len(dimensions) - 1})"


@rule("mapping-axis", "Tensors are joined along an axis that there is.", clause="6.3.3",
      status="draft", by_unit=True,
      reads={"concatenation_axis_index", "tensor_dimensions"})  # fmt: skip
def mapping_axis(model: Model) -> Iterator[Problem]:
    """Find axes beyond the last one."""
    for unit in model.data_units():
        axis, dimensions = element_of(unit, "concatenation_axis_index"), dimensions_of(unit)
        if axis is not None and dimensions is not None and axis.value >= len(dimensions):
            told = f"concatenation_axis_index is {axis.value}"
            yield axis, f"{told} (allowed: 0..{len(dimensions) - 1})"


@rule(
    "mapping-splits",
    "Joined tensors end one after the other.",
    clause="6.3.3",
    status="draft",
    by_unit=True,
    reads={"concatenation_axis_index", "split_index", "tensor_dimensions"},
)
def mapping_splits(model: Model) -> Iterator[Problem]:
    """Find places to split at that don't ascend, or lie outside the axis."""
    for unit in model.data_units():
        axis, dimensions = value_of(unit, "concatenation_axis_index"), dimensions_of(unit)
        if axis is None or dimensions is None or axis >= len(dimensions):
            continue
        before = 0
        for element in unit.those(("split_index",)):
            if not before < element.value < dimensions[axis]:
                label = element.name + element.index
                allowed = f"{before + 1}..{dimensions[axis] - 1}"
                yield element, f"{label} is {element.value} (allowed: {allowed})"
            before = element.value


@rule("quantization-declared", "Quantised data have a quantization method in force.",
      clause="6.3.4")  # fmt: skip
def quantization_declared(model: Model) -> Iterator[Problem]:
    """Find quantised tensors where no parameter set has a step size."""
    quantised = (
        CompressedDataUnitPayloadType.NNR_PT_FLOAT,
        CompressedDataUnitPayloadType.NNR_PT_BLOCK,
    )
    densities = {"NNR_MPS": False, "NNR_LPS": False}
    for unit in model.units:
        if unit.type_name in densities:
            name = "mps_qp_density" if unit.type_name == "NNR_MPS" else "lps_qp_density"
            densities[unit.type_name] = element_of(unit, name) is not None or unit.error is not None
        if value_of(unit, PAYLOAD_TYPE) in quantised and not any(densities.values()):
            place = element_of(unit, PAYLOAD_TYPE) or unit
            yield place, "a quantised tensor, but the quantization method flags are 0"


@rule("size-form", "A size is in the short form where that can hold it.", clause="6.3.2",
      level=WARNING, by_unit=True)  # fmt: skip
def size_form(model: Model) -> Iterator[Problem]:
    """Find sizes in the long form that would fit the short one."""
    for unit in model.units:
        if not value_of(unit, "nnr_unit_size_flag"):
            continue
        size = value_of(unit, "nnr_unit_size")
        if size is not None and size - 2 <= SHORT_SIZE_LIMIT:
            told = f"the size of {size} bytes is in the long form"
            yield element_of(unit, "nnr_unit_size_flag"), f"{told}, but would fit the short one"


@rule(
    "byte-alignment",
    "Bits up to a byte boundary are a 1 and zeros.",
    clause="6.3.5",
    by_unit=True,
    reads={"byte_alignment"},
)
def byte_alignment(model: Model) -> Iterator[Problem]:
    """Find other bits."""
    for found in model.elements.values():
        for element in found.elements if is_alignment(found.elements[0]) else ():
            if element.value != 1 << (element.bits - 1):
                bits = f"{element.value:0{element.bits}b}"
                regular = f"{1 << (element.bits - 1):0{element.bits}b}"
                yield element, f"the alignment bits are {bits} (allowed: {regular})"


@rule(
    "trailing-bytes",
    "A unit ends with its syntax.",
    clause="6.3.4",
    by_unit=True,
    reads={TRAILING},
)
def trailing_bytes(model: Model) -> Iterator[Problem]:
    """Find bytes after the end of a payload's syntax."""
    for unit in model.units:
        element = element_of(unit, TRAILING)
        if element is not None and not element.is_syntax and unit.error is None:
            count = element.bits >> 3
            yield element, f"{count} byte{'s' if count > 1 else ''} after the end of the syntax"


@rule("class-count", "The class accuracies of a map are as many as it says.", clause="6.3.4",
      status="peer", level=WARNING, by_unit=True)  # fmt: skip
def class_count(model: Model) -> Iterator[Problem]:
    """Find units that only read right as a slip of NNCodec wrote them."""
    for unit in model.units:
        if unit.unit is not None and "unification_class_count_is_bitmask" in unit.unit.given:
            place = element_of(unit, "upm_count_classes") or unit
            yield place, "there are upm_class_bitmask class accuracies, not upm_count_classes"


@rule(
    "deflated-data",
    "Data said to be deflated are.",
    clause="6.3.4",
    status="draft",
    by_unit=True,
    reads={
        f"{what}_{part}"
        for what in ("topology", "quantization")
        for part in ("compression_format", "data")
    },
)
def deflated_data(model: Model) -> Iterator[Problem]:
    """Inflate topologies and quantization information, in small pieces."""
    for unit in model.units:
        formats = ("topology_compression_format", "quantization_compression_format")
        packed = [value_of(unit, name) for name in formats]
        element = element_of(unit, "topology_data") or element_of(unit, "quantization_data")
        if element is None or TopologyCompressionFormat.NNR_DFL not in packed:
            continue
        if not inflates(element.value):
            yield element, f"{element.name} is no whole zlib stream (RFC 1950)"


def inflates(data: memoryview) -> bool:
    """Tell whether bytes are one whole zlib stream."""
    inflater = zlib.decompressobj()
    try:
        inflater.decompress(data, 1 << 16)
        while inflater.unconsumed_tail:
            inflater.decompress(inflater.unconsumed_tail, 1 << 16)
    except zlib.error:
        return False
    return inflater.eof and not inflater.unused_data
