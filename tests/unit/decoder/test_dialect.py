"""The dialect of NNCodec 1, told from the standard by decoding."""

import json

import numpy as np
import pytest

import nnc
from nnc.cli.main import run
from nnc.decoder.dialect import Dialect, detect_dialect
from tests.cases import CASES

SINGLE = [case for case in CASES if not case.is_sequence and not case.out_of_band]


@pytest.mark.parametrize("case", SINGLE, ids=lambda case: case.name)
def test_the_dialect_of_the_vectors(case):
    bitstream = nnc.open(case.bitstreams[0])
    found = detect_dialect(bitstream)
    if case.description["profile"] == 1:
        assert found is Dialect.STANDARD
    elif case.description.get("dialect") == "nncodec-1":
        assert found in (Dialect.NNCODEC_1, Dialect.BOTH)
    else:
        assert found in (Dialect.STANDARD, Dialect.BOTH)
    # What is decoded in the end is what was told.
    taken = nnc.decoder.decode_model(bitstream).nncodec1
    assert taken == (found is Dialect.NNCODEC_1)


def test_most_vectors_tell():
    told = [detect_dialect(nnc.open(c.bitstreams[0])) for c in SINGLE if "p0v1" in c.name]
    assert told.count(Dialect.NNCODEC_1) > 0.8 * len(told)


def test_ours_is_the_standard():
    for profile in (0, 1):
        data = nnc.encode({"w": np.linspace(-1, 1, 400).reshape(20, 20)}, profile=profile)
        assert detect_dialect(nnc.Bitstream.parse(data)) is Dialect.STANDARD


def test_nothing_coded_fits_both():
    data = nnc.encode({"w": np.ones((2, 2), "f4")}, keep=["w"], profile=0)
    assert detect_dialect(nnc.Bitstream.parse(data)) is Dialect.BOTH


def test_damage_fits_neither():
    bitstream = nnc.Bitstream.parse(
        nnc.encode({"w": np.linspace(-1, 1, 400).reshape(20, 20)}, profile=0)
    )
    unit = bitstream.units[-1]
    unit.payload = bytes(unit.payload_bytes[:20])
    damaged = nnc.Bitstream.parse(bitstream.to_bytes())
    assert detect_dialect(damaged) is Dialect.NEITHER


def test_what_can_not_be_decoded_is_not_told():
    bitstream = nnc.Bitstream.parse(nnc.encode({"w": np.ones((9, 9), "f4")}, profile=0))
    assert detect_dialect(bitstream, nnc.Limits(values=80)) is None
    assert detect_dialect(bitstream, nnc.Limits(values=81)) is not None


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("p0v1-scan0-dq", "NNCodec 1"),
        ("p0-scan0-dq", "standard"),
        ("p0-rawfloat-only-noquant-mps", "standard and NNCodec 1 alike"),
        ("p1-scan0-rowskip0-nodq", "standard"),
    ],
)
def test_info_says_it(name, dialect, capsys):
    (case,) = [case for case in CASES if case.name == name]

    def info(*options):
        assert run(["info", str(case.bitstreams[0]), *options]) == 0
        return capsys.readouterr().out

    assert json.loads(info("--format", "json"))["dialect"] == dialect
    lines = [line.split(maxsplit=1) for line in info().splitlines()]
    assert ["dialect", dialect] in lines
