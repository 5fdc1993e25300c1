"""Ranges and constraints, held to as strictly as the caller asks."""

import pytest

from nnc.bitio import BitReader, BuildError, Enforcement, InputError, InvalidError

BODY = """
kind u(8)
n u(8)
for (i = 0; i < n; i++) {
    a[i] u(8)
    b u(8)
}
level u(8)
"""
KEYS = {
    "kind": ["range 1..2"],
    "a": ["range 0..9", 'constraint Max(a) < level "a is not below the level"'],
    "b": ["range 3..4"],
    "level": ["range n..200", 'constraint 8 / (level - 7) != 9 "the level is bad"'],
}


@pytest.fixture
def module(compile_table):
    return compile_table(BODY, "kind n a b level", **KEYS)


GOOD = bytes([1, 2, 5, 3, 6, 4, 20])
BAD = bytes([3, 2, 15, 3, 6, 9, 7])


def test_off_is_the_default(module):
    table = module.top.read(BAD)
    assert table == module.top.parse(BAD)
    assert module.top.write(table) == BAD


def test_report_collects_what_is_broken(module):
    findings = []
    table = module.top.read(BAD, enforcement="report", findings=findings)
    assert [(each.path, each.position, each.code) for each in findings] == [
        ("kind", "0.0", "out-of-range"),
        ("a[0]", "2.0", "out-of-range"),
        ("b[1]", "5.0", "out-of-range"),
        ("a", "2.0", "broken-constraint"),
        ("level", "6.0", "broken-constraint"),
    ]
    assert all(isinstance(each, InvalidError) for each in findings)
    assert all(each.clause == "1.2" and each.schema.startswith("made/") for each in findings)
    assert findings[0].allowed == "1..2"
    assert findings[3].message == "a is not below the level"
    assert [each.path for each in module.top.check(table)] == [each.path for each in findings]


def test_strict_raises_at_the_first(module):
    assert module.top.read(GOOD, enforcement="strict").n == 2
    with pytest.raises(InvalidError) as caught:
        module.top.read(BAD, enforcement="strict")
    assert (caught.value.path, caught.value.value) == ("kind", 3)
    table = module.top.parse(GOOD)
    assert module.top.write(table, enforcement="strict") == GOOD
    table.b[0] = 7
    with pytest.raises(BuildError, match=r"b\[0\], at 3.0: b is out of range") as caught:
        module.top.write(table, enforcement="strict")
    assert caught.value.code == "out-of-range"


def test_range_is_told_before_what_follows_from_it(module):
    with pytest.raises(InvalidError, match="kind is out of range"):
        module.top.read(b"\x07", enforcement="strict")


def test_vectors_floats_and_signed_numbers(compile_table):
    module = compile_table(
        "for (i = 0; i < 3; i++)\na[i] u(8)\nb i(8)\nc flt(32)\nd ue(0)\ne ie(0)",
        "a b c d e",
        a=["range 0..5"],
        b=["range -3..3"],
        c=["range 0..1"],
        d=["range 1..9"],
        e=["range 0..9"],
    )
    table = module.top.parse(bytes([1, 9, 2, 0xF0, 0, 0, 0, 0xC0, 0xB0]))
    found = [each.path for each in module.top.check(table)]
    assert found == ["a[1]", "b", "c", "d", "e"]


def test_rules_of_called_tables_see_parameters_and_shared_names(compile_schema):
    text = """
    clause 1 "Made up" status ours root top
    given most default 50 "largest level"
    syntax top() {
        scale u(8)
        part(scale)
        part(2) as second
    }
    semantics {
        scale
            Scale.
    }
    syntax part(factor) {
        a u(8)
        nested(factor + 1)
    }
    semantics {
        a
            Level.
            constraint a % factor == 0 "a is no multiple of the factor"
            constraint a <= most "a is too large"
            constraint a >= scale "a is below the scale"
    }
    syntax nested(factor) {
        b u(8)
    }
    semantics {
        b
            Nested.
            range 0..factor
    }
    """
    module = compile_schema(made=text)
    findings = []
    data = bytes([3, 8, 9, 3, 0])
    module.top.read(data, enforcement="report", findings=findings)
    assert [(each.path, each.message) for each in findings] == [
        ("b", "b is not <= factor"),
        ("a", "a is no multiple of the factor"),
        ("second.a", "a is no multiple of the factor"),
    ]
    with pytest.raises(InvalidError, match="too large"):
        module.top.read(bytes([3, 9, 1, 4, 1]), {"most": 8}, enforcement="strict")


def test_a_reader_can_be_told(module):
    rules = Enforcement("report")
    module.top.read_from(BitReader(BAD, rules=rules), module.Scope())
    assert len(rules.findings) == 5
    with pytest.raises(InputError, match="choose from strict, report, off"):
        module.top.read(GOOD, enforcement="sometimes")
