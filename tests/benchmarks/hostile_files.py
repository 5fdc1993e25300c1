"""What files in bad shape cost: many tiny units, many tiny tensors, tensors of nothing.

python tests/benchmarks/hostile_files.py [--against DIRECTORY] [--tensors 20000]

Each figure is of a process of its own, beside the bound that it should keep: times are of the
processor, without the start of Python; memory is what Python holds after parsing, or the peak of
the process. With `--against` a second checkout, built in place, is measured on the same files.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nnc

#: A unit of a reserved type, three bytes.
OPAQUE = bytes([0, 3, 40 << 2])

#: Rows of zeros, which are skipped; and columns, which take no room in the bitstream.
ROWS, COLUMNS = 1 << 10, (1 << 10, 1 << 14)


class Measure(NamedTuple):
    """One figure.

    Attributes:
        what: what it is of.
        kind: which function of `KINDS` measures it.
        file: what is looked at.
        unit: what the figure is in.
        bound: what it should be at most; None: there is no bound.
    """

    what: str
    kind: str
    file: str
    unit: str
    bound: float | None


MEASURES = (
    Measure("units of 3 bytes: parse", "parse", "units", "us each", 10),
    Measure("units of 3 bytes: held", "held", "units", "bytes each", 600),
    Measure("units of 3 bytes: check", "check", "units", "us each", 50),
    Measure("tensors of 16 values: encode", "encode", "tensors", "s", 4),
    Measure("tensors of 16 values: decode", "decode", "tensors", "s", 2),
    Measure("tensors of 16 values: encode on two threads", "encode2", "tensors", "s", 4),
    Measure("tensors of 16 values: decode on two threads", "decode2", "tensors", "s", 2),
    Measure("tensors of 16 values: explore", "explore", "tensors", "s", 4),
    Measure("tensors of 16 values: parse", "parse", "tensors", "us each", None),
    Measure("tensors of 16 values: held", "held", "tensors", "bytes each", None),
    Measure("tensors of 16 values: check", "check", "tensors", "us each", 160),
    Measure("tensors of 16 values: peak of check", "peak of check", "tensors", "MB", 150),
    *(
        Measure(f"{ROWS * columns} zeros: {kind}", kind, f"zeros{columns}", "MB", 100)
        for columns in COLUMNS
        for kind in ("peak of check", "peak of deep check", "peak of explore")
    ),
)


def make_files(folder: Path, count: int) -> None:
    """Write what is looked at."""
    start = bytes(nnc.Bitstream.parse(nnc.encode({"w": np.ones(3, "f4")})).units[0].whole or b"")
    (folder / "units").write_bytes(start + OPAQUE * count)
    (folder / "tensors").write_bytes(nnc.encode(tiny_tensors(count), threads=1))
    for columns in COLUMNS:
        zeros = np.zeros((ROWS, columns), np.float32)
        (folder / f"zeros{columns}").write_bytes(nnc.encode({"w": zeros}, threads=1))


def tiny_tensors(count: int) -> dict[str, np.ndarray]:
    """Return many tensors of 16 values."""
    source = np.random.default_rng(1)
    return {f"t{i}": source.normal(size=(4, 4)).astype(np.float32) for i in range(count)}


def cpu_time(call: Callable[[], Any], times: int = 2) -> float:
    """Return the seconds of the processor that a call takes, at best."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def page_of(data: bytes) -> str:
    """Return the page that `nnc explore` writes."""
    from nnc.explore import explorer_page

    return explorer_page(data, "model")


def held(data: bytes) -> float:
    """Return the bytes that Python holds after parsing."""
    nnc.Bitstream.parse(data)
    tracemalloc.start()
    bitstream = nnc.Bitstream.parse(data)
    assert bitstream.units
    return tracemalloc.get_traced_memory()[0]


def peak(call: Callable[[], Any]) -> float:
    """Return the peak of the process' memory in MB after a call, as Linux tells it."""
    call()
    # Not that of getrusage, which begins with the peak of the process that started this one.
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    (line,) = (one for one in status if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


#: Measures by their kinds: of the data, and of how many units or tensors those are.
KINDS: dict[str, Callable[[bytes, int], float]] = {
    "parse": lambda data, count: cpu_time(lambda: nnc.Bitstream.parse(data)) / count * 1e6,
    "held": lambda data, count: held(data) / count,
    "check": lambda data, count: cpu_time(lambda: nnc.check(data)) / count * 1e6,
    "encode": lambda data, count: cpu_time(lambda: nnc.encode(tiny_tensors(count), threads=1)),
    "decode": lambda data, count: cpu_time(lambda: nnc.decode(data, threads=1)),
    "encode2": lambda data, count: cpu_time(lambda: nnc.encode(tiny_tensors(count), threads=2)),
    "decode2": lambda data, count: cpu_time(lambda: nnc.decode(data, threads=2)),
    "explore": lambda data, count: cpu_time(lambda: page_of(data)),
    "peak of check": lambda data, count: peak(lambda: nnc.check(data)),
    "peak of deep check": lambda data, count: peak(lambda: nnc.check(data, deep=True)),
    "peak of explore": lambda data, count: peak(lambda: page_of(data)),
}


def measured(measure: Measure, folder: Path, count: int, checkout: str | None) -> str:
    """Return a figure as text, measured by a process of its own, or how that fails."""
    environment = dict(os.environ) | ({} if checkout is None else {"PYTHONPATH": checkout})
    done = subprocess.run(
        [sys.executable, __file__, "--one", measure.kind, str(folder / measure.file), str(count)],
        capture_output=True, text=True, check=False, env=environment, cwd=folder,
    )  # fmt: skip
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["failed"])[-1].partition(":")[0]
    return f"{json.loads(done.stdout):.1f}"


def main() -> None:
    """Print all figures, or measure one."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="DIRECTORY")
    parser.add_argument("--tensors", type=int, default=20_000)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        kind, file, count = arguments.one
        print(json.dumps(KINDS[kind](Path(file).read_bytes(), int(count))))
        return
    print(f"{'':<34} {'bound':>7} {'against':>10} {'here':>10}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, arguments.tensors)
        for one in MEASURES:
            places = [arguments.against] if arguments.against else []
            figures = [measured(one, folder, arguments.tensors, at) for at in (*places, None)]
            bound = "" if one.bound is None else f"{one.bound:g}"
            before = figures[0] if places else ""
            print(
                f"{one.what:<34} {bound:>7} {before:>10} {figures[-1]:>10} {one.unit}", flush=True
            )


if __name__ == "__main__":
    main()
