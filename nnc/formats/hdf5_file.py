"""Bytes of an HDF5 file, of which some are checked on the way to the library.

The library goes round for ever, with the interpreter locked, in a global heap (where it keeps
texts of any length) that holds an object of no size.
"""

from __future__ import annotations

import io
from typing import Any

from nnc.bitio import InputError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
HEAP = b"GCOL"

#: Index, count of references and reserved bytes of an object of a heap, before its size.
OBJECT = 8


class CheckedBytes(io.BytesIO):
    """An HDF5 file in memory that refuses to be read where it would lead the library astray."""

    def __init__(self, data: bytes) -> None:
        """Keep the bytes, and find out how many of them a size has."""
        super().__init__(data)
        place = data.find(SIGNATURE)
        # The superblock's version decides where it says so.
        at = place + (14 if data[place + 8 : place + 9] in (b"\0", b"\1") else 10)
        self.length = data[at] if place >= 0 and at < len(data) else 8

    def readinto(self, buffer: Any, /) -> int:
        """Read, after a look at what a heap holds."""
        place = self.tell()
        with self.getbuffer() as data:
            if data[place : place + len(HEAP)] == HEAP:
                self.check_heap(data[place:])
        return super().readinto(buffer)

    def check_heap(self, heap: memoryview) -> None:
        """Check that one comes to the end of a heap.

        Raises:
            InputError: it isn't so.
        """
        head = OBJECT + self.length
        end = self.size_at(heap, OBJECT)
        place = head
        while place + head <= min(end, len(heap)):
            size = self.size_at(heap, place + OBJECT)
            # Free space has the index 0, and its size counts its head too.
            step = -(-size // 8) * 8 + head if any(heap[place : place + 2]) else size
            if not 0 < step <= end - place:
                raise InputError(f"an object in a global heap has {size} bytes")
            place += step

    def size_at(self, heap: memoryview, place: int) -> int:
        """Return the size that stands somewhere in a heap."""
        return int.from_bytes(heap[place : place + self.length], "little")
