"""How far the values of two models are from each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Values that are compared at a time; they are widened to 64 bits for it.
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """How far two tensors of one name are from each other.

    Attributes:
        name: their name.
        problem: why they can't be compared, or "".
        values: number of values.
        different: how many of them differ.
        max_error: the largest absolute difference.
        mean_error: the mean absolute difference.
        mse: the mean squared difference.
        cosine: cosine of the angle between them; None where one of them is zero.
    """

    name: str
    problem: str = ""
    values: int = 0
    different: int = 0
    max_error: float = 0.0
    mean_error: float = 0.0
    mse: float = 0.0
    cosine: float | None = None


def compare_values(
    first: Mapping[str, NDArray[Any]], second: Mapping[str, NDArray[Any]]
) -> Iterator[ValueDifference]:
    """Compare the tensors of two models by name.

    Args:
        first: arrays of numbers by name, of any shape and dtype; read one at a time.
        second: the same.

    Yields:
        One difference for each name, those of `first` in its order, then what only `second` has.
    """
    for name in first:
        if name in second:
            yield compare_tensors(name, first[name], second[name])
        else:
            yield ValueDifference(name, "only in the first")
    for name in second:
        if name not in first:
            yield ValueDifference(name, "only in the second")


def compare_tensors(name: str, first: NDArray[Any], second: NDArray[Any]) -> ValueDifference:
    """Compare two tensors; a position where both are NaN doesn't count as a difference."""
    if first.shape != second.shape:
        return ValueDifference(name, f"shapes {first.shape} and {second.shape}")
    one, two = first.reshape(-1), second.reshape(-1)
    different = 0
    largest = absolute = squared = product = norm_one = norm_two = 0.0
    for start in range(0, one.size, PIECE):
        a = one[start : start + PIECE].astype(np.float64)
        b = two[start : start + PIECE].astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            same = (a == b) | (np.isnan(a) & np.isnan(b))
            error = np.where(same, 0.0, np.abs(a - b))
            different += int(a.size - np.count_nonzero(same))
            largest = float(np.maximum(largest, error.max()))
            absolute += float(error.sum())
            squared += float(np.square(error).sum())
            product += float((a * b).sum())
            norm_one += float(np.square(a).sum())
            norm_two += float(np.square(b).sum())
    count = max(one.size, 1)
    norm = np.sqrt(norm_one) * np.sqrt(norm_two)
    return ValueDifference(
        name,
        values=int(one.size),
        different=different,
        max_error=largest,
        mean_error=absolute / count,
        mse=squared / count,
        cosine=float(product / norm) if 0 < norm < np.inf else None,
    )
