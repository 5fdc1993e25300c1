"""The promises of the architecture, on bitstreams that the schema's strategies draw."""

from __future__ import annotations

import re

import pytest

from nnc.bitio import BitstreamError, NncError
from nnc.bitstream import Bitstream
from nnc.decoder import Decoder, Limits, Resources, decode_model
from nnc.decoder.layout import layout_of
from nnc.decoder.model import decode_unit
from nnc.fuzzing.corpus import element_of, first_drawn, rule_names
from nnc.fuzzing.streams import VERDICTS
from nnc.fuzzing.whole import draw_broken, draw_syntax, draw_valid
from nnc.inspect.checking import check
from nnc.syntax import TABLES

LIMITS = Limits(values=1 << 18)

#: Rules at one element by their kind.
ELEMENTS = {
    kind: [
        element_of(name.partition(":")[2]) for name in rule_names() if name.startswith(f"{kind}:")
    ]
    for kind in VERDICTS
}


def parse(drawn):
    """Parse a bitstream, told what it leaves out."""
    return Bitstream.parse(drawn.data, **drawn.out_of_band)


def payloads(bitstream):
    """Parse all payloads, errors located as the library's callers get them."""
    for unit in bitstream.walk():
        try:
            yield unit, unit.payload
        except BitstreamError as error:
            raise unit.locate(error) from None


def with_base(drawn):
    """Return a bitstream, after the one that it is an update of."""
    return [drawn] if drawn.base is None else [drawn.base, drawn]


def comes_back(drawn):
    """Check that what is parsed is what was built, and builds the same bytes."""
    bitstream = parse(drawn)
    found = list(payloads(bitstream))
    assert len(found) == len(drawn.tables)
    for (unit, payload), (header, table) in zip(found, drawn.tables, strict=True):
        assert unit.header == header
        assert table is None or payload == table
    assert bitstream.to_bytes() == drawn.data


def decodes(drawn):
    """Check that a bitstream decodes, after its base."""
    decoder = Decoder(threads=1)
    for each in with_base(drawn):
        assert decoder.decode(parse(each))


def breaks_no_rule(drawn):
    """Check that the validator finds nothing."""
    for each in with_base(drawn):
        assert not check(each.data, deep=True, **each.out_of_band).findings
    if drawn.dimensions:
        assert not check(drawn.data).errors


def test_bitstreams_of_the_syntax_come_back_as_built(run):
    run(draw_syntax, comes_back)


def test_valid_bitstreams_come_back_decode_and_break_no_rule(run):
    def holds(drawn):
        comes_back(drawn)
        decodes(drawn)
        breaks_no_rule(drawn)

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
            decode_model(Bitstream.parse(data), Resources(threads=1, limits=LIMITS)).values()
        except NncError:
            return

    run(damaged, holds)


def rule_of(drawn):
    """Return names of a validator's rules that say the same as the broken rule."""
    kind, element = drawn.broken.kind, element_of(drawn.broken.path)
    if kind == "irregular-alignment":
        return r"byte-alignment"
    word = "constraint" if kind == "constraint" else "(range|enum)"
    return rf"{word}:\w+\.{element}(#\d+)?"


def plain(path):
    """Return a path as both drawing and validating write it.

    A rule on a list is found at the list's first value, so the last index is left out; so are
    tables in between, which only the validator names, where elements of one name need it.
    """
    path = re.sub(r"\[\d+\]$", "", path)
    return ".".join(part for part in path.split(".") if part not in TABLES)


def drawn_with(kind, element, seed):
    """Draw until a rule is broken."""
    drawn, _ = first_drawn(str(seed), lambda source: draw_broken(source, kind, element))
    return drawn


def covers(found, path):
    """Tell whether the path of an error is another, or that of a vector with the element in it."""
    vector = re.fullmatch(r"(.*)\[(\d+)\.\.(\d+)\]", found)
    element = re.fullmatch(r"(.*)\[(\d+)\]", path)
    if vector is None or element is None:
        return found == path
    first, index, last = int(vector[2]), int(element[2]), int(vector[3])
    return vector[1] == element[1] and first <= index <= last


def read_all(drawn):
    """Parse everything, and read values that are stored raw."""
    for unit, _ in payloads(parse(drawn)):
        if drawn.broken.path.startswith(f"{unit.path}.payload.raw_float"):
            decode_unit(unit, layout_of(unit, LIMITS))


def check_refused(drawn):
    """Check that a broken bitstream is refused with the very rule that it breaks."""
    if drawn.broken.verdict == "error":
        with pytest.raises(BitstreamError) as caught:
            read_all(drawn)
        assert covers(caught.value.path, drawn.broken.path), drawn.broken
        return
    if element_of(drawn.broken.path) != "nnr_unit_type":
        # Without a unit that lost its type others may not be readable.
        bitstream = parse(drawn)
        list(payloads(bitstream))
        assert bitstream.to_bytes() == drawn.data
    found = {
        (plain(finding.path), finding.rule)
        for finding in check(drawn.data, **drawn.out_of_band).findings
        if finding.level == "error"
    }
    here = {rule for path, rule in found if path == plain(drawn.broken.path)}
    assert any(re.fullmatch(rule_of(drawn), rule) for rule in here), (drawn.broken, found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(VERDICTS))
def test_broken_rule_is_refused_with_that_very_rule(kind, run_many):
    def holds(choice):
        element, seed = choice
        drawn = drawn_with(kind, element, seed)
        assert drawn.broken.kind == kind
        check_refused(drawn)

    def choose(source):
        elements = ["", *ELEMENTS[kind]]
        element = elements[source.integer(0, len(elements) - 1)]
        return element, source.integer(0, 1 << 40)

    run_many(choose, holds)


@pytest.mark.parametrize("rule", rule_names())
def test_each_listed_rule_can_be_broken(rule):
    kind, element = rule.split(":")
    drawn = drawn_with(kind, element, 0)
    assert (drawn.broken.kind, element_of(drawn.broken.path)) == (kind, element)
    check_refused(drawn)
