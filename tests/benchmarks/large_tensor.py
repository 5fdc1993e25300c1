"""One large tensor: how much faster two threads are than one, and the memory that decoding takes.

python tests/benchmarks/large_tensor.py [--values 64000000] [--scan-order 4] [--repeat 3]

Each measurement is a process of its own, one thread and two in turn; the medians are compared.
Memory is the highest that the process had, less what it had before it decoded (on Linux).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

DECODE = """
import sys, time
import nnc

def highest():
    lines = open('/proc/self/status').read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith('VmHWM'))

data = open(sys.argv[1], "rb").read()
limits = nnc.Limits(values=1 << 40)
nnc.decode(nnc.encode({"a": __import__("numpy").ones((9, 9), "f4")}))
before = highest()
started = time.perf_counter()
tensor = nnc.decode(data, threads=int(sys.argv[2]), limits=limits)["w"]
seconds = time.perf_counter() - started
print(seconds, (highest() - before) / tensor.nbytes)
"""

ENCODE = """
import sys, time
import numpy as np
import nnc
values = np.load(sys.argv[1])
effort, order = int(sys.argv[3]), int(sys.argv[4])
started = time.perf_counter()
data = nnc.encode({"w": values}, qp=-8, effort=effort, scan_order=order, threads=int(sys.argv[2]))
print(time.perf_counter() - started, len(data))
open(sys.argv[5], "wb").write(data)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--values", type=int, default=64_000_000)
    parser.add_argument("--scan-order", type=int, default=4)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model, bitstream = Path(folder, "w.npy"), Path(folder, "w.nnc")
        save_values(model, arguments.values)
        for effort in (0, 1):
            options = [str(effort), str(arguments.scan_order), str(bitstream)]
            measure(f"encode, effort {effort}", ENCODE, model, arguments.repeat, options)
        measure("decode", DECODE, bitstream, arguments.repeat, [])


def save_values(path: Path, count: int) -> None:
    """Write values of a Laplace distribution, of which qp -8 makes levels of some 3 bits."""
    import numpy as np

    rows = max(1, count // 8000)
    values = np.random.default_rng(1).laplace(0, 0.4, (rows, 8000)).astype(np.float32)
    np.save(path, values)


def measure(name: str, script: str, file: Path, repeat: int, options: list[str]) -> None:
    """Print the medians of one thread and of two, and how they compare."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    told = ""
    for _ in range(repeat):
        for threads in seconds:
            command = [sys.executable, "-c", script, str(file), str(threads), *options]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            time, told = printed.split()
            seconds[threads].append(float(time))
    one, two = (statistics.median(times) for times in seconds.values())
    what = f"{float(told):.3f} times the tensor" if name == "decode" else f"{told} bytes"
    print(
        f"{name:<18} {one:7.2f} s  {two:7.2f} s  {one / two:5.2f} times as fast; {what}", flush=True
    )


if __name__ == "__main__":
    main()
