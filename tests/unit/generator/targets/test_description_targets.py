"""The targets that describe a format in other languages: what they say, and what they name."""

from pathlib import Path

import pytest
from nnc_schema.language.errors import SchemaError
from nnc_schema.language.reader import read_schema
from nnc_schema.passes.checker import check
from nnc_schema.targets.ksy import target as ksy
from nnc_schema.targets.sdl import target as sdl

SCHEMAS = Path(__file__).parents[4] / "schema"
HEAD = 'root top clause 1 "Made up" status ours semantics optional\n'


def sdl_of(analyse, text):
    return sdl.generate(analyse(made=HEAD + text), {})["schema.sdl"]


def ksy_of(analyse, text):
    unsaid = {}
    return ksy.structure(analyse(made=HEAD + text), "made", "", unsaid), unsaid


def test_nnc_in_sdl():
    analysis = check(read_schema(SCHEMAS))
    text = sdl.generate(analysis, {"file": "nnc.sdl"})["nnc.sdl"]
    for name, facts in analysis.tables.items():
        assert (f"\nclass {name}" in text) == (not facts.table.external), name
    # What SDL can't work out is named once.
    assert text.count("Prod(tensor_dimensions)") == 3
    # Classes stand before those that use them.
    assert text.index("class tensor_dimensions_list") < text.index("tensor_dimensions_list tensor_")


STATEMENTS = """
define double(x) = 2 * x "Return twice x."
syntax top() {
    class u(3)
    kind u(5)
    n ue(v)
    for (i = 0; i < n; i++)
        values[i] se(v)
    part(n, kind ? 1 : Max(n, 3), sum)
    if (!class)
        last u(4)
    do { more u(1) } while (more && sum < 4)
}
semantics {
    kind
        Kind.
        range 1..9
}
syntax part(a, b, c) {
    c = double(a) ^ b
    byte_alignment()
    name st(v)
}
"""


def test_statements_in_sdl(analyse):
    text = sdl_of(analyse, STATEMENTS)
    for line in (
        "unsigned int(3) class_;",
        "unsigned int(5) kind = 1..9;",
        "ue_0 n;",
        "ie_0 values[[i]];",
        "for (computed int i = 0; i < n.value; i = i + 1) {",
        "if (kind) { choice_1 = 1; }",
        "part part(n.value, choice_1);",
        "if (class_ == 0) {",
        "} while (more && (part.c < 4));",
        "c = ((2 * a) | b) - ((2 * a) & b);",
        "byte_alignment alignment;",
        "utf8string name;",
    ):
        assert line in text, line


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("syntax top() { size leb128() }", "the descriptor 'leb128' of 'size'"),
        ("syntax top() transform zlib { a u(8) }", "the transform of 'top'"),
        ('state seen[3] = 0 "seen" syntax top() { a u(8) seen[0] = a }', "'seen'"),
    ],
)
def test_what_sdl_refuses(analyse, text, named):
    with pytest.raises(SchemaError, match=named):
        sdl_of(analyse, text)


def test_statements_in_ksy(analyse):
    made, unsaid = ksy_of(
        analyse,
        """
        enum Kind { ONE = 1 "one" 2..255 reserved }
        syntax top() extent 8 * size {
            size u(8)
            kind u(8) Kind
            flag u(1)
            rest u(7)
            if (flag && kind != ONE)
                wide u(flag ? 16 : 32)
            for (i = 0; i < rest; i++) {
                key u(8)
                value part(key)
            }
        }
        syntax part(width) { text st(width) data bs(v) }
        """.replace("value part(key)", "part(key)"),
    )
    assert not unsaid
    top, body = made["types"]["top"], made["types"]["top_body"]
    assert [item["id"] for item in top["seq"]] == ["at_begin", "size", "body"]
    assert top["seq"][2]["size"] == "((8 * size)) / 8 - (_io.pos - begin)"
    assert body["seq"][0] == {"id": "kind", "type": "b8", "enum": "kind"}
    assert body["seq"][3]["if"] == "((flag.to_i != 0) and (kind.to_i != 1))"
    assert body["seq"][3]["type"]["cases"] == {16: "b16", 32: "b32"}
    assert body["seq"][4] == {
        "id": "pass_1",
        "type": "top_pass_1",
        "repeat": "expr",
        "repeat-expr": "rest",
    }
    assert made["types"]["top_pass_1"]["seq"][1]["type"] == "part(key)"
    assert made["types"]["part"]["seq"][0]["size"] == "width"


def test_what_ksy_names(analyse):
    text = "syntax top() { n u(8) code() } syntax code() { n ue(v) }"
    made, unsaid = ksy_of(analyse, text.replace("code() { n", "code() { m"))
    assert list(unsaid) == ["code"]
    assert "made/made.syntax:2" in unsaid["code"]
    assert "the descriptor ue(v) of 'm'" in unsaid["code"]
    assert made["types"]["code"]["seq"] == [{"id": "unsaid", "size-eos": True}]
    written = ksy.generate(analyse(made=HEAD + text.replace("code() { n", "code() { m")), {})
    assert "# - code: made/made.syntax:2" in written["schema.ksy"]


@pytest.mark.parametrize("name", ["flac", "isobmff"])
def test_the_library_in_ksy(name):
    unsaid = {}
    made = ksy.structure(check(read_schema(SCHEMAS / "library" / name)), name, "", unsaid)
    wanted = {
        "flac": {"flac", "frame", "subframe", "residual_coding", "partition"},
        "isobmff": {"item_location", "edit_list_box", "track_fragment_random_access_box"},
    }
    assert set(unsaid) == wanted[name]
    assert len(made["types"]) > 15
