"""The boxes of ISO/IEC 14496-12 in a file, as the format `isobmff` of the library describes them.

`find_boxes` and `box` deal with the headers around boxes; what is inside one, a table of the
schema says, and only where it is asked for: other boxes of a file may hold whatever they like.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from nnc.bitio import IncompleteError, InvalidError, PlacedError, Table
from nnc.engine.format import Format

#: A file has a handful of boxes on each level, but for the items of a large library; millions are
#: an attempt to keep us busy.
LARGEST_BOX_COUNT = 65536

#: The whole of a size field, where a 64-bit size follows the type.
LARGE_SIZE = 1

#: Bytes that the header of a box may have: size, type, large size, UUID.
LARGEST_HEADER = 32


@functools.cache
def library() -> ModuleType:
    """Return the package of the schema: the classes of its tables, and what reads and writes them.

    The first call compiles the schema, where that wasn't done before.
    """
    return Format.load("isobmff").package


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

    def parse(self, table: str, size: int | None = None) -> Any:
        """Parse the content as a table of the library.

        Args:
            table: its name.
            size: bytes of the content to parse; None: all.

        Raises:
            InvalidError: the content is not what the schema says.
        """
        try:
            return library().TABLES[table].parse(self.content[:size])
        except PlacedError as error:
            inside = f"{error.path}: " if error.path else ""
            raise self.invalid(f"malformed box: {inside}{error.message}") from None

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
        header = library().box_header.parse(data[:LARGEST_HEADER])
    except IncompleteError:
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
    kind = header.type.to_bytes(4, "big")
    name = kind.decode("ascii", "backslashreplace")
    return Box(
        kind,
        start,
        start + header_size,
        data[header_size:size],
        f"{path}.{name}" if path else name,
    )


def box_header(kind: bytes, content_size: int) -> bytes:
    """Return the header of a box with so many bytes of content."""
    made, number = library(), int.from_bytes(kind, "big")
    size = content_size + 8
    if size < 1 << 32:
        header = made.BoxHeader(size=size, type=number)
    else:
        header = made.BoxHeader(size=LARGE_SIZE, type=number, largesize=size + 8)
    return bytes(made.box_header.build(header))


def box(kind: bytes, *contents: bytes) -> bytes:
    """Return a box around its contents."""
    content = b"".join(contents)
    return box_header(kind, len(content)) + content


def full_box(kind: bytes, table: Table, *contents: bytes) -> bytes:
    """Return a box around what a table of the library holds, and further contents."""
    return box(kind, bytes(library().TABLES[table.syntax.table].build(table)), *contents)
