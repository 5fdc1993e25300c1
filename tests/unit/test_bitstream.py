"""Units: parsing, parameter sets in force, writing, and what is refused."""

import pytest

import nnc
from nnc.bitstream import Bitstream, Unit
from nnc.bitstream.sizes import LONG_SIZE_LIMIT, size_field
from nnc.syntax import NnrUnitHeader, NnrUnitSize, NnrUnitType
from tests.cases import FOLDER

DEFAULT = FOLDER / "p1-base-default-dq" / "bitstream.nnc"


@pytest.fixture
def data():
    return DEFAULT.read_bytes()


def opaque(payload: bytes, nnr_unit_type: int = 40) -> Unit:
    """A unit of a type that the standard leaves to applications."""
    header = NnrUnitHeader(
        nnr_unit_type=nnr_unit_type,
        independently_decodable_flag=1,
        partial_data_counter_present_flag=0,
    )
    return Unit(header, payload)


def test_units_in_order(data):
    bitstream = Bitstream.parse(data)
    kinds = [unit.nnr_unit_type for unit in bitstream.units]
    assert kinds[:2] == [NnrUnitType.NNR_STR, NnrUnitType.NNR_MPS]
    assert set(kinds[2:]) <= {NnrUnitType.NNR_NDU, NnrUnitType.NNR_TPL}
    assert sum(unit.byte_size for unit in bitstream.units) == len(data)
    assert [unit.path for unit in bitstream.units][:2] == ["units[0]", "units[1]"]


def test_parameter_sets_in_force(data):
    first = Bitstream.parse(data)
    unit = first.units[-1]
    assert unit.parameter_sets.start is first.units[0]
    assert unit.parameter_sets.mps is first.units[1]
    assert unit.parameter_sets.lps is None
    # Another model after the first one starts afresh.
    both = Bitstream.parse(data + data)
    assert both.units[-1].parameter_sets.mps is both.units[len(first.units) + 1]
    assert both.to_bytes() == data + data


def test_elements_are_found_from_the_header(data):
    header = Bitstream.parse(data).units[-1].header
    assert header.dq_flag == header.nnr_compressed_data_unit_header.dq_flag
    with pytest.raises(AttributeError, match="no element 'qd_flag'"):
        _ = header.qd_flag
    with pytest.raises(AttributeError):
        header.qd_flag = 1


def test_a_changed_name_changes_nothing_else(data):
    bitstream = Bitstream.parse(data)
    unit = bitstream.units[-1]
    before = unit.names[0]
    unit.header.nnr_compressed_data_unit_header.topology_elem_id = "a longer name than before"
    changed = bitstream.to_bytes()
    assert len(changed) == len(data) + len("a longer name than before") - len(before)
    after, untouched = nnc.decode(changed), nnc.decode(data)
    assert set(after) ^ set(untouched) == {before, "a longer name than before"}


def test_a_unit_grows_over_the_short_size():
    for length, flag in [(32764, 0), (32765, 1), (32766, 1)]:
        written = Bitstream([opaque(bytes(length))]).to_bytes()
        assert written[0] >> 7 == flag
        assert len(written) == length + 1 + (4 if flag else 2)
        parsed = Bitstream.parse(written)
        assert parsed.units[0].payload == bytes(length)
        assert parsed.to_bytes() == written


def test_a_long_size_of_a_short_unit_is_kept():
    unit = (1 << 31 | 8).to_bytes(4, "big") + bytes([40 << 2]) + b"abc"
    bitstream = Bitstream.parse(unit)
    assert bitstream.to_bytes() == unit
    bitstream.units[0].size = None
    assert bitstream.to_bytes() == b"\0\6" + unit[4:]


def test_a_size_beyond_31_bits_is_refused():
    with pytest.raises(nnc.BuildError, match="too large"):
        size_field(LONG_SIZE_LIMIT, None)
    assert size_field(LONG_SIZE_LIMIT - 4, None) == NnrUnitSize(
        nnr_unit_size_flag=1, nnr_unit_size=LONG_SIZE_LIMIT
    )


def test_unknown_units_and_bytes_after_a_payload_survive(data):
    units = Bitstream.parse(data).units
    mps = units[1]
    raw = bytearray(data[mps.start : mps.start + mps.byte_size])
    raw[:2] = (len(raw) + 3).to_bytes(2, "big")
    begin, end = data[: mps.start], data[mps.start + mps.byte_size :]
    strange = begin + bytes(raw) + b"xyz" + Bitstream([opaque(b"?")]).to_bytes() + end
    bitstream = Bitstream.parse(strange)
    assert bytes(bitstream.units[1].trailing) == b"xyz"
    assert bitstream.units[2].type_name == "type 40"
    assert bitstream.to_bytes() == strange


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (b"\0", nnc.IncompleteError, "too early"),
        (b"\0\2", nnc.InvalidError, "smaller than its size field"),
        (b"\0\0\0\0", nnc.InvalidError, "smaller than its size field"),
        (b"\0\5\0", nnc.IncompleteError, "runs past the end"),
        (b"\x80\0\0\4\0", nnc.InvalidError, "smaller than its size field"),
        (b"\0\3\0", nnc.IncompleteError, "too early"),
        (b"\0\6\x14a\0\0", nnc.InvalidError, "should have come before"),
    ],
)
def test_damage_is_named(data, kind, message):
    with pytest.raises(kind, match=message) as caught:
        Bitstream.parse(data)
    assert caught.value.unit == 0
    assert caught.value.path.startswith("units[0]")


def test_an_error_tells_everything(data):
    unit = Bitstream.parse(data).units[-1]
    damaged = bytearray(data)
    damaged[unit.start + 4] = 0xFF  # within the name
    with pytest.raises(nnc.InvalidError) as caught:
        Bitstream.parse(bytes(damaged))
    error = caught.value
    assert error.path == f"{unit.path}.header.topology_elem_id"
    assert error.unit_type == "NNR_NDU"
    assert error.position == f"{unit.start + 4}.0"
    assert error.schema.startswith("schema/compressed_data_unit.syntax:")
    assert error.clause
    assert error.as_dict()["kind"] == "invalid"
    for part in (error.path, error.position, "UTF-8", "clause", error.schema):
        assert part in str(error)


def test_no_unit_without_its_parameter_sets(data):
    units = Bitstream.parse(data).units
    with pytest.raises(nnc.NncError, match="general_profile_idc is not known"):
        Bitstream.parse(data[units[1].start :])


def test_out_of_band_values_are_asked_for_by_name():
    data = (FOLDER / "p1-oob" / "bitstream.nnc").read_bytes()
    bitstream = Bitstream.parse(data)
    assert bitstream.to_bytes() == data
    missing = [unit for unit in bitstream.units if unit.header is None]
    assert missing
    with pytest.raises(nnc.MissingValueError, match="dimensions of the unit's tensor"):
        nnc.decode(bitstream)


def test_an_empty_file_is_an_empty_bitstream(tmp_path):
    path = tmp_path / "empty.nnc"
    path.write_bytes(b"")
    assert nnc.open(path).units == []
    assert Bitstream([]).to_bytes() == b""


def test_saving_leaves_nothing_behind_when_it_fails(tmp_path):
    target = tmp_path / "model.nnc"
    target.write_bytes(b"precious")
    unit = opaque(b"")
    unit.header.nnr_unit_type = 64
    with pytest.raises(nnc.BuildError, match=r"units\[1\]\.header\.nnr_unit_type"):
        Bitstream([opaque(b"x"), unit]).save(target)
    assert target.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [target]
