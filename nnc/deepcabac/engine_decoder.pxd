# What the compiled decoder holds.

from nnc.deepcabac.engine_reading cimport Coder
from nnc.deepcabac.engine_reading_rows cimport Matrix
from nnc.deepcabac.engine_states cimport CONTEXTS, Coding, Context

cdef class Part:
    # Block rows that a thread decodes by itself.
    cdef Coder coder
    cdef Context contexts[CONTEXTS]
    cdef const Context *starts
    cdef Py_ssize_t context_count
    cdef Coding coding
    cdef Matrix matrix
    cdef Py_ssize_t height
    cdef Py_ssize_t first
    cdef Py_ssize_t last
    cdef int state

cdef class Decoder:
    cdef Coder coder
    cdef Context contexts[CONTEXTS]
    cdef Context starts[CONTEXTS]
    cdef Py_ssize_t _context_count
    cdef object _payload
    cdef const unsigned char[::1] _view
    cdef object _records
    cdef Py_ssize_t _record_capacity
    cdef object _entry_points

    cdef object _front(
        self, object rows, object cols, object coding, object temporal, object history)
    cdef object _parts(
        self,
        Matrix matrix,
        Coding coding,
        Py_ssize_t height,
        Py_ssize_t block_rows,
        object points,
        object count,
    )
