"""Speed of encoding a whole model on several threads, NNCodec beside it.

python tests/benchmarks/model_speed.py [--megabytes 100] [--threads 2] [--repeat 3] [--effort 0]

nnc is to be installed or on PYTHONPATH. The model is one of equal float32 layers with values of a
Laplace distribution. Both tools encode it from memory to memory, in turn; NNCodec does so on one
thread, as it always does. Each figure is the median of the repeats. Without NNCodec only nnc is
measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import peer

import nnc

LAYER = (1024, 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--effort", type=int, default=0)
    parser.add_argument("--qp", type=int, nargs="+", default=[-32, -20])
    arguments = parser.parse_args()
    model = layers(arguments.megabytes)
    size = sum(values.nbytes for values in model.values())
    print(f"{len(model)} layers, {size / 1e6:.0f} MB, effort {arguments.effort}")
    print(f"{'qp':>4} {'tool':<10} {'threads':>7} {'seconds':>8} {'bytes':>10} {'ratio':>6}")
    for qp in arguments.qp:
        measure(model, qp, arguments)


def layers(megabytes: int) -> dict[str, np.ndarray]:
    """Make the model."""
    random = np.random.default_rng(1)
    count = max(1, round(megabytes * 1e6 / (4 * LAYER[0] * LAYER[1])))
    return {
        f"layers.{number}.weight": random.laplace(0, 0.02, LAYER).astype(np.float32)
        for number in range(count)
    }


def measure(model: dict[str, np.ndarray], qp: int, arguments: argparse.Namespace) -> None:
    """Measure both tools in turn, and print the medians."""

    def ours(threads: int) -> bytes:
        return nnc.encode(model, qp=qp, effort=arguments.effort, threads=threads)

    tools: list[tuple[str, int, Callable[[], bytes]]] = [
        ("nnc", threads, lambda threads=threads: ours(threads))  # type: ignore[misc]
        for threads in sorted({1, arguments.threads})
    ]
    if peer.available():
        tools.append(("NNCodec", 1, lambda: peer.compress(model, qp=qp, use_dq=True)))
    times: list[list[float]] = [[] for _ in tools]
    sizes = [0] * len(tools)
    for _ in range(arguments.repeat):
        for number, (_, _, encode) in enumerate(tools):
            start = time.perf_counter()
            sizes[number] = len(encode())
            times[number].append(time.perf_counter() - start)
    medians = [statistics.median(one) for one in times]
    for (name, threads, _), seconds, size in zip(tools, medians, sizes, strict=True):
        ratio = f"{medians[-1] / seconds:.1f}" if peer.available() else "-"
        print(f"{qp:>4} {name:<10} {threads:>7} {seconds:8.2f} {size:>10} {ratio:>6}")


if __name__ == "__main__":
    main()
