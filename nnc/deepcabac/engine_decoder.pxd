# What the compiled decoder holds.

from nnc.deepcabac.engine_reading cimport Coder
from nnc.deepcabac.engine_states cimport CONTEXTS, Coding, Context

ctypedef struct Matrix:
    # A tensor that is being decoded; base and history may be NULL.
    int *levels
    const int *base
    const unsigned char *history
    const unsigned char *skipped
    Py_ssize_t rows
    Py_ssize_t cols
    Py_ssize_t block_size
    int restarts
    # Offset, state and position at the start of each block row, 3 values each.
    long long *starts
    # What went wrong: one of the codes in engine_decoder.py, and where.
    int problem
    Py_ssize_t problem_at
    # State of dependent quantization after the last level.
    int end_state

ctypedef struct Alike:
    # What many tensors have in common: bits of the quantization parameter, 0 for none; whether
    # flags of history and of any tools are coded; bits that the levels take at least; levels.
    int qp_bits
    bint history
    bint tools
    long long needed_bits
    Py_ssize_t count

# Set a coder to where so many bits are consumed; false if that is outside the payload.
cdef bint enter(Coder *coder, long long start, unsigned long long offset) noexcept nogil

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
    # What _prepare took of a coding, and the coding.
    cdef object _coding
    cdef Coding _needed
    cdef short _signalled[CONTEXTS]
    cdef Py_ssize_t _signalled_count

    cdef object _start(self, object payload)
    cdef void _begin(self, const unsigned char *data, Py_ssize_t size) noexcept nogil
    cdef bint _alike(
        self,
        const unsigned char *data,
        Py_ssize_t size,
        Alike *shape,
        int *levels,
        int *qp,
    ) noexcept nogil
    cdef bint _ends_well(self) noexcept nogil
    cdef object _plain(self, Py_ssize_t rows, Py_ssize_t cols, object coding)
    cdef object _prepare(self, object coding)
    cdef object _parts(
        self,
        Matrix matrix,
        Coding coding,
        Py_ssize_t height,
        Py_ssize_t block_rows,
        object points,
        object count,
    )
