# Names out of .pxd files are seen by Cython only.
# mypy: ignore-errors
"""Many codewords decoded at once: which of them go into lanes together, and by how many threads."""

from __future__ import annotations

import cython

if not cython.compiled:
    raise ImportError("nnc.deepcabac.engine_lanes works only when compiled")

from cython.cimports.nnc.deepcabac.engine_decoder import Decoder
from cython.cimports.nnc.deepcabac.engine_streams import Queue

from nnc.bitio.errors import NncError
from nnc.deepcabac.checks import bits_needed
from nnc.deepcabac.coding import are_usable
from nnc.deepcabac.engine_nodes import kind_of
from nnc.deepcabac.engine_streams import supported

__all__ = ["decode_together", "stream_count", "supported"]

#: With fewer streams the lanes gain nothing.
FEWEST_STREAMS = 8
#: A stream of fewer levels isn't worth a lane's being set up.
FEWEST_LEVELS = 256
#: Streams of several tensors that are decoded at a time: each holds its contexts, of 512 bytes. The
#: more there are, the longer all lanes are busy.
MOST_STREAMS = 4096


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
    if bits_needed(rows * cols) > bits:
        # Room would be made for what isn't there; if rows are skipped, there is hardly more to do.
        return 0
    points = task.entry_points
    if coding.block_size(rows, cols) and not are_usable(points, count, coding.dq_flag, bits):
        return 0
    return count


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
    # The queue holds what its streams point into, as long as a thread has the queue.
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
