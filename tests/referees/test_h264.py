"""H.264 against FFmpeg: name, position and value of each element of headers."""

from pathlib import Path

import pytest

from nnc.engine.drawing import drawing_of
from nnc.engine.format import Format
from tests.referees.ffmpeg import differences, read, traced

FILES = sorted((Path(__file__).parents[1] / "library" / "h264").glob("*.h264"))

#: FFmpeg's names of what we call otherwise: one name stands for one thing in a schema.
NAMES = {
    "gaps_in_frame_num_value_allowed_flag": "gaps_in_frame_num_allowed_flag",
    "active_seq_parameter_set_id": "seq_parameter_set_id",
    "buffering_seq_parameter_set_id": "seq_parameter_set_id",
    "active_pic_parameter_set_id": "pic_parameter_set_id",
    "ff_byte_of_size": "ff_byte",
    "filler_byte": "ff_byte",
    "modification_of_pic_nums_idc_l1": "modification_of_pic_nums_idc",
    "abs_diff_pic_num_minus1_l1": "abs_diff_pic_num_minus1",
    "long_term_pic_num_l1": "long_term_pic_num",
}

#: Bytes of messages that FFmpeg doesn't look into.
OPAQUE = ("payload_byte",)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_real_files(path):
    theirs = traced(path, "h264")
    ours = read(Format.load("h264"), path.read_bytes(), NAMES)
    assert not differences(ours, theirs, OPAQUE)
    assert sum(map(len, theirs)) > 200


def drawn_stream(form, seed):
    """Draw parameter sets, a message and a slice that refers to them."""
    package = drawing_of(form)
    source, scope = package.RandomSource(seed), form.scope({})
    stream = b""
    for kind in (7, 8, 6, 5):
        for _ in range(50):
            drawer, before = package.Drawer(source, fixed={"nal_unit_type": kind}), scope.copy()
            try:
                package.TABLES["nal_unit"](drawer, scope)
            except package.RejectedError:
                scope = before
            else:
                stream += b"\0\0\0\1" + drawer.to_bytes()
                break
        else:
            pytest.fail(f"no unit of type {kind} could be drawn")
    return stream


def check_drawn(tmp_path, count):
    """Compare drawn streams as far as FFmpeg reads them; it refuses sizes of no known decoder."""
    form, path, compared = Format.load("h264"), tmp_path / "drawn.h264", 0
    for seed in range(count):
        path.write_bytes(drawn_stream(form, f"drawn {seed}"))
        theirs = traced(path, "h264")
        ours = read(form, path.read_bytes(), NAMES)
        assert not differences(ours, theirs, OPAQUE, whole=False), seed
        compared += sum(map(len, theirs))
    assert compared > 40 * count


def test_drawn_streams(tmp_path):
    check_drawn(tmp_path, 4)


@pytest.mark.slow
def test_two_hundred_drawn_streams(tmp_path):
    check_drawn(tmp_path, 200)
