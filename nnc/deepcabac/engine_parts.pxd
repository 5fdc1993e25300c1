# Block rows of a tensor that are encoded apart.

from nnc.deepcabac.engine_codeword cimport State
from nnc.deepcabac.engine_rows cimport Matrix
from nnc.deepcabac.engine_states cimport Coding

cdef enum:
    # Block rows that are put in lanes together, and how many are worth it. Where they have more
    # levels than that in all, half as many.
    MOST_TOGETHER = 32
    FEWEST_TOGETHER = 5
    MANY_LEVELS = 1 << 23

cdef class Part:
    cdef State state
    cdef Matrix matrix
    cdef Coding coding
    cdef Py_ssize_t first
    cdef Py_ssize_t last
    cdef begin(self, State whole, Coding *coding, object levels)

cdef put_block_rows(
    State state, Matrix *matrix, Coding *coding, Py_ssize_t first, Py_ssize_t last)
cdef put_parts(State state, Matrix *matrix, Coding *coding, executor, Py_ssize_t count)
