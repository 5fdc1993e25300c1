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
from nnc.containers import boxes
from nnc.containers.boxes import Box, box, box_header, find_boxes
from nnc.syntax import NnrUnitType

ITEM_TYPE = b"nnr1"
CONFIGURATION = b"nnrC"
HANDLER_TYPE = b"nnet"
BRAND = b"iso8"

CONFIGURATION_UNITS = (NnrUnitType.NNR_STR, NnrUnitType.NNR_MPS, NnrUnitType.NNR_LPS)

#: Where the bytes of an item are: in the file, or in the `idat` box beside its description.
IN_FILE, IN_IDAT = range(2)
ITEM_ID = 1


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
    file_type = box(
        b"ftyp",
        boxes.FILE_TYPE.build(
            {"major_brand": BRAND, "minor_version": 0, "compatible_brands": [BRAND, b"isom"]}
        ),
    )
    # The place of the item depends on the size of its description, which doesn't depend on it.
    header = box_header(b"mdat", size)
    offset = len(file_type) + len(description(bitstream, name, 0, size)) + len(header)
    file.write(file_type + description(bitstream, name, offset, size) + header)
    bitstream.write(file)


def description(bitstream: Bitstream, name: str, offset: int, size: int) -> bytes:
    """Return the `meta` box that says where the item is and what it needs."""
    location: dict[str, Any] = {
        "version": 1,
        "sizes": {"offset_size": 8, "length_size": 8, "base_offset_size": 0, "index_size": 0},
        "item_count": 1,
        "items": [
            {
                "item_ID": ITEM_ID,
                "construction_method": IN_FILE,
                "data_reference_index": 0,
                "extent_count": 1,
                "extents": [{"extent_offset": offset, "extent_length": size}],
            }
        ],
    }
    entry = {"version": 2, "item_ID": ITEM_ID, "item_type": ITEM_TYPE, "item_name": name}
    handler = {"version": 0, "handler_type": HANDLER_TYPE, "name": ""}
    association = {"item_ID": ITEM_ID, "association_count": 1, "associations": [0x81]}
    associations = {"version": 0, "entry_count": 1, "entries": [association]}
    return box(
        b"meta",
        bytes(4),
        box(b"hdlr", boxes.HANDLER.build(handler)),
        box(b"pitm", boxes.PRIMARY_ITEM.build({"version": 0, "item_ID": ITEM_ID})),
        box(b"iloc", boxes.ITEM_LOCATION.build(location)),
        box(
            b"iinf",
            boxes.ITEM_INFO_COUNT.build({"version": 0, "entry_count": 1}),
            box(b"infe", boxes.ITEM_INFO_ENTRY.build(entry)),
        ),
        box(
            b"iprp",
            box(b"ipco", box(CONFIGURATION, *configuration(bitstream))),
            box(b"ipma", boxes.ITEM_PROPERTY_ASSOCIATION.build(associations)),
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
    location = require(meta, b"iloc").parse(boxes.ITEM_LOCATION)
    for number, place in enumerate(location["items"]):
        if place.item_ID == wanted:
            path = f"meta.iloc.items[{number}]"
            return extents(data, meta, place, path)
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
    parsed = [one.parse(boxes.ITEM_INFO_ENTRY) for one in entries if one.kind == b"infe"]
    items = [int(entry.item_ID) for entry in parsed if entry.item_type == ITEM_TYPE]
    if not items:
        raise InputError("no item of type nnr1 in this file")
    if b"pitm" in meta:
        primary = int(meta[b"pitm"].parse(boxes.PRIMARY_ITEM).item_ID)
        if primary in items:
            return primary
    if len(items) > 1:
        listed = ", ".join(map(str, items))
        raise InputError(f"this file holds several bitstreams; choose one of the items {listed}")
    return items[0]


def extents(data: memoryview, meta: dict[bytes, Box], place: Any, path: str) -> list[memoryview]:
    """Return the bytes of an item, extent by extent."""
    method = (place.construction_method or 0) & 15
    if place.data_reference_index != 0:
        raise UnsupportedError("the item's data are in another file", path=path)
    if method not in (IN_FILE, IN_IDAT):
        raise UnsupportedError("the item is made from other items", path=path)
    source = data if method == IN_FILE else require(meta, b"idat").content
    views = []
    for number, extent in enumerate(place.extents):
        start = place.base_offset + extent.extent_offset
        # A length of 0 says: up to the end, of the only extent.
        length = extent.extent_length or max(len(source) - start, 0)
        if start + length > len(source):
            raise IncompleteError(
                f"an extent of {length} bytes at {start} where {len(source)} are there",
                missing_bits=8 * (start + length - len(source)),
                path=f"{path}.extents[{number}]",
            )
        views.append(source[start : start + length])
    if sum(map(len, views)) > len(source):
        raise InvalidError("the extents of the item overlap", path=path)
    return views
