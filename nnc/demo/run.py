"""Compress the demo network at several step sizes and measure what each one costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import nnc
from nnc.demo.network import accuracy, load_network

FLOAT32_BYTES = 4

Tensors = Mapping[str, NDArray[np.generic]]
Encode = Callable[[Tensors, int], bytes]
Decode = Callable[[bytes], Tensors]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What one quantization parameter gave.

    Attributes:
        qp: The quantization parameter; the step size doubles every 2 ** qp_density of it.
        bytes_original: Size of all the values as float32, without names or headers, in bytes.
        bytes_encoded: Size of the whole bitstream, in bytes.
        ratio: `bytes_original` over `bytes_encoded`.
        bits_per_value: Bits of the bitstream, headers included, for each value.
        accuracy_before: Share of the test images that the original network reads right, 0 to 1.
        accuracy_after: The same for the decoded network.
    """

    qp: int
    bytes_original: int
    bytes_encoded: int
    ratio: float
    bits_per_value: float
    accuracy_before: float
    accuracy_after: float


def run(
    qps: Sequence[int], *, encode: Encode | None = None, decode: Decode | None = None
) -> list[DemoResult]:
    """Encode and decode the demo network once for each quantization parameter.

    Args:
        qps: Quantization parameters, as in `nnc.encode`.
        encode: Makes the bitstream from the tensors and a quantization parameter; without it,
            `nnc.encode` with its defaults.
        decode: Gives the tensors back from the bitstream; without it, `nnc.decode`.

    Returns:
        One result for each of `qps`, in their order.

    Raises:
        NncError: The network cannot be encoded with one of `qps`.
    """
    encode = encode or _encode
    decode = decode or _decode
    tensors = load_network()
    before = accuracy(tensors)
    values = sum(tensor.size for tensor in tensors.values())
    results = []
    for qp in qps:
        data = encode(tensors, qp)
        results.append(
            DemoResult(
                qp=qp,
                bytes_original=values * FLOAT32_BYTES,
                bytes_encoded=len(data),
                ratio=values * FLOAT32_BYTES / len(data),
                bits_per_value=len(data) * 8 / values,
                accuracy_before=before,
                accuracy_after=accuracy(decode(data)),
            )
        )
    return results


def _encode(tensors: Tensors, qp: int) -> bytes:
    """Encode with the library's defaults."""
    return nnc.encode(dict(tensors), qp=qp)


def _decode(data: bytes) -> Tensors:
    """Decode with the library's defaults."""
    return nnc.decode(data)
