"""The promises of the architecture, on bitstreams that the schema's strategies draw."""

from __future__ import annotations

import re

import pytest

from nnc.bitio import BitstreamError, NncError
from nnc.bitstream import Bitstream
from nnc.decoder import Limits, decode_model
from nnc.fuzzing.corpus import element_of
from nnc.fuzzing.strategies import RandomSource, RejectedError
from nnc.fuzzing.streams import VERDICTS, draw_broken, draw_syntax, draw_valid
from nnc.inspect.check import check

LIMITS = Limits(values=1 << 18)


def payloads(bitstream):
    """Parse all payloads, errors located as the library's callers get them."""
    for unit in bitstream.walk():
        try:
            yield unit, unit.payload
        except BitstreamError as error:
            raise unit.locate(error) from None


@pytest.mark.parametrize("draw", [draw_valid, draw_syntax])
def test_parsing_gives_what_was_built(draw, run):
    def holds(drawn):
        bitstream = Bitstream.parse(drawn.data)
        found = list(payloads(bitstream))
        assert len(found) == len(drawn.tables)
        for (unit, payload), (header, table) in zip(found, drawn.tables, strict=True):
            assert unit.header == header
            assert table is None or payload == table
        assert bitstream.to_bytes() == drawn.data

    run(draw, holds)


def test_valid_bitstreams_decode(run):
    def holds(drawn):
        tensors = decode_model(Bitstream.parse(drawn.data), threads=1).values()
        assert tensors

    run(draw_valid, holds)


def test_validator_finds_nothing_in_valid_bitstreams(run):
    def holds(drawn):
        assert not check(drawn.data, deep=True).findings

    run(draw_valid, holds)


def says_where(error, size):
    assert error.path
    assert 0 <= error.bit_position <= 8 * size


def damaged(source):
    """Draw a bitstream, and damage some of its bytes."""
    data = bytearray(draw_valid(source).data)
    for _ in range(source.integer(0, 4)):
        data[source.integer(0, len(data) - 1)] = source.integer(0, 255)
    return bytes(data[: len(data) - source.integer(0, 3)])


def damaged_or_noise(source):
    """Draw a damaged bitstream, or bytes that never were one."""
    if source.integer(0, 1):
        return damaged(source)
    return bytes(source.integer(0, 255) for _ in range(source.integer(0, 200)))


def test_building_gives_what_was_parsed(run):
    def holds(data):
        try:
            bitstream = Bitstream.parse(data)
        except BitstreamError as error:
            says_where(error, len(data))
            return
        assert bitstream.to_bytes() == data

    run(damaged_or_noise, holds)


def test_decoding_raises_only_our_errors(run):
    def holds(data):
        try:
            decode_model(Bitstream.parse(data), threads=1, limits=LIMITS).values()
        except NncError:
            return

    run(damaged, holds)


def rule_of(drawn):
    """Give names of a validator's rules that say the same as the broken rule."""
    kind, element = drawn.broken.kind, element_of(drawn.broken.path)
    if kind == "irregular-alignment":
        return r"byte-alignment"
    word = "constraint" if kind == "constraint" else "(range|enum)"
    return rf"{word}:\w+\.{element}(#\d+)?"


def plain(path):
    """Leave out the last index of a path: a rule on a list is found at the list's first value."""
    return re.sub(r"\[\d+\]$", "", path)


@pytest.mark.parametrize("kind", sorted(VERDICTS))
def test_broken_rule_is_refused_with_that_very_rule(kind, run):
    def holds(seed):
        for attempt in range(200):
            try:
                drawn = draw_broken(RandomSource(f"{seed}.{attempt}"), kind)
                break
            except RejectedError:
                continue
        assert drawn.broken.kind == kind
        if drawn.broken.verdict == "error":
            with pytest.raises(BitstreamError) as caught:
                list(payloads(Bitstream.parse(drawn.data)))
            assert caught.value.path == drawn.broken.path
            return
        bitstream = Bitstream.parse(drawn.data)
        list(payloads(bitstream))
        assert bitstream.to_bytes() == drawn.data
        found = {
            (plain(finding.path), finding.rule)
            for finding in check(drawn.data).findings
            if finding.level == "error"
        }
        here = {rule for path, rule in found if path == plain(drawn.broken.path)}
        assert any(re.fullmatch(rule_of(drawn), rule) for rule in here), (drawn.broken, found)

    run(lambda source: source.integer(0, 1 << 40), holds)
