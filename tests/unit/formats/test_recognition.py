"""Files that are no models, and models whose suffix doesn't say what they are."""

import gzip
import os
import threading
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc import InputError
from nnc.formats import read_model, write_model
from nnc.formats.recognition import what_it_is

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 123\n"
SUFFIXES = ["safetensors", "onnx", "pt", "bin", "npz", "gguf", "keras", "h5", "tar", "xyz", ""]
TENSORS = {"w": np.ones((3, 3), "f4")}

NO_MODELS = {
    "Git LFS": POINTER,
    "HTML": b"\xef\xbb\xbf\n <!DOCTYPE html><html><body>Not found</body></html>",
    "HTML page": b"<html>",
    "XML": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "server": b'{"error":"Repository not found"}',
    "gunzip": gzip.compress(b"a model"),
    "unzstd": b"\x28\xb5\x2f\xfd" + bytes(20),
    "unxz": b"\xfd7zXZ\0" + bytes(20),
    "7z": b"7z\xbc\xaf\x27\x1c" + bytes(20),
    "empty": b"",
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("what", NO_MODELS)
def test_what_is_no_model_is_named(what, suffix, tmp_path):
    if what == "gunzip" and suffix == "tar":
        pytest.skip("a model of NNEF may be compressed")
    place = tmp_path / f"m.{suffix}".rstrip(".")
    place.write_bytes(NO_MODELS[what])
    with pytest.raises(InputError, match=what):
        nnc.encode_file(place, tmp_path / "m.nnc")
    assert not (tmp_path / "m.nnc").exists()


@pytest.mark.parametrize("name", ["m", "model-best", "m.txt", "m.weights"])
@pytest.mark.parametrize("kind", ["safetensors", "npz"])
def test_files_whose_content_is_plain_are_read(kind, name, tmp_path):
    place = tmp_path / name
    if kind == "safetensors":
        save_file(TENSORS, place)
    else:
        with place.open("wb") as file:
            np.savez(file, **TENSORS)
    assert list(read_model(place).tensors) == ["w"]


def test_a_zipped_model_is_named(tmp_path):
    place = tmp_path / "m.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("m.onnx", b"a model")
    with pytest.raises(InputError, match=r"a zip archive that holds 'm\.onnx'; unpack it"):
        read_model(place)


def test_texts_beside_tensors_can_be_left_out(tmp_path):
    np.savez(tmp_path / "m.npz", **TENSORS, labels=np.array(["cat", "dog"]))
    with pytest.raises(InputError, match=r"tensor 'labels' is of dtype <U3.*leave it out \(drop\)"):
        nnc.encode_file(tmp_path / "m.npz", tmp_path / "m.nnc")
    nnc.encode_file(tmp_path / "m.npz", tmp_path / "m.nnc", drop=["labels"])
    assert list(nnc.load_file(tmp_path / "m.nnc")) == ["w"]


def test_what_is_nothing_of_this():
    assert what_it_is(nnc.encode(TENSORS)[:512]) is None
    assert what_it_is(b"") is None
    assert what_it_is(b"a text") is None


def test_a_pointer_in_place_of_a_shard(tmp_path):
    folder = tmp_path / "m"
    write_model(f"{folder}/", TENSORS)
    shard = next(folder.glob("*.safetensors"))
    shard.write_bytes(POINTER)
    with pytest.raises(InputError, match="Git LFS pointer"):
        read_model(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("name", ["pipe", "pipe.safetensors", "63"])
def test_a_model_comes_through_a_pipe(name, tmp_path):
    save_file(TENSORS, tmp_path / "m.safetensors")
    data, pipe = (tmp_path / "m.safetensors").read_bytes(), tmp_path / name
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,), daemon=True)
    writer.start()
    assert read_model(pipe).tensors["w"].tolist() == TENSORS["w"].tolist()
    writer.join(10)
