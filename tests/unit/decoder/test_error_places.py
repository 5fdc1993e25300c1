"""Each kind of error of decoding says where: unit, syntax path, byte and bit."""

from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.bitio import BitstreamError, IncompleteError, InvalidError, LimitError

STREAMS = Path(__file__).parents[2] / "broken" / "streams"

HEADER = "units[3].header"
PARAMETERS = "units[1].payload"
SIZE_PAST_END = "runs past the end of the data"

#: Name of the bitstream, kind of error, message, path, byte and bit.
PLACES = [
    # A truncated unit.
    ("incomplete-1", IncompleteError, "too early", "units[0].nnr_unit_size", "0.1"),
    ("incomplete-3", IncompleteError, SIZE_PAST_END, "units[0].nnr_unit_size", "0.0"),
    (
        "incomplete-parameters",
        IncompleteError,
        "too early",
        f"{PARAMETERS}.mps_qp_density",
        "9.0",
    ),
    ("incomplete-map", IncompleteError, "too early", f"{PARAMETERS}.ppm_nn_accuracy[0]", "16.0"),
    (
        "incomplete-codebook",
        IncompleteError,
        "early",
        f"{HEADER}.tensor_dimensions[1]",
        "31.1",
    ),
    ("payload-end", IncompleteError, "ends before the levels do", "units[3].payload", "69.0"),
    ("payload-end-none", IncompleteError, "too short", "units[3].payload", "33.0"),
    (
        "raw-size-short",
        IncompleteError,
        "'a' end too early",
        "units[2].payload.raw_float32_parameter[1]",
        "26.0",
    ),
    # A size field that runs past the data.
    ("incomplete-52", IncompleteError, SIZE_PAST_END, "units[3].nnr_unit_size", "19.0"),
    ("size-too-large", IncompleteError, SIZE_PAST_END, "units[3].nnr_unit_size", "19.0"),
    ("size-too-small", InvalidError, "smaller than its size", "units[2].nnr_unit_size", "13.0"),
    # A codebook with an index outside.
    (
        "codebook-range",
        InvalidError,
        r"index 3 at \[0, 2, 0, 1\] points",
        "units[3].payload",
        "53.0",
    ),
    (
        "codebook-offset-outside",
        InvalidError,
        "index outside",
        f"{HEADER}.codebook[5]",
        "29.1",
    ),
    # No end where one should be, and bytes after it.
    ("codeword-padding-p1", InvalidError, "stop bit are not all 0", "units[3].payload", "51.2"),
    ("codeword-length", InvalidError, "1 bytes are left over", "units[3].payload", "71.0"),
    ("raw-size-long", InvalidError, "left over", "units[2].payload", "27.0"),
    # Strings that are not UTF-8 or have no end.
    ("name-not-utf8", InvalidError, "not UTF-8", f"{HEADER}.topology_elem_id", "23.0"),
    ("base-model-not-utf8", InvalidError, "not UTF-8", f"{PARAMETERS}.base_model_id", "9.0"),
    ("incomplete-string", IncompleteError, "zero byte", f"{HEADER}.topology_elem_id", "36.0"),
    ("incomplete-base-model", IncompleteError, "zero byte", f"{PARAMETERS}.base_model_id", "9.0"),
    # NaN where a number is needed.
    ("accuracy-not-a-number", InvalidError, "nan", f"{PARAMETERS}.ppm_nn_accuracy[0]", "16.0"),
    # Entry points out of range, or disagreeing with the decoded state.
    (
        "entry-point-bits",
        InvalidError,
        "is 100000, but",
        f"{HEADER}.bit_offset_delta1",
        "33.3",
    ),
    (
        "entry-points-bit_offset",
        InvalidError,
        "81, but",
        f"{HEADER}.bit_offset_delta1",
        "33.3",
    ),
    (
        "entry-points-cabac_offset_list",
        InvalidError,
        "107, but",
        f"{HEADER}.cabac_offset_list[0]",
        "32.0",
    ),
    (
        "entry-points-dq_state_list",
        InvalidError,
        "3, but",
        f"{HEADER}.dq_state_list[0]",
        "33.0",
    ),
    ("block-row-offset", InvalidError, "256 or more", "units[3].payload", "67.2"),
    # What is found when tensors are put together.
    ("value-range", InvalidError, "4070", "units[3].payload.quantization_parameter", "33.0"),
    (
        "g-then-h-alone",
        InvalidError,
        "'l0.weight_H' is H",
        "units[4].header.compressed_parameter_types",
        "89.4",
    ),
    (
        "g-then-h-missing",
        InvalidError,
        "'l0.weight_G' is G",
        "units[4].header.compressed_parameter_types",
        "89.4",
    ),
    (
        "range-nnr_decompressed_data_format",
        InvalidError,
        "reserved data format, found 10",
        "units[2].header.nnr_decompressed_data_format",
        "16.0",
    ),
    # Tables in headers that make no sense.
    (
        "block-names-more",
        InvalidError,
        "number of names.*found 4",
        f"{HEADER}.topology_elem_id_list",
        "24.0",
    ),
    ("range-scan_order-5", InvalidError, "found 5", f"{HEADER}.scan_order", "29.4"),
    ("element-id-index", InvalidError, "found 2", f"{HEADER}.topology_elem_id_index", "25.0"),
]


def check_place(error, kind, message, path, position):
    assert isinstance(error, kind)
    assert error.path == path
    assert error.position == position
    assert error.unit == int(path.partition("[")[2].partition("]")[0])
    assert error.clause
    for part in (f"unit {error.unit}", path, f"at {position}"):
        assert part in str(error)


@pytest.mark.parametrize(
    ("name", "kind", "message", "path", "position"), PLACES, ids=lambda one: str(one)[:30]
)
@pytest.mark.parametrize("threads", [1, 2])
def test_the_place_of_an_error(name, kind, message, path, position, threads):
    data = (STREAMS / f"{name}.nnc").read_bytes()
    with pytest.raises(nnc.BitstreamError, match=message) as caught:
        nnc.decode(data, threads=threads)
    check_place(caught.value, kind, message, path, position)


#: Of these one is in the dialect of NNCodec 1: tried tensor by tensor, both ways fail.
OF_THE_STANDARD = [one for one in PLACES if one[0] != "codebook-range"]


@pytest.mark.parametrize(
    ("name", "kind", "message", "path", "position"), OF_THE_STANDARD, ids=lambda one: str(one)[:30]
)
def test_the_place_of_an_error_tensor_by_tensor(tmp_path, name, kind, message, path, position):
    """Files are decoded unit by unit, where the layers allow that."""
    with pytest.raises(nnc.BitstreamError, match=message) as caught:
        nnc.decode_file(STREAMS / f"{name}.nnc", tmp_path / "model.npz")
    check_place(caught.value, kind, message, path, position)
    assert list(tmp_path.iterdir()) == []


def changed(tensors, changes, **options):
    """Encode, and set elements in the header of the last unit without settling what follows."""
    bitstream = nnc.Bitstream.parse(nnc.encode(tensors, **options))
    header = bitstream.units[-1].header.nnr_compressed_data_unit_header
    for element, value in changes.items():
        owner = header if element in header.fields else header.tensor_dimensions_list
        setattr(owner, element, value)
    return bitstream.to_bytes()


WEIGHTS = {"layer.w": np.linspace(-1, 1, 16, dtype="f4").reshape(4, 4)}


@pytest.mark.parametrize(
    ("dimensions", "path"),
    [
        ([1 << 20, 1 << 20], "units[2].header.tensor_dimensions"),
        ([1 << 40, 1 << 40], "units[2].header.tensor_dimensions"),
        ([1] * 33, "units[2].header.count_tensor_dimensions"),
    ],
)
def test_the_place_of_too_large_a_tensor(dimensions, path):
    size = {"tensor_dimensions": dimensions, "count_tensor_dimensions": len(dimensions)}
    data = changed(WEIGHTS, size)
    with pytest.raises(LimitError, match=r"layer\.w") as caught:
        nnc.decode(data)
    element = path.rpartition(".")[2]
    first = next(one for one in nnc.trace(data).elements() if one.name == element)
    place = f"{first.position >> 3}.{first.position & 7}"
    check_place(caught.value, LimitError, "", path, place)


def test_the_place_of_a_missing_terminating_bin():
    with pytest.raises(InvalidError, match="the terminating bin is 0") as caught:
        nnc.decode(changed(WEIGHTS, {"tensor_dimensions": [2, 4]}))
    error = caught.value
    assert (error.unit, error.path) == (2, "units[2].payload")
    unit = nnc.Bitstream.parse(nnc.encode(WEIGHTS)).units[2]
    within = error.bit_position - 8 * unit.payload_start
    assert 0 < within < 8 * len(unit.payload_bytes)


@pytest.mark.parametrize(("bits", "value"), [("int2", 2), ("int4", -9), ("int8", 128)])
def test_the_place_of_an_integer_that_does_not_fit(bits, value):
    """Which tensor, which value, and the element that says the format."""
    integers = np.zeros((3, 4), np.int16)
    data = nnc.encode({"a": np.ones(2, "f4"), "layer.i": integers})
    integers[1, 2] = value
    other = nnc.Bitstream.parse(nnc.encode({"a": np.ones(2, "f4"), "layer.i": integers}))
    assert len(other.units) == len(nnc.Bitstream.parse(data).units)
    other.units[-1].header.nnr_compressed_data_unit_header.nnr_decompressed_data_format = {
        "int2": 2, "int4": 4, "int8": 5,
    }[bits]  # fmt: skip
    with pytest.raises(InvalidError, match=rf"'layer\.i' holds {value} at \[1, 2\]") as caught:
        nnc.decode(other.to_bytes())
    path = f"units[{len(other.units) - 1}].header.nnr_decompressed_data_format"
    assert caught.value.path == path
    assert caught.value.value == value
    assert caught.value.position
    assert caught.value.schema.startswith("schema/compressed_data_unit.syntax:")


@pytest.mark.parametrize("part_size", [None, 40])
@pytest.mark.parametrize("aggregates", [None, "all"])
def test_places_in_units_that_were_put_together(part_size, aggregates):
    """In a unit that is cut into parts the place of an element is that in the first part."""
    tensors = {"v": np.ones((9, 9), "f4"), **WEIGHTS, "z": np.arange(400, dtype="f4")}
    data = nnc.encode(tensors, part_size=part_size, aggregates=aggregates, codebook=False)
    elements = [one for one in nnc.trace(data).elements() if one.name == "scan_order"]
    damaged = bytearray(data)
    for element in elements:
        # Four bits: 15 is reserved.
        for bit in range(element.position, element.position + 4):
            damaged[bit >> 3] |= 0x80 >> (bit & 7)
    with pytest.raises(InvalidError, match="reserved scan order") as caught:
        nnc.decode(bytes(damaged))
    first = elements[0]
    assert caught.value.path == first.path
    assert caught.value.bit_position == first.position


def test_the_place_of_an_index_in_a_part():
    data = nnc.encode(
        {"a": np.ones((2, 2), "f4"), "w": np.linspace(-1, 1, 900, dtype="f4").reshape(30, 30)},
        references=True,
        part_size=100,
    )
    elements = list(nnc.trace(data).elements())
    index = [one for one in elements if one.name == "topology_elem_id_index"][-1]
    bitstream = nnc.Bitstream.parse(data)
    header = bitstream.units[-1].header.nnr_compressed_data_unit_header
    header.topology_elem_id_index = 3
    with pytest.raises(InvalidError, match="outside the list of element ids, found 3") as caught:
        nnc.decode(bitstream.to_bytes())
    assert caught.value.path == index.path
    assert caught.value.bit_position == index.position


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace(b'"tensors"', b'"tensorz"'), "KeyError"),
        (lambda text: text.replace(b"bfloat16", b"bfloat17"), "unknown dtype"),
        (lambda text: text[:-1] + b"?", "delimiter"),
        (lambda text: text.replace(b"bfloat16", b"bfloat1\xff"), "utf-8"),
    ],
)
def test_the_place_of_metadata_that_can_not_be_read(damage, message):
    import ml_dtypes

    data = nnc.encode({"w": np.ones((2, 2), ml_dtypes.bfloat16)})
    bitstream = nnc.Bitstream.parse(data)
    unit = bitstream.units[2]
    assert unit.type_name == "nnc metadata"
    unit.payload = damage(bytes(unit.payload_bytes))
    for read in (nnc.decode, lambda data: nnc.Decoder().decode(data)):
        with pytest.raises(InvalidError, match=message) as caught:
            read(bitstream.to_bytes())
        assert caught.value.unit == 2
        assert caught.value.path == "units[2].payload"
        assert caught.value.bit_position == 8 * unit.payload_start


@pytest.mark.parametrize("stream", [False, True])
def test_the_place_of_a_tensor_that_is_not_packed_as_noted(tmp_path, stream):
    wide = np.array([[1 << 40, -3]], np.int64)
    bitstream = nnc.Bitstream.parse(nnc.encode({"w": np.ones(2, "f4"), "wide": wide}))
    unit = bitstream.units[2]
    unit.payload = bytes(unit.payload_bytes).replace(b'"shape":[1,2]', b'"shape":[1,9]')
    path = tmp_path / "model.nnc"
    bitstream.save(path)
    with pytest.raises(InvalidError, match="'wide' is not packed") as caught:
        nnc.decode_file(path, tmp_path / "model.npz") if stream else nnc.load_file(path)
    assert (caught.value.unit, caught.value.path) == (4, "units[4].payload")
    assert caught.value.bit_position == 8 * nnc.open(path).units[4].payload_start


INFORMATION = [
    ("deflated-data-not", "units[2].payload.topology_data", "15.0"),
    ("deflated-data-quantization", "units[2].payload.quantization_data", "15.0"),
    (
        "range-quantization_compression_format",
        "units[2].header.quantization_compression_format",
        "14.0",
    ),
    ("constraint-pruning_ratio-above", "units[1].payload", "7.0"),
]


@pytest.mark.parametrize(("name", "path", "position"), INFORMATION)
def test_the_place_of_an_error_beside_the_tensors(name, path, position):
    bitstream = nnc.open(STREAMS / f"{name}.nnc")
    with pytest.raises(BitstreamError) as caught:
        nnc.ModelInformation.of(bitstream)
    check_place(caught.value, BitstreamError, "", path, position)


def test_the_place_of_an_element_in_a_pruning_container():
    """A payload that is a table of its own is read when it is asked for."""
    data = nnc.encode(
        {"w": np.ones((2, 3), "f4")}, pruning=nnc.Pruning(dimensions={"w": (2, 3), "v": (1, 1)})
    )
    name = next(one for one in nnc.trace(data).elements() if one.name == "element_id")
    damaged = bytearray(data)
    damaged[name.position >> 3] = 0xFF
    with pytest.raises(InvalidError, match="UTF-8") as caught:
        nnc.ModelInformation.of(nnc.Bitstream.parse(bytes(damaged)))
    check_place(caught.value, InvalidError, "", name.path, f"{name.position >> 3}.0")


@pytest.mark.parametrize("rows", [None, [1, 1, 0]])
@pytest.mark.parametrize("bits", [5, 7])
def test_the_place_of_a_mask_of_weights_that_does_not_fit(rows, bits):
    pruning = nnc.Pruning(kept=rows, kept_weights=[1] * bits)
    data = nnc.encode({"w": np.ones((2, 3), "f4")}, pruning=pruning)
    with pytest.raises(InvalidError, match="mask of weights") as caught:
        nnc.decode(data, pruned=False, full_dimensions={"w": (3, 3) if rows else (2, 3)})
    error = caught.value
    assert nnc.Bitstream.parse(data).get(error.path) == error.value == bits
    count = [one for one in nnc.trace(data).elements() if one.name == "count_bits"][-1]
    assert error.bit_position == count.position
