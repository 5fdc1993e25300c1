"""What tools that make a network smaller first (clause 8) come to on the demo network.

Those here need no training. Beside them stands the bitstream of a network that was trained to be
small; `docs/demo/reduce_digits.py` makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

import nnc
from nnc.demo.network import accuracy, load_network
from nnc.formats.batch_norm import Layer
from nnc.model.batch_norm import batch_norms_by_module
from nnc.reduce import Reduced, fold_batch_norms, low_rank, prune_neurons, sparsify, unify
from nnc.reduce.neurons import Neurons

#: Bytes of the network's values as float32.
FLOAT32_BYTES = 341_416

#: Quantization parameters of weights that are tried.
QPS = (-26, -25, -24, -23, -22, -21, -20, -18)

#: That of vectors, and of what batch norms were folded into.
NONWEIGHT_QP, FOLDED_QP = -48, -36

#: The accuracy that tools are compared at.
WANTED = 0.994

TRAINED = "trained: compressibility loss, rounded weights, folding"

LAYERS = (("features.0.weight", "features.1"), ("features.3.weight", "features.4"))
NEURONS = Neurons("classifier.0.weight", "classifier.2.weight", ["classifier.0.bias"])


@dataclass(frozen=True, slots=True)
class ReducedPoint:
    """One encoding.

    Attributes:
        tool: what was done before it.
        qp: quantization parameter of the weights; None: what the package ships.
        bytes_encoded: size of the whole bitstream, in bytes.
        accuracy: share of the test images that the decoded network reads right, 0 to 1.
    """

    tool: str
    qp: int | None
    bytes_encoded: int
    accuracy: float


def tools() -> dict[str, Callable[[], Reduced]]:
    """Return what makes the network smaller, by name."""
    network = load_network()
    norms = batch_norms_by_module(network)
    layers = [Layer(weight, None, norms[norm]) for weight, norm in LAYERS]
    plain = Reduced(tensors=network)
    return {
        "none": lambda: plain,
        "fold_batch_norms": lambda: fold_batch_norms(plain, layers),
        "low_rank, rank 8": lambda: low_rank(plain, rank=8, only=[NEURONS.weight], smaller=False),
        "sparsify, 0.5": lambda: sparsify(plain, 0.5),
        "unify, 0.3": lambda: unify(plain, 0.3),
        "prune_neurons, 0.7": lambda: prune_neurons(plain, [NEURONS], share=0.7),
    }


def run(qps: Sequence[int] = QPS) -> list[ReducedPoint]:
    """Encode and decode the demo network after each tool, at each quantization parameter.

    Returns:
        The tools one after the other; at the end the network that was trained to be small.
    """
    points = []
    for tool, made in tools().items():
        found = made()
        for qp in qps:
            data = encoded(found, qp)
            decoded = nnc.decode(data, pruned=not found.prune_rows)
            points.append(ReducedPoint(tool, qp, len(data), accuracy(decoded)))
    data = load_reduced()
    points.append(ReducedPoint(TRAINED, None, len(data), accuracy(nnc.decode(data))))
    return points


def encoded(found: Reduced, qp: int) -> bytes:
    """Encode at one step size; what batch norms are folded into needs no fine steps."""
    vectors = FOLDED_QP if found.batch_norms else NONWEIGHT_QP
    factors = {"*_scaling": vectors} if found.batch_norms else {}
    return nnc.encode(
        found.tensors, qp=qp, nonweight_qp=vectors, tensor_qp=factors, **found.options
    )


def load_reduced() -> bytes:
    """Return the bitstream of the network that was trained to be small."""
    return (resources.files("nnc.demo") / "digits_reduced.nnc").read_bytes()


def smallest(points: Sequence[ReducedPoint], wanted: float = WANTED) -> dict[str, ReducedPoint]:
    """Return by tool the smallest encoding of an accuracy, but for tools that don't reach it."""
    best: dict[str, ReducedPoint] = {}
    for point in points:
        known = best.get(point.tool)
        if point.accuracy >= wanted and (
            known is None or point.bytes_encoded < known.bytes_encoded
        ):
            best[point.tool] = point
    return best
