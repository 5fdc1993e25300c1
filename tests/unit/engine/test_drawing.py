"""Drawn data of a format: valid, broken in one rule, and made small by Hypothesis."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from nnc.bitio import BitstreamError, InputError
from nnc.engine import drawing
from nnc.engine.format import Format

FORM = Format.load(Path(__file__).parents[2] / "second_format" / "schema")
FLAC = Format.load("flac")


@settings(max_examples=60, deadline=None)
@given(FORM.strategy())
def test_valid_tables_round_trip(drawn):
    document = FORM.parse(drawn.data)
    assert document.table == drawn.table
    assert document.to_bytes() == drawn.data
    # Values without a name are drawn too: the schema doesn't call them reserved.
    rules = {finding.rule for finding in FORM.check(drawn.data).findings}
    assert rules <= {"enum:seq_parameter_set_data.profile_idc"}


@settings(max_examples=40, deadline=None)
@given(FLAC.strategy("vorbis_comment"))
def test_a_table_of_a_format(drawn):
    assert FLAC.tables["vorbis_comment"].parse(drawn.data) == drawn.table


@pytest.mark.parametrize("kind", ["range", "truncated", "constraint", "irregular-alignment"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_data_that_break_one_rule(kind, data):
    broken = data.draw(FORM.invalid(kind))
    if broken.verdict == "error":
        with pytest.raises(BitstreamError) as caught:
            FORM.parse(broken.data)
        assert caught.value.path == broken.path
    else:
        assert FORM.parse(broken.data).to_bytes() == broken.data
        found = {one.path.partition("[")[0] for one in FORM.check(broken.data).findings}
        assert broken.path.partition("[")[0] in found


def test_what_fails_becomes_small():
    assert isinstance(FORM.strategy(), SearchStrategy)
    found = find(FORM.strategy("seq_parameter_set_data"), lambda drawn: drawn.table.level_idc > 40)
    assert found.table.level_idc == 41
    assert found.table.max_num_ref_frames == 0


def test_the_same_seed_the_same_data():
    assert FORM.draw("a") == FORM.draw("a")
    assert FORM.draw("a", "range:level_idc").rule == "range:level_idc"


def test_mistakes():
    with pytest.raises(InputError, match="no table 'sps'; it has nal_unit"):
        FORM.strategy("sps")
    with pytest.raises(InputError, match="no rule 'rnge'; did you mean range"):
        FORM.invalid("rnge")
    with pytest.raises(InputError, match="drawn with flac"):
        drawing.valid(FLAC, drawing.drawing_of(FLAC).RandomSource(1), "frame", {})


def test_without_hypothesis(monkeypatch):
    monkeypatch.setattr(drawing.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install hypothesis"):
        FORM.strategy()
    assert FORM.draw("a").data
