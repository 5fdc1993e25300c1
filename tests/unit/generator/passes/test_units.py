"""Kinds of units, and files that use each other."""

import pytest
from nnc_schema.language.errors import SchemaError
from nnc_schema.passes.units import unit_kinds

HEAD = 'clause 1 "Test"\nstatus ours\n'
ENUM = 'enum Kind { A = 0 "a" B = 1 "b" C = 2 "c" D = 3 "d" }\n'
UNITS = "units Kind header head payload body { starts A persistent B divisible C, D }\n"
TABLES = """
root unit
syntax unit() { head() body() }
syntax head() { kind u(8) Kind if (kind == A) version() }
semantics {
    kind
        Kind.
}
persistent syntax version() { edition u(8) }
semantics {
    edition
        Edition.
}
syntax body() {
    if (kind == B) parameters()
    else if (kind == C) coded()
    else if (kind == D) units()
}
syntax parameters() { level u(8) if (edition) more u(8) }
semantics {
    level
        Level.
    more
        More.
}
syntax coded() { external levels my.coder codeword() }
semantics {
    levels
        Levels.
}
external syntax codeword() { bin ae(v) }
semantics {
    bin
        Bin.
}
syntax units() { unit() }
"""


def test_tables_follow_from_the_conditions(analyse):
    a, b, c, d = unit_kinds(analyse(one=HEAD + ENUM + UNITS + TABLES))
    assert (a.name, a.header, a.payload, a.names) == ("A", "version", "", ("edition",))
    assert (a.starts, a.persistent, a.divisible, a.parsed) == (True, False, False, False)
    assert (b.payload, b.parsed, b.persistent, b.starts) == ("parameters", True, True, False)
    assert (c.payload, c.parsed, c.divisible) == ("coded", False, True)
    assert (d.payload, d.parsed, d.divisible) == ("units", False, True)


def test_a_schema_may_have_no_units(analyse):
    assert unit_kinds(analyse(one=HEAD + ENUM + TABLES)) == []


def test_files_use_each_other_in_one_direction(analyse):
    one = HEAD + "root a\nsyntax a() { b() }\n"
    assert analyse(one=one, two=HEAD + "syntax b() { }\n")
    with pytest.raises(SchemaError, match="uses 'one', expected one file") as caught:
        analyse(one=one, two=HEAD + "syntax b() { c() }\n", three=HEAD + "syntax c() { a() }\n")
    assert str(caught.value).startswith("made/one.syntax:4:14: found a use of 'two'")
