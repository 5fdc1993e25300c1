"""A network that learns digits on several nodes with unlike ones: images, model, training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.demo.network import WHITE, load_test_images

Tensors = dict[str, NDArray[Any]]

#: Lengths of the layers: pixels, two hidden ones, digits.
LAYERS = (64, 128, 128, 10)

RATE, BATCH, EPOCHS = 0.1, 16, 2

#: How unlike the digits of nodes are: the parameter of a Dirichlet distribution.
CONCENTRATION = 0.3


@dataclass
class Digits:
    """Images for training, divided among nodes, and for tests.

    Attributes:
        images: float32 of shape (N, 64), 0 to 1.
        labels: the digits.
        parts: by node which images it has.
        test: which images are for tests.
    """

    images: NDArray[np.float32]
    labels: NDArray[Any]
    parts: list[NDArray[np.int64]]
    test: NDArray[np.int64]

    @classmethod
    def divided(
        cls,
        seed: int,
        nodes: int,
        images: NDArray[Any] | None = None,
        labels: NDArray[Any] | None = None,
    ) -> Digits:
        """Divide images among nodes, each of which has some digits more than others.

        Args:
            seed: of the choice.
            nodes: how many.
            images: of shape (N, 8, 8), 0 to 16; those of the package if left out.
            labels: the digits that they show.
        """
        if images is None or labels is None:
            images, labels = load_test_images()
        random = np.random.default_rng(seed)
        order = random.permutation(len(labels))
        test, rest = np.split(order, [min(500, len(labels) // 3)])
        parts: list[list[int]] = [[] for _ in range(nodes)]
        for digit in range(LAYERS[-1]):
            own = rest[labels[rest] == digit]
            shares = np.cumsum(random.dirichlet([CONCENTRATION] * nodes))[:-1]
            for part, found in zip(
                parts, np.split(own, (shares * len(own)).astype(int)), strict=True
            ):
                part.extend(found)
        flat = (images.reshape(len(labels), -1) / WHITE).astype(np.float32)
        return cls(flat, labels, [np.array(part, np.int64) for part in parts], test)


def first_model(seed: int) -> Tensors:
    """Return a network that has learned nothing, and its counter of steps."""
    random = np.random.default_rng(seed + 100)
    model: Tensors = {}
    for number, (before, after) in enumerate(pairwise(LAYERS)):
        scale = np.sqrt(2 / before)
        model[f"layers.{number}.weight"] = random.normal(0, scale, (after, before)).astype(
            np.float32
        )
        model[f"layers.{number}.bias"] = np.zeros(after, np.float32)
    return {**model, "steps": np.array(0, np.int64)}


def activations(model: Mapping[str, NDArray[Any]], images: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the values of all layers, from the images to the scores."""
    values = [images]
    for number in range(len(LAYERS) - 1):
        weight, bias = model[f"layers.{number}.weight"], model[f"layers.{number}.bias"]
        last = number == len(LAYERS) - 2
        scores = values[-1] @ weight.T + bias
        values.append(scores if last else np.maximum(scores, 0))
    return values


def trained(
    model: Tensors, digits: Digits, part: NDArray[np.int64], seed: Sequence[int]
) -> Tensors:
    """Return a model after some epochs of stochastic gradient descent on a part of the images."""
    model, random = (
        {name: values.copy() for name, values in model.items()},
        np.random.default_rng(seed),
    )
    for _ in range(EPOCHS):
        order = random.permutation(part)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            descend(model, digits.images[batch], digits.labels[batch])
    return model


def descend(model: Tensors, images: NDArray[Any], labels: NDArray[Any]) -> None:
    """Take one step of gradient descent."""
    values = activations(model, images)
    scores = np.exp(values[-1] - values[-1].max(axis=1, keepdims=True))
    slope = scores / scores.sum(axis=1, keepdims=True)
    slope[np.arange(len(labels)), labels] -= 1
    slope = (slope / len(labels)).astype(np.float32)
    for number in reversed(range(len(LAYERS) - 1)):
        weight = model[f"layers.{number}.weight"]
        steps = slope.T @ values[number], slope.sum(axis=0)
        slope = (slope @ weight) * (values[number] > 0)
        weight -= RATE * steps[0]
        model[f"layers.{number}.bias"] -= RATE * steps[1]
    model["steps"] += 1


def accuracy_of(model: Mapping[str, NDArray[Any]], digits: Digits) -> float:
    """Return the share of the test images that a model reads right."""
    scores = activations(model, digits.images[digits.test])[-1]
    return float(np.mean(np.argmax(scores, axis=1) == digits.labels[digits.test]))
