"""Values of the schema's expressions."""

import contextlib

import pytest

from nnc.bitstream.expressions import UnknownNameError, evaluate
from nnc.syntax import TABLES

NAMES = {"a": 6, "b": -3, "flag": 1, "values": [4, 1, 9], "rows": [[1, 2], [3]], "none": []}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("a - b - 1", 8),
        ("b / 2", -1),
        ("b % 2", -1),
        ("a / 0", 0),
        ("1 << 4 | 3", 19),
        ("a > 5 && b < 0", 1),
        ("!flag || a == 6", 1),
        ("flag ? a : b", 6),
        ("flag ? 0 ? 1 : 2 : 3", 2),
        ("-b + ~0", 2),
        ("0x1F & 6 ^ 1", 7),
        ("values[1] + values[a - 4]", 10),
        ("rows[0][1]", 2),
        ("Min(values)", 1),
        ("Max(values, 20)", 20),
        ("Max(rows)", 3),
        ("Length(values)", 3),
        ("Prod(values)", 36),
        ("Abs(b)", 3),
        ("Clip3(0, 5, a)", 5),
        ("Sign(b)", -1),
        ("Round(3)", 3),
        ("NNR_PT_BLOCK", 3),
        ("flag == 0 && missing > 1", 0),
    ],
)
def test_values(text, value):
    assert evaluate(text, NAMES) == value


@pytest.mark.parametrize(
    "text", ["", "1 +", "(1", "a b", "Nothing(1)", "1 ? 2", "a[1", "@", "&& 1"]
)
def test_what_is_no_expression(text):
    with pytest.raises(ValueError, match=r"expression|no function"):
        evaluate(text, NAMES)


@pytest.mark.parametrize("text", ["missing", "missing + 1", "none", "values[7]", "Min(none)"])
def test_names_without_a_value(text):
    with pytest.raises(UnknownNameError):
        evaluate(text, NAMES)


def test_all_expressions_of_the_schema_can_be_read():
    count = 0
    for syntax in TABLES.values():
        for element in syntax.elements.values():
            texts = [condition for condition, _ in element.constraints]
            if element.range is not None:
                texts += element.range.split(" .. ")
            for text in texts:
                count += 1
                with contextlib.suppress(UnknownNameError):
                    evaluate(text, {})
    assert count > 20
