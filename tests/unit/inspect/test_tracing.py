"""Traces: every bit of every vector once, in order, under a path of its own."""

import pytest

import nnc
from nnc.inspect.tracing import PAYLOAD, UNREAD, trace
from tests.cases import CASES

FILES = [(case, path) for case in CASES for path in case.bitstreams]
IDS = [f"{case.name}/{path.stem}" for case, path in FILES]


def all_bits(data):
    return "".join(f"{byte:08b}" for byte in data)


@pytest.mark.parametrize(("case", "path"), FILES, ids=IDS)
def test_every_bit_is_named_once(case, path):
    data = path.read_bytes()
    traced = trace(data, **case.out_of_band)
    assert not traced.errors
    elements = list(traced.elements())
    place = 0
    for element in elements:
        assert element.position == place
        place += element.bits
    assert place == 8 * len(data)
    assert "".join(element.bit_text(traced.data) for element in elements) == all_bits(data)
    paths = [element.path for element in elements]
    assert len(set(paths)) == len(paths)
    assert UNREAD not in {element.name for element in elements}
    # Nothing but the coded data is without an element of the syntax.
    units = {unit.path: unit for unit in nnc.Bitstream.parse(data, **case.out_of_band).walk()}
    for element in elements:
        if not element.is_syntax:
            unit = units[element.path.rpartition(".")[0]]
            assert element.name == PAYLOAD
            assert element.position == 8 * unit.payload_start
            assert element.bits == 8 * len(unit.payload_bytes)
