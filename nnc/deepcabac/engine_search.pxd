# The parameter search of the compiled encoder: bins are collected, then counted by the block.

from nnc.deepcabac.engine_states cimport Tables

cdef enum:
    BUFFER = 1024
    CANDIDATES = 9

ctypedef struct Candidate:
    # A parameter set that a context may get, and the state that it has come to.
    const unsigned char *fast_next
    const short *slow_step
    int fast
    int slow
    long long cost
    int parameter_set

ctypedef struct ContextSearch:
    # The search of one context.
    Candidate candidates[CANDIDATES]
    int remaining
    long long bins
    int filled
    unsigned char buffer[BUFFER]

cdef void begin_search(ContextSearch *search) noexcept nogil
cdef void count_collected(ContextSearch *search) noexcept nogil
cdef void restart_search(ContextSearch *search) noexcept nogil
cdef int best_set(ContextSearch *search) noexcept nogil

cdef inline void collect(ContextSearch *search, int bin) noexcept nogil:
    search.buffer[search.filled] = <unsigned char> bin
    search.filled += 1
    if search.filled == BUFFER:
        count_collected(search)
