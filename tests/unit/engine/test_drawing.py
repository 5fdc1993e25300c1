"""Drawn data of a format: valid, broken in one rule, and made small by Hypothesis."""

from contextlib import suppress
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
FORMATS = {
    "av1": Format.load("av1"),
    "flac": FLAC,
    "h264": Format.load("h264"),
    "isobmff": Format.load("isobmff"),
    "nnc": Format.load(Path(__file__).parents[3] / "schema"),
    "second_format": FORM,
}


#: Tables whose draws are accepted less often: bytes of 255 that a size begins with are drawn as
#: they come, and seldom there are as many as what follows needs.
ADDED_UP = {"sei_message": 0.85}

#: Tables whose end only the bits after them tell.
ENDED_AFTER = ("metadata_itut_t35",)


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


@settings(max_examples=20, deadline=None)
@given(FLAC.strategy("frame"))
def test_a_table_that_takes_names_from_others(drawn):
    assert FLAC.tables["frame"].read(drawn.data, drawn.scope) == drawn.table
    assert 4 <= drawn.table.SampleBits <= 32


@pytest.mark.parametrize("examples", [2, pytest.param(30, marks=pytest.mark.slow)])
def test_a_whole_file(examples):
    @settings(max_examples=examples, deadline=None)
    @given(FLAC.strategy())
    def holds(drawn):
        assert FLAC.parse(drawn.data).to_bytes() == drawn.data
        assert not FLAC.check(drawn.data).findings

    holds()


#: Formats whose drawing takes long to be compiled, and number of draws of each table.
LATE, SEVERAL, MANY = ("av1",), 10, 100


@pytest.mark.parametrize(
    ("name", "table", "seeds"),
    [
        pytest.param(name, table, seeds, marks=[pytest.mark.slow] * (seeds == MANY))
        for name, form in FORMATS.items()
        for table in form.tables
        for seeds in (SEVERAL, MANY)
        if table not in ENDED_AFTER and (name not in LATE or seeds == MANY)
    ],
)
def test_nearly_every_draw_is_accepted(name, table, seeds):
    form = FORMATS[name]
    package = drawing.drawing_of(form)
    accepted = 0
    for seed in range(seeds):
        source = package.RandomSource(f"{table}/{seed}")
        # What is rejected is drawn anew for a source that doesn't learn: not to be seen here.
        source.learns = True
        with suppress(package.RejectedError):
            drawn = drawing.valid(form, source, table, {})
            assert form.tables[table].read(drawn.data, drawn.scope) == drawn.table
            accepted += 1
    assert accepted >= ADDED_UP.get(table, 0.9) * seeds


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


def test_without_hypothesis(monkeypatch):
    monkeypatch.setattr(drawing.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install hypothesis"):
        FORM.strategy()
    assert FORM.draw("a").data
