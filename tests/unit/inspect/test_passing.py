"""Units that are let go of as they pass lead to the findings of those that all stay."""

from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.inspect import passing
from nnc.inspect.checking import all_rules, check, check_trace
from nnc.inspect.passing import KEPT, Passing
from nnc.inspect.tracing import TracingParser, trace, traced_by

STREAMS = sorted((Path(__file__).parents[2] / "broken" / "streams").glob("*.nnc"))


def test_findings_are_the_same(monkeypatch):
    """Rules see units one by one, or all of several models at once, and say the same."""
    monkeypatch.setattr(passing, "ELEMENTS", 1)
    datas = [path.read_bytes() for path in STREAMS]
    joined = [b"".join(datas[i : i + 3]) for i in range(0, len(datas), 3)]
    damaged = [bytes([*data[:40], data[40] ^ 16, *data[41:]]) for data in datas if len(data) > 41]
    assert sum(bool(check(data).findings) for data in datas) > 100
    for data in [*datas, *joined, *damaged]:
        assert check(data) == check_trace(trace(data))


def test_of_data_units_only_what_rules_ask_for_is_kept():
    tensors = {f"t{i}": np.full(4, i, np.float32) for i in range(200)}
    data = nnc.encode(tensors, threads=1) + bytes([0, 3, 40 << 2]) * 50
    looked_at = Passing(all_rules(deep=False), keep=False)
    parser = TracingParser(memoryview(data), nnc.bitstream.OutOfBand(), seen=looked_at.take)
    traced = traced_by(parser)
    looked_at.look()
    thinned = [unit for unit in traced.units if unit.kept is not None]
    assert len(thinned) == 250
    assert sum(len(unit.elements) for unit in thinned) == 2 * 200
    assert [unit.names for unit in thinned[:200]] == [[name] for name in tensors]
    with pytest.raises(AssertionError, match="dq_flag"):
        thinned[0].element("dq_flag")
    assert thinned[0].element("topology_elem_id").value == "t0"


def test_what_is_kept_are_names_of_elements():
    known = {name for syntax in nnc.syntax.TABLES.values() for name in syntax.elements}
    assert known >= KEPT
