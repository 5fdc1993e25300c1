"""Annex C: PyTorch state dicts, modules and exported programs."""

import io
import pickle
import zipfile

import ml_dtypes
import numpy as np
import pytest

import nnc
import nnc.torch
from nnc import Bitstream, InputError
from nnc.cli.main import run
from nnc.decoder import Topology, read_topology
from nnc.formats import read_model, unpacked, write_model
from tests.unit.formats.frameworks import assert_explained, assert_same_model, there_and_back

torch = pytest.importorskip("torch")


class Network(torch.nn.Module):
    """With batch norm, a buffer, and a weight that two layers share."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3)
        self.bn = torch.nn.BatchNorm2d(8)
        self.fc = torch.nn.Linear(288, 5)
        self.again = torch.nn.Linear(288, 5)
        self.again.weight = self.fc.weight
        self.register_buffer("steps", torch.arange(5))

    def forward(self, x):
        x = torch.relu(self.bn(self.conv(x))).flatten(1)
        return self.fc(x) + self.again(x) + self.steps + torch.ones(5) * 3


@pytest.fixture
def network():
    torch.manual_seed(6)
    result = Network()
    for _ in range(3):
        result(torch.randn(9, 3, 8, 8))
    return result.eval()


X = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(7))


def outputs(module):
    with torch.no_grad():
        return module(X).numpy()


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin"])
def test_annex_c_pytorch(suffix, network, tmp_path):
    path, back = tmp_path / f"model{suffix}", tmp_path / f"back{suffix}"
    torch.save(network.state_dict(), path)
    before, after = there_and_back(path, back)
    assert_same_model(before, after)
    assert list(before.tensors) == list(network.state_dict())
    other = Network().eval()
    other.load_state_dict(torch.load(back, weights_only=True))
    replaced = Network().eval()
    replaced.load_state_dict({k: torch.from_numpy(v) for k, v in after.tensors.items()})
    assert_explained(outputs(network), outputs(other), outputs(replaced))


def test_annex_c_exported_programs(network, tmp_path):
    program = torch.export.export(network, (X,))
    torch.export.save(program, tmp_path / "model.pt2")
    before, after = there_and_back(tmp_path / "model.pt2", tmp_path / "back.pt2")
    assert_same_model(before, after)
    assert set(before.tensors) == set(network.state_dict())
    topology = read_topology(Bitstream.open(tmp_path / "model.nnc").walk())
    assert topology.storage_format == 3
    with zipfile.ZipFile(io.BytesIO(topology.data)) as archive:
        assert not [one for one in archive.namelist() if "/weights/weight_" in one]
    back = torch.export.load(tmp_path / "back.pt2")
    assert back.graph_signature == program.graph_signature
    with torch.no_grad():
        found = back.module()(X).numpy()
    replaced = Network().eval()
    nnc.torch.load_into(replaced, tmp_path / "model.nnc")
    assert_explained(outputs(network), found, outputs(replaced))


def test_weights_of_other_layouts_in_programs(tmp_path):
    network = Network().eval().to(memory_format=torch.channels_last)
    assert not network.conv.weight.is_contiguous()
    torch.export.save(torch.export.export(network, (X,)), tmp_path / "model.pt2")
    before, after = there_and_back(tmp_path / "model.pt2", tmp_path / "back.pt2")
    assert_same_model(before, after)
    np.testing.assert_array_equal(
        before.tensors["conv.weight"], network.conv.weight.detach().numpy()
    )
    back = torch.export.load(tmp_path / "back.pt2").state_dict["conv.weight"]
    np.testing.assert_array_equal(back.detach().numpy(), after.tensors["conv.weight"])
    assert back.stride() == network.conv.weight.stride()


def test_a_program_from_plain_tensors_is_refused(network, tmp_path):
    nnc.torch.save_file(network, tmp_path / "model.nnc")
    assert run(["decode", str(tmp_path / "model.nnc"), "-o", str(tmp_path / "x.pt2")]) == 4
    data = io.BytesIO()
    zipfile.ZipFile(data, "w").close()
    with pytest.raises(InputError, match="'a' is none of the program's weights"):
        write_model(tmp_path / "x.pt2", {"a": np.ones(3)}, {}, Topology(3, data.getvalue()))
    with pytest.raises(InputError, match="not an archive"):
        write_model(tmp_path / "x.pt2", {}, {}, Topology(3, b"PK nothing"))


@pytest.mark.parametrize(
    "dtype", ["float64", "float16", "bfloat16", "float8_e4m3fn", "int64", "uint8", "bool"]
)
def test_types_come_back(dtype, tmp_path):
    values = torch.arange(12).reshape(3, 4).remainder(2).to(getattr(torch, dtype))
    torch.save({"t": values, "scalar": values[0, 1]}, tmp_path / "model.pt")
    before, after = there_and_back(tmp_path / "model.pt", tmp_path / "back.pt")
    assert_same_model(before, after)
    back = torch.load(tmp_path / "back.pt", weights_only=True)
    assert back["t"].dtype == values.dtype
    assert back["scalar"].shape == ()


def test_modules_and_state_dicts(network, tmp_path):
    path = tmp_path / "model.nnc"
    nnc.torch.save_file(network, path, {"by": "a test"}, qp=-40)
    state = nnc.torch.load_file(path)
    assert list(state) == list(network.state_dict())
    assert nnc.torch.save(network.state_dict(), qp=-40, metadata={"by": "a test"}) == (
        path.read_bytes()
    )
    other = Network().eval().to(torch.float64)
    weight = other.fc.weight
    result = nnc.torch.load_into(other, path)
    assert not result.missing_keys
    assert other.fc.weight is weight
    assert weight.dtype == torch.float64
    loaded = nnc.torch.load(path.read_bytes())
    for name, values in loaded.items():
        assert torch.equal(values, state[name])
    for values in loaded.values():
        values += 1
    assert nnc.load_model(path).metadata.metadata == {"by": "a test"}


def test_load_into_another_module(network, tmp_path):
    nnc.torch.save_file(network, tmp_path / "model.nnc")
    with pytest.raises(InputError, match="Missing key"):
        nnc.torch.load_into(torch.nn.Linear(3, 3), tmp_path / "model.nnc")
    left = nnc.torch.load_into(torch.nn.ReLU(), tmp_path / "model.nnc", strict=False)
    assert "fc.weight" in left.unexpected_keys


def test_what_is_no_state_dict(tmp_path):
    with pytest.raises(InputError, match="module or a state dict"):
        nnc.torch.save(3)
    with pytest.raises(InputError, match="no state dict in it"):
        nnc.torch.save({"b": 3})
    with pytest.raises(InputError, match="sparse"):
        nnc.torch.save({"a": torch.eye(3).to_sparse()})
    with pytest.raises(InputError, match="without values"):
        nnc.torch.save({"a": torch.ones(3, device="meta")})
    with pytest.raises(InputError, match="no int4"):
        write_model(tmp_path / "x.pt", {"a": np.ones(3, ml_dtypes.int4)})


def test_checkpoints_of_training(network, tmp_path):
    state = network.state_dict()
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "model.pt")
    assert list(read_model(tmp_path / "model.pt").tensors) == list(state)


class Harm:
    """Unpickling it would write a file."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return (open, (str(self.place), "w"))


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("suffix", [".pt", ".bin"])
def test_pickles_that_run_code(zipped, suffix, tmp_path):
    path, victim = tmp_path / f"model{suffix}", tmp_path / "victim"
    torch.save({"a": torch.ones(3), "b": Harm(victim)}, path,
               _use_new_zipfile_serialization=zipped)  # fmt: skip
    with pytest.raises(InputError, match=r"more than tensors.*save the state_dict"):
        read_model(path)
    path.write_bytes(pickle.dumps({"a": Harm(victim)}))
    with pytest.raises(InputError):
        read_model(path)
    assert not victim.exists()
    assert run(["encode", str(path), "-o", str(tmp_path / "x.nnc")]) == 4
    assert not victim.exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_that_repeat_what_is_stored(zipped, tmp_path):
    torch.save({"a": torch.zeros(1).expand(1 << 40)}, tmp_path / "model.pt",
               _use_new_zipfile_serialization=zipped)  # fmt: skip
    with pytest.raises(InputError, match="'a' says that its 4 bytes unpack to 4398046511104"):
        read_model(tmp_path / "model.pt")
    torch.save({"a": torch.ones(1).expand(50, 3)}, tmp_path / "model.pt")
    np.testing.assert_array_equal(read_model(tmp_path / "model.pt").tensors["a"], np.ones((50, 3)))


def test_tensors_of_many_dimensions(tmp_path):
    torch.save({"a": torch.zeros((1,) * 100_000)}, tmp_path / "model.pt")
    with pytest.raises(InputError, match="100000 dimensions"):
        read_model(tmp_path / "model.pt")


def test_whole_modules_and_scripts(network, tmp_path):
    torch.save(network, tmp_path / "model.pt")
    with pytest.raises(InputError, match=r"state_dict\(\)"):
        read_model(tmp_path / "model.pt")
    torch.jit.save(torch.jit.trace(network, X), str(tmp_path / "script.pt"))
    with pytest.raises(InputError, match="TorchScript"):
        read_model(tmp_path / "script.pt")


def test_bombs_and_damage(network, tmp_path, monkeypatch):
    monkeypatch.setenv("NNC_UNPACKED_BYTES", str(1 << 24))
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data/0", bytes(1 << 26))
    with unpacked(1 << 24), pytest.raises(InputError, match="max_unpacked"):
        read_model(tmp_path / "bomb.pt")
    torch.save(network.state_dict(), tmp_path / "model.pt")
    data = (tmp_path / "model.pt").read_bytes()
    for number, damaged in enumerate([data[:-100], data[: len(data) // 2], b"PK\3\4", b"", b"x"]):
        (tmp_path / f"{number}.pt").write_bytes(damaged)
        with pytest.raises(InputError):
            read_model(tmp_path / f"{number}.pt")


def test_programs_whose_weights_are_not_there(network, tmp_path):
    torch.export.save(torch.export.export(network, (X,)), tmp_path / "model.pt2")
    with zipfile.ZipFile(tmp_path / "model.pt2") as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    config = next(one for one in members if one.endswith("_weights_config.json"))
    for change, message in [
        (lambda text: text.replace(b"weight_0", b"../../etc/hostname"), "bytes in the archive"),
        (lambda text: text.replace(b'"as_int": 8', b'"as_int": 8888888'), "bytes in the archive"),
        (lambda text: text[:-3], "can't be read"),
        (lambda text: b"[" * 100_000, "can't be read"),
        (lambda text: b"[]", "can't be read"),
    ]:
        with zipfile.ZipFile(tmp_path / "x.pt2", "w") as archive:
            for name, data in members.items():
                archive.writestr(name, change(data) if name == config else data)
        with pytest.raises(InputError, match=message):
            read_model(tmp_path / "x.pt2")


def test_deep_shapes_in_programs(network, tmp_path):
    torch.export.save(torch.export.export(network, (X,)), tmp_path / "model.pt2")
    with zipfile.ZipFile(tmp_path / "model.pt2") as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    config = next(one for one in members if one.endswith("_weights_config.json"))
    many = b'"sizes": [' + b'{"as_int": 1}, ' * 100_000
    members[config] = members[config].replace(b'"sizes": [', many, 1)
    with zipfile.ZipFile(tmp_path / "x.pt2", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(InputError, match="dimensions"):
        read_model(tmp_path / "x.pt2")
