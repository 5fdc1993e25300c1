"""Rows of zeros left out of tensors, and told by a pruning container (clause 6.3.4, draft)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.decoder.pruning import Pruning
from nnc.encoder.inputs import Inputs, Outline


class PrunedInputs:
    """Tensors without their rows of zeros.

    Attributes:
        tensors: shape and dtype by name, in order.
        full_dimensions: by name the shapes before, of all tensors of two dimensions or more;
            empty where nothing was left out.
        pruning: which rows of these tensors stay; None: all do.
    """

    def __init__(self, inputs: Inputs, axes: Mapping[str, int], whole: Collection[str]) -> None:
        """Look through the tensors.

        Args:
            inputs: the tensors.
            axes: by name the dimension that a tensor's rows are; 0 where nothing is said.
            whole: names of tensors that stay whole: those coded together with others.
        """
        self.inputs, self.axes = inputs, axes
        self.kept: dict[str, NDArray[np.bool_]] = {}
        self.tensors: dict[str, Outline] = {}
        self.full_dimensions: dict[str, tuple[int, ...]] = {}
        for name in inputs.tensors:
            self.look_at(name, name in whole)
        left_out = any(not kept.all() for kept in self.kept.values())
        self.pruning: Pruning | None = None
        if left_out:
            self.pruning = Pruning(kept=np.concatenate(list(self.kept.values())))
        else:
            self.full_dimensions = {}

    def look_at(self, name: str, whole: bool) -> None:
        """Find the rows of one tensor that stay."""
        shape, dtype = self.inputs.tensors[name]
        self.tensors[name] = Outline(tuple(shape), dtype)
        axis = self.axes.get(name, 0)
        if not axis < len(shape) or len(shape) < 2:
            return
        self.full_dimensions[name] = tuple(shape)
        kept: NDArray[np.bool_] = np.ones(shape[axis], np.bool_)
        if not whole:
            others = tuple(number for number in range(len(shape)) if number != axis)
            kept = np.any(self.inputs.tensor(name) != 0, axis=others)
            self.inputs.release(name)
        self.kept[name] = kept
        rows = int(np.count_nonzero(kept))
        self.tensors[name] = Outline((*shape[:axis], rows, *shape[axis + 1 :]), dtype)

    def tensor(self, name: str) -> NDArray[Any]:
        """Give one tensor without its rows of zeros."""
        values = self.inputs.tensor(name)
        kept = self.kept.get(name)
        if kept is None or kept.all():
            return values
        return np.compress(kept, values, axis=self.axes.get(name, 0))

    def release(self, name: str) -> None:
        """Give back the memory that holds the values of a tensor."""
        self.inputs.release(name)
