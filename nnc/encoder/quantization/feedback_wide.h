/* The trellis with feedback of errors, its eight states side by side; see feedback_wide.c. */

#ifndef NNC_FEEDBACK_WIDE_H
#define NNC_FEEDBACK_WIDE_H

#include <stdint.h>

/* FEEDBACK_TOP is the largest index whose cost is its own; windows of FEEDBACK_WINDOW costs reach so far
beyond it on both sides. */
enum { FEEDBACK_TOP = 504, FEEDBACK_WINDOW = 32 };

/* What is the same for all rows of a matrix. */
typedef struct {
    const float *weights;
    /* (columns, columns); null: there is no feedback. */
    const float *factor;
    int64_t columns;
    /* The cost of a level 0, and of sig_flag and sign_flag of another one, by twice the neighbour and
    sign, and then by state and parity: states 0 to 3 with parity 0 and with parity 1, then the rest. */
    int32_t zeros[6][16], coded[6][16];
    /* The cost of the rest of a level by its index, from that of -FEEDBACK_TOP - FEEDBACK_WINDOW on. */
    int32_t magnitudes[2 * (FEEDBACK_TOP + FEEDBACK_WINDOW) + 1];
} FeedbackTask;

/* Quantize a row of values of at most 2^22 steps, as feedback.quantize_row does. `common` and `errors`
have room for a row. */
typedef int FeedbackRow(
    const FeedbackTask *task, const float *values, int start, float *common, float *errors,
    int32_t *target);

/* What the processor has: AVX2, AVX-512 or neither (null). */
FeedbackRow *feedback_with_avx2(void);
FeedbackRow *feedback_with_avx512(void);

#endif
