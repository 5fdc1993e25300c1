"""Differences of tensors to what the receivers have, and what of them isn't sent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def finite_difference(
    values: NDArray[np.floating], before: NDArray[Any]
) -> NDArray[np.float32] | None:
    """Return the difference of two arrays of floats, None where it isn't finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        difference = np.asarray(values - before).astype(np.float32)
    return difference if np.isfinite(difference).all() else None


def bytes_of(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of an array."""
    result: NDArray[np.uint8] = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    return result


def sparsified(values: NDArray[np.float32], sparsity: float) -> NDArray[np.float32]:
    """Return a difference with a share of its values, those of smallest magnitude, set to zero.

    Args:
        values: the difference.
        sparsity: the share, 0 to less than 1.
    """
    count = math.floor(sparsity * values.size)
    if not count:
        return values
    magnitudes = np.abs(values).reshape(-1)
    smallest = np.argpartition(magnitudes, count - 1)[:count]
    result = values.copy()
    result.reshape(-1)[smallest] = 0
    return result


def with_residuals(
    given: Mapping[str, NDArray[Any]],
    residuals: Mapping[str, NDArray[Any]],
    feedback: float,
) -> dict[str, NDArray[Any]]:
    """Return tensors with a share of what was left out before added to their floats.

    Args:
        given: the tensors.
        residuals: what was left out, by name.
        feedback: the share, 0 to 1.
    """
    result = dict(given)
    for name, values in given.items():
        left = residuals.get(name)
        if feedback and left is not None and left.shape == values.shape:
            with np.errstate(over="ignore", invalid="ignore"):
                total = (values + np.float32(feedback) * left).astype(values.dtype)
            # What isn't finite is stored as it is, and nothing can be added to it.
            result[name] = np.where(np.isfinite(total), total, values)
    return result


def left_out(wanted: NDArray[Any], decoded: NDArray[Any]) -> NDArray[np.float32] | None:
    """Return what coding left out of a tensor, None where it is no float or wasn't a sum."""
    if wanted.dtype.kind != "f" or wanted.shape != decoded.shape:
        return None
    return finite_difference(wanted, decoded)
