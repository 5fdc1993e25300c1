"""Hostile schemas and hostile data: nothing but our errors, with path, place and code, soon."""

import tracemalloc

import pytest

from nnc.bitio import (
    BitReader,
    BitstreamError,
    BuildError,
    IncompleteError,
    InvalidError,
    LimitError,
    ParsingLimits,
)
from nnc.bitio.limits import STANDARD_LIMITS

#: Bytes that a parser may use for a handful of data.
MOST_MEMORY = 20_000_000


def refused(module, data, code, *, error=BitstreamError, path=None, position=None, table="top"):
    """Check that data are refused for a reason, without much memory; give the error."""
    syntax = module.TABLES[table]
    tracemalloc.start()
    try:
        with pytest.raises(error) as caught:
            syntax.parse(data)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    found = caught.value
    assert found.code == code, str(found)
    assert found.bit_position is not None
    assert str(found)
    assert found.as_dict()
    if path is not None:
        assert (found.path, found.position) == (path, position)
    return found


def test_a_negative_width_does_not_rewind(compile_table):
    module = compile_table("n u(8)\ndo {\na u(4)\nb u(n - 12)\n} while (a != 9)", "n a b")
    refused(module, b"\x08\x00\x09", "bad-width", error=InvalidError, path="b[0]", position="1.4")


@pytest.mark.parametrize("descriptor", ["u", "i"])
def test_a_width_beyond_all_data(compile_table, descriptor):
    module = compile_table(f"n u(16)\na {descriptor}(1 << n)", "n a")
    refused(module, b"\x00\x40\x00", "", error=IncompleteError, path="a", position="2.0")
    refused(module, b"\x0f\xff\x00", "", error=IncompleteError, path="a", position="2.0")
    refused(module, b"\xff\xff\x00", "bad-shift", error=InvalidError)


def test_the_order_of_a_code(compile_table):
    module = compile_table("n u(8)\na ue(n - 9)\nb ie(n - 9)", "n a b")
    refused(module, b"\x00\xff\xff", "bad-width", path="a", position="1.0")
    refused(module, b"\xff\xff\xff", "bad-width", path="a", position="1.0")
    table = module.Top(n=0, a=1, b=1)
    with pytest.raises(BuildError) as caught:
        module.top.build(table)
    assert caught.value.code == "bad-width"


@pytest.mark.parametrize(
    "body",
    [
        "n u(32)\nfor (i = 0; i < n; i++)\na u(0 * n)",
        "n u(32)\nfor (i = 0; i < n; i++)\na[i] u(0 * n)",
        "n u(32)\ni = 0\nwhile (n > 0)\nif (i)\na u(8)",
        "n u(32)\ni = 0\ndo {\nif (i)\na u(8)\n} while (n)",
        "n u(32)\nfor (i = n; i > 0; i--)\na bs(v)",
        "n u(32)\narray t[n]\nt[0] = 1\na u(8)",
        "n u(32)\nfor (i = 0; i < n; i++) {\narray t[60000]\nt[0] = 1\na[i] u(0 * n)\n}",
        "n u(32)\nfor (i = 0; i < n; i++)\nfor (j = 0; j < n; j++)\na[i][j] u(0 * n)",
    ],
)
def test_values_out_of_no_bits(compile_table, body):
    module = compile_table(body, "n a")
    refused(module, b"\xff\xff\xff\xff\x00\x00", "limit-entries", error=LimitError)
    with pytest.raises(LimitError):
        module.top.read(b"\0\0\0\x40\0\0", limits=ParsingLimits(entries=10, depth=4))


def test_passes_that_read_nothing_are_allowed_up_to_the_limit(compile_table):
    module = compile_table("n u(16)\nfor (i = 0; i < n; i++)\na[i] u(0 * n)", "n a")
    assert module.top.parse(b"\xff\xff").a == [0] * 65535
    assert module.top.build(module.Top(n=3, a=[0] * 3)) == b"\0\3"


def test_loops_that_compute_only_have_limits_when_they_stand_in_each_other(compile_table):
    turns = "".join(f"for ({i} = 0; {i} < 1000; {i}++)\n" for i in "ijk")
    module = compile_table(f"n u(8)\nx = 0\n{turns}x = x + 1", "n")
    found = refused(module, b"\0", "limit-entries", error=LimitError)
    assert found.position == "1.0"
    with pytest.raises(LimitError, match="loops that compute only"):
        module.top.write(module.Top(n=0))
    few = turns.replace("1000", "10")
    assert compile_table(f"n u(8)\nx = 0\n{few}x = x + 1", "n").top.parse(b"\7").n == 7


def test_deep_tables(compile_schema):
    text = """
    clause 1 "Made up" status ours root top
    syntax top() {
        more u(1)
        if (more)
            top() as inner
    }
    semantics {
        more
            1: one more.
    }
    """
    module = compile_schema(made=text)
    found = refused(module, b"\xff" * 1000, "limit-depth", error=LimitError)
    assert found.position == f"{(STANDARD_LIMITS.depth + 1) // 8}.{(STANDARD_LIMITS.depth + 1) % 8}"
    nested = module.top.parse(b"\xfe")
    assert module.top.write(nested, limits=ParsingLimits(depth=7)) == b"\xfe"
    with pytest.raises(LimitError):
        module.top.write(nested, limits=ParsingLimits(depth=6))
    with pytest.raises(LimitError):
        # Deeper than Python itself goes.
        module.top.read(b"\xff" * 100_000, limits=ParsingLimits(depth=1_000_000))


def test_tables_that_read_nothing_call_each_other_in_vain(compile_schema):
    text = """
    clause 1 "Made up" status ours root top
    syntax top() {
        n u(8)
        below(n)
    }
    syntax below(left) {
        if (left > 0) {
            below(left - 1) as first
            below(left - 1) as second
        } else if (left < 0)
            a u(8)
    }
    """
    text = text.replace("syntax below", "semantics {\n n\n  Depth.\n}\nsyntax below")
    text += "semantics {\n a\n  Never.\n}\n"
    module = compile_schema(made=text)
    refused(module, b"\x50", "limit-entries", error=LimitError)


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("8 / n", "division-by-zero"),
        ("8 % n", "division-by-zero"),
        ("Ceil(Log2(n))", "bad-logarithm"),
        ("1 << (n - 1)", "bad-shift"),
        ("8 >> (n - 1)", "bad-shift"),
        ("8 + (1 << (1 << 30) * (n + 1))", "bad-shift"),
    ],
)
def test_arithmetic(compile_table, expression, code):
    module = compile_table(f"n u(8)\na u({expression})", "n a")
    refused(module, b"\0\0\0", code, error=InvalidError)
    with pytest.raises(BuildError) as caught:
        module.top.build(module.Top(n=0, a=0))
    assert caught.value.code == code


def test_division_by_zero_in_a_function_of_the_schema(compile_table):
    module = compile_table(
        "n u(8)\na u(share(n))", "n a", before='define share(x) = 8 / x "Return a share."'
    )
    assert module.top.parse(b"\x02\x30").a == 3
    refused(module, b"\0\0", "division-by-zero", error=InvalidError, path="", position="1.0")
    with pytest.raises(BuildError) as caught:
        module.top.build(module.Top(n=0, a=0))
    assert caught.value.code == "division-by-zero"


@pytest.mark.parametrize("step", ["x * x", "x + x", "x << 60", "Prod(t) * x"])
def test_numbers_that_grow(compile_table, step):
    body = f"n u(32)\nx = 3\narray t[2]\nt[0] = n\nt[1] = 9\ndo {{\na u(1)\nx = {step}\n}}"
    module = compile_table(f"{body} while (x != 0)", "n a")
    refused(module, b"\xff\xff\xff\xff" + bytes(100_000), "large-number", error=InvalidError)


def test_numbers_where_none_can_be(compile_table):
    module = compile_table("x flt(32)\nfor (i = 0; i < x; i++)\na[i] u(8)", "x a")
    refused(module, b"\0\0\x80\x3f\0", "arithmetic", error=InvalidError)


def test_an_integer_too_wide_for_the_caller(compile_table):
    module = compile_table("n u(32)\na u(n)", "n a")
    refused(module, b"\0\0\xff\xff\0", "", error=IncompleteError)
    data = b"\0\2\0\0" + bytes(1 << 14)
    refused(module, data, "limit-width", error=LimitError, path="a", position="4.0")
    assert module.top.read(data, limits=ParsingLimits(width=1 << 17)).a == 0
    with pytest.raises(BuildError, match=r"2 to the 19999 minus 1"):
        module.top.build(module.Top(n=19999, a=1 << 19999))


@pytest.mark.parametrize(("size", "data"), [(14, "7d20"), (16, "7d2f"), (4, "70"), (3, "60")])
def test_leftover_bits_of_an_extent_are_kept(compile_schema, size, data):
    text = f"""
    clause 1 "Made up" status ours root top
    syntax top() {{
        part()
        after u(5)
    }}
    semantics {{
        after
            What comes after.
    }}
    syntax part() extent {size} {{
        a u(3)
    }}
    semantics {{
        a
            The only known bits.
    }}
    """
    module = compile_schema(made=text)
    whole = bytes.fromhex(data) + b"\xf0"
    table = module.top.parse(whole)
    written = module.top.build(table)
    bits = f"{int.from_bytes(whole, 'big'):0{8 * len(whole)}b}"[: size + 5]
    assert f"{int.from_bytes(written, 'big'):0{8 * len(written)}b}"[: size + 5] == bits
    assert table.after == int(bits[size:], 2)
    if size % 8 and size > 4:
        table.part.trailing_data = table.part.trailing_data[:-1] + b"\xff"
        with pytest.raises(BuildError):
            module.top.build(table)


def test_bytes_in_an_extent_that_ends_within_one(compile_schema):
    text = """
    clause 1 "Made up" status ours root top
    syntax top() extent 21 {
        a bs(v)
    }
    semantics {
        a
            Whole bytes.
    }
    """
    module = compile_schema(made=text)
    table = module.top.parse(b"abc")
    assert (bytes(table.a), table.trailing_data) == (b"ab", b"\x60")
    assert module.top.build(table) == b"ab\x60"


def test_a_table_of_defaults_is_no_larger_than_it_should_be(compile_table):
    module = compile_table("n u(64)\nfor (i = 0; i < n; i++)\na[i] ue(0)", "n a")
    with pytest.raises(LimitError):
        module.Top.default(n=1 << 40)
    module = compile_table("n u(64)\nfor (i = 0; i < n; i++)\na[i] u(8)", "n a")
    with pytest.raises(LimitError):
        module.Top.default(n=1 << 40)


def test_limits_come_from_the_reader(compile_table):
    module = compile_table("n u(8)\nfor (i = 0; i < n; i++)\na[i] u(0 * n)", "n a")
    reader = BitReader(b"\x10", limits=ParsingLimits(entries=4))
    with pytest.raises(LimitError) as caught:
        module.top.read_from(reader, module.Scope())
    assert caught.value.path == "a"
    assert caught.value.hint == "the limit `entries` can be raised"
