"""Tensors one by one: `safe_open`, `names=`, and `StreamDecoder`, against decoding all."""

import contextlib
import copy
import functools
import subprocess
import sys
import warnings

import ml_dtypes
import numpy as np
import pytest

import nnc
from nnc.bitstream.skimming import skimmed


def model():
    random = np.random.default_rng(0)
    shared = random.normal(0, 0.1, (24, 16)).astype("f4")
    left, right = random.normal(0, 1, (40, 3)), random.normal(0, 0.1, (3, 30))
    return {
        "layer.1.weight": shared,
        "layer.1.bias": random.normal(0, 0.1, 24).astype("f4"),
        "layer.10.weight": (left @ right).astype("f4"),
        "tied": shared,
        "half": random.normal(0, 0.1, (5, 6)).astype(ml_dtypes.bfloat16),
        "count": np.array(1 << 40, "i8"),
        "conv.weight": random.normal(0, 0.1, (6, 3, 3, 3)).astype("f4"),
        "bn.weight": np.ones(6, "f4"),
        "bn.bias": random.normal(0, 0.1, 6).astype("f4"),
        "bn.running_mean": random.normal(0, 0.1, 6).astype("f4"),
        "bn.running_var": np.full(6, 0.5, "f4"),
        "empty": np.zeros((0, 3), "f4"),
    }


WAYS = {
    "plain": {},
    "lossless": {"lossless": True},
    "first edition": {"profile": 0, "keep": []},
    "blocks": {"blocks": "auto"},
    "low rank": {"low_rank": "rank=3"},
    "batch norms": {"fold_batch_norms": True},
    "references": {"references": True},
    "aggregates": {"aggregates": "modules"},
    "parts": {"part_size": 64},
    "metadata": {"metadata": {"author": "me"}},
}


@functools.cache
def encoded(way):
    with warnings.catch_warnings():
        # Batch norms are taken to follow the layers that their names say.
        warnings.simplefilter("ignore", nnc.EncodingWarning)
        return nnc.encode(model(), **WAYS[way])


@pytest.fixture(params=WAYS)
def data(request):
    return encoded(request.param)


@pytest.fixture
def path(data, tmp_path):
    (tmp_path / "model.nnc").write_bytes(data)
    return tmp_path / "model.nnc"


def same(one, other):
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    assert one.tobytes() == other.tobytes()


def test_each_tensor_is_as_when_all_are_decoded(path, data):
    whole = nnc.decode(data)
    for name, values in whole.items():
        # Each of a file that was opened anew, so that only its headers are read.
        with nnc.safe_open(path) as file:
            same(file.get_tensor(name), values)
        same(nnc.decode(data, names=[name])[name], values)
    with nnc.safe_open(path) as file:
        assert file.keys() == list(whole)
        for name, values in whole.items():
            same(file.get_tensor(name), values)
            part = file.get_slice(name)
            assert tuple(part.get_shape()) == values.shape
            assert part.get_dtype() == values.dtype.name
            same(part[...], values)
        same(file.get_slice("layer.1.weight")[2:9:3, 1], whole["layer.1.weight"][2:9:3, 1])
        assert file.metadata() == ({"author": "me"} if b"author" in data else None)


@pytest.mark.parametrize("size", [5, 10**6])
def test_tensors_come_as_bytes_arrive(data, size):
    decoder, came = nnc.StreamDecoder(), {}
    for start in range(0, len(data), size):
        new = decoder.feed(data[start : start + size])
        assert came.keys().isdisjoint(new)
        came |= new
    early = len(came)
    came |= decoder.finish()
    whole = nnc.decode(data)
    assert came.keys() == whole.keys()
    for name, values in whole.items():
        same(came[name], values)
    starts = nnc.Bitstream.parse(data).units[0].header.nnr_start_unit_header
    if starts.general_profile_idc:
        assert early
    with pytest.raises(nnc.InputError, match="ended"):
        decoder.feed(b"")


def test_names_come_in_the_order_asked_for(data, path):
    names = ["tied", "half", "layer.1.weight"]
    whole = nnc.decode(data)
    for found in (nnc.decode(data, names=names), nnc.load_file(path, names=names)):
        assert list(found) == names
        for name in names:
            same(found[name], whole[name])
    assert nnc.decode(data, names=[]) == {}


def test_unknown_names_are_refused_with_the_nearest(data, path):
    message = r"'layer\.1\.wieght'.*'layer\.1\.weight'"
    with pytest.raises(nnc.InputError, match=message):
        nnc.decode(data, names=["layer.1.wieght"])
    with nnc.safe_open(path) as file:
        for ask in (file.get_tensor, file.get_slice):
            with pytest.raises(nnc.InputError, match=message):
                ask("layer.1.wieght")
    with pytest.raises(nnc.InputError, match="list"):
        nnc.decode(data, names="tied")


def test_only_what_is_needed_is_parsed(tmp_path):
    tensors = {f"layers.{number}.w": np.full((3, 3), number, "f4") for number in range(200)}
    data = nnc.encode(tensors)
    units = skimmed(memoryview(data), ["layers.42.w"])
    assert [name for unit in units for name in unit.names] == ["layers.42.w"]
    # Damage in the unit of another tensor doesn't matter, in its own it does.
    found = nnc.Bitstream.parse(data)
    place = found["layers.7.w"].payload_start
    hurt = bytearray(data)
    hurt[place : place + 2] = b"\xff\xff"
    (tmp_path / "hurt.nnc").write_bytes(hurt)
    with nnc.safe_open(tmp_path / "hurt.nnc") as file:
        assert (file.get_tensor("layers.42.w") == 42).all()


def test_factors_can_be_asked_for_by_name():
    data = nnc.encode(model(), low_rank="rank=3")
    parts = nnc.decode(data, reconstruct=False)
    factors = [name for name in parts if name.endswith(("_G", "_H"))]
    assert factors
    found = nnc.decode(data, names=factors, reconstruct=False)
    for name in factors:
        same(found[name], parts[name])
    shapes = {name: one.shape for name, one in nnc.decode(data, pruned=False).items()}
    assert nnc.decode(data, names=["half"], pruned=False)["half"].shape == shapes["half"]


def test_damage_is_an_error_whatever_the_way(data, path):
    for cut in (0, 1, 3, len(data) // 3, len(data) - 1):
        with warnings.catch_warnings():
            # Cut between two units: the metadata unit tells how many there were.
            warnings.simplefilter("error", nnc.DecodingWarning)
            with pytest.raises((nnc.BitstreamError, nnc.DecodingWarning)):
                read_stream(data[:cut])
    (path.parent / "empty").write_bytes(b"")
    with pytest.raises(nnc.IncompleteError):
        nnc.safe_open(path.parent / "empty")
    random = np.random.default_rng(1)
    for _ in range(8):
        hurt = bytearray(data)
        hurt[random.integers(len(hurt))] ^= 1 << random.integers(8)
        path.write_bytes(hurt)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for way in (lambda: read_one(path), lambda hurt=hurt: read_stream(hurt)):
                with contextlib.suppress(nnc.NncError):
                    way()


def read_one(path):
    with nnc.safe_open(path) as file:
        file.get_tensor("layer.1.weight")
        file.keys()
        file.get_slice("half")[0]


def read_stream(data):
    decoder = nnc.StreamDecoder()
    decoder.feed(data)
    decoder.finish()


def test_a_closed_file_and_wrong_arguments_are_refused(tmp_path):
    path = tmp_path / "model.nnc"
    path.write_bytes(encoded("plain"))
    file = nnc.safe_open(path)
    file.close()
    with pytest.raises(nnc.InputError, match="closed"):
        file.get_tensor("half")
    with pytest.raises(nnc.InputError, match="framework"):
        nnc.safe_open(path, framework="jax")
    with pytest.raises(nnc.InputError, match="cuda"):
        nnc.safe_open(path, device="cuda")
    assert "model.nnc" in repr(file)


def test_tensors_of_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    data, path = encoded("plain"), tmp_path / "model.nnc"
    path.write_bytes(data)
    whole = nnc.decode(data)
    with nnc.safe_open(path, framework="pt", device="cpu") as file:
        half, weight = file.get_tensor("half"), file.get_slice("layer.1.weight")[1:3]
    assert half.dtype == torch.bfloat16
    assert (half.float().numpy() == whole["half"].astype("f4")).all()
    assert weight.numpy().tobytes() == whole["layer.1.weight"][1:3].tobytes()
    with nnc.safe_open(path, framework="pt", device="meta") as file:
        assert file.get_tensor("half").device.type == "meta"


def test_units_of_a_bitstream_by_name():
    data = encoded("plain")
    bitstream = nnc.Bitstream.parse(data)
    assert "half" in bitstream["half"].names
    assert f"{len(data)} bytes" in repr(bitstream)
    assert "tensors" in repr(bitstream)
    with pytest.raises(nnc.InputError, match="'no'"):
        bitstream["no"]


def test_metadata_behind_its_tensors_is_refused():
    bitstream = copy.copy(nnc.Bitstream.parse(nnc.encode({"half": model()["half"]})))
    order = bitstream.units
    notes = next(unit for unit in order if unit.header.nnr_unit_type > 10)
    decoder = nnc.StreamDecoder()
    moved = nnc.Bitstream([*(unit for unit in order if unit is not notes), notes])
    with pytest.raises(nnc.InvalidError, match="after"):
        decoder.feed(moved.to_bytes())


@pytest.mark.slow
def test_one_tensor_of_a_large_model_costs_that_tensor(tmp_path):
    """One of 1,000 in 500 MB takes 50 MB of memory at most."""
    path = tmp_path / "large.nnc"
    values = np.random.default_rng(0).normal(size=(360, 348)).astype("f4")
    nnc.save_file({f"layers.{number}.w": values + number for number in range(1000)}, path,
                  lossless=True)  # fmt: skip
    code = (
        "import sys, nnc\n"
        "def memory(): return int(open('/proc/self/statm').read().split()[1]) * 4096 / 1e6\n"
        "before = memory()\n"
        "with nnc.safe_open(sys.argv[1]) as file:\n"
        "    file.get_tensor('layers.500.w')\n"
        "    print(memory() - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert float(done.stdout) < 50


ROWS = [
    np.s_[3], np.s_[-1], np.s_[0:1], np.s_[5:9], np.s_[30:], np.s_[:], np.s_[2:20:3], np.s_[4, 2:5],
    np.s_[6:8, ..., 1], np.s_[9:9], np.s_[-4:-1], np.s_[[1, 3]], np.s_[...], np.s_[None, 2],
    np.s_[100:],
]  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [{}, {"qp": -20}, {"scan_order": 1}, {"lossless": True}, {"keep": ["*"]}, {"dq": False},
     {"codebook": 16}, {"tensors": {"w": {"row_axis": 1}}}, {"part_size": 500}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["f4", "f2", "i4", "i8"])
def test_slices_are_those_of_the_whole(options, dtype, tmp_path):
    values = (np.random.default_rng(0).normal(0, 1, (41, 6, 7)) * 100).astype(dtype)
    nnc.save_file({"v": values[0], "w": values, "zeros": values * 0}, tmp_path / "m.nnc", **options)
    whole = nnc.load_file(tmp_path / "m.nnc")
    with nnc.safe_open(tmp_path / "m.nnc") as file:
        for name in ("w", "zeros"):
            for index in ROWS:
                same(file.get_slice(name)[index], whole[name][index])
        with pytest.raises(IndexError):
            file.get_slice("w")[41]


def test_of_a_slice_no_more_is_decoded_than_to_its_end(tmp_path, monkeypatch):
    if not nnc.deepcabac.is_compiled():
        pytest.skip("needs the compiled engine")
    values = np.random.default_rng(0).normal(0, 1, (400, 50)).astype("f4")
    nnc.save_file({"w": values}, tmp_path / "m.nnc", qp=-20)
    data = bytearray((tmp_path / "m.nnc").read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    whole = nnc.load_file(tmp_path / "m.nnc")["w"]
    (tmp_path / "cut.nnc").write_bytes(data)
    with nnc.safe_open(tmp_path / "cut.nnc") as file:
        same(file.get_slice("w")[50:60], whole[50:60])
