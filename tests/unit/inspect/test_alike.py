"""Checking units that are alike: the findings are those of looking at each."""

import random

import numpy as np
import pytest

import nnc
from nnc.bitstream.parser import UnitParser
from nnc.encoder import encode_model
from nnc.encoder.options.model import EncoderOptions
from nnc.inspect.alike import VARYING, AlikeTrace, RunTracingParser
from nnc.inspect.checking import all_rules, check
from nnc.inspect.findings import models
from nnc.inspect.passing import KEPT, Passing
from nnc.inspect.tracing import trace, traced_by
from tests.mutations import WAYS

OPTIONS = [
    {},
    {"profile": 0},
    {"scan_order": 1},
    {"references": True},
    {"aggregates": "all"},
    {"part_size": 30},
    {"out_of_band": ["cabac_unary_length_minus1"]},
]


def encoded(options, count=40):
    source = np.random.default_rng(5)
    tensors = {}
    for number in range(count):
        shape = [(7,), (5, 4), (30, 20)][number % 3]
        tensors[f"n{number}"] = source.laplace(size=shape).astype(np.float32)
    return encode_model(tensors, EncoderOptions(**options)).to_bytes()


def of_each(data, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(UnitParser, "finds_runs", False)
        return check(data).as_dict()


def traced_in_runs(data):
    passing = Passing(all_rules(deep=False), keep=False)
    parser = RunTracingParser(
        memoryview(data), nnc.bitstream.OutOfBand(), passing.take, passing.is_exemplary, KEPT
    )
    return traced_by(parser)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_damaged_data_have_the_same_findings(options, monkeypatch):
    whole, source = encoded(options), random.Random(13)
    found = 0
    for number in range(60):
        data = bytearray(whole)
        WAYS[number % len(WAYS)](data, source)
        report = check(bytes(data)).as_dict()
        assert report == of_each(bytes(data), monkeypatch)
        found += bool(report["findings"])
    assert found > 20


def test_faults_of_one_of_many_are_found(monkeypatch):
    whole = encoded({})
    bitstream = nnc.Bitstream.parse(whole)
    for unit in bitstream.units[24:26]:
        begin = unit.payload_start
        for place in range(unit.start, begin):
            for bit in (0, 3, 7):
                data = bytearray(whole)
                data[place] ^= 1 << bit
                assert check(bytes(data)).as_dict() == of_each(bytes(data), monkeypatch)


def test_a_name_that_comes_twice_is_found(monkeypatch):
    data = encoded({}).replace(b"n33\0", b"n21\0")
    (finding,) = check(data).findings
    assert finding.rule == "tensor-once"
    assert check(data).as_dict() == of_each(data, monkeypatch)


def test_stored_values_of_a_wrong_size_are_found(monkeypatch):
    bitstream = nnc.Bitstream.parse(encoded({}))
    raw = [unit for unit in bitstream.units if unit.names and len(unit.payload_bytes) == 28]
    assert len(raw) > 8
    raw[7].payload = bytes(27)
    data = bitstream.to_bytes()
    assert [finding.rule for finding in check(data).findings] == ["raw-size"]
    assert check(data).as_dict() == of_each(data, monkeypatch)


def test_a_fault_that_all_have_is_found_in_each(monkeypatch):
    data = encoded({})
    units = nnc.Bitstream.parse(data).units
    wrong = [bytes(unit.whole) for unit in units]
    last = [index for index, unit in enumerate(units) if unit.pattern is not None][-1]
    header = wrong[last][: units[last].payload_start - units[last].start]
    # Bits of the alignment at the end of the header.
    wrong = [one.replace(header[-3:], header[-3:-1] + bytes([header[-1] ^ 1])) for one in wrong]
    report = check(b"".join(wrong))
    assert len(report.findings) > 8
    assert report.as_dict() == of_each(b"".join(wrong), monkeypatch)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_elements_that_are_made_are_those_of_the_data(options):
    data = encoded(options)
    found, expected = traced_in_runs(data), trace(data)
    alike = 0
    for one, other in zip(found.units, expected.units, strict=True):
        assert (one.path, one.start, one.stop, one.payload_start, one.names, one.type_name) == (
            other.path, other.start, other.stop, other.payload_start, other.names, other.type_name
        )  # fmt: skip
        if isinstance(one, AlikeTrace):
            alike += 1
            assert [one.made(each) for each in one.exemplar.elements] == other.elements
            assert one.elements == [each for each in other.elements if each.name in KEPT]
            for each in other.elements:
                assert one.element(each.name) == other.element(each.name)
                if each.descriptor:
                    assert one.value(each.name) == other.value(each.name)
            assert one.element("nothing") is None
    assert alike > 10 or options in ({"references": True}, {"aggregates": "all"}, {"part_size": 30})


@pytest.mark.parametrize("options", OPTIONS[::3], ids=str)
@pytest.mark.filterwarnings("ignore::nnc.EncodingWarning")
def test_rules_read_no_more_elements_than_they_say(options):
    """What they find without the other elements is what they find with them."""
    rules = [rule for rule in all_rules(deep=False) if rule.reads is not None]
    assert any(rule.reads & VARYING for rule in all_rules(deep=False) if rule.reads) is False
    whole, source = encoded(options), random.Random(17)
    for number in range(6):
        data = bytearray(whole)
        WAYS[number % len(WAYS)](data, source)
        for rule in rules:
            found = [list(rule.findings(model)) for model in models(trace(bytes(data)))]
            without = trace(bytes(data))
            for unit in without.walk():
                assert unit.type_name
                unit.elements[:] = [one for one in unit.elements if one.name in rule.reads]
            assert found == [list(rule.findings(model)) for model in models(without)]
