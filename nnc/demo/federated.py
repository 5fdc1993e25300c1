"""Federated learning of digits on nodes in this process: accuracy and bytes, coded or not.

Needs Flower: `pip install 'nnc[flower]'`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from nnc.demo.network import WHITE, load_test_images
from nnc.flower import LocalGrid, Mod, Strategy

Tensors = dict[str, NDArray[Any]]

#: Lengths of the layers: pixels, two hidden ones, digits.
LAYERS = (64, 128, 128, 10)

RATE, BATCH, EPOCHS = 0.1, 16, 2

#: How unlike the digits of nodes are: the parameter of a Dirichlet distribution.
CONCENTRATION = 0.3

#: Levels of 8 bits, and the bytes of step and offset of each tensor.
LEVELS, SCALE_BYTES = 255, 8


@dataclass
class Federated:
    """What a run came to.

    Attributes:
        accuracy: share of the test images that the model reads right, by round from 0 on.
        bytes_up: bytes of arrays that nodes sent, by round from 1 on.
        bytes_down: bytes of arrays that they got, likewise.
    """

    accuracy: list[float] = field(default_factory=list)
    bytes_up: list[int] = field(default_factory=list)
    bytes_down: list[int] = field(default_factory=list)


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


def app_of(digits: Digits, seed: int, mods: Sequence[Any] = ()) -> ClientApp:
    """Return the app of a node: it trains on its part of the images, and evaluates."""
    app = ClientApp(mods=list(mods))

    @app.train()
    def train(message: Message, context: Context) -> Message:
        number, turn = int(context.node_config["partition-id"]), message.content["config"]
        model = {name: one.numpy() for name, one in message.content["arrays"].items()}
        part = digits.parts[number % len(digits.parts)]
        new = trained(model, digits, part, [seed, int(turn["server-round"]), number])
        arrays = ArrayRecord({name: Array(values) for name, values in new.items()})
        metrics = MetricRecord({"num-examples": len(part)})
        return Message(RecordDict({"arrays": arrays, "metrics": metrics}), reply_to=message)

    @app.evaluate()
    def evaluate(message: Message, context: Context) -> Message:
        model = {name: one.numpy() for name, one in message.content["arrays"].items()}
        metrics = MetricRecord({"num-examples": 1, "accuracy": accuracy_of(model, digits)})
        return Message(RecordDict({"metrics": metrics}), reply_to=message)

    return app


class Counter:
    """Counts the bytes of arrays on their way, and rounds them to 8 bits if that is asked for."""

    def __init__(self, *, eight_bits: bool = False) -> None:
        """Begin at zero."""
        self.eight_bits, self.total = eight_bits, 0

    def __call__(self, message: Message) -> Message:
        """Count the arrays of a message."""
        if message.has_content():
            for record in message.content.array_records.values():
                for name, array in record.items():
                    self.total += len(array.data)
                    if self.eight_bits and array.dtype == "float32":
                        values = array.numpy()
                        self.total += values.size + SCALE_BYTES - len(array.data)
                        record[name] = Array(in_eight_bits(values))
        return message


def in_eight_bits(values: NDArray[Any]) -> NDArray[np.float32]:
    """Return floats rounded to 256 levels between the least and the largest."""
    low, high = float(values.min()), float(values.max())
    step = (high - low) / LEVELS or 1.0
    return (np.rint((values - low) / step) * step + low).astype(np.float32)


def run(
    coding: str,
    *,
    seed: int = 0,
    rounds: int = 12,
    nodes: int = 6,
    digits: Digits | None = None,
    up: Mapping[str, Any] | None = None,
    down: Mapping[str, Any] | None = None,
    fraction: float = 1.0,
) -> Federated:
    """Learn digits on nodes that train and evaluate in each round.

    Args:
        coding: `none`, `8-bit`, or `nnc`.
        seed: of images, model and training.
        rounds: how many.
        nodes: how many.
        digits: the images; those of the package if left out.
        up: options of `nnc.flower.Mod`.
        down: options of `nnc.flower.Strategy`.
        fraction: share of the nodes that take part in a round.
    """
    digits, result = digits or Digits.divided(seed, nodes), Federated()
    ups, downs = (Counter(eight_bits=coding == "8-bit") for _ in range(2))
    mods = [Mod(**(up or {}))] if coding == "nnc" else []
    grid = LocalGrid(app_of(digits, seed, mods), nodes, on_message=downs, on_reply=ups)
    inner = FedAvg(fraction_train=fraction, fraction_evaluate=fraction)
    strategy = Strategy(inner, **(down or {})) if coding == "nnc" else inner

    def evaluated(number: int, arrays: ArrayRecord) -> MetricRecord:
        model = {name: one.numpy() for name, one in arrays.items()}
        result.accuracy.append(accuracy_of(model, digits))
        if number:
            result.bytes_up.append(ups.total - sum(result.bytes_up))
            result.bytes_down.append(downs.total - sum(result.bytes_down))
        return MetricRecord({"accuracy": result.accuracy[-1]})

    first = ArrayRecord({name: Array(values) for name, values in first_model(seed).items()})
    strategy.start(grid, first, num_rounds=rounds, evaluate_fn=evaluated)
    return result
