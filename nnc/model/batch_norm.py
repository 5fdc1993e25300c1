"""The tensors of a batch norm, and how formats name them (clause 8.3.8, Annexes C and D)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio.arguments import checked, checking_fields

#: For each way of naming the ends of gamma, beta, mean and variance, and the usual eps.
NAMES = {
    "PyTorch": (("weight", "bias", "running_mean", "running_var"), 1e-5),
    "TensorFlow": (("gamma", "beta", "moving_mean", "moving_variance"), 1e-3),
    "MXNet": (("gamma", "beta", "running_mean", "running_var"), 1e-5),
}

#: What stands between the name of a module and that of a tensor in it.
SEPARATORS = "./_"


@checking_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNorm:
    """What the tensors of a batch norm are called.

    A bitstream doesn't say that they were folded into a layer, nor what they are called in the
    network.

    Attributes:
        beta: name of the tensor that is added.
        gamma: name of the tensor that is multiplied by.
        mean: name of the running mean.
        variance: name of the running variance.
        eps: what the network adds to the variance. The variance returned for a batch norm that
            was folded is 1 - eps, so that the network's output is the unfolded one's; 0 gives 1,
            as NNCodec does.
    """

    beta: str
    gamma: str
    mean: str
    variance: str
    eps: float = 0.0

    @property
    def names(self) -> tuple[str, str, str, str]:
        """The four names in the order in which a block lists them."""
        return self.beta, self.gamma, self.mean, self.variance

    @checked
    def unfolded(self, beta: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Return the parameters by name for a layer that has all but `beta` in its weight."""
        beta = np.asarray(beta)
        ones = np.ones(beta.shape, beta.dtype)
        variance = np.full(beta.shape, 1 - self.eps, beta.dtype)
        return {
            self.beta: beta,
            self.gamma: ones,
            self.mean: np.zeros(beta.shape, beta.dtype),
            self.variance: variance,
        }


def noted(norm: BatchNorm) -> str | list[Any]:
    """Return a batch norm as it stands in JSON: the name of its module, or all there is to say."""
    (gamma, *_), eps = NAMES["PyTorch"]
    module = norm.gamma.removesuffix(gamma)
    if module.endswith(".") and norm == batch_norm_of(module):
        return module[:-1]
    return [*norm.names, norm.eps] if norm.eps != eps else list(norm.names)


def batch_norm_of(note: Any) -> BatchNorm:
    """Return a batch norm as it stands in JSON, checked; a module's name may end in a dot.

    Raises:
        ValueError: it says none.
    """
    ends, eps = NAMES["PyTorch"]
    if isinstance(note, str):
        gamma, beta, mean, variance = (note.removesuffix(".") + "." + end for end in ends)
        return BatchNorm(gamma=gamma, beta=beta, mean=mean, variance=variance, eps=eps)
    beta, gamma, mean, variance, *rest = note
    eps = rest[0] if rest else eps
    if not all(isinstance(name, str) for name in note[:4]) or len(rest) > 1:
        raise ValueError("a batch norm has four names")
    if len(set(note[:4])) < 4:
        raise ValueError("the four names of a batch norm must be different")
    if not isinstance(eps, int | float) or not 0 <= eps < 1:
        raise ValueError("eps of a batch norm must be a number from 0 to 1")
    return BatchNorm(beta=beta, gamma=gamma, mean=mean, variance=variance, eps=float(eps))


def batch_norms_by_module(names: Iterable[str]) -> dict[str, BatchNorm]:
    """Find the batch norms of a model by the names of its tensors.

    Args:
        names: names as PyTorch, TensorFlow or MXNet have them, MXNet's also in ONNX models:
            `bn1.running_mean`, `bn1/moving_mean`, `batchnorm0_running_mean`.

    Returns:
        By the names of their modules (`bn1`) those of which all four tensors are there, in the
        order of their means.
    """
    present = dict.fromkeys(names)
    result = {}
    for name in present:
        for ends, eps in NAMES.values():
            above = name.removesuffix(ends[2])
            if above == name or (above and above[-1] not in SEPARATORS):
                continue
            gamma, beta, mean, variance = (above + end for end in ends)
            if all(part in present for part in (gamma, beta, mean, variance)):
                found = BatchNorm(gamma=gamma, beta=beta, mean=mean, variance=variance, eps=eps)
                result[above[:-1]] = found
    return result


def batch_norms_by_name(names: Iterable[str]) -> list[BatchNorm]:
    """Find the batch norms of a model as `batch_norms_by_module`, in the order of their means."""
    return list(batch_norms_by_module(names).values())
