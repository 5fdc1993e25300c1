"""What a file is that isn't what was expected: said once, for all formats and for bitstreams."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from nnc.bitio import InputError

#: Bytes of a file that are looked at.
HEAD_BYTES = 512

#: How files begin that are no models, with what they are and what to do.
BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (
        b"version https://git-lfs",
        "a Git LFS pointer, which stands for the model; git lfs pull fetches that",
    ),
    (b"\x1f\x8b", "compressed by gzip; gunzip it first"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd; unzstd it first"),
    (b"\xfd7zXZ\0", "compressed by xz; unxz it first"),
    (b"BZh", "compressed by bzip2; bunzip2 it first"),
    (b"\x04\x22\x4d\x18", "compressed by lz4; unlz4 it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack it first"),
    (b"%PDF-", "a PDF document"),
    (b"\x93NUMPY", "a single array of numpy (.npy); numpy.savez makes an .npz file of it"),
)

#: How the names of files end that hold a part of a model, with the number of all of them.
SHARD_NAME = re.compile(r"-\d+-of-(\d{1,9})\.(?:safetensors|bin|pt|pth)$")

#: How web pages and what servers answer begin, after blanks, in lower case.
PAGES: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<head", "an HTML page"),
    (b"<?xml", "an XML document"),
    (b'{"error"', "the answer of a server that says an error"),
    (b"entry not found", "the answer of a server that says an error"),
    (b"invalid username or password", "the answer of a server that says an error"),
    (b"access to model", "the answer of a server that says an error"),
)


def what_it_is(head: bytes) -> str | None:
    """Return what a file is by how it begins, where that is none of a model or a bitstream."""
    for beginning, what in BEGINNINGS:
        if head.startswith(beginning):
            return what
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, what in PAGES:
        if text.startswith(beginning):
            return f"{what}, probably of a download that failed; fetch the model again"
    return None


def shards_by_name(path: Path) -> int:
    """Return of how many files a file is one, as its name says it (`-00001-of-00003`); else 1."""
    found = SHARD_NAME.search(path.name)
    return 1 if found is None else int(found[1])


def head_of(path: str | os.PathLike[str]) -> bytes:
    """Return the first bytes of a file; none of a folder, or of what can be read only once.

    Raises:
        OSError: there is no such file.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        return b""
    with Path(path).open("rb") as file:
        return file.read(HEAD_BYTES)


def check_is_model(path: str | os.PathLike[str], *, packed: bool = False) -> None:
    """Refuse a file that can be told to be something else than a model.

    Args:
        path: the file.
        packed: files of its format may be compressed as a whole.

    Raises:
        InputError: it is something else, or empty; the message says what, and what to do.
        OSError: it can't be read.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        return
    head = head_of(path)
    if not head:
        raise InputError(f"{os.fspath(path)}: the file is empty, and no model")
    what = None if packed and head.startswith(b"\x1f\x8b") else what_it_is(head)
    if what is not None:
        raise InputError(f"{os.fspath(path)}: this is no model but {what}")
