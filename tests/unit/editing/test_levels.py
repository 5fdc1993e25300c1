"""Levels changed and coded again, and the profile switched: all else stays."""

import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.decoder import Limits
from nnc.decoder.layout import layout_of
from nnc.editing.levels import convert_profile, edit_levels, read_levels, replace_levels
from nnc.inspect.bins import decode_bins
from tests.cases import CASES, FOLDER

DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()
PLAIN = [
    case
    for case in CASES
    if not (case.is_odd or case.is_sequence or case.out_of_band) and case.arrays("levels")
]


def levels_of(data):
    return nnc.decode_levels(data)


@pytest.mark.parametrize("case", PLAIN[::7], ids=lambda case: case.name)
def test_levels_are_replaced_and_nothing_else(case):
    data = case.bitstreams[0].read_bytes()
    before = levels_of(data)
    name = next(iter(before))
    bitstream = Bitstream.parse(data)
    levels = read_levels(bitstream, name)
    assert np.array_equal(levels, before[name])
    assert not replace_levels(bitstream, name, levels)
    assert bitstream.to_bytes() == data
    # All zero is allowed in every state, and in every codebook.
    replace_levels(bitstream, name, np.zeros_like(levels))
    after = levels_of(bitstream.to_bytes())
    assert not after[name].any()
    assert all(np.array_equal(after[other], before[other]) for other in before if other != name)
    replace_levels(bitstream, name, levels)
    again = levels_of(bitstream.to_bytes())
    assert all(np.array_equal(again[other], before[other]) for other in before)


def test_one_level():
    data = nnc.encode({"a": np.arange(12, dtype=np.float32).reshape(3, 4)}, dq=False)
    bitstream = Bitstream.parse(data)

    def change(levels):
        levels[1, 2] += 5
        return levels

    plan = edit_levels(bitstream, "a", change)
    assert [one.path for one in plan.changes if "payload" in one.path] == [
        f"{plan_unit(plan)}.payload"
    ]
    difference = levels_of(bitstream.to_bytes())["a"] - levels_of(data)["a"]
    assert difference[1, 2] == 5
    assert np.count_nonzero(difference) == 1


def plan_unit(plan):
    return plan.changes[-1].path.partition(".")[0]


@pytest.mark.parametrize("dq", [False, True])
def test_entry_points_are_made_anew(dq):
    values = np.random.default_rng(1).normal(size=(40, 24)).astype(np.float32)
    bitstream = Bitstream.parse(nnc.encode({"a": values}, scan_order=1, dq=dq, qp=-16))
    path = bitstream.get("units[*].header.cabac_offset_list")[0][0].rpartition(".")[0]
    before = bitstream.get(f"{path}.bit_offset_delta1")
    levels = read_levels(bitstream, "a")
    levels[:8] = 0
    if dq:
        levels[8:] = 0
    replace_levels(bitstream, "a", levels)
    assert bitstream.get(f"{path}.bit_offset_delta1") < before
    assert np.array_equal(levels_of(bitstream.to_bytes())["a"], levels)


def test_a_parity_that_the_state_forbids_is_refused_with_its_place():
    bitstream = Bitstream.parse(DATA)
    levels = read_levels(bitstream, "fc.weight")
    levels[0, 0] = 1
    with pytest.raises(nnc.InputError, match=r"fc.weight.*levels\[0, 0\] is 1, but state 0"):
        replace_levels(bitstream, "fc.weight", levels)
    assert bitstream.to_bytes() == DATA


def test_levels_outside_the_codebook_are_refused():
    values = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    bitstream = Bitstream.parse(nnc.encode({"a": values}, codebook=True))
    levels = read_levels(bitstream, "a")
    levels[0, 1] = 1000
    with pytest.raises(nnc.InputError, match="outside the codebook"):
        replace_levels(bitstream, "a", levels)


def test_what_has_no_levels():
    bitstream = Bitstream.parse(nnc.encode({"a": [1.0]}, keep=["*"]))
    with pytest.raises(nnc.InputError, match="stored raw"):
        read_levels(bitstream, "a")
    with pytest.raises(nnc.InputError, match="no tensor 'b'"):
        read_levels(bitstream, "b")
    with pytest.raises(nnc.InputError, match="has the shape"):
        replace_levels(Bitstream.parse(DATA), "fc.weight", [1, 2])


@pytest.mark.parametrize(
    "name", ["p1-base-default-dq", "p1-codebook-mode1-nodq", "p0-block-ls-bn-bi-codebook"]
)
def test_the_profile_is_switched_where_the_content_allows(name):
    data = (FOLDER / name / "bitstream.nnc").read_bytes()
    profile = int(name[1])
    bitstream = Bitstream.parse(data)
    plan = convert_profile(bitstream, 1 - profile, keep=False)
    assert bitstream.to_bytes() == data
    assert convert_profile(bitstream, 1 - profile) == plan
    other = bitstream.to_bytes()
    assert Bitstream.parse(other).get("units[0].header.general_profile_idc") == 1 - profile
    expected = levels_of(data)
    for written in (other,):
        found = levels_of(written)
        assert list(found) == list(expected)
        assert all(np.array_equal(found[key], expected[key]) for key in expected)
    convert_profile(bitstream, profile)
    found = levels_of(bitstream.to_bytes())
    assert all(np.array_equal(found[key], expected[key]) for key in expected)


def test_what_only_profile_1_has_stays_there():
    bitstream = Bitstream.parse(DATA)
    bitstream.set_all(
        {
            "units[1].payload.base_model_id_present_flag": 1,
            "units[1].payload.base_model_id": "the base",
        }
    )
    data = bitstream.to_bytes()
    with pytest.raises(nnc.BuildError, match="no such element") as caught:
        convert_profile(bitstream, 0)
    assert caught.value.path.startswith("units[1].payload.base_model_id")
    assert bitstream.to_bytes() == data


@pytest.mark.parametrize("name", ["p1-tca-dq", "p1-hdsp-nodq"])
def test_levels_of_an_update(name):
    case = next(case for case in CASES if case.name == name)
    base, update = (path.read_bytes() for path in case.bitstreams[:2])
    session = nnc.Decoder()
    session.decode(base, apply=False)
    unit = next(unit for unit in Bitstream.parse(update).walk() if unit.names)
    tensor = unit.names[0]
    by_name = session.known(unit, layout_of(unit, Limits(), parents_known=True))
    results = set()
    for known in (by_name, session):
        bitstream = Bitstream.parse(update)
        levels = read_levels(bitstream, tensor, known)
        assert levels.any()
        replace_levels(bitstream, tensor, levels * 0, known=known)
        results.add(bitstream.to_bytes())
        again = Bitstream.parse(bitstream.to_bytes())
        assert not read_levels(again, tensor, known).any()
    assert len(results) == 1


def history_flag(bitstream, tensor, session):
    unit = next(unit for unit in bitstream.walk() if tensor in unit.names)
    found = []
    decode_bins(unit, found.append, False, session)
    return next(
        row["bin"] for row in found if row["path"].endswith("hist_dep_sig_prob_enabled_flag")
    )


@pytest.mark.parametrize("uses_history", [False, True])
def test_a_history_is_used_where_it_helps(uses_history):
    random = np.random.default_rng(5)
    tensors = {"w": random.normal(0, 0.1, (40, 60)).astype(np.float32)}
    steps = 0.02 * (random.random((40, 60)) < 0.2)
    encoder = nnc.Encoder(qp=-20, temporal_contexts=False, dq=False)
    session = nnc.Decoder()
    session.decode(encoder.encode(tensors))
    tensors["w"] = tensors["w"] + steps.astype(np.float32)
    session.decode(encoder.encode(tensors))
    tensors["w"] = tensors["w"] + steps.astype(np.float32)
    bitstream = Bitstream.parse(encoder.encode(tensors))
    assert history_flag(bitstream, "w", session) == 1
    # Levels that have to do with what changed before, and others.
    other = steps if uses_history else random.permutation(steps.reshape(-1)).reshape(steps.shape)
    replace_levels(bitstream, "w", (other > 0).astype(int), known=session)
    assert history_flag(bitstream, "w", session) == uses_history
    np.testing.assert_array_equal(read_levels(bitstream, "w", session), other > 0)


def test_levels_that_need_a_session_say_so():
    case = next(case for case in CASES if case.name == "p1-tca-dq")
    base, first, second = (path.read_bytes() for path in case.bitstreams)
    bitstream = Bitstream.parse(second)
    name = next(unit.names[0] for unit in bitstream.walk() if unit.names)
    with pytest.raises(nnc.MissingValueError) as caught:
        read_levels(bitstream, name)
    assert caught.value.unit == 3
    assert caught.value.path.startswith("units[3].header.")
    session = nnc.Decoder()
    session.decode(base, apply=False)
    with pytest.raises(nnc.InvalidError, match="but the tensor is at node"):
        read_levels(bitstream, name, session)
    session.decode(first, apply=False)
    expected = nnc.decode_levels(second, before=[base, first])
    assert np.array_equal(read_levels(bitstream, name, session), expected[name])
    assert nnc.check(second, deep=True, before=session) == []


@pytest.mark.parametrize("before", [DATA, bytearray(DATA), Bitstream.parse(DATA)], ids=type)
def test_bitstreams_before_are_a_list(before):
    with pytest.raises(nnc.InputError, match="a list of bitstreams"):
        nnc.decode_levels(DATA, before=before)
