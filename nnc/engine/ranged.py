"""Files of which only ranges are read: over HTTP, out of object stores, or by `seek` and `read`."""

from __future__ import annotations

import bisect
import io
import mmap
import os
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from nnc.bitio import InputError

#: A request brings at least so many bytes.
SMALLEST_READ = 1 << 12


@runtime_checkable
class SeekableFile(Protocol):
    """An open file of bytes, of any library."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place, and return it."""

    def read(self, size: int = -1, /) -> bytes:
        """Return so many bytes from there on."""


class RangedFile:
    """A file that stands in memory as far as it was read; the rest takes no memory.

    Attributes:
        mapping: its bytes, zeros where nothing was read.
    """

    def __init__(self, name: str, size: int, read: Callable[[int, int], bytes]) -> None:
        """Remember how bytes are read: from one place on to before another."""
        self.name, self.size, self.read = name, size, read
        self.mapping: Any = mmap.mmap(-1, size) if size else b""
        # Starts and ends of what was read, in order, apart from each other.
        self.edges: list[int] = []

    def fetch(self, start: int, stop: int) -> None:
        """Read a range as far as it isn't there.

        Raises:
            InputError: fewer bytes came.
            OSError: they can't be read.
        """
        stop = min(stop, self.size)
        while start < stop:
            place = bisect.bisect_right(self.edges, start)
            if place % 2:
                start = self.edges[place]
                continue
            end = max(stop, start + SMALLEST_READ)
            end = min(end, self.size, *self.edges[place : place + 1])
            found = self.read(start, end)
            if len(found) != end - start:
                raise InputError(
                    f"{self.name}: {len(found)} bytes came in place of {end - start} at {start}"
                )
            self.mapping[start:end] = found
            self.note(start, end)
            start = end

    def note(self, start: int, end: int) -> None:
        """Note a range that was read, and was not there before."""
        first = last = bisect.bisect_right(self.edges, start)
        new = [start, end]
        # Where ranges touch, they are one.
        if first and self.edges[first - 1] == start:
            first, new = first - 1, new[1:]
        if last < len(self.edges) and self.edges[last] == end:
            last, new = last + 1, new[:-1]
        self.edges[first:last] = new

    def bytes_at(self, place: int, count: int) -> bytes:
        """Return some bytes of the file, fewer at its end."""
        self.fetch(place, place + count)
        return bytes(self.mapping[place : place + count])


def ranged(source: Any) -> RangedFile | None:
    """Return a file that is read by ranges: one at a URL, or an open one; None for a path.

    Raises:
        InputError: fsspec isn't installed, knows no such URL, or a file can't be sought in.
        OSError: the file can't be read.
    """
    if isinstance(source, str) and "://" in source:
        return at_url(source)
    if isinstance(source, str | os.PathLike) or not hasattr(source, "read"):
        return None
    try:
        size = source.seek(0, io.SEEK_END)
    except (OSError, AttributeError, ValueError) as error:
        raise InputError(f"{source!r} can't be read by ranges: {error}") from None

    def read(start: int, stop: int) -> bytes:
        source.seek(start)
        return bytes(source.read(stop - start))

    return RangedFile(str(getattr(source, "name", source)), size, read)


def at_url(url: str) -> RangedFile:
    """Return a file at a URL; errors as for `ranged`."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise InputError(f"{url}: needs fsspec: pip install 'nnc[fsspec]'") from None
    try:
        system, path = url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise InputError(f"{url}: {error}") from None
    size = system.size(path)
    if size is None:
        raise InputError(f"{url}: the server doesn't tell the size, without which no range is read")

    def read(start: int, stop: int) -> bytes:
        return bytes(system.cat_file(path, start=start, end=stop))

    return RangedFile(url, int(size), read)
