"""What files in bad shape cost: many tiny units, many tiny tensors, tensors of nothing.

Run `python tests/benchmarks/hostile_files.py`. Times are of the processor, the best of three for
short ones; memory is what Python holds after parsing, or the peak of a process of its own.
Targets: parse 10 us and 600 bytes a unit, check 50 us a unit; 20,000 tensors of 16 values: encode
in 4 s, decode in 2 s, explore in 4 s.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nnc
from nnc.inspect import check

UNITS, TENSORS = 20_000, 20_000

#: A unit of a reserved type, three bytes.
OPAQUE = bytes([0, 3, 40 << 2])

#: Prints the peak of a command's memory in MB.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)
"""


def cpu_time(call: Callable[[], Any], times: int = 1) -> float:
    """Return the seconds of the processor that a call takes, at best."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def tiny_units() -> None:
    """Parse and check units of three bytes."""
    start = bytes(nnc.Bitstream.parse(nnc.encode({"w": np.ones(3, "f4")})).units[0].whole or b"")
    data = start + OPAQUE * UNITS
    parse = cpu_time(lambda: nnc.Bitstream.parse(data), 3) / UNITS
    tracemalloc.start()
    bitstream = nnc.Bitstream.parse(data)
    held = tracemalloc.get_traced_memory()[0] / len(bitstream.units)
    tracemalloc.stop()
    print(f"units of 3 bytes: parse {parse * 1e6:.1f} us and {held:.0f} bytes each", flush=True)
    try:
        checked = cpu_time(lambda: check(data), 3) / UNITS
        print(f"units of 3 bytes: check {checked * 1e6:.1f} us each", flush=True)
    except IndexError as error:
        print(f"units of 3 bytes: check fails: {error!r}", flush=True)


def tiny_tensors(folder: Path) -> None:
    """Encode, decode, check and explore many tensors of 16 values."""
    source = np.random.default_rng(1)
    model = {f"t{i}": source.normal(size=(4, 4)).astype("f4") for i in range(TENSORS)}
    coded = b""

    def encode() -> None:
        nonlocal coded
        coded = nnc.encode(model, threads=1)

    print(f"{TENSORS} tensors of 16 values: encode {cpu_time(encode):.1f} s", flush=True)
    took = cpu_time(lambda: nnc.decode(coded, threads=1))
    print(f"{TENSORS} tensors of 16 values: decode {took:.1f} s", flush=True)
    path = folder / "tiny.nnc"
    path.write_bytes(coded)
    for verb in (["check"], ["explore", "-o", str(folder / "x.html"), "--force"]):
        run_verb(f"{TENSORS} tensors of 16 values", path, verb)


def nothing(folder: Path) -> None:
    """Check and explore tensors of zeros, which take no room in the bitstream."""
    for size in (1 << 20, 1 << 26):
        path = folder / "zeros.nnc"
        path.write_bytes(nnc.encode({"w": np.zeros((1 << 10, size >> 10), "f4")}, threads=1))
        for verb in (
            ["check"], ["check", "--deep"], ["explore", "-o", str(folder / "x.html"), "--force"],
        ):  # fmt: skip
            run_verb(f"{size} zeros in {path.stat().st_size} bytes", path, verb)


def run_verb(what: str, path: Path, verb: list[str]) -> None:
    """Run a command, and print its time and its peak of memory."""
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "nnc", verb[0], str(path), *verb[1:]]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *command], capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime - before.ru_utime
    name = " ".join(one for one in verb if one in ("check", "explore", "--deep"))
    peak = done.stdout.strip() or "(failed)"
    print(f"{what}: {name} {took:.1f} s, peak {peak} MB", flush=True)


def main() -> None:
    """Print all figures."""
    warnings.simplefilter("ignore")
    tiny_units()
    with tempfile.TemporaryDirectory() as folder:
        tiny_tensors(Path(folder))
        nothing(Path(folder))


if __name__ == "__main__":
    main()
