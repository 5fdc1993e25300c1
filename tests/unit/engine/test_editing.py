"""What editing of any document shares with that of NNC's bitstreams."""

from nnc.bitio import BuildError, InvalidError
from nnc.engine.editing import refusal


def test_a_change_that_breaks_a_rule_keeps_what_the_rule_says():
    error = InvalidError("too many", code="limit", path="a[3]", value=9, allowed="0..8", clause="2")
    made = refusal(error)
    assert isinstance(made, BuildError)
    assert (made.code, made.path, made.value, made.allowed, made.clause) == (
        "limit", "a[3]", 9, "0..8", "2",
    )  # fmt: skip
