"""Speed of whole calls, from arrays to bytes and back, nnc and NNCodec in turn in one process.

python tests/benchmarks/whole_models.py [--count 1000] [--values 32] [--repeat 5] [FILE ...]

nnc is to be installed or on PYTHONPATH. Looked at are a model of many small tensors, where what
each costs besides its values counts, and the models of safetensors files that are given. All is
done on one thread. Times are of the processor, the least of the repeats; beside them, how many
times as fast as NNCodec. Both decode the bitstream of either.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import peer

import nnc

Tensors = Mapping[str, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--values", type=int, default=32)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    models: dict[str, Tensors] = {
        f"{arguments.count} x {arguments.values}": small_tensors(arguments.count, arguments.values)
    }
    for path in arguments.files:
        from safetensors.numpy import load_file

        models[path.stem] = {
            name: np.atleast_1d(values).astype(np.float32)
            for name, values in load_file(path).items()
            if values.dtype.kind == "f"
        }
    print(f"{'model':<24} {'what':<28} {'nnc':>9} {'NNCodec':>9} {'ratio':>6}   s")
    for name, model in models.items():
        measure(name, model, arguments.repeat)


def small_tensors(count: int, values: int) -> Tensors:
    """Make a model of many small vectors."""
    random = np.random.default_rng(1)
    return {
        f"layer.{number}.weight": random.normal(0, 0.02, values).astype(np.float32)
        for number in range(count)
    }


def measure(name: str, model: Tensors, repeat: int) -> None:
    """Measure one model, and print a line for each call."""
    files = {"nnc": nnc.encode(model, threads=1), "NNCodec": peer.compress(model)}
    calls: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        (
            f"decode the file of {tool}",
            lambda data=data: nnc.decode(data, threads=1),  # type: ignore[misc]
            lambda data=data: peer.decompress(data),  # type: ignore[misc]
        )
        for tool, data in files.items()
    ]
    calls += [
        (
            f"encode at {what}",
            lambda options=options: nnc.encode(model, threads=1, **options),  # type: ignore[misc]
            lambda: peer.compress(model),
        )
        for what, options in (("effort 0", {"effort": 0}), ("the default effort", {}))
    ]
    for what, ours, theirs in calls:
        times = ([], [])  # type: tuple[list[float], list[float]]
        for _ in range(repeat):
            for kept, call in zip(times, (ours, theirs), strict=True):
                start = time.process_time()
                call()
                kept.append(time.process_time() - start)
        mine, other = min(times[0]), min(times[1])
        print(f"{name:<24} {what:<28} {mine:9.4f} {other:9.4f} {other / mine:6.2f}", flush=True)


if __name__ == "__main__":
    main()
