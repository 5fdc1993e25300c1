"""What is refused in the files of others: names that lead elsewhere, bombs, absurd shapes."""

from __future__ import annotations

import math
import os
import unicodedata
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from nnc.bitio import InputError

#: As many dimensions as an array can have.
LARGEST_RANK = 64

#: More values than any memory holds; the size in bytes still fits 64 bits.
LARGEST_SIZE = 1 << 60

# Deflate gets to 1032 at best, and only by saying nothing; what is small may.
FREE_BYTES = 1 << 24
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
    if size > FREE_BYTES + BYTES_PER_BYTE * packed:
        raise InputError(
            f"{os.fspath(path)}: {member!r} claims to unpack from {packed} bytes to {size}; "
            "no model does, so it is not read"
        )


def check_archive(path: str | os.PathLike[str], archive: zipfile.ZipFile) -> None:
    """Refuse a zip archive with bombs in it, or two members of one name.

    Raises:
        InputError: it has.
    """
    seen = set()
    for member in archive.infolist():
        check_expansion(path, member.filename, member.compress_size, member.file_size)
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
