"""Programs: what the machine reads and writes is what generated code does one by one."""

import os
import random
import re
import subprocess
import sys

import pytest

import nnc
from nnc.bitio import BitReader, BitWriter, LimitError, NncError
from nnc.bitio.programs import Assembly, Machine, Program, Slots, slots_of

FLAC = nnc.Format.load("flac")
H264 = nnc.Format.load("h264")

needs_compiler = pytest.mark.skipif(Machine is None, reason="nothing is compiled")


class PlainReader(BitReader):
    """A reader that no machine takes."""


class PlainWriter(BitWriter):
    """A writer that no machine takes."""


def outcome(call):
    """Return what a call returns, or its error as it is told."""
    try:
        return call()
    except NncError as error:
        return type(error), str(error), error.path, error.bit_position


def read_by(kind, table, data, scope):
    reader = kind(data)

    def read():
        made = table.read_from(reader, scope)
        return made, reader.position, reader.end, scope.names()

    return outcome(read)


def written_by(kind, table, made, scope):
    writer = kind()

    def write():
        table.write_to(writer, made, scope)
        return writer.to_bytes(), scope.names()

    return outcome(write)


def file_of_flac():
    """Return the bytes of metadata with blocks of several kinds."""
    tables = FLAC.tables
    block = tables["metadata_block"].table_type
    info = tables["streaminfo"].table_type(
        min_block_size=16,
        max_block_size=4096,
        min_frame_size=0,
        max_frame_size=(1 << 24) - 1,
        sample_rate=44100,
        channels_minus1=1,
        stream_bits_minus1=15,
        total_samples=(1 << 36) - 1,
        md5_of_samples=bytes(16),
    )
    point = tables["seekpoint"].table_type
    seek = tables["seektable"].table_type(
        seekpoint=[
            point(first_sample=n << 60, frame_offset=(1 << 64) - 1 - n, frame_samples=n)
            for n in range(3)
        ]
    )
    comment = tables["comment"].table_type
    comments = tables["vorbis_comment"].table_type(
        vendor_length=3,
        vendor="Vé",
        comment=[comment(text_length=3, text="A=1"), comment(text_length=0, text="")],
    )
    blocks = [
        block(last_block_flag=0, block_type=0, streaminfo=info),
        block(last_block_flag=0, block_type=3, length=54, seektable=seek),
        block(last_block_flag=0, block_type=4, vorbis_comment=comments),
        block(last_block_flag=1, block_type=1, length=5, padding_bytes=bytes(5)),
    ]
    made = FLAC.root.table_type(stream_marker=0x664C6143, metadata_block=blocks, frame=[])
    return FLAC.root.write(made)


def set_of_h264():
    """Return the bytes of a sequence parameter set."""
    made = H264.tables["seq_parameter_set_rbsp"].table_type.default(
        seq_parameter_set_data={
            "profile_idc": 66,
            "seq_parameter_set_id": 3,
            "pic_width_in_mbs_minus1": 79,
            "frame_cropping_flag": 1,
            "frame_crop_top_offset": 5,
            "vui_parameters_present_flag": 1,
            "vui_parameters": {
                "timing_info_present_flag": 1,
                "time_scale": (1 << 32) - 1,
                "nal_hrd_parameters_present_flag": 1,
                "hrd_parameters": {"cpb_cnt_minus1": 1},
            },
        }
    )
    return H264.tables["seq_parameter_set_rbsp"].write(made)


CASES = {
    "flac": (FLAC, "flac", file_of_flac()),
    "h264": (H264, "seq_parameter_set_rbsp", set_of_h264()),
}


@pytest.mark.parametrize("name", CASES)
def test_whole_data_are_read_and_written_the_same(name):
    form, table, data = CASES[name]
    syntax = form.tables[table]
    fast = read_by(BitReader, syntax, data, form.scope({}))
    assert fast == read_by(PlainReader, syntax, data, form.scope({}))
    trace = []
    assert syntax.read_from(BitReader(data, trace=trace), form.scope({})) == fast[0]
    assert len(trace) > 20
    written = written_by(BitWriter, syntax, fast[0], form.scope({}))
    assert written == written_by(PlainWriter, syntax, fast[0], form.scope({}))
    assert written[0] == data


@pytest.mark.parametrize("name", CASES)
def test_data_that_end_early_have_the_same_error(name):
    form, table, data = CASES[name]
    for end in range(0, 8 * len(data), 5):
        readers = BitReader(data, end=end), PlainReader(data, end=end)
        found = [
            outcome(lambda r=reader: form.tables[table].read_from(r, form.scope({})))
            for reader in readers
        ]
        assert found[0] == found[1]


@pytest.mark.parametrize("name", CASES)
def test_changed_data_come_to_the_same(name):
    form, table, data = CASES[name]
    draw = random.Random(1)
    accepted = 0
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(draw.choice([1, 1, 2, 8])):
            changed[draw.randrange(len(data))] = draw.choice([0, 255, draw.randrange(256)])
        syntax = form.tables[table]
        fast = read_by(BitReader, syntax, bytes(changed), form.scope({}))
        assert fast == read_by(PlainReader, syntax, bytes(changed), form.scope({}))
        if not isinstance(fast[0], type):
            accepted += 1
            written = written_by(BitWriter, syntax, fast[0], form.scope({}))
            assert written == written_by(PlainWriter, syntax, fast[0], form.scope({}))
    assert accepted


@pytest.mark.parametrize(
    "value", [None, -1, 1 << 16, 1 << 70, True, 2.0, "1", b"1", [], [1], object()]
)
@pytest.mark.parametrize(
    "name", ["min_block_size", "total_samples", "md5_of_samples", "stream_bits_minus1"]
)
def test_values_that_do_not_fit_have_the_same_error(name, value):
    made = FLAC.root.read(file_of_flac())
    setattr(made.metadata_block[0].streaminfo, name, value)
    fast, plain = (
        written_by(kind, FLAC.root, made, FLAC.scope({})) for kind in (BitWriter, PlainWriter)
    )
    assert fast == plain


@pytest.mark.parametrize("change", ["element", "list", "count", "table", "item"])
def test_tables_that_do_not_fit_have_the_same_error(change):
    made = FLAC.root.read(file_of_flac())
    block = made.metadata_block[2]
    if change == "element":
        block.unknown_bytes = b""
    elif change == "list":
        block.vorbis_comment.comment = None
    elif change == "count":
        block.vorbis_comment.comment_count = 7
    elif change == "table":
        block.vorbis_comment = made.metadata_block[0].streaminfo
    else:
        block.vorbis_comment.comment[1] = 3
    fast, plain = (
        written_by(kind, FLAC.root, made, FLAC.scope({})) for kind in (BitWriter, PlainWriter)
    )
    assert fast == plain
    assert isinstance(fast[0], type)


class Pair:
    """A table of two fields."""

    __slots__ = ("first", "second")


@needs_compiler
def test_what_could_not_be_read_leaves_the_reader_where_it_was():
    program = Program(("u", "first", 8), ("u", "second", 64))
    program.belong(Pair)
    reader, pair = BitReader(bytes(9), start=3), Pair()
    assert not program.machine.read(reader, pair, None)
    assert reader.position == 3
    reader = BitReader(bytes(range(9)))
    assert program.machine.read(reader, pair, None)
    assert (pair.first, pair.second, reader.position) == (0, 0x0102030405060708, 72)


@needs_compiler
def test_what_could_not_be_written_leaves_the_writer_as_it_was():
    program = Program(("u", "first", 11), ("u", "second", 64))
    program.belong(Pair)
    writer, pair = BitWriter(), Pair()
    writer.u(3, 5, "before")
    pair.first, pair.second = 1023, 1 << 64
    assert not program.machine.write(writer, pair, None)
    assert writer.position == 3
    pair.second -= 1
    assert program.machine.write(writer, pair, None)
    reader = BitReader(writer.to_bytes())
    assert [reader.u(n, "x") for n in (3, 11, 64)] == [5, 1023, (1 << 64) - 1]


@needs_compiler
def test_what_is_no_slot_is_left_alone():
    program = Program(("u", "first", 8), ("u", "third", 8))
    program.belong(Pair)
    assert not program.machine.read(BitReader(bytes(2)), Pair(), None)
    assert not program.machine.read(BitReader(bytes(2)), object(), None)


@needs_compiler
@pytest.mark.parametrize("width", range(65))
def test_integers_of_any_width(width):
    program = Program(("u", "first", width), ("i", "second", width))
    program.belong(Pair)
    for number in {
        0,
        min(1, (1 << width) - 1),
        (1 << width) - 1,
        (1 << width) >> 1 if width else 0,
    }:
        pair, writer = Pair(), BitWriter()
        pair.first = number
        pair.second = number - (1 << width) if width and number >> (width - 1) else number
        assert program.machine.write(writer, pair, None)
        plain = PlainWriter()
        plain.u(width, pair.first, "first")
        plain.i(width, pair.second, "second")
        assert writer.to_bytes() == plain.to_bytes()
        again = Pair()
        assert program.machine.read(BitReader(writer.to_bytes()), again, None)
        assert (again.first, again.second) == (pair.first, pair.second)


@needs_compiler
@pytest.mark.parametrize("order", [0, 1, 7, 16])
def test_exp_golomb_codes(order):
    program = Program(("ue", "first", order), ("ie", "second", order))
    program.belong(Pair)
    for number in [*range(40), *((1 << n) - 1 for n in range(5, 40)), *(1 << n for n in range(39))]:
        pair, writer, plain = Pair(), BitWriter(), PlainWriter()
        pair.first, pair.second = number, -number
        assert program.machine.write(writer, pair, None)
        plain.ue(order, number, "first")
        plain.ie(order, -number, "second")
        assert writer.to_bytes() == plain.to_bytes()
        again = Pair()
        assert program.machine.read(BitReader(writer.to_bytes()), again, None)
        assert (again.first, again.second) == (number, -number)


@needs_compiler
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (("+", "n", 3), 8),
        (("-", 0, "n"), -5),
        (("*", "n", "n"), 25),
        (("/", "n", 2), 2),
        (("%", "n", 3), 2),
        (("<<", "n", 3), 40),
        (("&&", ("==", "n", 5), ("<", "n", 6)), 1),
        (("||", ("!=", "n", 5), (">", "n", 6)), 0),
        (("&", ("|", "n", 8), ("^", "n", 1)), 4),
        (("<=", ("-", "n", 6), -1), 1),
        ((">=", (">>", "n", 1), 3), 0),
    ],
)
def test_expressions(expression, value):
    program = Program(("derive", "first", expression), inputs=("n",))
    program.belong(Pair)
    pair = Pair()
    assert program.machine.read(BitReader(b""), pair, None, (5,))
    assert pair.first == value


@needs_compiler
@pytest.mark.parametrize("expression", [("/", "n", 0), ("*", "n", "n"), ("/", -7, 2)])
def test_numbers_that_are_for_python(expression):
    program = Program(("derive", "first", expression), inputs=("n",))
    program.belong(Pair)
    assert not program.machine.read(BitReader(b""), Pair(), None, (1 << 35,))
    assert not program.machine.read(BitReader(b""), Pair(), None, (1 << 45,))


def test_only_values_that_matter_are_kept():
    used = frozenset({"n"})
    assembly = Assembly((), (), used)
    assembly.add((("u", "n", 8), ("u", "m", 8), ("bytes", "data", "n")))
    assert list(assembly.registers) == ["n"]


def test_too_many_tables_within_each_other_are_still_too_many():
    limits = nnc.bitio.ParsingLimits(depth=1)
    with pytest.raises(LimitError, match="depth"):
        FLAC.root.read(file_of_flac(), limits=limits)


def test_narrow_limits_hold():
    limits = nnc.bitio.ParsingLimits(width=20)
    syntax = H264.tables["seq_parameter_set_rbsp"]
    with pytest.raises(LimitError, match="width"):
        syntax.read(set_of_h264(), limits=limits)
    made = syntax.read(set_of_h264())
    with pytest.raises(LimitError, match="width"):
        syntax.write(made, limits=limits)


@needs_compiler
def test_wide_numbers_that_expressions_are_about():
    program = Program(("u", "first", 64), ("if", "first", (("u", "second", 8),), ()))
    program.belong(Pair)
    for number, fits in ((0, True), (5, True), (1 << 39, True), (1 << 41, False), (1 << 63, False)):
        reader, pair = BitReader(number.to_bytes(8, "big") + b"\7"), Pair()
        assert bool(program.machine.read(reader, pair, None)) == fits
        pair.first, pair.second = number, 7
        writer = BitWriter()
        assert bool(program.machine.write(writer, pair, None)) == fits
        if fits:
            assert writer.to_bytes() == number.to_bytes(8, "big") + b"\7" * bool(number)


def test_without_a_compiler_it_comes_to_the_same():
    script = (
        "import sys; sys.modules['nnc.bitio.machine'] = None\n"
        "import nnc, nnc.bitio.programs as programs\n"
        "assert programs.Machine is None\n"
        "form = nnc.Format.load('flac')\n"
        f"data = {file_of_flac()!r}\n"
        "made = form.root.read(data)\n"
        "assert form.root.write(made) == data\n"
        "print(made)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    expected = str(FLAC.root.read(file_of_flac()))
    assert without_places(run.stdout.strip()) == without_places(expected)


def without_places(text):
    """Return a text without the places in memory that it names."""
    return re.sub("0x[0-9a-f]+", "", text)


class Holder:
    """Has slots of its own and none."""

    __slots__ = ("a", "b", "c", "d")


class Heir(Holder):
    """Has those of its base."""


@pytest.mark.parametrize("kind", [Holder, Heir])
@pytest.mark.parametrize(
    "make", [lambda names: Slots(names), lambda names: slots_of(Holder, names)]
)
def test_slots_are_taken_out_and_emptied_together(make, kind):
    holder, slots = kind(), make(("a", "c", "d"))
    holder.a, holder.b, holder.c = [1], 2, None
    assert slots.held(holder) == {"a": [1], "c": None}
    slots.empty(holder)
    assert (slots.held(holder), holder.b) == ({}, 2)
    slots.empty(holder)
    assert not hasattr(holder, "a")


@needs_compiler
def test_slots_of_another_class_are_left_alone():
    slots = slots_of(Holder, ("a",))
    with pytest.raises(TypeError):
        slots.empty("text")
    with pytest.raises(TypeError):
        slots.held(3)
    with pytest.raises(TypeError, match="no slot"):
        slots_of(Heir, ("__doc__",))


@pytest.mark.parametrize("kinds", [(), (0,), (1,), (0, 1)], ids=str)
def test_what_a_called_table_hands_back(kinds):
    """A table keeps the outputs of those it calls, or what their absence stands for."""
    tables = H264.tables
    hrd = {
        "cpb_cnt_minus1": 2,
        "bit_rate_value_minus1": [1, 2, 3],
        "cpb_size_value_minus1": [4] * 3,
    }
    hrd |= {"cbr_flag": [0, 1, 0]}
    values = {}
    for kind in kinds:
        field = ("hrd_parameters", "hrd_parameters_2")[kind]
        values[f"{('nal', 'vcl')[kind]}_hrd_parameters_present_flag"] = 1
        made = tables["hrd_parameters"].table_type.default(H264.scope({}), **hrd)
        values[field] = made
    vui = tables["vui_parameters"].table_type.default(H264.scope({}), **values)
    data = tables["vui_parameters"].write(vui)
    found = [
        read_by(kind, tables["vui_parameters"], data, H264.scope({}))
        for kind in (BitReader, PlainReader)
    ]
    assert found[0] == found[1]
    table, names = found[0][0], found[0][3]
    wanted = [3 if kind in kinds else 0 for kind in (0, 1)]
    assert [table.NalCpbCnt, table.VclCpbCnt] == wanted
    assert [names["NalCpbCnt"], names["VclCpbCnt"]] == wanted
