"""The documentation target: pages, links, layouts."""

import re
import tomllib
from pathlib import Path

import pytest
from nnc_schema.language.reader import read_schema
from nnc_schema.passes.checker import check
from nnc_schema.targets.docs import target as docs
from nnc_schema.targets.docs.layout import cut

ROOT = Path(__file__).parents[4]
OPTIONS = {"title": "Made up", "introduction": "Nothing real.", "statuses": {"ours": "made up"}}

TEXT = """
clause 1.2 "Made up"
status ours
root top
enum Kind { ONE = 1 "first" 2..3 reserved }
given width default 9 "width sent elsewhere"
syntax top() {
    kind u(2) Kind
    if (kind == ONE)
        inner(kind)
    wide u(40)
    text ue(width)
    flag u(1)
}
semantics {
    kind
        What it is, see [sample].
        range 0..1
    wide
        Wide.
    text
        Text.
    flag
        Flag.
        absent 0
}
clause 1.10 "Inner"
syntax inner(a) {
    for (i = 0; i < a; i++)
        sample[i] i(8)
    byte_alignment()
}
semantics {
    sample
        Values.
        status draft
}
"""


@pytest.fixture
def pages(analyse):
    return docs.generate(analyse(one=TEXT), OPTIONS)


def test_a_table_page(pages):
    page = pages["top.md"]
    assert "| top() { | Descriptor |" in page
    line = "if ([kind](#kind) == [ONE](values.md#Kind))"
    assert f'<span style="--depth: 1">{line}</span>' in page
    assert '<span style="--depth: 2">[inner](inner.md)([kind](#kind))</span>' in page
    assert "### kind { #kind }" in page
    assert "[`sample`](inner.md#sample)" in page
    assert "| 2-3 |  | reserved |" in page
    assert "`width`](values.md#width), given from outside" in page
    assert "The root" in page


def test_where_a_table_and_an_element_are_used(pages):
    page = pages["inner.md"]
    assert "Called from [`top`](top.md)." in page
    assert "Used by\n:   [`kind`](top.md#kind)" in page
    assert "[draft](index.md#status)" in page


def test_clauses_are_in_their_order(pages):
    page = pages["clauses.md"]
    assert page.index("Clause 1.2") < page.index("Clause 1.10")


def test_the_index_has_every_element(pages):
    for name in ("flag", "kind", "sample", "text", "wide"):
        assert f"[`{name}`]" in pages["elements.md"]


def test_names_of_tables_may_break_between_their_words(analyse):
    text = TEXT.replace("inner", "inner_table")
    page = docs.generate(analyse(one=text), OPTIONS)["index.md"]
    assert "| [`inner_`<wbr>`table`](inner_table.md) | 1.10 |" in page


def test_only_long_descriptors_may_break(analyse):
    text = TEXT.replace("wide u(40)", "wide u(kind + kind + kind + kind + kind)")
    page = docs.generate(analyse(one=text), OPTIONS)["top.md"]
    assert "| <span>u([kind](#kind) + [kind](#kind) +" in page
    assert "</span> | u(1) |" in page


def test_layout(pages):
    page = pages["top.md"]
    assert "wide  u(40)" in page
    assert page.count("<svg") == page.count("</svg>") == 1
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert "\n\n" not in svg
    # The box of two bits is two bits wide.
    assert re.search(r'<a href="#kind"><rect class="fixed" x="1" y="1" width="39"', svg)


def test_fields_are_cut_at_the_ends_of_rows():
    assert cut(13, 8) == [(0, 13, 3), (1, 0, 5)]
    assert cut(16, 32) == [(1, 0, 16), (2, 0, 16)]


def test_links_of_the_real_schema_lead_somewhere():
    options = tomllib.loads((ROOT / "schema/targets.toml").read_text("utf-8"))["docs"]
    made = docs.generate(check(read_schema(ROOT / "schema")), options)
    anchors = {name: set(re.findall(r"\{ #(\S+) \}", text)) for name, text in made.items()}
    for name, text in made.items():
        for page, anchor in re.findall(r"\]\(([a-z0-9_]*(?:\.md)?)(?:#([\w-]+))?\)", text):
            assert not page or page in made, (name, page)
            assert not anchor or anchor in anchors[page or name], (name, page, anchor)
