"""The generated tables on real bitstreams, and on units that no real bitstream has."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nnc import syntax
from nnc.bitio import BitReader, BitWriter
from nnc.bitio.errors import BuildError, InvalidError, MissingValueError
from nnc.syntax import Scope

ROOT = Path(__file__).parents[3]
VECTORS = sorted((ROOT / "tests" / "vectors").glob("*/bitstream*.nnc"))


def given_for(folder):
    """Return the function that supplies what the bitstreams of a vector don't carry."""

    def given(name, table):
        if name == "unification_class_count_is_bitmask":
            return int(folder.name.endswith("upm-bitmask"))
        if name == "decomposed_tensor_role":
            return {"_G": 1, "_H": 2}.get(table.topology_elem_id[-2:], 0)
        if name == "out_of_band_tensor_dimensions":
            return np.load(folder / "expected.npz")[table.topology_elem_id].shape
        return None

    return given


def parse_units(data, scope):
    reader = BitReader(data)
    units = []
    while reader.position < reader.end:
        units.append(syntax.nnr_unit._parse(reader, scope, ""))
    return units


def build_units(units, scope):
    writer = BitWriter()
    for unit in units:
        syntax.nnr_unit._build(unit, writer, scope, "")
    return writer.to_bytes()


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_vector_round_trips(path):
    data = path.read_bytes()
    given = given_for(path.parent)
    units = parse_units(data, Scope(given))
    assert build_units(units, Scope(given)) == data
    assert all(not unit.trailing_data for unit in units)


def test_there_are_vectors():
    assert len(VECTORS) > 100


def unit(nnr_unit_type, payload, **header):
    """Make a unit whose size is still to be set."""
    return syntax.NnrUnit(
        nnr_unit_size=syntax.NnrUnitSize(nnr_unit_size_flag=0, nnr_unit_size=0),
        nnr_unit_header=syntax.NnrUnitHeader(
            nnr_unit_type=nnr_unit_type,
            independently_decodable_flag=1,
            partial_data_counter_present_flag=0,
            **header,
        ),
        nnr_unit_payload=payload,
    )


def sized(table, scope):
    """Set the size of a unit to what it takes."""
    with pytest.raises(BuildError, match="the size of nnr_unit is wrong") as error:
        syntax.nnr_unit._build(table, BitWriter(), scope.copy(), "")
    bits = int(error.value.allowed.removesuffix(" bits"))
    table.nnr_unit_size.nnr_unit_size = bits // 8
    return table


def start_unit(scope):
    header = syntax.NnrStartUnitHeader(general_profile_idc=1)
    payload = syntax.NnrUnitPayload(nnr_start_unit_payload=syntax.NnrStartUnitPayload())
    return sized(unit(syntax.NNR_STR, payload, nnr_start_unit_header=header), scope)


def opaque_unit(scope):
    payload = syntax.NnrUnitPayload(opaque_payload=b"anything")
    return sized(unit(40, payload), scope)


@pytest.mark.parametrize("has_tail", [0, 1])
def test_aggregates_nest(has_tail):
    scope = Scope(lambda name, table: has_tail if name == "aggregate_has_tail" else None)

    def aggregate(*units):
        tail = [3] * len(units) if has_tail else None
        header = syntax.NnrAggregateUnitHeader(
            nnr_aggregate_unit_type=0,
            entry_points_present_flag=1,
            num_of_nnr_units_minus2=len(units) - 2,
            nnr_unit_type=[each.nnr_unit_header.nnr_unit_type for each in units],
            nnr_unit_entry_point=[0] * len(units),
            quant_bitdepth=tail,
            ctu_scan_order=tail and [1] * len(units),
        )
        payload = syntax.NnrUnitPayload(
            nnr_aggregate_unit_payload=syntax.NnrAggregateUnitPayload(nnr_unit=list(units))
        )
        return sized(unit(syntax.NNR_AGG, payload, nnr_aggregate_unit_header=header), scope)

    inner = aggregate(opaque_unit(scope), start_unit(scope), opaque_unit(scope))
    outer = aggregate(inner, start_unit(scope))
    data = build_units([outer], scope.copy())
    (again,) = parse_units(data, scope.copy())
    assert again == outer
    assert build_units([again], scope.copy()) == data


def compressed_header(**values):
    """Make a header of a 2 x 3 matrix, profile 0."""
    dimensions = syntax.TensorDimensionsList(
        count_tensor_dimensions=2, tensor_dimensions=values.pop("dimensions", [2, 3])
    )
    return syntax.NnrCompressedDataUnitHeader(
        **{
            "nnr_compressed_data_unit_payload_type": syntax.NNR_PT_FLOAT,
            "nnr_multiple_topology_elements_present_flag": 0,
            "nnr_decompressed_data_format_present_flag": 0,
            "input_parameters_present_flag": 1,
            "topology_elem_id": "weight",
            "codebook_present_flag": 0,
            "dq_flag": 1,
            "tensor_dimensions_flag": 1,
            "cabac_unary_length_flag": 0,
            "compressed_parameter_types": 0,
            "tensor_dimensions_list": dimensions,
            "scan_order": 0,
        }
        | values
    )


CONTEXT = {
    "general_profile_idc": 0,
    "mps_topology_indexed_reference_flag": 0,
    "mps_parent_signalling_enabled_flag": 0,
}


def round_trip(header, **context):
    data = syntax.nnr_compressed_data_unit_header.build(header, **CONTEXT | context)
    again = syntax.nnr_compressed_data_unit_header.parse(data, **CONTEXT | context)
    assert again == header
    return again


def entry_points(rows):
    return {
        "scan_order": 1,
        "cabac_offset_list": [7] * rows,
        "dq_state_list": [3] * rows,
        "bit_offset_delta1": 100 if rows else None,
        "bit_offset_delta2": [-5] * max(rows - 1, 0),
    }


def test_entry_points():
    header = round_trip(compressed_header(dimensions=[33, 3], **entry_points(4)))
    assert header.numBlockRowsMinus1 == 4
    assert header.BitOffsetList == [100, 95, 90, 85]
    with pytest.raises(BuildError, match="cabac_offset_list: wrong number of values"):
        round_trip(compressed_header(dimensions=[34, 3], **entry_points(3)))


@pytest.mark.parametrize(("role", "rows"), [(0, 5), (1, 2), (2, 1)])
def test_entry_points_of_a_decomposed_layer_in_its_own_units(role, rows):
    values = {
        "compressed_parameter_types": syntax.NNR_CPT_DC,
        "decomposition_rank": 9,
        "g_number_of_rows": 17,
        "dimensions": [48, 3],
    }
    header = compressed_header(**values, **entry_points(rows))
    assert round_trip(header, decomposed_tensor_role=role).numBlockRowsMinus1 == rows
    with pytest.raises(MissingValueError, match="decomposed_tensor_role was not given"):
        round_trip(header)


def test_entry_points_of_a_decomposed_block():
    header = compressed_header(
        nnr_compressed_data_unit_payload_type=syntax.NNR_PT_BLOCK,
        compressed_parameter_types=syntax.NNR_CPT_DC,
        decomposition_rank=9,
        g_number_of_rows=17,
        **entry_points(3),
    )
    assert round_trip(header).numBlockRowsMinus1 == 3
    header.decomposition_rank = 0
    header.cabac_offset_list = header.dq_state_list = [1, 2]
    header.bit_offset_delta2 = [1]
    assert round_trip(header).numBlockRowsMinus1 == 2


@pytest.mark.parametrize("size", [0, 1, 2, 5])
@pytest.mark.parametrize("offset", [-3, -1, 0, 1, 2])
def test_codebooks(size, offset):
    zero = (size >> 1) + offset
    table = syntax.IntegerCodebook(
        codebook_egk=1,
        codebook_size=size,
        codebook_centre_offset=offset,
        codebook_zero_value=10,
        codebook_delta_left=list(range(max(zero, 0))),
        codebook_delta_right=[2] * (size - 1 - zero),
    )
    if not 0 <= zero < size:
        with pytest.raises(BuildError, match="index outside of the array"):
            syntax.integer_codebook.build(table)
        writer = BitWriter()
        for verb, order, value in (("u", 4, 1), ("ue", 2, size), ("ie", 2, offset), ("ie", 7, 10)):
            getattr(writer, verb)(order, value, "")
        with pytest.raises(InvalidError, match="index outside of the array"):
            syntax.integer_codebook.parse(writer.to_bytes())
        return
    data = syntax.integer_codebook.build(table)
    again = syntax.integer_codebook.parse(data)
    assert again == table
    assert (again.cbZeroOffset, again.codebook[zero], len(again.codebook)) == (zero, 10, size)
    assert again.codebook == sorted(set(again.codebook))


def test_dimensions_from_outside():
    values = {
        "nnr_compressed_data_unit_payload_type": syntax.NNR_PT_RAW_FLOAT,
        "codebook_present_flag": None,
        "dq_flag": None,
        "tensor_dimensions_flag": 0,
        "tensor_dimensions_list": None,
    }
    header = compressed_header(**values)
    scope = Scope.from_context(CONTEXT | {"out_of_band_tensor_dimensions": [2, 2]})
    writer = BitWriter()
    syntax.nnr_compressed_data_unit_header._build(header, writer, scope, "")
    assert scope.tensor_dimensions == [2, 2]
    assert scope.cabac_unary_length_minus1 == 9
    payload = syntax.nnr_compressed_data_unit_payload._parse(
        BitReader(np.arange(4, dtype="<f4").tobytes()), scope, ""
    )
    assert payload.raw_float32_parameter.tolist() == [0, 1, 2, 3]
    with pytest.raises(MissingValueError, match="out_of_band_tensor_dimensions was not given"):
        round_trip(header)


def test_unit_before_its_parameter_sets():
    with pytest.raises(InvalidError, match="nnr_model_parameter_set_unit_payload"):
        syntax.nnr_compressed_data_unit_header.parse(b"\x00")


def test_every_element_has_a_text_and_every_table_its_place():
    for name, table in syntax.TABLES.items():
        assert table.table == name
        assert (ROOT / table.schema.partition(":")[0]).is_file()
        for element in table.elements.values():
            assert element.text
            assert element.status in ("interop", "peer", "draft", "ours")


def test_committed_modules_are_what_the_schema_gives():
    done = subprocess.run(
        [sys.executable, "-m", "generator", "diff"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
