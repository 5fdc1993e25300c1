"""What the contexts of a level depend on, and which they are (clause 10)."""

from __future__ import annotations

from nnc.deepcabac import contexts
from nnc.deepcabac.checks import Flags, Levels
from nnc.deepcabac.coding import TensorCoding
from nnc.deepcabac.tables import STATE_TRANSITIONS


class Neighbourhood:
    """What the contexts of a level depend on, and how they are chosen.

    Attributes:
        state: state of dependent quantization, 0 without dq_flag.
        neighbour: the level coded just before.
        base: level of the parent at the same position, 0 without temporal contexts.
        history: whether the position was non-zero in an earlier update.
    """

    def __init__(self, coding: TensorCoding, base_levels: Levels | None, history: Flags | None):
        """Begin a tensor."""
        self.coding = coding
        self.base_levels = base_levels
        self.history_flags = history
        self.state = 0
        self.neighbour = 0
        self.base = 0
        self.history = False

    def move_to(self, row: int, col: int) -> None:
        """Take over what is known of a position."""
        if self.base_levels is not None:
            self.base = int(self.base_levels[row, col])
        if self.history_flags is not None:
            self.history = bool(self.history_flags[row, col])

    def advance(self, level: int) -> None:
        """Go on after a coded level (before the doubling)."""
        self.neighbour = level
        if self.coding.dq_flag:
            self.state = STATE_TRANSITIONS[self.state][level & 1]

    def skip_row(self, cols: int) -> None:
        """Go on after a skipped row: as many transitions with parity 0 as it has columns."""
        if self.coding.dq_flag:
            # All cycles of parity 0 have a length of 1, 2 or 4.
            for _ in range(cols % 4):
                self.state = STATE_TRANSITIONS[self.state][0]

    def sig_context(self) -> int:
        """Return the context of sig_flag."""
        if self.history:
            return contexts.HISTORY_SIG + self.state
        if self.base != 0:
            return contexts.TEMPORAL_SIG + 2 * self.state + (abs(self.base) > 1)
        return contexts.SIG + 3 * self.state + self._neighbour_class()

    def sign_context(self) -> int:
        """Return the context of sign_flag."""
        if self.base != 0:
            return contexts.TEMPORAL_SIGN + (self.base > 0)
        return contexts.SIGN + self._neighbour_class()

    def greater_context(self, number: int, sign_flag: int) -> int:
        """Return the context of abs_level_greater_x[number]."""
        if self.base != 0:
            start = contexts.GREATER + 2 * self.coding.greater_flags
            return start + 2 * number + (abs(self.base) < number)
        return contexts.GREATER + 2 * number + sign_flag

    def _neighbour_class(self) -> int:
        if self.neighbour == 0:
            return 0
        return 1 if self.neighbour < 0 else 2
