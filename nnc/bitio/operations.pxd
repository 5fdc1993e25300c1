# What machine.py works out with numbers.

from nnc.bitio.reading cimport BitReader
from nnc.bitio.writing cimport BitWriter

cdef enum:
    # Operators, as programs.py numbers them.
    MOVE = 20
    EQUAL
    UNEQUAL
    LESS
    AT_MOST
    MORE
    AT_LEAST
    AND
    OR
    PLUS
    MINUS
    TIMES
    QUOTIENT
    REMAINDER
    BIT_AND
    BIT_OR
    BIT_XOR
    SHIFT_LEFT
    SHIFT_RIGHT

cdef int compute(long long *now, long long *values) except? -1
cdef long long read_exp_golomb(BitReader reader, long long k) except? -2
cdef int write_exp_golomb(BitWriter writer, long long k, long long number) except? -1

cdef inline bint is_small(long long number) noexcept:
    # Values beyond this one aren't for expressions here: those of Python have no measure.
    cdef long long largest = 1
    largest <<= 40
    return -largest < number < largest

cdef inline bint hold(long long *values, long long place, long long number) noexcept:
    # Put a number where expressions find it, if any ask; tell whether it is small enough.
    if place < 0:
        return True
    if not is_small(number):
        return False
    values[place] = number
    return True
