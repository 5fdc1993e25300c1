"""npz files that claim more than they hold, and what else is no model."""

import io
import struct
import zipfile

import numpy as np
import pytest

import nnc
from nnc import InputError
from nnc.formats import read_model, unpacked, write_model


def header(shape, kind="<f4", version=1):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def archive(tmp_path, *members, packed=True):
    kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(tmp_path / "x.npz", "w", kind) as file:
        for name, data in members:
            file.writestr(name, data)
    return tmp_path / "x.npz"


def pickled():
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], object), allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (header((1 << 40,)) + bytes(400), r"4398046511104 bytes of values, and has 400"),
        (header((1 << 40, 1 << 40)), "more values than memory"),
        (header((3,)) + bytes(11), "12 bytes of values, and has 11"),
        (header((1,) * 3000) + bytes(4), "3000 dimensions"),
        (header((1,) * 100_000, version=2) + bytes(4), r"x\.npz: .*large"),
        (header((-1,)), "negative"),
        (header((2,), "|O") + bytes(16), "pickled objects"),
        (pickled(), "pickled objects"),
        (header((2,), version=3), "no array of numbers"),
        (header((2,)) + bytes(1 << 26), "max_unpacked"),
        (header("os.system"), r"x\.npz"),
        (header((2,))[:20], r"x\.npz"),
        (b"text", r"x\.npz"),
    ],
    ids=["huge", "overflow", "short", "rank", "long header", "negative", "objects", "pickle",
         "version 3", "bomb", "code", "cut", "text"],
)  # fmt: skip
def test_hostile_members(data, message, tmp_path):
    with unpacked(1 << 24), pytest.raises(InputError, match=message):
        read_model(archive(tmp_path, ("good.npy", header((1,)) + bytes(4)), ("a.npy", data)))


def test_damaged_archives(tmp_path):
    path = archive(tmp_path, ("a.npy", header((500,)) + bytes(range(250)) * 8))
    data = path.read_bytes()
    for damaged in (data[:-30], data[:100], data[:80] + b"\xff" * 40 + data[120:], b"PK\3\4"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"x\.npz"):
            read_model(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(tmp_path):
    member = ("a.npy", header((1,)) + bytes(4))
    with pytest.raises(InputError, match="twice"):
        read_model(archive(tmp_path, member, member))


def test_arrays_of_all_kinds_are_read(tmp_path):
    arrays = {"a": np.array(3.5), "b/c": np.zeros((0, 4)), "file": np.asfortranarray(np.eye(3)),
              "t": np.array([True, False])}  # fmt: skip
    write_model(tmp_path / "m.npz", arrays)
    back = read_model(tmp_path / "m.npz").tensors
    assert list(back) == list(arrays)
    for name, values in arrays.items():
        np.testing.assert_array_equal(back[name], values)


@pytest.mark.parametrize("shape", [(3000, 3000), (9_000_000,)])
def test_zeros_that_pack_well_are_read(shape, tmp_path):
    values = np.zeros(shape, "f4")
    values.reshape(-1)[::8633] = 1.5
    np.savez_compressed(tmp_path / "m.npz", w=values)
    assert np.array_equal(read_model(tmp_path / "m.npz").tensors["w"], values)


def test_the_limit_is_the_callers(tmp_path):
    np.savez_compressed(tmp_path / "m.npz", w=np.zeros(10_000_000, "u1"))
    with pytest.raises(InputError, match="max_unpacked"):
        nnc.encode_file(tmp_path / "m.npz", tmp_path / "m.nnc", max_unpacked=1000)
    nnc.encode_file(tmp_path / "m.npz", tmp_path / "m.nnc", max_unpacked=10_001_000)
