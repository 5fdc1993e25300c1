# Rounding to the nearest integer, ties to the even one, as processors do it by themselves.

cdef extern from *:
    """
    #if defined(__GNUC__) && !defined(__clang__)
    /* What makes vectors of a loop; Clang doesn't have it. */
    #define nearest_integer(value) __builtin_irintf(value)
    #else
    #include <math.h>
    #define nearest_integer(value) ((int) lrintf(value))
    #endif
    """
    int nearest_integer(float value) noexcept nogil
