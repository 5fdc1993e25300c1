"""Damaged files of several formats: nothing but our errors, soon, in little memory."""

import itertools

import pytest

from nnc.bitio import NncError, PlacedError
from tests.mutations import survive
from tests.second_format import strategies, syntax
from tests.unit.generator.targets.test_computed import BOXES, CHUNK, FRAMES

#: A format whose parser a careless generator would let run for ever.
HOSTILE = """
root top
clause 1 "Made up"
status ours
syntax top() {
    n u(32)
    w u(8)
    for (i = 0; i < n; i++)
        wide u(w - 3)
    array marks[n]
    marks[0] = w
    k ue(0)
    big u(1 << k)
    many u(8)
    x = 3
    for (i = 0; i < many; i++) {
        step u(1)
        x = x * x + step
    }
    do {
        part u(w % 7)
        last u(2)
    } while (last != 3)
    tree(n / many)
    byte_alignment()
    rest bs(v)
}
semantics {
    n
        N.
    w
        W.
    wide
        Values.
    k
        K.
    big
        Big.
    many
        Many.
    step
        Step.
    part
        Part.
    last
        Last.
    rest
        Rest.
}
syntax tree(depth) {
    more u(2)
    for (i = 0; i < more; i++)
        tree(depth - 1)
    text ue(0)
}
semantics {
    more
        Branches.
    text
        Text.
        constraint more / depth < 3 "too many branches"
}
"""
#: How many damaged files the slow run tries of each format.
ALL = 10_000
SAMPLE = 300


def drawn(tables, draws, root, count):
    """Return files of a format, drawn from the seeds 0, 1, 2, ..."""
    files = []
    seeds = itertools.count()
    while len(files) < count:
        seed = next(seeds)
        drawer = draws.Drawer(draws.RandomSource(seed))
        try:
            draws.TABLES[root](drawer, tables.Scope())
        except draws.RejectedError:
            assert seed < 40 * count
            continue
        files.append(drawer.to_bytes())
    return files


def assert_placed(error, data):
    """Check that an error says the place."""
    assert str(error)
    assert error.bit_position is not None
    assert 0 <= error.bit_position <= 8 * len(data)


def use(tables, root):
    """Return a function that parses and builds, and checks that errors say the place."""
    syntax = tables.TABLES[root]

    def run(data):
        findings = []
        try:
            table = syntax.read(data, enforcement="report", findings=findings)
        except PlacedError as error:
            assert_placed(error, data)
            raise
        assert all(each.path and each.code for each in findings)
        written = syntax.write(table)
        # A last byte that isn't used to its end is filled with zero bits.
        assert data.startswith(written[:-1])
        assert not written or (written[-1] ^ data[len(written) - 1]).bit_length() < 8

    return run


@pytest.mark.parametrize(
    "count", [SAMPLE, pytest.param(ALL, marks=pytest.mark.slow)], ids=["some", "all"]
)
@pytest.mark.parametrize("name", ["h264", "chunk", "boxes", "frames", "hostile"])
def test_mutations(compile_both, name, count):
    if name == "h264":
        tables, draws, root = syntax, strategies, "nal_unit"
    else:
        texts = {"chunk": CHUNK, "boxes": BOXES, "frames": FRAMES, "hostile": HOSTILE}
        text = texts[name].replace("ue(0) = sizeof", "u(16) = sizeof")
        tables, draws = compile_both(text)
        root = next(each for each in ("top", "box", "frame") if each in tables.TABLES)
    if name == "hostile":
        files = [bytes.fromhex("00000002 05 00 a0 02 c0 ff 00 01 55 ff ff ff")]
    else:
        files = drawn(tables, draws, root, 20)
    read, refused = survive(use(tables, root), files, count, seed=len(name))
    assert read + refused == count
    assert refused > count / 20


def test_what_is_left_of_a_damaged_file_is_written_back(compile_both):
    tables, _ = compile_both(CHUNK)
    data = b"\0\1\0\4\0\7abc\0" + bytes(6) + b"\0\1\0\7\0" + bytes(6)
    try:
        table = tables.top.parse(data)
    except NncError:
        pytest.fail("only values are wrong")
    assert tables.top.write(table) == data
