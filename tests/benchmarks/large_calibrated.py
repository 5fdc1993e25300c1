"""A large model with calibration: the memory and the time that encoding takes.

python tests/benchmarks/large_calibrated.py [--layers 16] [--width 4096] [--preset small]

The model is made up: layers of random weights, 1 GB with the defaults, and statistics of inputs
that hang together, as much again. Both are files. Encoding is a process of its own, on one thread;
printed are the highest memory that it had (on Linux), its processor's time and the sizes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

import nnc
from nnc.model.calibration import factors_of

ENCODE = """
import sys, time
import nnc
started = time.process_time()
model, statistics, coded, preset = sys.argv[1:]
nnc.encode_file(model, coded, calibration=statistics, preset=preset, threads=1)
lines = open('/proc/self/status').read().splitlines()
highest = next(int(line.split()[1]) * 1024 for line in lines if line.startswith('VmHWM'))
print(time.process_time() - started, highest)
"""


def save_model(path: Path, layers: int, width: int) -> None:
    """Write layers of random weights, each of another scale."""
    random = np.random.default_rng(0)
    base = random.laplace(0, 0.02, (width, width)).astype(np.float32)
    scales = 1 + 0.1 * np.arange(layers, dtype=np.float32)
    save_file(
        {f"layers.{one}.weight": np.roll(base, one, 0) * scales[one] for one in range(layers)}, path
    )


def save_statistics(path: Path, layers: int, width: int) -> None:
    """Write statistics of inputs of which some directions are strong, the same for all layers."""
    random = np.random.default_rng(1)
    inputs = random.normal(size=(width // 4, width // 8)) @ random.normal(size=(width // 8, width))
    inputs = inputs / np.sqrt(width / 8) + 0.5 * random.normal(size=inputs.shape)
    factors = factors_of(inputs.T @ inputs / len(inputs))
    nnc.Calibration({f"layers.{one}.weight": factors for one in range(layers)}).save(path)


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--preset", default="small")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model, statistics, coded = (
            Path(folder) / name for name in ("model.safetensors", "stats.safetensors", "model.nnc")
        )
        save_model(model, given.layers, given.width)
        save_statistics(statistics, given.layers, given.width)
        files = [str(one) for one in (model, statistics, coded)]
        command = [sys.executable, "-c", ENCODE, *files, given.preset]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds, highest = map(float, printed.split())
        sizes = [one.stat().st_size / 1e6 for one in (model, statistics, coded)]
    print(
        f"model {sizes[0]:.0f} MB, statistics {sizes[1]:.0f} MB, bitstream {sizes[2]:.0f} MB: "
        f"{seconds:.0f} s of the processor, {highest / 1e6:.0f} MB at most",
        flush=True,
    )


if __name__ == "__main__":
    main()
