# The arithmetic encoder as engine_writing.py holds it.

from nnc.deepcabac.engine_search cimport ContextSearch
from nnc.deepcabac.engine_states cimport Coding, Context, Place, Tables

cdef enum:
    # Levels, and entries, of a queue: a level takes QUEUED_FLAGS + 2 at most, and writes 20.
    QUEUED_LEVELS = 128
    QUEUE = QUEUED_LEVELS * 18 + 2
    # Where more levels of a call than this don't fit a queue, so many calls do without it.
    MANY_BEYOND = 160
    DIRECT_CALLS = 16

ctypedef struct Coder:
    # The low end of the interval: 9 bits, below `bits` bits that were not yet written.
    unsigned long long low
    unsigned int range
    int bits
    unsigned char *output
    Py_ssize_t written
    Py_ssize_t capacity
    # Row of the contexts' tables for q = 0.
    const unsigned char *rows
    # That of the ranges that follow.
    const unsigned short *next_range
    const unsigned char *renormalisation
    const unsigned char *transitions
    const Tables *tables
    # How many calls to come put levels without a queue.
    int direct
    # Where the next bin is recorded, and how many may be.
    long long *record
    Py_ssize_t records_left

cdef void carry(Coder *coder) noexcept nogil
cdef void flush(Coder *coder) noexcept nogil
cdef bint reserve(Coder *coder, Py_ssize_t size) noexcept nogil
cdef void record(Coder *coder, long long number, Context *context, int value) noexcept nogil
cdef void regular(Coder *coder, Context *contexts, int number, int value) noexcept nogil
cdef void unsigned_bins(Coder *coder, long long value, int count) noexcept nogil
cdef void terminate(Coder *coder) noexcept nogil
cdef void put_levels(
    Coder *coder,
    Context *contexts,
    ContextSearch *searches,
    Coding *coding,
    Place *place,
    const int *levels,
    const int *base,
    const unsigned char *old,
    Py_ssize_t count,
) noexcept nogil

cdef inline long long position(const Coder *coder) noexcept nogil:
    # Bits that a decoder has consumed here.
    return 8 * <long long> coder.written + coder.bits + 9
