# What the queue of streams holds.

from nnc.deepcabac.engine_decoder cimport Decoder
from nnc.deepcabac.engine_nodes cimport LANE_NODES, LaneStream, LaneTables
from nnc.deepcabac.engine_reading cimport Coder
from nnc.deepcabac.engine_states cimport Coding

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
    cdef readonly object held
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
