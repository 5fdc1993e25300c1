# What lanes.h declares, and what the queue of streams holds.

from nnc.deepcabac.engine_decoder cimport Decoder
from nnc.deepcabac.engine_states cimport Context, Tables

cdef extern from "lanes.h" nogil:
    enum:
        LANE_NODES
        LANE_END
        LANE_BYPASS
        LANE_FEWEST
    ctypedef struct LaneTables:
        unsigned char next0[128]
        unsigned char next1[128]
        unsigned char weight[128]
        unsigned char curve[128]
        unsigned char lps[256]
        unsigned char after[64]
        unsigned char reset[64]
        int trap
        int halve
    ctypedef struct LaneStream:
        const unsigned char *data
        long long size
        long long loaded
        unsigned long long value
        int bits
        unsigned int range
        int node
        int failed
        int *levels
        long long count
        unsigned int *contexts
    bint lanes_supported()
    int lanes_decode(
        LaneStream *streams, long long count, long long *next, const LaneTables *tables
    )

cdef enum:
    # Streams of a queue at most: each holds its contexts.
    MOST_STREAMS = 128

cdef class Queue:
    cdef LaneStream streams[MOST_STREAMS]
    cdef unsigned int contexts[MOST_STREAMS * 128]
    cdef LaneTables tables
    cdef long long count
    cdef long long next
    # The context of each node, -1 for none.
    cdef int numbers[128]
    cdef bint is_out_of_memory
    cdef void put(self, Decoder decoder, int[:, ::1] levels)
    cdef bint take(self, Py_ssize_t number, Decoder decoder, coding)

cdef unsigned int word_of(const Context *context, const Tables *held) noexcept
cdef void set_context(Context *context, unsigned int word, const unsigned char *rows) noexcept
