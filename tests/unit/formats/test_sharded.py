import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import nnc
from nnc.bitio import InputError
from nnc.cli import main
from nnc.formats import TensorInfo, open_sink, open_source, read_model, write_model
from nnc.formats.sharded import cut

INDEX = "model.safetensors.index.json"
NAMES = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def make_checkpoint(folder):
    """A checkpoint of two shards, and its tensors."""
    numbers = np.random.default_rng(5)
    shards = [
        {"b.weight": numbers.normal(size=(30, 20)).astype("f4"), "b.bias": np.ones(30, "f4")},
        {"a.weight": numbers.normal(size=(9, 5)).astype("f4"), "steps": np.array(2**40)},
    ]
    folder.mkdir()
    for file, shard in zip(NAMES, shards, strict=True):
        save_file(shard, folder / file, metadata={"format": "pt"})
    size = sum(values.nbytes for shard in shards for values in shard.values())
    weight_map = {name: file for file, shard in zip(NAMES, shards, strict=True) for name in shard}
    write_index(folder, weight_map, {"total_size": size, "kind": "test"})
    return shards[0] | shards[1]


def write_index(folder, weight_map, metadata=None):
    content = {"metadata": metadata or {}, "weight_map": dict(sorted(weight_map.items()))}
    (folder / INDEX).write_text(json.dumps(content, indent=2) + "\n")


def run(arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code


@pytest.mark.parametrize("place", ["", INDEX])
def test_a_checkpoint_is_read_as_one_model(place, tmp_path):
    tensors = make_checkpoint(tmp_path / "in")
    model = read_model(tmp_path / "in" / place)
    assert model.tensors.keys() == tensors.keys()
    for name, values in tensors.items():
        np.testing.assert_array_equal(model.tensors[name], values)


def test_a_checkpoint_comes_back_shard_by_shard(tmp_path):
    make_checkpoint(tmp_path / "in")
    code = run(["encode", tmp_path / "in", "-o", tmp_path / "x.nnc", "--keep", "*", "-q"])
    assert code == 0
    assert run(["decode", tmp_path / "x.nnc", "-o", f"{tmp_path}/out/", "-q"]) == 0
    files = {file.name: file.read_bytes() for file in (tmp_path / "in").iterdir()}
    back = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert json.loads(back.pop(INDEX)) == json.loads(files.pop(INDEX))
    assert back == files


def test_bytes_are_those_of_the_model_in_memory(tmp_path):
    tensors = make_checkpoint(tmp_path / "in")
    nnc.encode_file(tmp_path / "in", tmp_path / "x.nnc")
    with open_source(tmp_path / "in") as source:
        order = {name: tensors[name] for name in source}
        assert nnc.encode(order, metadata=source.metadata) == (tmp_path / "x.nnc").read_bytes()


def test_a_checkpoint_may_become_one_file(tmp_path):
    tensors = make_checkpoint(tmp_path / "in")
    nnc.encode_file(tmp_path / "in", tmp_path / "x.nnc")
    nnc.decode_file(tmp_path / "x.nnc", tmp_path / "one.safetensors")
    assert load_file(tmp_path / "one.safetensors").keys() == tensors.keys()
    assert read_model(tmp_path / "one.safetensors").metadata == {}


def test_shards_of_another_size(tmp_path):
    tensors = make_checkpoint(tmp_path / "in")
    nnc.encode_file(tmp_path / "in", tmp_path / "x.nnc")
    index = tmp_path / f"small{INDEX.removeprefix('model')}"
    nnc.decode_file(tmp_path / "x.nnc", index, max_shard_size=2600)
    weight_map = json.loads(index.read_text())["weight_map"]
    assert weight_map.keys() == tensors.keys()
    names = {"small-00001-of-00002.safetensors", "small-00002-of-00002.safetensors"}
    assert set(weight_map.values()) == names
    for shard in set(weight_map.values()):
        assert sum(values.nbytes for values in load_file(tmp_path / shard).values()) <= 2600


def test_cutting():
    infos = {
        name: TensorInfo((length,), np.dtype(np.int8))
        for name, length in (("a", 4), ("b", 4), ("c", 1), ("large", 20), ("d", 1))
    }
    shards = json.loads(cut(infos, 8, "x"))["shards"]
    assert {file: one["tensors"] for file, one in shards.items()} == {
        "x-00001-of-00004.safetensors": ["a", "b"],
        "x-00002-of-00004.safetensors": ["c"],
        "x-00003-of-00004.safetensors": ["large"],
        "x-00004-of-00004.safetensors": ["d"],
    }
    with pytest.raises(InputError, match="1 or more"):
        cut(infos, 0)


@pytest.mark.parametrize(
    "shard",
    [
        "../outside.safetensors",
        "/etc/outside.safetensors",
        "sub/shard.safetensors",
        "..\\outside.safetensors",
        "C:outside.safetensors",
        "..",
        "zero\0.safetensors",
        ".hidden.safetensors",
        "script.sh",
        "",
    ],
)
def test_shards_outside_of_the_folder_are_refused(shard, tmp_path):
    tensors = make_checkpoint(tmp_path / "in")
    write_index(tmp_path / "in", dict.fromkeys(tensors, shard))
    with pytest.raises(InputError, match="can't be a shard"):
        open_source(tmp_path / "in")
    said = {"metadata": {}, "shards": {shard: {"tensors": ["x"], "metadata": {}}}}
    infos = {"x": TensorInfo((1,), np.dtype(np.float32))}
    with pytest.raises(InputError, match="can't be a shard"):
        open_sink(f"{tmp_path}/out/", infos, {"nnc.shards": json.dumps(said)})
    assert {file.name for file in tmp_path.iterdir()} == {"in"}


def test_a_bitstream_leads_nowhere_else(tmp_path):
    said = {"metadata": {}, "shards": {"../up.safetensors": {"tensors": ["x"], "metadata": {}}}}
    path = tmp_path / "x.nnc"
    path.write_bytes(nnc.encode({"x": np.ones(3)}, metadata={"nnc.shards": json.dumps(said)}))
    assert run(["decode", path, "-o", f"{tmp_path}/out/", "-q"]) == 4
    assert {file.name for file in tmp_path.iterdir()} == {"x.nnc"}


def break_index(folder, change):
    weight_map = json.loads((folder / INDEX).read_text())["weight_map"]
    change(weight_map)
    write_index(folder, weight_map)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update({"steps": "gone.safetensors"}), "'gone.safetensors' is missing"),
        (lambda m: m.update({"more": NAMES[0]}), "'more' is not in the shard"),
        (lambda m: m.pop("b.bias"), "'b.bias' in the shard .* the index"),
        (lambda m: m.update({"steps": 3}), "no weight_map of files"),
    ],
)
def test_an_index_that_disagrees_with_its_shards(change, message, tmp_path):
    make_checkpoint(tmp_path / "in")
    break_index(tmp_path / "in", change)
    with pytest.raises(InputError, match=message):
        open_source(tmp_path / "in")


def test_a_tensor_in_two_shards(tmp_path):
    make_checkpoint(tmp_path / "in")
    save_file({"b.bias": np.zeros(3), "a.weight": np.zeros(2)}, tmp_path / "in" / NAMES[1])
    break_index(tmp_path / "in", lambda m: m.pop("steps"))
    with pytest.raises(InputError, match=r"'b\.bias' in the shard .* the index"):
        open_source(tmp_path / "in")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}}', "'a' occurs twice"),
        ("[]", "not an index"),
        ("{", "not an index"),
        ("[" * 100_000, "not an index"),
        ('{"weight_map": []}', "not an index"),
        ('{"weight_map": {}, "metadata": [1]}', "must be a JSON object"),
    ],
)
def test_what_is_no_index(text, message, tmp_path):
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(InputError, match=message):
        open_source(tmp_path / INDEX)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{", "can't be read"),
        ('{"metadata": {}, "shards": []}', "can't be read"),
        ('{"metadata": {}, "shards": {"a.safetensors": {}}}', "can't be read"),
    ],
)
def test_metadata_that_say_no_shards(said, message, tmp_path):
    infos = {"x": TensorInfo((1,), np.dtype(np.float32))}
    with pytest.raises(InputError, match=message):
        open_sink(f"{tmp_path}/out/", infos, {"nnc.shards": said})
    assert list(tmp_path.iterdir()) == []


def test_tensors_that_came_and_went(tmp_path):
    one = {"tensors": ["a", "gone"], "metadata": {}}
    said = {
        "metadata": {},
        "shards": {"1.safetensors": one, "2.safetensors": one | {"tensors": []}},
    }
    tensors = {"a": np.zeros(2), "new": np.ones(3)}
    write_model(f"{tmp_path}/out/", tensors, {"nnc.shards": json.dumps(said)})
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "1.safetensors",
        "2.safetensors",
        INDEX,
    ]
    assert read_model(tmp_path / "out").tensors.keys() == {"a", "new"}


def test_a_failure_leaves_nothing(tmp_path):
    infos = {name: TensorInfo((2,), np.dtype(np.float32)) for name in ("a", "b")}
    sink = open_sink(f"{tmp_path}/out/", infos)
    sink.write("a", np.zeros(2, np.float32))
    with pytest.raises(InputError, match="'b' was never written"), sink:
        assert len(list((tmp_path / "out").iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_folders_that_hold_a_model_are_kept(tmp_path, capsys):
    make_checkpoint(tmp_path / "in")
    nnc.encode_file(tmp_path / "in", tmp_path / "x.nnc")
    assert run(["decode", tmp_path / "x.nnc", "-o", tmp_path / "in", "-q"]) == 4
    assert "--force" in capsys.readouterr().err
    assert run(["decode", tmp_path / "x.nnc", "-o", tmp_path / "in", "-q", "--force"]) == 0


def test_folders_without_or_with_several_indices(tmp_path):
    with pytest.raises(InputError, match="a model format"):
        open_source(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.safetensors.index.json").write_text("{}")
    with pytest.raises(InputError, match=r"one \*\.safetensors\.index\.json"):
        open_source(tmp_path)
