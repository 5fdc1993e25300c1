"""The same inputs give the same bytes, from change to change."""

import json

import pytest

import nnc.deepcabac
from tests.same_bytes import DIGESTS, digests


@pytest.mark.skipif(not nnc.deepcabac.is_compiled(), reason="takes minutes without a compiler")
def test_same_bytes_as_ever():
    wanted = json.loads(DIGESTS.read_text("utf-8"))
    assert digests() == wanted, "where that is meant: python tests/same_bytes.py"
