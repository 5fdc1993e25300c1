# What lanes.h declares, and what the queue of streams holds.

from nnc.deepcabac.engine_decoder cimport Decoder
from nnc.deepcabac.engine_reading cimport Coder
from nnc.deepcabac.engine_states cimport Coding, Context, Tables

cdef extern from "lanes.h" nogil:
    enum:
        LANE_NODES
        LANE_END
        LANE_BYPASS
        LANE_FEWEST
        LANES
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
        int *block_row
        long long height
        long long cols
        long long block_size
        const unsigned char *skipped
        long long coded
    bint lanes_supported()
    int lanes_single(const long long *lengths, long long count, int threads)
    void lanes_make_ready(long long *ready, long long count)
    int lanes_decode(
        LaneStream *streams,
        const long long *ready,
        long long *next,
        const LaneTables *tables,
        long long largest,
        int single
    )
    void lanes_put_in_place(const LaneStream *stream, int *scratch)

cdef class Queue:
    cdef LaneStream *streams
    # LANE_NODES words for each stream.
    cdef unsigned int *contexts
    cdef LaneTables tables
    cdef long long count
    # How many may be taken, and the first that nobody has taken.
    cdef long long ready
    cdef long long next
    # Levels of the largest block row, and how many threads decode one group of streams at a time.
    cdef long long largest
    cdef int single
    # What the streams point into.
    cdef object held
    # The context of each node, -1 for none.
    cdef int numbers[LANE_NODES]
    cdef bint is_out_of_memory
    cdef bint put(self, Decoder decoder, levels, skipped, coding, points)
    cdef LaneStream *_put_stream(
        self,
        Coder *coder,
        int state,
        int *levels,
        long long height,
        long long cols,
        const unsigned char *skipped,
    ) noexcept nogil
    cdef bint is_left(self, Py_ssize_t first, task)
    cdef bint take(self, Py_ssize_t first, Decoder decoder, levels, coding, points)
    cdef void _put_contexts(self, Py_ssize_t first, Decoder decoder)
    cdef void _begin_again(self, LaneStream *stream, Decoder decoder, int state)
    cdef bint _go_on(self, LaneStream *stream, Decoder decoder, Coding *coding) noexcept nogil

cdef unsigned int word_of(const Context *context, const Tables *held) noexcept nogil
cdef void set_context(Context *context, unsigned int word, const unsigned char *rows) noexcept nogil
