"""The functions of the package that look at bitstreams."""

import pytest

import nnc
from tests.cases import FOLDER

DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()
OUT_OF_BAND = {
    "dimensions": {
        "conv1.weight": [10, 6, 3, 3], "conv1.bias": [10], "fc.weight": [22, 31], "fc.bias": [22]
    },
    "cabac_unary_length_minus1": 10,
}  # fmt: skip


@pytest.mark.parametrize("data", [DATA, bytearray(DATA), nnc.Bitstream.parse(DATA)])
def test_a_trace_covers_the_data(data):
    traced = nnc.trace(data)
    assert sum(element.bits for element in traced.elements()) == 8 * len(DATA)
    assert nnc.tree(data).bits == 8 * len(DATA)
    assert nnc.check(data, deep=True) == []
    assert nnc.diff(data, DATA) == []


def test_faults_are_in_the_result():
    cut = DATA[:-10]
    assert nnc.trace(cut).errors[0].kind == "incomplete"
    assert [node.path for node in nnc.tree(cut).walk() if node.error] == ["units[6]"]
    assert [finding.level for finding in nnc.check(cut)] == ["error"]


def test_differences():
    changed = nnc.Bitstream.parse(DATA)
    changed.set("units[3].header.dq_flag", 0)
    found = nnc.diff(DATA, changed)
    assert [difference.path_a for difference in found] == ["units[3].header.dq_flag"]


def test_what_was_not_checked_is_told():
    data = (FOLDER / "p1-oob" / "bitstream.nnc").read_bytes()
    assert {finding.level for finding in nnc.check(data)} == {"info"}
    assert nnc.check(data, deep=True, **OUT_OF_BAND) == []
    assert nnc.trace(data).missing
    assert not nnc.trace(data, **OUT_OF_BAND).missing
