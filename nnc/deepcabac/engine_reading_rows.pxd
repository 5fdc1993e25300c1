# A tensor as the compiled decoder goes through it.

from nnc.deepcabac.engine_reading cimport Coder
from nnc.deepcabac.engine_states cimport Coding, Context, Place

cdef enum:
    # What may be wrong in Matrix.problem.
    PAST_END = 1
    OVERFLOW = 2
    OFFSET_TOO_LARGE = 3

ctypedef struct Matrix:
    # A tensor that is being decoded; base, history and skipped may be NULL.
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
    # What went wrong, 0 for nothing, and where.
    int problem
    Py_ssize_t problem_at
    # State of dependent quantization after the last level.
    int end_state

cdef bint decode_run(
    Coder *coder,
    Context *contexts,
    Coding *coding,
    Place *place,
    Matrix *matrix,
    Py_ssize_t start,
    Py_ssize_t count,
) noexcept nogil

cdef bint decode_rows(
    Coder *coder,
    Context *contexts,
    const Context *starts,
    Py_ssize_t count,
    Coding *coding,
    Matrix *matrix,
    Py_ssize_t height,
    Py_ssize_t first,
    Py_ssize_t last,
    int state,
) noexcept nogil

# Set a coder to where so many bits are consumed; false if that is outside the payload.
cdef bint enter(Coder *coder, long long start, unsigned long long offset) noexcept nogil
