"""Heads of GGUF files that count what isn't there."""

import struct

import pytest

from nnc import InputError
from nnc.formats.gguf_layout import check_head

TEXT, ARRAY, BYTE, INTEGER = 8, 9, 0, 4


def head(*values, order="<", tensors=0, keys=None):
    """Return a head whose keys are all `a`."""
    counts = struct.pack(f"{order}IQQ", 3, tensors, len(values) if keys is None else keys)
    key = struct.pack(f"{order}Q", 1) + b"a"
    return b"GGUF" + counts + b"".join(key + value for value in values)


def array(kind, length, content=b"", order="<"):
    return struct.pack(f"{order}IIQ", ARRAY, kind, length) + content


def text(content, order="<"):
    return struct.pack(f"{order}Q", len(content)) + content


@pytest.fixture
def checked(tmp_path):
    def check(data, **limits):
        path = tmp_path / "m.gguf"
        path.write_bytes(data)
        check_head(path, **limits)

    return check


@pytest.mark.parametrize("order", ["<", ">"])
def test_heads_that_hold_what_they_say(order, checked):
    checked(head(order=order, keys=0))
    integer = struct.pack(f"{order}II", INTEGER, 7)
    name = struct.pack(f"{order}I", TEXT) + text(b"llama", order)
    words = array(TEXT, 2, text(b"to", order) + text(b"be", order), order)
    numbers = array(INTEGER, 3, bytes(12), order)
    nested = array(ARRAY, 1, array(BYTE, 2, b"ab", order)[4:], order)
    checked(head(integer, name, words, numbers, nested, order=order))


@pytest.mark.parametrize(
    "data",
    [
        head(array(INTEGER, 1 << 40)),
        head(array(TEXT, 1 << 40)),
        head(array(ARRAY, 1 << 60)),
        head(array(99, 1 << 40)),
        head(array(TEXT, 1, struct.pack("<Q", 1 << 63))),
        head(struct.pack("<I", TEXT) + struct.pack("<Q", 1 << 63)),
        head(keys=1 << 60),
        head(keys=0, tensors=1 << 60),
        head(struct.pack("<II", INTEGER, 7)[:-1]),
    ],
)
def test_heads_that_count_what_is_not_there(data, checked):
    with pytest.raises(InputError, match=r"m\.gguf: no GGUF file: "):
        checked(data)


@pytest.mark.parametrize("data", [b"", b"GGUF", b"GGUX" + bytes(40)])
def test_files_that_are_none(data, checked):
    with pytest.raises(InputError, match="no GGUF file"):
        checked(data)


def test_arrays_of_more_values_than_anybody_has(checked):
    data = head(array(BYTE, 600, bytes(600)), array(BYTE, 600, bytes(600)))
    checked(data, most_values=1200)
    with pytest.raises(InputError, match="too many values"):
        checked(data, most_values=1199)


def test_arrays_too_deep_in_each_other(checked):
    inner = array(BYTE, 0)
    for _ in range(2000):
        inner = array(ARRAY, 1, inner[4:])
    with pytest.raises(InputError, match="too deep"):
        checked(head(inner))


def test_types_that_are_none(checked):
    with pytest.raises(InputError, match="a key of type 77"):
        checked(head(struct.pack("<I", 77)))
