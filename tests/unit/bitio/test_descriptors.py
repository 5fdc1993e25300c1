"""Each descriptor alone and within other constructs."""

import construct
import pytest

from nnc.bitio import BitReader, BitWriter, InvalidError
from nnc.bitio.descriptors import (
    ByteAlignment,
    Bytes,
    FixedPattern,
    Float,
    SignedExpGolomb,
    SignedInteger,
    String,
    UnsignedExpGolomb,
    UnsignedInteger,
)

SAMPLES = [
    (UnsignedInteger(12), 0xABC, b"\xab\xc0"),
    (SignedInteger(8), -2, b"\xfe"),
    (UnsignedExpGolomb(0), 3, b"\x20"),
    (SignedExpGolomb(0), -1, b"\x60"),
    (Float(32), 1.0, b"\x00\x00\x80\x3f"),
    (String(), "häh", b"h\xc3\xa4h\0"),
    (Bytes(), b"abc", b"abc"),
    (FixedPattern(8, 0x5A), 0x5A, b"\x5a"),
    (ByteAlignment(), None, b"\x80"),
    (ByteAlignment(), 0x81, b"\x81"),
]


@pytest.mark.parametrize(("descriptor", "value", "data"), SAMPLES)
def test_parse_and_build(descriptor, value, data):
    assert descriptor.parse(data) == value
    assert descriptor.build(value) == data


@pytest.mark.parametrize(("descriptor", "value", "data"), SAMPLES)
def test_inside_a_struct(descriptor, value, data):
    struct = construct.Struct("before" / construct.Byte, "it" / descriptor)
    assert struct.parse(b"\x07" + data).it == value
    assert struct.build({"before": 7, "it": value}) == b"\x07" + data


def test_a_byte_stream_goes_on_after_the_last_byte_used():
    struct = construct.Struct("a" / UnsignedInteger(4), "b" / construct.Byte)
    assert struct.parse(b"\x50\x09").b == 9


def test_bits_follow_each_other_on_a_bit_stream():
    writer = BitWriter()
    UnsignedInteger(3)._build(5, writer, None, "")
    SignedInteger(5)._build(-1, writer, None, "")
    assert writer.to_bytes() == b"\xbf"
    reader = BitReader(b"\xbf")
    assert UnsignedInteger(3)._parse(reader, None, "") == 5
    assert SignedInteger(5)._parse(reader, None, "") == -1


def test_another_pattern_is_invalid():
    with pytest.raises(InvalidError, match="fixed pattern"):
        FixedPattern(8, 0x5A, "magic").parse(b"\x5b")
