"""Speed of parsing and writing headers: nnc's formats, Kaitai Struct and construct in turn.

node tests/benchmarks/frameworks/compile_kaitai.js made
python tests/benchmarks/framework_speed.py FILE.flac FILE.h264 [--kaitai made] [--repeat 7]

Headers are the metadata of a FLAC file (RFC 9639), and the first sequence parameter set of an H.264
file in the byte stream format. Each parser reads all elements; Kaitai's modules are made from the
`.ksy` beside this file, construct's own compiler compiles its definitions. Each figure is the
least processor time of the repeats, in microseconds; beside it, how many times as long as nnc.
Without Kaitai's modules only construct is measured.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent / "frameworks"))

import definitions

import nnc

PASSES = 200


class Task(NamedTuple):
    """One kind of header.

    Attributes:
        name: what it is.
        data: the bytes.
        ours: our table.
        scope: makes what our table finds set before it.
        theirs: construct's.
        kaitai: Kaitai's parser, if it is there.
    """

    name: str
    data: bytes
    ours: Any
    scope: Callable[[], Any]
    theirs: Any
    kaitai: Callable[[bytes], Any] | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flac", type=Path)
    parser.add_argument("h264", type=Path)
    parser.add_argument("--kaitai", type=Path)
    parser.add_argument("--repeat", type=int, default=7)
    arguments = parser.parse_args()
    print(f"{'header':<28} {'task':<6} {'nnc':>8} {'construct':>10} {'Kaitai':>8}   us")
    for task in tasks(arguments):
        measure(task, arguments.repeat)


def tasks(arguments: argparse.Namespace) -> Iterator[Task]:
    """Yield the kinds of headers."""
    flac, h264 = nnc.Format.load("flac"), nnc.Format.load("h264")
    data = metadata_of(arguments.flac.read_bytes())
    made = kaitai(arguments.kaitai, "flac_metadata", "FlacMetadata")
    construct = definitions.FLAC.compile()
    yield Task("FLAC metadata", data, flac.root, lambda: flac.scope({}), construct, made)
    data = parameter_set_of(arguments.h264.read_bytes())
    made = kaitai(arguments.kaitai, "h264_parameter_set", "H264ParameterSet")
    table = h264.tables["seq_parameter_set_rbsp"]
    construct = definitions.PARAMETER_SET.compile()
    yield Task("H.264 parameter set", data, table, lambda: h264.scope({}), construct, made)


def kaitai(folder: Path | None, module: str, name: str) -> Callable[[bytes], Any] | None:
    """Return the parser that Kaitai's compiler made, if it is there."""
    if folder is None:
        return None
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    made: Callable[[bytes], Any] = getattr(importlib.import_module(module), name).from_bytes
    return made


def metadata_of(data: bytes) -> bytes:
    """Return a FLAC file up to its first frame."""
    place, last = 4, False
    while not last:
        last = bool(data[place] & 128)
        place += 4 + int.from_bytes(data[place + 1 : place + 4], "big")
    return data[:place]


def parameter_set_of(data: bytes) -> bytes:
    """Return the payload of the first sequence parameter set, without emulation prevention."""
    units = (unit.rstrip(b"\0") for unit in data.split(b"\0\0\1"))
    found = next(unit for unit in units if unit and unit[0] & 31 == 7)
    return found[1:].replace(b"\0\0\3", b"\0\0")


def measure(task: Task, repeat: int) -> None:
    """Print the line of one kind of header."""
    ours = task.ours.read(task.data, task.scope())
    theirs = task.theirs.parse(task.data)
    assert task.ours.write(ours, task.scope()) == task.theirs.build(theirs) == task.data
    parsing = {
        "nnc": lambda: task.ours.read(task.data, task.scope()),
        "construct": lambda: task.theirs.parse(task.data),
    }
    if task.kaitai is not None:
        parse = task.kaitai
        parsing["Kaitai"] = lambda: parse(task.data)
    show(task.name, "parse", least_times(parsing, repeat))
    writing = {
        "nnc": lambda: task.ours.write(ours, task.scope()),
        "construct": lambda: task.theirs.build(theirs),
    }
    show(task.name, "write", least_times(writing, repeat))


def least_times(calls: dict[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """Return the least time of each call in microseconds; they are measured in turn."""
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(repeat):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(PASSES):
                call()
            least[name] = min(least[name], (time.process_time() - start) / PASSES * 1e6)
    return least


def show(name: str, task: str, times: dict[str, float]) -> None:
    """Print times, and ratios to ours."""
    shown = "".join(
        f" {value:8.1f} ({value / times['nnc']:.1f})"
        for key, value in times.items()
        if key != "nnc"
    )
    print(f"{name:<28} {task:<6} {times['nnc']:8.1f}{shown}")


if __name__ == "__main__":
    main()
