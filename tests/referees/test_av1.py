"""AV1 against FFmpeg: name, position and value of each element of headers."""

from pathlib import Path

import pytest

from nnc.engine.drawing import drawing_of
from nnc.engine.format import Format
from tests.referees.ffmpeg import Element, differences, in_ivf, read, traced

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
    "gold_frame_idx": "golden_frame_idx",
    "lr_unit_extra_shift": "lr_unit_shift",
    "increment_tile_cols_log2": "tile_cols_log2",
    "increment_tile_rows_log2": "tile_rows_log2",
}

#: What FFmpeg prints in one line and the standard has bit by bit.
BITWISE = (
    "tile_cols_log2",
    "tile_rows_log2",
    "padding",
    "tx_mode",
    "lr_unit_shift",
    "subexp_more_bits",
    "frame_header_copy",
)


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


def rising(count_first):
    """Return what fixes the places of a scaling function: the schema has no rule for neighbours."""
    return lambda index: count_first + 9 * index


def drawn_stream(form, seed):
    """Draw a sequence header and a frame that stands by it.

    FFmpeg keeps its own order hints of references, and there are no references yet. It takes
    frames to be in an operating point that one of two conditions holds for, instead of both.
    """
    package = drawing_of(form)
    source, scope = package.RandomSource(seed), form.scope({})
    fixed = {"obu_has_size_field": 1, "ref_order_hint": 0, "found_ref": 0, "operating_point_idc": 0}
    # FFmpeg refuses other metadata, takes trailing bits from T.35, and compares luminances.
    fixed["metadata_type"] = (1, 2, 3, 5)[source.integer(0, 3)]
    fixed |= {"luminance_min": 0, "luminance_max": source.integer(1, 1 << 31)}
    for name in ("point_y_value", "point_cb_value", "point_cr_value"):
        fixed[name] = rising(source.integer(0, 100))
    stream = b""
    for kind in (2, 1, 5, 6):
        for _ in range(100):
            drawer = package.Drawer(source, fixed=fixed | {"obu_type": kind})
            before = scope.copy()
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


def check_drawn(tmp_path, count):
    """Compare drawn streams, all of which FFmpeg reads to the end."""
    form, path, whole = Format.load("av1"), tmp_path / "drawn.ivf", 0
    for seed in range(count):
        data = drawn_stream(form, f"drawn {seed}")
        path.write_bytes(in_ivf(b"AV01", data))
        theirs = traced(path, "ivf", rewritten)
        ours = [list(from_zero(unit)) for unit in read(form, data, NAMES)]
        assert not differences(ours, theirs, whole=False), seed
        whole += [len(unit) for unit in ours] == [len(unit) for unit in theirs]
    return whole


def test_drawn_streams(tmp_path):
    assert check_drawn(tmp_path, 5) == 5


@pytest.mark.slow
def test_two_hundred_drawn_streams(tmp_path):
    assert check_drawn(tmp_path, 200) >= 190
