"""A model on its way through the tools: tensors, and what the encoder has to know of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.decoder.reconstruction import NEW_BIAS_SUFFIX
from nnc.encoder.options.tensor import matches
from nnc.encoder.units.block import Block
from nnc.model.batch_norm import BatchNorm
from nnc.model.given import as_arrays

#: Narrow floats that numpy has by ml_dtypes alone.
NARROW = ("bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """What a tool returns; each takes what another returned in place of a model.

    `nnc.encode(reduced.tensors, **reduced.options)` encodes it.

    Attributes:
        tensors: arrays by name.
        blocks: layers that have to be coded as such: with local scaling, or decomposed.
        batch_norms: those that were folded, by the name of the layer's weight.
        masks: bool arrays by the name of the tensor: the values that may still change; what is
            False was set to zero or unified, and has to stay so in training.
        row_axes: tensors of which rows along another dimension than the first are left out.
        prune_rows: whether rows of zeros are to be left out, told by a pruning container.
    """

    tensors: Mapping[str, NDArray[Any]]
    blocks: tuple[Block, ...] = ()
    batch_norms: Mapping[str, BatchNorm] = field(default_factory=dict)
    masks: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    row_axes: Mapping[str, int] = field(default_factory=dict)
    prune_rows: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """The options of `nnc.encode` for it, without those that say nothing."""
        tensors = {name: {"row_axis": axis} for name, axis in self.row_axes.items()}
        found: dict[str, Any] = {
            "blocks": self.blocks,
            "batch_norms": self.batch_norms,
            "tensors": tensors,
            "prune_rows": self.prune_rows,
        }
        return {name: value for name, value in found.items() if value}

    def joined(self, tensors: Mapping[str, NDArray[Any]] | None = None) -> dict[str, NDArray[Any]]:
        """Return the tensors of the network as a decoder makes them of the parts of layers.

        Args:
            tensors: the parts, decoded; None: as they are before coding.
        """
        result = dict(self.tensors if tensors is None else tensors)
        for block in self.blocks:
            if block.g is not None and block.h is not None:
                product = result.pop(block.g) @ result.pop(block.h)
                result[block.weight] = product.reshape(block.dimensions)
            if block.scaling is not None:
                weight, scaling = result[block.weight], result.pop(block.scaling)
                result[block.weight] = weight * scaling.reshape(-1, *(1,) * (weight.ndim - 1))
        for weight_name, norm in self.batch_norms.items():
            rows = result[weight_name].shape[0]
            beta = result.pop(weight_name + NEW_BIAS_SUFFIX, np.zeros(rows, np.float32))
            result |= norm.unfolded(beta)
        return result

    def block_of(self, weight: str) -> Block | None:
        """Return the block of a weight; None: it has none."""
        return next((block for block in self.blocks if block.weight == weight), None)

    def with_values(
        self,
        changed: Mapping[str, NDArray[Any]],
        masks: Mapping[str, NDArray[np.bool_]] | None = None,
    ) -> Reduced:
        """Return the model with other values of some tensors, in the types they had.

        Args:
            changed: values by name.
            masks: which values may still change; they add to those of the tools before.
        """
        tensors = {
            name: changed[name].astype(values.dtype) if name in changed else values
            for name, values in self.tensors.items()
        }
        all_masks = dict(self.masks)
        for name, mask in (masks or {}).items():
            all_masks[name] = mask & all_masks[name] if name in all_masks else mask
        return replace(self, tensors=tensors, masks=all_masks)


#: What a tool takes: a model, or what another tool returned.
Model = Mapping[str, Any] | Reduced


def reduced_of(model: Model) -> Reduced:
    """Return a model as the tools pass it on.

    Raises:
        InputError: it is no mapping of names to arrays.
    """
    return model if isinstance(model, Reduced) else Reduced(tensors=as_arrays(model))


def is_weight(values: NDArray[Any]) -> bool:
    """Tell whether a tensor is one that the tools change: floats of two dimensions or more."""
    kind = values.dtype.kind == "f" or values.dtype.name in NARROW
    return bool(kind and values.ndim > 1 and values.size)


def weights_of(model: Reduced, only: Sequence[str] | None) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the weights of a model as float64 arrays by name; those of zeros are passed over.

    Args:
        model: the model.
        only: patterns of the names that are meant; None for all.
    """
    for name, values in model.tensors.items():
        if not is_weight(values) or not fits(name, only):
            continue
        wide = values.astype(np.float64)
        if not np.isfinite(wide).all():
            continue
        if wide.any():
            yield name, wide


def fits(name: str, only: Sequence[str] | None) -> bool:
    """Tell whether a name is meant by some patterns; None means all."""
    if isinstance(only, str):
        raise InputError("only must be a list of patterns, not a string")
    return only is None or matches(name, only)


def on_difference(
    tool: Callable[[Reduced], Reduced], model: Model, base: Mapping[str, Any] | None
) -> Reduced:
    """Apply a tool to a model, or to what it differs by from a base.

    The result is the base and the reduced difference: a session that encodes it has the rest of
    the difference before it again with the next update.

    Args:
        tool: the tool.
        model: the model.
        base: what the receivers have, by name; None: the tool is for the values themselves.
    """
    whole = reduced_of(model)
    if base is None:
        return tool(whole)
    known = {
        name: values
        for name, values in as_arrays(base).items()
        if name in whole.tensors and is_weight(values) and is_weight(whole.tensors[name])
        if values.shape == whole.tensors[name].shape
    }
    differences = {
        name: whole.tensors[name].astype(np.float64) - values.astype(np.float64)
        for name, values in known.items()
    }
    made = tool(Reduced(tensors=differences))
    changed = {
        name: values.astype(np.float64) + made.tensors[name] for name, values in known.items()
    }
    return whole.with_values(changed, made.masks)


def check_share(name: str, value: object, *, most: float = 1.0) -> float:
    """Return a share as a float.

    Raises:
        InputError: it is no number from 0 to `most`.
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 <= float(value) <= most:  # type: ignore[arg-type]
        raise InputError(f"{name} must be a number from 0 to {most:g}, not {value!r}")
    return float(value)  # type: ignore[arg-type]


def check_count(name: str, value: object, least: int = 1) -> int:
    """Return a number of something as an integer.

    Raises:
        InputError: it is no integer of `least` or more.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputError(f"{name} must be an integer, {least} or more, not {value!r}")
    return int(value)
