"""Reader and writer, verb by verb: what one writes the other reads, and both refuse alike."""

import importlib.util
import math
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnc.bitio.bits as installed_bits
from nnc.bitio.errors import BuildError, IncompleteError, InvalidError


def load_plain():
    """The same from its sources, whether or not compiled modules are installed."""
    folder = Path(installed_bits.__file__).parent
    made = {}
    for name in ("places", "reading", "writing"):
        path = folder / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"plain_{name}", path)
        made[name] = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = made[name]
        with pytest.MonkeyPatch.context() as patch:
            if name != "places":
                patch.setitem(sys.modules, "nnc.bitio.places", made["places"])
            spec.loader.exec_module(made[name])
    return SimpleNamespace(BitReader=made["reading"].BitReader, BitWriter=made["writing"].BitWriter)


PLAIN = load_plain()


@pytest.fixture(params=["installed", "plain"])
def bits(request):
    return installed_bits if request.param == "installed" else PLAIN


def written(bits, *calls):
    writer = bits.BitWriter()
    for verb, *arguments in calls:
        getattr(writer, verb)(*arguments)
    return writer.to_bytes()


@st.composite
def elements(draw):
    """A verb with its parameter and a value that fits."""
    verb = draw(st.sampled_from(["u", "i", "ue", "ie", "flt"]))
    if verb == "u":
        n = draw(st.integers(0, 520))
        return verb, n, draw(st.integers(0, 2**n - 1))
    if verb == "i":
        n = draw(st.integers(1, 80))
        return verb, n, draw(st.integers(-(2 ** (n - 1)), 2 ** (n - 1) - 1))
    if verb == "flt":
        n = draw(st.sampled_from([16, 32, 64]))
        return verb, n, draw(st.floats(width=n, allow_nan=False))
    k = draw(st.integers(0, 20))
    if verb == "ue":
        return verb, k, draw(st.integers(0, 2**62))
    return verb, k, draw(st.integers(-(2**61), 2**61))


@given(sequence=st.lists(elements(), max_size=30))
@pytest.mark.parametrize("module", [installed_bits, PLAIN], ids=["installed", "plain"])
def test_what_is_written_is_read(module, sequence):
    data = written(module, *[(verb, n, value, "x") for verb, n, value in sequence])
    reader = module.BitReader(data)
    for verb, n, value in sequence:
        read = getattr(reader, verb)(n, "x")
        assert read == value
        assert math.copysign(1, read) == math.copysign(1, value)
    assert (reader.position + 7) // 8 == len(data)


@given(sequence=st.lists(elements(), max_size=30))
def test_compiled_and_plain_write_the_same_bytes(sequence):
    calls = [(verb, n, value, "x") for verb, n, value in sequence]
    assert written(installed_bits, *calls) == written(PLAIN, *calls)


def test_exp_golomb_codes_of_order_0_and_2(bits):
    codes = [(0, 0, "1"), (0, 1, "010"), (0, 2, "011"), (0, 3, "00100"), (2, 0, "100")]
    codes += [(2, 3, "111"), (2, 4, "01000"), (2, 11, "01111"), (2, 12, "0010000")]
    for k, value, pattern in codes:
        data = int(pattern.ljust(16, "0"), 2).to_bytes(2, "big")
        reader = bits.BitReader(data)
        assert reader.ue(k, "x") == value
        assert reader.position == len(pattern)


def test_signed_exp_golomb_alternates(bits):
    data = written(bits, *[("ue", 1, code, "x") for code in range(5)])
    reader = bits.BitReader(data)
    assert [reader.ie(1, "x") for _ in range(5)] == [0, 1, -1, 2, -2]


def test_a_run_of_zeros_is_no_endless_number(bits):
    with pytest.raises(InvalidError, match="too many"):
        bits.BitReader(bytes(100)).ue(0, "x")


def test_float_bytes_come_least_significant_first(bits):
    data = written(bits, ("u", 3, 5, "a"), ("flt", 32, 1.5, "x"))
    shifted = int.from_bytes(data, "big") >> 5
    assert shifted & 0xFFFFFFFF == 0x0000C03F


def test_not_a_number_is_refused(bits):
    with pytest.raises(InvalidError, match="NaN stands where a number is needed"):
        bits.BitReader(b"\0\0\xc0\x7f").flt(32, "x")
    with pytest.raises(BuildError, match="NaN stands where a number is needed"):
        bits.BitWriter().flt(32, math.nan, "x")


def test_strings(bits):
    data = written(bits, ("st", "Gewicht ß\u4e2d", "name"), ("st", "", "name"))
    reader = bits.BitReader(data)
    assert reader.st("name") == "Gewicht ß\u4e2d"
    assert reader.st("name") == ""
    assert reader.remaining == 0


@pytest.mark.parametrize(
    ("data", "start", "kind", "message"),
    [
        (b"abc", 0, IncompleteError, "zero byte"),
        (b"\xff\0", 0, InvalidError, "UTF-8"),
        (b"abc\0", 1, InvalidError, "byte boundary"),
    ],
)
def test_bad_strings(bits, data, start, kind, message):
    with pytest.raises(kind, match=message):
        bits.BitReader(data, start).st("name")


@pytest.mark.parametrize("text", ["a\0b", "\ud800", 7])
def test_strings_that_can_not_be_written(bits, text):
    with pytest.raises(BuildError):
        bits.BitWriter().st(text, "name")


def test_byte_alignment_remembers_what_it_found(bits):
    for pattern, found in [(0b10110000, None), (0b10101000, 0b01000), (0b10111111, 0b11111)]:
        reader = bits.BitReader(bytes([pattern]))
        reader.u(3, "x")
        assert reader.byte_alignment() == found
        writer = bits.BitWriter()
        writer.u(3, 0b101, "x")
        writer.byte_alignment(found)
        assert writer.to_bytes() == bytes([pattern])


def test_byte_alignment_at_a_boundary_is_a_whole_byte(bits):
    assert written(bits, ("byte_alignment",)) == b"\x80"
    assert bits.BitReader(b"\x80").byte_alignment() is None


def test_alignment_bits_that_no_longer_fit_are_replaced(bits):
    assert written(bits, ("u", 6, 0, "x"), ("byte_alignment", 17)) == b"\x02"


@given(data=st.data())
def test_vector_reads_equal_single_reads(data):
    n = data.draw(st.integers(1, 64))
    start = data.draw(st.integers(0, 9))
    values = data.draw(st.lists(st.integers(0, 2**n - 1), max_size=40))
    writer = installed_bits.BitWriter()
    writer.u(start, 0, "skip")
    writer.u_array(n, values, "x")
    raw = writer.to_bytes()
    reader = installed_bits.BitReader(raw, start)
    assert reader.u_array(n, len(values), "x").tolist() == values
    single = installed_bits.BitReader(raw, start)
    assert [single.u(n, "x") for _ in values] == values
    assert reader.position == single.position


def test_integers_of_64_bits_beside_small_ones(bits):
    writer = bits.BitWriter()
    writer.u_array(64, [0, 1 << 63], "x")
    assert writer.to_bytes() == bytes(8) + (1 << 63).to_bytes(8, "big")


@pytest.mark.parametrize("skip", [0, 3])
def test_float_vectors_keep_every_bit(bits, skip):
    patterns = np.array([0, 1, 0x7FC00001, 0xFF800000, 0x3F800000, 0x7F800001], "<u4")
    writer = bits.BitWriter()
    writer.u(skip, 0, "skip")
    writer.flt_array(32, patterns.view("<f4"), "x")
    read = bits.BitReader(writer.to_bytes(), skip).flt_array(32, 6, "x")
    assert read.view("<u4").tolist() == patterns.tolist()


def test_vector_reads_check_the_end_before_they_allocate(bits):
    for verb in ("u_array", "flt_array"):
        with pytest.raises(IncompleteError) as caught:
            getattr(bits.BitReader(bytes(100)), verb)(32, 2**40, "x")
        assert caught.value.missing_bits == 32 * 2**40 - 800


@pytest.mark.parametrize(
    ("verb", "arguments", "missing"),
    [("u", (17,), 1), ("i", (20,), 4), ("flt", (32,), 16), ("ue", (0,), 1)],
)
def test_end_of_data(bits, verb, arguments, missing):
    reader = bits.BitReader(bytes(2))
    reader.enter("header", "table")
    with pytest.raises(IncompleteError) as caught:
        getattr(reader, verb)(*arguments, "x", (1, 2))
    assert caught.value.path == "header.x[1][2]"
    assert caught.value.bit_position == 0
    assert caught.value.missing_bits >= missing


@pytest.mark.parametrize(
    ("verb", "n", "value"),
    [
        ("u", 3, 8),
        ("u", 3, -1),
        ("i", 3, 4),
        ("i", 3, -5),
        ("ue", 0, -1),
        ("ue", 0, 2**70),
        ("u", 3, "1"),
        ("u", 3, 1.0),
        ("u", 3, None),
        ("flt", 16, 1e9),
        ("flt", 32, "x"),
    ],
)
def test_values_that_do_not_fit(bits, verb, n, value):
    writer = bits.BitWriter()
    writer.enter("header", "table")
    with pytest.raises(BuildError) as caught:
        getattr(writer, verb)(n, value, "x", 3)
    assert caught.value.path == "header.x[3]"


def test_the_window_of_a_reader_is_all_it_sees(bits):
    reader = bits.BitReader(b"\xff\x0f\xff", 8, 16)
    assert reader.u(8, "x") == 0x0F
    with pytest.raises(IncompleteError):
        reader.u(1, "x")
    assert bytes(bits.BitReader(b"abcd", 8, 24).bs("x")) == b"bc"
    with pytest.raises(ValueError, match="don't lie within"):
        bits.BitReader(b"ab", 0, 17)


def test_trace_holds_every_bit(bits):
    data = written(
        bits,
        ("u", 3, 5, "a"),
        ("ue", 1, 9, "b"),
        ("byte_alignment",),
        ("st", "xy", "c"),
        ("u_array", 4, [1, 2, 3], "d"),
        ("byte_alignment",),
    )
    trace = []
    reader = bits.BitReader(data, 0, None, trace)
    reader.u(3, "a")
    reader.ue(1, "b", 4)
    reader.byte_alignment()
    reader.enter("t", "table")
    reader.st("c")
    reader.u_array(4, 3, "d")
    reader.leave()
    reader.byte_alignment()
    assert [entry.path for entry in trace] == [
        "a", "b[4]", "byte_alignment", "t.c", "t.d[0]", "t.d[1]", "t.d[2]", "byte_alignment"
    ]  # fmt: skip
    place = 0
    for entry in trace:
        assert entry.position == place
        place += entry.bits
    assert place == 8 * len(data)


def test_float_vectors_refuse_what_is_no_number(bits):
    with pytest.raises(BuildError, match="numbers are needed"):
        bits.BitWriter().flt_array(32, ["x"], "v")


def test_paths_leave_out_tables_of_their_own_name_but_not_their_indices(bits):
    reader = bits.BitReader(b"")
    for entry in [("units", "nnr_unit", 3), ("header", "head"), ("list", "list"), ("x", "x", 2)]:
        reader.enter(*entry)
    assert reader.path("y", (1, 2)) == "units[3].header.x[2].y[1][2]"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda writer: writer.u(3, 8, "a"), r"a: the value doesn't fit u\(3\), .*8 .*0\.\.7"),
        (lambda writer: writer.i(3, 4, "a"), r"fit i\(3\), .*4 .*-4\.\.3"),
        (lambda writer: writer.ue(2, -1, "a"), r"fit ue\(2\), .*-1 .*0 and above"),
        (lambda writer: writer.ue(0, 1 << 70, "a"), f"fit an Exp-Golomb code, .*{1 << 70}"),
        (lambda writer: writer.flt(32, 1e300, "a"), r"fit flt\(32\), .*1e\+300"),
        (lambda writer: writer.u(3, "x", "a"), "an integer is needed, not str"),
        (lambda writer: writer.st(5, "a"), "a string is needed"),
        (lambda writer: writer.st("x\0y", "a"), "a zero character would end the string"),
        (lambda writer: writer.st("\ud800", "a"), "half of a surrogate pair"),
        (lambda writer: writer.bs(5, "a"), "bytes are needed, not int"),
        (lambda writer: writer.u_array(3, [0.5], "a"), "integers are needed, not float64"),
        (lambda writer: [writer.u(3, 1, "b"), writer.bs(b"x", "a")], "not 3 bits after one"),
    ],
)
def test_what_a_writer_refuses_says_what_was_given(bits, call, message):
    with pytest.raises(BuildError, match=message):
        call(bits.BitWriter())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda reader: reader.u(20, "a"), "a, at 0.0: the data end at least 4 bits too early"),
        (lambda reader: reader.u(17, "a"), "the data end at least 1 bit too early"),
        (lambda reader: [reader.u(3, "b"), reader.st("a")], "not 3 bits after one"),
        (lambda reader: reader.st("a"), "the data end before the zero byte that ends the string"),
    ],
)
def test_what_a_reader_refuses_says_how_far_off_it_is(bits, call, message):
    with pytest.raises((IncompleteError, InvalidError), match=message):
        call(bits.BitReader(b"ab"))
