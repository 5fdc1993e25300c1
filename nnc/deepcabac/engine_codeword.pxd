# A codeword as the compiled encoder holds it.

from nnc.deepcabac.engine_rows cimport Matrix
from nnc.deepcabac.engine_states cimport CONTEXTS, Coding, Context, Place
from nnc.deepcabac.engine_writing cimport Coder

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
    cdef restart(self)
    cdef put_waiting(self)
    cdef put_rest(self, const int *levels, Py_ssize_t count, Coding *coding, Place *place)
    cdef put(self, Matrix *matrix, Coding *coding, Py_ssize_t first, Py_ssize_t last)
    cdef search(self, Matrix *matrix, Coding *coding, unsigned char[::1] sets, bint search)
    cdef front(
        self, Py_ssize_t rows, Py_ssize_t cols, object coding, bint temporal, bint history,
        object skipped, unsigned char[::1] sets)
