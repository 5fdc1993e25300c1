"""Files of which only ranges are read: over HTTP, out of object stores, or by `seek` and `read`."""

from __future__ import annotations

import bisect
import io
import mmap
import operator
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

from nnc.bitio import InputError

#: Machines on which the flag has this value.
UNRESERVING = ("x86_64", "aarch64")

#: Has Linux count memory when it is written to; Python 3.13 is the first to have a name for it.
UNRESERVED = 0x4000 if sys.platform == "linux" and os.uname().machine in UNRESERVING else 0

#: A request brings at least so many bytes.
SMALLEST_READ = 1 << 12


@runtime_checkable
class SeekableFile(Protocol):
    """An open file of bytes, of any library."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place, and return it."""

    def read(self, size: int = -1, /) -> bytes:
        """Return so many bytes from there on."""


def memory_for(size: int, name: str) -> mmap.mmap:
    """Return zeros that take no memory until they are written to, more than there is, too.

    Raises:
        InputError: no file is so large, or the system has no place for it.
    """
    try:
        if not UNRESERVED:
            return mmap.mmap(-1, size)
        return mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | UNRESERVED)
    except (OSError, OverflowError, TypeError, ValueError) as error:
        raise InputError(
            f"{name}: a file of {size} bytes can't be read by ranges: {error}"
        ) from None


class RangedFile:
    """A file that stands in memory as far as it was read; the rest takes no memory.

    Attributes:
        mapping: its bytes, zeros where nothing was read.
    """

    def __init__(self, name: str, size: int, read: Callable[[int, int], bytes]) -> None:
        """Remember how bytes are read: from one place on to before another."""
        self.name, self.size, self.read = name, size, read
        self.mapping: Any = memory_for(size, name) if size else b""
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
        size = operator.index(source.seek(0, io.SEEK_END))
    except (OSError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"{source!r} can't be read by ranges: {error}") from None

    name = str(getattr(source, "name", source))

    def read(start: int, stop: int) -> bytes:
        try:
            source.seek(start)
        except ValueError as error:  # It was closed.
            raise InputError(f"{name}: {error}") from None
        return read_whole(source, stop - start, name)

    return RangedFile(name, size, read)


def read_whole(source: SeekableFile, count: int, name: str) -> bytes:
    """Return so many bytes of a file from where it is, fewer at its end.

    Raises:
        InputError: what it gives are no bytes.
        OSError: it can't be read.
    """
    parts: list[bytes] = []
    # Files without a buffer give as much as is there.
    while count > 0:
        part: Any = source.read(count)
        if not isinstance(part, bytes | bytearray | memoryview):
            raise InputError(
                f"{name}: reading returns {type(part).__name__}, not bytes: open it in binary mode"
            )
        if not part:
            break
        parts.append(bytes(part))
        count -= len(part)
    return b"".join(parts)


@contextmanager
def asking(url: str) -> Iterator[None]:
    """Refuse what a file system doesn't answer; errors as for `ranged`."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # of whichever library is behind it
        raise InputError(f"{url}: {str(error) or type(error).__name__}") from None


def at_url(url: str) -> RangedFile:
    """Return a file at a URL; errors as for `ranged`."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise InputError(f"{url}: needs fsspec: pip install 'nnc[fsspec]'") from None
    with asking(url):
        system, path = url_to_fs(url)
        size = system.size(path)
    if size is None:
        raise InputError(f"{url}: the server doesn't tell the size, without which no range is read")

    def read(start: int, stop: int) -> bytes:
        with asking(url):
            return bytes(system.cat_file(path, start=start, end=stop))

    return RangedFile(url, int(size), read)
