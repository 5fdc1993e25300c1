"""What is refused in the files of others: names that lead elsewhere, bombs, absurd shapes."""

from __future__ import annotations

import math
import os
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path, PurePosixPath

from nnc.bitio import InputError

#: As many dimensions as an array can have.
LARGEST_RANK = 64

#: More values than any memory holds; the size in bytes still fits 64 bits.
LARGEST_SIZE = 1 << 60

#: Bytes that a file may unpack to however small it is: zeros of a pruned model pack well, and so
#: much fits any memory. Beyond, deflate gets to 1032 to 1 at best, by saying nothing.
FREE_BYTES: ContextVar[int] = ContextVar("FREE_BYTES", default=1 << 28)
BYTES_PER_BYTE = 200

#: Categories of Unicode that no name needs: control characters, halves of surrogate pairs.
CONTROLS = ("Cc", "Cs")

#: Characters that turn the direction of what follows, so that names read as others.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_shape(path: str | os.PathLike[str], name: str, shape: Sequence[int]) -> None:
    """Refuse a shape that no array has.

    Raises:
        InputError: too many dimensions, a negative one, or too many values.
    """
    if len(shape) > LARGEST_RANK:
        raise InputError(
            f"{os.fspath(path)}: tensor {name!r} has {len(shape)} dimensions; nnc reads at most "
            f"{LARGEST_RANK}"
        )
    if any(length < 0 for length in shape):
        raise InputError(f"{os.fspath(path)}: tensor {name!r} has a negative dimension")
    if math.prod(length or 1 for length in shape) > LARGEST_SIZE:
        raise InputError(f"{os.fspath(path)}: tensor {name!r} has more values than memory can hold")


def check_expansion(path: str | os.PathLike[str], member: str, packed: int, size: int) -> None:
    """Refuse data that unpacks to far more than any model's would.

    Raises:
        InputError: it does.
    """
    if size > FREE_BYTES.get() + BYTES_PER_BYTE * packed:
        raise InputError(
            f"{os.fspath(path)}: {member!r} claims to unpack from {packed} bytes to {size}, so "
            "it is not read; max_unpacked (--max-unpacked) allows more"
        )


@contextmanager
def unpacked(size: int | None) -> Iterator[None]:
    """Let files unpack to so many bytes, however small they are; None: as by default.

    Raises:
        InputError: not a size.
    """
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
        raise InputError(f"max_unpacked has to be a number of bytes, not {size!r}")
    token = FREE_BYTES.set(FREE_BYTES.get() if size is None else size)
    try:
        yield
    finally:
        FREE_BYTES.reset(token)


def check_archive(path: str | os.PathLike[str], archive: zipfile.ZipFile) -> None:
    """Refuse a zip archive with bombs in it, or two members of one name.

    Raises:
        InputError: it has.
    """
    seen = set()
    members = archive.infolist()
    packed = sum(member.compress_size for member in members)
    check_expansion(path, "the archive", packed, sum(member.file_size for member in members))
    for member in members:
        if member.filename in seen:
            raise InputError(f"{os.fspath(path)}: {member.filename!r} occurs twice in the archive")
        seen.add(member.filename)


def check_name(path: str | os.PathLike[str], name: str) -> None:
    """Refuse the name of a tensor that would do harm as part of a path or on a terminal.

    Raises:
        InputError: it has `..` as a part, or characters that control.
    """
    if ".." in name.replace("\\", "/").split("/"):
        raise InputError(f"{os.fspath(path)}: no tensor can be named {name!r}, which has a '..'")
    if any(unicodedata.category(one) in CONTROLS or one in TURNS for one in name):
        raise InputError(
            f"{os.fspath(path)}: no tensor can be named {name!r}, which has control characters"
        )


def safe_member(path: str | os.PathLike[str], name: str) -> PurePosixPath:
    """Return a name as a path below some folder.

    Raises:
        InputError: it would lead out of the folder, or holds what no file name should.
    """
    parts = PurePosixPath(name).parts
    if (
        not parts
        or name.startswith("/")
        or ".." in parts
        or any(character in name for character in '\\:*?"<>|')
        or not name.isprintable()
    ):
        raise InputError(f"{os.fspath(path)}: {name!r} can't be the name of a file in the model")
    return PurePosixPath(name)


def safe_file(folder: Path, name: str) -> Path:
    """Return the file of a name in a folder, links followed.

    Raises:
        InputError: it lies elsewhere.
    """
    root = folder.resolve()
    found = (root / safe_member(folder, name)).resolve()
    if not found.is_relative_to(root):
        raise InputError(f"{folder}: {name!r} lies outside of the model's folder")
    return found
