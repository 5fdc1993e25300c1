/* The trellis with feedback of errors, its eight states side by side; see feedback_wide.c. */

#ifndef NNC_FEEDBACK_WIDE_H
#define NNC_FEEDBACK_WIDE_H

#include <stdint.h>

/* What the table of magnitudes has room for: from index FEEDBACK_TOP on all cost the same, if not
before. It goes on, so that a window of it may be anywhere. */
enum { FEEDBACK_TOP = 512, FEEDBACK_FARTHEST = FEEDBACK_TOP + 32 };

/* What is the same for all rows of a matrix. */
typedef struct {
    const float *weights;
    /* (columns, columns); null: there is no feedback. */
    const float *factor;
    int64_t columns;
    /* The cost of a level 0, and of sig_flag and sign_flag of another one: by 2 * neighbour + sign, then
    by state and parity, in the order of feedback_rows.h. */
    int32_t zeros[6][16], coded[6][16];
    /* The cost of the rest of a coded level, by its index from -FEEDBACK_FARTHEST on. */
    int32_t magnitudes[2 * FEEDBACK_FARTHEST + 1];
} FeedbackTask;

/* Quantize a row of one value or more, of at most 2^22 steps, as feedback.quantize_row does. */
typedef int FeedbackRow(
    const FeedbackTask *task, const float *values, int start, float *common, float *errors,
    int32_t *target);

/* For processors that have AVX2; null where this one hasn't. */
FeedbackRow *feedback_with_avx2(void);

/* For processors that have AVX-512, as the caller has made sure; null where the compiler doesn't know it. */
FeedbackRow *feedback_with_avx512(void);

#endif
