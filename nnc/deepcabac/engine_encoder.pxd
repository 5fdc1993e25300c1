# What the compiled encoder holds.

from nnc.deepcabac.engine_states cimport CONTEXTS, Coding, Context
from nnc.deepcabac.engine_writing cimport Coder

ctypedef struct Matrix:
    # A tensor that is to be encoded; base, history and skipped may be NULL.
    const int *levels
    const int *base
    const unsigned char *history
    const unsigned char *skipped
    Py_ssize_t rows
    Py_ssize_t cols
    Py_ssize_t block_size
    Py_ssize_t height
    int restarts
    # Register, state and position at the start of each block row, 3 values each.
    long long *starts
    # Levels passed so far, in coding order.
    Py_ssize_t passed
    # The first level whose parity doesn't fit, and the state there; -1 if all do.
    Py_ssize_t wrong_at
    int wrong_state
    int is_out_of_memory

cdef class State:
    cdef Coder coder
    cdef Context contexts[CONTEXTS]
    cdef Context starts[CONTEXTS]
    cdef Py_ssize_t context_count
    cdef Py_ssize_t record_capacity
    cdef object records
    cdef _search(self, Matrix *matrix, Coding *coding, unsigned char[::1] sets, bint search)
