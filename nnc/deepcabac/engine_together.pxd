# What writing_lanes.h declares.

cdef extern from "writing_lanes.h" nogil:
    enum:
        WRITTEN_FLAGS
        WRITTEN_SIGN
        WRITTEN_PREFIX
        WRITTEN_GREATER
        WRITTEN_CONTEXTS
    ctypedef struct WritingTables:
        unsigned char curve[128]
        unsigned char lps[256]
        unsigned int transitions[16]
        int dq
        int flags
    ctypedef struct WrittenStream:
        unsigned long long low
        unsigned int range
        int bits
        unsigned char *output
        long long written
        long long capacity
        const int *levels
        long long count
        int state
        int neighbour
        unsigned int *contexts
    int write_in_lanes(WrittenStream *streams, long long count, const WritingTables *tables)
