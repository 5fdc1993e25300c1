import json
import struct

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from nnc.bitio import InputError
from nnc.formats import TensorInfo, open_sink, open_source, read_model, write_model
from nnc.formats.safetensors import DTYPES


def tensors_of_all_types():
    numbers = np.random.default_rng(0)
    tensors = {
        f"t{i % 3}.{name}": (numbers.standard_normal((3, i + 1)) * 5).astype(dtype)
        for i, (name, dtype) in enumerate(DTYPES.items())
    }
    return tensors | {"ü": np.array(3, np.float32), "e": np.zeros((0, 4), np.int64)}


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_files_are_those_of_the_library(metadata, tmp_path):
    tensors = tensors_of_all_types()
    save_file(tensors, tmp_path / "library.safetensors", metadata=metadata)
    write_model(tmp_path / "ours.safetensors", tensors, metadata)
    library, ours = ((tmp_path / f"{n}.safetensors").read_bytes() for n in ("library", "ours"))
    assert ours == library


def test_what_is_written_is_read(tmp_path):
    tensors = tensors_of_all_types()
    write_model(tmp_path / "m.safetensors", tensors, {"a": "b", "c": "d"})
    model = read_model(tmp_path / "m.safetensors")
    assert model.metadata == {"a": "b", "c": "d"}
    assert model.tensors.keys() == tensors.keys()
    for name, values in tensors.items():
        back = model.tensors[name]
        assert (back.dtype, back.shape) == (values.dtype, values.shape)
        assert back.tobytes() == values.tobytes()


def test_no_tensors(tmp_path):
    write_model(tmp_path / "m.safetensors", {})
    assert load_file(tmp_path / "m.safetensors") == {}
    assert read_model(tmp_path / "m.safetensors").tensors == {}


def test_source_gives_views_that_stay_valid(tmp_path):
    values = np.arange(100_000, dtype=np.float32)
    save_file({"a": values}, tmp_path / "m.safetensors")
    with open_source(tmp_path / "m.safetensors") as source:
        assert source.tensors == {"a": TensorInfo((100_000,), np.dtype(np.float32))}
        view = source["a"]
        assert not view.flags.owndata
        assert not view.flags.writeable
        source.release("a")
        np.testing.assert_array_equal(view, values)
    np.testing.assert_array_equal(view, values)


def infos(**shapes):
    return {name: TensorInfo(shape, np.dtype(np.float32)) for name, shape in shapes.items()}


def test_tensors_are_written_in_any_order(tmp_path):
    path = tmp_path / "m.safetensors"
    with open_sink(path, infos(a=(2,), b=(3,))) as sink:
        sink.write("b", np.ones(3, np.float32))
        assert not path.exists()
        sink.write("a", np.zeros(2, np.float32))
    assert load_file(path)["b"].tolist() == [1, 1, 1]
    assert [file.name for file in tmp_path.iterdir()] == ["m.safetensors"]


def write_two(path, writes):
    with open_sink(path, infos(a=(2,), b=(3,))) as sink:
        for name, shape, dtype in writes:
            sink.write(name, np.zeros(shape, dtype))


@pytest.mark.parametrize(
    ("writes", "message"),
    [
        ([("a", (2,), "f4")], "'b' was never written"),
        ([("c", (2,), "f4")], "not among those left"),
        ([("a", (2,), "f4"), ("a", (2,), "f4")], "not among those left"),
        ([("a", (1, 2), "f4")], "as was said"),
        ([("a", (2,), "i4")], "as was said"),
    ],
)
@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_wrong_writes_leave_nothing(writes, message, suffix, tmp_path):
    with pytest.raises(InputError, match=message):
        write_two(tmp_path / f"m{suffix}", writes)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
def test_an_interrupt_leaves_the_old_file(suffix, tmp_path):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), open_sink(path, infos(a=(2,))):
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_types_that_the_format_does_not_have(tmp_path):
    values = np.zeros(2, ml_dtypes.float8_e4m3b11fnuz)
    with pytest.raises(InputError, match=r"no float8_e4m3b11fnuz \(tensor 'a'\)"):
        write_model(tmp_path / "m.safetensors", {"a": values})
    with pytest.raises(InputError, match="__metadata__"):
        write_model(tmp_path / "m.safetensors", {"__metadata__": np.zeros(2)})
    assert list(tmp_path.iterdir()) == []


def test_a_type_that_numpy_does_not_have(tmp_path):
    path = tmp_path / "m.safetensors"
    header = json.dumps({"a": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0")
    with pytest.raises(InputError, match="'a' is of dtype F4"):
        open_source(path)


@pytest.mark.parametrize(
    ("shape", "message"),
    [([1] * 100_000, "100000 dimensions"), ([1 << 40, 0, 1 << 40], "more values than memory")],
)
def test_shapes_that_numpy_does_not_have(shape, message, tmp_path):
    size = 0 if 0 in shape else 4
    header = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}}).encode()
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    with pytest.raises(InputError, match=message):
        open_source(tmp_path / "m.safetensors")


@pytest.mark.parametrize("content", [b"", b"\0", b"\xff" * 16, struct.pack("<Q", 2) + b"{]"])
def test_what_is_no_safetensors_file(content, tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"m\.safetensors"):
        open_source(path)
