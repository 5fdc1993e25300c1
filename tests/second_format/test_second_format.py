"""Parameter sets of H.264 through the generator: parsed, built, drawn, broken, documented."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nnc_schema.__main__ import main

from nnc.bitio import BitReader, BitstreamError, BitWriter
from tests.second_format.strategies import (
    KINDS,
    RULES,
    TABLES,
    Drawer,
    FinishedError,
    RandomSource,
    RejectedError,
    strategy,
)
from tests.second_format.syntax import NalUnitType, Scope, nal_unit

FOLDER = Path(__file__).parent

#: Parameter sets of a small public encoder: Baseline, 128 by 96 samples.
SEQUENCE = bytes.fromhex("6742000af841a2")
PICTURE = bytes.fromhex("68ce3880")


def test_parameter_sets_of_a_real_encoder():
    scope = Scope()
    unit = nal_unit._parse(BitReader(SEQUENCE), scope, "")
    assert unit.nal_unit_type == NalUnitType.SEQUENCE
    assert (unit.profile_idc, unit.level_idc) == (66, 10)
    assert 16 * (unit.pic_width_in_mbs_minus1 + 1) == 128
    assert 16 * (unit.pic_height_in_map_units_minus1 + 1) == 96
    assert unit.chroma_format_idc is None
    picture = nal_unit._parse(BitReader(PICTURE), scope, "")
    assert picture.pic_parameter_set_id == 0
    assert picture.entropy_coding_mode_flag == 0
    assert nal_unit.build(unit) == SEQUENCE
    writer = BitWriter()
    nal_unit._build(picture, writer, scope, "")
    assert writer.to_bytes() == PICTURE


def draw(source, **wanted):
    """Draw both parameter sets, the second under the first."""
    scope = Scope()
    pieces, drawer = [], None
    skip = source.integer(0, 3) if wanted else 0
    for kind in (NalUnitType.SEQUENCE, NalUnitType.PICTURE):
        broken = drawer.broken if drawer is not None else None
        left = wanted if broken is None else {}
        drawer = Drawer(source, fixed={"nal_unit_type": int(kind)}, skip=skip, **left)
        try:
            unit = TABLES["nal_unit"](drawer, scope)
        except FinishedError:
            unit = None
        skip = drawer.skip
        pieces.append((unit, drawer.to_bytes()))
        if drawer.broken is not None:
            broken = drawer.broken
        if unit is None:
            break
    if wanted and broken is None:
        raise RejectedError("nothing broken")
    return pieces, broken


def parse_all(pieces):
    """Parse what was drawn, one unit under the parameters of the one before."""
    scope = Scope()
    return [nal_unit._parse(BitReader(data), scope, "") for _, data in pieces]


@settings(max_examples=200, deadline=None)
@given(strategy(draw))
def test_round_trip(drawn):
    pieces, _ = drawn
    scope = Scope()
    for unit, data in pieces:
        assert nal_unit._parse(BitReader(data), scope, "") == unit
        writer = BitWriter()
        nal_unit._build(unit, writer, scope, "")
        assert writer.to_bytes() == data


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_parse_and_build_or_raise_our_errors(data):
    try:
        unit = nal_unit.parse(data)
    except BitstreamError as error:
        place = error.bit_position
        assert place is None or 0 <= place <= 8 * len(data)
        return
    # What comes after the last byte used is the next table's.
    assert data.startswith(nal_unit.build(unit))


@pytest.mark.parametrize("kind", sorted({rule.kind for rule in RULES}))
def test_broken_rules(kind):
    found = set()
    for seed in range(100):
        try:
            pieces, broken = draw(RandomSource(seed), kind=kind)
        except (RejectedError, BitstreamError):
            continue
        found.add(broken.path)
        if KINDS[kind] == "error":
            with pytest.raises(BitstreamError) as caught:
                parse_all(pieces)
            assert caught.value.path == broken.path
            continue
        assert parse_all(pieces) == [unit for unit, _ in pieces]
    assert found


def test_files_are_what_the_schema_gives(monkeypatch, capsys):
    monkeypatch.chdir(FOLDER.parents[1])
    assert main(["diff", "--schema", "tests/second_format/schema"]) == 0
    assert capsys.readouterr().out == ""


def test_every_element_is_documented():
    page = (FOLDER / "reference" / "elements.md").read_text("utf-8")
    for rule in RULES:
        assert rule.element in page or rule.kind == "irregular-alignment"
