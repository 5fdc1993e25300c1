"""Bitstreams with one fault each: the validator finds it, and says what the golden file says."""

import contextlib
import importlib.util
from pathlib import Path

import pytest

import nnc
from nnc.inspect.checking import all_rules, check
from tests.golden_files import check_golden

BROKEN = Path(__file__).parents[2] / "broken"
STREAMS = BROKEN / "streams"
RULES = dict(line.split() for line in (STREAMS / "rules.txt").read_text("utf-8").splitlines())

#: Found where the parts of a unit can't be decoded though each keeps its rules. No stream is
#: known that does; the rule is there so that none is passed over.
UNREACHED = {"decodable"}


def findings(name):
    return check((STREAMS / f"{name}.nnc").read_bytes(), deep=True).findings


@pytest.mark.parametrize("name", RULES)
def test_the_fault_is_found_and_nothing_else(name):
    assert {finding.rule for finding in findings(name)} == {RULES[name]}


def test_messages():
    lines = []
    for name in RULES:
        lines += [f"{name}.nnc", *(f"    {finding}" for finding in findings(name)), ""]
    check_golden(STREAMS / "messages.txt", "\n".join(lines))


@pytest.mark.parametrize("name", RULES)
def test_findings_have_a_place(name):
    for finding in findings(name):
        assert finding.path.startswith("units[")
        assert finding.position
        assert finding.clause


def test_every_rule_has_a_stream():
    assert {rule.name for rule in all_rules()} - UNREACHED <= set(RULES.values())
    assert len(RULES) >= 100


@pytest.mark.parametrize("name", RULES)
def test_only_errors_of_the_project_leave_a_decoder(name):
    data = (STREAMS / f"{name}.nnc").read_bytes()
    with contextlib.suppress(nnc.NncError):
        assert isinstance(nnc.decode(data, threads=1), dict)


def test_the_files_are_what_the_script_makes():
    spec = importlib.util.spec_from_file_location("make_streams", BROKEN / "make_streams.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = {name: data for name, _, data in module.streams()}
    assert made == {path.stem: path.read_bytes() for path in STREAMS.glob("*.nnc")}
