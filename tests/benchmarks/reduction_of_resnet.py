"""What the tools of clause 8 come to on a CIFAR ResNet: `reduction_of_resnet.py FILE`.

FILE is a state dict as safetensors, of bottleneck blocks or basic ones, batch norms called bn1 ...
after conv1 ...; needs torch, and nnc on PYTHONPATH. There is no accuracy without images: what is
told are the sizes, and the outputs' difference on random input, relative (L2) to the original's.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file
from torch.nn import functional

import nnc
from nnc.reduce import Reduced, fold_batch_norms, low_rank, sparsify

QPS = (-32, -24, -20)
CODING = {"nonweight_qp": -75, "metadata_unit": False}


def outputs(tensors: dict[str, Any], images: Any) -> np.ndarray:
    """Compute the network's outputs."""
    state = {name: torch.from_numpy(np.array(one)).double() for name, one in tensors.items()}

    def layer(values: Any, conv: str, norm: str, stride: int = 1) -> Any:
        weight = state[f"{conv}.weight"]
        found = functional.conv2d(values, weight, stride=stride, padding=weight.shape[-1] // 2)
        names = ("running_mean", "running_var", "weight", "bias")
        return functional.batch_norm(found, *(state[f"{norm}.{name}"] for name in names))

    values = torch.relu(layer(images, "conv1", "bn1"))
    for stage in (1, 2, 3):
        for number in range(sum(f"layer{stage}.{n}.conv1.weight" in state for n in range(99))):
            at = f"layer{stage}.{number}"
            stride = 2 if stage > 1 and number == 0 else 1
            # The convolution of 3 x 3 strides: the second of a bottleneck, the first otherwise.
            depth = 3 if f"{at}.conv3.weight" in state else 2
            inner = values
            for place in range(1, depth + 1):
                strides = stride if place == depth - 1 else 1
                inner = layer(inner, f"{at}.conv{place}", f"{at}.bn{place}", strides)
                inner = torch.relu(inner) if place < depth else inner
            if f"{at}.downsample.0.weight" in state:
                values = layer(values, f"{at}.downsample.0", f"{at}.downsample.1", stride)
            values = torch.relu(values + inner)
    values = values.mean(dim=(2, 3))
    return (values @ state["fc.weight"].T + state["fc.bias"]).numpy()


def main() -> None:
    """Print a line for each tool and step size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    tensors = load_file(parser.parse_args().file)
    floats = {name: one for name, one in tensors.items() if one.dtype == np.float32}
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(1)).double()
    expected = outputs(floats, images)

    def error(found: dict[str, Any]) -> float:
        difference = outputs(found, images) - expected
        return float(np.linalg.norm(difference) / np.linalg.norm(expected))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folded = fold_batch_norms(floats)
        print(f"{len(folded.batch_norms)} batch norms folded; before coding the outputs differ by "
              f"{error(folded.joined()):.1e}", flush=True)  # fmt: skip
        for qp in QPS:
            tools = {
                "plain": Reduced(tensors=floats),
                "folded": folded,
                "folded, sparsify 0.5": sparsify(folded, 0.5),
                "folded, low rank 0.98": low_rank(folded, 0.98, options={"qp": qp}),
            }
            for name, found in tools.items():
                data = nnc.encode(found.tensors, qp=qp, **CODING, **found.options)
                back = nnc.decode(data, batch_norms=found.batch_norms)
                print(f"| {qp} | {name} | {len(data)} | {error(back):.4f} |", flush=True)


if __name__ == "__main__":
    main()
