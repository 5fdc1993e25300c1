"""The values that a session begins with, and what updates add to them (clause 9.2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnc.bitio import InputError, InvalidError
from nnc.decoder.session_state import ROOT, SessionState
from nnc.model.given import as_arrays
from nnc.model.metadata import TensorNote, named_dtype
from nnc.model.node import Node


def base_state(base: Mapping[str, ArrayLike], depth: int) -> SessionState:
    """Return the state of a session whose base model is known as arrays.

    Raises:
        InputError: a tensor that isn't one of numbers, or no such depth.
    """
    if isinstance(depth, bool) or not hasattr(depth, "__index__") or depth < 0:
        raise InputError(f"base_depth must be 0 or more, not {depth!r}")
    state = SessionState(base_device=0, base_node=Node(depth=int(depth)))
    for name, given in as_arrays(base, "the base model").items():
        if not isinstance(name, str):
            raise InputError(f"the name of a tensor must be text, not {name!r}")
        values = np.asarray(given)
        try:
            dtype = named_dtype(values.dtype.name)
        except ValueError:
            raise InputError(
                f"tensor {name!r} is of dtype {values.dtype}, which holds no numbers"
            ) from None
        if dtype not in (np.dtype(np.float32), np.dtype(np.int32)):
            state.notes[ROOT, name] = TensorNote(dtype.name)
        state.values[ROOT, name] = values.astype(kept_dtype(dtype))
    return state


def kept_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype that a tensor of a base model is kept in: a native one of numpy's."""
    if dtype.kind in "biuc" or dtype == np.float64:
        return dtype
    return np.dtype(np.int32 if "int" in dtype.name else np.float32)


def add(parent: NDArray[Any], difference: NDArray[Any], name: str) -> NDArray[Any]:
    """Add a difference to a parent.

    Raises:
        InvalidError: their shapes differ, or integers leave their range.
    """
    if parent.shape != difference.shape:
        raise InvalidError(
            f"tensor {name!r} has another shape than its parent",
            path="header.tensor_dimensions",
            value=str(list(difference.shape)),
            allowed=str(list(parent.shape)),
        )
    if parent.dtype.kind == "f" or difference.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(parent + difference)
    # A sum beyond 64 bits comes out on the other side of the parent.
    wide = np.uint64 if parent.dtype == np.uint64 else np.int64
    with np.errstate(over="ignore"):
        before = parent.astype(wide)
        total = np.asarray(before + difference.astype(wide))
    result: NDArray[Any] = total.astype(parent.dtype)
    wrapped = np.where(difference > 0, total < before, total > before)
    if wrapped.any() or (result != total).any():
        raise InvalidError(
            f"tensor {name!r} leaves the range of {parent.dtype}", path="payload", clause="7.2"
        )
    return result
