"""Folders of models: one file or shards, links into a cache, folders below, files beside."""

import base64
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import nnc
from nnc import InputError
from nnc.formats import ModelFileWarning, read_model, write_model
from nnc.formats.folders import replace_folder
from nnc.formats.side_files import FILES_KEY, LARGEST, packed

W = {"a.weight": np.arange(6, dtype="f4").reshape(2, 3), "a.bias": np.ones(2, "f4")}
CONFIG, TOKENS = b'{"architectures": ["X"]}\n', b"\x0a\x01binary\xff"


def through(folder, tmp_path):
    """Encode a folder without loss, decode it into another one, and return that."""
    nnc.encode_file(folder, tmp_path / "m.nnc", lossless=True)
    nnc.decode_file(tmp_path / "m.nnc", f"{tmp_path}/out/")
    return tmp_path / "out"


def files_of(folder):
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def beside(folder):
    (folder / "config.json").write_bytes(CONFIG)
    (folder / "tokenizer.model").write_bytes(TOKENS)
    (folder / "merges.txt").write_text("a b\n")


@pytest.mark.filterwarnings("error")
def test_one_file_without_an_index(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    save_file(W, folder / "model.safetensors", {"format": "pt"})
    beside(folder)
    out = through(folder, tmp_path)
    assert files_of(out) == ["config.json", "merges.txt", "model.safetensors", "tokenizer.model"]
    assert (out / "tokenizer.model").read_bytes() == TOKENS
    with safe_open(out / "model.safetensors", framework="numpy") as file:
        assert file.metadata() == {"format": "pt"}
    assert load_file(out / "model.safetensors")["a.weight"].tolist() == W["a.weight"].tolist()


def test_links_into_a_cache(tmp_path):
    cache = tmp_path / "models--x"
    folder = cache / "snapshots" / "0123"
    (cache / "blobs").mkdir(parents=True)
    folder.mkdir(parents=True)
    save_file(W, cache / "blobs" / "77")
    (cache / "blobs" / "88").write_bytes(CONFIG)
    (tmp_path / "secret.json").write_bytes(b"secret")
    (folder / "model.safetensors").symlink_to("../../blobs/77")
    (folder / "config.json").symlink_to("../../blobs/88")
    (folder / "tokenizer.json").symlink_to(tmp_path / "secret.json")
    with pytest.warns(ModelFileWarning, match=r"tokenizer\.json: a link to somewhere else"):
        out = through(folder, tmp_path)
    assert files_of(out) == ["config.json", "model.safetensors"]
    assert not (out / "config.json").is_symlink()


@pytest.mark.filterwarnings("error")
def test_folders_below(tmp_path):
    folder = tmp_path / "in"
    for name, factor in (("unet", 2), ("vae", 3)):
        (folder / name).mkdir(parents=True)
        values = {key: value * factor for key, value in W.items()}
        save_file(values, folder / name / "diffusion_pytorch_model.safetensors")
        (folder / name / "config.json").write_text(name)
    (folder / "scheduler").mkdir()
    (folder / "model_index.json").write_bytes(CONFIG)
    assert list(read_model(folder).tensors)[:1] == ["unet/a.bias"]
    out = through(folder, tmp_path)
    assert files_of(out) == files_of(folder)
    back = load_file(out / "vae" / "diffusion_pytorch_model.safetensors")
    assert back["a.bias"].tolist() == [3, 3]


@pytest.mark.filterwarnings("error")
def test_an_index_of_another_name(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    shards = {f"own-0000{one}-of-00002.safetensors": name for one, name in enumerate(W, 1)}
    for shard, name in shards.items():
        save_file({name: W[name]}, folder / shard)
    index = {"metadata": {}, "weight_map": {name: shard for shard, name in shards.items()}}
    (folder / "own.safetensors.index.json").write_text(json.dumps(index))
    out = through(folder, tmp_path)
    assert files_of(out) == files_of(folder)
    assert read_model(out).tensors.keys() == W.keys()


@pytest.mark.parametrize("sharded", [False, True])
def test_files_of_pytorch(sharded, tmp_path):
    torch = pytest.importorskip("torch")
    folder = tmp_path / "in"
    folder.mkdir()
    state = {name: torch.from_numpy(values) for name, values in W.items()}
    beside(folder)
    if sharded:
        shards = {f"pytorch_model-0000{one}-of-00002.bin": name for one, name in enumerate(W, 1)}
        for shard, name in shards.items():
            torch.save({name: state[name], "more": state[name]}, folder / shard)
        index = {"metadata": {}, "weight_map": {name: shard for shard, name in shards.items()}}
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
        wanted = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                  "model.safetensors.index.json"]  # fmt: skip
    else:
        torch.save(state, folder / "pytorch_model.bin")
        wanted = ["model.safetensors"]
    out = through(folder, tmp_path)
    assert files_of(out) == sorted(["config.json", "merges.txt", "tokenizer.model", *wanted])
    assert {name: one.tolist() for name, one in read_model(out).tensors.items()} == {
        name: one.tolist() for name, one in W.items()
    }


def test_files_that_are_left_out(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    save_file(W, folder / "model.safetensors")
    save_file(W, folder / "model.fp16.safetensors")
    (folder / "modeling.py").write_text("print('code')")
    (folder / "README.md").write_text("#")
    (folder / ".hidden.json").write_text("{}")
    with pytest.warns(ModelFileWarning) as told:
        out = through(folder, tmp_path)
    assert files_of(out) == ["model.safetensors"]
    messages = " ".join(str(one.message) for one in told)
    assert "modeling.py: code is left out" in messages
    assert "model.fp16.safetensors is left out" in messages


def test_several_files_that_may_be_the_model(tmp_path):
    for name in "ab":
        save_file(W, tmp_path / f"{name}.safetensors")
    with pytest.raises(InputError, match=r"several files of weights, and no index \(a\.safe"):
        read_model(tmp_path)


def test_files_beside_do_not_go_into_one_file(tmp_path):
    metadata = {"own": "text", **packed({"config.json": CONFIG})}
    write_model(tmp_path / "x.safetensors", W, metadata)
    assert read_model(tmp_path / "x.safetensors").metadata == {"own": "text"}


def pack(data):
    return base64.b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize(
    "files",
    [
        {"../x.json": pack(b"")}, {"/x.json": pack(b"")}, {"a/b/c.json": pack(b"")},
        {".bashrc.json": pack(b"")}, {"run.py": pack(b"")}, {"m.safetensors": pack(b"")},
        {"..\\x.json": pack(b"")}, {"x.json": "no base64"}, {"x.json": "AAAA"}, {"x.json": 3},
        {"model.safetensors.index.json": pack(b"")}, {"x.json": pack(b"")[:8]},
        {"x.json": pack(bytes(LARGEST + 1))}, ["x.json"],
    ],
    ids=lambda files: next(iter(files)),
)  # fmt: skip
def test_files_that_somebody_made_up(files, tmp_path):
    with pytest.raises(InputError, match=r"nnc\.files"):
        write_model(f"{tmp_path}/out/", W, {FILES_KEY: json.dumps(files)})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "layout",
    [
        {"shards": {"../x.safetensors": {"tensors": ["a.bias"], "metadata": {}}}},
        {"shards": {"a/b/x.safetensors": {"tensors": ["a.bias"], "metadata": {}}}},
        {"shards": {"/x.safetensors": {"tensors": ["a.bias"], "metadata": {}}}},
        {"shards": {".a/x.safetensors": {"tensors": ["a.bias"], "metadata": {}}}},
        {"shards": {}, "indexes": {"..": "model.safetensors.index.json"}},
        {"shards": {}, "indexes": {"": "../model.safetensors.index.json"}},
        {"shards": {}, "indexes": {"": "config.json"}},
        {"shards": {}, "indexes": ["a"]},
    ],
)
def test_layouts_that_lead_elsewhere(layout, tmp_path):
    text = json.dumps({"metadata": {}, **layout})
    with pytest.raises(InputError, match=r"nnc\.shards"):
        write_model(f"{tmp_path}/out/", W, {"nnc.shards": text})
    assert list(tmp_path.iterdir()) == []


def test_an_end_between_two_moves_keeps_the_model_that_was_there(tmp_path, monkeypatch):
    place = tmp_path / "model"
    place.mkdir()
    (place / "mark").write_text("before")
    moved = Path.rename

    def rename(path, target):
        if path.name == "after":
            raise SystemExit(143)
        return moved(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(SystemExit):
        replace_folder(place, "mark", lambda folder: (folder / "mark").write_text("after"))
    assert (place / "mark").read_text() == "before"
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize("present", [(1,), (2,), (1, 2)])
def test_shards_without_their_index_are_no_model(present, tmp_path):
    for one in present:
        save_file({f"w{one}": W["a.bias"]}, tmp_path / f"model-0000{one}-of-00002.safetensors")
    beside(tmp_path)
    with pytest.raises(InputError, match=r"is one of 2 shards, and their index .* is missing"):
        nnc.encode_file(tmp_path, tmp_path / "m.nnc")


@pytest.mark.parametrize("name", ["x-00002-of-00003.safetensors", "model-1-of-2.safetensors"])
def test_one_shard_is_not_taken_for_the_whole_silently(name, tmp_path):
    save_file(W, tmp_path / name)
    with pytest.warns(ModelFileWarning, match=r"one of [23] shards, and no whole model"):
        assert set(read_model(tmp_path / name).tensors) == set(W)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["model-00001-of-00001.safetensors", "state-of-3.safetensors"])
def test_what_is_no_shard_by_its_name(name, tmp_path):
    save_file(W, tmp_path / name)
    assert set(read_model(tmp_path / name).tensors) == set(W)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html>", "an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
    ],
)
def test_an_index_that_is_something_else(content, said, tmp_path):
    save_file(W, tmp_path / "model-00001-of-00001.safetensors")
    (tmp_path / "model.safetensors.index.json").write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_model(tmp_path)
