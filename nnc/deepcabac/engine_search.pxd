# The parameter search of the compiled encoder: bins are collected, then counted by the block.

from nnc.deepcabac.engine_states cimport CHUNK, Coding, Place, Tables

cdef extern from "search_lanes.h" nogil:
    enum:
        CANDIDATES
        FEW_CANDIDATES
        BINS_BEYOND
    ctypedef struct Candidate:
        long long cost
        unsigned int word
        int parameter_set
    ctypedef struct ContextSearch:
        Candidate candidates[9]
        long long bins
        unsigned char *buffer
        int remaining
        int filled
        int counted
        int stop
    ctypedef struct SearchTables:
        unsigned short costs[2][64]
        unsigned char curve[128]
    void search_in_lanes(
        ContextSearch **searches, long long count, int candidates, const SearchTables *tables
    )

    long long sift_in_lanes(
        unsigned int *values, long long count, unsigned int threshold, ContextSearch *search
    )
    ctypedef struct Sifted:
        unsigned int *magnitudes[3]
        long long counts[3]
    unsigned long long collect_in_lanes(
        const int *levels, long long count, int dq, unsigned int flags,
        const unsigned short *steps, const unsigned long long *states, int *state, int *neighbour,
        ContextSearch *sig_flags, ContextSearch *sign_flags, Sifted *sifted
    )
    unsigned int pass_in_lanes(
        const int *levels, long long count, const unsigned short *steps, int *state
    )

cdef enum:
    # Levels that may be collected, each of which has one bin of a context at most.
    BUFFER = 4096
    # A context that has fewer bins waits, while there are levels to come.
    FEWEST_BINS = 128
    # Room for the levels of a chunk, and for what sifting them overwrites.
    SIFTED_LEVELS = CHUNK + 16
    SIFTED_BY_SIGN = 2 * SIFTED_LEVELS

ctypedef struct Searches:
    # The searches of all contexts of a tensor.
    ContextSearch *contexts
    Py_ssize_t count
    # Room for an order of them.
    ContextSearch **order
    # Levels collected since bins were counted.
    Py_ssize_t levels
    bint in_lanes

cdef Searches *begin_searches(Py_ssize_t count, Py_ssize_t levels, bint in_lanes) noexcept nogil
cdef bint collect_levels(
    Searches *searches,
    const Coding *coding,
    Place *place,
    const int *levels,
    Py_ssize_t count,
) noexcept nogil
cdef void count_collected(Searches *searches, int fewest) noexcept nogil
cdef void restart_searches(Searches *searches) noexcept nogil
cdef int best_set(const ContextSearch *search) noexcept nogil

cdef unsigned int pass_levels(const int *levels, Py_ssize_t count, int *state) noexcept nogil

cdef inline void collect(ContextSearch *search, int bin) noexcept nogil:
    search.buffer[search.filled] = <unsigned char> bin
    search.filled += 1

cdef inline void levels_collected(
    Searches *searches, Py_ssize_t count, Py_ssize_t next
) noexcept nogil:
    # Count when there might be no room for so many levels more.
    searches.levels += count
    if searches.levels + next > BUFFER - FEWEST_BINS:
        count_collected(searches, FEWEST_BINS)
