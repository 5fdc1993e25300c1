# The trellis in lanes, as trellis.py uses it.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

cdef extern from "trellis_lanes.h" nogil:
    enum:
        PIECES
        STATES
        GROUP
    int64_t trellis_in_lanes(
        const float **values, float step, float limit, int64_t steps,
        uint64_t (*costs)[8], uint32_t **histories)
    void rebuild_in_lanes(
        const float *values, float step, const uint8_t *subsets, int64_t count, int32_t *indices)

cdef enum:
    # Steps of each of the pieces that go through the lanes together.
    SHORTEST_PIECE = 512
    LONGEST_PIECE = 8192
    # So many steps before it a piece is begun, as if all states were as good as each other.
    RUN_UP = 128
    # Where that was too late, so many steps later its costs may have come right.
    MENDED = 512
    # Where those of more pieces haven't, so many times as many values do without lanes.
    MOST_WRONG = 4
    LEFT_OUT = 8

# The values, of one of two types (the other pointer is null), and their step size.
ctypedef struct Source:
    const float *narrow
    const double *wide
    double step

cdef Py_ssize_t forward_in_blocks(
    Source source, Py_ssize_t first, Py_ssize_t stop, uint64_t *costs, uint32_t *histories
) noexcept nogil
cdef Py_ssize_t forward_in_lanes(
    Source source, Py_ssize_t first, Py_ssize_t stop, uint64_t *costs, uint32_t *histories
) noexcept nogil
cdef int indices_back(
    Source source, Py_ssize_t first, Py_ssize_t stop, int state, uint32_t *histories,
    int32_t *indices, bint in_lanes) noexcept nogil
