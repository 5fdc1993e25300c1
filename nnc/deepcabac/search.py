"""Which parameter set each context gets: the cheapest of 9 on the bins to be coded.

The bins of a context don't depend on the sets, so that each context is searched alone. Costs
are integers and the rule is fixed, so that every engine takes the same sets.
"""

from __future__ import annotations

from nnc.deepcabac.arithmetic import Context
from nnc.deepcabac.tables import BIN_COSTS, COST_FRACTION_BITS, PARAMETER_SETS

SAMPLE_BLOCK_BITS = 12
"""Levels are sampled in blocks of 2^12, counted in the order in which they are coded."""
SAMPLE_FIRST = 16
"""So many blocks at the beginning are all looked at,"""
SAMPLE_EVERY = 8
"""and after them each block whose number is a multiple of this."""
NARROW_AFTER = 4096
"""After so many bins of a context,"""
NARROW_TO = 5
"""its search goes on with so many of the sets, the cheapest until then."""
SIGNALLING_COST = 3 << COST_FRACTION_BITS
"""What a set other than 0 costs: shift_idx_minus_1."""


def is_sampled(position: int) -> bool:
    """Whether the search looks at the level at a position of the coding order."""
    block = position >> SAMPLE_BLOCK_BITS
    return block < SAMPLE_FIRST or block % SAMPLE_EVERY == 0


class ParameterSearch:
    """Adds up what the bins of one context cost under each parameter set."""

    def __init__(self) -> None:
        """Start with all sets and no bins."""
        self.candidates = [Context(0, index) for index in range(len(PARAMETER_SETS))]
        self.costs = [0] + [SIGNALLING_COST] * (len(PARAMETER_SETS) - 1)
        self.bins = 0

    def add(self, value: int) -> None:
        """Count a bin."""
        for candidate in self.candidates:
            is_less_probable = value != candidate.more_probable
            self.costs[candidate.parameter_set] += BIN_COSTS[candidate.certainty][is_less_probable]
            candidate.update(value)
        self.bins += 1
        if self.bins == NARROW_AFTER:
            self.candidates.sort(key=self._rank)
            del self.candidates[NARROW_TO:]

    def restart(self) -> None:
        """Go back to the start states, as at the start of a block row."""
        for candidate in self.candidates:
            candidate.restart()

    def best(self) -> int:
        """Return the index of the cheapest set, the first of several."""
        return min(self.candidates, key=self._rank).parameter_set

    def _rank(self, candidate: Context) -> tuple[int, int]:
        return self.costs[candidate.parameter_set], candidate.parameter_set
