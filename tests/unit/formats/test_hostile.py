"""What is refused in the files of others, and how a missing framework is named."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc import InputError
from nnc.cli.main import run
from nnc.formats import open_source, read_model
from nnc.formats.extras import load
from nnc.formats.hostile import (
    check_expansion,
    check_name,
    check_shape,
    safe_file,
    safe_member,
    unpacking,
)


@pytest.mark.parametrize("shape", [(), (0,), (3, 4), (1,) * 64, (1 << 60,)])
def test_shapes_that_arrays_have(shape):
    check_shape("m.x", "t", shape)


@pytest.mark.parametrize("shape", [(1,) * 100_000, (-1,), (1 << 40, 1 << 40), (0, 1 << 61)])
def test_shapes_that_no_array_has(shape):
    with pytest.raises(InputError, match=r"m\.x: tensor 't'"):
        check_shape("m.x", "t", shape)


@pytest.mark.parametrize("name", ["a", "a/b.dat", "ä/b c", "..a/b..", "a.b-c_1"])
def test_names_of_files_in_a_model(name, tmp_path):
    assert str(safe_member("m", name)) == name
    assert safe_file(tmp_path, name) == (tmp_path / name).resolve()


@pytest.mark.parametrize(
    "name",
    ["", ".", "/a", "../a", "a/../b", "a\0b", "a\nb", "\x1b[31m", "a\\b", "C:a", "a\u202eb", "*"],
)
def test_names_that_lead_elsewhere(name):
    with pytest.raises(InputError, match="can't be the name of a file"):
        safe_member("m", name)


def test_expansion():
    check_expansion("m", "weights", 10, 1 << 28)
    check_expansion("m", "weights", 1 << 20, 400 << 20)
    with pytest.raises(InputError, match=r"'weights' says that its 10 bytes unpack to 536870912"):
        check_expansion("m", "weights", 10, 1 << 29)


def test_what_a_file_unpacks_to_is_counted_over_all_its_tensors():
    with unpacking(1000):
        check_expansion("m", "a", 0, 600)
        check_expansion("m", "b", 3, 600)
        with pytest.raises(InputError, match=r"'c' says .* with those before it 1200; no model"):
            check_expansion("m", "c", 0, 600)
    with unpacking(1000):
        check_expansion("m", "d", 0, 900)


def test_the_environment_says_how_much_a_file_may_unpack_to(monkeypatch):
    monkeypatch.setenv("NNC_UNPACKED_BYTES", str(1 << 30))
    check_expansion("m", "weights", 10, 1 << 29)
    monkeypatch.setenv("NNC_UNPACKED_BYTES", "much")
    with pytest.raises(InputError, match="NNC_UNPACKED_BYTES is a number of bytes, not 'much'"):
        check_expansion("m", "weights", 10, 1 << 29)


def packed_npz(path, count):
    members = io.BytesIO()
    np.lib.format.write_array(members, np.zeros((1024, 256), "f4"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"t{number}.npy", members.getvalue())


def test_many_tensors_that_are_each_small_enough_are_refused_together(tmp_path):
    path = tmp_path / "m.npz"
    packed_npz(path, 20)
    with pytest.raises(InputError, match="with those before it"):
        open_source(path, unpacked=10 << 20)
    assert len(open_source(path, unpacked=20 << 20)) == 20


def test_tensors_that_lie_in_the_same_bytes_are_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "m.h5"
    with h5py.File(path, "w") as file:
        for number in range(20):
            file.create_dataset(f"t{number}", shape=(1024, 256), dtype="f4")
    with pytest.raises(InputError, match="unpack to"):
        open_source(path, unpacked=10 << 20)


def test_views_that_are_larger_than_what_they_look_at_are_refused(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "m.pt"
    one = torch.zeros(1)
    torch.save({f"t{number}": one.expand(1024, 256) for number in range(20)}, path)
    with pytest.raises(InputError, match="unpack to"):
        open_source(path, unpacked=10 << 20)
    whole = torch.zeros(1024, 1024)
    torch.save({f"t{number}": whole.view(-1) for number in range(300)}, path)
    with pytest.raises(InputError, match="'the file' says"):
        open_source(path, unpacked=10 << 20)


HARMFUL = [
    "../x",
    "a/../b",
    "..",
    "a\\..\\b",
    "a\0",
    "a\nb",
    "\x1b[2J",
    "a\x9bb",
    "a\u202eb",
    "\x7f",
]


@pytest.mark.parametrize("name", HARMFUL)
def test_names_of_tensors_that_do_harm(name, tmp_path):
    """They are refused where files are read, and where a bitstream would be written to one."""
    with pytest.raises(InputError, match="no tensor can be named"):
        check_name("m", name)
    if "\0" not in name:
        save_file({name: np.ones(3)}, tmp_path / "m.safetensors")
        with pytest.raises(InputError, match="no tensor can be named"):
            read_model(tmp_path / "m.safetensors")
        assert run(["encode", str(tmp_path / "m.safetensors"), "-o", str(tmp_path / "m.nnc")]) == 4
        (tmp_path / "m.nnc").write_bytes(nnc.encode({name: np.ones(3)}))
        for suffix in ("safetensors", "npz"):
            place = tmp_path / f"back.{suffix}"
            assert run(["decode", str(tmp_path / "m.nnc"), "-o", str(place)]) == 4
            assert not place.exists()


@pytest.mark.parametrize("name", ["a..b", "...", "ä é", "a\u200db", "x/..y", "", "模型/0"])
def test_names_of_tensors_that_do_none(name):
    check_name("m", name)


@pytest.mark.parametrize("name", [b"\xe1", 5, None])
def test_names_of_tensors_that_are_no_text(name):
    with pytest.raises(InputError, match="which is no text"):
        check_name("m", name)


def test_a_missing_framework_is_named():
    with pytest.raises(InputError, match=r"ONNX models need nowhere_at_all .*'nnc\[onnx\]'"):
        load("nowhere_at_all", "onnx", "ONNX models")
    with pytest.raises(InputError, match="pip install nowhere_at_all"):
        load("nowhere_at_all", "", "models")


def test_frameworks_are_imported_only_when_needed():
    code = (
        "import sys, nnc, nnc.formats, nnc.numpy, nnc.torch, nnc.onnx;"
        "heavy = {'torch', 'onnx', 'onnxruntime', 'keras', 'tensorflow', 'h5py', 'gguf', 'nnef'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
