"""Files that are replaced in one step or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


class NewFile:
    """A file that is written beside its final place and moved there when it is whole.

    What is there and is no file, such as a device or a pipe, is written to, not replaced.

    Attributes:
        target: the final place.
        file: what is written, open; may be written in any order.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a file of another name in the same folder.

        Raises:
            OSError: that can't be done, or there is a folder of that name.
        """
        self.target = Path(path)
        self.temporary: str | None = None
        self.pending = True
        self.file: BinaryIO
        if self.target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
        if self.target.exists() and not self.target.is_file():
            self.file = self.target.open("wb")
            return
        try:
            handle, self.temporary = tempfile.mkstemp(
                dir=self.target.parent, prefix=f".{self.target.name}."
            )
        except OSError as error:
            # The name that it couldn't be written under says nothing to the caller.
            raise type(error)(error.errno, error.strerror, os.fspath(path)) from None
        self.file = os.fdopen(handle, "wb")

    def commit(self) -> None:
        """Move the file to its final place.

        Raises:
            OSError: it can't be written or moved.
        """
        self.file.close()
        if self.temporary is None:
            self.pending = False
            return
        # mkstemp makes files for the owner alone; give it what open() would have given.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(self.temporary, 0o666 & ~umask)
        os.replace(self.temporary, self.target)
        self.pending = False

    def abandon(self) -> None:
        """Remove the file, unless it is at its final place."""
        if self.pending:
            self.pending = False
            try:
                self.file.close()
            finally:
                if self.temporary is not None:
                    os.unlink(self.temporary)


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
