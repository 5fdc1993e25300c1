"""Writes the broken bitstreams beside this script: small ones, with one fault each.

Most are vectors with a few bits changed, some are put together out of tables. The name of a
file begins with the rule that it breaks. Run it from the root of the repository:

    python tests/broken/make_streams.py
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from nnc.bitstream import Bitstream, Unit  # noqa: E402
from nnc.bitstream.editing.parts import cut as cut_unit  # noqa: E402
from nnc.inspect.checking import check  # noqa: E402
from nnc.inspect.tracing import TracedElement, trace  # noqa: E402
from nnc.syntax import (  # noqa: E402
    BitMask,
    NnrAggregateUnitHeader,
    NnrCompressedDataUnitHeader,
    NnrModelParameterSetUnitPayload,
    NnrPruningTopologyContainer,
    NnrQuantizationUnitHeader,
    NnrStartUnitHeader,
    NnrTopologyUnitHeader,
    NnrTopologyUnitPayload,
    NnrUnitHeader,
    NnrUnitSize,
    NnrUnitType,
    TensorDimensionsList,
    TopologyElementsIdsList,
    TopologyTensorDimensionMapping,
)

FOLDER = Path(__file__).parent / "streams"

#: File name without its ending, the rule it breaks, the bytes.
Stream = tuple[str, str, bytes]

# The smallest vectors with what is to be broken.
SMALL = "p0v1-perfmap-mps-count1"
SMALL_1 = "p1-mps-base-model-id"
SCAN = "p1-scan1-rowskip1-dq-narrow"
LAYER = "peer-odd-p0-lps-plain"
CODEBOOK = "p1-codebook-size2-unary2"
PARENT = "p1-tca-int/bitstream_0"


def vector(name: str) -> bytes:
    """Read a vector, `case` or `case/file`."""
    case, _, file = name.partition("/")
    return (ROOT / "tests" / "vectors" / case / f"{file or 'bitstream'}.nnc").read_bytes()


def find(data: bytes, path: str) -> TracedElement:
    """Return the element at a path."""
    return next(element for element in trace(data).elements() if element.path == path)


def poke(data: bytes, path: str, value: int) -> bytes:
    """Write other bits in the place of an element's."""
    element = find(data, path)
    assert 0 <= value < 1 << element.bits
    return write_bits(data, element.position, element.bits, value)


def write_bits(data: bytes, position: int, count: int, value: int) -> bytes:
    """Write bits at a position."""
    shift = 8 * len(data) - position - count
    whole = int.from_bytes(data, "big") & ~(((1 << count) - 1) << shift)
    return (whole | value << shift).to_bytes(len(data), "big")


def resized(data: bytes, number: int, payload: bytes) -> bytes:
    """Return a unit another payload, and the size that goes with it."""
    bitstream = Bitstream.parse(data)
    unit = bitstream.units[number]
    start, first = unit.start or 0, unit.payload_start or 0
    head = bytearray(data[start:first])
    head[0:2] = (len(head) + len(payload)).to_bytes(2, "big")
    return data[:start] + bytes(head) + payload + data[start + unit.byte_size :]


def payload_of(data: bytes, number: int) -> bytes:
    """Return the bytes of a unit's payload."""
    unit = Bitstream.parse(data).units[number]
    return data[unit.payload_start : (unit.start or 0) + unit.byte_size]


def common(kind: NnrUnitType, **tables: object) -> NnrUnitHeader:
    """Return a unit header."""
    values: dict[str, object] = {
        "nnr_unit_type": kind,
        "independently_decodable_flag": 1,
        "partial_data_counter_present_flag": 0,
    }
    return NnrUnitHeader(**(values | tables))  # type: ignore[arg-type]


def start(profile: int = 0) -> Unit:
    """Return a start unit."""
    header = NnrStartUnitHeader(general_profile_idc=profile)
    return Unit(common(NnrUnitType.NNR_STR, nnr_start_unit_header=header))


def mps(profile: int = 0, **changes: object) -> Unit:
    """Return a parameter set for stored tensors."""
    source = Bitstream.parse(vector(SMALL_1 if profile else "p0-rawfloat-only-noquant-mps"))
    payload = source.units[1].payload
    assert isinstance(payload, NnrModelParameterSetUnitPayload)
    payload.topology_carriage_flag = 0
    if profile:
        payload.base_model_id_present_flag, payload.base_model_id = 0, None
        payload.mps_quantization_method_flags = 0
        payload.mps_qp_density = payload.mps_quantization_parameter = None
    for name, value in changes.items():
        setattr(payload, name, value)
    if payload.mps_parent_signalling_enabled_flag:
        payload.nnr_reserved_zero_1bit, payload.nnr_pre_flag = None, 0
    return Unit(source.units[1].header, payload)


def raw(
    name: str | int | list[str],
    profile: int = 0,
    dimensions: list[int] | None = None,
    payload: bytes | None = None,
    part: int | None = None,
    **elements: object,
) -> Unit:
    """Return a unit with a stored tensor."""
    shape = [2] if dimensions is None else dimensions
    values: dict[str, object] = {
        "nnr_compressed_data_unit_payload_type": 2,
        "nnr_multiple_topology_elements_present_flag": int(isinstance(name, list)),
        "nnr_decompressed_data_format_present_flag": 0,
        "input_parameters_present_flag": 1,
        "tensor_dimensions_flag": 1,
        "cabac_unary_length_flag": 0,
        "compressed_parameter_types": 0,
        "tensor_dimensions_list": TensorDimensionsList(
            count_tensor_dimensions=len(shape), tensor_dimensions=shape
        ),
    }
    if isinstance(name, list):
        values["topology_elements_ids_list"] = ids(name)
    elif isinstance(name, int):
        values["topology_elem_id_index"] = name
    else:
        values["topology_elem_id"] = name
    if profile:
        values["node_id_present_flag"] = 0
    if len(shape) > 1:
        values["scan_order"] = 0
        if profile:
            values["first_tensor_dimension_shift"] = 0
    header = NnrCompressedDataUnitHeader(**(values | elements))  # type: ignore[arg-type]
    tables: dict[str, object] = {"nnr_compressed_data_unit_header": header}
    if part is not None:
        tables |= {"partial_data_counter_present_flag": 1, "partial_data_counter": part}
    size = 4
    for length in shape:
        size *= length
    return Unit(common(NnrUnitType.NNR_NDU, **tables), bytes(size) if payload is None else payload)


def ids(names: list[str]) -> TopologyElementsIdsList:
    """Return a list of element ids."""
    return TopologyElementsIdsList(
        count_topology_elements_minus2=len(names) - 2, topology_elem_id_list=names
    )


def topology(
    storage: int, payload: NnrTopologyUnitPayload | bytes = b"", compression: int = 0
) -> Unit:
    """Return a topology unit."""
    header = NnrTopologyUnitHeader(
        topology_storage_format=storage, topology_compression_format=compression
    )
    return Unit(common(NnrUnitType.NNR_TPL, nnr_topology_unit_header=header), payload)


def reference_list(*names: str) -> Unit:
    """Return a topology unit with a list of element ids."""
    return topology(6, NnrTopologyUnitPayload(topology_elements_ids_list=ids(list(names))))


def quantization(storage: int = 1, compression: int = 0, payload: bytes = b"") -> Unit:
    """Return a quantization unit."""
    header = NnrQuantizationUnitHeader(
        quantization_storage_format=storage, quantization_compression_format=compression
    )
    return Unit(common(NnrUnitType.NNR_QNT, nnr_quantization_unit_header=header), payload)


def pruning(kind: int = 0, reserved: int = 0) -> Unit:
    """Return a topology unit with a pruning container."""
    container = NnrPruningTopologyContainer(
        nnr_rep_type=kind,
        prune_flag=int(kind == 0),
        order_flag=0,
        sparse_flag=0,
        nnr_reserved_zero_3bits=reserved,
        bit_mask=BitMask(count_bits=3, bit_mask_value=[1, 0, 1]) if kind == 0 else None,
    )
    return topology(5, NnrTopologyUnitPayload(nnr_pruning_topology_container=container))


def aggregate(units: list[Unit], **changes: object) -> Unit:
    """Return an aggregate unit with entry points."""
    sizes = [len(Bitstream([start(), mps(), unit]).to_bytes()) for unit in units]
    frame = len(Bitstream([start(), mps()]).to_bytes())
    places = [sum(sizes[:number]) - number * frame for number in range(len(units))]
    values: dict[str, object] = {
        "nnr_aggregate_unit_type": 0,
        "entry_points_present_flag": 1,
        "nnr_reserved_zero_7bits": 0,
        "num_of_nnr_units_minus2": len(units) - 2,
        "nnr_unit_type": [unit.nnr_unit_type for unit in units],
        "nnr_unit_entry_point": places,
        "quant_bitdepth": [0] * len(units),
        "ctu_scan_order": [0] * len(units),
    }
    header = NnrAggregateUnitHeader(**(values | changes))  # type: ignore[arg-type]
    return Unit(common(NnrUnitType.NNR_AGG, nnr_aggregate_unit_header=header), units=units)


def stream(*units: Unit) -> bytes:
    """Return the bytes of units."""
    return Bitstream(units).to_bytes()


def opaque(kind: int) -> Unit:
    """Return a unit of a type that has no table."""
    return Unit(common(kind), b"abc")  # type: ignore[arg-type]


def node(device: int, parameter: int, depth: int) -> dict[str, object]:
    """Return the elements of a node."""
    return {
        "node_id_present_flag": 1,
        "device_id": device,
        "parameter_id": parameter,
        "put_node_depth": depth,
    }


def child(device: int) -> dict[str, object]:
    """Return the elements of a unit with a parent on a device."""
    return {
        "parent_node_id_present_flag": 1,
        "parent_node_id_type": 0,
        "temporal_context_modeling_flag": 0,
        "parent_device_id": device,
    }


NO_PARENT = {"parent_node_id_present_flag": 0}


def ranges() -> Iterator[Stream]:
    """Return streams with values outside the range of their element."""
    small, small_1, layer = vector(SMALL), vector(SMALL_1), vector(LAYER)
    header = "nnr_compressed_data_unit_header"
    parameters = "nnr_model_parameter_set_unit_payload"
    layers = "nnr_layer_parameter_set_unit_payload"
    pokes = [
        (small, "nnr_start_unit_header", "units[0].header.general_profile_idc", (2, 255)),
        (small, parameters, "units[1].payload.mps_quantization_method_flags", (5, 7)),
        (small, parameters, "units[1].payload.nnr_reserved_zero_7bits", (1, 64, 127)),
        (small_1, parameters, "units[1].payload.nnr_reserved_zero_1bit", (1,)),
        (small_1, parameters, "units[1].payload.nnr_reserved_zero_2bits", (1, 2, 3)),
        (small, "nnr_topology_unit_header", "units[2].header.topology_storage_format", (7, 255)),
        (small, "nnr_topology_unit_header", "units[2].header.topology_compression_format", (2,)),
        (small, header, "units[3].header.scan_order", (5, 15)),
        (vector(PARENT), header, "units[3].header.parent_node_id_type", (3,)),
        (layer, "nnr_layer_parameter_set_unit_header", "units[3].header.nnr_reserved_zero_7bits",
         (1, 127)),
        (layer, layers, "units[3].payload.nnr_reserved_zero_1bit", (1,)),
        (layer, layers, "units[3].payload.nnr_reserved_zero_1bit_2", (1,)),
        (layer, layers, "units[3].payload.lps_quantization_method_flags", (5, 6)),
    ]  # fmt: skip
    for data, table, path, values in pokes:
        name = path.rpartition(".")[2]
        for value in values:
            owner = "layer-" if table.startswith("nnr_layer") else ""
            label = f"range-{owner}{name}-{value}"
            yield label, f"range:{table}.{name}", poke(data, path, value)
    flags = {"nnr_decompressed_data_format_present_flag": 1}
    unit = raw("a", **flags, nnr_decompressed_data_format=10)
    name = "nnr_decompressed_data_format"
    yield f"range-{name}", f"range:{header}.{name}", stream(start(), mps(), unit)
    unit = raw("a", nnr_compressed_data_unit_payload_type=4)
    name = "nnr_compressed_data_unit_payload_type"
    yield f"range-{name}", f"range:{header}.{name}", stream(start(), mps(), unit)
    for kind in (7, 31):
        name = "nnr_unit_type"
        data = stream(start(), mps(), opaque(kind), raw("a"))
        yield f"range-{name}-{kind}", f"range:nnr_unit_header.{name}", data
    carrying = mps(topology_carriage_flag=1)
    for kind, reserved, name in [(2, 0, "nnr_rep_type"), (0, 5, "nnr_reserved_zero_3bits")]:
        data = stream(start(), carrying, pruning(kind, reserved), raw("a"))
        yield f"range-{name}", f"range:nnr_pruning_topology_container.{name}", data
    for storage, compression, name in [
        (5, 0, "quantization_storage_format"),
        (1, 2, "quantization_compression_format"),
    ]:
        data = stream(start(), mps(), quantization(storage, compression), raw("a"))
        yield f"range-{name}", f"range:nnr_quantization_unit_header.{name}", data
    for name, value in [("nnr_aggregate_unit_type", 2), ("nnr_reserved_zero_7bits", 9)]:
        data = stream(start(), mps(), aggregate([raw("a"), raw("b")], **{name: value}))
        yield f"range-aggregate-{name}", f"range:nnr_aggregate_unit_header.{name}", data


def constraints() -> Iterator[Stream]:
    """Return streams that break constraints of the schema."""
    for case, table, name in [
        ("p0v1-perfmap-mps-ppm", "pruning_performance_map", "pruning_ratio"),
        ("p0v1-perfmap-mps-spm", "sparsification_performance_map", "non_zero_ratio"),
    ]:
        path = f"units[1].payload.{name}[0]"
        rule = f"constraint:{table}.{name}"
        # 1.5 and -0.25 as 32-bit floats, the least significant byte first.
        for label, bits in [("above", 0x0000C03F), ("below", 0x000080BE)]:
            yield f"constraint-{name}-{label}", rule, poke(vector(case), path, bits)


def composition() -> Iterator[Stream]:
    """Return streams whose units don't follow each other as they should."""
    small = Bitstream.parse(vector(SMALL)).units
    whole = vector(SMALL)
    yield "start-unit-first", "start-unit-first", whole[small[1].start :]
    first = stream(start(), mps(), raw("a"))
    yield "start-unit-first-application", "start-unit-first", stream(opaque(40)) + first
    yield "mps-second", "mps-second", stream(start(), opaque(40), mps(), raw("a"))
    yield "mps-second-missing", "mps-second", stream(start())
    yield "one-mps", "one-mps", stream(start(), mps(), mps(), raw("a"))
    yield "one-mps-after-data", "one-mps", stream(start(), mps(), raw("a"), mps(), raw("b"))
    carrying = mps(topology_carriage_flag=1)
    yield "topology-carried", "topology-carried", stream(start(), carrying, raw("a"))
    data = stream(start(), mps(), topology(0, b"\0"), raw("a"))
    yield "topology-announced", "topology-announced", data
    data = stream(start(), carrying, raw("a"), topology(0, b"\0"))
    yield "topology-before-data", "topology-before-data", data
    data = stream(start(), mps(), raw("a"), quantization())
    yield "quantization-before-data", "quantization-before-data", data
    indexed = mps(topology_carriage_flag=1, mps_topology_indexed_reference_flag=1)
    data = stream(start(), indexed, topology(0, b"\0"), raw(0))
    yield "reference-list-first", "reference-list-first", data
    listed = reference_list("a", "b")
    yield "element-id-index", "element-id-index", stream(start(), indexed, listed, raw(2))
    data = stream(start(), indexed, reference_list("a", "b", "a"), raw(0))
    yield "reference-list-unique", "reference-list-unique", data
    in_parts = Bitstream.parse(data)
    cut_unit(in_parts, "units[2]", 2)
    yield "reference-list-unique-parts", "reference-list-unique", in_parts.to_bytes()
    data = vector(LAYER)
    cut = Bitstream.parse(data).units
    layer = data[cut[3].start : (cut[3].start or 0) + cut[3].byte_size]
    yield "lps-applies-end", "lps-applies", data + layer
    yield "lps-applies-twice", "lps-applies", data[: cut[3].start] + layer + data[cut[3].start :]
    yield "tensor-once", "tensor-once", stream(start(), mps(), raw("a"), raw("b"), raw("a"))
    data = stream(start(), mps(), raw("a"), opaque(40), raw("a"))
    yield "tensor-once-apart", "tensor-once", data
    data = vector("peer-odd-p0-noblock-dc-ls")
    units = Bitstream.parse(data).units
    pieces = [data[u.start : (u.start or 0) + u.byte_size] for u in units]
    parts = [
        number for number, unit in enumerate(units) if unit.given.get("decomposed_tensor_role")
    ]
    yield (
        "g-then-h-missing",
        "g-then-h",
        b"".join(piece for number, piece in enumerate(pieces) if number != parts[1]),
    )
    yield (
        "g-then-h-alone",
        "g-then-h",
        b"".join(piece for number, piece in enumerate(pieces) if number != parts[0]),
    )
    frame = len(stream(start(), mps()))
    between = stream(start(), mps(), opaque(40))[frame:]
    pieces.insert(parts[1], between)
    yield "g-then-h-late", "g-then-h", b"".join(pieces)


def nodes() -> Iterator[Stream]:
    """Return streams whose nodes and parts don't fit together."""
    signalling = mps(1, mps_parent_signalling_enabled_flag=1)

    def model(*units: Unit) -> bytes:
        return stream(start(1), signalling, *units)

    def unit(name: str, *parts: dict[str, object]) -> Unit:
        elements: dict[str, object] = {}
        for part in parts:
            elements |= part
        return raw(name, 1, **elements)

    yield (
        "node-once",
        "node-once",
        model(unit("a", node(0, 3, 1), NO_PARENT), unit("b", node(0, 3, 1), NO_PARENT)),
    )
    yield "parent-depth", "parent-depth", model(unit("a", node(0, 0, 0), child(0)))
    yield (
        "parent-first",
        "parent-first",
        model(unit("a", node(1, 3, 2), child(0)), unit("a", node(0, 3, 1), NO_PARENT)),
    )
    yield (
        "parameter-of-one-tensor",
        "parameter-of-one-tensor",
        model(unit("a", node(0, 3, 1), NO_PARENT), unit("b", node(1, 3, 1), NO_PARENT)),
    )

    def parts(*counters: int | None) -> bytes:
        units = [raw("a", part=counter, payload=b"ab") for counter in counters]
        return stream(start(), mps(), *units)

    yield "parts-in-order-skipped", "parts-in-order", parts(3, 1)
    yield "parts-in-order-end", "parts-in-order", parts(3, 2)
    yield "parts-in-order-repeated", "parts-in-order", parts(2, 2, 1)
    mixed = stream(start(), mps(), raw("a", part=2, payload=b"ab"), raw("b"))
    yield "parts-in-order-other", "parts-in-order", mixed
    header = common(
        40,  # type: ignore[arg-type]
        partial_data_counter_present_flag=1,
        partial_data_counter=1,
    )
    yield "parts-type", "parts-type", stream(start(), mps(), Unit(header, b"a"), raw("a"))


def aggregates() -> Iterator[Stream]:
    """Return streams whose aggregates are wrong about their units."""

    def model(count: int = 2, **changes: object) -> bytes:
        units = [raw(name) for name in "abcde"[:count]]
        return stream(start(), mps(), aggregate(units, **changes))

    good = model()
    number = 2
    path = f"units[{number}].header.num_of_nnr_units_minus2"
    without = model(entry_points_present_flag=0, nnr_unit_type=None, nnr_unit_entry_point=None)
    yield (
        "enum-nnr_unit_type",
        "enum:nnr_aggregate_unit_header.nnr_unit_type",
        poke(good, f"units[{number}].header.nnr_unit_type[1]", 9),
    )
    # Nine units' tails take as many bytes as two units' do, and a unit more.
    yield "aggregate-count", "aggregate-count", append_unit(without, raw("c"))
    assert find(without, path).value == 0
    for index, value in [(0, 1), (1, 0)]:
        yield (
            f"aggregate-entry-point-{index}",
            "aggregate-entry-point",
            poke(good, f"units[{number}].header.nnr_unit_entry_point[{index}]", value),
        )
    yield (
        "aggregate-entry-type",
        "aggregate-entry-type",
        poke(good, f"units[{number}].header.nnr_unit_type[0]", 3),
    )
    nested = good
    yield "aggregate-trailing", "trailing-bytes", resized(nested, 0, b"\0")


def append_unit(data: bytes, unit: Unit) -> bytes:
    """Put a unit more into the aggregate at the end of a bitstream, and only correct its size."""
    frame = len(stream(start(), mps()))
    more = stream(start(), mps(), unit)[frame:]
    begin = Bitstream.parse(data).units[-1].start or 0
    size = len(data) - begin + len(more)
    return data[:begin] + size.to_bytes(2, "big") + data[begin + 2 :] + more


def data_units() -> Iterator[Stream]:
    """Return streams whose data units contradict themselves."""
    block = vector("p0v1-block-dc-bi-codebook")
    bitstream = Bitstream.parse(block)
    header = bitstream.units[3].header
    assert header is not None
    names = header.topology_elements_ids_list
    names.topology_elem_id_list = [*names.topology_elem_id_list, "more"]
    names.count_topology_elements_minus2 += 1
    yield "block-names-more", "block-names", bitstream.to_bytes()
    names.topology_elem_id_list = names.topology_elem_id_list[:-2]
    names.count_topology_elements_minus2 -= 2
    yield "block-names-fewer", "block-names", bitstream.to_bytes()
    bitstream = Bitstream.parse(block)
    data_header = bitstream.units[3].header.nnr_compressed_data_unit_header
    data_header.g_number_of_rows += 1
    yield "decomposition-rows", "decomposition-rows", bitstream.to_bytes()
    data_header.g_number_of_rows = 0
    yield "decomposition-rows-none", "decomposition-rows", bitstream.to_bytes()
    scan = vector(SCAN)
    bitstream = Bitstream.parse(scan)
    data_header = bitstream.units[3].header.nnr_compressed_data_unit_header
    data_header.bit_offset_delta1 = 100_000
    yield "entry-point-bits", "entry-point-bits", bitstream.to_bytes()
    data_header.bit_offset_delta1 = 1
    data_header.bit_offset_delta2 = [-2, *data_header.bit_offset_delta2[1:]]
    yield "entry-point-bits-negative", "entry-point-bits", bitstream.to_bytes()
    model = [start(), mps()]
    yield "raw-size-short", "raw-size", stream(*model, raw("a", payload=bytes(7)))
    yield "raw-size-long", "raw-size", stream(*model, raw("a", payload=bytes(12)))
    half = {
        "nnr_decompressed_data_format_present_flag": 1,
        "nnr_decompressed_data_format": 8,
    }
    yield "raw-size-half", "raw-size", stream(*model, raw("a", **half))
    integers = half | {"nnr_decompressed_data_format": 0}
    yield "raw-format", "raw-format", stream(*model, raw("a", **integers))
    model_1 = [start(1), mps(1)]
    shifted = raw("a", 1, dimensions=[2, 3], first_tensor_dimension_shift=2)
    yield "dimension-shift", "dimension-shift", stream(*model_1, shifted)
    for label, axis, split, rule in [
        ("mapping-axis", 2, 1, "mapping-axis"),
        ("mapping-splits-outside", 0, 2, "mapping-splits"),
        ("mapping-splits-empty", 0, 0, "mapping-splits"),
    ]:
        mapping = TopologyTensorDimensionMapping(
            concatenation_axis_index=axis,
            split_index=[split],
            number_of_shifts=[0, 0],
            shift_index=[[], []],
            shift_value=[[], []],
        )
        unit = raw(["a", "b"], dimensions=[2, 3], topology_tensor_dimension_mapping=mapping)
        yield label, rule, stream(*model, unit)
    quantised = Bitstream.parse(vector("p0-model-1-tensor"))
    parameters = quantised.units[1].payload
    assert isinstance(parameters, NnrModelParameterSetUnitPayload)
    parameters.mps_quantization_method_flags = 0
    parameters.mps_qp_density = parameters.mps_quantization_parameter = None
    yield "quantization-declared", "quantization-declared", quantised.to_bytes()


def metrics() -> Iterator[Stream]:
    """Return streams with values that their metric can't have."""
    for label, name, performance in [
        ("percent", "top1_accuracy", 75.0),
        ("negative", "perplexity", -2.0),
        ("other-spelling", "Top-1 accuracy", 1.5),
    ]:
        told = mps(
            1,
            validation_set_performance_present_flag=1,
            performance_metric_type=name,
            validation_set_performance=performance,
        )
        yield f"metric-value-{label}", "metric-value", stream(start(1), told, raw("a", 1))


def sizes_and_ends() -> Iterator[Stream]:
    """Return streams with needless, irregular or superfluous bits."""
    small = vector(SMALL)
    for number in (0, 1, 3):
        bitstream = Bitstream.parse(small)
        bitstream.units[number].size = NnrUnitSize(nnr_unit_size_flag=1, nnr_unit_size=0)
        yield f"size-form-{number}", "size-form", bitstream.to_bytes()
    yield (
        "byte-alignment-parameters",
        "byte-alignment",
        poke(small, "units[1].payload.byte_alignment", 0),
    )
    bits = find(small, "units[3].header.byte_alignment").bits
    yield (
        "byte-alignment-header",
        "byte-alignment",
        poke(small, "units[3].header.byte_alignment", (1 << bits) - 1),
    )
    yield (
        "byte-alignment-map",
        "byte-alignment",
        poke(vector("p0-perfmap-mps-upm"), "units[1].payload.byte_alignment[0]", 0),
    )
    yield "trailing-bytes-start", "trailing-bytes", resized(small, 0, b"\0")
    for count in (1, 5):
        more = payload_of(small, 1) + b"\0" * count
        yield f"trailing-bytes-parameters-{count}", "trailing-bytes", resized(small, 1, more)
    yield "class-count", "class-count", vector("peer-odd-p0v1-perfmap-upm-bitmask")
    carrying = mps(topology_carriage_flag=1)
    packed = zlib.compress(b"network")
    for label, payload in [
        ("not", b"network"),
        ("cut", packed[:-3]),
        ("longer", packed + b"x"),
    ]:
        data = stream(start(), carrying, topology(1, payload, 1), raw("a"))
        yield f"deflated-data-{label}", "deflated-data", data
    data = stream(start(), mps(), quantization(1, 1, b"graph"), raw("a"))
    yield "deflated-data-quantization", "deflated-data", data


def syntax() -> Iterator[Stream]:
    """Return streams that can't be parsed to their end."""
    small, small_1 = vector(SMALL), vector(SMALL_1)
    incomplete, invalid = "syntax:incomplete", "syntax:invalid"
    for length in (1, 3, 5, 10, 20, len(small) - 1):
        yield f"incomplete-{length}", incomplete, small[:length]
    yield "incomplete-string", incomplete, cut_header(small_1, 3, 5)
    yield "incomplete-codebook", incomplete, cut_header(vector(CODEBOOK), 3, 14)
    yield "incomplete-parameters", incomplete, resized(small, 1, payload_of(small, 1)[:2])
    yield "incomplete-base-model", incomplete, resized(small_1, 1, payload_of(small_1, 1)[:4])
    yield (
        "incomplete-map",
        incomplete,
        resized(
            vector("p0v1-perfmap-mps-ppm"), 1, payload_of(vector("p0v1-perfmap-mps-ppm"), 1)[:9]
        ),
    )
    yield "size-too-small", invalid, poke(small, "units[2].nnr_unit_size", 2)
    yield "size-zero", invalid, poke(small, "units[0].nnr_unit_size", 0)
    yield "size-too-large", incomplete, poke(small, "units[3].nnr_unit_size", 300)
    place = find(small, "units[3].header.topology_elem_id").position >> 3
    yield "name-not-utf8", invalid, small[:place] + b"\xff" + small[place + 1 :]
    place = find(small_1, "units[1].payload.base_model_id").position >> 3
    yield "base-model-not-utf8", invalid, small_1[:place] + b"\xc0" + small_1[place + 1 :]
    yield (
        "accuracy-not-a-number",
        invalid,
        poke(vector("p0v1-perfmap-mps-ppm"), "units[1].payload.ppm_nn_accuracy[0]", 0x0000C07F),
    )
    codebook = Bitstream.parse(vector(CODEBOOK))
    table = codebook.units[3].header
    assert table is not None
    place = find(vector(CODEBOOK), "units[3].header.codebook_centre_offset")
    yield (
        "codebook-offset-outside",
        invalid,
        write_bits(vector(CODEBOOK), place.position, 5, 0b01011),
    )
    deep = stream(start(), mps(), raw("a"))
    begin = len(stream(start(), mps()))
    unit = deep[begin:]
    for _ in range(18):
        unit = nest(unit)
    yield "aggregates-too-deep", "syntax:unsupported", deep[:begin] + unit


def nest(unit: bytes) -> bytes:
    """Wrap a unit and another one into an aggregate."""
    inner = unit + b"\x00\x04\xa2\x00"
    header = bytes([NnrUnitType.NNR_AGG << 2 | 2, 0, 0, 0, 0]) + b"\x00\x08"
    return (2 + len(header) + len(inner)).to_bytes(2, "big") + header + inner


def cut_header(data: bytes, number: int, length: int) -> bytes:
    """Cut a unit off after so many bytes, with a size that agrees, and nothing after it."""
    begin = Bitstream.parse(data).units[number].start or 0
    return data[:begin] + length.to_bytes(2, "big") + data[begin + 2 : begin + length]


def payloads() -> Iterator[Stream]:
    """Return streams whose coded payloads are wrong."""
    single = vector("p0-model-1-tensor")
    data = payload_of(single, 3)
    yield "codeword-start", "codeword-start", resized(single, 3, b"\xff\xff" + data[2:])
    yield "codeword-length", "codeword-length", resized(single, 3, data + b"\0")
    yield "codeword-length-3", "codeword-length", resized(single, 3, data + b"abc")
    yield "payload-end", "payload-end", resized(single, 3, data[:-2])
    yield "payload-end-1", "payload-end", resized(single, 3, data[:1])
    yield "payload-end-none", "payload-end", resized(single, 3, b"")
    for rule in ("terminating-bin", "stop-bit", "codeword-padding"):
        for case in ("p0-model-1-tensor", "p1-int32-limits"):
            yield f"{rule}-{case[:2]}", rule, flipped(rule, case)
    scan = vector(SCAN)
    for name in ("cabac_offset_list[0]", "dq_state_list[0]"):
        path = f"units[3].header.{name}"
        value = find(scan, path).value ^ 1
        yield f"entry-points-{name[:-3]}", "entry-points", poke(scan, path, value)
    bitstream = Bitstream.parse(scan)
    header = bitstream.units[3].header
    assert header is not None
    table = header.nnr_compressed_data_unit_header
    table.bit_offset_delta1 += 1
    yield "entry-points-bit_offset", "entry-points", bitstream.to_bytes()
    yield "block-row-offset", "block-row-offset", flipped("block-row-offset", SCAN)
    yield "level-range", "level-range", flipped("level-range", "p0-int32-extreme")
    shorter = shorter_codebook(vector("p0v1-block-bi-codebook"))
    yield "codebook-range", "codebook-range", shorter
    path = "units[1].payload.mps_quantization_parameter"
    yield "value-range", "value-range", poke(single, path, 4095)


def shorter_codebook(data: bytes) -> bytes:
    """Take the last entry of a codebook out, which profile 0 doesn't need for decoding."""
    bitstream = Bitstream.parse(data)
    for unit in bitstream.units:
        table = getattr(unit.header, "integer_codebook", None)
        if table is not None:
            zero_offset = (table.codebook_size >> 1) + table.codebook_centre_offset
            table.codebook_size -= 1
            table.codebook_centre_offset = zero_offset - (table.codebook_size >> 1)
            table.codebook_delta_right = table.codebook_delta_right[:-1]
    return bitstream.to_bytes()


def flipped(rule: str, case: str) -> bytes:
    """Flip one bit of a coded payload, from its end on, so that one rule is broken alone."""
    data = vector(case)
    for unit in Bitstream.parse(data).units:
        if unit.nnr_unit_type != NnrUnitType.NNR_NDU:
            continue
        first, last = 8 * (unit.payload_start or 0), 8 * ((unit.start or 0) + unit.byte_size)
        for position in range(last - 1, first - 1, -1):
            changed = write_bits(data, position, 1, find_bit(data, position) ^ 1)
            if {finding.rule for finding in check(changed, deep=True).findings} == {rule}:
                return changed
    raise LookupError(f"no single bit breaks {rule}")


def find_bit(data: bytes, position: int) -> int:
    """Return one bit."""
    return data[position >> 3] >> (7 - (position & 7)) & 1


GROUPS: tuple[Callable[[], Iterator[Stream]], ...] = (
    ranges,
    constraints,
    composition,
    nodes,
    aggregates,
    data_units,
    metrics,
    sizes_and_ends,
    syntax,
    payloads,
)


def streams() -> Iterator[Stream]:
    """Return all streams."""
    for group in GROUPS:
        yield from group()


def main() -> None:
    """Write the files, and a list of them with the rules."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.nnc"):
        path.unlink()
    rules = {}
    for name, rule, data in streams():
        assert name not in rules, name
        rules[name] = rule
        (FOLDER / f"{name}.nnc").write_bytes(data)
    lines = [f"{name} {rule}\n" for name, rule in sorted(rules.items())]
    (FOLDER / "rules.txt").write_text("".join(lines), "utf-8")
    print(f"{len(rules)} bitstreams in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
