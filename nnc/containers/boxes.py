"""The boxes of ISO/IEC 14496-12 that an item in a file needs, declared as constructs.

Names of boxes and fields are those of ISO/IEC 14496-12. Each construct describes what is
inside one box; `find_boxes` and `box` deal with the headers around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import construct as c

from nnc.bitio import IncompleteError, InvalidError

#: A file has a handful of boxes on each level; thousands are an attempt to keep us busy.
LARGEST_BOX_COUNT = 4096

#: The whole of a size field, where a 64-bit size follows the type.
LARGE_SIZE = 1

BOX_HEADER = c.Struct(
    "size" / c.Int32ub,
    "type" / c.Bytes(4),
    "largesize" / c.If(c.this.size == LARGE_SIZE, c.Int64ub),
)


def full_box(*fields: c.Construct) -> c.Struct:
    """Declare the inside of a FullBox: version and flags, then `fields`."""
    return c.Struct("version" / c.Int8ub, "flags" / c.Default(c.Int24ub, 0), *fields)


def sized(size: Any) -> c.Construct:
    """Declare an integer whose size in bytes stands before it; 0 where that is 0."""
    return c.Default(c.IfThenElse(size == 0, c.Computed(0), c.BytesInteger(size)), 0)


FILE_TYPE = c.Struct(
    "major_brand" / c.Bytes(4),
    "minor_version" / c.Int32ub,
    "compatible_brands" / c.GreedyRange(c.Bytes(4)),
)

HANDLER = full_box(
    c.Const(bytes(4)),
    "handler_type" / c.Bytes(4),
    c.Padding(12),
    "name" / c.CString("utf8"),
)

PRIMARY_ITEM = full_box(
    "item_ID" / c.IfThenElse(c.this.version == 0, c.Int16ub, c.Int32ub),
)

ITEM_INFO_COUNT = full_box(
    "entry_count" / c.IfThenElse(c.this.version == 0, c.Int16ub, c.Int32ub),
)

# Versions 0 and 1 have no item_type; no item of ours can be among them.
ITEM_INFO_ENTRY = full_box(
    "item_ID" / c.IfThenElse(c.this.version == 3, c.Int32ub, c.Int16ub),
    "item_protection_index" / c.Default(c.Int16ub, 0),
    "item_type" / c.If(c.this.version >= 2, c.Bytes(4)),
    "item_name" / c.If(c.this.version >= 2, c.CString("utf8")),
)

EXTENT = c.Struct(
    "extent_index"
    / c.Default(c.If(c.this._._.version > 0, sized(c.this._._.sizes.index_size)), None),
    "extent_offset" / sized(c.this._._.sizes.offset_size),
    "extent_length" / sized(c.this._._.sizes.length_size),
)

ITEM_LOCATION = full_box(
    "sizes"
    / c.BitStruct(
        "offset_size" / c.Nibble,
        "length_size" / c.Nibble,
        "base_offset_size" / c.Nibble,
        "index_size" / c.Nibble,
    ),
    # With no byte an extent, a few bytes could ask for millions of extents.
    c.Check(c.this.sizes.offset_size + c.this.sizes.length_size > 0),
    "item_count" / c.IfThenElse(c.this.version < 2, c.Int16ub, c.Int32ub),
    "items"
    / c.Array(
        c.this.item_count,
        c.Struct(
            "item_ID" / c.IfThenElse(c.this._.version < 2, c.Int16ub, c.Int32ub),
            "construction_method" / c.If(c.this._.version > 0, c.Int16ub),
            "data_reference_index" / c.Int16ub,
            "base_offset" / sized(c.this._.sizes.base_offset_size),
            "extent_count" / c.Int16ub,
            "extents" / c.Array(c.this.extent_count, EXTENT),
        ),
    ),
)

ITEM_PROPERTY_ASSOCIATION = full_box(
    "entry_count" / c.Int32ub,
    "entries"
    / c.Array(
        c.this.entry_count,
        c.Struct(
            "item_ID" / c.IfThenElse(c.this._.version < 1, c.Int16ub, c.Int32ub),
            "association_count" / c.Int8ub,
            # The first bit of an association says that the property is essential.
            "associations"
            / c.Array(
                c.this.association_count,
                c.IfThenElse(c.this._.flags & 1, c.Int16ub, c.Int8ub),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a file.

    Attributes:
        kind: its four-character code.
        start: place of its first byte in the file.
        content_start: place of the first byte after its header.
        content: the bytes after its header, a view on the file.
        path: the codes of the boxes around it and its own, `meta.iloc`.
    """

    kind: bytes
    start: int
    content_start: int
    content: memoryview
    path: str

    def parse(self, declaration: c.Construct) -> Any:
        """Parse the content by its declaration.

        Raises:
            InvalidError: the content is not what the declaration says.
        """
        try:
            return declaration.parse(self.content)
        except (c.ConstructError, UnicodeDecodeError) as error:
            reason = str(error).strip().splitlines()[-1]
            raise self.invalid(f"malformed box: {reason}") from None

    def invalid(self, message: str) -> InvalidError:
        """Return an error about this box."""
        return InvalidError(message, path=self.path, bit_position=8 * self.start)


def find_boxes(data: memoryview, start: int = 0, path: str = "") -> Iterator[Box]:
    """Yield the boxes that stand one after the other in some bytes.

    Args:
        data: the bytes, up to the end of the last box.
        start: place of the first of them in the file, for errors.
        path: path of the box around them.

    Raises:
        InvalidError: the size of a box makes no sense, or there are too many boxes.
        IncompleteError: a box is longer than what is there.
    """
    position = count = 0
    while position < len(data):
        if count == LARGEST_BOX_COUNT:
            raise InvalidError(
                f"more than {LARGEST_BOX_COUNT} boxes on one level",
                path=path or "file",
                bit_position=8 * (start + position),
            )
        found = one_box(data[position:], start + position, path)
        yield found
        position += found.content_start - found.start + len(found.content)
        count += 1


def one_box(data: memoryview, start: int, path: str) -> Box:
    """Return the box that some bytes begin with; see `find_boxes`."""
    place: dict[str, Any] = {"path": path or "file", "bit_position": 8 * start}
    try:
        header = BOX_HEADER.parse(data[:16])
    except c.StreamError:
        raise IncompleteError(
            "the file ends within the header of a box", missing_bits=8, **place
        ) from None
    header_size = 8 if header.largesize is None else 16
    size = header.size if header.largesize is None else header.largesize
    # A size of 0 says: up to the end of the file.
    size = size or len(data)
    if size < header_size:
        raise InvalidError(f"a box of {size} bytes, header included", **place)
    if size > len(data):
        raise IncompleteError(
            f"a box of {size} bytes where {len(data)} are left",
            missing_bits=8 * (size - len(data)),
            **place,
        )
    name = header.type.decode("ascii", "backslashreplace")
    return Box(
        header.type,
        start,
        start + header_size,
        data[header_size:size],
        f"{path}.{name}" if path else name,
    )


def box_header(kind: bytes, content_size: int) -> bytes:
    """Return the header of a box with so many bytes of content."""
    size = content_size + 8
    if size < 1 << 32:
        return bytes(BOX_HEADER.build({"size": size, "type": kind, "largesize": None}))
    return bytes(BOX_HEADER.build({"size": LARGE_SIZE, "type": kind, "largesize": size + 8}))


def box(kind: bytes, *contents: bytes) -> bytes:
    """Return a box around its contents."""
    content = b"".join(contents)
    return box_header(kind, len(content)) + content
