"""The corpus for anybody's tests: the same on every machine, and right for a second decoder."""

import hashlib
from pathlib import Path

import pytest

import nnc
from nnc.features import feature_set
from nnc.fuzzing import conformance, drivers
from nnc.fuzzing.against.runs import Wanted, run_against
from nnc.fuzzing.strategies import RULES
from nnc.fuzzing.within import EVERYTHING
from tests.javascript.reader import node

#: The corpus as it is with every version of Python; raise VERSION where it has to change.
DIGEST = "09691a3694aca251ff0fe1c4c0cc4b7825e44f4928629be22dd0e8f6cd505477"

#: Bitstreams of some rules.
SOME = ("truncated:scan_order", "range:scan_order", "size-too-large:nnr_unit_size")
DIGEST_OF_SOME = "f932373221f4a23a4937517887af91fde8badce671e00b86ed97510f8c8c5e91"


def in_javascript(folder, **wanted):
    """Run the decoder for browsers under node; return the report."""
    script = Path(drivers.__path__[0]) / "run_javascript.mjs"
    module = Path(nnc.__file__).parent / "web" / "nnc.js"
    command = f"{node()} {script} {module}"
    said = Wanted(feature_set("all"), **wanted)
    return run_against(command, said, folder, megabytes=1 << 16, shrink_seconds=0)


def test_some_bitstreams_are_the_same_everywhere():
    cases = [conformance.broken_case(rule, EVERYTHING) for rule in SOME]
    files = hashlib.sha256()
    for case in cases:
        for data in case.files().values():
            files.update(data)
        files.update(repr(sorted(case.expected.digests()["values"].items())).encode())
    assert files.hexdigest() == DIGEST_OF_SOME


@pytest.mark.slow
def test_all_bitstreams_are_the_same_everywhere(tmp_path):
    whole = conformance.write_conformance(tmp_path)
    assert whole["digest"] == DIGEST
    broken = {rule for _, rule in conformance.clause_rules()}
    assert broken > {rule.name for rule in RULES} - set(conformance.UNBREAKABLE)


def test_javascript_decodes_some(tmp_path):
    report = in_javascript(tmp_path / "run", valid=12, rules=["truncated"], broken=6)
    assert report["outcomes"].keys() <= {"right", "unnoticed"}
    assert report["outcomes"]["right"] > 12


@pytest.mark.slow
def test_javascript_decodes_all(tmp_path):
    report = in_javascript(tmp_path / "run", conformance=True)
    assert report["outcomes"].keys() == {"right", "unnoticed"}
    assert report["outcomes"]["right"] > 290
