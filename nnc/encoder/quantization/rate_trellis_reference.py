"""The trellis with a rate term, plainly (clause 9.3, Annex G).

As in `trellis_reference` a path leads through the states of dependent quantization; here it
costs the squared error of its indices and the weighted bits of their levels, as `rates` gives
them. Those of sig_flag and sign_flag depend on the state and on the neighbour, the level before:
what matters of it is whether it is 0, since a coded level (one that isn't 0) always has the sign
of its value. So there are 16 states here: the 8 after a level 0, and the same 8 after a coded
one. Without dependent quantization there are two.

Of each subset of indices only the two next to the value can be on the cheapest path, and 0.
Of paths with the same cost the one is taken that came from a level 0, then the one with parity
0, then the smaller index.

`rate_trellis` is the same for compilation. Its results and those of this module are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization.rates import (
    COST_ONE,
    FORBIDDEN,
    MAGNITUDES,
    UNREACHED,
    ZERO_REACH,
    ZERO_REACH_DEPENDENT,
    LevelCounts,
    RateTables,
    Situation,
)
from nnc.encoder.quantization.trellis_reference import BEFORE, checked_sequence
from nnc.encoder.quantization.uniform import LARGEST_RATIO, checked_step, refuse_values

Costs = list[int]


@dataclass(frozen=True, slots=True)
class Choices:
    """What each value can become, and what that costs without sig_flag and sign_flag.

    Attributes:
        zeros: for each value the cost of the level 0.
        coded: for each value (cost, index) of the cheapest coded level of each subset, numbered
            as in `trellis_reference`; without dependent quantization of one subset.
        after_zero: row of `RateTables.branches` if the level before is 0.
        after_coded: the row if it isn't.
    """

    zeros: list[int]
    coded: list[list[tuple[int, int]]]
    after_zero: list[int]
    after_coded: list[int]


def quantize_by_rate(
    values: NDArray[np.floating], step: float, situation: Situation, tables: RateTables
) -> NDArray[np.int32]:
    """Quantize a sequence at the least sum of squared error and weighted bits.

    Args:
        values: 1-D array of float32 or float64 in coding order; float64 is divided as float64.
        step: the step size, positive; taken as float32.
        situation: what the bits depend on.
        tables: what they cost.

    Returns:
        int32 array of the same length: indices (after the doubling of dependent quantization),
        none beyond the situation's limits. Where those don't matter they are within
        `ZERO_REACH` steps of the values, with dependent quantization `ZERO_REACH_DEPENDENT`.

    Raises:
        InputError: a value isn't finite, or is beyond `LARGEST_RATIO` steps; the step isn't a
            positive finite number; the values aren't 1-D floats.
    """
    flat = checked_sequence(values)
    choices = measure(flat, checked_step(step), situation, tables)
    branches = tables.branches.tolist()
    half = 8 if situation.dependent else 1
    costs = [0] + (2 * half - 1) * [UNREACHED]
    advance = advance_dependent if situation.dependent else advance_uniform
    decisions = []
    for start, stop, transitions in situation.runs.tolist():
        if situation.dependent:
            costs = pass_over(costs, transitions)
        for place in range(start, stop):
            costs, ways = advance(
                costs,
                choices.zeros[place],
                [cost for cost, _ in choices.coded[place]],
                branches[choices.after_zero[place]],
                branches[choices.after_coded[place]],
            )
            decisions.append(ways)
    indices = np.zeros(flat.size, dtype=np.int32)
    state = costs.index(min(costs))
    for start, stop, transitions in reversed(situation.runs.tolist()):
        for place in reversed(range(start, stop)):
            before = decisions[place][state]
            if state >= half:
                subset = subset_between(before % 8, state % 8) if situation.dependent else 0
                indices[place] = choices.coded[place][subset][1]
            state = before
        if situation.dependent:
            for _ in range(transitions):
                state = (state & 8) | BEFORE[state % 8][0]
    return indices


def pass_over(costs: Costs, transitions: int) -> Costs:
    """Make transitions of parity 0, as skipped rows do; the neighbour stays."""
    for _ in range(transitions):
        costs = [costs[(state & 8) | BEFORE[state % 8][0]] for state in range(16)]
    return costs


def subset_between(before: int, after: int) -> int:
    """Return the subset of the index that leads from one state to the next."""
    return 2 * (before & 1) + STATE_TRANSITIONS[before].index(after)


def advance_dependent(
    costs: Costs,
    zero: int,
    coded: Sequence[int],
    after_zero: Sequence[Sequence[int]],
    after_coded: Sequence[Sequence[int]],
) -> tuple[Costs, list[int]]:
    """Carry the costs through one step.

    Args:
        costs: of the cheapest path to each of the 16 states.
        zero: cost of the level 0.
        coded: cost of the cheapest coded level of each subset.
        after_zero: costs of the flags of a level 0, and of a coded one, by state, where the
            level before is 0.
        after_coded: the same where it isn't.

    Returns:
        The costs after the step, and the state by which each state is reached.
    """
    # The cheaper of the two states before, for a level 0 and for a coded one.
    best = [
        [
            min(
                (costs[state] + after_zero[kind][state], state),
                (costs[8 + state] + after_coded[kind][state], 8 + state),
            )
            for state in range(8)
        ]
        for kind in range(2)
    ]
    ended, going = [], []
    for state in range(8):
        even, odd = BEFORE[state]
        cost, before = best[0][even]
        ended.append((cost + zero, before))
        ways = []
        for parity, origin in enumerate((even, odd)):
            cost, before = best[1][origin]
            ways.append((cost + coded[2 * (origin & 1) + parity], parity, before))
        going.append(min(ways)[::2])
    after = ended + going
    return [cost for cost, _ in after], [before for _, before in after]


def advance_uniform(
    costs: Costs,
    zero: int,
    coded: Sequence[int],
    after_zero: Sequence[Sequence[int]],
    after_coded: Sequence[Sequence[int]],
) -> tuple[Costs, list[int]]:
    """Do what `advance_dependent` says for the 2 states without dependent quantization."""
    ways = [
        min((costs[0] + after_zero[kind][0], 0), (costs[1] + after_coded[kind][0], 1))
        for kind in range(2)
    ]
    return [ways[0][0] + zero, ways[1][0] + coded[0]], [ways[0][1], ways[1][1]]


def measure(
    flat: NDArray[np.floating], step: np.float32, situation: Situation, tables: RateTables
) -> Choices:
    """Find the cheapest level of each subset.

    Raises:
        InputError: as for `quantize_by_rate`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        ratios = np.abs(flat) / flat.dtype.type(step)
    if not np.all(ratios <= LARGEST_RATIO):
        refuse_values(flat, step)
    signs = flat < 0
    negative, positive = situation.index_limits
    limits = np.where(signs, negative, positive)
    ratios = np.minimum(ratios, limits.astype(flat.dtype))
    wholes = ratios.astype(np.int32)
    rests = (ratios - wholes.astype(flat.dtype)).astype(np.float32)
    magnitudes = wholes.astype(np.float32) + rests
    reach = np.float32(ZERO_REACH_DEPENDENT if situation.dependent else ZERO_REACH)
    zeros = np.where(
        magnitudes < reach, squared(np.minimum(magnitudes, reach)), np.int32(FORBIDDEN)
    )
    after_zero, after_coded, rows = table_rows(signs, situation)
    # Costs of the indices around the value; those of large indices are all the same.
    columns = np.minimum(wholes, MAGNITUDES - 12) + 4
    offsets = range(-3, 5) if situation.dependent else range(2)
    candidates = []
    for offset in offsets:
        costs = squared(rests - np.float32(offset)) + tables.magnitudes[rows, columns + offset]
        indices = wholes.astype(np.int64) + offset
        costs = np.where(indices > limits, FORBIDDEN, costs)
        candidates.append((costs.tolist(), indices.tolist()))
    coded = []
    for place, negative_value in enumerate(signs.tolist()):
        cheapest: list[tuple[int, int]] = 4 * [(1 << 40, 0)]
        for costs_at, indices_at in candidates:
            cost, index = costs_at[place], indices_at[place]
            subset = (0, 3, 1, 2)[index & 3] if situation.dependent else 0
            if cost < cheapest[subset][0]:
                cheapest[subset] = (cost, -index if negative_value else index)
        coded.append(cheapest)
    return Choices(zeros.tolist(), coded, after_zero, after_coded)


def squared(distances: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the costs of distances."""
    return (distances * distances * np.float32(COST_ONE)).astype(np.int32)


def table_rows(
    signs: NDArray[np.bool_], situation: Situation
) -> tuple[list[int], list[int], list[int]]:
    """Return each value's rows of `RateTables`: two of `branches`, one of `magnitudes`."""
    after_zero: list[int] = []
    after_coded: list[int] = []
    rows: list[int] = []
    before = 0
    for place, sign in enumerate(signs.astype(int).tolist()):
        if situation.restart and place % situation.restart == 0:
            before = 0
        base = 0 if situation.base is None else int(situation.base[place])
        old = situation.history is not None and bool(situation.history[place])
        for target, neighbour in ((after_zero, 0), (after_coded, before)):
            kind = 5 if old else 3 + (abs(base) > 1) if base else neighbour
            sign_kind = 3 + (base > 0) if base else neighbour
            target.append(10 * kind + 2 * sign_kind + sign)
        rows.append(2 + min(abs(base), situation.greater_flags) if base else sign)
        before = 2 - sign
    return after_zero, after_coded, rows


def count_levels(indices: NDArray[np.int32], situation: Situation) -> LevelCounts:
    """Count the bins of a sequence's levels.

    Args:
        indices: int32 array in coding order, that the decoder's state machine can follow.
        situation: what its contexts depend on.
    """
    flags = situation.greater_flags
    counts = LevelCounts.empty(flags)
    state = neighbour = 0
    for start, stop, transitions in situation.runs.tolist():
        for _ in range(transitions if situation.dependent else 0):
            state = STATE_TRANSITIONS[state][0]
        for place in range(start, stop):
            if situation.restart and place % situation.restart == 0:
                neighbour = 0
            index = int(indices[place])
            base = 0 if situation.base is None else int(situation.base[place])
            kind = 3 + (abs(base) > 1) if base else neighbour
            if situation.history is not None and situation.history[place]:
                kind = 5
            counts.significant[kind, state, int(index != 0)] += 1
            level = (abs(index) + 1) >> 1 if situation.dependent else abs(index)
            if situation.dependent:
                state = STATE_TRANSITIONS[state][level & 1]
            if index == 0:
                neighbour = 0
                continue
            sign = int(index < 0)
            counts.signs[3 + (base > 0) if base else neighbour, sign] += 1
            row = 2 + min(abs(base), flags) if base else sign
            column = level - 1 if level <= flags else flags + (level - flags).bit_length() - 1
            counts.magnitudes[row, column] += 1
            neighbour = 2 - sign
    return counts
