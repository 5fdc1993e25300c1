"""The validator finds nothing wrong with good bitstreams."""

import random

import numpy as np
import pytest

import nnc
from nnc.bitstream.editing.parts import cut
from nnc.inspect.arranging import tree
from nnc.inspect.checking import all_rules, check
from nnc.inspect.tracing import trace
from tests.cases import CASES, FOLDER

GOOD = [(case, path) for case in CASES if not case.is_odd for path in case.bitstreams]


@pytest.mark.parametrize(
    ("case", "path"), GOOD, ids=[f"{case.name}/{path.stem}" for case, path in GOOD]
)
def test_good_bitstreams(case, path):
    report = check(path.read_bytes(), deep=True, **case.out_of_band)
    assert [str(finding) for finding in report.findings] == []
    if not case.is_sequence:
        assert not report.skipped


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.is_sequence], ids=lambda case: case.name
)
def test_updates_are_decoded_after_the_bitstreams_before(case):
    session = [path.read_bytes() for path in case.bitstreams]
    for number, data in enumerate(session):
        report = check(data, deep=True, before=session[:number], **case.out_of_band)
        assert not report.findings
        assert not report.skipped


def test_an_update_without_its_session_says_what_is_missing():
    case = next(case for case in CASES if case.name == "p1-tca-dq")
    report = check(case.bitstreams[1].read_bytes(), deep=True)
    assert not report.findings
    assert report.skipped
    assert all("bitstreams of the session" in reason for reason in report.skipped.values())


def test_an_update_of_another_node_is_found():
    case = next(case for case in CASES if case.name == "p1-tca-dq")
    base, first, second = (path.read_bytes() for path in case.bitstreams)
    assert not check(second, deep=True, before=[base, first]).findings
    findings = check(second, deep=True, before=[base]).findings
    assert {finding.rule for finding in findings} == {"decodable"}
    assert "is one of" in findings[0].message
    assert findings[0].path.startswith("units[")


def test_a_list_of_ids_in_parts():
    tensors = {name: np.ones((4, 3), np.float32) for name in ("first", "second", "third")}
    bitstream = nnc.Bitstream.parse(nnc.encode(tensors, references=True))
    cut(bitstream, "units[2]", 5)
    assert not check(bitstream.to_bytes(), deep=True).findings
    bitstream.set("units[*].header.topology_elem_id_index", 3)
    findings = check(bitstream.to_bytes()).findings
    assert {finding.rule for finding in findings} == {"element-id-index"}
    assert "(allowed: 0..2)" in findings[0].message


def cut_up(size):
    bitstream = nnc.open(FOLDER / "p1-base-default-dq" / "bitstream.nnc")
    cut(bitstream, "units[3]", size)
    return bitstream


def test_units_cut_into_parts_are_decoded():
    bitstream = cut_up(200)
    report = check(bitstream.to_bytes(), deep=True)
    assert not report.findings
    assert not report.skipped
    # A fault behind the last level: its place is in the last part.
    last = bitstream.units[5]
    last.payload = bytes(last.payload_bytes) + b"!"
    data = bitstream.to_bytes()
    report = check(data, deep=True)
    assert [finding.rule for finding in report.findings] == ["codeword-length"]
    assert check(data).findings == []
    place = int(report.findings[0].position.partition(".")[0])
    assert data[place : place + 1] == b"!"


def test_parts_without_the_others_are_not_passed_over_in_silence():
    bitstream = cut_up(200)
    bitstream.remove("units[4]")
    report = check(bitstream.to_bytes(), deep=True)
    assert set(report.skipped) == {"units[3]", "units[4]"}
    assert {note.level for note in report.notes} == {"info"}
    assert report.notes[0].path == "units[3]"
    assert "missing or out of turn" in report.notes[0].message


def test_units_that_need_a_parent_are_told():
    case = next(case for case in CASES if case.is_sequence and "hdsp" in case.name)
    told = [
        note.message for path in case.bitstreams for note in nnc.check(path.read_bytes(), deep=True)
    ]
    assert told
    assert all("not checked in full" in message for message in told)


def test_rules_have_names_of_their_own():
    rules = all_rules()
    assert len({rule.name for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.clause
        assert rule.title
        assert rule.level in ("error", "warning")
        assert rule.status in ("interop", "peer", "draft", "ours")


def mutated(data, chosen):
    """Change, cut out or cut off bytes."""
    data = bytearray(data)
    for _ in range(chosen.randrange(1, 4)):
        kind, place = chosen.random(), chosen.randrange(len(data))
        if kind < 0.6:
            data[place] ^= 1 << chosen.randrange(8)
        elif kind < 0.9:
            del data[place : place + chosen.randrange(1, 9)]
        else:
            del data[place:]
        data = data or bytearray(1)
    return bytes(data)


@pytest.mark.parametrize("seed", range(20))
def test_what_a_decoder_refuses_is_found(seed):
    chosen = random.Random(seed)
    for _ in range(30):
        _, path = chosen.choice(GOOD)
        data = mutated(path.read_bytes(), chosen)
        report = check(data, deep=True)
        tree(trace(data))
        try:
            nnc.decode(data, threads=1)
        except nnc.NncError as error:
            # Two nodes of one tensor are no mistake, though more than one call can decode.
            assert report.findings or report.skipped or "occurs twice" in str(error)  # noqa: PT017


def test_findings_as_data(vectors):
    streams = vectors.parent / "broken" / "streams"
    report = check((streams / "g-then-h-late.nnc").read_bytes(), deep=True)
    content = report.as_dict()
    assert (content["errors"], content["warnings"]) == (report.errors, report.warnings) == (2, 0)
    assert {finding["rule"] for finding in content["findings"]} == {"g-then-h"}
    positions = [float(finding["position"]) for finding in content["findings"]]
    assert positions == sorted(positions)
