"""The files of the library's formats that tests read, and programs that judge changed ones."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent

#: The format of each kind of file.
SUFFIXES = {
    ".flac": "flac",
    ".h264": "h264",
    ".obu": "av1",
    ".mp4": "isobmff",
    ".m4a": "isobmff",
    ".avif": "isobmff",
    ".heic": "isobmff",
}

#: All files, in order, each with its format.
FILES = [
    (SUFFIXES[path.suffix], path) for path in sorted(FOLDER.glob("*/*")) if path.suffix in SUFFIXES
]


def of(form: str) -> list[bytes]:
    """Return the files of a format."""
    return [path.read_bytes() for name, path in FILES if name == form]


def accepted(command: list[str]) -> bool:
    """Tell whether a program takes a file without a word; the test is skipped without it."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} isn't installed")
    result = subprocess.run(command, check=False, capture_output=True)
    return result.returncode == 0 and not result.stderr
