"""Make the demo network as small as it goes, and write the bitstream that the package ships.

The recipe, in the order of its steps:

1. train with the compressibility loss (clause 8.3.1), by labels and by the network's own answers;
2. train on with rounded weights, at a coarse step;
3. fold the batch norms (8.2.1, 8.3.8), and encode: what is decoded is what was trained with.

Run it from anywhere; it takes one or two minutes on one core::

    pip install torch==2.13.0 scikit-learn numpy safetensors
    python docs/demo/reduce_digits.py

It writes ``nnc/demo/digits_reduced.nnc``, unless told otherwise. No rule looks at the test images:
six pairs of ``COMPRESSIBILITY`` and ``QP`` were tried with images kept apart from the training
images, by ``tests/benchmarks/parameter_reduction.py``, and of those within 3,500 bytes the most
accurate one was taken.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot
from train_digits import DigitsNetwork, asked_folder, batches, split, to_input

import nnc
import nnc.torch as nnc_torch
from nnc.demo.network import accuracy, load_network
from nnc.reduce import Reduced, fold_batch_norms

SEED = 0
COMPRESSIBILITY = 3e-3
EPOCHS, RATE = 60, 2e-3
ROUNDED_EPOCHS, ROUNDED_RATE = 80, 1e-3
QP, NONWEIGHT_QP = -14, -24


class Lessons:
    """Epochs of distorted images; targets are half labels, half a network's answers."""

    def __init__(self, teacher: torch.nn.Module) -> None:
        """Take who answers."""
        images, _, labels, _ = split()
        self.images, self.labels = to_input(images), torch.from_numpy(labels).long()
        self.teacher = teacher

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Return the batches of one epoch."""
        for images, labels in batches(self.images, self.labels):
            yield images, taught(self.teacher, images, labels)


def taught(teacher: torch.nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
    """Return targets as probabilities: half the labels, half what a network answers."""
    with torch.no_grad():
        answers = torch.softmax(teacher(inputs), 1)
    return (answers + one_hot(labels, answers.shape[1])) / 2


def original() -> DigitsNetwork:
    """Return the network of the demo."""
    network = DigitsNetwork()
    state = {name: torch.from_numpy(values.copy()) for name, values in load_network().items()}
    network.load_state_dict(state, strict=False)
    return network.eval()


def train(
    network: torch.nn.Module, lessons: Iterable[Any], weight: float, qp: int, seed: int
) -> Reduced:
    """Train the two steps, and fold the batch norms.

    Args:
        network: changed in place.
        lessons: pairs of inputs and targets; gone through once an epoch.
        weight: of the compressibility loss.
        qp: quantization parameter of the rounded weights.
        seed: of all that is drawn.
    """
    layers = nnc_torch.batch_norm_layers(network)
    extra = partial(nnc_torch.compressibility, weight=weight)
    tune = partial(nnc_torch.tune, network, lessons, cross_entropy, extra=extra, seed=seed)
    tune(epochs=EPOCHS, learning_rate=RATE)
    nnc_torch.rounded(network, qp)
    tune(epochs=ROUNDED_EPOCHS, learning_rate=ROUNDED_RATE)
    found = nnc_torch.reduced(network)
    floats = {name: one for name, one in found.tensors.items() if one.dtype.kind == "f"}
    return fold_batch_norms(Reduced(tensors=floats), layers)


def encode(found: Reduced, qp: int, *, metadata_unit: bool = True) -> bytes:
    """Encode without dependent quantization: the weights are in whole steps already."""
    return nnc.encode(
        found.tensors,
        qp=qp,
        nonweight_qp=NONWEIGHT_QP,
        tensor_qp={"*_scaling": NONWEIGHT_QP},
        dq=False,
        effort=3,
        metadata_unit=metadata_unit,
        **found.options,
    )


def main() -> None:
    """Train, encode and save."""
    folder = asked_folder("Make the demo network of nnc small.", "digits_reduced.nnc")
    torch.set_num_threads(1)
    data = encode(train(original(), Lessons(original()), COMPRESSIBILITY, QP, SEED), QP)
    (folder / "digits_reduced.nnc").write_bytes(data)
    print(f"{len(data)} bytes, {accuracy(nnc.decode(data)):.1%} of the test images right")


if __name__ == "__main__":
    main()
