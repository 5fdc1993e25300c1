# The trellis with feedback with wide registers, as feedback.py uses it.

from libc.stdint cimport int32_t, int64_t

cdef extern from "feedback_wide.h" nogil:
    enum:
        FEEDBACK_TOP
        FEEDBACK_FARTHEST
    ctypedef struct FeedbackTask:
        const float *weights
        const float *factor
        int64_t columns
        int32_t zeros[6][16]
        int32_t coded[6][16]
        int32_t *magnitudes
    ctypedef int FeedbackRow(
        const FeedbackTask *task, const float *values, int start, float *common, float *errors,
        int32_t *target) noexcept nogil
    FeedbackRow *feedback_with_avx2()
    FeedbackRow *feedback_with_avx512()
