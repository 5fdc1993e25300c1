"""The corpus for other decoders: the same everywhere, and right for ours in JavaScript."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.cli.main import run
from nnc.features import feature_set
from nnc.fuzzing import drivers
from nnc.fuzzing.against.runs import Wanted, run_against
from nnc.fuzzing.conformance import broken_case, clause_rules
from nnc.fuzzing.expected import digest_of
from nnc.fuzzing.within import EVERYTHING
from tests.javascript.reader import node

#: What was written on other machines and with other versions of Python.
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


def test_rules_have_a_clause():
    rules = clause_rules()
    assert len(rules) > 190
    assert rules == sorted(rules)
    assert ("6.3.2", "size-too-large:nnr_unit_size") in rules


def test_the_digest_of_an_array_is_the_documented_one():
    values = np.array([[1, -2]], dtype="<i4")
    data = b"int32 1 2\n" + values.tobytes()
    assert digest_of(values) == hashlib.sha256(data).hexdigest()


@pytest.mark.slow
def test_the_corpus_is_the_same_everywhere(tmp_path):
    assert run(["conformance", str(tmp_path), "-q"]) == 0
    whole = json.loads((tmp_path / "manifest.json").read_text("ascii"))
    assert whole["digest"] == DIGEST
    for clause in whole["clauses"]:
        entries = json.loads((tmp_path / clause / "manifest.json").read_text("ascii"))["files"]
        for entry in entries:
            data = (tmp_path / clause / entry["file"]).read_bytes()
            assert hashlib.sha256(data).hexdigest() == entry["sha256"]
            if entry["verdict"] == "valid":
                told = {name: entry[name] for name in ("dimensions", "cabac_unary_length_minus1")}
                assert Bitstream.parse(data, **told).to_bytes() == data


def test_some_bitstreams_are_the_same_everywhere():
    cases = [broken_case(rule, EVERYTHING) for rule in SOME]
    files = hashlib.sha256()
    for case in cases:
        for data in case.files().values():
            files.update(data)
        files.update(repr(sorted(case.expected.digests()["values"].items())).encode())
    assert files.hexdigest() == DIGEST_OF_SOME


def test_javascript_decodes_some(tmp_path):
    report = in_javascript(tmp_path / "run", valid=12, rules=["truncated"], broken=6)
    assert report["outcomes"].keys() <= {"right", "unnoticed"}
    assert report["outcomes"]["right"] > 12


@pytest.mark.slow
def test_javascript_decodes_all(tmp_path):
    report = in_javascript(tmp_path / "run", conformance=True)
    assert report["outcomes"].keys() == {"right", "unnoticed"}
    assert report["outcomes"]["right"] > 290
