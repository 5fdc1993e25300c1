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
from typing import cast

from nnc.bitio import InputError, NncError

#: As many dimensions as an array can have.
LARGEST_RANK = 64

#: More values than any memory holds; the size in bytes still fits 64 bits.
LARGEST_SIZE = 1 << 60

#: What a file may unpack to for each of its bytes. Deflate gets to 1032 at best, and only by
#: saying nothing.
BYTES_PER_BYTE = 200

#: What a file may unpack to beyond that, all its tensors together: it fits any memory.
FREE_BYTES = 1 << 28

#: Names an environment variable that says otherwise.
FREE_VARIABLE = "NNC_UNPACKED_BYTES"

#: Categories of Unicode that no name needs: control characters, halves of surrogate pairs.
CONTROLS = ("Cc", "Cs")

#: Characters that turn the direction of what follows, so that names read as others.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@contextmanager
def our_errors(where: str) -> Iterator[None]:
    """Turn whatever a reader makes of damage into an error of ours: readers trust the file.

    Raises:
        InputError: the reader has failed.
        OSError: the system can't read a file, which the error names.
    """
    try:
        yield
    except (NncError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise InputError(f"{where}: {type(error).__name__}: {error}") from None


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


class Unpacking:
    """What the file that is being read has unpacked to beyond BYTES_PER_BYTE so far.

    Attributes:
        free: bytes that are allowed.
        used: bytes so far.
    """

    def __init__(self, free: int | None = None) -> None:
        """Start with nothing unpacked.

        Args:
            free: bytes that are allowed; None: what the environment says, else FREE_BYTES.

        Raises:
            InputError: the environment says no number.
        """
        said = os.environ.get(FREE_VARIABLE)
        free = ALLOWED.get() if free is None else free
        if free is None and said is not None and not said.isdecimal():
            raise InputError(f"{FREE_VARIABLE} is a number of bytes, not {said!r}")
        self.free = int(said or FREE_BYTES) if free is None else free
        self.used = 0

    def take(self, packed: int, size: int) -> bool:
        """Count data that unpack to `size` bytes; tell whether they are allowed."""
        self.used += max(size - BYTES_PER_BYTE * packed, 0)
        return self.used <= self.free


#: What the caller allows; None: nothing is said.
ALLOWED: ContextVar[int | None] = ContextVar("ALLOWED", default=None)

#: That of the file being read; None: each tensor counts alone.
UNPACKING: ContextVar[Unpacking | None] = ContextVar("UNPACKING", default=None)


@contextmanager
def unpacking(free: int | None = None) -> Iterator[Unpacking]:
    """Count together what is unpacked within; see `Unpacking`."""
    token = UNPACKING.set(Unpacking(free))
    try:
        yield cast(Unpacking, UNPACKING.get())
    finally:
        UNPACKING.reset(token)


@contextmanager
def unpacked(size: int | None) -> Iterator[None]:
    """Let files unpack to so many bytes, however small they are; None: as by default.

    Raises:
        InputError: not a size.
    """
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
        raise InputError(f"max_unpacked has to be a number of bytes, not {size!r}")
    token = ALLOWED.set(ALLOWED.get() if size is None else size)
    try:
        yield
    finally:
        ALLOWED.reset(token)


def check_expansion(path: str | os.PathLike[str], member: str, packed: int, size: int) -> None:
    """Refuse data that unpack to far more than any model's would, with those before them.

    Raises:
        InputError: they do.
    """
    budget = UNPACKING.get() or Unpacking()
    if not budget.take(packed, size):
        before = f", with those before it {budget.used}" if budget.used > size else ""
        raise InputError(
            f"{os.fspath(path)}: {member!r} says that its {packed} bytes unpack to {size}{before}; "
            f"no model does, so it is not read (more than {budget.free} bytes are allowed by "
            f"{FREE_VARIABLE} or max_unpacked)"
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


def check_name(path: str | os.PathLike[str], name: object) -> None:
    """Refuse the name of a tensor that would do harm as part of a path or on a terminal.

    Raises:
        InputError: it is no text, has `..` as a part, or characters that control.
    """
    if not isinstance(name, str):
        # Some packages hand over bytes where a text isn't UTF-8.
        raise InputError(f"{os.fspath(path)}: no tensor can be named {name!r}, which is no text")
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
