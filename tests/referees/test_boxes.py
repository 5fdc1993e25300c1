"""Boxes against mp4dump: place of each, name and value of each element."""

from pathlib import Path

import pytest

from nnc.engine.drawing import drawing_of
from nnc.engine.format import Format
from tests.referees.drawing import drawn_table
from tests.referees.mp4dump import KINDS, printed, read

FOLDER = Path(__file__).parents[1] / "library" / "isobmff"

#: Files that mp4dump reads; it breaks off at boxes in an entry for H.264 or AAC.
FILES = [FOLDER / name for name in ("av1.mp4", "flac.mp4", "picture.avif", "sound.m4a")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_files(path):
    theirs = printed(path)
    ours = {box.begin: box for box in read(Format.load("isobmff"), path.read_bytes())}
    # It doesn't look into entries of a sample description, nor into `meta`.
    assert [ours.get(box.begin) for box in theirs] == theirs
    assert theirs


def has_short_size(box):
    return box.box_header.size > 1


def drawn_file(form, seed):
    """Draw a file of a box of each kind.

    mp4dump wants names with a zero byte at their end and what is reserved as zeros: the schema
    has no rule for bytes. It knows no sizes but those of 32 bits.
    """
    package = drawing_of(form)
    source, scope = package.RandomSource(seed), form.scope({})
    fixed = {"reserved": 0, "name": b"Somebody\0", "handler_type": "vide"}
    data = b""
    for kind in KINDS:
        told = fixed | {"type": int.from_bytes(kind.encode(), "big")}
        if kind == "mvhd":
            told |= {"reserved": bytes(10), "pre_defined": bytes(24)}
        elif kind == "hdlr":
            told |= {"reserved": bytes(12), "pre_defined": 0}
        data += drawn_table(package, source, "box", lambda: scope, told, has_short_size)
    return data


def check_drawn(tmp_path, count):
    """Compare drawn files."""
    form, path = Format.load("isobmff"), tmp_path / "drawn.mp4"
    for seed in range(count):
        data = drawn_file(form, f"drawn {seed}")
        path.write_bytes(data)
        theirs = printed(path)
        assert [box.kind for box in theirs] == list(KINDS), seed
        assert read(form, data) == theirs, seed


def test_drawn_files(tmp_path):
    check_drawn(tmp_path, 2)


@pytest.mark.slow
def test_two_hundred_drawn_files(tmp_path):
    check_drawn(tmp_path, 200)
