"""Dependent quantization by an 8-state trellis, plainly (clause 9.3, Annex G).

The decoder of a tensor with dq_flag follows a machine of 8 states. In an even state the index
is twice the coded level, so even; in an odd one it is odd, or zero; the parity of the coded
level leads to the next state. Together that makes four subsets of indices, number
`2 * (state & 1) + parity`:

    0: multiples of 4        1: the other even numbers
    2: 0, +-3, +-7, ...      3: +-1, +-5, ...

A quantizer may take in each state whatever the state allows, and so chooses among all paths
through the states the one with the smallest squared error (Viterbi's algorithm). In each step
only the index of a subset that is nearest to the value can lie on it, since all indices of a
subset lead to the same next state. (A cost for the bits of an index would end that: then a
smaller index of the subset can win, and `measure` would give the candidates of each.)

A value's error is measured in steps, squared, and counted as an integer, so that sums are exact
and the result doesn't depend on the machine. Of two paths with the same cost the one with
parity 0 is taken.

`trellis` is the same for compilation. Its results and those of this module are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnc.bitio.errors import InputError
from nnc.deepcabac.tables import STATE_TRANSITIONS
from nnc.encoder.quantization.uniform import (
    LARGEST_RATIO,
    checked_floats,
    checked_step,
    refuse_values,
)

#: The cost of an error of one step: costs are integers, with 23 bits behind the point.
COST_ONE = 1 << 23

#: The cost of a state that can't have been reached yet: no path of 3 steps costs as much.
UNREACHED = 128 * COST_ONE


@dataclass(frozen=True, slots=True)
class Candidates:
    """The nearest index of each subset to each value, and what it costs.

    Attributes:
        indices: int32 array of shape (4, values).
        costs: int32 array of shape (4, values).
    """

    indices: NDArray[np.int32]
    costs: NDArray[np.int32]


def quantize_dependent(values: NDArray[np.floating], step: float) -> NDArray[np.int32]:
    """Quantize a sequence so that its squared error is the least that the state machine allows.

    Args:
        values: 1-D array of float32 or float64 in coding order; float64 is divided as float64.
        step: the step size, positive; taken as float32.

    Returns:
        int32 array of the same length: indices after the doubling of dependent quantization.

    Raises:
        InputError: a value isn't finite or is beyond `LARGEST_RATIO` steps; the values aren't
            1-D floats; the step isn't a positive finite number of float32.
    """
    flat = checked_sequence(values)
    candidates = measure(flat, checked_step(step))
    costs = [0] + 7 * [UNREACHED]
    decisions = []
    for errors in candidates.costs.T.tolist():
        costs, parities = advance(costs, errors)
        decisions.append(parities)
    indices = np.empty(flat.size, dtype=np.int32)
    state = costs.index(min(costs))
    for place in reversed(range(flat.size)):
        state, subset = step_back(state, decisions[place][state])
        indices[place] = candidates.indices[subset, place]
    return indices


def checked_sequence(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a contiguous sequence of floats in native byte order, or refuse it.

    Raises:
        InputError: the values aren't 1-D, or not of float32 or float64.
    """
    flat = checked_floats(values)
    if flat.ndim != 1:
        raise InputError(f"the trellis takes values in coding order, not of {flat.ndim} dimensions")
    return flat


def measure(flat: NDArray[np.floating], step: np.float32) -> Candidates:
    """Find the nearest index of each subset, for magnitudes first: the subsets are symmetric.

    Raises:
        InputError: as for `quantize_dependent`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = np.abs(flat) / flat.dtype.type(step)
    if not np.all(ratio <= LARGEST_RATIO):
        refuse_values(flat, step)
    # Subsets repeat with a period of 4, but subset 2 around zero.
    periods = (ratio * flat.dtype.type(0.25)).astype(np.int32)
    rests = (ratio - 4 * periods.astype(flat.dtype)).astype(np.float32)
    at_zero = (periods == 0).astype(np.float32) * np.float32(0.5)
    nearest = [
        np.where(rests > 2, 4, 0),
        np.full(flat.size, 2),
        np.where(rests > 1 + at_zero, 3, np.where(periods == 0, 0, -1)),
        np.where(rests > 3, 5, 1),
    ]
    # From the nearer of two indices: half their distance, less that from the middle of them.
    distances = [
        2 - np.abs(rests - 2),
        rests - 2,
        (2 - at_zero) - np.abs(rests - (1 + at_zero)),
        2 - np.abs(rests - 3),
    ]
    signs = np.where(flat >= 0, 1, -1)
    return Candidates(
        np.array([signs * (4 * periods + index) for index in nearest], dtype=np.int32),
        np.array(
            [distance * distance * np.float32(COST_ONE) for distance in distances], dtype=np.int32
        ),
    )


def advance(costs: Sequence[int], errors: Sequence[int]) -> tuple[list[int], list[int]]:
    """Carry the costs of the states through one step.

    Args:
        costs: of the cheapest path to each of the 8 states.
        errors: cost of the nearest index in each of the four subsets.

    Returns:
        The costs after the step, and the parity by which each state is reached.
    """
    after = []
    parities = []
    for state in range(8):
        ways = []
        for parity in range(2):
            before, subset = step_back(state, parity)
            ways.append(costs[before] + errors[subset])
        parity = int(ways[1] < ways[0])
        after.append(ways[parity])
        parities.append(parity)
    return after, parities


def step_back(state: int, parity: int) -> tuple[int, int]:
    """Return the state before a step, and the subset its index is in."""
    before = BEFORE[state][parity]
    return before, 2 * (before & 1) + parity


def walk_back(state: int, parities: Sequence[int]) -> tuple[int, list[int]]:
    """Return the state before several steps, and the subsets of their indices in order of time."""
    subsets = []
    for parity in reversed(parities):
        state, subset = step_back(state, parity)
        subsets.append(subset)
    return state, subsets[::-1]


def states_before() -> list[list[int]]:
    """Turn the state machine around: each state is reached once with each parity."""
    before = [[0, 0] for _ in range(8)]
    for state, transitions in enumerate(STATE_TRANSITIONS):
        for parity, after in enumerate(transitions):
            before[after][parity] = state
    return before


BEFORE = states_before()
