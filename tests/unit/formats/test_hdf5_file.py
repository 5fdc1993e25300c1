"""HDF5 files that would lead the library astray."""

import io
import struct

import numpy as np
import pytest

from nnc import InputError
from nnc.formats import read_model
from nnc.formats.hdf5_file import HEAP, OBJECT, CheckedBytes

h5py = pytest.importorskip("h5py")


def file_with_texts(version):
    """Texts of any length are kept in a heap."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=version) as file:
        file.attrs["backend"] = "a text"
        file.attrs["names"] = ["one", "two and more"]
        file["w"] = np.ones(3, "f4")
    return buffer.getvalue()


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_whole_files(version, tmp_path):
    data = file_with_texts(version)
    assert HEAP in data
    with h5py.File(CheckedBytes(data), "r") as file:
        assert list(file.attrs["names"]) == ["one", "two and more"]
    (tmp_path / "m.h5").write_bytes(data)
    assert read_model(tmp_path / "m.h5").tensors["w"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("size", [0, 1 << 40, (1 << 64) - 16, (1 << 64) - 1])
def test_objects_of_a_heap_that_have_no_end(version, size, tmp_path):
    """With free space of no size the library never came back."""
    data = bytearray(file_with_texts(version))
    heap = data.index(HEAP)
    struct.pack_into("<HHIQ", data, heap + OBJECT + 8, 0 if size == 0 else 1, 1, 0, size)
    (tmp_path / "m.h5").write_bytes(data)
    with pytest.raises(InputError, match=rf"an object in a global heap has {size} bytes"):
        read_model(tmp_path / "m.h5")


@pytest.mark.parametrize("data", [b"", b"\x89HDF\r\n\x1a\n", HEAP, HEAP + bytes(4)])
def test_what_is_no_file(data, tmp_path):
    CheckedBytes(data).readinto(bytearray(4))
    (tmp_path / "m.h5").write_bytes(data)
    with pytest.raises(InputError):
        read_model(tmp_path / "m.h5")
