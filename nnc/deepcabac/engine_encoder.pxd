# What the compiled encoder holds.

from nnc.deepcabac.engine_rows cimport Matrix
from nnc.deepcabac.engine_states cimport CONTEXTS, Coding, Context, Place
from nnc.deepcabac.engine_writing cimport Coder

cdef enum:
    # Block rows that are put in lanes together, and how many are worth it. Where they have more
    # levels than that in all, half as many.
    MOST_TOGETHER = 32
    FEWEST_TOGETHER = 5
    MANY_LEVELS = 1 << 23

cdef class Part

cdef class State:
    cdef Coder coder
    cdef Context contexts[CONTEXTS]
    cdef Context starts[CONTEXTS]
    cdef Py_ssize_t context_count
    cdef Py_ssize_t record_capacity
    cdef object records
    # Levels that are still to be put, how, and the state before them; None: there are none.
    cdef object waiting
    cdef Coding waiting_coding
    cdef int waiting_state
    cdef _restart(self)
    cdef _put_waiting(self)
    cdef _put_rest(self, const int *levels, Py_ssize_t count, Coding *coding, Place *place)
    cdef _put_in_lanes(self, Matrix *matrix, Coding *coding, Py_ssize_t first, Py_ssize_t last)
    cdef _put(self, Matrix *matrix, Coding *coding, Py_ssize_t first, Py_ssize_t last)
    cdef _put_parts(self, Matrix *matrix, Coding *coding, executor, Py_ssize_t count)
    cdef _append(self, Matrix *matrix, Part part)
    cdef _search(self, Matrix *matrix, Coding *coding, unsigned char[::1] sets, bint search)
    cdef _front(
        self, Py_ssize_t rows, Py_ssize_t cols, object coding, bint temporal, bint history,
        object skipped, unsigned char[::1] sets)

cdef class Part:
    cdef State state
    cdef Matrix matrix
    cdef Coding coding
    cdef Py_ssize_t first
    cdef Py_ssize_t last
    cdef _begin(self, State whole, Coding *coding, object levels)
