"""The demo network in numpy: its weights, its test images, and its predictions.

Two convolutions with batch normalization, one pooling and two fully connected layers, under the
tensor names of PyTorch's `Sequential`. Images lie with the channel last in here, so that each
convolution is one matrix product over the patches.
"""

from collections.abc import Mapping
from importlib import resources

import numpy as np
from numpy.typing import NDArray

WEIGHTS_FILE = "digits.safetensors"
TEST_FILE = "digits_test.npz"

WHITE = 16.0
"""The largest pixel value of the data set; the network takes pixels divided by it."""

NORMALIZATION_EPSILON = 1e-5
"""What PyTorch adds to each running variance by default, as in training."""

Floats = NDArray[np.float32]


def load_network() -> dict[str, NDArray[np.generic]]:
    """Read the trained weights that come with the package.

    Returns:
        The 14 tensors, all float32, by name: `features.0.weight` of shape (32, 1, 3, 3) and so on.
        They are in the order of their names.
    """
    # Imported here, so that importing nnc does not pay for a reader that only the demo needs.
    from safetensors.numpy import load

    data = resources.files("nnc.demo").joinpath(WEIGHTS_FILE).read_bytes()
    # The reader gives another order each time, by which the bytes of a coded model would differ.
    tensors: dict[str, NDArray[np.generic]] = dict(sorted(load(data).items()))
    return tensors


def load_test_images() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read the test images, which the training never saw.

    Returns:
        The images, uint8 of shape (500, 8, 8) with values 0 to 16, and the digits they show,
        uint8 of shape (500,).
    """
    file = resources.files("nnc.demo").joinpath(TEST_FILE)
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        return archive["images"], archive["labels"]


def logits(
    tensors: Mapping[str, NDArray[np.generic]], images: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Compute the outputs of the last layer.

    Args:
        tensors: The network's tensors by name; each is converted to float32.
        images: Images of shape (N, 8, 8), values 0 to 16.

    Returns:
        One score for each image and digit, float32 of shape (N, 10).

    Raises:
        KeyError: A tensor is missing.
        ValueError: A tensor or the images have a shape that does not fit.
    """
    weights = {name: np.asarray(tensor, dtype=np.float32) for name, tensor in tensors.items()}
    values = (images / WHITE).astype(np.float32)[..., np.newaxis]
    values = _convolve(values, weights["features.0.weight"])
    values = _rectify(_normalize(values, weights, "features.1"))
    values = _convolve(values, weights["features.3.weight"])
    values = _rectify(_normalize(values, weights, "features.4"))
    values = _flatten(_pool(values))
    values = _rectify(_connect(values, weights, "classifier.0"))
    return _connect(values, weights, "classifier.2")


def predict(
    tensors: Mapping[str, NDArray[np.generic]], images: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Read the digits on images.

    Args:
        tensors: The network's tensors by name.
        images: Images of shape (N, 8, 8), values 0 to 16.

    Returns:
        The most likely digit of each image, int64 of shape (N,).

    Raises:
        KeyError: A tensor is missing.
        ValueError: A tensor or the images have a shape that does not fit.
    """
    labels: NDArray[np.int64] = np.argmax(logits(tensors, images), axis=1)
    return labels


def accuracy(tensors: Mapping[str, NDArray[np.generic]]) -> float:
    """Measure the share of the test images that the network reads right.

    Args:
        tensors: The network's tensors by name.

    Returns:
        The accuracy, 0 to 1, in steps of one five-hundredth.

    Raises:
        KeyError: A tensor is missing.
        ValueError: A tensor has a shape that does not fit.
    """
    images, labels = load_test_images()
    return float(np.mean(predict(tensors, images) == labels))


def _convolve(values: Floats, kernel: Floats) -> Floats:
    """Convolve (N, H, W, in) with (out, in, h, w), padded so that H and W stay."""
    height, width = kernel.shape[2:]
    rows, columns = height // 2, width // 2
    padded = np.pad(values, ((0, 0), (rows, rows), (columns, columns), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(1, 2))
    product: Floats = np.tensordot(patches, kernel, axes=((3, 4, 5), (1, 2, 3)))
    return product


def _normalize(values: Floats, weights: Mapping[str, Floats], layer: str) -> Floats:
    """Apply the batch normalization `layer` to the last axis, with its running statistics."""
    # A coarsely quantized variance can come out below zero; the square root must not.
    variance = np.maximum(weights[f"{layer}.running_var"], 0)
    deviation: Floats = np.sqrt(variance + np.float32(NORMALIZATION_EPSILON))
    scale = weights[f"{layer}.weight"] / deviation
    shift = weights[f"{layer}.bias"] - weights[f"{layer}.running_mean"] * scale
    return values * scale + shift


def _rectify(values: Floats) -> Floats:
    """Replace negative values by zero."""
    return np.maximum(values, 0)


def _pool(values: Floats) -> Floats:
    """Take the maximum over each 2 x 2 pixels of (N, H, W, channels)."""
    count, height, width, channels = values.shape
    blocks = values.reshape(count, height // 2, 2, width // 2, 2, channels)
    largest: Floats = blocks.max(axis=(2, 4))
    return largest


def _flatten(values: Floats) -> Floats:
    """Make rows of (N, H, W, channels) in the order of PyTorch, the channel first."""
    count, height, width, channels = values.shape
    return values.transpose(0, 3, 1, 2).reshape(count, channels * height * width)


def _connect(values: Floats, weights: Mapping[str, Floats], layer: str) -> Floats:
    """Apply the fully connected `layer` to rows."""
    return values @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]
