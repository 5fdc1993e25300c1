# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""From levels to bits, at the speed of C: the inner loops of the compiled encoder.

- Low stands in 64 bits and is written 4 bytes at a time; a carry, which is rare, walks back
  through what was written.
- One template, `_levels`, puts the bins of levels into the codeword, or where there are limits
  or other contexts into the buffers of the parameter search; it is compiled several times over
  with constant flags.
- Levels of few bins, all but those at high rates, go through a queue first: they are turned into
  bins without a branch, and the bins into bits in one tight loop.
"""

from __future__ import annotations

import cython
from cython.cimports.libc.stdlib import realloc
from cython.cimports.libc.string import memcpy
from cython.cimports.nnc.deepcabac.engine_search import ContextSearch, collect
from cython.cimports.nnc.deepcabac.engine_states import (
    BYPASS,
    GREATER,
    HISTORY_SIG,
    MOST_QUEUED,
    PREFIX,
    PREFIX_BINS,
    QUEUED_FLAGS,
    RECORD_FIELDS,
    SIG,
    SIGN,
    TEMPORAL_SIG,
    TEMPORAL_SIGN,
    TERMINATE,
    Coding,
    Context,
    Place,
    QueuedLevel,
    update,
)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def carry(coder: cython.pointer(Coder)) -> cython.void:
    """Add 1 to what was written."""
    place: cython.Py_ssize_t = coder.written - 1
    while coder.output[place] == 255:
        coder.output[place] = 0
        place -= 1
    coder.output[place] += 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _flush(coder: cython.pointer(Coder)) -> cython.void:
    """Write 4 bytes if so many are there; after it fewer than 32 bits wait."""
    if coder.bits < 32:
        return
    shift: cython.int = coder.bits - 23
    word: cython.ulonglong = coder.low >> shift
    coder.low ^= word << shift
    coder.bits -= 32
    if word >> 32:
        carry(coder)
    output: cython.pointer(cython.uchar) = coder.output + coder.written
    output[0] = cython.cast(cython.uchar, word >> 24)
    output[1] = cython.cast(cython.uchar, word >> 16)
    output[2] = cython.cast(cython.uchar, word >> 8)
    output[3] = cython.cast(cython.uchar, word)
    coder.written += 4


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def flush(coder: cython.pointer(Coder)) -> cython.void:
    """Make room for 32 bits, where speed doesn't matter."""
    _flush(coder)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def reserve(coder: cython.pointer(Coder), size: cython.Py_ssize_t) -> cython.bint:
    """See to it that so many bytes more can be written; false if there is no memory."""
    if coder.capacity - coder.written >= size:
        return True
    capacity: cython.Py_ssize_t = 2 * coder.capacity + size
    output: cython.p_void = realloc(coder.output, capacity)
    if output == cython.NULL:
        return False
    coder.output = cython.cast(cython.pointer(cython.uchar), output)
    coder.capacity = capacity
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def record(
    coder: cython.pointer(Coder),
    number: cython.longlong,
    context: cython.pointer(Context),
    value: cython.int,
) -> cython.void:
    """Record a bin (fields as in BIN_RECORD); context may be NULL."""
    if coder.records_left <= 0:
        return
    entry: cython.pointer(cython.longlong) = coder.record
    entry[0] = number
    entry[1] = value
    entry[2] = coder.range
    entry[3] = coder.low & 511
    entry[4] = position(coder)
    entry[5] = entry[6] = 0
    if context != cython.NULL:
        entry[5] = (cython.cast(cython.longlong, context.fast) >> 1) - 128
        entry[6] = cython.cast(cython.longlong, context.slow) + 1
    coder.record = entry + RECORD_FIELDS
    coder.records_left -= 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _branchless(
    coder: cython.pointer(Coder), context: cython.pointer(Context), value: cython.int
) -> cython.void:
    """Encode a bin that can't be foreseen; adds at most 7 bits."""
    row: cython.pointer(cython.const[cython.uchar]) = context.row
    less: cython.int = value ^ row[0]
    mask: cython.uint = 0 - less
    # From range to range it takes one look into a table: that chain is what takes the time.
    following: cython.pointer(cython.const[cython.ushort]) = (
        coder.next_range + 16 * (row - coder.rows) + 256 * less
    )
    more_range: cython.uint = coder.range - row[coder.range >> 5]
    packed: cython.uint = following[coder.range - 256]
    shift: cython.uint = packed >> 8
    coder.low = (coder.low + (more_range & mask)) << shift
    coder.range = 256 + (packed & 255)
    coder.bits += shift
    update(context, coder.rows, value)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _branchy(
    coder: cython.pointer(Coder), context: cython.pointer(Context), value: cython.int
) -> cython.void:
    """Encode a bin that mostly is the more probable one; adds at most 7 bits."""
    row: cython.pointer(cython.const[cython.uchar]) = context.row
    less_range: cython.uint = row[coder.range >> 5]
    more_range: cython.uint = coder.range - less_range
    shift: cython.int
    if value == row[0]:
        shift = (more_range >> 8) ^ 1
        coder.range = more_range << shift
    else:
        coder.low += more_range
        shift = coder.renormalisation[less_range]
        coder.range = less_range << shift
    coder.low <<= shift
    coder.bits += shift
    update(context, coder.rows, value)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def regular(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    number: cython.int,
    value: cython.int,
) -> cython.void:
    """Encode one bin where speed doesn't matter."""
    _flush(coder)
    _branchy(coder, contexts + number, value)
    record(coder, number, contexts + number, value)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _unsigned(
    coder: cython.pointer(Coder),
    value: cython.longlong,
    count: cython.int,
    recorded: cython.bint,
) -> cython.void:
    """Encode uae(count): bypass bins, the most significant first."""
    step: cython.int
    while count > 0:
        step = 1 if recorded else min(count, 14)
        count -= step
        part: cython.ulonglong = (value >> count) & ((1 << step) - 1)
        _flush(coder)
        coder.low = (coder.low << step) + part * coder.range
        coder.bits += step
        if recorded:
            record(coder, BYPASS, cython.NULL, cython.cast(cython.int, part))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def unsigned_bins(
    coder: cython.pointer(Coder), value: cython.longlong, count: cython.int
) -> cython.void:
    """Encode uae(count) where speed doesn't matter."""
    _unsigned(coder, value, count, True)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    searches: cython.pointer(ContextSearch),
    number: cython.Py_ssize_t,
    value: cython.int,
    foreseeable: cython.bint,
    searching: cython.bint,
    recorded: cython.bint,
) -> cython.void:
    """Put a bin where it belongs; the last three arguments are constants."""
    if searching:
        collect(searches + number, value)
        return
    if foreseeable:
        _branchy(coder, contexts + number, value)
    else:
        _branchless(coder, contexts + number, value)
    if recorded:
        record(coder, number, contexts + number, value)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put_remainder(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    searches: cython.pointer(ContextSearch),
    magnitude: cython.longlong,
    least: cython.longlong,
    max_abs: cython.longlong,
    searching: cython.bint,
    recorded: cython.bint,
) -> cython.void:
    """Put what a magnitude is beyond the greater-than flags."""
    count: cython.int = 0
    one: cython.longlong = 1
    while True:
        is_beyond: cython.int = magnitude >= least + (one << count)
        _put(coder, contexts, searches, PREFIX + count, is_beyond, True, searching, recorded)
        if not searching:
            _flush(coder)
        if not is_beyond:
            break
        least += one << count
        count += 1
        if count == PREFIX_BINS or least + (one << count) > max_abs:
            break
    if not searching:
        _unsigned(coder, magnitude - least, count, recorded)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _levels(
    coder_at: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    searches: cython.pointer(ContextSearch),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.const[cython.int]),
    base_levels: cython.pointer(cython.const[cython.int]),
    history: cython.pointer(cython.const[cython.uchar]),
    count: cython.Py_ssize_t,
    dq: cython.bint,
    general: cython.bint,
    searching: cython.bint,
    recorded: cython.bint,
) -> cython.void:
    """Put levels that follow each other in one row, and whose parities fit.

    The last four arguments are constants wherever this is used. With `general` there may be
    limits, base levels and a history; dq then isn't looked at.
    """
    coder: Coder = coder_at[0]
    coder_here: cython.pointer(Coder) = cython.address(coder)
    transitions: cython.pointer(cython.const[cython.uchar]) = coder.transitions
    state: cython.int = place.state
    neighbour: cython.int = place.neighbour
    flags: cython.int = coding.greater_flags
    number: cython.Py_ssize_t
    base: cython.int = 0
    sign: cython.int
    value: cython.int
    flag: cython.int
    level: cython.longlong
    magnitude: cython.longlong
    max_abs: cython.longlong = 1
    max_abs <<= 40
    i: cython.Py_ssize_t
    if general:
        dq = coding.dq

    for i in range(count):
        if not searching:
            _flush(coder_here)
        level = levels[i]
        number = SIG + 3 * state + neighbour
        if general:
            base = 0 if base_levels == cython.NULL else base_levels[i]
            if history != cython.NULL and history[i]:
                number = HISTORY_SIG + state
            elif base != 0:
                number = TEMPORAL_SIG + 2 * state + (base < -1 or base > 1)
        value = level != 0
        _put(coder_here, contexts, searches, number, value, False, searching, recorded)
        if not value:
            neighbour = 0
            if dq:
                state = transitions[2 * state]
            continue

        sign = level < 0
        magnitude = -level if sign else level
        if dq:
            magnitude = (magnitude + 1) >> 1
        number = SIGN + neighbour
        if general and base != 0:
            number = TEMPORAL_SIGN + (base > 0)
        if not general or coding.implied_sign == 0:
            _put(coder_here, contexts, searches, number, sign, False, searching, recorded)
        if general:
            max_abs = coding.negative_limit if sign else coding.positive_limit

        flag = 0
        value = 1
        while flag < flags and flag + 1 < max_abs:
            number = GREATER + 2 * flag + sign
            if general and base != 0:
                number = GREATER + 2 * flags + 2 * flag + (base < flag and base > -flag)
            flag += 1
            value = magnitude > flag
            _put(coder_here, contexts, searches, number, value, True, searching, recorded)
            if not value:
                break
            if not searching:
                _flush(coder_here)
        if value and flag == flags and flags + 1 < max_abs:
            _put_remainder(
                coder_here, contexts, searches, magnitude, flags + 1, max_abs, searching, recorded
            )
        if dq:
            state = transitions[2 * state + (magnitude & 1)]
        neighbour = 2 - sign

    place.state = state
    place.neighbour = neighbour
    coder_at[0] = coder


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _queue(
    coder: cython.pointer(Coder),
    flags: cython.int,
    place: cython.pointer(Place),
    levels: cython.pointer(cython.const[cython.int]),
    count: cython.Py_ssize_t,
    queue: cython.pointer(cython.ushort),
    bins: cython.pointer(cython.Py_ssize_t),
    dq: cython.bint,
) -> cython.Py_ssize_t:
    """Turn levels into a queue of bins, each as 64 * context + bin, without a branch on them.

    Returns:
        How many levels are queued: all, or those before one whose magnitude needs more than
        the greater-than flags. `bins` is how many bins that makes.
    """
    entries: cython.pointer(cython.const[QueuedLevel]) = coder.tables.queued + MOST_QUEUED
    places: cython.pointer(cython.const[cython.ushort]) = coder.tables.places
    next_place: cython.pointer(cython.const[cython.uchar]) = coder.tables.next_place
    limit: cython.uint = flags
    if dq:
        entries += 2 * MOST_QUEUED + 1
        next_place += 24 * 8
        limit = 2 * flags
    at: cython.int = 3 * place.state + place.neighbour
    filled: cython.Py_ssize_t = 0
    first: cython.ulonglong = 0
    context: cython.ulonglong = 0
    i: cython.Py_ssize_t = 0
    while i < count:
        level: cython.int = levels[i]
        if cython.cast(cython.uint, level) + limit > 2 * limit:
            break
        entry: cython.pointer(cython.const[QueuedLevel]) = entries + level
        # Four numbers of 16 bits are added at once.
        memcpy(cython.address(first), entry.bins, 8)
        memcpy(cython.address(context), places + 4 * at, 8)
        first += context
        memcpy(queue + filled, cython.address(first), 8)
        memcpy(queue + filled + 4, entry.bins + 4, 16)
        if entry.count > 12:
            memcpy(queue + filled + 12, entry.bins + 12, 16)
        filled += entry.count
        at = next_place[8 * at + entry.step]
        i += 1
    place.state = at // 3
    place.neighbour = at % 3
    bins[0] = filled
    return i


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put_queued(
    coder_at: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    queue: cython.pointer(cython.ushort),
    bins: cython.Py_ssize_t,
) -> cython.void:
    """Encode a queue of bins."""
    coder: Coder = coder_at[0]
    coder_here: cython.pointer(Coder) = cython.address(coder)
    entry: cython.int
    i: cython.Py_ssize_t
    # An odd bin comes first, and the others in twos, since a flush makes room for two.
    if bins & 1:
        _flush(coder_here)
        _branchless(coder_here, contexts + (queue[0] >> 6), queue[0] & 1)
    for i in range(bins & 1, bins, 2):
        _flush(coder_here)
        entry = queue[i]
        _branchless(coder_here, contexts + (entry >> 6), entry & 1)
        entry = queue[i + 1]
        _branchless(coder_here, contexts + (entry >> 6), entry & 1)
    coder_at[0] = coder


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _through_queue(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.const[cython.int]),
    count: cython.Py_ssize_t,
    dq: cython.bint,
) -> cython.void:
    """Put levels by queues; the last argument is a constant."""
    queue: cython.ushort[QUEUE]
    bins: cython.Py_ssize_t = 0
    beyond: cython.int = 0
    while count > 0:
        part: cython.Py_ssize_t = min(count, QUEUED_LEVELS)
        queued: cython.Py_ssize_t = _queue(
            coder, coding.greater_flags, place, levels, part, queue, cython.address(bins), dq
        )
        _put_queued(coder, contexts, queue, bins)
        levels += queued
        count -= queued
        if queued < part:
            beyond += 1
            _levels(
                coder, contexts, cython.NULL, coding, place, levels, cython.NULL, cython.NULL, 1,
                dq, False, False, False,
            )  # fmt: skip
            levels += 1
            count -= 1
    if beyond > MANY_BEYOND:
        coder.direct = DIRECT_CALLS


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _put_directly(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.const[cython.int]),
    count: cython.Py_ssize_t,
) -> cython.void:
    """Put levels one by one, which is faster where many bins of each are foreseeable."""
    none: cython.pointer(cython.const[cython.int]) = cython.NULL
    old: cython.pointer(cython.const[cython.uchar]) = cython.NULL
    search: cython.pointer(ContextSearch) = cython.NULL
    if coding.dq:
        _levels(coder, contexts, search, coding, place, levels, none, old, count, 1, 0, 0, 0)
    else:
        _levels(coder, contexts, search, coding, place, levels, none, old, count, 0, 0, 0, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def put_levels(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    searches: cython.pointer(ContextSearch),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.const[cython.int]),
    base: cython.pointer(cython.const[cython.int]),
    old: cython.pointer(cython.const[cython.uchar]),
    count: cython.Py_ssize_t,
) -> cython.void:
    """Put levels by that form of the template that fits.

    Where searches isn't NULL their bins are collected, as `collect_levels` can't do with all.
    """
    if base != cython.NULL or old != cython.NULL or coding.limited:
        if searches != cython.NULL:
            _levels(coder, contexts, searches, coding, place, levels, base, old, count, 1, 1, 1, 0)
        else:
            _levels(coder, contexts, searches, coding, place, levels, base, old, count, 1, 1, 0, 1)
    elif coder.records_left > 0:
        if coding.dq:
            _levels(coder, contexts, searches, coding, place, levels, base, old, count, 1, 0, 0, 1)
        else:
            _levels(coder, contexts, searches, coding, place, levels, base, old, count, 0, 0, 0, 1)
    elif coder.direct > 0 or coding.greater_flags > QUEUED_FLAGS:
        coder.direct -= 1
        _put_directly(coder, contexts, coding, place, levels, count)
    elif coding.dq:
        _through_queue(coder, contexts, coding, place, levels, count, 1)
    else:
        _through_queue(coder, contexts, coding, place, levels, count, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def terminate(coder: cython.pointer(Coder)) -> cython.void:
    """Encode the terminating bin and the stop bit, and write what waits."""
    coder.range -= 2
    record(coder, TERMINATE, cython.NULL, 1)
    _flush(coder)
    coder.low += coder.range
    # The stop bit takes the place of bit 7 after a shift by 7; the bits below are dropped.
    waiting: cython.int = coder.bits + 9
    tail: cython.ulonglong = coder.low | 1
    if coder.low >> waiting:
        carry(coder)
    size: cython.int = (waiting + 7) >> 3
    tail <<= 8 * size - waiting
    index: cython.int
    for index in range(size):
        coder.output[coder.written + index] = cython.cast(
            cython.uchar, tail >> (8 * (size - 1 - index))
        )
    coder.written += size
    # A decoder doesn't renormalise any more: the position stays.
    coder.bits -= 8 * size
