"""Computed elements: checked when read, filled in when written, repaired when asked."""

import hashlib
import zlib

import pytest
from nnc_schema.language.errors import SchemaError

from nnc.bitio import BitReader, BuildError, Enforcement, InvalidError, computing

CHUNK = """
root top
clause 1 "Made up"
status ours
syntax top() {
    magic u(16)
    chunk()
    chunk() as second
}
semantics {
    magic
        Magic.
}
syntax chunk() {
    length u(16) = sizeof(body)
    n u(8) = count(items)
    kind u(8)
    body()
    for (i = 0; i < n; i++)
        items[i] u(8)
    check u(32) = crc32(kind, items)
    total u(16) = sizeof(chunk) + kind
}
semantics {
    length
        Bytes of the body.
    n
        Number of items.
    kind
        Kind.
    items
        Items.
    check
        Checksum.
    total
        Size of the whole, and the kind.
}
syntax body() {
    text st(v)
}
semantics {
    text
        A text.
}
"""


def chunk(module, text, items, kind=7, **more):
    return module.Chunk(kind=kind, body=module.Body(text=text), items=items, **more)


def bytes_of_chunk(text, items, kind=7):
    body = text.encode() + b"\0"
    middle = bytes([kind]) + body + bytes(items)
    check = zlib.crc32(middle).to_bytes(4, "big")
    size = 2 + 1 + len(middle) + 4 + 2
    head = len(body).to_bytes(2, "big") + bytes([len(items)])
    return head + middle + check + (size + kind).to_bytes(2, "big")


@pytest.fixture
def module(compile_schema):
    return compile_schema(made=CHUNK)


@pytest.fixture
def table(module):
    return module.Top(
        magic=1, chunk=chunk(module, "abc", [1, 2]), second=chunk(module, "", [], kind=9)
    )


DATA = b"\0\1" + bytes_of_chunk("abc", [1, 2]) + bytes_of_chunk("", [], 9)


def test_filled_in_when_written(module, table):
    assert module.top.write(table) == DATA
    assert module.top.build(table) == DATA
    assert table.chunk.length is None, "writing changes nothing"
    assert module.top.parse(DATA).chunk.check == zlib.crc32(b"\x07abc\0\1\2")


def test_checked_when_read(module):
    assert module.top.read(DATA, enforcement="strict").magic == 1
    wrong = bytearray(DATA)
    wrong[3] += 1
    wrong[-1] += 1
    findings = []
    parsed = module.top.read(wrong, enforcement="report", findings=findings)
    assert [(each.path, each.position, each.code) for each in findings] == [
        ("length", "2.0", "wrong-value"),
        ("second.total", "27.0", "wrong-value"),
    ]
    assert (findings[0].value, findings[0].allowed) == (5, "4")
    with pytest.raises(InvalidError, match="length isn't what it is computed to be"):
        module.top.read(wrong, enforcement="strict")
    assert module.top.write(parsed) == wrong, "a kept wrong value is written as it is"
    assert [each.path for each in module.top.check(parsed)] == ["length", "second.total"]
    with pytest.raises(BuildError):
        module.top.write(parsed, enforcement="strict")


def test_repaired_where_asked(module):
    parsed = module.top.parse(DATA)
    parsed.chunk.body.text = "longer"
    parsed.chunk.n, parsed.chunk.items = 3, [4, 5, 6]
    parsed.second.check = 0
    wanted = b"\0\1" + bytes_of_chunk("longer", [4, 5, 6]) + bytes_of_chunk("", [], 9)
    kept = module.top.write(parsed, repair=True, kept=frozenset({"second.check"}))
    assert kept[:-6] == wanted[:-6]
    assert kept[-6:-2] == bytes(4)
    assert parsed.chunk.length == 7, "a repair changes the table"
    assert module.top.write(parsed, repair=True) == wanted
    assert module.top.write(parsed) == wanted
    assert module.top.check(parsed) == []


def test_a_count_by_hand_has_to_be_right(module, table):
    table.chunk.n = 3
    with pytest.raises(BuildError, match="wrong number of values"):
        module.top.write(table)
    assert module.top.write(table, repair=True) == DATA


def test_elements_know_what_they_are_computed_as(module):
    elements = module.chunk.elements
    assert elements["length"].computed == "sizeof(body)"
    assert elements["kind"].computed == ""


BOXES = """
root box
clause 1 "Made up"
status ours
syntax box() extent 8 * size {
    box_header()
    if (kind == 1) {
        box() as first
        box() as second
    } else
        payload bs(v)
}
semantics {
    payload
        Payload.
}
syntax box_header() {
    size ue(0) = sizeof(box)
    kind u(8)
    byte_alignment()
}
semantics {
    size
        Bytes of the whole box.
    kind
        1: boxes follow.
}
"""


def test_the_size_of_a_table_around_in_a_code_of_any_length(compile_schema):
    module = compile_schema(made=BOXES)

    def leaf(data):
        return module.Box(box_header=module.BoxHeader(kind=0), payload=data)

    table = module.Box(
        box_header=module.BoxHeader(kind=1), first=leaf(b"x" * 300), second=leaf(b"")
    )
    data = module.box.write(table)
    findings = []
    parsed = module.box.read(data, enforcement="report", findings=findings)
    assert not findings
    assert parsed.box_header.size == len(data)
    assert bytes(parsed.first.payload) == b"x" * 300
    assert module.box.write(parsed) == data
    parsed.first.payload = b"y"
    with pytest.raises(BuildError, match="the size of box is wrong"):
        module.box.write(parsed)
    shorter = module.box.write(parsed, repair=True)
    assert module.box.read(shorter, enforcement="strict").first.payload == b"y"
    assert len(shorter) < 16


FRAMES = """
root frame
clause 1 "Made up"
status ours
syntax frame() {
    header()
    data u(16)
    footer()
}
semantics {
    data
        Data.
}
syntax header() {
    sync u(8)
    check u(8) = crc8(header, here)
}
semantics {
    sync
        Sync.
    check
        Check of the header.
}
syntax footer() {
    whole u(16) = crc16(frame, here)
}
semantics {
    whole
        Check of the frame.
}
"""


def test_checksums_up_to_here(compile_schema):
    module = compile_schema(made=FRAMES)
    table = module.Frame(header=module.Header(sync=0xFF), data=0x1234, footer=module.Footer())
    data = module.frame.write(table)
    head = bytes([0xFF, computing.crc8(b"\xff")])
    assert data[:4] == head + b"\x12\x34"
    assert data[4:] == computing.crc16(data[:4]).to_bytes(2, "big")
    assert module.frame.read(data, enforcement="strict").data == 0x1234
    rules = Enforcement("report")
    reader = BitReader(b"\0" + data[:3] + b"\0" + data[4:], 8, rules=rules)
    module.frame.read_from(reader, module.Scope())
    assert [each.path for each in rules.findings] == ["whole"]


def test_a_checksum_of_a_table_takes_itself_for_zero(compile_table):
    module = compile_table("a u(16)\nb u(32) = crc(32, 0x04c11db7, 0, 0, 0, top)\nc u(8)", "a b c")
    data = module.top.write(module.Top(a=1, c=2))
    assert int.from_bytes(data[2:6], "big") == computing.crc(
        32, 0x04C11DB7, 0, 0, 0, b"\0\1\0\0\0\0\2"
    )


def test_md5_and_what_only_expressions_say(compile_table):
    module = compile_table(
        "w u(8)\nh u(8)\narea u(16) = w * h\nw_minus1 i(8) = w - 1\nd u(128) = md5(w, h)",
        "w h area w_minus1 d",
    )
    data = module.top.write(module.Top(w=5, h=6))
    assert data[2:5] == b"\0\x1e\4"
    assert data[5:] == hashlib.md5(b"\5\6").digest()
    assert [e.path for e in module.top.check(module.Top(w=1, h=1, area=2, w_minus1=0, d=0))] == [
        "area",
        "d",
    ]


def test_conditional_elements(compile_table):
    module = compile_table(
        "f u(8)\nif (f) {\nn u(8) = sizeof(t)\nt st(v)\n}\nm u(8) = sizeof(t)", "f n t m"
    )
    assert module.top.write(module.Top(f=0)) == b"\0\0"
    assert module.top.write(module.Top(f=1, t="ab")) == b"\1\3ab\0\3"
    assert module.top.read(b"\1\3ab\0\3", enforcement="strict").n == 3


def test_what_cannot_be_computed(compile_table):
    module = compile_table("a u(4)\nb u(8) = sizeof(a)\nc u(4)\nd u(8) = 8 / c", "a b c d")
    with pytest.raises(BuildError) as caught:
        module.top.write(module.Top(a=1, c=0))
    assert caught.value.code == "bad-span"
    findings = []
    module.top.read(b"\0\0\0\0", enforcement="report", findings=findings)
    assert [each.path for each in findings] == ["b", "d"]
    module = compile_table("a u(8)\nb u(8) = sizeof(c)\nc st(v)", "a b c")
    with pytest.raises(BuildError, match="the value doesn't fit"):
        module.top.write(module.Top(a=0, c="x" * 300))
    assert module.top.build(module.Top(a=0, c="x")) == b"\0\2x\0"


def test_a_computed_element_without_a_writer_that_computes(compile_table):
    from nnc.bitio import BitWriter

    module = compile_table("a u(8) = sizeof(c)\nc st(v)", "a c")
    with pytest.raises(BuildError, match="a: the element is missing"):
        module.top._build(module.Top(c=""), BitWriter(), module.Scope(), "")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("a u(8) = sizeof(b)", "expected an element or table"),
        ("a u(8) = count(a)", "expected a list"),
        ("a u(8) = crc(8, a)", "expected 6 or 7"),
        ("for (i = 0; i < 2; i++)\na[i] u(8) = 1", "computed in a loop"),
        ("a u(8) = other", "isn't defined"),
        ("a u(8) = sizeof(here)", ""),
    ],
)
def test_mistakes(compile_table, body, message):
    if not message:
        assert compile_table(body, "a")
        return
    with pytest.raises(SchemaError, match=message):
        compile_table(body, "a")


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ((8, 0x07, 0, 0, 0), 0xF4),
        ((16, 0x8005, 0, 0, 0), 0xFEE8),
        ((16, 0x1021, 0xFFFF, 0, 0), 0x29B1),
        ((16, 0x8005, 0, 1, 0), 0xBB3D),
        ((32, 0x04C11DB7, 0xFFFFFFFF, 1, 0xFFFFFFFF), 0xCBF43926),
        ((32, 0x04C11DB7, 0xFFFFFFFF, 0, 0xFFFFFFFF), 0xFC891918),
        ((24, 0x864CFB, 0xB704CE, 0, 0), 0x21CF02),
        ((64, 0x42F0E1EBA9EA3693, 0, 0, 0), 0x6C40DF5F0B497347),
    ],
)
def test_known_checks(parameters, wanted):
    """Hold checksums to the published check values of "123456789"."""
    assert computing.crc(*parameters, b"123456789") == wanted


def test_named_checks():
    data = b"123456789"
    assert computing.crc8(data) == 0xF4
    assert computing.crc16(data) == 0xFEE8
    assert computing.crc32(data) == 0xCBF43926


@pytest.mark.parametrize(
    ("text", "least"), [(CHUNK, 95), (BOXES.replace("ue(0) =", "u(16) ="), 90), (FRAMES, 95)]
)
def test_drawn(compile_both, text, least):
    tables, draws = compile_both(text)
    root = next(name for name in ("top", "box", "frame") if name in tables.TABLES)
    accepted = 0
    for seed in range(100):
        drawer = draws.Drawer(draws.RandomSource(seed))
        try:
            drawn = draws.TABLES[root](drawer, tables.Scope())
        except draws.RejectedError:
            continue
        accepted += 1
        data = drawer.to_bytes()
        parsed = tables.TABLES[root].read(data, enforcement="strict")
        assert parsed == drawn
        assert tables.TABLES[root].write(drawn, repair=True) == data
    assert accepted >= least


def test_drawn_wrong(compile_both):
    tables, draws = compile_both(CHUNK)
    names = [rule.element for rule in draws.RULES if rule.kind == "wrong-value"]
    assert names == ["length", "n", "check", "total"]
    for name in ("length", "check", "total"):
        drawer = draws.Drawer(draws.RandomSource(name), kind="wrong-value", element=name)
        drawn = draws.TABLES["top"](drawer, tables.Scope())
        findings = []
        parsed = tables.top.read(drawer.to_bytes(), enforcement="report", findings=findings)
        assert parsed == drawn
        assert findings[0].path == drawer.broken.path
        assert findings[0].bit_position == drawer.broken.position
