# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Codewords in lanes: where each stands, and how the scalar decoder goes on from there."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_streams works only when compiled")

import numpy as np
from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.nnc.deepcabac.engine_decoder import Decoder
from cython.cimports.nnc.deepcabac.engine_nodes import (
    LANE_NODES,
    LANES,
    LaneStream,
    fill_tables,
    lanes_decode,
    lanes_make_ready,
    lanes_put_in_place,
    lanes_single,
    lanes_supported,
    set_context,
    sig_node,
    state_at,
    word_of,
)
from cython.cimports.nnc.deepcabac.engine_reading import Coder, decode_levels, position
from cython.cimports.nnc.deepcabac.engine_reading_rows import enter
from cython.cimports.nnc.deepcabac.engine_states import (
    CHUNK,
    Coding,
    Context,
    Place,
    Tables,
    coding_struct,
    tables,
)

from nnc.bitio.errors import LimitError


def supported():
    """Return whether the processor has what the lanes take."""
    return bool(lanes_supported())


@cython.final
@cython.cclass
class Queue:
    """Streams of one kind, and the tables of that kind."""

    def __cinit__(self, coding, capacity):
        """Make room for so many streams."""
        self.streams = cython.cast(
            cython.pointer(LaneStream), calloc(capacity, cython.sizeof(LaneStream))
        )
        self.contexts = cython.cast(
            cython.pointer(cython.uint), calloc(capacity, LANE_NODES * cython.sizeof(cython.uint))
        )
        if self.streams == cython.NULL or self.contexts == cython.NULL:
            raise LimitError(f"there is no memory for {capacity} streams")

    def __dealloc__(self):
        """Let go of the streams."""
        free(self.streams)
        free(self.contexts)

    def __init__(self, coding, capacity):
        """Make the tables for a coding."""
        self.count = self.next = self.ready = 0
        self.held = []
        self.is_out_of_memory = False
        fill_tables(cython.address(self.tables), self.numbers, coding)

    @cython.cfunc
    def put(self, decoder: Decoder, levels, skipped, coding, points) -> cython.bint:
        """Append the tensor that a decoder stands before; false if it can't be entered."""
        rows: cython.Py_ssize_t = levels.shape[0]
        cols: cython.Py_ssize_t = levels.shape[1]
        flat: cython.int[::1] = levels.reshape(-1)
        first: cython.Py_ssize_t = self.count
        coder: Coder = decoder.coder
        size: cython.Py_ssize_t = coding.block_size(rows, cols)
        stream: cython.pointer(LaneStream)
        rows_of: cython.pointer(cython.const[cython.uchar]) = cython.NULL
        skipped_view: cython.const[cython.uchar][::1]
        if skipped is not None:
            skipped_view = skipped
            rows_of = cython.address(skipped_view[0])
        if size == 0:
            stream = self._put_stream(
                cython.address(coder), 0, cython.address(flat[0]), rows, cols, rows_of
            )
            if skipped is None:
                stream.block_row = cython.NULL
            self._put_contexts(first, decoder)
            return True
        begins = _begins(decoder, points, coding)
        view: cython.const[cython.longlong][:, ::1] = begins
        restarts: cython.bint = coding.restarts_block_rows(rows, cols)
        number: cython.Py_ssize_t
        for number in range(view.shape[0]):
            if restarts and not enter(cython.address(coder), view[number, 2], view[number, 0]):
                self.count = first
                return False
            top: cython.Py_ssize_t = number * size
            stream = self._put_stream(
                cython.address(coder),
                cython.cast(cython.int, view[number, 1]),
                cython.address(flat[top * cols]),
                min(size, rows - top),
                cols,
                cython.NULL if rows_of == cython.NULL else rows_of + top,
            )
            stream.block_size = size
        self._put_contexts(first, decoder)
        return True

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _put_stream(
        self,
        coder: cython.pointer(Coder),
        state: cython.int,
        levels: cython.pointer(cython.int),
        height: cython.longlong,
        cols: cython.longlong,
        skipped: cython.pointer(cython.const[cython.uchar]),
    ) -> cython.pointer(LaneStream):
        """Append so many rows, of which some may be skipped; return the stream."""
        stream: cython.pointer(LaneStream) = self.streams + self.count
        stream.data = coder.data
        stream.size = coder.size
        stream.loaded = coder.loaded
        stream.value = coder.value
        stream.bits = coder.bits
        stream.range = coder.range
        stream.node = sig_node(state, 0)
        stream.failed = 0
        stream.levels = stream.block_row = levels
        stream.height = height
        stream.cols = stream.block_size = cols
        stream.skipped = skipped
        stream.coded = height * cols
        row: cython.longlong
        if skipped != cython.NULL:
            for row in range(height):
                if skipped[row]:
                    stream.coded -= cols
        stream.count = stream.coded
        stream.contexts = self.contexts + LANE_NODES * self.count
        self.count += 1
        return stream

    @cython.cfunc
    def _put_contexts(self, first: cython.Py_ssize_t, decoder: Decoder) -> cython.void:
        """Let streams from the first on begin with a decoder's contexts."""
        held: cython.pointer(cython.const[Tables]) = tables()
        words: cython.pointer(cython.uint) = self.contexts + LANE_NODES * first
        node: cython.int
        for node in range(LANE_NODES):
            words[node] = (128 << 16) | 2048
            if self.numbers[node] >= 0:
                words[node] = word_of(cython.address(decoder.contexts[self.numbers[node]]), held)
        number: cython.Py_ssize_t
        for number in range(first + 1, self.count):
            memcpy(
                self.contexts + LANE_NODES * number, words, LANE_NODES * cython.sizeof(cython.uint)
            )

    def plan(self, tasks, threads):
        """Choose how threads share what will be put, and note how large its block rows are.

        Args:
            tasks: what will be put, the longest streams first.
            threads: how many run.

        Returns:
            How many streams have to be ready before the first thread runs.
        """
        lengths = []
        self.largest = 0
        for task in tasks:
            count = task.coding.block_rows(task.rows, task.cols)
            size = task.coding.block_size(task.rows, task.cols)
            # A level is a bin or more, and many bins of a stream are about a bit each.
            steps = max(task.rows * task.cols, 8 * len(task.payload))
            lengths += count * [steps // count]
            if 0 < size < task.cols:
                self.largest = max(self.largest, min(size, task.rows) * task.cols)
        view: cython.const[cython.longlong][::1] = np.array(lengths, np.int64)
        self.single = lanes_single(cython.address(view[0]), view.shape[0], threads)
        return LANES if self.single else 2 * LANES

    def make_ready(self):
        """Let threads take what was put."""
        lanes_make_ready(cython.address(self.ready), self.count)

    def run(self):
        """Decode streams, as one of several threads, until none is left that nobody decodes."""
        status: cython.int
        with cython.nogil:
            status = lanes_decode(
                self.streams,
                cython.address(self.ready),
                cython.address(self.next),
                cython.address(self.tables),
                self.largest,
                self.single,
            )
        if status:
            self.is_out_of_memory = True

    @cython.cfunc
    def is_left(self, first: cython.Py_ssize_t, task) -> cython.bint:
        """Tell whether a tensor has streams that the lanes have left over."""
        number: cython.Py_ssize_t
        for number in range(first, first + task.coding.block_rows(task.rows, task.cols)):
            if self.streams[number].count > 0:
                return True
        return False

    @cython.cfunc
    def take(
        self, first: cython.Py_ssize_t, decoder: Decoder, levels, coding, points
    ) -> cython.bint:
        """Bring a tensor to its end, and let its decoder go on there; false if that is no use."""
        if self.is_out_of_memory:
            return False
        rows, cols = levels.shape
        needed: Coding = coding_struct(coding)
        stream: cython.pointer(LaneStream) = self.streams + first
        is_left: cython.bint
        is_done: cython.bint
        if not coding.block_size(rows, cols):
            is_left = stream.count > 0
            with cython.nogil:
                is_done = self._go_on(stream, decoder, cython.address(needed))
            if not is_done:
                return False
            if is_left and stream.block_row != cython.NULL:
                lanes_put_in_place(stream, cython.NULL)
            return True
        begins: cython.const[cython.longlong][:, ::1] = _begins(decoder, points, coding)
        restarts: cython.bint = coding.restarts_block_rows(rows, cols)
        count: cython.Py_ssize_t = begins.shape[0]
        scratch: cython.int[::1] = np.empty(max(1, self.largest), np.int32)
        coder = cython.address(decoder.coder)
        number: cython.Py_ssize_t
        for number in range(count):
            stream = self.streams + first + number
            is_left = stream.count > 0 or stream.failed
            if stream.failed:
                # What is too large for the lanes isn't for the scalar decoder.
                if not restarts:
                    return False
                enter(coder, begins[number, 2], begins[number, 0])
                self._begin_again(stream, decoder, cython.cast(cython.int, begins[number, 1]))
            with cython.nogil:
                is_done = self._go_on(stream, decoder, cython.address(needed))
            if not is_done:
                return False
            if is_left:
                lanes_put_in_place(stream, cython.address(scratch[0]))
            # Each has to end where the next one began.
            if number + 1 < count and (
                position(coder) != begins[number + 1, 2]
                or cython.cast(cython.longlong, coder.value >> coder.bits) != begins[number + 1, 0]
                or state_at(stream.node) != begins[number + 1, 1]
            ):
                return False
        return True

    @cython.cfunc
    def _begin_again(
        self, stream: cython.pointer(LaneStream), decoder: Decoder, state: cython.int
    ) -> cython.void:
        """Set a block row that failed to its beginning, where its decoder stands."""
        coder = cython.address(decoder.coder)
        stream.failed = 0
        stream.loaded = coder.loaded
        stream.value = coder.value
        stream.bits = coder.bits
        stream.range = coder.range
        stream.node = sig_node(state, 0)
        stream.levels = stream.block_row
        stream.count = stream.coded
        memset(stream.levels, 0, stream.coded * cython.sizeof(cython.int))
        held: cython.pointer(cython.const[Tables]) = tables()
        node: cython.int
        for node in range(LANE_NODES):
            if self.numbers[node] >= 0:
                stream.contexts[node] = word_of(
                    cython.address(decoder.starts[self.numbers[node]]), held
                )

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _go_on(
        self,
        stream: cython.pointer(LaneStream),
        decoder: Decoder,
        coding: cython.pointer(Coding),
    ) -> cython.bint:
        """Let a decoder go on where a stream has come to; false if it fails."""
        if stream.failed:
            return False
        coder: cython.pointer(Coder) = cython.address(decoder.coder)
        coder.loaded = stream.loaded
        coder.value = stream.value
        coder.bits = stream.bits
        coder.range = stream.range
        if stream.count == 0:
            return True
        memcpy(decoder.contexts, decoder.starts, decoder._context_count * cython.sizeof(Context))
        node: cython.int
        for node in range(LANE_NODES):
            if self.numbers[node] >= 0:
                set_context(
                    cython.address(decoder.contexts[self.numbers[node]]),
                    stream.contexts[node],
                    coder.rows,
                )
        place: Place
        place.state = state_at(stream.node)
        place.neighbour = stream.node & 3
        while stream.count > 0 and position(coder) <= 8 * coder.size:
            part: cython.Py_ssize_t = min(stream.count, CHUNK)
            if part > decode_levels(
                coder,
                decoder.contexts,
                coding,
                cython.address(place),
                stream.levels,
                cython.NULL,
                cython.NULL,
                part,
                False,
            ):
                break
            stream.levels += part
            stream.count -= part
        stream.node = sig_node(place.state, place.neighbour)
        return stream.count == 0


def _begins(decoder: Decoder, points, coding):
    """Return offset, state and position of each block row's start, of usable entry points.

    The decoder stands before the first of them.
    """
    offset: cython.longlong = decoder.coder.value >> decoder.coder.bits
    start: cython.longlong = decoder.position
    states = points.dq_state_list if coding.dq_flag else [0] * len(points.bit_offset_list)
    begins = np.empty((1 + len(points.bit_offset_list), 3), np.int64)
    begins[0] = offset, 0, start
    begins[1:, 0] = points.cabac_offset_list
    begins[1:, 1] = states
    begins[1:, 2] = start + np.cumsum(points.bit_offset_list)
    return begins
