# The way back through the trellis with a rate term, as rate_trellis.py uses it.

from libc.stdint cimport int32_t, uint32_t

cdef void pass_over(int32_t *costs, int transitions) noexcept nogil
cdef int pass_back(int state, int transitions) noexcept nogil
cdef int trace_dependent(Py_ssize_t count, int state, uint32_t *decisions) noexcept nogil
cdef int trace_uniform(Py_ssize_t count, int coded, uint32_t *decisions) noexcept nogil
cdef int mark_dependent(Py_ssize_t count, int state, uint32_t *decisions) noexcept nogil
cdef int backward_dependent(
    Py_ssize_t count, int state, uint32_t *decisions, int32_t *indices
) noexcept nogil
cdef int backward_uniform(
    Py_ssize_t count, int coded, uint32_t *decisions, int32_t *indices
) noexcept nogil
