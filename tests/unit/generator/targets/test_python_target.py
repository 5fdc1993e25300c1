"""What is generated from small made-up schemas: every construct of the language, both ways."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnc.bitio import BitReader, BitWriter
from nnc.bitio.errors import BitstreamError, BuildError, InvalidError, MissingValueError


def rebuilt(module, data, **context):
    """Parse `data` with table `top`, check that building gives `data` back, give the value."""
    value = module.top.parse(data, **context)
    assert module.top.build(value, **context) == data
    return value


def broken(module, data, error=InvalidError, **context):
    """Check that `data` can't be parsed, and give the error's text."""
    with pytest.raises(error) as caught:
        module.top.parse(data, **context)
    return str(caught.value)


def test_descriptors(compile_table):
    module = compile_table(
        """
        a u(4)
        b i(4)
        c ue(1)
        d ie(0)
        byte_alignment()
        e flt(16)
        f flt(32)
        g flt(64)
        h st(v)
        k bs(v)
        """,
        "a b c d e f g h k",
    )
    writer = BitWriter()
    writer.u(4, 9, "")
    writer.i(4, -3, "")
    writer.ue(1, 11, "")
    writer.ie(0, -2, "")
    writer.byte_alignment()
    for width in (16, 32, 64):
        writer.flt(width, 0.5, "")
    writer.st("näme", "")
    writer.bs(b"rest")
    value = rebuilt(module, writer.to_bytes())
    assert (value.a, value.b, value.c, value.d) == (9, -3, 11, -2)
    assert (value.e, value.f, value.g) == (0.5, 0.5, 0.5)
    assert (value.h, bytes(value.k)) == ("näme", b"rest")
    assert value.byte_alignment is None


def test_irregular_alignment_is_kept(compile_table):
    module = compile_table("a u(3)\nbyte_alignment()", "a")
    assert rebuilt(module, b"\x35").byte_alignment == 0b10101
    assert rebuilt(module, b"\x30").byte_alignment is None


def test_alignments_in_a_loop_are_a_list_where_one_is_irregular(compile_table):
    module = compile_table("for (i = 0; i < 2; i++) {\na[i] u(4)\nbyte_alignment()\n}", "a")
    assert rebuilt(module, b"\x18\x28").byte_alignment is None
    assert rebuilt(module, b"\x18\x29").byte_alignment == [None, 9]


def test_absent_elements_are_none(compile_table):
    module = compile_table("a u(1)\nif (a)\nb u(7)\nelse\nc u(7)", "a b c")
    value = rebuilt(module, b"\x85")
    assert (value.a, value.b, value.c) == (1, 5, None)
    value = rebuilt(module, b"\x05")
    assert (value.a, value.b, value.c) == (0, None, 5)


def test_building_refuses_what_its_condition_rules_out(compile_table):
    module = compile_table("a u(1)\nif (a)\nb u(7)\nelse\nc u(7)", "a b c")
    with pytest.raises(BuildError, match="b: the element is missing"):
        module.top.build(module.Top(a=1))
    with pytest.raises(BuildError, match="c: the element is there"):
        module.top.build(module.Top(a=1, b=3, c=3))
    with pytest.raises(BuildError, match="b: the value doesn't fit"):
        module.top.build(module.Top(a=1, b=128))


def test_building_refuses_another_table(compile_schema):
    module = compile_schema(made=recursive_schema())
    with pytest.raises(BuildError, match=r"not the table that stands here, .* \(allowed: Many\)"):
        module.unit.build(module.Unit(size=2, kind=1, many=module.Unit(size=2, kind=9)))


def test_chain_of_conditions(compile_table):
    module = compile_table(
        "a u(8)\nif (a == 0)\nb u(8)\nelse if (a == 1)\nc u(16)\n"
        "else if (a > 9) {\n}\nelse\nd u(8)",
        "a b c d",
    )
    assert rebuilt(module, b"\x00\x07").b == 7
    assert rebuilt(module, b"\x01\x07\x08").c == 0x708
    assert rebuilt(module, b"\x02\x07").d == 7
    value = rebuilt(module, b"\x0a")
    assert (value.b, value.c, value.d) == (None, None, None)
    with pytest.raises(BuildError, match="d: the element is there"):
        module.top.build(module.Top(a=10, d=3))


def test_element_at_two_places_that_exclude_each_other(compile_table):
    module = compile_table(
        "a u(1)\nb u(7)\nif (a)\nc u(8)\nif (b)\nif (!a)\nc u(8)\nif (c == 5)\nd u(8)",
        "a b c d",
        c=["absent 5"],
    )
    assert rebuilt(module, b"\x81\x04").c == 4
    assert rebuilt(module, b"\x01\x05\x06").d == 6
    value = rebuilt(module, b"\x00\x06")
    assert (value.c, value.d) == (None, 6)
    with pytest.raises(BuildError, match="c: the element is there"):
        module.top.build(module.Top(a=0, b=0, c=1, d=6))


def test_indexed_elements_are_lists(compile_table):
    module = compile_table("n u(8)\nfor (i = 0; i < n; i++) {\na[i] u(8)\nb[i] ue(7)\n}", "n a b")
    value = rebuilt(module, bytes([2, 5, 0x86, 6, 0x87]))
    assert (value.a, value.b) == ([5, 6], [6, 7])
    assert rebuilt(module, b"\x00").a == []
    with pytest.raises(BuildError, match="a: wrong number of values"):
        module.top.build(module.Top(n=1, a=[1, 2], b=[1, 2]))
    with pytest.raises(BuildError, match="b: not a list"):
        module.top.build(module.Top(n=1, a=[1], b=1))


def test_two_indices(compile_table):
    module = compile_table(
        """
        n u(8)
        for (i = 0; i < n - 1; i++) {
            m[i] u(8)
            for (j = 0; j < m[i]; j++) {
                a[i][j] u(8)
                b[i][j] i(8)
            }
            for (j = 0; j < m[i] - 1; j++)
                c[i][j] u(4)
            byte_alignment()
        }
        """,
        "n m a b c",
    )
    data = bytes([3, 2, 1, 255, 2, 254, 0x78, 0, 0x80])
    value = rebuilt(module, data)
    assert value.m == [2, 0]
    assert value.a == [[1, 2], []]
    assert value.b == [[-1, -2], []]
    assert [list(row) for row in value.c] == [[7], []]
    reader = BitReader(data, trace=[])
    module.top._parse(reader, module.Scope(), "")
    assert "c[0][0]" in [entry.path for entry in reader.trace]
    assert rebuilt(module, b"\x00").m == []
    value.a[0].append(1)
    with pytest.raises(BuildError, match=r"a\[0\]: wrong number of values"):
        module.top.build(value)


def test_elements_without_index_are_in_order_of_reading(compile_table):
    module = compile_table(
        """
        n u(8)
        for (i = 0; i < n; i++) {
            if (i == 0)
                first u(8)
            else if (i > 1)
                other u(8)
        }
        """,
        "n first other",
    )
    value = rebuilt(module, bytes([4, 9, 7, 8]))
    assert (value.first, value.other) == (9, [7, 8])
    value = rebuilt(module, b"\x00")
    assert (value.first, value.other) == (None, [])
    with pytest.raises(BuildError, match=r"other\[1\]: too few values"):
        module.top.build(module.Top(n=4, first=1, other=[1]))
    with pytest.raises(BuildError, match="other: too many values"):
        module.top.build(module.Top(n=3, first=1, other=[1, 2]))
    with pytest.raises(BuildError, match="first: the element is there"):
        module.top.build(module.Top(n=0, first=1))


def test_lists_under_a_condition_that_holds_for_the_whole_loop(compile_table):
    module = compile_table(
        """
        flag u(8)
        for (i = 0; i < 2; i++) {
            a[i] u(8)
            if (flag)
                b[i] u(8)
            else
                c[i] u(4)
        }
        """,
        "flag a b c",
    )
    value = rebuilt(module, bytes([1, 2, 3, 4, 5]))
    assert (value.b, value.c) == ([3, 5], None)
    assert rebuilt(module, bytes([0, 2, 0x30, 0x40])).c == [3, 0]
    value.c = [1, 2]
    with pytest.raises(BuildError, match="c: the element is there"):
        module.top.build(value)


def test_loop_over_one_element_is_a_vector(compile_table):
    module = compile_table(
        """
        n u(8)
        for (i = 0; i < n; i++)
            a[i] u(3)
        byte_alignment()
        for (i = 0; i < n; i++)
            b[i] flt(32)
        """,
        "n a b",
    )
    floats = np.array([1.5, float("nan")], dtype="<f4")
    value = rebuilt(module, bytes([2, 0b10101110]) + floats.tobytes())
    assert isinstance(value.a, np.ndarray)
    assert value.a.tolist() == [5, 3]
    assert value.b.dtype == np.float32
    assert value.b.tobytes() == floats.tobytes()
    assert "n" in broken(module, b"\xff\x00", BitstreamError)


def test_loops_of_other_kinds(compile_table):
    module = compile_table(
        """
        n u(8)
        for (i = n; i > 0; i--)
            a u(8)
        for (i = 1; i <= n; i++)
            b u(8)
        x = 0
        while (x < n) {
            c u(8)
            x = x + c + 1
        }
        do {
            d u(8)
        } while (d)
        for (i = 0; i * i < n; i++)
            e u(8)
        """,
        "n a b c d e",
    )
    value = rebuilt(module, bytes([2, 1, 2, 3, 4, 0, 0, 5, 0, 6, 7]))
    assert (value.a, value.b, value.c, value.d, value.e) == ([1, 2], [3, 4], [0, 0], [5, 0], [6, 7])


def test_expressions_are_those_of_c(compile_table):
    module = compile_table(
        """
        a i(8)
        b u(8)
        r0 = a / 3
        r1 = a % 3
        r2 = a < b == 1
        r3 = 1 + 2 * 3 - -a
        r4 = a & 7 == 7
        r5 = a > 0 && b ? 10 : 20
        r6 = !b
        r7 = ~a >> 1 << 2
        r8 = (a | 1) ^ b
        r9 = a - (b - 1)
        s0 = Abs(a) + Sign(a)
        s1 = Clip3(0, 5, a)
        s2 = Max(a, b, 3) * Min(a, b)
        s3 = Ceil(Log2(b)) + Floor(Log2(b)) + Round(Log2(b))
        s4 = a || b
        s5 = scaled(b, K)
        """,
        "a b r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 s0 s1 s2 s3 s4 s5",
        before='constant K = 2 * 5 "Ten."\ndefine scaled(x, y) = x * y + K "Give it scaled."\n',
    )
    value = rebuilt(module, bytes([0xF9, 6]))  # a = -7, b = 6
    assert (value.r0, value.r1, value.r2, value.r3) == (-2, -1, 1, 0)
    assert (value.r4, value.r5, value.r6) == (-7 & 1, 20, 0)
    assert (value.r7, value.r8, value.r9) == ((6 >> 1) << 2, (-7 | 1) ^ 6, -12)
    assert (value.s0, value.s1, value.s2) == (6, 0, -42)
    assert (value.s3, value.s4, value.s5) == (3 + 2 + 3, 1, 70)
    assert module.K == 10


def test_variables_with_semantics_are_kept_but_not_compared(compile_table):
    module = compile_table("a u(8)\nx = a + 1\ny = x + 1", "a y")
    value = rebuilt(module, b"\x05")
    assert value.y == 7
    assert not hasattr(value, "x")
    fresh = module.Top(a=5)
    assert fresh.y is None
    assert fresh == value
    module.top.build(fresh)
    assert fresh.y == 7


def test_arrays_and_output_parameters(compile_table):
    module = compile_table(
        "inner(Size, Values)\na u(8)\nif (a < Size)\nb u(Values[a])",
        "a b Size Values",
        after="""
        syntax inner(size, values) {
            number u(8)
            place u(8)
            array values[number]
            values[place] = 8
            size = number
        }
        semantics {
            number
                N.
            place
                P.
        }
        """,
    )
    value = rebuilt(module, bytes([3, 1, 1, 77]))
    assert (value.Size, value.Values, value.b) == (3, [0, 8, 0], 77)
    assert module.inner.parse(bytes([2, 1])).values == [0, 8]
    told = broken(module, bytes([3, 3, 1, 77]))
    assert "index outside of the array, found 3 (allowed: 0..2)" in told
    assert "the array is empty" in broken(module, bytes([0, 0, 1, 77]))


def test_arguments(compile_table):
    module = compile_table(
        "a u(8)\ninner(a, 8)\ninner(8, a) as second",
        "a",
        after="""
        syntax inner(x, y) {
            b u(x)
            c u(y)
        }
        semantics {
            b
                B.
            c
                C.
        }
        """,
    )
    value = rebuilt(module, bytes([8, 1, 2, 3, 4]))
    assert (value.inner.b, value.inner.c, value.second.b, value.second.c) == (1, 2, 3, 4)
    with pytest.raises(MissingValueError, match="x, a parameter of the table"):
        module.inner.parse(b"\x01\x02")
    assert module.inner.parse(b"\x01\x02", x=4, y=12).c == 0x102


def test_names_from_called_tables_and_their_absent_values(compile_table):
    module = compile_table(
        "a u(8)\nif (a)\ninner()\nfor (i = 0; i < n; i++)\nd[i] u(8)\ne u(list[0])",
        "a d e",
        before='given outside[] default none "the list from outside"\n',
        after="""
        syntax inner() {
            n u(8)
            for (i = 0; i < n; i++)
                list[i] u(8)
        }
        semantics {
            n
                Text.
                absent Length(outside)
            list
                Text.
                absent outside
        }
        """,
    )
    value = rebuilt(module, bytes([1, 1, 8, 5, 6]))
    assert (value.inner.list, list(value.d), value.e) == ([8], [5], 6)
    value = rebuilt(module, bytes([0, 1, 2, 3]), outside=[8, 9])
    assert (value.inner, list(value.d), value.e) == (None, [1, 2], 3)
    assert "outside was not given: the list from outside" in broken(
        module, b"\x00\x01", MissingValueError
    )


def test_given_values_are_asked_for_with_the_table(compile_table):
    module = compile_table(
        "a u(8)\nif (wide)\nb u(8)",
        "a b",
        before='given wide default 2 - 1 "whether b is there"\n',
    )
    assert module.top.parse(b"\x01\x02").b == 2
    assert module.top.parse(b"\x01", wide=0).b is None
    asked = []

    def given(name, table):
        asked.append((name, table.a))
        return 0

    value = module.top._parse(BitReader(b"\x07\x08"), module.Scope(given), "")
    assert asked == [("wide", 7)]
    assert value.b is None


def test_persistent_names(compile_table):
    module = compile_table(
        "a u(8)\nif (a == 0)\nfirst()\nelse\nsecond()",
        "a",
        after="""
        persistent syntax first() {
            b u(8)
        }
        semantics {
            b
                Text.
        }
        syntax second() {
            c u(b)
        }
        semantics {
            c
                Text.
        }
        """,
    )
    scope = module.Scope()
    module.top._parse(BitReader(b"\x00\x08"), scope, "")
    copy = scope.copy()
    assert module.top._parse(BitReader(b"\x01\x09"), copy, "").second.c == 9
    assert copy.names() == {"b": 8}
    error = broken(module, b"\x01\x09")
    assert "b is not known: first (Made up) should have come before" in error
    assert {"b"} == module.PERSISTENT


RECURSIVE = """
size u(8)
kind u(8)
if (kind == 0)
    external data other.module described()
else if (kind == 1)
    many()
"""


def recursive_schema():
    """A unit whose size says where it ends, and which may hold units."""
    return f"""
        clause 1 "Unit"
        status draft
        root unit
        syntax unit() extent 8 * size {{ {RECURSIVE} }}
        semantics {{
            size
                S.
            kind
                K.
            data
                D.
                status peer
        }}
        clause 2 "Many"
        syntax many() {{
            count u(8)
            for (i = 0; i < count; i++)
                unit()
            last u(8)
        }}
        semantics {{
            count
                C.
            last
                L.
        }}
        clause 3 "Described"
        external syntax described() {{
            bin ae(v)
            if (bin)
                wide uae(size)
        }}
        semantics {{
            bin
                B.
            wide
                W.
        }}
    """


def test_extents_and_recursion(compile_schema):
    module = compile_schema(made=recursive_schema())
    data = bytes([14, 1, 2]) + bytes([4, 0, 1, 2]) + bytes([5, 9, 7, 7, 7]) + bytes([6, 99])
    value = module.unit.parse(data)
    assert module.unit.build(value) == data
    first, second = value.many.unit
    assert bytes(first.data) == b"\x01\x02"
    assert (second.data, bytes(second.trailing_data)) == (None, b"\x07\x07\x07")
    assert (value.many.last, bytes(value.trailing_data)) == (6, b"c")
    assert module.unit.parse(module.unit.build(value)) == value
    with pytest.raises(BitstreamError, match="the size of unit runs past"):
        module.unit.parse(bytes([6, 1, 1, 4, 0, 1]))
    with pytest.raises(InvalidError, match="the size is too small"):
        module.unit.parse(bytes([0, 1]))
    first.size = 5
    with pytest.raises(BuildError, match="the size of unit is wrong"):
        module.unit.build(value)


def test_metadata(compile_schema):
    module = compile_schema(made=recursive_schema())
    assert (module.unit.table, module.unit.clause, module.unit.title) == ("unit", "1", "Unit")
    assert (module.unit.status, module.unit.schema) == ("draft", "made/made.syntax:5")
    data = module.unit.elements["data"]
    assert (data.module, data.status, data.text) == ("other.module", "peer", "D.")
    assert module.unit.elements["size"].descriptor == "u(8)"
    assert module.described.elements["bin"].descriptor == "ae(v)"
    assert module.described.elements["wide"].descriptor == "uae(size)"
    assert set(module.TABLES) == {"unit", "many"}
    assert module.Unit.fields == ("size", "kind", "data", "many", "trailing_data")


def test_conditions_of_constraints_are_compiled(compile_table):
    module = compile_table(
        "n u(8)\nfor (i = 0; i < n; i++) {\nw[i] u(8)\nfor (j = 0; j < w[i]; j++)\n"
        "x[i][j] ue(0)\n}",
        "n w x",
        w=["range 0..n"],
        x=['constraint Max(x) < 9 && w[1] != 0 || !n "x is large"'],
    )
    elements, shapes = module.top.elements, module.top.shapes
    assert shapes["x"] == module.Shape("int", 2)
    large = elements["x"].constraints[0]
    assert large.names == ("n", "w", "x")
    assert large.is_broken({"n": 2, "w": [1, 1], "x": [[3], [9]]})
    assert not large.is_broken({"n": 2, "w": [1, 1], "x": [[3], [8]]})
    assert not large.is_broken({"n": 1, "w": [1], "x": [[3]]})  # there is no w[1]
    assert elements["w"].range is None
    within = elements["w"].constraints[0]
    assert within.sentence == "w is not <= n"
    assert within.is_broken({"n": 2, "w": [0, 3]})


def test_metadata_of_keys_and_enums(compile_table):
    module = compile_table(
        "a u(3) Kind\nb u(5)\nreserved u(8)",
        "a b reserved",
        before='enum Kind {\nONE = 1 "first"\n2..6 reserved\n7 unspecified\n}\n'
        'flags Bits {\nX = 1 "x"\nY = 2 "y"\n}\n',
        b=["absent 3 + 4", "range 0..7", 'constraint b != a "b is a"'],
        reserved=["range 0..0"],
    )
    assert module.Kind.ONE == module.ONE == 1
    assert module.Bits(3) == module.Bits.X | module.Bits.Y
    b = module.top.elements["b"]
    assert (b.coding, b.width, b.absent, b.range, b.default) == ("u", 5, 7, (0, 7), 7)
    assert [(rule.sentence, rule.names) for rule in b.constraints] == [("b is a", ("a", "b"))]
    assert b.constraints[0].is_broken({"a": 3, "b": 3})
    assert not b.constraints[0].is_broken({"a": 3, "b": 4})
    assert not b.constraints[0].is_broken({"b": 3})
    assert module.top.elements["a"].enum == "Kind"
    assert rebuilt(module, b"\xe1\x05").a == 7
    assert module.Top(a=1, b=1).reserved == 0
    with pytest.raises(TypeError):
        module.Top(a=1)
    with pytest.raises(AttributeError):
        module.Top(a=1, b=1).c = 1
    for text in ("Meaning of b.", "Clause 1.2, ours."):
        assert text in module.Top.__doc__


def test_tables_over_several_files(compile_schema):
    module = compile_schema(
        one='clause 1 "One"\nstatus ours\nroot top\nsyntax top() {\na u(8) Kind\nif (a == B)\n'
        "inner()\n}\nsemantics {\n    a\n        A.\n}\n",
        two='clause 2 "Two"\nstatus ours\nenum Kind {\nB = 3 "b"\n}\nsyntax inner() {\nb u(8)\n'
        "if (a == b)\ninner() as more\n}\nsemantics {\n    b\n        B.\n}\n",
    )
    value = rebuilt(module, bytes([3, 3, 1]))
    assert (value.a, value.inner.b) == (3, 3)
    assert value.inner.more.b == 1


def test_names_that_python_or_the_generated_code_has(compile_table):
    module = compile_table(
        "stream u(8)\nlen u(stream)\npath u(len)\nif (path == 3)\nobj u(8)", "stream len path obj"
    )
    value = rebuilt(module, bytes([8, 8, 3, 1]))
    assert (value.stream, value.len, value.path, value.obj) == (8, 8, 3, 1)


SOUP = """
n u(3)
flag u(1)
for (i = 0; i < n; i++) {
    a[i] ue(1)
    if (flag)
        b[i] ie(0)
    if (i == 1)
        c u(2)
    else
        d u(1)
    for (j = 0; j < a[i] - 1; j++)
        e[i][j] u(5)
}
array sums[n]
for (i = n - 1; i >= 0; i--) {
    f i(3)
    sums[i] = f + (flag ? a[i] : 1)
}
if (n && sums[0] > 1)
    g flt(16)
byte_alignment()
"""


def test_random_bytes_round_trip(compile_table):
    module = compile_table(SOUP, "n flag a b c d e f g sums")

    @settings(
        deadline=None, max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.binary(min_size=1, max_size=24))
    def check(data):
        reader = BitReader(data)
        try:
            value = module.top._parse(reader, module.Scope(), "")
        except BitstreamError:
            return
        writer = BitWriter()
        module.top._build(value, writer, module.Scope(), "")
        assert writer.position == reader.position
        assert writer.to_bytes() == data[: reader.position // 8]
        assert module.top.parse(writer.to_bytes()).sums == value.sums

    check()


def test_elements_say_what_counts_them(compile_table):
    module = compile_table(
        """
        n u(8)
        for (i = 0; i < n - 1; i++) {
            m[i] u(8)
            for (j = 0; j < m[i] + 2; j++)
                a[i][j] u(8)
            for (j = 0; j < n * 2; j++)
                b[i][j] u(8)
        }
        """,
        "n m a b",
    )
    counts = {name: element.counts for name, element in module.top.elements.items()}
    assert counts == {"n": (), "m": (("n", 1),), "a": (("n", 1), ("m", -2)), "b": ()}


def test_framing_is_described(compile_table):
    assert compile_table("a u(8)", "a").FRAMING is None
    module = compile_table("a u(8)", "a", before="framing annex_b")
    assert module.Framing("annex_b") == module.FRAMING
    module = compile_table("a u(8)", "a", before="framing sized(u(32), 2 + 1, big)")
    assert module.FRAMING.arguments == (("u", (32,)), 3, "big")
