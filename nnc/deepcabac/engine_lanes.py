# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""Many codewords at once, in the lanes of vector registers: tables and queue of lanes.c.

A level is a walk over nodes, whose numbers say where they stand:

- sig_flag: state and neighbour, see `_sig_node`;
- greater-than flags: 64 + 2 * flag + sign;
- sign_flag, prefix bins and remainder bits: numbers below 64 that are left.
"""

from __future__ import annotations

from functools import lru_cache

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_lanes works only when compiled")

import numpy as np
from cython.cimports.libc.stdlib import calloc, free
from cython.cimports.libc.string import memcpy, memset
from cython.cimports.nnc.deepcabac.engine_decoder import Decoder, enter
from cython.cimports.nnc.deepcabac.engine_reading import Coder, decode_levels, position
from cython.cimports.nnc.deepcabac.engine_states import (
    CHUNK,
    GREATER,
    PREFIX,
    SIG,
    SIGN,
    Coding,
    Context,
    Place,
    Tables,
    coding_struct,
    tables,
)

from nnc.bitio.errors import LimitError, NncError
from nnc.deepcabac.coding import are_usable
from nnc.deepcabac.tables import LPS_RANGE, STATE_CURVE, STATE_TRANSITIONS

#: With fewer streams the lanes gain nothing.
FEWEST_STREAMS = 8
#: A stream of fewer levels isn't worth a lane's being set up.
FEWEST_LEVELS = 256
#: Streams of several tensors that are decoded at a time: each holds its contexts, of 512 bytes. The
#: more there are, the longer all lanes are busy.
MOST_STREAMS = 4096
#: Greater-than flags that there are nodes for.
MOST_FLAGS = 32
# A magnitude of more prefix bins leaves the stream to the scalar decoder.
PREFIX_NODES = 14


def supported():
    """Return whether the processor has what the lanes take."""
    return bool(lanes_supported())


def stream_count(task):
    """Return how many streams a tensor is in lanes, as far as its headers say; 0: none.

    A tensor scanned in blocks that has all its entry points is one for each block row.
    """
    rows, cols, coding = task.rows, task.cols, task.coding
    if kind_of(coding) is None:
        return 0
    count = coding.block_rows(rows, cols)
    if rows * cols < FEWEST_LEVELS * count:
        return 0
    bits = 8 * len(task.payload)
    points = task.entry_points
    if coding.block_size(rows, cols) and not are_usable(points, count, coding.dq_flag, bits):
        return 0
    return count


@lru_cache(maxsize=256)
def kind_of(coding):
    """Return what streams that share lanes have in common; None: lanes can't decode them."""
    if coding.greater_flags > MOST_FLAGS or coding.problem() or prefix_bins(coding) is None:
        return None
    return coding.dq_flag, coding.greater_flags, coding.negative_limit, coding.positive_limit


def prefix_bins(coding):
    """Return how many prefix bins a magnitude has at most, as far as there are nodes for them.

    None: the lanes can't decode levels within a codebook's limits, since there are none, or all
    are negative, or both signs have prefix bins, but not as many.
    """
    limits = coding.negative_limit, coding.positive_limit
    if limits[1] == 0:
        return None
    longest = set()
    for limit in limits:
        if limit > coding.greater_flags + 1:
            # After so many of value 1 another one would be too many.
            room = limit - coding.greater_flags
            longest.add(min(room.bit_length() - 1, PREFIX_NODES))
    if len(longest) > 1:
        return None
    return longest.pop() if longest else PREFIX_NODES


def decode_together(tasks, executor=None, threads=1, meanwhile=None):
    """Decode payloads of one tensor each, many at a time.

    Args:
        tasks: a coding.Task for each.
        executor: threads to share the work.
        threads: how many of them.
        meanwhile: called once, while threads are at work if there are any.

    Returns:
        For each task the quantization parameter (None without) and the levels; None where they
        have to be decoded alone, since there is too little of their kind or something is wrong.
    """
    results = [None] * len(tasks)
    waiting = [] if meanwhile is None else [meanwhile]
    kinds = {}
    for number, task in enumerate(tasks):
        count = stream_count(task)
        if count:
            streams = kinds.setdefault(kind_of(task.coding), [])
            streams.append((task.rows * task.cols / count, number, count))
    for found in kinds.values():
        # The longest streams first, so that all lanes are busy to the end.
        found.sort(key=lambda one: -one[0])
        some, held = [], 0
        for _, number, count in found:
            if held and held + count > MOST_STREAMS:
                _decode_some(tasks, some, held, results, executor, threads, waiting)
                some, held = [], 0
            some.append(number)
            held += count
        _decode_some(tasks, some, held, results, executor, threads, waiting)
    for call in waiting:
        call()
    return results


def _decode_some(tasks, numbers, count, results, executor, threads, meanwhile):
    """Decode tasks of one kind, which are so many streams; make a call of a list meanwhile."""
    if count < FEWEST_STREAMS:
        return
    queue: Queue = Queue(tasks[numbers[0]].coding, count)
    sharing = 1 if executor is None else min(threads, count // FEWEST_STREAMS)
    enough = queue.plan([tasks[number] for number in numbers], sharing)
    begun, running = queue.held, []
    for number in numbers:
        task = tasks[number]
        try:
            decoder = Decoder(task.payload)
            density = task.qp_density
            qp = None if density is None else decoder.quantization_parameter(density)
            levels, skipped = decoder.begin(task.rows, task.cols, task.coding)
        except NncError:
            # Decoding it alone comes to the same error, in its turn.
            continue
        first = queue.count
        points = task.entry_points
        if levels is not None and queue.put(decoder, levels, skipped, task.coding, points):
            begun.append((number, first, decoder, qp, levels, skipped))
            queue.make_ready()
            if sharing > 1 and not running and queue.count >= enough:
                # The longest streams are decoded while the others are still prepared.
                running.append(executor.submit(queue.run))
    if queue.count < FEWEST_STREAMS:
        return
    # The caller is one of the threads.
    running += [executor.submit(queue.run) for _ in range(sharing - 1 - len(running))]
    if running and meanwhile:
        meanwhile.pop()()
    queue.run()
    for future in running:
        future.result()
    waiting = []
    for number, first, decoder, qp, levels, _ in begun:
        rest = queue, first, decoder, levels, tasks[number]
        if executor is None or threads < 2 or not queue.is_left(first, tasks[number]):
            if _finish(*rest):
                results[number] = qp, levels
        else:
            waiting.append((number, qp, levels, executor.submit(_finish, *rest)))
    for number, qp, levels, future in waiting:
        if future.result():
            results[number] = qp, levels


def _finish(queue: Queue, first, decoder: Decoder, levels, task):
    """Bring a tensor to its end; false if it has to be decoded alone."""
    try:
        if queue.take(first, decoder, levels, task.coding, task.entry_points):
            decoder.finish()
            return True
    except NncError:
        pass
    return False


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _sig_node(state: cython.int, neighbour: cython.int) -> cython.int:
    return (state >> 1 << 4) | ((state & 1) << 2) | neighbour


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
        greater_flags = coding.greater_flags
        limits = coding.positive_limit, coding.negative_limit
        most_bins = prefix_bins(coding)
        self.count = self.next = self.ready = 0
        self.held = []
        self.is_out_of_memory = False
        self.tables.halve = not coding.dq_flag
        held: cython.pointer(LaneTables) = cython.address(self.tables)
        taken = set()
        for node in range(128):
            self.numbers[node] = -1
            held.next0[node] = held.next1[node] = held.weight[node] = 0
        for state in range(8):
            for neighbour in range(3):
                taken.add(_sig_node(state, neighbour))
                self.numbers[_sig_node(state, neighbour)] = SIG + 3 * state + neighbour
        free = [node for node in range(64) if node not in taken]
        trap, signs = free[0], free[1:4]
        prefixes = free[4 : 4 + PREFIX_NODES]
        # The node of a remainder's bit when so many are left.
        rest = [LANE_END, *free[4 + PREFIX_NODES : 3 + 2 * PREFIX_NODES]]
        held.trap = trap

        def node(number, next0, next1, weight):
            held.next0[number], held.next1[number], held.weight[number] = next0, next1, weight

        node(trap, trap, trap, 0)
        # Where a magnitude that is known to be larger goes on, by the flags so far and the sign.
        onward = [
            LANE_END
            if flag + 1 >= limits[sign]
            else 64 + 2 * flag + sign
            if flag < greater_flags
            else prefixes[0]
            for flag in range(greater_flags + 1)
            for sign in range(2)
        ]
        for number in taken:
            # Without negative levels there are no signs.
            node(number, LANE_END, signs[number & 3] if limits[1] else onward[0], 30)
        for neighbour in range(3):
            node(signs[neighbour], onward[0], onward[1], 31)
            self.numbers[signs[neighbour]] = SIGN + neighbour
        for flag in range(2 * greater_flags):
            node(64 + flag, LANE_END, onward[flag + 2], 1)
            self.numbers[64 + flag] = GREATER + flag
        for bits in range(PREFIX_NODES):
            longer = prefixes[bits + 1] if bits < PREFIX_NODES - 1 else trap
            if bits + 1 == most_bins < PREFIX_NODES:
                longer = rest[most_bins]
            node(prefixes[bits], rest[bits], longer, bits + 1)
            self.numbers[prefixes[bits]] = PREFIX + bits
        for bits in range(1, PREFIX_NODES):
            node(rest[bits], rest[bits - 1], rest[bits - 1], bits | LANE_BYPASS)
        self._constants(coding.dq_flag)

    def _constants(self, dq_flag):
        for shift in range(4):
            for upper in range(32):
                self.tables.curve[32 * shift + upper] = STATE_CURVE[upper] >> (4 + shift)
        for place in range(256):
            self.tables.lps[place] = LPS_RANGE[place]
        # Bits of a key: non-zero, sign, the doubled magnitude's lowest two, the state's upper two.
        for key in range(64):
            is_odd = key >> 2 & 1
            state = (key >> 4) << 1 | is_odd
            parity = (key >> 3 & 1) ^ is_odd if key & 1 else 0
            after: cython.int = STATE_TRANSITIONS[state][parity] if dq_flag else 0
            self.tables.after[key] = _sig_node(after, 2 - (key >> 1 & 1) if key & 1 else 0)
            self.tables.reset[key] = 2 - (after & 1)

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
        stream.node = _sig_node(state, 0)
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
        """Get to know what will be put, the longest streams first, and how many threads run.

        Returns:
            So many streams have to be ready before the first thread runs.
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
                or _state(stream.node) != begins[number + 1, 1]
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
        stream.node = _sig_node(state, 0)
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
        place.state = _state(stream.node)
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
        stream.node = _sig_node(place.state, place.neighbour)
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


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _state(node: cython.int) -> cython.int:
    """Return the state of dependent quantization at a node where a level begins."""
    return ((node >> 4) << 1) | (node >> 2 & 1)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def word_of(
    context: cython.pointer(cython.const[Context]), held: cython.pointer(cython.const[Tables])
) -> cython.uint:
    """Return a context as the lanes have it."""
    fast_next = cython.cast(cython.pointer(cython.const[cython.uchar]), held.fast_next)
    shift0: cython.uint = cython.cast(cython.uint, (context.fast_next[0] - fast_next) >> 10)
    shift1: cython.uint = cython.cast(cython.uint, (context.slow_step[0] - held.slow_step) // 66)
    slow: cython.uint = cython.cast(cython.uint, context.slow + 1 + 2048)
    fast: cython.uint = context.fast >> 1
    return slow | ((shift1 - 4) << 12) | (fast << 16) | (shift0 << 24)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def set_context(
    context: cython.pointer(Context),
    word: cython.uint,
    rows: cython.pointer(cython.const[cython.uchar]),
) -> cython.void:
    """Set the counters of a context to those that the lanes have."""
    slow: cython.int = cython.cast(cython.int, word & 0xFFF) - 2049
    fast: cython.int = cython.cast(cython.int, 2 * (word >> 16 & 0xFF))
    context.slow = cython.cast(cython.short, slow)
    context.fast = cython.cast(cython.ushort, fast)
    context.row = rows + (((8 * fast + slow - 2047) >> 2) & ~31)
