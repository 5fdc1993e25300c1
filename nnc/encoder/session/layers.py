"""Layers that a session codes as one unit each (NNR_PT_BLOCK), the base model and its updates.

The tensors of such a layer are one node of the parameter update tree: they come together, or not
at all. Differences are of the tensors as a decoder gives them, so that a layer has no parts that
are put together on the way: no factors, no local scaling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.decoder.session_state import CodedState
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.units.block import Block, names_of
from nnc.encoder.units.layer_names import layers_by_name


class SessionLayers:
    """Which layers are coded as one unit each.

    Attributes:
        blocks: the layers that were given; `auto` for those that names tell.
        options: how tensors are coded.
    """

    def __init__(self, blocks: Sequence[Block] | Literal["auto"], options: EncoderOptions) -> None:
        """Take the layers.

        Raises:
            InputError: a layer that updates can't be of.
        """
        if isinstance(blocks, str):
            if blocks != "auto":
                raise InputError(f"blocks must be a list of nnc.Block, or auto, not {blocks!r}")
        else:
            names_of(blocks)
            for block in blocks:
                check_whole(block)
        self.blocks, self.options = blocks, options

    @property
    def given_names(self) -> set[str]:
        """The tensors of the layers that were given."""
        return set() if isinstance(self.blocks, str) else names_of(self.blocks)

    def found(
        self,
        given: Mapping[str, NDArray[Any]],
        held: Mapping[str, NDArray[Any]],
        parents: Mapping[str, CodedState | None],
    ) -> list[Block]:
        """Return the layers that an update, or a base model, is coded by.

        Args:
            given: the tensors to be coded.
            held: those that the receivers have.
            parents: what is kept of the last unit of each of all these.

        Returns:
            Those of which a tensor is given and all are known, that are of one node so far.
        """
        arrays = {**held, **given}
        candidates = self.named(arrays) if isinstance(self.blocks, str) else self.blocks
        return [
            block
            for block in candidates
            if any(name in given for name in block.names)
            and all(name in arrays and self.may_be_in(name, arrays[name]) for name in block.names)
            and are_one_node([parents[name] for name in block.names])
        ]

    def named(self, arrays: Mapping[str, NDArray[Any]]) -> list[Block]:
        """Return the layers that names tell."""
        rows: dict[str, int] = {}
        weights: dict[str, int] = {}
        for name, values in arrays.items():
            if values.ndim and self.may_be_in(name, values):
                axis = self.options.row_axis_of(name, values.ndim)
                (rows if values.ndim == 1 else weights)[name] = values.shape[axis]
        return layers_by_name(rows, weights)

    def may_be_in(self, name: str, values: NDArray[Any]) -> bool:
        """Tell whether a tensor is one that a block can have."""
        is_float = values.dtype == np.float32 and values.size > 0
        plain = is_float and self.options.format_of(name) is None and not self.options.keeps(name)
        return plain and bool(np.isfinite(values).all())


def check_whole(block: Block) -> None:
    """Refuse a layer with parts that a decoder puts together, or in units of its own."""
    if block.g is not None or block.scaling is not None or block.separate:
        raise InputError(
            f"block {block.weight!r}: in a session, a layer must have only a weight, a bias and a "
            "batch norm, in one unit"
        )


def are_one_node(parents: Sequence[CodedState | None]) -> bool:
    """Tell whether tensors were coded in one unit, or none of them in any."""
    kept = [one for one in parents if one is not None]
    if len(kept) < len(parents):
        return not kept
    return all((one.node, one.digests) == (kept[0].node, kept[0].digests) for one in kept)


def check_alone(names: Iterable[str], trees: Mapping[str, int]) -> None:
    """Refuse to code tensors alone that were coded in one unit with others.

    Args:
        names: their names.
        trees: by name the parameter_id of all tensors.
    """
    counts = Counter(trees.values())
    for name in names:
        if counts[trees[name]] > 1:
            others = [other for other, tree in trees.items() if tree == trees[name]]
            raise InputError(
                f"tensors {', '.join(map(repr, others))} were coded as one unit: give the session "
                "the same blocks, and the same options for all of them"
            )
