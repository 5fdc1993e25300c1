"""The tools as options of encoding ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.encoder.call.asked import Asked
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.reduction import OF_TENSORS, rank_of
from nnc.encoder.options.target import Target
from nnc.encoder.options.tensor import exactly
from nnc.encoder.search.sensitivity import points
from nnc.encoder.units.block import Block, names_of
from nnc.encoder.units.layer_names import layers_by_name
from nnc.formats.batch_norm import Layer
from nnc.reduce.folding import fold_batch_norms
from nnc.reduce.low_rank import low_rank
from nnc.reduce.reduced import Reduced, reduced_of
from nnc.reduce.sparsification import sparsify, sparsify_rows
from nnc.reduce.unification import unify


def is_reduced(options: EncoderOptions) -> bool:
    """Tell whether options ask for a tool, of the model or of single tensors."""
    tables: Iterable[Any] = (options, *options.typed().values())
    return any(getattr(table, name) not in (None, False) for table in tables for name in OF_TENSORS)


def reduced(
    tensors: Mapping[str, Any],
    wanted: Asked,
    layers: Iterable[Layer] | None = None,
    row_axes: Mapping[str, int] | None = None,
) -> tuple[dict[str, NDArray[Any]], Asked]:
    """Apply the tools that options ask for: sparsification first, blocks at the end.

    Args:
        tensors: arrays by name.
        wanted: what the call asks for.
        layers: layers with batch norms, where a graph says them.
        row_axes: by name the dimension that the rows are, where it isn't the first.

    Returns:
        The tensors to be coded, and what the call asks for of these.

    Raises:
        InputError: tensors in given blocks can't be folded or decomposed.
    """
    tools = Tools(wanted.options, list(tensors))
    model = reduced_of(tensors)
    for share, names in tools.by_value("sparsify"):
        model = sparsify(model, share, only=names)
    for gain, names in tools.by_value("sparsify_rows"):
        model = sparsify_rows(model, gain, only=names, row_axes=row_axes)
    for share, names in tools.by_value("unify"):
        model = unify(model, share, only=names)
    for _, names in tools.by_value("fold_batch_norms"):
        model = fold_batch_norms(model, layers, only=names)
    coding = replace(wanted.options, tensors=without_tools(wanted.options))
    for said, names in tools.by_value("low_rank"):
        model = low_rank(model, only=names, options=options_of(coding), **rank_of(said))
    blocks = with_others(model, wanted.structure.blocks)
    norms = {**wanted.structure.batch_norms, **model.batch_norms}
    structure = replace(wanted.structure, blocks=blocks, batch_norms=norms)
    target = wanted.target and target_for(model, wanted.target, reduced_of(tensors).tensors)
    return dict(model.tensors), wanted._replace(structure=structure, target=target)


def target_for(model: Reduced, target: Target, before: Mapping[str, NDArray[Any]]) -> Target:
    """Return a target whose function gets the network's tensors, not the parts of its layers.

    What accuracy the tools took counts as lost, too.

    Args:
        model: the reduced model.
        target: the target.
        before: the tensors before they were reduced.
    """
    given = target.evaluate
    if given is None:
        return target

    def evaluate(parts: dict[str, Any]) -> float:
        return given(model.joined(parts))

    drop = target.accuracy_drop
    if drop is not None:
        drop -= points(given(dict(before))) - points(evaluate(dict(model.tensors)))
    return replace(target, evaluate=evaluate, accuracy_drop=drop)


@dataclass(frozen=True, slots=True)
class Tools:
    """What options ask for of each tensor.

    Attributes:
        options: the options.
        names: of all tensors.
    """

    options: EncoderOptions
    names: Sequence[str]

    def by_value(self, option: str) -> Iterator[tuple[Any, list[str]]]:
        """Yield what is asked for, and of which tensors: of all the rest first."""
        found: dict[Any, list[str]] = {}
        whole = getattr(self.options, option)
        for name in self.names:
            said = self.options.said_of(name).get(option)
            value = whole if said is None else said
            if value is not None and value is not False:
                # What a tensor has of its own is a share of its own weights.
                key = (value, None if said is None else name)
                found.setdefault(key, []).append(name)
        for (value, _), names in found.items():
            yield value, [exactly(name) for name in names]


def without_tools(options: EncoderOptions) -> dict[str, Any]:
    """Return the options of single tensors but for the tools."""
    none: dict[str, Any] = dict.fromkeys(OF_TENSORS)
    return {pattern: replace(own, **none) for pattern, own in options.typed().items()}


def options_of(options: EncoderOptions) -> dict[str, Any]:
    """Return how tensors are quantized, by which bytes are compared."""
    names = ("qp", "nonweight_qp", "bit_depth", "qp_density", "dq", "effort", "profile")
    return {name: getattr(options, name) for name in names}


def with_others(model: Reduced, given: Any) -> Any:
    """Return the blocks of a model with those that the call gives, or finds by the names.

    Raises:
        InputError: a tensor in two of them.
    """
    if not model.blocks:
        return given
    taken = names_of(model.blocks) | {block.weight for block in model.blocks}
    if given == "auto":
        rest = {
            name: one
            for name, one in model.tensors.items()
            if name not in taken and one.dtype == np.float32 and one.ndim and one.size
        }
        found = layers_by_name(
            {name: one.shape[0] for name, one in rest.items() if one.ndim == 1},
            {name: one.shape[0] for name, one in rest.items() if one.ndim > 1},
        )
        return (*model.blocks, *found)
    blocks: list[Block] = list(given)
    for block in blocks:
        if set(block.names) & (taken | set(model.batch_norms)):
            raise InputError(
                f"block {block.weight!r} is given, and its tensors are folded or decomposed: "
                "leave it to one of them"
            )
    return (*model.blocks, *blocks)
