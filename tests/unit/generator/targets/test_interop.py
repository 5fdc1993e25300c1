"""Tables within construct's own constructs: names are found, errors come out."""

import io

import construct as c
import pytest

from nnc.bitio import IncompleteError, InvalidError, MissingValueError
from nnc.syntax import NnrUnitSize, nnr_unit_size

SHARING = """
root top
clause 1 "Made up"
status ours
given width default none "bits of a value"
syntax top() {
    head()
    body()
}
persistent syntax head() {
    count u(8)
}
semantics {
    count
        Number of values.
}
syntax body() {
    for (i = 0; i < count; i++)
        a[i] u(width)
}
semantics {
    a
        Values.
}
"""


@pytest.fixture
def made(compile_schema):
    return compile_schema(made=SHARING)


def test_struct_hands_names_on(made):
    form = c.Struct(
        "width" / c.Int8ub,
        "head" / made.head,
        "inner" / c.Struct("body" / made.body),
        "end" / c.Byte,
    )
    data = b"\x08\x02\x05\x06\x07"
    parsed = form.parse(data)
    assert (parsed.inner.body.a, parsed.end) == ([5, 6], 7)
    assert form.build(parsed) == data


def test_names_of_the_call_hold_everywhere(made):
    form = c.Struct("items" / c.GreedyRange(c.Struct("all" / made.top)))
    data = b"\x02\x05\x06\x01\x07\x00"
    parsed = form.parse(data, width=8)
    assert [each.all.body.a for each in parsed["items"]] == [[5, 6], [7], []]
    assert form.build(parsed, width=8) == data


def test_what_one_table_sets_the_next_reads(made):
    form = c.Sequence(made.head, c.GreedyRange(made.body))
    assert [body.a for body in form.parse(b"\x02\x05\x06\x07\x08", width=8)[1]] == [[5, 6], [7, 8]]
    form = c.Sequence(made.head, c.Array(2, made.body), c.Prefixed(c.Byte, made.body))
    parsed = form.parse(b"\x01\x05\x06\x01\x07", width=8)
    assert [body.a for body in (*parsed[1], parsed[2])] == [[5], [6], [7]]
    assert form.build(parsed, width=8) == b"\x01\x05\x06\x01\x07"


def test_two_calls_share_nothing(made):
    c.Sequence(made.head, made.body).parse(b"\x01\x05", width=8)
    with pytest.raises(InvalidError, match="count is not known"):
        c.Sequence(made.body).parse(b"\x05", width=8)


def test_a_range_ends_where_the_data_do_and_nowhere_else(made):
    with pytest.raises(MissingValueError, match="width was not given"):
        c.GreedyRange(made.top).parse(b"\x01\x05")
    assert len(c.GreedyRange(made.top).parse(b"\x01\x05\x03", width=8)) == 1
    with pytest.raises(IncompleteError) as caught:
        c.Struct("a" / c.Struct("b" / made.top)).parse(b"\x03\x00", width=8)
    assert caught.value.path == "a.b.a[1]"


def test_a_table_of_ours_is_no_value_of_a_name():
    form = c.Struct("nnr_unit_size" / nnr_unit_size, "again" / nnr_unit_size)
    made = form.parse(b"\x00\x05\x80\x00\x00\x06")
    assert made.again == NnrUnitSize(nnr_unit_size_flag=1, nnr_unit_size=6)
    assert form.build(made) == b"\x00\x05\x80\x00\x00\x06"


def test_a_long_range_is_not_copied_for_each_table():
    data = b"\x00\x05" * 50_000
    assert len(c.GreedyRange(nnr_unit_size).parse(data)) == 50_000


def test_streams_without_seeking(made):
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    assert made.top.parse_stream(Pipe(b"\x01\x05"), width=8).body.a == [5]
