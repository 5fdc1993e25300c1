# What lanes.h declares, nodes where levels begin, and contexts as the lanes have them.

from nnc.deepcabac.engine_states cimport Context, Tables

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

cdef fill_tables(LaneTables *held, int *numbers, coding)
cdef void fill_curves(unsigned char *curve, unsigned char *lps)

cdef inline int sig_node(int state, int neighbour) noexcept nogil:
    return (state >> 1 << 4) | ((state & 1) << 2) | neighbour

cdef inline int state_at(int node) noexcept nogil:
    # The state of dependent quantization at a node where a level begins.
    return ((node >> 4) << 1) | (node >> 2 & 1)

cdef inline unsigned int word_of(const Context *context, const Tables *held) noexcept nogil:
    # A context as the lanes have it.
    cdef const unsigned char *fast_next = <const unsigned char *> held.fast_next
    cdef unsigned int shift0 = <unsigned int> ((context.fast_next[0] - fast_next) >> 10)
    cdef unsigned int shift1 = <unsigned int> ((context.slow_step[0] - held.slow_step) // 66)
    cdef unsigned int slow = <unsigned int> (context.slow + 1 + 2048)
    cdef unsigned int fast = context.fast >> 1
    return slow | ((shift1 - 4) << 12) | (fast << 16) | (shift0 << 24)

cdef inline void set_context(
    Context *context, unsigned int word, const unsigned char *rows
) noexcept nogil:
    # Set the counters of a context to those that the lanes have.
    cdef int slow = <int> (word & 0xFFF) - 2049
    cdef int fast = <int> (2 * (word >> 16 & 0xFF))
    context.slow = <short> slow
    context.fast = <unsigned short> fast
    context.row = rows + (((8 * fast + slow - 2047) >> 2) & ~31)
