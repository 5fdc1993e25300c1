"""Standard streams for what needs files: temporary ones stand for `-`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def input_file(path: str) -> Iterator[str]:
    """Return the path of a file; for `-` that of a temporary one with standard input."""
    if path != "-":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "bitstream.nnc")
        place.write_bytes(sys.stdin.buffer.read())
        yield os.fspath(place)


@contextmanager
def output_file(path: str) -> Iterator[str]:
    """Return the path of a file to be written; for `-` it goes to standard output at the end."""
    if path != "-":
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "output")
        yield os.fspath(place)
        with place.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
