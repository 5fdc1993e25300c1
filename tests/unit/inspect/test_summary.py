"""A line for each tensor, whatever units it stands in."""

import numpy as np
import pytest

import nnc
from nnc.inspect import summarize, summarize_tensors


def random_tensor(*shape):
    return np.random.default_rng(1).normal(0, 0.1, shape).astype("f4")


TENSORS = {
    "l.weight": random_tensor(40, 30),
    "l.bias": random_tensor(40),
    "one": random_tensor(3, 4),
    "two": random_tensor(4, 5),
    "i": np.arange(12).reshape(3, 4),
    "stored": random_tensor(5, 6),
}

ARRANGEMENTS = [
    {},
    {"part_size": 20},
    {"part_size": 20, "aggregates": "all"},
    {"part_size": 300, "aggregates": "modules", "references": True},
    {"joins": [nnc.Joined(names=["one", "two"], orders={"two": (1, 0)})]},
    {"joins": [nnc.Joined(names=["two", "one"], axis=1, orders={"one": (1, 0)})], "part_size": 10},
    {"blocks": [nnc.Block(weight="l.weight", bias="l.bias")], "part_size": 100},
]


@pytest.mark.parametrize("arrangement", ARRANGEMENTS, ids=str)
def test_every_tensor_has_a_line(arrangement):
    data = nnc.encode(TENSORS, qp=-32, nonweight_qp=-75, keep=["stored"], **arrangement)
    bitstream = nnc.Bitstream.parse(data)
    lines = {line.name: line for line in summarize_tensors(bitstream)}
    assert set(lines) == set(TENSORS)
    for name, values in nnc.decode(data).items():
        line = lines[name]
        assert (line.shape, line.values) == (values.shape, values.size)
        assert line.dtype == values.dtype.name
        if line.kind != "block":
            assert (line.qp is None) == (name in ("i", "stored"))
    coded = [unit for unit in bitstream.walk() if unit.type_name == "NNR_NDU"]
    assert sum(line.bytes or 0 for line in lines.values()) == sum(one.byte_size for one in coded)
    summary = summarize(bitstream)
    assert summary.tensors == len(TENSORS)
    assert summary.values == sum(values.size for values in TENSORS.values())
    assert sum(summary.kinds.values()) == sum(line.bytes is not None for line in lines.values())
    assert {"float", "int", "raw_float"} <= set(summary.kinds)


def test_missing_parts_are_told():
    bitstream = nnc.Bitstream.parse(nnc.encode(TENSORS, keep=["stored"], part_size=100))
    del bitstream.units[-1]
    for sum_up in (summarize, summarize_tensors):
        with pytest.raises(nnc.IncompleteError, match="more are missing"):
            sum_up(nnc.Bitstream.parse(bitstream.to_bytes()))
