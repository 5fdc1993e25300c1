"""Documents of a format that only its schema describes: read, changed, written."""

from pathlib import Path

import jsonschema
import pytest

from nnc.bitio import BitstreamError, BuildError, InputError
from nnc.bitio.transforms import Transform
from nnc.engine.format import Format

SECOND = Path(__file__).parents[2] / "second_format" / "schema"
SEQUENCE = bytes.fromhex("6742000af841a2")
PICTURE = bytes.fromhex("68ce3880")

SHELF = """
root shelf
{framing}
clause 1 "Shelf"
status ours

enum Kind {{
    EMPTY = 0 "nothing"
    BOOKS = 1 "books follow"
}}

syntax shelf() {{
    kind u(4) Kind
    count u(4)
    if (kind == BOOKS)
        for (i = 0; i < count; i++)
            book()
}}

semantics {{
    kind
        What stands there.
    count
        Number of books.
        range 0..9
}}

clause 2 "Book"

syntax book() {{
    pages_minus1 u(8)
    lent u(1)
    borrower_count u(7)
    for (k = 0; k < borrower_count; k++)
        borrower[k] u(8)
}}

semantics {{
    pages_minus1
        Number of pages, minus 1.
    lent
        Whether somebody has it.
        constraint lent == 0 || borrower_count > 0 "a lent book has a borrower"
    borrower_count
        Number of borrowers.
    borrower
        Who had it.
}}
"""

#: Two books; the second was borrowed by 7 and 9.
DATA = bytes.fromhex("12 0500 6482 0709")


@pytest.fixture
def shelf(tmp_path):
    def load(framing=""):
        folder = tmp_path / f"shelf{framing.split('(')[0].replace(' ', '_')}"
        folder.mkdir()
        (folder / "shelf.syntax").write_text(SHELF.format(framing=framing), "utf-8")
        return Format.load(folder)

    return load


def test_a_document_of_one_table():
    form = Format.load(SECOND)
    document = form.parse(SEQUENCE)
    assert document.get("level_idc") == document.get("nal_unit.level_idc") == 10
    assert document.get("seq_parameter_set_data.profile_idc") == 66
    assert document.get("chroma_format_idc") is None
    assert document.to_bytes() == SEQUENCE
    with pytest.raises(InputError, match=r"column 1: .* no element 'levl_idc'; did you mean level"):
        document.get("levl_idc")


def test_elements_appear_and_vanish():
    document = Format.load(SECOND).parse(SEQUENCE)
    plan = document.set("frame_cropping_flag", 1)
    assert [change.path for change in plan.changes[:2]] == [
        "frame_cropping_flag",
        "frame_crop_left_offset",
    ]
    assert document.get("frame_crop_top_offset") == 0
    document.set("frame_cropping_flag", 0)
    assert document.to_bytes() == SEQUENCE


def test_a_refused_change_leaves_all_as_it_was():
    document = Format.load(SECOND).parse(SEQUENCE)
    with pytest.raises(BuildError, match=r"level_idc: 200 is .* \(allowed: 9..62\)"):
        document.set_all({"pic_width_in_mbs_minus1": 1, "level_idc": 200})
    assert document.to_bytes() == SEQUENCE
    assert document.plan_set("level_idc", 20).changes[0].after == 20
    assert document.to_bytes() == SEQUENCE


def test_lists_of_tables(shelf):
    document = shelf().parse(DATA)
    assert list(document.get("book[1].borrower")) == [7, 9]
    assert document.get("book[*].pages_minus1") == [
        ("book[0].pages_minus1", 5),
        ("book[1].pages_minus1", 100),
    ]
    document.set("book[1].borrower[0]", 8)
    assert document.to_bytes() == bytes.fromhex("12 0500 6482 0809")
    document.insert("book[1].borrower[0]", 1)
    assert document.to_bytes() == bytes.fromhex("12 0500 6483 010809")
    document.insert("book[0]", {"pages_minus1": 1})
    assert document.get("count") == 3
    assert document.to_bytes() == bytes.fromhex("13 0100 0500 6483 010809")
    document.remove("book[1]")
    assert document.to_bytes() == bytes.fromhex("12 0100 6483 010809")
    document.set("kind", 0)
    assert document.to_bytes() == bytes.fromhex("02")
    with pytest.raises(InputError, match="an index like"):
        document.get("book.pages_minus1")


def test_a_constraint_of_the_schema(shelf):
    document = shelf().parse(DATA)
    with pytest.raises(BuildError, match=r"book\[0\].lent: a lent book has a borrower"):
        document.set("book[0].lent", 1)
    document.set("book[0].lent", 1, force=True)
    findings = document.format.check(document.to_bytes()).findings
    assert [(one.rule, one.path) for one in findings] == [("constraint:book.lent", "book[0].lent")]


def test_trailing_bytes_are_kept_and_told(shelf):
    form = shelf()
    document = form.parse(DATA + b"more")
    document.set("book[0].pages_minus1", 6)
    assert document.to_bytes()[-4:] == b"more"
    (finding,) = form.check(DATA + b"more").findings
    assert (finding.rule, finding.position) == ("trailing-bytes", "7.0")


@pytest.mark.parametrize(
    ("framing", "data"),
    [
        ("framing repeat", DATA + b"\x01" + DATA),
        ("framing sized(u(16))", b"\0\7" + DATA + b"\0\1\x01" + b"\0\x08" + DATA + b"x"),
        (
            "framing annex_b",
            bytes.fromhex("00000001 11050106 000001 01 000000000001 03 0000"),
        ),
    ],
)
def test_framing(shelf, framing, data):
    form = shelf(framing)
    document = form.parse(data)
    assert len(document.records) == 3
    assert document.to_bytes() == data
    assert form.from_json(form.to_json(document)).to_bytes() == data
    traced = form.trace(data)
    assert not traced.errors
    end = 0
    for element in traced.all_elements():
        assert element.position == end
        end += element.bits
    assert end == 8 * len(data)
    # A table that ended with zeros would run into a start code.
    document.set_all({"shelf[1].kind": 1, "shelf[1].book": [{"pages_minus1": 7, "borrower": [5]}]})
    assert document.get("shelf[1].book[0].pages_minus1") == 7
    plan = document.remove("shelf[0]")
    assert plan.units[-1].bytes_after is None
    assert form.parse(document.to_bytes()) == document
    document.insert("shelf[0]", {"kind": 1, "count": 1, "book": [{"borrower": [4]}]})
    assert document.get("shelf[*].count")[0] == ("shelf[0].count", 1)
    assert form.parse(document.to_bytes()) == document


def test_faults(shelf):
    form = shelf("framing sized(u(8))")
    data = b"\x01\x11" + b"\x01\x02"
    with pytest.raises(BitstreamError) as caught:
        form.parse(data)
    assert caught.value.path == "shelf[0].book[0].pages_minus1"
    assert caught.value.schema.endswith("shelf.syntax:31")
    traced = form.trace(data)
    assert [one.error is None for one in traced.records] == [False, True]
    assert [one.path for one in traced.all_elements()][-1] == "shelf[1].count"
    node = form.tree(data)
    assert [child.path for child in node.children] == ["shelf[0]", "shelf[1]"]
    assert form.check(b"\x01\x0f").findings[0].message == "count is 15 (allowed: 0..9)"


def test_json(shelf):
    form = shelf()
    document = form.parse(DATA)
    content = form.to_json(document)
    jsonschema.validate(content, form.json_schema())
    assert form.from_json(content) == document
    content["records"][0]["table"]["book"][0]["color"] = 1
    with pytest.raises(InputError, match=r"records\[0\].table.book\[0\]: book has no element"):
        form.from_json(content)


def test_differences(shelf):
    form = shelf()
    assert not form.diff(DATA, DATA)
    (difference,) = form.diff(DATA, DATA.replace(b"\7", b"\x06"))
    assert (difference.path_a, difference.value_a, difference.value_b) == (
        "book[1].borrower[0]", 7, 6,
    )  # fmt: skip


def test_values_that_only_the_caller_knows(shelf):
    with pytest.raises(InputError, match="shelf asks for no value 'width'; it asks for none"):
        shelf().parse(DATA, width=3)


def test_names_of_the_library():
    with pytest.raises(InputError, match="neither a folder with a schema nor a format"):
        Format.load("no-such-format")


UNITS = """
root nal
framing annex_b
clause 1 "Unit"
status ours

syntax nal() {
    kind u(8)
    body()
}

semantics {
    kind
        What it holds.
}

clause 2 "Body"

syntax body() transform TRANSFORM {
    length u(8) = sizeof(text)
    text st(length)
    value u(32)
}

semantics {
    length
        Bytes of the text.
    text
        A text.
    value
        A number.
}
"""


def units(tmp_path, transform, **more):
    folder = tmp_path / "units"
    folder.mkdir()
    (folder / "units.syntax").write_text(UNITS.replace("TRANSFORM", transform), "utf-8")
    return Format.load(folder, **more)


def test_start_codes_within_a_table_are_prevented(tmp_path):
    form = units(tmp_path, "emulation_prevention")
    data = bytes.fromhex("00000001 07 01 61 000003 0002 000001 08 00 01020304")
    document = form.parse(data)
    assert document.get("nal[*].value") == [("nal[0].value", 2), ("nal[1].value", 0x01020304)]
    assert document.to_bytes() == data
    document.set("nal[1].value", 1)
    assert document.to_bytes() == data[:-5] + bytes.fromhex("00000300000301")
    document.set("nal[0].text", "abc")
    assert document.get("nal[0].length") == 3
    assert form.parse(document.to_bytes()) == document
    traced = form.trace(data)
    assert not traced.errors
    assert [element.name for element in traced.all_elements()].count("unread") == 0


def test_a_transform_of_the_format(tmp_path):
    transform = Transform(lambda data, most: data[::-1], lambda data: data[::-1])
    form = units(tmp_path, "hook backwards", transforms={"backwards": transform})
    data = b"\0\0\1\7" + (b"\1a" + b"\1\2\3\4")[::-1]
    document = form.parse(data)
    assert document.get("nal[0].text") == "a"
    assert document.to_bytes() == data
