"""What standards write beside plain elements: descriptors, lookahead, switch, tables, keys."""

import pytest

from nnc.bitio import BitReader, BitWriter
from nnc.bitio.errors import BitstreamError, BuildError, IncompleteError, InvalidError
from tests.unit.generator.targets.test_python_target import broken, rebuilt


def test_spellings_of_the_standards(compile_table):
    module = compile_table(
        """
        marker f(8, 0x47)
        stop /* equal to 1 */ All f(1)
        a ue(v)
        b se(v)
        c b(8)
        d su(7)
        e u(v)
        g le(2)
        """,
        "marker stop a b c d e g",
        e=["bits a + 1"],
    )
    writer = BitWriter()
    writer.u(8, 0x47, "")
    writer.u(1, 1, "")
    writer.ue(0, 2, "")
    writer.ie(0, -3, "")
    writer.u(8, 9, "")
    writer.i(7, -5, "")
    writer.u(3, 6, "")
    writer.u(16, 0x0201, "")
    value = rebuilt(module, writer.to_bytes())
    found = [getattr(value, name) for name in ["marker", "stop", "a", "b", "c", "d", "e", "g"]]
    assert found == [0x47, 1, 2, -3, 9, -5, 6, 0x0102]
    elements = module.top.elements
    assert elements["marker"].range == (0x47, 0x47)
    assert elements["stop"].range == (1, 1)
    assert [elements[name].descriptor for name in "abeg"] == ["ue(v)", "se(v)", "u(v)", "le(2)"]
    assert module.Top.default().marker == 0x47


def test_sized_bytes_and_text(compile_table):
    module = compile_table(
        """
        kind fourcc()
        size u(4)
        name st(size)
        data bs(2)
        flag u(4)
        rest bs(remaining() / 8)
        """,
        "kind size name data flag rest",
    )
    value = rebuilt(module, b"ftyp\x36\x16\x26\x3a\xaa\xbbrest!")
    assert (value.kind, value.name, bytes(value.data)) == ("ftyp", "abc", b"\xaa\xab")
    assert bytes(value.rest) == b"rest!"
    value.rest = b"other"
    assert module.top.build(value).endswith(b"other")
    value.name = "abcd"
    with pytest.raises(BuildError, match="name: the bytes have another size"):
        module.top.build(value)
    assert "kind" in broken(module, b"fty", IncompleteError)
    made = module.Top.default(size=2)
    assert (made.kind, made.name, made.data) == ("    ", "\0\0", b"\0\0")
    assert module.top.parse(module.top.build(made)) == made


@pytest.mark.parametrize("where", ["file", "table"])
def test_byte_order(compile_schema, where):
    text = (
        'root top clause 1 "Top" status ours semantics optional'
        f"{' byte_order little' if where == 'file' else ''} syntax top()"
        f"{' byte_order little' if where == 'table' else ''}"
        " { a u(16) b i(32) c u(4) d u(4) n u(8) e u(n) f u(8) }"
    )
    module = compile_schema(made=text)
    value = rebuilt(module, bytes.fromhex("0100feffffff5a18010203ff"))
    assert (value.a, value.b, value.c, value.d, value.e) == (1, -2, 5, 10, 0x030201)
    assert "no number of whole bytes" in broken(module, bytes.fromhex("0100feffffff5a07ffff"))


def test_byte_order_is_checked(analyse):
    with pytest.raises(Exception, match="found 'litle', expected big or little"):
        analyse(made='clause 1 "T" status ours byte_order litle')


def test_loops_to_the_end(compile_table):
    module = compile_table(
        "while (more_data()) {\na u(8)\nb u(8)\n}",
        "a b",
    )
    value = rebuilt(module, b"\1\2\3\4")
    assert (value.a, value.b) == ([1, 3], [2, 4])
    value.a.append(5)
    with pytest.raises(BuildError, match="b"):
        module.top.build(value)
    value.b.append(6)
    assert module.top.build(value) == b"\1\2\3\4\5\6"
    assert "b[1]" in broken(module, b"\1\2\3", IncompleteError)
    assert rebuilt(module, b"").a == []


def test_what_a_condition_on_data_to_come_was_is_seen_when_writing(compile_table):
    module = compile_table(
        """
        a u(7)
        if (a > 1 && more_rbsp_data()) {
            b u(1)
            c ue(v)
        }
        stop f(1)
        while (!byte_aligned())
            zero f(1)
        """,
        "a b c stop zero",
        stop=["range 1..1"],
        zero=["range 0..0"],
    )
    short = rebuilt(module, b"\x07")
    assert (short.a, short.b, short.stop, short.zero) == (3, None, 1, [])
    long = rebuilt(module, b"\x07\x50")
    assert (long.b, long.c, long.stop) == (1, 1, 1)
    assert long.zero == [0, 0, 0, 0]
    # What fills up to the byte follows from what stands before it.
    long.c = 0
    assert module.top.build(long) == b"\x07\xc0"
    long.c = 100
    assert module.top.parse(module.top.build(long)).c == 100
    assert rebuilt(module, b"\x07\x51").zero == [0, 0, 0, 1]


def test_next_bits(compile_table):
    module = compile_table(
        """
        while (next_bits(8) == 0xFF)
            ff_byte f(8, 0xFF)
        last u(8)
        if (next_bits(4) == 3 || next_bits(2) == 2)
            more u(8)
        """,
        "ff_byte last more",
    )
    assert rebuilt(module, b"\xff\xff\x05").ff_byte == [255, 255]
    assert rebuilt(module, b"\x05\x31").more == 0x31
    assert rebuilt(module, b"\x05\x81").more == 0x81
    assert module.top.parse(b"\x05\x41").more is None
    assert "last" in broken(module, b"\xff", IncompleteError)


def test_switch(compile_table):
    module = compile_table(
        """
        kind u(8)
        switch (kind) {
        case 0:
            a u(8)
        case A, 2:
        case 3:
            b u(16)
        default:
            c u(24)
        }
        """,
        "kind a b c",
        before='constant A = 1 "one"',
    )
    assert rebuilt(module, b"\0\1").a == 1
    assert [rebuilt(module, bytes([kind, 0, 1])).b for kind in (1, 2, 3)] == [1, 1, 1]
    assert rebuilt(module, b"\x09\0\0\1").c == 1


def test_switch_with_breaks(compile_table):
    module = compile_table(
        "kind u(8)\nswitch (kind) { case 0: break case 1: a u(8) break default: b u(8) }",
        "kind a b",
    )
    assert rebuilt(module, b"\0").b is None
    assert rebuilt(module, b"\1\2").a == 2
    assert rebuilt(module, b"\2\2").b == 2


def test_compound_assignments(compile_table):
    module = compile_table(
        """
        x = 1
        x += 4
        x <<= 2
        x |= 3
        x--
        array y[3]
        y[1] = 2
        y[1] *= x
        y[2]++
        for (i = 4; i > 0; i -= 2)
            a u(8)
        for (j = 0; j < 4; j += 2)
            b u(8)
        """,
        "a b x y",
    )
    value = rebuilt(module, b"\1\2\3\4")
    assert (value.x, value.y, value.a, value.b) == (22, [0, 44, 1], [1, 2], [3, 4])


def test_constant_tables(compile_table):
    module = compile_table(
        """
        kind u(4)
        column u(4)
        width = WIDTHS[kind] + GRID[1][column] + twice(1)
        a u(width)
        padding(8, any)
        """,
        "kind column a width",
        before="""
        constant LAST = 8 "the last"
        constant WIDTHS[] = {1, 2 * 2, LAST} "widths"
        constant GRID[2][2] = {{1, 2}, {3, 4}} "a grid"
        define twice(x) = 2 * WIDTHS[x] "Return twice a width."
        """,
        a=['constraint a < WIDTHS[kind] * 100 "a is too large"'],
    )
    assert module.GRID == ((1, 2), (3, 4))
    value = rebuilt(module, b"\x01\x00\x0b")
    assert (value.width, value.a) == (1 + 4 + 2 * 4, 1)
    assert "index outside of the list" in broken(module, b"\x30\x00\x00")
    assert "GRID" in broken(module, b"\x02\x00\x00")
    with pytest.raises(InvalidError):
        module.functions.twice(-1)


def test_enums_on_any_integer(compile_table):
    module = compile_table(
        "a ue(v)\nKind\nb ule(16) Kind c leb128()\nKind\nd i(8) Kind padding(8)",
        "a b c d",
        before='enum Kind { ONE = 1 "one" 200..300 reserved }',
    )
    data = module.top.build(module.Top(a=1, b=1, c=1, d=1))
    assert rebuilt(module, data).a == module.Kind.ONE
    assert module.top.elements["c"].enum == "Kind"


def test_arrays_of_several_dimensions(compile_table):
    module = compile_table(
        """
        n u(4)
        array x[n][2]
        for (i = 0; i < n; i++)
            for (j = 0; j < 2; j++) {
                a[i][j] u(4)
                x[i][j] = a[i][j] + 1
            }
        last u(4)
        sum = x[last][1] + x[0][0]
        x[last][1] = sum
        b u(sum)
        """,
        "n a last b x",
    )
    value = rebuilt(module, b"\x21\x10\x11\x80")
    assert value.a == [[1, 1], [0, 1]]
    assert value.x == [[2, 2], [1, 4]]
    assert "index outside of the array" in broken(module, b"\x21\x10\x12\x80")


def test_parameters_that_are_filled_by_index(compile_schema):
    module = compile_schema(
        made="""
        root top
        clause 1 "Top" status ours
        syntax top() {
            for (i = 0; i < 2; i++) {
                present[i] u(1)
                if (present[i])
                    row(Rows[i], 2, Flags[i])
            }
            width = Rows[1][0] + Flags[1]
            last u(width)
        }
        semantics {
            present
                Whether a row follows.
            last
                Something.
            Rows
                The rows.
        }
        syntax row(values, size, flag) {
            for (j = 0; j < size; j++) {
                delta u(3)
                values[j] = delta + 1
                flag = delta == 3
            }
        }
        semantics {
            delta
                A difference.
            flag
                Whether the last is 3.
                initial 0
        }
        """
    )
    value = module.top.parse(b"\x9d\xcc\xcc")
    assert [row.delta for row in value.row] == [[1, 6], [6, 3]]
    assert (value.Rows, value.last) == ([[2, 7], [7, 4]], 0x33)
    assert module.top.build(value) == b"\x9d\xcc\xcc"
    assert "index outside" in broken(module, b"\x00\x00")


def test_padding_statement(compile_table):
    module = compile_table(
        "a u(3)\npadding(8)\nb u(1)\npadding(16, 1)\nc u(1)\npadding(8, any)\nd bs(v)", "a b c d"
    )
    value = rebuilt(module, b"\xa0\xff\x80rest")
    assert (value.padding, value.padding_2, value.padding_3) == (None, None, None)
    value = rebuilt(module, b"\xa1\xfe\x83rest")
    assert (value.padding, value.padding_2, value.padding_3) == (1, 126, 3)


def test_a_table_may_be_called_padding(compile_schema):
    module = compile_schema(
        made='root top clause 1 "T" status ours semantics optional'
        " syntax top() { padding() } syntax padding() { a u(8) }"
    )
    assert rebuilt(module, b"\7").padding.a == 7


KEYED = """
root unit
clause 1 "Unit" status ours
semantics optional
syntax unit() {
    kind u(8)
    switch (kind) {
    case 0: first_set()
    case 1: second_set()
    default: slice()
    }
}
persistent syntax first_set() key first_id {
    first_id u(8)
    width u(8)
}
persistent syntax second_set() key second_id {
    second_id u(8)
    first_id u(8) as used_first_id
    extra u(width)
    more u(8)
}
semantics {
    used_first_id
        The first set that this one refers to.
        selects first_set
}
syntax slice() {
    second_id u(8) as used_second_id
    data u(width + more)
}
semantics {
    used_second_id
        The second set in force.
        selects second_set
}
"""


def parse_units(module, *units):
    scope = module.Scope()
    made = [module.unit._parse(BitReader(data), scope, "") for data in units]
    scope = module.Scope()
    for unit, data in zip(made, units, strict=True):
        writer = BitWriter()
        module.unit._build(unit, writer, scope, "")
        assert writer.to_bytes() == data
    return made


def test_sets_are_kept_by_key(compile_schema):
    module = compile_schema(made=KEYED)
    units = parse_units(
        module,
        b"\0\5\x08",  # first set 5: width 8
        b"\0\6\x10",  # first set 6: width 16
        b"\1\0\6\0\1\x08",  # second set 0 of first set 6
        b"\1\1\5\1\x00",  # second set 1 of first set 5
        b"\2\1\x33",  # slice of second set 1
        b"\2\0\0\0\x44",  # slice of second set 0
        b"\0\5\x18",  # first set 5 anew: width 24
        b"\2\1\0\0\x55",  # slice of second set 1, through the new first set 5
    )
    assert [units[place].slice.data for place in (4, 5, 7)] == [0x33, 0x44, 0x55]


STATE = """
root unit
clause 1 "Unit" status ours
semantics optional
constant SLOTS = 2 "places for widths"
state Width[SLOTS][2] = 4 "Bits of a value, by slot and half."
state Count = 0 "Units so far."
syntax unit() {
    slot u(4)
    if (slot >= 8) {
        wide u(4)
        Width[slot - 8][1] = wide
    } else
        halves(slot)
    Count += 1
    number u(Count)
    padding(8)
}
syntax halves(slot) {
    for (half = 0; half < 2; half++)
        value[half] u(Width[slot][half])
}
"""


def test_states_hold_from_one_unit_to_the_next(compile_schema):
    module = compile_schema(made=STATE)
    units = parse_units(
        module,
        b"\x01\x28",  # halves of 4 bits each, a number of 1 bit
        b"\x98\xc0",  # slot 1: its second half takes 8 bits from now on
        b"\x13\x44\xe0",
        b"\x03\x4f",
    )
    assert [unit.number for unit in units] == [1, 3, 7, 15]
    assert [list(units[place].halves.value) for place in (0, 2, 3)] == [[1, 2], [3, 0x44], [3, 4]]


def test_copies_of_scopes_have_states_of_their_own(compile_schema):
    module = compile_schema(made=STATE)
    scope = module.Scope()
    copies, copy = scope.copies(), scope.copy()
    module.unit._parse(BitReader(b"\x98\x80"), copy, "")
    assert (copy.Width, copy.Count) == ([[4, 4], [4, 8]], 1)
    assert scope.Width == copies().Width == [[4, 4], [4, 4]]
    with pytest.raises(InvalidError, match="Width"):
        module.unit._parse(BitReader(b"\xa8\x80"), scope, "")


LEFT_OUT = """
root unit
clause 1 "Unit" status ours
syntax unit() {
    kind u(8)
    if (kind == 0)
        parameters()
    else
        slice()
}
semantics {
    kind
        Kind of unit.
}
syntax slice() {
    data u(width)
}
semantics {
    data
        A value.
}
persistent syntax parameters() {
    more u(8)
    if (more == 1)
        extension()
    if (more >= 1)
        extension()
}
semantics {
    more
        How often the width is told.
}
persistent syntax extension() {
    width u(8)
}
semantics {
    width
        Bits of a value.
        absent 16
}
"""


def test_what_a_persistent_table_leaves_out_is_absent_for_later_units(compile_schema):
    module = compile_schema(made=LEFT_OUT)
    units = parse_units(
        module,
        b"\0\1\x20\x18",  # told twice: the last one holds
        b"\1\0\0\7",
        b"\0\2\x08",
        b"\1\7",
        b"\0\0",  # not told: what was told before holds no longer
        b"\1\0\7",
    )
    assert [units[place].slice.data for place in (1, 3, 5)] == [7, 7, 7]


def test_a_set_that_never_came_is_refused(compile_schema):
    module = compile_schema(made=KEYED)
    scope = module.Scope()
    module.unit._parse(BitReader(b"\0\5\x08"), scope, "")
    with pytest.raises(InvalidError, match=r"no first_set has this number.*5") as caught:
        module.unit._parse(BitReader(b"\1\0\7\0\1\x08"), scope, "")
    assert caught.value.path == "used_first_id"
    copy = scope.copy()
    module.unit._parse(BitReader(b"\0\7\x08"), copy, "")
    assert (scope.keys("first_set"), copy.keys("first_set")) == ([5], [5, 7])
    with pytest.raises(BitstreamError):
        module.unit.parse(b"\2\1\0")


def test_missing_semantics_are_warnings_where_the_schema_says_so(analyse):
    found = analyse(made=KEYED).warnings
    assert "'kind' has no semantics" in [warning.message for warning in found]
