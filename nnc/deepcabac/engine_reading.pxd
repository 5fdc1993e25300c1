# The arithmetic decoder as engine_reading.py holds it.

from nnc.deepcabac.engine_states cimport Coding, Context, Place

cdef enum:
    # After a refill at least so many bits are loaded: enough for the shifts of three bins.
    REFILL_BELOW = 24

ctypedef struct Coder:
    # The offset register, and below it `bits` bits that were loaded but not consumed.
    unsigned long long value
    unsigned int range
    int bits
    const unsigned char *data
    # Bytes loaded, those past the end counted on.
    Py_ssize_t loaded
    Py_ssize_t size
    # Row of the contexts' tables for q = 0.
    const unsigned char *rows
    const unsigned char *renormalisation
    const unsigned int *reciprocal
    const unsigned char *transitions
    # Where the next bin is recorded, and how many may be.
    long long *record
    Py_ssize_t records_left

cdef void begin(Coder *coder, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef bint ends_well(Coder *coder) noexcept nogil
cdef int regular(Coder *coder, Context *contexts, int number) noexcept nogil
cdef long long unsigned_bins(Coder *coder, int count) noexcept nogil
cdef Py_ssize_t decode_levels(
    Coder *coder,
    Context *contexts,
    Coding *coding,
    Place *place,
    int *levels,
    const int *base,
    const unsigned char *history,
    Py_ssize_t count,
    bint foreseeable,
) noexcept nogil

cdef inline long long position(const Coder *coder) noexcept nogil:
    # Bits consumed.
    return 8 * <long long> coder.loaded - coder.bits
