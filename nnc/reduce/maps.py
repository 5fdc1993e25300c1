"""Performance maps: the accuracy of a model that a receiver makes smaller still (Annex G)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.model.performance_maps import (
    DecompositionEntry,
    PerformanceMaps,
    PruningEntry,
    SparsificationEntry,
    UnificationEntry,
    check_number,
)
from nnc.reduce.low_rank import best_factors
from nnc.reduce.reduced import Reduced, is_weight, reduced_of, weights_of
from nnc.reduce.sparsification import sparsify_rows
from nnc.reduce.unification import unify

Entry = SparsificationEntry | PruningEntry | UnificationEntry | DecompositionEntry
Tensors = Mapping[str, NDArray[Any]]
Tool = Literal["sparsification", "pruning", "unification", "decomposition"]

#: The most classes that the bits of a map can name.
MOST_CLASSES = 64


def apply_entry(tensors: Mapping[str, Any], entry: Entry) -> dict[str, NDArray[Any]]:
    """Return decoded tensors thinned out as an entry of a performance map says.

    What the standard leaves open is settled so: sparsification sets weights below the threshold to
    zero; pruning the share of all rows that are least over the mean magnitude of their tensor;
    unification the blocks that change by no more than the threshold, root mean square;
    decomposition takes for each weight the least rank that keeps to the mean squared error.
    Vectors stay.

    Args:
        tensors: arrays by name, as `nnc.decode` returns them.
        entry: of `PerformanceMaps`.

    Returns:
        All tensors, in their types.

    Raises:
        InputError: it is no entry.
    """
    whole = reduced_of(tensors)
    if isinstance(entry, SparsificationEntry):
        found = {
            name: np.where(np.abs(values) < entry.threshold, 0.0, values)
            for name, values in weights_of(whole, None)
        }
        return dict(whole.with_values(found).tensors)
    if isinstance(entry, PruningEntry):
        return dict(sparsify_rows(whole, share=entry.ratio, scope="global").tensors)
    if isinstance(entry, UnificationEntry):
        return dict(with_unified(whole, entry).tensors)
    if isinstance(entry, DecompositionEntry):
        return with_products(whole, entry.mse_threshold)[0]
    raise InputError(f"an entry of a performance map is needed, not {type(entry).__name__}")


def with_unified(model: Reduced, entry: UnificationEntry) -> Reduced:
    """Return a model with blocks unified as an entry says."""
    block = tuple(entry.block_dimensions) or (2, 2)
    super_block = tuple(entry.super_block_dimensions) or block
    return unify(
        model,
        threshold=entry.threshold,
        block=block,
        super_block=super_block,
        reshaped=tuple(entry.reshaped_dimensions),
    )


def with_products(model: Reduced, mse: float) -> tuple[dict[str, NDArray[Any]], int]:
    """Return the tensors with products of factors for weights, and the values that these have."""
    result, count = dict(model.tensors), 0
    for name, values in model.tensors.items():
        if not is_weight(values):
            continue
        found = best_factors(values, None, mse, None)
        count += values.size if found is None else found.size
        if found is not None:
            result[name] = found.product(values.shape).astype(values.dtype)
    return result, count


def performance_map(
    tensors: Mapping[str, Any],
    tool: Tool,
    points: Sequence[float],
    evaluate: Callable[[dict[str, NDArray[Any]]], Any],
    *,
    block: Sequence[int] = (2, 2),
    super_block: Sequence[int] = (64, 64),
) -> PerformanceMaps:
    """Measure what the network loses when a receiver thins it out further.

    Args:
        tensors: arrays by name, as a receiver decodes them.
        tool: `sparsification` (points are thresholds), `pruning` (shares of rows), `unification`
            (thresholds) or `decomposition` (mean squared errors).
        points: for which there is an entry each.
        evaluate: function of tensors by name that returns the accuracy; or the accuracy and those
            of the classes in their order.
        block: of unification.
        super_block: likewise.

    Returns:
        The map, for `nnc.encode(..., performance_maps=...)`. With the same options of encoding a
        receiver gets the accuracies by `apply_entry`, exactly.

    Raises:
        InputError: no such tool, or a point that it can't have.
    """
    whole = dict(reduced_of(tensors).tensors)
    entries: Any = [
        measured(whole, trial_entry(tool, point, tuple(block), tuple(super_block)), evaluate)
        for point in points
    ]
    maps: dict[str, Any] = {tool: entries}
    return PerformanceMaps(**maps)


def trial_entry(
    tool: Tool, point: float, block: tuple[int, ...], super_block: tuple[int, ...]
) -> Entry:
    """Return the entry of a point, nothing of it measured yet."""
    # A map holds floats of 32 bits: what a receiver reads is what is measured.
    value = check_number(f"a point of the {tool} map", point)
    if value < 0:
        raise InputError(f"a point of the {tool} map can't be negative: {point!r}")
    if tool == "sparsification":
        return SparsificationEntry(threshold=value, non_zero_ratio=0.0, accuracy=0.0)
    if tool == "pruning":
        return PruningEntry(ratio=value, accuracy=0.0)
    if tool == "unification":
        return UnificationEntry(
            threshold=value,
            accuracy=0.0,
            block_dimensions=block,
            super_block_dimensions=super_block,
        )
    if tool == "decomposition":
        return DecompositionEntry(mse_threshold=value, accuracy=0.0, reduction_ratio=1.0)
    raise InputError(
        f"tool must be sparsification, pruning, unification or decomposition, not {tool!r}"
    )


def measured(
    tensors: dict[str, NDArray[Any]],
    entry: Entry,
    evaluate: Callable[[dict[str, NDArray[Any]]], Any],
) -> Entry:
    """Return an entry with what was measured with it."""
    thinned = apply_entry(tensors, entry)
    found = evaluate(thinned)
    accuracy, classes = found if isinstance(found, tuple) else (found, ())
    said: dict[str, Any] = {
        "accuracy": float(accuracy),
        "class_accuracies": tuple(float(one) for one in classes),
    }
    count = sum(one.size for one in tensors.values() if is_weight(one))
    if isinstance(entry, DecompositionEntry):
        kept = with_products(Reduced(tensors=tensors), entry.mse_threshold)[1]
        return replace(entry, reduction_ratio=kept / count if count else 1.0, **said)
    if len(classes) > MOST_CLASSES:
        raise InputError(f"a map has room for {MOST_CLASSES} classes, not {len(classes)}")
    said["class_bitmask"] = (1 << len(classes)) - 1
    if isinstance(entry, SparsificationEntry):
        kept = sum(int(np.count_nonzero(one)) for one in thinned.values() if is_weight(one))
        said["non_zero_ratio"] = kept / count if count else 1.0
    return replace(entry, **said)


def entry_for(maps: PerformanceMaps, tool: str, accuracy: float) -> Entry:
    """Return the entry of a map that thins out most of those that keep an accuracy.

    Args:
        maps: those of a bitstream (`nnc.ModelInformation.of(bitstream).performance_maps`).
        tool: which of them.
        accuracy: the least that the entry says, in its own unit.

    Raises:
        InputError: there is no such map, or no entry of it keeps the accuracy.
    """
    if tool not in get_args(Tool):
        raise InputError(f"a performance map is one of {', '.join(get_args(Tool))}, not {tool!r}")
    entries: Sequence[Entry] | None = getattr(maps, tool)
    if not entries:
        raise InputError(f"the bitstream has no {tool} map")
    good = [entry for entry in entries if entry.accuracy >= accuracy]
    if not good:
        best = max(entry.accuracy for entry in entries)
        raise InputError(f"no entry of the {tool} map keeps {accuracy:g}; the best has {best:g}")
    return max(good, key=strength)


def entry_said(maps: PerformanceMaps, said: str) -> Entry:
    """Return the entry that text asks for: `sparsification=0.98`.

    Raises:
        InputError: it isn't of that form; or as for `entry_for`.
    """
    tool, _, text = said.partition("=")
    try:
        accuracy = float(text)
    except ValueError:
        raise InputError(f"{said!r} is not KIND=ACCURACY, like sparsification=0.98") from None
    return entry_for(maps, tool, accuracy)


def strength(entry: Entry) -> float:
    """Return how much an entry thins out, among those of one map."""
    if isinstance(entry, PruningEntry):
        return entry.ratio
    if isinstance(entry, DecompositionEntry):
        return entry.mse_threshold
    return entry.threshold
