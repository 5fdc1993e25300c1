"""Networks, and the data to train and judge them by, for `parameter_reduction.py`.

Of each task three sets are apart: one to train with, one (validation) by which everything is
chosen, and one (test) that says what came out.
"""

from __future__ import annotations

import copy
import functools
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "demo"), str(Path(__file__).parent)]

import mnist1d  # noqa: E402
import reduce_digits  # noqa: E402
import train_digits  # noqa: E402

import nnc.torch as nnc_torch  # noqa: E402
from nnc.demo.network import accuracy  # noqa: E402
from nnc.reduce import Neurons  # noqa: E402

#: Images of the digits that aren't trained with, and distorted copies of each to judge by.
VALIDATION, COPIES = 200, 5

SEQUENCES, JUDGED = 1500, 2000
EPOCHS_OF_MNIST1D = 80

#: Of the network trained without weight decay: epochs, and what may be lost on the test set.
EPOCHS_WITHOUT_DECAY, LOST_WITHOUT_DECAY = 60, 0.004


class Task(ABC):
    """A network with its data.

    Attributes:
        name: for the command line.
        wanted: accuracy on the test set that tools are compared at.
        lost: accuracy on the validation set that may be lost.
        original: the network before it is reduced.
        inputs, targets: to train with.
        validation: pairs of inputs and targets.
        seed: of everything that is drawn.
        neurons: those before the last layer; their layer has most of the weights.
    """

    name: str
    neurons: Neurons
    wanted: float
    lost = 0.01
    original: Any
    inputs: Any
    targets: Any
    validation: list[tuple[Any, Any]]

    def __init__(self, seed: int) -> None:
        """Make the sets, and the network."""
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.seed = seed
        self.prepare()
        self.least = right(self.original, self.validation) - self.lost

    @abstractmethod
    def prepare(self) -> None:
        """Make the sets, and the network."""

    @abstractmethod
    def drawn(self) -> Iterator[tuple[Any, Any]]:
        """Yield one epoch of inputs and labels."""

    @abstractmethod
    def tested(self, tensors: dict[str, Any]) -> float:
        """Return the accuracy of a decoded network on the test set."""

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Yield one epoch; targets are probabilities, in part the original network's own."""
        for inputs, labels in self.drawn():
            yield inputs, reduce_digits.taught(self.original, inputs, labels)

    def network(self, tensors: dict[str, Any] | None = None) -> Any:
        """Return a module with the weights of the original, or others."""
        made = copy.deepcopy(self.original)
        if tensors is not None:
            state = {name: torch.from_numpy(np.array(one)) for name, one in tensors.items()}
            made.load_state_dict(state, strict=False)
        return made.eval()

    def whole(self) -> Task:
        """Return the task with what validation took to train with, for settings that are chosen."""
        result = copy.copy(self)
        inputs, targets = self.kept_apart()
        result.inputs = torch.cat([self.inputs, inputs])
        result.targets = torch.cat([self.targets, targets])
        return result

    def kept_apart(self) -> tuple[Any, Any]:
        """Return what could be trained with, and isn't."""
        return self.inputs[:0], self.targets[:0]

    def tensors(self, module: Any = None) -> dict[str, Any]:
        """Return the float tensors of a module, or of the original."""
        found = nnc_torch.reduced(self.original if module is None else module).tensors
        return {name: one for name, one in found.items() if one.dtype.kind == "f"}

    def validated(self, tensors: dict[str, Any]) -> float:
        """Return the accuracy of a decoded network on the validation set."""
        return right(self.network(tensors), self.validation)

    def tune(self, module: Any, epochs: int, rate: float, **options: Any) -> None:
        """Train with the targets of this task."""
        loss = torch.nn.functional.cross_entropy
        nnc_torch.tune(
            module, self, loss, epochs=epochs, learning_rate=rate, seed=self.seed, **options
        )


class Digits(Task):
    """The digits of `nnc.demo`.

    The network was trained with all images that aren't the 500 for tests, those for validation
    among them; so these are judged by as distorted copies, of which it reads all but a few.
    """

    name = "digits"
    wanted = 0.994
    neurons = Neurons("classifier.0.weight", "classifier.2.weight", ["classifier.0.bias"])

    def prepare(self) -> None:
        """Make the sets, and the network."""
        self.original = reduce_digits.original()
        images, _, labels, _ = train_digits.split()
        order = np.random.default_rng(self.seed).permutation(len(images))
        inputs = train_digits.to_input(images)[order]
        targets = torch.from_numpy(labels).long()[order]
        first = inputs[:VALIDATION]
        copies = [first, *(train_digits.distort(first) for _ in range(COPIES))]
        self.validation = [(torch.cat(copies), targets[:VALIDATION].repeat(COPIES + 1))]
        self.inputs, self.targets = inputs[VALIDATION:], targets[VALIDATION:]

    def kept_apart(self) -> tuple[Any, Any]:
        """Return the images of the validation set, undistorted."""
        inputs, targets = self.validation[0]
        return inputs[:VALIDATION], targets[:VALIDATION]

    def drawn(self) -> Iterator[tuple[Any, Any]]:
        """Yield one epoch of distorted images."""
        return train_digits.batches(self.inputs, self.targets)

    def tested(self, tensors: dict[str, Any]) -> float:
        """Return the share of the 500 test images that a decoded network reads right."""
        return accuracy(tensors)


class Mnist1d(Task):
    """Sequences of ten shapes, and one-dimensional convolutions."""

    name = "mnist1d"
    lost = 0.005
    neurons = Neurons("10.weight", "12.weight", ["10.bias"])

    def prepare(self) -> None:
        """Make the sets, and the network; it is the same for each seed."""
        self.original, self.inputs, self.targets = network_of_shapes()
        self.validation = [as_tensors(*mnist1d.sequences(JUDGED, 2))]
        self.test = [as_tensors(*mnist1d.sequences(JUDGED, 3))]
        self.wanted = right(self.original, self.test) - self.lost

    def drawn(self) -> Iterator[tuple[Any, Any]]:
        """Yield one epoch of changed sequences."""
        return mnist1d.batches(self.inputs, self.targets)

    def tested(self, tensors: dict[str, Any]) -> float:
        """Return the share of the test sequences that a decoded network knows."""
        return right(self.network(tensors), self.test)


class Undecayed(Digits):
    """The digits and the layers of `Digits`, trained by Adam without weight decay.

    No weight is small there but by chance, and no neuron is dead.
    """

    name = "undecayed"

    def prepare(self) -> None:
        """Make the sets, and the network; it is the same for each seed."""
        super().prepare()
        self.original = network_without_decay()
        self.wanted = self.tested(self.tensors()) - LOST_WITHOUT_DECAY
        torch.manual_seed(self.seed)


TASKS = {one.name: one for one in (Digits, Mnist1d, Undecayed)}


@functools.cache
def network_without_decay() -> Any:
    """Return the network of `Undecayed`."""
    images, _, labels, _ = train_digits.split()
    inputs, targets = train_digits.to_input(images), torch.from_numpy(labels).long()
    torch.manual_seed(7)
    network = train_digits.DigitsNetwork()
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS_WITHOUT_DECAY)
    for _ in range(EPOCHS_WITHOUT_DECAY):
        network.train()
        for one, wanted in train_digits.batches(inputs, targets):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(one), wanted).backward()
            optimizer.step()
        schedule.step()
    return network.eval()


@functools.cache
def network_of_shapes() -> tuple[Any, Any, Any]:
    """Return the network of `Mnist1d`, and what it was trained with."""
    inputs, targets = as_tensors(*mnist1d.sequences(SEQUENCES, 1))
    return mnist1d.trained(inputs, targets, EPOCHS_OF_MNIST1D), inputs, targets


def as_tensors(inputs: Any, labels: Any) -> tuple[Any, Any]:
    """Return sequences with a channel, and their labels."""
    return torch.from_numpy(inputs)[:, None], torch.from_numpy(labels)


def right(module: Any, pairs: Sequence[tuple[Any, Any]]) -> float:
    """Return the share of some pairs that a module gets right."""
    with torch.no_grad():
        found = [module(inputs).argmax(1) == labels for inputs, labels in pairs]
    return float(torch.cat(found).float().mean())
