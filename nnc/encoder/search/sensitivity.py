"""Which tensors of a model are to be finer than others, for the same accuracy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InputError
from nnc.encoder.inputs.scale import scale_of
from nnc.encoder.options.target import Evaluate
from nnc.encoder.search.coarseness import FINER_VECTORS, PER_OCTAVE, Coarseness
from nnc.encoder.search.roles import octaves_by_role
from nnc.model.calibration import Calibration, WeightScale, coarser_octaves

#: By how much a tensor is finer or coarser than the model at most, in quantization parameters.
LARGEST_OFFSET = 6.0

#: Octaves that the steps of factors are finer for the smallest one, at most.
SMALLEST_FACTOR = 6.0

#: How many of the largest weights are tried one by one.
TRIED_ALONE = 24

#: Points of accuracy below which a drop says nothing.
SMALLEST_DROP = 0.1


def points(accuracy: float) -> float:
    """Return an accuracy in percentage points.

    Raises:
        InputError: it is neither a share from 0 to 1 nor a percentage.
    """
    try:
        value = float(accuracy)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value <= 100:
        raise InputError(
            f"evaluate must return an accuracy, 0 to 1 or in percent, not {accuracy!r}"
        )
    return 100 * value if value <= 1 else value


def sensitivities(
    tensors: Mapping[str, NDArray[Any]],
    coarseness: Coarseness,
    kind: str,
    evaluate: Evaluate | None,
    accuracy: float,
) -> dict[str, float]:
    """Return by how much weights are to be coarser than the model, in quantization parameters.

    Args:
        tensors: all tensors by name.
        coarseness: those that get finer and coarser together.
        kind: as for `Target`.
        evaluate: gives the accuracy.
        accuracy: that of the tensors as they are, in percentage points.
    """
    rows = np.flatnonzero(coarseness.weights & (coarseness.variances > 0))
    if kind == "error":
        # Between one step for all and one signal to noise ratio for all.
        spread = np.log2(coarseness.variances[rows]) / 4
        wanted = (spread - spread.mean()) if rows.size else spread
    elif kind == "scale":
        names = [coarseness.names[row] for row in rows]
        sizes, wanted = coarseness.sizes[rows], coarseness.octaves_by_scale(rows)
        wanted += np.array(octaves_by_role(names, tensors))
        if isinstance(coarseness.base.calibration, Calibration):
            scales = {
                # Any of the dimensions may be that of the rows.
                name: WeightScale(size, {round(size) // side for side in tensors[name].shape}, one)
                for name, size, one in zip(names, sizes.tolist(), wanted.tolist(), strict=True)
            }
            coarser = coarser_octaves(coarseness.base.calibration, scales)
            wanted += np.array([coarser.get(name, 0.0) for name in names])
        middle = float(np.sum(sizes * wanted) / max(1.0, np.sum(sizes)))
        return {
            coarseness.names[row]: PER_OCTAVE * float(one - middle)
            for row, one in zip(rows, wanted, strict=True)
        }
    elif kind == "callback" and evaluate is not None:
        largest = np.argsort(-coarseness.sizes[rows], kind="stable")[:TRIED_ALONE]
        rows = rows[np.sort(largest)]
        drops = np.array(
            [
                max(accuracy - points(evaluate(coarsened(tensors, coarseness.names[row]))), 0)
                for row in rows
            ]
        )
        # The best shares of the bits: squared steps as the number of values over the drop.
        shares = coarseness.sizes[rows] / (drops + SMALLEST_DROP)
        spread = np.log2(shares) / 2
        wanted = (spread - np.median(spread)) if rows.size else spread
    else:
        return {}
    offsets = np.clip(wanted * PER_OCTAVE, -LARGEST_OFFSET, LARGEST_OFFSET)
    return {coarseness.names[row]: float(one) for row, one in zip(rows, offsets, strict=True)}


def vectors_by_scale(
    tensors: Mapping[str, NDArray[Any]], coarseness: Coarseness
) -> dict[str, float]:
    """Return by how much vectors are coarser than the model, where steps follow scales.

    In a small network vectors with a fixed step take as much as its weights. So theirs are as
    weights of their sizes would have, but finer; those of factors follow the smallest one.

    Args:
        tensors: all tensors by name.
        coarseness: those that get finer and coarser together.
    """
    rows = np.flatnonzero(coarseness.variances > 0)
    octaves, weights = coarseness.octaves_by_scale(rows), coarseness.weights[rows]
    sizes = coarseness.sizes[rows] * weights
    middle = float(np.sum(sizes * octaves) / max(1.0, np.sum(sizes)))
    result = {}
    for row, one in zip(rows[~weights], octaves[~weights].tolist(), strict=True):
        name, mean = coarseness.names[row], float(coarseness.means[row])
        values = tensors[name]
        smallest = scale_of(values.astype(np.float64)).smallest or mean
        spread = min(max(math.log2(smallest / mean), -SMALLEST_FACTOR), 0.0)
        result[name] = PER_OCTAVE * (one + spread - middle - FINER_VECTORS)
    return result


def coarsened(tensors: Mapping[str, NDArray[Any]], name: str) -> dict[str, Any]:
    """Return the tensors with one of them rounded to about three levels."""
    values = tensors[name].astype(np.float64)
    step = 2 * math.sqrt(float(np.mean(np.square(values))))
    rounded = (np.rint(values / step) * step).astype(tensors[name].dtype)
    return {**tensors, name: rounded}
