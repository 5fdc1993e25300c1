"""What the tools of clause 8 come to on the digits network: `parameter_reduction.py [--seeds N]`.

Needs torch and scikit-learn; nnc on PYTHONPATH. A tool's worth is the size of the smallest
bitstream with which the decoded network reads 99.4 % of the 500 test images right; of the training
images 200 are kept apart as validation, by which training keeps the best state. Bitstreams have no
metadata unit: the receiver has the network, and knows which batch norms it folded.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "demo")]

import nnc  # noqa: E402
from nnc.demo.network import accuracy, load_network  # noqa: E402
from nnc.reduce import (  # noqa: E402
    Reduced,
    fold_batch_norms,
    low_rank,
    prune_blocks,
    sparsify,
    sparsify_rows,
    unify,
)

WANTED = 0.994
NONWEIGHT_QP = -48
#: Scaling factors are near 1, and less precise ones do.
SCALING_QP = -38
QPS = tuple(range(-26, -9))
VALIDATION = 200


class Point(NamedTuple):
    """One encoding.

    Attributes:
        qp: of the weights.
        size: bytes.
        accuracy: of the decoded network.
    """

    qp: int
    size: int
    accuracy: float


def encoded(found: Reduced, qp: int) -> bytes:
    """Encode at one step size for the weights."""
    scaling = {"*_scaling": SCALING_QP} if found.blocks else {}
    coding = {"qp": qp, "nonweight_qp": NONWEIGHT_QP, "tensor_qp": scaling, "effort": 3}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nnc.encode(found.tensors, metadata_unit=False, **coding, **found.options)


def decoded(found: Reduced, data: bytes) -> dict[str, Any]:
    """Return the tensors of the network."""
    return nnc.decode(data, batch_norms=found.batch_norms)


def curve(found: Reduced, qps: Sequence[int] = QPS) -> list[Point]:
    """Encode at each step size."""
    points = []
    for qp in qps:
        data = encoded(found, qp)
        points.append(Point(qp, len(data), accuracy(decoded(found, data))))
    return points


def smallest(points: Sequence[Point]) -> Point | None:
    """Return the smallest encoding that is good enough."""
    good = [point for point in points if point.accuracy >= WANTED]
    return min(good, key=lambda point: point.size, default=None)


class Digits:
    """The network, its images, and training of it."""

    def __init__(self, seed: int) -> None:
        """Keep images for validation apart."""
        import torch
        import train_digits

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.torch, self.train = torch, train_digits
        images, _, labels, _ = train_digits.split()
        order = np.random.default_rng(seed).permutation(len(images))
        inputs = train_digits.to_input(images)[order]
        targets = torch.from_numpy(labels).long()[order]
        self.validation = [(inputs[:VALIDATION], targets[:VALIDATION])]
        self.inputs, self.targets = inputs[VALIDATION:], targets[VALIDATION:]
        self.seed = seed

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Yield one epoch of distorted images."""
        return self.train.batches(self.inputs, self.targets)

    def network(self, tensors: dict[str, Any] | None = None) -> Any:
        """Return a module with the weights of the demo, or others."""
        made = self.train.DigitsNetwork()
        state = {
            name: self.torch.from_numpy(np.array(one))
            for name, one in (tensors or load_network()).items()
        }
        made.load_state_dict(state, strict=False)
        return made.eval()

    def tune(self, module: Any, epochs: int, rate: float, **options: Any) -> None:
        """Train, and keep the state of the least loss on the validation images."""
        import nnc.torch as nnc_torch

        nnc_torch.tune(
            module, self, self.torch.nn.functional.cross_entropy, epochs=epochs,
            learning_rate=rate, validation=self.validation, seed=self.seed, **options,
        )  # fmt: skip

    def momentum(self, parameters: Sequence[Any], rate: float) -> Any:
        """Return the optimizer that the network was trained with."""
        return self.torch.optim.SGD(
            parameters, lr=rate, momentum=0.9, nesterov=True, weight_decay=self.train.WEIGHT_DECAY
        )


def layers_of(module: Any) -> Any:
    """Return the pairs of layers and batch norms."""
    import nnc.torch as nnc_torch

    return nnc_torch.batch_norm_layers(module)


def compressible(digits: Digits, weight: float, epochs: int = 30) -> Any:
    """Fine-tune with the compressibility loss, and keep the last state: it is the sparsest."""
    import nnc.torch as nnc_torch

    module = digits.network()
    torch = digits.torch
    nnc_torch.tune(
        module, digits, torch.nn.functional.cross_entropy, epochs=epochs, learning_rate=1e-3,
        extra=lambda one: nnc_torch.compressibility(one, weight), seed=digits.seed,
    )  # fmt: skip
    return module


def rescaled(digits: Digits, module: Any, qp: int, epochs: int = 20) -> Reduced:
    """Freeze the weights as they are decoded, and train scaling, biases and batch norms."""
    import nnc.torch as nnc_torch

    plain = nnc_torch.reduced(module)
    known = {name: one for name, one in plain.tensors.items() if one.dtype.kind == "f"}
    there = nnc.decode(encoded(Reduced(tensors=known), qp))
    made = digits.network(there)
    factors = nnc_torch.local_scaling(made)
    others = [one for name, one in made.named_parameters()
              if one.requires_grad and "parametrizations" not in name]  # fmt: skip
    digits.tune(made, epochs, 2e-3, parameters=[*factors, *others])
    found = nnc_torch.reduced(made)
    # The weights go out as they were before: what they decode to is what was trained with.
    tensors = {
        name: known[name] if name in known and known[name].ndim > 1 else one
        for name, one in found.tensors.items()
        if one.dtype.kind == "f"
    }
    scaled = Reduced(tensors=tensors, blocks=found.blocks)
    return fold_batch_norms(scaled, layers_of(digits.network()))


def plain_tools(digits: Digits) -> dict[str, Reduced]:
    """Return the network after each tool that needs no training."""
    network = load_network()
    model = Reduced(tensors=network)
    hidden = ["classifier.0.weight"]
    return {
        "plain": model,
        "batch norm folding": fold_batch_norms(model, layers_of(digits.network())),
        "low rank, r 8": low_rank(network, rank=8, only=hidden, smaller=False),
        "low rank, r 6": low_rank(network, rank=6, only=hidden, smaller=False),
        "sparsify 0.5": sparsify(network, 0.5),
        "sparsify 0.7": sparsify(network, 0.7),
        "sparsify_rows 0.5": sparsify_rows(network, 0.5),
        "sparsify_rows 0.2 of all": sparsify_rows(network, share=0.2, scope="global"),
        "unify 0.3, 2 x 2": unify(network, 0.3),
        "unify 0.6, 2 x 2": unify(network, 0.6),
        "prune_blocks 0.5, 1 x 4": prune_blocks(network, 0.5, block=(1, 4)),
    }


def trained_tools(digits: Digits) -> dict[str, Callable[[], list[Point]]]:
    """Return what encodes the network after each tool that trains."""
    plain = {}

    def network_of(weight: float) -> Any:
        if weight not in plain:
            plain[weight] = compressible(digits, weight)
        return plain[weight]

    def tensors_of(module: Any) -> Reduced:
        import nnc.torch as nnc_torch

        tensors = nnc_torch.reduced(module).tensors
        return Reduced(tensors={n: one for n, one in tensors.items() if one.dtype.kind == "f"})

    def after_scaling(module: Any, qps: Sequence[int]) -> list[Point]:
        return [point for qp in qps for point in curve(rescaled(digits, module, qp), [qp])]

    return {
        "local scaling": lambda: after_scaling(digits.network(), (-22, -21, -20, -19)),
        "compressibility 1e-3": lambda: curve(tensors_of(network_of(1e-3))),
        "compressibility 3e-3": lambda: curve(tensors_of(network_of(3e-3))),
        "all, compressibility 3e-3": lambda: after_scaling(network_of(3e-3), (-21, -20, -19, -18)),
    }


def table(seeds: int, only: str) -> None:
    """Print the table."""
    for name, found in plain_tools(Digits(0)).items():
        if only in name:
            print(row(name, [smallest(curve(found))]), flush=True)
    results: dict[str, list[Point | None]] = {}
    for seed in range(seeds):
        for name, made in trained_tools(Digits(seed)).items():
            if only in name:
                points = made()
                results.setdefault(name, []).append(smallest(points))
                told = ", ".join(f"{p.qp}: {p.size} {p.accuracy:.1%}" for p in points)
                print(f"  seed {seed}, {name}: {told}", flush=True)
    for name, best in results.items():
        print(row(name, best), flush=True)


def row(name: str, best: Sequence[Point | None]) -> str:
    """Return a line of the table."""
    sizes = sorted(point.size for point in best if point is not None)
    if not sizes:
        return f"| {name} | none at {WANTED:.1%} |"
    missed = f", {len(best) - len(sizes)} missed" if len(sizes) < len(best) else ""
    spread = f" ({sizes[0]} to {sizes[-1]}{missed})" if len(best) > 1 else ""
    return f"| {name} | {statistics.median_low(sizes)}{spread} |"


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", default="", help="tools whose name has this in it")
    given = parser.parse_args()
    table(given.seeds, given.only)


if __name__ == "__main__":
    main()
