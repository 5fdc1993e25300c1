"""Layers found by the names that PyTorch, TensorFlow and ONNX give to their tensors.

A layer is a weight with the bias and the batch norm that go with it. Nothing but the grouping
into units depends on what is found: names that mislead cost bytes, never values. Local scaling
(`X_scaling`) and factors (`X_G`, `X_H`) aren't taken into a layer by name: a decoder would put
them together with the weight, and return another model than was handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from nnc.encoder.units.block import Block
from nnc.model.batch_norm import SEPARATORS, BatchNorm, batch_norms_by_module

#: What a weight is called, and then its bias; each may be a part of a name between underscores.
BIAS_WORDS = {"weight": "bias", "kernel": "bias", "W": "b", "w": "b"}

#: Initializers that an export to ONNX numbers: a weight, and the bias that comes next.
NUMBERED = re.compile(r"(.*onnx::[A-Za-z]+_)(\d+)")

#: What TensorFlow writes after the names of variables.
VARIABLE_SUFFIX = ":0"

#: What stands in the name of a layer, and in its place in that of its batch norm.
LAYER_WORD = re.compile(r"conv(?:[123]d|olution)?|fc|linear|dense", re.IGNORECASE)
NORM_WORDS = ("bn", "norm", "batchnorm", "batch_norm", "batch_normalization")


class NamedWeight(NamedTuple):
    """A tensor whose name is that of a weight.

    Attributes:
        module: name of the layer.
        bias: name of the bias that it has, if it has one.
    """

    module: str
    bias: str


def layers_by_name(rows: Mapping[str, int], weights: Mapping[str, int]) -> list[Block]:
    """Find the layers of a model by the names of its tensors.

    Args:
        rows: by name of each tensor of one dimension its number of values.
        weights: by name of each tensor of more dimensions its number of rows.

    Returns:
        Those of more than a weight, each tensor in one at most, in the order of the weights.
    """
    known = {short(name): name for name in (*rows, *weights)}
    norms = batch_norms(known)
    free = dict(rows)
    result = []
    for weight, count in weights.items():
        block: Block | None = None
        for module, bias in readings(short(weight)):
            own = known.get(bias, "")
            norm = next((norms[one] for one in norm_modules(module) if one in norms), None)
            has_bias = free.get(own) == count
            has_norm = norm is not None and all(free.get(name) == count for name in norm.names)
            if has_bias or has_norm:
                block = layer(weight, own if has_bias else None, norm if has_norm else None)
                break
        if block is not None:
            for name in block.vectors:
                del free[name]
            result.append(block)
    return result


def layer(weight: str, bias: str | None, norm: BatchNorm | None) -> Block:
    """Return a layer that is coded as a block where that is smaller."""
    names = () if norm is None else norm.names
    return Block(weight=weight, bias=bias, batch_norm=names, optional=True)


def short(name: str) -> str:
    """Return a name without what TensorFlow writes after it."""
    return name.removesuffix(VARIABLE_SUFFIX)


def readings(name: str) -> Iterator[NamedWeight]:
    """Yield what a name says if it is that of a weight, once for each way to read it."""
    numbered = NUMBERED.fullmatch(name)
    if numbered is not None:
        yield NamedWeight(name, f"{numbered[1]}{int(numbered[2]) + 1}")
        return
    place = max(name.rfind(separator) for separator in "./") + 1
    above, words = name[:place], name[place:].split("_")
    for number, word in enumerate(words):
        if word in BIAS_WORDS:
            others = [*words[:number], BIAS_WORDS[word], *words[number + 1 :]]
            module = above + "_".join(words[:number])
            yield NamedWeight(module.rstrip(SEPARATORS), above + "_".join(others))


def batch_norms(known: Mapping[str, str]) -> dict[str, BatchNorm]:
    """Find batch norms by the names of their modules.

    Args:
        known: full names of tensors by their short ones.
    """
    result = {}
    for module, norm in batch_norms_by_module(known).items():
        beta, gamma, mean, variance = (known[name] for name in norm.names)
        result[module] = replace(norm, beta=beta, gamma=gamma, mean=mean, variance=variance)
    return result


def norm_modules(module: str) -> Iterator[str]:
    """Yield what the batch norm after a layer may be called, by the name of the layer."""
    place = max(module.rfind(separator) for separator in "./") + 1
    above, last = module[:place], module[place:]
    if last.isdecimal():
        # Modules in a sequence are counted.
        yield f"{above}{int(last) + 1}"
    for found in LAYER_WORD.finditer(last):
        for word in NORM_WORDS:
            yield above + last[: found.start()] + word + last[found.end() :]
    for separator in SEPARATORS:
        yield f"{module}{separator}bn"
