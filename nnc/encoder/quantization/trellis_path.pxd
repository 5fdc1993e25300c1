# The way back through the trellis, as trellis.py uses it.

from libc.stdint cimport int32_t, uint8_t, uint32_t

from nnc.encoder.quantization.trellis_blocks cimport Source

cdef int indices_back(
    Source source, Py_ssize_t first, Py_ssize_t stop, int state, uint32_t *histories,
    int32_t *indices, bint in_lanes) noexcept nogil
cdef int trace_back(int count, int state, uint32_t *histories, uint8_t *subsets) noexcept nogil
