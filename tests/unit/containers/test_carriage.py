"""Annex E: bitstreams in files of other formats and out of them again."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import nnc
from nnc.cli.main import run
from nnc.containers import EMBEDDING_SUFFIXES, TAG_URI, embed, extract

TENSORS = {"a": np.arange(30, dtype=np.float32).reshape(5, 6), "b": np.arange(4, dtype=np.int64)}


@pytest.fixture
def model(tmp_path):
    nnc.save_file(TENSORS, tmp_path / "model.nnc")
    return tmp_path / "model.nnc"


@pytest.mark.parametrize("suffix", EMBEDDING_SUFFIXES)
def test_annex_e_bitstreams_come_back_byte_for_byte(model, suffix):
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    container = model.with_name(f"carrier{suffix}")
    embed(model, container)
    extract(container, model.with_name("back.nnc"))
    assert model.with_name("back.nnc").read_bytes() == model.read_bytes()


def test_annex_e_a_safetensors_file_says_what_it_holds(model):
    carrier = model.with_name("carrier.safetensors")
    embed(model, carrier)
    assert load_file(carrier)["nnc"].tobytes() == model.read_bytes()
    size = int.from_bytes(carrier.read_bytes()[:8], "little")
    assert json.loads(carrier.read_bytes()[8 : 8 + size])["__metadata__"] == {"nnc": TAG_URI}


def test_annex_e_onnx_initializers_point_at_units(model):
    onnx = pytest.importorskip("onnx")
    embed(model, model.with_suffix(".onnx"))
    loaded = onnx.load(model.with_suffix(".onnx"), load_external_data=False)
    data = model.read_bytes()
    units = {}
    for tensor in loaded.graph.initializer:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        assert entries["location"] == "model.nnc"
        start, length = int(entries["offset"]), int(entries["length"])
        units[tensor.name] = data[start : start + length]
    parsed = nnc.Bitstream.parse(data).units
    assert units == {unit.names[0]: bytes(unit.whole) for unit in parsed[-2:]}
    shapes = {tensor.name: tuple(tensor.dims) for tensor in loaded.graph.initializer}
    assert shapes == {name: values.shape for name, values in TENSORS.items()}


@pytest.mark.parametrize("options", [{"part_size": 50}, {"aggregates": "all"}], ids=str)
def test_annex_e_onnx_initializers_of_tensors_in_parts_and_aggregates(tmp_path, options):
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "model.nnc"
    nnc.save_file(TENSORS, path, **options)
    embed(path, path.with_suffix(".onnx"))
    loaded = onnx.load(path.with_suffix(".onnx"), load_external_data=False)
    assert [tensor.name for tensor in loaded.graph.initializer] == list(nnc.load_file(path))
    ends = []
    for tensor in loaded.graph.initializer:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        ends.append(int(entries["offset"]) + int(entries["length"]))
    assert ends[-1] == path.stat().st_size


@pytest.mark.parametrize("location", ["../model.nnc", "/etc/hostname", "", "a\\b.nnc", ".", "none"])
def test_annex_e_onnx_external_data_stay_in_the_folder(model, tmp_path, location):
    onnx = pytest.importorskip("onnx")
    carrier = tmp_path / "inside" / "carrier.onnx"
    carrier.parent.mkdir()
    embed(model, carrier)
    loaded = onnx.load(carrier, load_external_data=False)
    for tensor in loaded.graph.initializer:
        tensor.external_data[0].value = location
    carrier.write_bytes(loaded.SerializeToString())
    with pytest.raises(nnc.InputError, match="a file in the model's folder"):
        extract(carrier, tmp_path / "out.nnc")
    assert not (tmp_path / "out.nnc").exists()


def test_annex_e_the_tag_uri_names_the_format():
    assert TAG_URI == "tag:iso.org,2023:15938-17"


def test_annex_e_no_links_are_followed_from_onnx(model, tmp_path):
    pytest.importorskip("onnx")
    folder = tmp_path / "inside"
    folder.mkdir()
    embed(model, folder / "carrier.onnx")
    (folder / "model.nnc").rename(tmp_path / "outside.nnc")
    (folder / "model.nnc").symlink_to(tmp_path / "outside.nnc")
    with pytest.raises(nnc.InputError, match="a file in the model's folder"):
        extract(folder / "carrier.onnx", tmp_path / "out.nnc")
    assert not (tmp_path / "out.nnc").exists()


def test_other_files_are_refused(model, tmp_path):
    save_file({"a": np.zeros(3)}, tmp_path / "plain.safetensors")
    (tmp_path / "text.txt").write_text("nothing of the kind")
    for container, message in [
        ("plain.safetensors", "no bitstream in this"),
        ("text.txt", "not an ISO base media file"),
    ]:
        with pytest.raises(nnc.InputError, match=message):
            extract(tmp_path / container, tmp_path / "out.nnc")
    with pytest.raises(nnc.InputError, match="not the suffix of a container"):
        embed(model, tmp_path / "model.zip")
    (tmp_path / "empty.nnc").write_bytes(b"")
    with pytest.raises(nnc.InputError, match="empty"):
        embed(tmp_path / "empty.nnc", tmp_path / "empty.mp4")


def test_annex_e_the_command(model, tmp_path, capsys):
    carrier, back = str(tmp_path / "carrier.mp4"), str(tmp_path / "back.nnc")
    assert run(["embed", str(model), "-o", carrier]) == 0
    assert run(["embed", str(model), "-o", carrier]) == 4
    assert "--force overwrites it" in capsys.readouterr().err
    assert run(["extract", carrier, "-o", back]) == 0
    assert (tmp_path / "back.nnc").read_bytes() == model.read_bytes()
    assert run(["extract", carrier, "--item", "9", "-o", back, "--force"]) == 4
    assert "no item 9" in capsys.readouterr().err
