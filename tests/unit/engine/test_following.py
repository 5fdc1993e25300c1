"""Elements that follow from tables elsewhere: filled in, repaired, checked, drawn."""

import pytest
from hypothesis import HealthCheck, given, settings

from nnc.bitio import BuildError, InputError
from nnc.engine.following import Listed, Lists, fill
from nnc.engine.format import Format

PACK = """
root pack
clause 1 "Pack" status ours
syntax pack() {
    index()
    items()
}
syntax index() {
    item_count u(8) = countof(item)
    has_places u(8)
    for (i = 0; i < item_count; i++)
        item_kind[i] u(8) Kind = valueof(item, i, kind)
    if (has_places)
        for (i = 0; i < item_count; i++)
            item_offset[i] u(16) = offsetof(item, i)
}
enum Kind {
    NOTE = 0 "a note"
    SOUND = 1 "a sound"
    2..255 unspecified
}
semantics {
    item_count
        Number of items.
    has_places
        1: their places are told.
        range 0..1
    item_kind
        Kind of item i.
    item_offset
        Bytes from the first item to item i.
}
syntax items() {
    for (i = 0; i < item_count; i++)
        item()
}
syntax item() {
    size u(8) = sizeof(item)
    kind u(8)
    data_size u(8) = count(data)
    for (i = 0; i < data_size; i++)
        data[i] u(8)
}
semantics {
    size
        Bytes of the item.
    kind
        Its kind.
    data_size
        Number of values.
    data
        Values.
}
"""

DATA = bytes([2, 1, 0, 1, 0, 0, 0, 5, 5, 0, 2, 7, 8, 4, 1, 1, 9])


def load(tmp_path, text):
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "pack.syntax").write_text(text, "utf-8")
    return Format.load(folder)


@pytest.fixture(scope="module")
def form(tmp_path_factory):
    return load(tmp_path_factory.mktemp("following"), PACK)


def test_check_compares(form):
    assert not form.check(DATA).findings
    wrong = DATA[:3] + bytes([0, 0, 1, 0, 6]) + DATA[8:]
    found = form.check(wrong).findings
    assert [(one.rule, one.path, one.position) for one in found] == [
        ("computed:item_kind", "item_kind[1]", "3.0"),
        ("computed:item_offset", "item_offset[0]", "4.0"),
        ("computed:item_offset", "item_offset[1]", "6.0"),
    ]
    assert "(computed: 5, found 6)" in found[2].message
    assert found[2].clause == "1"
    assert found[2].schema.endswith("pack.syntax:15")


def test_a_longer_table_moves_the_others(form):
    document = form.parse(DATA)
    plan = document.set("item[0].data", [1, 2, 3])
    changes = {change.path: (change.after, change.reason) for change in plan.changes}
    assert changes["item_offset[1]"] == (6, "follows from other tables")
    assert list(document.get("item_offset")) == [0, 6]
    assert document.set("item[1].kind", 0).changes
    assert list(document.get("item_kind")) == [0, 0]
    assert not form.check(document.to_bytes()).findings


def test_tables_are_put_in_and_taken_out(form):
    document = form.parse(DATA)
    plan = document.insert("item[0]", {"kind": 1, "data": [4, 4, 4]})
    count = next(change for change in plan.changes if change.path == "item_count")
    assert (count.after, count.reason) == (3, "counts item")
    assert list(document.get("item_kind")) == [1, 0, 1]
    assert list(document.get("item_offset")) == [0, 6, 11]
    assert not form.check(document.to_bytes()).findings
    document.remove("item[0]")
    assert document.to_bytes() == DATA


def test_elements_that_appear_follow_too(form):
    document = form.parse(DATA)
    document.set("has_places", 0)
    assert document.get("item_offset") is None
    document.set("has_places", 1)
    assert document.to_bytes() == DATA


def test_nothing_else_can_be_set(form):
    document = form.parse(DATA)
    with pytest.raises(BuildError, match="follows from other tables") as caught:
        document.set("item_offset[1]", 9)
    assert (caught.value.allowed, caught.value.clause) == ("5", "1")
    assert document.to_bytes() == DATA
    assert not document.set("item_offset[1]", 5).changes


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=...)
def test_what_is_drawn_follows(form, seed: int):
    drawn = form.draw(str(seed))
    assert not form.check(drawn.data).findings
    assert form.root.read(drawn.data) == drawn.table


def test_a_list_within_a_table_of_its_own_name(tmp_path):
    text = """
    root box
    framing repeat
    clause 1 "Box" status ours
    syntax box() {
        head()
        body()
    }
    syntax head() {
        size u(8) = sizeof(box)
        count u(8) = countof(box)
    }
    semantics {
        size
            Bytes of the box.
        count
            Number of boxes in it.
    }
    syntax body() {
        for (i = 0; i < count; i++)
            box()
    }
    """
    form = load(tmp_path, text)
    # One box of two, the first of which holds another; then one that holds none.
    data = bytes([8, 2, 4, 1, 2, 0, 2, 0, 2, 0])
    assert not form.check(data).findings
    document = form.parse(data)
    document.insert("box[0].box[0].box[0]", {"head": {"count": 0}, "body": {"box": []}})
    assert document.to_bytes() == bytes([10, 2, 6, 2, 2, 0, 2, 0, 2, 0, 2, 0])
    document.remove("box[0].box[1]")
    assert document.to_bytes() == bytes([8, 1, 6, 2, 2, 0, 2, 0, 2, 0])
    assert not form.check(document.to_bytes()).findings


def test_one_table_by_itself(form):
    index = form.parse(DATA).table.index
    items = [Listed(3, {"kind": 4}.get), Listed(9, {"kind": 5}.get), Listed(1, {"kind": 6}.get)]
    lists = Lists({"item": items}.__getitem__)
    assert fill(index, lists) == ["item_count", "item_kind", "item_offset"]
    assert (index.item_count, list(index.item_kind)) == (3, [4, 5, 6])
    assert list(index.item_offset) == [0, 3, 12]
    index.item_kind[0] = 7
    with pytest.raises(BuildError, match="as they are") as caught:
        fill(index, lists, pinned=["item_kind"], path="index", why="as they are")
    assert caught.value.path == "index.item_kind"


@pytest.mark.parametrize(
    ("computed", "told"),
    [
        ("countof(index)", "found 'index', expected a table that is called in a loop"),
        ("countof(item, 1)", "found 2 arguments of 'countof', expected 1"),
        ("countof(item) + has_places", "found 'has_places' beside what follows from other tables"),
        ("valueof(item, 0, nothing)", "found 'nothing', expected an element of 'item'"),
        ("valueof(item, 0)", "found 2 arguments of 'valueof', expected 3"),
    ],
)
def test_mistakes_are_told(tmp_path, computed, told):
    with pytest.raises(InputError, match=r"pack\.syntax:9:") as caught:
        load(tmp_path, PACK.replace("countof(item)", computed))
    assert told in str(caught.value)
