"""Quantization of a weight by what it does to the outputs of its layer, as calibration tells."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.deepcabac import TensorCoding, compiled_module
from nnc.encoder.quantization import feedback_reference as reference
from nnc.encoder.quantization.rate_distortion import (
    WEIGHT_DEPENDENT,
    RateOptions,
    by_error,
    kernel,
    nothing,
    sample_of,
    situation_of,
)
from nnc.encoder.quantization.rates import RateTables, Situation

#: Largest value in steps: the errors that are added to it are far smaller than float32 needs.
LARGEST = 1 << 20

#: Largest level, as a multiple of the largest value and steps beyond that. Statistics of inputs
#: lead to none, those of a damaged file may.
LARGEST_MULTIPLE, STEPS_BEYOND = 2, 64


@functools.cache
def quantizer() -> Callable[..., NDArray[np.int32]]:
    """Take the trellis that goes with the entropy coder's engine."""
    compiled = compiled_module("nnc.encoder.quantization.feedback")
    if compiled is not None:
        chosen: Callable[..., NDArray[np.int32]] = compiled.quantize_with_feedback
        return chosen
    return reference.quantize_with_feedback


def quantize_calibrated(
    values: NDArray[np.floating],
    step: float,
    statistics: NDArray[np.float32],
    coding: TensorCoding,
    effort: int,
) -> NDArray[np.int32] | None:
    """Quantize a matrix, its errors weighted and moved on as statistics of its columns say.

    Args:
        values: (rows, cols) array of float32 or float64, finite.
        step: the step size, positive.
        statistics: as in `nnc.model.calibration`, of so many columns.
        coding: how the levels will be coded: with dependent quantization, row by row.
        effort: 0 leaves the bits out.

    Returns:
        int32 array of the same shape: indices (after the doubling of dependent quantization);
        None for values that are too large, and for statistics that lead astray.
    """
    ratios = (values / values.dtype.type(step)).astype(np.float32)
    largest = float(np.abs(ratios).max())
    if not largest <= LARGEST:
        return None
    squares = statistics if statistics.ndim == 1 else statistics.diagonal()
    # Summed up without rounding: the same everywhere.
    mean = math.fsum(squares.tolist()) / squares.size
    if not mean > 0:
        return None
    weights = (squares.astype(np.float64) / mean).astype(np.float32)
    situation = situation_of(values.shape, coding, RateOptions(effort), None)
    tables = learned_tables(values.reshape(-1), step, situation, effort)
    levels = quantizer()(
        np.ascontiguousarray(ratios),
        weights,
        None if statistics.ndim == 1 else np.ascontiguousarray(statistics),
        np.ascontiguousarray(tables.branches),
        np.ascontiguousarray(tables.magnitudes),
    )
    astray = max(int(levels.max()), -int(levels.min())) > LARGEST_MULTIPLE * largest + STEPS_BEYOND
    return None if astray else levels


def learned_tables(
    values: NDArray[Any], step: float, situation: Situation, effort: int
) -> RateTables:
    """Return what the bits of a sequence cost, as some blocks of it without feedback tell."""
    tools = kernel()
    by_rate, count, tables_of = tools.quantize_by_rate, tools.count_levels, tools.rate_tables
    if not effort:
        return tables_of(nothing(situation), 0.0, situation)
    sample, sampled = sample_of(values, situation, whole=False)
    indices = by_error(sample, step, sampled)
    tables = tables_of(count(indices, sampled), WEIGHT_DEPENDENT, sampled)
    indices = by_rate(sample, step, sampled, tables)
    return tables_of(count(indices, sampled), WEIGHT_DEPENDENT, situation)
