"""Annex D: Keras archives and HDF5 files of weights."""

import io
import json
import os
import zipfile

import numpy as np
import pytest

from nnc import Bitstream, InputError
from nnc.decoder import read_topology
from nnc.formats import read_model, write_model
from tests.unit.formats.frameworks import assert_explained, assert_same_model, there_and_back

h5py = pytest.importorskip("h5py")
os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip(os.environ["KERAS_BACKEND"])
keras = pytest.importorskip("keras")
RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(4, 8, 8, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(5)
    layers = keras.layers
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(8, 3, padding="same", name="first")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.DepthwiseConv2D(3)(x)
    x = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.Flatten()(x)])
    result = keras.Model(inputs, layers.Dense(5, name="last")(x))
    result.compile("adam", "mse")
    for layer in result.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([RANDOM.uniform(0.5, 1.5, 8).astype(np.float32) for _ in range(4)])
    return result


def outputs(model):
    return keras.ops.convert_to_numpy(model(X, training=False))


def replaced(model, path, arrays):
    """The original with the decoded values, put in by the framework's own file of weights."""
    copy = keras.models.clone_model(model)
    for variable, source in zip(copy.variables, model.variables, strict=True):
        value = keras.ops.convert_to_numpy(source)
        near = [
            one for one in arrays.values()
            if one.shape == value.shape and np.abs(one - value).max() < 0.01
        ]  # fmt: skip
        assert len(near) >= 1 or value.dtype.kind != "f", variable.path
        if near:
            variable.assign(near[0])
    return copy


def test_annex_d_keras(model, tmp_path):
    path = tmp_path / "model.keras"
    model.save(path)
    before, after = there_and_back(path, tmp_path / "back.keras")
    assert_same_model(before, after)
    back = keras.saving.load_model(tmp_path / "back.keras")
    assert [one.name for one in back.layers] == [one.name for one in model.layers]
    assert_explained(outputs(model), outputs(back), outputs(replaced(model, path, after.tensors)))
    with zipfile.ZipFile(path) as ours, zipfile.ZipFile(tmp_path / "back.keras") as theirs:
        for name in ("config.json", "metadata.json"):
            assert json.loads(ours.read(name)) == json.loads(theirs.read(name))


def test_annex_d_topology_is_the_config(model, tmp_path):
    model.save(tmp_path / "model.keras")
    there_and_back(tmp_path / "model.keras", tmp_path / "back.keras")
    topology = read_topology(Bitstream.open(tmp_path / "model.nnc").walk())
    assert topology.storage_format == 4
    assert json.loads(topology.data)["class_name"] == "Functional"


def test_annex_d_kernels_have_their_rows_last(model, tmp_path):
    model.save(tmp_path / "model.keras")
    there_and_back(tmp_path / "model.keras", tmp_path / "back.keras")
    shifts = {
        unit.names[0]: unit.header.first_tensor_dimension_shift
        for unit in Bitstream.open(tmp_path / "model.nnc").units
        if unit.type_name == "NNR_NDU" and len(unit.header.tensor_dimensions) > 1
    }
    assert shifts["layers/conv2d/vars/0"] == 3
    assert sorted(shifts.values()) == [1, 3, 3]


def test_weights_files(model, tmp_path):
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    before, after = there_and_back(path, tmp_path / "back.weights.h5")
    assert_same_model(before, after)
    back = keras.models.clone_model(model)
    back.compile("adam", "mse")
    back.load_weights(tmp_path / "back.weights.h5")
    original = outputs(model)
    assert 0 < np.abs(outputs(back) - original).max() < 0.05 * np.abs(original).max()


def test_older_files_of_whole_models(model, tmp_path):
    path = tmp_path / "model.h5"
    model.save(path)
    before, after = there_and_back(path, tmp_path / "back.h5")
    assert_same_model(before, after)
    back = keras.saving.load_model(tmp_path / "back.h5", compile=False)
    original = outputs(model)
    assert 0 < np.abs(outputs(back) - original).max() < 0.05 * np.abs(original).max()
    with pytest.raises(InputError, match=r"write an \.h5 file"):
        write_model(tmp_path / "x.keras", after.tensors, after.metadata, after.topology)


def test_half_precision(tmp_path):
    for kind in ("float16", "bfloat16"):
        layer = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype=kind)])
        path = tmp_path / f"{kind}.keras"
        layer.save(path)
        before, after = there_and_back(path, tmp_path / f"{kind}-back.keras")
        assert_same_model(before, after)
        assert {one.dtype.name for one in before.tensors.values()} == {kind}
        back = keras.saving.load_model(tmp_path / f"{kind}-back.keras")
        assert back.layers[0].kernel.dtype in (kind, f"torch.{kind}")


def test_a_keras_archive_needs_a_config(tmp_path):
    with pytest.raises(InputError, match="no config of a Keras model"):
        write_model(tmp_path / "x.keras", {"a": X})


def archive_with(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("_dot_", "."), data)
    return buffer.getvalue()


def test_bombs_are_refused(tmp_path):
    path = tmp_path / "bomb.keras"
    path.write_bytes(archive_with(config_dot_json=b"{}", model_dot_weights_dot_h5=bytes(1 << 26)))
    with pytest.raises(InputError, match="no model does"):
        read_model(path)
    with h5py.File(tmp_path / "bomb.h5", "w") as file:
        file.create_dataset("x", (1 << 30,), "f4", compression="gzip", chunks=(1 << 20,))
    with pytest.raises(InputError, match="no model does"):
        read_model(tmp_path / "bomb.h5")


def test_archives_without_what_a_model_has(tmp_path):
    (tmp_path / "x.keras").write_bytes(archive_with(config_dot_json=b"{}"))
    with pytest.raises(InputError, match=r"model.weights.h5 is missing"):
        read_model(tmp_path / "x.keras")
    (tmp_path / "y.h5").write_bytes(b"no HDF5")
    with pytest.raises(InputError, match="not a readable HDF5"):
        read_model(tmp_path / "y.h5")


@pytest.mark.parametrize("link", ["external", "soft", "storage", "virtual", "text", "cycle"])
def test_links_out_of_the_file(link, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(64))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.ones(3)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        if link == "external":
            file["a"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "x")
        elif link == "soft":
            file["a"] = h5py.SoftLink("/b")
        elif link == "storage":
            file.create_dataset("a", (16,), "f4", external=[(str(tmp_path / "secret"), 0, 64)])
        elif link == "virtual":
            layout = h5py.VirtualLayout((3,), "f8")
            layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (3,))
            file.create_virtual_dataset("a", layout)
        elif link == "text":
            file["a"] = "text"
        else:
            file.create_group("a")["b"] = file["/"]
    with pytest.raises(InputError, match=r"link|another file|no numbers|nested"):
        read_model(tmp_path / "x.h5")


@pytest.mark.parametrize("name", ["../a", "/a", "a//b", "a\nb", "a/\x1b[2J", "x/" * 99 + "x"])
def test_names_that_are_no_paths(name, tmp_path):
    with pytest.raises(InputError, match=r"can't be the name|can be named|nested"):
        write_model(tmp_path / "x.weights.h5", {name: X})
    assert not (tmp_path / "x.weights.h5").exists()
