"""The file that the state of a session is kept in.

It is a zip archive without compression: `state.json` has all but the arrays, and each array's
values are a member of their own. Whatever else a file may be, reading it takes no more memory
than the file has bytes, about, and ends in one kind of error.
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import reprlib
import zipfile
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import replace_file
from nnc.decoder.session_state import ROOT, CodedState, Key, SessionState
from nnc.engine.files import as_path
from nnc.model.data_format import DTYPES
from nnc.model.metadata import TensorNote, tensor_note
from nnc.model.node import DIGEST_ALGORITHMS, Node

FILE_VERSION = 3

#: Versions that can be read: before 3, levels were of 32 bits.
READABLE_VERSIONS = (2, 3)

CONTENT = "state.json"

#: Types of numbers that a session keeps, as numpy writes them.
DTYPE = re.compile(r"[<>][iuf][248]|\|[iub]1")

#: What a damaged archive raises. The file itself is open by then, so that an OSError is about a
#: place that the archive names; a RuntimeError tells a method that it claims to use.
UNREADABLE = (
    zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError,
    OSError, RuntimeError, ArithmeticError,
)  # fmt: skip


def save_state(path: str | os.PathLike[str], state: SessionState) -> None:
    """Write a state into one file, which is replaced in one step or not at all.

    Raises:
        OSError: it can't be written.
    """
    replace_file(path, lambda file: write_state(file, state))


def state_to_bytes(state: SessionState) -> bytes:
    """Return a state as `save_state` writes it."""
    file = io.BytesIO()
    write_state(file, state)
    return file.getvalue()


def write_state(file: BinaryIO, state: SessionState) -> None:
    """Write a state as a zip archive."""
    arrays: list[NDArray[Any]] = []
    numbers: dict[int, int] = {}

    def stored(array: NDArray[Any] | None) -> int | None:
        if array is None:
            return None
        if id(array) not in numbers:
            # A device that is where the base model is shares that one's arrays.
            numbers[id(array)] = len(arrays)
            arrays.append(array)
        return numbers[id(array)]

    content = {"version": FILE_VERSION, **state.as_content(stored)}
    levels = {entry["levels"] for entry in content["coded"]}
    arrays = [narrowed(one) if at in levels else one for at, one in enumerate(arrays)]
    content["arrays"] = [[array.dtype.str, list(array.shape)] for array in arrays]
    write_archive(file, content, arrays)


def narrowed(levels: NDArray[Any]) -> NDArray[Any]:
    """Return levels in the fewest bytes that hold all of them."""
    if not levels.size:
        return levels
    low, high = int(levels.min()), int(levels.max())
    dtype = np.result_type(np.min_scalar_type(min(low, -1)), np.min_scalar_type(min(-high - 1, -1)))
    return levels.astype(dtype)


def write_archive(file: BinaryIO, content: dict[str, Any], arrays: list[NDArray[Any]]) -> None:
    """Write plain data and arrays as a zip archive, the same bytes for the same state."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        # Members described in this way carry no time of writing.
        archive.writestr(zipfile.ZipInfo(CONTENT), json.dumps(content))
        for number, array in enumerate(arrays):
            described = zipfile.ZipInfo(str(number))
            with archive.open(described, "w", force_zip64=True) as member:
                member.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def load_state(path: str | os.PathLike[str]) -> SessionState:
    """Read a state that `save_state` wrote.

    Raises:
        InputError: the file is none.
        OSError: it can't be read.
    """
    with as_path(path).open("rb") as file:
        return read_state(file, os.fstat(file.fileno()).st_size, f"{os.fspath(path)}: ")


def state_from_bytes(data: bytes | bytearray | memoryview) -> SessionState:
    """Return the state that `state_to_bytes` wrote.

    Raises:
        InputError: the bytes are none.
    """
    return read_state(io.BytesIO(data), len(data), "")


def read_state(file: BinaryIO, size: int, place: str) -> SessionState:
    """Read a state.

    Args:
        file: an open file.
        size: its bytes.
        place: how messages begin.

    Raises:
        InputError: it holds none.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            content = json.loads(read_member(archive, CONTENT))
            return state_of(content, Arrays(archive, content, size))
    except UNREADABLE as error:
        raise InputError(f"{place}not the state of a session: {error}") from None


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read one member of an archive, of no more bytes than the file has.

    Raises:
        ValueError: it is compressed, which `save_state` never does.
    """
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")
    return archive.read(name)


class Outline(NamedTuple):
    """What is said of an array.

    Attributes:
        dtype: type of its values.
        shape: its dimensions.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def nbytes(self) -> int:
        """Size of its values in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


class Arrays:
    """The arrays of an archive, each of which is read once."""

    def __init__(self, archive: zipfile.ZipFile, content: Any, size: int):
        """Look at what is said of them.

        Args:
            archive: the archive.
            content: the plain data in it.
            size: bytes of the file.

        Raises:
            ValueError: the file has another version, or can't have such arrays.
        """
        if content["version"] not in READABLE_VERSIONS:
            raise ValueError(f"version {reprlib.repr(content['version'])}")
        self.archive = archive
        self.outlines = [outline(*one) for one in listed(content["arrays"])]
        self.read: dict[int, tuple[str, NDArray[Any]]] = {}
        self.widened: dict[int, NDArray[np.int32]] = {}
        ties = dict(tie_entry(*entry) for entry in listed(content.get("ties", [])))
        self.first = {name: first for (_, name), first in ties.items() if first is not None}
        if sum(one.nbytes for one in self.outlines) > size:
            raise ValueError("its arrays are larger than the file")

    def __call__(self, number: Any, name: str, *kinds: str) -> Any:
        """Return an array, which can't be written to; None for None.

        Args:
            number: its number.
            name: the tensor that it is of.
            *kinds: the types that its values may have, as numpy writes them; any, if none is
                said.

        Raises:
            ValueError: it isn't there as it is said to be, or belongs to another tensor that this
                one isn't tied to.
        """
        if number is None:
            return None
        name = self.first.get(name, name)
        if number not in self.read:
            self.read[whole_number(number)] = name, self.array(number)
        owner, array = self.read[number]
        # Else a small file could stand for a model of any size.
        if owner != name:
            raise ValueError(f"array {number} is of {reprlib.repr(owner)} and {reprlib.repr(name)}")
        if kinds and array.dtype.str not in kinds:
            raise ValueError(f"array {number} is of {array.dtype}")
        return array

    def levels(self, number: Any, name: str) -> NDArray[np.int32] | None:
        """Return levels, which may be written in fewer bytes; arguments and errors as for all."""
        array = self(number, name, "|i1", "<i2", ">i2", "<i4", ">i4")
        if array is None:
            return None
        if number not in self.widened:
            self.widened[number] = array.astype(np.int32)
        return self.widened[number]

    def array(self, number: int) -> NDArray[Any]:
        """Read one array."""
        described, data = self.outlines[number], read_member(self.archive, str(number))
        if len(data) != described.nbytes:
            shape = reprlib.repr(list(described.shape))
            raise ValueError(f"{number} doesn't hold {shape} of {described.dtype}")
        array: NDArray[Any] = np.frombuffer(data, described.dtype).reshape(described.shape)
        if described.dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
            raise ValueError(f"{number} doesn't hold booleans")
        return array


def outline(dtype: Any, shape: Any) -> Outline:
    """Return what is said of an array, checked."""
    if DTYPE.fullmatch(text(dtype)) is None:
        raise ValueError(f"{reprlib.repr(dtype)} is not a numeric dtype")
    return Outline(np.dtype(dtype), tuple(whole_number(length) for length in listed(shape)))


def state_of(content: dict[str, Any], arrays: Arrays) -> SessionState:
    """Return the state that `SessionState.as_content` described.

    Raises:
        ValueError: the parts don't fit together, or aren't what they should be; so do the other
            errors that reading plain data of another kind raises.
    """
    base_device, base_node = content["base_device"], content["base_node"]
    state = SessionState(
        coded=dict(coded_entry(entry, arrays) for entry in listed(content["coded"])),
        values=dict(array_entry(entry, arrays) for entry in listed(content["values"])),
        differences=dict(array_entry(entry, arrays) for entry in listed(content["differences"])),
        formats=dict(format_entry(*entry) for entry in listed(content["formats"])),
        notes=dict(note_entry(*entry) for entry in listed(content["notes"])),
        ties=dict(tie_entry(*entry) for entry in listed(content.get("ties", []))),
        base_device=None if base_device is None else whole_number(base_device),
        base_node=None if base_node is None else node(*base_node),
        residuals=dict(residual_entry(entry, arrays) for entry in content.get("residuals", [])),
        slim=bool(content.get("slim")),
    )
    for place, difference in state.differences.items():
        if place in state.values and state.values[place].shape != difference.shape:
            raise ValueError(f"the difference of {reprlib.repr(place[1])} is of another shape")
    return state


def tie_entry(device: Any, name: Any, first: Any) -> tuple[Key, str | None]:
    """Return which other tensor the values of one are."""
    if first is not None and not isinstance(first, str):
        raise ValueError(f"a tensor named {reprlib.repr(first)}")
    return key(device, name), first


def coded_entry(entry: dict[str, Any], arrays: Arrays) -> tuple[Key, CodedState]:
    """Return what is kept of a coded tensor."""
    owner = key(entry["device"], entry["name"])
    levels = arrays.levels(entry["levels"], owner[1])
    history = arrays(entry["history"], owner[1], "|b1")
    if levels is not None and history is not None and levels.shape != history.shape:
        raise ValueError(f"levels and history of {reprlib.repr(owner[1])} are of different shapes")
    digests = {
        algorithm: digest(entry["digests"][algorithm], bits)
        for algorithm, bits in DIGEST_ALGORITHMS.items()
    }
    size, step = whole_number(entry["payload_size"]), entry.get("step")
    if step is not None and not (type(step) is float and 0 < step < math.inf):
        raise ValueError(f"a step of {reprlib.repr(step)}")
    return owner, CodedState(node(*entry["node"]), levels, history, digests, size, step)


def array_entry(entry: Any, arrays: Arrays) -> tuple[Key, NDArray[Any]]:
    """Return the values or the difference of a tensor."""
    device, name, number = entry
    if number is None:
        raise ValueError(f"{reprlib.repr(name)} has no values")
    owner = key(device, name)
    return owner, arrays(number, owner[1])


def residual_entry(entry: Any, arrays: Arrays) -> tuple[Key, NDArray[Any]]:
    """Return what was left out of the updates of a tensor."""
    owner, residual = array_entry(entry, arrays)
    if residual.dtype != np.float32:
        raise ValueError(f"what is left of {reprlib.repr(owner[1])} is of {residual.dtype}")
    return owner, residual


def format_entry(device: Any, name: Any, data_format: Any) -> tuple[Key, int]:
    """Return the format of a tensor."""
    if whole_number(data_format) not in DTYPES:
        raise ValueError(f"{reprlib.repr(data_format)} is not a data format")
    return key(device, name), data_format


def note_entry(device: Any, name: Any, note: Any) -> tuple[Key, TensorNote]:
    """Return what a metadata unit says of a tensor."""
    return key(device, name), tensor_note(note)


def key(device: Any, name: Any) -> Key:
    """Return a tensor on a device."""
    return (ROOT if device == ROOT else whole_number(device)), text(name)


def node(device: Any, parameter: Any, depth: Any) -> Node:
    """Return a node of the parameter update tree."""
    tree = None if parameter is None else whole_number(parameter)
    return Node(whole_number(device), tree, whole_number(depth))


def digest(digits: Any, bits: int) -> str:
    """Return a digest in hexadecimal digits."""
    if re.fullmatch(f"[0-9a-f]{{{bits // 4}}}", text(digits)) is None:
        raise ValueError(f"{reprlib.repr(digits)} is no digest of {bits} bits")
    return text(digits)


def whole_number(value: Any) -> int:
    """Return a number from 0 on."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{reprlib.repr(value)} is not a number, 0 or more")
    return value


def text(value: Any) -> str:
    """Return what has to be text."""
    if not isinstance(value, str):
        raise ValueError(f"{reprlib.repr(value)} is not text")
    return value


def listed(value: Any) -> Sequence[Any]:
    """Return what has to be a list."""
    if not isinstance(value, list):
        raise ValueError(f"{reprlib.repr(value)} is not a list")
    return value
