# A tensor as the compiled encoder goes through it.

from nnc.deepcabac.engine_search cimport Searches
from nnc.deepcabac.engine_states cimport Coding, Context
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
    Py_ssize_t block_rows
    # Register, state and position at the start of each block row, 3 values each.
    long long *starts
    # Levels passed so far, in coding order.
    Py_ssize_t passed
    # The first level whose parity doesn't fit, and the state there; -1 if all do.
    Py_ssize_t wrong_at
    int wrong_state
    int is_out_of_memory

cdef bint put_rows(
    Coder *coder,
    Context *contexts,
    const Context *starts,
    Searches *searches,
    Py_ssize_t count,
    Coding *coding,
    Matrix *matrix,
    Py_ssize_t first,
    Py_ssize_t last,
) noexcept nogil

cdef Py_ssize_t copy_block_row(
    const Matrix *matrix, Py_ssize_t block_row, int *levels
) noexcept nogil
