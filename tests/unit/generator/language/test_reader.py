import pytest
from nnc_schema.language import tree
from nnc_schema.language.errors import SchemaError
from nnc_schema.language.reader import read_schema, read_text
from nnc_schema.passes.expressions import text

FRAME = 'clause 6.3.1 "A title"\nstatus peer\n'


def table(body):
    return read_text(f"{FRAME}syntax t() {{\n{body}\n}}\n", "f.syntax").tables[0]


def expression(code):
    return table(f"x = {code}").body[0].value


@pytest.mark.parametrize(
    ("code", "brackets"),
    [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a << 1 + b", "a << (1 + b)"),
        ("a & b == c", "a & (b == c)"),
        ("a | b ^ c & d", "a | (b ^ (c & d))"),
        ("a || b && c", "a || (b && c)"),
        ("a < b == c > d", "(a < b) == (c > d)"),
        ("!a && -b < ~c", "!a && (-b < ~c)"),
        ("a ? b : c ? d : e", "a ? b : (c ? d : e)"),
        ("Min(a, b[i][0]) % 0x10", "Min(a, b[i][0]) % 16"),
    ],
)
def test_precedence_is_that_of_c(code, brackets):
    assert text(expression(code)) == brackets


def test_lines_end_anywhere_and_a_name_after_a_descriptor_is_an_enum():
    body = table("a u(8) Kind\nb\nu(\n8)\nC = a\nd[i] u(1) Kind as e\nif (a) f u(2)").body
    assert [(each.field, each.enum) for each in body if isinstance(each, tree.Element)] == [
        ("a", "Kind"),
        ("b", None),
        ("e", "Kind"),
    ]
    assert isinstance(body[2], tree.Assignment)
    assert isinstance(body[4], tree.If)


def test_else_belongs_to_the_nearest_if():
    outer = table("if (a)\nif (b)\nc u(1)\nelse\nd u(1)").body[0]
    assert outer.no == ()
    assert outer.yes[0].no[0].field == "d"


def test_positions():
    element = table("  a u(8)").body[0]
    assert element.position == tree.Position("f.syntax", 4, 3)
    assert element.arguments[0].position == tree.Position("f.syntax", 4, 7)


def test_clause_and_status_hold_until_the_next():
    file = read_text(
        FRAME + 'syntax a() {\n}\nstatus ours\nsyntax b() {\n}\nclause 7 "B"\nsyntax c() {\n}\n',
        "f",
    )
    assert [each.clause for each in file.tables] == [
        tree.Clause("6.3.1", "A title", "peer"),
        tree.Clause("6.3.1", "A title", "ours"),
        tree.Clause("7", "B", "ours"),
    ]


def test_semantics():
    source = FRAME + "\n".join(
        [
            "syntax t() {",
            "    a u(8)",
            "    b u(8)",
            "}",
            "",
            "semantics {",
            "    # Not part of the text.",
            "    a",
            "        One line, see [b],",
            "        another.",
            "",
            "        A second paragraph.",
            "        absent 1 + 2",
            "        range 0..255",
            "        constraint a < 5",
            "            && a > 1",
            '            "a is',
            '            out of place"',
            "        status ours",
            "    b",
            "        Text.",
            "}",
        ]
    )
    first, second = read_text(source, "f").tables[0].semantics
    assert first.text == "One line, see [b], another.\n\nA second paragraph."
    assert text(first.absent) == "1 + 2"
    assert first.absent.position == tree.Position("f", 15, 16)
    assert [text(part) for part in first.range] == ["0", "255"]
    (constraint,) = first.constraints
    assert text(constraint.condition) == "(a < 5) && (a > 1)"
    assert constraint.sentence == "a is out of place"
    assert first.status == "ours"
    assert first.references == ((tree.Position("f", 11, 24), "b"),)
    assert second == tree.Meaning(tree.Position("f", 22, 5), "b", "Text.")


def test_declarations():
    file = read_text(
        FRAME
        + "root t\n"
        + 'given g[] default none "outside"\n'
        + 'given h default 3 "three"\n'
        + 'constant C = 4 "four"\n'
        + 'define f(a, b) = a + b "Give a sum."\n'
        + 'flags F {\nA = 1 "a"\n2 reserved\n4..7 unspecified\n}\n',
        "folder/name.syntax",
    )
    assert file.name == "name"
    assert [(given.name, given.is_list, given.default is None) for given in file.givens] == [
        ("g", True, True),
        ("h", False, False),
    ]
    assert file.defines[0].parameters == ("a", "b")
    (enum,) = file.enums
    assert enum.flags
    assert [(each.first, each.last, each.kind) for each in enum.ranges] == [
        (2, 2, "reserved"),
        (4, 7, "unspecified"),
    ]


def test_folder_is_read_in_the_order_of_names(tmp_path):
    for name in ("b", "a", "c"):
        (tmp_path / f"{name}.syntax").write_text(FRAME, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a schema", encoding="utf-8")
    assert [file.name for file in read_schema(tmp_path).files] == ["a", "b", "c"]


def test_folder_without_schema(tmp_path):
    with pytest.raises(SchemaError, match=r"found no \.syntax file"):
        read_schema(tmp_path)


def test_text_may_begin_with_the_word_of_a_key():
    text = f"""{FRAME}syntax t() {{
    a u(8)
}}
semantics {{
    a
        Its values are in the
        range of bytes, and where it is
        absent elements take its place. No
        constraint on it is known, nor a
        status of any kind: its
        bits and bytes are counted.
        range 0..4
        constraint a != 3
            "a is 3"
}}
"""
    meaning = read_text(text, "f.syntax").tables[0].semantics[0]
    assert meaning.text.endswith("its bits and bytes are counted.")
    assert meaning.range[1].value == 4
    assert (meaning.absent, meaning.status, len(meaning.constraints)) == (None, None, 1)


def test_an_enum_may_stand_on_the_next_line():
    body = table(
        "a u(3)\nKind\nb[i] 2 | 3 u(8)\nKind # of b\nas c\nd u(8)\nKind\nx = 1\n"
        "e u(8)\ninner(3)\nf u(8) Kind g u(8)\nKind"
    ).body
    elements = {each.field: each.enum for each in body if isinstance(each, tree.Element)}
    assert elements == {
        "a": "Kind", "c": "Kind", "d": "Kind", "e": None, "f": "Kind", "g": "Kind",
    }  # fmt: skip
    assert [each.table for each in body if isinstance(each, tree.Call)] == ["inner"]


@pytest.mark.parametrize(
    "name", ["switch", "case", "default", "break", "key", "transform", "byte_order", "bits"]
)
def test_words_of_statements_name_elements_too(name):
    body = table(f"a u(8)\n{name} u(8)\nx = {name} + 1\n{name}[i] u(1)").body
    assert [getattr(each, "name", "") for each in body] == ["a", name, "x", name]


def test_operators_as_they_come_out_of_a_page():
    assert text(expression("a = = b | | c \u2212 1 ! = d & & e \u2013 2")) == (
        "(a == b) || (((c - 1) != d) && (e - 2))"
    )


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("7", "7", "7"),
        ("0x10", "16", "16"),
        ("-3", "-3", "-3"),
        ("MAX", "MAX", "MAX"),
        ("-1..MAX - 1", "-1", "MAX - 1"),
    ],
)
def test_a_range_of_one_value_is_that_value(value, first, last):
    block = f"syntax t() {{ a u(8) }} semantics {{\n a\n  Text.\n  range {value}\n}}"
    (meaning,) = read_text(f'clause 1 "A" status ours {block}', "f").tables[0].semantics
    assert [text(each) for each in meaning.range] == [first, last]


def test_characters_are_numbers():
    value = expression("kind == 'fmt ' + 1")
    assert text(value) == "kind == ('fmt ' + 1)"
    assert value.right.left.value == 0x666D7420
    (enum,) = read_text(
        "clause 1 \"A\" status ours enum Kind { A = 'moov' \"a\" 'x'..'z' reserved }", "f"
    ).enums
    assert (enum.members[0].value, enum.ranges[0].last) == (0x6D6F6F76, ord("z"))
    block = "syntax t() { a u(32) } semantics {\n a\n  Text.\n  range 'a b'\n}"
    (meaning,) = read_text(f'clause 1 "A" status ours {block}', "f").tables[0].semantics
    assert meaning.range[0].value == 0x612062
