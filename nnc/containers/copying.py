"""Writing bytes that are there already to a file, piece by piece."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import BinaryIO

from nnc.engine.files import replace_file

#: Large pieces are views on mapped files: written bit by bit, little of them is in memory.
COPYING_BYTES = 1 << 23


def write_pieces(path: str | os.PathLike[str], pieces: Iterable[bytes | memoryview]) -> None:
    """Write a file out of pieces; it is replaced in one step or not at all.

    Raises:
        OSError: it can't be written.
    """

    def write(file: BinaryIO) -> None:
        for piece in pieces:
            view = memoryview(piece)
            for start in range(0, len(view), COPYING_BYTES):
                file.write(view[start : start + COPYING_BYTES])

    replace_file(path, write)
