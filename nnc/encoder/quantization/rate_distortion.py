"""Quantization of a tensor's matrix by effort: by error alone, or by error and bits (Annex G).

The bits of a level depend on how often the bins of its contexts come, and that on the levels: so
first passes quantize and count, and the last one takes the rates that come of it.

How far a value can be from what it decodes to, in steps:

| effort | dependent quantization | without |
| --- | --- | --- |
| 0 | 2 | 0.5 |
| 1 to 3 | 4 | 2 |

Values beyond an index limit are brought to it first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnc.deepcabac import TensorCoding, compiled_module
from nnc.deepcabac.checks import may_skip_rows
from nnc.encoder.quantization import rate_trellis_reference as reference
from nnc.encoder.quantization.dependent import quantize_dependent
from nnc.encoder.quantization.order import from_coding_order, to_coding_order
from nnc.encoder.quantization.rates import LevelCounts, RateTables, Situation, rate_tables
from nnc.encoder.quantization.segments import LONGEST_SEGMENT, helpers
from nnc.encoder.quantization.uniform import LARGEST_RATIO, quantize_uniform

#: The weight of a bit, in squared steps: the slope of error over bits that dependent
#: quantization has at middle rates, which serves at all rates. Without it a step is as long as
#: two, so that the weight of a bit is a quarter.
WEIGHT_DEPENDENT = 0.3
WEIGHT_UNIFORM = 0.1

#: Sequences shorter than this are quantized by error alone: their contexts hardly get to know
#: them.
SHORTEST = 64

# Values of a row that are looked at first.
FIRST_LOOK = 16

# Rates are learned from some blocks of a sequence at effort 1: one of 8, but no fewer than 8.
SAMPLE_BLOCK = 1 << 12
SAMPLE_FEWEST = 8
SAMPLE_EVERY = 8


class Passes(NamedTuple):
    """How rates are learned.

    Attributes:
        sampled: passes over some blocks, each with the rates of the one before.
        whole: passes over the whole sequence after that.
    """

    sampled: int
    whole: int


PASSES = {1: Passes(1, 1), 2: Passes(0, 2), 3: Passes(0, 4)}


class Kernel(NamedTuple):
    """The inner loops, compiled or not."""

    quantize_by_rate: Callable[
        [NDArray[np.floating], float, Situation, RateTables], NDArray[np.int32]
    ]
    count_levels: Callable[[NDArray[np.int32], Situation], LevelCounts]
    rate_tables: Callable[[LevelCounts, float, Situation], RateTables]
    quantize_in_passes: Callable[..., NDArray[np.int32]] | None = None
    rows_that_reach: Callable[[NDArray[np.float32], np.floating], NDArray[np.bool_]] | None = None


@functools.cache
def kernel() -> Kernel:
    """Take the inner loops that go with the entropy coder's engine."""
    trellis = compiled_module("nnc.encoder.quantization.rate_trellis")
    counting = compiled_module("nnc.encoder.quantization.rate_counting")
    if trellis is not None and counting is not None:
        return Kernel(
            trellis.quantize_by_rate,
            counting.count_levels,
            counting.rate_tables,
            trellis.quantize_in_passes,
            trellis.rows_that_reach,
        )
    return Kernel(reference.quantize_by_rate, reference.count_levels, rate_tables)


@dataclass(frozen=True, slots=True)
class RateOptions:
    """What quantization needs to know of the encoder's options and of the update.

    Attributes:
        effort: 0 to 3.
        row_skip: as in `EncoderOptions`.
        base_levels: int32 matrix, levels of the parent that may become contexts.
        history: bool matrix, the history that may become contexts.
        index_limit: largest magnitude of an index (after the doubling), 3 or more with dependent
            quantization; None: what the coding allows.
        weight: the weight of a bit, in squared steps; None: the usual one.
    """

    effort: int = 0
    row_skip: bool | None = None
    base_levels: NDArray[np.int32] | None = None
    history: NDArray[np.bool_] | None = None
    index_limit: int | None = None
    weight: float | None = None


def quantize_matrix(
    values: NDArray[np.floating], step: float, coding: TensorCoding, options: RateOptions
) -> NDArray[np.int32]:
    """Quantize a matrix for the way in which it will be coded.

    Args:
        values: (rows, cols) array of float32 or float64.
        step: the step size, positive; taken as float32.
        coding: how it will be coded; with a codebook its limits are kept.
        options: the rest.

    Returns:
        int32 array of the same shape: indices (after the doubling of dependent quantization).

    Raises:
        InputError: a value isn't finite or is beyond `quantization.LARGEST_RATIO` steps; the
            values aren't floats; the step isn't a positive finite number of float32.
    """
    rows, cols = values.shape
    dependent = bool(coding.dq_flag)
    limited = coding.limited or options.index_limit is not None
    if not limited and (options.effort == 0 or values.size < SHORTEST):
        if not dependent:
            return quantize_uniform(values, step)
        ordered = to_coding_order(values, coding.scan_order)
        levels = quantize_dependent(ordered, step)
        return from_coding_order(levels, rows, cols, coding.scan_order)
    weight = 0.0
    if options.effort > 0 and values.size >= SHORTEST:
        usual = WEIGHT_DEPENDENT if dependent else WEIGHT_UNIFORM
        weight = usual if options.weight is None else options.weight
    kept = kept_rows(values, step, coding, options) if weight else None
    if kept is not None and not kept.any():
        return np.zeros(values.shape, dtype=np.int32)
    situation = situation_of(values.shape, coding, options, kept)
    sequence = to_coding_order(values if kept is None else values[kept], coding.scan_order)
    indices = quantize_sequence(sequence, step, situation, weight, options.effort)
    # A copy, of large tensors a large one.
    del sequence
    if kept is None:
        return from_coding_order(indices, rows, cols, coding.scan_order)
    result = np.zeros(values.shape, dtype=np.int32)
    result[kept] = indices.reshape(-1, cols)
    return result


def quantize_alike(
    values: NDArray[np.floating],
    steps: Sequence[float],
    shape: tuple[int, int],
    coding: TensorCoding,
    options: RateOptions,
) -> NDArray[np.int32]:
    """Quantize small matrices of one shape as `quantize_matrix` does, each by itself.

    Args:
        values: (matrices, values) array of float32 or float64, row by row.
        steps: the step size of each.
        shape: rows and columns of each, `SHORTEST` values or more in all.
        coding: how they will be coded, without limits and blocks.
        options: the rest, of an effort of 1 or more, without index limit, base levels and history.

    Returns:
        int32 array of the same shape as the values.

    Raises:
        InputError: as for `quantize_matrix`.
    """
    levels = np.empty(values.shape, dtype=np.int32)
    usual = WEIGHT_DEPENDENT if coding.dq_flag else WEIGHT_UNIFORM
    weight = usual if options.weight is None else options.weight
    situation = situation_of(shape, coding, options, None)
    # Of a vector no rows are skipped.
    alike = min(shape) == 1 and weight
    for own, target, step in zip(values, levels, steps, strict=True):
        if alike:
            target[:] = quantize_sequence(own, step, situation, weight, options.effort)
        else:
            matrix = quantize_matrix(own.reshape(shape), step, coding, options)
            target[:] = matrix.reshape(-1)
    return levels


def kept_rows(
    values: NDArray[np.floating], step: float, coding: TensorCoding, options: RateOptions
) -> NDArray[np.bool_] | None:
    """Tell which rows aren't going to be skipped; None if no row is."""
    rows, cols = values.shape
    # Without the skipped rows the others would make up other blocks.
    if coding.scan_order or options.row_skip is False or not may_skip_rows(coding, rows, cols):
        return None
    half = np.float32(step) / 2
    compiled = kernel().rows_that_reach
    if compiled is not None and values.dtype == np.float32 and values.flags.c_contiguous:
        found = compiled(values, half)
        return None if found.all() else found
    # Most rows show in a few values that they are kept.
    with np.errstate(invalid="ignore"):
        kept: NDArray[np.bool_] = (np.abs(values[:, :FIRST_LOOK]) >= half).any(axis=1)
    left = np.flatnonzero(~kept)
    if left.size > rows // FIRST_LOOK:
        kept = reach(values, half)
    elif left.size:
        kept[left] = reach(values[left], half)
    return None if kept.all() else kept


def reach(values: NDArray[np.floating], magnitude: np.floating) -> NDArray[np.bool_]:
    """Tell which rows reach a magnitude, or have what isn't finite, so that it is refused."""
    largest = np.maximum(values.max(axis=1), -values.min(axis=1))
    # What isn't a number isn't smaller either.
    reached: NDArray[np.bool_] = ~(largest < magnitude)
    return reached


def situation_of(
    shape: tuple[int, ...],
    coding: TensorCoding,
    options: RateOptions,
    kept: NDArray[np.bool_] | None,
) -> Situation:
    """Say what the bits of a matrix' levels depend on, in coding order."""
    rows, cols = shape
    base, history = options.base_levels, options.history
    if not (coding.has_tools(rows, cols) and coding.parent_node_id_present_flag):
        history = None
    if kept is not None:
        base = None if base is None else base[kept]
        history = None if history is None else history[kept]
    restarts = coding.restarts_block_rows(rows, cols)
    limit = LARGEST_RATIO if options.index_limit is None else options.index_limit
    factor = 1 + coding.dq_flag
    return Situation(
        dependent=bool(coding.dq_flag),
        greater_flags=coding.greater_flags,
        runs=runs_of(rows, cols, kept),
        restart=coding.block_size(rows, cols) * cols if restarts else 0,
        base=None if base is None else to_coding_order(base, coding.scan_order),
        history=None
        if history is None
        else to_coding_order(history, coding.scan_order).astype(np.uint8),
        index_limits=(
            min(factor * coding.negative_limit, limit),
            min(factor * coding.positive_limit, limit),
        ),
    )


def runs_of(rows: int, cols: int, kept: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Return the runs of a matrix of which only some rows are in the sequence."""
    if kept is None:
        return np.array([[0, rows * cols, 0]], dtype=np.int64)
    places = np.flatnonzero(kept)
    # A run begins where rows were skipped before.
    skipped = np.diff(places, prepend=-1) - 1
    skipped[0] = places[0]
    starts = np.flatnonzero(skipped)
    if skipped[0] == 0:
        starts = np.concatenate(([0], starts))
    stops = np.append(starts[1:], places.size)
    # All cycles of parity 0 have a length of 1, 2 or 4.
    transitions = skipped[starts] * cols % 4
    return np.stack((starts * cols, stops * cols, transitions), axis=1).astype(np.int64)


def quantize_sequence(
    values: NDArray[np.floating], step: float, situation: Situation, weight: float, effort: int
) -> NDArray[np.int32]:
    """Quantize a sequence in coding order, in as many passes as the effort says."""
    tools = kernel()
    by_rate, count, tables_of = tools.quantize_by_rate, tools.count_levels, tools.rate_tables
    in_passes = tools.quantize_in_passes
    if not weight:
        return by_rate(values, step, situation, tables_of(nothing(situation), 0.0, situation))
    passes = PASSES[effort]
    sample, sampled = sample_of(values, situation, whole=not passes.sampled)
    if in_passes is not None and values.size <= LONGEST_SEGMENT and is_plain(situation):
        return in_passes(values, step, situation, sample, sampled, weight, passes)
    indices = by_error(sample, step, sampled)
    for _ in range(passes.sampled):
        tables = tables_of(count(indices, sampled), weight, sampled)
        indices = by_rate(sample, step, sampled, tables)
    counted = sampled
    for _ in range(passes.whole):
        tables = tables_of(count(indices, counted), weight, situation)
        indices, counted = by_rate(values, step, situation, tables), situation
    return indices


def is_plain(situation: Situation) -> bool:
    """Tell whether levels are those of dependent quantization, without what they depend on else.

    Threads that help go through segments of it, pass by pass.
    """
    alone = situation.base is None and situation.history is None
    return situation.dependent and alone and helpers() is None


def nothing(situation: Situation) -> LevelCounts:
    """Return counts of no levels."""
    return LevelCounts.empty(situation.greater_flags)


def by_error(values: NDArray[np.floating], step: float, situation: Situation) -> NDArray[np.int32]:
    """Quantize a sequence by error alone; what limits say and skipped rows do is left out."""
    quantize = quantize_dependent if situation.dependent else quantize_uniform
    return quantize(values, step)


def sample_of(
    values: NDArray[np.floating], situation: Situation, *, whole: bool
) -> tuple[NDArray[np.floating], Situation]:
    """Return some blocks of a sequence, or all, as a sequence of one run without restarts."""
    blocks = -(-values.size // SAMPLE_BLOCK)
    chosen = max(blocks // SAMPLE_EVERY, SAMPLE_FEWEST)
    runs = np.array([[0, values.size, 0]], dtype=np.int64)
    if whole or chosen >= blocks:
        is_so = not situation.restart and np.array_equal(situation.runs, runs)
        return values, situation if is_so else replace(situation, runs=runs, restart=0)
    starts = [SAMPLE_BLOCK * (place * (blocks - 1) // chosen) for place in range(chosen)]
    pieces = [slice(start, start + SAMPLE_BLOCK) for start in starts]
    sample = np.concatenate([values[piece] for piece in pieces])
    base, history = (
        None if given is None else np.concatenate([given[piece] for piece in pieces])
        for given in (situation.base, situation.history)
    )
    runs = np.array([[0, sample.size, 0]], dtype=np.int64)
    return sample, replace(situation, runs=runs, restart=0, base=base, history=history)
