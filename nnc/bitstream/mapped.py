"""Files mapped into memory, whose bytes go to other files without passing through it."""

from __future__ import annotations

import mmap
import os
import stat
import weakref
from typing import Any, BinaryIO

import numpy as np

#: The kernel copies so many bytes at once, at most.
COPYING_BYTES = 1 << 30


class MappedFile:
    """A file that is mapped into memory to be read.

    Attributes:
        mapping: its bytes.
    """

    def __init__(self, file: BinaryIO):
        """Map an open file, which may be closed afterwards.

        Raises:
            OSError: it can't be mapped.
        """
        self.mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.address = address_of(self.mapping)
        self.descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self.descriptor)

    def release_pages(self) -> None:
        """Release the memory into which pages of the file were read."""
        if hasattr(self.mapping, "madvise"):
            self.mapping.madvise(mmap.MADV_DONTNEED)

    def copy(self, view: memoryview, file: BinaryIO) -> bool:
        """Append bytes of this file to another one, where the system can copy them by itself.

        Args:
            view: the bytes, contiguous.
            file: an open file.

        Returns:
            Whether they were copied; if not, nothing has happened.

        Raises:
            OSError: the copying failed half-way.
        """
        offset = address_of(view) - self.address
        if not 0 <= offset <= len(self.mapping) - len(view) or not hasattr(os, "copy_file_range"):
            return False
        try:
            target = file.fileno()
            regular = stat.S_ISREG(os.fstat(target).st_mode)
        except OSError:
            return False
        if not regular:
            return False
        file.flush()
        done = 0
        while done < len(view):
            count = min(len(view) - done, COPYING_BYTES)
            try:
                copied = os.copy_file_range(self.descriptor, target, count, offset + done)
            except OSError:
                if done:
                    raise
                return False
            if not copied:
                raise OSError("the source file became shorter during the copy")
            done += copied
        file.seek(os.lseek(target, 0, os.SEEK_CUR))
        return True


def address_of(data: Any) -> int:
    """Return the place of bytes in memory."""
    place: int = np.frombuffer(data, dtype=np.uint8).__array_interface__["data"][0]
    return place
