"""Bitstreams of very many small units: what each of them costs."""

import subprocess
import sys

import numpy as np
import pytest

import nnc
from nnc.inspect import check, diff, trace

#: A reserved type, nothing else in its header, no payload.
OPAQUE = bytes([0, 3, 40 << 2])

COUNT = 5000


@pytest.fixture(scope="module")
def start():
    data = nnc.encode({"w": np.ones((2, 2), "f4")}, threads=1)
    return bytes(nnc.Bitstream.parse(data).units[0].whole)


MEASURE = """
import sys, tracemalloc
import nnc
data = sys.stdin.buffer.read()
nnc.Bitstream.parse(data)
tracemalloc.start()
bitstream = nnc.Bitstream.parse(data)
print(len(bitstream.units), tracemalloc.get_traced_memory()[0])
"""


def test_a_unit_of_three_bytes_takes_less_than_600(start):
    """In a process of its own: what else was done with units changes how Python stores them."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE],
        input=start + OPAQUE * COUNT,
        capture_output=True,
        check=True,
    )
    units, size = map(int, done.stdout.split())
    assert units == COUNT + 1
    assert size / COUNT < 600


def test_units_that_share_a_scope_are_what_they_are(start):
    kinds = [(7 + number % 57, number % 3) for number in range(300)]
    units = [bytes([0, 4 + extra, kind << 2 | 1, 9, *[extra] * extra]) for kind, extra in kinds]
    bitstream = nnc.Bitstream.parse(start + b"".join(units))
    for unit, whole, (kind, extra) in zip(bitstream.units[1:], units, kinds, strict=True):
        assert unit.nnr_unit_type == unit.scope.nnr_unit_type == kind
        assert unit.scope.nnr_unit_size == len(whole)
        assert unit.scope.partial_data_counter == 9
        assert bytes(unit.whole) == whole
        assert bytes(unit.payload) == bytes([extra] * extra)
    assert bitstream.to_bytes() == start + b"".join(units)


def test_one_unit_of_many_can_be_changed(start):
    bitstream = nnc.Bitstream.parse(start + OPAQUE * 3)
    bitstream.set("units[2].payload", b"abc")
    bitstream.set("units[3].header.nnr_unit_type", 50, force=True)
    assert bitstream.to_bytes() == (
        start + OPAQUE + bytes([0, 6, 160]) + b"abc" + bytes([0, 3, 50 << 2])
    )
    assert bitstream.units[1].given == {}
    assert bitstream.units[1].units == []


def test_more_units_than_a_list_may_have_entries(start, monkeypatch):
    """The index of a unit isn't that of a list."""
    monkeypatch.setattr("nnc.engine.tracing.LONGEST_LIST", 16)
    tensors = {f"s{number}": np.float32(number) for number in range(40)}
    data = nnc.encode(tensors, threads=1)
    traced = trace(data)
    assert not traced.errors
    paths = [element.path for element in traced.elements()]
    assert len(set(paths)) == len(paths)
    bitstream = nnc.Bitstream.parse(data)
    for element in traced.elements():
        if ".header." in element.path and element.name != "byte_alignment":
            assert bitstream.get(element.path) == element.value
    assert check(data).findings == []
    assert diff(traced, trace(data)) == []


def test_more_units_in_an_aggregate_than_a_list_may_have_entries(start, monkeypatch):
    monkeypatch.setattr("nnc.engine.tracing.LONGEST_LIST", 8)
    bitstream = nnc.Bitstream.parse(start + OPAQUE * 20)
    from nnc.bitstream.editing.parts import wrap

    wrap(bitstream, 1, 20)
    traced = trace(bitstream.to_bytes())
    assert not traced.errors
    assert len(traced.units[1].units) == 20
    assert [unit.type_name for unit in traced.units[1].units] == ["type 40"] * 20
