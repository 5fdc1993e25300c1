"""The demo network: its files, its numpy inference, and how it bears coarse steps."""

from importlib import resources

import numpy as np
import pytest

from nnc.demo import network

SHAPES = {
    "features.0.weight": (32, 1, 3, 3),
    "features.1.weight": (32,),
    "features.1.bias": (32,),
    "features.1.running_mean": (32,),
    "features.1.running_var": (32,),
    "features.3.weight": (64, 32, 3, 3),
    "features.4.weight": (64,),
    "features.4.bias": (64,),
    "features.4.running_mean": (64,),
    "features.4.running_var": (64,),
    "classifier.0.weight": (64, 1024),
    "classifier.0.bias": (64,),
    "classifier.2.weight": (10, 64),
    "classifier.2.bias": (10,),
}
CORRECT = 499


@pytest.fixture(scope="module")
def tensors():
    return network.load_network()


@pytest.fixture(scope="module")
def recorded():
    file = resources.files("nnc.demo").joinpath(network.TEST_FILE)
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return dict(archive)


def entropy(levels):
    """Bits that an ideal memoryless code spends on all of `levels`."""
    counts = np.unique(levels, return_counts=True)[1]
    return float(-(counts * np.log2(counts / levels.size)).sum())


def test_network_has_the_tensors_of_the_documented_layers(tensors):
    assert {name: tensor.shape for name, tensor in tensors.items()} == SHAPES
    assert all(tensor.dtype == np.float32 for tensor in tensors.values())
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())


def test_images_are_those_of_the_data_set_and_show_every_digit():
    images, labels = network.load_test_images()
    assert images.shape == (500, 8, 8)
    assert images.dtype == np.uint8
    assert images.max() == network.WHITE
    assert labels.shape == (500,)
    assert labels.dtype == np.uint8
    assert np.bincount(labels, minlength=10).min() >= 45


def test_files_are_small():
    folder = resources.files("nnc.demo")
    files = [folder.joinpath(name) for name in (network.WEIGHTS_FILE, network.TEST_FILE)]
    assert sum(len(file.read_bytes()) for file in files) < 700_000


def test_logits_are_those_that_pytorch_computed(tensors, recorded):
    expected = recorded["logits"]
    found = network.logits(tensors, recorded["images"][: len(expected)])
    assert found.dtype == np.float32
    assert np.abs(expected).max() > 5
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_accuracy_is_the_recorded_one(tensors, recorded):
    assert recorded["correct"] == CORRECT
    assert network.accuracy(tensors) == CORRECT / 500


def test_predictions_are_digits_one_for_each_image(tensors):
    images, labels = network.load_test_images()
    found = network.predict(tensors, images)
    assert found.shape == labels.shape
    assert np.count_nonzero(found == labels) == CORRECT
    assert network.predict(tensors, images[:0]).shape == (0,)
    np.testing.assert_array_equal(network.predict(tensors, images[7:9]), found[7:9])


def test_convolution_is_the_sum_over_the_padded_window():
    random = np.random.default_rng(5)
    values = random.normal(size=(2, 4, 5, 3)).astype(np.float32)
    kernel = random.normal(size=(2, 3, 3, 3)).astype(np.float32)
    expected = np.zeros((2, 4, 5, 2))
    for n, y, x, out, channel, dy, dx in np.ndindex(2, 4, 5, 2, 3, 3, 3):
        row, column = y + dy - 1, x + dx - 1
        if 0 <= row < 4 and 0 <= column < 5:
            expected[n, y, x, out] += values[n, row, column, channel] * kernel[out, channel, dy, dx]
    np.testing.assert_allclose(network._convolve(values, kernel), expected, atol=1e-5)


def test_a_variance_quantized_below_zero_gives_no_nan(tensors):
    images, _ = network.load_test_images()
    variance = np.full(64, -0.5, dtype=np.float32)
    changed = tensors | {"features.4.running_var": variance}
    assert np.isfinite(network.logits(changed, images)).all()


def test_a_missing_tensor_is_a_key_error(tensors):
    rest = {name: tensor for name, tensor in tensors.items() if name != "classifier.2.bias"}
    with pytest.raises(KeyError, match=r"classifier\.2\.bias"):
        network.accuracy(rest)


def test_a_wrong_shape_is_a_value_error(tensors):
    images, _ = network.load_test_images()
    with pytest.raises(ValueError, match=r"shape|mismatch"):
        network.predict(tensors | {"classifier.2.weight": np.zeros((10, 63))}, images)
    with pytest.raises(ValueError, match=r"shape|mismatch"):
        network.predict(tensors, images[:, :6, :6])


def test_accuracy_falls_when_the_weights_are_lost(tensors):
    lost = tensors | {"features.3.weight": np.zeros((64, 32, 3, 3), dtype=np.float32)}
    assert network.accuracy(lost) < 0.3


def test_steps_of_one_128th_cost_no_point_of_accuracy_and_three_bits_a_value(tensors):
    step = np.float32(1 / 128)
    bits = 0.0
    coarse = dict(tensors)
    for name, tensor in tensors.items():
        if tensor.ndim > 1:
            levels = np.rint(tensor / step)
            bits += entropy(levels)
            coarse[name] = levels * step
        else:
            bits += tensor.size * 32
    assert bits / sum(tensor.size for tensor in tensors.values()) < 3
    assert network.accuracy(coarse) >= network.accuracy(tensors) - 0.01


def test_the_network_has_one_order():
    names = list(network.load_network())
    assert names == sorted(names)
