"""Paths: where they lead, and what is said of those that lead nowhere."""

import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.bitstream.editing.parts import wrap
from nnc.bitstream.paths import parse_path, places
from tests.cases import CASES, FOLDER

DEFAULT = FOLDER / "p1-base-default-dq" / "bitstream.nnc"


@pytest.fixture
def bitstream():
    return Bitstream.open(DEFAULT)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("units[3].header.dq_flag", 1),
        ("units[3].header.nnr_compressed_data_unit_header.dq_flag", 1),
        ("units[3].header.tensor_dimensions", [10, 6, 3, 3]),
        ("units[3].header.tensor_dimensions[1]", 6),
        ("units[3].header.tensor_dimensions_list.tensor_dimensions[1]", 6),
        ("units[1].payload.mps_qp_density", 2),
        ("units[3].header.codebook_size", None),
        ("units[3].nnr_unit_size", 504),
        ("units[3].nnr_unit_size_flag", 0),
        ("units[0].header.general_profile_idc", 1),
    ],
)
def test_a_path_leads_to_one_value(bitstream, path, value):
    assert bitstream.get(path) == value


def test_a_star_leads_to_all_that_are_present(bitstream):
    names = bitstream.get("units[*].header.topology_elem_id")
    assert names[0] == ("units[3].header.topology_elem_id", "conv1.weight")
    assert [name for _, name in names] == ["conv1.weight", "conv1.bias", "fc.weight", "fc.bias"]
    assert bitstream.get("units[5].header.tensor_dimensions[*]") == [
        ("units[5].header.tensor_dimensions[0]", 22),
        ("units[5].header.tensor_dimensions[1]", 31),
    ]


def test_units_within_aggregates(bitstream):
    wrap(bitstream, 3, 6)
    assert bitstream.get("units[3].units[2].header.topology_elem_id") == "fc.weight"
    assert len(bitstream.get("units[*].units[*].header.topology_elem_id")) == 4


def test_an_alias_tells_two_called_tables_apart():
    case = next(case for case in CASES if "codebook" in case.name and "block-dc" in case.name)
    bitstream = Bitstream.open(case.bitstreams[0])
    path, _ = bitstream.get("units[*].header.integer_codebook_dc.codebook_size")[0]
    unit = path.partition(".")[0]
    header = next(places(bitstream.units, unit)).unit.header.nnr_compressed_data_unit_header
    assert bitstream.get(path) == header.integer_codebook_dc.codebook_size
    assert bitstream.get(f"{unit}.header.codebook_size") == header.integer_codebook.codebook_size


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("foo", "column 1: expected 'units', as in units\\[3\\].header, found 'f'"),
        ("", "column 1: expected a name, found the end"),
        ("units", "column 6: expected the number of a unit"),
        ("units[3", "column 6: expected an index like"),
        ("units[3]]", "column 9: expected '.', '\\[' or the end, found ']'"),
        ("units[3].", "column 10: expected a name, found the end"),
        ("units[99]", r"there is no units\[99\], they go up to 6"),
        ("units[3].units[0]", "holds no units"),
        ("units[3].heder.dq_flag", "column 10: a unit has only header, payload"),
        ("units[3].header.qd_flag", "column 17: .* has no element 'qd_flag'; did you mean dq_flag"),
        ("units[3].header[0]", "column 16: expected"),
        ("units[3].header.dq_flag[0]", "column 17: dq_flag takes no indices"),
        ("units[3].header.tensor_dimensions[9]", r"index 9 is not in 0\.\.3"),
        ("units[3].header.tensor_dimensions[0][0]", "takes 1 index"),
        ("units[3].header.dq_flag.x", "expected the end"),
        ("units[3].payload.mps_qp_density", "nnr_compressed_data_unit_payload has no element"),
        ("units[0].payload.mps_qp_density", "the payload of NNR_STR has no elements"),
        ("units[*].header.qd_flag", "has no element 'qd_flag'"),
    ],
)
def test_a_wrong_path_is_named_with_its_column(bitstream, path, message):
    with pytest.raises(nnc.InputError, match=message):
        bitstream.get(path)


def test_the_path_of_a_place_leads_back(bitstream):
    for path in ("units[3].header.tensor_dimensions[1]", "units[1].payload.mps_qp_density"):
        assert next(places(bitstream.units, path)).path == path


def test_steps_have_columns():
    steps = parse_path("units[3].header.dim[1][*]")
    assert [(step.name, step.indices, step.column) for step in steps] == [
        ("units", (3,), 1),
        ("header", (), 10),
        ("dim", (1, "*"), 17),
    ]
