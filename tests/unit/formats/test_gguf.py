"""GGUF files, dequantized or as blocks."""

import numpy as np
import pytest

from nnc import InputError
from nnc.cli.main import run
from nnc.formats import read_model
from nnc.formats.gguf import open_source
from tests.unit.formats.frameworks import there_and_back

gguf = pytest.importorskip("gguf")
RANDOM = np.random.default_rng(9)
WEIGHT = RANDOM.normal(size=(6, 64)).astype(np.float32)


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(place, "llama")
    writer.add_name("a test")
    writer.add_block_count(2)
    writer.add_array("tokens", [f"t{i}" for i in range(100)])
    writer.add_array("few", [1, 2, 3])
    writer.add_tensor("plain", WEIGHT[:, :5].copy())
    writer.add_tensor("half", WEIGHT.astype(np.float16))
    blocks = gguf.quants.quantize(WEIGHT, gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("blocks", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return place


def test_dequantized(path, tmp_path):
    before, after = there_and_back(path, tmp_path / "back.safetensors")
    assert {name: one.shape for name, one in before.tensors.items()} == {
        "plain": (6, 5), "half": (6, 64), "blocks": (6, 64),
    }  # fmt: skip
    assert before.tensors["half"].dtype == np.float16
    assert np.abs(before.tensors["blocks"] - WEIGHT).max() < 0.02
    assert set(after.tensors) == set(before.tensors)
    for name, values in after.tensors.items():
        assert values.dtype == before.tensors[name].dtype
        assert np.abs(values - before.tensors[name]).max() < 0.01
    assert before.metadata["general.name"] == "a test"
    assert before.metadata["few"] == "[1, 2, 3]"
    assert "tokens" not in before.metadata
    assert after.metadata == before.metadata


def test_blocks_as_they_are(path):
    source = open_source(path, dequantize=False)
    blocks = source["blocks"]
    assert (blocks.dtype, blocks.shape) == (np.uint8, (6, 68))
    assert (source.tensors["blocks"].shape, source.tensors["blocks"].dtype) == ((6, 68), np.uint8)
    kind = gguf.GGMLQuantizationType.Q8_0
    np.testing.assert_array_equal(
        gguf.quants.dequantize(blocks, kind), read_model(path).tensors["blocks"]
    )


def test_recognized_by_content_and_not_written(path, tmp_path):
    other = path.rename(tmp_path / "model.something")
    assert "blocks" in read_model(other).tensors
    assert run(["encode", str(other), "-o", str(tmp_path / "x.nnc"), "-q"]) == 0
    assert run(["decode", str(tmp_path / "x.nnc"), "-o", str(tmp_path / "x.gguf")]) == 4


@pytest.mark.parametrize("place", [4, 8, 16, 24, 52])
@pytest.mark.parametrize("value", [0xFF, 0x7F])
def test_damaged_files(path, place, value, tmp_path):
    data = bytearray(path.read_bytes())
    data[place : place + 8] = bytes([value]) * 8
    (tmp_path / "x.gguf").write_bytes(data)
    with pytest.raises(InputError, match="no GGUF file"):
        read_model(tmp_path / "x.gguf")


def test_tensors_of_many_dimensions(path, tmp_path):
    data = path.read_bytes()
    place = data.index(b"plain") + len(b"plain")
    rank = (100_000).to_bytes(4, "little")
    ones = (1).to_bytes(8, "little") * 100_000
    (tmp_path / "x.gguf").write_bytes(data[:place] + rank + ones + data[place + 20 :])
    with pytest.raises(InputError, match=r"100000 dimensions|no GGUF file"):
        read_model(tmp_path / "x.gguf")


@pytest.mark.parametrize("length", [0, 3, 10, 100, 700])
def test_files_that_end_early(path, length, tmp_path):
    (tmp_path / "x.gguf").write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match=r"no GGUF file|the file is empty"):
        read_model(tmp_path / "x.gguf")
