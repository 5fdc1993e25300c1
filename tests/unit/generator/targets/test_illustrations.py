"""Examples on pages: which elements stand in a byte, and what the table of them says."""

import pytest
from nnc_schema.targets.docs.illustrations import byte_of, illustrated
from nnc_schema.targets.docs.target import annotated


def row(position, bits, name, value="0"):
    """Return an element of an example."""
    return position, bits, str(bits), name, value


def looks(data, rows):
    """Return how each byte looks, and the elements in it."""
    return [(byte["kind"], byte["names"]) for byte in illustrated((data, rows))["bytes"]]


def test_no_example_no_illustration():
    assert illustrated(None) is None


def test_neighbouring_elements_take_turns():
    rows = [row(0, 8, "a"), row(8, 16, "b"), row(24, 8, "c")]
    assert looks(bytes(4), rows) == [("even", "a"), ("odd", "b"), ("odd", "b"), ("even", "c")]


def test_a_byte_of_several_elements_names_all():
    rows = [row(0, 3, "a"), row(3, 5, "b"), row(8, 4, "c"), row(12, 8, "d"), row(20, 4, "e")]
    assert looks(bytes(3), rows) == [("several", "a, b"), ("several", "c, d"), ("several", "d, e")]


def test_bytes_beyond_the_elements_have_no_name():
    assert looks(bytes(2), [row(0, 8, "a")]) == [("even", "a"), ("even", "")]
    assert looks(bytes(1), []) == [("even", "")]


@pytest.mark.parametrize("position", [0, 4, 8])
def test_an_element_without_bits_is_in_no_byte(position):
    rows = [row(0, 8, "a"), row(position, 0, "nothing")]
    assert byte_of(b"\x00", 0, rows) == {"text": "00", "kind": "even", "names": "a"}


def test_bytes_are_hexadecimal_and_places_count_bits_from_the_first():
    made = illustrated((b"\x05\xfa", [row(0, 3, "a"), row(3, 13, "b", "1530")]))
    assert [byte["text"] for byte in made["bytes"]] == ["05", "fa"]
    assert made["rows"] == [
        {"place": "0.0", "bits": "3", "name": "a", "value": "0"},
        {"place": "0.3", "bits": "13", "name": "b", "value": "1530"},
    ]


def test_an_empty_example_has_no_bytes_and_no_rows():
    assert illustrated((b"", [])) == {"bytes": [], "rows": []}


def test_names_may_break_between_their_words():
    text = annotated((b"\x00", [row(0, 8, "unit[0].one_flag")]))
    assert "| 0.0 | 8 | `unit[0].`<wbr>`one_`<wbr>`flag` | 0 |" in text


def test_values_and_names_are_no_markup():
    text = annotated((b"\x00", [row(0, 8, 'a["<k>"]', "'<b>|'")]))
    assert 'title="a[&quot;&lt;k&gt;&quot;]"' in text
    assert "| &#x27;&lt;b&gt;&#124;&#x27; |" in text
