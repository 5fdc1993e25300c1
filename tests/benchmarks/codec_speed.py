"""Speed of coding large tensors: nnc and NNCodec in turn, in one process, on one thread.

python tests/benchmarks/codec_speed.py [--values 1200000] [--tensors N] [--scan-order K]
    [--repeat 5] [--bits 1.6 3 5 7]

nnc is to be installed or on PYTHONPATH. Values are of a Laplace distribution; the step size is
chosen for each rate. Each figure is the median of the repeats, in million values a second of
processor time; beside it, how many times as fast as NNCodec. Without NNCodec only nnc is measured.

With --tensors a model of so many tensors of --values each is encoded and decoded as a whole, with
dependent quantization, and NNCodec decodes the same bitstream; above 0 the scan order gives
each tensor entry points. NNC_ENGINE=scalar does without AVX-512.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import peer

import nnc
from nnc.deepcabac import Decoder, Encoder, TensorCoding, engine_name
from nnc.encoder.quantization.dependent import quantize_dependent
from nnc.encoder.quantization.uniform import quantize_uniform, step_size

QP_DENSITY = 2
COLUMNS = 1000


@dataclass(frozen=True)
class Task:
    """One thing to be measured: its name, and how either codec does it."""

    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--values", type=int, default=1_200_000)
    parser.add_argument("--tensors", type=int)
    parser.add_argument("--scan-order", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--bits", type=float, nargs="+", default=[1.6, 3, 5, 7])
    arguments = parser.parse_args()
    rows = max(2, arguments.values // COLUMNS)
    values = np.random.default_rng(1).laplace(0, 1, (rows, COLUMNS)).astype(np.float32)
    engine = engine_name()
    print(f"{values.size} values; engine: {engine}; NNCodec: {peer.available()}")
    if peer.available():
        # What it imports when it first decodes isn't to be counted.
        one = {"w": values[:2]}
        peer.decompress(peer.compress(one))
    if arguments.tensors is not None:
        measure_models(values, arguments)
        return
    for dq in (True, False):
        print(f"\n{'dependent quantization' if dq else 'uniform quantization'}")
        print(f"{'bits':>5} {'task':<31} {'nnc':>8} {'NNCodec':>8} {'ratio':>6}   M values/s")
        for bits in arguments.bits:
            measure_rate(values, bits, arguments.repeat, dq=dq)
    measure_threads(values, arguments.repeat)


def measure_rate(values: np.ndarray, bits: float, repeat: int, *, dq: bool) -> None:
    qp = qp_for_rate(values, bits, dq=dq)
    coding = TensorCoding(dq_flag=int(dq))
    rate = None
    for task in tasks(values, qp, coding):
        if rate is None:
            levels = quantize(values, qp, dq=dq)
            rate = 8 * len(encode(levels, coding)) / values.size
        print_task(rate, task, values.size, repeat)
    print_sizes(values, qp, dq=dq)


def print_sizes(values: np.ndarray, qp: int, *, dq: bool) -> None:
    """Print the bytes of the whole bitstream, at each effort and of NNCodec."""
    tensors = {"w": values}
    sizes = [len(nnc.encode(tensors, qp=qp, dq=dq, effort=effort)) for effort in (0, 1)]
    line = f"      bytes: {sizes[0]} at effort 0, {sizes[1]} at effort 1"
    if peer.available():
        line += f", {len(peer.compress(tensors, qp=qp, use_dq=dq))} of NNCodec"
    print(line, flush=True)


def tasks(values: np.ndarray, qp: int, coding: TensorCoding) -> Iterator[Task]:
    dq = bool(coding.dq_flag)
    levels = quantize(values, qp, dq=dq)
    payload = encode(levels, coding)
    check(decode(payload, values.shape, coding), levels)
    yield Task(
        "decode levels",
        lambda: decode(payload, values.shape, coding),
        lambda: peer.decode_levels(payload, values.shape, dq=dq),
    )
    yield Task(
        "encode levels, search",
        lambda: encode(levels, coding),
        lambda: peer.encode_levels(levels, dq=dq),
    )
    yield Task(
        "encode levels, no search",
        lambda: encode(levels, coding, search=False),
        lambda: peer.encode_levels(levels, dq=dq, search=False),
    )
    yield Task(
        "quantize",
        lambda: quantize(values, qp, dq=dq),
        lambda: peer.quantize(values, qp, dq=dq),
    )
    tensors = {"w": values}
    bitstream = nnc.encode(tensors, qp=qp, dq=dq, threads=1)
    for name, effort in (("nnc.encode, effort 0", 0), ("nnc.encode, effort 1", 1)):
        yield Task(
            f"{name} / compress",
            partial(nnc.encode, tensors, qp=qp, dq=dq, effort=effort, threads=1),
            lambda: peer.compress(tensors, qp=qp, use_dq=dq),
        )
    yield Task(
        "nnc.decode / decompress",
        lambda: nnc.decode(bitstream, threads=1),
        lambda: peer.decompress(bitstream),
    )


def measure_models(values: np.ndarray, arguments: argparse.Namespace) -> None:
    """Print how fast models of several such tensors are encoded and decoded, and the trellis."""
    generator = np.random.default_rng(2)
    tensors = {
        f"layer.{number}.weight": generator.permutation(values.reshape(-1)).reshape(values.shape)
        for number in range(arguments.tensors)
    }
    count = values.size * arguments.tensors
    encode_all = partial(nnc.encode, tensors, scan_order=arguments.scan_order, threads=1)
    print(f"{arguments.tensors} of them; scan_order {arguments.scan_order}")
    print(f"{'bits':>5} {'task':<31} {'nnc':>8} {'NNCodec':>8} {'ratio':>6}   M values/s")
    for bits in arguments.bits:
        qp = qp_for_rate(values, bits, dq=True)
        bitstream = encode_all(qp=qp)
        theirs = partial(peer.compress, tensors, qp=qp, scan_order=arguments.scan_order)
        tasks_of_model = [
            Task(
                "decode",
                partial(nnc.decode, bitstream, threads=1),
                partial(peer.decompress, bitstream),
            ),
            Task("encode, effort 0", partial(encode_all, qp=qp, effort=0), theirs),
            Task("encode, the default effort", partial(encode_all, qp=qp), theirs),
            Task(
                "quantize",
                partial(quantize_all, tensors, qp),
                lambda qp=qp: [peer.quantize(one, qp) for one in tensors.values()],  # type: ignore[misc]
            ),
        ]
        for task in tasks_of_model:
            print_task(8 * len(bitstream) / count, task, count, arguments.repeat)


def quantize_all(tensors: Mapping[str, np.ndarray], qp: int) -> None:
    for values in tensors.values():
        quantize(values, qp, dq=True)


def print_task(rate: float, task: Task, count: int, repeat: int) -> None:
    ours, theirs = in_turn(task, repeat)
    million = count / 1e6
    line = f"{rate:5.2f} {task.name:<31} {million / ours:8.2f}"
    if theirs is not None:
        line += f" {million / theirs:8.2f} {theirs / ours:6.2f}"
    print(line, flush=True)


def measure_threads(values: np.ndarray, repeat: int) -> None:
    """Print how much faster four tensors are coded on two threads than on one."""
    parts = np.array_split(values, 4)
    tensors = {f"w{number}": np.ascontiguousarray(part) for number, part in enumerate(parts)}
    bitstream = nnc.encode(tensors, qp=-12)
    print("\ntwo threads against one, four tensors")
    encode_all = partial(nnc.encode, tensors, qp=-12)
    decode_all = partial(nnc.decode, bitstream)
    for name, work in (("nnc.encode", encode_all), ("nnc.decode", decode_all)):
        task = Task(name, partial(work, threads=1), partial(work, threads=2))
        one, two = in_turn(task, repeat, clock=time.perf_counter, always=True)
        print(f"{name}: {one / two:.2f}x")


def in_turn(
    task: Task,
    repeat: int,
    *,
    clock: Callable[[], float] = time.process_time,
    always: bool = False,
) -> tuple[float, float | None]:
    """Return the medians of both, measured alternately; None without NNCodec."""
    both = always or peer.available()
    ours, theirs = [], []
    for _ in range(repeat):
        ours.append(seconds(task.ours, clock))
        if both:
            theirs.append(seconds(task.theirs, clock))
    return statistics.median(ours), statistics.median(theirs) if both else None


def seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    start = clock()
    work()
    return clock() - start


def quantize(values: np.ndarray, qp: int, *, dq: bool) -> np.ndarray:
    step = step_size(qp, QP_DENSITY)
    if dq:
        return quantize_dependent(values.reshape(-1), step).reshape(values.shape)
    return quantize_uniform(values, step)


def encode(levels: np.ndarray, coding: TensorCoding, *, search: bool = True) -> bytes:
    encoder = Encoder()
    encoder.tensor(levels, coding, search=search, row_skip=False)
    return encoder.finish()


def decode(payload: bytes, shape: tuple[int, ...], coding: TensorCoding) -> np.ndarray:
    decoder = Decoder(payload)
    levels = decoder.tensor(*shape, coding)
    decoder.finish()
    return levels


def check(decoded: np.ndarray, levels: np.ndarray) -> None:
    if not np.array_equal(decoded, levels):
        raise SystemExit("decoded levels differ from those encoded")


def qp_for_rate(values: np.ndarray, bits: float, *, dq: bool) -> int:
    """Return the quantization parameter whose rate on a part of the values is the nearest."""
    part = values[: 1 + 60_000 // COLUMNS]
    coding = TensorCoding(dq_flag=int(dq))

    def distance(qp: int) -> float:
        payload = encode(quantize(part, qp, dq=dq), coding, search=False)
        return abs(8 * len(payload) / part.size - bits)

    return min(range(-44, 13), key=distance)


if __name__ == "__main__":
    main()
