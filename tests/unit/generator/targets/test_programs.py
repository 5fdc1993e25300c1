"""Programs of the Python target: which statements they do, and which they leave to code."""

import pytest

from nnc.bitio import BitReader, BitWriter
from nnc.bitio.errors import InvalidError


def programs_of(module):
    """Return the steps of the program of table `top`, and of those of parts of it."""
    whole = module.top.program
    return None if whole is None else whole.steps, [each.steps for each in module.top.programs]


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("a u(3)\nb i(7)\nc ue(2)\nd ie(0)", "a b c d"),
        ("a u(1)\nif (a)\n    b u(3)\nelse\n    c u(4)", "a b c"),
        ("a u(4)\nb u(a + 1)", "a b"),
        ("a u(8)\nb bs(a)\nc ule(16)", "a b c"),
        ("a u(4)\nfor (i = 0; i < a; i++) {\n    b[i] u(2)\n    c[i] ue(0)\n}", "a b c"),
        ("a u(3)\nwhile (!byte_aligned())\n    b u(1)", "a b"),
        ("a u(3)\nbyte_alignment()", "a"),
    ],
)
def test_tables_that_one_program_does(compile_table, lines, names):
    steps, parts = programs_of(compile_table(lines, names))
    assert steps
    assert not parts


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ("a u(4)\nb flt(16)", "a b"),
        ("a u(8)\nwhile (more_data())\n    b u(8)", "a b"),
        ("a u(200)", "a"),
        ("a u(8)\nb u(8)\nc u(a / b)\nd leb128()", "a b c d"),
        (
            "a u(2)\nfor (i = 0; i < 3; i++)\nfor (j = 0; j < a; j++)\nb[i][j] ue(0)",
            "a b",
        ),
    ],
)
def test_tables_that_no_program_does(compile_table, lines, names):
    steps, _ = programs_of(compile_table(lines, names))
    assert steps is None


def test_a_program_does_what_comes_before_and_after_what_does_not_fit(compile_table):
    module = compile_table("a u(3)\nb u(5)\nx flt(16)\nc u(4)\nd u(a + 1)", "a b x c d")
    steps, parts = programs_of(module)
    assert steps is None
    assert parts == [
        (("u", "a", 3), ("u", "b", 5)),
        (("u", "c", 4), ("u", "d", ("+", "a", 1))),
    ]
    data = BitWriter()
    for width, number in ((3, 2), (5, 9), (16, 0), (4, 7), (3, 5)):
        data.u(width, number, "")
    value = module.top.parse(data.to_bytes())
    assert (value.a, value.b, value.x, value.c, value.d) == (2, 9, 0.0, 7, 5)
    assert module.top.build(value) == data.to_bytes()


def test_names_that_are_needed_after_a_program(compile_table):
    module = compile_table(
        "a u(4)\nif (a == 3)\n    b u(4)\nx flt(16)\nc u(8 + b)",
        "a b x c",
        b=["absent 1"],
    )
    for data in (bytes([0x35, 0, 0, 0x12, 0x34]), bytes([0x20, 0, 0, 0x12, 0x30])):
        reader = BitReader(data)
        value = module.top.read_from(reader, module.Scope())
        assert value.c == module.top.read_from(Plain(data), module.Scope()).c
        writer = BitWriter()
        module.top.write_to(writer, value, module.Scope())
        assert writer.position == reader.position


class Plain(BitReader):
    """A reader that no machine takes."""


def test_rules_hold_for_what_a_program_does(compile_table):
    module = compile_table(
        "n u(8) = sizeof(data)\ndata bs(n)\nsize u(8) = sizeof(top)",
        "n data size",
        n=["range 2..9"],
    )
    assert programs_of(module)[0]
    good, wrong, short = b"\x02ab\x04", b"\x02ab\x05", b"\x01a\x03"
    for data in (good, wrong, short):
        made = module.top.read(data)
        assert module.top.write(made) == data
    module.top.read(good, enforcement="strict")
    for data in (wrong, short):
        with pytest.raises(InvalidError):
            module.top.read(data, enforcement="strict")
        assert len(module.top.check(module.top.read(data))) == 1
    made.size = None
    assert module.top.write(made) == short
