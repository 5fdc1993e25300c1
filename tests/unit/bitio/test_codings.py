"""Codings of whole values: what is read is written again bit for bit, and nothing else passes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnc.bitio import BitReader, BitWriter
from nnc.bitio.codings import CODINGS, LongInteger
from nnc.bitio.errors import BuildError, IncompleteError, InvalidError, LimitError

ARGUMENTS = {
    "ule": [(8,), (24,), (64,)],
    "ile": [(8,), (16,), (32,)],
    "leb128": [()],
    "uvlc": [()],
    "ns": [(1,), (5,), (8,), (1000,)],
    "tu": [(1,), (7,)],
    "te": [(1,), (9,)],
    "rice": [(1,), (4,), (14,)],
    "bytes": [(0,), (3,)],
    "text": [(0,), (4,)],
    "fourcc": [()],
}
CASES = [(name, arguments) for name, found in ARGUMENTS.items() for arguments in found]


def test_every_coding_has_a_case():
    assert set(ARGUMENTS) == set(CODINGS)


def written(descriptor, arguments, value, before=0):
    writer = BitWriter()
    writer.u(before, 0, "")
    writer.code(descriptor, arguments, value, "x")
    return writer.to_bytes(), writer.position


def read(descriptor, arguments, data, before=0):
    reader = BitReader(data, before)
    return reader.code(descriptor, arguments, "x"), reader.position


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize(("descriptor", "arguments"), CASES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_values_come_back(descriptor, arguments, before, data):
    coding = CODINGS[descriptor]
    if coding.kind == "int":
        value = data.draw(st.integers(*coding.limits(arguments)))
        if descriptor == "te":
            value = min(value, arguments[0])
    else:
        value = coding.empty(arguments)
    try:
        raw, end = written(descriptor, arguments, value, before)
    except LimitError:
        # A code of ones, a bit for each: what it can say in theory no reader accepts.
        assert coding.endless
        return
    assert read(descriptor, arguments, raw, before) == (value, end)


@pytest.mark.parametrize(("descriptor", "arguments"), CASES)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=12))
def test_any_bits_are_read_and_written_again_or_refused(descriptor, arguments, data):
    try:
        value, end = read(descriptor, arguments, data)
    except (IncompleteError, InvalidError):
        return
    writer = BitWriter()
    writer.code(descriptor, arguments, value, "x")
    assert writer.position == end
    bits = int.from_bytes(data, "big") >> (8 * len(data) - end) if end else 0
    assert int.from_bytes(writer.to_bytes(), "big") >> (-end & 7) == bits


@pytest.mark.parametrize(
    ("descriptor", "arguments", "value", "hexadecimal"),
    [
        ("ule", (32,), 0x01020304, "04030201"),
        ("ile", (16,), -2, "feff"),
        ("leb128", (), 300, "ac02"),
        ("ns", (5,), 4, "e0"),
        ("tu", (3,), 3, "e0"),
        ("te", (1,), 0, "80"),
        ("te", (2,), 2, "60"),
        ("uvlc", (), 3, "20"),
        ("fourcc", (), "mdat", "6d646174"),
        ("text", (3,), "né", "6ec3a9"),
    ],
)
def test_bits(descriptor, arguments, value, hexadecimal):
    assert written(descriptor, arguments, value)[0] == bytes.fromhex(hexadecimal)


def test_a_longer_leb128_code_is_kept():
    value, _ = read("leb128", (), b"\x81\x80\x00")
    assert value == 1
    assert isinstance(value, LongInteger)
    assert written("leb128", (), value)[0] == b"\x81\x80\x00"
    assert written("leb128", (), value + 1)[0] == b"\x02"


@pytest.mark.parametrize(
    ("descriptor", "arguments", "value"),
    [
        ("ule", (12,), 0),
        ("ule", (16,), 1 << 16),
        ("ile", (8,), 128),
        ("ns", (5,), 5),
        ("ns", (0,), 0),
        ("tu", (3,), 4),
        ("te", (1,), 2),
        ("uvlc", (), 1 << 32),
        ("leb128", (), -1),
        ("leb128", (), "1"),
        ("bytes", (2,), b"1"),
        ("bytes", (2,), 7),
        ("text", (2,), b"12"),
        ("text", (1,), "é"),
        ("fourcc", (), "abc"),
        ("fourcc", (), "abc字"),
    ],
)
def test_what_does_not_fit_is_refused(descriptor, arguments, value):
    with pytest.raises(BuildError, match="x"):
        written(descriptor, arguments, value)


@pytest.mark.parametrize(
    ("descriptor", "arguments", "data", "error"),
    [
        ("leb128", (), b"\xff" * 9, InvalidError),
        ("uvlc", (), b"\0" * 9, InvalidError),
        ("ule", (12,), b"12", InvalidError),
        ("ns", (0,), b"1", InvalidError),
        ("bytes", (-1,), b"1", InvalidError),
        ("bytes", (1 << 40,), b"1", IncompleteError),
        ("text", (1,), b"\xff", InvalidError),
        ("tu", (1 << 60,), b"\xff", IncompleteError),
    ],
)
def test_what_cannot_be_read_is_refused(descriptor, arguments, data, error):
    with pytest.raises(error) as caught:
        read(descriptor, arguments, data)
    assert caught.value.path == "x"


def test_the_trace_has_one_entry():
    trace = []
    BitReader(b"\xac\x02", trace=trace).code("leb128", (), "size")
    assert [(entry.path, entry.bits, entry.descriptor) for entry in trace] == [
        ("size", 16, "leb128()")
    ]


def test_padding():
    reader = BitReader(b"\xa0\x00\xff")
    reader.u(3, "")
    assert reader.padding(8, 0) is None
    assert reader.padding(8, 0) is None
    reader.u(1, "")
    assert reader.padding(16, 0) is None
    assert reader.position == 16
    reader.u(1, "")
    assert reader.padding(8, 1) is None
    assert BitReader(b"\x5f", 4).padding(8, 0) == 15
    with pytest.raises(InvalidError):
        reader.padding(0, 0)
    writer = BitWriter()
    writer.u(4, 5, "")
    writer.padding(8, 0, 15)
    writer.u(4, 5, "")
    writer.padding(8, 1)
    writer.padding(32, -1, None)
    assert writer.to_bytes() == b"\x5f\x5f\0\0"


@pytest.mark.parametrize(
    ("data", "position", "more"),
    [
        (b"\x80", 0, False),
        (b"\xc0", 0, True),
        (b"\xc0", 1, False),
        (b"\x00\x80\x00\x00", 0, True),
        (b"\x00\x80\x00\x00", 8, False),
        (b"\x00\x00", 0, False),
        (b"", 0, False),
        (b"\x01\x01", 7, True),
        (b"\x01\x01", 15, False),
    ],
)
def test_more_rbsp_data(data, position, more):
    assert BitReader(data, position).more_rbsp_data() is more


def test_more_rbsp_data_ends_where_the_reader_does():
    assert BitReader(b"\xc1", 0, 7).more_rbsp_data()
    assert not BitReader(b"\x81", 0, 7).more_rbsp_data()


def test_lookahead_reads_nothing():
    reader = BitReader(b"\x47\x11")
    assert reader.next_bits(8) == 0x47
    assert reader.next_bits(17) == -1
    assert reader.next_bits(-1) == -1
    assert reader.next_bits(1 << 70) == -1
    assert (reader.position, reader.more_data(), reader.byte_aligned()) == (0, True, True)
    reader.u(9, "")
    assert not reader.byte_aligned()
    reader.u(7, "")
    assert not reader.more_data()
