"""Rows of zeros left out of tensors, and told by a pruning container (clause 6.3.4, draft)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.encoder.inputs.reading import Inputs, Outline
from nnc.model.metadata import FullDimensions
from nnc.model.pruning import Pruning


class LeftOut(NamedTuple):
    """What a bitstream says of the rows that aren't in it.

    Attributes:
        pruning: which rows stay; None: all do.
        full_dimensions: by name what the tensors were before; empty where all rows stay.
    """

    pruning: Pruning | None = None
    full_dimensions: Mapping[str, FullDimensions] = {}


class PrunedInputs:
    """Tensors without their rows of zeros.

    Attributes:
        tensors: shape and dtype by name, in order.
        ties: those of the tensors.
    """

    def __init__(self, inputs: Inputs, axes: Mapping[str, int], whole: Collection[str]) -> None:
        """Look through the tensors.

        Args:
            inputs: the tensors.
            axes: by name the dimension that a tensor's rows are; 0 where nothing is said.
            whole: names of tensors that stay whole: those coded together with others.
        """
        self.inputs, self.axes = inputs, axes
        self.ties = inputs.ties
        self.kept: dict[str, NDArray[np.bool_]] = {}
        self.tensors: dict[str, Outline] = {}
        for name in inputs.tensors:
            self.look_at(name, name in whole)

    def look_at(self, name: str, whole: bool) -> None:
        """Find the rows of one tensor that stay."""
        shape, dtype = self.inputs.tensors[name]
        self.tensors[name] = Outline(tuple(shape), dtype)
        axis = self.axes.get(name, 0)
        if not axis < len(shape) or len(shape) < 2:
            return
        kept: NDArray[np.bool_] = np.ones(shape[axis], np.bool_)
        if not whole:
            others = tuple(number for number in range(len(shape)) if number != axis)
            kept = np.any(self.inputs.tensor(name) != 0, axis=others)
            self.inputs.release(name)
        self.kept[name] = kept
        rows = int(np.count_nonzero(kept))
        self.tensors[name] = Outline((*shape[:axis], rows, *shape[axis + 1 :]), dtype)

    def tensor(self, name: str) -> NDArray[Any]:
        """Return one tensor without its rows of zeros."""
        values = self.inputs.tensor(name)
        kept = self.kept.get(name)
        if kept is None or kept.all():
            return values
        return np.compress(kept, values, axis=self.axes.get(name, 0))

    def release(self, name: str) -> None:
        """Release the memory that holds the values of a tensor."""
        self.inputs.release(name)

    def left_out(self, elements: Iterable[tuple[str, tuple[int, ...] | None]]) -> LeftOut:
        """Return what is to be said of the rows that were left out.

        Args:
            elements: the tensors that a decoder gets out of the bitstream, in their order, and
                the shapes of those that it puts together out of others, which stay whole.
        """
        if all(kept.all() for kept in self.kept.values()):
            return LeftOut()
        masks: list[NDArray[np.bool_]] = []
        full: dict[str, FullDimensions] = {}
        for name, shape in elements:
            if shape is not None and len(shape) > 1:
                masks.append(np.ones(shape[0], np.bool_))
                full[name] = FullDimensions(shape)
            elif name in self.kept:
                masks.append(self.kept[name])
                lengths = tuple(self.inputs.tensors[name][0])
                full[name] = FullDimensions(lengths, self.axes.get(name, 0))
        return LeftOut(Pruning(kept=np.concatenate(masks)), full)
