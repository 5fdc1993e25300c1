"""What a decoder keeps between the bitstreams of a session, and its file."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.bitstream import replace_file
from nnc.decoder.data_format import deliver
from nnc.decoder.metadata import TensorNote, restore, tensor_note
from nnc.decoder.node import Node

#: A tensor on a device: device_id and name.
Key = tuple[int, str]

#: In place of a device: the base model that all devices start from, kept for those that begin
#: later than others go on.
ROOT = -1

FILE_VERSION = 1

#: What reading a damaged archive raises. The file itself is open by then, so that an OSError is
#: about a place that the archive names; a RuntimeError tells a method that it claims to use.
UNREADABLE = (
    zipfile.BadZipFile, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError,
    OSError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CodedState:
    """What is kept of one coded tensor on one device.

    Attributes:
        node: where in the parameter update tree it is.
        levels: levels of its last unit, int32 of its shape; None if those were raw values.
        history: whether a level was not 0 in any update so far, bool of its shape.
        digests: digests of the payload of its last unit, in hexadecimal digits by algorithm.
    """

    node: Node
    levels: NDArray[np.int32] | None
    history: NDArray[np.bool_] | None
    digests: Mapping[str, str]


@dataclass(slots=True)
class SessionState:
    """The state of a decoder between two bitstreams.

    Attributes:
        coded: what is kept of each coded tensor.
        values: each tensor as it is now: float32, or integers.
        differences: the last difference of each tensor, for predictive residual encoding.
        formats: nnr_decompressed_data_format by name, of tensors that came as bitstreams.
        notes: what the metadata units say, by name.
        base_device: the device that the base model came from.
        base_node: node of a base model that was given as arrays; None for a coded one.
    """

    coded: dict[Key, CodedState] = field(default_factory=dict)
    values: dict[Key, NDArray[Any]] = field(default_factory=dict)
    differences: dict[Key, NDArray[Any]] = field(default_factory=dict)
    formats: dict[str, int] = field(default_factory=dict)
    notes: dict[str, TensorNote] = field(default_factory=dict)
    base_device: int | None = None
    base_node: Node | None = None

    def copy(self) -> SessionState:
        """Give a state that can be changed without this one; the arrays are shared."""
        return SessionState(
            dict(self.coded),
            dict(self.values),
            dict(self.differences),
            dict(self.formats),
            dict(self.notes),
            self.base_device,
            self.base_node,
        )

    def value(self, device: int, name: str) -> NDArray[Any] | None:
        """Give a tensor as a device has it: its own, else the one all devices start from."""
        own = self.values.get((device, name))
        return self.values.get((ROOT, name)) if own is None else own

    def names(self, device: int) -> list[str]:
        """Give the names of the tensors that a device has."""
        owners = {device, ROOT}
        return list(dict.fromkeys(name for owner, name in self.values if owner in owners))

    def names_without_values(self) -> set[str]:
        """Give the names of tensors of which only differences came, and not what these are to."""
        return {name for device, name in self.differences if self.value(device, name) is None}

    def model(self, device: int) -> dict[str, NDArray[Any]]:
        """Give all tensors as a device has them, in their formats; the caller may change them.

        Raises:
            InvalidError: a value doesn't fit its format.
        """
        return {name: self.delivered(device, name) for name in self.names(device)}

    def delivered(self, device: int, name: str) -> NDArray[Any]:
        """Give one tensor in its format."""
        kept = self.value(device, name)
        assert kept is not None, "names() gives names of values only"
        values = kept.copy()
        if name in self.formats:
            values = deliver(values, self.formats[name], name)
        note = self.notes.get(name)
        return values if note is None else restore(values, note, name)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state into one file, which is replaced in one step or not at all."""
        arrays: list[NDArray[Any]] = []

        def stored(array: NDArray[Any] | None) -> int | None:
            if array is None:
                return None
            arrays.append(array)
            return len(arrays) - 1

        content = self.as_content(stored)
        replace_file(path, lambda file: write_archive(file, content, arrays))

    def as_content(self, stored: Callable[[NDArray[Any] | None], int | None]) -> dict[str, Any]:
        """Give the state as plain data, in which numbers stand for the arrays."""
        return {
            "version": FILE_VERSION,
            "base_device": self.base_device,
            "base_node": None if self.base_node is None else node_content(self.base_node),
            "formats": self.formats,
            "notes": {name: note.as_content() for name, note in self.notes.items()},
            "coded": [
                {
                    "device": device,
                    "name": name,
                    "node": node_content(state.node),
                    "levels": stored(state.levels),
                    "history": stored(state.history),
                    "digests": dict(state.digests),
                }
                for (device, name), state in self.coded.items()
            ],
            "values": [[*key, stored(array)] for key, array in self.values.items()],
            "differences": [[*key, stored(array)] for key, array in self.differences.items()],
        }

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SessionState:
        """Read a state that `save` wrote.

        Raises:
            InputError: the file is none.
            OSError: it can't be read.
        """
        with open(path, "rb") as file:
            try:
                with zipfile.ZipFile(file) as archive:
                    content = json.loads(read_member(archive, "state.json"))
                    return cls.from_content(content, lambda number: read_array(archive, number))
            except UNREADABLE as error:
                said = f"{os.fspath(path)}: not the state of a session: {error}"
                raise InputError(said) from None

    @classmethod
    def from_content(
        cls, content: dict[str, Any], array: Callable[[int | None], Any]
    ) -> SessionState:
        """Give the state that `as_content` described."""
        if content["version"] != FILE_VERSION:
            raise ValueError(f"version {content['version']}")
        base_node = content["base_node"]
        return cls(
            coded={
                (entry["device"], entry["name"]): CodedState(
                    Node(*entry["node"]),
                    array(entry["levels"]),
                    array(entry["history"]),
                    entry["digests"],
                )
                for entry in content["coded"]
            },
            values={(d, name): array(number) for d, name, number in content["values"]},
            differences={(d, name): array(number) for d, name, number in content["differences"]},
            formats=content["formats"],
            notes={name: tensor_note(note) for name, note in content["notes"].items()},
            base_device=content["base_device"],
            base_node=None if base_node is None else Node(*base_node),
        )


def node_content(node: Node) -> list[int | None]:
    """Give a node as plain data."""
    return [node.device_id, node.parameter_id, node.depth]


def write_archive(file: BinaryIO, content: dict[str, Any], arrays: list[NDArray[Any]]) -> None:
    """Write plain data and arrays as a zip archive, the same bytes for the same state."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        # Members described in this way carry no time of writing.
        archive.writestr(zipfile.ZipInfo("state.json"), json.dumps(content))
        for number, array in enumerate(arrays):
            described = zipfile.ZipInfo(f"{number}.npy")
            with archive.open(described, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read one member of an archive, of no more bytes than the file has.

    Raises:
        ValueError: it is compressed, which `save` never does.
    """
    if archive.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{name} is compressed")
    return archive.read(name)


def read_array(archive: zipfile.ZipFile, number: int | None) -> NDArray[Any] | None:
    """Read one array of an archive, which can't be written to.

    Raises:
        ValueError: the array isn't as long as its header says, or isn't one of numbers.
    """
    if number is None:
        return None
    data = read_member(archive, f"{number}.npy")
    header = io.BytesIO(data)
    version = np.lib.format.read_magic(header)
    if version != (1, 0):
        raise ValueError(f"{number}.npy is of version {version}")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(header)
    if dtype.kind not in "biuf" or math.prod(shape) * dtype.itemsize != len(data) - header.tell():
        raise ValueError(f"{number}.npy doesn't hold {list(shape)} of {dtype}")
    array: NDArray[Any] = np.frombuffer(data, dtype, offset=header.tell())
    return array.reshape(shape, order="F" if is_fortran else "C")
