"""The encoder of the plain DeepCABAC: the counterpart of what clause 10 reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from nnc.bitio.errors import InputError
from nnc.deepcabac import checks, contexts
from nnc.deepcabac.arithmetic import (
    BLOCK_ROW_RANGE,
    ArithmeticEncoder,
    BinRecorder,
    Context,
)
from nnc.deepcabac.checks import Flags, Levels
from nnc.deepcabac.coding import EntryPoints, TensorCoding
from nnc.deepcabac.entry_offsets import fill_offsets
from nnc.deepcabac.neighbourhood import Neighbourhood
from nnc.deepcabac.reference_decoder import PREFIX_BINS
from nnc.deepcabac.scan import segments
from nnc.deepcabac.search import ParameterSearch, is_sampled

if TYPE_CHECKING:
    from concurrent.futures import Executor


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
