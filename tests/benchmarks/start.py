"""Measures how long the command takes to start: medians of wall and processor time, in turn.

python tests/benchmarks/start.py [BITSTREAM] [--turns 15]

Bytecode has to be cached (PYTHONDONTWRITEBYTECODE unset): else Python compiles all modules each
time. numpy and safetensors tell how quick the machine is; the bounds are for a quiet one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import nnc  # noqa: E402

#: What a fresh interpreter is asked for, and the wall seconds that it should take at most.
STARTS: dict[str, tuple[list[str], float | None]] = {
    "python": (["-c", "pass"], None),
    "import numpy": (["-c", "import numpy"], None),
    "import numpy, safetensors": (["-c", "import numpy, safetensors.numpy"], None),
    "import nnc": (["-c", "import nnc"], 0.06),
    "import nnc, and encode": (["-c", "import nnc; nnc.encode"], None),
    "nnc --help": (["-m", "nnc", "--help"], None),
    "nnc info": (["-m", "nnc", "info", "FILE"], 0.2),
    "nnc ls": (["-m", "nnc", "ls", "FILE"], None),
    "nnc check": (["-m", "nnc", "check", "FILE"], None),
}


def measured(arguments: list[str]) -> tuple[float, float]:
    """Return wall and processor seconds of an interpreter."""
    before, begun = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.fspath(ROOT)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.perf_counter() - begun, os.times()
    used = after.children_user + after.children_system
    return wall, used - before.children_user - before.children_system


def small_bitstream(folder: str) -> str:
    """Return the path of a bitstream of three tensors."""
    draw = np.random.default_rng(1)
    path = Path(folder, "small.nnc")
    tensors = {f"layer.{i}": draw.normal(0, 0.02, (8, 16)).astype("f4") for i in range(3)}
    path.write_bytes(nnc.encode(tensors))
    return os.fspath(path)


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bitstream", nargs="?")
    parser.add_argument("--turns", type=int, default=15)
    options = parser.parse_args()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in STARTS}
    with tempfile.TemporaryDirectory() as folder:
        path = options.bitstream or small_bitstream(folder)
        for turn in range(options.turns + 1):
            for name, (arguments, _) in STARTS.items():
                found = measured([path if one == "FILE" else one for one in arguments])
                if turn:  # the first one fills caches
                    times[name].append(found)
    print(f"{'seconds':28}{'wall':>8}{'cpu':>8}{'bound':>8}")
    for name, (_, bound) in STARTS.items():
        wall, used = (statistics.median(one) for one in zip(*times[name], strict=True))
        print(f"{name:28}{wall:8.3f}{used:8.3f}{'' if bound is None else bound:>8}")


if __name__ == "__main__":
    main()
