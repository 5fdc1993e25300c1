"""AV1 against FFmpeg: name, position and value of each element of headers."""

from pathlib import Path

import pytest

from nnc.engine.drawing import drawing_of
from nnc.engine.format import Format
from tests.referees.ffmpeg import Element, differences, read, traced

FILES = sorted((Path(__file__).parents[1] / "library" / "av1").glob("*.obu"))

#: FFmpeg's names of what we call otherwise: one name stands for one thing in a schema.
NAMES = {
    "reduced_seq_level_idx": "seq_level_idx",
    "interpolation_filter_type": "interpolation_filter",
    "delta_q_value": "delta_q",
    "feature_value_unsigned": "feature_value",
    "loop_filter_level_chroma": "loop_filter_level",
    "tx_mode_select": "tx_mode",
    "delta_frame_id_minus_1": "delta_frame_id_minus1",
    "tile_size_bytes_minus_1": "tile_size_bytes_minus1",
    "increment_tile_cols_log2": "tile_cols_log2",
    "increment_tile_rows_log2": "tile_rows_log2",
}

#: What FFmpeg prints in one line and the standard has bit by bit.
BITWISE = ("tile_cols_log2", "tile_rows_log2", "padding", "tx_mode")


def rewritten(element, code):
    """Make the standard's elements out of one that FFmpeg prints."""
    if element.name in BITWISE:
        for place, bit in enumerate(code):
            yield Element(element.position + place, element.name, 1, int(bit))
    elif element.bits:
        yield element


#: Elements whose bytes FFmpeg prints one by one.
LEB128 = ("obu_size", "metadata_type")

#: Tiles, which FFmpeg doesn't look at.
TILES = ("tile_size_minus_1", "tile_data", "last_tile_data")


def from_zero(unit):
    """Return a unit of ours whose positions count from its first bit, and its paddings as bits."""
    first = unit[0].position
    for one in unit:
        if one.name in TILES:
            continue
        if one.name == "padding":
            for place in range(one.bits):
                yield Element(one.position - first + place, "zero_bit", 1, 0)
        elif one.name in LEB128:
            left, position = one.value, one.position - first
            for _ in range(one.bits // 8):
                more = 128 if position + 8 < one.position - first + one.bits else 0
                yield Element(position, "leb128_byte", 8, left & 127 | more)
                left, position = left >> 7, position + 8
        else:
            yield one._replace(position=one.position - first)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_real_files(path):
    theirs = traced(path, "obu", rewritten)
    ours = [list(from_zero(unit)) for unit in read(Format.load("av1"), path.read_bytes(), NAMES)]
    assert not differences(ours, theirs)
    assert sum(map(len, theirs)) > 40


def drawn_stream(form, seed):
    """Draw a sequence header and a frame that stands by it."""
    package = drawing_of(form)
    source, scope = package.RandomSource(seed), form.scope({})
    stream = b""
    for kind in (2, 1, 6):
        for _ in range(100):
            fixed = {"obu_type": kind, "obu_has_size_field": 1}
            drawer, before = package.Drawer(source, fixed=fixed), scope.copy()
            try:
                package.TABLES["open_bitstream_unit"](drawer, scope)
            except package.RejectedError:
                scope = before
            else:
                stream += drawer.to_bytes()
                break
        else:
            pytest.fail(f"no unit of type {kind} could be drawn")
    return stream


@pytest.mark.slow
def test_drawn_streams(tmp_path):
    form, path, compared = Format.load("av1"), tmp_path / "drawn.obu", 0
    for seed in range(10):
        path.write_bytes(drawn_stream(form, f"drawn {seed}"))
        theirs = traced(path, "obu", rewritten)
        if theirs and theirs[0][1].value != 2:
            # FFmpeg came to no packet: it has refused the sequence header, or the size of frames.
            theirs = []
        ours = [list(from_zero(unit)) for unit in read(form, path.read_bytes(), NAMES)]
        assert not differences(ours, theirs, whole=False), seed
        compared += sum(map(len, theirs))
    assert compared > 100
