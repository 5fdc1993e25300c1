"""Annex D: SavedModels of TensorFlow."""

import io
import zipfile

import numpy as np
import pytest

from nnc import InputError
from nnc.decoder import Topology
from nnc.formats import read_model, write_model
from tests.unit.formats.frameworks import assert_explained, assert_same_model, there_and_back

tf = pytest.importorskip("tensorflow")
RANDOM = np.random.default_rng(10)
X = RANDOM.normal(size=(2, 8, 8, 3)).astype(np.float32)


class Network(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(RANDOM.normal(size=(3, 3, 3, 4)).astype(np.float32))
        self.bias = tf.Variable(RANDOM.normal(size=4).astype(np.float32))
        self.steps = tf.Variable(3, dtype=tf.int64)

    def run(self, x):
        return tf.nn.conv2d(x, self.kernel, 1, "SAME") + self.bias


def save(path):
    network = Network()
    signature = tf.TensorSpec([None, 8, 8, 3], tf.float32)
    network.run = tf.function(network.run, input_signature=[signature])
    tf.saved_model.save(network, str(path))
    return network


def test_annex_d_tensorflow(tmp_path):
    network = save(tmp_path / "model")
    before, after = there_and_back(tmp_path / "model", tmp_path / "back.savedmodel")
    assert_same_model(before, after)
    assert list(before.tensors) == ["bias", "kernel", "steps"]
    assert before.row_axes == {"kernel": 3}
    back = tf.saved_model.load(str(tmp_path / "back.savedmodel"))
    original = network.run(X).numpy()
    network.kernel.assign(after.tensors["kernel"])
    network.bias.assign(after.tensors["bias"])
    assert_explained(original, back.run(X).numpy(), network.run(X).numpy())
    assert int(back.steps) == 3


def test_damaged_variables(tmp_path):
    save(tmp_path / "model")
    index = tmp_path / "model/variables/variables.index"
    index.write_bytes(index.read_bytes()[:-30])
    with pytest.raises(InputError, match="can't be read"):
        read_model(tmp_path / "model")


@pytest.mark.parametrize("name", ["variables/variables.index", "assets/words.txt"])
def test_links_out_of_the_folder(name, tmp_path):
    save(tmp_path / "model")
    (tmp_path / "secret").write_text("secret")
    place = tmp_path / "model" / name
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match="outside"):
        read_model(tmp_path / "model")


def test_topologies_that_lead_elsewhere(tmp_path):
    with pytest.raises(InputError, match="no SavedModel"):
        write_model(tmp_path / "x.savedmodel", {}, {}, Topology(4, b"{}"))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("saved_model.pb", b"")
        archive.writestr("../secret", b"")
    with pytest.raises(InputError, match="can't be the name"):
        write_model(tmp_path / "x.savedmodel", {}, {}, Topology(4, data.getvalue()))
    assert not (tmp_path / "secret").exists()
