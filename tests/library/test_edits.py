"""Changed files of the library's formats: other programs take them, and tell what was changed."""

import json
import subprocess
from pathlib import Path

import pytest

from nnc.engine.format import Format
from tests.library.files import accepted

FOLDER = Path(__file__).parent


def opened(name):
    path = FOLDER / name
    return Format.load(path.parent.name).open(path)


def told(path, demuxer):
    """Return what ffprobe says of the first stream of a file, which it decodes without a word."""
    options = ["-loglevel", "warning", "-f", demuxer, "-threads", "1"]
    assert accepted(["ffmpeg", "-nostdin", *options, "-i", str(path), "-f", "null", "-"])
    command = ["ffprobe", *options, "-show_streams", "-show_format", "-of", "json", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found["streams"][0] | {"format": found["format"]}


def saved(document, path):
    document.save(path)
    assert document.format.open(path) == document
    return path


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ({"nal_unit[0].level_idc": 51}, {"level": 51}),
        ({"nal_unit[0].aspect_ratio_idc": 255}, {"sample_aspect_ratio": "3:2"}),
        (
            {
                "nal_unit[0].frame_cropping_flag": 1,
                "nal_unit[0].frame_crop_right_offset": 2,
                "nal_unit[0].frame_crop_bottom_offset": 1,
            },
            {"width": 44, "height": 30},
        ),
    ],
)
def test_h264(values, answer, tmp_path):
    document = opened("h264/main_b.h264")
    plan = document.set_all(values)
    if "nal_unit[0].aspect_ratio_idc" in values:
        appeared = {"nal_unit[0].sar_width", "nal_unit[0].sar_height"}
        assert appeared <= {change.path for change in plan.changes}
        document.set_all({"nal_unit[0].sar_width": 3, "nal_unit[0].sar_height": 2})
    found = told(saved(document, tmp_path / "changed.h264"), "h264")
    assert {name: found[name] for name in answer} == answer


@pytest.mark.parametrize(
    ("values", "answer"),
    [
        ({"open_bitstream_unit[1].color_range": 1}, {"color_range": "pc"}),
        (
            {
                "open_bitstream_unit[1].color_description_present_flag": 1,
                "open_bitstream_unit[1].color_primaries": 9,
                "open_bitstream_unit[1].transfer_characteristics": 16,
                "open_bitstream_unit[1].matrix_coefficients": 9,
            },
            {"color_primaries": "bt2020", "color_transfer": "smpte2084", "color_space": "bt2020nc"},
        ),
        ({"open_bitstream_unit[1].operating_point[0].seq_level_idx": 5}, {"level": 5}),
    ],
)
def test_av1(values, answer, tmp_path):
    document = opened("av1/low_delay.obu")
    document.set_all(values)
    path = saved(document, tmp_path / "changed.obu")
    found = told(path, "obu")
    assert {name: found[name] for name in answer} == answer
    assert accepted(["dav1d", "--quiet", "-i", str(path), "-o", "/dev/null", "--muxer", "null"])


def test_a_unit_comes_into_av1(tmp_path):
    document = opened("av1/low_delay.obu")
    unit = {
        "obu_header": {"obu_type": 15, "obu_has_size_field": 1},
        "sized_payload": {"obu_payload": {"obu_padding": b"nothing\x80"}},
    }
    document.insert("open_bitstream_unit[2]", unit)
    assert document.get("open_bitstream_unit[2].obu_size") == 8
    assert told(saved(document, tmp_path / "changed.obu"), "obu")["codec_name"] == "av1"


def test_boxes(tmp_path):
    document = opened("isobmff/plain.mp4")
    document.insert("box[0].compatible_brand[1]", "mp42")
    document.remove("box[0].compatible_brand[4]")
    document.set("box[3].box[0].rate", 2 << 16)
    found = told(saved(document, tmp_path / "changed.mp4"), "mp4")
    assert found["format"]["tags"]["compatible_brands"] == "isommp42iso2avc1"


def test_a_box_comes_and_goes(tmp_path):
    document = opened("isobmff/plain.mp4")
    before = document.get("box[3].size")
    document.insert(
        "box[3].boxes.box[0]", {"box_header": {"size": 11, "type": 0x66726565}, "data": b"abc"}
    )
    assert document.get("box[3].size") == before + 11
    gone = document.get("box[3].box[3].size")
    document.remove("box[3].box[3]")
    assert document.get("box[3].size") == before + 11 - gone
    assert told(saved(document, tmp_path / "changed.mp4"), "mp4")["nb_frames"] == "3"


def test_durations_in_boxes(tmp_path):
    document = opened("isobmff/plain.mp4")
    table = "box[3].box[1].box[2].box[2].box[2].box[1]"
    document.set(f"{table}.sample_delta[0]", 2048)
    assert told(saved(document, tmp_path / "changed.mp4"), "mp4")["avg_frame_rate"] == "5/1"
