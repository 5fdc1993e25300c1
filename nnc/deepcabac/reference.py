"""DeepCABAC in plain Python, as clause 10 reads: what the compiled engine is compared with.

One payload holds the tensors of a unit one after the other; `Decoder` and `Encoder` go
through it in order. Levels are indices: what stands after the doubling of dependent
quantization and before the step size.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any, Protocol

import numpy as np

from nnc.bitio.errors import InputError
from nnc.deepcabac import checks, contexts
from nnc.deepcabac.arithmetic import (
    BLOCK_ROW_RANGE,
    ArithmeticDecoder,
    ArithmeticEncoder,
    BinRecorder,
    Context,
)
from nnc.deepcabac.checks import Flags, Levels
from nnc.deepcabac.coding import EntryPoints, TensorCoding, check_entry_points
from nnc.deepcabac.entry_offsets import fill_offsets
from nnc.deepcabac.neighbourhood import Neighbourhood
from nnc.deepcabac.scan import segments
from nnc.deepcabac.search import ParameterSearch, is_sampled

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
        checks.check_size(rows, cols)
        checks.check_coding_for_stream(coding, self.position)
        base = checks.base_matrix(base_levels, rows, cols)
        flags = checks.history_matrix(history, rows, cols)
        self._contexts = [Context(number) for number in range(contexts.context_count(coding))]

        history_enabled, skipped = self._tools(rows, cols, coding, flags)
        self._parameter_sets(coding, temporal=base is not None, history=history_enabled)
        coded_rows = rows - (sum(skipped) if skipped else 0)
        if not coding.nothing_coded:
            checks.check_room(coded_rows * cols, self.position, self._bits, "levels")
        levels = checks.zero_levels(rows, cols)
        place = Neighbourhood(coding, base, flags if history_enabled else None)
        self._levels(levels, coding, place, skipped)
        if entry_points is not None and coding.block_size(rows, cols):
            check_entry_points(entry_points, self._found_entry_points, coding.dq_flag)
        return levels

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

    def _parameter_sets(self, coding: TensorCoding, *, temporal: bool, history: bool) -> None:
        shift = self._contexts[contexts.SHIFT]
        for number in contexts.signalled_contexts(coding, temporal=temporal, history=history):
            if self._coder.regular(shift):
                self._contexts[number].restart(self._coder.unsigned(3) + 1)
        self._check_position()

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


class BinSink(Protocol):
    """What takes the bins of levels: the arithmetic encoder, or the search before it."""

    def regular(self, number: int, value: int) -> None:
        """Take a bin with the context of that number."""

    def unsigned(self, value: int, bits: int) -> None:
        """Take bypass bins."""

    def start_block_row(self) -> None:
        """Take a start of a block row."""

    def start_level(self, position: int) -> None:
        """Take the start of a level, and its place in coding order."""


class Searcher:
    """Sink that finds the best parameter set of each context."""

    def __init__(self, count: int):
        """Begin a search over `count` contexts."""
        self.searches: list[ParameterSearch | None] = [None] * count
        self._sampled = True

    def regular(self, number: int, value: int) -> None:
        """Count a bin if the level is one that is looked at."""
        if not self._sampled:
            return
        search = self.searches[number]
        if search is None:
            search = self.searches[number] = ParameterSearch()
        search.add(value)

    def unsigned(self, value: int, bits: int) -> None:
        """Leave bypass bins out: they cost the same whatever is chosen."""

    def start_block_row(self) -> None:
        """Go back to the start states."""
        for search in self.searches:
            if search is not None:
                search.restart()

    def start_level(self, position: int) -> None:
        """Decide whether the bins that follow are looked at."""
        self._sampled = is_sampled(position)

    def best_sets(self) -> list[int]:
        """Return the chosen set of each context."""
        return [0 if search is None else search.best() for search in self.searches]


class ContextWriter:
    """Sink that encodes."""

    def __init__(self, coder: ArithmeticEncoder, contexts_of_tensor: list[Context]):
        """Write to an arithmetic encoder with the contexts given."""
        self._coder = coder
        self._contexts = contexts_of_tensor

    def regular(self, number: int, value: int) -> None:
        """Encode a bin."""
        self._coder.regular(self._contexts[number], value)

    def unsigned(self, value: int, bits: int) -> None:
        """Encode bypass bins."""
        self._coder.unsigned(value, bits)

    def start_block_row(self) -> None:
        """Set the range, and the contexts to their start states."""
        self._coder.range = BLOCK_ROW_RANGE
        for context in self._contexts:
            context.restart()

    def start_level(self, position: int) -> None:
        """Nothing is to be done between levels."""


class Encoder:
    """Encodes the tensors of one payload, in order."""

    def __init__(self, *, record_bins: int = 0):
        """Begin a codeword.

        Args:
            record_bins: how many bins to keep a record of, see `bins`.
        """
        self._coder = ArithmeticEncoder(BinRecorder(record_bins))
        self._contexts: list[Context] = []
        self._open_entries: list[tuple[list[int], int, int]] = []
        self._is_finished = False

    @property
    def position(self) -> int:
        """Bits that a decoder has consumed when it comes to this place."""
        return self._coder.position

    def bins(self) -> np.ndarray[Any, Any]:
        """Return the recorded bins, one element of arithmetic.BIN_RECORD each."""
        return self._coder.recorder.array()

    def context_states(self) -> np.ndarray[Any, Any]:
        """Return (fast, slow) of all contexts of the last tensor, as an (n, 2) array."""
        states = [(context.fast, context.slow) for context in self._contexts]
        return np.array(states, np.int64).reshape(-1, 2)

    def quantization_parameter(self, value: int, qp_density: int) -> None:
        """Encode quantization_parameter, iae(6 + qp_density).

        Raises:
            InputError: the value doesn't fit, or qp_density isn't 0 to 7.
        """
        self._check_open()
        bits = checks.check_quantization_parameter(value, qp_density)
        self._coder.unsigned(value & ((1 << bits) - 1), bits)

    def tensor(
        self,
        levels: Any,
        coding: TensorCoding,
        *,
        base_levels: Any = None,
        history: Any = None,
        search: bool = True,
        row_skip: bool | None = None,
        executor: Executor | None = None,
        parts: int = 1,
    ) -> EntryPoints:
        """Encode quant_tensor().

        Args:
            levels: (rows, cols) int32; a vector of n values counts as n rows of 1. With dq_flag
                their parities must fit the states.
            coding: what the headers will say about the tensor.
            base_levels: (rows, cols) levels of the parent's tensor: temporal contexts are used.
            history: (rows, cols), True where an earlier update was non-zero: where
                hist_dep_sig_prob_enabled_flag is coded it is 1.
            search: look for the parameter set of each context; else all have set 0.
            row_skip: whether row_skip_enabled_flag is 1, where it is coded; None: as is smaller.
            executor: threads that the compiled encoder hands block rows to; not used here.
            parts: into how many parts it divides them.

        Returns:
            The entry points. Their cabac_offset_list depends on what is coded after, so that it
            is filled in by `finish`.

        Raises:
            InputError: levels that the coding can't express, with the position.
        """
        self._check_open()
        checks.check_coding_for_input(coding)
        matrix = checks.level_matrix(levels)
        rows, cols = matrix.shape
        checks.check_codebook_range(matrix, coding)
        base = checks.base_matrix(base_levels, rows, cols)
        flags = checks.history_matrix(history, rows, cols)
        if not (coding.has_tools(rows, cols) and coding.parent_node_id_present_flag):
            flags = None

        tensor = _TensorEncoding(matrix, coding, base, flags)
        skipped = checks.rows_to_skip(matrix, coding, row_skip)
        before = self._coder.copy() if row_skip is None and skipped is not None else None
        result = tensor.encode(self._coder, skipped, search=search)
        if before is not None:
            unskipped = tensor.encode(before, None, search=search)
            if before.position <= self._coder.position:
                self._coder, result = before, unskipped
        self._contexts, entry_points, registers = result
        for position, register in registers:
            offsets = entry_points.cabac_offset_list
            assert isinstance(offsets, list)
            self._open_entries.append((offsets, position, register))
        return entry_points

    def finish(self) -> bytes:
        """Encode the end and return the codeword; cabac_offset_list of all tensors are complete.

        Raises:
            InputError: it was called before.
        """
        self._check_open()
        self._is_finished = True
        payload = self._coder.finish()
        fill_offsets(self._open_entries, payload)
        return payload

    def _check_open(self) -> None:
        if self._is_finished:
            raise InputError("the codeword is finished")


_Encoded = tuple[list[Context], EntryPoints, list[tuple[int, int]]]


class _TensorEncoding:
    """One tensor that is to be encoded, perhaps in several ways."""

    def __init__(
        self,
        levels: Levels,
        coding: TensorCoding,
        base_levels: Levels | None,
        history: Flags | None,
    ):
        self.levels = levels
        self.coding = coding
        self.base_levels = base_levels
        self.history = history

    def encode(self, coder: ArithmeticEncoder, skipped: Flags | None, *, search: bool) -> _Encoded:
        rows, cols = self.levels.shape
        coding = self.coding
        count = contexts.context_count(coding)
        sets = [0] * count
        # The search comes first also where it isn't wanted: it finds wrong parities, and
        # nothing may be written before that.
        searcher = Searcher(count)
        self._put_levels(searcher, skipped)
        if search:
            sets = searcher.best_sets()

        own_contexts = [Context(number) for number in range(count)]
        if coding.has_tools(rows, cols):
            if coding.parent_node_id_present_flag:
                coder.unsigned(int(self.history is not None), 1)
            coder.unsigned(int(skipped is not None), 1)
            if skipped is not None:
                for flag in skipped:
                    coder.regular(own_contexts[contexts.ROW_SKIP], int(flag))
        temporal = self.base_levels is not None
        for number in contexts.signalled_contexts(
            coding, temporal=temporal, history=self.history is not None
        ):
            coder.regular(own_contexts[contexts.SHIFT], int(sets[number] > 0))
            if sets[number]:
                coder.unsigned(sets[number] - 1, 3)
                own_contexts[number].restart(sets[number])

        states: list[int] = []
        bit_counts: list[int] = []
        registers: list[tuple[int, int]] = []
        writer = ContextWriter(coder, own_contexts)
        started_at = coder.position
        for block_row, state in self._put_levels_by_block_row(writer, skipped):
            if block_row > 0:
                states.append(state)
                bit_counts.append(coder.position - started_at)
                registers.append((coder.position, coder.low & 511))
                started_at = coder.position
        return own_contexts, EntryPoints([], states, bit_counts), registers

    def _put_levels(self, sink: BinSink, skipped: Flags | None) -> None:
        for _ in self._put_levels_by_block_row(sink, skipped):
            pass

    def _put_levels_by_block_row(
        self, sink: BinSink, skipped: Flags | None
    ) -> Iterator[tuple[int, int]]:
        """Put all levels; stop before each block row to give its number and the state."""
        rows, cols = self.levels.shape
        coding = self.coding
        restarts = coding.restarts_block_rows(rows, cols)
        place = Neighbourhood(coding, self.base_levels, self.history)
        block_row = -1
        position = 0
        for segment in segments(rows, cols, coding):
            if segment.block_row != block_row:
                block_row = segment.block_row
                yield block_row, place.state
                if restarts:
                    place.neighbour = 0
                    sink.start_block_row()
            if skipped is not None and skipped[segment.row]:
                place.skip_row(cols)
                continue
            for col in range(segment.start, segment.stop):
                place.move_to(segment.row, col)
                level = self._coded_level(segment.row, col, place.state)
                sink.start_level(position)
                if not coding.nothing_coded:
                    put_level(sink, place, level)
                place.advance(level)
                position += 1

    def _coded_level(self, row: int, col: int, state: int) -> int:
        """Return the level that is coded for an index: half of it, with dependent quantization."""
        index = int(self.levels[row, col])
        if not self.coding.dq_flag or index == 0:
            return index
        if (index ^ state) & 1:
            raise checks.parity_problem(row, col, index, state)
        sign = 1 if index > 0 else -1
        return (index + sign * (state & 1)) // 2


def put_level(sink: BinSink, place: Neighbourhood, level: int) -> None:
    """Put quant_param().

    Args:
        sink: takes the bins.
        place: what the contexts depend on; it isn't moved on.
        level: the level before the doubling.
    """
    coding = place.coding
    sink.regular(place.sig_context(), int(level != 0))
    if level == 0:
        return
    sign_flag = int(level < 0)
    if coding.implied_sign == 0:
        sink.regular(place.sign_context(), sign_flag)
    max_abs = coding.negative_limit if sign_flag else coding.positive_limit
    magnitude = abs(level)

    for number in range(min(coding.greater_flags, max_abs - 1)):
        is_greater = magnitude > number + 1
        sink.regular(place.greater_context(number, sign_flag), int(is_greater))
        if not is_greater:
            return
    least = coding.greater_flags + 1
    if least < max_abs:
        _put_remainder(sink, magnitude, least, max_abs)


def _put_remainder(sink: BinSink, magnitude: int, least: int, max_abs: int) -> None:
    remainder_bits = 0
    while True:
        is_beyond = magnitude >= least + (1 << remainder_bits)
        sink.regular(contexts.PREFIX + remainder_bits, int(is_beyond))
        if not is_beyond:
            break
        least += 1 << remainder_bits
        remainder_bits += 1
        if remainder_bits == PREFIX_BINS or least + (1 << remainder_bits) > max_abs:
            break
    sink.unsigned(magnitude - least, remainder_bits)
