"""Measures what one tensor out of a large model costs, and opening many: nnc and safetensors.

python tests/benchmarks/access.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import nnc  # noqa: E402

SHAPE, COUNT, SMALL = (360, 348), 1000, 10_000

#: Opens a file once, then measures it once more: CPU milliseconds, and MB beyond what was there.
ONE = """
import sys, time
from {module} import safe_open
def memory(): return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
def read():
    with safe_open(sys.argv[1], framework="np") as file:
        return file.get_tensor("layers.500.w"), memory()
before = memory()
_, after = read()
begun = time.process_time()
read()
print(1000 * (time.process_time() - begun), after - before)
"""

ALL = """
import sys, time
from {module} import safe_open
begun = time.process_time()
with safe_open(sys.argv[1], framework="np") as file: count = len(list(file.keys()))
print(1000 * (time.process_time() - begun), count)
"""


def told(code: str, module: str, path: Path) -> list[float]:
    """Return the numbers that a process of its own prints."""
    script = code.format(module=module)
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return [float(word) for word in done.stdout.split()]


def main() -> None:
    random = np.random.default_rng(0)
    values = random.normal(0, 0.05, SHAPE).astype("f4")
    large = {f"layers.{number}.w": np.roll(values, number) for number in range(COUNT)}
    small = {f"layers.{number}.w": values[:4, :4] + number for number in range(SMALL)}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        nnc.save_file(large, place / "coded.nnc", qp=-24, effort=0)
        nnc.save_file(large, place / "stored.nnc", keep=["*"])
        nnc.save_file(large, place / "lossless.nnc", lossless=True)
        save_file(large, place / "model.safetensors")
        nnc.save_file(small, place / "small.nnc", effort=0)
        save_file(small, place / "small.safetensors")
        print("| | MB | CPU ms for one tensor | MB beyond |\n| :--- | ---: | ---: | ---: |")
        for name, module in (("model.safetensors", "safetensors"), ("stored.nnc", "nnc"),
                             ("lossless.nnc", "nnc"), ("coded.nnc", "nnc")):  # fmt: skip
            cost, memory = told(ONE, module, place / name)
            size = (place / name).stat().st_size / 1e6
            print(f"| {name} | {size:.0f} | {cost:.1f} | {memory:.0f} |")
        print(f"\n| names of {SMALL} tensors | CPU ms |\n| :--- | ---: |")
        for name, module in (("small.safetensors", "safetensors"), ("small.nnc", "nnc")):
            print(f"| {name} | {told(ALL, module, place / name)[0]:.0f} |")


if __name__ == "__main__":
    main()
