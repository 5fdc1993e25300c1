"""What threads gain, and what the machine has to give: threads of one call beside processes.

python tests/benchmarks/thread_scaling.py [--threads 2] [--repeat 7] [--seconds 3] [--effort 1] FILE

nnc is to be installed or on PYTHONPATH. For each model (safetensors files) and each of decode and
encode, these are told as multiples of what one thread does:

- wall: a call on several threads.
- path: the same by the time of the processor: what the calling thread takes while no worker has
  anything to do, and then either the busiest thread, or all by the number of threads, whichever is
  more. The wall would be about as long if each thread had a core of its own and never waited for
  another.
- processes: so many at once, of one thread each, by how often they make the call in some seconds.
  Processors of which two share a core give less than twice as much, and threads can't gain more
  than that.

What else runs on the machine takes from all of these but the path: it has to be quiet.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import nnc

#: What processes say when they have loaded a model, and are told when all have.
READY = "ready\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--effort", type=int, default=1)
    parser.add_argument("--once", metavar="WHAT", help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.once:
        call = calls_of(arguments.files[0], arguments.effort)[arguments.once]
        print(calls_made(lambda: call(1), arguments.seconds))
        return
    print(f"{'model':<24} {'what':<7} {'1, ms':>8} {'wall':>6} {'path':>6} {'processes':>9}")
    for path in arguments.files:
        for what, call in calls_of(path, arguments.effort).items():
            milliseconds, wall, critical = gains_of(call, arguments.threads, arguments.repeat)
            single, several = (
                throughput(path, what, count, arguments) for count in (1, arguments.threads)
            )
            print(
                f"{path.stem:<24} {what:<7} {milliseconds:8.1f} {wall:6.2f} {critical:6.2f} "
                f"{several / single:9.2f}",
                flush=True,
            )


def calls_of(path: Path, effort: int) -> dict[str, Callable[[int], object]]:
    """Return what decodes and encodes the floats of a model on so many threads."""
    from safetensors.numpy import load_file

    model = {
        name: np.atleast_1d(values).astype(np.float32)
        for name, values in load_file(path).items()
        if values.dtype.kind == "f"
    }
    data = nnc.encode(model, effort=effort)
    return {
        "decode": lambda threads: nnc.decode(data, threads=threads),
        "encode": lambda threads: nnc.encode(model, effort=effort, threads=threads),
    }


def gains_of(
    call: Callable[[int], object], threads: int, repeat: int
) -> tuple[float, float, float]:
    """Return the milliseconds on one thread, and what several gain by the wall and by the path."""
    walls: list[list[float]] = [[], []]
    paths: list[list[float]] = [[], []]
    for _ in range(repeat):
        for place, count in enumerate((1, threads)):
            with watched_workers() as watch:
                start, taken = time.perf_counter(), time.process_time()
                call(count)
                walls[place].append(time.perf_counter() - start)
                paths[place].append(watch.path(time.process_time() - taken, count))
    one, several = map(min, walls)
    alone, shared = map(min, paths)
    return 1000 * one, one / several, alone / shared


class Watch:
    """What the threads of a call take.

    Attributes:
        spent: seconds of the processor by worker.
        alone: seconds that the calling thread took while no worker had anything to do.
    """

    def __init__(self) -> None:
        """Begin with the thread that makes the call."""
        self.spent = defaultdict[int, float](float)
        self.alone = 0.0
        self.clock = time.pthread_getcpuclockid(threading.get_ident())
        self.lock, self.waiting = threading.Lock(), 0
        self.begun = self.since = time.clock_gettime(self.clock)

    def add(self, more: int) -> None:
        """Note that workers have so much more to do, or less."""
        with self.lock:
            now = time.clock_gettime(self.clock)
            if self.waiting == 0:
                self.alone += now - self.since
            self.waiting += more
            if self.waiting == 0:
                self.since = now

    def path(self, whole: float, threads: int) -> float:
        """Return the seconds of the path, of all that the process took, once no worker works."""
        self.add(0)
        meanwhile = time.clock_gettime(self.clock) - self.begun - self.alone
        busiest = max([meanwhile, *self.spent.values()])
        return self.alone + max(busiest, (whole - self.alone) / threads)


@contextmanager
def watched_workers() -> Iterator[Watch]:
    """Watch the workers of pools meanwhile."""
    submit, watch = ThreadPoolExecutor.submit, Watch()

    def watched(pool: Any, function: Any, /, *args: Any, **keywords: Any) -> Any:
        def timed() -> Any:
            start = time.thread_time()
            try:
                return function(*args, **keywords)
            finally:
                watch.spent[threading.get_ident()] += time.thread_time() - start
                watch.add(-1)

        watch.add(1)
        return submit(pool, timed)

    ThreadPoolExecutor.submit = watched  # type: ignore[method-assign]
    try:
        yield watch
    finally:
        ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]


def throughput(path: Path, what: str, count: int, arguments: argparse.Namespace) -> float:
    """Return how many calls a second so many processes make at once."""
    command = [
        *(sys.executable, __file__, "--once", what, "--seconds", str(arguments.seconds)),
        *("--effort", str(arguments.effort), str(path)),
    ]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(count)]
    for one in running:
        assert one.stdout is not None
        assert one.stdout.readline() == READY
    for one in running:
        assert one.stdin is not None
        one.stdin.write(READY)
        one.stdin.flush()
    return sum(float(one.communicate()[0]) for one in running)


def calls_made(call: Callable[[], object], seconds: float) -> float:
    """Make a call over and over when we are told to, and return how often a second."""
    call()
    print(READY, end="", flush=True)
    sys.stdin.readline()
    made, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        call()
        made += 1
    return made / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
