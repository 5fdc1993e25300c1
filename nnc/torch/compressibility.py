"""The compressibility loss: a term that pulls small weights to zero (clause 8.3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnc.bitio.arguments import checked
from nnc.torch.library import pytorch, weights_in


@checked
def compressibility(
    module: Any,
    weight: float = 1e-3,
    *,
    gamma: float = 0.0,
    only: Sequence[str] | None = None,
) -> Any:
    """Return a term to be added to the loss of the task, which makes weights compressible.

    For each layer it is sum |w| / sqrt(sum w^2), between 1 (one weight isn't zero) and the root of
    their number; scaling the layer doesn't change it. Its gradient pushes weights below
    sum w^2 / sum |w| to zero, and others away from it.

    Args:
        module: the module; weights that are parametrized count as the layer uses them.
        weight: what the term is multiplied by.
        gamma: of a second term, sum w^2 / sum |w|, which keeps the other weights small.
        only: patterns of the names of weights; None for all of two dimensions or more.

    Returns:
        A tensor of one value, with gradient.

    Raises:
        InputError: no module, or PyTorch isn't there.
    """
    torch = pytorch()
    total = torch.zeros(())
    for _, layer in weights_in(module, only):
        values = layer.weight
        magnitudes, squares = values.abs().sum(), values.square().sum()
        tiny = torch.finfo(values.dtype).tiny
        term = magnitudes / squares.clamp_min(tiny).sqrt()
        if gamma:
            term = term + gamma * squares / magnitudes.clamp_min(tiny)
        total = total.to(term.device) + term
    return weight * total
