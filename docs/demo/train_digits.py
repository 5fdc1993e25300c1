"""Train the demo network of nnc and write the two files that the package ships.

The network is a small convolutional one for scikit-learn's digits: 1,797 scanned digits of
8 x 8 pixels, each pixel a whole number from 0 to 16. Run it from anywhere::

    pip install torch==2.13.0 scikit-learn numpy safetensors
    python docs/demo/train_digits.py

It takes about a minute on one core and writes, into ``nnc/demo`` unless told otherwise,

* ``digits.safetensors``: the weights, float32, under the names of PyTorch's ``state_dict``;
* ``digits_test.npz``: the held-out images and labels, the number of them that the network gets
  right, and the logits that PyTorch computes for the first few.

The split and the training have fixed seeds, one thread and deterministic kernels, so that a
second run with the same releases on the same processor gives the same files; another processor
may round differently. The test images choose nothing: the number of epochs and every setting
below were fixed beforehand, and the weights kept are those of the last epoch.
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save as to_safetensors
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional

SPLIT_SEED = 15938
TRAINING_SEED = 17
TEST_IMAGES = 500
RECORDED_LOGITS = 16

WHITE = 16.0
EPOCHS = 300
BATCH = 64
LEARNING_RATE = 0.05
MOMENTUM = 0.9
WEIGHT_DECAY = 2e-3
LARGEST_ROTATION = math.radians(12.0)
LARGEST_SHIFT = 0.25  # in halves of the image's width, as affine_grid counts: one pixel
LARGEST_SCALING = 0.1


class DigitsNetwork(nn.Module):
    """Two convolutions with batch normalization, one pooling, two fully connected layers."""

    def __init__(self) -> None:
        """Make the layers with PyTorch's initial weights."""
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(64 * 4 * 4, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits, shape (N, 10), of images of shape (N, 1, 8, 8) in 0..1."""
        return self.classifier(self.features(images).flatten(1))


def split() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Split the data set, the share of each digit kept.

    Returns:
        Training images, test images (uint8, shape (N, 8, 8), values 0 to 16), training labels
        and test labels (uint8, shape (N,)).
    """
    data = load_digits()
    images = data.images.astype(np.uint8)
    labels = data.target.astype(np.uint8)
    return train_test_split(
        images, labels, test_size=TEST_IMAGES, random_state=SPLIT_SEED, stratify=labels
    )


def to_input(images: np.ndarray) -> Tensor:
    """Turn uint8 images into the network's input, float32 of shape (N, 1, 8, 8) in 0..1."""
    return torch.from_numpy(images).to(torch.float32).div(WHITE).unsqueeze(1)


def distort(images: Tensor) -> Tensor:
    """Rotate, scale and shift each image by its own small random amount."""
    count = len(images)

    def amounts(largest: float) -> Tensor:
        return (torch.rand(count) * 2 - 1) * largest

    angle = amounts(LARGEST_ROTATION)
    scale = 1 + amounts(LARGEST_SCALING)
    cosine, sine = scale * torch.cos(angle), scale * torch.sin(angle)
    rows = torch.stack(
        [
            torch.stack([cosine, -sine, amounts(LARGEST_SHIFT)], dim=1),
            torch.stack([sine, cosine, amounts(LARGEST_SHIFT)], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(rows, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def batches(images: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Return one epoch of distorted images and their labels, in random order."""
    for chosen in torch.randperm(len(images)).split(BATCH):
        yield distort(images[chosen]), labels[chosen]


def train(images: Tensor, labels: Tensor) -> DigitsNetwork:
    """Train a new network; see the constants of this module for the settings."""
    torch.manual_seed(TRAINING_SEED)
    network = DigitsNetwork()
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=LEARNING_RATE,
        momentum=MOMENTUM,
        weight_decay=WEIGHT_DECAY,
        nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for epoch in range(1, EPOCHS + 1):
        network.train()
        total = 0.0
        for batch, wanted in batches(images, labels):
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(batch), wanted)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        schedule.step()
        if epoch % 20 == 0:
            print(f"epoch {epoch:3}: training loss {total / len(images):.4f}", flush=True)
    return network.eval()


def weights(network: DigitsNetwork) -> dict[str, np.ndarray]:
    """Return the float tensors by name; the counters of batches, of no use later, stay out."""
    return {
        name: tensor.numpy().copy()
        for name, tensor in network.state_dict().items()
        if tensor.is_floating_point()
    }


def save(network: DigitsNetwork, images: np.ndarray, labels: np.ndarray, folder: Path) -> None:
    """Evaluate the network on the test images and write both files into `folder`."""
    with torch.no_grad():
        logits = network(to_input(images)).numpy()
    correct = int((logits.argmax(axis=1) == labels).sum())
    tensors = weights(network)
    values = sum(tensor.size for tensor in tensors.values())
    print(f"{values} values in {len(tensors)} tensors")
    print(f"{correct} of {len(labels)} test images right: {correct / len(labels):.2%}")
    (folder / "digits.safetensors").write_bytes(to_safetensors(tensors))
    np.savez_compressed(
        folder / "digits_test.npz",
        images=images,
        labels=labels,
        correct=np.int64(correct),
        logits=logits[:RECORDED_LOGITS],
    )


def asked_folder(description: str, files: str) -> Path:
    """Read the command line: which folder gets the files."""
    parser = argparse.ArgumentParser(description=description)
    package = Path(__file__).resolve().parents[2] / "nnc" / "demo"
    parser.add_argument("--output", type=Path, default=package, help=f"folder that gets {files}")
    return parser.parse_args().output


def main() -> None:
    """Split, train, evaluate and save."""
    folder = asked_folder(
        "Train the demo network of nnc.", "digits.safetensors and digits_test.npz"
    )
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    training_images, test_images, training_labels, test_labels = split()
    network = train(to_input(training_images), torch.from_numpy(training_labels).long())
    save(network, test_images, test_labels, folder)


if __name__ == "__main__":
    main()
