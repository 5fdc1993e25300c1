"""What is refused in the files of others, and how a missing framework is named."""

import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc import InputError
from nnc.cli.main import run
from nnc.formats import read_model
from nnc.formats.extras import load
from nnc.formats.hostile import check_expansion, check_name, check_shape, safe_file, safe_member


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
    check_expansion("m", "weights", 10, 1 << 24)
    check_expansion("m", "weights", 1 << 20, 150 << 20)
    with pytest.raises(InputError, match=r"'weights' claims to unpack from 10 bytes to 33554432"):
        check_expansion("m", "weights", 10, 1 << 25)


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
