"""Annex A: NNEF models, as folders and as tar archives."""

import io
import struct
import tarfile

import numpy as np
import pytest

from nnc import Bitstream, InputError
from nnc.decoder import read_topology
from nnc.formats import read_model, unpacked, write_model
from tests.unit.formats.frameworks import assert_explained, assert_same_model, there_and_back

nnef = pytest.importorskip("nnef")
RANDOM = np.random.default_rng(8)

GRAPH = """version 1.0;

graph network( input ) -> ( output )
{
    input = external<scalar>(shape = [1, 3, 8, 8]);
    kernel = variable<scalar>(shape = [8, 3, 3, 3], label = 'conv/kernel');
    offset = variable<scalar>(shape = [1, 8], label = 'conv/bias');
    weight = variable<scalar>(shape = [5, 288], label = 'last.weight');
    wide = conv(input, kernel, offset, padding = [(0, 0), (0, 0)]);
    positive = relu(wide);
    flat = reshape(positive, shape = [1, -1]);
    output = linear(flat, weight);
}
"""
QUANTIZATION = '"conv/kernel": linear_quantize(min = -1.0, max = 1.0, bits = 8);\n'


def tensors():
    return {
        "conv/kernel": RANDOM.normal(size=(8, 3, 3, 3)).astype(np.float32) / 5,
        "conv/bias": RANDOM.normal(size=(1, 8)).astype(np.float32),
        "last.weight": RANDOM.normal(size=(5, 288)).astype(np.float32) / 17,
    }


def save(folder, values=None, quantized=(), text=GRAPH, quantization=QUANTIZATION):
    """Write a model by the format's own library."""
    folder.mkdir()
    (folder / "graph.nnef").write_text(text)
    if quantization:
        (folder / "graph.quant").write_text(quantization)
    for name, array in (values or tensors()).items():
        (folder / f"{name}.dat").parent.mkdir(exist_ok=True)
        with (folder / f"{name}.dat").open("wb") as file:
            nnef.write_tensor(file, array, quantized=name in quantized)
    return folder


def outputs(arrays, x):
    """Run the network: a valid convolution, its positive part, a product."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    wide = np.einsum("ncijhw,ochw->noij", windows, arrays["conv/kernel"])
    wide += arrays["conv/bias"][:, :, None, None]
    return np.maximum(wide, 0).reshape(len(x), -1) @ arrays["last.weight"].T


def variables_of(folder):
    """What the format's own library reads."""
    graph = nnef.load_graph(str(folder), load_variables=False)
    result = {}
    for operation in graph.operations:
        if operation.name == "variable":
            with (folder / f"{operation.attribs['label']}.dat").open("rb") as file:
                result[operation.attribs["label"]] = nnef.read_tensor(file)
    return result


def test_annex_a_nnef(tmp_path):
    folder = save(tmp_path / "model.nnef")
    before, after = there_and_back(folder, tmp_path / "back.nnef")
    assert_same_model(before, after)
    assert (tmp_path / "back.nnef" / "graph.nnef").read_text() == GRAPH
    assert (tmp_path / "back.nnef" / "graph.quant").read_text() == QUANTIZATION
    x = RANDOM.normal(size=(4, 3, 8, 8)).astype(np.float32)
    back = variables_of(tmp_path / "back.nnef")
    original = outputs(before.tensors, x)
    assert_explained(original, outputs(back, x), outputs(after.tensors, x))


def test_annex_a_units(tmp_path):
    there_and_back(save(tmp_path / "model.nnef"), tmp_path / "back.nnef")
    bitstream = Bitstream.open(tmp_path / "model.nnc")
    assert [unit.type_name for unit in bitstream.units[:4]] == [
        *("NNR_STR", "NNR_MPS", "NNR_TPL", "NNR_QNT"),
    ]
    topology = read_topology(bitstream.walk())
    assert topology.storage_format == 1
    assert topology.data.decode() == GRAPH
    assert topology.quantization.decode() == QUANTIZATION


@pytest.mark.parametrize("suffix", [".nnef.tgz", ".nnef.tar", ".tgz"])
def test_archives(suffix, tmp_path):
    folder = save(tmp_path / "model")
    path = tmp_path / f"model{suffix}"
    with tarfile.open(path, "w:gz" if suffix.endswith("gz") else "w") as archive:
        archive.add(folder, arcname=".")
    before, after = there_and_back(path, tmp_path / f"back{suffix}")
    assert_same_model(before, after)
    with tarfile.open(tmp_path / f"back{suffix}") as archive:
        # Filters came with a late release of Python 3.11.
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path / "out", **safely)
    back = variables_of(tmp_path / "out")
    np.testing.assert_array_equal(back["conv/kernel"], after.tensors["conv/kernel"])


def test_folders_of_any_name(tmp_path):
    folder = save(tmp_path / "model", quantization=None)
    assert list(read_model(folder).tensors) == ["conv/kernel", "conv/bias", "last.weight"]
    assert read_model(folder / "graph.nnef").topology == read_model(folder).topology
    before, after = there_and_back(folder, tmp_path / "back.nnef")
    assert_same_model(before, after)
    assert not (tmp_path / "back.nnef" / "graph.quant").exists()


def test_folders_are_replaced(tmp_path):
    model = read_model(save(tmp_path / "model.nnef"))
    (tmp_path / "model.nnef" / "more").write_text("x")
    write_model(tmp_path / "model.nnef", model.tensors, {}, model.topology)
    assert not (tmp_path / "model.nnef" / "more").exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["model.nnef"]
    (tmp_path / "other.nnef").mkdir()
    (tmp_path / "other.nnef" / "precious").write_text("x")
    with pytest.raises(InputError, match="not replaced"):
        write_model(tmp_path / "other.nnef", model.tensors, {}, model.topology)
    assert (tmp_path / "other.nnef" / "precious").exists()


def test_quantized_integers_stay_what_they_are(tmp_path):
    values = tensors()
    values["conv/kernel"] = RANDOM.integers(-128, 128, (8, 3, 3, 3)).astype(np.int8)
    folder = save(tmp_path / "model.nnef", values, quantized=["conv/kernel"])
    before, after = there_and_back(folder, tmp_path / "back.nnef")
    assert_same_model(before, after)
    ours = (tmp_path / "back.nnef" / "conv/kernel.dat").read_bytes()
    assert ours == (folder / "conv/kernel.dat").read_bytes()


@pytest.mark.parametrize("label", ["../secret", "//etc/hostname", "a/../../b", "a\\tb", "a:b"])
def test_labels_that_lead_elsewhere(label, tmp_path):
    folder = save(tmp_path / "model.nnef")
    with (tmp_path / "secret.dat").open("wb") as file:
        nnef.write_tensor(file, tensors()["conv/bias"])
    text = GRAPH.replace("'conv/bias'", f"'{label}'")
    (folder / "graph.nnef").write_text(text)
    with pytest.raises(InputError, match=r"can't be the name|missing|can't be read"):
        read_model(folder)
    model = read_model(save(tmp_path / "good"))
    hostile = type(model.topology)(1, text.encode())
    arrays = model.tensors | {label: model.tensors["conv/bias"]}
    del arrays["conv/bias"]
    with pytest.raises(InputError):
        write_model(tmp_path / "out.nnef", arrays, {}, hostile)
    assert not (tmp_path / "out.nnef").exists()


def test_links_out_of_the_folder(tmp_path):
    folder = save(tmp_path / "model.nnef")
    (folder / "conv/bias.dat").rename(tmp_path / "bias.dat")
    (folder / "conv/bias.dat").symlink_to(tmp_path / "bias.dat")
    with pytest.raises(InputError, match="outside"):
        read_model(folder)
    with tarfile.open(tmp_path / "x.tgz", "w:gz") as archive:
        archive.add(folder, arcname=".")
    with pytest.raises(InputError, match="a link"):
        read_model(tmp_path / "x.tgz")


def test_bombs(tmp_path, monkeypatch):
    monkeypatch.setenv("NNC_UNPACKED_BYTES", str(1 << 24))
    with tarfile.open(tmp_path / "x.tgz", "w:gz") as archive:
        for name, data in (("graph.nnef", GRAPH.encode()), ("conv/kernel.dat", bytes(1 << 26))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with unpacked(1 << 24), pytest.raises(InputError, match="max_unpacked"):
        read_model(tmp_path / "x.tgz")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [(8, 100_000, "100000 dimensions"), (4, 5, "bytes of values"), (12, 1 << 31, "bytes of val"),
     (44, 7, "bytes of values"), (48, 99, "unsupported")],
)  # fmt: skip
def test_damaged_tensors(place, value, message, tmp_path):
    folder = save(tmp_path / "model.nnef")
    data = bytearray((folder / "conv/kernel.dat").read_bytes())
    struct.pack_into("<I", data, place, value)
    (folder / "conv/kernel.dat").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_model(folder)
    (folder / "conv/kernel.dat").write_bytes(data[:60])
    with pytest.raises(InputError, match="too early"):
        read_model(folder)


def test_what_is_no_model(tmp_path):
    (tmp_path / "x.tgz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a tar archive"):
        read_model(tmp_path / "x.tgz")
    folder = save(tmp_path / "model.nnef", text="graph nonsense")
    with pytest.raises(InputError, match="can't be read"):
        read_model(folder)
    with pytest.raises(InputError, match="no NNEF graph"):
        write_model(tmp_path / "y.nnef", tensors())


@pytest.mark.parametrize("label", ["/conv/bias", "conv//bias", "./conv/bias"])
def test_two_variables_with_one_file_of_values(label, tmp_path):
    """Each would take the memory of the file again."""
    again = f"    again = variable<scalar>(shape = [1, 8], label = '{label}');\n    wide ="
    folder = save(tmp_path / "m", text=GRAPH.replace("    wide =", again))
    with pytest.raises(InputError, match=r"'conv/bias' and .* have the same file of values"):
        read_model(folder)
