# Names out of the .pxd of the same name are seen by Cython only.
# ruff: noqa: F821
# mypy: ignore-errors
"""From bits to levels, at the speed of C: the inner loops of the compiled decoder.

It is Python with Cython annotations. What differs from the reference is how the state is held:

- the offset stands in a 64-bit window above bits that were loaded in advance, and is compared
  with the range shifted up, so that a renormalisation moves no data;
- a context holds pointers to its LPS ranges and to its transitions (engine_states.pxd);
- one template, `_levels`, is compiled several times over with constant flags.
"""

from __future__ import annotations

import cython
from cython.cimports.nnc.deepcabac.engine_states import (
    BYPASS,
    GREATER,
    HISTORY_SIG,
    PREFIX,
    PREFIX_BINS,
    RECORD_FIELDS,
    ROW,
    SIG,
    SIGN,
    TEMPORAL_SIG,
    TEMPORAL_SIGN,
    TERMINATE,
    Coding,
    Context,
    Place,
    Tables,
    tables,
    update,
)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def load_tail(coder: cython.pointer(Coder)) -> cython.void:
    """Load 4 bytes near the end; bits past it are 0."""
    word: cython.ulonglong = 0
    index: cython.Py_ssize_t
    for index in range(4):
        word <<= 8
        if coder.loaded + index < coder.size:
            word |= coder.data[coder.loaded + index]
    coder.value = (coder.value << 32) | word
    coder.loaded += 4
    coder.bits += 32


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _refill(coder: cython.pointer(Coder)) -> cython.void:
    """Load 4 bytes if fewer than 24 bits are there."""
    if coder.bits >= REFILL_BELOW:
        return
    if coder.loaded + 4 <= coder.size:
        data: cython.pointer(cython.const[cython.uchar]) = coder.data + coder.loaded
        word: cython.uint = (
            (cython.cast(cython.uint, data[0]) << 24)
            | (cython.cast(cython.uint, data[1]) << 16)
            | (cython.cast(cython.uint, data[2]) << 8)
            | data[3]
        )
        coder.value = (coder.value << 32) | word
        coder.loaded += 4
        coder.bits += 32
    else:
        load_tail(coder)


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
    entry[3] = coder.value >> coder.bits
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
def _branchless(coder: cython.pointer(Coder), context: cython.pointer(Context)) -> cython.int:
    """Decode a bin that can't be foreseen; at least 7 bits must be loaded."""
    row: cython.pointer(cython.const[cython.uchar]) = context.row
    less_range: cython.uint = row[coder.range >> 5]
    more_range: cython.uint = coder.range - less_range
    limit: cython.ulonglong = cython.cast(cython.ulonglong, more_range) << coder.bits
    is_less: cython.int = coder.value >= limit
    mask: cython.ulonglong = -cython.cast(cython.longlong, is_less)
    coder.value -= limit & mask
    chosen: cython.uint = more_range ^ ((more_range ^ less_range) & cython.cast(cython.uint, mask))
    shift: cython.int = coder.renormalisation[chosen]
    coder.range = chosen << shift
    coder.bits -= shift
    value: cython.int = row[0] ^ is_less
    update(context, coder.rows, value)
    return value


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _branchy(coder: cython.pointer(Coder), context: cython.pointer(Context)) -> cython.int:
    """Decode a bin that mostly is the more probable one; at least 7 bits must be loaded."""
    row: cython.pointer(cython.const[cython.uchar]) = context.row
    less_range: cython.uint = row[coder.range >> 5]
    more_range: cython.uint = coder.range - less_range
    limit: cython.ulonglong = cython.cast(cython.ulonglong, more_range) << coder.bits
    value: cython.int = row[0]
    shift: cython.int
    if coder.value < limit:
        # The more probable part is at least half as large as 256.
        shift = (more_range >> 8) ^ 1
        coder.range = more_range << shift
        coder.bits -= shift
        if value:
            update(context, coder.rows, 1)
            return 1
        update(context, coder.rows, 0)
        return 0
    coder.value -= limit
    shift = coder.renormalisation[less_range]
    coder.range = less_range << shift
    coder.bits -= shift
    if value:
        update(context, coder.rows, 0)
        return 0
    update(context, coder.rows, 1)
    return 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def regular(
    coder: cython.pointer(Coder), contexts: cython.pointer(Context), number: cython.int
) -> cython.int:
    """Decode one bin where speed doesn't matter."""
    _refill(coder)
    value: cython.int = _branchy(coder, contexts + number)
    record(coder, number, contexts + number, value)
    return value


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _bypass(coder: cython.pointer(Coder), count: cython.int) -> cython.uint:
    """Decode up to 14 bypass bins at once, the most significant first.

    The offset with the bits that follow, divided by the range, is what the bins say. The
    quotient is less than 2^14 and the dividend less than 2^23, so that the product with the
    rounded reciprocal is too small by less than 1.
    """
    _refill(coder)
    coder.bits -= count
    dividend: cython.ulonglong = coder.value >> coder.bits
    quotient: cython.uint = cython.cast(
        cython.uint, (dividend * coder.reciprocal[coder.range - 256]) >> 32
    )
    rest: cython.uint = cython.cast(cython.uint, dividend) - quotient * coder.range
    if rest >= coder.range:
        quotient += 1
    coder.value -= cython.cast(cython.ulonglong, quotient * coder.range) << coder.bits
    return quotient


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _unsigned(
    coder: cython.pointer(Coder), count: cython.int, recorded: cython.bint
) -> cython.longlong:
    """Decode uae(count)."""
    value: cython.longlong = 0
    if recorded:
        while count > 0:
            value = (value << 1) | _bypass(coder, 1)
            record(coder, BYPASS, cython.NULL, value & 1)
            count -= 1
        return value
    while count > 14:
        value = (value << 14) | _bypass(coder, 14)
        count -= 14
    return (value << count) | _bypass(coder, count)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def unsigned_bins(coder: cython.pointer(Coder), count: cython.int) -> cython.longlong:
    """Decode uae(count) where speed doesn't matter."""
    return _unsigned(coder, count, True)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _remainder(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    magnitude: cython.longlong,
    max_abs: cython.longlong,
    recorded: cython.bint,
) -> cython.longlong:
    """Decode what a magnitude is beyond the greater-than flags."""
    count: cython.int = 0
    while True:
        _refill(coder)
        value: cython.int = _branchy(coder, contexts + PREFIX + count)
        if recorded:
            record(coder, PREFIX + count, contexts + PREFIX + count, value)
        if not value:
            break
        magnitude += cython.cast(cython.longlong, 1) << count
        count += 1
        if count == PREFIX_BINS or magnitude + (cython.cast(cython.longlong, 1) << count) > max_abs:
            break
    return magnitude + _unsigned(coder, count, recorded)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _levels(
    coder_at: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.int),
    base_levels: cython.pointer(cython.const[cython.int]),
    history: cython.pointer(cython.const[cython.uchar]),
    count: cython.Py_ssize_t,
    dq: cython.bint,
    general: cython.bint,
    foreseeable: cython.bint,
    recorded: cython.bint,
) -> cython.Py_ssize_t:
    """Decode levels that follow each other in one row.

    The last four arguments are constants wherever this is used. With `general` there may be
    limits, base levels and a history; dq then isn't looked at. `foreseeable`: sig_flag mostly
    is what its context expects.

    Returns:
        How many levels were decoded: `count`, or fewer if that one doesn't fit 32 bits.
    """
    coder: Coder = coder_at[0]
    coder_here: cython.pointer(Coder) = cython.address(coder)
    transitions: cython.pointer(cython.const[cython.uchar]) = coder.transitions
    state: cython.int = place.state
    neighbour: cython.int = place.neighbour
    flags: cython.int = coding.greater_flags
    context: cython.pointer(Context)
    greater: cython.pointer(Context)
    value: cython.int
    sign: cython.int
    base: cython.int = 0
    magnitude: cython.longlong
    max_abs: cython.longlong = 1
    max_abs <<= 40
    number: cython.int
    index: cython.longlong
    i: cython.Py_ssize_t = 0
    if general:
        dq = coding.dq

    while i < count:
        _refill(coder_here)
        context = contexts + SIG + 3 * state + neighbour
        if general:
            base = 0 if base_levels == cython.NULL else base_levels[i]
            if history != cython.NULL and history[i]:
                context = contexts + HISTORY_SIG + state
            elif base != 0:
                context = contexts + TEMPORAL_SIG + 2 * state + (base < -1 or base > 1)
        value = _branchy(coder_here, context) if foreseeable else _branchless(coder_here, context)
        if recorded:
            record(coder_here, context - contexts, context, value)
        if not value:
            neighbour = 0
            if dq:
                state = transitions[2 * state]
            i += 1
            continue

        context = contexts + SIGN + neighbour
        if general and base != 0:
            context = contexts + TEMPORAL_SIGN + (base > 0)
        if general and coding.implied_sign != 0:
            sign = coding.implied_sign < 0
        else:
            sign = _branchless(coder_here, context)
            if recorded:
                record(coder_here, context - contexts, context, sign)
        if general:
            max_abs = coding.negative_limit if sign else coding.positive_limit

        # The contexts of greater-than flags are two apart.
        magnitude = 1
        number = 0
        greater = contexts + GREATER + sign
        value = 1
        if general:
            while number < flags and magnitude < max_abs:
                context = greater
                if base != 0:
                    context = contexts + GREATER + 2 * flags + (base < number and base > -number)
                context += 2 * number
                _refill(coder_here)
                value = _branchy(coder_here, context)
                if recorded:
                    record(coder_here, context - contexts, context, value)
                number += 1
                magnitude += value
                if not value:
                    break
        else:
            while number < flags:
                value = _branchy(coder_here, greater)
                if recorded:
                    record(coder_here, greater - contexts, greater, value)
                if not value:
                    break
                _refill(coder_here)
                number += 1
                greater += 2
            magnitude = 1 + number

        if value and magnitude < max_abs:
            magnitude = _remainder(coder_here, contexts, magnitude, max_abs, recorded)
        index = magnitude
        if dq:
            index = 2 * magnitude - (state & 1)
            state = transitions[2 * state + (magnitude & 1)]
        if value and index - sign > 0x7FFFFFFF:
            break
        levels[i] = cython.cast(cython.int, -index if sign else index)
        neighbour = 2 - sign
        i += 1

    place.state = state
    place.neighbour = neighbour
    coder_at[0] = coder
    return i


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def decode_levels(
    coder: cython.pointer(Coder),
    contexts: cython.pointer(Context),
    coding: cython.pointer(Coding),
    place: cython.pointer(Place),
    levels: cython.pointer(cython.int),
    base: cython.pointer(cython.const[cython.int]),
    history: cython.pointer(cython.const[cython.uchar]),
    count: cython.Py_ssize_t,
    foreseeable: cython.bint,
) -> cython.Py_ssize_t:
    """Decode levels by that form of the template that fits."""
    if base != cython.NULL or history != cython.NULL or coding.limited:
        if coder.records_left > 0:
            return _levels(coder, contexts, coding, place, levels, base, history, count, 1, 1, 1, 1)
        return _levels(coder, contexts, coding, place, levels, base, history, count, 1, 1, 1, 0)
    if coder.records_left > 0:
        if coding.dq:
            return _levels(coder, contexts, coding, place, levels, base, history, count, 1, 0, 0, 1)
        return _levels(coder, contexts, coding, place, levels, base, history, count, 0, 0, 1, 1)
    if coding.dq:
        if foreseeable:
            return _levels(coder, contexts, coding, place, levels, base, history, count, 1, 0, 1, 0)
        return _levels(coder, contexts, coding, place, levels, base, history, count, 1, 0, 0, 0)
    if foreseeable:
        return _levels(coder, contexts, coding, place, levels, base, history, count, 0, 0, 1, 0)
    return _levels(coder, contexts, coding, place, levels, base, history, count, 0, 0, 0, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def begin(
    coder: cython.pointer(Coder),
    data: cython.pointer(cython.const[cython.uchar]),
    size: cython.Py_ssize_t,
) -> cython.void:
    """Set a coder to the beginning of a codeword; where bins are recorded stays as it is."""
    held: cython.pointer(cython.const[Tables]) = tables()
    coder.data = data
    coder.size = size
    coder.rows = held.rows + 32 * ROW
    coder.renormalisation = held.renormalisation
    coder.reciprocal = held.reciprocal
    coder.transitions = held.transitions
    coder.range = 510
    coder.value = 0
    coder.loaded = 0
    coder.bits = -9
    load_tail(coder)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ends_well(coder: cython.pointer(Coder)) -> cython.bint:
    """Decode the terminating bin; tell whether the codeword ends as it has to."""
    coder.range -= 2
    terminated: cython.bint = coder.value >> coder.bits >= coder.range
    record(coder, TERMINATE, cython.NULL, terminated)
    last: cython.longlong = position(coder) - 1
    if not terminated or (last >> 3) != coder.size - 1:
        return False
    return ((coder.data[last >> 3] << (last & 7)) & 0xFF) == 0x80
