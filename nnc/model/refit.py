"""What refits of biases share: which batches they follow, and how much of them is kept.

Coarse weights shift what a layer gives on average. The shift can be measured and taken off the
layer's bias, whose bits hardly count: the least squares of the outputs by the bias alone (bias
correction; Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction,
2019, there from the statistics of batch normalizations).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from nnc.bitio import InputError

#: One batch of so many isn't followed, but tells whether that made the outputs better.
ONE_OF = 4

#: How much of the shifts may be taken off; the rest is kept.
SHARES = (0.0, 0.5, 1.0)


def apart(batches: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Return the batches to follow, and those that tell whether it was good.

    Raises:
        InputError: there are fewer than two.
    """
    given = list(batches)
    if len(given) < 2:
        raise InputError(
            "a refit needs two batches or more: it follows most of them, and looks at the outputs "
            "for the others"
        )
    told = given[ONE_OF - 1 :: ONE_OF] or given[-1:]
    kept = {id(one) for one in told}
    return [one for one in given if id(one) not in kept], told


def best_share(loss: Callable[[float], float]) -> float:
    """Return the share of the shifts at which the outputs are best; of equals the least."""
    return min(SHARES, key=loss)


def relative_error(before: Any, after: Any) -> float:
    """Return the square of the relative error of an output; 0 for one that has no floats."""
    if isinstance(before, list) and isinstance(after, list):
        # A sequence; of another length now and then.
        return sum(map(relative_error, before, after))
    if not isinstance(before, np.ndarray) or not isinstance(after, np.ndarray):
        return 0.0
    if before.dtype.kind != "f" or before.shape != after.shape:
        return 0.0
    wide = before.astype(np.float64)
    signal = float(np.square(wide).sum())
    return float(np.square(after - wide).sum()) / signal if signal else 0.0


def error_of(before: Iterable[Any], after: Iterable[Any]) -> float:
    """Return the sum of the squares of the relative errors of some outputs."""
    return sum(map(relative_error, before, after))
