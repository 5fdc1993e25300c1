"""What the head of a GGUF file says that it holds, checked before the package `gguf` reads it.

That package takes counts as they are told: an array of 2^40 values that aren't there keeps it
busy for days. And each value that is there becomes an object of some hundred bytes.
"""

from __future__ import annotations

import mmap
import os
import struct

from nnc.bitio import InputError

#: Sizes of the types of values; those of text and arrays follow from their lengths.
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
TEXT, ARRAY = 8, 9

#: Values of all arrays together; a vocabulary with its merges has a million.
MOST_VALUES = 1 << 22

#: Arrays in arrays in arrays; nobody has them.
DEEPEST = 4

#: The least that a key and the description of a tensor take: a length, a type and a value; a
#: length, a rank, a type, a place.
KEY_BYTES, TENSOR_BYTES = 13, 24


def check_head(path: str | os.PathLike[str], *, most_values: int = MOST_VALUES) -> None:
    """Refuse a GGUF file whose head counts more than the file has, or than anybody needs.

    Args:
        path: the file.
        most_values: values that all arrays may have together.

    Raises:
        InputError: it does, or the file ends within its head.
        OSError: the file can't be read.
    """
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < KEY_BYTES:
            raise InputError(f"{os.fspath(path)}: no GGUF file: it ends within its head")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[:4] != b"GGUF":
                raise InputError(f"{os.fspath(path)}: no GGUF file: it begins otherwise")
            Head(path, data, most_values).check()


class Head:
    """Walks the head of a file: version, counts, keys with their values.

    Attributes:
        place: how far it is.
        left: values that arrays may still have.
    """

    def __init__(self, path: str | os.PathLike[str], data: mmap.mmap, most_values: int) -> None:
        """Start behind the signature."""
        self.path, self.data, self.place, self.left = path, data, 4, most_values
        # The version is small: its low half is zero only where the bytes are the other way round.
        self.order = "<" if struct.unpack_from("<I", data, 4)[0] & 0xFFFF else ">"

    def check(self) -> None:
        """Walk all keys."""
        self.number("I")
        tensors, keys = self.number("Q"), self.number("Q")
        self.check_room(keys * KEY_BYTES + tensors * TENSOR_BYTES, "its keys and tensors")
        for _ in range(keys):
            self.skip(self.number("Q"), "a key")
            self.skip_value(self.number("I"))

    def number(self, form: str) -> int:
        """Read an unsigned integer."""
        size = struct.calcsize(form)
        self.check_room(size, "its head")
        (value,) = struct.unpack_from(self.order + form, self.data, self.place)
        self.place += size
        return int(value)

    def check_room(self, size: int, what: str) -> None:
        """Refuse what runs past the end of the file."""
        left = len(self.data) - self.place
        if size > left:
            raise InputError(
                f"{os.fspath(self.path)}: no GGUF file: {what} at byte {self.place} takes "
                f"{size} bytes, and {left} are left"
            )

    def skip(self, size: int, what: str) -> None:
        """Go on behind some bytes."""
        self.check_room(size, what)
        self.place += size

    def skip_value(self, kind: int, depth: int = 0) -> None:
        """Go on behind a value; an unknown type is left to the reader."""
        if kind == TEXT:
            self.skip(self.number("Q"), "a text")
        elif kind == ARRAY:
            self.skip_array(depth)
        elif kind in SIZES:
            self.skip(SIZES[kind], "a value")
        else:
            raise InputError(
                f"{os.fspath(self.path)}: no GGUF file: a key of type {kind} at byte {self.place}"
            )

    def skip_array(self, depth: int) -> None:
        """Go on behind an array."""
        kind, length = self.number("I"), self.number("Q")
        # A text and an array take the bytes of their length at least.
        self.check_room(length * SIZES.get(kind, 8), f"an array of {length} values")
        self.left -= length
        if self.left < 0 or depth == DEEPEST:
            raise InputError(
                f"{os.fspath(self.path)}: no GGUF file: the arrays among its keys have "
                "too many values, or are nested too deeply"
            )
        if kind in SIZES:
            self.skip(length * SIZES[kind], "an array")
            return
        for _ in range(length):
            self.skip_value(kind, depth + 1)
