"""Drawn bitstreams: between them they hold all that ties units to each other."""

import pytest

from nnc.bitio import InvalidError
from nnc.bitstream import Bitstream
from nnc.fuzzing.corpus import first_drawn
from nnc.fuzzing.plans import FORMATS, Planner
from nnc.fuzzing.strategies import RandomSource
from nnc.fuzzing.whole import draw_broken, draw_syntax, draw_valid
from nnc.inspect.checking import check
from nnc.syntax import CompressedDataUnitPayloadType, NnrUnitType, TopologyStorageFormat


@pytest.fixture(scope="module")
def headers():
    """Headers of all units of some valid bitstreams."""
    return [header for seed in range(300) for header, _ in draw_valid(RandomSource(seed)).tables]


def test_all_kinds_of_units_are_drawn(headers):
    assert set(NnrUnitType) <= {header.nnr_unit_type for header in headers}
    assert any(header.nnr_unit_type >= 32 for header in headers)
    cut = {header.nnr_unit_type for header in headers if header.partial_data_counter}
    assert cut == {NnrUnitType.NNR_TPL, NnrUnitType.NNR_QNT, NnrUnitType.NNR_NDU}


def values(headers, element):
    """Return the values of one element of compressed data units."""
    units = (header.nnr_compressed_data_unit_header for header in headers)
    return {getattr(unit, element) for unit in units if unit is not None}


def test_all_kinds_of_data_units_are_drawn(headers):
    assert values(headers, "nnr_compressed_data_unit_payload_type") == set(
        CompressedDataUnitPayloadType
    )
    types = values(headers, "compressed_parameter_types") - {None}
    assert {bit for bit in (1, 2, 4, 8) for value in types if value & bit} == {1, 2, 4, 8}
    assert values(headers, "scan_order") >= set(range(5))
    assert values(headers, "parent_node_id_type") == {None, 0, 1, 2}
    assert values(headers, "input_parameters_present_flag") == {0, 1}
    assert values(headers, "tensor_dimensions_flag") == {None, 0, 1}
    assert len(values(headers, "topology_elem_id_index")) > 3
    assert len(values(headers, "first_tensor_dimension_shift")) > 2
    units = [header.nnr_compressed_data_unit_header for header in headers]
    assert any(unit and unit.topology_tensor_dimension_mapping for unit in units)


def test_a_list_of_ids_precedes_the_indices_into_it():
    for seed in range(60):
        planner = Planner(RandomSource(seed))
        if not planner.indexed:
            continue
        units = [inner for unit in planner.units for inner in unit.units or [unit]]
        formats = [unit.fixed.get("topology_storage_format") for unit in units]
        kinds = [unit.kind for unit in units]
        place = formats.index(TopologyStorageFormat.NNR_TPL_REFLIST)
        assert NnrUnitType.NNR_NDU not in kinds[:place]


def test_formats_hold_every_drawn_level():
    assert set(FORMATS) == set(CompressedDataUnitPayloadType)


def test_an_update_is_drawn_with_its_base():
    drawn = next(
        found for seed in range(40) if (found := draw_valid(RandomSource(seed))).base is not None
    )
    base = Bitstream.parse(drawn.base.data, **drawn.base.out_of_band)
    update = Bitstream.parse(drawn.data, **drawn.out_of_band)
    names = {name for unit in base.walk() for name in unit.names}
    children = [
        name
        for unit in update.walk()
        if getattr(unit.header, "parent_node_id_present_flag", None)
        for name in unit.names
    ]
    assert children
    assert set(children) <= names


def test_an_aggregate_without_tail_is_read_by_its_paths():
    for seed in range(400):
        drawn = draw_valid(RandomSource(seed))
        units = list(Bitstream.parse(drawn.data, **drawn.out_of_band).walk())
        aggregate = next(
            (unit for unit in units if unit.given.get("aggregate_has_tail") == 0), None
        )
        if aggregate is None:
            continue
        assert check(drawn.data, **drawn.out_of_band).findings == []
        return
    pytest.fail("no aggregate without a tail was drawn")


def test_a_size_cut_short_is_told_of_at_the_size():
    drawn, _ = first_drawn("x", lambda source: draw_broken(source, "size-too-small"))
    with pytest.raises(InvalidError) as caught:
        Bitstream.parse(drawn.data, **drawn.out_of_band)
    assert caught.value.path == drawn.broken.path


def test_a_list_of_ids_in_parts_is_no_crash():
    # Drawn from all of the syntax: the list that is pointed into comes in parts.
    drawn = draw_syntax(RandomSource(184))
    assert Bitstream.parse(drawn.data, **drawn.out_of_band).to_bytes() == drawn.data
