"""Boxes against MP4Box.js: place of each box, and name, place and value of each element."""

import pytest

from nnc.engine.drawing import drawing_of
from nnc.engine.format import Format
from tests.library import files as library
from tests.referees.drawing import drawn_table
from tests.referees.mp4box import answers, differences, read

FILES = [path for name, path in library.FILES if name == "isobmff"]

#: Kinds of boxes that are drawn, and those that stand in a sample description.
BOXES = (
    "auxC btrt clap co64 colr ctts elst ftyp hdlr iloc infe ipma irot ispe mdhd mehd mfhd mfro"
    " mvhd nmhd pasp pitm pixi sdtp sidx smhd stco stsc stss stsz stts styp tfdt tfhd tfra tkhd"
    " trex trun vmhd"
)
KINDS = BOXES.split()
ENTRIES = ("avc1", "av01", "hev1", "hvc1", "mp4a", "fLaC", "Opus")


def test_real_files():
    form, count = Format.load("isobmff"), 0
    for path, answer in zip(FILES, answers(FILES), strict=True):
        ours = read(form, path.read_bytes())
        assert differences(ours, answer) == [], path.name
        count += sum(map(len, ours.values()))
    assert count > 2000


def is_readable(box):
    """Tell of a drawn box whether it reads it as it stands: with 32 bits of size, nothing in it."""
    entry = box.visual_sample_entry or box.audio_sample_entry
    return box.box_header.size > 1 and not (entry and entry.boxes.box)


#: MP4Box.js wants texts with a zero byte at their end: the schema has no rule for bytes. It keeps
#: three numbers of a colour, and no others.
TOLD = {
    "name": b"Somebody\0",
    "handler_type": "vide",
    "item_name": b"Something\0",
    "item_type": int.from_bytes(b"av01", "big"),
    "item_description": b"Name\0text/plain\0\0\0\0\0\0",
    "compressorname": bytes([7]) + bytes(31),
    "colour_type": int.from_bytes(b"nclx", "big"),
}


def drawn_file(form, seed):
    """Draw a file of a box of each kind."""
    package = drawing_of(form)
    source, scope = package.RandomSource(seed), form.scope({})

    def drawn(kind):
        fixed = TOLD | {"type": int.from_bytes(kind.encode(), "big")}
        return drawn_table(package, source, "box", lambda: scope, fixed, is_readable)

    entries = b"".join(map(drawn, ENTRIES))
    size = (16 + len(entries)).to_bytes(4, "big")
    description = size + b"stsd" + bytes(4) + len(ENTRIES).to_bytes(4, "big") + entries
    return b"".join(map(drawn, KINDS)) + description


def check_drawn(folder, count):
    """Compare drawn files."""
    form = Format.load("isobmff")
    paths = [folder / f"{seed}.mp4" for seed in range(count)]
    for seed, path in enumerate(paths):
        path.write_bytes(drawn_file(form, f"drawn {seed}"))
    for path, answer in zip(paths, answers(paths), strict=True):
        ours = read(form, path.read_bytes())
        assert {*KINDS, *ENTRIES} <= {box.kind for box in ours}
        assert differences(ours, answer) == [], path.name


def test_drawn_files(tmp_path):
    check_drawn(tmp_path, 1)


@pytest.mark.slow
def test_two_hundred_drawn_files(tmp_path):
    check_drawn(tmp_path, 200)
