"""Bytes and mean squared error over the float tensors of a model: nnc and NNCodec side by side.

python tests/benchmarks/codec_size.py MODEL.safetensors [--qp -32 -24 -16] [--nonweight-qp -75]

Both quantise tensors of two dimensions and more with qp, the others with nonweight-qp, with
dependent quantization and the parameter search. nnc is to be installed or on PYTHONPATH.
Without NNCodec only nnc is measured.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).parent))

import peer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--qp", type=int, nargs="+", default=[-32, -24, -16])
    parser.add_argument("--nonweight-qp", type=int, default=-75)
    parser.add_argument("--only", choices=["nnc", "peer"])
    arguments = parser.parse_args()
    tensors = {
        name: np.asarray(tensor, dtype=np.float32)
        for name, tensor in load_file(arguments.model).items()
        if np.issubdtype(tensor.dtype, np.floating) and tensor.ndim > 0
    }
    values = sum(tensor.size for tensor in tensors.values())
    print(f"{arguments.model.name}: {len(tensors)} float tensors, {values} values")
    print(f"{'qp':>5} {'coder':<8} {'bytes':>10} {'bits/value':>10} {'mse':>12}")
    for qp in arguments.qp:
        if arguments.only != "peer":
            report("nnc", qp, *run_nnc(tensors, qp, arguments.nonweight_qp), tensors)
        if arguments.only != "nnc" and peer.available():
            report("NNCodec", qp, *run_peer(tensors, qp, arguments.nonweight_qp), tensors)


def run_nnc(
    tensors: Mapping[str, np.ndarray], qp: int, nonweight_qp: int
) -> tuple[int, Mapping[str, np.ndarray]]:
    import nnc

    bitstream = nnc.encode(tensors, qp=qp, nonweight_qp=nonweight_qp)
    return len(bitstream), nnc.decode(bitstream)


def run_peer(
    tensors: Mapping[str, np.ndarray], qp: int, nonweight_qp: int
) -> tuple[int, Mapping[str, np.ndarray]]:
    bitstream = peer.compress(tensors, qp=qp, nonweight_qp=nonweight_qp)
    return len(bitstream), peer.decompress(bitstream)


def report(
    coder: str,
    qp: int,
    size: int,
    decoded: Mapping[str, np.ndarray],
    tensors: Mapping[str, np.ndarray],
) -> None:
    values = sum(tensor.size for tensor in tensors.values())
    error = sum(
        float(np.square(np.asarray(decoded[name], dtype=np.float64) - tensor).sum())
        for name, tensor in tensors.items()
    )
    print(f"{qp:>5} {coder:<8} {size:>10} {8 * size / values:>10.4f} {error / values:>12.6g}")


if __name__ == "__main__":
    main()
