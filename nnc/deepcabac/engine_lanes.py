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

import cython
from cython.cimports.nnc.deepcabac.engine_decoder import Decoder
from cython.cimports.nnc.deepcabac.engine_reading import decode_levels, position
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

from nnc.bitio.errors import NncError
from nnc.deepcabac.tables import LPS_RANGE, STATE_CURVE, STATE_TRANSITIONS

#: With fewer streams the lanes gain nothing.
FEWEST_STREAMS = 8
#: A stream of fewer levels isn't worth a lane's being set up.
FEWEST_LEVELS = 256
#: Greater-than flags that there are nodes for.
MOST_FLAGS = 32
# A magnitude of more prefix bins leaves the stream to the scalar decoder.
PREFIX_NODES = 14


def supported():
    """Return whether the processor has what the lanes take."""
    return bool(lanes_supported())


def fits(rows, cols, coding):
    """Return whether a tensor is one for the lanes, as far as its headers say."""
    return (
        not coding.limited
        and not coding.block_size(rows, cols)
        and coding.greater_flags <= MOST_FLAGS
        and rows * cols >= FEWEST_LEVELS
        and not coding.problem()
    )


def decode_together(tasks, executor=None, threads=1):
    """Decode payloads of one tensor each, many at a time.

    Args:
        tasks: payload, qp_density or None, rows, columns and coding of each.
        executor: threads to share the work.
        threads: how many of them.

    Returns:
        For each task the quantization parameter (None without) and the levels; None where they
        have to be decoded alone, since there is too little of their kind or something is wrong.
    """
    results = [None] * len(tasks)
    kinds = {}
    for number, (_, _, rows, cols, coding) in enumerate(tasks):
        if fits(rows, cols, coding):
            kinds.setdefault((coding.dq_flag, coding.greater_flags), []).append(number)
    for (dq_flag, greater_flags), numbers in kinds.items():
        numbers.sort(key=lambda number: -tasks[number][2] * tasks[number][3])
        for start in range(0, len(numbers), MOST_STREAMS):
            some = numbers[start : start + MOST_STREAMS]
            if len(some) >= FEWEST_STREAMS:
                queue = Queue(dq_flag, greater_flags)
                _decode_some(queue, tasks, some, results, executor, threads)
    return results


def _decode_some(queue: Queue, tasks, numbers, results, executor, threads):
    begun = []
    for number in numbers:
        payload, qp_density, rows, cols, coding = tasks[number]
        try:
            decoder = Decoder(payload)
            qp = None if qp_density is None else decoder.quantization_parameter(qp_density)
            levels = decoder.begin(rows, cols, coding)
        except NncError:
            # Decoding it alone comes to the same error, in its turn.
            continue
        if levels is not None:
            queue.put(decoder, levels)
            begun.append((number, decoder, qp, levels, coding))
    if queue.count < FEWEST_STREAMS:
        return
    threads = min(threads, queue.count // FEWEST_STREAMS)
    if executor is None or threads < 2:
        queue.run()
    else:
        for future in [executor.submit(queue.run) for _ in range(threads)]:
            future.result()
    for place, (number, decoder, qp, levels, coding) in enumerate(begun):
        try:
            if queue.take(place, decoder, coding):
                decoder.finish()
                results[number] = qp, levels
        except NncError:
            continue


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _sig_node(state: cython.int, neighbour: cython.int) -> cython.int:
    return (state >> 1 << 4) | ((state & 1) << 2) | neighbour


@cython.final
@cython.cclass
class Queue:
    """Streams of one kind, and the tables of that kind."""

    def __init__(self, dq_flag, greater_flags):
        """Make the tables, for dq_flag and a number of greater-than flags."""
        self.count = self.next = 0
        self.is_out_of_memory = False
        self.tables.halve = not dq_flag
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
        for number in taken:
            node(number, LANE_END, signs[number & 3], 30)
        for neighbour in range(3):
            node(signs[neighbour], 64, 65, 31)
            self.numbers[signs[neighbour]] = SIGN + neighbour
        for flag in range(2 * greater_flags):
            is_last = flag >> 1 == greater_flags - 1
            node(64 + flag, LANE_END, prefixes[0] if is_last else 66 + flag, 1)
            self.numbers[64 + flag] = GREATER + flag
        for bits in range(PREFIX_NODES):
            longer = prefixes[bits + 1] if bits < PREFIX_NODES - 1 else trap
            node(prefixes[bits], rest[bits], longer, bits + 1)
            self.numbers[prefixes[bits]] = PREFIX + bits
        for bits in range(1, PREFIX_NODES):
            node(rest[bits], rest[bits - 1], rest[bits - 1], bits | LANE_BYPASS)
        self._constants(dq_flag)

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
    def put(self, decoder: Decoder, levels: cython.int[:, ::1]) -> cython.void:
        """Append the tensor that a decoder stands before."""
        stream: cython.pointer(LaneStream) = cython.address(self.streams[self.count])
        stream.data = decoder.coder.data
        stream.size = decoder.coder.size
        stream.loaded = decoder.coder.loaded
        stream.value = decoder.coder.value
        stream.bits = decoder.coder.bits
        stream.range = decoder.coder.range
        stream.node = _sig_node(0, 0)
        stream.failed = 0
        stream.levels = cython.address(levels[0, 0])
        stream.count = levels.shape[0] * levels.shape[1]
        stream.contexts = self.contexts + 128 * self.count
        held: cython.pointer(cython.const[Tables]) = tables()
        node: cython.int
        for node in range(128):
            stream.contexts[node] = (128 << 16) | 2048
            if self.numbers[node] >= 0:
                stream.contexts[node] = word_of(
                    cython.address(decoder.contexts[self.numbers[node]]), held
                )
        self.count += 1

    def run(self):
        """Decode streams until none is left that nobody else decodes."""
        status: cython.int
        with cython.nogil:
            status = lanes_decode(
                self.streams, self.count, cython.address(self.next), cython.address(self.tables)
            )
        if status:
            self.is_out_of_memory = True

    @cython.cfunc
    def take(self, number: cython.Py_ssize_t, decoder: Decoder, coding) -> cython.bint:
        """Let a decoder go on where its stream has come to; false if that is no use."""
        stream: cython.pointer(LaneStream) = cython.address(self.streams[number])
        if stream.failed or self.is_out_of_memory:
            return False
        coder = cython.address(decoder.coder)
        coder.loaded = stream.loaded
        coder.value = stream.value
        coder.bits = stream.bits
        coder.range = stream.range
        node: cython.int
        for node in range(128):
            if self.numbers[node] >= 0:
                set_context(
                    cython.address(decoder.contexts[self.numbers[node]]),
                    stream.contexts[node],
                    coder.rows,
                )
        needed: Coding = coding_struct(coding)
        place: Place
        place.state = ((stream.node >> 4) << 1) | (stream.node >> 2 & 1)
        place.neighbour = stream.node & 3
        with cython.nogil:
            while stream.count > 0 and position(coder) <= 8 * coder.size:
                part: cython.Py_ssize_t = min(stream.count, CHUNK)
                if part > decode_levels(
                    coder,
                    decoder.contexts,
                    cython.address(needed),
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
        return stream.count == 0


@cython.cfunc
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
