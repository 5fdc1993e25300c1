"""What the bits of a level cost, as the trellis with a rate term counts it (Annex G).

Costs stand for squared steps, in units of 1 / COST_ONE. A bin's bits are -Log2 of its share
among the bins of its context in an earlier quantization, as it were the context's state all
along; they are weighted by a factor, lambda, in squared steps a bit. All of it is counted in
integers, from a table that every machine makes the same, so that the levels are the same
everywhere.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnc.encoder.quantization.uniform import LARGEST_RATIO

#: The cost of an error of one step.
COST_ONE = 1 << 18

#: The cost of a state that can't have been reached yet. (16 steps on top of it stay below 2^31.)
UNREACHED = 1 << 28

#: The cost of what isn't allowed: more than any of what is.
FORBIDDEN = 1 << 24

#: A value of so many steps or more isn't quantized to 0, whatever its level would cost.
ZERO_REACH = 2
ZERO_REACH_DEPENDENT = 4

# Caps of the weighted bits, so that sums fit 32 bits and stay below FORBIDDEN.
LARGEST_BRANCH_COST = 1 << 21
LARGEST_MAGNITUDE_COST = 1 << 23

#: Length of the table of costs by index, which begins at index -4. All larger indices are taken
#: to cost the same: only differences count, and these are small there.
MAGNITUDES = 512

SIG_KINDS = 6
"""Sets of contexts of sig_flag: 3 by the neighbour, 2 by the base level, 1 of the history."""
SIGN_KINDS = 5
"""Contexts of sign_flag: 3 by the neighbour, 2 by the base level."""
PREFIX_CLASSES = 32

# Bits are counted in units of 2^-12, from logarithms of numbers of 11 bits.
FRACTION_BITS = 12
MANTISSA_BITS = 11


@dataclass(frozen=True, slots=True)
class Situation:
    """What the bits of a sequence of levels depend on, besides the levels.

    Attributes:
        dependent: dq_flag.
        greater_flags: cabac_unary_length_minus1 + 1.
        runs: int64 array of (start, stop, transitions): the sequence in coding order consists of
            these runs; before each the state makes so many transitions of parity 0, for rows
            that are skipped and aren't in the sequence.
        restart: before each position that is a multiple of this the neighbour is forgotten
            (block rows); 0 if it never is.
        base: int32 array, levels of the parent at the same positions.
        history: uint8 array, whether a position was non-zero in an earlier update.
        index_limits: largest magnitudes of indices, negative and positive; at most
            LARGEST_RATIO.
    """

    dependent: bool
    greater_flags: int
    runs: NDArray[np.int64]
    restart: int = 0
    base: NDArray[np.int32] | None = None
    history: NDArray[np.uint8] | None = None
    index_limits: tuple[int, int] = (LARGEST_RATIO, LARGEST_RATIO)


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """How often the bins of a sequence of levels have each value.

    Attributes:
        significant: int64 array (6, 8, 2): sig_flag by set of contexts, state and value.
        signs: int64 array (5, 2): sign_flag by context and value.
        magnitudes: int64 array (3 + greater_flags, greater_flags + 32): coded levels by row of
            `RateTables.magnitudes` and magnitude; those beyond the greater-than flags by the
            number of their prefix bins.
    """

    significant: NDArray[np.int64]
    signs: NDArray[np.int64]
    magnitudes: NDArray[np.int64]

    @classmethod
    def empty(cls, greater_flags: int) -> LevelCounts:
        """Return counts of nothing."""
        return cls(
            np.zeros((SIG_KINDS, 8, 2), np.int64),
            np.zeros((SIGN_KINDS, 2), np.int64),
            np.zeros((3 + greater_flags, greater_flags + PREFIX_CLASSES), np.int64),
        )


@dataclass(frozen=True, slots=True)
class RateTables:
    """Weighted bits.

    Attributes:
        branches: int32 array (60, 2, 8): costs by state of a level 0, and of sig_flag and
            sign_flag of another one. Row `10 * set of sig_flag + 2 * context of sign_flag +
            sign_flag`.
        magnitudes: int32 array (3 + greater_flags, MAGNITUDES): costs of the rest of a coded
            level by its index, from -4 on. Rows: 0 positive, 1 negative; with a base level
            2 + its magnitude, of at most greater_flags.
    """

    branches: NDArray[np.int32]
    magnitudes: NDArray[np.int32]


def rate_tables(counts: LevelCounts, weight: float, situation: Situation) -> RateTables:
    """Return the costs of levels whose bins are as often as counted.

    Args:
        counts: of an earlier quantization.
        weight: lambda, in squared steps a bit.
        situation: as for the counts.
    """
    units = round(weight * COST_ONE)
    significant = bin_bits(counts.significant)
    signs = bin_bits(counts.signs)
    branches = np.empty((SIG_KINDS, SIGN_KINDS, 2, 2, 8), np.int64)
    branches[..., 0, :] = significant[:, None, None, :, 0]
    branches[..., 1, :] = significant[:, None, None, :, 1] + signs[None, :, :, None]
    weighted = np.minimum((branches * units) >> FRACTION_BITS, LARGEST_BRANCH_COST)
    return RateTables(
        weighted.reshape(60, 2, 8).astype(np.int32),
        magnitude_table(magnitude_bits(counts.magnitudes), units, situation),
    )


def magnitude_table(bits: NDArray[np.int64], units: int, situation: Situation) -> NDArray[np.int32]:
    """Spread bits by class of magnitude over indices."""
    indices = np.arange(MAGNITUDES) - 4
    levels = (indices + 1) >> 1 if situation.dependent else indices
    flags = situation.greater_flags
    # frexp gives the length of a number in bits, exactly.
    beyond = flags + np.frexp(np.maximum(levels - flags, 1))[1] - 1
    classes = np.where(levels <= flags, np.maximum(levels, 1) - 1, beyond)
    costs = np.minimum((bits * units) >> FRACTION_BITS, LARGEST_MAGNITUDE_COST)[:, classes]
    costs[:, indices <= 0] = FORBIDDEN
    result: NDArray[np.int32] = costs.astype(np.int32)
    return result


def magnitude_bits(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bits of magnitudes by class, in the shape of the counts."""
    rows, classes = counts.shape
    flags = rows - 3
    # Levels of each class or a higher one.
    reached = counts[:, ::-1].cumsum(axis=1)[:, ::-1]
    at_least = np.zeros((rows, flags + 1), np.int64)
    at_least[:] = reached[:, : flags + 1]
    bits = np.zeros((rows, classes), np.int64)
    # Flag j: is the magnitude more than j + 1? In the rows of a base level one context is for
    # base magnitudes of less than j, the other for the rest.
    ones = at_least[:, 1:]
    zeros = at_least[:, :-1] - ones
    flag_bits = np.empty((rows, flags, 2), np.int64)
    flag_bits[:2] = bin_bits(np.stack((zeros[:2], ones[:2]), axis=-1))
    below = np.arange(flags + 1)[:, None] < np.arange(flags)
    for chosen in (below, ~below):
        pair = [np.where(chosen, part[2:], 0).sum(axis=0) for part in (zeros, ones)]
        shared = bin_bits(np.stack(pair, axis=-1))
        flag_bits[2:][chosen] = np.broadcast_to(shared, (flags + 1, flags, 2))[chosen]
    before = np.zeros((rows, flags + 1), np.int64)
    before[:, 1:] = flag_bits[..., 1].cumsum(axis=1)
    bits[:, :flags] = before[:, :-1] + flag_bits[..., 0]
    prefix = reached[:, flags:].sum(axis=0)
    prefix_bits = bin_bits(
        np.stack((prefix - np.append(prefix[1:], 0), np.append(prefix[1:], 0)), -1)
    )
    steps = np.zeros(classes - flags, np.int64)
    steps[1:] = prefix_bits[:-1, 1].cumsum()
    remainder = np.arange(classes - flags) << FRACTION_BITS
    bits[:, flags:] = before[:, -1:] + steps + prefix_bits[:, 0] + remainder
    return bits


def bin_bits(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bits of the bins 0 and 1 (last axis), as if each had come half a time more."""
    total = logarithm(2 * counts.sum(axis=-1, keepdims=True) + 2)
    return total - logarithm(2 * counts + 1)


def logarithm(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return Log2 of positive numbers below 2^53, in units of 2^-12, to within 2^-9."""
    mantissas, exponents = np.frexp(numbers.astype(np.float64))
    places = (mantissas * (1 << MANTISSA_BITS)).astype(np.int64)
    return (exponents.astype(np.int64) << FRACTION_BITS) + logarithm_table()[places]


@functools.cache
def logarithm_table() -> NDArray[np.int64]:
    """Log2 of the fractions 0.5 to 1, rounded: none is so near to a tie that machines differ."""
    size = 1 << MANTISSA_BITS
    table = [round(math.log2(max(place, 1) / size) * (1 << FRACTION_BITS)) for place in range(size)]
    return np.array(table, dtype=np.int64)
