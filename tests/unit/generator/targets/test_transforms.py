"""Tables behind transforms of bytes."""

import zlib

import pytest
from nnc_schema.language.errors import SchemaError

from nnc.bitio import InvalidError, LimitError, ParsingLimits
from nnc.bitio.transforms import Transform

TEXT = """
root top
clause 1 "Made up"
status ours
syntax top() {
    size u(8) = sizeof(packed)
    packed()
}
semantics {
    size
        Bytes.
}
syntax packed() extent 8 * size {
    inside()
}
syntax inside() transform TRANSFORM {
    n u(8) = count(items)
    for (i = 0; i < n; i++)
        items[i] u(16)
    kind u(8)
}
semantics {
    n
        Number.
    items
        Items.
    kind
        Kind.
        range 0..3
}
"""


def compiled(compile_both, transform):
    tables, draws = compile_both(TEXT.replace("TRANSFORM", transform))
    tables.Scope.transforms["backwards"] = Transform(lambda data, _: data[::-1], lambda d: d[::-1])
    return tables, draws


def table_of(tables, items, kind=0):
    inside = tables.Inside(items=items, kind=kind)
    return tables.Top(packed=tables.Packed(inside=inside))


PLAIN = b"\x02\x00\x00\x00\x01\x01"


@pytest.mark.parametrize(
    ("transform", "coded"),
    [
        ("emulation_prevention", b"\x02\x00\x00\x03\x00\x01\x01"),
        ("zlib", zlib.compress(PLAIN)),
        ("hook backwards", PLAIN[::-1]),
    ],
)
def test_there_and_back(compile_both, transform, coded):
    tables, draws = compiled(compile_both, transform)
    data = tables.top.write(table_of(tables, [0, 1], 1))
    assert data == bytes([len(coded)]) + coded
    parsed = tables.top.read(data, enforcement="strict")
    assert list(parsed.packed.inside.items) == [0, 1]
    assert parsed.packed.inside.original_data == b""
    assert tables.top.write(parsed) == data
    for seed in range(30):
        drawer = draws.Drawer(draws.RandomSource(seed))
        drawn = draws.TABLES["top"](drawer, tables.Scope())
        assert tables.top.read(drawer.to_bytes(), enforcement="strict") == drawn
        assert tables.top.write(drawn) == drawer.to_bytes()


def test_what_comes_out_otherwise_is_kept_while_the_table_is_the_same(compile_both):
    tables, _ = compiled(compile_both, "zlib")
    coded = zlib.compress(PLAIN, 0)
    data = bytes([len(coded)]) + coded
    parsed = tables.top.parse(data)
    assert bytes(parsed.packed.inside.original_data) == coded
    assert tables.top.write(parsed) == data
    parsed.packed.inside.kind = 2
    changed = tables.top.write(parsed, repair=True)
    assert changed[1:] == zlib.compress(PLAIN[:-1] + b"\2")


def test_leftovers_are_kept(compile_both):
    tables, _ = compiled(compile_both, "emulation_prevention")
    data = b"\x06\x00\x01\x00\x00\x03\x01"
    parsed = tables.top.parse(data)
    assert bytes(parsed.packed.inside.trailing_data) == b"\0\0\1"
    assert tables.top.write(parsed) == data


def test_errors_say_which_layer(compile_both):
    tables, _ = compiled(compile_both, "zlib")
    coded = zlib.compress(b"\x02\x00\x00")
    with pytest.raises(InvalidError, match="not zlib") as caught:
        tables.top.parse(b"\x02\x00\x00")
    assert (caught.value.code, caught.value.position) == ("bad-transform", "1.0")
    with pytest.raises(Exception, match=r"at 1.0 of zlib at 1: ") as caught:
        tables.top.parse(bytes([len(coded)]) + coded)
    assert caught.value.path == "items[0..1]"
    coded = zlib.compress(PLAIN[:-1] + b"\7")
    findings = []
    tables.top.read(bytes([len(coded)]) + coded, enforcement="report", findings=findings)
    assert [(each.path, each.position) for each in findings] == [("kind", "5.0 of zlib at 1")]


def test_limits(compile_both):
    tables, _ = compiled(compile_both, "zlib")
    coded = zlib.compress(bytes(20_000))
    with pytest.raises(LimitError) as caught:
        tables.top.read(bytes([len(coded)]) + coded, limits=ParsingLimits(inflated=10_000))
    assert caught.value.code == "limit-inflated"


def test_hooks_that_are_missing_or_fail(compile_both):
    tables, _ = compile_both(TEXT.replace("TRANSFORM", "hook sideways"))
    with pytest.raises(InvalidError, match="gives no transform 'sideways'"):
        tables.top.parse(b"\x01\x00")
    tables.Scope.transforms["sideways"] = Transform(lambda data, _: data[9], bytes)
    with pytest.raises(InvalidError, match="index out of range"):
        tables.top.parse(b"\x01\x00")


@pytest.mark.parametrize("transform", ["gzip", "hook zlib"])
def test_mistakes(compile_both, transform):
    with pytest.raises(SchemaError, match="expected emulation_prevention or zlib or hook"):
        compile_both(TEXT.replace("TRANSFORM", transform))
