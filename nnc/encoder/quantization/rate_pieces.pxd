# Pieces of a sequence in lanes, as rate_trellis.py uses them.

from libc.stdint cimport int32_t, int64_t, uint32_t

from nnc.encoder.quantization.rate_blocks cimport Block, Task

cdef extern from "rate_lanes.h" nogil:
    enum:
        RATE_PIECES
        RATE_STATES
        RATE_GROUP
    ctypedef struct RateTask:
        const int32_t *branches
        const int32_t *magnitudes
        float step
        float reach
        float one
        int32_t forbidden
        int32_t row
        int32_t restart
    bint rate_trellis_in_lanes(
        const float **values, int64_t steps, const RateTask *task, int32_t (*costs)[16],
        int32_t *until, uint32_t **decisions, int32_t **indices)
    void rate_marks_in_lanes(
        uint32_t **decisions, int64_t steps, int32_t *states, const int32_t *before)
    int rate_state_before(const uint32_t *decisions, int64_t steps, const int32_t *before)

cdef enum:
    # Steps of each of the pieces that go through the lanes together.
    SHORTEST_PIECE = 512
    FIRST_PIECE = 1024
    LONGEST_PIECE = 8192
    # So many steps before it a piece is begun, as if all states were as good as each other.
    RUN_UP = 192
    # More values than go through together.
    FAR = 1 << 28
    # Where that was too late, so many steps later its costs may have come right.
    MENDED = 512
    # Where those of more pieces haven't, so many times as many values do without lanes.
    MOST_WRONG = 4
    LEFT_OUT = 8
    # So many steps back the paths to all states mostly come from one.
    MERGED = 64
    MERGED_AT_LAST = 1024

cdef Py_ssize_t forward_in_lanes(
    Task *task, Block *block, Py_ssize_t first, Py_ssize_t stop, int32_t *costs,
    uint32_t *decisions, int32_t *indices) noexcept nogil
cdef int mark_in_lanes(Py_ssize_t count, int state, uint32_t *decisions) noexcept nogil
