"""Units put together and taken apart again."""

import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.bitstream.editing.parts import copy_bitstream, cut, join, unwrap, wrap
from tests.cases import FOLDER

DATA = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()


@pytest.fixture
def bitstream():
    return Bitstream.parse(DATA)


@pytest.mark.parametrize("entry_points", [True, False])
def test_wrap_and_unwrap(bitstream, entry_points):
    plan = wrap(bitstream, 3, 6, entry_points=entry_points, keep=False)
    assert bitstream.to_bytes() == DATA
    assert wrap(bitstream, 3, 6, entry_points=entry_points) == plan
    written = bitstream.to_bytes()
    assert len(written) == plan.bytes_after
    assert all(np.array_equal(nnc.decode(written)[k], v) for k, v in nnc.decode(DATA).items())
    again = Bitstream.parse(written)
    unwrap(again, "units[3]")
    assert again.to_bytes() == DATA


def test_aggregates_nest(bitstream):
    wrap(bitstream, 4, 5)
    wrap(bitstream, 3, 5)
    written = bitstream.to_bytes()
    again = Bitstream.parse(written)
    assert again.get("units[3].units[1].units[0].header.topology_elem_id") == "conv1.bias"
    unwrap(again, "units[3].units[1]")
    unwrap(again, "units[3]")
    assert again.to_bytes() == DATA


@pytest.mark.parametrize(("first", "last"), [(3, 3), (5, 4), (0, 7), (-1, 2)])
def test_what_cannot_be_wrapped(bitstream, first, last):
    with pytest.raises(nnc.InputError, match="can't be wrapped"):
        wrap(bitstream, first, last)
    assert bitstream.to_bytes() == DATA


def test_cut_and_join(bitstream):
    cut(bitstream, "units[3]", 100)
    again = Bitstream.parse(bitstream.to_bytes())
    counters = [value for _, value in again.get("units[*].header.partial_data_counter")]
    assert counters == [5, 4, 3, 2, 1]
    assert len(again.units[7].payload_bytes) == 77
    join(again, "units[3]")
    assert again.to_bytes() == DATA


def test_a_topology_is_cut_too(bitstream):
    bitstream.set("units[2].payload", b"0123456789")
    data = bitstream.to_bytes()
    _ = bitstream.units[2].payload
    cut(bitstream, "units[2]", 4)
    again = Bitstream.parse(bitstream.to_bytes())
    join(again, "units[2]")
    assert again.to_bytes() == data


def test_parts_that_do_not_follow_each_other(bitstream):
    cut(bitstream, "units[3]", 100)
    bitstream.remove("units[5]")
    data = bitstream.to_bytes()
    with pytest.raises(nnc.BuildError, match="only 2 of 5 parts"):
        join(bitstream, "units[3]")
    assert bitstream.to_bytes() == data
    with pytest.raises(nnc.InputError, match="is not a part"):
        join(bitstream, "units[0]")


@pytest.mark.parametrize(
    ("path", "size", "message"),
    [
        ("units[3]", 1, "477 parts, not 2 to 255"),
        ("units[3]", 477, "make 1 part, not 2 to 255"),
        ("units[3]", 0, "0 parts"),
        ("units[1]", 1, "a whole NNR_NDU"),
        ("units[3].header", 1, "name a unit"),
    ],
)
def test_what_cannot_be_cut(bitstream, path, size, message):
    with pytest.raises(nnc.InputError, match=message):
        cut(bitstream, path, size)


def test_no_aggregate_to_unwrap(bitstream):
    with pytest.raises(nnc.InputError, match="no aggregate"):
        unwrap(bitstream, "units[3]")


def test_a_copy_is_edited_by_itself(bitstream):
    copied = copy_bitstream(bitstream)
    copied.set("units[3].header.topology_elem_id", "x")
    assert bitstream.to_bytes() == DATA
    assert copied.to_bytes() != DATA
    assert copied.units[3].parameter_sets.mps is copied.units[1]


def test_a_later_part_is_not_taken_for_the_first(bitstream):
    cut(bitstream, "units[3]", 100)
    before = bitstream.to_bytes()
    with pytest.raises(nnc.InputError, match=r"units\[4\] is not the first part"):
        join(bitstream, "units[4]")
    assert bitstream.to_bytes() == before


@pytest.mark.parametrize(("number", "follower"), [(0, "NNR_MPS"), (1, "NNR_NDU")])
def test_a_unit_that_others_need_is_not_taken_away(bitstream, number, follower):
    with pytest.raises(nnc.BuildError, match="should have come before") as caught:
        bitstream.remove(f"units[{number}]")
    assert caught.value.path.startswith("units[")
    assert caught.value.unit_type == follower
    assert bitstream.to_bytes() == DATA
