"""The flags at the beginning of payloads: the same in bulk as bin by bin, by both engines."""

import pytest

import nnc
from nnc import deepcabac
from nnc.decoder.layout import layout_of
from nnc.deepcabac import reference
from nnc.features import heads
from nnc.inspect.bins import is_coded
from nnc.model.limits import Limits
from tests.cases import CASES


def coded_units(paths):
    """Yield the units of one coded tensor, with their layouts."""
    for path in paths:
        for unit in nnc.Bitstream.parse(path.read_bytes()).walk():
            if is_coded(unit):
                layout = layout_of(unit, Limits(), parents_known=True)
                if len(layout.tensors) == 1:
                    yield unit, layout


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_heads_are_what_bins_say(case, monkeypatch):
    engines = {deepcabac.Decoder, reference.Decoder}
    for unit, layout in coded_units(case.bitstreams):
        expected = heads.heads_of(unit, layout)
        for engine in engines:
            monkeypatch.setattr(deepcabac, "Decoder", engine, raising=False)
            assert heads.head_of(unit, layout) == expected


def test_flags_of_all_kinds_are_met():
    paths = [path for case in CASES for path in case.bitstreams]
    found = {}
    for unit, layout in coded_units(paths):
        for name, value in heads.head_of(unit, layout).items():
            found.setdefault(name, set()).add(value)
    assert found == {name: {0, 1} for name in heads.CODED_ELEMENTS}


def test_a_cut_payload_says_nothing():
    path = next(path for case in CASES for path in case.bitstreams)
    bitstream = nnc.Bitstream.parse(path.read_bytes())
    unit = next(unit for unit in bitstream.units if is_coded(unit))
    assert heads.head_values(unit)
    unit.payload = unit.payload_bytes[:2]
    assert heads.head_values(unit) is None
