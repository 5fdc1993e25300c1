"""What is known of tensors from bitstreams before, which payloads may be coded with."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import MissingValueError
from nnc.decoder.layout import CodedTensor, UnitLayout


class Known(NamedTuple):
    """What is known of a tensor from the units that were decoded before.

    Attributes:
        base_levels: levels of the parent node, int32 of the tensor's shape, or None.
        history: whether a level was not 0 in any update so far, bool of the tensor's shape, or
            None.
    """

    base_levels: NDArray[np.int32] | None = None
    history: NDArray[np.bool_] | None = None


NOTHING_KNOWN = Known()


def matrix_of(tensor: CodedTensor, values: NDArray[Any] | None) -> NDArray[Any] | None:
    """Return what is known of a tensor as the matrix that the tensor is coded as."""
    return None if values is None else tensor.to_matrix(values)


def missing_parent(layout: UnitLayout) -> MissingValueError:
    """Return the error for a unit that needs the levels of a parent that isn't known."""
    return MissingValueError(
        f"the tensor is coded with the levels of its parent, {layout.parent}, as contexts",
        path="header.temporal_context_modeling_flag",
        clause="10.3",
        hint="decode the updates before it with the same decoder",
    )
