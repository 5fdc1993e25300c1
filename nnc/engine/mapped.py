"""Files mapped into memory, whose bytes go to other files without passing through it.

A file that gets shorter takes its pages with it: a look at them then kills the process. So who
reads a mapping looks at the size of its file before (`MappedFile.check`).
"""

from __future__ import annotations

import mmap
import os
import stat
import weakref
from typing import Any, BinaryIO

import numpy as np

from nnc.bitio import InputError
from nnc.engine.files import as_path

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
        self.name = str(file.name)
        self.mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.address = address_of(self.mapping)
        self.descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self.descriptor)

    def check(self) -> None:
        """Look whether the file is as long as it was when it was mapped.

        Raises:
            InputError: it is shorter.
        """
        size = os.fstat(self.descriptor).st_size
        if size < len(self.mapping):
            raise InputError(
                f"{self.name}: the file has become shorter while it was read: {size} bytes are "
                f"left of {len(self.mapping)}"
            )

    def bytes_at(self, place: int, count: int) -> bytes:
        """Return some bytes of the file, fewer at its end, without mapping the page they are in."""
        if hasattr(os, "pread"):
            return os.pread(self.descriptor, count, place)
        return self.mapping[place : place + count]

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


def opened(path: str | os.PathLike[str]) -> MappedFile | bytes:
    """Return a file mapped into memory, or what there is to be read from an empty one or a pipe.

    Raises:
        OSError: it can't be read.
    """
    with as_path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return file.read()
        return MappedFile(file) if status.st_size else b""


def view_of(data: Any) -> memoryview:
    """Return the bytes of anything that holds bytes, as a view on them where they lie in a row.

    Raises:
        InputError: it holds none; the message says what to call.
    """
    if isinstance(data, str | os.PathLike):
        raise InputError(f"{data!r} is no bitstream but a path: nnc.load_file and nnc.open take it")
    try:
        view = memoryview(data)
        return view.cast("B") if view.c_contiguous and view.nbytes else memoryview(view.tobytes())
    except (TypeError, ValueError, BufferError):
        hint = ": give what its read() gives, or the path to nnc.open" * hasattr(data, "read")
        raise InputError(
            f"a bitstream is bytes, or comes from nnc.open, and is no {type(data).__name__}{hint}"
        ) from None


def bytes_of(path: str | os.PathLike[str]) -> memoryview:
    """Return the bytes of a file, mapped into memory where they can be; see `opened`."""
    found = opened(path)
    return memoryview(found if isinstance(found, bytes) else found.mapping)


def address_of(data: Any) -> int:
    """Return the place of bytes in memory."""
    place: int = np.frombuffer(data, dtype=np.uint8).__array_interface__["data"][0]
    return place
