"""Sequences of ten shapes, by the description of MNIST-1D (Greydanus and Kobak, arXiv 2011.14439).

A shape of 12 points is padded, scaled, sheared and moved, noise is added, and what comes out is
sampled at 40 places. The shapes are our own, so that accuracies can't be compared with published
ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH = 40
CLASSES = 10
POINTS = 12

#: Longest and shortest padding, and how far a shape moves in it.
PADDING = (36, 60)
TRANSLATION = 48
SCALE, SHEAR = 0.4, 0.75
CORRELATED_NOISE, NOISE = 0.25, 0.02

#: Each shape as the heights of its points.
SHAPES = np.array(
    [
        [0, 3, 5, 6, 6.5, 7, 7, 6.5, 6, 5, 3, 0],
        [0, 0, 0, 1, 3, 7, 7, 3, 1, 0, 0, 0],
        [0, 4, 7, 7, 4, 0, 0, -3, -5, -5, -3, 0],
        [0, 6, 6, 1, 1, 6, 6, 1, 1, 6, 6, 0],
        [0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0],
        [0, 0, 0, 0, 7, 6, 5, 4, 3, 2, 1, 0],
        [7, 0, 0, 0, 0, 4, 4, 0, 0, 0, 0, 7],
        [0, -4, -6, -4, 0, 4, 7, 7, 4, 2, 1, 0],
        [0, 7, 3, 0, -3, 0, 3, 7, 3, 0, -3, 0],
        [6, 6, 6, 6, 0, 0, 0, 0, -5, -5, -5, -5],
    ]
)


def sequences(number: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return sequences, shape (number, 40), and which shape each has in it."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(number) % CLASSES)
    made = np.stack([sequence(SHAPES[label], random) for label in labels])
    return made.astype(np.float32), labels.astype(np.int64)


def sequence(shape: NDArray[Any], random: np.random.Generator) -> NDArray[np.float64]:
    """Return one sequence of a shape."""
    length = POINTS + int(random.integers(*PADDING))
    values = np.zeros(length)
    values[:POINTS] = shape / 7
    values = np.roll(values, int(random.integers(0, TRANSLATION)) % (length - POINTS + 1))
    values = values * (1 + SCALE * random.uniform(-1, 1))
    values = values + SHEAR * random.uniform(-1, 1) * np.linspace(-0.5, 0.5, length)
    values = values + CORRELATED_NOISE * smooth(random.normal(size=length))
    values = values + NOISE * random.normal(size=length)
    places = np.linspace(0, length - 1, LENGTH)
    return np.interp(places, np.arange(length), values)


def smooth(noise: NDArray[np.float64], deviation: float = 2.0) -> NDArray[np.float64]:
    """Return noise through a Gaussian filter."""
    places = np.arange(-8, 9)
    weights = np.exp(-0.5 * (places / deviation) ** 2)
    return np.convolve(noise, weights / weights.sum(), mode="same")


def make_network() -> Any:
    """Return the module: three convolutions with batch norms, two fully connected layers."""
    from torch import nn

    layers: list[Any] = []
    for before, after in ((1, 32), (32, 64), (64, 64)):
        convolution = nn.Conv1d(before, after, 5, stride=2, padding=2, bias=False)
        layers += [convolution, nn.BatchNorm1d(after), nn.ReLU()]
    classifier = [nn.Flatten(), nn.Linear(64 * 5, 128), nn.ReLU(), nn.Linear(128, CLASSES)]
    return nn.Sequential(*layers, *classifier)


def trained(inputs: Any, targets: Any, epochs: int = 60) -> Any:
    """Return a network that knows the shapes."""
    import torch

    torch.manual_seed(7)
    network = make_network()
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=2e-3
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        network.train()
        for one, wanted in batches(inputs, targets):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(one), wanted).backward()
            optimizer.step()
        schedule.step()
    return network.eval()


def batches(inputs: Any, targets: Any, size: int = 64) -> Iterator[tuple[Any, Any]]:
    """Yield one epoch in random order, each sequence a little longer, higher and elsewhere."""
    import torch

    for chosen in torch.randperm(len(inputs)).split(size):
        scales = 1 + 0.2 * (torch.rand(len(chosen), 1, 1) - 0.5)
        shift = int(torch.randint(-2, 3, ()))
        yield torch.roll(inputs[chosen], shift, dims=2) * scales, targets[chosen]
