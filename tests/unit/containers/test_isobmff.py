"""Bitstreams as items of ISO base media files, good ones and hostile ones."""

import io
import struct

import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.containers.boxes import box, find_boxes, full_box, library
from nnc.containers.isobmff import read_isobmff, write_isobmff


@pytest.fixture(scope="module")
def data():
    return nnc.encode({"a": np.arange(30, dtype=np.float32).reshape(5, 6), "b": np.arange(4)})


@pytest.fixture(scope="module")
def file(data):
    written = io.BytesIO()
    write_isobmff(Bitstream.parse(data), written, "model")
    return written.getvalue()


def read(file, item=None):
    return b"".join(read_isobmff(memoryview(file), item))


def files_boxes(file):
    return {one.kind: one for one in find_boxes(memoryview(file))}


def test_the_bitstream_comes_back(file, data):
    assert read(file) == data
    assert read(file, item=1) == data


def test_annex_e_the_media_data_is_the_bitstream(file, data):
    found = files_boxes(file)
    assert list(found) == [b"ftyp", b"meta", b"mdat"]
    assert found[b"mdat"].content == data


def test_annex_e_the_item_says_what_it_is(file, data):
    meta = files_boxes(file)[b"meta"]
    inside = {one.kind: one for one in find_boxes(meta.content[4:])}
    assert inside[b"hdlr"].parse("handler_box").handler_type == "nnet"
    entry = next(find_boxes(inside[b"iinf"].content[6:])).parse("item_info_entry")
    assert (entry.item_type.to_bytes(4, "big"), bytes(entry.item_name)) == (b"nnr1", b"model\0")
    properties = next(find_boxes(inside[b"iprp"].content))
    configuration = next(find_boxes(properties.content))
    assert configuration.kind == b"nnrC"
    units = Bitstream.parse(bytes(configuration.content)).units
    assert [unit.type_name for unit in units] == ["NNR_STR", "NNR_MPS"]
    assert data.startswith(bytes(configuration.content))


def item_file(location, *, entries=((1, b"nnr1"),), primary=None, idat=b"", tail=b""):
    """An ISO base media file around an item location box of one's own."""
    infos = [
        box(b"infe", struct.pack(">BxxxHH4s", 2, item, 0, kind), b"\0") for item, kind in entries
    ]
    parts = [
        box(b"iinf", struct.pack(">BxxxH", 0, len(infos)), *infos),
        full_box(b"iloc", location),
    ]
    if primary is not None:
        parts.append(box(b"pitm", struct.pack(">BxxxH", 0, primary)))
    if idat:
        parts.append(box(b"idat", idat))
    return box(b"ftyp", b"isom", bytes(4)) + box(b"meta", bytes(4), *parts) + tail


def location(*extents, version=1, method=1, item=1, base=0, reference=0, sizes=(4, 4, 4, 0)):
    made = library()
    place = made.ItemLocation(
        item_ID=item,
        reserved=0 if version else None,
        construction_method=method if version else None,
        data_reference_index=reference,
        base_offset=base,
        extent_offset=[offset for offset, _ in extents],
        extent_length=[length for _, length in extents],
    )
    names = ("offset_size", "length_size", "base_offset_size", "index_size")
    widths = dict(zip(names, sizes, strict=True))
    if version == 0:
        widths["reserved"] = widths.pop("index_size")
    return made.ItemLocationBox(version=version, flags=0, item_location=[place], **widths)


def test_extents_are_put_together():
    file = item_file(location((3, 2), (0, 3), base=1), idat=b"-abcde")
    assert read(file) == b"deabc"


def test_an_extent_without_length_goes_to_the_end():
    assert read(item_file(location((2, 0)), idat=b"abcde")) == b"cde"


def test_the_first_version_points_into_the_file():
    file = item_file(location((0, 3), version=0, base=8), idat=b"abc")
    assert read(file) == file[8:11]


@pytest.mark.parametrize("primary", [None, 2])
def test_the_right_item_is_chosen(primary):
    entries = [(1, b"jpeg"), (2, b"nnr1")]
    file = item_file(location((0, 3), item=2), entries=entries, primary=primary, idat=b"abc")
    assert read(file) == b"abc"


def test_several_items_have_to_be_told_apart():
    entries = [(1, b"nnr1"), (2, b"nnr1")]
    file = item_file(location((0, 3), item=2), entries=entries, idat=b"abc")
    with pytest.raises(nnc.InputError, match="choose one of the items 1, 2"):
        read(file)
    assert read(file, item=2) == b"abc"


def test_a_box_of_64_bit_size_and_one_to_the_end_of_the_file():
    large = struct.pack(">I4sQ", 1, b"mdat", 19) + b"abc"
    last = struct.pack(">I4s", 0, b"free") + b"rest"
    found = list(find_boxes(memoryview(large + last)))
    assert [(one.kind, bytes(one.content)) for one in found] == [
        (b"mdat", b"abc"),
        (b"free", b"rest"),
    ]


@pytest.mark.parametrize(
    ("file", "error", "message"),
    [
        (box(b"ftyp", b"isom"), nnc.InputError, "no box `meta`"),
        (box(b"meta"), nnc.InvalidError, "without version"),
        (box(b"meta", bytes(4)), nnc.InvalidError, "`iinf` is missing"),
        (struct.pack(">I4s", 7, b"meta"), nnc.InvalidError, "a box of 7 bytes"),
        (struct.pack(">I4s", 9, b"meta"), nnc.IncompleteError, "9 bytes where 8 are left"),
        (struct.pack(">I4sQ", 1, b"meta", 1 << 63), nnc.IncompleteError, "where 16 are left"),
        (b"\0\0\0", nnc.IncompleteError, "within the header"),
        (8 * box(b"free") * 8200, nnc.InvalidError, "more than 65536 boxes"),
        (item_file(location((0, 4)), idat=b"abc"), nnc.IncompleteError, "4 bytes at 0 where 3"),
        (item_file(location((0, 2), (1, 2)), idat=b"abc"), nnc.InvalidError, "overlap"),
        (item_file(location((0, 2))), nnc.InvalidError, "`idat` is missing"),
        (item_file(location((0, 2), method=2)), nnc.UnsupportedError, "made from other items"),
        (item_file(location((0, 2), reference=1)), nnc.UnsupportedError, "in another file"),
        (item_file(location((0, 2), item=5)), nnc.InputError, "no item 1"),
        (item_file(location((0, 2)), entries=[(1, b"jpeg")]), nnc.InputError, "of type nnr1"),
    ],
)
def test_what_is_wrong_is_said(file, error, message):
    with pytest.raises(error, match=message):
        read(file)


def test_extents_without_sizes_are_refused():
    one = location((0, 1), sizes=(4, 4, 0, 0))
    content = bytearray(full_box(b"iloc", one)[8:])
    content[4] = 0
    file = item_file(one, idat=b"a").replace(full_box(b"iloc", one)[8:], bytes(content))
    with pytest.raises(nnc.InvalidError, match=r"meta\.iloc.*malformed"):
        read(file)


def test_every_cut_is_an_error_of_ours_or_the_same_bitstream(file, data):
    # The media data come last: what is cut there is missed by the extents.
    for end in range(len(file)):
        with pytest.raises((nnc.InputError, nnc.BitstreamError)):
            read(file[:end])


@pytest.mark.parametrize("mask", [0xFF, 0x01, 0x80])
def test_flipped_bytes_do_no_harm(file, mask):
    refused = 0
    for position in range(len(file)):
        damaged = bytearray(file)
        damaged[position] ^= mask
        try:
            read(bytes(damaged))
        except (nnc.InputError, nnc.BitstreamError):
            refused += 1
    assert 0 < refused < len(file)


def references(*entries):
    """A box `dinf` with data references of given types and flags."""
    inside = [box(kind, struct.pack(">I", flags)) for kind, flags in entries]
    return box(b"dinf", box(b"dref", struct.pack(">II", 0, len(inside)), *inside))


def file_with(dinf, number):
    """A file whose item's data are where the data reference of a number says."""
    parts = [
        box(b"iinf", struct.pack(">BxxxH", 0, 1),
            box(b"infe", struct.pack(">BxxxHH4s", 2, 1, 0, b"nnr1"), b"\0")),
        full_box(b"iloc", location((0, 3), reference=number)),
        box(b"idat", b"abc"), dinf,
    ]  # fmt: skip
    return box(b"ftyp", b"isom", bytes(4)) + box(b"meta", bytes(4), *parts)


@pytest.mark.parametrize("kind", [b"url ", b"urn ", b"imdt"])
def test_references_that_say_in_this_file(kind):
    assert read(file_with(references((kind, 1)), 1)) == b"abc"
    assert read(file_with(references((kind, 0), (kind, 1)), 2)) == b"abc"


@pytest.mark.parametrize(
    ("dinf", "number", "error", "message"),
    [
        (references((b"url ", 0)), 1, nnc.UnsupportedError, "another file"),
        (references((b"url ", 1), (b"url ", 0)), 2, nnc.UnsupportedError, "another file"),
        (references((b"url ", 1)), 2, nnc.InvalidError, "no data reference 2 among 1"),
        (references(), 1, nnc.InvalidError, "no data reference 1 among 0"),
        (box(b"free"), 1, nnc.UnsupportedError, "another file"),
        (box(b"dinf"), 1, nnc.InvalidError, "`dref` is missing"),
        (box(b"dinf", box(b"dref", b"\0")), 1, nnc.InvalidError, "malformed"),
        (box(b"dinf", box(b"dref", bytes(8))), 1, nnc.InvalidError, "no data reference"),
    ],
)
def test_references_that_do_not(dinf, number, error, message):
    with pytest.raises(error, match=message):
        read(file_with(dinf, number))


def test_names_that_are_not_utf8_and_thousands_of_items():
    entries = [
        box(b"infe", struct.pack(">BxxxHH4s", 2, number, 0, kind), b"caf\xe9 \xff\0")
        for number, kind in [*((number, b"hvc1") for number in range(2, 6000)), (1, b"nnr1")]
    ]
    parts = [
        box(b"iinf", struct.pack(">BxxxH", 0, len(entries)), *entries),
        full_box(b"iloc", location((0, 3))),
        box(b"idat", b"abc"),
    ]
    file = box(b"ftyp", b"isom", bytes(4)) + box(b"meta", bytes(4), *parts)
    assert read(file) == b"abc"
