"""The corpus for other decoders: the same everywhere, one folder a clause."""

import hashlib
import json

import numpy as np
import pytest

from nnc.bitstream import Bitstream
from nnc.cli.main import run
from nnc.fuzzing.conformance import clause_rules
from nnc.fuzzing.expected import digest_of

#: What was written on other machines and with other versions of Python.
DIGEST = "eb8b2068b05cd67db171b5f32d6d600fce5e1cab4e21e2c81f313524dbdfc12d"


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
