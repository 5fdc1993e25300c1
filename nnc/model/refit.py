"""What refits of biases share: which batches they follow, and how much of them is kept.

Coarse weights shift what a layer gives on average. The shift can be measured and taken off the
layer's bias, whose bits hardly count: the least squares of the outputs by the bias alone (bias
correction; Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction,
2019, there from the statistics of batch normalizations).
"""

from __future__ import annotations

import math
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
    told = set(range(ONE_OF - 1, len(given), ONE_OF)) or {len(given) - 1}
    followed = [one for number, one in enumerate(given) if number not in told]
    return followed, [given[number] for number in sorted(told)]


def best_share(loss: Callable[[float], float]) -> float:
    """Return the share of the shifts at which the outputs are best; of equals the least."""
    found = {share: loss(share) for share in SHARES}
    return min(SHARES, key=lambda share: math.inf if math.isnan(found[share]) else found[share])


def relative_error(before: Any, after: Any) -> float:
    """Return the square of the relative error of an output; 0 for one that has no finite floats."""
    if isinstance(before, list) and isinstance(after, list):
        # A sequence; of another length now and then.
        return sum(map(relative_error, before, after))
    if not isinstance(before, np.ndarray) or not isinstance(after, np.ndarray):
        return 0.0
    if before.dtype.kind != "f" or before.shape != after.shape:
        return 0.0
    wide = before.astype(np.float64)
    signal = float(np.square(wide).sum())
    if not signal or not math.isfinite(signal):
        return 0.0
    return float(np.square(after - wide).sum()) / signal


def error_of(before: Iterable[Any], after: Iterable[Any]) -> float:
    """Return the sum of the squares of the relative errors of some outputs."""
    return sum(map(relative_error, before, after))
