"""Federated learning of digits on nodes in this process: accuracy and bytes, coded or not.

Needs Flower: `pip install 'nnc[flower]'`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from nnc.demo.learning import Digits, accuracy_of, first_model, trained
from nnc.flower import LocalGrid, Mod, Strategy

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
