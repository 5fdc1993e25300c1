"""Files that are replaced in one step or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


class NewFile:
    """A file that is written beside its final place and moved there when it is whole.

    Attributes:
        target: the final place.
        file: what is written, open; may be written in any order.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open a file of another name in the same folder.

        Raises:
            OSError: that can't be done.
        """
        self.target = Path(path)
        handle, self.temporary = tempfile.mkstemp(
            dir=self.target.parent, prefix=f".{self.target.name}."
        )
        self.file: BinaryIO = os.fdopen(handle, "wb")
        self.pending = True

    def commit(self) -> None:
        """Move the file to its final place.

        Raises:
            OSError: it can't be written or moved.
        """
        self.file.close()
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
                os.unlink(self.temporary)


def replace_file(path: str | os.PathLike[str], write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside its final place and move it there when it is whole."""
    new = NewFile(path)
    try:
        write(new.file)
        new.commit()
    finally:
        new.abandon()


def replace_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write the bytes of a file beside its final place and move them there."""

    def write(file: BinaryIO) -> None:
        file.write(data)

    replace_file(path, write)
