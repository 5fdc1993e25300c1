"""How fast nnc/web/nnc.js decodes under node, beside Python's engine on one thread.

    python tests/benchmarks/javascript_speed.py

The model has the tensors of a ResNet-56, drawn from Laplace's distribution. Times are those of the
processor, the best of several runs in one process each.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

import nnc

MODULE = Path(nnc.__file__).parent / "web" / "nnc.js"
RUNS = 7

SCRIPT = """
import { readFileSync } from "node:fs";
import { decode } from %s;
const data = readFileSync(%s);
const times = [];
for (let run = 0; run < %d; run++) {
  const begin = process.cpuUsage();
  decode(data);
  const { user, system } = process.cpuUsage(begin);
  times.push((user + system) / 1e6);
}
console.log(JSON.stringify(times));
"""


def shapes() -> dict[str, tuple[int, ...]]:
    """Return the shapes of a ResNet-56 for CIFAR by name."""
    found: dict[str, tuple[int, ...]] = {"conv1.weight": (16, 3, 3, 3)}
    before = 16
    for stage, width in enumerate((16, 32, 64), 1):
        for block in range(9):
            for number, inputs in ((1, before), (2, width)):
                name = f"layer{stage}.{block}"
                found[f"{name}.conv{number}.weight"] = (width, inputs, 3, 3)
                for part in ("weight", "bias", "running_mean", "running_var"):
                    found[f"{name}.bn{number}.{part}"] = (width,)
            before = width
    return found | {"fc.weight": (100, 64), "fc.bias": (100,)}


def main() -> None:
    """Measure, and print a line for each coding."""
    source = np.random.default_rng(0)
    model = {name: source.laplace(0, 0.05, shape).astype("f4") for name, shape in shapes().items()}
    values = sum(tensor.size for tensor in model.values())
    with tempfile.TemporaryDirectory() as folder:
        for options in ({"dq": True}, {"dq": False}, {"dq": True, "scan_order": 2}):
            data = nnc.encode(model, bits_per_value=4, **options)
            path = Path(folder) / "model.nnc"
            path.write_bytes(data)
            python = []
            for _ in range(RUNS):
                begin = time.process_time()
                nnc.decode(data, threads=1)
                python.append(time.process_time() - begin)
            script = Path(folder) / "run.mjs"
            named = json.dumps(MODULE.as_uri()), json.dumps(str(path)), RUNS
            script.write_text(SCRIPT % named, "utf-8")
            command = [shutil.which("node") or "node", str(script)]
            times = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            share = min(python) / min(times)
            print(
                f"{options}: {values} values in {len(data)} bytes; Python {min(python):.3f} s, "
                f"JavaScript {times[0]:.3f} s at first, {min(times):.3f} s at best, "
                f"{share:.2f} of Python's speed"
            )


if __name__ == "__main__":
    main()
