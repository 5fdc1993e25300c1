"""What is refused in the files of others, and how a missing framework is named."""

import subprocess
import sys

import pytest

from nnc import InputError
from nnc.formats.extras import load
from nnc.formats.hostile import check_expansion, check_shape, safe_file, safe_member


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
    with pytest.raises(InputError, match=r"'weights' says that its 10 bytes unpack to 33554432"):
        check_expansion("m", "weights", 10, 1 << 25)


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
