"""Weights as layers compute them from what is trained: torch.nn.utils.parametrize.

Imported only where PyTorch is there.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class LocalScaling(nn.Module):  # type: ignore[misc, unused-ignore]
    """A weight whose rows are multiplied by factors that can be trained."""

    def __init__(self, weight: Tensor) -> None:
        """Start with factors of 1."""
        super().__init__()
        self.scaling = nn.Parameter(torch.ones(weight.shape[0], device=weight.device))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the scaled weight."""
        return weight * self.scaling.reshape(-1, *(1 for _ in weight.shape[1:]))


class Mask(nn.Module):  # type: ignore[misc, unused-ignore]
    """A weight of which some values are zero, whatever is trained."""

    mask: Tensor

    def __init__(self, mask: Tensor) -> None:
        """Take what stays."""
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight with zeros."""
        return weight * self.mask

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what is trained for a weight that is set."""
        return weight * self.mask


class LowRank(nn.Module):  # type: ignore[misc, unused-ignore]
    """A weight as the product of two factors, which are trained in its place."""

    def __init__(self, shape: Any, g: Tensor, h: Tensor) -> None:
        """Take the shape of the weight, and the factors to begin with."""
        super().__init__()
        self.shape, self.factors = tuple(shape), (g, h)

    def forward(self, g: Tensor, h: Tensor) -> Tensor:
        """Return the product."""
        return (g @ h).reshape(self.shape)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return the factors to begin with; a weight that is set later is taken apart anew."""
        g, h = self.factors
        if torch.allclose((g @ h).reshape(self.shape), weight):
            return g.clone(), h.clone()
        u, values, vh = torch.linalg.svd(weight.reshape(len(g), -1), full_matrices=False)
        roots = values[: g.shape[1]].sqrt()
        return u[:, : g.shape[1]] * roots, roots[:, None] * vh[: g.shape[1]]


class Unified(nn.Module):  # type: ignore[misc, unused-ignore]
    """A weight of which some blocks have one magnitude each, that is trained, and fixed signs."""

    signs: Tensor
    number: Tensor
    free: Tensor
    counts: Tensor

    def __init__(self, signs: Tensor, number: Tensor, free: Tensor) -> None:
        """Take how weights belong together.

        Args:
            signs: of the weights, 1 or -1.
            number: of the block that each weight is in.
            free: 1 for weights that aren't unified, else 0.
        """
        super().__init__()
        self.register_buffer("signs", signs)
        self.register_buffer("number", number)
        self.register_buffer("free", free)
        self.register_buffer("counts", torch.bincount(number.reshape(-1)).to(signs.dtype))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight with the mean magnitude of each block."""
        signed = (weight * self.signs).reshape(-1)
        sums = torch.zeros_like(self.counts).index_add(0, self.number.reshape(-1), signed)
        magnitudes = (sums / self.counts)[self.number]
        return torch.where(self.free.bool(), weight, magnitudes * self.signs)

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what is trained for a weight that is set."""
        return weight


class Rounded(nn.Module):  # type: ignore[misc, unused-ignore]
    """A weight in whole steps; its gradient passes as if it weren't rounded."""

    def __init__(self, step: float) -> None:
        """Take the step size."""
        super().__init__()
        self.step = step

    def forward(self, weight: Tensor) -> Tensor:
        """Return the rounded weight."""
        steps: Tensor = torch.round(weight.detach() / self.step) * self.step
        return weight + (steps - weight.detach())

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what is trained for a weight that is set."""
        return weight
