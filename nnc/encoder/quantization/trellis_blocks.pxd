# The trellis forward, block by block.

from libc.stdint cimport int32_t, uint32_t, uint64_t

ctypedef struct Source:
    # The values, of one of two types (the other pointer is null), and their step size.
    const float *narrow
    const double *wide
    double step

cdef Py_ssize_t forward_in_blocks(
    Source source, Py_ssize_t first, Py_ssize_t stop, uint64_t *costs, uint32_t *histories
) noexcept nogil
cdef int measure(
    Source source, Py_ssize_t first, int count, int32_t *periods, float *rests, int32_t *signs
) noexcept nogil
