"""The overview of the documentation target: which table calls which, and how it is drawn."""

import re
from xml.etree import ElementTree

from nnc_schema.targets.docs.overview import LETTER, ROOM, ROW, STEP, Row, overview, rows

SVG = "{http://www.w3.org/2000/svg}"


def schema(**bodies):
    """Return the text of a schema whose root is its first table."""
    tables = (
        f"syntax {name}() {{\n{body}\n}}\nsemantics {{\n{meanings(body)}}}\n"
        for name, body in bodies.items()
    )
    return f'clause 1.1 "Made up"\nstatus ours\nroot {next(iter(bodies))}\n' + "".join(tables)


def meanings(body):
    """Return a meaning for each element of a table."""
    return "".join(f"    {name}\n        Made up.\n" for name in re.findall(r"(\w+) u\(", body))


def drawn(analysis):
    """Return the drawing as XML, which it must be."""
    return ElementTree.fromstring(overview(analysis))


def test_tables_stand_below_their_caller_in_the_order_of_the_calls(analyse):
    analysis = analyse(one=schema(top="last()\nfirst()", first="a u(8)", last="b u(8)"))
    assert rows(analysis) == [
        Row("top", 0, -1, False),
        Row("last", 1, 0, False),
        Row("first", 1, 0, False),
    ]


def test_a_table_called_again_stands_in_full_once(analyse):
    text = schema(
        top="left()\nright()", left="deep()", right="deep()", deep="leaf()", leaf="a u(8)"
    )
    analysis = analyse(one=text)
    assert [(row.table, row.depth, row.parent, row.again) for row in rows(analysis)] == [
        ("top", 0, -1, False),
        ("left", 1, 0, False),
        ("deep", 2, 1, False),
        ("leaf", 3, 2, False),
        ("right", 1, 0, False),
        ("deep", 2, 4, True),
    ]
    boxes = drawn(analysis).findall(f".//{SVG}rect")
    dashed = [box.get("class") for box in boxes if box.get("stroke-dasharray")]
    assert dashed == ["again"]


def test_calls_in_loops_and_conditions_count_once(analyse):
    body = "n u(8)\nfor (i = 0; i < n; i++)\n    each()\nif (n)\n    each()"
    analysis = analyse(one=schema(top=body, each="a u(8)"))
    assert [row.table for row in rows(analysis)] == ["top", "each"]


def test_a_call_of_itself_ends(analyse):
    analysis = analyse(one=schema(top="more u(8)\nif (more)\n    top()"))
    assert rows(analysis) == [Row("top", 0, -1, False), Row("top", 1, 0, True)]


def test_tables_that_call_each_other_end(analyse):
    loop = {"ping": "a u(8)\nif (a)\n    pong()", "pong": "b u(8)\nif (b)\n    ping()"}
    analysis = analyse(one=schema(**loop))
    assert [(row.table, row.depth, row.again) for row in rows(analysis)] == [
        ("ping", 0, False),
        ("pong", 1, False),
        ("ping", 2, True),
    ]


def test_an_empty_table_is_a_box_without_lines(analyse):
    svg = drawn(analyse(one=schema(top="")))
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["top"]
    assert not svg.findall(f".//{SVG}path")
    assert svg.get("viewBox").split()[3] == str(ROW)


def test_a_line_leads_from_a_table_to_each_that_it_calls(analyse):
    analysis = analyse(
        one=schema(top="left()\nright()", left="leaf()", leaf="a u(8)", right="b u(8)")
    )
    paths = [path.get("d") for path in drawn(analysis).iter(f"{SVG}path")]
    # From below `top` to the middles of `left` (row 1) and `right` (row 3); of `left` to `leaf`.
    assert paths == ["M7 20V77M7 33h7M7 77h7", "M21 42V55M21 55h7"]


def test_the_drawing_is_as_wide_as_its_longest_name(analyse):
    name = "a_name_" + "that_goes_on_" * 8
    svg = drawn(analyse(one=schema(top=f"{name}()", **{name: "a u(8)"})))
    width, height = map(int, svg.get("viewBox").split()[2:])
    box = svg.findall(f".//{SVG}rect")[1]
    assert float(box.get("x")) + float(box.get("width")) <= width
    assert int(box.get("width")) >= LETTER * len(name) + ROOM - 1
    assert width < STEP + ROOM + LETTER * len(name) + 10
    assert height == 2 * ROW
    assert svg.get("style") == f"max-width: {width}px"


def test_boxes_link_to_pages_also_where_a_table_is_named_like_an_index(analyse):
    svg = drawn(analyse(one=schema(top="values()", values="a u(8)")))
    assert [link.get("href") for link in svg.iter(f"{SVG}a")] == ["top/", "values_/"]
