"""Bytes of updates at equal error: nnc and NNCodec side by side, on the same sequence of updates.

A network learns digits on six nodes with unlike ones, without coding. Two sequences of updates
come of it: the server's, each of the model before; and those of a node, each of the model that it
received. Both codecs code each sequence with every set of their options, at steps from fine to
coarse. Each takes differences to what its own receivers have, so that what one update loses is in
the next of the server. The error is the root mean square of what receivers lack over that of the
changes, all rounds together. Bytes at an error are read off the best of a codec's curves.

Needs NNCodec (tests/interop/README.md says how to install it).

    python tests/benchmarks/update_size.py
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import peer  # noqa: E402
from digits import divided  # noqa: E402

import nnc  # noqa: E402
from nnc.demo.learning import Digits, Tensors, first_model, trained  # noqa: E402

NODES = 6

#: Errors, over the changes, at which bytes are compared.
ERRORS = (0.3, 0.5, 0.8, 1.2)

#: By update whether NNCodec decoded it to the values that ours has.
READ: list[bool] = []

#: Codes a difference; returns the bytes, and the difference as receivers have it.
Coder = Callable[[Tensors], tuple[int, Tensors]]

#: What a node has received, and what it learned from there.
Round = tuple[Tensors, Tensors]


def learned(digits: Digits, rounds: int) -> tuple[list[Tensors], list[list[Round]]]:
    """Return the server's models, and by node what it received and learned in each round."""
    model = {name: one for name, one in first_model(0).items() if one.dtype == np.float32}
    models, nodes = [model], [[] for _ in range(NODES)]
    sizes = np.array([len(part) for part in digits.parts], float)
    for turn in range(rounds):
        found = []
        for number, part in enumerate(digits.parts):
            start = {**models[-1], "steps": np.array(0)}
            new = trained(start, digits, part, [0, turn, number])
            del new["steps"]
            nodes[number].append((models[-1], new))
            found.append(new)
        models.append({
            name: np.average([one[name] for one in found], axis=0, weights=sizes).astype("f4")
            for name in model
        })  # fmt: skip
    return models, nodes


def minus(one: Mapping[str, Any], other: Mapping[str, Any]) -> Tensors:
    return {name: (values - other[name]).astype("f4") for name, values in one.items()}


def plus(one: Mapping[str, Any], other: Mapping[str, Any]) -> Tensors:
    zero = np.float32(0)
    return {name: (values + other.get(name, zero)).astype("f4") for name, values in one.items()}


def square(tensors: Mapping[str, Any]) -> float:
    return float(sum(np.square(one.astype(float)).sum() for one in tensors.values()))


def sparse(difference: Tensors, sparsity: float) -> Tensors:
    """Return a difference as NNCodec's own function makes it sparse."""
    if not sparsity:
        return difference
    tool = importlib.import_module("nncodec.framework.applications.utils.sparsification")
    with contextlib.redirect_stdout(io.StringIO()):
        return dict(tool.apply_unstruct_spars_v2(-75, difference, target_sparsity=sparsity))


class Theirs:
    """Codes differences as NNCodec's clients and server do, each with what came before."""

    def __init__(self, qp: int, *, tca: bool, history: bool, **options: Any) -> None:
        tool = importlib.import_module("nncodec.nnc_core.hdsp.hdsp_tool")
        self.tool = tool.HdspTool(True) if history else None
        self.reader = peer.Updates()
        self.parents = peer.Updates().parents
        self.options = {
            **options, "tca": tca, "qp": qp, "nonweight_qp": qp, "compress_differences": True,
            "approx_param_base": self.parents, "update_base_param": True, "hdsp_tool": self.tool,
        }  # fmt: skip

    def __call__(self, difference: Tensors) -> tuple[int, Tensors]:
        data = peer.compress(difference, **self.options)
        _, values = self.reader.decode(data)
        return len(data), {name: values[name].reshape(difference[name].shape) for name in values}


class Ours:
    """Codes the same differences, with a session whose models they lead to."""

    def __init__(self, qp: int, base: Tensors, **options: Any) -> None:
        self.encoder = nnc.Encoder(base, qp=qp, nonweight_qp=qp, **options)
        self.reader = nnc.Decoder(base)
        self.theirs = peer.Updates()
        # NNCodec can't know of names that are left out.
        self.names = options["names"]

    def __call__(self, difference: Tensors) -> tuple[int, Tensors]:
        before = self.reader.tensors()
        data = self.encoder.encode(plus(before, difference))
        after = self.reader.decode(data)
        if self.names:
            READ.append(self.is_read_alike(data))
        return len(data), minus(after, before)

    def is_read_alike(self, data: bytes) -> bool:
        """Tell whether NNCodec decodes an update to the differences that ours does."""
        _, values = self.theirs.decode(data)
        expected = {name: self.reader.state.differences[0, name] for name in values}
        return all(np.array_equal(values[name].reshape(-1), one.reshape(-1))
                   for name, one in expected.items())  # fmt: skip


def along(rounds: Sequence[Round], coder: Coder, sparsity: float, *, feedback: bool) -> tuple:
    """Return the bytes of a sequence, and its error.

    Args:
        rounds: what is received and learned in each round.
        coder: codes differences.
        sparsity: share of a difference that isn't sent.
        feedback: what an update lacks is added to the next.
    """
    total, missing, changes, left = 0, 0.0, 0.0, {}
    for received, wanted in rounds:
        change = minus(wanted, received)
        asked = plus(change, left)
        size, decoded = coder(sparse(asked, sparsity))
        lacking = plus(asked, {name: -one for name, one in decoded.items()})
        left = lacking if feedback else {}
        total, missing, changes = total + size, missing + square(lacking), changes + square(change)
    return total, (missing / changes) ** 0.5


def bytes_at(points: Sequence[tuple[int, float]], error: float) -> float:
    """Return the bytes at an error, between the points of a curve; infinite outside of it."""
    points = sorted(points, key=lambda one: one[1])
    for (size, at), (next_size, next_at) in itertools.pairwise(points):
        if at <= error <= next_at:
            share = np.log(error / at) / np.log(next_at / at) if next_at > at else 0.0
            return float(np.exp(np.log(size) + share * np.log(next_size / size)))
    return float("inf")


BEST = {"tca": True, "history": True, "use_dq": True, "row_skipping": False, "opt_qp": False}
THEIRS = [BEST, *({**BEST, "lambda_scale": one} for one in (0.1, 0.2, 0.3, 0.5))]
THEIRS += [{**BEST, name: not BEST[name]} for name in ("tca", "history", "use_dq", "opt_qp")]
THEIRS += [{**BEST, "use_dq": False, "row_skipping": True}]
THEIRS += [{**BEST, "use_dq": False, "lambda_scale": 0.2}]
OURS = [
    {"effort": effort, "blocks": "auto", "names": names}
    for effort in (2, 3)
    for names in (True, False)
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--qp", type=int, nargs="+", default=list(range(-40, -13, 2)))
    parser.add_argument("--sparsity", type=float, nargs="+", default=[0.0, 0.8])
    given = parser.parse_args()
    peer.load()
    models, nodes = learned(divided(0, NODES), given.rounds)
    sequences = {
        "server": [(before, after) for before, after in itertools.pairwise(models)],
        "node": nodes[0],
    }
    print("| updates of | sparsity | error | NNCodec | nnc | | without names | |")
    print("| :--- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, rounds in sequences.items():
        for sparsity in given.sparsity:
            curves: dict[str, dict[str, list]] = {"NNCodec": {}, "nnc": {}, "without names": {}}
            for qp in given.qp:
                for options in THEIRS:
                    found = along(rounds, Theirs(qp, **options), sparsity, feedback=True)
                    curves["NNCodec"].setdefault(str(options), []).append(found)
                for options in OURS:
                    codec = "nnc" if options["names"] else "without names"
                    coder = Ours(qp, rounds[0][0], **options)
                    found = along(rounds, coder, sparsity, feedback=True)
                    curves[codec].setdefault(str(options), []).append(found)
            for error in ERRORS:
                best = {
                    codec: min(
                        (bytes_at(points, error), options) for options, points in ways.items()
                    )
                    for codec, ways in curves.items()
                }
                sizes = [size for size, _ in best.values()]
                if not np.isfinite(sizes).all():
                    continue  # Out of reach: what isn't sent is more than that.
                told = [f"{sizes[0]:.0f}"]
                told += [f"{size:.0f} | {100 * (size / sizes[0] - 1):+.1f} %" for size in sizes[1:]]
                print(f"| {name} | {sparsity} | {error} | {' | '.join(told)} |", flush=True)
                print(f"  {[how for _, how in best.values()]}", file=sys.stderr, flush=True)
    print(f"\nNNCodec decoded {sum(READ)} of {len(READ)} updates of ours to the same values")


if __name__ == "__main__":
    main()
