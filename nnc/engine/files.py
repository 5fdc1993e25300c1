"""Files that are replaced in one step or not at all."""

from __future__ import annotations

import atexit
import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from nnc.bitio import InputError

#: Files, and folders made for them, that aren't at their places yet, with the process that writes
#: them. A request to end may come where nobody knows yet of a file that is there already.
UNFINISHED: dict[str, int] = {}


@atexit.register
def remove_unfinished() -> None:
    """Remove what this process has written half."""
    for place, process in reversed(UNFINISHED.items()):
        if process == os.getpid():
            with suppress(OSError):
                (os.rmdir if os.path.isdir(place) else os.unlink)(place)


class NewFile:
    """A file that is written beside its final place and moved there when it is whole.

    What is there and is no file, such as a device or a pipe, is written to, not replaced. A link
    stays: the file that it leads to is replaced. A file that is replaced hands down who may read
    and write it.

    Attributes:
        target: the final place, links followed.
        file: what is written, open; may be written in any order.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a file of another name in the same folder.

        Raises:
            OSError: that can't be done, or there is a folder of that name.
        """
        self.target = followed(as_path(path))
        self.temporary: str | None = None
        self.pending = True
        self.replaced: os.stat_result | None = None
        self.file: BinaryIO
        if self.target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
        if self.target.exists() and not self.target.is_file():
            self.file = self.target.open("wb")
            return
        self.replaced = self.target.stat() if self.target.exists() else None
        try:
            # What replaces a private file is private from its first byte on. The system takes
            # the umask off the other, without a look at it that other threads could feel.
            handle, self.temporary = new_beside(self.target, 0o600 if self.replaced else 0o666)
        except OSError as error:
            # The name that it couldn't be written under says nothing to the caller.
            raise type(error)(error.errno, error.strerror, os.fspath(path)) from None
        self.file = os.fdopen(handle, "wb")

    def commit(self) -> None:
        """Move the file to its final place, once its bytes are on the disk.

        Raises:
            OSError: it can't be written or moved.
        """
        if self.temporary is None:
            self.file.close()
            self.pending = False
            return
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if self.replaced is not None:
            hand_down(self.replaced, self.temporary)
        os.replace(self.temporary, self.target)
        UNFINISHED.pop(self.temporary, None)
        self.pending = False

    def abandon(self) -> None:
        """Remove the file, unless it is at its final place."""
        if self.pending:
            self.pending = False
            # On a full disk closing fails too; what went wrong is known already.
            with suppress(OSError):
                self.file.close()
            if self.temporary is not None:
                with suppress(FileNotFoundError):
                    os.unlink(self.temporary)
                UNFINISHED.pop(self.temporary, None)


def size_on_disk(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.stat().st_size for one in files if one.is_file())


def as_path(path: Any) -> Path:
    """Return the path of a file.

    Raises:
        InputError: it is none.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"a path is needed, not {path!r:.60}")
    try:
        text = os.fspath(path)
    except Exception as error:  # an object's own conversion may raise anything
        raise InputError(f"{type(path).__name__} is no path: {error}") from None
    if not isinstance(text, str) or "\0" in text:
        raise InputError(f"{text!r:.60} is no path: it is bytes, or has a zero character")
    if not text:  # which pathlib would take for the current folder
        raise InputError("the path is empty")
    return Path(text)


def followed(path: Path) -> Path:
    """Return where a link leads to, which needn't be there; any other path as it is.

    Raises:
        OSError: links that lead to each other.
    """
    if not path.is_symlink():
        return path
    found = Path(os.path.realpath(path))
    if found.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    return found


def new_beside(target: Path, mode: int) -> tuple[int, str]:
    """Open a new file in the folder of another one; return its descriptor and its path."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # A name as long as names can be would leave no room.
    stem = target.name.encode("utf-8", "surrogateescape")[:100].decode("utf-8", "ignore")
    while True:
        place = os.fspath(target.parent / f".{stem}.{os.urandom(4).hex()}")
        if os.path.lexists(place):
            continue
        UNFINISHED[place] = os.getpid()
        try:
            return os.open(place, flags, mode), place
        except OSError as error:
            UNFINISHED.pop(place, None)
            if not isinstance(error, FileExistsError):
                raise


def hand_down(before: os.stat_result, place: str) -> None:
    """Set the owner and the permissions of a file to those of the one that it replaces."""
    now = os.stat(place)
    if hasattr(os, "chown") and (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        # Only the system's administrator can give files away; a group may be possible.
        for owner in ((before.st_uid, before.st_gid), (-1, before.st_gid)):
            with suppress(OSError):
                os.chown(place, *owner)
                break
    os.chmod(place, stat.S_IMODE(before.st_mode) & 0o777)


def replace_file(path: str | os.PathLike[str], write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside its final place and move it there when it is whole."""
    new = NewFile(path)
    try:
        write(new.file)
        new.commit()
    finally:
        new.abandon()


def replace_bytes(path: str | os.PathLike[str], data: bytes | memoryview) -> None:
    """Write the bytes of a file beside its final place and move them there."""

    def write(file: BinaryIO) -> None:
        file.write(data)

    replace_file(path, write)
