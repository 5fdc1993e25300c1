"""H.264 against FFmpeg: name, position and value of each element of headers."""

from itertools import zip_longest
from pathlib import Path

import pytest

from nnc.engine.drawing import drawing_of
from nnc.engine.format import Format
from tests.referees.ffmpeg import differences, in_ivf, read, traced

FILES = sorted((Path(__file__).parents[1] / "library" / "h264").glob("*.h264"))

#: FFmpeg's names of what we call otherwise: one name stands for one thing in a schema.
NAMES = {
    "gaps_in_frame_num_value_allowed_flag": "gaps_in_frame_num_allowed_flag",
    "active_seq_parameter_set_id": "seq_parameter_set_id",
    "buffering_seq_parameter_set_id": "seq_parameter_set_id",
    "active_pic_parameter_set_id": "pic_parameter_set_id",
    "ff_byte_of_size": "ff_byte",
    "filler_byte": "ff_byte",
    "filler_payload_byte": "ff_byte",
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


#: Messages that FFmpeg looks into.
MESSAGES = (0, 1, 2, 3, 5, 6, 45, 47, 137, 144, 147)

#: Profiles that FFmpeg knows; of others it reads fewer elements.
PROFILES = (44, 66, 77, 88, 100, 110, 122, 244)

#: Macroblocks that FFmpeg doesn't look at; without any it refuses a slice.
MACROBLOCKS = b"\x5a\x80"


def drawn_stream(form, seed):
    """Draw parameter sets, a message and a slice that refers to them.

    FFmpeg keeps numbers of map units in 16 bits, and no corner of a rectangle before the other:
    the schema has no rule for entries of two lists.
    """
    package = drawing_of(form)
    source, scope = package.RandomSource(seed), form.scope({})
    fixed = {
        "pic_height_in_map_units_minus1": source.integer(0, 67),
        "pic_width_in_mbs_minus1": source.integer(0, 119),
        "profile_idc": PROFILES[source.integer(0, len(PROFILES) - 1)],
        "last_payload_type_byte": MESSAGES[source.integer(0, len(MESSAGES) - 1)],
        "top_left": 0,
    }
    stream = b""
    for kind in (7, 8, 6, 5 if source.integer(0, 1) else 1):
        for _ in range(50):
            drawer, before = (
                package.Drawer(source, fixed=fixed | {"nal_unit_type": kind}),
                scope.copy(),
            )
            try:
                package.TABLES["nal_unit"](drawer, scope)
            except package.RejectedError:
                scope = before
            else:
                stream += b"\0\0\0\1" + drawer.to_bytes()
                break
        else:
            pytest.fail(f"no unit of type {kind} could be drawn")
    return stream + MACROBLOCKS


def is_opaque(unit):
    """Tell whether FFmpeg doesn't look into all of a unit."""
    return any(one.name in OPAQUE for one in unit)


def check_drawn(tmp_path, count):
    """Compare drawn streams; nearly all FFmpeg reads to the end."""
    form, path, whole = Format.load("h264"), tmp_path / "drawn.ivf", 0
    for seed in range(count):
        data = drawn_stream(form, f"drawn {seed}")
        path.write_bytes(in_ivf(b"H264", data))
        theirs = traced(path, "ivf")
        ours = read(form, data, NAMES)
        assert not differences(ours, theirs, OPAQUE, whole=False), seed
        pairs = zip_longest(ours, theirs, fillvalue=[])
        whole += all(len(mine) == len(other) or is_opaque(other) for mine, other in pairs)
    return whole


def test_drawn_streams(tmp_path):
    assert check_drawn(tmp_path, 5) == 5


@pytest.mark.slow
def test_two_hundred_drawn_streams(tmp_path):
    assert check_drawn(tmp_path, 200) >= 190
