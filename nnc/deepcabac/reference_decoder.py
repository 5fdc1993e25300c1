"""The decoder of the plain DeepCABAC, as clause 10 reads.

One payload holds the tensors of a unit one after the other; `Decoder` goes through it in order.
Levels are indices: what stands after the doubling of dependent quantization and before the step
size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnc.deepcabac import checks, contexts
from nnc.deepcabac.arithmetic import (
    BLOCK_ROW_RANGE,
    ArithmeticDecoder,
    BinRecorder,
    Context,
)
from nnc.deepcabac.checks import Flags, Levels
from nnc.deepcabac.coding import EntryPoints, TensorCoding, check_entry_points
from nnc.deepcabac.neighbourhood import Neighbourhood
from nnc.deepcabac.scan import segments

if TYPE_CHECKING:
    from concurrent.futures import Executor

PREFIX_BINS = 31


class Decoder:
    """Decodes the tensors of one payload, in order."""

    def __init__(self, payload: Any, *, record_bins: int = 0):
        """Begin a codeword.

        Args:
            payload: bytes-like, the whole codeword and nothing else.
            record_bins: how many bins to keep a record of, see `bins`.

        Raises:
            IncompleteError: fewer than 2 bytes.
            InvalidError: the first bits can't begin a codeword.
        """
        self._payload = memoryview(payload).cast("B")
        self._recorder = BinRecorder(record_bins)
        self._coder = ArithmeticDecoder(self._payload, self._recorder)
        checks.check_start(self._payload, self._coder.offset)
        self._bits = 8 * len(self._payload)
        self._contexts: list[Context] = []
        self._found_entry_points = EntryPoints()

    @property
    def position(self) -> int:
        """Bits consumed so far, the 9 of the offset register included."""
        return self._coder.position

    @property
    def entry_points(self) -> EntryPoints:
        """Entry points of the tensor decoded last, as decoding in order came to them."""
        return self._found_entry_points

    def bins(self) -> np.ndarray[Any, Any]:
        """Return the recorded bins, one element of arithmetic.BIN_RECORD each."""
        return self._recorder.array()

    def context_states(self) -> np.ndarray[Any, Any]:
        """Return (fast, slow) of all contexts of the last tensor, as an (n, 2) array."""
        states = [(context.fast, context.slow) for context in self._contexts]
        return np.array(states, np.int64).reshape(-1, 2)

    def quantization_parameter(self, qp_density: int) -> int:
        """Decode quantization_parameter, iae(6 + qp_density).

        Raises:
            InputError: qp_density isn't 0 to 7.
            IncompleteError: the payload ends before.
        """
        value = self._coder.signed(checks.check_quantization_parameter(0, qp_density))
        self._check_position()
        return value

    def tensor(
        self,
        rows: int,
        cols: int,
        coding: TensorCoding,
        *,
        base_levels: Any = None,
        history: Any = None,
        entry_points: EntryPoints | None = None,
        executor: Executor | None = None,
        parts: int = 1,
    ) -> Levels:
        """Decode quant_tensor().

        Args:
            rows: first dimension; a vector of n values is n rows of 1.
            cols: product of the other dimensions.
            coding: what the headers say about the tensor.
            base_levels: (rows, cols) levels of the parent's tensor: temporal contexts are used.
            history: (rows, cols), True where an earlier update was non-zero; used if
                hist_dep_sig_prob_enabled_flag says so.
            entry_points: the header's lists, which are compared with what is decoded.
            executor: threads that the compiled decoder hands block rows to; not used here.
            parts: into how many parts it divides them.

        Returns:
            The levels, (rows, cols) int32.

        Raises:
            InvalidError: the payload breaks a rule, or the entry points disagree with it.
            MissingValueError: it is coded with a history that isn't given.
            IncompleteError: the payload ends before the levels do.
            MissingValueError: it is coded with a history, and none was given.
            LimitError: no memory for the levels.
            InputError: base_levels or history don't have the tensor's size.
        """
        base = checks.base_matrix(base_levels, rows, cols)
        flags = checks.history_matrix(history, rows, cols)
        history_enabled, skipped, _ = self._front(
            rows, cols, coding, temporal=base is not None, history=flags
        )
        levels = checks.zero_levels(rows, cols)
        place = Neighbourhood(coding, base, flags if history_enabled else None)
        self._levels(levels, coding, place, skipped)
        if entry_points is not None and coding.block_size(rows, cols):
            check_entry_points(entry_points, self._found_entry_points, coding.dq_flag)
        return levels

    def head(
        self, rows: int, cols: int, coding: TensorCoding, *, temporal: bool = False
    ) -> tuple[bool, bool, bool]:
        """Decode what comes before the levels of a tensor.

        Args:
            rows: as for `tensor`.
            cols: as for `tensor`.
            coding: what the headers say about the tensor.
            temporal: the tensor has a parent, whose levels contexts depend on.

        Returns:
            hist_dep_sig_prob_enabled_flag, row_skip_enabled_flag, and whether a
            shift_idx_minus_1_present_flag is 1.

        Raises:
            InvalidError: the payload breaks a rule.
            IncompleteError: the payload ends before the levels do.
        """
        history_enabled, skipped, signals = self._front(
            rows, cols, coding, temporal=temporal, history=checks.NO_FLAGS
        )
        return history_enabled, bool(skipped), signals

    def finish(self) -> None:
        """Check the end of the codeword.

        Raises:
            InvalidError: terminating bin, stop bit, zero bits or length are not as they must be.
            IncompleteError: the payload is shorter than the codeword.
        """
        self._check_position()
        terminated = self._coder.terminate()
        checks.check_end(self._payload, self.position, bool(terminated))

    def _check_position(self) -> None:
        if self.position > self._bits:
            raise checks.past_end(self.position, self._bits)

    def _front(
        self, rows: int, cols: int, coding: TensorCoding, *, temporal: bool, history: Flags | None
    ) -> tuple[bool, list[int], bool]:
        """Decode what comes before levels, and set up the contexts.

        Returns:
            hist_dep_sig_prob_enabled_flag, row_skip_list (empty without it), and whether a
            shift_idx_minus_1_present_flag is 1. The codeword has room for the levels, at a bin
            each.
        """
        checks.check_size(rows, cols)
        checks.check_coding_for_stream(coding, self.position)
        self._contexts = [Context(number) for number in range(contexts.context_count(coding))]
        history_enabled, skipped = self._tools(rows, cols, coding, history)
        signals = self._parameter_sets(coding, temporal=temporal, history=history_enabled)
        if not coding.nothing_coded:
            coded = (rows - sum(skipped)) * cols
            checks.check_room(coded, self.position, self._bits, "levels")
        return history_enabled, skipped, signals

    def _tools(
        self, rows: int, cols: int, coding: TensorCoding, history: Flags | None
    ) -> tuple[bool, list[int]]:
        history_enabled = False
        skipped: list[int] = []
        if coding.has_tools(rows, cols):
            if coding.parent_node_id_present_flag:
                history_enabled = bool(self._coder.unsigned(1))
                if history_enabled and history is None:
                    raise checks.missing_history(self.position, self._bits)
            if self._coder.unsigned(1):
                checks.check_room(rows, self.position, self._bits, "entries of row_skip_list")
                for _ in range(rows):
                    skipped.append(self._coder.regular(self._contexts[contexts.ROW_SKIP]))
            self._check_position()
        return history_enabled, skipped

    def _parameter_sets(self, coding: TensorCoding, *, temporal: bool, history: bool) -> bool:
        signals = False
        shift = self._contexts[contexts.SHIFT]
        for number in contexts.signalled_contexts(coding, temporal=temporal, history=history):
            if self._coder.regular(shift):
                signals = True
                self._contexts[number].restart(self._coder.unsigned(3) + 1)
        self._check_position()
        return signals

    def _levels(
        self, levels: Levels, coding: TensorCoding, place: Neighbourhood, skipped: list[int]
    ) -> None:
        rows, cols = levels.shape
        restarts = coding.restarts_block_rows(rows, cols)
        offsets: list[int] = []
        states: list[int] = []
        bit_counts: list[int] = []
        self._found_entry_points = EntryPoints(offsets, states, bit_counts)
        block_row, started_at = -1, self.position
        for segment in segments(rows, cols, coding):
            if segment.block_row != block_row:
                block_row = segment.block_row
                if block_row > 0:
                    offsets.append(self._coder.offset)
                    states.append(place.state)
                    bit_counts.append(self.position - started_at)
                    started_at = self.position
                if restarts:
                    self._start_block_row(block_row, place)
            if skipped and skipped[segment.row]:
                place.skip_row(cols)
                continue
            for col in range(segment.start, segment.stop):
                place.move_to(segment.row, col)
                state = place.state
                level = 0 if coding.nothing_coded else self._level(place)
                place.advance(level)
                index = level if not coding.dq_flag else _doubled(level, state)
                self._check_position()
                if not -(1 << 31) <= index < 1 << 31:
                    raise checks.level_overflow(segment.row, col, self.position, self._bits)
                levels[segment.row, col] = index

    def _start_block_row(self, block_row: int, place: Neighbourhood) -> None:
        if self._coder.offset >= BLOCK_ROW_RANGE:
            raise checks.block_row_offset(block_row, self.position, self._bits)
        self._coder.range = BLOCK_ROW_RANGE
        place.neighbour = 0
        for context in self._contexts:
            context.restart()

    def _level(self, place: Neighbourhood) -> int:
        """Decode quant_param(): one level before the doubling."""
        coding = place.coding
        if not self._regular(place.sig_context()):
            return 0
        sign_flag = int(coding.implied_sign < 0)
        if coding.implied_sign == 0:
            sign_flag = self._regular(place.sign_context())
        max_abs = coding.negative_limit if sign_flag else coding.positive_limit

        magnitude = 1
        number = 0
        is_greater = max_abs > 1
        while is_greater and number < coding.greater_flags and magnitude < max_abs:
            is_greater = bool(self._regular(place.greater_context(number, sign_flag)))
            magnitude += is_greater
            number += 1
        if is_greater and magnitude < max_abs:
            magnitude = self._remainder(magnitude, max_abs)
        return -magnitude if sign_flag else magnitude

    def _remainder(self, magnitude: int, max_abs: int) -> int:
        remainder_bits = 0
        while self._regular(contexts.PREFIX + remainder_bits):
            magnitude += 1 << remainder_bits
            remainder_bits += 1
            if remainder_bits == PREFIX_BINS or magnitude + (1 << remainder_bits) > max_abs:
                break
        return magnitude + self._coder.unsigned(remainder_bits)

    def _regular(self, number: int) -> int:
        return self._coder.regular(self._contexts[number])


def _doubled(level: int, state: int) -> int:
    """Return the index that a coded level stands for in a state of dependent quantization."""
    sign = (level > 0) - (level < 0)
    return 2 * level - sign * (state & 1)
