"""Real files of every format of the library: back byte for byte, without a finding, and damaged."""

import json

import pytest

from nnc.engine.format import Format
from tests.library.files import FILES, of
from tests.mutations import survive

NAMES = [f"{path.parent.name}/{path.name}" for _, path in FILES]

#: Damaged files of each format in the quick run.
QUICK = {"av1": 20, "flac": 15, "h264": 20, "isobmff": 40}


def test_every_format_has_files():
    assert {name for name, _ in FILES} == set(Format.names()) == set(QUICK)
    assert all(len(of(name)) >= 10 for name in QUICK)


@pytest.mark.parametrize(("name", "path"), FILES, ids=NAMES)
def test_files_come_back(name, path):
    form, data = Format.load(name), path.read_bytes()
    document = form.parse(data)
    assert document.to_bytes() == data
    assert form.from_json(json.loads(json.dumps(form.to_json(document)))).to_bytes() == data
    assert form.check(data).findings == []


def use(form):
    """Return a function that reads damaged data, and writes again what could be read."""

    def run(data):
        form.trace(data)
        assert form.parse(data).to_bytes() == data

    return run


@pytest.mark.parametrize("name", QUICK)
def test_damaged_files(name):
    read, refused = survive(use(Format.load(name)), of(name), QUICK[name])
    assert read + refused == QUICK[name]
    assert refused


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_ten_thousand_damaged_files(name):
    read, refused = survive(use(Format.load(name)), of(name), 10_000, seed=1)
    assert read + refused == 10_000


def test_extents_without_bits_are_not_listed():
    header = bytes([0, 0, 0, 0, 0, 0]) + (200).to_bytes(2, "big")
    items = (b"\0\1\0\0" + b"\xfe\xfe") * 200
    box = (8 + len(header + items)).to_bytes(4, "big") + b"iloc" + header + items
    form = Format.load("isobmff")
    document = form.parse(box)
    assert document.get("box[0].item_location[0].extent_count") == 0xFEFE
    assert document.get("box[0].item_location[0].extent_offset") in (None, [])
    assert len(list(form.trace(box).all_elements())) < 2000
    assert document.to_bytes() == box
