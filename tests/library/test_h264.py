"""The library's H.264: its tables are those of the standard as printed, and real sets pass them."""

import importlib
import sys
from pathlib import Path

import pytest
from nnc_schema.language.reader import read_schema
from nnc_schema.passes.checker import check
from nnc_schema.targets.docs.target import generate as pages
from nnc_schema.targets.python.target import modules
from nnc_schema.targets.strategies.target import generate as strategies

from nnc.bitio import BitReader, BitWriter
from nnc.bitio.errors import BitstreamError, BuildError, InvalidError

SCHEMA = Path(__file__).parents[2] / "schema" / "library" / "h264"

#: Sequence and picture parameter set of a stream, made by x264.
STREAMS = {
    "High, usability information with buffer": (
        "6764000dacd94141fb01b501010140000003004000000c991000c350007a12930c01e28532c0",
        "68ebe3cb22c0",
    ),
    "High, interlaced, scaling lists": (
        "67640015acd941410fcb808800000300080000030190f8a14cb0",
        "68fba3cb3c547610e23151584010b08021210043080212c0",
    ),
    "Baseline": ("6742c00dd90141fb011000000300100000030320f142a480", "68cb83cb20"),
    "High 4:4:4, default scaling lists": (
        "67f4000d919b28283f6022000003000200000300641e28532c",
        "68ebe3c44c000440",
    ),
    "High 10, cropped": (
        "676e000da6cd94150878888c04400000fa40003a9803c50a6580",
        "68ebe3cb22c0",
    ),
}


@pytest.fixture(scope="module")
def analysis():
    return check(read_schema(SCHEMA))


@pytest.fixture(scope="module")
def h264(analysis, tmp_path_factory):
    folder = tmp_path_factory.mktemp("h264")
    made = modules(analysis, {"package": "made_h264", "runtime": "nnc.bitio"})
    options = {"package": "made_h264_drawn", "syntax": "made_h264", "runtime": "nnc.bitio"}
    for package, files in (
        ("made_h264", made),
        ("made_h264_drawn", strategies(analysis, options)),
    ):
        (folder / package).mkdir()
        for name, text in files.items():
            (folder / package / name).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("made_h264")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith("made_h264")]:
        del sys.modules[name]


def payload(text):
    """Return the bytes of a unit, with those that prevent start codes."""
    return bytes.fromhex(text)


def parse_sets(h264, name, scope):
    return [h264.nal_unit._parse(BitReader(payload(text)), scope, "") for text in STREAMS[name]]


@pytest.mark.parametrize("name", STREAMS)
def test_real_parameter_sets_are_read_and_written_bit_for_bit(h264, name):
    scope = h264.Scope()
    units = parse_sets(h264, name, h264.Scope())
    for unit, text in zip(units, STREAMS[name], strict=True):
        writer = BitWriter()
        h264.nal_unit._build(unit, writer, scope, "")
        assert writer.to_bytes() == payload(text)


def test_usability_information(h264):
    unit, picture = parse_sets(h264, "High, usability information with buffer", h264.Scope())
    data = unit.seq_parameter_set_data
    assert (data.profile_idc, data.level_idc) == (h264.ProfileIdc.HIGH, 13)
    assert 16 * (data.pic_width_in_mbs_minus1 + 1) == 320
    usability = data.vui_parameters
    assert (usability.num_units_in_tick, usability.time_scale) == (1, 50)
    assert usability.colour_primaries == 1
    assert usability.hrd_parameters.cpb_cnt_minus1 == 0
    assert usability.hrd_parameters_2 is None
    assert usability.low_delay_hrd_flag == 0
    assert usability.max_dec_frame_buffering >= usability.max_num_reorder_frames
    assert picture.transform_8x8_mode_flag == 1


def test_scaling_lists(h264):
    _, picture = parse_sets(h264, "High, interlaced, scaling lists", h264.Scope())
    lists = picture.pic_parameter_set_rbsp
    assert lists.pic_scaling_list_present_flag[0] == 1
    assert [len(each) for each in lists.ScalingList4x4 if each] == [16] * sum(
        lists.pic_scaling_list_present_flag[:6]
    )
    # In zigzag order.
    assert lists.ScalingList4x4[0][:4] == [8, 13, 13, 20]


def test_picture_parameter_sets_see_the_sequence_that_they_name(h264):
    # 4:4:4 has twelve flags where others have eight: it takes the right sequence to read them.
    scope = h264.Scope()
    first, second = STREAMS["High 4:4:4, default scaling lists"]
    h264.nal_unit._parse(BitReader(payload(first)), scope, "")
    other = h264.nal_unit._parse(BitReader(payload(STREAMS["Baseline"][0])), h264.Scope(), "")
    other.seq_parameter_set_data.seq_parameter_set_id = 5
    writer = BitWriter()
    h264.nal_unit._build(other, writer, h264.Scope(), "")
    h264.nal_unit._parse(BitReader(writer.to_bytes()), scope, "")
    assert scope.chroma_format_idc == 1
    picture = h264.nal_unit._parse(BitReader(payload(second)), scope, "")
    assert scope.chroma_format_idc == 3
    assert picture.active_seq_parameter_set_id == 0
    picture.pic_parameter_set_rbsp.active_seq_parameter_set_id = 7
    with pytest.raises(BuildError, match="no seq_parameter_set_data has this number"):
        h264.nal_unit._build(picture, BitWriter(), scope, "")


def test_an_edited_set_ends_where_it_has_to(h264):
    unit, _ = parse_sets(h264, "Baseline", h264.Scope())
    data = unit.seq_parameter_set_data
    before = h264.nal_unit.build(unit)
    data.vui_parameters.bitstream_restriction_flag = 0
    for name in [
        "motion_vectors_over_pic_boundaries_flag",
        "max_bytes_per_pic_denom",
        "max_bits_per_mb_denom",
        "log2_max_mv_length_horizontal",
        "log2_max_mv_length_vertical",
        "max_num_reorder_frames",
        "max_dec_frame_buffering",
    ]:
        setattr(data.vui_parameters, name, None)
    after = h264.nal_unit.build(unit)
    assert len(after) < len(before)
    assert h264.nal_unit.parse(after).seq_parameter_set_data == data


def test_cut_sets_are_incomplete(h264):
    whole = payload(STREAMS["Baseline"][0])
    for size in range(1, len(whole)):
        with pytest.raises(BitstreamError):
            h264.nal_unit.parse(whole[:size])


def test_a_picture_without_its_sequence_is_refused(h264):
    with pytest.raises(InvalidError, match="no seq_parameter_set_data has this number") as caught:
        h264.nal_unit.parse(payload(STREAMS["Baseline"][1]))
    assert caught.value.path == "active_seq_parameter_set_id"


def test_drawn_sets_are_read_and_written(h264):
    drawn = importlib.import_module("made_h264_drawn")
    accepted = 0
    for seed in range(60):
        scope, again, third = h264.Scope(), h264.Scope(), h264.Scope()
        source = drawn.RandomSource(seed)
        try:
            for kind in (7, 8):
                drawer = drawn.Drawer(source, fixed={"nal_unit_type": kind})
                unit = drawn.TABLES["nal_unit"](drawer, scope)
                data = drawer.to_bytes()
                assert h264.nal_unit._parse(BitReader(data), again, "") == unit
                writer = BitWriter()
                h264.nal_unit._build(unit, writer, third, "")
                assert writer.to_bytes() == data
        except drawn.RejectedError:
            continue
        accepted += 1
    assert accepted > 30


def test_pages_show_the_tables_as_printed(analysis):
    made = pages(analysis, {"title": "H.264", "introduction": ""})
    page = made["pic_parameter_set_rbsp.md"]
    assert "u(v)" in page
    assert "se(v)" in page
    assert "more_rbsp_data()" in page
