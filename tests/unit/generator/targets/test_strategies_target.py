"""The strategies target: what it makes of ranges, constraints, counts and the schema's rules."""

from nnc_schema.language.reader import read_schema
from nnc_schema.passes.checker import check
from nnc_schema.targets.strategies.limits import sizes
from nnc_schema.targets.strategies.target import generate

SCHEMA = """
root top
clause 1 "Top syntax"
status ours
enum Kind { ONE = 1 "first" 2..3 reserved }
syntax top() {
    kind u(2) Kind
    count ue(0)
    for (i = 0; i < count; i++)
        ratio[i] flt(32)
    limit u(8)
    byte_alignment()
}
semantics {
    kind
        Kind.
        range 1..1
    count
        Number.
    ratio
        Ratios.
        constraint Min(ratio) >= 0 && Max(ratio) <= 1 "a ratio is between 0 and 1"
    limit
        Limit.
        constraint limit > count "the limit is above the count"
}
"""

OPTIONS = {"package": "made.strategies", "syntax": "made", "runtime": "nnc.bitio"}


def analysis(folder):
    (folder / "top.syntax").write_text(SCHEMA, "utf-8")
    return check(read_schema(folder))


def test_bounds_come_out_of_ranges_and_constraints(tmp_path):
    code = generate(analysis(tmp_path), OPTIONS)["tables.py"]
    assert 'stream.u(2, "kind", low=1, high=1, reserved=((2, 3),))' in code
    assert 'stream.ue(0, "count", small=True)' in code
    assert '"ratio", low=0, high=1, constrained=True' in code
    keeps = "keeps=lambda limit: limit > count"
    assert f'stream.u(8, "limit", low=count + 1, {keeps}, constrained=True)' in code


def test_counts_are_drawn_small(tmp_path):
    found = sizes(analysis(tmp_path))
    assert "count" in found
    assert "limit" not in found


def test_rules_name_kind_and_element(tmp_path):
    rules = generate(analysis(tmp_path), OPTIONS)["rules.py"]
    for kind, element in [
        ("reserved-bits", "kind"),
        ("reserved-value", "kind"),
        ("exp-golomb-too-long", "count"),
        ("constraint", "ratio"),
        ("constraint", "limit"),
        ("irregular-alignment", "byte_alignment"),
        ("truncated", "limit"),
    ]:
        assert f'Rule("{kind}", "top", "{element}"' in rules
    # A vector of floats is read as it is.
    assert "not-a-number" not in rules.partition("RULES")[2]


def test_drawing_functions_follow_the_control_flow(tmp_path):
    code = generate(analysis(tmp_path), OPTIONS)["tables.py"]
    assert "obj.byte_alignment = stream.byte_alignment()" in code
    assert 'stream.check("limit", 0, limit > count)' in code


WITHIN_BYTES = """
root top
clause 1 "Top syntax"
status ours
syntax top() {
    first u(3)
    second u(4)
    third u(2)
    last u(7)
    count u(8)
    array inside[count]
    array outside[count]
    for (i = 0; i < count; i++) {
        step[i] u(8)
        if (i == 0)
            inside[0] = step[i]
        else
            inside[i] = inside[i - 1] + step[i]
        outside[step[i]] = 1
    }
}
semantics {
    first
        First.
    second
        Second.
    third
        Third.
    last
        Last.
    count
        Number.
    step
        Step.
    inside
        Inside.
    outside
        Outside.
}
"""


def test_rules_that_cannot_be_broken_are_left_out(tmp_path):
    (tmp_path / "top.syntax").write_text(WITHIN_BYTES, "utf-8")
    rules = generate(check(read_schema(tmp_path)), OPTIONS)["rules.py"]
    cut = [
        name
        for name in ("first", "second", "third", "last", "count")
        if f'"truncated", "top", "{name}"' in rules
    ]
    # Data of whole bytes don't end before an element that begins and ends within one byte.
    assert cut == ["first", "third", "count"]
    assert 'Rule("index", "top", "outside"' in rules
    assert 'Rule("index", "top", "inside"' not in rules
