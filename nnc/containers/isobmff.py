"""Items of ISO base media files (ISO/IEC 14496-12): item type `nnr1`, property `nnrC` (Annex E).

The item holds the whole bitstream. What `nnrC` holds is not settled by what we know of
ISO/IEC 14496-15; ours holds the start unit and the parameter sets, in order, so that a reader
knows profile and parameters before it fetches the item.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

from nnc.bitio import IncompleteError, InputError, InvalidError, UnsupportedError
from nnc.bitstream import Bitstream
from nnc.bitstream.builder import UnitBuilder
from nnc.containers.boxes import Box, box, box_header, find_boxes, full_box, library
from nnc.syntax import NnrUnitType

ITEM_TYPE = b"nnr1"
CONFIGURATION = b"nnrC"
HANDLER_TYPE = "nnet"
BRAND = "iso8"

CONFIGURATION_UNITS = (NnrUnitType.NNR_STR, NnrUnitType.NNR_MPS, NnrUnitType.NNR_LPS)

#: Where the bytes of an item are: in the file, or in the `idat` box beside its description.
IN_FILE, IN_IDAT = range(2)
ITEM_ID = 1

#: Bytes of a box `dref` before its entries, and the flag of an entry that says: in this file.
HEADER_OF_REFERENCES = 8
SELF_CONTAINED = 1

#: Flag of a box of properties, and their number in it: the first, which matters.
ESSENTIAL, PROPERTY = 1, 1


def is_isobmff(start: bytes) -> bool:
    """Tell by the first bytes whether a file is an ISO base media file."""
    return start[4:8] == b"ftyp"


def write_isobmff(bitstream: Bitstream, file: BinaryIO, name: str = "") -> None:
    """Write an ISO base media file with a bitstream as its primary item.

    Args:
        bitstream: the bitstream; large payloads are written piece by piece.
        file: where to; it isn't read back.
        name: item_name, for people.

    Raises:
        BuildError: the bitstream holds what can't be written.
    """
    size = sum(len(piece) for piece in bitstream.pieces())
    brands = library().FileTypeBox(
        major_brand=BRAND, minor_version=0, compatible_brand=[BRAND, "isom"]
    )
    file_type = full_box(b"ftyp", brands)
    # The place of the item depends on the size of its description, which doesn't depend on it.
    header = box_header(b"mdat", size)
    offset = len(file_type) + len(description(bitstream, name, 0, size)) + len(header)
    file.write(file_type + description(bitstream, name, offset, size) + header)
    bitstream.write(file)


def description(bitstream: Bitstream, name: str, offset: int, size: int) -> bytes:
    """Return the `meta` box that says where the item is and what it needs."""
    made = library()
    place = made.ItemLocation(
        item_ID=ITEM_ID, reserved=0, construction_method=IN_FILE, data_reference_index=0,
        base_offset=0, extent_offset=[offset], extent_length=[size],
    )  # fmt: skip
    location = made.ItemLocationBox(
        version=1, flags=0, offset_size=8, length_size=8, base_offset_size=0, index_size=0,
        item_location=[place],
    )  # fmt: skip
    entry = made.ItemInfoEntry(
        version=2, flags=0, item_ID=ITEM_ID, item_protection_index=0,
        item_type=int.from_bytes(ITEM_TYPE, "big"),
        item_name=name.encode("utf-8", "replace") + b"\0",
    )  # fmt: skip
    association = made.ItemPropertyAssociation(
        item_ID=ITEM_ID, essential=[ESSENTIAL], property_index=[PROPERTY]
    )
    associations = made.ItemPropertyAssociationBox(
        version=0, flags=0, item_property_association=[association]
    )
    return box(
        b"meta",
        bytes(4),
        full_box(b"hdlr", made.HandlerBox.default(handler_type=HANDLER_TYPE, name=b"\0")),
        full_box(b"pitm", made.PrimaryItemBox(version=0, flags=0, item_ID=ITEM_ID)),
        full_box(b"iloc", location),
        full_box(
            b"iinf",
            made.ItemInfoBox(version=0, flags=0, entry_count=1, box=[]),
            full_box(b"infe", entry),
        ),
        box(
            b"iprp",
            box(b"ipco", box(CONFIGURATION, *configuration(bitstream))),
            full_box(b"ipma", associations),
        ),
    )


def configuration(bitstream: Bitstream) -> Iterable[bytes]:
    """Return the units that `nnrC` holds: start unit and parameter sets, in order."""
    units = [unit for unit in bitstream.units if unit.nnr_unit_type in CONFIGURATION_UNITS]
    return (bytes(piece) for piece in UnitBuilder().build_units(units))


def read_isobmff(data: memoryview, item: int | None = None) -> list[memoryview]:
    """Find the bytes of a bitstream in an ISO base media file.

    Args:
        data: the file.
        item: item_ID; None for the primary item where it is a bitstream, else the only one.

    Returns:
        Views on the file, which are the bitstream when put together in order.

    Raises:
        InputError: there is no such item, or several and none asked for.
        InvalidError: the file breaks the rules of its format.
        IncompleteError: the item goes on after the end of the file.
        UnsupportedError: the item's data are in another file or made from other items.
    """
    found = [one for one in find_boxes(data) if one.kind == b"meta"]
    if not found:
        raise InputError("this file has no items: there is no box `meta`")
    if len(found[0].content) < 4:
        raise found[0].invalid("a box `meta` without version and flags")
    meta = children(found[0], skip=4)
    wanted = item if item is not None else choose_item(meta)
    places = require(meta, b"iloc")
    location = places.parse("item_location_box")
    if location.offset_size + location.length_size == 0:
        raise places.invalid("malformed box: extents have neither offsets nor lengths")
    for number, place in enumerate(location.item_location):
        if place.item_ID == wanted:
            path = f"meta.iloc.item_location[{number}]"
            return views_of(data, meta, place, path)
    raise InputError(f"no item {wanted} in this file")


def children(parent: Box, skip: int = 0) -> dict[bytes, Box]:
    """Return the boxes in a box by kind, the first of each."""
    found: dict[bytes, Box] = {}
    for one in find_boxes(parent.content[skip:], parent.content_start + skip, parent.path):
        found.setdefault(one.kind, one)
    return found


def require(meta: dict[bytes, Box], kind: bytes) -> Box:
    """Return a box of the description, or refuse the file."""
    if kind not in meta:
        raise InvalidError(f"a box `{kind.decode()}` is missing", path="meta")
    return meta[kind]


def choose_item(meta: dict[bytes, Box]) -> int:
    """Return the item_ID of the bitstream to be read."""
    info = require(meta, b"iinf")
    header_size = 6 if bytes(info.content[:1]) == b"\0" else 8
    entries = find_boxes(info.content[header_size:], info.content_start + header_size, info.path)
    parsed = [one.parse("item_info_entry") for one in entries if one.kind == b"infe"]
    wanted = int.from_bytes(ITEM_TYPE, "big")
    items = [int(entry.item_ID) for entry in parsed if entry.item_type == wanted]
    if not items:
        raise InputError("no item of type nnr1 in this file")
    if b"pitm" in meta:
        primary = int(meta[b"pitm"].parse("primary_item_box").item_ID)
        if primary in items:
            return primary
    if len(items) > 1:
        listed = ", ".join(map(str, items))
        raise InputError(f"this file holds several bitstreams; choose one of the items {listed}")
    return items[0]


def is_in_this_file(meta: dict[bytes, Box], number: int) -> bool:
    """Tell whether a data reference, counted from 1, says that the data are in the file itself.

    Raises:
        InvalidError: there is no such reference.
    """
    if b"dinf" not in meta:
        return False
    inside = children(meta[b"dinf"])
    references = require(inside, b"dref")
    size = HEADER_OF_REFERENCES
    count = references.parse("data_reference_box", size).entry_count
    found = find_boxes(references.content[size:], references.content_start + size, references.path)
    entries = [one for one, _ in zip(found, range(count), strict=False)]
    if not number <= len(entries):
        raise references.invalid(f"there is no data reference {number} among {len(entries)}")
    flags: int = entries[number - 1].parse("full_box").flags
    return bool(flags & SELF_CONTAINED)


def views_of(data: memoryview, meta: dict[bytes, Box], place: Any, path: str) -> list[memoryview]:
    """Return the bytes of an item, extent by extent."""
    method = place.construction_method or IN_FILE
    if place.data_reference_index != 0 and not is_in_this_file(meta, place.data_reference_index):
        raise UnsupportedError("the item's data are in another file", path=path)
    if method not in (IN_FILE, IN_IDAT):
        raise UnsupportedError("the item is made from other items", path=path)
    source = data if method == IN_FILE else require(meta, b"idat").content
    views = []
    extents = zip(place.extent_offset, place.extent_length, strict=True)
    for number, (offset, told) in enumerate(extents):
        start = place.base_offset + offset
        # A length of 0 says: up to the end, of the only extent.
        length = told or max(len(source) - start, 0)
        if start + length > len(source):
            raise IncompleteError(
                f"an extent of {length} bytes at {start} where {len(source)} are there",
                missing_bits=8 * (start + length - len(source)),
                path=f"{path}.extent_offset[{number}]",
            )
        views.append(source[start : start + length])
    if sum(map(len, views)) > len(source):
        raise InvalidError("the extents of the item overlap", path=path)
    return views
